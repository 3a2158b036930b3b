"""Lowering of arrays: views of buffers, checked indices, copies, and the reductions that choose.

    View      dims of a buffer from an offset on, row major and without gaps
    Filled    an array that is one scalar everywhere: never stored unless something must own it
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from catad.source import Span
from catad.types.size import Size

from .block import Writer
from .kernel import AddTo, Buffer, Carried, For, Reg, Region, Reserve, Store

__all__ = ["ArrayValue", "ArrayWriter", "Filled", "Value", "View"]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """`stamp` changes with every write: two views of one stamp see the same content. `born`: frame of the stamp."""

    buffer: int
    kind: str
    offset: Reg
    dims: tuple[Size, ...]
    path: tuple[Reg, ...]
    stamp: int
    born: int


@dataclass(frozen=True, slots=True, eq=False)
class Filled:
    kind: str
    value: Reg
    dims: tuple[Size, ...]


ArrayValue = View | Filled
Value = Reg | View | Filled


class ArrayWriter(Writer):
    """A writer that knows buffers."""

    def __init__(self, strict: bool) -> None:
        super().__init__()
        self.strict = strict
        self.buffers: list[Buffer] = []
        self.stamps = 0
        self.loop_ids = 0
        self.extents: dict[Reg, Size] = {}
        self._strides: dict[int, tuple[tuple[Size, ...], tuple[Reg, ...]]] = {}

    # ── storage ─────────────────────────────────────────────────────────────────────────────────────────────

    def view(self, buffer: int, dims: tuple[Size, ...]) -> View:
        """All of a buffer, as a new version."""
        return self.renew(View(buffer, self.buffers[buffer].kind, self.literal(0, "i64"), dims, (), 0, 0))

    def renew(self, v: View) -> View:
        """The same storage with new content, from here on."""
        self.stamps += 1
        return replace(v, stamp=self.stamps, born=len(self.frames) - 1)

    def allocate(self, kind: str, dims: tuple[Size, ...], span: Span | None, note: str = "") -> View:
        """New storage: of the workspace when its size is bounded by the entry's sizes, else of the arena."""
        count = product(dims)
        bound = self.atoms.upper(count)
        home = tuple(self.loops)
        number = len(self.buffers)
        if bound is not None:
            self.buffers.append(Buffer("slot", number, kind, bound, home, note))
        else:
            self.buffers.append(Buffer("arena", number, kind, count, home, note))
            site = self.site("E0507", span, "no memory for {a} bytes")
            self.emit(Reserve(number, self.size(count), site))
        return self.view(number, dims)

    def strides(self, dims: tuple[Size, ...]) -> tuple[Reg, ...]:
        """The number of elements of one step along each dimension."""
        known = self._strides.get(id(dims))
        if known is None:
            regs: list[Reg] = []
            step = Size.of(1)
            for d in reversed(dims):
                regs.append(self.size(step))
                if not any(x in self.atoms.bound for x in step.variables):
                    self.extents[regs[-1]] = step
                step = step * d
            known = self._strides[id(dims)] = (dims, tuple(reversed(regs)))
        return known[1]

    # ── access ──────────────────────────────────────────────────────────────────────────────────────────────

    def bounded(self, index: Reg, dim: Size, span: Span | None) -> bool:
        """True when the index is provably inside; else it is checked here."""
        p = self.sym.get(index)
        if p is not None and self.atoms.inside(p, dim):
            return True
        limit = self.size(dim)
        ok = self.pure("ult", (index, limit), "bool")
        self.check(ok, "E0501", span, "index {a} of an array of {b}", index, limit)
        return False

    def sub(self, v: View, indices: Sequence[Reg]) -> View:
        """The part of a view at leading indices, which are in bounds."""
        if not indices:
            return v
        steps = self.strides(v.dims)
        terms = sorted(zip(indices, steps, strict=False), key=lambda t: self.level[t[0]])
        offset = v.offset
        for i, s in terms:
            offset = self.add(offset, self.mul(i, s))
        return replace(v, offset=offset, dims=v.dims[len(indices):], path=(*v.path, *indices))

    def read(self, v: View, indices: Sequence[Reg], safe: bool) -> Reg:
        at = self.sub(v, indices)
        return self.load(at.buffer, at.offset, at.path, v.kind, v.stamp, v.born, safe)

    def write(self, v: View, indices: Sequence[Reg], value: Reg) -> None:
        at = self.sub(v, indices)
        self.emit(Store(at.buffer, at.offset, value, at.path))

    def accumulate(self, v: View, indices: Sequence[Reg], value: Reg) -> None:
        at = self.sub(v, indices)
        self.emit(AddTo(at.buffer, at.offset, value, at.path))

    # ── whole arrays ────────────────────────────────────────────────────────────────────────────────────────

    def flat_loop(self, size: Size, note: str, regions: tuple[Region, ...] = ()) -> tuple[For, Reg]:
        """Open a loop over `size` elements; returns it without its body, and its variable."""
        loop = For(self.loop_ids, 0, self.size(size), size, (), (), False, True, regions,
                   self.atoms.estimate(size), note)
        self.loop_ids += 1
        self.open("loop", loop.id)
        var = self.reg("i64")
        return loop, var

    def finish(self, loop: For, var: Reg, carries: tuple[Carried, ...] = ()) -> None:
        body = self.close()
        self.emit(replace(loop, var=var, body=body, carries=carries))

    def copy(self, source: ArrayValue, target: View) -> View:
        """target := source; returns the new version of target."""
        loop, i = self.flat_loop(product(target.dims), "fill" if isinstance(source, Filled) else "copy")
        value = source.value if isinstance(source, Filled) else self._element(source, i)
        self.emit(Store(target.buffer, self.add(target.offset, i), value, (*target.path, i)))
        self.finish(loop, i)
        return self.renew(target)

    def _element(self, v: View, i: Reg) -> Reg:
        return self.load(v.buffer, self.add(v.offset, i), (*v.path, i), v.kind, v.stamp, v.born, True)

    def add_all(self, target: View, value: ArrayValue) -> None:
        """target += value, entry by entry."""
        size = product(target.dims)
        loop, i = self.flat_loop(size, "add")
        v = value.value if isinstance(value, Filled) else self._element(value, i)
        self.emit(AddTo(target.buffer, self.add(target.offset, i), v, (*target.path, i)))
        self.finish(loop, i)

    def stored(self, value: ArrayValue, span: Span | None) -> View:
        """A view of the array; a filled one is written down first."""
        if isinstance(value, View):
            return value
        return self.copy(value, self.allocate(value.kind, value.dims, span, "fill"))

    # ── reductions with a choice ────────────────────────────────────────────────────────────────────────────

    def some(self, value: ArrayValue, what: str, span: Span | None) -> Reg:
        """Check that a one-dimensional array has an entry; returns its size."""
        n = self.size(value.dims[0])
        if not self.atoms.nonneg(value.dims[0] - 1):
            ok = self.pure("gt", (n, self.literal(0, "i64")), "bool")
            self.check(ok, "E0505", span, f"{what} of an array of {{a}} entries", n, n)
        return n

    def extremum(self, value: ArrayValue, name: str, span: Span | None) -> Reg:
        """maximum and minimum."""
        self.some(value, name, span)
        if isinstance(value, Filled):
            return value.value
        kind = "max" if name == "maximum" else "min"
        init = self.literal(neutral(kind, value.kind), value.kind)
        loop, i = self.flat_loop(value.dims[0], name)
        inner = self.reg(value.kind)
        out = self.pure(kind, (inner, self._element(value, i)), value.kind)
        final = self.reg(value.kind, len(self.frames) - 2)
        self.finish(loop, i, (Carried(kind, init, inner, out, final),))
        return final

    def position(self, value: ArrayValue, name: str, span: Span | None) -> Reg:
        """argmax and argmin: the first; a NaN counts as the extreme value."""
        self.some(value, name, span)
        zero = self.literal(0, "i64")
        if isinstance(value, Filled):
            return zero
        kind = value.kind
        first = self.load(value.buffer, value.offset, value.path, kind, value.stamp, value.born, False)
        loop, i = self.flat_loop(value.dims[0], name)
        best, at = self.reg(kind), self.reg("i64")
        x = self._element(value, i)
        better = self.pure("gt" if name == "argmax" else "lt", (x, best), "bool")
        if kind in ("f64", "f32"):
            fresh = self.pure("and", (self.pure("isnan", (x,)), self.pure("not", (self.pure("isnan", (best,)),))))
            held = self.pure("not", (self.pure("isnan", (best,)),))
            better = self.pure("or", (fresh, self.pure("and", (better, held))))
        new = self.pure("select", (better, x, best), kind)
        place = self.pure("select", (better, i, at), "i64")
        out = len(self.frames) - 2
        finals = self.reg(kind, out), self.reg("i64", out)
        self.finish(replace(loop, free=False), i, (
            Carried("state", first, best, new, finals[0]), Carried("state", zero, at, place, finals[1])))
        return finals[1]


def product(dims: Sequence[Size]) -> Size:
    """The number of elements."""
    total = Size.of(1)
    for d in dims:
        total = total * d
    return total


def neutral(kind: str, scalar: str) -> float | int | bool:
    """The value that a reduction of this kind starts from."""
    floats = scalar in ("f64", "f32")
    match kind:
        case "add":
            return -0.0 if floats else 0
        case "mul":
            return 1.0 if floats else 1
        case "max":
            return float("-inf") if floats else False if scalar == "bool" else -(1 << 63)
        case "min":
            return float("inf") if floats else True if scalar == "bool" else (1 << 63) - 1
    return kind == "and"
