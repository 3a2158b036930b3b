"""Unbounded loops made counted ones, whose reverse exists: the exact tape of a `while`.

    while c f x   =   let n = trips of (while c f x) in  loop y = x for i < n do f y

The trips are counted by running the loop once, without its derivative; then everything that a derivative needs of a
trip has its place in an array of n entries. Only loops whose states vary with an active input are changed, at any
depth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catad.functors.activity import Activity, useful
from catad.net.build import Builder
from catad.net.net import BindSize, Box, Carry, IfOp, Loop, Net, Prim, While, Wire, captured
from catad.types.size import Size
from catad.types.type import I64

__all__ = ["Counting"]

Mask = tuple[bool, ...]


class Counting:
    """Remembers its results; sizes that it binds are unlike any others of one compilation."""

    def __init__(self, activity: Activity) -> None:
        self.activity = activity
        self._known: dict[tuple[int, Mask], tuple[Net, Net]] = {}
        self._fresh = 0

    def counted(self, net: Net, active: Mask) -> Net:
        """The net with every `while` that varies counted; the net itself when there is none."""
        if not repeats(net):
            return net
        key = (id(net), active)
        if key not in self._known:
            self._known[key] = (net, self._rebuilt(net, active))       # keeps `net`, hence its id, alive
        return self._known[key][1]

    def _rebuilt(self, net: Net, active: Mask) -> Net:
        varied = self.activity.varied(net, active)
        boxes = [self._inside(box, [varied[s] for s in box.sources]) for box in net.boxes]
        wanted = useful(net, [True] * len(net.outputs), varied)            # what only counts trips is not
        hit = {k for k, box in enumerate(boxes) if isinstance(box.op, While) and any(wanted[t] for t in box.targets)}
        if not hit and all(a is b for a, b in zip(boxes, net.boxes, strict=True)):
            return net
        b = Builder()
        b.sizes.extend(net.sizes)
        at: dict[Wire, Wire] = {w: b.input(t) for w, t in zip(net.inputs, net.source, strict=True)}
        for k, box in enumerate(boxes):
            if k in hit:
                out = self._loop(b, net, box, net.boxes[k].bubbles, at)
            else:
                out = b.box(box.op, [at[s] for s in box.sources], net.type_of(box.targets), box.bubbles, box.span,
                            box.reason)
            at.update(zip(box.targets, out, strict=True))
        return b.net(*(at[w] for w in net.outputs))

    def _inside(self, box: Box, sources: Sequence[bool]) -> Box:
        """The box with its bubbles counted."""
        if not any(map(repeats, box.bubbles)) or not any(sources):
            return box
        masks: list[Mask] = []
        match box.op:
            case IfOp():
                masks = [tuple(sources[1:])] * 2
            case Loop():
                masks = [self.activity.loop(box, sources)]
            case While():
                masks = [(False,) * len(sources), self.activity.repeated(box, sources)]
            case _:
                return box
        bubbles = tuple(self.counted(n, mask) for n, mask in zip(box.bubbles, masks, strict=True))
        if all(a is b for a, b in zip(bubbles, box.bubbles, strict=True)):
            return box
        return Box(box.op, box.sources, box.targets, bubbles, box.span, box.reason)

    def _loop(self, b: Builder, net: Net, box: Box, plain: Sequence[Net],
              at: Mapping[Wire, Wire]) -> tuple[Wire, ...]:
        """`plain` are the bubbles as they were: what is run to count needs no counts itself."""
        n = len(captured(box))
        sources = [at[s] for s in box.sources]
        start = b.const(0, I64, box.span)
        types = [*net.type_of(box.targets), I64]
        trips = b.box(While(), [*sources, start], types, _with_counter(plain), box.span, "counting trips")[-1]
        name = f"while.{self._fresh}"
        self._fresh += 1
        b.box(BindSize(name, True), [trips], (), (), box.span, box.reason)
        op = Loop(Size.var(name), (Carry("state"),) * len(box.targets))
        return b.box(op, sources, net.type_of(box.targets), [_with_index(box.bubbles[1], n)], box.span, box.reason)


def _with_counter(bubbles: Sequence[Net]) -> list[Net]:
    """The bubbles with one more state, which counts."""
    nets = []
    for k, net in enumerate(bubbles):
        b = Builder()
        b.sizes.extend(net.sizes)
        out = list(b.splice(net, [b.input(t) for t in net.source]))
        count = b.input(I64)
        if k:
            out.append(b.box(Prim("add"), [count, b.const(1, I64)], [I64])[0])
        nets.append(b.net(*out))
    return nets


def _with_index(body: Net, n: int) -> Net:
    """The body of a `while` as that of a counted loop, which has an index after what it captures."""
    b = Builder()
    b.sizes.extend(body.sizes)
    held = [b.input(t) for t in body.source[:n]]
    b.input(I64)
    return b.net(*b.splice(body, [*held, *(b.input(t) for t in body.source[n:])]))


def repeats(net: Net) -> bool:
    """Is there a `while` in the net or in a bubble of it?"""
    known = net._memo.get("functors.repeats")
    if not isinstance(known, bool):
        known = net._memo["functors.repeats"] = any(
            isinstance(box.op, While) or any(map(repeats, box.bubbles)) for box in net.boxes)
    return known
