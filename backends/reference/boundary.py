"""The boundary of a net: flat values in and out, and the sizes that their shapes bind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from catad.net.net import BindSize, Net
from catad.types.size import Size
from catad.types.type import Array, Scalar, Series, Type, dims

from .arrays import orders, scalar_of
from .domain import Domain, Fault

__all__ = ["bind_sizes", "enter", "leave"]


def enter(domain: Domain, value: Any, t: Type) -> Any:
    """A flat value as the evaluator holds it."""
    if isinstance(t, Scalar):
        return domain.enter(value, t)
    scalar = scalar_of(t)
    if not isinstance(t, Array | Series) or not isinstance(scalar, Scalar):
        return value
    dtype = domain.dtype(scalar)
    given = value if isinstance(value, np.ndarray) else np.array(value, dtype)
    if np.dtype(dtype) != np.object_:
        return np.array(given, dtype)
    out = np.empty(given.shape, np.object_)
    for i in np.ndindex(given.shape):
        out[i] = domain.enter(given[i], scalar)
    return out


def leave(domain: Domain, value: Any, t: Type) -> Any:
    """A value of the evaluator as a flat value: arrays are the caller's own and contiguous."""
    return np.array(value, order="C") if isinstance(value, np.ndarray) else value


def bind_sizes(domain: Domain, net: Net, values: Sequence[Any],
               given: Mapping[str, int] | None = None) -> dict[str, int]:
    """The value of each size of the boundary, after checking every dimension of every input.

    A variable is given by a call, by a `BindSize` on an input, or stands alone as a dimension of an input.
    """
    sizes = dict(given or {})
    _bind_counts(domain, net, values, sizes)
    shapes = [_shape(v, t) for v, t in zip(values, net.source, strict=True)]
    for t, shape in zip(net.source, shapes, strict=True):
        if len(dims(t)) != len(shape):
            raise Fault("E0502", "the number of dimensions differs", f"{t} from an array with {len(shape)}")
        for size, n in zip(dims(t), shape, strict=True):
            if size.variable is not None:
                sizes.setdefault(size.variable, n)
    for k, (t, shape) in enumerate(zip(net.source, shapes, strict=True)):
        for size, n in zip(dims(t), shape, strict=True):
            _check(size, n, sizes, k)
    return sizes


def _bind_counts(domain: Domain, net: Net, values: Sequence[Any], sizes: dict[str, int]) -> None:
    """Sizes that are themselves arguments; the box checks them again when it runs."""
    at = dict(zip(net.inputs, values, strict=True))
    for box in net.boxes:
        if isinstance(box.op, BindSize) and box.sources[0] in at and box.op.name in net.sizes:
            n = domain.integer(at[box.sources[0]])
            if n is not None and (n >= 0 or box.op.clamp):
                sizes.setdefault(box.op.name, max(n, 0))


def _shape(value: Any, t: Type) -> tuple[int, ...]:
    return np.shape(value)[len(orders(t)):] if isinstance(t, Array) else ()


def _check(size: Size, n: int, sizes: Mapping[str, int], k: int) -> None:
    if any(x not in sizes for x in size.variables):
        return
    expected = max(size.evaluate(sizes), 0)
    if expected != n:
        raise Fault("E0502", "sizes differ", f"input {k + 1} has {n} entries where {size} is {expected}")
