"""A source of choices: what random nets, programs and inputs are made from.

    c.pick(n)   one of 0 … n-1, 0 being the simplest        c.of(xs)   one of a list, the simplest first

The same generators run from a seed (`Seeded`) or from Hypothesis (`drawn`), which then shrinks towards zeros: small,
simple things. Law: the same choices give the same thing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Protocol, TypeVar

__all__ = ["Choice", "Drawn", "Seeded", "drawn", "number"]

T = TypeVar("T")


class Choice(Protocol):
    def pick(self, n: int) -> int:
        """One of 0 … n-1."""
        ...

    def of(self, xs: Sequence[T]) -> T:
        """One of these, the simplest first."""
        ...


class Seeded:
    """Choices from a seed."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)

    def pick(self, n: int) -> int:
        return self._rng.randrange(n)

    def of(self, xs: Sequence[T]) -> T:
        return xs[self.pick(len(xs))]


class Drawn:
    """Choices drawn by Hypothesis."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self._draw = draw

    def pick(self, n: int) -> int:
        from hypothesis import strategies as st
        return int(self._draw(st.integers(0, n - 1)))

    def of(self, xs: Sequence[T]) -> T:
        return xs[self.pick(len(xs))]


def drawn(make: Callable[[Choice], T]) -> Any:
    """The Hypothesis strategy of what `make` makes."""
    from hypothesis import strategies as st

    @st.composite
    def strategy(draw: Callable[[Any], Any]) -> T:
        return make(Drawn(draw))

    return strategy()


def number(c: Choice) -> Fraction:
    """A small number with few digits, seldom a kink or a pole."""
    return Fraction(c.pick(41) - 20, 16) + Fraction(1, 32)
