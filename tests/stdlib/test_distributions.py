"""std/stats, std/cdf and std/quantile against SciPy and mpmath: wide ranges, tails, edges of supports, derivatives."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

import catad

# name → parameters, the frozen law of SciPy at them
Law = Callable[..., Any]
REAL: dict[str, tuple[tuple[str, ...], Law]] = {
    "uniform": (("a", "b"), lambda a, b: stats.uniform(a, b - a)),
    "normal": (("mu", "s"), stats.norm),
    "log_normal": (("mu", "s"), lambda mu, s: stats.lognorm(s, scale=math.exp(mu))),
    "student_t": (("nu",), stats.t),
    "cauchy": (("mu", "s"), stats.cauchy),
    "laplace": (("mu", "b"), stats.laplace),
    "logistic": (("mu", "s"), stats.logistic),
    "gumbel": (("mu", "b"), stats.gumbel_r),
    "exponential": (("rate",), lambda rate: stats.expon(scale=1 / rate)),
    "gamma": (("a", "b"), lambda a, b: stats.gamma(a, scale=1 / b)),
    "inverse_gamma": (("a", "b"), lambda a, b: stats.invgamma(a, scale=b)),
    "chi2": (("k",), stats.chi2),
    "weibull": (("k", "s"), lambda k, s: stats.weibull_min(k, scale=s)),
    "pareto": (("m", "a"), lambda m, a: stats.pareto(a, scale=m)),
    "beta": (("a", "b"), stats.beta),
    "truncated_normal": (("mu", "s", "a", "b"),
                         lambda mu, s, a, b: stats.truncnorm((a - mu) / s, (b - mu) / s, mu, s)),
}
WHOLE: dict[str, tuple[str, Law]] = {
    "poisson": ("(r : f64)", stats.poisson), "geometric": ("(p : f64)", stats.geom),
    "binomial": ("(n : i64) (p : f64)", stats.binom),
    "negative_binomial": ("(r : f64) (p : f64)", stats.nbinom),
}
CLOSED = ("uniform", "normal", "log_normal", "cauchy", "laplace", "logistic", "gumbel", "exponential", "weibull",
          "pareto", "truncated_normal", "student_t", "gamma", "inverse_gamma", "chi2", "beta")
PARAMETERS: dict[str, list[tuple[float, ...]]] = {
    "uniform": [(-2.0, 3.0)], "truncated_normal": [(0.3, 1.7, -1.0, 4.0), (0.0, 1.0, 3.0, 6.0), (5.0, 1.0, -3.0, 0.5)],
    "pareto": [(0.5, 0.7), (1.0, 30.0)], "log_normal": [(0.3, 1.7), (-4.0, 0.2)],
    "beta": [(0.3, 0.4), (1.0, 1.0), (2.5, 7.0), (900.0, 1200.0)],
    "gamma": [(0.01, 1.0), (1.0, 2.0), (3.5, 0.4), (1e4, 10.0)], "inverse_gamma": [(0.5, 1.0), (3.5, 0.4), (2e3, 10.0)],
    "weibull": [(0.5, 2.0), (1.0, 1.0), (9.0, 3.0)],
}
ONE = [(0.3,), (1.0,), (4.0,), (250.0,), (1e5,)]
TWO = [(0.3, 1.7), (-4.0, 0.2), (100.0, 30.0)]


def program() -> catad.Program:
    lines = ['import "std/stats.cad" as stats', 'import "std/cdf.cad" as cdf', 'import "std/quantile.cad" as quantile']
    for name, (parameters, _) in REAL.items():
        given = " ".join(f"({p} : f64)" for p in parameters)
        call = f"{name} x {' '.join(parameters)}"
        lines.append(f"def {name} (x : f64) {given} : f64 = stats.{call}")
        lines.append(f"def cdf_{name} (x : f64) {given} : f64 = cdf.{call}")
        if name in CLOSED:
            lines.append(f"def quantile_{name} (x : f64) {given} : f64 = quantile.{call}")
    for name, (given, _) in WHOLE.items():
        names = " ".join(w.strip("(") for w in given.split() if w.startswith("("))
        lines.append(f"def {name} (k : i64) {given} : f64 = stats.{name} k {names}")
        lines.append(f"def cdf_{name} (k : i64) {given} : f64 = cdf.{name} k {names}")
    lines.append("def quantile_geometric (q : f64) (p : f64) : i64 = quantile.geometric q p")
    lines.append("def von_mises (x : f64) (mu : f64) (k : f64) : f64 = stats.von_mises x mu k")
    lines.append("def multinomial [n] (k : [n]i64) (p : [n]f64) : f64 = stats.multinomial k p")
    lines.append("def wishart [n] (x : [n, n]f64) (nu : f64) (v : [n, n]f64) : f64 = stats.wishart x nu v")
    return catad.compile("\n".join(lines))


LAWS = program()


def parameters(name: str) -> Sequence[tuple[float, ...]]:
    return PARAMETERS.get(name, ONE if len(REAL[name][0]) == 1 else TWO)


def cases() -> list[tuple[str, tuple[float, ...]]]:
    return [(name, p) for name in REAL for p in parameters(name)]


@pytest.mark.parametrize(("name", "given"), cases(), ids=lambda v: v if isinstance(v, str) else repr(v))
def test_densities_and_distribution_functions(name: str, given: tuple[float, ...]) -> None:
    law = REAL[name][1](*given)
    points = [*law.ppf([1e-6, 1e-4, 0.01, 0.3, 0.5, 0.9, 0.999, 1 - 1e-9]), -7.0, 0.0]
    for x in map(float, points):
        if name == "beta" and x == 0.0 and given[0] == 1.0:
            continue                                                     # SciPy and we agree in the test of edges
        want = law.logpdf(x)
        if math.isfinite(x):
            assert LAWS[name](x, *given) == pytest.approx(want, rel=2e-9, abs=2e-9), x
            assert LAWS[f"cdf_{name}"](x, *given) == pytest.approx(law.cdf(x), rel=2e-9, abs=1e-300), x


@pytest.mark.parametrize("name", CLOSED)
def test_quantiles(name: str) -> None:
    for given in parameters(name):
        law = REAL[name][1](*given)
        for p in (1e-10, 1e-3, 0.2, 0.5, 0.77, 0.9999):
            x = LAWS[f"quantile_{name}"](p, *given)
            assert x == pytest.approx(law.ppf(p), rel=1e-8, abs=1e-12)
            if x != 0.0:                                                # else the quantile is below all floats
                assert LAWS[f"cdf_{name}"](x, *given) == pytest.approx(p, rel=1e-9)


def test_quantiles_far_in_a_tail() -> None:
    """Between 50 and 60 deviations, and beyond any probability that a float can hold."""
    for a, b, p in ((50.0, math.inf, 0.5), (50.0, 60.0, 0.01), (-math.inf, -1000.0, 0.3)):
        with mp.workdps(60):
            def log_cdf(v: Any) -> Any:                                 # of the upper tail
                return mp.log(mp.erfc(v / mp.sqrt(2)) / 2)
            near, far, q = (a, b, 1 - mp.mpf(p)) if a > 0 else (-b, -a, mp.mpf(p))
            total = q * mp.exp(log_cdf(mp.mpf(near))) + (1 - q) * (mp.exp(log_cdf(mp.mpf(far))) if far < 1e9 else 0)
            z = mp.findroot(lambda v, total=total: log_cdf(v) - mp.log(total), near + 0.5 / near)
        want = float(z if a > 0 else -z)
        assert LAWS.quantile_truncated_normal(p, 0.0, 1.0, a, b) == pytest.approx(want, rel=1e-14)


@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers(name: str) -> None:
    choices: dict[str, list[tuple[Any, ...]]] = {
        "poisson": [(0.01,), (3.5,), (2e4,)], "geometric": [(0.01,), (0.7,)],
        "binomial": [(1, 0.5), (50, 0.3), (100000, 0.02)], "negative_binomial": [(0.5, 0.3), (7.0, 0.01), (300.0, 0.9)]}
    for given in choices[name]:
        law = WHOLE[name][1](*given)
        for k in sorted({-1, 0, 1, 2, *(int(v) for v in law.ppf([1e-9, 0.01, 0.5, 0.99, 1 - 1e-9]))}):
            assert LAWS[name](k, *given) == pytest.approx(law.logpmf(k), rel=1e-9, abs=1e-12), (k, given)
            assert LAWS[f"cdf_{name}"](k, *given) == pytest.approx(law.cdf(k), rel=1e-9, abs=1e-300), (k, given)


def test_quantile_of_the_geometric_law() -> None:
    for p, q in itertools.product((0.01, 0.5, 0.9), (1e-9, 0.1, 0.5001, 0.9, 0.9999)):
        assert LAWS.quantile_geometric(q, p) == stats.geom.ppf(q, p)


EXACT: dict[str, Callable[..., Any]] = {
    "normal": lambda x, mu, s: -((x - mu) / s) ** 2 / 2 - mp.log(s) - mp.log(2 * mp.pi) / 2,
    "student_t": lambda x, nu: mp.loggamma((nu + 1) / 2) - mp.loggamma(nu / 2) - mp.log(nu * mp.pi) / 2
    - (nu + 1) / 2 * mp.log(1 + x * x / nu),
    "cauchy": lambda x, mu, s: -mp.log(mp.pi * s) - mp.log(1 + ((x - mu) / s) ** 2),
    "logistic": lambda x, mu, s: -(x - mu) / s - 2 * mp.log(1 + mp.exp(-(x - mu) / s)) - mp.log(s),
    "gumbel": lambda x, mu, b: -(x - mu) / b - mp.exp(-(x - mu) / b) - mp.log(b),
    "gamma": lambda x, a, b: a * mp.log(b) + (a - 1) * mp.log(x) - b * x - mp.loggamma(a),
    "inverse_gamma": lambda x, a, b: a * mp.log(b) - (a + 1) * mp.log(x) - b / x - mp.loggamma(a),
    "weibull": lambda x, k, s: mp.log(k / s) + (k - 1) * mp.log(x / s) - (x / s) ** k,
    "pareto": lambda x, m, a: mp.log(a) + a * mp.log(m) - (a + 1) * mp.log(x),
    "beta": lambda x, a, b: (a - 1) * mp.log(x) + (b - 1) * mp.log(1 - x) - mp.log(mp.beta(a, b)),
    "truncated_normal": lambda x, mu, s, a, b: EXACT["normal"](x, mu, s) - mp.log(
        (mp.erfc((a - mu) / s / mp.sqrt(2)) - mp.erfc((b - mu) / s / mp.sqrt(2))) / 2),
    "von_mises": lambda x, mu, k: k * mp.cos(x - mu) - mp.log(2 * mp.pi * mp.besseli(0, k)),
}
POINTS: dict[str, list[tuple[float, ...]]] = {
    "normal": [(0.3, 1.0, 2.0), (1e5, 1.0, 2.0)], "student_t": [(0.7, 3.0), (-50.0, 1e6), (1e8, 0.4)],
    "cauchy": [(0.7, 0.3, 2.0), (1e8, 0.0, 1.0)], "logistic": [(0.3, 1.0, 2.0), (-900.0, 0.0, 1.0), (900.0, 0.0, 1.0)],
    "gumbel": [(0.3, 1.0, 2.0), (300.0, 1.0, 2.0)], "gamma": [(2.0, 3.0, 4.0), (1e-5, 0.01, 1.0), (1.01e5, 1e5, 1.0)],
    "inverse_gamma": [(2.0, 3.0, 4.0), (0.01, 1e3, 8.0)], "weibull": [(2.0, 3.0, 1.5), (1e-5, 0.5, 1.0)],
    "pareto": [(2.0, 1.0, 3.0)], "beta": [(0.3, 2.0, 3.0), (1e-10, 0.01, 500.0), (0.31, 3e3, 7e3)],
    "truncated_normal": [(0.5, 0.3, 1.2, -1.0, 2.0), (11.0, 0.0, 1.0, 10.0, 12.0), (-0.2, 4.0, 0.5, -1.0, 0.0)],
    "von_mises": [(0.3, 1.0, 2.0), (3.0, 0.0, 300.0)],
}


def slope(f: Callable[..., Any], at: Sequence[Any], k: int) -> Any:
    """The derivative in argument k."""
    return mp.diff(lambda v: f(*at[:k], v, *at[k + 1:]), at[k], h=(at[k] or 1) * mp.mpf(10) ** -20)


@pytest.mark.parametrize("name", EXACT)
def test_densities_and_their_gradients_to_many_digits(name: str) -> None:
    """The observation and all parameters, by mpmath. Fails where logs of gamma functions cancel (gamma, beta)."""
    for args in POINTS[name]:
        with mp.workdps(60):
            exact = list(map(mp.mpf, args))
            value, scale = EXACT[name](*exact), sum(map(abs, args))
            slopes = [slope(EXACT[name], exact, k) for k in range(len(args))]
        assert LAWS[name](*args) == pytest.approx(float(value), rel=2e-13), args
        got = catad.grad(LAWS[name], tuple(range(len(args))))(*args)
        for g, s in zip(got, slopes, strict=True):
            assert g == pytest.approx(float(s), rel=1e-8, abs=1e-14 * scale), args


def test_edges_of_supports() -> None:
    inf = math.inf
    assert LAWS.gamma(0.0, 0.5, 1.0) == inf and LAWS.gamma(0.0, 2.0, 1.0) == -inf == LAWS.gamma(inf, 2.0, 1.0)
    assert LAWS.gamma(0.0, 1.0, 3.0) == pytest.approx(math.log(3)) == LAWS.exponential(0.0, 3.0)
    assert (LAWS.beta(0.0, 0.5, 2.0), LAWS.beta(1.0, 2.0, 2.0)) == (inf, -inf)
    assert LAWS.beta(0.0, 1.0, 3.0) == pytest.approx(math.log(3)) == LAWS.beta(1.0, 3.0, 1.0)
    assert (LAWS.binomial(0, 7, 0.0), LAWS.binomial(7, 7, 1.0), LAWS.binomial(1, 7, 0.0)) == (0.0, 0.0, -inf)
    assert (LAWS.poisson(0, 0.0), LAWS.poisson(2, 0.0)) == (0.0, -inf)
    assert LAWS.weibull(0.0, 2.0, 1.0) == -inf and LAWS.geometric(1, 1.0) == 0.0
    assert LAWS.truncated_normal(9.0, 0.0, 1.0, 0.0, 1.0) == -inf == LAWS.uniform(9.0, 0.0, 1.0)
    assert LAWS.cdf_pareto(1.0, 1.0, 2.0) == 0.0 == LAWS.cdf_truncated_normal(-1.0, 0.0, 1.0, 0.0, 1.0)
    assert LAWS.cdf_student_t(1e200, 2.0) == 1.0 and LAWS.cdf_student_t(-1e5, 2.0) == pytest.approx(5e-11, rel=1e-9)


def test_vectors_and_matrices() -> None:
    k, p = np.array([2, 0, 3]), np.array([0.2, 0.3, 0.5])
    assert LAWS.multinomial(k, p) == pytest.approx(stats.multinomial.logpmf(k, 5, p), rel=1e-13)
    assert LAWS.multinomial([1, 0, 0], [1.0, 0.0, 0.0]) == pytest.approx(0.0, abs=1e-15)
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 3, 3))
    x, v = a @ a.T + np.eye(3), b @ b.T + np.eye(3)
    assert LAWS.wishart(x, 4.5, v) == pytest.approx(stats.wishart.logpdf(x, 4.5, v), rel=1e-12)


def test_gradients_of_distribution_functions_are_densities() -> None:
    for name, given in cases():
        law = REAL[name][1](*given)
        for x in map(float, law.ppf([0.02, 0.4, 0.8])):
            density = catad.grad(LAWS[f"cdf_{name}"])(x, *given)
            assert density == pytest.approx(math.exp(LAWS[name](x, *given)), rel=1e-9), (name, given, x)
