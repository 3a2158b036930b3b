"""What memory that is born in a loop costs beside the instructions: lines that come from farther than the first cache.

    for t < s        in order: a trip finds what the one before it touched, if all that a trip touches fits a cache
      for i, j       any order: one sweep, every entry of a buffer once, however often it is read

In W lanes every buffer that is born inside is W times as large: what was at home in a cache leaves it, and a sweep
costs as many lines as it has bytes. A tape is as far as all of it is large: each trip touches another place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from catad.types.size import Size

from .emit import BYTES
from .kernel import AddTo, Block, Buffer, For, If, Load, Store, While, instructions

__all__ = ["WHILE_TRIPS", "Traffic", "guess", "pays"]

WHILE_TRIPS = 16                                           # a guess, for cost estimates
_LINE = 64
_FIRST, _SECOND = 1 << 15, 1 << 20                         # bytes that the caches hold, about
_NEAR, _FAR = 2.0, 10.0                                    # the cost of a line of the second one, and from beyond
_SIZE, _SIDE = 64, 128                                     # guesses of a size, and of the sides of a table


@dataclass(frozen=True, slots=True)
class Traffic:
    """Of some buffers, with `width` cells in place of each entry."""

    buffers: Mapping[int, Buffer]
    width: int

    def cost(self, block: Block) -> float:
        """Of running a block many times."""
        swept: Counter[int] = Counter()
        inner = self._walk(block, swept)
        volume = sum(n * self._cell(b) for b, n in swept.items())
        return inner + sum(n * self._cell(b) / _LINE * _line(max(volume, self._footprint(b)))
                           for b, n in swept.items())

    def _walk(self, block: Block, swept: Counter[int]) -> float:
        """Adds what a block touches once; returns the cost of the loops in it that go in order."""
        total = 0.0
        for i in block:
            match i:
                case For() if _any_order(i):
                    found: Counter[int] = Counter()
                    self._accesses(i.body, i.trips, found)
                    swept.update({b: min(n, int(guess(self.buffers[b].size))) for b, n in found.items()})
                case For():
                    total += i.trips * self.cost(i.body)
                case While():
                    total += WHILE_TRIPS * self.cost((*i.head, *i.body))
                case If():
                    total += self._walk(i.then, swept) + self._walk(i.other, swept)
                case Load() | Store() | AddTo() if i.buffer in self.buffers:
                    swept[i.buffer] += 1
        return total

    def _accesses(self, block: Block, times: int, found: Counter[int]) -> None:
        for i in block:
            match i:
                case For():
                    self._accesses(i.body, times * i.trips, found)
                case If():
                    self._accesses(i.then, times, found)
                    self._accesses(i.other, times, found)
                case Load() | Store() | AddTo() if i.buffer in self.buffers:
                    found[i.buffer] += times

    def _cell(self, buffer: int) -> int:
        return BYTES[self.buffers[buffer].kind] * self.width

    def _footprint(self, buffer: int) -> float:
        """Bytes of a buffer; a table of unknown sides is taken for a large one."""
        return self._cell(buffer) * guess(self.buffers[buffer].size, _SIDE)


def pays(loop: For, own: Mapping[int, Buffer], width: int, mine: float, cost: float) -> bool:
    """Is a loop whose trips own buffers better in lanes, where its instructions cost `mine`, than as it is at `cost`?

    Not where that memory costs a lane more than an eighth of its instructions: there even full lanes gain little,
    few trips lose as many times as there are lanes, and tapes are so many times as large.
    """
    far = -(-loop.trips // width) * Traffic(own, width).cost(loop.body)
    return far <= mine * width / 8 and mine + far < cost + loop.trips * Traffic(own, 1).cost(loop.body)


def guess(size: Size, side: int = _SIZE) -> float:
    """A guess of a size; `side` stands for each unknown that is multiplied by another."""
    total = 0.0
    for m, c in size.terms:
        degree = sum(e for _, e in m)
        total += float(c) * float(side if degree > 1 else _SIZE) ** degree
    return total


def _any_order(loop: For) -> bool:
    return loop.free and all(not isinstance(i, While) and (not isinstance(i, For) or i.free)
                             for i in instructions(loop.body))


def _line(distance: float) -> float:
    """The cost of a line that was last touched so many bytes ago."""
    return 0.0 if distance <= _FIRST else _NEAR if distance <= _SECOND else _FAR
