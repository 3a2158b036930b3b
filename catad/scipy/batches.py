"""Values of a dependency analysis: for many trips of a loop at once, what each entry of an array depends on.

A *batch* is one setting of the loop indices around a box. A value holds, for every batch, an array of its own
dimensions; its entries are *rows*, numbered through all batches. A row of floats has a set of columns (the
parameters it may depend on), kept as sorted numbers  row · columns + column , so that rows without dependencies
cost nothing. Integers and truth values have their numbers instead, or None where they are unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["EMPTY", "Ints", "Value", "copied", "moved", "owners", "scattered", "spans", "starts", "united"]

Ints = NDArray[np.int64]
EMPTY: Ints = np.zeros(0, dtype=np.int64)
EMPTY.setflags(write=False)
_MOST = 1 << 25                                              # numbers of an integer array that are kept


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """`level`: how many loops deep its batches are; `shape`: for each dimension its size in every batch."""

    level: int
    shape: tuple[Ints, ...]
    offset: Ints                                            # the first row of each batch
    keys: Ints = field(default_factory=lambda: EMPTY)
    data: NDArray[Any] | None = None

    @property
    def counts(self) -> Ints:
        """How many rows each batch has."""
        return sizes_of(self.shape, len(self.offset))


def sizes_of(shape: Sequence[Ints], batches: int) -> Ints:
    out = np.ones(batches, dtype=np.int64)
    for n in shape:
        out = out * n
    return out


def starts(counts: Ints) -> Ints:
    """Where each run begins when runs of these lengths follow each other."""
    out = np.zeros(len(counts), dtype=np.int64)
    np.cumsum(counts[:-1], out=out[1:])
    return out


def spans(first: Ints, counts: Ints) -> Ints:
    """first[0], first[0]+1, … (counts[0] of them), first[1], …"""
    return np.repeat(first - starts(counts), counts) + np.arange(int(counts.sum()), dtype=np.int64)


def owners(v: Value, rows: Ints) -> Ints:
    """The batch of each row; batches without rows own none."""
    return np.searchsorted(v.offset, rows, side="right") - 1


def copied(v: Value, columns: int, first: Ints, counts: Ints, into: Ints) -> Ints:
    """The keys of runs of rows of `v`, with each run moved to begin at row `into`; sorted when `into` ascends."""
    if not len(v.keys):
        return EMPTY
    a = np.searchsorted(v.keys, first * columns)
    b = np.searchsorted(v.keys, (first + counts) * columns)
    return v.keys[spans(a, b - a)] + np.repeat((into - first) * columns, b - a)


def moved(v: Value, columns: int, into: Ints) -> Ints:
    """The keys with the rows of each batch moved to begin at row `into`, in any order."""
    if not len(v.keys):
        return EMPTY
    b = owners(v, v.keys // columns)
    return v.keys + (into[b] - v.offset[b]) * columns


def scattered(v: Value, columns: int, counts: Ints, offset: Ints) -> Ints:
    """The keys of a scalar in every entry of an array of `counts` rows."""
    if not len(v.keys):
        return EMPTY
    b = v.keys // columns
    rows = spans(offset[b], counts[b])
    return np.unique(rows * columns + np.repeat(v.keys % columns, counts[b]))


def united(*keys: Ints) -> Ints:
    """The union of sets of keys, sorted."""
    some = [k for k in keys if len(k)]
    if not some:
        return EMPTY
    return np.unique(np.concatenate(some)) if len(some) > 1 else np.unique(some[0])


def kept(total: int) -> bool:
    """Are the numbers of an integer array of this many rows worth keeping?"""
    return total <= _MOST
