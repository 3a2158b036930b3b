"""Unification variables: the unknowns of one inference run, never part of its result.

A `Meta` stands for a type; unknown sizes are size variables whose names begin with `?`. Both have a depth, the
number of binders around the place where they arose: an unknown may not become a size bound further inside.
"""

from __future__ import annotations

from dataclasses import dataclass

from catad.source import Span
from catad.types.constraint import ANY
from catad.types.size import Size
from catad.types.type import Type

__all__ = ["Clash", "Escape", "Fault", "Meta", "NoTangent", "Occurs", "SizeClash", "Unfit", "Why", "Wrong"]


@dataclass(frozen=True, slots=True)
class Why:
    """Why a type is expected: the place that says so, in words."""

    span: Span
    text: str


class Meta(Type):
    """An unknown type. `ref` is set once, when it is solved; `bits` is the set it must lie in, for `reason`."""

    __slots__ = ("bits", "depth", "name", "reason", "ref")

    def __init__(self, name: str, depth: int, bits: int = ANY, reason: Why | None = None) -> None:
        self.name = name
        self.depth = depth
        self.bits = bits
        self.reason = reason
        self.ref: Type | None = None

    def __str__(self) -> str:
        return str(self.ref) if self.ref is not None else "_"


@dataclass(frozen=True, slots=True)
class Wrong(Type):
    """The type of what already failed to check: agrees with everything, so that one mistake is reported once."""

    def __str__(self) -> str:
        return "_"


class Fault(Exception):
    """Two types that do not agree; whoever asked for agreement turns it into a diagnostic."""


class Clash(Fault):
    """Different constructors, at the bottom of the two types compared."""

    def __init__(self, found: Type, expected: Type) -> None:
        super().__init__()
        self.found, self.expected = found, expected


class Unfit(Fault):
    """A type outside the set that is demanded of it."""

    def __init__(self, found: Type, bits: int, reason: Why | None) -> None:
        super().__init__()
        self.found, self.bits, self.reason = found, bits, reason


class Occurs(Fault):
    """A type that would contain itself."""


class NoTangent(Fault):
    """The tangent type of a function is asked for."""


class SizeClash(Fault):
    """Two sizes that can never be equal."""

    def __init__(self, found: Size, expected: Size) -> None:
        super().__init__()
        self.found, self.expected = found, expected


class Escape(Fault):
    """A size would be mentioned outside of the scope that binds it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
