"""Which loops run several trips at once, one in each lane of a vector.

Relative to a loop in lanes every register has a *form*: 0 (uniform), a whole number c or Stride r (that much more in
each next lane) or VARYING. Legal loops: any order of trips; inner loops of uniform extent; memory born inside becomes
one cell per lane (interleaved); memory outside is written at places that differ from lane to lane, or accumulated into
at uniform places, by partial sums per lane that are added up after the loop.

The choice is by estimated cost per nest: W lanes divide the work by W, gathers and scatters do not gain, every
entry of a reduction loop pays for adding lanes up, and memory of W trips at once leaves the caches (traffic.py). So
long unit-stride inner loops win over outer ones, and outer ones over short or sequential inner ones; but trips that
each hold large arrays of their own (simulations on a grid, with their tapes) run one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from catad.ops import ROWS

from .kernel import (
    AddTo,
    Block,
    Check,
    For,
    If,
    Instr,
    Invoke,
    Kernel,
    Literal,
    Load,
    Pure,
    Reg,
    Reserve,
    Store,
    While,
    instructions,
)
from .target import Target
from .traffic import WHILE_TRIPS, guess, pays

__all__ = ["VARYING", "Form", "Lanes", "Stride", "again", "choose", "scalar_cost"]

VARYING = "varying"
_JAMMED = 0.7                                              # what loops in lanes cost when jammed, about


@dataclass(frozen=True, slots=True)
class Stride:
    """As much more in each next lane as a register from outside of the loop holds."""

    reg: Reg


Form = int | str | Stride


@dataclass(frozen=True, slots=True)
class Lanes:
    """A loop in lanes. `partial`: accumulated buffers with partial sums, and how many of them side by side (those of
    a machine vector: what the lanes add is folded first); `private`: interleaved buffers.

    `masked`: one loop in which every trip is masked, instead of whole vectors and a masked rest. `packs`: buffers whose
    rows (one for each lane, of that many entries) are first copied side by side, because they are read again and again.
    """

    loop: int
    width: int
    unroll: int
    masked: bool
    private: frozenset[int]
    partial: Mapping[int, int]
    packs: Mapping[int, Reg]
    forms: Mapping[Reg, Form] = field(repr=False, compare=False)


class _Refused(Exception):
    """This loop cannot run in lanes; the message says why."""


def choose(kernel: Kernel, target: Target, *, strict: bool = False, force: int | None = None) -> dict[int, Lanes]:
    """The loops of a kernel that run in lanes. `force`: that many lanes wherever it is legal, outermost first."""
    if force == 1 or (force is None and target.lanes64 == 1):
        return {}
    chosen: dict[int, Lanes] = {}
    _Choice(kernel, target, strict, force).block(kernel.body, chosen)
    return chosen


def again(kernel: Kernel, widths: Mapping[int, int], target: Target) -> dict[int, Lanes] | None:
    """The same loops in as many lanes, for a kernel that was rewritten; None when one of them cannot be any more."""
    literals = {i.dst: i.value for i in kernel.body if isinstance(i, Literal)}
    loops = [i for i in instructions(kernel.body) if isinstance(i, For) and i.id in widths]
    try:
        return {i.id: _Analysis(kernel, i, literals).lanes(widths[i.id], target) for i in loops}
    except _Refused:
        return None


class _Choice:
    def __init__(self, kernel: Kernel, target: Target, strict: bool, force: int | None) -> None:
        self.kernel, self.target, self.strict, self.force = kernel, target, strict, force
        self.literals = {i.dst: i.value for i in kernel.body if isinstance(i, Literal)}

    def block(self, block: Block, chosen: dict[int, Lanes]) -> float:
        """The cost of running a block once, after choosing the lanes of its loops."""
        total = 0.0
        for i in block:
            if isinstance(i, For):
                total += self.loop(i, chosen)
            elif isinstance(i, If):
                total += 1 + max(self.block(i.then, chosen), self.block(i.other, chosen))
            elif isinstance(i, While):
                total += WHILE_TRIPS * (self.block(i.head, chosen) + self.block(i.body, chosen) + 4)
            else:
                total += scalar_cost(i)
        return total

    def loop(self, loop: For, chosen: dict[int, Lanes]) -> float:
        inner: dict[int, Lanes] = {}
        cost = loop.trips * (self.block(loop.body, inner) + 2) + 2
        own = self.lanes(loop)
        if own is not None:
            mine = self.vector_cost(loop, own)
            if self.force or self.gains(loop, own, mine, cost):
                chosen[loop.id] = own
                return mine
        chosen.update(inner)
        return cost

    def lanes(self, loop: For) -> Lanes | None:
        if not loop.free or (self.strict and (loop.carries or loop.regions)):
            return None
        try:
            return _Analysis(self.kernel, loop, self.literals).lanes(self.width(loop), self.target)
        except _Refused:
            return None

    def width(self, loop: For) -> int:
        if self.force is not None:
            return self.force
        kinds = {self.kernel.kinds[r] for r in _values(loop.body)}
        width = self.target.lanes("f32" if "f32" in kinds and "f64" not in kinds else "f64")
        # Recurrences in inner loops wait for their own results: two vectors side by side hide half of that.
        deep = any(isinstance(i, For) for i in loop.body) and self.target.registers >= 32
        known = loop.size.constant
        return 2 * width if deep and width > 1 and (known is None or known >= 2 * width) else width

    def vector_cost(self, loop: For, lanes: Lanes) -> float:
        w = lanes.width
        body = _vector_block(loop.body, lanes, loop.free) + 2
        trips = -(-loop.trips // w)
        rest = 2 if lanes.masked else 4 if loop.size.constant else 4 + body
        ends = sum(6.0 + w / 2 for _ in loop.carries) + rest
        sums = trips * sum(2.0 * w * self._row(r) for r in lanes.packs.values())
        sums += sum(2 * guess(self.kernel.buffers[r.buffer].size) for r in loop.regions if r.buffer in lanes.partial)
        return trips * body + ends + sums

    def gains(self, loop: For, lanes: Lanes, mine: float, cost: float) -> bool:
        """Is it better to run in lanes, with the memory that the loop's trips have of their own counted in?"""
        own = {b: self.kernel.buffers[b] for b in lanes.private}
        return mine < cost and (not own or pays(loop, own, lanes.width, mine, cost))

    def _row(self, r: Reg) -> int:
        c = self.kernel.extents[r].constant
        return 64 if c is None else c


