"""Memory of loops in lanes: rows copied side by side before a trip, partial sums cleared before and added up after.

    partial sums      acc[k] += v with v in lanes and k the same in all:   cell k of W sums, joined after the loop
    rows              x[i + lane, k] read again and again:                 cell k of W entries, gathered once a trip
"""

from __future__ import annotations

from .emit import BYTES, MEMORY
from .kernel import Buffer, Carried, For
from .lanes import Lanes, Stride
from .memory import Memory
from .operations import Operations, splat, suffix, vector

__all__ = ["LaneMemory"]


class LaneMemory(Memory):
    """`partial_bases` and `pack_bases`: workspace by loop and buffer, which the boundary has laid out."""

    def __init__(self, kinds: tuple[str, ...], buffers: tuple[Buffer, ...], ops: Operations) -> None:
        super().__init__(kinds, buffers, ops)
        self.partial_bases: dict[tuple[int, int], str] = {}
        self.pack_bases: dict[tuple[int, int], str] = {}

    def join(self, c: Carried, a: str, b: str, width: int) -> str:
        kind = self.kinds[c.inner]
        return self.ops.apply(self.text, c.kind, (kind, kind), kind, (a, b), width, {})

    def across(self, c: Carried, text: str, w: int) -> str:
        """All lanes of an accumulator together."""
        kind = self.kinds[c.inner]
        return self.text.let(_across(c.kind, kind, text, w))

    def pack(self, loop: For) -> None:
        """Copy the rows of this trip side by side."""
        assert self.info is not None
        e, w, self.lane_var = self.text, self.w, loop.var
        for buffer, length in self.info.packs.items():
            kind = self.buffers[buffer].kind
            mem, size = MEMORY[kind], BYTES[kind]
            base, n = self.pack_bases[loop.id, buffer], self.scalar(length)
            row = e.let(f"mul i64 {self.scalar(loop.var)}, {n}")
            steps = self.steps(Stride(length))
            with _Counted(self, n) as k:
                at = e.let(f"add i64 {row}, {k}")
                p = e.let(f"getelementptr {mem}, ptr {self.base[buffer]}, i64 {at}")
                many = e.let(f"getelementptr {mem}, ptr {p}, <{w} x i64> {steps}")
                v = e.let(self.gather(many, mem, kind, size))
                q = e.let(f"getelementptr <{w} x {mem}>, ptr {base}, i64 {k}")
                e.do(f"store <{w} x {mem}> {v}, ptr {q}, align {size}")
            self.packed[buffer] = (base, row)

    # ── partial sums ────────────────────────────────────────────────────────────────────────────────────────

    def clear_partial(self, loop: For, lanes: Lanes) -> None:
        for r in loop.regions:
            if r.buffer in lanes.partial:
                base = self.partial_bases[loop.id, r.buffer]
                self.partial[r.buffer] = (base, r.offset)
                kind = self.buffers[r.buffer].kind
                cell = f"<{lanes.partial[r.buffer]} x {MEMORY[kind]}>"
                zero = splat(-0.0 if kind != "i64" else 0, kind, lanes.partial[r.buffer])
                with _Counted(self, self.scalar(r.count)) as k:
                    p = self.text.let(f"getelementptr {cell}, ptr {base}, i64 {k}")
                    self.text.do(f"store {cell} {zero}, ptr {p}, align {BYTES[kind]}")

    def add_partial(self, loop: For, lanes: Lanes) -> None:
        for r in loop.regions:
            if r.buffer in lanes.partial:
                base, _ = self.partial.pop(r.buffer)
                kind = self.buffers[r.buffer].kind
                mem = MEMORY[kind]
                cell = f"<{lanes.partial[r.buffer]} x {mem}>"
                e = self.text
                with _Counted(self, self.scalar(r.count)) as k:
                    p = e.let(f"getelementptr {cell}, ptr {base}, i64 {k}")
                    v = e.let(f"load {cell}, ptr {p}, align {BYTES[kind]}")
                    total = e.let(_across("add", kind, v, lanes.partial[r.buffer]))
                    at = e.let(f"add i64 {self.scalar(r.offset)}, {k}")
                    q = e.let(f"getelementptr {mem}, ptr {self.base[r.buffer]}, i64 {at}")
                    old = e.let(f"load {mem}, ptr {q}, align {BYTES[kind]}")
                    new = self.ops.apply(e, "add", (kind, kind), kind, (old, total), 1, {})
                    e.do(f"store {mem} {new}, ptr {q}, align {BYTES[kind]}")


class _Counted:
    """`with` a plain loop of so many trips around what is emitted; yields the trip."""

    def __init__(self, gen: Memory, count: str) -> None:
        self.e, self.count = gen.text, count

    def __enter__(self) -> str:
        e = self.e
        some = e.let(f"icmp sgt i64 {self.count}, 0")
        self.before, self.body, self.after = e.label, e.fresh("each"), e.fresh("all")
        e.fork(some, self.body, self.after)
        e.start(self.body)
        self.trip, self.at = e.name(), e.hole()
        return self.trip

    def __exit__(self, *_: object) -> None:
        e = self.e
        following = e.let(f"add nuw nsw i64 {self.trip}, 1")
        again = e.let(f"icmp slt i64 {following}, {self.count}")
        latch = e.label
        e.fork(again, self.body, self.after)
        e.fill(self.at, f"{self.trip} = phi i64 [ 0, %{self.before} ], [ {following}, %{latch} ]")
        e.start(self.after)


def _across(op: str, kind: str, text: str, w: int) -> str:
    t, v, s = vector(kind, 1), vector(kind, w), suffix(kind, w)
    if kind in ("f64", "f32"):
        match op:
            case "add":
                return f"call reassoc {t} @llvm.vector.reduce.fadd.{s}({t} {splat(-0.0, kind, 1)}, {v} {text})"
            case "mul":
                return f"call reassoc {t} @llvm.vector.reduce.fmul.{s}({t} {splat(1.0, kind, 1)}, {v} {text})"
        return f"call {t} @llvm.vector.reduce.f{op}imum.{s}({v} {text})"
    name = {"max": "smax", "min": "smin"}.get(op, op)
    if kind == "bool":
        name = {"max": "or", "min": "and"}.get(op, op)
    return f"call {t} @llvm.vector.reduce.{name}.{s}({v} {text})"
