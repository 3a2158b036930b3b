"""std/special where probabilities are small or counts large: logarithms without cancellation, by mpmath."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import mpmath as mp
import pytest

import catad

SPECIAL = catad.compile("""
    import "std/special.cad" as s
    def stirling_error (x : f64) : f64 = s.stirling_error x
    def deviance (x : f64) (m : f64) : f64 = s.deviance x m
    def log_poisson (x : f64) (m : f64) : f64 = s.log_poisson x m
    def log_binomial_density (a : f64) (b : f64) (p : f64) : f64 = s.log_binomial_density a b p (1 - p)
    def log_multigamma (d : i64) (a : f64) : f64 = s.log_multigamma d a
    def log_normal_cdf (x : f64) : f64 = s.log_normal_cdf x
    def log_normal_between (a : f64) (b : f64) : f64 = s.log_normal_between a b
""")
SIZES = (1e-6, 0.3, 1.0, 7.5, 11.9, 12.1, 300.0, 1e5)


def log_poisson(x: Any, m: Any) -> Any:
    return x * mp.log(m) - m - mp.loggamma(x + 1)


def log_binomial(a: Any, b: Any, p: Any) -> Any:
    return mp.loggamma(a + b + 1) - mp.loggamma(a + 1) - mp.loggamma(b + 1) + a * mp.log(p) + b * mp.log(1 - p)


def close(name: str, args: Sequence[float], exact: Callable[..., Any], rel: float, absolute: float = 0.0,
          digits: int = 60) -> None:
    with mp.workdps(digits):
        want = float(exact(*map(mp.mpf, args)))
    assert SPECIAL[name](*args) == pytest.approx(want, rel=rel, abs=absolute), args


def slopes(name: str, args: Sequence[float], exact: Callable[..., Any], rel: float, absolute: float = 1e-290) -> None:
    """Gradients in all arguments by both modes."""
    want = []
    with mp.workdps(60):
        for k in range(len(args)):
            def along(v: Any, k: int = k) -> Any:
                return exact(*(v if i == k else mp.mpf(a) for i, a in enumerate(args)))
            want.append(float(mp.diff(along, mp.mpf(args[k]), h=mp.mpf(args[k] or 1) * mp.mpf(10) ** -20)))
    f = SPECIAL[name]
    which = tuple(range(len(args)))
    got = catad.grad(f, which)(*args)
    assert list(got) == pytest.approx(want, rel=rel, abs=absolute), args
    forward = [catad.jvp(f, k)(*args, 1.0)[1] for k in which]
    assert forward == pytest.approx(want, rel=rel, abs=absolute), args


def test_stirling_and_multigamma() -> None:
    for x in (*SIZES, 1e15):
        close("stirling_error", (x,), lambda x: mp.loggamma(x + 1) - (x + mp.mpf(1) / 2) * mp.log(x) + x
              - mp.log(2 * mp.pi) / 2, 1e-12, 2e-15)
    for d, a in ((1, 0.7), (3, 5.5), (6, 1e3)):
        exact = d * (d - 1) * mp.log(mp.pi) / 4 + sum(mp.loggamma(mp.mpf(a) - mp.mpf(j) / 2) for j in range(d))
        assert SPECIAL.log_multigamma(d, a) == pytest.approx(float(exact), rel=1e-14)


def test_densities_of_counts_do_not_cancel() -> None:
    """The naive formula loses eight digits at x = m = 1e5, the deviance as a difference all of them."""
    for x, m in itertools.product((0.0, *SIZES), SIZES):
        close("log_poisson", (x, m), log_poisson, 1e-13, 1e-13)
        close("deviance", (x, m), lambda x, m: (x * mp.log(x / m) if x else mp.mpf(0)) + m - x, 1e-13, 1e-18)
    close("deviance", (1e5, 1e5 + 1e-3), lambda x, m: x * mp.log(x / m) + m - x, 1e-13)
    for a, b, p in itertools.product((0.0, 0.3, 8.0, 2e4), (0.0, 1.0, 40.0, 3e5), (1e-9, 0.07, 0.5, 0.999)):
        close("log_binomial_density", (a, b, p), log_binomial, 1e-13, 3e-13)
    slopes("deviance", (1e5, 1e5 + 1e-3), lambda x, m: x * mp.log(x / m) + m - x, 1e-9)
    slopes("log_poisson", (3.5, 20.0), log_poisson, 1e-13)
    slopes("log_poisson", (1e5, 1.01e5), log_poisson, 1e-12)


def log_cdf(x: Any) -> Any:
    return mp.log(mp.erfc(-x / mp.sqrt(2)) / 2)


def log_between(a: Any, b: Any) -> Any:
    return mp.log((mp.erfc(-b / mp.sqrt(2)) - mp.erfc(-a / mp.sqrt(2))) / 2)


def test_normal_tails() -> None:
    for x in (-1e5, -700.0, -20.1, -19.9, -3.0, -1e-9, 0.0, 2.0, 8.0, 30.0):
        close("log_normal_cdf", (x,), log_cdf, 5e-14, 1e-300, digits=300)
    for x in (-300.0, -20.1, -19.9, -3.0, 2.0):
        slopes("log_normal_cdf", (x,), log_cdf, 1e-12)
    for a, b in ((-1.0, 2.0), (-1e-9, 1e-9), (3.0, 4.0), (-41.0, -40.0), (40.0, 40.001), (-9.0, 30.0), (0.0, 1.0)):
        close("log_normal_between", (a, b), log_between, 5e-13, 1e-17, digits=700)
