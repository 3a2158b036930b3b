"""Reverse derivative: nets to lenses.

    R : Net(A, B) → ( fwd : A → B ⊗ M ,  bwd : M ⊗ B′ → A′ )

            A ──[ fwd ]── B
                  │ M
            A′ ─[ bwd ]── B′

Law: R(f ; g) = R(f) ; R(g), residuals paired (RD.5).   Source: Cockett et al. 2020, Prop. 31.

The backward part is built in *accumulating form*, M ⊗ B′ ⊗ A′ → A′: cotangents of wires with several consumers are
summed as they arrive (copy ↦ addition, discard ↦ zero), into arrays in place by `add_at`, so that the dagger of a
gather costs what the gather costs. Loops, branches and calls are in `reverse_bubbles.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catad.functors import daggers
from catad.functors.activity import Activity, useful
from catad.functors.counted import Counting
from catad.net.build import Builder
from catad.net.net import (
    Assert,
    BindSize,
    Box,
    Call,
    Const,
    Guard,
    IfOp,
    Loop,
    Net,
    Prim,
    SizeValue,
    Trace,
    Wire,
)
from catad.net.zero import zero
from catad.ops import row
from catad.rules import Rules, standard
from catad.types.type import Type, is_float

__all__ = ["Lens", "Reverse"]

Mask = tuple[bool, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Lens:
    """fwd : A → B ⊗ M.   bwd : M ⊗ B′ ⊗ acc → A′.

    B′ are the outputs named by `outs`; `accumulated` says for each input whether the backward part takes an
    accumulator for its cotangent, which it then returns increased; A′ are the inputs named by `active`.
    """

    fwd: Net
    bwd: Net
    residual: int
    active: Mask
    outs: Mask
    accumulated: Mask


class Reverse:
    """The functor. `nets` are the named nets that calls refer to; their lenses are added to it."""

    def __init__(self, nets: dict[str, Net], rules: Rules | None = None) -> None:
        self.nets = nets
        self.rules = standard() if rules is None else rules
        self.activity = Activity(nets)
        self._named: dict[tuple[str, Mask, Mask, bool], tuple[str, str, Lens]] = {}
        self.custom: Mapping[str, str] = {}               # named nets with a rule of their own, and that rule
        self.counting = Counting(self.activity)
        self.transpositions: dict[tuple[str, tuple[Type, ...], Mask], Net | None] = {}

    def lens(self, net: Net, active: Sequence[bool], outs: Sequence[bool], accumulated: Sequence[bool],
             depth: int = 0) -> Lens:
        """R(net): `active` inputs get cotangents, `outs` outputs have them.

        `depth` is 0 outside all loops: there an order-free loop recomputes its body rather than store residuals.
        """
        active = tuple(a and is_float(t) for a, t in zip(active, net.source, strict=True))
        net = self.counting.counted(net, active)
        outs = tuple(o and v for o, v in zip(outs, self.activity.outputs(net, active), strict=True))
        sweep = self.sweep(net, active, outs, depth)
        for w in outs_of(net, outs):
            sweep.cotangent_input(w)
        accumulators = {w: sweep.back.input(net.wires[w])
                        for w, a, x in zip(net.inputs, accumulated, active, strict=True) if a and x}
        sweep.seed(accumulators)
        sweep.run()
        result = [sweep.final(w) for w, a in zip(net.inputs, active, strict=True) if a]
        return sweep.close(result, active, outs, tuple(a and x for a, x in zip(accumulated, active, strict=True)))

    def sweep(self, net: Net, active: Mask, outs: Mask, depth: int) -> Sweep:
        return Sweep(self, net, active, outs, depth)

    def named(self, name: str, active: Mask, outs: Mask, inner: bool) -> tuple[str, str, Lens]:
        """The lens of a named net, added to the table once for each use."""
        key = (name, active, outs, inner)
        if key not in self._named:
            net = self.nets[name]
            lens = self.lens(net, active, outs, active, 1 if inner else 0)
            mask = "".join("1" if a else "0" for a in (*active, *outs)) + ("i" if inner else "")
            fwd, bwd = f"{name}!fwd{mask}", f"{name}!bwd{mask}"
            self.nets[fwd], self.nets[bwd] = lens.fwd, lens.bwd
            self._named[key] = (fwd, bwd, lens)
        return self._named[key]


def outs_of(net: Net, outs: Sequence[bool]) -> list[Wire]:
    return [w for w, o in zip(net.outputs, outs, strict=True) if o]


class Sweep:
    """One net's forward part `fwd` and backward part `back` under construction."""

    def __init__(self, owner: Reverse, net: Net, active: Mask, outs: Mask, depth: int) -> None:
        self.owner, self.net, self.depth = owner, net, depth
        self.fwd, self.back = Builder(), Builder()
        self.fwd.sizes.extend(net.sizes)
        self.back.sizes.extend(net.sizes)
        self.varied = owner.activity.varied(net, active)
        self.useful = useful(net, outs, self.varied)
        self.at: dict[Wire, Wire] = {w: self.fwd.input(t) for w, t in zip(net.inputs, net.source, strict=True)}
        self.cot: dict[Wire, Wire] = {}               # wire of net → its cotangent so far
        self.residual: dict[Wire, Wire] = {}          # wire of fwd → wire of back, in order of first use
        self.records: dict[int, object] = {}          # per bubble box: what its backward part needs
        self._incoming: list[tuple[Wire, Wire]] = []
        self._cheap: dict[Wire, Box] = {}             # constants and sizes are made again, not stored

    # ── wires of the two parts

    def primal(self, w: Wire) -> Wire:
        """A wire of the original net, as the backward part sees it: a residual, or made again when that is free."""
        return self.keep(self.at[w])

    def keep(self, f: Wire) -> Wire:
        """A wire of the forward part, in the backward part."""
        if f in self.residual:
            return self.residual[f]
        box = self._cheap.get(f)
        if box is not None:
            return self.back.box(box.op, (), [self.fwd.type(f)], (), box.span, box.reason)[0]
        self.residual[f] = self.back.wire(self.fwd.type(f))
        return self.residual[f]

    def cotangent_input(self, w: Wire) -> None:
        self._incoming.append((w, self.back.input(self.net.wires[w])))

    def seed(self, accumulators: dict[Wire, Wire]) -> None:
        """Accumulators first, then the cotangents of the outputs are added to them."""
        self.cot.update(accumulators)
        for w, c in self._incoming:
            self.add(w, c)

    # ── cotangents: copy becomes addition, discard zero

    def add(self, w: Wire, c: Wire | None, box: Box | None = None) -> None:
        if c is None or not self.varied[w]:
            return
        old = self.cot.get(w)
        if old is None:
            self.cot[w] = c
            return
        name = "add_at" if daggers.is_array(self.net.wires[w]) else "add"
        self.cot[w] = self.back.prim(name, old, c, span=box.span if box else None, reason="sum of cotangents")

    def accumulator(self, w: Wire) -> Wire:
        """The cotangent of w so far; a fresh zero when there is none."""
        if w not in self.cot:
            self.cot[w] = zero(self.back, self.net.wires[w])
        return self.cot[w]

    def accumulators(self, ws: Sequence[Wire]) -> list[Wire]:
        """Cotangents so far, for a box that adds to them; a wire that enters it twice brings its own only once."""
        first = {w: k for k, w in reversed(list(enumerate(ws)))}
        return [self.accumulator(w) if first[w] == k else zero(self.back, self.net.wires[w])
                for k, w in enumerate(ws)]

    def absorb(self, ws: Sequence[Wire], cs: Sequence[Wire], box: Box) -> None:
        """What such a box made of them."""
        seen: set[Wire] = set()
        for w, c in zip(ws, cs, strict=True):
            if w in seen:
                self.add(w, c, box)
            else:
                self.cot[w] = c
            seen.add(w)

    def final(self, w: Wire) -> Wire:
        return self.cot[w] if w in self.cot else zero(self.back, self.net.wires[w])

    # ── the sweep

    def run(self) -> None:
        from catad.functors import reverse_bubbles
        for k, box in enumerate(self.net.boxes):
            reverse_bubbles.forward(self, k, box)
        for k in range(len(self.net.boxes) - 1, -1, -1):
            box = self.net.boxes[k]
            if any(t in self.cot and self.varied[t] for t in box.targets):
                self.backward(k, box)

    def copy(self, box: Box) -> None:
        """The box itself is its forward part."""
        out = self.fwd.box(box.op, [self.at[s] for s in box.sources], self.net.type_of(box.targets), box.bubbles,
                           box.span, box.reason)
        self.at.update(zip(box.targets, out, strict=True))
        if isinstance(box.op, (Const, SizeValue)):
            self._cheap[out[0]] = box

    def backward(self, k: int, box: Box) -> None:
        from catad.functors import reverse_bubbles
        match box.op:
            case Prim():
                self._prim(box)
            case Guard(checks):
                swapped = Guard(tuple((r, l) for l, r in checks))
                for s, t in zip(box.sources, box.targets, strict=True):
                    if t in self.cot and self.varied[s]:
                        self.add(s, self.back.box(swapped, [self.cot[t]], [self.net.wires[s]], (), box.span)[0], box)
            case Assert():
                s, t = box.sources[1], box.targets[0]
                given = [self.primal(box.sources[0]), self.cot[t]]
                self.add(s, self.back.box(box.op, given, [self.net.wires[s]], (), box.span)[0], box)
            case Trace():
                for s, t in zip(box.sources, box.targets, strict=True):
                    self.add(s, self.cot.get(t), box)
            case IfOp():
                reverse_bubbles.if_backward(self, k, box)
            case Loop():
                reverse_bubbles.loop_backward(self, k, box)
            case Call():
                reverse_bubbles.call_backward(self, k, box)
            case Const() | SizeValue() | BindSize():
                pass
            case _:
                daggers.structural(self, box)

    def _prim(self, box: Box) -> None:
        op = box.op
        assert isinstance(op, Prim)
        r = row(op.name)
        if r.constant:
            return
        groups = r.linear_sets(len(box.sources))
        covered = {a for g in groups for a in g}
        active = tuple(self.varied[s] for s in box.sources)
        if all(a in covered for a, on in enumerate(active) if on):
            self.linear(box, op.name)
        else:
            self._equation(box, op.name, active)

    def linear(self, box: Box, name: str) -> None:
        """The dagger of a linear primitive."""
        daggers.linear(self, box, name)

    def _equation(self, box: Box, name: str, active: Mask) -> None:
        """Transpose the row's equation in its tangents: the dagger of  x′ ↦ y′  at (x, y)."""
        types = self.net.type_of(box.sources)
        lens = transposed(self.owner, name, types, active)
        if lens is None:
            return
        sources = [s for s, on in zip(box.sources, active, strict=True) if on]
        arrays = [daggers.is_array(self.net.wires[s]) for s in sources]
        primals = [*(self.primal(s) for s in box.sources), self.primal(box.targets[0])]
        start = len(self.back.boxes)
        args = [*primals, self.cot[box.targets[0]],
                *(self.accumulator(s) for s, a in zip(sources, arrays, strict=True) if a)]
        out = self.back.splice(lens, args)
        mark(self.back, start, box, f"derivative of {name}")
        for s, c, a in zip(sources, out, arrays, strict=True):
            if a:
                self.cot[s] = c
            else:
                self.add(s, c, box)

    def close(self, result: Sequence[Wire], active: Mask, outs: Mask, accumulated: Mask) -> Lens:
        self.back.inputs[:0] = list(self.residual.values())
        fwd = self.fwd.net(*(self.at[w] for w in self.net.outputs), *self.residual)
        return Lens(fwd, self.back.net(*result), len(self.residual), active, outs, accumulated)


