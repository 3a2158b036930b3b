"""Structured values of other libraries as lists of leaves, and back; tangents likewise.

    leaves t v     the scalars and arrays of a value of type t, in the order of the type
    rebuilt t ls   the value again
    tangent t v    a cotangent as catad takes it: () for whole numbers and truth values
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from catad.api.function import Function
from catad.api.values import dtype_of
from catad.source import error
from catad.types.size import Size
from catad.types.type import Array, Data, Prod, Record, Scalar, Type

__all__ = ["Leaf", "fields", "leaf_types", "leaves", "only_plain", "rebuilt", "shapes", "tangent"]

Leaf = tuple[tuple[Size, ...], Scalar]


def leaf_types(t: Type, dims: tuple[Size, ...] = ()) -> Iterator[Leaf]:
    """Dimensions and entries of each leaf."""
    match t:
        case Prod(items):
            for i in items:
                yield from leaf_types(i, dims)
        case Record(named):
            for _, f in named:
                yield from leaf_types(f, dims)
        case Array(size, item):
            yield from leaf_types(item, (*dims, size))
        case Scalar():
            yield dims, t


def only_plain(f: Function, library: str) -> None:
    """Raises E0603 for functions with sums among their values, which the library has no values for."""
    def plain(t: Type) -> bool:
        match t:
            case Data():
                return False
            case Prod(items):
                return all(map(plain, items))
            case Record(named):
                return all(plain(x) for _, x in named)
            case Array(_, item):
                return plain(item)
        return True
    for x, t in (*f.entry.params, ("the result", f.entry.result)):
        if not plain(t):
            raise error("E0603", f"{f.__name__} cannot be called from {library}: {x} has the type {t}", f.entry.span,
                        help=["sums have no values there; take records"])


def fields(value: Any) -> Mapping[str, Any]:
    """A record as a mapping, whatever class it came in."""
    if isinstance(value, Mapping):
        return value
    if hasattr(value, "_asdict"):
        named: Mapping[str, Any] = value._asdict()
        return named
    found: Mapping[str, Any] = vars(value)
    return found


def leaves(t: Type, value: Any) -> Iterator[Any]:
    """The leaves of a value."""
    match t:
        case Prod(items):
            for i, v in zip(items, value, strict=True):
                yield from leaves(i, v)
        case Record(named):
            values = fields(value)
            for x, f in named:
                yield from leaves(f, values[x])
        case Array(_, item) if not isinstance(_bottom(item), Scalar):
            yield from leaves(_bottom(item), value)
        case _:
            yield value


def _bottom(t: Type) -> Type:
    while isinstance(t, Array):
        t = t.item
    return t


def rebuilt(t: Type, parts: Iterator[Any], whole: Callable[[Scalar], Any] | None = None) -> Any:
    """The value whose leaves come next; with `whole`, what stands for leaves that carry no derivative."""
    match t:
        case Prod(items):
            return tuple([rebuilt(i, parts, whole) for i in items])
        case Record(named):
            return {x: rebuilt(f, parts, whole) for x, f in named}
        case Array(_, item) if not isinstance(_bottom(item), Scalar):
            return rebuilt(_bottom(item), parts, whole)
    base = _bottom(t)
    assert isinstance(base, Scalar)
    return whole(base) if whole is not None and base.name in ("i64", "bool") else next(parts)


def tangent(t: Type, value: Any) -> Any:
    """A cotangent with () in place of whole numbers and truth values."""
    kept = iter([v for (_, base), v in zip(leaf_types(t), leaves(t, value), strict=True)
                 if base.name in ("f64", "f32")])
    return rebuilt(t, kept, lambda _: ())


def shapes(f: Function, values: Sequence[Any]) -> list[tuple[tuple[int, ...], np.dtype[Any]]]:
    """The shapes and element types of the result's leaves, from the shapes of the arguments.

    Raises E0607 where a size of the result is a number that is not known here.
    """
    env: dict[str, int] = {}
    for (x, t), value in zip(f.entry.params, values, strict=True):
        for (dims, _), leaf in zip(leaf_types(t), leaves(t, value), strict=True):
            for size, n in zip(dims, np.shape(leaf), strict=False):
                if size.variable is not None:
                    env.setdefault(size.variable, int(n))
        if x in f.entry.sizes and isinstance(value, (int, np.integer)):
            env[x] = int(value)
    out = []
    for dims, base in leaf_types(f.entry.result):
        unknown = [x for s in dims for x in s.variables if x not in env]
        if unknown:
            raise error("E0607", f"{f.__name__}: the size `{unknown[0]}` of its result is known only when it runs",
                        notes=[f"the function is  {f.signature}"],
                        help=["give whole numbers that are sizes as numbers of Python"])
        out.append((tuple(s.evaluate(env) for s in dims), dtype_of(base)))
    return out
