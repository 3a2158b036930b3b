"""Taylor functor of order K: a change of ring.

    T : Net(A, B) → Net(T A, T B),   T real = series K real,   boxes keep their names

A wire that depends on an active input becomes a truncated power series with normalised coefficients; everything else
stays as it is and is read as a constant series where the two meet. Branches and loops decide on leading coefficients.
Law: T(f ; g) = T(f) ; T(g); order-r prefix of order R = order r.   Source: Huot, Staton, Vákár, arXiv 2101.06757.
"""

from __future__ import annotations

from collections.abc import Sequence

from catad.functors.base import Bundle, Functor, Shape
from catad.functors.custom import coefficients, scaled, series
from catad.net.build import Builder
from catad.net.net import Box, Call, Net, Prim, SeriesPack, SeriesPart, Wire
from catad.net.zero import zero
from catad.ops import row
from catad.types.type import Series, Type, array, dims, is_float, leaf

__all__ = ["Taylor", "to_series"]


def to_series(t: Type, order: int) -> Type:
    """T on types: the leaf becomes a series over itself."""
    return array(dims(t), Series(order, leaf(t)))


class Taylor(Functor):
    """Slots: (constant, series), exactly one of them present; (value,) for wires without floats."""

    def __init__(self, nets: dict[str, Net], order: int) -> None:
        super().__init__(nets)
        self.order = order
        self.name = f"t{order}"
        self._orders: dict[int, Taylor] = {order: self}

    def parts(self, t: Type) -> tuple[Type, ...]:
        return (t, to_series(t, self.order)) if is_float(t) else (t,)

    def carry(self, kind: str, shape: Shape) -> tuple[str, ...]:
        return (kind if kind in ("add", "mul") or shape[0] else "state",)

    def pad(self, b: Builder, t: Type, x: Bundle, shape: Shape) -> Bundle:
        """Where a constant meets a series it is lifted."""
        if len(x.slots) == 1 or not shape[1] or x.slots[1] is not None:
            return x
        return Bundle((None, self.lifted(b, x)))

    def lifted(self, b: Builder, x: Bundle) -> Wire:
        """The bundle as a series."""
        if x.slots[1] is not None:
            return x.slots[1]
        t = b.type(x.head)
        return b.box(SeriesPack(self.order), [x.head], [to_series(t, self.order)])[0]

    def value(self, b: Builder, x: Bundle) -> Wire:
        """The leading coefficient."""
        w = x.slots[-1]
        if len(x.slots) == 1 or w is None:
            return x.head
        t = b.type(w)
        series = leaf(t)
        assert isinstance(series, Series)
        return b.box(SeriesPart("value"), [w], [array(dims(t), series.item)])[0]

    def prim(self, b: Builder, box: Box, net: Net, args: Sequence[Bundle]) -> Bundle:
        op = box.op
        assert isinstance(op, Prim)
        t = net.wires[box.targets[0]]
        live = any(len(x.slots) > 1 and x.slots[1] is not None for x in args)
        if not live or row(op.name).constant:
            y = b.prim(op.name, *(self.value(b, x) for x in args), span=box.span, reason=box.reason)
            return self.plain(t, y)
        if op.name in ("maximum", "minimum"):
            return self._choice(b, box, args[0], "arg" + op.name[:3])
        wires = [self.lifted(b, x) if is_float(s) else x.head
                 for x, s in zip(args, net.type_of(box.sources), strict=True)]
        return Bundle((None, b.prim(op.name, *wires, span=box.span, reason=box.reason)))

    def _choice(self, b: Builder, box: Box, x: Bundle, name: str) -> Bundle:
        """The entry that is chosen by leading coefficients, with its whole series."""
        k = b.prim(name, self.value(b, x), span=box.span)
        return Bundle((None, b.prim("index", self.lifted(b, x), k, span=box.span)))

    def _call(self, b: Builder, net: Net, box: Box, args: list[Bundle]) -> list[Bundle]:
        """A definition with a rule of its own: y[j + 1] = e[j] / (j + 1), with e known to order j from y to order j."""
        op = box.op
        assert isinstance(op, Call)
        rule = self.custom.get(op.name)
        if rule is None or all(len(x.slots) < 2 or x.slots[1] is None for x in args):
            return super()._call(b, net, box, args) if rule is None else self._plainly(b, net, box, args)
        sources, types = net.type_of(box.sources), net.type_of(box.targets)
        start = b.box(op, [self.value(b, x) for x in args], types, (), box.span, box.reason)
        known = [self._known(b, t, x, self.order) for t, x in zip(sources, args, strict=True)]
        ys = [[w] for w in start]
        floats = [y for y, t in zip(ys, types, strict=True) if is_float(t)]
        for j in range(self.order):
            given = [*(c[:j + 1] for c in (*known, *ys)),
                     *(_slope(b, t, c, j) for t, c in zip(sources, known, strict=True) if is_float(t))]
            out = self._rule(b, Call(rule, op.sizes), j, given, [b.type(y[0]) for y in floats], box)
            for y, w in zip(floats, out, strict=True):
                y.append(scaled(b, w, 1.0 / (j + 1)))
        return [Bundle((None, series(b, y))) if is_float(t) else self.plain(t, y[0])
                for t, y in zip(types, ys, strict=True)]

    def _rule(self, b: Builder, op: Call, order: int, given: Sequence[Sequence[Wire]], types: Sequence[Type],
              box: Box) -> list[Wire]:
        """The coefficient of this order of what the rule makes of arguments with so many coefficients (or one)."""
        reason = "derivative of a definition"
        if order == 0:
            return list(b.box(op, [c[0] for c in given], types, (), box.span, reason))
        bundles = [Bundle((None, series(b, c))) if len(c) > 1 else self.plain(b.type(c[0]), c[0]) for c in given]
        lower = self.lower(order)
        name, shapes = lower.named(op.name, tuple(x.shape for x in bundles))
        targets = [lower.parts(t)[s.index(True)] for t, s in zip(types, shapes, strict=True)]
        out = b.box(Call(name, op.sizes), [w for x in bundles for w in x.wires], targets, (), box.span, reason)
        return [coefficients(b, w, t, order)[order] if s[1] else zero(b, t)
                for w, t, s in zip(out, types, shapes, strict=True)]

    def lower(self, order: int) -> Taylor:
        """The functor of another order."""
        if order not in self._orders:
            other = self._orders[order] = type(self)(self.nets, order)
            other.custom, other._orders = self.custom, self._orders
        return self._orders[order]

    def _known(self, b: Builder, t: Type, x: Bundle, order: int) -> list[Wire]:
        """The coefficients of a bundle; the value alone of one that is constant."""
        w = x.slots[-1]
        return [x.head] if len(x.slots) == 1 or w is None else coefficients(b, w, t, order)

    def _plainly(self, b: Builder, net: Net, box: Box, args: list[Bundle]) -> list[Bundle]:
        types = net.type_of(box.targets)
        wires = b.box(box.op, [x.head for x in args], types, (), box.span, box.reason)
        return [self.plain(t, w) for t, w in zip(types, wires, strict=True)]

    def slotwise(self, b: Builder, box: Box, net: Net, args: Sequence[Bundle]) -> Bundle:
        t = net.wires[box.targets[0]]
        if len(args[0].slots) == 1 or args[0].slots[1] is None:
            return self.plain(t, b.box(box.op, [args[0].head], [t], (), box.span, box.reason)[0])
        wire = b.box(box.op, [args[0].slots[1]], [to_series(t, self.order)], (), box.span, box.reason)[0]
        return Bundle((None, wire))

    def join(self, shapes: Sequence[Shape]) -> Shape:
        return (False, True) if any(len(s) > 1 and s[1] for s in shapes) else shapes[0]

    def series(self, b: Builder, box: Box, net: Net, args: Sequence[Bundle]) -> Bundle:
        raise AssertionError("series inside are unfolded before another Taylor functor is applied")


def _slope(b: Builder, t: Type, c: Sequence[Wire], order: int) -> list[Wire]:
    """The coefficients 0 … order of dx/dt, from those of x."""
    if len(c) == 1:
        return [zero(b, t)]
    return [scaled(b, c[i + 1], float(i + 1)) for i in range(order + 1)]
