"""What names mean inside a definition, and where bindings go.

A *scope* is the body of a definition, lambda, loop or branch. Lets and sizes computed at run time are listed in
the scope where they arise and wrapped around its result when it closes, so a size computed in one argument is
visible in the next. Pure bindings with unique names may float like this: the value stays what it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from catad.core import term as core
from catad.source import Span
from catad.types.size import Size
from catad.types.type import Type

__all__ = ["Local", "Names", "Scope", "atom"]


@dataclass(frozen=True, slots=True)
class Local:
    """A variable. `poly` is its value as a polynomial in sizes and atoms, when it is known to be one."""

    name: str                  # unique in the definition
    type: Type
    span: Span
    poly: Size | None
    scope: Scope


@dataclass(slots=True, eq=False)
class Scope:
    """An open scope: its depth, and its bindings so far, innermost last."""

    depth: int
    bindings: list[tuple[str, core.Term, Span, bool | None]] = field(default_factory=list)
    sizes: dict[tuple[Size, bool], str] = field(default_factory=dict)        # what was bound here already

    def let(self, name: str, bound: core.Term, span: Span) -> None:
        self.bindings.append((name, bound, span, None))

    def bind_size(self, name: str, extent: core.Term, clamp: bool) -> None:
        self.bindings.append((name, extent, extent.span, clamp))

    def close(self, body: core.Term) -> core.Term:
        """The scope's result inside all of its bindings."""
        for name, bound, span, clamp in reversed(self.bindings):
            if clamp is None:
                body = core.Let(body.type, span, name, bound, body)
            else:
                body = core.BindSize(body.type, span, name, bound, body, clamp)
        return body


class Names:
    """Unique names within a definition that stay readable: x, x_1, x_2."""

    def __init__(self) -> None:
        self.used: set[str] = set()
        self.next: dict[str, int] = {}

    def fresh(self, base: str) -> str:
        name, k = base, self.next.get(base, 0)
        while name in self.used:
            k += 1
            name = f"{base}_{k}"
        self.next[base] = k
        self.used.add(name)
        return name


def atom(name: str) -> Size:
    """The value of an i64 variable that is not a size, inside a polynomial."""
    return Size.var("%" + name)
