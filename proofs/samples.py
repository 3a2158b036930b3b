"""Inputs for an entry: random sizes and values of its types, and smaller, rounder ones near them.

A sample is a list of flat values in the order of the entry's parameters. `smaller` yields simpler samples, so that a
failing one is shrunk to a counterexample that a person can check by hand.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from catad.api.trees import node_links as links
from catad.net.net import Entry
from catad.types.size import is_hidden
from catad.types.type import BOOL, I64, Array, Data, Prod, Record, Scalar, Type, dims, flatten, is_float, leaf, tangent

__all__ = ["Sample", "like", "masks", "sample", "smaller"]

DTYPES = {"f64": np.float64, "f32": np.float32, "i64": np.int64, "bool": np.bool_}
RANGES = ((-2.0, 2.0), (0.1, 2.0), (0.1, 0.9), (1.1, 3.0), (-0.5, 0.5))


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Sizes, and flat values at them."""

    sizes: Mapping[str, int]
    values: tuple[Any, ...]


def wires(t: Type) -> list[Type]:
    return list(flatten(t))


def masks(entry: Entry) -> tuple[tuple[int, ...], list[bool], list[bool]]:
    """Which parameters hold floats; which flat inputs and which flat outputs are floats."""
    active = tuple(k for k, (_, t) in enumerate(entry.params) if any(map(is_float, wires(t))))
    ins = [is_float(w) for _, t in entry.params for w in wires(t)]
    return active, ins, [is_float(w) for w in wires(entry.result)]


def sample(entry: Entry, rng: random.Random, attempt: int = 0) -> Sample:
    """Random values; further attempts look in other ranges, for functions that are not defined everywhere."""
    sizes = {x: rng.choice((1, 3, 5, 7) if is_hidden(x) else (1, 2, 3, 4)) for x in entry.sizes}
    low, high = RANGES[attempt % len(RANGES)]

    def scalar(t: Type) -> Any:
        if t == BOOL:
            return rng.random() < 0.5
        if t == I64:
            return rng.randrange(0, 1 + min(4, min(sizes.values(), default=4)))
        return round(rng.uniform(low, high), 3)

    values: list[Any] = []
    for x, t in entry.params:
        if t == I64 and x in sizes:
            values.append(sizes[x])
            continue
        mine = [_filled(w, sizes, lambda t=w: scalar(leaf(t))) for w in wires(t)]
        for tree, at, outer in trees(t):
            _grow(tree, mine[at:at + len(wires(tree))], outer, sizes, rng)
            if not outer:
                mine[at] = sizes_of(tree, sizes) - 1
        values += mine
    return Sample(sizes, tuple(values))


def trees(t: Type, at: int = 0, outer: int = 0) -> Iterator[tuple[Data, int, int]]:
    """The trees in a type: their types, where their leaves begin, and the number of dimensions around them."""
    match t:
        case Data() if t.size is not None:
            yield t, at, outer
        case Prod(items):
            for i in items:
                yield from trees(i, at, outer)
                at += len(wires(i))
        case Record(fields):
            yield from trees(Prod(tuple(f for _, f in fields)), at, outer)
        case Data():
            yield from trees(t.payloads, at + 1, outer)
        case Array(_, item):
            yield from trees(item, at, outer + 1)


def sizes_of(t: Data, sizes: Mapping[str, int]) -> int:
    """The number of nodes."""
    return t.nodes.size.evaluate(sizes)


def _grow(t: Data, arrays: Sequence[Any], outer: int, sizes: Mapping[str, int], rng: random.Random) -> None:
    """Make trees of arrays of nodes: node by node, of children that have no parent yet."""
    n = sizes_of(t, sizes)
    shape = arrays[1].shape[:outer]
    if outer:
        arrays[0][...] = n - 1
    kids = links(t, arrays[1:])
    count = {k: len(kids.get(k, ())) for k in range(len(t.cases))}
    for place in np.ndindex(shape):
        free: list[int] = []
        for i in range(n):
            fit = [k for k, c in count.items() if c <= len(free)]
            k = max(rng.choice(fit), rng.choice(fit), key=lambda k: count[k])      # more often what has children
            arrays[1][(*place, i)] = k
            for a in kids.get(k, ()):
                a[(*place, i)] = free.pop(rng.randrange(len(free)))
            free.append(i)


def like(types: Sequence[Type], sizes: Mapping[str, int], rng: random.Random) -> list[Any]:
    """Random tangents of these wire types."""
    return [_filled(t, sizes, lambda: round(rng.uniform(-1, 1), 3)) for t in types]


def _filled(t: Type, sizes: Mapping[str, int], make: Any) -> Any:
    shape = tuple(max(0, s.evaluate(sizes)) for s in dims(t))
    if not shape:
        return make()
    item = leaf(t)
    assert isinstance(item, Scalar)
    out: np.ndarray[Any, Any] = np.empty(shape, DTYPES[item.name])
    for i in np.ndindex(shape):
        out[i] = make()
    return out


def tangents(entry: Entry, active: Sequence[int]) -> list[Type]:
    """The wire types of a tangent of the active parameters."""
    return [w for k in active for w in wires(tangent(entry.params[k][1]))]


def smaller(entry: Entry, s: Sample) -> Iterator[Sample]:
    """Simpler samples, the simplest first: smaller sizes, then rounder numbers, one value at a time."""
    for x, n in s.sizes.items():
        for m in range(1, n):
            yield _cut(entry, s, {**s.sizes, x: m})
    for k, v in enumerate(s.values):
        if isinstance(v, np.ndarray) and v.dtype.kind == "f":
            for i in np.ndindex(v.shape):
                for y in _rounder(float(v[i])):
                    w = v.copy()
                    w[i] = y
                    yield Sample(s.sizes, (*s.values[:k], w, *s.values[k + 1:]))
        elif isinstance(v, float):
            for y in _rounder(v):
                yield Sample(s.sizes, (*s.values[:k], y, *s.values[k + 1:]))


def _rounder(x: float) -> list[float]:
    """Simpler numbers than x, in the order in which they are tried."""
    candidates = [1.0, 2.0, 0.5, float(round(x)), round(x, 1)]
    known = [y for y in dict.fromkeys(candidates) if y != x]
    return known[:known.index(x)] if x in known else ([] if x in (1.0, 2.0, 0.5) else known)


def _cut(entry: Entry, s: Sample, sizes: Mapping[str, int]) -> Sample:
    values: list[Any] = []
    at = iter(s.values)
    for x, t in entry.params:
        for w in wires(t):
            v = next(at)
            if isinstance(v, np.ndarray):
                v = np.array(v[tuple(slice(0, max(0, d.evaluate(sizes))) for d in dims(w))])
            elif t == I64 and x in sizes:
                v = sizes[x]
            values.append(v)
        for tree, k, outer in trees(t):
            root = len(values) - len(wires(t)) + k
            last = sizes_of(tree, sizes) - 1                 # children stand first: what is left are trees
            values[root] = np.minimum(values[root], last) if outer else min(values[root], last)
    return Sample(sizes, tuple(values))
