"""Constants where floats are not rounded: decimals, ratios of small integers, π and its like are what was meant."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from catad.backends.reference.constants import irrational, rational

import catad
from catad.types.type import F32, F64


@pytest.mark.parametrize(("value", "number"), [
    (0.1, Fraction(1, 10)), (1 / 3, Fraction(1, 3)), (-2 / 7, Fraction(-2, 7)), (1e-20, Fraction(1, 10**20)),
    (0.5, Fraction(1, 2)), (1 / 5040, Fraction(1, 5040)), (6.02214076e23, Fraction("6.02214076e23")),
    (3.0, Fraction(3)), (0.0, Fraction(0)), (float(2**60 + 2**8), Fraction(2**60 + 2**8)),
    (0.7071067811865475, Fraction("0.7071067811865475")),
    (2.0**-1074, Fraction(2)**-1074), (3 * 2.0**-40, 3 * Fraction(2)**-40), (1e300, Fraction(10**300))])
def test_rational_meanings(value: float, number: Fraction) -> None:
    assert rational(value, F64) == number and float(number) == value


def test_irrational_meanings() -> None:
    with mpmath.workdps(60):
        for value, number in ((3.141592653589793, mpmath.pi), (-1.5707963267948966, -mpmath.pi / 2),
                              (2.2567583341910251, 4 / mpmath.sqrt(mpmath.pi)), (0.6931471805599453, mpmath.log(2))):
            found = irrational(value, F64)
            assert found is not None and abs(found(mpmath.mp) / number - 1) < mpmath.mpf(10)**-55
    assert all(irrational(x, F64) is None for x in (3.14159, 0.5, 0.0))


MEANING = {"cbrt": mpmath.cbrt, "lgamma": mpmath.loggamma, "sigmoid": lambda t: 1 / (1 + mpmath.exp(-t))}


@pytest.mark.parametrize("name", [
    "exp", "sin", "tan", "tanh", "lgamma", "digamma", "cbrt", "asinh", "asin", "erf", "erfc", "sigmoid"])
def test_jets_in_long_floats_have_all_digits(name: str) -> None:
    """Coefficients to order 8 beside derivatives of derivatives."""
    with mpmath.workdps(60):
        x = mpmath.mpf("1.7") if name in ("lgamma", "digamma") else mpmath.mpf("0.3")
        f = catad.compile(f"def f (x : f64) : f64 = {name} x", entry="f")
        value, coefficients = catad.jet(f, 8).with_backend("mp:50")(x, [1, 0, 0, 0, 0, 0, 0, 0])
        derivative = f
        for k in range(1, 4):
            derivative = catad.grad(derivative)
            wanted = derivative.with_backend("mp:50")(x) / mpmath.factorial(k)
            assert abs(coefficients[k - 1] - wanted) < mpmath.mpf(10)**-45
        series = mpmath.taylor(MEANING.get(name) or getattr(mpmath, name), x, 8)
        for a, b in zip((value, *coefficients), series, strict=True):
            assert abs(a - b) < mpmath.mpf(10)**-30 * max(1, abs(b))


def test_programs() -> None:
    f = catad.compile("def f (x : f64) : f64 = 0.1 * x + x / 3.0 + pi * (x - x)", entry="f")
    assert f.exact(Fraction(1)) == Fraction(13, 30)
    with mpmath.workdps(60):
        g = catad.compile("def f (x : f64) : f64 = pi * x", entry="f").with_backend("mp:50")
        assert abs(g(1) - mpmath.pi) < mpmath.mpf(10)**-50
    assert catad.compile("def f (x : f64) : f64 = 0.5 * x", entry="f").with_backend("mod:7")(1) == 4


def test_single_precision() -> None:
    """Constants of f32 are floats of f32; what they mean has no more digits for that."""
    tenth, third = (rational(float(np.float32(x)), F32) for x in (0.1, 1 / 3))
    assert (tenth, third) == (Fraction(1, 10), Fraction(1, 3))
    pi = irrational(float(np.float32(np.pi)), F32)
    f = catad.compile("def f (x : f32) : f32 = exp x", entry="f")
    with mpmath.workdps(60):
        assert pi is not None and pi(mpmath.mp) == mpmath.pi
        series = catad.jet(f, 6).with_backend("mp:50")(mpmath.mpf(0), [1, 0, 0, 0, 0, 0])[1]
        assert all(abs(c * mpmath.factorial(k + 1) - 1) < mpmath.mpf(10)**-50 for k, c in enumerate(series))


def test_formulas() -> None:
    x, dx = sympy.symbols("x dx")
    f = catad.compile("def f (x : f64) : f64 = exp x + 2 * pi * x", entry="f")
    jet = catad.jet(f, 3).with_backend("symbolic")(x, [dx, 0, 0])[1]
    assert sympy.simplify(jet[2] - sympy.exp(x) * dx**3 / 6) == 0
    formula = f.to_sympy()
    (own,) = formula.free_symbols
    assert formula == sympy.exp(own) + 2 * sympy.pi * own
