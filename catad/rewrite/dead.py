"""Dead boxes, dead captured wires, dead results and dead carries.

    depends(net)[k]  =  the inputs that output k may depend on        prune(net)  =  net without the rest

A carry of a loop is live when its final is used or when it feeds, through the carries, an output that is. Law:
`prune` keeps the boundary and the value of every output; it only removes, so it terminates. One backward walk
per net, with dependence summaries of the bubbles.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from catad.net.net import BindSize, Box, IfOp, Loop, Net, Op, While, Wire
from catad.net.sizes import bound_sizes, box_sizes, type_sizes
from catad.rewrite.unchecked import unchecked
from catad.types.type import Type

__all__ = ["SETTLED", "depends", "needs", "prune", "restrict"]

SETTLED = "rewrite.settled"                    # of a bubble that was rebuilt: nothing in it is left to do


def bits(mask: int) -> Iterable[int]:
    """The positions of the ones, ascending."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def in_type(t: Type) -> set[str]:
    """The size variables of a wire type."""
    return {x for s in type_sizes(t) for x in s.variables}


def mentioned_by(net: Net, box: Box) -> set[str]:
    """The size variables that a box of `net` mentions in its label, its bubbles and the types of its targets."""
    found = set(box_sizes(box))
    for t in box.targets:
        found |= in_type(net.wires[t])
    return found


def depends(net: Net) -> tuple[int, ...]:
    """For each output, the inputs it depends on, as a mask."""
    known = net._memo.get("rewrite.depends")
    if isinstance(known, tuple):
        return known
    mask = [0] * len(net.wires)
    for k, w in enumerate(net.inputs):
        mask[w] = 1 << k
    sizes: dict[str, int] = {}
    has_sizes = bool(bound_sizes(net))
    for box in net.boxes:
        extra = 0
        if has_sizes:
            if isinstance(box.op, BindSize):
                sizes[box.op.name] = mask[box.sources[0]]
            else:
                for x in mentioned_by(net, box):
                    extra |= sizes.get(x, 0)
        for t, need in zip(box.targets, needs(box), strict=True):
            m = extra
            for s in bits(need):
                m |= mask[box.sources[s]]
            mask[t] = m
    result = tuple(mask[w] for w in net.outputs)
    net._memo["rewrite.depends"] = result
    return result


def needs(box: Box) -> Sequence[int]:
    """For each target of a box, the positions of the sources it depends on, as a mask."""
    match box.op:
        case Loop(carries=carries):
            return [m for m, _ in loop_needs(box, len(carries))]
        case IfOp():
            then, other = (depends(b) for b in box.bubbles)
            return [1 | (a | b) << 1 for a, b in zip(then, other, strict=True)]
        case While():
            return [while_needs(box, 1 << t) for t in range(len(box.targets))]
    return [(1 << len(box.sources)) - 1] * len(box.targets)


def loop_needs(box: Box, k: int) -> list[tuple[int, int]]:
    """For each target of a loop with k carries: the sources, and the carries (as masks), it depends on."""
    body = depends(box.bubbles[0])
    c = len(box.sources) - k
    low = (1 << c) - 1
    out: list[tuple[int, int]] = []
    for t in range(len(box.targets)):
        seen = body[t] >> (c + 1) | (1 << t if t < k else 0)
        sources, todo = body[t] & low, seen
        while todo:
            j = (todo & -todo).bit_length() - 1
            todo &= todo - 1
            sources |= body[j] & low | 1 << (c + j)
            new = body[j] >> (c + 1) & ~seen
            seen |= new
            todo |= new
        out.append((sources, seen))
    return out


def while_needs(box: Box, targets: int) -> int:
    """The sources of a `While` on which its condition and these targets (a mask) depend."""
    cond, body = (depends(b) for b in box.bubbles)
    n = len(box.sources) - len(box.targets)
    seen = cond[0] | targets << n
    todo = seen >> n
    while todo:
        j = (todo & -todo).bit_length() - 1
        todo &= todo - 1
        new = body[j] & ~seen
        seen |= new
        todo |= new >> n
    return seen


def prune(net: Net) -> Net:
    """The net without what no output needs; the same object when there is nothing to remove."""
    if net._memo.get("rewrite.pruned"):
        return net
    new = restrict(net, range(len(net.inputs)), range(len(net.outputs)))
    new._memo["rewrite.pruned"] = True
    return new


