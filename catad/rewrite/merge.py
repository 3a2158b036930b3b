"""Building the merged loop: one body after the other, rows handed over.

    merged(for i -> f i,  for i -> g a[i])   =   for i -> (let r = f i in (r, g r))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from catad.net.net import Box, Carry, IfOp, Loop, Net, Prim, Wire
from catad.rewrite.rows import row_view
from catad.rewrite.unchecked import Draft
from catad.types.type import I64

__all__ = ["collected_into", "in_order", "merged", "merged_branches", "rows_read"]


def in_order(op: Loop) -> bool:
    """Must its trips run one after the other?"""
    return any(c.kind == "state" for c in op.carries)


def rows_read(box: Box) -> frozenset[Wire]:
    """The captured arrays of a loop that trip i reads at row i."""
    assert isinstance(box.op, Loop)
    body = box.bubbles[0]
    c = len(box.sources) - len(box.op.carries)
    found = _reads(body, body.inputs[c])
    return frozenset(s for s, w in zip(box.sources, body.inputs[:c], strict=False) if w in found)


def _reads(net: Net, index: Wire) -> frozenset[Wire]:
    """The inputs of a net that it reads at a leading index."""
    label = f"rewrite.reads.{index}"
    known = net._memo.get(label)
    if isinstance(known, frozenset):
        return known
    found: set[Wire] = set()
    for box in net.boxes:
        if type(box.op) is Prim:
            if box.op.name == "index" and box.sources[1:2] == (index,):
                found.add(box.sources[0])
        elif isinstance(box.op, Loop | IfOp) and index in box.sources:
            first = 1 if isinstance(box.op, IfOp) else 0
            captured = box.sources[first:]
            if index not in captured:
                continue
            p = captured.index(index)
            for bubble in box.bubbles:
                inner = _reads(bubble, bubble.inputs[p])
                found.update(s for s, w in zip(captured, bubble.inputs, strict=False) if w in inner)
    result = frozenset(found.intersection(net.inputs))
    net._memo[label] = result
    return result


def merged(b: Draft, boxes: Sequence[Box], net: Net, at: dict[Wire, Wire], now: Callable[[Wire], Wire]) -> None:
    """Append the loop that does what all these loops do; `at` learns where their results are."""
    results = {t for x in boxes for t in x.targets}
    outside = list(dict.fromkeys(w for x in boxes for s in captured(x) if (w := now(s)) not in results))
    inner = Draft()
    args = {w: inner.input(net.wires[w]) for w in outside}
    i = inner.input(I64)
    carried = [[inner.input(net.wires[s]) for s in inits(x)] for x in boxes]
    rows: dict[Wire, Wire] = {}
    finals: list[Wire] = []
    collected: list[Wire] = []
    for x, states in zip(boxes, carried, strict=True):
        sources = [now(s) for s in captured(x)]
        body = handed(x.bubbles[0], [p for p, w in enumerate(sources) if w in results], len(sources))
        out = inner.splice(body, [*(rows[w] if w in results else args[w] for w in sources), i, *states])
        rows.update(zip(x.targets[len(states):], out[len(states):], strict=True))
        finals += out[:len(states)]
        collected += out[len(states):]
    bubble = inner.net(*finals, *collected)
    targets = [*(t for x in boxes for t in x.targets[:len(inits(x))]),
               *(t for x in boxes for t in x.targets[len(inits(x)):])]
    sources = [*(at[w] for w in outside), *(at[now(s)] for x in boxes for s in inits(x))]
    op = together([x.op for x in boxes if isinstance(x.op, Loop)])
    made = b.box(op, sources, [net.wires[t] for t in targets], [bubble], boxes[0].span, boxes[0].reason)
    at.update(zip(targets, made, strict=True))


def merged_branches(b: Draft, boxes: Sequence[Box], net: Net, at: dict[Wire, Wire],
                    now: Callable[[Wire], Wire]) -> None:
    """Append the branch that does what all these branches on one condition do."""
    results = {t for x in boxes for t in x.targets}
    outside = list(dict.fromkeys(w for x in boxes for s in x.sources[1:] if (w := now(s)) not in results))
    bubbles = []
    for side in (0, 1):
        inner = Draft()
        known = {w: inner.input(net.wires[w]) for w in outside}
        for x in boxes:
            out = inner.splice(x.bubbles[side], [known[now(s)] for s in x.sources[1:]])
            known.update(zip(x.targets, out, strict=True))
        bubbles.append(inner.net(*(known[t] for x in boxes for t in x.targets)))
    targets = [t for x in boxes for t in x.targets]
    sources = [at[now(boxes[0].sources[0])], *(at[w] for w in outside)]
    made = b.box(boxes[0].op, sources, [net.wires[t] for t in targets], bubbles, boxes[0].span, boxes[0].reason)
    at.update(zip(targets, made, strict=True))


def together(ops: Sequence[Loop]) -> Loop:
    """The merged label: all carries, and the direction of those that have one."""
    down = any(o.down for o in ops if in_order(o))
    return Loop(ops[0].size, tuple(c for o in ops for c in o.carries), down)


def captured(box: Box) -> tuple[Wire, ...]:
    assert isinstance(box.op, Loop)
    return box.sources[:len(box.sources) - len(box.op.carries)]


def inits(box: Box) -> tuple[Wire, ...]:
    assert isinstance(box.op, Loop)
    return box.sources[len(box.sources) - len(box.op.carries):]


def handed(body: Net, positions: Sequence[int], index: int) -> Net:
    """The body with rows in place of the arrays at these inputs."""
    for p in positions:
        view = row_view(body, body.inputs[p], body.inputs[index])
        assert view is not None, "checked when the loops were grouped"
        body = view[0]
    return body


def collected_into(net: Net, box: Box, op: Loop, j: int, target: Wire) -> Box:
    """a + (for i -> v)  =  fold a (i, acc -> add_at acc [i] v):  the loop adds into `a`, which is in place."""
    body, k = box.bubbles[0], len(op.carries)
    c = len(box.sources) - k
    b = Draft()
    args = [b.input(body.wires[w]) for w in body.inputs]
    acc = b.input(net.wires[target])
    out = list(b.splice(body, args))
    value = out.pop(j)
    out.insert(k, b.prim("add_at", acc, args[c], value))
    targets = list(box.targets)
    targets.insert(k, targets.pop(j))
    carries = (*op.carries, Carry("add"))
    sources = (*box.sources, target)
    return Box(Loop(op.size, carries, op.down), sources, tuple(targets), (b.net(*out),), box.span, box.reason)


