"""Tangents of trees at the Python boundary: trees of the same shape, with tangents where the tree has numbers.

    a tree   {"Node": {"l": {"Leaf": 2.0}, "r": "Nil"}}      its tangent   {"Node": {"l": {"Leaf": 1.0}, "r": "Nil"}}

Both sides walk the nodes of the tree itself, which is at hand: a parameter of the same call, or a result beside the
tangent. Where it is not, at cotangents of results, tangents are given by node: `{"nodes": {"Leaf": [1.0, …], …}}`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from catad.api import trees
from catad.api.columns import ABSENT, Path, children, columns
from catad.types.size import Size
from catad.types.type import Child, Data, Prod, Record, Tangent, Type, dims, flatten, tangent

__all__ = ["Shapes", "pack_tangent", "unpack_tangent"]


@dataclass(slots=True)
class Shapes:
    """The trees of a call, by type: parameters first, then results. Tangents take theirs in the same order."""

    params: dict[Data, list[tuple[Any, Sequence[Any]]]] = field(default_factory=dict)
    results: dict[Data, list[tuple[Any, Sequence[Any]]]] = field(default_factory=dict)
    taken: dict[Tangent, int] = field(default_factory=dict)

    def take(self, t: Tangent) -> tuple[Any, Sequence[Any]] | None:
        """The root and the arrays of the tree that a tangent belongs to, if it is known."""
        assert isinstance(t.item, Data)
        known = (self.results if t.result else self.params).get(t.item, [])
        k = self.taken[t] = self.taken.get(t, -1) + 1
        return known[k % len(known)] if known else None


class Packer(trees.Packer, Protocol):
    """What this needs of `values.Packing`."""

    def shapes(self) -> Shapes: ...


# ── from values to arrays

def pack_tangent(p: Packer, t: Tangent, value: Any, where: Any, sizes: tuple[Size, ...]) -> None:
    """Append the leaves of a tangent of type `[sizes]t`."""
    assert isinstance(t.item, Data)
    tree = t.item
    if isinstance(value, Mapping) and set(value) == {"nodes"}:
        p.add(tangent(tree), value["nodes"], Path(where, ".nodes"), sizes)
        return
    known = p.shapes().take(t)
    if known is None:
        raise p.fail("E0605", f"`{where}` is a tangent of a tree that is computed; give it by nodes, {{\"nodes\": …}}")
    root, arrays = known
    over = len(sizes) - np.ndim(root)                    # dimensions of the tangent alone, as in Taylor coefficients
    rows, shape = trees.spread(p, value, where, len(sizes))
    roots = np.broadcast_to(root, shape[:over] + list(np.shape(root))).reshape(-1) if sizes else [root]
    flats = [a.reshape(-1, *a.shape[np.ndim(root):]) for a in arrays]
    count = max(len(flats[0]), 1)
    nodes: list[Any] = []
    for k, ((v, x), r) in enumerate(zip(rows, roots, strict=True)):
        nodes += _along(p, tree, int(r), [a[k % count] for a in flats], v, x)
    n = len(nodes) // max(len(rows), 1)
    for x, item in tree.payloads.fields:
        here = [v if v is not ABSENT and v[0] == x else ABSENT for v in nodes]
        own = [v if v is ABSENT else v[1] for v in here]
        places = ["" if v is ABSENT else v[2] for v in here]
        for a in columns(p, _tangents(item), own, places):
            p.flat.append(a.reshape(*shape, n, *a.shape[1:]))
            p.counted.append((len(p.flat) - 1, len(sizes), tree.nodes.size))
    p.bind_dims(sizes, shape, where)


def _along(p: Packer, t: Data, root: int, arrays: Sequence[Any], value: Any, where: Any) -> list[Any]:
    """For each node its constructor, the tangent given there and its place; ABSENT for nodes that are not reached."""
    out: list[Any] = [ABSENT] * len(arrays[0])
    links = trees.node_links(t, arrays)
    todo = [(root, value, where)]
    while todo:
        i, v, x = todo.pop()
        k, payload = p.chosen(t, v, x)
        here = int(arrays[0][i])
        name, item = t.cases[here]
        if k != here:
            raise p.fail("E0605", f"`{x}` should be a {name}, as the tree is there; found {t.cases[k][0]}")
        place = Path(x, f".{name}")
        out[i] = (name, payload, place)
        if item is not None:
            kids = list(children(p, item, payload, place))
            todo += [(int(a[i]), c, w) for a, (c, w) in zip(links.get(here, ()), kids, strict=True)]
    return out


def _tangents(t: Type) -> Type:
    """The tangent of a payload, with children where it has them."""
    match t:
        case Child():
            return t
        case Prod(items):
            return Prod(tuple(map(_tangents, items)))
        case Record(fields):
            return Record(tuple((x, _tangents(f)) for x, f in fields))
    return tangent(t)


# ── from arrays to values

def unpack_tangent(t: Tangent, leaves: Sequence[Any], shapes: Shapes) -> Any:
    """The tangent in the shape of its tree; by nodes where that is not known."""
    from catad.api.values import unpack
    assert isinstance(t.item, Data)
    known = shapes.take(t)
    if known is None:
        return {"nodes": unpack(tangent(t.item), iter(leaves), {})}
    root, arrays = known
    wires = list(flatten(tangent(t.item)))
    over = leaves[0].ndim - len(dims(wires[0])) - np.ndim(root) if leaves else 0
    return _spread(t.item, root, arrays, list(leaves), over)


def _spread(t: Data, root: Any, arrays: Sequence[Any], leaves: Sequence[Any], over: int) -> Any:
    if over > 0:
        return [_spread(t, root, arrays, [a[k] for a in leaves], over - 1) for k in range(len(leaves[0]))]
    if np.ndim(root):
        return [_spread(t, r, [a[k] for a in arrays], [a[k] for a in leaves], 0) for k, r in enumerate(root)]
    return trees.rebuilt(t, int(root), arrays, lambda x: _payload(t, x, leaves))


def _payload(t: Data, name: str, leaves: Sequence[Any]) -> tuple[Type, Sequence[Any]]:
    start = 0
    for x, item in t.node.payloads.fields:
        width = len(list(flatten(tangent(item))))
        if x == name:
            return _tangents(dict(t.payloads.fields)[x]), leaves[start:start + width]
        start += width
    raise AssertionError(name)
