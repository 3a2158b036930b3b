"""Is a size that comes as an i64 parameter the definition's own affair?

    def triangle (n : i64) : i64 = loop s = 0 for i < n do s + i         -- n is an extent here, in no type outside

Then it is bound inside, where a negative one counts as 0 as any extent does. It must stand alone wherever it stands:
of `n + 5` the value matters when n is negative, and a size that is passed on or read as a number is n itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields

from catad.core import term as core
from catad.types.size import Size
from catad.types.type import Type, type_sizes

__all__ = ["internal"]


def internal(x: str, types: Sequence[Type], body: core.Term) -> bool:
    """Does the size x occur in no type outside, and inside only alone, as an extent or a dimension?"""
    if any(x in size.variables for t in (*types, body.type) for size in type_sizes(t)):
        return False
    stack: list[object] = [body]
    while stack:
        e = stack.pop()
        if isinstance(e, (core.SizeOf, core.Global, core.Guard)) and any(x in s.variables for s in _own(e)):
            return False
        if isinstance(e, core.Term):
            stack += [getattr(e, f.name) for f in fields(e)]
        elif isinstance(e, tuple):
            stack += e
        elif isinstance(e, (Size, Type)):
            found = (e,) if isinstance(e, Size) else type_sizes(e)
            if any(x in size.variables and size.variable != x for size in found):
                return False
    return True


def _own(e: core.SizeOf | core.Global | core.Guard) -> Iterator[Size]:
    """The sizes that a term uses for their value."""
    match e:
        case core.SizeOf(size=size):
            yield size
        case core.Global(sizes=named):
            yield from (size for _, size in named)
        case core.Guard(checks=checks):
            yield from (size for pair in checks for size in pair)
