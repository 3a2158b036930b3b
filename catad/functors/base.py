"""Functors that send each wire to a bundle of wires: forward, Taylor, coefficients.

    F(A ⊗ B) = F(A) ⊗ F(B)       F(f ; g) = F(f) ; F(g)       F(bubble⟨captured⟩ f) = bubble⟨F(captured)⟩ F(f)

A functor says what a wire becomes (`parts`), and what a primitive becomes (`prim`); composition, sharing, loops,
branches, calls, guards are done here, once. A bundle may lack some of its wires: they are zero by structure (the
tangent of something that does not depend on the input). Its *shape* says which it has; where two shapes meet, in
branches and around loops, the smaller is padded with zeros.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from catad.net.build import Builder
from catad.net.net import (
    Assert,
    BindSize,
    Box,
    Call,
    Carry,
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
from catad.net.zero import zero
from catad.types.type import BOOL, I64, Array, Type

__all__ = ["Bundle", "Functor", "Shape"]

Shape = tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a wire became: one slot for each part of its type, None where the part is zero by structure."""

    slots: tuple[Wire | None, ...]

    @property
    def shape(self) -> Shape:
        return tuple(w is not None for w in self.slots)

    @property
    def wires(self) -> tuple[Wire, ...]:
        return tuple(w for w in self.slots if w is not None)

    @property
    def head(self) -> Wire:
        """The first slot, which is always there unless the bundle is a series of zeros."""
        w = self.slots[0]
        assert w is not None
        return w


