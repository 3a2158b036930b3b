"""Kernel IR and a choice of lanes become LLVM text.

    loop          guard; do { … } while          finals by φ
    loop in lanes whole vectors, `unroll` accumulators, then a masked rest; sums added up at the end
    if            a branch when the condition is uniform, else both sides under a mask
"""

from __future__ import annotations

from collections.abc import Mapping

from .arrays import neutral
from .control import Control
from .kernel import (
    AddTo,
    Block,
    Carried,
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
)
from .lanes import VARYING, Form, Lanes
from .operations import Operations, splat, vector

__all__ = ["Codegen"]


class Codegen(Control):
    """The body of `run`. `slots[key]` are the bases of workspace memory, which the boundary has laid out."""

    def __init__(self, kernel: Kernel, lanes: Mapping[int, Lanes], ops: Operations) -> None:
        super().__init__(kernel, lanes, ops)
        self.inductive: set[Reg] = set()

    # ── blocks ──────────────────────────────────────────────────────────────────────────────────────────────

    def block(self, block: Block) -> None:
        for i in block:
            self.instr(i)

    def instr(self, i: Instr) -> None:
        match i:
            case Pure():
                if self.info is None:
                    self.plain(i)
                else:
                    self.pure(i)
            case Load():
                self.load(i)
            case Store():
                self.store(i)
            case AddTo():
                self.add_to(i)
            case Literal(dst, value):
                self.constants[dst] = value
                self.put(dst, splat(value, self.kinds[dst], 1))
            case Check():
                self.check(i)
            case For():
                lanes = self.lanes.get(i.id)
                if lanes is not None and self.info is None:
                    self.lane_loop(i, lanes)
                else:
                    self.loop(i)
            case If():
                self.branch(i)
            case While():
                self.repeat(i)
            case Reserve():
                self.reserve(i)
            case Invoke():
                self.invoke(i)

    def plain(self, i: Pure) -> None:
        """Outside of lanes."""
        regs, values, kinds = i.args, self.values, self.kinds
        single = self.ops.single(i.op, kinds[regs[0]], 1)
        if single is not None and i.dst not in self.inductive:
            if len(regs) == 2:
                right = f"{single[0]}{values[regs[0]][0]}, {values[regs[1]][0]}{single[1]}"
            else:
                right = f"{single[0]}{values[regs[0]][0]}{single[1]}"
            values[i.dst] = (self.text.let(right), 0)
        else:
            self.pure(i)

    def pure(self, i: Pure) -> None:
        if i.dst in self.inductive:
            return
        form = self.info.forms.get(i.dst, 0) if self.info is not None else 0
        kinds = tuple([self.kinds[a] for a in i.args])
        known = {k: int(self.constants[a]) for k, a in enumerate(i.args) if a in self.constants and kinds[k] == "i64"}
        if form == VARYING:
            args, width = tuple([self.vec(a) for a in i.args]), self.w
        else:
            args, width = tuple([self.scalar(a) for a in i.args]), 1
        self.put(i.dst, self.ops.apply(self.text, i.op, kinds, self.kinds[i.dst], args, width, known), form)

    # ── loops ───────────────────────────────────────────────────────────────────────────────────────────────

    def loop(self, loop: For) -> None:
        """One trip at a time; in lanes, each trip does it for all lanes."""
        e = self.text
        n = self.scalar(loop.extent)
        forms: dict[Reg, Form] = {
            c.inner: self.info.forms.get(c.inner, 0) if self.info is not None else 0 for c in loop.carries}
        inits = [self.as_form(c.init, forms[c.inner]) for c in loop.carries]
        self.spend(loop, n)
        some = e.let(f"icmp sgt i64 {n}, 0")
        last = e.let(f"sub i64 {n}, 1") if loop.down else ""
        before, body, after = e.label, e.fresh("loop"), e.fresh("done")
        e.fork(some, body, after)
        e.start(body)
        trip, trip_at = e.name(), e.hole()
        holes = [(e.name(), e.hole()) for _ in loop.carries]
        for c, (name, _) in zip(loop.carries, holes, strict=True):
            self.put(c.inner, name, forms[c.inner])
        counted = self._inductions(loop)
        self.poll(loop)
        self.put(loop.var, e.let(f"sub i64 {last}, {trip}") if loop.down else trip)
        self.depth += 1
        self.block(loop.body)
        self.depth -= 1
        steps = self._advance(loop, counted)
        outs = [self.as_form(c.out, forms[c.inner]) for c in loop.carries]
        following = e.let(f"add nuw nsw i64 {trip}, 1")
        again = e.let(f"icmp slt i64 {following}, {n}")
        latch = e.label
        e.fork(again, body, after)
        e.fill(trip_at, f"{trip} = phi i64 [ 0, %{before} ], [ {following}, %{latch} ]")
        for (name, at, init, _), new in zip(counted, steps, strict=True):
            e.fill(at, f"{name} = phi i64 [ {init}, %{before} ], [ {new}, %{latch} ]")
        e.start(after)
        for c, (name, at), init, out in zip(loop.carries, holes, inits, outs, strict=True):
            t = vector(self.kinds[c.inner], self.w if forms[c.inner] == VARYING else 1)
            e.fill(at, f"{name} = phi {t} [ {init}, %{before} ], [ {out}, %{latch} ]")
            self.put(c.final, e.let(f"phi {t} [ {init}, %{before} ], [ {out}, %{latch} ]"), forms[c.inner])

    def repeat(self, loop: While) -> None:
        """head; leave unless the condition holds; body. Never in lanes."""
        e = self.text
        before, head, body, after = e.label, e.fresh("head"), e.fresh("again"), e.fresh("left")
        e.jump(head)
        e.start(head)
        holes = [(e.name(), e.hole()) for _ in loop.carries]
        inits = [self.scalar(c.init) for c in loop.carries]
        for c, (name, _) in zip(loop.carries, holes, strict=True):
            self.put(c.inner, name)
        self._ask()
        self.depth += 1
        self.block(loop.head)
        e.fork(self.scalar(loop.cond), body, after)
        e.start(body)
        self.block(loop.body)
        self.depth -= 1
        outs = [self.scalar(c.out) for c in loop.carries]
        latch = e.label
        e.jump(head)
        for c, (name, at), init, out in zip(loop.carries, holes, inits, outs, strict=True):
            e.fill(at, f"{name} = phi {vector(self.kinds[c.inner], 1)} [ {init}, %{before} ], [ {out}, %{latch} ]")
        e.start(after)
        for c, (name, _) in zip(loop.carries, holes, strict=True):
            self.put(c.final, name)

    def _inductions(self, loop: For) -> list[tuple[str, int, str, str]]:
        """φ of offsets that advance by addition: name, place, initial value, name or value of the step."""
        e = self.text
        counted: list[tuple[str, int, str, str]] = []
        for x in loop.inductions:
            form = self.info.forms.get(x.reg, 0) if self.info is not None else 0
            known = [self.form(r) for r in (x.init, x.step, *((x.grow,) if x.grow is not None else ()))]
            if form == VARYING or known[0] != form or any(f != 0 for f in known[1:]):
                continue
            name, at = e.name(), e.hole()
            step = self.scalar(x.step)
            if x.grow is not None:
                counted.append((e.name(), e.hole(), step, self.scalar(x.grow)))
                step = counted[-1][0]
            counted.append((name, at, self.scalar(x.init), step))
            self.put(x.reg, name, form)
            self.inductive.add(x.reg)
        return counted

    def _advance(self, loop: For, counted: list[tuple[str, int, str, str]]) -> list[str]:
        self.inductive.difference_update(x.reg for x in loop.inductions)
        return [self.text.let(f"add i64 {name}, {step}") for name, _, _, step in counted]

    def as_form(self, r: Reg, form: Form) -> str:
        return self.vec(r) if form == VARYING else self.scalar(r)

    def branch(self, i: If) -> None:
        if self.info is not None and self.form(i.cond) != 0:
            self._masked_branch(i)
            return
        e = self.text
        forms: list[Form] = [self.info.forms.get(d, 0) if self.info is not None else 0 for d, _, _ in i.results]
        then, other, after = e.fresh("then"), e.fresh("else"), e.fresh("end")
        e.fork(self.scalar(i.cond), then, other)
        ends: list[tuple[str, list[str]]] = []
        for label, block, k in ((then, i.then, 1), (other, i.other, 2)):
            e.start(label)
            self.block(block)
            ends.append(("", [self.as_form(r[k], f) for r, f in zip(i.results, forms, strict=True)]))
            ends[-1] = (e.label, ends[-1][1])
            e.jump(after)
        e.start(after)
        (a, xs), (b, ys) = ends
        for (dst, _, _), f, x, y in zip(i.results, forms, xs, ys, strict=True):
            t = vector(self.kinds[dst], self.w if f == VARYING else 1)
            self.put(dst, e.let(f"phi {t} [ {x}, %{a} ], [ {y}, %{b} ]"), f)

    def _masked_branch(self, i: If) -> None:
        """Both sides, each for its lanes."""
        e, w = self.text, self.w
        cond = self.vec(i.cond)
        mask, control = self.mask, self.control
        opposite = e.let(f"xor <{w} x i1> {cond}, {splat(True, 'bool', w)}") if i.other else ""
        for block, c in ((i.then, cond), (i.other, opposite)):
            if block:
                self.mask = c if mask is None else e.let(f"and <{w} x i1> {mask}, {c}")
                self.control = c if control is None else e.let(f"and <{w} x i1> {control}, {c}")
                self.block(block)
        self.mask, self.control = mask, control
        for dst, a, b in i.results:
            t = vector(self.kinds[dst], w)
            x, y = self.vec(a), self.vec(b)
            self.put(dst, e.let(f"select <{w} x i1> {cond}, {t} {x}, {t} {y}"), VARYING)

    # ── loops in lanes ──────────────────────────────────────────────────────────────────────────────────────

    def lane_loop(self, loop: For, lanes: Lanes) -> None:
        e = self.text
        w = lanes.width
        n = e.let(f"call i64 @llvm.smax.i64(i64 {self.scalar(loop.extent)}, i64 0)")
        known = self.constants.get(loop.extent)
        self.spend(loop, n)
        self.clear_partial(loop, lanes)
        self.enter(lanes)
        header = e.hole()
        sums = [splat(neutral(c.kind, self.kinds[c.inner]), self.kinds[c.inner], w) for c in loop.carries]
        start = "0"
        unroll = lanes.unroll if known is None else max(1, min(lanes.unroll, int(known) // w))
        step = w * unroll
        if not lanes.masked and (known is None or known >= step):
            start = e.let(f"and i64 {n}, {-step}")
            sums = self._whole(loop, unroll, start, sums)
        if lanes.masked or known is None or known % step:
            sums = self._rest(loop, start, n, sums)
        self.leave()
        self.packed.clear()
        e.lines[header] = "\n".join(self.header)
        for c, s in zip(loop.carries, sums, strict=True):
            total = self.across(c, s, w)
            self.put(c.final, self.join(c, self.scalar(c.init), total, 1))
        self.add_partial(loop, lanes)

    def _whole(self, loop: For, unroll: int, end: str, sums: list[str]) -> list[str]:
        """Trips 0 … end-1 in whole vectors, `unroll` of them at a time with accumulators of their own."""
        e, w = self.text, self.w
        before, body, after = e.label, e.fresh("lanes"), e.fresh("whole")
        some = e.let(f"icmp sgt i64 {end}, 0")
        e.fork(some, body, after)
        e.start(body)
        trip, trip_at = e.name(), e.hole()
        holes = [[(e.name(), e.hole()) for _ in range(unroll)] for _ in loop.carries]
        self.poll(loop)
        outs: list[list[str]] = [[] for _ in loop.carries]
        for u in range(unroll):
            self.put(loop.var, e.let(f"add nuw nsw i64 {trip}, {u * w}") if u else trip, 1)
            for c, held in zip(loop.carries, holes, strict=True):
                self.put(c.inner, held[u][0], VARYING)
            self.pack(loop)
            self.depth += 1
            self.block(loop.body)
            self.depth -= 1
            for c, out in zip(loop.carries, outs, strict=True):
                out.append(self.vec(c.out))
        following = e.let(f"add nuw nsw i64 {trip}, {w * unroll}")
        again = e.let(f"icmp slt i64 {following}, {end}")
        latch = e.label
        e.fork(again, body, after)
        e.fill(trip_at, f"{trip} = phi i64 [ 0, %{before} ], [ {following}, %{latch} ]")
        e.start(after)
        results: list[str] = []
        for c, held, out, s in zip(loop.carries, holes, outs, sums, strict=True):
            t = vector(self.kinds[c.inner], w)
            ends: list[str] = []
            for (name, at), o in zip(held, out, strict=True):
                e.fill(at, f"{name} = phi {t} [ {s}, %{before} ], [ {o}, %{latch} ]")
                ends.append(e.name())
                e.do(f"{ends[-1]} = phi {t} [ {s}, %{before} ], [ {o}, %{latch} ]")
            results.append("")
            outs[len(results) - 1] = ends
        return [self._tree(c, ends) for c, ends in zip(loop.carries, outs, strict=True)]

    def _tree(self, c: Carried, parts: list[str]) -> str:
        while len(parts) > 1:
            parts = [self.join(c, parts[k], parts[k + 1], self.w) if k + 1 < len(parts) else parts[k]
                     for k in range(0, len(parts), 2)]
        return parts[0]

    def _rest(self, loop: For, start: str, end: str, sums: list[str]) -> list[str]:
        """Trips start … end-1 under a mask."""
        e, w = self.text, self.w
        before, body, after = e.label, e.fresh("masked"), e.fresh("rest")
        some = e.let(f"icmp slt i64 {start}, {end}")
        e.fork(some, body, after)
        e.start(body)
        trip, trip_at = e.name(), e.hole()
        holes = [(e.name(), e.hole()) for _ in loop.carries]
        self.poll(loop)
        left = self.spread(e.let(f"sub i64 {end}, {trip}"), "i64")
        self.mask = e.let(f"icmp slt <{w} x i64> {self.iota()}, {left}")
        mask = self.mask
        self.put(loop.var, trip, 1)
        for c, (name, _) in zip(loop.carries, holes, strict=True):
            self.put(c.inner, name, VARYING)
        self.pack(loop)
        self.depth += 1
        self.block(loop.body)
        self.depth -= 1
        self.mask = None
        outs: list[str] = []
        for c, (name, _) in zip(loop.carries, holes, strict=True):
            t = vector(self.kinds[c.inner], w)
            outs.append(e.let(f"select <{w} x i1> {mask}, {t} {self.vec(c.out)}, {t} {name}"))
        following = e.let(f"add nuw nsw i64 {trip}, {w}")
        again = e.let(f"icmp slt i64 {following}, {end}")
        latch = e.label
        e.fork(again, body, after)
        e.fill(trip_at, f"{trip} = phi i64 [ {start}, %{before} ], [ {following}, %{latch} ]")
        e.start(after)
        finals: list[str] = []
        for c, (name, at), s, o in zip(loop.carries, holes, sums, outs, strict=True):
            t = vector(self.kinds[c.inner], w)
            e.fill(at, f"{name} = phi {t} [ {s}, %{before} ], [ {o}, %{latch} ]")
            finals.append(e.let(f"phi {t} [ {s}, %{before} ], [ {o}, %{latch} ]"))
        return finals
