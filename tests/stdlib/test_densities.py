"""std/stats against SciPy, on a grid of ordinary and extreme arguments; std/special against mpmath."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from scipy import stats

import catad

RNG = np.random.default_rng(7)
STATS = catad.compile("""
    import "std/stats.cad" as stats
    def normal (x : f64) (mu : f64) (s : f64) : f64 = stats.normal x mu s
    def log_normal (x : f64) (mu : f64) (s : f64) : f64 = stats.log_normal x mu s
    def gamma (x : f64) (a : f64) (b : f64) : f64 = stats.gamma x a b
    def inverse_gamma (x : f64) (a : f64) (b : f64) : f64 = stats.inverse_gamma x a b
    def beta (x : f64) (a : f64) (b : f64) : f64 = stats.beta x a b
    def student_t (x : f64) (nu : f64) : f64 = stats.student_t x nu
    def cauchy (x : f64) (mu : f64) (s : f64) : f64 = stats.cauchy x mu s
    def laplace (x : f64) (mu : f64) (s : f64) : f64 = stats.laplace x mu s
    def poisson (k : i64) (r : f64) : f64 = stats.poisson k r
    def binomial (k : i64) (n : i64) (p : f64) : f64 = stats.binomial k n p
    def multivariate_normal [n] (x : [n]f64) (mu : [n]f64) (a : [n, n]f64) : f64 = stats.multivariate_normal x mu a
    def dirichlet [n] (x : [n]f64) (a : [n]f64) : f64 = stats.dirichlet x a
    def quantile [n] (q : f64) (x : [n]f64) : f64 = stats.quantile q x
    def covariances [n, m] (x : [n, m]f64) : [m, m]f64 = stats.covariances x
    def correlation [n] (x : [n]f64) (y : [n]f64) : f64 = stats.correlation x y
    def skewness [n] (x : [n]f64) : f64 = stats.skewness x
    def kurtosis [n] (x : [n]f64) : f64 = stats.kurtosis x
""")
CONTINUOUS = {
    "normal": lambda x, a, b: stats.norm.logpdf(x, a, b),
    "log_normal": lambda x, a, b: stats.lognorm.logpdf(x, b, scale=math.exp(a)),
    "gamma": lambda x, a, b: stats.gamma.logpdf(x, a, scale=1 / b),
    "inverse_gamma": lambda x, a, b: stats.invgamma.logpdf(x, a, scale=b),
    "beta": lambda x, a, b: stats.beta.logpdf(x, a, b),
    "cauchy": lambda x, a, b: stats.cauchy.logpdf(x, a, b),
    "laplace": lambda x, a, b: stats.laplace.logpdf(x, a, b),
}


@pytest.mark.parametrize("name", CONTINUOUS)
def test_continuous_densities(name: str) -> None:
    for x in (0.1, 0.5, 0.9, 2.0, -1.0):
        for a, b in ((0.5, 2.0), (3.0, 0.7), (40.0, 5.0)):
            np.testing.assert_allclose(STATS[name](x, a, b), CONTINUOUS[name](x, a, b), rtol=1e-11, atol=1e-12)


def test_at_the_edge_of_the_support() -> None:
    assert STATS.gamma(0.0, 1.0, 2.0) == pytest.approx(math.log(2.0))         # the exponential density
    assert STATS.beta(0.0, 1.0, 1.0) == 0.0 == STATS.beta(1.0, 1.0, 1.0)
    assert STATS.poisson(0, 0.0) == 0.0 and STATS.poisson(1, 0.0) == -math.inf
    assert STATS.binomial(0, 5, 0.0) == pytest.approx(0.0, abs=1e-14)
    assert STATS.binomial(5, 5, 1.0) == pytest.approx(0.0, abs=1e-14)
    assert STATS.binomial(6, 5, 0.5) == -math.inf == STATS.poisson(-1, 2.0)


def test_discrete_and_multivariate() -> None:
    for k in (0, 1, 7, 40):
        np.testing.assert_allclose(STATS.poisson(k, 3.5), stats.poisson.logpmf(k, 3.5), rtol=1e-12)
        np.testing.assert_allclose(STATS.binomial(k, 50, 0.3), stats.binom.logpmf(k, 50, 0.3), rtol=1e-11)
    for nu in (0.5, 3.0, 100.0):
        np.testing.assert_allclose(STATS.student_t(1.7, nu), stats.t.logpdf(1.7, nu), rtol=1e-11)
    x, mu, a = RNG.normal(size=4), RNG.normal(size=4), RNG.normal(size=(4, 4))
    cov = a @ a.T + np.eye(4)
    np.testing.assert_allclose(STATS.multivariate_normal(x, mu, cov),
                               stats.multivariate_normal.logpdf(x, mu, cov), rtol=1e-12)
    p, alpha = np.array([0.2, 0.3, 0.5]), np.array([2.0, 0.5, 3.0])
    np.testing.assert_allclose(STATS.dirichlet(p, alpha), stats.dirichlet.logpdf(p, alpha), rtol=1e-12)


def test_samples() -> None:
    x, y = RNG.normal(size=21), RNG.normal(size=21)
    for q in (0.0, 0.1, 0.5, 0.77, 1.0):
        np.testing.assert_allclose(STATS.quantile(q, x), np.quantile(x, q), rtol=1e-12)
    m = RNG.normal(size=(9, 3))
    np.testing.assert_allclose(STATS.covariances(m), np.cov(m.T, bias=True), rtol=1e-12)
    np.testing.assert_allclose(STATS.correlation(x, y), np.corrcoef(x, y)[0, 1], rtol=1e-12)
    np.testing.assert_allclose(STATS.skewness(x), stats.skew(x), rtol=1e-11)
    np.testing.assert_allclose(STATS.kurtosis(x), stats.kurtosis(x), rtol=1e-11)


SPECIAL = catad.compile("""
    import "std/special.cad" as s
    def erfinv (x : f64) : f64 = s.erfinv x
    def erfcinv (x : f64) : f64 = s.erfcinv x
    def sinc (x : f64) : f64 = s.sinc x
    def exprel (x : f64) : f64 = s.exprel x
    def log1mexp (x : f64) : f64 = s.log1mexp x
    def normal_quantile (x : f64) : f64 = s.normal_quantile x
    def second_erfinv (x : f64) : f64 = diff (diff s.erfinv) x
    def second_sinc (x : f64) : f64 = diff (diff s.sinc) x
