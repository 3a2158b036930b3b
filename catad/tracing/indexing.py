"""Indices and slices of traced arrays, with Python's reading of constant negative ones.

    x[i, 1:-1]      x[-1]      x[::-1]      x[p] for an array p of indices      x.at[i].set(v)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from catad.source import Span, error
from catad.syntax import tree
from catad.tracing.operators import mapped, rank
from catad.tracing.trace import Trace
from catad.tracing.tracer import Tracer
from catad.types.type import Array

__all__ = ["Places", "extents", "item"]


def extents(x: Tracer) -> Iterator[Any]:
    """The sizes of an array: integers, or values of the program."""
    span, t, first = x.trace.sites.here(), x.type, x
    while isinstance(t, Array):
        if t.size.constant is not None:
            yield t.size.constant
        else:
            e = x.trace.size(t.size, span)
            yield x.trace.emit(e) if e is not None else x.trace.call("length", first, span=span)
        t = x.trace.session.known(t.item)
        if isinstance(t, Array) and t.size.constant is None and x.trace.size(t.size, span) is None:
            first = item(first, 0)


def item(x: Tracer, key: Any) -> Any:
    """`x[key]`. Raises E0634 for an index that is none, E0223 where there are too many."""
    trace, span = x.trace, x.trace.sites.here()
    keys = key if isinstance(key, tuple) else (key,)
    if len(keys) == 1 and rank(keys[0]) == 1:
        return mapped(trace, lambda i: item(x, i), [keys[0]], span)
    if len(keys) == 1 and isinstance(key, slice) and key.step == -1 and key.start is None and key.stop is None:
        return trace.call("reverse", x, span=span)
    while keys and isinstance(keys[-1], slice) and keys[-1] == slice(None) and len(keys) > 1:
        keys = keys[:-1]
    parts = tuple([_part(x, k, axis, span) for axis, k in enumerate(keys)])
    return trace.emit(tree.Index(span, trace.lift(x, span), parts))


def _part(x: Tracer, key: Any, axis: int, span: Span) -> tree.Expr | tree.Range:
    if isinstance(key, slice):
        if key.step not in (None, 1):
            raise error("E0634", "slices have no steps", span, "used here",
                        help=["write the loop: catad.array(x[2 * i] for i in catad.range(n))"])
        low = None if key.start is None else _place(x, key.start, axis, span)
        high = None if key.stop is None else _place(x, key.stop, axis, span)
        return tree.Range(span, low, high)
    return _place(x, key, axis, span)


def _place(x: Tracer, key: Any, axis: int, span: Span) -> tree.Expr:
    """One index; constant negative ones count from the end."""
    if isinstance(key, (bool, np.bool_)) or not isinstance(key, (int, np.integer, Tracer)):
        raise error("E0634", f"an index is a whole number or a slice, not {type(key).__name__}", span, "used here",
                    help=["a new dimension is catad.array([x]); entries are chosen by catad.where(mask, x, 0.0)"])
    trace: Trace = x.trace
    if isinstance(key, Tracer) or key >= 0:
        return trace.lift(key, span)
    sizes = list(extents(x))
    if axis >= len(sizes):
        return trace.lift(0, span)                         # the checker says that there are too many
    if isinstance(sizes[axis], int):
        return trace.lift(sizes[axis] + int(key) if sizes[axis] + key >= 0 else int(key), span)
    return tree.Binary(span, "-", trace.lift(sizes[axis], span), trace.lift(-int(key), span))


class Places:
    """`x.at`"""

    def __init__(self, x: Tracer) -> None:
        self.x = x

    def __getitem__(self, key: Any) -> Place:
        return Place(self.x, key if isinstance(key, tuple) else (key,))


class Place:
    """`x.at[i]`: an entry, or a row, of an array that is to be another."""

    def __init__(self, x: Tracer, keys: tuple[Any, ...]) -> None:
        self.x, self.keys = x, keys

    def set(self, value: Any) -> Any:
        """The array with this entry."""
        x, span = self.x, self.x.trace.sites.here()
        if any(isinstance(k, slice) for k in self.keys):
            raise error("E0634", "one entry or row is set at a time", span, "a slice",
                        help=["write the loop: catad.loop(n, lambda i, x: x.at[i].set(…), x)"])
        places = tuple([_place(x, k, axis, span) for axis, k in enumerate(self.keys)])
        return x.trace.emit(tree.Update(span, x.trace.lift(x, span), places, x.trace.lift(value, span)))

    def add(self, value: Any) -> Any:
        """The array with something added to this entry."""
        return self.set(item(self.x, self.keys) + value)

    def multiply(self, value: Any) -> Any:
        """The array with this entry multiplied by something."""
        return self.set(item(self.x, self.keys) * value)
