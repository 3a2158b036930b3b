"""Activity: which wires can carry a derivative at all.

A wire is *varied* when it holds floats and depends on an active input through operations that are not locally
constant. Sums and loops are taken to their fixpoint: a carried wire is varied as soon as one trip makes it so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catad.net.net import Box, Call, IfOp, Loop, Net, Prim, While, captured
from catad.ops import row
from catad.types.type import is_float

__all__ = ["Activity"]

Mask = tuple[bool, ...]


class Activity:
    """Answers are kept for each net and mask."""

    def __init__(self, nets: Mapping[str, Net]) -> None:
        self.nets = nets
        self.custom: Mapping[str, str] = {}               # nets whose derivative is not that of their boxes
        self._known: dict[tuple[int, Mask], tuple[Net, tuple[bool, ...]]] = {}

    def varied(self, net: Net, active: Mask) -> tuple[bool, ...]:
        """For each wire of the net."""
        key = (id(net), active)
        if key not in self._known:
            flags = [False] * len(net.wires)
            for w, a in zip(net.inputs, active, strict=True):
                flags[w] = a and is_float(net.wires[w])
            for box in net.boxes:
                for t, v in zip(box.targets, self._box(box, [flags[s] for s in box.sources]), strict=True):
                    flags[t] = v and is_float(net.wires[t])
            self._known[key] = (net, tuple(flags))
        return self._known[key][1]

    def outputs(self, net: Net, active: Mask) -> Mask:
        flags = self.varied(net, active)
        return tuple(flags[w] for w in net.outputs)

    def loop(self, box: Box, sources: Sequence[bool]) -> Mask:
        """The inputs of a loop's body that vary, at the fixpoint."""
        assert isinstance(box.op, Loop)
        body, n, k = box.bubbles[0], len(captured(box)), len(box.op.carries)
        carried = tuple(sources[n:])
        while True:
            mask = (*sources[:n], False, *carried)
            out = self.outputs(body, mask)[:k]
            grown = tuple(a or b for a, b in zip(carried, out, strict=True))
            if grown == carried:
                return mask
            carried = grown

    def repeated(self, box: Box, sources: Sequence[bool]) -> Mask:
        """The inputs of the bubbles of a `While` that vary, at the fixpoint."""
        n, mask = len(captured(box)), tuple(sources)
        while True:
            out = self.outputs(box.bubbles[1], mask)
            grown = (*mask[:n], *(a or b for a, b in zip(mask[n:], out, strict=True)))
            if grown == mask:
                return mask
            mask = grown

    def _box(self, box: Box, sources: list[bool]) -> Sequence[bool]:
        if not any(sources):
            return [False] * len(box.targets)
        match box.op:
            case Prim(name):
                return [not row(name).constant]
            case IfOp():
                outs = [self.outputs(n, tuple(sources[1:])) for n in box.bubbles]
                return [any(pair) for pair in zip(*outs, strict=True)]
            case Loop(carries=carries):
                mask = self.loop(box, sources)
                out = self.outputs(box.bubbles[0], mask)
                return [*mask[len(mask) - len(carries):], *out[len(carries):]]
            case While():
                return self.repeated(box, sources)[len(captured(box)):]
            case Call(name) if name in self.custom:
                return [True] * len(box.targets)
            case Call(name):
                return self.outputs(self.nets[name], tuple(sources))
        if len(box.targets) == len(box.sources):           # guards, wire by wire
            return sources
        return [True] * len(box.targets)


def useful(net: Net, outs: Sequence[bool], varied: Sequence[bool]) -> list[bool]:
    """The varied wires on which an output in `outs` depends."""
    flags = [False] * len(net.wires)
    for w, o in zip(net.outputs, outs, strict=True):
        flags[w] = flags[w] or (o and varied[w])
    for box in reversed(net.boxes):
        if any(flags[t] for t in box.targets):
            for s in box.sources:
                flags[s] = varied[s]
    return flags


