"""Pieces of .cad text with what writing them into others needs: how tightly they bind, their kind, their depth.

    kind: "f64", "i64", "bool", "array", or "lit" for a whole literal, which is of whatever type is needed
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "ATOM", "CALL", "COMPARE", "MATRIX", "OPEN", "OR", "POWER", "PREFIX", "PRODUCT", "SUM", "Phrase", "call", "infix",
    "real",
]

OPEN, OR, AND, COMPARE, SUM, PRODUCT, MATRIX, PREFIX, POWER, CALL, ATOM = range(11)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A text, the level of its outermost operator, its kind, and the depth of its nesting."""

    text: str
    level: int
    kind: str
    depth: int = 1

    def at(self, level: int) -> str:
        """The text where only operators from this level on may stand."""
        return self.text if self.level >= level else f"({self.text})"


def real(p: Phrase) -> Phrase:
    """As an f64."""
    if p.kind == "i64":
        return call("f64", [p], "f64")
    if p.kind == "lit":
        return Phrase(p.text + ".0", p.level, "f64", p.depth)
    return p


def call(name: str, args: Sequence[Phrase], kind: str = "f64") -> Phrase:
    """`name a b`"""
    text = " ".join([name, *(a.at(ATOM) for a in args)])
    return Phrase(text, CALL, kind, 1 + max((a.depth for a in args), default=0))


def infix(op: str, args: Sequence[Phrase], level: int, kind: str) -> Phrase:
    """`a op b op c`, grouped to the left."""
    first, *rest = args
    text = first.at(level) + "".join(f" {op} {a.at(level + 1)}" for a in rest)
    return Phrase(text, level, kind, 1 + max(a.depth for a in args))
