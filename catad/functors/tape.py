"""Store or make again: how the backward body of a loop comes by the values of the forward body.

    order-free, outside other loops   the body runs again; nothing is stored but carried values that it reads
    else                              what the backward part needs is traced to its sources through cheap operations
                                      as long as that does not lengthen the list, and what is left is stored per trip

Indices, captured wires and reads from captured arrays are always at hand.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from catad.functors.account import Lens
from catad.net.build import Builder
from catad.net.canonical import prune
from catad.net.net import BindSize, Box, Const, Fill, Loop, Net, Prim, SizeValue, Wire
from catad.net.zero import zero
from catad.ops import row
from catad.types.type import I64, Array, dims

__all__ = ["Step", "keep_inputs", "plan", "recomputes", "used_inputs"]

CHEAP = 4


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """`forward`: the body with what is stored as further elements.

    `backward`: captured (those in `captured`), tapes, cotangents of sums, cotangents of elements, i, accumulators,
    cotangents of states → accumulators, cotangents of states.
    """

    forward: Net
    backward: Net
    captured: tuple[int, ...]


def recomputes(body: Net, lens: Lens, op: Loop, n: int, depth: int) -> bool:
    """Should the backward body run the forward body again as a whole?"""
    if any(_binds(b) for b in body.boxes):                 # arrays of sizes that differ from trip to trip
        return True
    varying = any(lens.active[n + 1 + j] and c.kind != "add" for j, c in enumerate(op.carries))
    return depth == 0 and not varying


def _binds(box: Box) -> bool:
    return isinstance(box.op, BindSize) or any(_binds(b) for net in box.bubbles for b in net.boxes)


def plan(body: Net, lens: Lens, n: int, op: Loop, *, recompute: bool) -> Step:
    """The forward and backward bodies of a loop with n captured wires."""
    m = len(body.outputs)
    needed = lens.fwd.outputs[m:]
    stored = _carried(lens, n) if recompute else _stored(lens.fwd, needed, n)
    step, used = _backward(body, lens, n, op, stored)
    if recompute:                                          # carried values that nothing reads need not be stored
        first = n
        live = [k for k in range(len(stored)) if first + k in used]
        stored = [stored[k] for k in live]
    else:
        live = list(range(len(stored)))
    count = len(step.inputs)
    tail = n + (len(_carried(lens, n)) if recompute else len(stored))
    keep = [j for j in range(n) if j in used]
    backward = keep_inputs(step, [*keep, *(n + k for k in live), *range(tail, count)])
    source = body if recompute else lens.fwd
    carried = dict(zip(lens.fwd.inputs, body.inputs, strict=True))
    extra = [carried[w] for w in stored] if recompute else stored
    forward = Net(source.wires, source.boxes, source.inputs, (*source.outputs[:m], *extra), source.sizes)
    return Step(forward, backward, tuple(keep))


def _carried(lens: Lens, n: int) -> list[Wire]:
    return list(lens.fwd.inputs[n + 1:])


def _backward(body: Net, lens: Lens, n: int, op: Loop, stored: Sequence[Wire]) -> tuple[Net, set[int]]:
    c = len(op.carries)
    b = Builder()
    b.sizes.extend(body.sizes)
    fwd = lens.fwd
    caught = [b.input(t) for t in body.source[:n]]
    tapes = [b.input(Array(op.size, fwd.wires[w])) for w in stored]
    sums = {j: b.input(body.target[j]) for j in range(c) if lens.outs[j] and op.carries[j].kind == "add"}
    elements = [b.input(Array(op.size, body.target[j])) for j in range(c, len(body.outputs)) if lens.outs[j]]
    i = b.input(I64)
    accumulators = [b.input(body.source[j]) for j in range(n) if lens.active[j]]
    states = {j: b.input(body.source[n + 1 + j]) for j in range(c)
              if lens.active[n + 1 + j] and op.carries[j].kind != "add"}
    known = {w: b.prim("index", t, i) for w, t in zip(stored, tapes, strict=True)}
    known.update(zip(fwd.inputs[:n + 1], [*caught, i], strict=True))
    values = _again(b, fwd, known, fwd.outputs[len(body.outputs):])
    given = iter(elements)
    cotangents = [sums[j] if j in sums else states[j] if j < c else b.prim("index", next(given), i)
                  for j, o in enumerate(lens.outs) if o]
    out = b.splice(lens.bwd, [*values, *cotangents, *accumulators])
    result = dict(zip((j for j, a in enumerate(lens.active) if a), out, strict=True))
    net = prune(b.net(*(result[j] for j in range(n) if lens.active[j]), *(result[n + 1 + j] for j in states)))
    return net, used_inputs(net)


def _again(b: Builder, fwd: Net, known: dict[Wire, Wire], wanted: Sequence[Wire]) -> list[Wire]:
    """The wires `wanted` of the forward body, from those in `known`."""
    at = dict(known)
    for w in fwd.inputs:                                   # carried sums, which nothing reads
        if w not in at:
            at[w] = zero(b, fwd.wires[w])
    need = _dependencies(fwd, wanted, set(known))
    for k, box in enumerate(fwd.boxes):
        if k in need:
            out = b.box(box.op, [at[s] for s in box.sources], fwd.type_of(box.targets), box.bubbles, box.span,
                        box.reason)
            for t, w in zip(box.targets, out, strict=True):
                at.setdefault(t, w)
    return [at[w] for w in wanted]


def _dependencies(net: Net, wanted: Sequence[Wire], known: set[Wire]) -> set[int]:
    live = {w for w in wanted if w not in known}
    need: set[int] = set()
    for k in range(len(net.boxes) - 1, -1, -1):
        box = net.boxes[k]
        if any(t in live for t in box.targets) or isinstance(box.op, BindSize):
            need.add(k)
            live.update(s for s in box.sources if s not in known)
    return need


def _stored(fwd: Net, needed: Sequence[Wire], n: int) -> list[Wire]:
    """The values to store per trip: `needed`, traced back through cheap boxes while the list gets no longer."""
    producer = {t: box for box in fwd.boxes for t in box.targets}
    free = set(fwd.inputs[:n + 1])
    for box in fwd.boxes:                                  # whatever is cheap and depends on nothing else
        if _cheap(box) and all(s in free for s in box.sources):
            free.update(box.targets)
    todo = [-w for w in dict.fromkeys(needed) if w not in free]
    heapq.heapify(todo)
    seen = {-w for w in todo}
    stored: list[Wire] = []
    while todo:
        w = -heapq.heappop(todo)
        made = producer.get(w)
        sources = [] if made is None else [s for s in dict.fromkeys(made.sources) if s not in free and s not in seen]
        wider = any(len(dims(fwd.wires[x])) > len(dims(fwd.wires[w])) for x in sources)
        if made is None or not _cheap(made) or len(sources) > 1 or wider:        # an entry, not the array it is of
            stored.append(w)
            continue
        for x in sources:
            seen.add(x)
            heapq.heappush(todo, -x)
    return sorted(stored)


def _cheap(box: Box) -> bool:
    match box.op:
        case Const() | SizeValue() | Fill():
            return True
        case Prim(name):                                   # integers (indices) are always made again
            r = row(name)
            if r.result_kind == "I":
                return r.args != "A"
            return r.cost <= CHEAP and name not in ("update", "add_at", "stack")
    return False


def used_inputs(net: Net) -> set[int]:
    """Positions of the inputs that a box or an output uses."""
    used = {s for box in net.boxes for s in box.sources} | set(net.outputs)
    return {k for k, w in enumerate(net.inputs) if w in used}


def keep_inputs(net: Net, keep: Sequence[int]) -> Net:
    """The net with only these inputs (the others are unused)."""
    b = Builder()
    b.sizes.extend(net.sizes)
    at = {net.inputs[k]: b.input(net.wires[net.inputs[k]]) for k in keep}
    for box in net.boxes:
        out = b.box(box.op, [at[s] for s in box.sources], net.type_of(box.targets), box.bubbles, box.span, box.reason)
        at.update(zip(box.targets, out, strict=True))
    return b.net(*(at[w] for w in net.outputs))
