"""Definitions that carry their own derivative: `derivative f (x) = y : y' = e`.

    y = f(x),   y' = e(x, y, x')   linear in x'

A call of f stays a call until all derivatives are taken. Forward mode calls the rule, reverse mode calls its transpose,
and Taylor mode solves  y = y(0) + ∫ e(x, y, x')  coefficient by coefficient: e to order j gives y to order j + 1. What
the steps have in common is computed once, after series are unfolded. The rule may call f again: Taylor mode meets it
with a smaller order, and reverse mode transposes f itself where the rule, being transposed, comes back to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catad.elaborate.leaves import leafwise
from catad.net.build import Builder
from catad.net.net import (
    Assert,
    Box,
    Call,
    Const,
    Fill,
    Guard,
    IfOp,
    Loop,
    Net,
    Prim,
    SeriesPack,
    SeriesPart,
    SizeValue,
    Trace,
    While,
    Wire,
    captured,
)
from catad.net.zero import base, constant
from catad.ops import row
from catad.source import CatadError, error
from catad.types.size import Size
from catad.types.type import Array, Series, Type, array, dims, is_float, leaf

__all__ = ["check_linear", "coefficients", "scaled", "series"]

ZERO, FIXED, LINEAR = "zero", "fixed", "linear"       # how a wire depends on the tangents


# ── series in time ─────────────────────────────────────────────────────────────────────────────────────────────

def coefficients(b: Builder, w: Wire, t: Type, order: int) -> list[Wire]:
    """The coefficients 0 … order of a series wire over t."""
    value = b.box(SeriesPart("value"), [w], [t])[0]
    whole = b.box(SeriesPart("coefficients"), [w], [Array(Size.of(order), t)])[0]
    return [value, *(b.prim("index", whole, b.size(Size.of(j))) for j in range(order))]


def series(b: Builder, items: Sequence[Wire]) -> Wire:
    """The series with these coefficients, two at least."""
    t, order = b.type(items[0]), len(items) - 1
    rest = b.prim("stack", *items[1:])
    return b.box(SeriesPack(order), [items[0], rest], [array(dims(t), Series(order, leaf(t)))])[0]


def scaled(b: Builder, w: Wire, factor: float) -> Wire:
    """A multiple."""
    if factor == 1.0:
        return w
    t = base(b.type(w))
    return leafwise(b, lambda c, xs, shared: c.prim("mul", shared[0], xs[0]), [w], [constant(b, factor, t)])


# ── is a rule linear? ──────────────────────────────────────────────────────────────────────────────────────────

def check_linear(net: Net, nets: Mapping[str, Net], first: int) -> None:
    """Raise E0405 unless every output is linear in the inputs from `first` on."""
    kinds = [LINEAR if k >= first and is_float(t) else FIXED for k, t in enumerate(net.source)]
    checker = _Linear(nets)
    for w, kind in zip(net.outputs, checker.net(net, kinds), strict=True):
        if kind == FIXED:
            made = next((box for box in net.boxes if w in box.targets), None)
            raise _not_linear(made, "this does not vanish where the primed names do")


class _Linear:
    """Kinds of wires, from those of the inputs."""

    def __init__(self, nets: Mapping[str, Net]) -> None:
        self.nets = nets

    def net(self, net: Net, kinds: Sequence[str]) -> list[str]:
        at: dict[Wire, str] = dict(zip(net.inputs, kinds, strict=True))
        for box in net.boxes:
            out = self.box(net, box, [at[s] for s in box.sources])
            at.update(zip(box.targets, out, strict=True))
        return [at[w] for w in net.outputs]

    def box(self, net: Net, box: Box, kinds: list[str]) -> Sequence[str]:
        match box.op:
            case Const(value):
                return [ZERO if value == 0 and is_float(net.wires[box.targets[0]]) else FIXED]
            case SizeValue():
                return [FIXED]
            case Fill() | Guard() | SeriesPart() | Trace():
                return kinds
            case SeriesPack():
                return [self.joined(box, kinds)]
            case Assert():
                self.fixed(box, kinds[0])
                return kinds[1:]
            case IfOp():
                self.fixed(box, kinds[0])
                outs = [self.net(n, kinds[1:]) for n in box.bubbles]
                return [self.joined(box, pair) for pair in zip(*outs, strict=True)]
            case Loop() | While():
                return self.loop(box, kinds)
            case Call(name):
                return self.net(self.nets[name], kinds)
            case Prim(name):
                return [self.prim(box, name, kinds)]
        for k in kinds:
            self.fixed(box, k)
        return [FIXED] * len(box.targets)

    def prim(self, box: Box, name: str, kinds: list[str]) -> str:
        live = {a for a, k in enumerate(kinds) if k == LINEAR}
        if not live:
            return ZERO if name in ("mul", "neg", "index", "to_f64", "to_f32") and ZERO in kinds[:2] else (
                ZERO if name in ("add", "sub") and set(kinds) == {ZERO} else FIXED)
        for group in row(name).linear_sets(len(kinds)):
            if live <= {*group}:
                if all(kinds[a] != FIXED for a in group):
                    return LINEAR
                raise _not_linear(box, "a sum of something linear and something that is not")
        raise _not_linear(box, "not linear in the primed names")

    def loop(self, box: Box, kinds: list[str]) -> Sequence[str]:
        """To the fixpoint of what is carried."""
        n = len(captured(box))
        body = box.bubbles[-1]
        between = [FIXED] if isinstance(box.op, Loop) else []
        carried = kinds[n:]
        while True:
            if isinstance(box.op, While):
                self.fixed(box, self.net(box.bubbles[0], [*kinds[:n], *carried])[0])
            out = self.net(body, [*kinds[:n], *between, *carried])
            grown = [self.joined(box, pair) for pair in zip(carried, out, strict=False)]
            if grown == carried:
                return [*carried, *out[len(carried):]]
            carried = grown

    def fixed(self, box: Box, kind: str) -> None:
        if kind == LINEAR:
            raise _not_linear(box, "a choice that depends on the primed names")

    def joined(self, box: Box, kinds: Sequence[str]) -> str:
        """One wire that is now this, now that."""
        if LINEAR in kinds and FIXED in kinds:
            raise _not_linear(box, "linear in one place, constant in another")
        return LINEAR if LINEAR in kinds else FIXED if FIXED in kinds else ZERO


def _not_linear(box: Box | None, text: str) -> CatadError:
    return error("E0405", "this derivative is not linear", box.span if box is not None else None, text,
                 help=["each term has one primed name, as a factor:  y' = 2 * x * x'"])
