"""The pattern of a Jacobian, read off the net: which results may depend on which parameters. One long walk.

    ⟦net⟧ : for every wire, entry and trip, a set of parameters that contains those with a nonzero derivative

The net is walked once, not once per trip: all trips of a loop are batches of one value (`batches`). Indices are numbers
as long as they come from loop indices, sizes and integer arguments, so gathers and scatters are exact, ragged loops
included. Where an index or a condition depends on floats, everything that could be meant is taken. Loops whose
trips depend on each other are walked trip by trip, or, when there are many, as a fixed point.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from catad.net import net as op
from catad.net.net import Box, Net, Table
from catad.ops import ROWS
from catad.scipy.batches import (
    EMPTY,
    Ints,
    Value,
    copied,
    kept,
    moved,
    owners,
    scattered,
    sizes_of,
    spans,
    starts,
    united,
)
from catad.scipy.integers import numbers
from catad.scipy.vectors import Bound
from catad.source import CatadError, error
from catad.source.deep import deep
from catad.types.size import Size
from catad.types.type import Type, dims, flatten, is_float

__all__ = ["jacobian_pattern"]

_WALKED = 50_000                                            # boxes walked trip by trip before a fixed point is taken
Sizes = dict[str, tuple[int, Ints | None]]                  # name → (level, numbers in each batch)


def jacobian_pattern(bound: Bound, rows: int) -> Any:
    """A `csr_matrix` of truth values, [results, parameters], of a function at the sizes and integers of its arguments.

    >>> import catad
    >>> f = catad.compile("def f [n] (x : [n]f64) (k : [n]i64) : [n]f64 = for i < n -> x[k[i]] * x[0]", entry="f")
    >>> jacobian_pattern(Bound(f, ([1.0, 2.0, 3.0], [2, 2, 0]), 0), 3).toarray().astype(int).tolist()
    [[1, 0, 1], [1, 0, 1], [1, 0, 0]]
    """
    from scipy.sparse import csr_matrix
    f = bound.function
    walk = Walk(f.prepared, bound.size)
    with deep():
        outputs = walk.run(f.net, walk.inputs(bound), {})
    parts, start = [EMPTY], 0
    for v, t in zip(outputs, f.net.target, strict=True):
        if is_float(t):
            v = walk.lifted(v)
            parts.append(v.keys + start * bound.size)
            start += int(v.counts.sum())
    keys = np.concatenate(parts)
    indptr = np.searchsorted(keys, np.arange(rows + 1) * bound.size)
    return csr_matrix((np.ones(len(keys), dtype=np.bool_), keys % bound.size, indptr), shape=(rows, bound.size))


class Walk:
    """One walk over a prepared net. `parents[l]` is, for each batch of level l, its batch of level l - 1."""

    def __init__(self, table: Table, columns: int) -> None:
        self.table, self.columns = table, columns
        self.parents: list[Ints] = [np.zeros(1, dtype=np.int64)]
        self._up: list[dict[int, Ints]] = [{}]

    def inputs(self, bound: Bound) -> list[Value]:
        """The arguments: what moves depends on itself, other floats on nothing, integers are known."""
        moving = {x.at: x for x in bound.leaves}
        out = []
        types = [t for _, p in bound.function.entry.params for t in flatten(p)]
        for i, (v, t) in enumerate(zip(bound.place(bound.start), types, strict=True)):
            a = np.asarray(v)
            shape = tuple(np.array([n], dtype=np.int64) for n in a.shape)
            keys, data = EMPTY, None if is_float(t) else a.ravel()
            if i in moving:
                own = np.arange(a.size, dtype=np.int64)
                keys = own * self.columns + own + moving[i].start
            out.append(Value(0, shape, np.zeros(1, dtype=np.int64), keys, data))
        return out

    # ── levels ─────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def level(self) -> int:
        return len(self.parents) - 1

    @property
    def batches(self) -> int:
        return len(self.parents[-1])

    @contextmanager
    def inside(self, parent: Ints) -> Iterator[None]:
        """One level deeper."""
        self.parents.append(parent)
        self._up.append({})
        yield
        self.parents.pop()
        self._up.pop()

    def up(self, level: int) -> Ints:
        """The batch of that level in which each batch lies."""
        known = self._up[-1]
        if level not in known:
            m = np.arange(self.batches, dtype=np.int64)
            for parent in reversed(self.parents[level + 1:]):
                m = parent[m]
            known[level] = m
        return known[level]

    def fresh(self, shape: Sequence[Ints], keys: Ints = EMPTY, data: Any = None) -> Value:
        """A value of the present level, its rows numbered from 0."""
        return Value(self.level, tuple(shape), starts(sizes_of(shape, self.batches)), keys, data)

    def lifted(self, v: Value) -> Value:
        """The same value, at the present level."""
        if v.level == self.level:
            return v
        m = self.up(v.level)
        return self.cut(v, v.offset[m], [n[m] for n in v.shape])

    def cut(self, v: Value, first: Ints, shape: Sequence[Ints]) -> Value:
        """In each batch the rows of `v` from `first` on, as an array of dimensions `shape`."""
        new = self.fresh(shape)
        counts = new.counts
        keys = copied(v, self.columns, first, counts, new.offset)
        data = None
        if v.data is not None and kept(int(counts.sum())):
            at = spans(first, counts)
            data = v.data[np.clip(at, 0, len(v.data) - 1)] if len(v.data) else np.zeros(len(at), v.data.dtype)
        return Value(new.level, new.shape, new.offset, keys, data)

    # ── sizes ──────────────────────────────────────────────────────────────────────────────────────────────────

    def size(self, s: Size, sizes: Sizes) -> Ints | None:
        """The number that a size is in every batch; None when it depends on floats."""
        common = 1
        for _, c in s.terms:
            common = common * c.denominator // np.gcd(common, c.denominator)
        total = np.zeros(self.batches, dtype=np.int64)
        for m, c in s.terms:
            term = np.full(self.batches, int(c * common), dtype=np.int64)
            for x, e in m:
                level, n = sizes[x]
                if n is None:
                    return None
                term = term * n[self.up(level)] ** e
            total += term
        return total // common

    def shape(self, t: Type, sizes: Sizes) -> list[Ints]:
        """The dimensions of a type."""
        out = []
        for s in dims(t):
            n = self.size(s, sizes)
            if n is None:
                raise _unknown()
            out.append(np.maximum(n, 0))
        return out

    # ── nets and boxes ─────────────────────────────────────────────────────────────────────────────────────────

    def run(self, net: Net, args: Sequence[Value], sizes: Sizes) -> list[Value]:
        sizes = dict(sizes)
        for t, v in zip(net.source, args, strict=True):
            for s, n in zip(dims(t), v.shape, strict=True):
                if s.variable is not None:
                    sizes.setdefault(s.variable, (v.level, n))
        values: dict[int, Value] = dict(zip(net.inputs, args, strict=True))
        for box in net.boxes:
            out = self.box(net, box, [values[w] for w in box.sources], sizes)
            values.update(zip(box.targets, out, strict=True))
        return [values[w] for w in net.outputs]

    def box(self, net: Net, box: Box, args: list[Value], sizes: Sizes) -> Sequence[Value]:
        """What the targets of a box may depend on."""
        types = net.type_of(box.targets)
        match box.op:
            case op.Prim(name):
                return [self.prim(name, args, net.type_of(box.sources), types[0], sizes)]
            case op.Const(value, t):
                return [self.fresh((), data=None if is_float(t) else np.full(self.batches, value))]
            case op.SizeValue(s):
                return [self.fresh((), data=self.size(s, sizes))]
            case op.BindSize(name):
                n = self.lifted(args[0]).data
                sizes[name] = (self.level, None if n is None else np.maximum(n, 0))
                return ()
            case op.Guard():
                return args
            case op.Fill():
                return [self.filled(args[0], self.shape(types[0], sizes))]
            case op.Call(name, given):
                inner = {x: (self.level, self.size(s, sizes)) for x, s in given}
                return self.run(self.table.nets[name], args, inner)
            case op.IfOp():
                return self.branch(box, args, sizes, types)
            case op.Loop() as loop:
                return self.loop(loop, box, args, sizes, types)
            case op.While():
                k = len(box.targets)
                return self.fixed(box.bubbles[1], np.arange(self.batches), args[:-k], [], args[-k:], sizes)[0]
        return [self.filled(self.union([self.collapsed(a) for a in args]), self.shape(t, sizes)) for t in types]

    def union(self, values: Sequence[Value]) -> Value:
        """Everything that values of one shape depend on, entry by entry."""
        all_of = [self.lifted(v) for v in values]
        if not all_of:
            return self.fresh(())
        return self.fresh(all_of[0].shape, united(*(v.keys for v in all_of)))

    def collapsed(self, v: Value) -> Value:
        """The union over the entries of an array, of its own level."""
        batch = owners(v, v.keys // self.columns)
        keys = united(batch * self.columns + v.keys % self.columns)
        return Value(v.level, (), np.arange(len(v.offset), dtype=np.int64), keys)

    def filled(self, v: Value, shape: Sequence[Ints]) -> Value:
        """An array whose every entry is the scalar v."""
        v, new = self.lifted(v), self.fresh(shape)
        counts = new.counts
        known = v.data is not None and kept(int(counts.sum()))
        data = np.repeat(v.data, counts) if known and v.data is not None else None
        return self.fresh(shape, scattered(v, self.columns, counts, new.offset), data)

    # ── primitives ─────────────────────────────────────────────────────────────────────────────────────────────

    def prim(self, name: str, args: list[Value], types: Sequence[Type], result: Type, sizes: Sizes) -> Value:
        match name:
            case "index":
                return self.index(args[0], args[1:])
            case "update" | "add_at":
                return self.put(args[0], args[1:-1], args[-1], adding=name == "add_at")
            case "stack":
                return self.stack(args)
            case "select":
                cond = self.lifted(args[0]).data
                both = [self.lifted(a) for a in args[1:]]
                return self.either(both[1:], both[:1], result) if cond is None else self.chosen(cond, both[0], both[1])
            case "maximum" | "minimum":
                return self.lifted(self.collapsed(args[0]))
        if is_float(result):
            floats = [a for a, t in zip(args, types, strict=True) if is_float(t)]
            return self.fresh(()) if ROWS[name].constant or not floats else self.union(floats)
        known = [None if is_float(t) or dims(t) else self.lifted(a).data for a, t in zip(args, types, strict=True)]
        return self.fresh((), data=numbers(name, known))

    def position(self, v: Value, at: Sequence[Value]) -> tuple[Ints, Ints, list[Ints]] | None:
        """Where the part of `v` at these indices begins in each batch, whether it is there, and its dimensions.

        None when an index is unknown.
        """
        m = self.up(v.level)
        shape = [n[m] for n in v.shape]
        rest = sizes_of(shape[len(at):], self.batches)
        first, inside = np.zeros(self.batches, dtype=np.int64), np.ones(self.batches, dtype=np.bool_)
        for i, n in zip(at, shape, strict=False):
            k = self.lifted(i).data
            if k is None:
                return None
            first = first * n + k
            inside &= (k >= 0) & (k < n)
        return np.where(inside, first * rest, 0), inside.astype(np.int64), shape[len(at):]

    def index(self, v: Value, at: Sequence[Value]) -> Value:
        if not at:
            return v
        found = self.position(v, at)
        if found is None:
            m = self.up(v.level)
            return self.filled(self.collapsed(v), [n[m] for n in v.shape[len(at):]])
        first, inside, shape = found
        whole = self.cut(v, v.offset[self.up(v.level)] + first, shape)
        if inside.all():
            return whole
        out = self.cut(v, v.offset[self.up(v.level)] + first, [*shape[:-1], shape[-1] * inside] if shape else [])
        keys = out.keys if shape else whole.keys[inside[owners(whole, whole.keys // self.columns)] == 1]
        if shape:                                            # rows of batches that are there, in the full numbering
            keys = moved(out, self.columns, whole.offset)
        return Value(whole.level, whole.shape, whole.offset, keys, whole.data)

    def put(self, v: Value, at: Sequence[Value], item: Value, *, adding: bool) -> Value:
        """`v` with `item` in (or added to) a place; with unknown indices anywhere."""
        v, item = self.lifted(v), self.lifted(item)
        if not at:
            return self.union([v, item]) if adding else item
        found = self.position(v, at)
        if found is None:
            return self.union([v, self.filled(self.collapsed(item), v.shape)])
        first, inside, _ = found
        begin, counts = v.offset + first, item.counts * inside
        placed = moved(item, self.columns, begin)
        if not inside.all():
            placed = placed[inside[owners(item, item.keys // self.columns)] == 1]
        old = v.keys
        if not adding and len(old):
            rows = old // self.columns
            b = owners(v, rows)
            old = old[(rows < begin[b]) | (rows >= begin[b] + counts[b])]
        return Value(v.level, v.shape, v.offset, united(old, placed), self._written(v, item, begin, counts, adding))

    def _written(self, v: Value, item: Value, begin: Ints, counts: Ints, adding: bool) -> Any:
        """The numbers of `v` after a write."""
        if v.data is None or item.data is None:
            return None
        data, rows, given = v.data.copy(), spans(begin, counts), item.data[spans(item.offset, counts)]
        data[rows] = data[rows] + given if adding else given
        return data

    def stack(self, args: Sequence[Value]) -> Value:
        items = [self.lifted(a) for a in args]
        one = items[0].counts
        new = self.fresh([np.full(self.batches, len(items), dtype=np.int64), *items[0].shape])
        into = [new.offset + k * one for k in range(len(items))]
        keys = united(*(moved(v, self.columns, at) for v, at in zip(items, into, strict=True)))
        data = None
        known = [v.data for v in items if v.data is not None]
        if len(known) == len(items):
            data = np.empty(int(new.counts.sum()), dtype=known[0].dtype)
            for numbers_of, at in zip(known, into, strict=True):
                data[spans(at, one)] = numbers_of
        return Value(new.level, new.shape, new.offset, keys, data)

    # ── branches ───────────────────────────────────────────────────────────────────────────────────────────────

    def either(self, others: Sequence[Value], ones: Sequence[Value], t: Type) -> Value:
        """One or the other, undecided; numbers are kept where both agree."""
        a, b = self.lifted(ones[0]), self.lifted(others[0])
        same = a.data is not None and b.data is not None and np.array_equal(a.data, b.data)
        return self.fresh(a.shape, united(a.keys, b.keys), a.data if same else None)

    def chosen(self, cond: Any, a: Value, b: Value) -> Value:
        """In each batch the one or the other, both of the present level."""
        cond = cond.astype(np.bool_)
        shape = [np.where(cond, m, n) for m, n in zip(a.shape, b.shape, strict=True)]
        new = self.fresh(shape)
        counts = new.counts
        keys = united(*(copied(v, self.columns, v.offset[w], counts[w], new.offset[w])
                        for v, w in ((a, cond), (b, ~cond))))
        data = None
        if a.data is not None and b.data is not None:
            data = np.empty(int(counts.sum()), dtype=a.data.dtype)
            for v, w in ((a, cond), (b, ~cond)):
                assert v.data is not None
                data[spans(new.offset[w], counts[w])] = v.data[spans(v.offset[w], counts[w])]
        return Value(new.level, new.shape, new.offset, keys, data)

    def branch(self, box: Box, args: list[Value], sizes: Sizes, types: Sequence[Type]) -> list[Value]:
        then, other = box.bubbles
        cond = self.lifted(args[0]).data
        if cond is None:
            both = [self.run(n, args[1:], sizes) for n in (then, other)]
            return [self.either([b], [a], t) for a, b, t in zip(*both, types, strict=True)]
        if cond.all() or not cond.any():
            return self.run(then if cond.all() else other, args[1:], sizes)
        cond = cond.astype(np.bool_)
        ends = []
        for net, taken in ((then, np.flatnonzero(cond)), (other, np.flatnonzero(~cond))):
            with self.inside(taken):
                ends.append([self.lifted(v) for v in self.run(net, args[1:], sizes)])
        return [self.chosen(cond, self.spread(a, np.flatnonzero(cond)), self.spread(b, np.flatnonzero(~cond)))
                for a, b in zip(*ends, strict=True)]

    def spread(self, v: Value, at: Ints) -> Value:
        """A value of some batches as one of all, without entries (scalars: without dependencies) in the others."""
        if not v.shape:
            keys = moved(v, self.columns, at)
            data = None
            if v.data is not None:
                data = np.zeros(self.batches, dtype=v.data.dtype)
                data[at] = v.data
            return Value(self.level, (), np.arange(self.batches, dtype=np.int64), keys, data)
        shape = []
        for n in v.shape:
            full = np.zeros(self.batches, dtype=np.int64)
            full[at] = n
            shape.append(full)
        return self.fresh(shape, v.keys, v.data)

    # ── loops ──────────────────────────────────────────────────────────────────────────────────────────────────

    def loop(self, loop: op.Loop, box: Box, args: list[Value], sizes: Sizes, types: Sequence[Type]) -> list[Value]:
        body, k = box.bubbles[0], len(loop.carries)
        held, inits = args[:len(args) - k], args[len(args) - k:]
        n = self.size(loop.size, sizes)
        if n is None:
            if types[k:]:
                raise _unknown()
            here = np.arange(self.batches, dtype=np.int64)
            return self.fixed(body, here, held, [None], inits, sizes)[0]
        n = np.maximum(n, 0)
        regrouped = all(c.kind != "state" for c in loop.carries) and all(is_float(t) for t in types[:k])
        if not regrouped and int(n.max(initial=0)) * _count(body) <= _WALKED:
            return self.walked(loop, body, n, held, inits, sizes, types)
        parent = np.repeat(np.arange(self.batches, dtype=np.int64), n)
        index = np.arange(len(parent), dtype=np.int64) - np.repeat(starts(n), n)
        if not regrouped:
            finals, rows = self.fixed(body, parent, held, [index], inits, sizes)
        else:
            finals, rows = self.together(body, parent, held, index, inits, sizes)
        return [*finals, *(self.collected(v, n, self.shape(t, sizes)) for v, t in zip(rows, types[k:], strict=True))]

    def together(self, body: Net, parent: Ints, held: list[Value], index: Ints, inits: list[Value],
                 sizes: Sizes) -> tuple[list[Value], list[Value]]:
        """All trips at once: what each contributes is united."""
        inits = [self.lifted(v) for v in inits]
        with self.inside(parent):
            m = self.up(self.level - 1)
            empty = [self.fresh([n[m] for n in v.shape]) for v in inits]
            out = self.run(body, [*held, self.fresh((), data=index), *empty], sizes)
            out = [self.lifted(v) for v in out]
        finals = [self.fresh(v.shape, united(v.keys, self.gathered(c, parent, v)))
                  for v, c in zip(inits, out, strict=False)]
        return finals, out[len(inits):]

    def gathered(self, inner: Value, parent: Ints, like: Value) -> Ints:
        """The keys of a value one level deeper, united over the batches inside each of the present level."""
        return united(moved(inner, self.columns, like.offset[parent])) if len(parent) else EMPTY

    def fixed(self, body: Net, parent: Ints, held: Sequence[Value], index: Sequence[Ints | None],
              inits: Sequence[Value], sizes: Sizes) -> tuple[list[Value], list[Value]]:
        """The least state that contains the first one and what the body makes of it."""
        state = [self.fresh(v.shape, v.keys) for v in map(self.lifted, inits)]
        while True:
            with self.inside(parent):
                trip = [self.fresh((), data=i) for i in index]
                out = [self.lifted(v) for v in self.run(body, [*held, *trip, *state], sizes)]
            new = [self.fresh(v.shape, united(v.keys, self.gathered(c, parent, v)))
                   for v, c in zip(state, out, strict=False)]
            if all(len(a.keys) == len(b.keys) for a, b in zip(state, new, strict=True)):
                return new, out[len(state):]
            state = new

    def walked(self, loop: op.Loop, body: Net, n: Ints, held: list[Value], inits: list[Value], sizes: Sizes,
               types: Sequence[Type]) -> list[Value]:
        """Trip by trip, for all batches that have the trip."""
        state = [self.lifted(v) for v in inits]
        k = len(state)
        rows: list[list[tuple[Ints, Value]]] = [[] for _ in types[k:]]
        for t in range(int(n.max(initial=0))):
            active = np.flatnonzero(n > t)
            index = n[active] - 1 - t if loop.down else np.full(len(active), t, dtype=np.int64)
            with self.inside(active):
                out = self.run(body, [*held, self.fresh((), data=index), *state], sizes)
                out = [self.lifted(v) for v in out]
            going = n > t
            state = [self.chosen(going, self.spread(new, active), old) for new, old in zip(out, state, strict=False)]
            for place, v in zip(rows, out[k:], strict=True):
                place.append((index, v))
        return [*state, *(self._rows(place, n, self.shape(t, sizes)) for place, t in zip(rows, types[k:], strict=True))]

    def _rows(self, trips: Sequence[tuple[Ints, Value]], n: Ints, shape: Sequence[Ints]) -> Value:
        """The array of what each trip gave."""
        new = self.fresh(shape)
        one = sizes_of(shape[1:], self.batches)
        known = all(v.data is not None for _, v in trips) and bool(trips) and kept(int(new.counts.sum()))
        first = trips[0][1].data if trips else None
        data = np.zeros(int(new.counts.sum()), first.dtype) if known and first is not None else None
        parts = []
        for t, (index, v) in enumerate(trips):
            active = np.flatnonzero(n > t)
            into = new.offset[active] + index * one[active]
            parts.append(moved(v, self.columns, into))
            if data is not None and v.data is not None:
                data[spans(into, v.counts)] = v.data
        return Value(new.level, new.shape, new.offset, united(*parts), data)

    def collected(self, inner: Value, n: Ints, shape: Sequence[Ints]) -> Value:
        """What all trips gave, in order, is the array."""
        return self.fresh([n, *shape[1:]], inner.keys, inner.data)


def _count(net: Net) -> int:
    """How many boxes a net has, those of bubbles included."""
    return sum(1 + sum(map(_count, b.bubbles)) for b in net.boxes)


def _unknown() -> CatadError:
    return error("E0617", "there is no fixed pattern: a size depends on floating-point values",
                 help=["use the dense jac, or the products jvp and vjp"])
