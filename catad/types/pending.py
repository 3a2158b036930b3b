"""Core terms that wait for types: they exist only while a definition is inferred, `finish.py` removes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from catad.core.term import Term
from catad.types.type import Type

__all__ = ["Cast", "Later"]


@dataclass(frozen=True, slots=True, eq=False)
class Cast(Term):
    """`item` seen at a type that agrees with its own up to sizes; becomes a Guard where they may differ."""

    item: Term


@dataclass(frozen=True, slots=True, eq=False)
class Later(Term):
    """A term whose form depends on types: `build` gets the finished parts and the finished type."""

    parts: tuple[Term, ...]
    build: Callable[[tuple[Term, ...], Type], Term]
