"""A branch that is not taken contributes nothing, at any order and in any mode.

jax#347, jax#1052, jax#2630, jax#5798; casadi#1805, casadi#1878 (second order); Enzyme.jl#2285; CppAD#8.
"""

from __future__ import annotations

import math

import pytest

import catad

GUARDED = {
    "square root": ("if x > 0 then sqrt x else 2 * x", 0.0, (0.0, 2.0, 0.0, 0.0, 0.0)),
    "logarithm": ("if x > 0 then log x else x^3", -1.0, (-1.0, 3.0, -6.0, 6.0, 0.0)),
    "quotient": ("if x == 0 then 1 - x^2 else sin x / x", 0.0, (1.0, 0.0, -2.0, 0.0, 0.0)),
    "power": ("if x > 0 then pow x 0.5 else x^4", 0.0, (0.0, 0.0, 0.0, 0.0, 24.0)),
    "nested": ("if x > 1 then log (x - 1) else if x > 0 then sqrt x else exp x", 0.0, (1.0,) * 5),
    "overflow": ("if x > 700 then x else exp x * exp (-x)", 800.0, (800.0, 1.0, 0.0, 0.0, 0.0)),
    "in a sum": ("sum (for i < 3 -> if i == 0 then x else log (x - 5 * f64 (1 - i)))", 7.0, None),
}


def nested(kinds: str, body: str) -> catad.Function:
    """The derivative by each of the kinds in turn, all inside the language."""
    f = f"(\\x -> {body})"
    for k in kinds:
        f = f"({'grad' if k == 'r' else 'diff'} {f})"
    return catad.compile(f"def f (x : f64) : f64 = {f} x", entry="f")


@pytest.mark.parametrize("name", [n for n, c in GUARDED.items() if c[2]])
@pytest.mark.parametrize("kinds", ("f", "r", "ff", "rf", "fr", "rr", "fff", "rff", "ffff", "frfr"))
def test_to_fourth_order(name: str, kinds: str) -> None:
    body, x, want = GUARDED[name]
    assert want is not None
    got = nested(kinds, body)
    for value in (got(x), got.reference(x)):
        assert value == pytest.approx(want[len(kinds)], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", [n for n, c in GUARDED.items() if c[2]])
def test_jets(name: str) -> None:
    body, x, want = GUARDED[name]
    assert want is not None
    f = catad.compile(f"def f (x : f64) : (f64, [4]f64) = jet (\\x -> {body}) (x, [1.0, 0.0, 0.0, 0.0])", entry="f")
    value, c = f(x)
    assert [value, *c] == pytest.approx([d / math.factorial(k) for k, d in enumerate(want)], rel=1e-12, abs=1e-12)


def test_arrays_with_some_entries_guarded() -> None:
    """jax#1052: the gradient of a sum over guarded entries has no NaN beside good ones."""
    f = catad.compile("def f [n] (x : [n]f64) : f64 = sum (for i < n -> if x[i] > 0 then x[i] * log x[i] else 0)",
                      entry="f")
    assert catad.grad(f)([0.0, 1.0, -3.0, math.e]).tolist() == pytest.approx([0.0, 1.0, 0.0, 2.0])
    assert catad.hessian(f)([0.0, 1.0, -3.0, 2.0]).diagonal().tolist() == pytest.approx([0.0, 1.0, 0.0, 0.5])
