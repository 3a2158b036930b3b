"""Every error has a place that a person can look at, and functions need not be closed to be differentiated.

Positions: jax#6271, jax#23637; futhark#912, futhark#1661; Enzyme.jl#2642.   Closures: categorifier#88, discopy#458.
"""

from __future__ import annotations

import pathlib
import re

import pytest

import catad

ERRORS = sorted((pathlib.Path(__file__).resolve().parent.parent / "golden" / "errors").glob("*.txt"))
NOWHERE = {"E0507"}                                     # memory ends for the program as a whole


@pytest.mark.parametrize("path", ERRORS, ids=lambda p: p.stem)
def test_a_message_shows_where(path: pathlib.Path) -> None:
    """File, line and column, the line itself, and marks below it."""
    text = path.read_text(encoding="utf-8")
    if path.stem.split("_")[0] in NOWHERE:
        return
    assert re.search(r"┌─ \S+:\d+:\d+$", text, re.MULTILINE)
    assert re.search(r"^ *\d+ │ ", text, re.MULTILINE) and re.search(r"│ .*[\^-]", text)


def test_derivatives_inside_name_the_line_of_the_program() -> None:
    """A failure in backward code points to the operation it belongs to."""
    f = catad.compile("def f [n] (x : [n]f64) (k : i64) : f64 =\n  let y = x[0] in\n  y * x[k]\n", entry="f")
    with pytest.raises(catad.CatadError) as found:
        catad.grad(f, "x")([1.0, 2.0], 5)
    assert ":3:7" in str(found.value) and "x[k]" in str(found.value)


def test_closures_are_differentiated_as_they_are() -> None:
    """Functions that capture, return functions, and come in pairs."""
    f = catad.compile("""
def scaled (a : f64) : (f64 -> f64, f64 -> f64) = (\\x -> a * x, \\x -> sin (a * x))
def f (a : f64) (x : f64) : f64 = let (g, h) = scaled a in (g >> h >> g) x
""", entry="f")
    a, x, h = 1.3, 0.4, 1e-6
    assert catad.grad(f, "a")(a, x) == pytest.approx((f(a + h, x) - f(a - h, x)) / (2 * h), rel=1e-8)
    assert catad.grad(f, "x")(a, x) == pytest.approx((f(a, x + h) - f(a, x - h)) / (2 * h), rel=1e-8)
