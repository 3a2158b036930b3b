"""Lowering of the array primitives: reads, writes in place or into a copy, rows as views, choices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from catad.net.net import Box, Prim, Wire
from catad.source import Span
from catad.types.size import Size

from .arrays import ArrayValue, Filled, Value, View
from .kernel import Reg
from .scope import Scope, as_reg
from .trips import TripWriter

__all__ = ["PrimitiveWriter"]


class PrimitiveWriter(TripWriter):
    """A writer of the primitives of a net with its storage plan."""

    def storage(self, scope: Scope, w: Wire, span: Span | None, note: str) -> View:
        """Where the root w is to be stored."""
        view = scope.targets.get(w)
        if view is not None:
            return self.renew(view)
        return self.allocate(scope.kind(w), scope.shape(w), span, note)

    def prim(self, scope: Scope, p: int, b: Box, name: str) -> Value:
        env = scope.env
        args = [env[s] for s in b.sources]
        special = _ARRAYS.get(name)
        if special is not None:
            return special(self, scope, p, b, args)
        return self.scalar(name, tuple(args), b.span)     # type: ignore[arg-type]   # scalars, all of them


def _checked(low: PrimitiveWriter, dims_: Sequence[Size], indices: Sequence[Reg], b: Box) -> bool:
    safe = True
    for i, d in zip(indices, dims_, strict=False):
        safe = low.bounded(i, d, b.span) and safe
    return safe


def _index(low: PrimitiveWriter, scope: Scope, p: int, b: Box, args: list[Value]) -> Value:
    a, indices = args[0], [as_reg(i) for i in args[1:]]
    if isinstance(a, int):
        return a
    safe = _checked(low, a.dims, indices, b)
    if isinstance(a, Filled):
        rest = a.dims[len(indices):]
        return replace(a, dims=rest) if rest else a.value
    if len(indices) == len(a.dims):
        return low.read(a, indices, safe)
    row = low.sub(a, indices)
    if p in scope.plan.boxes and scope.plan.boxes[p].copied:
        return low.copy(row, low.storage(scope, b.targets[0], b.span, "row"))
    return row if safe else replace(row, born=len(low.frames) - 1)       # not read before the check


def _target(low: PrimitiveWriter, scope: Scope, p: int, b: Box, a: ArrayValue) -> View:
    """The storage that update or add_at writes: the array's own, or that of a copy."""
    if scope.plan.boxes[p].in_place:
        assert isinstance(a, View)
        return low.renew(a)
    return low.copy(a, low.storage(scope, b.targets[0], b.span, "copy"))


def _update(low: PrimitiveWriter, scope: Scope, p: int, b: Box, args: list[Value]) -> Value:
    a, indices, value = args[0], [as_reg(i) for i in args[1:-1]], args[-1]
    if isinstance(a, int):
        return value
    _checked(low, a.dims, indices, b)
    target = _target(low, scope, p, b, a)
    if isinstance(value, int):
        low.write(target, indices, value)
    else:
        low.copy(value, low.sub(target, indices))
    return low.renew(target)


def _add_at(low: PrimitiveWriter, scope: Scope, p: int, b: Box, args: list[Value]) -> Value:
    a, indices, value = args[0], [as_reg(i) for i in args[1:-1]], args[-1]
    if isinstance(a, int):
        return low.pure("add", (a, as_reg(value)))
    _checked(low, a.dims, indices, b)
    target = _target(low, scope, p, b, a)
    if isinstance(value, int):
        low.accumulate(target, indices, value)
    else:
        low.add_all(low.sub(target, indices), value)
    return low.renew(target)


def _stack(low: PrimitiveWriter, scope: Scope, p: int, b: Box, args: list[Value]) -> Value:
    target = low.storage(scope, b.targets[0], b.span, "stack")
    for k, v in enumerate(args):
        at = low.literal(k, "i64")
        if isinstance(v, int):
            low.write(target, (at,), v)
        else:
            low.copy(v, low.sub(target, (at,)))
    return low.renew(target)


def _extremum(low: PrimitiveWriter, scope: Scope, p: int, b: Box, args: list[Value]) -> Value:
    assert isinstance(b.op, Prim)
    a = args[0]
    assert not isinstance(a, int)
    return low.extremum(a, b.op.name, b.span)


def _position(low: PrimitiveWriter, scope: Scope, p: int, b: Box, args: list[Value]) -> Value:
    assert isinstance(b.op, Prim)
    a = args[0]
    assert not isinstance(a, int)
    return low.position(a, b.op.name, b.span)


def _same(low: PrimitiveWriter, scope: Scope, p: int, b: Box, args: list[Value]) -> Value:
    return args[0]


_ARRAYS = {"constant": _same, "index": _index, "update": _update, "add_at": _add_at, "stack": _stack,
           "maximum": _extremum, "minimum": _extremum, "argmax": _position, "argmin": _position}
