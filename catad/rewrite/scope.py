"""A net under construction that simplifies as it grows: every box goes through rules and is shared.

    emit(op, sources)   =   the result of the first rule that fits,  else the box that is there already,
                            else (in a loop's body, when it cannot fail and depends on nothing of the loop) one
                            outside of the loop,  else a new box

Scopes are nested as bubbles are. A wire of an outer scope enters by `capture`, once, and on demand; constants and
sizes are copied instead. Terminates: each net is walked once, each rule calls `emit` on fewer or cheaper boxes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from catad.net.build import rename_sizes, resize_op
from catad.net.net import (
    BindSize,
    Box,
    Call,
    Const,
    Fill,
    IfOp,
    Loop,
    Net,
    Op,
    Prim,
    SeriesPack,
    SeriesPart,
    SizeValue,
    Wire,
)
from catad.net.sizes import box_sizes, type_sizes
from catad.net.zero import ZERO
from catad.rewrite.dead import SETTLED
from catad.rewrite.ranges import Range, Where, box_can_fail
from catad.rewrite.unchecked import unchecked
from catad.source import Span
from catad.types.size import Size
from catad.types.type import F64, I64, Array, Scalar, Series, Type, array, dims, leaf, subst

__all__ = ["Handler", "Rule", "Run", "Scope", "Site", "structure"]

Site = tuple["Span | None", str]
Rule = Callable[["Scope", Sequence[Wire], Type, Site], "Wire | None"]
Handler = Callable[["Scope", Box, Sequence[Wire], Sequence[Type]], Sequence[Wire]]

_SYMMETRIC = frozenset({"add", "mul", "and", "or", "band", "bor", "bxor", "eq", "ne"})
_MOVED = (Prim, Loop, IfOp, Call, SeriesPack, SeriesPart)
_FIXED = frozenset({"update", "add_at"})                   # in place where they are: never moved


@dataclass(slots=True)
class Run:
    """What all scopes of one simplification share."""

    nets: Mapping[str, Net]
    rules: Mapping[str, Sequence[Rule]]
    handlers: Mapping[type[Op], Handler]
    selects: bool = True
    first: bool = True                                     # the first round: nothing is known of where wires come from
    again: bool = False                                    # did something happen that may open a way for more?


def structure(net: Net) -> bytes:
    """A value equal for nets built alike: same boxes in the same order. (Sizes and types follow from sources.)

    A digest, computed once for each net: hashing and comparing it costs the same however deep the net is.
    """
    known = net._memo.get("rewrite.structure")
    if isinstance(known, bytes):
        return known
    boxes = [(b.op, b.sources, b.targets, b.reason == ZERO, [structure(n) for n in b.bubbles]) for b in net.boxes]
    result = blake2b(repr((net.inputs, boxes, net.outputs)).encode(), digest_size=16).digest()
    net._memo["rewrite.structure"] = result
    return result


@dataclass(slots=True, eq=False)
class Scope:
    """One net being built; `kind` says what the bubble around it is: top, loop, if or other."""

    run: Run
    parent: Scope | None = None
    kind: str = "top"
    types: list[Type] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    made: list[Box | None] = field(default_factory=list)
    outer: dict[Wire, Wire] = field(default_factory=dict)           # captured wire here → wire of the parent
    captured: dict[Wire, Wire] = field(default_factory=dict)        # and back
    homes: dict[Wire, tuple[Scope, Wire]] = field(default_factory=dict)     # captured wire here → where it comes from
    table: dict[object, tuple[Wire, ...]] = field(default_factory=dict)
    bounds: dict[Wire, Size] = field(default_factory=dict)
    ranges: dict[Wire, Range] = field(default_factory=dict)
    sizes: dict[str, Size] = field(default_factory=dict)            # size variables found out, to be replaced
    local_sizes: set[str] = field(default_factory=set)              # bound by boxes of this scope
    kept_sizes: frozenset[str] = frozenset()                        # mentioned by the boundary
    size_facts: dict[str, Size] = field(default_factory=dict)       # n ≤ p where n is positive, by name
    bound_names: dict[tuple[Wire, bool], str] = field(default_factory=dict)     # wire → the size it is, if clamped
    adders: set[Wire] = field(default_factory=set)                  # carries of a reduction, and their successors
    single: set[Wire] = field(default_factory=set)                  # collected arrays with one consumer
    positive: tuple[Size, ...] = ()                                 # sizes that are at least 1: of the loops around

    def __post_init__(self) -> None:
        if self.parent is not None:
            self.positive = self.parent.positive

    # ── wires ───────────────────────────────────────────────────────────────────────────────────────────────

    def wire(self, t: Type, box: Box | None = None) -> Wire:
        self.types.append(t)
        self.made.append(box)
        return len(self.types) - 1

    def type(self, w: Wire) -> Type:
        return self.types[w]

    def local(self, w: Wire) -> Box | None:
        """The box of this scope that makes a wire."""
        return self.made[w]

    def home(self, w: Wire) -> tuple[Scope, Wire]:
        """Where a wire comes from."""
        return self.homes.get(w) or (self, w)

    def bound(self, w: Wire) -> Size | None:
        scope, v = self.home(w)
        return scope.bounds.get(v)

    def capture(self, w: Wire) -> Wire:
        """A wire of the parent, here."""
        found = self.captured.get(w)
        if found is not None:
            return found
        assert self.parent is not None
        box = self.parent.made[w]
        if box is not None and type(box.op) in (Const, SizeValue):
            return self.emit(box.op, (), [self.parent.types[w]], (), box.span, box.reason)[0]
        new = self.wire(self.parent.types[w])
        self.outer[new] = w
        self.homes[new] = self.parent.home(w)
        self.captured[w] = new
        if self.kind == "if" and w in self.parent.adders:
            self.adders.add(new)
        return new

    def fetch(self, scope: Scope, w: Wire) -> Wire:
        """A wire of this scope or of one around it, here."""
        if scope is self:
            return w
        assert self.parent is not None
        return self.capture(self.parent.fetch(scope, w))

    def lift(self, w: Wire, make: bool = False) -> Wire | None:
        """The parent's wire of this value; constants are made there on demand."""
        if w in self.outer:
            return self.outer[w]
        box = self.made[w]
        if box is None or self.parent is None:
            return None
        if type(box.op) is Fill:
            value = self.lift(box.sources[0], make)
            sources: tuple[Wire, ...] = () if value is None else (value,)
            if value is None:
                return None
        elif type(box.op) in (Const, SizeValue):
            sources = ()
        else:
            return None
        if self.local_sizes and not self.local_sizes.isdisjoint(box_sizes(box)):
            return None
        if make:
            return self.parent.emit(box.op, sources, [self.types[w]], (), box.span, box.reason)[0]
        found = self.parent.table.get(key(box.op, sources, (), box.reason))
        return None if found is None else found[0]

    def movable(self, w: Wire) -> bool:
        """Could `lift` make it?"""
        if w in self.outer:
            return True
        box = self.made[w]
        if box is None or (self.local_sizes and not self.local_sizes.isdisjoint(box_sizes(box))):
            return False
        return type(box.op) in (Const, SizeValue) or (type(box.op) is Fill and self.movable(box.sources[0]))

    # ── boxes ───────────────────────────────────────────────────────────────────────────────────────────────

    def emit(self, op: Op, sources: Sequence[Wire], types: Sequence[Type], bubbles: Sequence[Net] = (),
             span: Span | None = None, reason: str = "") -> tuple[Wire, ...]:
        """The targets of a box: rules first, then sharing."""
        if type(op) is Prim:
            for rule in self.run.rules.get(op.name, ()):
                out = rule(self, sources, types[0], (span, reason))
                if out is not None:
                    return (out,)
        return self.share(op, tuple(sources), types, tuple(bubbles), span, reason)

    def share(self, op: Op, sources: tuple[Wire, ...], types: Sequence[Type], bubbles: tuple[Net, ...],
              span: Span | None, reason: str) -> tuple[Wire, ...]:
        """Hash-consing, here and in the scopes around; then moving out of loops."""
        label = key(op, sources, bubbles, reason)
        found = self.table.get(label)
        if found is None and self.parent is not None and (sources or bubbles) and all(map(self.movable, sources)):
            found = self.outside(op, sources, types, bubbles, span, reason)
            if found is not None:
                self.table[label] = found
        if found is not None:
            self.single.difference_update(found)
            return found
        return self.append(op, sources, types, bubbles, span, reason, label)

    def append(self, op: Op, sources: tuple[Wire, ...], types: Sequence[Type], bubbles: tuple[Net, ...],
               span: Span | None, reason: str, label: object) -> tuple[Wire, ...]:
        first = len(self.types)
        targets = tuple(range(first, first + len(types)))
        box = Box(op, sources, targets, bubbles, span, reason)
        self.types.extend(types)
        self.made.extend([box] * len(types))
        self.boxes.append(box)
        self.table[label] = targets
        if self.adders and type(op) is Prim and not self.adders.isdisjoint(sources):
            self.adders.add(first)
        return targets

    def outside(self, op: Op, sources: tuple[Wire, ...], types: Sequence[Type], bubbles: tuple[Net, ...],
                span: Span | None, reason: str) -> tuple[Wire, ...] | None:
        """The same box in an outer scope: one that is there, or one that may be moved there."""
        assert self.parent is not None
        if self.local_sizes and self.mentions_local(op, types, bubbles):
            return None
        if self.kind == "loop" and self.may_move(op, sources, types, bubbles):
            lifted = tuple(self.lift(s, make=True) for s in sources)
            out = self.parent.emit(op, [s for s in lifted if s is not None], types, bubbles, span, reason)
            return tuple(map(self.capture, out))
        found = self.exists(op, sources, bubbles, reason)
        return None if found is None else tuple(map(self.capture, found))

    def exists(self, op: Op, sources: tuple[Wire, ...], bubbles: tuple[Net, ...],
               reason: str) -> tuple[Wire, ...] | None:
        """The wires, in the parent, of an equal box there or further out."""
        assert self.parent is not None
        lifted = tuple(w for s in sources if (w := self.lift(s)) is not None)
        if len(lifted) != len(sources):
            return None
        found = self.parent.table.get(key(op, lifted, bubbles, reason))
        if found is None and self.parent.parent is not None:
            further = self.parent.exists(op, lifted, bubbles, reason)
            found = None if further is None else tuple(map(self.parent.capture, further))
        return found

    def may_move(self, op: Op, sources: tuple[Wire, ...], types: Sequence[Type], bubbles: tuple[Net, ...]) -> bool:
        """Loop-invariant code motion: only what costs something, cannot fail, and is not updated in place."""
        if not isinstance(op, _MOVED) or (isinstance(op, Prim) and op.name in _FIXED):
            return False
        assert self.parent is not None
        before = Where(self, self.parent.positive)         # it is not known whether there will be a trip
        return not box_can_fail(before, Box(op, sources, (), bubbles), self.run.nets)

    def mentions_local(self, op: Op, types: Sequence[Type], bubbles: tuple[Net, ...]) -> bool:
        mentioned = {*box_sizes(Box(op, (), (), bubbles)),
                     *(x for t in types for s in type_sizes(t) for x in s.variables)}
        return not self.local_sizes.isdisjoint(mentioned)

    # ── walking a net ───────────────────────────────────────────────────────────────────────────────────────

    def walk(self, net: Net, at: dict[Wire, Wire]) -> list[Wire]:
        """Copy a net here; `at` gives wires of this scope for its inputs, or ~w for a wire w of the parent."""
        handlers = self.run.handlers
        uses = use_counts(net)
        for box in net.boxes:
            first = len(self.types)
            sources = [at[s] for s in box.sources]
            for k, s in enumerate(sources):
                if s < 0:
                    sources[k] = at[box.sources[k]] = self.capture(~s)
            types: Sequence[Type] = [net.wires[t] for t in box.targets]
            if self.sizes:
                box, types = self.resized(box, types)
            handler = handlers.get(type(box.op))
            if handler is not None:
                out = handler(self, box, sources, types)
            else:
                out = self.emit(box.op, sources, types, box.bubbles, box.span, box.reason)
            for t, w in zip(box.targets, out, strict=True):
                at[t] = w
            if type(box.op) is Loop:
                k = len(box.op.carries)
                self.single.update(w for t, w in zip(box.targets[k:], out[k:], strict=True)
                                   if w >= first and uses[t] == 1)
        return [self.capture(~w) if (w := at[o]) < 0 else w for o in net.outputs]

    def resized(self, box: Box, types: Sequence[Type]) -> tuple[Box, Sequence[Type]]:
        bubbles = tuple(rename_sizes(n, self.sizes) for n in box.bubbles)
        op = box.op if isinstance(box.op, BindSize) else resize_op(box.op, self.sizes)
        return (Box(op, box.sources, box.targets, bubbles, box.span, box.reason),
                [subst(t, {}, self.sizes) for t in types])

    def net(self, inputs: Sequence[Wire], outputs: Sequence[Wire], sizes: tuple[str, ...] = ()) -> Net:
        net = unchecked(self.types, self.boxes, inputs, outputs, sizes)
        net._memo[SETTLED] = self.run.selects
        return net

    def fact(self, size: Size) -> Size:
        """An upper bound of a size where it is positive: p for n = max(0, p)."""
        name = size.variable
        scope: Scope | None = self
        while name is not None and scope is not None:
            if name in scope.size_facts:
                return scope.size_facts[name]
            scope = scope.parent
        return size

    def settled(self, bubbles: Sequence[Net], captured: Sequence[Wire]) -> bool:
        """Were the bubbles rebuilt before, with as much known of what they capture?"""
        if any(b._memo.get(SETTLED) is not self.run.selects for b in bubbles) or len(set(captured)) < len(captured):
            return False
        for w in captured:
            scope, v = self.home(w)
            box = scope.made[v]
            if box is not None and (type(box.op) in (Const, SizeValue, Fill) or (
                    self.run.first and isinstance(self.types[w], Array))):
                return False
        return True

    # ── what rules ask and make ─────────────────────────────────────────────────────────────────────────────

    def prim(self, name: str, *sources: Wire, site: Site = (None, "")) -> Wire:
        from catad.ops import row
        t = row(name).result([self.types[s] for s in sources])
        return self.emit(Prim(name), sources, [t], (), *site)[0]

    def const(self, value: float | int | bool, t: Scalar = F64, site: Site = (None, "")) -> Wire:
        return self.emit(Const(value, t), (), [t], (), site[0], "")[0]

    def value(self, w: Wire) -> float | int | bool | None:
        """The value of a constant wire."""
        box = self.made[w]
        return box.op.value if box is not None and type(box.op) is Const else None

    def polynomial(self, w: Wire) -> Size | None:
        """The size that an i64 wire is, when it is one."""
        box = self.made[w]
        if box is None:
            return None
        if type(box.op) is SizeValue:
            return box.op.size
        return Size.of(int(box.op.value)) if type(box.op) is Const and box.op.type == I64 else None

    def is_zero(self, w: Wire) -> bool:
        """Is it a structural zero?"""
        scope, v = self.home(w)
        box = scope.made[v]
        if box is None or type(box.op) not in (Const, Fill, SeriesPack):
            return False
        return box.reason == ZERO or (type(box.op) is not Const and all(map(scope.is_zero, box.sources)))

    def zero(self, t: Type) -> Wire:
        """The structural zero of a type."""
        base = leaf(t)
        levels: list[Series] = []
        while isinstance(base, Series):
            levels.append(base)
            base = leaf(base.item)
        assert isinstance(base, Scalar)
        zero = 0 if base == I64 else False if base.name == "bool" else 0.0
        w = self.emit(Const(zero, base), (), [base], (), None, ZERO)[0]
        for s in reversed(levels):
            w = self.emit(SeriesPack(s.order), [w], [s], (), None, ZERO)[0]
        return self.fill(dims(t), w, ZERO)

    def fill(self, sizes: tuple[Size, ...], w: Wire, reason: str = "", span: Span | None = None) -> Wire:
        if not sizes:
            return w
        return self.emit(Fill(sizes), [w], [array(sizes, self.types[w])], (), span, reason)[0]


def use_counts(net: Net) -> list[int]:
    """How many consumers each wire has; nothing for a net without loops."""
    if not any(type(b.op) is Loop for b in net.boxes):
        return []
    uses = [0] * len(net.wires)
    for b in net.boxes:
        for w in b.sources:
            uses[w] += 1
    for w in net.outputs:
        uses[w] += 1
    return uses


def key(op: Op, sources: tuple[Wire, ...], bubbles: tuple[Net, ...], reason: str) -> object:
    """What makes two boxes one."""
    if type(op) is Prim:
        return (op.name, sources if len(sources) != 2 or op.name not in _SYMMETRIC or sources[0] <= sources[1]
                else (sources[1], sources[0]))
    zero = reason == ZERO
    return (op, sources, zero, *map(structure, bubbles)) if bubbles else (op, sources, zero)
