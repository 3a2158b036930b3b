"""maximum and minimum of an array that a loop makes, as a reduction that never makes the array.

    maximum (for i<n -> e)   =   fold -inf (i, m -> max m e)          n ≥ 1 for certain, floats

A NaN stays one, since `max` propagates it. Where the array could be empty the row is left alone: it stops the program
then. The position (`argmax`) is left to the row.
"""

from __future__ import annotations

from math import inf

from catad.net.build import Builder
from catad.net.net import Box, Loop, Net, Prim, Wire
from catad.rewrite.ranges import nonnegative
from catad.types.type import F64, I64, Array

__all__ = ["lower_reductions"]

_UNIT = {"maximum": ("max", -inf), "minimum": ("min", inf)}


def lower_reductions(net: Net) -> Net:
    """The net with such reductions as loops, bubbles included; `simplify` then fuses them with what they reduce."""
    b = Builder()
    b.sizes.extend(net.sizes)
    at: dict[Wire, Wire] = {w: b.input(net.wires[w]) for w in net.inputs}
    collected: set[Wire] = set()
    changed = False
    for box in net.boxes:
        bubbles = tuple(map(lower_reductions, box.bubbles))
        changed |= any(x is not y for x, y in zip(bubbles, box.bubbles, strict=True))
        if isinstance(box.op, Loop):
            collected.update(box.targets[len(box.op.carries):])
        sources = [at[s] for s in box.sources]
        if reducible(net, box, collected):
            out: tuple[Wire, ...] = (reduction(b, box, sources[0]),)
            changed = True
        else:
            out = b.box(box.op, sources, [net.wires[t] for t in box.targets], bubbles, box.span, box.reason)
        at.update(zip(box.targets, out, strict=True))
    return b.net(*(at[w] for w in net.outputs)) if changed else net


def reducible(net: Net, box: Box, collected: set[Wire]) -> bool:
    """Is it the maximum or minimum of floats that a loop collects, of which there is at least one?"""
    if not (isinstance(box.op, Prim) and box.op.name in _UNIT and box.sources[0] in collected):
        return False
    t = net.wires[box.sources[0]]
    return isinstance(t, Array) and t.item == F64 and nonnegative(t.size - 1)


def reduction(b: Builder, box: Box, array: Wire) -> Wire:
    """fold -inf (i, m -> max m a[i])"""
    assert isinstance(box.op, Prim)
    name, unit = _UNIT[box.op.name]
    t = b.type(array)
    assert isinstance(t, Array)
    inner = Builder()
    a, i, m = inner.input(t), inner.input(I64), inner.input(F64)
    body = inner.net(inner.prim(name, m, inner.prim("index", a, i), span=box.span, reason=box.reason))
    return b.loop(t.size, body, [array], [b.const(unit)], [name], span=box.span, reason=box.reason)[0]
