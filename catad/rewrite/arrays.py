"""Rules on arrays, rooted at one box: an index meets what made the array.

    (Fill v)[e] = v      (stack a b)[1] = b      (a with [i] = v)[i] = v      a[i][j] = a[i, j]
    (for i<n -> b)[e] = b[i := e]                when b is cheap, or used once

An index that may be out of range is left alone, so no failure is lost; each rule removes an index or moves it
nearer to the inputs, so rewriting ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catad.net.net import Box, Fill, Loop, Net, Prim, Wire
from catad.rewrite.element import cheap, element, element_can_fail, is_view
from catad.rewrite.ranges import indices_in_range
from catad.rewrite.scope import Rule, Scope, Site
from catad.rewrite.unchecked import Draft
from catad.types.type import I64, Array, Type, dims

__all__ = ["RULES"]

Wires = Sequence[Wire]


def producer(s: Scope, w: Wire) -> tuple[Scope, Wire, Box] | None:
    """Where a wire is made: scope, wire and box."""
    scope, v = s.home(w)
    box = scope.made[v]
    return None if box is None else (scope, v, box)


def is_prim(box: Box, name: str) -> bool:
    return type(box.op) is Prim and box.op.name == name


# ── index ───────────────────────────────────────────────────────────────────────────────────────────────────

def index(s: Scope, a: Wires, t: Type, site: Site) -> Wire | None:
    """What an index meets."""
    if len(a) == 1:
        return a[0]                                                                     # a[] = a
    found = producer(s, a[0])
    if found is None:
        return None
    scope, wire, box = found
    match box.op:
        case Fill():
            return index_fill(s, a, t, scope, box)
        case Loop(carries=carries) if (k := box.targets.index(wire) - len(carries)) >= 0:
            return index_loop(s, a, scope, wire, box, k)
        case Prim("index"):
            if scope is not s and of_state(scope, box.sources[0]):
                return None                                # a derivative stores the row, not the whole state
            row = [s.fetch(scope, w) for w in box.sources]
            return s.prim("index", *row, *a[1:], site=site)                              # a[i][j] = a[i, j]
        case Prim("stack"):
            return index_stack(s, a, scope, box, site)
        case Prim("update"):
            return index_update(s, a, scope, box, site)
    return None


def of_state(s: Scope, a: Wire) -> bool:
    """Is this array the state of a loop around here?"""
    scope, w = s.home(a)
    return scope.parent is not None and scope.made[w] is None and w not in scope.outer


def index_fill(s: Scope, a: Wires, t: Type, scope: Scope, box: Box) -> Wire | None:
    """(Fill v)[i] = v, or a smaller Fill"""
    if not indices_in_range(s, a[0], a[1:]):
        return None
    if isinstance(t, Array) and s.is_zero(a[0]):
        return s.zero(t)
    return s.fill(dims(t), s.fetch(scope, box.sources[0]), box.reason, box.span)


def index_stack(s: Scope, a: Wires, scope: Scope, box: Box, site: Site) -> Wire | None:
    """(stack a₀ … aₙ)[k, j] = aₖ[j], k constant"""
    k = s.value(a[1])
    if not isinstance(k, int) or not 0 <= k < len(box.sources):
        return None
    item = s.fetch(scope, box.sources[k])
    return s.prim("index", item, *a[2:], site=site) if a[2:] else item


def index_update(s: Scope, a: Wires, scope: Scope, box: Box, site: Site) -> Wire | None:
    """(a with [i] = v)[i] = v     (a with [i] = v)[j] = a[j], i ≠ j constants"""
    inner = [s.fetch(scope, w) for w in box.sources]
    if list(a[1:]) == inner[1:-1] and indices_in_range(s, a[0], a[1:]):
        return inner[-1]
    here = [s.value(w) for w in a[1:]]
    there = [s.value(w) for w in inner[1:-1]]
    if any(x is not None and y is not None and x != y for x, y in zip(here, there, strict=False)):
        return s.prim("index", inner[0], *a[1:], site=site) if indices_in_range(s, a[0], inner[1:-1]) else None
    return None


def index_loop(s: Scope, a: Wires, scope: Scope, wire: Wire, box: Box, k: int) -> Wire | None:
    """(for i<n -> b)[e] = b[i := e]"""
    once = scope is s and wire in s.single
    net = element(box, k, len(a) - 1)
    if net is None or not (once or (cheap if scope is s else is_view)(net)):
        return None
    sizes = dims(s.types[a[0]])[:len(a) - 1]
    if not indices_in_range(s, a[0], a[1:]) or element_can_fail(net, sizes, s.run.nets, s.positive):
        return None
    return inline(s, net, scope, box, a[1:])


def inline(s: Scope, net: Net, scope: Scope, box: Box, indices: Wires) -> Wire:
    """The entry at these indices, computed here; captured wires that it needs are fetched."""
    used = {w for b in net.boxes for w in b.sources}.union(net.outputs)
    captured = len(net.inputs) - len(indices)
    at = dict(zip(net.inputs[captured:], indices, strict=True))
    for j, w in enumerate(net.inputs[:captured]):
        if w in used:
            at[w] = s.fetch(scope, box.sources[j])
    return s.walk(net, at)[0]


# ── add_at, update ──────────────────────────────────────────────────────────────────────────────────────────

def add_at(s: Scope, a: Wires, t: Type, site: Site) -> Wire | None:
    """add_at a 0 = a     add_at 0 v = v     add_at a (add_at 0 [i] v) = add_at a [i] v"""
    if s.is_zero(a[-1]):
        return a[0]
    if len(a) != 2:
        return None
    if s.is_zero(a[0]) and a[0] not in s.adders:
        return a[1]
    if not isinstance(t, Array):
        return s.prim("add", *a, site=site)
    threaded = thread(s, a[0], a[1], site)
    if threaded is not None or a[0] in s.adders:
        return threaded
    return sum_of_arrays(s, a, t, site)


def thread(s: Scope, target: Wire, w: Wire, site: Site) -> Wire | None:
    """a + add_at (add_at 0 [i] v) [j] u  =  add_at (add_at a [i] v) [j] u"""
    updates: list[Box] = []
    while True:
        box = s.made[w]
        if box is None or not is_prim(box, "add_at"):
            break
        updates.append(box)
        w = box.sources[0]
    if not updates or not s.is_zero(w):
        return None
    for box in reversed(updates):
        target = s.prim("add_at", target, *box.sources[1:], site=(box.span, box.reason))
    return target


def sum_of_arrays(s: Scope, a: Wires, t: Array, site: Site) -> Wire | None:
    """a + b = for i -> a[i] + b[i], when b (or a) is collected by a loop for this use alone"""
    if not any(w in s.single for w in a) or any(w in s.adders for w in a):
        return None
    b = Draft()
    x, y, i = b.input(s.types[a[0]]), b.input(s.types[a[1]]), b.input(I64)
    xi, yi = b.prim("index", x, i), b.prim("index", y, i)
    body = b.net(b.prim("add_at" if isinstance(t.item, Array) else "add", xi, yi, span=site[0], reason=site[1]))
    box = Box(Loop(t.size, ()), tuple(a), (0,), (body,), site[0], site[1])
    s.run.again = True
    (out,) = s.run.handlers[Loop](s, box, a, [t])
    return out


def stack(s: Scope, a: Wires, t: Type, site: Site) -> Wire | None:
    """stack 0 … 0 = 0"""
    return s.zero(t) if a and all(map(s.is_zero, a)) else None


def update(s: Scope, a: Wires, t: Type, site: Site) -> Wire | None:
    """(a with [i] = v) with [i] = u  =  a with [i] = u"""
    box = s.made[a[0]]
    if box is not None and is_prim(box, "update") and box.sources[1:-1] == tuple(a[1:-1]):
        return s.prim("update", box.sources[0], *a[1:], site=site)
    return None


RULES: Mapping[str, tuple[Rule, ...]] = {
    "index": (index,), "add_at": (add_at,), "stack": (stack,), "update": (update,),
}
