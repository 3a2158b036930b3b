"""Loops and branches that become one: of the same size, with no way from one to the other but row i to trip i.

    a = for i -> f i ;  b = for i -> g a[i]        =   a, b = for i -> (let r = f i in (r, g r))        vertical
    if c f g ;  if c f' g'                         =   if c (f, f') (g, g')
    s = sum (for i -> f x[i]) ;  t = for i -> g x[i]   =   one loop that reads x[i] once                 horizontal
    add_at a (final of a loop from 0)              =   final of the loop from a                         threading

A wall between two loops is a path of boxes from the first to the second; merging must not close such a path to a
circle. Each merge removes a loop, each threading a sum of arrays, so fusion ends. A merged net is put in order again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from catad.net.net import BindSize, Box, Fill, IfOp, Loop, Net, Prim, Wire
from catad.net.zero import ZERO
from catad.rewrite.cost import has_transcendental
from catad.rewrite.dead import mentioned_by
from catad.rewrite.merge import collected_into, in_order, merged, merged_branches, rows_read
from catad.rewrite.rows import row_view
from catad.rewrite.unchecked import Draft
from catad.types.type import Array

__all__ = ["fuse"]

MERGES = 64                              # merges and threadings in one net in one pass: keeps a pass linear
WIDTH = 8                                # groups that a box may try to join
LARGEST = 400                            # boxes of a merged body


def fuse(net: Net) -> Net:
    """The net with loops merged and threaded, in bubbles first; the same object when nothing fits."""
    return _fuse(net, ())


def _fuse(net: Net, adders: Sequence[int]) -> Net:
    """`adders` are the inputs that are "add" carries of array type of the loop around."""
    label = f"rewrite.fused.{','.join(map(str, adders))}"
    if label in net._memo:
        return net
    boxes = [_inner(b, net) for b in net.boxes]
    inner = any(a is not b for a, b in zip(boxes, net.boxes, strict=True))
    plan = Plan(net, list(boxes), {net.inputs[k] for k in adders})
    threaded, merged_ = plan.thread_all(), plan.merge_all()
    if threaded or merged_:
        new = plan.net_in_order()
        if new is not None:
            return new
    if not inner:
        net._memo[label] = True
        return net
    b = Draft()
    b.sizes.extend(net.sizes)
    at = {w: b.input(net.wires[w]) for w in net.inputs}
    for box in boxes:
        out = b.box(box.op, [at[s] for s in box.sources], net.type_of(box.targets), box.bubbles, box.span, box.reason)
        at.update(zip(box.targets, out, strict=True))
    return b.net(*(at[w] for w in net.outputs))


def _inner(box: Box, net: Net) -> Box:
    """The box with its bubbles fused."""
    if not box.bubbles:
        return box
    adders: list[int] = []
    if isinstance(box.op, Loop):
        c = len(box.sources) - len(box.op.carries)
        adders = [c + 1 + j for j, x in enumerate(box.op.carries)
                  if x.kind == "add" and isinstance(net.wires[box.sources[c + j]], Array)]
    bubbles = tuple(_fuse(b, adders) for b in box.bubbles)
    if all(a is b for a, b in zip(bubbles, box.bubbles, strict=True)):
        return box
    return Box(box.op, box.sources, box.targets, bubbles, box.span, box.reason)


@dataclass(eq=False, slots=True)
class Plan:
    """The boxes of a net, some of them in groups that will be one box; `before` is what each depends on.

    A group is a list of loops, by position; bit p of a mask stands for the loop (or group) that began at position p.
    """

    net: Net
    boxes: list[Box]
    adders: set[Wire]
    made: list[int] = field(default_factory=list)                    # the box that makes a wire, or -1
    before: list[int] = field(default_factory=list)
    group: dict[int, int] = field(default_factory=dict)              # loop → first loop of its group
    members: dict[int, list[int]] = field(default_factory=dict)
    binders: dict[str, int] = field(default_factory=dict)            # size → the box that binds it
    rename: dict[Wire, Wire] = field(default_factory=dict)
    left: int = MERGES

    def __post_init__(self) -> None:
        self.made = [-1] * len(self.net.wires)
        bit: list[int] = []
        for p, box in enumerate(self.boxes):
            for t in box.targets:
                self.made[t] = p
            mask = 0
            for q in (*self.binders_of(box), *(self.made[s] for s in box.sources)):
                if q >= 0:
                    mask |= self.before[q] | bit[q]
            if isinstance(box.op, BindSize):
                self.binders[box.op.name] = p
            self.before.append(mask)
            bit.append(1 << p if isinstance(box.op, Loop | IfOp) else 0)
            if isinstance(box.op, Loop | IfOp):
                self.group[p] = p
                self.members[p] = [p]
            self._accumulates(box)

    def _accumulates(self, box: Box) -> None:
        """Follow the "add" carries of the loop around."""
        if self.adders.isdisjoint(box.sources):
            return
        match box.op:
            case Prim("add_at") if box.sources[0] in self.adders:
                self.adders.add(box.targets[0])
            case Loop(carries=carries):
                c = len(box.sources) - len(carries)
                self.adders.update(t for t, s in zip(box.targets, box.sources[c:], strict=False) if s in self.adders)
            case IfOp():
                self.adders.update(t for t in box.targets if isinstance(self.net.wires[t], Array))

    def binders_of(self, box: Box) -> list[int]:
        """The boxes that bind the sizes that this one mentions."""
        if not self.binders:
            return []
        return [self.binders[x] for x in sorted(mentioned_by(self.net, box)) if x in self.binders]

    def of(self, wire: Wire) -> int:
        """The mask of the loop that makes a wire, itself and what it depends on."""
        p = self.made[wire]
        if p < 0:
            return 0
        return self.before[p] | (1 << self.group[p] if p in self.group else 0)

    def add_before(self, p: int, mask: int) -> None:
        """The group of loop p now depends on `mask` too, and so does all that depends on it."""
        bit = 1 << p
        for q in range(len(self.boxes)):
            if self.before[q] & bit or self.group.get(q) == p:
                self.before[q] |= mask

    # ── threading ───────────────────────────────────────────────────────────────────────────────────────────

    def thread_all(self) -> bool:
        done = False
        if not self.members:
            return False
        uses = self._uses()
        for p, box in enumerate(self.boxes):
            if self.left and isinstance(box.op, Prim) and box.op.name == "add_at" and len(box.sources) == 2:
                done |= self._thread(p, box, uses)
        return done

    def _uses(self) -> list[int]:
        uses = [0] * len(self.net.wires)
        for w in (*self.net.outputs, *(s for b in self.boxes for s in b.sources)):
            uses[w] += 1
        return uses

    def _thread(self, p: int, box: Box, uses: Sequence[int]) -> bool:
        """a + (final of a loop from 0)  =  the final from a;  likewise for what it collects, a being in place"""
        a, w = map(self._now, box.sources)
        q = self.made[w]
        if q < 0 or uses[w] != 1 or not isinstance(loop := self.boxes[q].op, Loop):
            return False
        if self.of(a) >> q & 1:
            return False
        j = self.boxes[q].targets.index(w)
        if j < len(loop.carries):
            new = self._final_from(self.boxes[q], loop, j, a)
        elif a in self.adders and isinstance(self.net.wires[w], Array):
            new = collected_into(self.net, self.boxes[q], loop, j, a)
        else:
            new = None
        if new is None:
            return False
        self.boxes[q] = new
        self.rename[box.targets[0]] = w
        if a in self.adders:
            self.adders.add(w)
        self.boxes[p] = Box(box.op, (), ())
        self.add_before(q, self.of(a))
        self.left -= 1
        return True

    def _final_from(self, box: Box, op: Loop, j: int, a: Wire) -> Box | None:
        k = len(op.carries)
        init = box.sources[len(box.sources) - k + j]
        if op.carries[j].kind != "add" or not self._zero(init):
            return None
        sources = list(box.sources)
        sources[len(sources) - k + j] = a
        return Box(op, tuple(sources), box.targets, box.bubbles, box.span, box.reason)

    def _zero(self, w: Wire) -> bool:
        """A structural zero array, made here."""
        p = self.made[w]
        if p < 0 or not isinstance(self.boxes[p].op, Fill):
            return False
        value = self.made[self.boxes[p].sources[0]]
        return self.boxes[p].reason == ZERO or (value >= 0 and self.boxes[value].reason == ZERO)

    # ── merging ─────────────────────────────────────────────────────────────────────────────────────────────

    def merge_all(self) -> bool:
        """Loops of one size, branches on one condition: each joins the first group that it can."""
        done = False
        groups: dict[object, list[int]] = {}
        for p in sorted(self.members):
            box = self.boxes[p]
            label = box.op.size if isinstance(box.op, Loop) else self._now(box.sources[0])
            candidates = groups.setdefault(label, [])
            joined = any(self.left and self._join(first, p) for first in candidates[:WIDTH])
            if not joined:
                candidates.append(p)
            done |= joined
        return done

    def _join(self, first: int, p: int) -> bool:
        """Box p joins the group, if nothing is in the way and there is something to gain."""
        box = self.boxes[p]
        group = self.members[first]
        outs = {t for q in group for t in self.boxes[q].targets}
        direct = {s for s in box.sources if s in outs}
        mask = 0
        for s in box.sources:
            mask |= self.before[self.made[s]] if s in direct else self.of(self._now(s))
        for q in self.binders_of(box):
            mask |= self.before[q]
        if mask >> first & 1:
            return False
        if isinstance(box.op, Loop) and not (
                self._gain(group, box, direct) and all(self._row(s, box) for s in direct)):
            return False
        if sum(len(n.boxes) for q in (*group, p) for n in self.boxes[q].bubbles) > LARGEST:
            return False
        self._enter(first, p, mask)
        return True

    def _enter(self, first: int, p: int, mask: int) -> None:
        """p is of the group now: what depended on p depends on all of it, and so on."""
        del self.members[p]
        self.members[first].append(p)
        self.group[p] = first
        for q in range(len(self.boxes)):
            if self.before[q] >> p & 1:
                self.before[q] |= 1 << first
        self.add_before(first, (mask | self.before[p] | self.before[first]) & ~(1 << first))
        self.before = [m & ~(1 << first) if self.group.get(q) == first else m for q, m in enumerate(self.before)]
        self.left -= 1

    def _row(self, s: Wire, box: Box) -> bool:
        """Does the loop use this result of the group only at its own trip?"""
        assert isinstance(box.op, Loop)
        c = len(box.sources) - len(box.op.carries)
        maker = self.boxes[self.made[s]]
        assert isinstance(maker.op, Loop)
        if maker.targets.index(s) < len(maker.op.carries) or box.sources.count(s) != 1 or s in box.sources[c:]:
            return False
        body = box.bubbles[0]
        view = row_view(body, body.inputs[box.sources.index(s)], body.inputs[c])
        return view is not None and not view[1]

    def _gain(self, group: Sequence[int], box: Box, direct: set[Wire]) -> bool:
        """Order must agree; a row handed over, or one read for two, is worth it.

        A loop that runs in order cannot use SIMD, so costly independent trips are not pulled into it.
        """
        loops = [self.boxes[q] for q in group]
        ordered = [x.op.down for x in loops if isinstance(x.op, Loop) and in_order(x.op)]
        assert isinstance(box.op, Loop)
        if in_order(box.op) != bool(ordered):
            free = [box] if ordered else loops
            if not direct or any(has_transcendental(x.bubbles[0]) for x in free):
                return False
        elif ordered and ordered[0] != box.op.down:
            return False
        return bool(direct) or any(not rows_read(x).isdisjoint(rows_read(box)) for x in loops)

    # ── the new net ─────────────────────────────────────────────────────────────────────────────────────────

    def net_in_order(self) -> Net | None:
        """Demand-driven: every box after what it needs, otherwise in the old order; None if groups need each other.

        `before` knows of loops and branches only, so a cycle through a size bound in between is found out here.
        """
        b = Draft()
        b.sizes.extend(self.net.sizes)
        at = {w: b.input(self.net.wires[w]) for w in self.net.inputs}
        done = bytearray(len(self.boxes))
        for p in range(len(self.boxes)):
            if not self._place(b, self._unit(p), at, done):
                return None
        return b.net(*(at[self._now(w)] for w in self.net.outputs))

    def _now(self, w: Wire) -> Wire:
        while w in self.rename:
            w = self.rename[w]
        return w

    def _unit(self, p: int) -> int:
        return self.group.get(p, p)

    def _place(self, b: Draft, unit: int, at: dict[Wire, Wire], done: bytearray) -> bool:
        """Emit a unit after what it needs; False when that needs the unit itself."""
        stack = [unit]
        opened: set[int] = set()
        while stack:
            p = stack[-1]
            if done[p]:
                stack.pop()
                continue
            group = self.members.get(p, [p])
            needs = [self.made[w] for q in group for s in self.boxes[q].sources if (w := self._now(s)) not in at]
            needs += [u for q in group for u in self.binders_of(self.boxes[q])]
            waiting = [u for q in needs if (u := self._unit(q)) != p and not done[u]]
            if waiting:
                if p in opened:
                    return False
                opened.add(p)
                stack.extend(reversed(waiting))
                continue
            self._emit(b, group, at)
            done[p] = 1
            stack.pop()
        return True

    def _emit(self, b: Draft, group: Sequence[int], at: dict[Wire, Wire]) -> None:
        box = self.boxes[group[0]]
        if not box.targets and not box.sources:
            return                                                   # threaded: another wire has its value
        if len(group) > 1:
            merge = merged if isinstance(box.op, Loop) else merged_branches
            merge(b, [self.boxes[q] for q in group], self.net, at, self._now)
            return
        out = b.box(box.op, [at[self._now(s)] for s in box.sources], [self.net.wires[t] for t in box.targets],
                    box.bubbles, box.span, box.reason)
        at.update(zip(box.targets, out, strict=True))
