"""Trees as arrays: what constructors, `case` and padding do with `(root, [n]node)`.

    Node (s, t)      ↦   nodes of s, nodes of t with their children moved up, the new node; its index is the root
    case t of        ↦   the entry of t's nodes at its root; a child is the same nodes with another root

So building costs the size of what is built, and taking apart costs nothing. Nodes that are only there to fill an array
are zero, and no root reaches them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catad.elaborate.scope import Scope, Value, close_alike
from catad.net.build import Builder
from catad.net.net import IfOp, Wire
from catad.net.zero import zero
from catad.source import Span
from catad.types.size import Size
from catad.types.type import I64, Array, Child, Data, Prod, Record, Type, flatten

__all__ = ["child_leaf", "child_leaves", "constructor", "padded", "payload", "payload_range"]

Slot = tuple[Type, bool]        # a leaf of a node, and whether it is the index of a child


def child_leaves(t: Data) -> list[Slot]:
    """The leaves of a node of `t`, in the order of its arrays."""
    return [(I64, False), *(slot for _, p in t.payloads.fields for slot in _slots(p))]


def _slots(payload: Type) -> Iterator[Slot]:
    match payload:
        case Child():
            yield I64, True
        case Prod(items):
            for i in items:
                yield from _slots(i)
        case Record(fields):
            for _, f in fields:
                yield from _slots(f)
        case _:
            for w in flatten(payload):
                yield w, False


def payload_range(t: Data, index: int) -> tuple[int, int]:
    """The positions of the leaves of one payload among those of a node."""
    start = 1
    for x, p in t.payloads.fields:
        width = sum(1 for _ in _slots(p))
        if x == t.cases[index][0]:
            return start, start + width
        start += width
    return start, start


def child_leaf(t: Data, constructor: int, child: int) -> int:
    """The position of a child among the leaves of a node."""
    start, stop = payload_range(t, constructor)
    return [k for k, (_, is_child) in enumerate(child_leaves(t)) if is_child and start <= k < stop][child]


# ── taking apart

def entries(b: Builder, tree: Sequence[Wire], at: Wire, start: int, stop: int) -> tuple[Wire, ...]:
    """Leaves start … stop-1 of the node at an index."""
    return tuple(b.prim("index", w, at) for w in tree[1 + start:1 + stop])


def payload(s: Scope, t: Data, tree: Value, index: int) -> Value:
    """What the root holds, if it was made by this constructor; children are trees."""
    if t.cases[index][1] is None:
        return Value(s, ())
    wires = s.use(tree)
    start, stop = payload_range(t, index)
    out: list[Wire] = []
    for (_, child), w in zip(child_leaves(t)[start:stop], entries(s.b, wires, wires[0], start, stop), strict=True):
        out += [w, *wires[1:]] if child else [w]
    return Value(s, out)


# ── building

def constructor(s: Scope, t: Data, index: int, item: Sequence[Wire], given: Type | None,
                span: Span) -> tuple[Wire, ...]:
    """A tree of type `t` by a constructor; `given` is the type of what it holds, children in it at their own sizes."""
    assert t.size is not None
    width = len(child_leaves(t)) + 1
    values: list[Wire] = [s.b.const(index, I64, span)]
    children: list[tuple[Size, Sequence[Wire]]] = []
    start, stop = payload_range(t, index)
    sizes = [] if given is None else list(_child_sizes(t.cases[index][1], given))
    position, offset = 0, Size.of(0)
    leaves = child_leaves(t)
    for k, (leaf, child) in enumerate(leaves[1:], 1):
        if not start <= k < stop:
            values.append(zero(s.b, leaf))
        elif child:
            size = sizes[len(children)]
            tree = item[position:position + width]
            values.append(_moved(s.b, tree[0], offset, span))
            children.append((offset, tree))
            offset, position = offset + size, position + width
        else:
            values.append(item[position])
            position += 1
    if not children:
        return (s.b.const(0, I64, span), *(s.b.prim("stack", v, span=span) for v in values))
    root = s.b.size(t.size - 1, span)
    return root, *_joined(s, t, [(o, tree[1:]) for o, tree in children], values, span)


def _moved(b: Builder, index: Wire, by: Size, span: Span) -> Wire:
    return index if by == Size.of(0) else b.prim("add", index, b.size(by, span), span=span)


def _child_sizes(payload: Type | None, given: Type) -> Iterator[Size]:
    """The sizes of the children in a payload."""
    match payload, given:
        case Child(), Data(size=size) if size is not None:
            yield size
        case Prod(xs), Prod(ys):
            for x, y in zip(xs, ys, strict=True):
                yield from _child_sizes(x, y)
        case Record(fs), Record(gs):
            for (_, f), (_, g) in zip(fs, gs, strict=True):
                yield from _child_sizes(f, g)


def _joined(s: Scope, t: Data, parts: Sequence[tuple[Size, Sequence[Wire]]], last: Sequence[Wire],
            span: Span) -> tuple[Wire, ...]:
    """The nodes of the children one after the other, then the new one: one pass."""
    assert t.size is not None
    inner = Scope(s)
    (i,) = inner.bound([I64])
    out = _from(inner, Value(inner, (i,)), t, [(o, Value(s, wires)) for o, wires in parts], Value(s, last), t.size - 1,
                span)
    body = inner.close(out)
    return s.b.loop(t.size, body, inner.captured, span=span)


def _from(s: Scope, i: Value, t: Data, parts: Sequence[tuple[Size, Value]], last: Value, end: Size,
          span: Span) -> tuple[Wire, ...]:
    """Node i: of the part that it falls into, or the new one."""
    if not parts:
        return s.use(last)
    (at,) = s.use(i)
    offset = parts[0][0]
    stop = parts[1][0] if len(parts) > 1 else end
    cond = s.b.prim("lt", at, s.b.size(stop, span), span=span)
    here, rest = Scope(s), Scope(s)
    (k,) = here.use(i)
    local = k if offset == Size.of(0) else here.b.prim("sub", k, here.b.size(offset, span), span=span)
    leaves = []
    for (_, child), w in zip(child_leaves(t), here.use(parts[0][1]), strict=True):
        entry = here.b.prim("index", w, local, span=span)
        leaves.append(_moved(here.b, entry, offset, span) if child else entry)
    outs = [tuple(leaves), _from(rest, i, t, parts[1:], last, end, span)]
    captured, nets = close_alike([here, rest], outs)
    return s.b.box(IfOp(), [cond, *captured], [leaf for leaf, _ in child_leaves(t)], nets, span)


# ── padding

def padded(b: Builder, w: Wire, to: Type) -> Wire:
    """An array as the beginning of one that is as long or longer in each dimension."""
    t = b.type(w)
    if t == to:
        return w
    assert isinstance(t, Array) and isinstance(to, Array)
    body = Builder()
    array, i = body.input(t), body.input(I64)
    if t.size == to.size:
        return b.loop(to.size, body.net(padded(body, body.prim("index", array, i), to.item)), [w])[0]
    inside, outside = Builder(), Builder()
    a, k = inside.input(t), inside.input(I64)
    outside.input(t), outside.input(I64)
    nets = [inside.net(padded(inside, inside.prim("index", a, k), to.item)), outside.net(zero(outside, to.item))]
    cond = body.prim("lt", i, body.size(t.size))
    out = body.box(IfOp(), [cond, array, i], [to.item], nets)
    return b.loop(to.size, body.net(*out), [w])[0]
