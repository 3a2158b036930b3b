"""Constants where floats are not rounded: decimals, ratios of small integers, π and its like are what was meant."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import pytest
from catad.backends.exact.constants import meant, named

import catad


@pytest.mark.parametrize(("value", "number"), [
    (0.1, Fraction(1, 10)), (1 / 3, Fraction(1, 3)), (-2 / 7, Fraction(-2, 7)), (1e-20, Fraction(1, 10**20)),
    (0.5, Fraction(1, 2)), (1 / 5040, Fraction(1, 5040)), (6.02214076e23, Fraction("6.02214076e23")),
    (3.0, Fraction(3)), (0.0, Fraction(0)), (float(2**60 + 2**8), Fraction(2**60 + 2**8)),
    (0.7071067811865475, Fraction(0.7071067811865475)), (2.0**-1074, Fraction("5e-324")), (1e300, Fraction(10**300))])
def test_rational_meanings(value: float, number: Fraction) -> None:
    assert meant(value) == number and float(meant(value)) == value


def test_irrational_meanings() -> None:
    with mpmath.workdps(60):
        for value, number in ((3.141592653589793, mpmath.pi), (-1.5707963267948966, -mpmath.pi / 2),
                              (2.2567583341910251, 4 / mpmath.sqrt(mpmath.pi)), (0.6931471805599453, mpmath.log(2))):
            found = named(value)
            assert found is not None and abs(found(mpmath.mp) / number - 1) < mpmath.mpf(10)**-55
    assert named(3.14159) is None and named(0.5) is None and named(0.0) is None


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
