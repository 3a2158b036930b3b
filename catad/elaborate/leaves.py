"""Operations defined leaf by leaf: addition, scaling and zero on tangent types; powers; units of monoids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType

from catad.net.build import Builder
from catad.net.net import Apply, Net, Wire
from catad.net.zero import zero
from catad.source import Span
from catad.types.type import F32, F64, I64, Array, Fun, Scalar, Type

__all__ = ["VECTOR", "empty", "power", "unit"]

UNROLLED_POWER = 64


def unit(monoid: str, t: Scalar) -> float | int | bool:
    """The neutral element."""
    if monoid in ("and", "or"):
        return monoid == "and"
    one = {"add": 0, "mul": 1}[monoid]
    return float(one) if t.name in ("f64", "f32") else one


def empty(b: Builder, t: Type) -> Wire:
    """The empty array literal of type [0]…"""
    return zero(b, t)


def power(b: Builder, x: Wire, n: int, span: Span) -> Wire | None:
    """x^n for a literal n by repeated squaring; None when it is better left to the `powi` row."""
    t = b.type(x)
    assert isinstance(t, Scalar)
    if abs(n) > UNROLLED_POWER or (n < 0 and t == I64):
        return None
    one = b.const(1 if t == I64 else 1.0, t, span)
    if n == 0:
        return one
    result: Wire | None = None
    square = x
    k = abs(n)
    while k:
        if k & 1:
            result = square if result is None else b.prim("mul", result, square, span=span)
        k >>= 1
        if k:
            square = b.prim("mul", square, square, span=span)
    assert result is not None
    return result if n > 0 else b.prim("div", one, result, span=span)


def leafwise(b: Builder, f: Callable[[Builder, Sequence[Wire], Sequence[Wire]], Wire], args: Sequence[Wire],
             shared: Sequence[Wire]) -> Wire:
    """`f` at every entry of arrays of one type, by nested maps; `shared` scalars are captured."""
    t = b.type(args[0])
    if not isinstance(t, Array):
        return f(b, args, shared)
    body = Builder()
    inner_shared = [body.input(b.type(w)) for w in shared]
    inner = [body.input(b.type(a)) for a in args]
    i = body.input(I64)
    rows = [body.prim("index", a, i) for a in inner]
    net: Net = body.net(leafwise(body, f, rows, inner_shared))
    return b.loop(t.size, net, [*shared, *args])[0]


def _zero(b: Builder, types: Sequence[Type], args: Sequence[Sequence[Wire]]) -> tuple[Wire, ...]:
    return tuple(zero(b, t) for t in types)


def _binary(name: str) -> Callable[[Builder, Sequence[Type], Sequence[Sequence[Wire]]], tuple[Wire, ...]]:
    def apply(b: Builder, types: Sequence[Type], args: Sequence[Sequence[Wire]]) -> tuple[Wire, ...]:
        return tuple(leafwise(b, lambda c, xs, _: c.prim(name, *xs), pair, ())
                     for pair in zip(args[0], args[1], strict=True))
    return apply


def _scale(b: Builder, types: Sequence[Type], args: Sequence[Sequence[Wire]]) -> tuple[Wire, ...]:
    def times(c: Builder, xs: Sequence[Wire], shared: Sequence[Wire]) -> Wire:
        factor = shared[0]
        if c.type(xs[0]) != c.type(factor):
            factor = c.prim("to_f32", factor)
        return c.prim("mul", factor, xs[0])
    return tuple(leafwise(b, times, [x], args[0]) for x in args[1])


def _entrywise(b: Builder, types: Sequence[Type], args: Sequence[Sequence[Wire]]) -> tuple[Wire, ...]:
    """A function of two f64 at every pair of entries."""
    def both(c: Builder, xs: Sequence[Wire], shared: Sequence[Wire]) -> Wire:
        single = c.type(xs[0]) == F32
        x, z = [c.prim("to_f64", w) for w in xs] if single else xs
        partial = c.box(Apply(), [shared[0], x], [Fun(F64, F64)])[0]
        y = c.box(Apply(), [partial, z], [F64])[0]
        return c.prim("to_f32", y) if single else y
    return tuple(leafwise(b, both, pair, args[0]) for pair in zip(args[1], args[2], strict=True))


def _constant(b: Builder, types: Sequence[Type], args: Sequence[Sequence[Wire]]) -> tuple[Wire, ...]:
    return tuple(b.prim("constant", w) for w in args[0])


VECTOR: MappingProxyType[
    str, Callable[[Builder, Sequence[Type], Sequence[Sequence[Wire]]], tuple[Wire, ...]]] = MappingProxyType({
        "vzero": _zero, "vadd": _binary("add"), "vsub": _binary("sub"), "vscale": _scale,
        "ventrywise": _entrywise,
        "constant": _constant})
