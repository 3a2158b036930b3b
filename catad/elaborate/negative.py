"""Where a size that may be negative would be seen.

    concat x[3..] y          at n = 0 the first has n - 3 entries: none; but the result would have n - 3 + m

A negative extent counts as 0, so an array of such a size is empty and nothing is wrong, as long as the size is only an
extent. As a number, or in another size, it would tell the difference: there the program stops (E0506).
"""

from __future__ import annotations

from collections.abc import Mapping

from catad.net.net import Call, Fill, Loop, Net, SizeValue, Wire
from catad.types.size import Size
from catad.types.type import Array, Data, Prod, Record, Type, type_sizes

__all__ = ["claimed", "may_be_negative", "reads", "seen"]


def may_be_negative(size: Size) -> bool:
    """Is it not plainly ≥ 0, as a polynomial with no negative coefficient is?"""
    return any(c < 0 for _, c in size.terms)


def claimed(t: Type) -> tuple[Size, ...]:
    """The sizes that declared types in `t` take and that may be negative: a value may be there without any extent."""
    match t:
        case Data(given=(types, sizes)):
            return (*filter(may_be_negative, sizes), *(s for a in types for s in claimed(a)))
        case Prod(items):
            return tuple(s for i in items for s in claimed(i))
        case Record(fields):
            return tuple(s for _, f in fields for s in claimed(f))
        case Array(_, item):
            return claimed(item)
    return ()


def reads(net: Net, w: Wire) -> bool:
    """Does a box, or the caller, get this input?"""
    return w in net.outputs or any(w in box.sources for box in net.boxes)


def seen(net: Net, x: str, nets: Mapping[str, Net]) -> bool:
    """Would a negative x make another difference in the net than an x of 0?"""
    known = net._memo.get(f"elaborate.seen {x}")
    if not isinstance(known, bool):
        known = net._memo[f"elaborate.seen {x}"] = _seen(net, x, nets)
    return known


def _seen(net: Net, x: str, nets: Mapping[str, Net]) -> bool:
    if any(_tells(s, x) for t in {id(t): t for t in net.wires}.values() for s in type_sizes(t)):
        return True
    for box in net.boxes:
        match box.op:
            case SizeValue(size) if x in size.variables:
                return True
            case Fill(sizes) if any(_tells(s, x) for s in sizes):
                return True
            case Call(name, passed):
                if any(_tells(s, x) or (x in s.variables and seen(nets[name], y, nets)) for y, s in passed):
                    return True
            case Loop(size) if x in size.variables:
                if _tells(size, x):
                    return True
                continue                                     # no trip is made
        if any(seen(inner, x, nets) for inner in box.bubbles):
            return True
    return False


def _tells(size: Size, x: str) -> bool:
    """Is this another extent when x is negative than when it is 0?  Not of  x, 2*x - 1, x - m."""
    return x in size.variables and not all(
        c > 0 and m == ((x, 1),) if any(y == x for y, _ in m) else c < 0 for m, c in size.terms)
