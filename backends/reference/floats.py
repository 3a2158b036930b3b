"""IEEE arithmetic: the domain of Python floats (f64; f32 by rounding each result) and 64-bit integers.

    f32 row  =  round to f32 ∘ f64 row        exact for + - * / sqrt, since 53 ≥ 2·24 + 2

Every row is total: where the C library would set errno the IEEE limit is returned; only integer division by
zero and negative integer powers stop a program. `max x z` is x at a tie and NaN if either is; `min` alike.
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
from catad.types.type import BOOL, F32, F64, I64, Scalar

from . import circle
from .domain import Fault, Meaning
from .gamma import digamma, lgamma, polygamma

__all__ = ["FLOATS", "Floats", "integer_row", "wrap"]


class Floats:
    """The domain of the reference."""

    name = "floating-point"

    def dtype(self, scalar: Scalar) -> Any:
        return _DTYPES.get(scalar.name, np.object_)

    def enter(self, value: Any, scalar: Scalar) -> Any:
        return _ENTER[scalar.name](value)

    def const(self, value: float | int | bool | Fraction, scalar: Scalar) -> Any:
        return _ENTER[scalar.name](value)

    def row(self, name: str, types: Sequence[Scalar]) -> Meaning:
        scalar = types[-1] if name == "polygamma" else types[0]
        if name in _CONVERT:
            return _CONVERT[name]
        if name in SAMPLES:
            return SAMPLES[name]
        if scalar in (I64, BOOL):
            return integer_row(name)
        f = FLOAT_ROWS[name]                             # a KeyError is a row without meaning: an internal error
        if scalar == F32 and name not in _TO_BOOL:
            return lambda *a: _round32(f(*a))
        return f

    def truth(self, value: Any) -> bool | None:
        return bool(value)

    def integer(self, value: Any) -> int | None:
        return int(value)


FLOATS = Floats()


# ── integers and truth values ──────────────────────────────────────────────────────────────────────────────────


def wrap(n: int) -> int:
    """The residue of n modulo 2^64 in [-2^63, 2^63)."""
    return ((n + 0x8000_0000_0000_0000) & 0xFFFF_FFFF_FFFF_FFFF) - 0x8000_0000_0000_0000


def _idiv(a: int, b: int) -> int:
    if b == 0:
        raise Fault("E0503", "integer division by zero", f"{a} div 0")
    return wrap(a // b)


def _imod(a: int, b: int) -> int:
    if b == 0:
        raise Fault("E0503", "integer division by zero", f"{a} mod 0")
    return a % b


def _ipow(a: int, n: int) -> int:
    if n < 0:
        raise Fault("E0504", "negative power of an integer", f"{a}^({n})",
                    ("convert the base: f64 x ^ n is a reciprocal",))
    return wrap(pow(a, n, 1 << 64))


def integer_row(name: str) -> Meaning:
    """The meaning of a row on i64 or bool, the same in every domain."""
    return INTEGER_ROWS[name]


INTEGER_ROWS: MappingProxyType[str, Meaning] = MappingProxyType({
    "add": lambda a, b: wrap(a + b), "sub": lambda a, b: wrap(a - b), "mul": lambda a, b: wrap(a * b),
    "neg": lambda a: wrap(-a), "abs": lambda a: wrap(abs(a)), "max": max, "min": min,
    "idiv": _idiv, "imod": _imod, "ipow": _ipow,
    "band": operator.and_, "bor": operator.or_, "bxor": operator.xor, "bnot": operator.invert,
    "shl": lambda a, n: wrap(a << (n & 63)), "shr": lambda a, n: a >> (n & 63),
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le, "gt": operator.gt,
    "ge": operator.ge, "and": lambda a, b: a and b, "or": lambda a, b: a or b, "not": operator.not_,
})


# ── floats ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _round32(x: float) -> float:
    return float(np.float32(x))


def _to_i64(x: float | int | bool) -> int:
    if isinstance(x, int):
        return int(x)
    if x != x:
        return 0
    return int(min(max(x, -9.223372036854775808e18), 9.223372036854774784e18)) if abs(x) < 2.0**63 else (
        2**63 - 1 if x > 0 else -2**63)


def _total(f: Meaning, limit: Any) -> Meaning:
    """`f` of the math module; where it raises, NumPy's function of the same name gives the IEEE value."""
    def meaning(*args: float) -> float:
        try:
            return float(f(*args))
        except (ValueError, OverflowError):
            return float(limit(*args))
    return meaning


