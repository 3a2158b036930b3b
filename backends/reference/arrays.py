"""Array primitives, and how values lie in memory.

    [n₁]…[n_d] leaf              an ndarray of shape  (orders…, n₁, …, n_d)
    series k₁ (series k₂ … a)    orders = (k₁+1, k₂+1, …), outermost first

A scalar wire holds the bare scalar of the domain. Arrays are values: nothing here writes to its arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from catad.types.type import Array, Scalar, Series, Type, dims, leaf

from .domain import Domain, Fault, Meaning, decided
from .series import ring_of

__all__ = ["ARRAY_ROWS", "Store", "array_row", "orders", "scalar_of", "series_row"]

Value = Any


def orders(t: Type) -> tuple[int, ...]:
    """The lengths of the coefficient axes of a wire type."""
    t = leaf(t)
    out: list[int] = []
    while isinstance(t, Series):
        out.append(t.order + 1)
        t = t.item
    return tuple(out)


def scalar_of(t: Type) -> Type:
    t = leaf(t)
    while isinstance(t, Series):
        t = t.item
    return t


class Store:
    """Arrays of one leaf type in one domain, within a budget of bytes."""

    def __init__(self, domain: Domain, t: Type, budget: int) -> None:
        self.leaf, self.domain, self.budget = leaf(t), domain, budget
        self.orders = orders(t)
        self.scalar = scalar_of(t)
        self.dtype = domain.dtype(self.scalar) if isinstance(self.scalar, Scalar) else np.object_
        self.skip = (slice(None),) * len(self.orders)

    def empty(self, shape: Sequence[int]) -> Value:
        """Room for an array of these dimensions."""
        full = (*self.orders, *shape)
        need = np.dtype(self.dtype).itemsize
        for n in full:
            need *= n
        if need > self.budget:
            raise Fault("E0507", f"an array of {' × '.join(map(str, shape))} entries needs {need} bytes",
                        f"more than the {self.budget} bytes allowed")
        try:
            return np.empty(full, self.dtype)
        except MemoryError:
            raise Fault("E0507", f"no memory for {need} bytes") from None

    def collect(self, items: Sequence[Value], item_shape: Sequence[int]) -> Value:
        """The array of these elements along a new leading dimension."""
        out = self.empty((len(items), *item_shape))
        for i, item in enumerate(items):
            out[(*self.skip, i)] = item
        return out

    def fill(self, shape: Sequence[int], value: Value) -> Value:
        out = self.empty(shape)
        if self.orders:
            value = value.reshape(value.shape + (1,) * len(shape))
            out[...] = value
        else:
            out.fill(value)
        return out

    def get(self, value: Value, at: Sequence[int], rank: int) -> Value:
        """The entry (or sub-array) at these indices of an array of `rank` dimensions."""
        if not at:
            return value
        item = value[(*self.skip, *at)]
        if len(at) < rank or self.orders or not isinstance(self.scalar, Scalar):
            return item
        return self.domain.enter(item, self.scalar)


def _indices(domain: Domain, value: Value, at: Iterable[Any], store: Store) -> tuple[int, ...]:
    shape = value.shape[len(store.orders):] if isinstance(value, np.ndarray) else ()
    out = []
    for axis, raw in enumerate(at):
        i = domain.integer(raw)
        if i is None:
            raise Fault("E0712", f"the {domain.name} meaning of this depends on an unknown index", f"index {raw}")
        if not 0 <= i < shape[axis]:
            which = "" if len(shape) == 1 else f" in dimension {axis + 1}"
            raise Fault("E0501", f"index {i} is out of bounds",
                        f"index {i}, but there are {shape[axis]} entries{which}")
        out.append(i)
    return tuple(out)


def _index(store: Store, types: Sequence[Type]) -> Meaning:
    rank = len(dims(types[0]))
    return lambda a, *at: store.get(a, _indices(store.domain, a, at, store), rank)


def _update(store: Store, types: Sequence[Type]) -> Meaning:
    def meaning(a: Value, *rest: Value) -> Value:
        at = _indices(store.domain, a, rest[:-1], store)
        if not at:
            return rest[-1]
        _same_shape(a, at, rest[-1], store)
        out = a.copy()
        out[(*store.skip, *at)] = rest[-1]
        return out
    return meaning


def _add_at(store: Store, types: Sequence[Type]) -> Meaning:
    add = entrywise(store, "add")
    rank = len(dims(types[0]))

    def meaning(a: Value, *rest: Value) -> Value:
        at = _indices(store.domain, a, rest[:-1], store)
        _same_shape(a, at, rest[-1], store)
        if not at:
            return add(a, rest[-1])
        out = a.copy()
        out[(*store.skip, *at)] = add(store.get(a, at, rank), rest[-1])
        return out
    return meaning


def _same_shape(a: Value, at: Sequence[int], v: Value, store: Store) -> None:
    skip = len(store.orders)
    have = np.shape(a)[skip + len(at):] if isinstance(a, np.ndarray) else ()
    given = np.shape(v)[skip:] if isinstance(v, np.ndarray) else ()
    if have != given:
        raise Fault("E0502", "sizes differ", f"the place has dimensions {have}, the value {given}")


def entrywise(store: Store, name: str) -> Meaning:
    """A coefficientwise binary row on scalars or on arrays of one shape."""
    assert isinstance(store.scalar, Scalar)
    op = store.domain.row(name, (store.scalar, store.scalar))
    enter, scalar = store.domain.enter, store.scalar

    def meaning(a: Value, b: Value) -> Value:
        if not isinstance(a, np.ndarray):
            return op(a, b)
        out = np.empty_like(a)
        for i in np.ndindex(a.shape):
            out[i] = op(enter(a[i], scalar), enter(b[i], scalar))
        return out
    return meaning


def _stack(store: Store, types: Sequence[Type]) -> Meaning:
    skip = len(store.orders)
    return lambda *items: store.collect(items, np.shape(items[0])[skip:] if isinstance(types[0], Array) else ())


# ── reductions with a choice ───────────────────────────────────────────────────────────────────────────────────


def _argument(store: Store, name: str, below: bool) -> Callable[[Value], int]:
    """Where the first largest (smallest) entry is; a NaN wins over everything."""
    assert isinstance(store.scalar, Scalar)
    less = store.domain.row("lt", (store.scalar, store.scalar))
    enter, scalar, heads = store.domain.enter, store.scalar, (0,) * len(store.orders)

    def meaning(a: Value) -> int:
        items = [enter(x, scalar) for x in a[heads]]
        if not items:
            raise Fault("E0505", f"{name} of nothing", "this array is empty")
        best = 0
        for i, x in enumerate(items):
            if items[best] != items[best]:
                break
            wins = less(x, items[best]) if below else less(items[best], x)
            if decided(store.domain, wins) or x != x:
                best = i
        return best
    return meaning


def _extreme(name: str, below: bool) -> Callable[[Store, Sequence[Type]], Meaning]:
    def make(store: Store, types: Sequence[Type]) -> Meaning:
        where = _argument(store, name, below)
        if store.orders:
            return lambda a: store.get(a, (where(a),), 1)
        assert isinstance(store.scalar, Scalar)
        op = store.domain.row(name[:3], (store.scalar, store.scalar))

        def meaning(a: Value) -> Value:
            if not len(a):
                raise Fault("E0505", f"{name} of nothing", "this array is empty")
            best = store.get(a, (0,), 1)
            for i in range(1, len(a)):
                best = op(best, store.get(a, (i,), 1))
            return best
        return meaning
    return make


ARRAY_ROWS: dict[str, Callable[[Store, Sequence[Type]], Meaning]] = {
    "index": _index, "update": _update, "add_at": _add_at, "stack": _stack,
    "maximum": _extreme("maximum", False), "minimum": _extreme("minimum", True),
    "constant": lambda s, t: lambda x: x,
    "argmax": lambda s, t: _argument(s, "argmax", False), "argmin": lambda s, t: _argument(s, "argmin", True),
}


def array_row(domain: Domain, name: str, types: Sequence[Type], budget: int) -> Meaning:
    """The meaning of an array primitive at these types."""
    return ARRAY_ROWS[name](Store(domain, types[0], budget), types)


# ── scalar primitives at series type ───────────────────────────────────────────────────────────────────────────


def series_row(domain: Domain, name: str, types: Sequence[Type]) -> Meaning:
    """A scalar row some of whose arguments are series: through tuples of coefficients and back."""
    series = next(t for t in types if isinstance(t, Series))
    ring = ring_of(domain, series)
    scalar = scalar_of(series)
    assert isinstance(scalar, Scalar)
    to = {"to_f64": "f64", "to_f32": "f32"}.get(name, scalar.name)
    dtype = domain.dtype(Scalar(to))

    def unpack(v: Value) -> Any:
        return tuple(unpack(x) if isinstance(x, np.ndarray) and x.ndim else domain.enter(x, scalar) for x in v)

    def meaning(*args: Value) -> Value:
        result = ring.call(name, *(unpack(v) if isinstance(v, np.ndarray) else v for v in args))
        return pack(result, dtype) if isinstance(result, tuple) else result
    return meaning


def pack(coefficients: tuple[Any, ...], dtype: Any) -> Value:
    """Nested tuples as an array."""
    shape: list[int] = []
    x: Any = coefficients
    while isinstance(x, tuple):
        shape.append(len(x))
        x = x[0]
    out = np.empty(shape, dtype)
    for i in np.ndindex(*shape):
        x = coefficients
        for k in i:
            x = x[k]
        out[i] = x
    return out
