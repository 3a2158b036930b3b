"""std/quadrature against NumPy, SciPy and closed forms; derivatives under the integral and by its limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.integrate
import scipy.special

import catad
from tests.stdlib.calculus import check

PROGRAM = catad.compile("""
    import "std/quadrature.cad" as q
    def legendre (n : i64) : {nodes : [n]f64, weights : [n]f64} = q.legendre_rule n
    def hermite (n : i64) : {nodes : [n]f64, weights : [n]f64} = q.hermite_rule n
    def laguerre (n : i64) (alpha : f64) : {nodes : [n]f64, weights : [n]f64} = q.laguerre_rule n alpha
    def chebyshev (n : i64) : {nodes : [n]f64, weights : [n]f64} = q.chebyshev_rule n
    def kronrod15 (k : f64) : {value : f64, error : f64} = q.kronrod q.kronrod15_rule (\\x -> pow x k) (-1.0) 3.0
    def kronrod21 (k : f64) : {value : f64, error : f64} = q.kronrod q.kronrod21_rule (\\x -> pow x k) (-1.0) 3.0
    def peak (w : f64) (limit : i64) : {value : f64, error : f64, intervals : i64} =
      q.adaptive (\\x -> w / (w * w + x * x)) (-1.0) 2.0 0.0 1e-12 limit
    def corner (c : f64) : {value : f64, error : f64, intervals : i64} =
      q.adaptive (\\x -> abs (x - c)) 0.0 1.0 1e-12 0.0 200
    def under [n] (p : [n]f64) : f64 = (q.adaptive (\\x -> p[0] / (p[0]^2 + x * x)) p[1] p[2] 1e-13 0.0 200).value
    def gauss [n] (p : [n]f64) : f64 = q.gauss_legendre 40 (\\x -> p[0] / (p[0]^2 + x * x)) p[1] p[2]
    def ends [n] (p : [n]f64) : f64 = q.tanh_sinh 60 (\\x -> pow x p[0] * pow (1 - x) p[1]) 0.0 1.0
    def tail [n] (p : [n]f64) : f64 = q.exp_sinh 100 (\\x -> exp (-p[0] * x * x)) p[1]
    def line [n] (p : [n]f64) : f64 = q.sinh_sinh 100 (\\x -> 1 / (p[0] + (x - p[1])^2))
    def wedge [n] (p : [n]f64) : f64 =
      q.gauss_legendre2 12 (\\x y -> exp (p[0] * x * y)) 0.0 p[1] (\\x -> x * x) (\\x -> p[2] * x)
    def periodic (n : i64) : f64 = q.trapezoid n (\\x -> exp (cos x)) 0.0 (2 * pi)
    def simpson [n] (h : f64) (y : [n]f64) : f64 = q.simpson_samples h y
    def samples [n] (x : [n]f64) (y : [n]f64) : f64 = q.trapezoid_samples x y
    def cumulative [n] (x : [n]f64) (y : [n]f64) : [n]f64 = q.cumulative_trapezoid x y
""")
RNG = np.random.default_rng(23)


@pytest.mark.parametrize("n", [1, 2, 3, 10, 31])
def test_rules_of_gauss(n: int) -> None:
    rules = {
        "legendre": (PROGRAM.legendre(n), scipy.special.roots_legendre(n)),
        "hermite": (PROGRAM.hermite(n), scipy.special.roots_hermite(n)),
        "laguerre": (PROGRAM.laguerre(n, 0.5), scipy.special.roots_genlaguerre(n, 0.5)),
        "chebyshev": (PROGRAM.chebyshev(n), scipy.special.roots_chebyt(n)),
    }
    for name, (got, (nodes, weights)) in rules.items():
        np.testing.assert_allclose(got["nodes"], nodes, rtol=1e-13, atol=1e-14, err_msg=name)
        np.testing.assert_allclose(got["weights"], weights, rtol=1e-10, atol=1e-300, err_msg=name)


def test_the_degree_of_kronrods_rules() -> None:
    """3 n + 1 at least, for n = 7 and 10; the estimate of the error is 0 up to the degree of Gauss' rule."""
    for f, degree, gauss in ((PROGRAM.kronrod15, 22, 13), (PROGRAM.kronrod21, 31, 19)):
        for k in range(degree + 1):
            exact = (3.0 ** (k + 1) - (-1.0) ** (k + 1)) / (k + 1)
            got = f(float(k))
            assert got["value"] == pytest.approx(exact, rel=2e-14)
            assert got["error"] < 1e-13 * exact or k > gauss
        assert f(float(degree + 4))["error"] > 1e-8


