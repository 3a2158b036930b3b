"""Leaving a block: failures, questions whether to go on, memory that may be refused, and calls.

    check     a branch to a cold block that reports the site
    fuel      trips are counted, and now and then `poll` is asked; functions of the module count with their callers
"""

from __future__ import annotations

from collections.abc import Mapping

from .emit import BYTES, TYPE
from .kernel import Block, Check, For, If, Invoke, Kernel, Load, Reserve, Store, instructions
from .lane_memory import LaneMemory
from .lanes import VARYING, Lanes
from .operations import Operations, splat, vector

__all__ = ["FUEL", "Control"]

FUEL = 1 << 16                                            # inner trips between two polls


class Control(LaneMemory):
    """`cold` are blocks at the end of the function; `depth` counts the loops around the place at hand."""

    def __init__(self, kernel: Kernel, lanes: Mapping[int, Lanes], ops: Operations) -> None:
        super().__init__(kernel.kinds, kernel.buffers, ops)
        self.kernel, self.lanes = kernel, lanes
        self.cold: list[str] = []
        self.depth = 0

    # ── failure ─────────────────────────────────────────────────────────────────────────────────────────────

    def check(self, i: Check) -> None:
        e = self.text
        if self.control is None and all(self.form(r) != VARYING for r in (i.ok, i.a, i.b)):
            self.stop_unless(self.scalar(i.ok), i.site, self.scalar(i.a), self.scalar(i.b))
            return
        w = self.w
        bad = e.let(f"xor <{w} x i1> {self.vec(i.ok)}, {splat(True, 'bool', w)}")
        if self.mask is not None:
            bad = e.let(f"and <{w} x i1> {bad}, {self.mask}")
        a, b = self.vec(i.a), self.vec(i.b)
        some = e.let(f"call i1 @llvm.vector.reduce.or.v{w}i1(<{w} x i1> {bad})")
        fine, fail = e.fresh("fine"), e.fresh("fail")
        e.fork(some, fail, fine)
        lane, x, y = e.name(), e.name(), e.name()
        self.cold += [f"{fail}:", f"  {lane}.bits = bitcast <{w} x i1> {bad} to i{w}",
                      f"  {lane} = call i{w} @llvm.cttz.i{w}(i{w} {lane}.bits, i1 true)",
                      f"  {x} = extractelement {vector(self.kinds[i.a], w)} {a}, i{w} {lane}",
                      f"  {y} = extractelement {vector(self.kinds[i.b], w)} {b}, i{w} {lane}"]
        self._report(i.site, x, y)
        e.start(fine)

    def stop_unless(self, ok: str, site: int, a: str, b: str) -> None:
        e = self.text
        fine, fail = e.fresh("fine"), e.fresh("fail")
        e.fork(ok, fine, fail)
        self.cold.append(f"{fail}:")
        self._report(site, a, b)
        e.start(fine)

    def _report(self, site: int, a: str, b: str) -> None:
        code = int(self.kernel.sites[site].code[1:])
        self.cold.append(f"  call void @catad.report(ptr %ctx, i64 {site}, i64 {a}, i64 {b})")
        self.cold.append(f"  ret i32 {code}")

    def poll(self, loop: For) -> None:
        """At the head of a trip of a long loop: count, and ask now and then whether to go on."""
        if self.depth > 1 or (self.depth == 1 and not any(isinstance(x, For | Invoke) for x in loop.body)):
            return
        if self.info is not None and self.info.loop == loop.id and self._streams(loop):
            return
        self._ask()

    def _ask(self, amount: int = 1) -> None:
        e = self.text
        rest = self._burn(str(amount))
        out = e.let(f"icmp slt i64 {rest}, 0")
        on, ask = e.fresh("on"), e.fresh("ask")
        e.fork(out, ask, on)
        stop, code, go = e.fresh("stop"), e.name(), e.name()
        self.cold += [f"{ask}:", f"  store i64 {FUEL}, ptr %fuel", f"  {code} = call i32 @catad.poll(ptr %ctx)",
                      f"  {go} = icmp eq i32 {code}, 0", f"  br i1 {go}, label %{on}, label %{stop}",
                      f"{stop}:", f"  ret i32 {code}"]
        e.start(on)

    def _streams(self, loop: For) -> bool:
        """Does each trip of this innermost loop touch memory of its own? Then it is no longer than that memory."""
        return all(not isinstance(x, For | If | Invoke) for x in loop.body) and any(
            isinstance(x, Load | Store) and loop.var in x.path for x in loop.body)

    def _burn(self, amount: str) -> str:
        e = self.text
        fuel = e.let("load i64, ptr %fuel")
        rest = e.let(f"sub i64 {fuel}, {amount}")
        e.do(f"store i64 {rest}, ptr %fuel")
        return rest

    def spend(self, loop: For, extent: str) -> None:
        """Inner loops count their trips at once."""
        if self.depth >= 1 and not any(isinstance(x, For | Invoke) for x in loop.body):
            self._burn(extent)

    def reserve(self, i: Reserve) -> None:
        e = self.text
        bytes_ = e.let(f"mul i64 {self.scalar(i.count)}, {BYTES[self.buffers[i.buffer].kind]}")
        p = e.let(f"call ptr @catad.reserve(ptr %ctx, i64 {bytes_}, ptr %cell{i.buffer})")
        ok = e.let(f"icmp ne ptr {p}, null")
        self.stop_unless(ok, i.site, bytes_, "0")
        self.base[i.buffer] = p

    # ── calls ───────────────────────────────────────────────────────────────────────────────────────────────

    def enter_function(self) -> None:
        """Functions take part in the counting, by their length, so that calls of calls can be stopped."""
        self._ask(1 + len(self.kernel.body) // 16)

    def result_cells(self, block: Block) -> None:
        """Room for the scalar results of the calls in a block."""
        most = most_results(block)
        if most:
            self.text.do(f"%cells = alloca [{most} x i64]")

    def invoke(self, i: Invoke) -> None:
        e = self.text
        room = self.base[i.room] if i.room >= 0 else "null"
        given = ["ptr %ctx", "ptr %fuel", f"ptr {room}", *(f"i64 {self.scalar(r)}" for r in i.sizes)]
        given += [f"{TYPE[self.kinds[r]]} {self.scalar(r)}" for r in i.scalars]
        given += [f"ptr {self._one(buffer, offset)}" for buffer, offset in i.places]
        code = e.let(f"call i32 @{i.function}({', '.join(given)}, ptr {'%cells' if i.results else 'null'})")
        fine, fail = e.fresh("fine"), e.fresh("fail")
        e.fork(e.let(f"icmp eq i32 {code}, 0"), fine, fail)
        self.cold += [f"{fail}:", f"  ret i32 {code}"]
        e.start(fine)
        for k, r in enumerate(i.results):
            kind = self.kinds[r]
            p = e.let(f"getelementptr i64, ptr %cells, i64 {k}")
            raw = e.let(f"load {'i64' if kind == 'bool' else TYPE[kind]}, ptr {p}")
            self.put(r, e.let(f"icmp ne i64 {raw}, 0") if kind == "bool" else raw)


def most_results(block: Block) -> int:
    """Scalar results of the call that has most."""
    return max((len(i.results) for i in instructions(block) if isinstance(i, Invoke)), default=0)
