"""Rules on branches, bound sizes, guards and function bubbles.

    if true f g = f      if c f g = select c f g  when both are cheap and cannot fail      guard a = a  when checked
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catad.net.net import (
    Assert,
    BindSize,
    Box,
    Const,
    Guard,
    IfOp,
    Lambda,
    Net,
    Op,
    Prim,
    SeriesPack,
    SeriesPart,
    SizeValue,
    Wire,
)
from catad.net.sizes import type_sizes
from catad.ops import ROWS
from catad.rewrite.ranges import nonnegative, prim_can_fail, range_of
from catad.rewrite.scope import Handler, Scope
from catad.types.size import Size
from catad.types.type import Array, Fun, Type, flatten

__all__ = ["HANDLERS", "closed"]

SELECT = 16                                       # the most that both branches may cost to become selections


def branch(s: Scope, net: Net, captured: Sequence[Wire]) -> tuple[Scope, list[Wire]]:
    """A branch rebuilt."""
    child = Scope(s.run, s, "if")
    return child, child.walk(net, {w: ~c for w, c in zip(net.inputs, captured, strict=True)})


def if_box(s: Scope, box: Box, sources: Sequence[Wire], types: Sequence[Type]) -> Sequence[Wire]:
    """if true f g = f     if c f f = f     if c f g = select c f g"""
    condition, captured = sources[0], sources[1:]
    value = s.value(condition)
    if value is not None:
        chosen = box.bubbles[0 if value else 1]
        s.run.again = True
        return s.walk(chosen, dict(zip(chosen.inputs, captured, strict=True)))
    if s.settled(box.bubbles, captured) and s.adders.isdisjoint(captured):
        return s.emit(box.op, sources, types, box.bubbles, box.span, box.reason)
    negated = s.made[condition]
    bubbles = box.bubbles
    if negated is not None and type(negated.op) is Prim and negated.op.name == "not":
        condition, bubbles = negated.sources[0], (bubbles[1], bubbles[0])
    (f, then), (g, other) = (branch(s, b, captured) for b in bubbles)
    out: dict[int, Wire] = {}
    for k, (x, y) in enumerate(zip(then, other, strict=True)):
        p = f.lift(x, make=True) if f.movable(x) and g.movable(y) else None
        if p is not None and p == g.lift(y, make=True):
            out[k] = p                                                  # the same in both
    rest = [k for k in range(len(types)) if k not in out]
    if rest and s.run.selects and selectable(f, g, [types[k] for k in rest]):
        out.update(zip(rest, selections(s, condition, f, g, [(then[k], other[k]) for k in rest]), strict=True))
    elif rest:
        new = if_net(s, box, condition, f, g, [(then[k], other[k]) for k in rest], [types[k] for k in rest])
        out.update(zip(rest, new, strict=True))
    return [out[k] for k in range(len(types))]


def if_net(s: Scope, box: Box, condition: Wire, f: Scope, g: Scope, results: Sequence[tuple[Wire, Wire]],
           types: Sequence[Type]) -> Sequence[Wire]:
    """The box again, each branch with what either captures."""
    captured = list(dict.fromkeys([*f.captured, *g.captured]))
    then = f.net([f.captured[w] if w in f.captured else f.wire(s.types[w]) for w in captured], [x for x, _ in results])
    other = g.net([g.captured[w] if w in g.captured else g.wire(s.types[w]) for w in captured], [y for _, y in results])
    out = s.emit(box.op, [condition, *captured], types, [then, other], box.span, box.reason)
    s.adders.update(w for w, (x, y) in zip(out, results, strict=True) if x in f.adders and y in g.adders)
    return out


def selectable(f: Scope, g: Scope, types: Sequence[Type]) -> bool:
    """Both branches are cheap, made of scalars, and cannot fail: then choosing values is choosing branches."""
    if any(isinstance(t, Array | Fun) for t in types):
        return False
    total = 0
    for scope in (f, g):
        for box in scope.boxes:
            if type(box.op) is Prim:
                total += ROWS[box.op.name].cost
                if prim_can_fail(scope, box.op.name, box.sources) or isinstance(scope.types[box.targets[0]], Array):
                    return False
            elif type(box.op) not in (Const, SizeValue, SeriesPack, SeriesPart):
                return False
            if total > SELECT:
                return False
    return True


def selections(s: Scope, condition: Wire, f: Scope, g: Scope, results: Sequence[tuple[Wire, Wire]]) -> list[Wire]:
    """select c f g"""
    f_out, g_out = (opened(s, scope) for scope in (f, g))
    return [s.prim("select", condition, f_out[x], g_out[y]) for x, y in results]


def opened(s: Scope, child: Scope) -> dict[Wire, Wire]:
    """The boxes of a child scope, in its parent."""
    at = dict(child.outer)
    for box in child.boxes:
        types = [child.types[t] for t in box.targets]
        out = s.emit(box.op, [at[w] for w in box.sources], types, (), box.span, box.reason)
        at.update(zip(box.targets, out, strict=True))
    return at


def bind_size(s: Scope, box: Box, sources: Sequence[Wire], types: Sequence[Type]) -> Sequence[Wire]:
    """bind n = p in e  =  e[n := p]  for a polynomial p ≥ 0. Two names of one value are one."""
    op = box.op
    assert isinstance(op, BindSize)
    fixed = op.name in s.kept_sizes
    size = s.polynomial(sources[0])
    if size is not None and nonnegative(size) and not fixed:
        s.sizes[op.name] = size
        s.run.again = True
        return ()
    other = s.bound_names.setdefault((sources[0], op.clamp), op.name)
    if other != op.name and not fixed:
        s.sizes[op.name] = Size.var(other)
        return ()
    high = range_of(s, sources[0])[1]
    if high is not None:
        s.size_facts[op.name] = high
    s.local_sizes.add(op.name)
    s.append(op, tuple(sources), (), (), box.span, box.reason, ("bind", op.name))
    return ()


def guard(s: Scope, box: Box, sources: Sequence[Wire], types: Sequence[Type]) -> Sequence[Wire]:
    """Checks of equal sizes are done."""
    assert isinstance(box.op, Guard)
    checks = tuple((a, b) for a, b in dict.fromkeys(box.op.checks) if a != b)
    if not checks and all(s.types[w] == t for w, t in zip(sources, types, strict=True)):
        return sources
    return s.emit(Guard(checks), sources, types, (), box.span, box.reason)


def asserted(s: Scope, box: Box, sources: Sequence[Wire], types: Sequence[Type]) -> Sequence[Wire]:
    """assert true x = x"""
    if s.value(sources[0]) is True:
        return sources[1:]
    return s.emit(box.op, sources, types, (), box.span, box.reason)


def function(s: Scope, box: Box, sources: Sequence[Wire], types: Sequence[Type]) -> Sequence[Wire]:
    """λ: the bubble is simplified."""
    assert isinstance(box.op, Lambda)
    body = box.bubbles[0]
    child = Scope(s.run, s, "other")
    args = [child.wire(t) for t in flatten(box.op.type.arg)]
    inputs = [*(~w for w in sources), *args]
    out = child.walk(body, dict(zip(body.inputs, inputs, strict=True)))
    bubble = child.net([*child.captured.values(), *args], out)
    return s.emit(box.op, list(child.captured), types, [bubble], box.span, box.reason)


def closed(s: Scope, box: Box, sources: Sequence[Wire], types: Sequence[Type]) -> Sequence[Wire]:
    """Any other box with bubbles: each is simplified on its own."""
    bubbles = []
    for n in box.bubbles:
        child = Scope(s.run)
        inputs = [child.wire(n.wires[w]) for w in n.inputs]
        bubbles.append(child.net(inputs, child.walk(n, dict(zip(n.inputs, inputs, strict=True))), n.sizes))
    return s.emit(box.op, sources, types, bubbles, box.span, box.reason)


def protected(net: Net) -> frozenset[str]:
    """Size variables that the boundary of a net mentions: they keep their names."""
    return frozenset([*net.sizes, *(x for t in (*net.source, *net.target) for s in type_sizes(t) for x in s.variables)])


HANDLERS: Mapping[type[Op], Handler] = {
    IfOp: if_box, BindSize: bind_size, Guard: guard, Assert: asserted, Lambda: function}
