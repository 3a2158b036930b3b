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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from catad.ops import ROWS
from catad.types.size import Size

from .kernel import AddTo, Block, Carried, For, If, Induction, Instr, Kernel, Literal, Load, Pure, Reg, Store, While
from .lanes import Lanes, again
from .target import Target

__all__ = ["jammed"]

_COST = 90                                                # of what is copied outside of the inner loops
_LENGTH = 40                                              # instructions of the inner loops

Names = dict[Reg, Reg]


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


class _Unfit(Exception):
    """This loop is better left alone."""


@dataclass(slots=True)
class _Frame:
    instrs: list[Instr] = field(default_factory=list)
    memo: dict[object, Reg] = field(default_factory=dict)
    innermost: bool = False


class _Jam:
    """`widths` are the lanes of loops that were changed or made."""

    def __init__(self, kernel: Kernel, lanes: Mapping[int, Lanes], target: Target) -> None:
        self.kernel, self.lanes, self.target = kernel, lanes, target
        self.kinds = list(kernel.kinds)
        self.known = {i.dst: i.value for i in kernel.body if isinstance(i, Literal)}
        self.literals: dict[int, Literal] = {}
        self.atoms = {r: x for r, x in kernel.names}
        self.ids = 1 + max((x for b in kernel.buffers for x in b.home), default=0)
        self.ids = max(self.ids, 1 + max(_ids(kernel.body), default=0))
        self.homes = {x for b in kernel.buffers for x in b.home}
        self.widths: dict[int, int] = {}
        self.frames: list[_Frame] = []
        self.shared = 0
        self.written: set[int] = set()

    def block(self, block: Block, around: Lanes | None) -> Block:
        out: list[Instr] = []
        for i in block:
            match i:
                case For():
                    out.extend(self.loop(i, around))
                case If(_, then, other):
                    out.append(replace(i, then=self.block(then, around), other=self.block(other, around)))
                case While(_, _, head, _, body):
                    out.append(replace(i, head=self.block(head, around), body=self.block(body, around)))
                case _:
                    out.append(i)
        return tuple(out)

    def loop(self, loop: For, around: Lanes | None) -> list[Instr]:
        within = around or self.lanes.get(loop.id)
        body = self.block(loop.body, within) if any(isinstance(i, For | If | While) for i in loop.body) else loop.body
        if len(body) != len(loop.body) or any(x is not y and x != y for x, y in zip(body, loop.body, strict=True)):
            return [replace(loop, body=body)]
        info = around or next((self.lanes[i.id] for i in body if isinstance(i, For) and i.id in self.lanes), None)
        if info is None:
            return [loop]
        kept = dict(self.widths)
        try:
            made = self.jam(loop, info)
            self.widths.setdefault(info.loop, info.width)
            return made
        except _Unfit:
            self.widths = kept
            return [loop]

    # ── one loop

    def jam(self, loop: For, info: Lanes) -> list[Instr]:
        times = self.times(loop, info)
        known = self.known.get(loop.extent)
        self.frames, self.shared, self.written = [_Frame(), _Frame()], 0, _written(loop.body)
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
            raise _Unfit
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
        """How many trips together; raises _Unfit where the loop does not have the form."""
        if not loop.free or loop.id in self.homes:
            raise _Unfit
        inner = [i for i in loop.body if isinstance(i, For)]
        if not inner or any(not isinstance(i, Pure | Load | Store | AddTo | Literal | For) for i in loop.body):
            raise _Unfit
        if sum(map(_cost, loop.body)) > _COST:
            raise _Unfit
        innermost = [x for i in inner for x in self.innermost(i)]
        if sum(len(i.body) for i in innermost) > _LENGTH:
            raise _Unfit
        most = max(len(i.carries) for i in innermost)
        wide = max(1, info.width // self.target.lanes(self.floats(innermost)))
        times = 4
        while times * most * wide > self.target.registers // 2:
            times //= 2
        known = loop.size.constant
        if known is not None and known < times:
            times = 2 if known >= 2 else 1
        if times < 2:
            raise _Unfit
        return times

    def innermost(self, loop: For) -> list[For]:
        """The loop itself, or those in a loop in lanes."""
        if any(isinstance(i, For) for i in loop.body):
            if loop.id not in self.lanes or any(not isinstance(i, Pure | Load | Store | AddTo | For) for i in loop.body):
                raise _Unfit
            return [x for i in loop.body if isinstance(i, For) for x in self.innermost(i)]
        if any(not isinstance(i, Pure | Load | Store | AddTo) for i in loop.body):
            raise _Unfit
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
                raise _Unfit
            inner = self.reg(self.kinds[c.inner])
            names[0][c.inner] = inner
            made.append(replace(c, inner=inner, final=self.reg(self.kinds[c.inner])))
        self.links = {c.out: c.inner for c in loop.carries}
        return made

    # ── copies of instructions, one for each trip

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
                raise _Unfit

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
            raise _Unfit
        least = extents[0]
        for x in extents[1:]:
            least = self.pure("min", (least, x)) if x != least else least
        own: list[Names] = [dict(at) for at in names]
        var = self.reg("i64")
        carries = [self.carried(c, at, mine, uniform) for at, mine in zip(names, own, strict=True)
                   for c in loop.carries]
        self.frames.append(_Frame(innermost=not any(isinstance(i, For) for i in loop.body)))
        for mine in own:
            mine[loop.var] = var
        links, self.links = self.links, {}
        for i in loop.body:
            self.copies(i, own)
        self.links = links
        outs = [mine.get(c.out, c.out) for mine in own for c in loop.carries]
        body = tuple(self.frames.pop().instrs)
        found: dict[Reg, Induction] = {}
        for mine in own:
            for x in loop.inductions:
                reg = mine.get(x.reg, x.reg)
                found[reg] = Induction(reg, mine.get(x.init, x.init), mine.get(x.step, x.step),
                                       None if x.grow is None else mine.get(x.grow, x.grow))
        number = self.number()
        if loop.id in self.lanes:
            self.widths[number] = self.lanes[loop.id].width
        regions = tuple(dict.fromkeys(replace(r, offset=at.get(r.offset, r.offset), count=at.get(r.count, r.count))
                                      for at in names for r in loop.regions))
        self.emit(replace(loop, id=number, var=var, extent=least, body=body, inductions=tuple(found.values()),
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
        self.frames.append(_Frame())
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

    def pure(self, op: str, args: tuple[Reg, ...], frame: _Frame | None = None, kind: str = "i64") -> Reg:
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


def _cost(i: Instr) -> int:
    if isinstance(i, Pure):
        row = ROWS.get(i.op)
        return int(row.cost) if row is not None else 1
    return 1


def _ids(block: Block) -> list[int]:
    found: list[int] = []
    pending = [block]
    while pending:
        for i in pending.pop():
            if hasattr(i, "id"):
                found.append(i.id)
            for part in ("body", "head", "then", "other"):
                if hasattr(i, part):
                    pending.append(getattr(i, part))
    return found


def _written(block: Block) -> set[int]:
    found: set[int] = set()
    for i in block:
        if isinstance(i, Store | AddTo):
            found.add(i.buffer)
        elif isinstance(i, For):
            found |= _written(i.body)
    return found


def _mentions(block: Block, r: Reg) -> int:
    """How often a register is used."""
    total = 0
    for i in block:
        match i:
            case Pure(_, _, args):
                total += args.count(r)
            case Load(_, _, offset):
                total += offset == r
            case Store(_, offset, value) | AddTo(_, offset, value):
                total += (offset == r) + (value == r)
            case For():
                total += (i.extent == r) + sum(c.init == r for c in i.carries) + _mentions(i.body, r)
    return total
