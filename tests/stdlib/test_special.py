"""std/special against mpmath: incomplete gamma and beta functions, their inverses, and others that integrals define."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

import catad
from tests.stdlib.calculus import check

PROGRAM = catad.compile("""
    import "std/special.cad" as s
    def erfcx (x : f64) : f64 = s.erfcx x
    def gammainc (a : f64) (x : f64) : f64 = s.gammainc a x
    def gammaincc (a : f64) (x : f64) : f64 = s.gammaincc a x
    def gammaincinv (a : f64) (p : f64) : f64 = s.gammaincinv a p
    def betainc (a : f64) (b : f64) (x : f64) : f64 = s.betainc a b x
    def betaincinv (a : f64) (b : f64) (p : f64) : f64 = s.betaincinv a b p
    def exp1 (x : f64) : f64 = s.exp1 x
    def expi (x : f64) : f64 = s.expi x
    def lambertw (x : f64) : f64 = s.lambertw x
    def lambertw_lower (x : f64) : f64 = s.lambertw_lower x
    def ellipk (x : f64) : f64 = s.ellipk x
    def ellipe (x : f64) : f64 = s.ellipe x
    def of_erfcx (x : [1]f64) : f64 = s.erfcx x[0]
    def of_gammainc (x : [2]f64) : f64 = s.gammainc x[0] x[1]
    def of_gammaincc (x : [2]f64) : f64 = s.gammaincc x[0] x[1]
    def of_gammaincinv (x : [2]f64) : f64 = s.gammaincinv x[0] x[1]
    def of_betainc (x : [3]f64) : f64 = s.betainc x[0] x[1] x[2]
    def of_betaincinv (x : [3]f64) : f64 = s.betaincinv x[0] x[1] x[2]
    def of_lbeta (x : [2]f64) : f64 = s.lbeta x[0] x[1]
    def of_exp1 (x : [1]f64) : f64 = s.exp1 x[0]
    def of_expi (x : [1]f64) : f64 = s.expi x[0]
    def of_lambertw (x : [1]f64) : f64 = s.lambertw x[0]
    def of_lambertw_lower (x : [1]f64) : f64 = s.lambertw_lower x[0]
    def of_ellipk (x : [1]f64) : f64 = s.ellipk x[0]
    def of_ellipe (x : [1]f64) : f64 = s.ellipe x[0]
