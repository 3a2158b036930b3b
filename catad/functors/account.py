"""Lenses, and the books that are kept while one is made.

    fwd : A → B ⊗ M          bwd : M ⊗ B′ ⊗ acc → A′

An `Account` builds both parts of one net's lens: which wires of the forward part the backward part needs (the residual
M), and what has been added to each cotangent so far. What each box does to it is in `daggers.py`, `reverse_bubbles.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from catad.functors.activity import Activity, useful
from catad.net.build import Builder
from catad.net.net import Box, Const, Net, SizeValue, Wire
from catad.net.zero import zero
from catad.types.type import Array, Type

__all__ = ["Account", "Lens", "Mask", "NamedLens", "Owner", "is_array", "mark"]

Mask = tuple[bool, ...]


def is_array(t: Type) -> bool:
    return isinstance(t, Array)


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


@dataclass(frozen=True, slots=True, eq=False)
class NamedLens:
    """The lens of a named net by names. `again`: M is A, and the forward part is the net itself."""

    fwd: str
    bwd: str
    lens: Lens
    again: bool


class Owner(Protocol):
    """What the reverse of a box asks of the functor: lenses of its bubbles and of the nets that it calls."""

    activity: Activity
    custom: Mapping[str, str]

    def lens(self, net: Net, active: Sequence[bool], outs: Sequence[bool], accumulated: Sequence[bool],
             depth: int = 0) -> Lens: ...

    def named(self, name: str, active: Mask, outs: Mask, inner: bool) -> NamedLens: ...

    def begun(self, name: str, active: Mask, outs: Mask) -> bool: ...


class Account:
    """One net's forward part `fwd` and backward part `back` under construction."""

    def __init__(self, owner: Owner, net: Net, active: Mask, outs: Mask, depth: int) -> None:
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
        name = "add_at" if is_array(self.net.wires[w]) else "add"
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

    # ── the forward part, and the end

    def copy(self, box: Box) -> None:
        """The box itself is its forward part."""
        out = self.fwd.box(box.op, [self.at[s] for s in box.sources], self.net.type_of(box.targets), box.bubbles,
                           box.span, box.reason)
        self.at.update(zip(box.targets, out, strict=True))
        if isinstance(box.op, (Const, SizeValue)):
            self._cheap[out[0]] = box

    def close(self, result: Sequence[Wire], active: Mask, outs: Mask, accumulated: Mask) -> Lens:
        self.back.inputs[:0] = list(self.residual.values())
        fwd = self.fwd.net(*(self.at[w] for w in self.net.outputs), *self.residual)
        return Lens(fwd, self.back.net(*result), len(self.residual), active, outs, accumulated)


def mark(b: Builder, start: int, box: Box, reason: str) -> None:
    """Give the boxes appended since `start` the span of `box` and a reason."""
    for k in range(start, len(b.boxes)):
        old = b.boxes[k]
        b.boxes[k] = Box(old.op, old.sources, old.targets, old.bubbles, box.span, old.reason or reason)
