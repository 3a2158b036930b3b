"""Rules on loops.

    a carry that its body returns unchanged is its initial value          a collected invariant is a Fill
    (for i<n -> a[i]) = a,  a : [n]t                                        a loop of one trip is its body
    an "add" carry into which trip i adds at [i, …] only, is collected:

        fold a (i, acc -> add_at acc [i] v)   =   for i -> a[i] + v
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catad.net.net import Box, Carry, Const, Fill, Loop, Net, Prim, Wire
from catad.rewrite.ranges import indices_in_range
from catad.rewrite.rows import row_view
from catad.rewrite.scope import Scope
from catad.rewrite.unchecked import Draft
from catad.types.size import Size
from catad.types.type import I64, Array, Type

__all__ = ["loop_box"]


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """A loop box taken apart; `finals` and `collected` say which target of the original box each result is."""

    op: Loop
    body: Net
    captured: list[Wire]
    inits: list[Wire]
    finals: list[int]
    collected: list[int]


def loop_box(s: Scope, box: Box, sources: Sequence[Wire], types: Sequence[Type]) -> Sequence[Wire]:
    """A loop, rebuilt."""
    op = box.op
    assert isinstance(op, Loop)
    k = len(op.carries)
    c = len(sources) - k
    if op.size.constant != 1 and s.settled(box.bubbles, sources[:c]):
        return again(s, box, sources, types)
    parts = Parts(op, box.bubbles[0], list(sources[:c]), list(sources[c:]), list(range(k)), list(range(k, len(types))))
    parts = collect_accumulators(s, parts)
    if op.size.constant == 1:
        return one_trip(s, parts, types)
    out: dict[int, Wire] = {}
    twins: dict[int, int] = {}
    child, i, inits, carries, results = rebuild(s, parts, out, twins)
    elements = dict(zip(parts.collected, results[len(results) - len(parts.collected):], strict=True))
    kept: dict[Wire, int] = {}                                        # element → the target that stands for it
    for t, w in elements.items():
        array = invariant(s, child, op.size, w, i, types[t])
        if array is not None:
            out[t] = array
        else:
            kept.setdefault(w, t)
    finals = [(t, results[j]) for j, t in enumerate(parts.finals) if t not in out and t not in twins]
    finish(s, box, parts.op, child, i, inits, carries, finals, kept, types, out)
    for t, w in elements.items():
        if t not in out:
            out[t] = out[kept[w]]
    out.update({t: out[u] for t, u in twins.items()})
    return [out[t] for t in range(len(types))]


def again(s: Scope, box: Box, sources: Sequence[Wire], types: Sequence[Type]) -> Sequence[Wire]:
    """A loop whose body is as simple as it gets."""
    out = s.emit(box.op, sources, types, box.bubbles, box.span, box.reason)
    for init, w in zip(sources[len(sources) - len(box.op.carries):] if isinstance(box.op, Loop) else (), out,
                       strict=False):
        if init in s.adders:
            s.adders.add(w)
    return out


def rebuild(s: Scope, parts: Parts, out: dict[int, Wire],
            twins: dict[int, int]) -> tuple[Scope, Wire, list[tuple[Carry, Wire]], list[Wire], list[Wire]]:
    """The body in a scope of its own; carries that it returns unchanged are gone, their finals in `out`, and
    those that are always equal to another (`twins`, by target)."""
    op, body = parts.op, parts.body
    c = len(parts.captured)
    child = Scope(s.run, s, "loop")
    i = child.wire(I64)
    child.bounds[i] = op.size
    child.positive = tuple(dict.fromkeys((*s.positive, op.size)))
    fact = s.fact(op.size)
    if fact is not op.size:
        child.ranges[i] = Size.of(0), fact - 1
    at: dict[Wire, Wire] = {w: ~x for w, x in zip(body.inputs, parts.captured, strict=False)}
    at[body.inputs[c]] = i
    inits: list[tuple[Carry, Wire]] = []
    carries: list[Wire] = []
    kept: list[int] = []
    for j, (w, init) in enumerate(zip(body.inputs[c + 1:], parts.inits, strict=True)):
        if body.outputs[j] == w:
            at[w] = ~init
            out[parts.finals[j]] = init
            s.run.again = True
            continue
        twin = next((x for x in range(j) if parts.inits[x] == init and op.carries[x] == op.carries[j] and x in kept
                     and alike(body, body.outputs[x], body.outputs[j], {body.inputs[c + 1 + x]: w})), None)
        if twin is not None:
            at[w] = at[body.inputs[c + 1 + twin]]
            twins[parts.finals[j]] = parts.finals[twin]
            continue
        kept.append(j)
        at[w] = child.wire(body.wires[w])
        inits.append((op.carries[j], init))
        carries.append(at[w])
        if op.carries[j].kind != "state":
            child.adders.add(at[w])
    return child, i, inits, carries, child.walk(body, at)


def producers(net: Net) -> Mapping[Wire, Box]:
    """The boxes that make the wires of a net."""
    known = net._memo.get("rewrite.made")
    if not isinstance(known, dict):
        known = net._memo["rewrite.made"] = {t: box for box in net.boxes for t in box.targets}
    return known


def alike(net: Net, x: Wire, y: Wire, same: Mapping[Wire, Wire], depth: int = 3) -> bool:
    """Are two wires equal if those of `same` are? Looks a few boxes deep."""
    if x == y or same.get(x) == y:
        return True
    a, b = producers(net).get(x), producers(net).get(y)
    if a is None or b is None or not depth or a.op != b.op or a.bubbles or len(a.sources) != len(b.sources):
        return False
    return all(alike(net, p, q, same, depth - 1) for p, q in zip(a.sources, b.sources, strict=True))


def finish(s: Scope, box: Box, op: Loop, child: Scope, i: Wire, inits: Sequence[tuple[Carry, Wire]],
           carries: Sequence[Wire], finals: Sequence[tuple[int, Wire]], kept: dict[Wire, int], types: Sequence[Type],
           out: dict[int, Wire]) -> None:
    """The new box, its targets in `out`."""
    if not finals and not kept:
        return
    bubble = child.net([*child.captured.values(), i, *carries], [*(w for _, w in finals), *kept])
    ordered = any(c.kind == "state" for c, _ in inits)
    new = Loop(op.size, tuple(c for c, _ in inits), op.down and ordered)
    targets = [*(t for t, _ in finals), *kept.values()]
    made = s.emit(new, [*child.captured, *(w for _, w in inits)], [types[t] for t in targets], [bubble], box.span,
                  box.reason)
    out.update(zip(targets, made, strict=True))
    for (_, init), w in zip(inits, made, strict=False):
        if init in s.adders:
            s.adders.add(w)


def one_trip(s: Scope, parts: Parts, types: Sequence[Type]) -> Sequence[Wire]:
    """for i<1 -> b  =  [b[i := 0]]"""
    body = parts.body
    args = [*parts.captured, s.const(0, I64), *parts.inits]
    results = s.walk(body, dict(zip(body.inputs, args, strict=True)))
    out = dict(zip(parts.finals, results, strict=False))
    for t, w in zip(parts.collected, results[len(parts.inits):], strict=True):
        out[t] = s.prim("stack", w)
    s.run.again = True
    return [out[t] for t in range(len(types))]


# ── what is collected ───────────────────────────────────────────────────────────────────────────────────────

def invariant(s: Scope, child: Scope, size: Size, w: Wire, i: Wire, t: Type) -> Wire | None:
    """for i<n -> v = Fill v     for i<n -> a[i] = a"""
    box = child.made[w]
    if box is not None and type(box.op) is Prim and box.op.name == "index":
        return whole(s, child, size, box, i, t)
    if not child.movable(w):
        return None
    if not isinstance(child.types[w], Array):
        value = child.lift(w, make=True)
        return None if value is None else filled(s, (size,), value)
    home, v = child.home(w)
    made = home.made[v]
    if made is None or type(made.op) is not Fill:
        return None
    value = child.lift(made.sources[0], make=True) if home is child else s.fetch(home, made.sources[0])
    if value is None:
        return None
    return s.zero(t) if child.is_zero(w) else filled(s, (size, *made.op.sizes), value)


def filled(s: Scope, sizes: tuple[Size, ...], value: Wire) -> Wire:
    box = s.made[value]
    zero = box is not None and type(box.op) is Const and s.is_zero(value)
    return s.fill(sizes, value, "zero" if zero else "")


def whole(s: Scope, child: Scope, size: Size, box: Box, i: Wire, t: Type) -> Wire | None:
    """for i<n -> a[k, i] = a[k]"""
    array, *indices = box.sources
    if not indices or indices[-1] != i or array not in child.outer:
        return None
    if i in indices[:-1] or not all(map(child.movable, indices[:-1])):
        return None
    source = child.outer[array]
    before = [w for x in indices[:-1] if (w := child.lift(x, make=True)) is not None]
    u = s.types[source]
    for _ in before:
        assert isinstance(u, Array)
        u = u.item
    if u != t or not indices_in_range(s, source, before):
        return None
    return s.prim("index", source, *before) if before else source


# ── accumulators ────────────────────────────────────────────────────────────────────────────────────────────

def collect_accumulators(s: Scope, parts: Parts) -> Parts:
    """Every "add" carry of array type that trip i changes in row i only becomes a collected result.

    Not when it accumulates into a carry of a loop further out: there it is in place. Removes a carry; terminates.
    """
    j = 0
    while j < len(parts.inits):
        new = collect(parts, j) if candidate(s, parts, j) else None
        if new is None:
            j += 1
        else:
            parts = new
    return parts


def candidate(s: Scope, parts: Parts, j: int) -> bool:
    init = parts.inits[j]
    t = s.types[init]
    return (parts.op.carries[j].kind == "add" and isinstance(t, Array) and t.size == parts.op.size
            and init not in s.adders)


def collect(parts: Parts, j: int) -> Parts | None:
    """fold a (i, acc -> body)  =  for i -> body[acc := a[i]], seen through row i"""
    body, c = parts.body, len(parts.captured)
    view = row_view(body, body.inputs[c + 1 + j], body.inputs[c])
    if view is None or view[1] != frozenset([j]):
        return None
    b = Draft()
    args = [b.input(body.wires[w]) for w in body.inputs[:c]]
    init = b.input(body.wires[body.inputs[c + 1 + j]])
    i = b.input(I64)
    carried = [i if x == j else b.input(body.wires[w]) for x, w in enumerate(body.inputs[c + 1:])]
    carried[j] = b.prim("index", init, i)
    out = b.splice(view[0], [*args, i, *carried])
    new = b.net(*(w for x, w in enumerate(out) if x != j), out[j])
    op = Loop(parts.op.size, tuple(x for y, x in enumerate(parts.op.carries) if y != j), parts.op.down)
    return Parts(op, new, [*parts.captured, parts.inits[j]], [w for x, w in enumerate(parts.inits) if x != j],
                 [t for x, t in enumerate(parts.finals) if x != j], [*parts.collected, parts.finals[j]])
