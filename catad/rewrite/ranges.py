"""What is known of an i64 wire: a lower and an upper bound, as size polynomials. Which boxes cannot fail.

    i of `for i < n`   0 ≤ i ≤ n-1          a[n-1-i] with a : [n]f64   is in range, as 0 ≤ n-1-(n-1)

                     and n ≥ 1 in its body      a[0], a[n-1] with a : [n]f64   are in range there

A polynomial whose coefficients are all non-negative is non-negative, since size variables are. Indices into an
array do not wrap, because the array is in memory. Facts that cannot be shown this way count as unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from catad.net.net import (
    Apply,
    Assert,
    BindSize,
    Box,
    Call,
    Const,
    Derive,
    Guard,
    IfOp,
    Lambda,
    Loop,
    Net,
    Prim,
    SizeValue,
    Trace,
    Wire,
)
from catad.ops import row
from catad.types.size import Size
from catad.types.type import I64, Array, Type

__all__ = ["NetView", "View", "Where", "box_can_fail", "can_fail", "holds", "in_range", "nonnegative", "range_of"]

Range = tuple[Size | None, Size | None]
UNKNOWN: Range = (None, None)


class View(Protocol):
    """A place where wires have producers: a net, or one under construction."""

    ranges: dict[Wire, Range]
    positive: tuple[Size, ...]                        # sizes that are at least 1 here, those of the loops around

    def home(self, w: Wire) -> tuple[View, Wire]:
        """Where a wire comes from: the view and the wire there."""

    def local(self, w: Wire) -> Box | None:
        """The box of this view that makes a wire."""

    def type(self, w: Wire) -> Type: ...

    def bound(self, w: Wire) -> Size | None:
        """The size s with 0 ≤ w < s, for the index of a loop."""


class NetView:
    """A net as a view; `bounds` are the loop indices among its inputs."""

    def __init__(self, net: Net, bounds: Mapping[Wire, Size], positive: tuple[Size, ...] = ()) -> None:
        self.net = net
        self.bounds = bounds
        self.positive = tuple(dict.fromkeys((*positive, *bounds.values())))
        self.ranges: dict[Wire, Range] = {}
        self._made = {t: b for b in net.boxes for t in b.targets}

    def home(self, w: Wire) -> tuple[View, Wire]:
        return self, w

    def local(self, w: Wire) -> Box | None:
        return self._made.get(w)

    def type(self, w: Wire) -> Type:
        return self.net.wires[w]

    def bound(self, w: Wire) -> Size | None:
        return self.bounds.get(w)


class Where:
    """A view, as it is where only these sizes are known to be at least 1."""

    def __init__(self, view: View, positive: tuple[Size, ...]) -> None:
        self.ranges, self.positive = view.ranges, positive
        self.home, self.local, self.type, self.bound = view.home, view.local, view.type, view.bound


def nonnegative(s: Size) -> bool:
    """Surely ≥ 0, whatever its variables are."""
    return all(c >= 0 for _, c in s.terms)


def holds(s: Size, positive: Sequence[Size]) -> bool:
    """Surely ≥ 0, where these sizes are at least 1."""
    if nonnegative(s):
        return True
    if not positive:
        return False
    above = {x: Size.var(x) + 1 for p in positive if (x := p.variable) is not None}
    s = s.subst(above)
    return nonnegative(s) or any(nonnegative(s + 1 - p.subst(above)) for p in positive if p.variable is None)


def range_of(view: View, w: Wire) -> Range:
    """Inclusive bounds of an i64 wire."""
    view, w = view.home(w)
    found = view.ranges.get(w)
    if found is None:
        view.ranges[w] = UNKNOWN                      # also ends the search on long chains, should there be one
        found = view.ranges[w] = _range(view, w)
    return found


def _range(view: View, w: Wire) -> Range:
    size = view.bound(w)
    if size is not None:
        return Size.of(0), size - 1
    box = view.local(w)
    if box is None:
        return UNKNOWN
    match box.op:
        case Const(value=int() as value):
            return Size.of(value), Size.of(value)
        case SizeValue(size):
            return size, size
        case Prim(name) if name in _ARITHMETIC and view.type(w) == I64:
            a, b = (range_of(view, s) for s in box.sources)
            return _ARITHMETIC[name](a, b)
    return UNKNOWN


def _plus(a: Size | None, b: Size | None) -> Size | None:
    return None if a is None or b is None else a + b


def _minus(a: Size | None, b: Size | None) -> Size | None:
    return None if a is None or b is None else a - b


def _add(a: Range, b: Range) -> Range:
    return _plus(a[0], b[0]), _plus(a[1], b[1])


def _sub(a: Range, b: Range) -> Range:
    return _minus(a[0], b[1]), _minus(a[1], b[0])


def _mul(a: Range, b: Range) -> Range:
    if any(r[0] is None or not nonnegative(r[0]) for r in (a, b)):
        return UNKNOWN
    high = None if a[1] is None or b[1] is None else a[1] * b[1]
    return Size.of(0), high


def _mod(a: Range, b: Range) -> Range:
    """a mod b for a b that is not negative (0 stops the program)."""
    if b[0] is None or not nonnegative(b[0]):
        return UNKNOWN
    return Size.of(0), None if b[1] is None else b[1] - 1


def _max(a: Range, b: Range) -> Range:
    low = a[0] if b[0] is None or (a[0] is not None and nonnegative(a[0] - b[0])) else b[0]
    if a[1] is None or b[1] is None:
        return low, None
    return low, a[1] if nonnegative(a[1] - b[1]) else b[1] if nonnegative(b[1] - a[1]) else None


def _min(a: Range, b: Range) -> Range:
    high = a[1] if b[1] is None or (a[1] is not None and nonnegative(b[1] - a[1])) else b[1]
    if a[0] is None or b[0] is None:
        return None, high
    return a[0] if nonnegative(b[0] - a[0]) else b[0] if nonnegative(a[0] - b[0]) else None, high


_ARITHMETIC = {"add": _add, "sub": _sub, "mul": _mul, "imod": _mod, "max": _max, "min": _min}


def in_range(view: View, w: Wire, size: Size) -> bool:
    """Is 0 ≤ w < size certain?"""
    bound = view.bound(w)
    if bound is not None and (bound is size or bound == size):
        return True
    low, high = range_of(view, w)
    return (low is not None and high is not None
            and holds(low, view.positive) and holds(size - 1 - high, view.positive))


def indices_in_range(view: View, array: Wire, indices: Sequence[Wire]) -> bool:
    t = view.type(array)
    for i in indices:
        assert isinstance(t, Array)
        if not in_range(view, i, t.size):
            return False
        t = t.item
    return True


# ── failure ─────────────────────────────────────────────────────────────────────────────────────────────────

def prim_can_fail(view: View, name: str, sources: Sequence[Wire]) -> bool:
    """May this primitive stop the program here?"""
    if not row(name).fails:
        return False
    match name:
        case "index":
            return not indices_in_range(view, sources[0], sources[1:])
        case "update" | "add_at":
            return not indices_in_range(view, sources[0], sources[1:-1])
        case "idiv" | "imod":
            low, high = range_of(view, sources[1])
            return not ((low is not None and nonnegative(low - 1)) or (high is not None and nonnegative(-high - 1)))
        case "ipow":
            low, _ = range_of(view, sources[1])
            return low is None or not nonnegative(low)
        case "maximum" | "minimum" | "argmax" | "argmin":
            t = view.type(sources[0])
            return not (isinstance(t, Array) and holds(t.size - 1, view.positive))
    return True


def box_can_fail(view: View, box: Box, nets: Mapping[str, Net]) -> bool:
    """May this box stop the program? Calls are looked up in `nets`."""
    match box.op:
        case Prim(name):
            return prim_can_fail(view, name, box.sources)
        case Loop(size):
            c = len(box.sources) - len(box.op.carries)
            body = box.bubbles[0]
            return can_fail(body, {**_passed(view, box.sources[:c], body), body.inputs[c]: size}, nets, view.positive)
        case IfOp():
            return any(can_fail(b, _passed(view, box.sources[1:], b), nets, view.positive) for b in box.bubbles)
        case BindSize(_, clamp):
            return not clamp
        case Call(name):
            return name not in nets or can_fail(nets[name], {}, nets)
        case Guard() | Apply() | Derive() | Assert() | Trace():
            return True
        case Lambda():
            return False
    return bool(box.bubbles)


def _passed(view: View, captured: Sequence[Wire], bubble: Net) -> dict[Wire, Size]:
    """The loop indices among captured wires, as a bubble knows them."""
    found = {}
    for s, w in zip(captured, bubble.inputs, strict=False):
        size = view.bound(s)
        if size is not None:
            found[w] = size
    return found


def can_fail(net: Net, bounds: Mapping[Wire, Size], nets: Mapping[str, Net], positive: tuple[Size, ...] = ()) -> bool:
    """May some box of the net stop the program, given which inputs are loop indices and which sizes are at least 1?"""
    if net._memo.get("rewrite.safe"):
        return False
    label = "; ".join(("rewrite.can_fail", *map(str, positive)))
    if not bounds and (known := net._memo.get(label)) is not None:
        return bool(known)
    view = NetView(net, bounds, positive)
    net._memo[label] = True                                  # calls that go round in a circle
    failing = any(box_can_fail(view, b, nets) for b in net.boxes)
    if bounds:
        del net._memo[label]
    else:
        net._memo[label] = failing
        if not failing and not positive:
            net._memo["rewrite.safe"] = True
    return failing