""")


def erfcinv(t: float) -> mpmath.mpf:
    """By mpmath's root finder on log erfc, from its asymptotic value."""
    if t > 0.5:
        return mpmath.erfinv(1 - mpmath.mpf(t))
    return mpmath.findroot(lambda y: mpmath.log(mpmath.erfc(y)) - mpmath.log(t), mpmath.sqrt(-mpmath.log(t)) * 0.95)


def test_inverse_error_functions() -> None:
    with mpmath.workdps(30):
        for x in (1e-12, 0.1, 0.4999, 0.5001, 0.9, 0.999999, -0.3, -0.99):
            assert SPECIAL.erfinv(x) == pytest.approx(float(mpmath.erfinv(x)), rel=2e-15)
        for t in (1e-300, 1e-100, 1e-30, 5e-22, 8e-22, 1e-15, 1e-10, 1e-8, 3e-8, 1e-7, 1e-3, 0.2, 0.7, 1.0, 1.5):
            assert SPECIAL.erfcinv(t) == pytest.approx(float(erfcinv(t)), rel=1e-14, abs=1e-300)


def test_derivatives_of_the_inverse() -> None:
    """y'' = 2 y y'² for y = erfinv, y' = √π/2 exp(y²)."""
    for x in (0.1, 0.45, 0.7, -0.9):
        with mpmath.workdps(30):
            y = mpmath.erfinv(x)
            slope = mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(y * y)
        assert catad.grad(SPECIAL.erfinv)(x) == pytest.approx(float(slope), rel=1e-12)
        assert SPECIAL.second_erfinv(x) == pytest.approx(float(2 * y * slope**2), rel=1e-10)


@pytest.mark.parametrize("x", [0.0, 1e-9, 0.05, 0.0999, 0.1001, 1.0, -0.3, 30.0])
def test_sinc(x: float) -> None:
    with mpmath.workdps(30):
        exact = [float(mpmath.diff(mpmath.sinc, mpmath.mpf(x), k)) for k in range(3)]
    got = [SPECIAL.sinc(x), catad.grad(SPECIAL.sinc)(x), SPECIAL.second_sinc(x)]
    np.testing.assert_allclose(got, exact, rtol=1e-11, atol=1e-11)


def test_small_differences() -> None:
    with mpmath.workdps(40):
        for x in (1e-15, 1e-3, 0.009, 0.011, 0.7, 40.0):
            exact = float(mpmath.log(1 - mpmath.exp(-mpmath.mpf(x))))
            assert SPECIAL.log1mexp(x) == pytest.approx(exact, rel=1e-14)
            assert SPECIAL.exprel(x) == pytest.approx(float(mpmath.expm1(x) / x), rel=2e-15)
            assert SPECIAL.exprel(-x) == pytest.approx(float(mpmath.expm1(-x) / -x), rel=2e-15)
