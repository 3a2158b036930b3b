"""How large types are: how deep they are nested, and how many parts they have, each counted as often as it occurs.

    type p1 = A (p0, p0)     type p2 = B (p1, p1)     …      few lines declare more parts than any computer has

Types share what declarations name twice, so counting takes one step for each part that is written.
"""

from __future__ import annotations

from catad.types.type import Array, Data, Fun, Prod, Record, Tangent, Type

__all__ = ["DEPTH", "PARTS", "Measure"]

DEPTH = 100                      # later passes recurse on types
PARTS = 10_000                   # and go through all parts


class Measure:
    """Counts types, each object once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Type, int, int]] = {}          # kept, for ids are those of living objects

    def of(self, t: Type) -> tuple[int, int]:
        """The depth and the number of parts."""
        parts = _parts(t)
        if not parts:
            return 0, 1
        if id(t) not in self._known:
            counted = [self.of(p) for p in parts]
            self._known[id(t)] = t, 1 + max(d for d, _ in counted), 1 + sum(n for _, n in counted)
        _, depth, size = self._known[id(t)]
        return depth, size


def _parts(t: Type) -> tuple[Type, ...]:
    match t:
        case Prod(items):
            return items
        case Record(fields):
            return tuple([f for _, f in fields])
        case Array(_, item) | Tangent(item):
            return (item,)
        case Fun(a, b):
            return a, b
        case Data(_, args, cases):
            return (*args, *[p for _, p in cases if p is not None])
    return ()