def _values(block: Block) -> list[Reg]:
    """The registers that hold data: what is loaded, stored, or computed as a float."""
    found: list[Reg] = []
    for i in instructions(block):
        match i:
            case Load(dst) | Pure(dst):
                found.append(dst)
            case Store(_, _, value) | AddTo(_, _, value):
                found.append(value)
            case For():
                found.extend(c.inner for c in i.carries)
    return found


# ── what varies ─────────────────────────────────────────────────────────────────────────────────────────────

class _Analysis:
    """Forms of the registers in a loop, as if it ran in lanes; raises _Refused when it cannot."""

    def __init__(self, kernel: Kernel, loop: For, literals: Mapping[Reg, float | int | bool]) -> None:
        self.kernel, self.top = kernel, loop
        self.forms: dict[Reg, Form] = {loop.var: 1}
        self.literals = literals
        self.private: set[int] = set()
        self.changed = True
        self.sums: dict[int, list[AddTo]] = {}
        self.writes: dict[int, list[Store]] = {}
        self.reads: dict[int, list[Load]] = {}
        self.weight = 0.0
        self.defined: set[Reg] = set()
        self.often = 1.0                                   # how often the block at hand runs in a trip
        self.rows: dict[tuple[int, Reg], float] = {}       # reads of rows of a buffer, by the length of a row

    def lanes(self, width: int, target: Target) -> Lanes:
        for c in self.top.carries:
            self.forms[c.inner] = VARYING
        while self.changed:
            self.changed = False
            self.sums, self.writes, self.reads, self.weight, self.rows = {}, {}, {}, 0.0, {}
            self.block(self.top.body, False)
        partial = {b: min(width, target.lanes(self.kernel.buffers[b].kind)) for b in self.memory()}
        leaf = not any(isinstance(i, For | If) for i in self.top.body)
        heavy = self.weight >= 20
        masked = (not leaf or heavy) and (target.avx512 or not leaf)
        unroll = 4 if leaf and not heavy and self.top.carries and len(self.top.body) <= 16 else 1
        if leaf and not heavy and not self.top.carries and len(self.top.body) <= 10:
            unroll = 2
        return Lanes(self.top.id, width, unroll, masked, frozenset(self.private), partial, self.packs(),
                     dict(self.forms))

    def packs(self) -> dict[int, Reg]:
        """Rows that are read more often than they are long."""
        found: dict[int, Reg] = {}
        for (buffer, length), often in self.rows.items():
            known = self.literals.get(length)
            if (buffer not in self.writes and buffer not in self.sums and length in self.kernel.extents
                    and often > 1.5 * (known if known is not None else 64)):
                found[buffer] = length
        return found

    def inside(self, buffer: int) -> bool:
        return self.top.id in self.kernel.buffers[buffer].home

    def form(self, r: Reg) -> Form:
        return self.forms.get(r, 0)

    def set(self, r: Reg, form: Form) -> None:
        old = self.forms.get(r, 0)
        if old != form:
            self.forms[r] = form
            self.changed = True

    def block(self, block: Block, control: bool) -> None:
        for i in block:
            match i:
                case Pure(dst, op, args):
                    self.defined.add(dst)
                    self.set(dst, self.pure(op, args))
                    row = ROWS.get(op)
                    self.weight += row.cost if row is not None else 1
                case Load(dst, buffer, offset):
                    own = self.inside(buffer)
                    uniform = self.form(offset) == 0 and not (own and buffer in self.private)
                    self.defined.add(dst)
                    self.set(dst, 0 if uniform else VARYING)
                    form = self.form(offset)
                    if isinstance(form, Stride) and not own and i.path[0] == self.top.var:
                        self.rows[buffer, form.reg] = self.rows.get((buffer, form.reg), 0.0) + self.often
                    if not own:
                        self.reads.setdefault(buffer, []).append(i)
                case Store(buffer, offset, value) | AddTo(buffer, offset, value):
                    self.write(i, buffer, offset, value, control)
                case For():
                    self.loop(i, control)
                case If():
                    self.branch(i, control)
                case Reserve():
                    raise _Refused("a size is known only inside")
                case Invoke():
                    raise _Refused("a function is called")
                case While():
                    raise _Refused("an inner loop ends at another time in each lane")

    def pure(self, op: str, args: tuple[Reg, ...]) -> Form:
        forms = [self.form(a) for a in args]
        if all(f == 0 for f in forms):
            return 0
        a, b = forms[0], forms[-1]
        if op == "add" and 0 in (a, b) and (isinstance(a, Stride) or isinstance(b, Stride)):
            return a if b == 0 else b
        if op == "sub" and b == 0 and isinstance(a, Stride):
            return a
        if isinstance(a, int) and isinstance(b, int) and self.kernel.kinds[args[0]] == "i64":
            match op:
                case "add":
                    return a + b
                case "sub":
                    return a - b
                case "neg":
                    return -a
                case "mul":
                    if a == 0 and args[0] in self.literals:
                        return b * int(self.literals[args[0]])
                    if b == 0 and args[1] in self.literals:
                        return a * int(self.literals[args[1]])
                    for f, g, r in ((a, b, args[1]), (b, a, args[0])):
                        if f == 1 and g == 0 and r not in self.defined:
                            return Stride(r)
        return VARYING

    def write(self, i: Store | AddTo, buffer: int, offset: Reg, value: Reg, control: bool) -> None:
        if self.inside(buffer):
            if buffer not in self.private and (control or self.form(offset) != 0 or self.form(value) != 0):
                self.private.add(buffer)
                self.changed = True
        elif isinstance(i, AddTo):
            self.sums.setdefault(buffer, []).append(i)
        else:
            self.writes.setdefault(buffer, []).append(i)

    def loop(self, loop: For, control: bool) -> None:
        if self.form(loop.extent) != 0:
            raise _Refused("an inner loop has another extent in each lane")
        for c in loop.carries:
            if self.form(c.init) != 0:
                self.set(c.inner, VARYING)
        self.often *= loop.trips
        self.defined.update([loop.var, *(r for c in loop.carries for r in (c.inner, c.final))])
        self.block(loop.body, control)
        self.often /= loop.trips
        for c in loop.carries:
            if self.form(c.out) != 0 or self.form(c.inner) != 0:
                self.set(c.inner, VARYING)
                self.set(c.final, VARYING)

    def branch(self, i: If, control: bool) -> None:
        varying = self.form(i.cond) != 0
        self.defined.update(dst for dst, _, _ in i.results)
        self.block(i.then, control or varying)
        self.block(i.other, control or varying)
        for dst, a, b in i.results:
            if varying or self.form(a) != 0 or self.form(b) != 0:
                self.set(dst, VARYING)

    def memory(self) -> list[int]:
        """Are accesses to memory outside independent from lane to lane? Returns the buffers to sum partially."""
        partial: list[int] = []
        regions = {r.buffer for r in self.top.regions if r.size is not None}
        for buffer in dict.fromkeys((*self.sums, *self.writes)):
            accesses: list[Store | AddTo | Load] = [
                *self.sums.get(buffer, []), *self.writes.get(buffer, []), *self.reads.get(buffer, [])]
            if self.apart(accesses):
                continue
            if buffer in self.writes or buffer in self.reads or buffer not in regions:
                raise _Refused("lanes would write to one place")
            if any(self.form(i.offset) != 0 for i in self.sums[buffer]):
                raise _Refused("lanes would accumulate into places only known while running")
            partial.append(buffer)
        return partial

    def apart(self, accesses: list[Store | AddTo | Load]) -> bool:
        """Does every access have the loop's variable as the same index?"""
        width = min(len(i.path) for i in accesses)
        return any(all(i.path[k] == self.top.var for i in accesses) for k in range(width))


