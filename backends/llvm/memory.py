"""Loads, stores and accumulations as LLVM text, in scalars or in lanes.

    memory            offset form     access in lanes
    own, interleaved  0               one vector
    own, interleaved  other           gather, scatter at W·offset + lane
    outside           0 (load only)   one scalar, the same for all lanes
    outside           1               one vector, masked where trips are
    outside           other           gather, scatter
"""

from __future__ import annotations

from .emit import BYTES, MEMORY, Text
from .kernel import AddTo, Buffer, Load, Reg, Store
from .lanes import VARYING, Form, Lanes, Stride
from .operations import Operations, splat, suffix, vector

__all__ = ["Memory"]


class Memory:
    """Values of registers, and memory. In lanes when `w` > 1; `mask`: lanes that run, `control`: those in the
    branch taken, trips beyond the end included."""

    def __init__(self, kinds: tuple[str, ...], buffers: tuple[Buffer, ...], ops: Operations) -> None:
        self.kinds, self.buffers, self.ops = kinds, buffers, ops
        self.text = Text()
        self.w = 1
        self.info: Lanes | None = None
        self.mask: str | None = None
        self.control: str | None = None
        self.base: dict[int, str] = {}
        self.partial: dict[int, tuple[str, Reg]] = {}       # buffer → base of partial sums, first offset
        self.packed: dict[int, tuple[str, str]] = {}        # buffer → its rows side by side, offset of lane 0's row
        self.lane_var: Reg = -1
        self.values: dict[Reg, tuple[str, Form]] = {}
        self.constants: dict[Reg, float | int | bool] = {}
        self.header: list[str] = []                         # goes before the loop in lanes
        self._inside: set[Reg] = set()
        self._splats: dict[Reg, str] = {}
        self._outer: dict[Reg, str] = {}
        self._label = ""

    # ── registers ───────────────────────────────────────────────────────────────────────────────────────────

    def put(self, r: Reg, text: str, form: Form = 0) -> None:
        self.values[r] = (text, form)
        if self.info is not None:
            self._inside.add(r)
            self._splats.pop(r, None)

    def enter(self, lanes: Lanes) -> None:
        """What follows runs in lanes."""
        self.w, self.info = lanes.width, lanes
        self.header, self._inside, self._splats, self._outer = [], set(), {}, {}

    def leave(self) -> None:
        self.w, self.info, self.mask = 1, None, None

    def form(self, r: Reg) -> Form:
        return self.values[r][1]

    def scalar(self, r: Reg) -> str:
        """The value of a uniform register, or of lane 0 of an affine one."""
        text, form = self.values[r]
        assert form != VARYING
        return text

    def vec(self, r: Reg) -> str:
        """The value in all lanes."""
        text, form = self.values[r]
        if form == VARYING or self.w == 1:
            return text
        if r in self.constants:
            return splat(self.constants[r], self.kinds[r], self.w)
        if r not in self._inside:
            return self._before(r, text)
        if self._label != self.text.label:
            self._splats.clear()
            self._label = self.text.label
        known = self._splats.get(r)
        if known is None:
            known = self.spread(text, self.kinds[r])
            if form != 0:
                known = self.text.let(f"add <{self.w} x i64> {known}, {self.steps(form)}")
            self._splats[r] = known
        return known

    def steps(self, form: Form) -> str:
        """What the lanes of an affine value have more than lane 0."""
        if isinstance(form, int):
            return self.iota(form)
        assert isinstance(form, Stride)
        key = -1 - form.reg                                # beside the registers in the table of outer values
        known = self._outer.get(key)
        if known is None:
            many = self._before(form.reg, self.scalar(form.reg))
            known = self._outer[key] = self.text.name()
            self.header.append(f"  {known} = mul <{self.w} x i64> {many}, {self.iota()}")
        return known

    def _before(self, r: Reg, text: str) -> str:
        """A value from outside, put into every lane before the loop."""
        known = self._outer.get(r)
        if known is None:
            body, self.text.lines = self.text.lines, self.header
            known = self._outer[r] = self.spread(text, self.kinds[r])
            self.text.lines = body
        return known

    def spread(self, text: str, kind: str) -> str:
        """A scalar in every lane."""
        t = vector(kind, self.w)
        one = self.text.let(f"insertelement {t} poison, {vector(kind, 1)} {text}, i64 0")
        return self.text.let(f"shufflevector {t} {one}, {t} poison, <{self.w} x i32> zeroinitializer")

    def iota(self, step: int = 1) -> str:
        return "<" + ", ".join(f"i64 {k * step}" for k in range(self.w)) + ">"

    # ── addresses ───────────────────────────────────────────────────────────────────────────────────────────

    def interleaved(self, buffer: int) -> bool:
        return self.info is not None and (buffer in self.info.private or buffer in self.info.partial)

    def _one(self, buffer: int, offset: Reg) -> str:
        """The address of a scalar, or of W neighbours."""
        return self.text.let(f"getelementptr {MEMORY[self.buffers[buffer].kind]}, ptr {self.base[buffer]}, "
                             f"i64 {self.scalar(offset)}")

    def _cell(self, buffer: int, offset: Reg, width: int) -> str:
        """The address of a cell of so many values."""
        e = self.text
        base, at = self.base.get(buffer, ""), self.scalar(offset)
        if buffer in self.partial:
            base, first = self.partial[buffer]
            if self.constants.get(first) != 0:
                at = e.let(f"sub i64 {at}, {self.scalar(first)}")
        return e.let(f"getelementptr <{width} x {MEMORY[self.buffers[buffer].kind]}>, ptr {base}, i64 {at}")

    def _many(self, buffer: int, offset: Reg) -> str:
        """One address for each lane."""
        e, w = self.text, self.w
        form = self.form(offset)
        if form != VARYING and not self.interleaved(buffer):
            p, steps = self._one(buffer, offset), self.steps(form)
            return e.let(f"getelementptr {MEMORY[self.buffers[buffer].kind]}, ptr {p}, <{w} x i64> {steps}")
        at = self.vec(offset)
        if self.interleaved(buffer):
            at = e.let(f"mul <{w} x i64> {at}, {splat(w, 'i64', w)}")
            at = e.let(f"add <{w} x i64> {at}, {self.iota()}")
        return e.let(f"getelementptr {MEMORY[self.buffers[buffer].kind]}, ptr {self.base[buffer]}, <{w} x i64> {at}")

    # ── access ──────────────────────────────────────────────────────────────────────────────────────────────

    def load(self, i: Load) -> None:
        kind = self.buffers[i.buffer].kind
        form = self.form(i.offset)
        mine = self.interleaved(i.buffer)
        if isinstance(form, Stride) and i.buffer in self.packed and i.path[0] == self.lane_var:
            base, row = self.packed[i.buffer]
            at = self.text.let(f"sub i64 {self.scalar(i.offset)}, {row}")
            mem = f"<{self.w} x {MEMORY[kind]}>"
            p = self.text.let(f"getelementptr {mem}, ptr {base}, i64 {at}")
            raw = self.text.let(f"load {mem}, ptr {p}, align {BYTES[kind]}")
            self.put(i.dst, self._from_memory(raw, kind, self.w), VARYING)
        elif self.w == 1 or (form == 0 and not mine):
            raw = self.text.let(f"load {MEMORY[kind]}, ptr {self._one(i.buffer, i.offset)}, align {BYTES[kind]}")
            self.put(i.dst, self._from_memory(raw, kind, 1))
        else:
            raw = self._fetch(i.buffer, i.offset, kind, form, mine)
            self.put(i.dst, self._from_memory(raw, kind, self.w), VARYING)

    def _fetch(self, buffer: int, offset: Reg, kind: str, form: Form, mine: bool) -> str:
        e, w, mem, size = self.text, self.w, MEMORY[kind], BYTES[kind]
        if mine and form == 0:
            return e.let(f"load <{w} x {mem}>, ptr {self._cell(buffer, offset, w)}, align {size}")
        if form == 1 and not mine:
            p = self._one(buffer, offset)
            if self.mask is None:
                return e.let(f"load <{w} x {mem}>, ptr {p}, align {size}")
            return e.let(f"call <{w} x {mem}> @llvm.masked.load.{_memory_suffix(kind, w)}.p0(ptr align {size} {p}, "
                         f"<{w} x i1> {self.mask}, <{w} x {mem}> zeroinitializer)")
        return e.let(self.gather(self._many(buffer, offset), mem, kind, size))

    def gather(self, p: str, mem: str, kind: str, size: int) -> str:
        w, mask = self.w, self.mask or splat(True, "bool", self.w)
        return (f"call <{w} x {mem}> @llvm.masked.gather.{_memory_suffix(kind, w)}.v{w}p0(<{w} x ptr> align {size} "
                f"{p}, <{w} x i1> {mask}, <{w} x {mem}> zeroinitializer)")

    def store(self, i: Store) -> None:
        kind = self.buffers[i.buffer].kind
        mine = self.interleaved(i.buffer)
        if self.w == 1 or (not mine and self.form(i.offset) == 0 and self.form(i.value) == 0):
            raw = self._to_memory(self.scalar(i.value), kind, 1)
            p = self._one(i.buffer, i.offset)
            self.text.do(f"store {MEMORY[kind]} {raw}, ptr {p}, align {BYTES[kind]}")
        else:
            self._put_back(i.buffer, i.offset, self._to_memory(self.vec(i.value), kind, self.w), kind)

    def _put_back(self, buffer: int, offset: Reg, raw: str, kind: str) -> None:
        e, w, mem, size = self.text, self.w, MEMORY[kind], BYTES[kind]
        form, mine = self.form(offset), self.interleaved(buffer)
        mask = self.control if mine else self.mask
        if (mine and form == 0) or (form == 1 and not mine):
            p = self._cell(buffer, offset, w) if mine else self._one(buffer, offset)
            if mask is None:
                e.do(f"store <{w} x {mem}> {raw}, ptr {p}, align {size}")
            else:
                e.do(f"call void @llvm.masked.store.{_memory_suffix(kind, w)}.p0(<{w} x {mem}> {raw}, "
                     f"ptr align {size} {p}, <{w} x i1> {mask})")
            return
        p = self._many(buffer, offset)
        mask = self.mask or splat(True, "bool", w)
        e.do(f"call void @llvm.masked.scatter.{_memory_suffix(kind, w)}.v{w}p0(<{w} x {mem}> {raw}, "
             f"<{w} x ptr> align {size} {p}, <{w} x i1> {mask})")

    def add_to(self, i: AddTo) -> None:
        kind = self.buffers[i.buffer].kind
        e, w = self.text, self.w
        mine, form = self.interleaved(i.buffer), self.form(i.offset)
        if w == 1 or (not mine and form == 0 and self.form(i.value) == 0):
            p = self._one(i.buffer, i.offset)
            old = e.let(f"load {MEMORY[kind]}, ptr {p}, align {BYTES[kind]}")
            new = self._sum(old, self.scalar(i.value), kind, 1)
            e.do(f"store {MEMORY[kind]} {new}, ptr {p}, align {BYTES[kind]}")
            return
        value = self.vec(i.value)
        if mine and form == 0:
            mask = self.mask if i.buffer in self.partial else self.control
            if mask is not None:
                zero = splat(-0.0 if kind != "i64" else 0, kind, w)
                value = e.let(f"select <{w} x i1> {mask}, {vector(kind, w)} {value}, {vector(kind, w)} {zero}")
            value, width = self._folded(value, i.buffer, kind)
            p = self._cell(i.buffer, i.offset, width)
            old = e.let(f"load {vector(kind, width)}, ptr {p}, align {BYTES[kind]}")
            e.do(f"store {vector(kind, width)} {self._sum(old, value, kind, width)}, ptr {p}, align {BYTES[kind]}")
            return
        old = self._fetch(i.buffer, i.offset, kind, form, mine)
        self._put_back(i.buffer, i.offset, self._sum(old, value, kind, w), kind)

    def _folded(self, value: str, buffer: int, kind: str) -> tuple[str, int]:
        """What lanes add to a partial sum: halves together until they are as many as its cell holds."""
        e, w = self.text, self.w
        assert self.info is not None
        while w > self.info.partial.get(buffer, self.w):
            w //= 2
            halves = [e.let(f"shufflevector {vector(kind, 2 * w)} {value}, {vector(kind, 2 * w)} poison, "
                            f"<{w} x i32> <{', '.join(f'i32 {k}' for k in range(at, at + w))}>") for at in (0, w)]
            value = self._sum(halves[0], halves[1], kind, w)
        return value, w

    def _sum(self, a: str, b: str, kind: str, w: int) -> str:
        return self.ops.apply(self.text, "add", (kind, kind), kind, (a, b), w, {})

    def _from_memory(self, raw: str, kind: str, w: int) -> str:
        return raw if kind != "bool" else self.text.let(
            f"icmp ne {'i8' if w == 1 else f'<{w} x i8>'} {raw}, {'0' if w == 1 else 'zeroinitializer'}")

    def _to_memory(self, value: str, kind: str, w: int) -> str:
        if kind != "bool":
            return value
        return self.text.let(f"zext {vector(kind, w)} {value} to {'i8' if w == 1 else f'<{w} x i8>'}")


def _memory_suffix(kind: str, w: int) -> str:
    return f"v{w}i8" if kind == "bool" else suffix(kind, w)
