"""Closing loops: what can be taken out of their trips.

    a[c] += v in each trip, c invariant      one sum in a register, added once at the end
    an offset that is a polynomial of the trip, of degree two or with a step known while running      additions
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from catad.types.size import Size

from .kernel import AddTo, Carried, Check, For, Induction, Instr, Invoke, Load, Pure, Reg, Reserve, Store, instructions
from .scalars import ScalarWriter

__all__ = ["TripWriter"]


class TripWriter(ScalarWriter):
    """A writer whose loops are improved as they are closed."""

    def finish(self, loop: For, var: Reg, carries: tuple[Carried, ...] = ()) -> None:
        """Close a loop. Sums into one invariant place are kept in a register meanwhile."""
        at = len(self.frames) - 1
        body = self.frames[-1].instrs
        sums: list[tuple[AddTo, Reg]] = []
        if not self.strict and not any(isinstance(i, Check) for i in body):
            touched = _touched(body)
            for k, i in enumerate(body):
                if isinstance(i, AddTo) and self.level[i.offset] < at and touched[i.buffer] == 1:
                    carries, final = self._promote(body, k, i, carries)
                    sums.append((i, final))
        inductions = () if loop.down else self._inductions(body, var, at)
        super().finish(replace(loop, inductions=inductions), var, carries)
        for i, final in sums:
            self.emit(AddTo(i.buffer, i.offset, final, i.path))

    def _inductions(self, body: Sequence[Instr], var: Reg, at: int) -> tuple[Induction, ...]:
        """Offsets of memory that are quadratic in the variable, or linear with a step known while running."""
        found: dict[Reg, Induction] = {}
        made = {i.dst: i for i in body if isinstance(i, Pure)}
        x = self.sym[var].variable if var in self.sym else None
        for i in body:
            if x is None or not isinstance(i, Load | Store | AddTo) or self.level[i.offset] < at or i.offset in found:
                continue
            p = self._polynomial(i.offset, made, at)
            if p is None or any(sum(e for y, e in m if y == x) > 2 for m, _ in p.terms):
                continue
            one, none = {x: Size.var(x) + 1}, {x: Size.of(0)}
            step = p.subst(one) - p
            if step.constant is not None or any(self.level[self.atom_regs[y]] >= at for y in p.variables if y != x):
                continue
            grow = step.subst(one) - step
            found[i.offset] = Induction(i.offset, self.size(p.subst(none)), self.size(step.subst(none)),
                                        self.size(grow) if grow.terms else None)
        return tuple(found.values())

    def _polynomial(self, r: Reg, made: Mapping[Reg, Pure], at: int) -> Size | None:
        """A register as a polynomial in atoms and in registers from outside of the loop."""
        known = self.sym.get(r)
        if known is not None:
            return known
        if self.level[r] < at:
            name = f"%{r}"
            self.atom_regs[name] = r
            return Size.var(name)
        i = made.get(r)
        if i is None or i.op not in ("add", "sub", "mul"):
            return None
        a, b = self._polynomial(i.args[0], made, at), self._polynomial(i.args[1], made, at)
        if a is None or b is None or len(a.terms) * len(b.terms) > 24:
            return None
        return a + b if i.op == "add" else a - b if i.op == "sub" else a * b

    def _promote(self, body: list[Instr], k: int, i: AddTo,
                 carries: tuple[Carried, ...]) -> tuple[tuple[Carried, ...], Reg]:
        kind = self.kinds[i.value]
        inner, out = self.reg(kind), self.reg(kind)
        final = self.reg(kind, len(self.frames) - 2)
        zero = self.literal(-0.0 if kind != "i64" else 0, kind)
        body[k] = Pure(out, "add", (inner, i.value))
        return (*carries, Carried("add", zero, inner, out, final)), final


def _touched(block: Sequence[Instr]) -> Counter[int]:
    """How many memory instructions of a block, those of inner blocks included, name each buffer."""
    named: Counter[int] = Counter()
    for i in instructions(tuple(block)):
        match i:
            case Load() | Store() | AddTo() | Reserve():
                named[i.buffer] += 1
            case Invoke():
                named.update(b for b, _ in i.places)
    return named
