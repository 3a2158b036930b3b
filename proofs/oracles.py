"""Oracles: each function of the primitive table to arbitrary precision, where it lives, and where it is hard.

    o = oracle("tanh")
    o.value((0.3,))                       an mpf, 50 digits
    o.series(((0.3, 1.0, 0.0),), 2)       Taylor coefficients of tanh(0.3 + t), by numerical differentiation
    o.hard                                points where implementations lose digits: cancellation, tails, poles
    o.sample(rng)                         a random point of the domain, over all magnitudes
    o.gentle(rng)                         a random point well inside, for derivatives

The functions are mpmath's (`backends.exact.longfloats`); nothing here shares code with the reference, with the
equations of `catad/ops/*.cad` or with native kernels, so it may judge them all.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import mpmath
from catad.backends.exact.longfloats import FUNCTIONS

__all__ = ["ORACLES", "Interval", "Oracle", "error_ulps", "oracle"]

Point = tuple[float | int, ...]
INF = math.inf


@dataclass(frozen=True, slots=True)
class Interval:
    """Where one argument lives: [low, high], and [near, far] well inside it. `whole` is for integers."""

    low: float
    high: float
    near: float
    far: float
    whole: bool = False

    def sample(self, rng: random.Random) -> float | int:
        """Over all magnitudes: uniform, or at a distance of random exponent from a finite end or from 0."""
        if self.whole:
            return rng.randint(int(self.near), int(self.far))
        kind = rng.randrange(3)
        if kind == 0:
            return self.gentle(rng)
        ends = [e for e in (self.low, self.high, 0.0) if math.isfinite(e) and self.low <= e <= self.high]
        end = rng.choice(ends)
        for _ in range(20):
            step: float = 10.0 ** rng.uniform(-300 if kind == 1 else -17, 300 if kind == 1 else 3)
            x = end + rng.choice((-1.0, 1.0)) * step
            if self.low <= x <= self.high:
                return x
        return self.gentle(rng)

    def gentle(self, rng: random.Random) -> float | int:
        return rng.randint(int(self.near), int(self.far)) if self.whole else rng.uniform(self.near, self.far)


@dataclass(frozen=True, slots=True)
class Oracle:
    """A float function of the table.

    `ulps`: what the reference promises on its domain. `absolute`: an absolute error, in units of 2^-52, that is
    granted beside it where a zero of the function is not a float and the condition is bad.
    """

    name: str
    domain: tuple[Interval, ...]
    hard: tuple[Point, ...] = ()
    ulps: float = 2
    absolute: float = 0

    def value(self, args: Sequence[Any], digits: int = 50) -> Any:
        """The value as an mpf of at least this many digits. Raises ValueError at a pole or outside the reals."""
        context = _context(digits)
        result = FUNCTIONS[self.name](context, *(a if isinstance(a, int) else context.mpf(a) for a in args))
        if not isinstance(result, context.mpf):
            raise ValueError(f"{self.name}{tuple(args)} is not real")
        return result

    def series(self, args: Sequence[Any], order: int, digits: int = 30) -> list[Any]:
        """Coefficients 0 … order of t ↦ f(u(t), …); each float argument is a sequence of coefficients of u."""
        context = _context(digits)
        f = FUNCTIONS[self.name]

        def along(t: Any) -> Any:
            return f(context, *(a if isinstance(a, int) else context.polyval([context.mpf(c) for c in reversed(a)], t)
                                for a in args))

        return list(context.taylor(along, 0, order))

    def derivatives(self, args: Sequence[Any], order: int, argument: int = 0, digits: int = 30) -> list[Any]:
        """Derivatives 0 … order in one argument."""
        line = [a if isinstance(a, int) else ((a, 1.0) if k == argument else (a,)) for k, a in enumerate(args)]
        return [c * math.factorial(k) for k, c in enumerate(self.series(line, order, digits))]

    def sample(self, rng: random.Random) -> Point:
        while True:
            point = tuple(i.sample(rng) for i in self.domain)
            try:
                self.value(point)
            except (ValueError, ZeroDivisionError):               # a pole of the gamma family
                continue
            return point

    def gentle(self, rng: random.Random) -> Point:
        return tuple(i.gentle(rng) for i in self.domain)

    def allows(self, args: Point, got: float, factor: float = 1) -> bool:
        """Is a computed value within `factor` times the promise?"""
        want = self.value(args)
        slack = self.absolute * 2.0**-52 * factor
        return error_ulps(got, want) <= self.ulps * factor or abs(mpmath.mpf(got) - want) <= slack


@cache
def _context(digits: int) -> Any:
    context = mpmath.MPContext()
    context.dps = digits + 10
    return context


def error_ulps(got: float, want: Any) -> float:
    """The error in units of the last place of the true value; infinities and subnormals as IEEE rounds them."""
    if mpmath.isnan(want):
        return 0.0 if got != got else INF
    if got != got:
        return INF
    if abs(want) > 1.797693134862315708e308:                      # rounds to infinity
        return 0.0 if math.isinf(got) and (got > 0) == (want > 0) else INF
    if math.isinf(got):
        return 1.0 if abs(want) > 1.79769313486231e308 and (got > 0) == (want > 0) else INF
    nearest = float(want)
    return float(abs(mpmath.mpf(got) - want) / mpmath.mpf(math.ulp(nearest)))


# ── the table ──────────────────────────────────────────────────────────────────────────────────────────────────

_R = Interval(-INF, INF, -4, 4)
_POSITIVE = Interval(0, INF, 0.2, 5)
_UNIT = Interval(-1, 1, -0.8, 0.8)
_EXP = Interval(-745.2, 709.78, -5, 5)
_TINY = (0.0, -0.0, 5e-324, -5e-324, 2.2250738585072014e-308, 1e-300, -1e-20, 1e-9, -1e-9, 1e-5)


def _at(*points: float) -> tuple[Point, ...]:
    return tuple((x,) for x in points)


_ROWS = (
    Oracle("div", (_R, _R), ((1.0, 3.0), (1e308, 1e-10), (5e-324, 2.0), (-0.0, 7.0), (1e-308, 1e10)), ulps=0.5),
    Oracle("sqrt", (_POSITIVE,), _at(0.0, 5e-324, 2.0, 1e308, 1 - 2**-53, 1 + 2**-52), ulps=0.5),
    Oracle("cbrt", (_R,), _at(*_TINY, 8.0, -27.0, 1e308, -1e-308, 0.1), ulps=3),
    Oracle("exp", (_EXP,), _at(*_TINY, 709.78, -708.4, -745.0, -740.5, 1.0, -0.34657359), ulps=1),
    Oracle("expm1", (Interval(-INF, 709.78, -5, 5),), _at(*_TINY, -40.0, -800.0, 709.0, 0.5, -0.69, 0.34), ulps=2),
    Oracle("log", (_POSITIVE,), _at(5e-324, 1 - 2**-53, 1 + 2**-52, 1.0, 0.9999, 1e308, math.e, 0.7071067811865476),
           ulps=1),
    Oracle("log1p", (Interval(-1, INF, -0.8, 5),), _at(*_TINY, -1 + 2**-53, 1e308, -0.5, 0.41421356), ulps=2),
    Oracle("sin", (_R,), _at(*_TINY, math.pi, 2 * math.pi, 1e22, 355.0, 1e308, 6381956970095103 * 2.0**797), ulps=1),
    Oracle("cos", (_R,), _at(*_TINY, math.pi / 2, 3 * math.pi / 2, 1e22, 1e308, 11.0, 6381956970095103 * 2.0**797),
           ulps=1),
    Oracle("tan", (_R,), _at(*_TINY, math.pi / 2, math.pi, 1e22, 1.5707963, 0.7853981633974483, 1e308), ulps=1.5),
    Oracle("asin", (_UNIT,), _at(*_TINY, 1.0, -1.0, 1 - 2**-53, -1 + 2**-52, 0.5), ulps=1.5),
    Oracle("acos", (_UNIT,), _at(*_TINY, 1.0, -1.0, 1 - 2**-53, -1 + 2**-52, 0.5), ulps=1.5),
    Oracle("atan", (_R,), _at(*_TINY, 1.0, 1e16, -1e308, 0.4375, 2.4375), ulps=1.5),
    Oracle("atan2", (_R, _R), ((1e-300, 1e300), (1.0, -1e-300), (-1e-20, -1.0), (1e308, 1e308), (5e-324, 5e-324)),
           ulps=1.5),
    Oracle("sinh", (Interval(-710.4, 710.4, -4, 4),), _at(*_TINY, 710.4, -22.0, 0.3, 21.999), ulps=3),
    Oracle("cosh", (Interval(-710.4, 710.4, -4, 4),), _at(*_TINY, 710.4, -22.0, 0.3466), ulps=3),
    Oracle("tanh", (_R,), _at(*_TINY, 19.0, -22.0, 0.55, 1e300), ulps=3),
    Oracle("sech2", (_R,), _at(*_TINY, 18.0, -20.0, 19.999, 354.0, -372.0, 374.0, 1e300), ulps=6),
    Oracle("asinh", (_R,), _at(*_TINY, 1e308, -1e6, -268435456.0, 0.5), ulps=3),
    Oracle("acosh", (Interval(1, INF, 1.2, 6),), _at(1.0, 1 + 2**-52, 1 + 1e-9, 1.5, 1e308, 268435456.0), ulps=3),
    Oracle("atanh", (_UNIT,), _at(*_TINY, 1 - 2**-53, -1 + 2**-53, 0.5, -0.3), ulps=3),
    Oracle("erf", (_R,), _at(*_TINY, 0.84375, 1.25, 3.0, -5.9, 6.0, 1e300), ulps=2),
    Oracle("erfc", (Interval(-INF, 27.3, -4, 5),), _at(*_TINY, 6.0, 0.5, 1.25, 10.0, 20.0, 26.5, -5.0, 0.84375),
           ulps=4),
    Oracle("lgamma", (Interval(-170, INF, 0.2, 6),),
           _at(1.0, 2.0, 1 + 1e-9, 2 - 1e-9, 1 - 2**-53, 1.4616321449683622, 1e-300, -1e-300, 0.5, 1e15, 1e305, 2.5,
               1.5, -0.5, -2.457024738220801, -3.5, 12.0, 171.0), ulps=10, absolute=400),
    Oracle("digamma", (Interval(-170, INF, 0.2, 6),),
           _at(1.4616321449683622, 1.4616321449683625, 1.0, 1e-300, 0.5, 1e15, 1e305, 10.0, -0.5, -3.5, 1.2, 1.76,
               -0.504083008264455, 1e-5), ulps=10, absolute=400),
    Oracle("polygamma", (Interval(1, 12, 1, 8, True), Interval(-20, INF, 0.3, 6)),
           ((1, 1.0), (1, 1e-100), (2, 1e-80), (3, 0.5), (10, 2.0), (1, 1e10), (4, 1e8), (1, -0.5), (3, -2.5),
            (6, 30.0), (40, 3.0), (160, 2.0), (200, 300.0)), ulps=60, absolute=400),
    Oracle("hypot", (_R, _R), ((3.0, 4.0), (1e-200, 1e-200), (1e300, 1e300), (5e-324, 0.0), (-0.0, 1e-5)), ulps=1),
    Oracle("pow", (Interval(0, INF, 0.2, 4), Interval(-300, 300, -4, 4)),
           ((0.0, 0.0), (2.0, 0.5), (1 + 2**-52, 1e15), (1 - 2**-53, -1e15), (10.0, 308.0), (10.0, -320.0), (0.0, 3.5),
            (-2.0, 3.0), (-2.0, -5.0), (1e-300, -1.02)), ulps=1),
    Oracle("powi", (_R, Interval(-400, 400, -6, 6, True)),
           ((0.0, 0), (-2.0, 3), (-2.0, -5), (1 + 2**-52, 10**15), (-1.0, 2**53 + 1), (10.0, -320), (1.5, 7), (0.0, 5)),
           ulps=2),
)

ORACLES: MappingProxyType[str, Oracle] = MappingProxyType({o.name: o for o in _ROWS})


def oracle(name: str) -> Oracle:
    return ORACLES[name]
