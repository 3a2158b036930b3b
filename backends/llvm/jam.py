"""Unroll and jam: several trips of an outer loop run through its inner loops together.

    for j < n                          for j < n / 4                              and the n mod 4 trips that are left,
      for k < m                          for k < m                                as they were
        s += w[j, k] * x[k]       →        t = x[k]
      y[j] := s                            s₀ += w[4j, k] * t;  …  s₃ += w[4j + 3, k] * t
                                         y[4j] := s₀;  …  y[4j + 3] := s₃

What the trips have in common is loaded once, sums wait for each other less, and what they add to one place is added
at once: the register tile of a matrix product, with vectors as its other side. Done beside loops in lanes only, where
the inner loop gains from it. An inner loop whose extent grows with j runs as far as all go, then each runs its rest.

Law: the outer loop is free, so its trips may run together; nothing is born in it; results differ by rounding only
where sums are regrouped. (Callahan, Carr, Kennedy: Improving register allocation for subscripted variables, 1990.)
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import replace

from catad.types.size import Size

from .copies import Copies, Frame, Names, Unfit
from .kernel import (
    AddTo,
    Block,
    Carried,
    For,
    If,
    Instr,
    Kernel,
    Literal,
    Load,
    Pure,
    Reg,
    Store,
    While,
    instructions,
)
from .lanes import Lanes, again, scalar_cost
from .target import Target

__all__ = ["jammed"]

_COST = 90                                                # of what is copied outside of the inner loops
_LENGTH = 40                                              # instructions of the inner loops


def jammed(kernel: Kernel, lanes: Mapping[int, Lanes], target: Target) -> tuple[Kernel, Mapping[int, Lanes]]:
    """The kernel with loops jammed around and inside of its loops in lanes, and the lanes of its loops."""
    if not lanes:
        return kernel, lanes
    jam = _Jam(kernel, lanes, target)
    body = jam.block(kernel.body, None)
    if not jam.widths:
        return kernel, lanes
    made = replace(kernel, kinds=tuple(jam.kinds), body=(*jam.literals.values(), *body))
    chosen = again(made, {**{x: y.width for x, y in lanes.items()}, **jam.widths}, target)
    return (kernel, lanes) if chosen is None else (made, chosen)


class _Jam(Copies):
    """Which loops are jammed, and the loops that come out."""

    def __init__(self, kernel: Kernel, lanes: Mapping[int, Lanes], target: Target) -> None:
        super().__init__(kernel, lanes)
        self.target = target
        self.known = {i.dst: i.value for i in kernel.body if isinstance(i, Literal)}
        self.homes = {x for b in kernel.buffers for x in b.home}

    def block(self, block: Block, around: Lanes | None) -> Block:
        """The block with its loops jammed; itself, when none is."""
        out = [x for i in block for x in self.instr(i, around)]
        return block if len(out) == len(block) and all(map(operator.is_, out, block)) else tuple(out)

    def instr(self, i: Instr, around: Lanes | None) -> list[Instr]:
        match i:
            case For():
                return self.loop(i, around)
            case If():
                then, other = self.block(i.then, around), self.block(i.other, around)
                return [i if then is i.then and other is i.other else replace(i, then=then, other=other)]
            case While():
                head, body = self.block(i.head, around), self.block(i.body, around)
                return [i if head is i.head and body is i.body else replace(i, head=head, body=body)]
        return [i]

    def loop(self, loop: For, around: Lanes | None) -> list[Instr]:
        body = self.block(loop.body, around or self.lanes.get(loop.id))
        if body is not loop.body:
            return [replace(loop, body=body)]
        info = around or next((self.lanes[i.id] for i in body if isinstance(i, For) and i.id in self.lanes), None)
        if info is None:
            return [loop]
        kept = dict(self.widths)
        try:
            made = self.jam(loop, info)
            self.widths.setdefault(info.loop, info.width)
            return made
        except Unfit:
            self.widths = kept
            return [loop]

    # ── one loop

    def jam(self, loop: For, info: Lanes) -> list[Instr]:
        times = self.times(loop, info)
        known = self.known.get(loop.extent)
        self.frames, self.shared, self.written = [Frame(), Frame()], 0, _written(loop.body)
        top = self.frames[0]
        n = self.pure("max", (loop.extent, self.literal(0)), top)
        quotient = self.pure("shr", (n, self.literal(times.bit_length() - 1)), top)
        done = self.pure("mul", (quotient, self.literal(times)), top)
        left = self.pure("sub", (n, done), top)
        var = self.reg("i64")
        base = self.pure("mul", (var, self.literal(times)))
        names: list[Names] = [{loop.var: self.pure("add", (base, self.literal(u))) if u else base}
                              for u in range(times)]
        carries = self.chain(loop, names)
        for i in loop.body:
            self.copies(i, names)
        if not self.shared:
            raise Unfit
        even = known is not None and int(known) % times == 0
        outs = [replace(c, out=names[-1][old.out], final=old.final if even else c.final)
                for c, old in zip(carries, loop.carries, strict=True)]
        body = tuple(self.frames.pop().instrs)
        main = replace(loop, id=self.number(), var=var, extent=quotient, size=Size.of(max(1, loop.trips // times)),
                       carries=tuple(outs), body=body, trips=max(1, loop.trips // times), down=False, inductions=(),
                       note=f"{times} trips at a time")
        if even:
            return [*top.instrs, main]
        trip = self.reg("i64")
        rest = replace(loop, id=self.number(), var=trip, extent=left, size=Size.of(times - 1), trips=times - 1,
                       body=(Pure(loop.var, "add", (trip, done)), *loop.body), down=False, inductions=(),
                       carries=tuple(replace(c, init=m.final) for c, m in zip(loop.carries, outs, strict=True)),
                       note="the rest")
        return [*top.instrs, main, rest]

    def times(self, loop: For, info: Lanes) -> int:
        """How many trips together; raises Unfit where the loop does not have the form."""
        if not loop.free or loop.id in self.homes:
            raise Unfit
        inner = [i for i in loop.body if isinstance(i, For)]
        if not inner or any(not isinstance(i, Pure | Load | Store | AddTo | Literal | For) for i in loop.body):
            raise Unfit
        if sum(map(scalar_cost, loop.body)) > _COST:
            raise Unfit
        innermost = [x for i in inner for x in self.innermost(i)]
        if sum(len(i.body) for i in innermost) > _LENGTH:
            raise Unfit
        most = max(len(i.carries) for i in innermost)
        wide = max(1, info.width // self.target.lanes(self.floats(innermost)))
        times = 4
        while times * most * wide > 16:
            times //= 2
        known = loop.size.constant
        if known is not None and known < times:
            times = 2 if known >= 2 else 1
        if times < 2:
            raise Unfit
        return times

    def innermost(self, loop: For) -> list[For]:
        """The loop itself, or those in a loop in lanes."""
        if any(isinstance(i, For) for i in loop.body):
            if loop.id not in self.lanes:
                raise Unfit
            return [x for i in loop.body if isinstance(i, For) for x in self.innermost(i)]
        if any(not isinstance(i, Pure | Load | Store | AddTo) for i in loop.body):
            raise Unfit
        return [loop]

    def floats(self, loops: Sequence[For]) -> str:
        kinds = {self.kinds[i.dst] for x in loops for i in x.body if isinstance(i, Load)}
        return "f32" if "f32" in kinds and "f64" not in kinds else "f64"

    def chain(self, loop: For, names: list[Names]) -> list[Carried]:
        """Carried values pass from trip to trip: each is used once, to make its next value."""
        made: list[Carried] = []
        for c in loop.carries:
            users = [i for i in loop.body if isinstance(i, Pure) and c.inner in i.args]
            if len(users) != 1 or users[0].dst != c.out or _mentions(loop.body, c.inner) != 1:
                raise Unfit
            inner = self.reg(self.kinds[c.inner])
            names[0][c.inner] = inner
            made.append(replace(c, inner=inner, final=self.reg(self.kinds[c.inner])))
        self.links = {c.out: c.inner for c in loop.carries}
        return made


def _written(block: Block) -> set[int]:
    return {i.buffer for i in instructions(block) if isinstance(i, Store | AddTo)}


def _mentions(block: Block, r: Reg) -> int:
    """How often a register is used, by what may stand in a loop that is jammed."""
    total = 0
    for i in instructions(block):
        match i:
            case Pure(_, _, args):
                total += args.count(r)
            case Load(_, _, offset):
                total += offset == r
            case Store(_, offset, value) | AddTo(_, offset, value):
                total += (offset == r) + (value == r)
            case For():
                total += (i.extent == r) + sum(c.init == r for c in i.carries)
    return total
