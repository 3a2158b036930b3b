"""Norms, roots, absolute values and powers at zero: the value that stands in the documents, in all modes.

Norms: jax#3058, jax#4177, jax#21723; casadi#3898; pytorch#2421.
Powers: Enzyme PR#2855; stan-math#3031; pytorch#27134; jax PR#16419; CppAD#92; drake PR#23862.
"""

from __future__ import annotations

import math

import mpmath
import pytest

import catad

INF, NAN = math.inf, math.nan


def all_modes(body: str, x: float) -> list[float]:
    """The derivative by forward, by reverse, and as a Taylor coefficient, natively and on the reference."""
    text = f"def f (x : f64) : (f64, f64, f64) = let g = \\x -> {body} in (diff g x, grad g x, (jet g (x, [1.0])).1[0])"
    f = catad.compile(text, entry="f")
    return [*f(x), *f.reference(x)]


@pytest.mark.parametrize(("body", "want"), [
    ("abs x", 0.0), ("relu x", 0.0), ("norm [x, 0.0]", 0.0), ("norm [x, 3.0]", 0.0), ("hypot x 0.0", 0.0),
    ("sqrt x", INF), ("sqrt (x * x)", NAN), ("cbrt x", INF), ("abs x * x", 0.0), ("x * sign x", 0.0),
    ("dot [x, x] [x, x]", 0.0), ("norm [x, x]^2", 0.0),
])
def test_kinks_at_zero(body: str, want: float) -> None:
    """`sqrt (x * x)` is infinity times 0, as IEEE says; `norm`, `hypot` and `abs` are the ways to write it."""
    for got in all_modes(body, 0.0):
        assert got == want or (math.isnan(got) and math.isnan(want))


def test_squares_of_lengths_have_their_hessian() -> None:
    """jax#4177: written as a scalar product, the second derivative at 0 is 2."""
    f = catad.compile("def f (x : [2]f64) : f64 = dot x x", entry="f")
    assert catad.hessian(f)([0.0, 0.0]).tolist() == [[2.0, 0.0], [0.0, 2.0]]


@pytest.mark.parametrize("base", (0.0, -0.0, -2.0, 1.0, 3.0))
@pytest.mark.parametrize("n", (-2, -1, 0, 1, 2, 3, 7))
def test_whole_powers(base: float, n: int) -> None:
    """Value, derivative, and Taylor coefficients to order 4; at 0 they are those of the polynomial, nowhere NaN."""
    f = catad.compile("def f (x : f64) (n : i64) : (f64, f64, (f64, [4]f64)) ="
                      " (x^n, grad (\\x -> x^n) x, jet (\\x -> x^n) (x, [1.0, 0.0, 0.0, 0.0]))", entry="f")
    value, slope, (again, c) = f(base, n)
    assert f.reference(base, n)[1] == slope or math.isnan(slope)
    if base == 0 and n < 0:
        assert math.isinf(value)
        return
    want = [1.0 if k == n else 0.0 for k in range(5)]
    if base != 0:
        want = [float(mpmath.binomial(n, k) * mpmath.mpf(base) ** (n - k)) for k in range(5)]
    assert [value, *c] == pytest.approx(want) and again == value and slope == pytest.approx(want[1])


@pytest.mark.parametrize(("x", "y", "value", "by_x", "by_y"), [
    (0.0, 0.0, 1.0, 0.0, -INF), (0.0, 1.0, 0.0, 1.0, 0.0), (0.0, 2.0, 0.0, 0.0, 0.0), (0.0, 0.5, 0.0, INF, 0.0),
    (0.0, 3.5, 0.0, 0.0, 0.0), (1.0, 0.0, 1.0, 0.0, 0.0), (2.0, 0.0, 1.0, 0.0, math.log(2)),
    (2.0, 3.0, 8.0, 12.0, 8 * math.log(2)), (-2.0, 3.0, -8.0, 12.0, NAN), (-2.0, 2.0, 4.0, -4.0, NAN),
])
def test_float_powers(x: float, y: float, value: float, by_x: float, by_y: float) -> None:
    """The table of x^y with a float exponent: the limits where they exist, and where log x is none, NaN."""
    f = catad.compile("def f (x : f64) (y : f64) : (f64, (f64, f64), f64, f64) = (pow x y, grad (\\(x, y) -> pow x y)"
                      " (x, y), diff (\\x -> pow x y) x, diff (\\y -> pow x y) y)", entry="f")
    for got in (f(x, y), f.reference(x, y)):
        told = [got[0], got[1][0], got[2], got[1][1], got[3]]
        for a, b in zip(told, (value, by_x, by_x, by_y, by_y), strict=True):
            assert a == pytest.approx(b, rel=1e-14) or (math.isnan(a) and math.isnan(b)), told


@pytest.mark.parametrize("y", (2, 3))
def test_jets_of_powers_at_zero(y: int) -> None:
    """stan-math#3031: the coefficients of x^2 at 0 are 0, 1, 0, also with the exponent as a whole float constant."""
    f = catad.compile(f"def f (x : f64) : (f64, [3]f64) = jet (\\x -> x^{y}) (x, [1.0, 0.0, 0.0])", entry="f")
    value, c = f(0.0)
    assert value == 0.0 and c.tolist() == [1.0 if k == y else 0.0 for k in (1, 2, 3)]
