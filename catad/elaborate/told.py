"""The comparisons of sizes on the way to an array, where only its size is used.

    length (if b then x else guard [m = n] y)   ↦   assert t n   where  t = if b then true else guard [m = n] true

A size is a name and no wire, so the array that a check belongs to may be dead while the size that it vouches for is
used. Then a truth value takes its place: the boxes that lead to the array, followed backwards, with `true` for arrays.
Nothing is made where nothing was to be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from catad.elaborate.scope import Scope
from catad.net.build import Builder
from catad.net.net import Assert, Box, Call, Carry, Guard, IfOp, Lambda, Loop, Net, Prim, While, Wire
from catad.net.sizes import box_sizes
from catad.types.type import BOOL, Array, type_sizes

__all__ = ["sized_only", "told"]

Outer = Callable[[Wire], "Wire | None"]                       # what is known of an input: a truth value, or nothing


class Nets(Protocol):
    """Where nets are kept."""

    nets: dict[str, Net]


def sized_only(net: Net, k: int, nets: Mapping[str, Net]) -> bool:
    """Does the net use a size of its k-th input, an array, and perhaps nothing else of it?"""
    w = net.inputs[k]
    if _needs(net, w, nets):
        return False
    own = {x for s in type_sizes(net.wires[w]) for x in s.variables}
    used = {x for b in net.boxes for x in box_sizes(b)}
    used |= {x for t in net.target for s in type_sizes(t) for x in s.variables}
    return bool(own & used)


def _needs(net: Net, w: Wire, nets: Mapping[str, Net]) -> bool:
    """Is the value of an input surely used?"""
    known = net._memo.get(f"elaborate.needs {w}")
    if not isinstance(known, bool):
        known = net._memo[f"elaborate.needs {w}"] = _used(net, w, nets)
    return known


def _used(net: Net, w: Wire, nets: Mapping[str, Net]) -> bool:
    if w in net.outputs:
        return True
    for box in net.boxes:
        for k, source in enumerate(box.sources):
            if source != w:
                continue
            match box.op:
                case Call(name):
                    inner = [(nets[name], k)]
                case IfOp() if k:
                    inner = [(b, k - 1) for b in box.bubbles]
                case Lambda():
                    inner = [(box.bubbles[0], k)]
                case Loop(carries=carries) if k < len(box.sources) - len(carries):
                    inner = [(box.bubbles[0], k)]
                case _:
                    return True
            if all(_needs(n, n.inputs[j], nets) for n, j in inner):
                return True
    return False


def told(s: Scope, w: Wire, owner: Nets) -> Wire | None:
    """A wire that is true once the comparisons on the way to an array were made; None if there are none."""
    def outer(inner: Wire) -> Wire | None:
        found = next((o for o, i in s.captures if i == inner), None)
        if found is None or s.parent is None:
            return None
        t = told(s.parent, found, owner)
        return None if t is None else s.capture(t)
    return _Told(s.b, owner, outer).of(w)


class _Told:
    """Follows the wires of one net that is being built."""

    def __init__(self, b: Builder, owner: Nets, outer: Outer) -> None:
        self.b, self.owner, self.outer = b, owner, outer
        self.made = {t: box for box in b.boxes for t in box.targets}
        self.known: dict[Wire, Wire | None] = {}

    def of(self, w: Wire) -> Wire | None:
        if not isinstance(self.b.type(w), Array):
            return None
        if w not in self.known:
            box = self.made.get(w)
            self.known[w] = self.outer(w) if box is None else self._box(box, box.targets.index(w))
        return self.known[w]

    def all(self, wires: Sequence[Wire]) -> Wire | None:
        found = [t for w in wires if (t := self.of(w)) is not None]
        if not found:
            return None
        whole = found[0]
        for t in found[1:]:
            whole = self.b.prim("and", whole, t)
        return whole

    def true(self) -> Wire:
        return self.b.const(True, BOOL)

    def _box(self, box: Box, k: int) -> Wire | None:
        match box.op:
            case Guard():
                before = self.of(box.sources[k])
                return self.b.box(box.op, [self.true() if before is None else before], [BOOL], (), box.span)[0]
            case Prim():
                return self.all(box.sources)
            case Assert():
                return self.of(box.sources[1])
            case While():
                return self.of(box.sources[len(box.sources) - len(box.targets) + k])
            case IfOp():
                return self._if(box, k)
            case Loop():
                return self._loop(box, box.op, k)
            case Call():
                return self._call(box, box.op, k)
        return None

    def _before(self, wires: Sequence[Wire]) -> dict[int, Wire]:
        """What is known of the wires that enter a bubble, by place."""
        return {j: t for j, w in enumerate(wires) if (t := self.of(w)) is not None}

    def _if(self, box: Box, k: int) -> Wire | None:
        before = self._before(box.sources[1:])
        inner = [_Inner(self.owner, net, before) for net in box.bubbles]
        found = [i.told.of(i.outputs[k]) for i in inner]
        if found == [None, None]:
            return None
        nets = [i.net(i.told.true() if t is None else t) for i, t in zip(inner, found, strict=True)]
        return self.b.box(box.op, [*box.sources, *before.values()], [BOOL], nets, box.span)[0]

    def _loop(self, box: Box, op: Loop, k: int) -> Wire | None:
        """All trips make their comparisons."""
        n = len(op.carries)
        c = len(box.sources) - n
        start = self.of(box.sources[c + k]) if k < n else None
        before = self._before(box.sources[:c])
        inner = _Inner(self.owner, box.bubbles[0], before, c)
        each = inner.told.of(inner.outputs[k])
        if each is None:
            return start
        so_far = inner.b.input(BOOL)
        body = inner.net(*inner.outputs[:n], inner.b.prim("and", so_far, each))
        sources = [*box.sources[:c], *before.values(), *box.sources[c:], self.true() if start is None else start]
        types = [*(self.b.type(w) for w in box.targets[:n]), BOOL]
        new = Loop(op.size, (*op.carries, Carry("and")), op.down)
        return self.b.box(new, sources, types, [body], box.span)[-1]

    def _call(self, box: Box, op: Call, k: int) -> Wire | None:
        before = self._before(box.sources)
        name = f"{op.name}#told{k}" + "".join(f",{j}" for j in before)
        net = self.owner.nets[op.name]
        if net._memo.get(name):                            # nothing was found before
            return None
        if name not in self.owner.nets:
            inner = _Inner(self.owner, net, before)
            found = inner.told.of(inner.outputs[k])
            if found is None:
                net._memo[name] = True
                return None
            inner.b.sizes.extend(net.sizes)
            self.owner.nets[name] = inner.net(found)
        return self.b.box(Call(name, op.sizes), [*box.sources, *before.values()], [BOOL], (), box.span)[0]


class _Inner:
    """A copy of a net, with further inputs after the first `count`: what is known of some of them."""

    def __init__(self, owner: Nets, net: Net, before: Mapping[int, Wire], count: int | None = None) -> None:
        self.b = Builder()
        count = len(net.inputs) if count is None else count
        args = [self.b.input(t) for t in net.source[:count]]
        known = {args[j]: self.b.input(BOOL) for j in before}
        args += [self.b.input(t) for t in net.source[count:]]
        self.outputs = self.b.splice(net, args)
        self.told = _Told(self.b, owner, known.get)

    def net(self, *outputs: Wire) -> Net:
        return self.b.net(*outputs)