class Functor:
    """Base of the bundle functors. `nets` are the named nets that calls refer to; new ones are added to it."""

    name = "functor"
    custom: Mapping[str, str] = MappingProxyType({})       # named nets with a rule of their own, and that rule

    def __init__(self, nets: dict[str, Net]) -> None:
        self.nets = nets
        self._done: dict[tuple[str, tuple[Shape, ...]], tuple[str, tuple[Shape, ...]]] = {}
        self._images: dict[tuple[int, tuple[Shape, ...]], tuple[Net, Net, tuple[Shape, ...]]] = {}

    # ── what a functor says

    def parts(self, t: Type) -> tuple[Type, ...]:
        """The types of the slots that a wire of type t becomes."""
        raise AssertionError

    def prim(self, b: Builder, box: Box, net: Net, args: Sequence[Bundle]) -> Bundle:
        """The image of a primitive box."""
        raise AssertionError

    def carry(self, kind: str, shape: Shape) -> tuple[str, ...]:
        """Kinds of the carries that a carried wire becomes, one for each slot present.

        Adding is linear, so each part is added up on its own; other regroupings mix the parts.
        """
        return tuple(kind if kind == "add" or (sum(shape) == 1 and shape[0]) else "state" for s in shape if s)

    def join(self, shapes: Sequence[Shape]) -> Shape:
        """The least shape to which all of these can be padded."""
        return tuple(map(any, zip(*shapes, strict=True)))

    def series(self, b: Builder, box: Box, net: Net, args: Sequence[Bundle]) -> Bundle:
        """The image of SeriesPack or SeriesPart: linear, so slot by slot."""
        return self.slotwise(b, box, net, args)

    # ── nets

    def net(self, net: Net, shapes: Sequence[Shape]) -> tuple[Net, tuple[Shape, ...]]:
        """F(net) for inputs of these shapes, and the shapes of its outputs. Made once for each bubble and shapes."""
        key = (id(net), tuple(shapes))
        if key not in self._images:
            b = Builder()
            b.sizes.extend(net.sizes)
            out = self.walk(b, net, [self.enter(b, t, s) for t, s in zip(net.source, shapes, strict=True)])
            image = b.net(*(w for x in out for w in x.wires))
            self._images[key] = (net, image, tuple(x.shape for x in out))     # keeps `net`, hence its id, alive
        return self._images[key][1:]

    def enter(self, b: Builder, t: Type, shape: Shape) -> Bundle:
        """A bundle of fresh inputs."""
        return Bundle(tuple(b.input(p) if s else None for p, s in zip(self.parts(t), shape, strict=True)))

    def walk(self, b: Builder, net: Net, args: Sequence[Bundle]) -> list[Bundle]:
        """The image of the boxes of `net`, appended to `b`."""
        at: dict[Wire, Bundle] = dict(zip(net.inputs, args, strict=True))
        for box in net.boxes:
            out = self.box(b, net, box, [at[s] for s in box.sources])
            at.update(zip(box.targets, out, strict=True))
        return [at[w] for w in net.outputs]

    def box(self, b: Builder, net: Net, box: Box, args: list[Bundle]) -> Sequence[Bundle]:
        match box.op:
            case Prim():
                return [self.prim(b, box, net, args)]
            case Const() | SizeValue():
                wires = b.box(box.op, (), net.type_of(box.targets), (), box.span, box.reason)
                return [self.plain(net.wires[box.targets[0]], wires[0])]
            case BindSize():
                b.box(box.op, [args[0].head], (), (), box.span, box.reason)
                return []
            case Fill():
                return [self.slotwise(b, box, net, args)]
            case SeriesPack() | SeriesPart():
                return [self.series(b, box, net, args)]
            case Guard():
                return [self._guard(b, net, box, x, w) for x, w in zip(args, box.targets, strict=True)]
            case Assert():
                return [self._assert(b, net, box, args)]
            case Trace():
                return self._trace(b, net, box, args)
            case IfOp():
                return self._if(b, box, args)
            case Loop():
                return self._loop(b, box, args)
            case While():
                return self._while(b, box, args)
            case Call():
                return self._call(b, net, box, args)
        raise AssertionError(f"{self.name} of {box.op}: the net is not normalised")

    # ── bundles

    def plain(self, t: Type, w: Wire) -> Bundle:
        """A value with nothing but its first part."""
        return Bundle((w,) + (None,) * (len(self.parts(t)) - 1))

    def pad(self, b: Builder, t: Type, x: Bundle, shape: Shape) -> Bundle:
        """The bundle with zeros in the slots that `shape` has and it has not."""
        if x.shape == shape:
            return x
        return Bundle(tuple(
            w if w is not None or not s else zero(b, p)
            for w, s, p in zip(x.slots, shape, self.parts(t), strict=True)))

    def full(self, b: Builder, t: Type, x: Bundle) -> tuple[Wire, ...]:
        return self.pad(b, t, x, (True,) * len(x.slots)).wires

    def slotwise(self, b: Builder, box: Box, net: Net, args: Sequence[Bundle]) -> Bundle:
        """A box that is linear in its one argument, on each slot."""
        t = net.wires[box.targets[0]]
        wires = [
            None if w is None else b.box(box.op, [w], [p], (), box.span, box.reason)[0]
            for w, p in zip(args[0].slots, self.parts(t), strict=True)]
        return Bundle(tuple(wires))

    def _guard(self, b: Builder, net: Net, box: Box, x: Bundle, target: Wire) -> Bundle:
        wires = [
            None if w is None else b.box(box.op, [w], [p], (), box.span, box.reason)[0]
            for w, p in zip(x.slots, self.parts(net.wires[target]), strict=True)]
        return Bundle(tuple(wires))

    def _assert(self, b: Builder, net: Net, box: Box, args: Sequence[Bundle]) -> Bundle:
        """What holds of the value is demanded of all parts."""
        cond, x = args[0].head, args[1]
        return Bundle(tuple(
            None if w is None else b.box(box.op, [cond, w], [p], (), box.span, box.reason)[0]
            for w, p in zip(x.slots, self.parts(net.wires[box.targets[0]]), strict=True)))

    def _trace(self, b: Builder, net: Net, box: Box, args: Sequence[Bundle]) -> Sequence[Bundle]:
        """Values are shown, not derivatives; and not what is only a part of something else."""
        types = net.type_of(box.targets)
        if any(x.slots[0] is None or self.parts(t)[0] != t for x, t in zip(args, types, strict=True)):
            return args
        wires = b.box(box.op, [x.head for x in args], types, (), box.span, box.reason)
        return [Bundle((w, *x.slots[1:])) for w, x in zip(wires, args, strict=True)]

    # ── bubbles and calls

    def _if(self, b: Builder, box: Box, args: list[Bundle]) -> list[Bundle]:
        bubbles = box.bubbles
        sources = [x.shape for x in args[1:]]
        outs = [self.net(n, sources)[1] for n in bubbles]
        shapes = [self.join(pair) for pair in zip(*outs, strict=True)]
        nets = [self.padded(n, sources, shapes) for n in bubbles]
        wires = b.box(IfOp(), [args[0].head, *(w for x in args[1:] for w in x.wires)], nets[0].target, nets, box.span,
                      box.reason)
        return unflatten(wires, shapes)

    def padded(self, net: Net, sources: Sequence[Shape], targets: Sequence[Shape]) -> Net:
        """F(net) with its outputs padded to the given shapes."""
        image, shapes = self.net(net, sources)
        if list(shapes) == list(targets):
            return image
        b = Builder()
        b.sizes.extend(net.sizes)
        out = unflatten(b.splice(image, [b.input(t) for t in image.source]), shapes)
        padded = [self.pad(b, t, x, s) for t, x, s in zip(net.target, out, targets, strict=True)]
        return b.net(*(w for x in padded for w in x.wires))

    def _loop(self, b: Builder, box: Box, args: list[Bundle]) -> list[Bundle]:
        op = box.op
        assert isinstance(op, Loop)
        body = box.bubbles[0]
        n, k = len(captured(box)), len(op.carries)
        carried = [x.shape for x in args[n:]]
        index: Shape = (True,) + (False,) * (len(self.parts(I64)) - 1)
        while True:                                       # shapes of the carried wires only grow
            sources = [*(x.shape for x in args[:n]), index, *carried]
            out = self.net(body, sources)[1]
            grown = [self.join(pair) for pair in zip(carried, out[:k], strict=True)]
            if grown == carried:
                break
            carried = grown
        targets = [*carried, *out[k:]]
        inits = [self.pad(b, t, x, s) for t, x, s in zip(body.source[n + 1:], args[n:], carried, strict=True)]
        kinds = [kind for c, s in zip(op.carries, carried, strict=True) for kind in self.carry(c.kind, s)]
        new = self.padded(body, sources, targets)
        m = len(kinds)
        types = [*new.target[:m], *(Array(op.size, t) for t in new.target[m:])]
        wires = b.box(Loop(op.size, tuple(map(Carry, kinds)), op.down),
                      [w for x in (*args[:n], *inits) for w in x.wires], types, [new], box.span, box.reason)
        return unflatten(wires, targets)

    def _while(self, b: Builder, box: Box, args: list[Bundle]) -> list[Bundle]:
        """The condition decides on what it decided on before; what else the bundles hold, it does not see."""
        cond, body = box.bubbles
        n = len(captured(box))
        carried = [x.shape for x in args[n:]]
        while True:                                       # shapes of the states only grow
            sources = [*(x.shape for x in args[:n]), *carried]
            grown = [self.join(pair) for pair in zip(carried, self.net(body, sources)[1], strict=True)]
            if grown == carried:
                break
            carried = grown
        inits = [self.pad(b, t, x, s) for t, x, s in zip(body.source[n:], args[n:], carried, strict=True)]
        nets = [self.padded(cond, sources, [self.plain(BOOL, 0).shape]), self.padded(body, sources, carried)]
        wires = b.box(While(), [w for x in (*args[:n], *inits) for w in x.wires], nets[1].target, nets, box.span,
                      box.reason)
        return unflatten(wires, carried)

    def _call(self, b: Builder, net: Net, box: Box, args: list[Bundle]) -> list[Bundle]:
        op = box.op
        assert isinstance(op, Call)
        name, shapes = self.named(op.name, tuple(x.shape for x in args))
        types = [p for t, s in zip(net.type_of(box.targets), shapes, strict=True)
                 for p, present in zip(self.parts(t), s, strict=True) if present]
        wires = b.box(Call(name, op.sizes), [w for x in args for w in x.wires], types, (), box.span, box.reason)
        return unflatten(wires, shapes)

    def named(self, name: str, shapes: tuple[Shape, ...]) -> tuple[str, tuple[Shape, ...]]:
        """F of a named net, made once for each shape of its inputs."""
        key = (name, shapes)
        if key not in self._done:
            image, out = self.net(self.nets[name], shapes)
            mask = "".join("1" if x else "0" for s in shapes for x in s)
            new = f"{name}!{self.name}{mask}"
            self.nets[new] = image
            self._done[key] = (new, out)
        return self._done[key]

    # ── linear primitives

    def linear(self, b: Builder, box: Box, args: Sequence[Bundle], group: Sequence[int],
               types: Mapping[int, Sequence[Type]]) -> tuple[Wire | None, ...]:
        """A primitive that is linear in the arguments of `group` together, slot by slot; others enter by their head.

        `types[a]` are the slot types of argument a.
        """
        op = box.op
        assert isinstance(op, Prim)
        count = len(types[group[0]])
        return tuple(self._slot(b, op.name, box, args, group, types, j) for j in range(count))

    def _slot(self, b: Builder, name: str, box: Box, args: Sequence[Bundle], group: Sequence[int],
              types: Mapping[int, Sequence[Type]], j: int) -> Wire | None:
        slots = {a: args[a].slots[j] for a in group}
        present = [w for w in slots.values() if w is not None]
        if not present:
            return None
        if name == "add" and len(present) == 1:
            return present[0]
        if name == "sub" and slots[1] is None:
            return slots[0]
        if name == "sub" and slots[0] is None:
            return b.prim("neg", present[0], span=box.span, reason=box.reason)
        if name == "add_at" and slots[group[-1]] is None:
            return slots[0]
        wires: list[Wire] = []
        for a, x in enumerate(args):
            if a not in slots:
                wires.append(x.head)
                continue
            w = slots[a]
            wires.append(zero(b, types[a][j]) if w is None else w)
        return b.prim(name, *wires, span=box.span, reason=box.reason)


def unflatten(wires: Sequence[Wire], shapes: Sequence[Shape]) -> list[Bundle]:
    """Group wires into bundles of the given shapes."""
    at = iter(wires)
    return [Bundle(tuple(next(at) if s else None for s in shape)) for shape in shapes]


