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

from catad.functors import daggers, reverse_bubbles
from catad.functors.account import Account, Lens, Mask, NamedLens, is_array, mark
from catad.functors.activity import Activity
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
from catad.rewrite.normalise import binds_sizes
from catad.rules import Rules, standard
from catad.types.type import Type, is_float

__all__ = ["Lens", "Mask", "Reverse", "Sweep"]

_LONG = 32                                                # residual wires of a call, beside two for each input


class Reverse:
    """The functor. `nets` are the named nets that calls refer to; their lenses are added to it."""

    def __init__(self, nets: dict[str, Net], rules: Rules | None = None) -> None:
        self.nets = nets
        self.rules = standard() if rules is None else rules
        self.activity = Activity(nets)
        self._named: dict[tuple[str, Mask, Mask, bool], NamedLens] = {}
        self.custom: Mapping[str, str] = {}               # named nets with a rule of their own, and that rule
        self.counting = Counting(self.activity)
        self._begun: dict[tuple[str, Mask, Mask, bool], None] = {}
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

    def named(self, name: str, active: Mask, outs: Mask, inner: bool) -> NamedLens:
        """The lens of a named net, added to the table once for each use.

        A net with a long residual runs again in its backward part, which needs its inputs alone: else calls of
        calls would hand on as many wires as there are boxes when all is unfolded. So does one that binds sizes while it
        runs: no call can hand those on.
        """
        key = (name, active, outs, inner)
        if key not in self._named:
            net = self.nets[name]
            self._begun[key] = None
            lens = self.lens(net, active, outs, active, 1 if inner else 0)
            del self._begun[key]
            mask = "".join("1" if a else "0" for a in (*active, *outs)) + ("i" if inner else "")
            fwd, bwd = f"{name}!fwd{mask}", f"{name}!bwd{mask}"
            again = lens.residual > _LONG + 2 * len(net.inputs) or binds_sizes(lens.fwd)
            if again:
                fwd, self.nets[bwd] = name, _again(net, lens)
            else:
                self.nets[fwd], self.nets[bwd] = lens.fwd, lens.bwd
            self._named[key] = NamedLens(fwd, bwd, lens, again)
        return self._named[key]

    def begun(self, name: str, active: Mask, outs: Mask) -> bool:
        """Is this lens being made?"""
        return (name, active, outs, True) in self._begun


def _again(net: Net, lens: Lens) -> Net:
    """A ⊗ B′ ⊗ acc → A′: the forward part once more, then the backward part."""
    from catad.net.canonical import prune
    b = Builder()
    b.sizes.extend(net.sizes)
    out = b.splice(lens.fwd, [b.input(t) for t in net.source])
    given = [b.input(t) for t in lens.bwd.source[lens.residual:]]
    return prune(b.net(*b.splice(lens.bwd, [*out[len(net.outputs):], *given])))


def outs_of(net: Net, outs: Sequence[bool]) -> list[Wire]:
    return [w for w, o in zip(net.outputs, outs, strict=True) if o]


class Sweep(Account):
    """Forward over the boxes, then back: each box's reverse, by what it is."""

    def __init__(self, owner: Reverse, net: Net, active: Mask, outs: Mask, depth: int) -> None:
        super().__init__(owner, net, active, outs, depth)
        self.functor = owner

    def run(self) -> None:
        for k, box in enumerate(self.net.boxes):
            reverse_bubbles.forward(self, k, box)
        for k in range(len(self.net.boxes) - 1, -1, -1):
            box = self.net.boxes[k]
            if any(t in self.cot and self.varied[t] for t in box.targets):
                self.backward(k, box)

    def backward(self, k: int, box: Box) -> None:
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
        lens = transposed(self.functor, name, types, active)
        if lens is None:
            return
        sources = [s for s, on in zip(box.sources, active, strict=True) if on]
        arrays = [is_array(self.net.wires[s]) for s in sources]
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
    arrays = [is_array(t) and on for t, on in zip(eq.source, tangents, strict=True)]
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
