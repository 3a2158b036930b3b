"""One entry of an array that a loop collects, as a net of its own: beta for arrays.

    (for i<n -> b)[e]  =  b[i := e]                  element : captured…, i, j…  →  entry

The slice of the loop's body that the entry needs, through as many nested loops as there are indices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catad.net.net import BindSize, Box, Const, Loop, Net, Prim, SizeValue, Wire
from catad.rewrite.cost import cost, has_transcendental
from catad.rewrite.dead import depends, live_boxes, prune
from catad.rewrite.ranges import can_fail
from catad.rewrite.unchecked import Draft
from catad.types.size import Size
from catad.types.type import BOOL, I64

__all__ = ["cheap", "element", "element_can_fail", "is_view"]

CHEAP = 8                                        # in additions


def element(box: Box, ordinal: int, depth: int) -> Net | None:
    """The net of entry [i, j, …] (`depth` indices) of collected target `ordinal` of a loop.

    None when the entry depends on a carry, or binds sizes of its own.
    """
    body = box.bubbles[0]
    label = f"rewrite.element.{ordinal}.{depth}"
    if label in body._memo:
        known = body._memo[label]
        return known if isinstance(known, Net) else None
    result = _element(box, body, ordinal, depth)
    body._memo[label] = result
    return result


def _element(box: Box, body: Net, ordinal: int, depth: int) -> Net | None:
    assert isinstance(box.op, Loop)
    k = len(box.op.carries)
    c = len(box.sources) - k
    if depends(body)[k + ordinal] >> (c + 1):
        return None
    wire = body.outputs[k + ordinal]
    boxes = live_boxes(body, [k + ordinal])
    if any(isinstance(x.op, BindSize) for x in boxes):
        return None
    b = Draft()
    at: dict[Wire, Wire] = {w: b.input(body.wires[w]) for w in body.inputs[:c + 1]}
    rest = [b.input(I64) for _ in range(depth - 1)]
    inner = next((x for x in boxes if wire in x.targets), None)
    if rest and inner is not None and isinstance(inner.op, Loop):
        return through(b, body, boxes, inner, wire, at, rest)
    copy(b, body, boxes, at)
    out = at[wire]
    return prune(b.net(b.prim("index", out, *rest) if rest else out))


def through(b: Draft, body: Net, boxes: Sequence[Box], inner: Box, wire: Wire, at: dict[Wire, Wire],
            rest: Sequence[Wire]) -> Net | None:
    """The entry of a row that is itself collected by a loop in the body."""
    assert isinstance(inner.op, Loop)
    k = len(inner.op.carries)
    ordinal = inner.targets.index(wire) - k
    net = element(inner, ordinal, len(rest)) if ordinal >= 0 else None
    if net is None:
        return None
    copy(b, body, [x for x in boxes if x is not inner], at)
    return prune(b.net(*b.splice(net, [*(at[s] for s in inner.sources[:len(inner.sources) - k]), *rest])))


def copy(b: Draft, net: Net, boxes: Sequence[Box], at: dict[Wire, Wire]) -> None:
    """Append boxes of `net`, in order."""
    for x in boxes:
        out = b.box(x.op, [at[s] for s in x.sources], [net.wires[t] for t in x.targets], x.bubbles, x.span, x.reason)
        at.update(zip(x.targets, out, strict=True))


def cheap(net: Net) -> bool:
    """Is computing an entry again as good as loading it?"""
    return cost(net) <= CHEAP and not has_transcendental(net)


def is_view(net: Net) -> bool:
    """Does the entry only look something up elsewhere, with no arithmetic but on indices?"""
    return cheap(net) and all(
        isinstance(b.op, Const | SizeValue) or (isinstance(b.op, Prim) and (
            b.op.name in ("index", "to_f64") or net.wires[b.targets[0]] in (I64, BOOL)))
        for b in net.boxes)


def element_can_fail(net: Net, sizes: Sequence[Size], nets: Mapping[str, Net], positive: tuple[Size, ...]) -> bool:
    """May computing an entry stop the program, when its indices are within `sizes`, and `positive` at least 1?"""
    bounds = dict(zip(net.inputs[len(net.inputs) - len(sizes):], sizes, strict=True))
    return can_fail(net, bounds, nets, positive)
