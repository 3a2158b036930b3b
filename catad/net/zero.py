"""Zeros and constant series as boxes.

A zero made here is *structural*: its boxes carry the reason "zero", so that rewriting may drop it from sums even
where IEEE arithmetic would tell +0.0 from -0.0.
"""

from __future__ import annotations

from catad.net.build import Builder
from catad.net.net import Const, Fill, Lambda, Net, SeriesPack, Wire
from catad.types.type import F32, F64, I64, Fun, Scalar, Series, Type, dims, flatten, leaf

__all__ = ["constant", "lift", "zero"]

ZERO = "zero"


def base(t: Type) -> Scalar:
    """The scalar below arrays and series."""
    t = leaf(t)
    while isinstance(t, Series):
        t = leaf(t.item)
    assert isinstance(t, Scalar), t
    return t


def zero(b: Builder, t: Type) -> Wire:
    """The zero of a wire type; of a function type a function that nobody is to call."""
    if isinstance(item := leaf(t), Fun):
        (w,) = b.box(Lambda(item), (), [item], [_constant(item)], reason=ZERO)
        return b.box(Fill(dims(t)), [w], [t], reason=ZERO)[0] if dims(t) else w
    scalar = base(t)
    value: float | int | bool = 0.0 if scalar in (F64, F32) else 0 if scalar == I64 else False
    (w,) = b.box(Const(value, scalar), (), [scalar], reason=ZERO)
    w = lift(b, w, leaf(t), ZERO)
    sizes = dims(t)
    return b.box(Fill(sizes), [w], [t], reason=ZERO)[0] if sizes else w


def _constant(t: Fun) -> Net:
    b = Builder()
    for arg in flatten(t.arg):
        b.input(arg)
    return b.net(*(zero(b, out) for out in flatten(t.result)))


def constant(b: Builder, value: float, t: Type) -> Wire:
    """A number at a scalar or series type."""
    return lift(b, b.const(float(value), base(t)), t)


def lift(b: Builder, w: Wire, t: Type, reason: str = "") -> Wire:
    """A scalar wire as a constant series, through as many levels as `t` has over its type."""
    if not isinstance(t, Series) or b.type(w) == t:
        return w
    inner = lift(b, w, t.item, reason)
    return b.box(SeriesPack(t.order), [inner], [t], reason=reason)[0]
