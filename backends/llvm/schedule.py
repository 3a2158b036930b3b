"""Where arrays live: the schedule of storage of a net, decided before lowering and printable.

Every array wire has a *root*, the wire whose storage holds it:

    index a i, guard a          the root of a                      a view; a row that outlives the array, a copy
    update a i v, add_at a i v  the root of a, when in place       else a copy, its own root
    loop carry                  the root of its initial value, when tied    else a copy
    if, call                    the root of a captured wire, when all branches hand that storage on
    fill                        a virtual root: never stored unless something must own it
    anything else               itself

Law: a wire is never read after its root was written. So a box may write into a root only when the scope owns
it (it was born here, or handed over) and no other wire of that root is used later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from catad.net.net import (
    Assert,
    Box,
    Call,
    Fill,
    Guard,
    IfOp,
    Loop,
    Net,
    Prim,
    Table,
    Trace,
    While,
    Wire,
)
from catad.types.type import Array

from .inlining import Inlining

__all__ = ["BoxPlan", "NetPlan", "Planner", "is_array", "plan_text", "tied"]


@dataclass(frozen=True, slots=True)
class BoxPlan:
    """`in_place`: update or add_at writes into its source. `ties[k]`: source position whose storage result k reuses.

    `copied`: a row that is read after its array was overwritten.
    `inner` are the plans of the bubbles (of the called net, for a call that is lowered in place).
    """

    in_place: bool = False
    ties: tuple[int | None, ...] = ()
    inner: tuple[NetPlan, ...] = ()
    copied: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class NetPlan:
    """One plan for each box (by position; those without arrays are absent) and the root of each array wire."""

    boxes: Mapping[int, BoxPlan]
    roots: Mapping[Wire, Wire]
    virtual: frozenset[Wire]


def is_array(net: Net, w: Wire) -> bool:
    return isinstance(net.wires[w], Array)


@dataclass(slots=True)
class Planner:
    """Plans nets of a table; each (net, owned inputs) once."""

    table: Table
    inlining: Inlining
    _known: dict[tuple[int, frozenset[int]], tuple[Net, NetPlan]] = field(default_factory=dict)
    _functions: dict[str, tuple[NetPlan, tuple[int | None, ...]]] = field(default_factory=dict)

    def plan(self, net: Net, owned: frozenset[int] = frozenset()) -> NetPlan:
        """`owned` are the positions of inputs whose storage the net may overwrite."""
        key = (id(net), owned)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = (net, _Scope(self, net, owned).run())
        return known[1]

    def function(self, name: str) -> tuple[NetPlan, tuple[int | None, ...]]:
        """The plan of a net as a function, and for each output the input whose storage it is.

        It owns just those inputs; the caller hands over what it may, and copies what it may not.
        """
        known = self._functions.get(name)
        if known is None:
            net = self.table.nets[name]
            owned = frozenset(k for k, w in enumerate(net.inputs) if is_array(net, w))
            while True:
                plan = self.plan(net, owned)
                ties = tied(net, (net,), (plan,), owned)
                if owned == {t for t in ties if t is not None}:
                    break
                owned = frozenset(t for t in ties if t is not None)
            known = self._functions[name] = (plan, ties)
        return known


class _Scope:
    """The walk over one net."""

    def __init__(self, planner: Planner, net: Net, owned: frozenset[int]) -> None:
        self.planner, self.net = planner, net
        self.last: dict[Wire, int] = {}
        self.writes: dict[Wire, int] = {}                # after which box the storage of a wire may be overwritten
        for p, b in enumerate(net.boxes):
            for w in b.sources:
                self.last[w] = p
            for w in _written(b):
                self.writes.setdefault(w, p if isinstance(b.op, Prim) else p - 1)      # a loop may read the row too
        for w in net.outputs:
            self.last[w] = len(net.boxes)
        self.roots: dict[Wire, Wire] = {}
        self.members: dict[Wire, list[Wire]] = {}
        self.owned: set[Wire] = set()
        self.virtual: set[Wire] = set()
        self.boxes: dict[int, BoxPlan] = {}
        for k, w in enumerate(net.inputs):
            if is_array(net, w):
                self.birth(w)
                if k not in owned:
                    self.owned.discard(w)

    def birth(self, w: Wire) -> None:
        self.roots[w], self.members[w] = w, [w]
        self.owned.add(w)

    def join(self, w: Wire, root: Wire) -> None:
        self.roots[w] = root
        self.members[root].append(w)

    def run(self) -> NetPlan:
        for p, b in enumerate(self.net.boxes):
            if b.bubbles or isinstance(b.op, Call) or any(is_array(self.net, t) for t in b.targets):
                self.box(p, b)
        return NetPlan(self.boxes, self.roots, frozenset(self.virtual))

    def box(self, p: int, b: Box) -> None:
        match b.op:
            case Prim("index") if self.outlives(p, b.targets[0], self.roots[b.sources[0]]):
                self.boxes[p] = BoxPlan(copied=True)
                self.birth(b.targets[0])
            case Prim("index"):
                self.join(b.targets[0], self.roots[b.sources[0]])
            case Guard():
                for s, t in zip(b.sources, b.targets, strict=True):
                    if s in self.roots:
                        self.join(t, self.roots[s])
            case Assert() | Trace() | Prim("constant"):
                for s, t in zip(b.sources[-len(b.targets):], b.targets, strict=True):
                    if s in self.roots:
                        self.join(t, self.roots[s])
            case Fill():
                self.birth(b.targets[0])
                self.owned.discard(b.targets[0])
                self.virtual.add(b.targets[0])
            case Prim("update" | "add_at") if is_array(self.net, b.sources[0]):
                self.write(p, b)
            case Loop():
                self.loop(p, b, b.op)
            case While():
                self.repeat(p, b)
            case IfOp():
                self.branches(p, b, b.sources[1:], 1, b.bubbles)
            case Call(name) if self.planner.inlining.function(name):
                _, ties = self.planner.function(name)
                mine = tuple(j if j is not None and self.alone(p, b.sources[j], b.sources) else None for j in ties)
                self.boxes[p] = BoxPlan(ties=mine)
                self.results(b, mine)
            case Call(name):
                self.branches(p, b, b.sources, 0, (self.planner.table.nets[name],))
            case _:
                for t in b.targets:
                    if is_array(self.net, t):
                        self.birth(t)

    def free(self, p: int, w: Wire) -> bool:
        """May box p overwrite the storage of w?"""
        root = self.roots[w]
        return root in self.owned and all(self.last.get(m, -1) <= p for m in self.members[root])

    def outlives(self, p: int, row: Wire, root: Wire) -> bool:
        """Is the row read after its array may be overwritten? Then a copy of the row saves one of the array."""
        if root not in self.owned or root in self.virtual:
            return False
        return any(p <= self.writes.get(m, -1) < self.last.get(row, -1) for m in self.members[root])

    def write(self, p: int, b: Box) -> None:
        a, t = b.sources[0], b.targets[0]
        in_place = self.free(p, a)
        self.boxes[p] = BoxPlan(in_place=in_place)
        if in_place:
            self.succeed(t, self.roots[a])
        else:
            self.birth(t)

    def succeed(self, t: Wire, root: Wire) -> None:
        """t is the new content of a root; the older wires are dead."""
        self.roots[t] = root
        self.members[root] = [t]

    def alone(self, p: int, w: Wire, sources: Sequence[Wire]) -> bool:
        """May box p take over the storage of w, which no other source of the box shares?"""
        root = self.roots.get(w)
        return (root is not None and self.free(p, w)
                and sum(self.roots.get(s) == root for s in sources) == 1)

    def loop(self, p: int, b: Box, op: Loop) -> None:
        k = len(op.carries)
        first = len(b.sources) - k
        body = b.bubbles[0]
        mine = frozenset(first + 1 + j for j in range(k) if is_array(self.net, b.sources[first + j]))
        inner = self.planner.plan(body, mine)
        ties = tuple(first + j if self.alone(p, b.sources[first + j], b.sources) else None for j in range(k))
        self.boxes[p] = BoxPlan(ties=ties, inner=(inner,))
        self.results(b, (*ties, *[None] * (len(b.targets) - k)))

    def repeat(self, p: int, b: Box) -> None:
        """The condition only reads the states; the body may overwrite them."""
        k = len(b.targets)
        first = len(b.sources) - k
        mine = frozenset(first + j for j in range(k) if is_array(self.net, b.sources[first + j]))
        inner = (self.planner.plan(b.bubbles[0]), self.planner.plan(b.bubbles[1], mine))
        ties = tuple(first + j if self.alone(p, b.sources[first + j], b.sources) else None for j in range(k))
        self.boxes[p] = BoxPlan(ties=ties, inner=inner)
        self.results(b, ties)

    def results(self, b: Box, ties: Sequence[int | None]) -> None:
        for t, tie in zip(b.targets, ties, strict=True):
            if is_array(self.net, t):
                if tie is None:
                    self.birth(t)
                else:
                    self.succeed(t, self.roots[b.sources[tie]])

    def branches(self, p: int, b: Box, args: Sequence[Wire], shift: int, nets: Sequence[Net]) -> None:
        """`if` and calls: storage passed in may come back as a result."""
        mine = frozenset(j for j, w in enumerate(args) if self.alone(p, w, args))
        inner: list[NetPlan] = []
        for n in nets:                                   # no comprehension: chains of `else if` are deep
            inner.append(self.planner.plan(n, mine))
        ties = tuple(None if t is None else t + shift for t in tied(nets[0], nets, inner, mine))
        self.boxes[p] = BoxPlan(ties=ties, inner=tuple(inner))
        self.results(b, ties)


def _written(b: Box) -> Sequence[Wire]:
    """The sources whose storage a box could reuse for what it changes them to."""
    match b.op:
        case Prim("update" | "add_at"):
            return b.sources[:1]
        case Loop(carries=carries):
            return b.sources[len(b.sources) - len(carries):]
        case While():
            return b.sources[len(b.sources) - len(b.targets):]
    return ()


def tied(like: Net, nets: Sequence[Net], plans: Sequence[NetPlan], mine: frozenset[int]) -> tuple[int | None, ...]:
    """For each output the owned input whose storage all the nets return as it, whole; none for two outputs."""
    ties: list[int | None] = []
    for k, w in enumerate(like.outputs):
        tie = _handed_on(k, nets, plans, mine) if is_array(like, w) else None
        ties.append(None if tie in ties else tie)
    return tuple(ties)


def _handed_on(k: int, nets: Sequence[Net], plans: Sequence[NetPlan], mine: frozenset[int]) -> int | None:
    found: set[int | None] = set()
    for n, plan in zip(nets, plans, strict=True):
        w = n.outputs[k]
        root = plan.roots[w]
        at = n.inputs.index(root) if root in n.inputs else None
        found.add(at if at in mine and n.wires[w] == n.wires[root] else None)
    return next(iter(found)) if len(found) == 1 else None


def plan_text(net: Net, plan: NetPlan, indent: str = "") -> str:
    """The decisions of a plan, one line for each box that has some."""
    lines: list[str] = []
    for p, bp in plan.boxes.items():
        b = net.boxes[p]
        what = type(b.op).__name__.lower() if not isinstance(b.op, Prim) else b.op.name
        targets = ", ".join(f"w{t}" for t in b.targets)
        if isinstance(b.op, Prim):
            lines.append(f"{indent}w{b.targets[0]} = {what} w{b.sources[0]}: {'in place' if bp.in_place else 'copies'}")
            continue
        ties = "; ".join(f"w{t} in w{b.sources[s]}" for t, s in zip(b.targets, bp.ties, strict=False) if s is not None)
        copies = "; ".join(f"w{t} own storage" for k, t in enumerate(b.targets)
                           if is_array(net, t) and (k >= len(bp.ties) or bp.ties[k] is None))
        notes = "; ".join(x for x in (ties, copies) if x)
        lines.append(f"{indent}{targets or '()'} = {what}" + (f": {notes}" if notes else ""))
        lines.extend(plan_text(n, q, indent + "  ") for n, q in zip(b.bubbles, bp.inner, strict=False)
                     if q.boxes)
    return "\n".join(lines)