def _div(x: float, y: float) -> float:
    if y:
        return x / y
    if x == 0 or x != x or y != y:
        return math.nan
    return math.copysign(math.inf, x) * math.copysign(1.0, y)


def _max(x: float, y: float) -> float:
    return y if x < y or y != y else x


def _min(x: float, y: float) -> float:
    return y if y < x or y != y else x


def _sign(x: float) -> float:
    return x if x == 0 or x != x else math.copysign(1.0, x)


def _powi(x: float, n: int) -> float:
    """The sign by the parity of n, which a float may not hold; 0^0 = 1."""
    size: float = _pow(abs(x), float(n))
    return -size if n & 1 and math.copysign(1.0, x) < 0 else size


def _sech2(x: float) -> float:
    """1 / cosh² x = 4 e / (1 + e)² with e = exp(-2|x|): no overflow, and small values keep their digits."""
    if x != x:
        return x
    if abs(x) < 20:
        c = math.cosh(x)
        return 1 / (c * c)
    e = math.exp(-abs(x))                        # 1 + e² is 1 here; squared last, so that e² may be subnormal
    return 2 * e * (2 * e)


_pow = _total(math.pow, np.power)

_TO_BOOL = frozenset(("eq", "ne", "lt", "le", "gt", "ge", "isnan", "isinf"))

FLOAT_ROWS: MappingProxyType[str, Meaning] = MappingProxyType({
    "add": operator.add, "sub": operator.sub, "neg": operator.neg, "mul": operator.mul, "corr": operator.mul,
    "div": _div, "abs": abs, "max": _max, "min": _min, "sign": _sign,
    "floor": lambda x: float(np.floor(x)), "ceil": lambda x: float(np.ceil(x)),
    "round": lambda x: float(np.rint(x)), "trunc": lambda x: float(np.trunc(x)),
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le, "gt": operator.gt,
    "ge": operator.ge, "isnan": math.isnan, "isinf": math.isinf,
    "sqrt": _total(math.sqrt, np.sqrt), "cbrt": math.cbrt,
    "exp": _total(math.exp, np.exp), "expm1": _total(math.expm1, np.expm1),
    "log": _total(math.log, np.log), "log1p": _total(math.log1p, np.log1p),
    "sin": _total(circle.sin, np.sin), "cos": _total(circle.cos, np.cos), "tan": _total(circle.tan, np.tan),
    "asin": _total(math.asin, np.arcsin), "acos": _total(math.acos, np.arccos), "atan": math.atan,
    "sinh": _total(math.sinh, np.sinh), "cosh": _total(math.cosh, np.cosh), "tanh": math.tanh, "sech2": _sech2,
    "asinh": math.asinh, "acosh": _total(math.acosh, np.arccosh), "atanh": _total(math.atanh, np.arctanh),
    "erf": math.erf, "erfc": math.erfc, "lgamma": lgamma, "digamma": digamma, "polygamma": polygamma,
    "pow": _pow, "powi": _powi, "atan2": math.atan2, "hypot": math.hypot,
})

_CONVERT: MappingProxyType[str, Meaning] = MappingProxyType(
    {"to_f64": float, "to_f32": _round32, "to_i64": _to_i64})
_DTYPES = MappingProxyType({F64.name: np.float64, F32.name: np.float32, I64.name: np.int64, BOOL.name: np.bool_})
_ENTER: MappingProxyType[str, Meaning] = MappingProxyType(
    {F64.name: float, F32.name: _round32, I64.name: int, BOOL.name: bool})
