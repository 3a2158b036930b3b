"""Trees at the Python boundary: nested values on this side, a root and arrays of nodes on the other.

    {"Node": {"l": {"Leaf": 1.0}, "r": "Nil"}}   ↦   root 2, tag [1, 0, 2], …           children before their parents

Trees may be as deep as memory allows: nothing here recurses on them. A tree may also be given as its arrays,
`{"root": 2, "tag": …, "Leaf": …, "Node": {"l": …, "r": …}}`, with the index of a child where the child would be. An
array of trees is a nested list of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from catad.api import columns
from catad.api.columns import Path
from catad.types.size import Size
from catad.types.type import I64, Child, Data, Prod, Record, Scalar, Type, flatten

__all__ = ["node_links", "pack_tree", "rebuilt", "spread", "unpack_tree"]


class Packer(columns.Packer, Protocol):
    """What this needs of `values.Packing`."""

    flat: list[Any]
    counted: list[tuple[int, int, Size]]

    def add(self, t: Type, value: Any, where: Any, dims: tuple[Size, ...] = ()) -> None: ...
    def opened(self, value: Any) -> Any: ...
    def bind_dims(self, sizes: tuple[Size, ...], shape: Sequence[int], where: Any) -> None: ...


# ── from values to arrays

def pack_tree(p: Packer, t: Data, value: Any, where: Any, sizes: tuple[Size, ...]) -> None:
    """Append the leaves of a value of type `[sizes]t`."""
    if isinstance(value, Mapping) and "root" in value and "tag" in value:
        _pack_arrays(p, t, value, where, sizes)
        return
    rows, shape = spread(p, value, where, len(sizes))
    start = len(p.flat)
    arrays = columns.columns(p, t, [v for v, _ in rows], [x for _, x in rows])
    p.flat += [a.reshape(*shape, *a.shape[1:]) if sizes else a[0] for a in arrays]
    if not sizes:
        p.flat[start] = int(p.flat[start])
    p.counted += [(k, len(sizes), t.nodes.size) for k in range(start + 1, len(p.flat))]
    p.bind_dims(sizes, shape, where)


def spread(p: Packer, value: Any, where: Any, depth: int) -> tuple[list[tuple[Any, Any]], list[int]]:
    """The values in nested lists, with their places, and the lengths of the lists."""
    shape: list[int] = []
    flat = [(value, where)]
    for _ in range(depth):
        flat = [(p.opened(v), w) for v, w in flat]
        if any(not isinstance(v, (list, tuple)) for v, _ in flat) or len({len(v) for v, _ in flat}) > 1:
            raise p.fail("E0607", f"`{where}` should be lists of equal length, {depth} deep")
        shape.append(len(flat[0][0]) if flat else 0)
        flat = [(x, Path(w, f"[{i}]")) for v, w in flat for i, x in enumerate(v)]
    return flat, shape


def _pack_arrays(p: Packer, t: Data, value: Mapping[str, Any], where: Any, sizes: tuple[Size, ...]) -> None:
    """A tree that comes as its arrays; they are not copied, and must be what they say."""
    start = len(p.flat)
    p.add(I64, value["root"], Path(where, ".root"), sizes)
    p.add(t.nodes, value, where, sizes)
    roots = np.asarray(p.flat[start]).reshape(-1)
    tags = p.flat[start + 1]
    nodes = tags.reshape(len(roots), -1) if len(roots) else tags.reshape(0, 0)
    kids = [a.reshape(nodes.shape) for a in links(t, p.flat[start + 1:])]
    for k, root in enumerate(roots):
        if not 0 <= root < nodes.shape[1]:
            raise p.fail("E0607", f"`{where}.root` is {root}: there are {nodes.shape[1]} nodes")
        _check(p, t, int(root), nodes[k], [a[k] for a in kids], where)


def _check(p: Packer, t: Data, root: int, tags: Any, kids: Sequence[Any], where: Any) -> None:
    """Children stand before their parents, and no node has two."""
    seen: Any = np.zeros(root + 1, np.int64)
    own: Any = np.arange(root + 1)
    column = 0
    for x, item in t.payloads.fields:
        k = [name for name, _ in t.cases].index(x)
        here = tags[:root + 1] == k
        for _ in range(sum(1 for _ in _children(item))):
            child = kids[column][:root + 1][here]
            column += 1
            if np.any(child < 0) or np.any(child >= own[here]):
                raise p.fail("E0607", f"`{where}.{x}` names a child that does not stand before its parent",
                             help=["children come first: each is the index of a node before this one"])
            np.add.at(seen, child, 1)
    if np.any(seen > 1):
        raise p.fail("E0607", f"`{where}`: node {int(np.argmax(seen > 1))} has two parents")


def _children(t: Type) -> Iterator[Child]:
    match t:
        case Child():
            yield t
        case Prod(items):
            for i in items:
                yield from _children(i)
        case Record(fields):
            for _, f in fields:
                yield from _children(f)


def links(t: Data, arrays: Sequence[Any]) -> list[Any]:
    """Those among the arrays of nodes that hold indices of children."""
    out: list[Any] = []
    leaves = iter(arrays)
    next(leaves)

    def walk(item: Type) -> None:
        match item:
            case Child():
                out.append(next(leaves))
            case Prod(items):
                for i in items:
                    walk(i)
            case Record(fields):
                for _, f in fields:
                    walk(f)
            case _:
                for _ in flatten(item):
                    next(leaves)

    walk(t.payloads)
    return out


# ── from arrays to values

def unpack_tree(t: Data, root: Any, arrays: Sequence[Any]) -> Any:
    """The nested value, or nested lists of such."""
    if isinstance(root, np.ndarray) and root.ndim:
        return [unpack_tree(t, r, [a[k] for a in arrays]) for k, r in enumerate(root)]
    return rebuilt(t, int(root), arrays, lambda name: _payload(t, name, arrays))


def _payload(t: Data, name: str, arrays: Sequence[Any]) -> tuple[Type, Sequence[Any]]:
    """What a constructor holds, and the arrays of its leaves other than children."""
    start = 1
    for x, item in t.node.payloads.fields:
        width = sum(1 for _ in flatten(item))
        if x == name:
            mine = arrays[start:start + width]
            kids = {id(a) for a in node_links(t, arrays).get(_position(t, x), ())}
            return dict(t.payloads.fields)[x], [a for a in mine if id(a) not in kids]
        start += width
    raise AssertionError(name)


def _position(t: Data, name: str) -> int:
    return [x for x, _ in t.cases].index(name)


def rebuilt(t: Data, root: int, arrays: Sequence[Any],
            payload: Callable[[str], tuple[Type, Sequence[Any]]]) -> Any:
    """A nested value along the nodes of a tree; `payload` says what a constructor holds there, and in which arrays."""
    kids = node_links(t, arrays)
    held = {k: payload(x) for k, (x, item) in enumerate(t.cases) if item is not None}
    made: dict[int, Any] = {}
    for i in sorted(_reached(root, arrays[0], kids)):
        k = int(arrays[0][i])
        if k not in held:
            made[i] = {t.cases[k][0]: ()}
            continue
        item, leaves = held[k]
        below = iter([made[int(a[i])] for a in kids.get(k, ())])
        made[i] = {t.cases[k][0]: _value(item, iter(leaves), i, below)}
    return made[root]


def node_links(t: Data, arrays: Sequence[Any]) -> dict[int, list[Any]]:
    """For each constructor the arrays with the indices of its children."""
    column = iter(links(t, arrays))
    return {_position(t, x): [next(column) for _ in _children(item)] for x, item in t.payloads.fields}


def _reached(root: int, tags: Any, kids: Mapping[int, Sequence[Any]]) -> list[int]:
    """The nodes below a root, itself included."""
    out, todo = [], [root]
    while todo:
        i = todo.pop()
        out.append(i)
        todo += [int(a[i]) for a in kids.get(int(tags[i]), ())]
    return out


def _value(t: Type, leaves: Iterator[Any], i: int, below: Iterator[Any]) -> Any:
    """A payload of node i, with its children."""
    match t:
        case Child():
            return next(below)
        case Prod(items):
            return tuple([_value(item, leaves, i, below) for item in items])
        case Record(fields):
            return {x: _value(f, leaves, i, below) for x, f in fields}
        case Scalar():
            return _plain(next(leaves)[i])
    from catad.api.values import unpack
    return unpack(t, iter([_plain(next(leaves)[i]) for _ in flatten(t)]), {})


def _plain(v: Any) -> Any:
    return v.item() if isinstance(v, np.generic) else v
