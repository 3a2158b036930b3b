"""The domain of long floats: every float primitive to as many digits as wanted, by mpmath.

    f64 = f32 = floats of `digits` decimal digits and unbounded exponents

`function(name)` is also the oracle by which the other meanings are measured (proofs/oracles.py). Where mpmath
leaves the real line or has a pole, the IEEE limit of the reference is taken.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import mpmath
import numpy as np

from catad.ops.samples import SAMPLES
from catad.types.type import BOOL, F64, I64, Scalar

from ..reference.constants import irrational, rational
from ..reference.domain import Meaning
from ..reference.floats import FLOATS, integer_row

__all__ = ["FUNCTIONS", "LongFloats"]

GUARD = 10


class LongFloats:
    name = "long-float"

    def __init__(self, digits: int) -> None:
        self.context = mpmath.MPContext()
        self.context.dps = digits + GUARD

    def dtype(self, scalar: Scalar) -> Any:
        return FLOATS.dtype(scalar) if scalar in (I64, BOOL) else np.object_

    def enter(self, value: Any, scalar: Scalar) -> Any:
        if scalar in (I64, BOOL):
            return FLOATS.enter(value, scalar)
        if isinstance(value, Fraction):
            return self.context.mpf(value.numerator) / value.denominator
        return self.context.mpf(float(value) if isinstance(value, np.floating) else value)

    def const(self, value: float | int | bool | Fraction, scalar: Scalar) -> Any:
        number = irrational(value, scalar)
        return self.enter(rational(value, scalar), scalar) if number is None else number(self.context)

    def row(self, name: str, types: Sequence[Scalar]) -> Meaning:
        integral = types[0] in (I64, BOOL)
        if name in ("to_f64", "to_f32"):
            return self.context.mpf if integral else (lambda x: x)
        if name == "to_i64":
            return int if integral else _to_i64
        if name in SAMPLES:
            return lambda bits: self.context.mpf(SAMPLES[name](bits))
        if integral and name != "polygamma":
            return integer_row(name)
        if name in _PLAIN:
            return _PLAIN[name]
        return self._guarded(name, FUNCTIONS[name])

    def _guarded(self, name: str, f: Meaning) -> Meaning:
        context = self.context
        floating = FLOATS.row(name, (I64, F64) if name == "polygamma" else (F64, F64))

        def meaning(*args: Any) -> Any:
            if all(isinstance(a, int) or context.isfinite(a) for a in args):
                try:
                    result = f(context, *args)
                    return result if isinstance(result, context.mpf) else context.nan
                except (ValueError, ZeroDivisionError, OverflowError):
                    pass
            return context.mpf(floating(*(a if isinstance(a, int) else float(a) for a in args)))
        return meaning

    def truth(self, value: Any) -> bool | None:
        return bool(value)

    def integer(self, value: Any) -> int | None:
        return int(value)


def _to_i64(x: Any) -> int:
    if x != x:
        return 0
    return int(min(max(x, -(2**63)), 2**63 - 1))


def _lgamma(c: Any, x: Any) -> Any:
    if x <= 0 and x == c.floor(x):
        return c.inf
    extra = max(0, -c.mag(x - 1), -c.mag(x - 2)) if x > 0 and x not in (1, 2) else 0
    with c.extraprec(extra + 20):
        value = c.loggamma(x) if x > 0 else c.log(abs(c.pi / c.sinpi(x))) - c.loggamma(1 - x)
    return +value


def _polygamma(c: Any, m: int, x: Any) -> Any:
    if m < 0 or (x <= 0 and x == c.floor(x)):
        raise ValueError("a pole, or no such order")
    with c.extraprec(60):
        value = c.psi(m, x).real
    return +value


def _cbrt(c: Any, x: Any) -> Any:
    return c.cbrt(x) if x >= 0 else -c.cbrt(-x)


def _sech2(c: Any, x: Any) -> Any:
    e = c.exp(-2 * abs(x))
    return 4 * e / (1 + e) ** 2


def _tanh(c: Any, x: Any) -> Any:
    return c.tanh(x)


def _pow(c: Any, x: Any, p: Any) -> Any:
    if x == 0 and p < 0:
        raise ZeroDivisionError
    return c.power(x, int(p)) if p == int(p) and abs(p) < 2**62 else c.power(x, p)


FUNCTIONS: MappingProxyType[str, Meaning] = MappingProxyType({
    "div": lambda c, x, y: x / y,
    "sqrt": lambda c, x: c.sqrt(x), "cbrt": _cbrt, "exp": lambda c, x: c.exp(x),
    "expm1": lambda c, x: c.expm1(x), "log": lambda c, x: c.log(x), "log1p": lambda c, x: c.log1p(x),
    "sin": lambda c, x: c.sin(x), "cos": lambda c, x: c.cos(x), "tan": lambda c, x: c.tan(x),
    "asin": lambda c, x: c.asin(x), "acos": lambda c, x: c.acos(x), "atan": lambda c, x: c.atan(x),
    "sinh": lambda c, x: c.sinh(x), "cosh": lambda c, x: c.cosh(x), "tanh": _tanh, "sech2": _sech2,
    "asinh": lambda c, x: c.asinh(x), "acosh": lambda c, x: c.acosh(x), "atanh": lambda c, x: c.atanh(x),
    "erf": lambda c, x: c.erf(x), "erfc": lambda c, x: c.erfc(x),
    "lgamma": _lgamma, "digamma": lambda c, x: _polygamma(c, 0, x), "polygamma": _polygamma,
    "pow": _pow, "powi": lambda c, x, n: _pow(c, x, n) if n else c.mpf(1),
    "atan2": lambda c, y, x: c.atan2(y, x), "hypot": lambda c, x, y: c.hypot(x, y),
    "floor": lambda c, x: c.floor(x), "ceil": lambda c, x: c.ceil(x), "round": lambda c, x: c.nint(x),
    "trunc": lambda c, x: c.mpf(int(x)), "sign": lambda c, x: c.mpf(c.sign(x)),
})

_PLAIN: MappingProxyType[str, Meaning] = MappingProxyType({
    "add": operator.add, "sub": operator.sub, "neg": operator.neg, "mul": operator.mul, "corr": operator.mul,
    "abs": abs, "max": lambda a, b: b if a < b or b != b else a, "min": lambda a, b: b if b < a or b != b else a,
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le, "gt": operator.gt,
    "ge": operator.ge, "isnan": lambda x: x != x, "isinf": lambda x: abs(x) == math.inf,
})