def mark(b: Builder, start: int, box: Box, reason: str) -> None:
    """Give the boxes appended since `start` the span of `box` and a reason."""
    for k in range(start, len(b.boxes)):
        old = b.boxes[k]
        b.boxes[k] = Box(old.op, old.sources, old.targets, old.bubbles, box.span, old.reason or reason)


def transposed(owner: Reverse, name: str, types: tuple[Type, ...], active: Mask) -> Net | None:
    """(x…, y, ȳ, accumulators of active arrays) → cotangents of the active arguments. Made once."""
    key = (name, types, active)
    known = owner.transpositions
    if key not in known:
        known[key] = _transpose(owner, name, types, active)
    return known[key]


def _transpose(owner: Reverse, name: str, types: tuple[Type, ...], active: Mask) -> Net | None:
    from catad.net.canonical import prune
    eq = owner.rules.equation(name, types, active)
    if eq is None:
        return None
    n = len(types) + 1
    tangents = [False] * n + [True] * (len(eq.inputs) - n)
    arrays = [daggers.is_array(t) and on for t, on in zip(eq.source, tangents, strict=True)]
    lens = owner.lens(eq, tangents, [True], arrays, 1)
    b = Builder()
    b.sizes.extend(eq.sizes)
    primals = [b.input(t) for t in eq.source[:n]]
    cotangent = b.input(eq.target[0])
    accumulators = [b.input(t) for t, a in zip(eq.source, arrays, strict=True) if a]
    unused = [zero(b, t) for t in eq.source[n:]]
    out = b.splice(lens.fwd, [*primals, *unused])
    if not lens.outs[0]:
        return None
    back = b.splice(lens.bwd, [*out[1:], cotangent, *accumulators])
    return prune(b.net(*back))
