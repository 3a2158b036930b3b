"""An array seen through one row: the same net, where every access to the array is at one leading index.

    row_view(body[ a[i, …], add_at a [i, …] v ])  =  body[ r[…], add_at r […] v ]           r = a[i]

`array` is an input of the net; what accumulates into it is again "the array" until it leaves the net. The answer is
None when some access is not at the index: then there is no such view. One walk, bubbles included.
"""

from __future__ import annotations

from collections.abc import Sequence

from catad.net.net import Box, IfOp, Loop, Net, Prim, Wire
from catad.rewrite.unchecked import Draft
from catad.types.type import Array, Type

__all__ = ["row_view"]

Access = Sequence[Wire] | None              # the wires for a box's targets, if the access is at the row


def row_view(net: Net, array: Wire, index: Wire) -> tuple[Net, frozenset[int]] | None:
    """The view, with the positions of the outputs that are the array (in the view: the row)."""
    if not accessible(net, array, index):
        return None
    b = Draft()
    rows = {array}
    at: dict[Wire, Wire] = {w: b.input(item(net.wires[w]) if w == array else net.wires[w]) for w in net.inputs}
    b.sizes.extend(net.sizes)
    for box in net.boxes:
        if rows.isdisjoint(box.sources):
            types = [net.wires[t] for t in box.targets]
            out: Access = b.box(box.op, [at[s] for s in box.sources], types, box.bubbles, box.span, box.reason)
        else:
            out = _access(b, net, box, rows, index, at)
        if out is None:
            return None
        at.update(zip(box.targets, out, strict=True))
    return b.net(*(at[w] for w in net.outputs)), frozenset(k for k, w in enumerate(net.outputs) if w in rows)


def accessible(net: Net, array: Wire, index: Wire) -> bool:
    """A quick look at the direct accesses, before anything is built."""
    return all(box.sources[1:2] == (index,) for box in net.boxes
               if type(box.op) is Prim and box.sources and box.sources[0] == array)


def item(t: Type) -> Type:
    assert isinstance(t, Array)
    return t.item


def _access(b: Draft, net: Net, box: Box, rows: set[Wire], index: Wire, at: dict[Wire, Wire]) -> Access:
    """A box with the array among its sources."""
    match box.op:
        case Prim(name):
            return _primitive(b, name, box, rows, index, at)
        case Loop(carries=carries):
            return _loop(b, net, box, box.op, len(carries), rows, index, at)
        case IfOp():
            return _if(b, net, box, rows, index, at)
    return None


def _primitive(b: Draft, name: str, box: Box, rows: set[Wire], index: Wire,
               at: dict[Wire, Wire]) -> Access:
    """a[i, j] = r[j]     add_at a [i, j] v = add_at r [j] v     add_at a [i] v = r + v"""
    s = box.sources
    if s[0] not in rows or s[1:2] != (index,) or not rows.isdisjoint(s[1:]):
        return None
    rest = [at[w] for w in s[2:]]
    if name == "index":
        return [b.prim("index", at[s[0]], *rest, span=box.span, reason=box.reason) if rest else at[s[0]]]
    if name == "add_at" and len(s) > 2:
        rows.add(box.targets[0])
        plain = len(rest) == 1 and not isinstance(b.type(rest[0]), Array)
        return [b.prim("add" if plain else "add_at", at[s[0]], *rest, span=box.span, reason=box.reason)]
    return None


def _once(sources: Sequence[Wire], rows: set[Wire]) -> int | None:
    """The position of the one source that is the array."""
    found = [k for k, s in enumerate(sources) if s in rows]
    return found[0] if len(found) == 1 else None


def _loop(b: Draft, net: Net, box: Box, op: Loop, k: int, rows: set[Wire], index: Wire,
          at: dict[Wire, Wire]) -> Access:
    """The array is captured (and read), or carried (and added to)."""
    c = len(box.sources) - k
    p = _once(box.sources, rows)
    if p is None or index not in box.sources[:c]:
        return None
    carried = p - c if p >= c else None
    if carried is not None and op.carries[carried].kind != "add":
        return None
    body = box.bubbles[0]
    inner = body.inputs[p if carried is None else p + 1]
    view = row_view(body, inner, body.inputs[box.sources.index(index)])
    if view is None or view[1] != (frozenset() if carried is None else frozenset([carried])):
        return None
    types = [net.wires[t] for t in box.targets]
    if carried is not None:
        types[carried] = item(types[carried])
        rows.add(box.targets[carried])
    return b.box(op, [at[s] for s in box.sources], types, [view[0]], box.span, box.reason)


def _if(b: Draft, net: Net, box: Box, rows: set[Wire], index: Wire, at: dict[Wire, Wire]) -> Access:
    """Both branches see the row; results that are the array in one are it in the other."""
    p = _once(box.sources, rows)
    if not p or index not in box.sources[1:]:
        return None
    q = box.sources.index(index, 1)
    views = [row_view(n, n.inputs[p - 1], n.inputs[q - 1]) for n in box.bubbles]
    if any(v is None for v in views):
        return None
    (then, outs), (other, outs2) = (v for v in views if v is not None)
    if outs != outs2:
        return None
    types = [item(net.wires[t]) if j in outs else net.wires[t] for j, t in enumerate(box.targets)]
    rows.update(box.targets[j] for j in outs)
    return b.box(box.op, [at[s] for s in box.sources], types, [then, other], box.span, box.reason)
