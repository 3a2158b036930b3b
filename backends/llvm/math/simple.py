"""The rows that are one or two instructions, so that every float row can be called by name."""

from __future__ import annotations

from catad.backends.llvm.math.emit import Emitter, Value

__all__ = ["absolute", "ceil", "div", "floor", "maximum", "minimum", "nearest", "sign", "trunc"]


def sign(e: Emitter, x: Value) -> Value:
    """-1 or 1; zeros and NaN are their own sign."""
    return e.select(e.abs(x).gt(0.0), e.copysign(1.0, x), x)


def floor(e: Emitter, x: Value) -> Value:
    return e.intrinsic("floor", x)


def ceil(e: Emitter, x: Value) -> Value:
    return e.intrinsic("ceil", x)


def trunc(e: Emitter, x: Value) -> Value:
    return e.intrinsic("trunc", x)


def nearest(e: Emitter, x: Value) -> Value:
    """Half to even."""
    return e.intrinsic("roundeven", x)


def absolute(e: Emitter, x: Value) -> Value:
    return e.abs(x)


def div(e: Emitter, x: Value, z: Value) -> Value:
    return x / z


def maximum(e: Emitter, x: Value, z: Value) -> Value:
    """x at a tie; NaN if either is."""
    return e.select(z.eq(z), e.select(x.lt(z), z, x), z)


def minimum(e: Emitter, x: Value, z: Value) -> Value:
    return e.select(z.eq(z), e.select(z.lt(x), z, x), z)
