"""Scalar operations of the reference evaluator, on floats, integers and nested dual numbers.

    x + x' ε_tag        one ε for each derivative in progress, so that perturbations cannot be confused
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from catad.ops.samples import SAMPLES
from catad.source import error

__all__ = ["Dual", "apply", "part"]


@dataclass(frozen=True, slots=True)
class Dual:
    """A number with its derivative along the direction of `tag`; both may be duals of smaller tags."""

    tag: int
    value: Any
    tangent: Any


def part(x: Any, tag: int) -> tuple[Any, Any]:
    """Value and tangent at a tag."""
    return (x.value, x.tangent) if isinstance(x, Dual) and x.tag == tag else (x, 0.0)


def apply(name: str, args: Sequence[Any]) -> Any:
    """The row at these arguments. KeyError when the evaluator does not know its derivative."""
    tag = max((a.tag for a in args if isinstance(a, Dual)), default=0)
    if not tag:
        return _MEANING[name](*args)
    values = [part(a, tag)[0] for a in args]
    if name in _CONSTANT:
        return apply(name, values)
    y = apply(name, values)
    if name == "select":
        return args[1] if values[0] else args[2]
    return Dual(tag, y, _DERIVATIVE[name](y, *values, *[part(a, tag)[1] for a in args]))


def _wrap(n: int) -> int:
    return (n + 2**63) % 2**64 - 2**63


def _ring(f: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def g(x: Any, y: Any) -> Any:
        out = f(x, y)
        return _wrap(out) if isinstance(out, int) else out
    return g


def _div(x: float, y: float) -> float:
    if y == 0:
        return math.nan if x == 0 or math.isnan(x) else math.copysign(math.inf, x) * math.copysign(1.0, y)
    return x / y


def _whole(f: Callable[[int, int], int]) -> Callable[[int, int], int]:
    def g(x: int, y: int) -> int:
        if y == 0:
            raise error("E0503", "integer division by zero")
        return _wrap(f(x, y))
    return g


def _ipow(x: int, n: int) -> int:
    if n < 0:
        raise error("E0504", "negative integer power")
    return _wrap(pow(x, n, 2**64))


def _powi(x: float, n: int) -> float:
    return _power(x, float(n)) if n >= 0 else _div(1.0, _power(x, float(-n)))


def _power(x: float, p: float) -> float:
    """As IEEE says: infinite where it overflows, NaN outside of the domain."""
    try:
        return math.pow(x, p)
    except OverflowError:
        return -math.inf if x < 0 and p % 2 == 1 else math.inf
    except ValueError:
        return math.inf if x == 0 else math.nan


def _max(x: Any, y: Any) -> Any:
    return x if x >= y or x != x else y


def _min(x: Any, y: Any) -> Any:
    return x if x <= y or x != x else y


def _safe(f: Callable[[float], float]) -> Callable[[float], float]:
    def g(x: float) -> float:
        try:
            return f(x)
        except OverflowError:
            return math.inf
        except ValueError:
            return -math.inf if f in (math.log, math.log1p) and x in (0.0, -1.0) else math.nan
    return g


_UNARY = ("sqrt", "cbrt", "exp", "expm1", "log", "log1p", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh",
          "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "lgamma")

_MEANING: dict[str, Callable[..., Any]] = {
    "add": _ring(operator.add), "sub": _ring(operator.sub), "mul": _ring(operator.mul), "div": _div,
    "neg": lambda x: _wrap(-x) if isinstance(x, int) else -x,
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge,
    "not": operator.not_, "and": lambda x, y: x and y, "or": lambda x, y: x or y,
    "idiv": _whole(operator.floordiv), "imod": _whole(operator.mod), "ipow": _ipow, "powi": _powi,
    "pow": _power, "max": _max, "min": _min, "abs": abs, "atan2": math.atan2, "hypot": math.hypot,
    "select": lambda c, x, y: x if c else y, "to_f64": float, "to_f32": float, "to_i64": int,
    "band": operator.and_, "bor": operator.or_, "bxor": operator.xor, "bnot": operator.invert,
    "shl": lambda x, k: _wrap(x << k), "shr": lambda x, k: x >> k,
    "isnan": lambda x: x != x, "isinf": math.isinf, "floor": lambda x: float(math.floor(x)),
    "ceil": lambda x: float(math.ceil(x)), "round": lambda x: float(round(x)), "trunc": lambda x: float(int(x)),
    "sign": lambda x: 0.0 if x == 0 else math.copysign(1.0, x), "sech2": lambda x: 1.0 / math.cosh(x) ** 2,
    **{name: _safe(getattr(math, name)) for name in _UNARY}, **SAMPLES,
}

_CONSTANT = frozenset((
    "eq", "ne", "lt", "le", "gt", "ge", "isnan", "isinf", "floor", "ceil", "round", "trunc", "sign", "to_i64"))


def _add(x: Any, y: Any) -> Any:
    return apply("add", (x, y))


def _mul(x: Any, y: Any) -> Any:
    return apply("mul", (x, y))


def _over(x: Any, y: Any) -> Any:
    return apply("div", (x, y))


def _neg(x: Any) -> Any:
    return apply("neg", (x,))


def _f(name: str, x: Any) -> Any:
    return apply(name, (x,))


_DERIVATIVE: dict[str, Callable[..., Any]] = {
    "add": lambda y, a, b, s, t: _add(s, t),
    "sub": lambda y, a, b, s, t: apply("sub", (s, t)),
    "neg": lambda y, a, s: _neg(s),
    "mul": lambda y, a, b, s, t: _add(_mul(s, b), _mul(a, t)),
    "div": lambda y, a, b, s, t: _over(apply("sub", (s, _mul(y, t))), b),
    "to_f64": lambda y, a, s: s,
    "to_f32": lambda y, a, s: s,
    "sqrt": lambda y, a, s: _over(s, _mul(2.0, y)),
    "exp": lambda y, a, s: _mul(y, s),
    "expm1": lambda y, a, s: _mul(_f("exp", a), s),
    "log": lambda y, a, s: _over(s, a),
    "log1p": lambda y, a, s: _over(s, _add(1.0, a)),
    "sin": lambda y, a, s: _mul(_f("cos", a), s),
    "cos": lambda y, a, s: _neg(_mul(_f("sin", a), s)),
    "tan": lambda y, a, s: _mul(_add(1.0, _mul(y, y)), s),
    "atan": lambda y, a, s: _over(s, _add(1.0, _mul(a, a))),
    "sinh": lambda y, a, s: _mul(_f("cosh", a), s),
    "cosh": lambda y, a, s: _mul(_f("sinh", a), s),
    "tanh": lambda y, a, s: _mul(_f("sech2", a), s),
    "sech2": lambda y, a, s: _mul(_mul(-2.0, _f("tanh", a)), _mul(y, s)),
    "abs": lambda y, a, s: _mul(_f("sign", a), s),
    "max": lambda y, a, b, s, t: t if apply("lt", (a, b)) else s,
    "min": lambda y, a, b, s, t: t if apply("lt", (b, a)) else s,
    "powi": lambda y, a, n, s, t: 0.0 if n == 0 else _mul(_mul(float(n), apply("powi", (a, n - 1))), s),
    "pow": lambda y, a, b, s, t: _add(_mul(_mul(b, apply("pow", (a, apply("sub", (b, 1.0))))), s),
                                      _mul(_mul(y, _f("log", a)), t)),
    "hypot": lambda y, a, b, s, t: 0.0 if apply("eq", (y, 0.0)) else _over(_add(_mul(a, s), _mul(b, t)), y),
}
