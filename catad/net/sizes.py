"""The size variables of nets: which occur in a type, an operation, a net; how to make bound ones fresh.

    free_sizes(N)  =  (mentioned in a wire type, a label or a bubble of N)  minus  (bound by a `BindSize` of N)

A net's own `sizes` count as free: they are names by which its users instantiate it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from catad.net.label import BindSize, Call, Derive, Fill, Guard, Lambda, Loop, Op, SizeValue
from catad.source import Span, error
from catad.types.size import Size
from catad.types.type import Type, dims, type_sizes

if TYPE_CHECKING:
    from catad.net.net import Box, Net

__all__ = ["bound_sizes", "box_sizes", "free_sizes", "op_sizes", "op_types", "require_told", "spoken", "type_sizes"]


def spoken(size: Size, value: str) -> str:
    """A size and its value, for people: `n is 3`; only the value when the size has no name that they gave."""
    named = size.constant is None and not any("$" in x or "%" in x for x in size.variables)
    return f"{size} is {value}" if named else value


def op_types(op: Op) -> tuple[Type, ...]:
    """The types that an operation carries in its label."""
    match op:
        case Lambda(t):
            return (t,)
        case Derive(_, a, b):
            return (a, b)
    return ()


def op_sizes(op: Op) -> Iterator[Size]:
    """The sizes that an operation mentions; what `BindSize` binds is not a mention."""
    match op:
        case SizeValue(size) | Loop(size):
            yield size
        case Fill(sizes):
            yield from sizes
        case Guard(checks):
            for a, b in checks:
                yield a
                yield b
        case Call(_, sizes):
            for _, s in sorted(sizes, key=lambda p: p[0]):
                yield s
        case _:
            for t in op_types(op):
                yield from type_sizes(t)


def bound_sizes(net: Net) -> tuple[str, ...]:
    """The variables that boxes of the net itself (not of its bubbles) bind, in order."""
    return tuple(b.op.name for b in net.boxes if isinstance(b.op, BindSize))


def box_sizes(box: Box) -> Iterator[str]:
    """The size variables that a box mentions in its label and its bubbles (not in the types of its wires)."""
    for s in op_sizes(box.op):
        yield from s.variables
    for n in box.bubbles:
        yield from free_sizes(n)


def free_sizes(net: Net) -> tuple[str, ...]:
    """The size variables that a net mentions and does not bind by a box; ascending."""
    known = net._memo.get("free_sizes")
    if known is None:
        seen: dict[str, None] = {}
        for t in {id(t): t for t in net.wires}.values():
            for s in type_sizes(t):
                seen.update(dict.fromkeys(s.variables))
        for b in net.boxes:
            seen.update(dict.fromkeys(box_sizes(b)))
        known = net._memo["free_sizes"] = tuple(sorted(seen.keys() - set(bound_sizes(net))))
    assert isinstance(known, tuple)
    return known


def require_told(name: str, net: Net, span: Span | None = None) -> None:
    """Raise E0722 unless the inputs tell each size: it is a dimension of one, or a box binds it to one."""
    told = {s.variable for t in net.source for s in dims(t)}
    told |= {b.op.name for b in net.boxes if isinstance(b.op, BindSize) and b.sources[0] in net.inputs}
    for x in net.sizes:
        if x not in told:
            raise error("E0722", f"`{name}` cannot be called from outside: its size {x} is not an argument", span,
                        help=(f"let {x} stand alone as a dimension of an argument, or pass it as an i64 parameter",))