def test_the_adaptive_rule() -> None:
    for w in (1.0, 1e-3, 1e-6):
        got = PROGRAM.peak(w, 300)
        assert got["value"] == pytest.approx(math.atan(2 / w) + math.atan(1 / w), rel=1e-11)
        assert got["error"] <= 1e-12 * got["value"]
    assert PROGRAM.peak(1e-6, 5)["intervals"] == 5 and PROGRAM.peak(1e-6, 5)["error"] > 1e-6
    assert PROGRAM.corner(0.3)["value"] == pytest.approx((0.3**2 + 0.7**2) / 2, rel=1e-13)
    assert math.isnan(PROGRAM.peak(math.nan, 50)["value"])


def test_derivatives_under_the_integral_and_by_its_limits() -> None:
    def exact(p: np.ndarray) -> float:
        return float(np.arctan(p[2] / p[0]) - np.arctan(p[1] / p[0]))

    x, e = np.array([0.3, -1.0, 2.0]), np.array([0.5, 1.0, -0.3])
    check(PROGRAM.under, exact, x, e, tolerance=1e-9)
    check(PROGRAM.gauss, exact, np.array([0.9, -1.0, 2.0]), e, tolerance=1e-9)


def test_derivatives_on_open_and_infinite_intervals() -> None:
    check(PROGRAM.ends, lambda p: scipy.special.beta(p[0] + 1, p[1] + 1), np.array([-0.4, 0.3]), np.array([0.3, 0.5]))
    check(PROGRAM.tail, lambda p: math.sqrt(math.pi / p[0]) / 2 * math.erfc(math.sqrt(p[0]) * p[1]),
          np.array([1.3, 0.4]), np.array([0.5, 1.0]))
    check(PROGRAM.line, lambda p: math.pi / math.sqrt(p[0]), np.array([1.3, 0.2]), np.array([0.5, 1.0]))


def test_two_dimensions() -> None:
    def exact(p: np.ndarray) -> float:
        t, w = np.polynomial.legendre.leggauss(40)
        x = p[1] * (t + 1) / 2
        return float(p[1] / 2 * w @ ((np.exp(p[0] * x * p[2] * x) - np.exp(p[0] * x**3)) / (p[0] * x)))

    check(PROGRAM.wedge, exact, np.array([0.7, 0.8, 1.5]), np.array([0.4, 0.2, -0.3]))


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 7, 10])
def test_samples(n: int) -> None:
    x, y = np.sort(RNG.normal(size=n)), RNG.normal(size=n)
    expected = scipy.integrate.simpson(y, dx=0.3) if n > 1 else 0.0
    assert PROGRAM.simpson(0.3, y) == pytest.approx(expected, rel=1e-13)
    assert PROGRAM.samples(x, y) == pytest.approx(float(np.trapezoid(y, x)), rel=1e-13)
    if n:
        np.testing.assert_allclose(PROGRAM.cumulative(x, y), scipy.integrate.cumulative_trapezoid(y, x, initial=0),
                                   rtol=1e-12, atol=1e-15)


def test_the_trapezoidal_rule_on_a_period() -> None:
    assert PROGRAM.periodic(16) == pytest.approx(2 * math.pi * scipy.special.iv(0, 1.0), rel=1e-15)
