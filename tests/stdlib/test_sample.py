"""std/sample: draws keep to their laws (Kolmogorov-Smirnov, χ² on fixed keys), and differentiate in the parameters."""

from __future__ import annotations

import math
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

import catad

N = 3000
REAL: dict[str, list[tuple[tuple[float, ...], Any]]] = {
    "uniform": [((-2.0, 3.0), stats.uniform(-2, 5))],
    "normal": [((1.0, 2.0), stats.norm(1, 2))],
    "log_normal": [((0.5, 0.7), stats.lognorm(0.7, scale=math.exp(0.5)))],
    "truncated_normal": [((0.0, 1.0, -1.0, 2.0), stats.truncnorm(-1, 2)),
                         ((0.0, 1.0, 9.0, 12.0), stats.truncnorm(9, 12))],
    "student_t": [((0.7,), stats.t(0.7)), ((9.0,), stats.t(9))],
    "cauchy": [((1.0, 2.0), stats.cauchy(1, 2))],
    "laplace": [((1.0, 2.0), stats.laplace(1, 2))],
    "logistic": [((1.0, 2.0), stats.logistic(1, 2))],
    "gumbel": [((1.0, 2.0), stats.gumbel_r(1, 2))],
    "von_mises": [((0.5, k), stats.vonmises(k, 0.5)) for k in (1e-12, 0.3, 2.0, 500.0, 1e8)],
    "exponential": [((2.5,), stats.expon(scale=1 / 2.5))],
    "gamma": [((a, 2.0), stats.gamma(a, scale=0.5)) for a in (0.05, 0.9, 1.0, 3.3, 1e5)],
    "inverse_gamma": [((3.0, 2.0), stats.invgamma(3, scale=2))],
    "chi2": [((3.0,), stats.chi2(3))],
    "weibull": [((1.7, 2.0), stats.weibull_min(1.7, scale=2))],
    "pareto": [((2.0, 3.0), stats.pareto(3, scale=2))],
    "beta": [((0.5, 0.5), stats.beta(0.5, 0.5)), ((3.0, 40.0), stats.beta(3, 40))],
}
WHOLE: dict[str, list[tuple[tuple[float, ...], Any]]] = {
    "poisson": [((r,), stats.poisson(r)) for r in (0.3, 9.9, 10.1, 60.0, 1e4)],
    "geometric": [((0.3,), stats.geom(0.3))],
    "negative_binomial": [((3.5, 0.3), stats.nbinom(3.5, 0.3))],
    "binomial": [((n, p), stats.binom(n, p)) for n, p in (
        (10, 0.4), (50, 0.19), (60, 0.5), (1000, 0.97), (10**6, 0.3))],
}


def program() -> catad.Program:
    lines = ['import "std/sample.cad" as sample']
    for name, cases in {**REAL, **WHOLE}.items():
        count = len(cases[0][0])
        kinds = ["i64" if name == "binomial" and k == 0 else "f64" for k in range(count)]
        given = " ".join(f"(p{k} : {t})" for k, t in enumerate(kinds))
        names = " ".join(f"p{k}" for k in range(count))
        leaf = "i64" if name in WHOLE else "f64"
        lines.append(f"def {name} (key : i64) (n : i64) {given} : [n]{leaf} = for i < n -> sample.{name} key i {names}")
    return catad.compile("\n".join(lines) + """
        def log_gamma (key : i64) (i : i64) (a : f64) : f64 = sample.log_gamma key i a
        def mean_beta (key : i64) (n : i64) (a : f64) (b : f64) : f64 = mean (for i < n -> sample.beta key i a b)
        def mean_square_t (key : i64) (n : i64) (nu : f64) : f64 = mean (for i < n -> sample.student_t key i nu^2)
        def mean_laplace (key : i64) (n : i64) (mu : f64) (b : f64) : f64 =
          mean (for i < n -> sample.laplace key i mu b)
        def direction (key : i64) (mu : f64) (k : f64) : f64 = sample.von_mises key 0 mu k
        def categorical [m] (key : i64) (n : i64) (l : [m]f64) : [n]i64 = for i < n -> sample.categorical key i l
        def multinomial [m] (key : i64) (n : i64) (k : i64) (p : [m]f64) : [n, m]i64 =
          for i < n -> sample.multinomial key i k p
        def dirichlet [m] (key : i64) (n : i64) (a : [m]f64) : [n, m]f64 = for i < n -> sample.dirichlet key i a
        def multivariate_normal [m] (key : i64) (n : i64) (mu : [m]f64) (a : [m, m]f64) : [n, m]f64 =
          for i < n -> sample.multivariate_normal key i mu a
        def wishart [m] (key : i64) (n : i64) (nu : f64) (v : [m, m]f64) : [n, m, m]f64 =
          for i < n -> sample.wishart key i nu v
    """)


SAMPLE = program()


@pytest.mark.parametrize("name", REAL)
def test_real_numbers_follow_their_laws(name: str) -> None:
    for given, law in REAL[name]:
        draws = SAMPLE[name](11, N, *given)
        assert np.isfinite(draws).all()
        if name == "von_mises" and given[1] > 1e3:                        # SciPy's distribution function is off there
            law = stats.norm(given[0], given[1] ** -0.5)
        assert stats.kstest(draws, law.cdf).pvalue > 1e-3, given


