"""Building nets box by box, and splicing one net into another.

    b = Builder(); x = b.input(F64); y = b.prim("mul", x, x); net = b.net(y)
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Mapping, Sequence

from catad.net.net import BindSize as BindSizeOp
from catad.net.net import (
    Box,
    Call,
    Carry,
    Const,
    Derive,
    Fill,
    Guard,
    Lambda,
    Loop,
    Net,
    Op,
    Prim,
    SizeValue,
    Wire,
)
from catad.net.sizes import bound_sizes, free_sizes
from catad.source import Span
from catad.types.size import Size
from catad.types.type import F32, F64, I64, Array, Fun, Scalar, Type, flatten, subst

__all__ = ["Builder", "rename_sizes", "rounded"]


class Builder:
    """A net under construction. Boxes are appended in topological order; `net` freezes and validates."""

    def __init__(self) -> None:
        self.wires: list[Type] = []
        self.boxes: list[Box] = []
        self.inputs: list[Wire] = []
        self.sizes: list[str] = []

    # ── wires and boxes ─────────────────────────────────────────────────────────────────────────────────────

    def wire(self, t: Type) -> Wire:
        self.wires.append(t)
        return len(self.wires) - 1

    def input(self, t: Type) -> Wire:
        w = self.wire(t)
        self.inputs.append(w)
        return w

    def type(self, w: Wire) -> Type:
        return self.wires[w]

    def box(self, op: Op, sources: Sequence[Wire], targets: Sequence[Type], bubbles: Sequence[Net] = (),
            span: Span | None = None, reason: str = "") -> tuple[Wire, ...]:
        """Append a box with fresh target wires of the given types; returns them."""
        out = tuple(self.wire(t) for t in targets)
        self.boxes.append(Box(op, tuple(sources), out, tuple(bubbles), span, reason))
        return out

    def net(self, *outputs: Wire) -> Net:
        return Net(tuple(self.wires), tuple(self.boxes), tuple(self.inputs), outputs, tuple(self.sizes))

    # ── the common boxes ────────────────────────────────────────────────────────────────────────────────────

    def prim(self, name: str, *args: Wire, span: Span | None = None, reason: str = "") -> Wire:
        """A primitive with one result, whose type the row computes from the types of its arguments."""
        from catad.ops import row
        result = row(name).result([self.wires[a] for a in args])
        return self.box(Prim(name), args, [result], span=span, reason=reason)[0]

    def const(self, value: float | int | bool, t: Scalar = F64, span: Span | None = None) -> Wire:
        """A constant; integers are taken as floats where `t` is a float type, and f32 is rounded to."""
        return self.box(Const(rounded(float(value), t) if t in (F64, F32) else value, t), (), [t], span=span)[0]

    def size(self, size: Size, span: Span | None = None) -> Wire:
        return self.box(SizeValue(size), (), [I64], span=span)[0]

    def fill(self, sizes: Sequence[Size], value: Wire, span: Span | None = None) -> Wire:
        t = self.wires[value]
        for s in reversed(sizes):
            t = Array(s, t)
        return self.box(Fill(tuple(sizes)), [value], [t], span=span)[0]

    def loop(self, size: Size, body: Net, captured: Sequence[Wire], inits: Sequence[Wire] = (),
             kinds: Sequence[str] = (), down: bool = False, span: Span | None = None,
             reason: str = "") -> tuple[Wire, ...]:
        """Finals then collected arrays; their types follow from the body."""
        k = len(inits)
        targets = list(body.target[:k]) + [Array(size, t) for t in body.target[k:]]
        op = Loop(size, tuple(Carry(x) for x in kinds), down)
        return self.box(op, [*captured, *inits], targets, [body], span, reason)

    # ── splicing ────────────────────────────────────────────────────────────────────────────────────────────

    def splice(self, net: Net, args: Sequence[Wire], sizes: Mapping[str, Size] | None = None,
               span: Span | None = None) -> tuple[Wire, ...]:
        """Copy the boxes of `net` here with its inputs connected to `args`; returns the wires of its outputs.

        `sizes` instantiates the net's size variables; size variables that the net binds itself must be fresh
        here (rename with `rename_sizes` first when splicing one net twice).
        """
        at: dict[Wire, Wire] = dict(zip(net.inputs, args, strict=True))
        for b in net.boxes:
            bubbles = b.bubbles if not sizes else tuple(rename_sizes(n, sizes) for n in b.bubbles)
            op = b.op if not sizes else resize_op(b.op, sizes)
            targets = [subst(net.wires[t], {}, sizes or {}) for t in b.targets]
            out = self.box(op, [at[s] for s in b.sources], targets, bubbles, b.span or span, b.reason)
            at.update(zip(b.targets, out, strict=True))
        return tuple(at[w] for w in net.outputs)


def resize_op(op: Op, sizes: Mapping[str, Size]) -> Op:
    """An op with size variables replaced."""
    match op:
        case SizeValue(size):
            return SizeValue(size.subst(sizes))
        case Fill(dims):
            return Fill(tuple(s.subst(sizes) for s in dims))
        case Guard(checks):
            return Guard(tuple((a.subst(sizes), b.subst(sizes)) for a, b in checks))
        case Call(name, args):
            return Call(name, tuple((x, s.subst(sizes)) for x, s in args))
        case Loop(size, carries, down):
            return Loop(size.subst(sizes), carries, down)
        case Lambda(t):
            fun = subst(t, {}, sizes)
            assert isinstance(fun, Fun)
            return Lambda(fun)
        case Derive(kind, arg, result, order):
            return Derive(kind, subst(arg, {}, sizes), subst(result, {}, sizes), order)
        case BindSizeOp(name, clamp):
            new = sizes.get(name)
            if new is None:
                return op
            assert new.variable is not None, "a bound size may only be renamed"
            return BindSizeOp(new.variable, clamp)
    return op


def rename_sizes(net: Net, sizes: Mapping[str, Size]) -> Net:
    """The net with size variables replaced everywhere, bubbles included."""
    if not sizes:
        return net
    wires = tuple(subst(t, {}, sizes) for t in net.wires)
    boxes = tuple(
        Box(resize_op(b.op, sizes), b.sources, b.targets, tuple(rename_sizes(n, sizes) for n in b.bubbles),
            b.span, b.reason)
        for b in net.boxes)
    bound = tuple(new.variable or x if (new := sizes.get(x)) is not None else x for x in net.sizes)
    return Net(wires, boxes, net.inputs, net.outputs, bound)


def fresh_sizes(net: Net, taken: Iterable[str]) -> Net:
    """The net with the variables that it binds itself renamed apart from `taken`.

    Variables of `net.sizes` keep their names: they belong to its interface.
    """
    used = {*taken}
    avoid = {*used, *free_sizes(net), *bound_sizes(net)}
    renaming: dict[str, Size] = {}
    for x in bound_sizes(net):
        if x in used and x not in net.sizes:
            k = 1
            while f"{x}.{k}" in avoid:
                k += 1
            avoid.add(f"{x}.{k}")
            renaming[x] = Size.var(f"{x}.{k}")
    return rename_sizes(net, renaming)


def flat(types: Sequence[Type]) -> tuple[Type, ...]:
    """The wires of several types."""
    return tuple(w for t in types for w in flatten(t))


def rounded(x: float, t: Type) -> float:
    """The nearest value of a float type."""
    if t != F32:
        return x
    try:
        return float(struct.unpack("f", struct.pack("f", x))[0])
    except OverflowError:
        return math.copysign(math.inf, x)
