"""The reverse of branches, calls and loops.

    if      R(if c f g)   = backward: if c (f runs again; R f) (g runs again; R g)
    call    R(call f)     = call of f!fwd, call of f!bwd
    loop    the reverse of a loop is a loop over the same range

            fwd   i = 0 … n-1     body.fwd, storing what the plan says            captured ──┐
            bwd   i = n-1 … 0     accumulators ──▶ [ values again ; body.bwd ] ──▶ accumulators

Cotangents of captured wires are "add" carries, added to in place; cotangents of states are carried backwards. Where no
state varies the backward loop is order-free too; a product whose running values are stored is a state. What the
backward body needs of the forward one is decided by `tape.py`: made again, or stored; never the state as such.
"""

from __future__ import annotations

from dataclasses import dataclass

from catad.functors import tape
from catad.functors.account import Account, Lens, mark
from catad.net.build import Builder
from catad.net.net import Box, Call, Carry, IfOp, Loop, Net, Wire, captured
from catad.net.zero import zero
from catad.types.type import Array, is_float, subst

__all__ = ["call_backward", "forward", "if_backward", "loop_backward"]


@dataclass(frozen=True, slots=True, eq=False)
class LoopRecord:
    """What the forward part of a loop leaves for the backward one."""

    lens: Lens
    step: tape.Step
    tapes: tuple[Wire, ...]                 # wires of the forward part, one for each stored value


@dataclass(frozen=True, slots=True, eq=False)
class CallRecord:
    bwd: str
    lens: Lens
    residual: tuple[Wire, ...]


def forward(s: Account, k: int, box: Box) -> None:
    """The forward part of any box."""
    wanted = any(s.useful[t] for t in box.targets)
    if wanted and isinstance(box.op, Loop):
        _loop_forward(s, k, box)
    elif wanted and isinstance(box.op, Call) and not _by_rule(s, box):
        _call_forward(s, k, box)
    else:
        s.copy(box)


# ── calls

def _call_forward(s: Account, k: int, box: Box) -> None:
    op = box.op
    assert isinstance(op, Call)
    active = tuple(s.varied[w] for w in box.sources)
    outs = tuple(s.useful[w] for w in box.targets)
    named = s.owner.named(op.name, active, outs, s.depth > 0)
    if named.again:
        s.copy(box)
        s.records[k] = CallRecord(named.bwd, named.lens, tuple(s.at[w] for w in box.sources))
        return
    types = [subst(t, {}, dict(op.sizes)) for t in named.lens.fwd.target]
    out = s.fwd.box(Call(named.fwd, op.sizes), [s.at[w] for w in box.sources], types, (), box.span, box.reason)
    s.at.update(zip(box.targets, out, strict=False))
    s.records[k] = CallRecord(named.bwd, named.lens, out[len(box.targets):])


def call_backward(s: Account, k: int, box: Box) -> None:
    if k not in s.records:
        _rule_backward(s, box)
        return
    op, record = box.op, s.records[k]
    assert isinstance(op, Call) and isinstance(record, CallRecord)
    sources = [w for w, a in zip(box.sources, record.lens.active, strict=True) if a]
    args = [*(s.keep(w) for w in record.residual),
            *(s.accumulator(t) for t, o in zip(box.targets, record.lens.outs, strict=True) if o),
            *s.accumulators(sources)]
    out = s.back.box(Call(record.bwd, op.sizes), args, [s.net.wires[w] for w in sources], (), box.span, box.reason)
    s.absorb(sources, out, box)


def _rule_use(s: Account, box: Box) -> tuple[str, tuple[bool, ...], tuple[bool, ...]]:
    """The rule of a definition, the primed names that vary, and the results whose derivatives are wanted."""
    assert isinstance(box.op, Call)
    live = (s.varied[w] for w in box.sources if is_float(s.net.wires[w]))
    active = (*(False for _ in (*box.sources, *box.targets)), *live)
    return s.owner.custom[box.op.name], active, tuple(s.useful[w] for w in box.targets if is_float(s.net.wires[w]))


def _by_rule(s: Account, box: Box) -> bool:
    """Has the definition a rule of its own? One whose rule is just being transposed, in which it occurs in a linear
    place (checked), is transposed itself."""
    assert isinstance(box.op, Call)
    return box.op.name in s.owner.custom and not s.owner.begun(*_rule_use(s, box))


def _rule_backward(s: Account, box: Box) -> None:
    """A definition with a rule of its own: the transpose of that, in its tangents."""
    op = box.op
    assert isinstance(op, Call)
    sources = [w for w in box.sources if is_float(s.net.wires[w])]
    targets = [w for w in box.targets if is_float(s.net.wires[w])]
    named = s.owner.named(*_rule_use(s, box), True)
    primals = [s.primal(w) for w in (*box.sources, *box.targets)]
    given = [*primals, *(zero(s.back, s.net.wires[w]) for w in sources)]
    reason = f"derivative of {op.name}"
    if not named.again:
        types = [subst(t, {}, dict(op.sizes)) for t in named.lens.fwd.target]
        given = list(s.back.box(Call(named.fwd, op.sizes), given, types, (), box.span, reason)[len(targets):])
    live = [w for w in sources if s.varied[w]]
    args = [*given, *(s.accumulator(w) for w, o in zip(targets, named.lens.outs, strict=True) if o),
            *s.accumulators(live)]
    s.absorb(live, s.back.box(Call(named.bwd, op.sizes), args, s.net.type_of(live), (), box.span, reason), box)