""")
mp: Any = mpmath


def gammainc(a: float, x: float) -> Any:
    return mp.gammainc(a, 0, x, regularized=True)


def gammaincc(a: float, x: float) -> Any:
    return mp.gammainc(a, x, regularized=True)


def betainc(a: float, b: float, x: float) -> Any:
    return mp.betainc(a, b, 0, x, regularized=True)


def inverse(f: Callable[[Any], Any], p: float, start: float) -> Any:
    return mp.findroot(lambda x: f(x) - p, start)


ORACLES: dict[str, Callable[..., Any]] = {
    "erfcx": lambda x: mp.exp(mp.mpf(x) ** 2) * mp.erfc(x),
    "gammainc": gammainc, "gammaincc": gammaincc, "betainc": betainc,
    "exp1": mp.e1, "expi": mp.ei, "lambertw": lambda x: mp.lambertw(x).real,
    "lambertw_lower": lambda x: mp.lambertw(x, -1).real,
    "lbeta": lambda a, b: mp.log(mp.beta(a, b)),
    "ellipk": mp.ellipk, "ellipe": mp.ellipe,
}
PLACES = {
    "erfcx": [(x,) for x in (-5.0, -0.5, 0.0, 0.999, 1.0, 2.0, 10.0, 1e5, 1e150)],
    "gammainc": [(0.01, 1e-5), (0.5, 0.3), (1.0, 1.999), (1.0, 2.001), (3.0, 20.0), (9.99, 9.0), (10.0, 9.0),
                 (100.0, 90.0), (100.0, 130.0), (1e5, 1e5), (1e6, 1.001e6), (50.0, 1.0), (10.0, 1e-16), (12.0, 1e-10)],
    "gammaincc": [(0.5, 0.3), (1.0, 2.001), (3.0, 20.0), (3.0, 300.0), (10.0, 12.0), (100.0, 130.0), (1e6, 1.003e6)],
    "betainc": [(0.5, 0.5, 0.3), (0.01, 2.0, 1e-10), (2.0, 3.0, 0.7), (50.0, 60.0, 0.4), (50.0, 60.0, 0.9),
                (500.0, 900.0, 0.36), (1.0, 1.0, 0.25), (200.0, 0.5, 0.99), (12.0, 20.0, 1e-17), (12.0, 20.0, 1e-5)],
    "exp1": [(x,) for x in (1e-300, 1e-5, 0.5, 1.0, 1.001, 5.0, 100.0, 700.0)],
    "expi": [(x,) for x in (-3.0, -1e-5, 1e-5, 0.3, 1.0, 10.0, 39.9, 40.0, 700.0)],
    "lambertw": [(x,) for x in (-0.367879, -0.36, -0.25, -1e-5, 0.0, 1e-300, 0.5, 3.0, 1e5, 1e300)],
    "lambertw_lower": [(x,) for x in (-0.367879, -0.36, -0.25, -0.1, -1e-5, -1e-300)],
    "ellipk": [(x,) for x in (-1e6, -2.0, 0.0, 1e-9, 0.5, 0.99, 1 - 1e-14)],
    "ellipe": [(x,) for x in (-1e6, -2.0, 0.0, 1e-9, 0.5, 0.99, 1 - 1e-14)],
}
LOOSE = {"gammainc": 2e-14, "gammaincc": 2e-14, "betainc": 1e-13, "expi": 1e-14}


@pytest.mark.parametrize("name", PLACES)
def test_values(name: str) -> None:
    for place in PLACES[name]:
        with mpmath.workdps(40):
            expected = float(ORACLES[name](*map(mp.mpf, place)))
        bound = LOOSE.get(name, 4e-15) * max(1.0, abs(math.log(abs(expected))) / 20) if expected else 0.0
        assert PROGRAM[name](*place) == pytest.approx(expected, rel=bound, abs=0), place


def test_the_branch_point_of_lamberts_function() -> None:
    assert PROGRAM.lambertw(-0.36787944117144233) == -1.0 == PROGRAM.lambertw_lower(-0.36787944117144233)
    x = -0.3678794411714423                                 # the next float
    with mpmath.workdps(40):
        upper, lower = (float(mp.lambertw(mp.mpf(x), k).real) for k in (0, -1))
    assert PROGRAM.lambertw(x) == pytest.approx(upper, rel=1e-15)
    assert PROGRAM.lambertw_lower(x) == pytest.approx(lower, rel=1e-15)
    assert math.isnan(PROGRAM.lambertw(-0.37)) and math.isnan(PROGRAM.lambertw_lower(-0.37))


def test_edges() -> None:
    f = PROGRAM
    assert f.gammainc(2.0, 0.0) == 0.0 == f.gammaincc(2.0, math.inf) and f.gammainc(2.0, math.inf) == 1.0
    assert f.gammaincinv(2.0, 0.0) == 0.0 and f.gammaincinv(2.0, 1.0) == math.inf
    assert f.betainc(2.0, 3.0, 0.0) == 0.0 and f.betainc(2.0, 3.0, 1.0) == 1.0 == f.betaincinv(2.0, 3.0, 1.0)
    assert f.exp1(0.0) == math.inf and f.exp1(math.inf) == 0.0 and f.expi(0.0) == -math.inf
    assert f.lambertw(math.inf) == math.inf and f.lambertw_lower(0.0) == -math.inf
    assert f.ellipk(1.0) == math.inf and f.ellipe(1.0) == 1.0
    for got in (f.gammainc(-1.0, 2.0), f.gammainc(1.0, -2.0), f.gammaincinv(1.0, 2.0), f.betainc(1.0, 1.0, 1.5),
                f.betaincinv(1.0, 0.0, 0.5), f.exp1(-1.0), f.lambertw_lower(0.5), f.ellipk(1.5), f.ellipe(1.5),
                f.gammainc(1.0, math.nan), f.betainc(1.0, 1.0, math.nan), f.lambertw(math.nan)):
        assert math.isnan(got)


@pytest.mark.parametrize("a", [0.05, 0.5, 1.0, 3.0, 40.0, 1e4])
def test_inverse_of_the_incomplete_gamma_function(a: float) -> None:
    for p in (1e-100, 1e-8, 0.01, 0.3, 0.5, 0.9, 0.999, 1 - 1e-10):
        x = PROGRAM.gammaincinv(a, p)
        if x == 0.0:
            assert p ** (1 / a) < 1e-300
            continue
        with mpmath.workdps(40):                             # how far p is off, in units of x's last place
            slope = mp.exp((a - 1) * mp.log(x) - x - mp.loggamma(a))
            miss = gammainc(a, x) - p if p < 0.6 else (1 - mp.mpf(p)) - gammaincc(a, x)
        assert abs(float(miss / slope / x)) < 1e-14 + 4e-16 * p / float(slope * x), p


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (2.0, 3.0), (0.1, 4.0), (50.0, 30.0), (1.0, 1.0)])
def test_inverse_of_the_incomplete_beta_function(a: float, b: float) -> None:
    for p in (1e-30, 1e-8, 0.01, 0.3, 0.5, 0.9, 0.999):
        x = PROGRAM.betaincinv(a, b, p)
        if x == 0.0:
            assert p ** (1 / a) < 1e-290
            continue
        with mpmath.workdps(40):
            slope = mp.mpf(x) ** (a - 1) * (1 - mp.mpf(x)) ** (b - 1) / mp.beta(a, b)
            miss = betainc(a, b, x) - p
        assert abs(float(miss / slope / x)) < (2e-14 if p > 1e-9 else 1e-13) + 4e-16 * p / float(slope * x), p


PATHS: dict[str, tuple[list[float], list[float]]] = {
    "erfcx": ([1.7], [1.0]), "gammainc": ([2.3, 1.9], [0.6, 1.0]), "gammaincc": ([12.0, 15.0], [0.6, 1.0]),
    "gammaincinv": ([2.3, 0.4], [0.6, 0.3]), "betainc": ([2.0, 12.5, 0.1], [1.0, 0.5, 0.1]),
    "lbeta": ([12.0, 12.0], [1.0, 0.3]),
    "betaincinv": ([2.0, 1.5, 0.4], [1.0, 0.5, 0.3]), "exp1": ([2.0], [1.0]), "expi": ([-2.0], [1.0]),
    "lambertw": ([0.3], [1.0]), "lambertw_lower": ([-0.2], [0.5]), "ellipk": ([0.3], [1.0]), "ellipe": ([0.0], [1.0]),
}


@pytest.mark.parametrize("name", PATHS)
def test_derivatives(name: str) -> None:
    def reference(x: np.ndarray) -> float:
        with mpmath.workdps(25):
            if name == "gammaincinv":
                return float(inverse(lambda t: gammainc(x[0], t), x[1], 1.5))
            if name == "betaincinv":
                return float(inverse(lambda t: betainc(x[0], x[1], t), x[2], 0.5))
            return float(ORACLES[name](*x))

    place, direction = (np.array(v) for v in PATHS[name])
    check(PROGRAM["of_" + name], reference, place, direction, order=1 if name.endswith("inv") else 3)