@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_follow_their_laws(name: str) -> None:
    """χ² over the deciles of the law."""
    for given, law in WHOLE[name]:
        draws = SAMPLE[name](13, N, *given)
        edges = np.unique(law.ppf(np.arange(1, 10) / 10))
        cells = np.searchsorted(edges, draws)
        expected = np.diff([0.0, *law.cdf(edges), 1.0]) * N
        seen = np.bincount(cells, minlength=len(expected))
        keep = expected > 5
        share = seen[keep].sum() / expected[keep].sum()
        assert stats.chisquare(seen[keep], expected[keep] * share).pvalue > 1e-3, given
        assert draws.min() >= law.support()[0] and draws.max() <= law.support()[1]


def test_choices() -> None:
    p = np.array([0.1, 0.0, 0.6, 0.3])
    with np.errstate(divide="ignore"):
        seen = np.bincount(SAMPLE.categorical(3, N, np.log(p) + 700.0), minlength=4)
    assert seen[1] == 0 and stats.chisquare(seen[[0, 2, 3]], N * p[[0, 2, 3]]).pvalue > 1e-3
    counts = SAMPLE.multinomial(5, 500, 40, p)
    assert (counts.sum(axis=1) == 40).all() and (counts[:, 1] == 0).all()
    for k in (0, 2, 3):
        assert abs(counts[:, k].mean() - 40 * p[k]) < 4 * math.sqrt(40 * p[k] * (1 - p[k]) / 500)
        assert abs(counts[:, k].var() / (40 * p[k] * (1 - p[k])) - 1) < 0.3


def test_vectors_and_matrices() -> None:
    mu, a = np.array([1.0, -2.0]), np.array([[2.0, 0.6], [0.6, 1.0]])
    x = SAMPLE.multivariate_normal(7, N, mu, a)
    np.testing.assert_allclose(x.mean(axis=0), mu, atol=0.1)
    np.testing.assert_allclose(np.cov(x.T), a, atol=0.15)
    alpha = np.array([0.002, 0.5, 3.0])
    d = SAMPLE.dirichlet(7, N, alpha)
    np.testing.assert_allclose(d.sum(axis=1), 1, rtol=1e-14)
    assert stats.kstest(d[:, 2], stats.beta(3.0, 0.502).cdf).pvalue > 1e-3
    w = SAMPLE.wishart(7, N, 4.5, a)
    np.testing.assert_allclose(w.mean(axis=0), 4.5 * a, rtol=0.1)
    spread = 4.5 * (a**2 + np.outer(np.diag(a), np.diag(a)))
    np.testing.assert_allclose(w.var(axis=0), spread, rtol=0.2)


@pytest.mark.parametrize("a", [1e-3, 0.3, 1.0, 4.2, 900.0])
def test_gamma_has_the_derivative_of_its_quantile(a: float) -> None:
    """dx/da at a fixed probability, by mpmath's incomplete gamma function; in reverse, forward, and twice."""
    slope = catad.grad(SAMPLE.log_gamma, 2)
    for i in range(4):
        y = SAMPLE.log_gamma(3, i, a)
        with mp.workdps(60):
            x = mp.exp(mp.mpf(y))
            up = mp.diff(lambda s, x=x: mp.gammainc(s, 0, x, regularized=True), mp.mpf(a), h=mp.mpf(a) * 1e-20)
            density = mp.exp((a - 1) * mp.log(x) - x - mp.loggamma(a))
            want = float(-up / density / x)
        assert slope(3, i, a) == pytest.approx(want, rel=1e-8), i
        assert catad.jvp(SAMPLE.log_gamma, 2)(3, i, a, 1.0)[1] == pytest.approx(want, rel=1e-8)


def test_means_of_derivatives_are_derivatives_of_means() -> None:
    """Beta: d/da a/(a+b); t: E x² = ν/(ν-2); Laplace: E |x - μ| = b and the mean is μ."""
    a, b, n = 2.0, 5.0, 4000
    da, db = catad.grad(SAMPLE.mean_beta, (2, 3))(1, n, a, b)
    assert da == pytest.approx(b / (a + b) ** 2, rel=0.03) and db == pytest.approx(-a / (a + b) ** 2, rel=0.03)
    assert catad.grad(SAMPLE.mean_square_t, 2)(1, n, 12.0) == pytest.approx(-2 / 100, rel=0.2)
    dmu, _ = catad.grad(SAMPLE.mean_laplace, (2, 3))(1, n, 0.3, 2.0)
    assert dmu == pytest.approx(1.0, rel=1e-14)
    dmu, dk = catad.grad(SAMPLE.direction, (1, 2))(1, 0.3, 2.0)
    assert dmu == 1.0 and math.isnan(dk)


def test_backends_agree() -> None:
    for name, given in (("gamma", (2.3, 1.0)), ("von_mises", (0.0, 2.0)), ("beta", (0.4, 2.0))):
        np.testing.assert_allclose(SAMPLE[name](5, 40, *given), SAMPLE[name].reference(5, 40, *given), rtol=1e-12)
    for name, given in (("poisson", (55.0,)), ("binomial", (90, 0.4)), ("geometric", (0.1,))):
        np.testing.assert_array_equal(SAMPLE[name](5, 40, *given), SAMPLE[name].reference(5, 40, *given))
