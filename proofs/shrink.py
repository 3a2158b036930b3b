"""Smaller failures: the choices behind a failing program are made fewer and smaller while it still fails.

    shrunk(choices, fails) = choices that fails(·) holds of, no longer and no larger          (the same, at worst)

Hypothesis shrinks what it drew itself; this is for a program that came from a seed. Source of the method: MacIver and
Donaldson, Test-Case Reduction via Test-Case Generation, ECOOP 2020: choices replayed, zeros beyond their end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from catad.proofs.choice import Seeded

__all__ = ["Recorded", "Replayed", "shrunk"]

T = TypeVar("T")
ROUNDS = 400


class Recorded(Seeded):
    """Choices from a seed, remembered."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.made: list[int] = []

    def pick(self, n: int) -> int:
        self.made.append(super().pick(n))
        return self.made[-1]


class Replayed:
    """Given choices, then zeros."""

    def __init__(self, choices: Sequence[int]) -> None:
        self._choices, self._next = choices, 0

    def pick(self, n: int) -> int:
        self._next += 1
        return min(self._choices[self._next - 1], n - 1) if self._next <= len(self._choices) else 0

    def of(self, xs: Sequence[T]) -> T:
        return xs[self.pick(len(xs))]


def shrunk(choices: Sequence[int], fails: Callable[[Sequence[int]], bool], rounds: int = ROUNDS) -> list[int]:
    """Delete stretches, set stretches to zero, lower single choices: as long as it still fails."""
    best, left, progress = list(choices), rounds, True
    while progress and left > 0:
        progress = False
        for candidate in _simpler(best):
            left -= 1
            if left < 0:
                break
            if fails(candidate):
                best, progress = candidate, True
                break
    return best


def _simpler(xs: list[int]) -> Iterator[list[int]]:
    """Simpler lists, the boldest first."""
    width = len(xs)
    while width:
        for at in range(0, len(xs), width):
            yield xs[:at] + xs[at + width:]
            if any(xs[at:at + width]):
                yield xs[:at] + [0] * len(xs[at:at + width]) + xs[at + width:]
        width //= 2
    for k, x in enumerate(xs):
        if x > 1:
            yield [*xs[:k], x // 2, *xs[k + 1:]]
            yield [*xs[:k], x - 1, *xs[k + 1:]]
