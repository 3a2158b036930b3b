"""Several copies of a block run in step, one for each trip of an outer loop: what `jam.py` puts into its new loop.

An instruction becomes one for each copy, under the names of that copy; those that come out alike, and reads of
memory that the loop does not write, are written once. What the copies add to one place is added at once. An inner loop
becomes one loop with everybody's carries; where extents differ, one as far as all go, and a rest for each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from catad.types.size import Size

from .kernel import (
    AddTo,
    Carried,
    For,
    Induction,
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
from .lanes import Lanes

__all__ = ["Copies", "Frame", "Names", "Unfit"]

Names = dict[Reg, Reg]                                    # what registers of the original are called in a copy


class Unfit(Exception):
    """This loop is better left alone."""


@dataclass(slots=True)
class Frame:
    """An open block. `innermost`: of a loop without loops inside."""

    instrs: list[Instr] = field(default_factory=list)
    memo: dict[object, Reg] = field(default_factory=dict)
    innermost: bool = False


class Copies:
    """Writes copies into open blocks. `shared` counts what innermost loops gain; `widths` are the lanes of loops that
    were changed or made; `links` lead from a carry's new value to where the next copy finds it."""

    def __init__(self, kernel: Kernel, lanes: Mapping[int, Lanes]) -> None:
        self.kernel, self.lanes = kernel, lanes
        self.kinds = list(kernel.kinds)
        self.literals: dict[int, Literal] = {}
        self.atoms = dict(kernel.names)
        loops = (i.id for i in instructions(kernel.body) if isinstance(i, For | While))
        self.ids = 1 + max(loops, default=0)               # the homes of buffers are loops of the kernel
        self.widths: dict[int, int] = {}
        self.frames: list[Frame] = []
        self.links: Names = {}
        self.written: set[int] = set()
        self.shared = 0

    def copies(self, i: Instr, names: list[Names]) -> None:
        match i:
            case Pure(dst, op, args):
                for u, at in enumerate(names):
                    at[dst] = self.pure(op, tuple([at.get(a, a) for a in args]), kind=self.kinds[dst])
                    if dst in self.links and u + 1 < len(names):
                        names[u + 1][self.links[dst]] = at[dst]
            case Load():
                for at in names:
                    at[i.dst] = self.load(i, at)
            case Store(buffer, offset, value, path):
                for at in names:
                    self.emit(Store(buffer, at.get(offset, offset), at.get(value, value), _renamed(path, at)))
            case AddTo():
                self.sums(i, names)
            case For():
                self.together(i, names)
            case _:
                raise Unfit

    def sums(self, i: AddTo, names: list[Names]) -> None:
        """What goes to one place goes there together."""
        places: dict[Reg, AddTo] = {}
        for at in names:
            offset, value = at.get(i.offset, i.offset), at.get(i.value, i.value)
            old = places.get(offset)
            if old is not None:
                self.shared += self.frames[-1].innermost
                places[offset] = replace(old, value=self.pure("add", (old.value, value), kind=self.kinds[value]))
            else:
                places[offset] = AddTo(i.buffer, offset, value, _renamed(i.path, at))
        for made in places.values():
            self.emit(made)

    def together(self, loop: For, names: list[Names]) -> None:
        """An inner loop, once for all the trips."""
        extents = [at.get(loop.extent, loop.extent) for at in names]
        uniform = len(set(extents)) == 1
        if not uniform and (loop.id in self.lanes or not self.close(loop, names)):
            raise Unfit
        least = extents[0]
        for x in extents[1:]:
            least = self.pure("min", (least, x)) if x != least else least
        own: list[Names] = [dict(at) for at in names]
        var = self.reg("i64")
        carries = [self.carried(c, at, mine, uniform) for at, mine in zip(names, own, strict=True)
                   for c in loop.carries]
        self.frames.append(Frame(innermost=not any(isinstance(i, For) for i in loop.body)))
        for mine in own:
            mine[loop.var] = var
        links, self.links = self.links, {}
        for i in loop.body:
            self.copies(i, own)
        self.links = links
        outs = [mine.get(c.out, c.out) for mine in own for c in loop.carries]
        body = tuple(self.frames.pop().instrs)
        inductions = {x.reg: x for mine in own for x in _inductions(loop, mine)}
        number = self.number()
        regions = tuple(dict.fromkeys(replace(r, offset=at.get(r.offset, r.offset), count=at.get(r.count, r.count))
                                      for at in names for r in loop.regions))
        if loop.id in self.lanes:
            self.widths[number] = self.lanes[loop.id].width
            if len({r.buffer for r in regions}) < len(regions):         # partial sums are of one region of a buffer
                raise Unfit
        self.emit(replace(loop, id=number, var=var, extent=least, body=body, inductions=tuple(inductions.values()),
                          carries=tuple(replace(c, out=out) for c, out in zip(carries, outs, strict=True)),
                          regions=regions))
        if not uniform:
            mids = iter(carries)
            for at, extent in zip(names, extents, strict=True):
                self.tail(loop, at, least, extent, [next(mids).final for _ in loop.carries])

    def close(self, loop: For, names: list[Names]) -> bool:
        """Do the extents differ by little from trip to trip?"""
        for r, x in self.atoms.items():
            if r in names[0] and x in loop.size.variables:
                step = (loop.size.subst({x: Size.var(x) + 1}) - loop.size).constant
                return step is not None and abs(step) <= 2
        return False

    def carried(self, c: Carried, at: Names, mine: Names, whole: bool) -> Carried:
        kind = self.kinds[c.inner]
        mine[c.inner] = self.reg(kind)
        final = self.reg(kind)
        if whole:
            at[c.final] = final
        return Carried(c.kind, at.get(c.init, c.init), mine[c.inner], -1, final)

    def tail(self, loop: For, at: Names, start: Reg, end: Reg, inits: Sequence[Reg]) -> None:
        """Trips start … end - 1 of an inner loop, for one trip of the outer one."""
        left = self.pure("sub", (end, start))
        mine, trip = dict(at), self.reg("i64")
        self.frames.append(Frame())
        mine[loop.var] = self.pure("add", (start, trip))
        carries: list[Carried] = []
        for c, init in zip(loop.carries, inits, strict=True):
            mine[c.inner] = self.reg(self.kinds[c.inner])
            carries.append(Carried(c.kind, init, mine[c.inner], -1, self.reg(self.kinds[c.inner])))
        links, self.links = self.links, {}
        for i in loop.body:
            self.copies(i, [mine])
        self.links = links
        for c, made in zip(loop.carries, carries, strict=True):
            at[c.final] = made.final
        outs = tuple(replace(made, out=mine.get(c.out, c.out)) for c, made in zip(loop.carries, carries, strict=True))
        body = tuple(self.frames.pop().instrs)
        self.emit(replace(loop, id=self.number(), var=trip, extent=left, size=Size.of(3), trips=2, body=body,
                          carries=outs, inductions=(), note="the rest"))

    # ── writing

    def reg(self, kind: str) -> Reg:
        self.kinds.append(kind)
        return len(self.kinds) - 1

    def number(self) -> int:
        self.ids += 1
        return self.ids - 1

    def literal(self, value: int) -> Reg:
        if value not in self.literals:
            self.literals[value] = Literal(self.reg("i64"), value)
        return self.literals[value].dst

    def emit(self, i: Instr) -> None:
        self.frames[-1].instrs.append(i)

    def pure(self, op: str, args: tuple[Reg, ...], frame: Frame | None = None, kind: str = "i64") -> Reg:
        key = (op, args)
        for f in self.frames:
            if key in f.memo:
                return f.memo[key]
        to = frame or self.frames[-1]
        r = to.memo[key] = self.reg(kind)
        to.instrs.append(Pure(r, op, args))
        return r

    def load(self, i: Load, at: Names) -> Reg:
        offset = at.get(i.offset, i.offset)
        key = ("load", i.buffer, offset)
        if i.buffer not in self.written:
            for f in self.frames:
                if key in f.memo:
                    self.shared += f.innermost
                    return f.memo[key]
        r = self.frames[-1].memo[key] = self.reg(self.kinds[i.dst])
        self.emit(Load(r, i.buffer, offset, _renamed(i.path, at)))
        return r


def _renamed(path: tuple[Reg, ...], at: Names) -> tuple[Reg, ...]:
    return tuple([at.get(r, r) for r in path])


def _inductions(loop: For, at: Names) -> list[Induction]:
    return [Induction(at.get(x.reg, x.reg), at.get(x.init, x.init), at.get(x.step, x.step),
                      None if x.grow is None else at.get(x.grow, x.grow)) for x in loop.inductions]
