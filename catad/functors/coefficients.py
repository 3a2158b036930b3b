"""Unfolding of series: each wire of type `series K a` becomes its K + 1 normalised coefficients.

    U(series K a) = a^{K+1}          u(t) = Σ u_k t^k

Linear boxes act coefficient by coefficient, products are convolutions, and every other primitive solves its own
equation: from  y′ = e(x, y, x′)  with  x′ = Σ (k+1) x_{k+1} t^k  follows  y_k = e_{k-1} / k,  and e_{k-1} needs y only
up to order k-1. Coefficients are made on demand (`lazy.py`), zero ones not at all, and one transcendental function is
evaluated once however many recurrences read it (sine and cosine share).
Source: Griewank and Walther, Evaluating Derivatives, ch. 13; the equations are `catad/ops/*.cad`.
"""

from __future__ import annotations

from collections.abc import Sequence

from catad.functors.base import Bundle, Functor
from catad.functors.lazy import Lazy, Ring
from catad.net.build import Builder
from catad.net.net import Box, Call, Net, Prim, SeriesPack, SeriesPart, Wire
from catad.net.zero import zero
from catad.ops import row
from catad.rules import Rules
from catad.types.type import I64, Series, Type, array, dims, leaf

__all__ = ["Coefficients", "has_series", "has_series_outside", "unfold", "unfold_called"]


class Coefficients(Functor):
    """Removes the outermost layer of series; `unfold` repeats it until none is left."""

    name = "u"

    arithmetic: type[Ring] = Ring

    def __init__(self, nets: dict[str, Net], rules: Rules | None = None) -> None:
        super().__init__(nets)
        self.rules = rules
        self._rings: dict[int, tuple[Builder, Ring]] = {}

    def parts(self, t: Type) -> tuple[Type, ...]:
        base = leaf(t)
        if not isinstance(base, Series):
            return (t,)
        return (array(dims(t), base.item),) * (base.order + 1)

    def ring(self, b: Builder) -> Ring:
        """Series arithmetic in a net under construction (shared, so that recurrences are)."""
        if id(b) not in self._rings:
            self._rings[id(b)] = (b, self.arithmetic(b, self.rules))
        return self._rings[id(b)][1]

    def prim(self, b: Builder, box: Box, net: Net, args: Sequence[Bundle]) -> Bundle:
        op = box.op
        assert isinstance(op, Prim)
        types = net.type_of(box.sources)
        t = net.wires[box.targets[0]]
        if row(op.name).constant:
            heads = [self._head(b, s, x) for s, x in zip(types, args, strict=True)]
            return Bundle((b.prim(op.name, *heads, span=box.span, reason=box.reason),))
        if not isinstance(leaf(t), Series):
            return Bundle((b.prim(op.name, *(x.head for x in args), span=box.span, reason=box.reason),))
        groups = row(op.name).linear_sets(len(args))
        if len(groups) == 1 and op.name != "div":
            slots = {a: self.parts(types[a]) for a in groups[0]}
            return Bundle(self.linear(b, box, args, groups[0], slots))
        return self._nonlinear(b, box, op.name, types, args)

    def _head(self, b: Builder, t: Type, x: Bundle) -> Wire:
        """The leading coefficient, decided on by comparisons and other locally constant operations."""
        w = x.slots[0]
        return zero(b, self.parts(t)[0]) if w is None else w

    def _nonlinear(self, b: Builder, box: Box, name: str, types: Sequence[Type], args: Sequence[Bundle]) -> Bundle:
        ring = self.ring(b)
        ring.span, ring.reason = box.span, box.reason
        lazies: list[Lazy | Wire] = [
            ring.known(x.slots, t.item) if isinstance(t, Series) else x.head
            for t, x in zip(types, args, strict=True)]
        result = ring.apply(name, lazies)
        order = next(t.order for t in types if isinstance(t, Series))
        return Bundle(tuple(result(k) for k in range(order + 1)))

    def series(self, b: Builder, box: Box, net: Net, args: Sequence[Bundle]) -> Bundle:
        if isinstance(box.op, SeriesPart):
            return self._part(b, box, net, args[0])
        assert isinstance(box.op, SeriesPack)
        t = net.wires[box.targets[0]]
        x = args[0].head
        if isinstance(leaf(self.parts(t)[0]), Series) and leaf(b.type(x)) != leaf(self.parts(t)[0]):
            raise AssertionError("a constant series of series is packed level by level")
        if len(args) == 1:
            return Bundle((x,) + (None,) * box.op.order)
        c = args[1].head
        rows = [b.prim("index", c, b.const(k, I64), span=box.span) for k in range(box.op.order)]
        return Bundle((x, *rows))

    def _call(self, b: Builder, net: Net, box: Box, args: list[Bundle]) -> list[Bundle]:
        """Where no series goes in or out nothing changes: the named net is unfolded by itself."""
        if any(isinstance(leaf(t), Series) for t in net.type_of((*box.sources, *box.targets))):
            return super()._call(b, net, box, args)
        types = net.type_of(box.targets)
        wires = b.box(box.op, [x.head for x in args], types, (), box.span, box.reason)
        return [self.plain(t, w) for t, w in zip(types, wires, strict=True)]

    def _part(self, b: Builder, box: Box, net: Net, x: Bundle) -> Bundle:
        assert isinstance(box.op, SeriesPart)
        t = net.wires[box.sources[0]]
        if box.op.part == "value":
            return self.plain(net.wires[box.targets[0]], self._head(b, t, x))
        wires = self.full(b, t, x)[1:]
        if not wires:
            return self.plain(net.wires[box.targets[0]], zero(b, net.wires[box.targets[0]]))
        return self.plain(net.wires[box.targets[0]], b.prim("stack", *wires, span=box.span))


def has_series(net: Net) -> bool:
    """Is there a series on any wire, bubbles included?"""
    return any(isinstance(leaf(t), Series) for t in net.wires) or any(
        has_series(n) for box in net.boxes for n in box.bubbles)


def has_series_outside(net: Net) -> bool:
    """Is there a series at the boundary?"""
    return any(isinstance(leaf(t), Series) for t in (*net.source, *net.target))


def unfold_called(net: Net, nets: dict[str, Net], coefficients: type[Coefficients] = Coefficients,
                  rules: Rules | None = None) -> None:
    """Unfold the nets that this one calls, and those that they call, where series are only inside."""
    pending, seen = [net], {""}
    while pending:
        for box in pending.pop().boxes:
            pending.extend(box.bubbles)
            if isinstance(box.op, Call) and box.op.name not in seen:
                name = box.op.name
                seen.add(name)
                if has_series(nets[name]) and not has_series_outside(nets[name]):
                    nets[name] = unfold(nets[name], nets, coefficients, rules)
                pending.append(nets[name])


def unfold(net: Net, nets: dict[str, Net], coefficients: type[Coefficients] = Coefficients,
           rules: Rules | None = None) -> Net:
    """The net without series inside; its boundary must be free of them."""
    while has_series(net):
        net, _ = coefficients(nets, rules).net(net, [(True,)] * len(net.inputs))
    return net
