"""Floats keep their width: nothing is narrowed or widened without being asked for.

jax#1333, jax#22688, jax#7368, jax#17366.
"""

from __future__ import annotations

import numpy as np
import pytest

import catad
from catad.source import CatadError


def test_doubles_by_default() -> None:
    f = catad.compile("def f (x : f64) = x + 1e-12", entry="f")
    assert f(1.0) == 1.0 + 1e-12 and str(f.entry.result) == "f64"


def test_literals_take_the_width_around_them() -> None:
    f = catad.compile("def f [n] (x : [n]f32) : [n]f32 = for i < n -> 0.1 * x[i] + 2", entry="f")
    out = f(np.float32([1.5, 2.5]))
    assert out.dtype == np.float32
    assert out.tolist() == (np.float32(0.1) * np.float32([1.5, 2.5]) + np.float32(2)).tolist()


@pytest.mark.parametrize("text", ("def f (x : f32) (y : f64) : f64 = x * y", "def f (x : f32) : f64 = x",
                                  "def f (x : f64) : f32 = x", "def f (n : i64) (x : f32) : f32 = n * x"))
def test_widths_do_not_mix(text: str) -> None:
    with pytest.raises(CatadError) as found:
        catad.compile(text, entry="f")
    assert found.value.code == "E0202" and "conversion" in str(found.value)


def test_gradients_have_the_width_of_their_argument() -> None:
    f = catad.compile("def f [n] (x : [n]f32) : f64 = f64 (sum (for i < n -> exp x[i]))", entry="f")
    assert catad.grad(f)(np.float32([0.5, 1.0])).dtype == np.float32


@pytest.mark.parametrize(("width", "other"), [("f64", np.float32), ("f32", np.float64)])
def test_arrays_of_another_width_are_refused(width: str, other: type) -> None:
    """With what to write if that is meant."""
    f = catad.compile(f"def f [n] (x : [n]{width}) : {width} = sum x", entry="f")
    with pytest.raises(CatadError) as found:
        f(np.array([0.1, 0.2], other))
    assert found.value.code == "E0606" and f"astype(np.float{width[1:]})" in str(found.value)
