"""Many values of one type as arrays: one array for each leaf of the type, its first axis the values.

    columns : (type, values)  →  arrays                absent values are zero; trees get as many nodes as the largest

A tree is walked from the root; its nodes are numbered so that children come before their parents, in the order in which
constructors lay them out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Protocol

import numpy as np

from catad.api.missing import Missing
from catad.api.words import DTYPES
from catad.source import CatadError
from catad.types.size import Size
from catad.types.type import (
    BOOL,
    I64,
    Array,
    Child,
    Data,
    Prod,
    Record,
    Scalar,
    Type,
    dims,
    flatten,
    holds_tree,
    leaf,
)

__all__ = ["ABSENT", "Packer", "Path", "children", "columns"]

ABSENT: Any = object()


class Packer(Protocol):
    """What this needs of `values.Packing`."""

    def fail(self, code: str, title: str, help: Sequence[str] = ()) -> CatadError: ...
    def scalar(self, t: Scalar, value: Any, where: Any) -> Any: ...
    def fields(self, t: Record, value: Any, where: Any) -> Mapping[str, Any]: ...
    def items(self, t: Prod, value: Any, where: Any) -> Sequence[Any]: ...
    def chosen(self, t: Data, value: Any, where: Any) -> tuple[int, Any]: ...
    def array(self, t: Scalar, value: Any, where: Any, dims: tuple[Size, ...]) -> Any: ...
    def bind_dims(self, sizes: tuple[Size, ...], shape: Sequence[int], where: Any) -> None: ...
    def apart(self, t: Type, value: Any, where: Any) -> list[Any]: ...


@dataclass(frozen=True, slots=True)
class Path:
    """Where a part of a value is, `t.Node.l.Leaf`; spelt only when somebody asks."""

    parent: Any
    step: str

    def __str__(self) -> str:
        steps: list[str] = []
        at: Any = self
        while isinstance(at, Path):
            steps.append(at.step)
            at = at.parent
        if len(steps) > 40:
            steps[20:-20] = ["…"]
        return str(at) + "".join(reversed(steps))


Rows = Sequence[Any]
Links = Sequence[Sequence[int]]


def columns(p: Packer, t: Type, rows: Rows, paths: Sequence[Any], links: Links = (),
            turn: Iterator[int] | None = None) -> list[Any]:
    """One array for each leaf. Where `t` is the payload of a node, `links` has the children of each row.

    Without `turn` children are left out.
    """
    match t:
        case Scalar():
            zero = False if t == BOOL else 0 if t == I64 else 0.0
            values = [zero if v is ABSENT else p.scalar(t, v, x) for v, x in zip(rows, paths, strict=True)]
            return [np.array(values, _dtype(t, values))]
        case Child():
            if turn is None:
                return []
            k = next(turn)
            return [np.array([own[k] if own else 0 for own in links], np.int64)]
        case Prod() | Record():
            return [a for item, values, places in components(p, t, rows, paths)
                    for a in columns(p, item, values, places, links, turn)]
        case Array():
            return _arrays(p, t, rows, paths)
        case Data(size=None):
            return _sum(p, t, rows, paths, links, turn)
        case Data():
            return _forest(p, t, rows, paths)
    raise p.fail("E0603", f"`{paths[0] if paths else ''}` has type {t}, which cannot cross into Python")


def _dtype(t: Scalar, values: Sequence[Any]) -> Any:
    """The type of an array of these; whatever is no number of the machine stays an object."""
    return DTYPES[t] if all(isinstance(v, (bool, int, float)) for v in values) else object


def components(p: Packer, t: Prod | Record, rows: Rows,
               paths: Sequence[Any]) -> Iterator[tuple[Type, list[Any], list[Any]]]:
    """Each component of a product: its type, its values and their places."""
    if isinstance(t, Record):
        parts = [v if v is ABSENT else p.fields(t, v, x) for v, x in zip(rows, paths, strict=True)]
        named: list[tuple[Any, Type]] = list(t.fields)
    else:
        parts = [v if v is ABSENT else p.items(t, v, x) for v, x in zip(rows, paths, strict=True)]
        named = list(enumerate(t.items))
    for x, item in named:
        yield item, [v if v is ABSENT else v[x] for v in parts], [Path(w, f".{x}") for w in paths]


def _arrays(p: Packer, t: Array, rows: Rows, paths: Sequence[Any]) -> list[Any]:
    """Arrays in payloads, those of each leaf of one shape."""
    present = next((x for v, x in zip(rows, paths, strict=True) if v is not ABSENT), "")
    if holds_tree(t) and present:
        raise p.fail("E0605", f"`{present}` cannot be given value by value: it is {t}",
                     help=["pass the whole as arrays, {\"tag\": …}"])
    base = leaf(t)
    if isinstance(base, Scalar):
        own = [v if v is ABSENT else p.array(base, v, x, dims(t)) for v, x in zip(rows, paths, strict=True)]
        found = _stacked(p, t, own, paths)
        if isinstance(found, np.ndarray):
            p.bind_dims(dims(t), found.shape[1:], present)
        return [found]
    wires = list(flatten(t))
    apart = [[ABSENT] * len(wires) if v is ABSENT else p.apart(t, v, x) for v, x in zip(rows, paths, strict=True)]
    return [_stacked(p, w, [leaves[k] for leaves in apart], paths) for k, w in enumerate(wires)]


def _stacked(p: Packer, t: Type, arrays: Sequence[Any], paths: Sequence[Any]) -> Any:
    base = leaf(t)
    assert isinstance(base, Scalar)
    given = [(a, x) for a, x in zip(arrays, paths, strict=True) if isinstance(a, np.ndarray)]
    if not given:
        empty = next((a for a in arrays if isinstance(a, Missing)), Missing(base, (), dims(t)))
        return replace(empty, shape=(len(arrays), *empty.shape))
    shape = given[0][0].shape
    for a, x in given:
        if a.shape != shape:
            raise p.fail("E0607", f"`{x}` has shape {list(a.shape)}, where others have {list(shape)}")
    zero: Any = np.zeros(shape, DTYPES[base])
    return np.array([a if isinstance(a, np.ndarray) else zero for a in arrays]).reshape(len(arrays), *shape)


def _sum(p: Packer, t: Data, rows: Rows, paths: Sequence[Any], links: Links,
         turn: Iterator[int] | None) -> list[Any]:
    """The tag, and all payloads."""
    chosen = [ABSENT if v is ABSENT else p.chosen(t, v, x) for v, x in zip(rows, paths, strict=True)]
    out: list[Any] = [np.array([0 if v is ABSENT else v[0] for v in chosen], np.int64)]
    for x, item in t.payloads.fields:
        values = [v[1] if v is not ABSENT and t.cases[v[0]][0] == x else ABSENT for v in chosen]
        out += columns(p, item, values, [Path(w, f".{x}") for w in paths], links, turn)
    return out


# ── trees

def _forest(p: Packer, t: Data, rows: Rows, paths: Sequence[Any]) -> list[Any]:
    """The root of each tree, and its nodes; trees that have fewer are filled up with zeros."""
    trees = [([], [], [], []) if v is ABSENT else _nodes(p, t, v, x) for v, x in zip(rows, paths, strict=True)]
    most = max((len(tree[0]) for tree in trees), default=0)
    out: list[Any] = [np.array([max(len(tree[0]) - 1, 0) for tree in trees], np.int64)]
    flat: list[tuple[Any, Any, Any, Sequence[int]]] = []
    for tags, values, places, links in trees:
        flat += zip(tags, values, places, links, strict=True)
        flat += [(0, ABSENT, "", ())] * (most - len(tags))
    shape = (len(rows), most)
    out.append(np.array([k for k, _, _, _ in flat], np.int64).reshape(shape))
    for x, item in t.payloads.fields:
        here = [x == t.cases[k][0] and v is not ABSENT for k, v, _, _ in flat]
        values = [v if h else ABSENT for h, (_, v, _, _) in zip(here, flat, strict=True)]
        own = [links if h else () for h, (_, _, _, links) in zip(here, flat, strict=True)]
        arrays = columns(p, item, values, [w for _, _, w, _ in flat], own, count())
        out += [a.reshape(*shape, *a.shape[1:]) for a in arrays]
    return out


def _nodes(p: Packer, t: Data, value: Any, where: Any) -> tuple[list[int], list[Any], list[Any], list[list[int]]]:
    """Tags, payloads, places and children of the nodes of a tree, children before their parents.

    A walk from the root that takes the last child first, read backwards.
    """
    tags: list[int] = []
    values: list[Any] = []
    places: list[Any] = []
    links: list[list[int]] = []
    todo: list[tuple[Any, Any, list[int] | None]] = [(value, where, None)]
    while todo:
        v, x, parent = todo.pop()
        k, payload = p.chosen(t, v, x)
        if parent is not None:
            parent.append(len(tags))
        place, own = Path(x, f".{t.cases[k][0]}"), list[int]()
        item = t.cases[k][1]
        if item is not None:
            todo += [(c, w, own) for c, w in children(p, item, payload, place)]
        tags.append(k)
        values.append(payload)
        places.append(place)
        links.append(own)
    last = len(tags) - 1
    for own in links:
        own[:] = [last - c for c in reversed(own)]
    return tags[::-1], values[::-1], places[::-1], links[::-1]


def children(p: Packer, t: Type, value: Any, where: Any) -> Iterator[tuple[Any, Any]]:
    """The children in a payload, with their places."""
    match t:
        case Child():
            yield value, where
        case Prod(items):
            for k, (i, v) in enumerate(zip(items, p.items(t, value, where), strict=True)):
                yield from children(p, i, v, Path(where, f".{k}"))
        case Record(fields):
            values = p.fields(t, value, where)
            for x, f in fields:
                yield from children(p, f, values[x], Path(where, f".{x}"))