# ── branches

def if_backward(s: Account, k: int, box: Box) -> None:
    caught = box.sources[1:]
    active = tuple(s.varied[w] for w in caught)
    outs = tuple(s.useful[t] for t in box.targets)
    arrays = tuple(a and isinstance(s.net.wires[w], Array) for w, a in zip(caught, active, strict=True))
    lenses = [s.owner.lens(n, active, outs, arrays, max(1, s.depth)) for n in box.bubbles]
    steps = [_branch(n, lens, outs) for n, lens in zip(box.bubbles, lenses, strict=True)]
    n = len(caught)
    used = sorted({i for step in steps for i in tape.used_inputs(step) if i < n})
    nets = [tape.keep_inputs(step, [*used, *range(n, len(step.inputs))]) for step in steps]
    cotangents = [s.accumulator(t) for t, o in zip(box.targets, outs, strict=True) if o]
    whole = [w for w, a in zip(caught, arrays, strict=True) if a]
    accumulators = s.accumulators(whole)
    primals = [s.primal(caught[i]) for i in used]
    out = s.back.box(IfOp(), [s.primal(box.sources[0]), *primals, *cotangents, *accumulators], nets[0].target, nets,
                     box.span, "derivative of if")
    made = [(w, a, c) for (w, a), c in zip(
        [(w, a) for w, a, on in zip(caught, arrays, active, strict=True) if on], out, strict=True)]
    s.absorb(whole, [c for _, a, c in made if a], box)
    for w, a, c in made:
        if not a:
            s.add(w, c, box)


def _branch(net: Net, lens: Lens, outs: tuple[bool, ...]) -> Net:
    """captured, B′, accumulators → A′: the branch runs again, then its backward part."""
    from catad.net.canonical import prune
    b = Builder()
    b.sizes.extend(net.sizes)
    primals = [b.input(t) for t in net.source]
    given = {k: b.input(t) for k, (t, o) in enumerate(zip(net.target, outs, strict=True)) if o}
    accumulators = [b.input(t) for t, a in zip(net.source, lens.accumulated, strict=True) if a]
    out = b.splice(lens.fwd, primals)
    cotangents = [given[k] for k, o in enumerate(lens.outs) if o]
    return prune(b.net(*b.splice(lens.bwd, [*out[len(net.outputs):], *cotangents, *accumulators])))


# ── loops

def _loop_forward(s: Account, k: int, box: Box) -> None:
    op, body = box.op, box.bubbles[0]
    assert isinstance(op, Loop)
    n, c = len(captured(box)), len(op.carries)
    active = s.owner.activity.loop(box, [s.varied[w] for w in box.sources])
    demanded = [s.useful[t] for t in box.targets]
    outs = [active[n + 1 + j] and (demanded[j] or op.carries[j].kind != "add") for j in range(c)] + demanded[c:]
    accumulated = [a and j < n for j, a in enumerate(active)]
    lens = s.owner.lens(body, active, outs, accumulated, s.depth + 1)
    step = tape.plan(body, lens, n, op, recompute=tape.recomputes(body, lens, op, n, s.depth))
    new = step.forward
    types = [*new.target[:c], *(Array(op.size, t) for t in new.target[c:])]
    ordered = tuple(Carry("state") if active[n + 1 + j] and x.kind != "add" else x for j, x in enumerate(op.carries))
    out = s.fwd.box(Loop(op.size, ordered, op.down), [s.at[w] for w in box.sources], types, [new], box.span, box.reason)
    s.at.update(zip(box.targets, out, strict=False))
    s.records[k] = LoopRecord(lens, step, out[len(box.targets):])


def loop_backward(s: Account, k: int, box: Box) -> None:
    op, record = box.op, s.records[k]
    assert isinstance(op, Loop) and isinstance(record, LoopRecord)
    lens, step = record.lens, record.step
    n, c = len(captured(box)), len(op.carries)
    finals = {j: s.accumulator(box.targets[j]) for j in range(c) if lens.outs[j]}
    invariant = [finals[j] for j in range(c) if j in finals and op.carries[j].kind == "add"]
    elements = [s.accumulator(box.targets[j]) for j in range(c, len(box.targets)) if lens.outs[j]]
    caught = [w for j, w in enumerate(box.sources[:n]) if lens.active[j]]
    states = [j for j in range(c) if lens.active[n + 1 + j] and op.carries[j].kind != "add"]
    sources = [*(s.primal(box.sources[j]) for j in step.captured), *(s.keep(w) for w in record.tapes),
               *invariant, *elements]
    inits = [*s.accumulators(caught),
             *(finals[j] if j in finals else s.final(box.targets[j]) for j in states)]
    kinds = [*("add" for _ in caught), *("state" for _ in states)]
    start = len(s.back.boxes)
    out = s.back.box(Loop(op.size, tuple(map(Carry, kinds)), not op.down if states else op.down),
                     [*sources, *inits], step.backward.target, [step.backward], box.span, "derivative of a loop")
    mark(s.back, start, box, "derivative of a loop")
    s.absorb(caught, out[:len(caught)], box)
    for j, w in zip(states, out[len(caught):], strict=True):
        s.add(box.sources[n + j], w, box)
    for j in range(c):                       # an order-free sum passes its cotangent on to what it started from
        if j in finals and op.carries[j].kind == "add":
            s.add(box.sources[n + j], finals[j], box)


