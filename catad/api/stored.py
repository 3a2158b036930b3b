"""Values that are converted once and given to many calls.

    trees = loss.convert("trees", trees)          then loss(w, trees), catad.grad(loss)(w, trees), …

What is kept are the flat values of `values.Packing`. A call that takes them checks the type and binds the sizes; it
does not look at the entries again, which nobody can change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Protocol

import numpy as np

from catad.api.missing import Missing
from catad.source import CatadError
from catad.types.size import Size
from catad.types.type import Array, Data, Prod, Record, Type, array, map_type

__all__ = ["Stored", "frozen", "put", "stored"]


class Packer(Protocol):
    """What this needs of `values.Packing`."""

    flat: list[Any]
    classes: dict[tuple[str, ...], type]
    trees: list[tuple[Data, int]]
    counted: list[tuple[int, int, Size]]

    def bind_dims(self, sizes: tuple[Size, ...], shape: Sequence[int], where: Any) -> None: ...
    def fail(self, code: str, title: str, help: Sequence[str] = ()) -> CatadError: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """How the leaves of a stored value become those of a parameter: their dimensions and places, and its trees."""

    fits: bool
    leaves: tuple[tuple[tuple[Size, ...], str], ...]
    trees: tuple[tuple[Data, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """A value of a type, as the functions of one kind of backend take it. `plans`: those met so far."""

    of: Type
    kind: type                            # the packing that made it
    flat: tuple[Any, ...]
    nodes: Mapping[int, int]              # leaves of trees: the axis of their nodes
    classes: Mapping[tuple[str, ...], type]
    plans: dict[tuple[int, int], tuple[Type, Plan]] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<catad value of type {self.of}>"

    def plan(self, t: Type, sizes: tuple[Size, ...]) -> Plan:
        key = id(t), len(sizes)
        known = self.plans.get(key)
        if known is None or known[0] is not t:
            known = self.plans[key] = t, _plan(self.of, t, sizes)
        return known[1]


def stored(p: Packer, t: Type) -> Stored:
    """All that was packed, as a value of the type `t`."""
    flat = tuple(map(frozen, p.flat))
    return Stored(t, type(p), flat, {k: axis for k, axis, _ in p.counted}, dict(p.classes))


def frozen(value: Any) -> Any:
    """The value, as an array of its own that nobody changes if it is one."""
    if not isinstance(value, np.ndarray):
        return value
    own = value.copy()
    own.flags.writeable = False
    return own


def put(p: Packer, t: Type, value: Stored, where: Any, sizes: tuple[Size, ...]) -> None:
    """Append the leaves of a stored value, which is to be of type `[sizes]t`."""
    if value.kind is not type(p):
        raise p.fail("E0605", f"`{where}` was converted for another backend", ["convert it with this function"])
    plan = value.plan(t, sizes)
    if not plan.fits:
        raise p.fail("E0605", f"`{where}` should be of type {array(sizes, t)}; found a converted value of type "
                              f"{value.of}")
    start = len(p.flat)
    p.flat += value.flat
    p.classes.update(value.classes)
    p.trees += [(tree, start + k) for tree, k in plan.trees]
    for k, ((wanted, place), a) in enumerate(zip(plan.leaves, value.flat, strict=True)):
        if not wanted:
            continue
        if isinstance(a, Missing):
            p.flat[start + k] = replace(a, sizes=wanted[a.ndim:])
        axis = value.nodes.get(k)
        if axis is not None:
            p.counted.append((start + k, axis, wanted[axis]))
        found = tuple((s, n) for j, (s, n) in enumerate(zip(wanted, a.shape, strict=False)) if j != axis)
        p.bind_dims(tuple(s for s, _ in found), [n for _, n in found], f"{where}{place}")


def _plan(given: Type, t: Type, sizes: tuple[Size, ...]) -> Plan:
    whole = array(sizes, t)
    if _any_size(given) != _any_size(whole):
        return Plan(False, (), ())
    trees: list[tuple[Data, int]] = []
    leaves = tuple(_leaves(whole, (), "", trees, count()))
    return Plan(True, leaves, tuple(trees))


def _any_size(t: Type) -> Type:
    """The type with its sizes left out."""
    return map_type(lambda _: None, t, lambda _: Size.of(0))


def _leaves(t: Type, sizes: tuple[Size, ...], where: str, trees: list[tuple[Data, int]],
            number: Iterator[int]) -> Iterator[tuple[tuple[Size, ...], str]]:
    """The dimensions and the place of each leaf, in the order of `flatten`; trees are noted with their first leaf."""
    match t:
        case Prod() | Record():
            named = list(enumerate(t.items)) if isinstance(t, Prod) else t.fields
            for x, item in named:
                yield from _leaves(item, sizes, f"{where}.{x}", trees, number)
        case Array(size, item):
            yield from _leaves(item, (*sizes, size), where, trees, number)
        case Data(size=size):
            k = next(number)
            yield sizes, where
            if size is None:
                yield from _leaves(t.payloads, sizes, where, trees, number)
            else:
                trees.append((t, k))
                yield from _leaves(t.nodes, sizes, where, trees, number)
        case _:
            next(number)
            yield sizes, where