# ── cost ────────────────────────────────────────────────────────────────────────────────────────────────────

def scalar_cost(i: Instr) -> float:
    match i:
        case Pure(_, op):
            row = ROWS.get(op)
            return float(row.cost) if row is not None else 1.0
        case Load() | Store() | Check():
            return 1.0
        case AddTo():
            return 3.0
        case Reserve() | Invoke():
            return 50.0
    return 0.0


def _vector_block(block: Block, lanes: Lanes, free: bool) -> float:
    """The cost of a block in lanes; `free`: of a loop that can be jammed with its inner loops (jam.py)."""
    total = 0.0
    for i in block:
        match i:
            case For():
                leaf = free and all(isinstance(x, Pure | Load | Store | AddTo) for x in i.body)
                total += i.trips * (_vector_block(i.body, lanes, i.free) * (_JAMMED if leaf else 1) + 2) + 2
            case If():
                total += 2 + _vector_block(i.then, lanes, False) + _vector_block(i.other, lanes, False)
            case Load(_, buffer) if buffer in lanes.packs:
                total += 1.0
            case Load(_, buffer, offset) | Store(buffer, offset):
                total += _access(buffer, offset, lanes) * (1 if isinstance(i, Load) else 1.5)
            case AddTo(buffer, offset):
                total += 1 + 2.2 * _access(buffer, offset, lanes)
            case Pure(_, "idiv" | "imod" | "ipow" | "powi" | "polygamma") if lanes.forms.get(i.dst, 0) != 0:
                total += lanes.width * scalar_cost(i)
            case _:
                total += scalar_cost(i)
    return total


def _access(buffer: int, offset: Reg, lanes: Lanes) -> float:
    form = lanes.forms.get(offset, 0)
    if buffer in lanes.private or buffer in lanes.partial:
        return 1.0 if form == 0 else lanes.width
    return 1.0 if form in (0, 1) else float(lanes.width)


