"""Values that are converted once and given to many calls.

    trees = loss.convert("trees", trees)          then loss(w, trees), catad.grad(loss)(w, trees), …

What is kept are the flat values of `values.Packing`. A call that takes them checks the type and binds the sizes; it
does not look at the entries again, which nobody can change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from catad.source import CatadError
from catad.types.size import Size
from catad.types.type import Array, Data, Prod, Record, Scalar, Type, array, dims, flatten, leaf, map_type

__all__ = ["Stored", "put", "stored"]


class Packer(Protocol):
    """What this needs of `values.Packing`."""

    flat: list[Any]
    classes: dict[tuple[str, ...], type]
    trees: list[tuple[Data, int]]
    counted: list[tuple[int, int, Size]]

    def bind_dims(self, sizes: tuple[Size, ...], shape: Sequence[int], where: Any) -> None: ...
    def fail(self, code: str, title: str, help: Sequence[str] = ()) -> CatadError: ...


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """A value of a type, as the functions of one kind of backend take it."""

    of: Type
    kind: type                            # the packing that made it
    flat: tuple[Any, ...]
    nodes: Mapping[int, int]              # leaves of trees: the axis of their nodes
    classes: Mapping[tuple[str, ...], type]
    places: tuple[str, ...]               # how messages reach each leaf: `.x`

    def __repr__(self) -> str:
        return f"<catad value of type {self.of}>"


def stored(p: Packer, t: Type) -> Any:
    """All that was packed, as a value of the type `t`; numbers and arrays of numbers are that already."""
    from catad.elaborate.decompile import paths
    if isinstance(leaf(t), Scalar):
        return _frozen(p.flat[0])
    return Stored(t, type(p), tuple(map(_frozen, p.flat)), {k: axis for k, axis, _ in p.counted}, dict(p.classes),
                  tuple(map("".join, paths(t))))


def _frozen(value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    own = value.copy()
    own.flags.writeable = False
    return own


def put(p: Packer, t: Type, value: Stored, where: Any, sizes: tuple[Size, ...]) -> None:
    """Append the leaves of a stored value, which is to be of type `[sizes]t`."""
    whole = array(sizes, t)
    if value.kind is not type(p):
        raise p.fail("E0605", f"`{where}` was converted for another backend", ["convert it with this function"])
    if _any_size(value.of) != _any_size(whole):
        raise p.fail("E0605", f"`{where}` should be of type {whole}; found a converted value of type {value.of}")
    start = len(p.flat)
    p.flat += value.flat
    p.classes.update(value.classes)
    for k, (wire, a) in enumerate(zip(flatten(whole), value.flat, strict=True)):
        found, axis = dims(wire), value.nodes.get(k)
        if axis is not None:
            p.counted.append((start + k, axis, found[axis]))
        given = [(s, n) for j, (s, n) in enumerate(zip(found, np.shape(a), strict=True)) if j != axis]
        p.bind_dims(tuple(s for s, _ in given), [n for _, n in given], f"{where}{value.places[k]}")
    p.trees += [(tree, start + k) for tree, k in _trees(whole, 0)]


def _any_size(t: Type) -> Type:
    """The type with its sizes left out."""
    return map_type(lambda _: None, t, lambda _: Size.of(0))


def _trees(t: Type, at: int) -> Iterator[tuple[Data, int]]:
    """The trees in a type, and where their leaves begin."""
    match t:
        case Data(size=size) if size is not None:
            yield t, at
        case Array(_, item):
            yield from _trees(item, at)
        case Prod() | Record() | Data():
            parts = t.items if isinstance(t, Prod) else tuple(f for _, f in
                                                              (t if isinstance(t, Record) else t.payloads).fields)
            at += isinstance(t, Data)
            for part in parts:
                yield from _trees(part, at)
                at += sum(1 for _ in flatten(part))
