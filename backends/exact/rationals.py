"""The domain of rational numbers, with the infinities and NaN of floats beside them.

    f64 = f32 = ℚ ∪ {-∞, +∞, NaN}

Constants of a program are the dyadic rationals that they are. 0 has no sign: x / 0 is ±∞ by the sign of x.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np

from catad.ops.samples import SAMPLES
from catad.types.type import BOOL, I64, Scalar

from ..reference.constants import rational
from ..reference.domain import Meaning, refuse
from ..reference.floats import FLOATS, integer_row

__all__ = ["RATIONALS", "Rationals"]

Extended = Fraction | float                         # a float is an infinity or NaN


class Rationals:
    name = "exact"

    def dtype(self, scalar: Scalar) -> Any:
        return FLOATS.dtype(scalar) if scalar in (I64, BOOL) else np.object_

    def enter(self, value: Any, scalar: Scalar) -> Any:
        if scalar in (I64, BOOL):
            return FLOATS.enter(value, scalar)
        if isinstance(value, float | np.floating):
            return Fraction(float(value)) if math.isfinite(value) else float(value)
        return value if isinstance(value, Fraction) else Fraction(value)

    def const(self, value: float | int | bool | Fraction, scalar: Scalar) -> Any:
        return self.enter(rational(value, scalar), scalar)

    def row(self, name: str, types: Sequence[Scalar]) -> Meaning:
        if name in CONVERT:
            return CONVERT[name]
        if name in SAMPLES:
            return lambda bits: Fraction(SAMPLES[name](bits))
        if types[0] in (I64, BOOL) and name != "polygamma":
            return integer_row(name)
        meaning = RATIONAL_ROWS.get(name)
        if meaning is None:
            raise refuse(self, name)
        return meaning

    def truth(self, value: Any) -> bool | None:
        return bool(value)

    def integer(self, value: Any) -> int | None:
        return int(value)


RATIONALS = Rationals()


def _proxy(x: Extended) -> float:
    """A float that behaves beside an infinity as x does."""
    return float((x > 0) - (x < 0)) if isinstance(x, Fraction) else x


def _exact(x: float) -> Extended:
    return Fraction(x) if math.isfinite(x) else x


def _extended(f: Meaning, name: str) -> Meaning:
    """`f` on rationals; the float row decides where an infinity or NaN takes part."""
    floating = FLOATS.row(name, (Scalar("f64"),) * 2)

    def meaning(a: Extended, b: Extended) -> Extended:
        if isinstance(a, Fraction) and isinstance(b, Fraction):
            result: Extended = f(a, b)
            return result
        return _exact(floating(_proxy(a), _proxy(b)))
    return meaning


def _div(a: Fraction, b: Fraction) -> Extended:
    return a / b if b else (math.copysign(math.inf, a) if a else math.nan)


def _powi(x: Extended, n: int) -> Extended:
    if not isinstance(x, Fraction):
        return _exact(FLOATS.row("powi", (Scalar("f64"), I64))(x, n))
    return x**n if x or n >= 0 else math.inf


def _max(a: Extended, b: Extended) -> Extended:
    return b if a < b or b != b else a


def _min(a: Extended, b: Extended) -> Extended:
    return b if b < a or b != b else a


def _sign(x: Extended) -> Extended:
    return x if x != x else Fraction((x > 0) - (x < 0))


def _rounding(f: Meaning) -> Meaning:
    return lambda x: Fraction(f(x)) if isinstance(x, Fraction) else x


def _to_i64(x: Extended | int | bool) -> int:
    if not isinstance(x, Fraction):
        return int(FLOATS.row("to_i64", (Scalar("f64"),))(x))
    return min(max(math.trunc(x), -(2**63)), 2**63 - 1)


CONVERT: MappingProxyType[str, Meaning] = MappingProxyType({
    "to_f64": lambda x: Fraction(x) if isinstance(x, int) else x,
    "to_f32": lambda x: Fraction(x) if isinstance(x, int) else x,
    "to_i64": _to_i64,
})

RATIONAL_ROWS: MappingProxyType[str, Meaning] = MappingProxyType({
    "add": _extended(operator.add, "add"), "sub": _extended(operator.sub, "sub"), "neg": operator.neg,
    "mul": _extended(operator.mul, "mul"), "corr": _extended(operator.mul, "mul"), "div": _extended(_div, "div"),
    "abs": abs, "max": _max, "min": _min, "sign": _sign, "powi": _powi,
    "floor": _rounding(math.floor), "ceil": _rounding(math.ceil), "round": _rounding(round),
    "trunc": _rounding(math.trunc),
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le, "gt": operator.gt,
    "ge": operator.ge, "isnan": lambda x: x != x,
    "isinf": lambda x: not isinstance(x, Fraction) and math.isinf(x),
})