def restrict(net: Net, inputs: Sequence[int], outputs: Sequence[int]) -> Net:
    """The net with these outputs only, pruned, and with these inputs, which must be all that are needed."""
    boxes = live_boxes(net, outputs)
    whole = len(inputs) == len(net.inputs) and len(outputs) == len(net.outputs)
    if whole and len(boxes) == len(net.boxes) and all(a is b for a, b in zip(boxes, net.boxes, strict=True)):
        return net
    types: list[Type] = []
    at: dict[Wire, Wire] = {}

    def fresh(w: Wire) -> Wire:
        at[w] = len(types)
        types.append(net.wires[w])
        return at[w]

    new_inputs = tuple(fresh(net.inputs[k]) for k in inputs)
    new_boxes = []
    for b in boxes:
        sources = tuple(at[s] for s in b.sources)
        new_boxes.append(Box(b.op, sources, tuple(fresh(t) for t in b.targets), b.bubbles, b.span, b.reason))
    new = unchecked(types, new_boxes, new_inputs, [at[net.outputs[k]] for k in outputs], net.sizes)
    if SETTLED in net._memo:
        new._memo[SETTLED] = net._memo[SETTLED]
    return new


def live_boxes(net: Net, outputs: Sequence[int]) -> list[Box]:
    """The boxes that the given outputs need, themselves pruned (over the wires of `net`)."""
    live = bytearray(len(net.wires))
    for k in outputs:
        live[net.outputs[k]] = 1
    has_sizes = bool(bound_sizes(net))
    mentioned: set[str] = set()
    if has_sizes:
        ends = [*net.inputs, *(net.outputs[k] for k in outputs)]
        for w in ends:
            mentioned |= in_type(net.wires[w])
    kept: list[Box] = []
    for box in reversed(net.boxes):
        if isinstance(box.op, BindSize):
            if box.op.name not in mentioned:
                continue
        elif not any(live[t] for t in box.targets):
            continue
        elif box.bubbles:
            box = pruned_box(box, live)
        if has_sizes:
            mentioned |= mentioned_by(net, box)
        for s in box.sources:
            live[s] = 1
        kept.append(box)
    kept.reverse()
    return kept


def pruned_box(box: Box, live: bytearray) -> Box:
    """A bubble box without its dead targets, carries and captured wires."""
    match box.op:
        case Loop():
            return pruned_loop(box, box.op, live)
        case IfOp():
            outs = [k for k, t in enumerate(box.targets) if live[t]]
            mask = 0
            for b in box.bubbles:
                d = depends(b)
                for k in outs:
                    mask |= d[k]
            ins = list(bits(mask))
            bubbles = tuple(trimmed(b, ins, outs) for b in box.bubbles)
            sources = (box.sources[0], *(box.sources[1 + k] for k in ins))
            return rebuilt(box, box.op, sources, tuple(box.targets[k] for k in outs), bubbles)
        case While():
            return pruned_while(box, live)
    return rebuilt(box, box.op, box.sources, box.targets, tuple(prune(b) for b in box.bubbles))


def pruned_loop(box: Box, op: Loop, live: bytearray) -> Box:
    k = len(op.carries)
    c = len(box.sources) - k
    sources, carries = 0, 0
    needed = loop_needs(box, k)
    for t, wire in enumerate(box.targets):
        if live[wire]:
            sources |= needed[t][0]
            carries |= needed[t][1]
    keep = list(bits(carries))
    outs = [*keep, *(t for t in range(k, len(box.targets)) if live[box.targets[t]])]
    ins = [j for j in bits(sources) if j < c]
    bubble = trimmed(box.bubbles[0], [*ins, c, *(c + 1 + j for j in keep)], outs)
    new = op if len(keep) == k else Loop(op.size, tuple(op.carries[j] for j in keep), op.down)
    new_sources = tuple(box.sources[j] for j in (*ins, *(c + j for j in keep)))
    return rebuilt(box, new, new_sources, tuple(box.targets[t] for t in outs), (bubble,))


def pruned_while(box: Box, live: bytearray) -> Box:
    """States that neither the condition nor a live result depends on go, with their results."""
    n = len(box.sources) - len(box.targets)
    ins = list(bits(while_needs(box, sum(1 << t for t, w in enumerate(box.targets) if live[w]))))
    keep = [k - n for k in ins if k >= n]
    bubbles = (trimmed(box.bubbles[0], ins, [0]), trimmed(box.bubbles[1], ins, keep))
    return rebuilt(box, box.op, tuple(box.sources[k] for k in ins), tuple(box.targets[t] for t in keep), bubbles)


def trimmed(net: Net, inputs: Sequence[int], outputs: Sequence[int]) -> Net:
    """`restrict`, remembering nets that are as small as they get."""
    if len(inputs) == len(net.inputs) and len(outputs) == len(net.outputs):
        return prune(net)
    new = restrict(net, inputs, outputs)
    new._memo["rewrite.pruned"] = True
    return new


def rebuilt(box: Box, op: Op, sources: tuple[Wire, ...], targets: tuple[Wire, ...],
            bubbles: tuple[Net, ...]) -> Box:
    """The box with new parts, or itself when they are its own."""
    same = (op is box.op and len(sources) == len(box.sources) and len(targets) == len(box.targets)
            and all(a is b for a, b in zip(bubbles, box.bubbles, strict=True)))
    if same:
        return box
    return Box(op, sources, targets, bubbles, box.span, box.reason)
