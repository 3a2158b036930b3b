"""A net under construction together with the bubble walls around it.

    outer ──w──┐wall          A wire of an outer scope that is used inside enters the bubble as a captured
               └─▶ inner      input, once, through every wall in between.
"""

from __future__ import annotations

from collections.abc import Sequence

from catad.net.build import Builder
from catad.net.net import Net, Wire
from catad.types.type import Type

__all__ = ["Scope", "Value", "close_alike"]


class Value:
    """The wires of a structured value, and the scope in which they live."""

    __slots__ = ("scope", "wires")

    def __init__(self, scope: Scope, wires: Sequence[Wire]) -> None:
        self.scope, self.wires = scope, tuple(wires)


class Scope:
    """One bubble level. `bound` are its own inputs; captured ones are found while the body is built."""

    def __init__(self, parent: Scope | None = None) -> None:
        self.parent = parent
        self.b = Builder()
        self.depth: int = parent.depth + 1 if parent else 0
        self._captures: dict[Wire, Wire] = {}          # wire of the parent → input here
        self._seen: dict[Value, tuple[Wire, ...]] = {}  # so that a wall is passed once, however deep the walls are

    def bound(self, types: Sequence[Type]) -> tuple[Wire, ...]:
        """Fresh inputs of this bubble itself."""
        return tuple(self.b.input(t) for t in types)

    def use(self, value: Value) -> tuple[Wire, ...]:
        """The wires of a value here, captured through the walls when it lives further out."""
        if value.scope is self:
            return value.wires
        if value not in self._seen:
            assert self.parent is not None, "a value of an inner scope was used outside it"
            self._seen[value] = tuple(self.capture(w) for w in self.parent.use(value))
        return self._seen[value]

    def capture(self, outer: Wire) -> Wire:
        if outer not in self._captures:
            assert self.parent is not None
            self._captures[outer] = self.b.wire(self.parent.b.type(outer))
        return self._captures[outer]

    @property
    def captured(self) -> tuple[Wire, ...]:
        """The parent's wires that were captured, in order of first use."""
        return tuple(self._captures)

    @property
    def captures(self) -> tuple[tuple[Wire, Wire], ...]:
        """The parent's wires that were captured, each with what it is here."""
        return tuple(self._captures.items())

    def close(self, outputs: Sequence[Wire], captured: Sequence[Wire] | None = None) -> Net:
        """The bubble's net: captured inputs, then bound ones."""
        order = self.captured if captured is None else captured
        self.b.inputs[:0] = [self.capture(w) for w in order]
        return self.b.net(*outputs)


def close_alike(scopes: Sequence[Scope],
                outputs: Sequence[Sequence[Wire]]) -> tuple[tuple[Wire, ...], list[Net]]:
    """Close several bubbles of one box over the union of what they capture."""
    union = tuple(dict.fromkeys(w for s in scopes for w in s.captured))
    return union, [s.close(out, union) for s, out in zip(scopes, outputs, strict=True)]
