"""Forward derivative: D : Net(A, B) → Net(A ⊗ A′, B ⊗ B′).

    x ↦ (x, x′)        f ↦ (f(x), D f(x) x′)

Law: D(f ; g) = D(f) ; D(g), CD.1 to CD.7.   Source: Blute, Cockett, Seely 2009; Huot, Staton, Vákár, arXiv 2001.02209.

A wire without a float in it, or that does not depend on an active input, keeps its value only.
"""

from __future__ import annotations

from collections.abc import Sequence

from catad.functors.base import Bundle, Functor, Shape
from catad.net.build import Builder
from catad.net.net import Box, Call, Net, Prim, SeriesPack, Wire
from catad.net.zero import zero
from catad.ops import row
from catad.rules import Rules, standard
from catad.types.type import Type, is_float

__all__ = ["Forward"]


class Forward(Functor):
    """The functor; `net` takes and gives shapes (True,) and (True, True) for wires with and without tangent."""

    name = "d"

    def __init__(self, nets: dict[str, Net], rules: Rules | None = None) -> None:
        super().__init__(nets)
        self.rules = standard() if rules is None else rules

    def parts(self, t: Type) -> tuple[Type, ...]:
        return (t, t) if is_float(t) else (t,)

    def derivative(self, net: Net, active: Sequence[bool]) -> tuple[Net, tuple[bool, ...]]:
        """(x…, x′ of the active…) → (y…, y′ of the dependent…), grouped values first; which outputs have y′."""
        shapes: list[Shape] = [(True, a) if is_float(t) else (True,) for t, a in zip(net.source, active, strict=True)]
        b = Builder()
        b.sizes.extend(net.sizes)
        values = [b.input(t) for t in net.source]
        tangents = [b.input(t) if len(s) > 1 and s[1] else None for t, s in zip(net.source, shapes, strict=True)]
        args = [Bundle((x, d) if len(s) > 1 else (x,)) for x, d, s in zip(values, tangents, shapes, strict=True)]
        out = self.walk(b, net, args)
        derived = [x.slots[1] if len(x.slots) > 1 else None for x in out]
        return (b.net(*(x.head for x in out), *(w for w in derived if w is not None)),
                tuple(w is not None for w in derived))

    def prim(self, b: Builder, box: Box, net: Net, args: Sequence[Bundle]) -> Bundle:
        op = box.op
        assert isinstance(op, Prim)
        r = row(op.name)
        heads = [x.head for x in args]
        y = b.prim(op.name, *heads, span=box.span, reason=box.reason)
        t = net.wires[box.targets[0]]
        if not is_float(t):
            return Bundle((y,))
        active = tuple(len(x.slots) > 1 and x.slots[1] is not None for x in args)
        if not any(active) or r.constant:
            return Bundle((y, None))
        groups = r.linear_sets(len(args))
        covered = {a for g in groups for a in g}
        if all(a in covered for a, on in enumerate(active) if on):
            return Bundle((y, self._leibniz(b, box, args, groups, t)))
        return Bundle((y, self._equation(b, box, args, heads, y, active)))

    def _leibniz(self, b: Builder, box: Box, args: Sequence[Bundle], groups: Sequence[Sequence[int]],
                 t: Type) -> Wire | None:
        """Multilinear: the sum over the groups of arguments of f with that group replaced by its tangents."""
        total: Wire | None = None
        for group in groups:
            types = {a: self.parts(b.type(args[a].head)) for a in group}
            slots = {a: types[a] for a in group}
            term = self._slot(b, self._name(box), box, args, group, slots, 1)
            if term is not None:
                total = term if total is None else b.prim("add", total, term, span=box.span, reason=box.reason)
        return total

    @staticmethod
    def _name(box: Box) -> str:
        assert isinstance(box.op, Prim)
        return box.op.name

    def _equation(self, b: Builder, box: Box, args: Sequence[Bundle], heads: Sequence[Wire], y: Wire,
                  active: tuple[bool, ...]) -> Wire | None:
        name = self._name(box)
        eq = self.rules.equation(name, tuple(b.type(w) for w in heads), active)
        if eq is None:
            return None
        tangents = [w for x, on in zip(args, active, strict=True) if on for w in x.slots[1:] if w is not None]
        return explain(b, eq, [*heads, y, *tangents], box, name)

    def _call(self, b: Builder, net: Net, box: Box, args: list[Bundle]) -> list[Bundle]:
        """A definition with a rule of its own is called, and its rule."""
        op = box.op
        assert isinstance(op, Call)
        rule = self.custom.get(op.name)
        if rule is None:
            return super()._call(b, net, box, args)
        types, sources = net.type_of(box.targets), net.type_of(box.sources)
        heads = [x.head for x in args]
        ys = b.box(op, heads, types, (), box.span, box.reason)
        if all(len(x.slots) < 2 or x.slots[1] is None for x in args):
            return [self.plain(t, y) for t, y in zip(types, ys, strict=True)]
        tangents = [self.full(b, t, x)[1] for t, x in zip(sources, args, strict=True) if is_float(t)]
        targets = [t for t in types if is_float(t)]
        out = iter(b.box(Call(rule, op.sizes), [*heads, *ys, *tangents], targets, (), box.span,
                         f"derivative of {op.name}"))
        return [Bundle((y, next(out)) if is_float(t) else (y,)) for t, y in zip(types, ys, strict=True)]

    def series(self, b: Builder, box: Box, net: Net, args: Sequence[Bundle]) -> Bundle:
        if len(args) == 1:
            return self.slotwise(b, box, net, args)
        assert isinstance(box.op, SeriesPack)
        t = net.wires[box.targets[0]]
        y = b.box(box.op, [x.head for x in args], [t], (), box.span, box.reason)[0]
        slots = [x.slots[1] for x in args]
        if all(w is None for w in slots):
            return Bundle((y, None))
        full = [zero(b, b.type(x.head)) if w is None else w for x, w in zip(args, slots, strict=True)]
        return Bundle((y, b.box(box.op, full, [t], (), box.span, box.reason)[0]))


def explain(b: Builder, eq: Net, args: Sequence[Wire], box: Box, name: str) -> Wire:
    """Splice an equation's net; its boxes carry the span of the primitive and say where they come from."""
    start = len(b.boxes)
    (out,) = b.splice(eq, args)
    reason = f"derivative of {name}"
    for k in range(start, len(b.boxes)):
        old = b.boxes[k]
        b.boxes[k] = Box(old.op, old.sources, old.targets, old.bubbles, box.span, old.reason or reason)
    return out
