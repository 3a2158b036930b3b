"""What a net costs: counted primitive operations, and one weighted number for decisions.

    operations(f ; g) = operations(f) + operations(g)       operations(loop n f) = n · operations(f)
    operations(if c f g) = operations of the dearer branch   operations(call f)   = operations(f)

Arrays count by entries where they are written as a whole (`fill`, a sum of arrays); taking a row is one `index`.
Sizes bound while running are computed where they are sizes and constants, else taken from `otherwise`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from catad.net.net import (
    Apply,
    Assert,
    BindSize,
    Box,
    Call,
    Const,
    Fill,
    Guard,
    IfOp,
    Lambda,
    Loop,
    Net,
    Prim,
    SizeValue,
    Trace,
    While,
    Wire,
)
from catad.ops import ROWS
from catad.source.deep import deep
from catad.types.size import Size
from catad.types.type import Array, Series, Type, dims, leaf

__all__ = ["cost", "has_transcendental", "operations", "weight"]

TYPICAL = 100                                                   # a size that is not known
_INTEGERS = {"add": lambda x, y: x + y, "sub": lambda x, y: x - y, "mul": lambda x, y: x * y}


def operations(net: Net, sizes: Mapping[str, int] | None = None, nets: Mapping[str, Net] | None = None,
               otherwise: int = TYPICAL) -> Counter[str]:
    """How often each primitive runs, by name, at these sizes. Constants, sizes and guards are free."""
    with deep():
        return _Counting(nets or {}, otherwise).net(net, dict(sizes or {}), {})


def weight(net: Net, sizes: Mapping[str, int] | None = None, nets: Mapping[str, Net] | None = None) -> float:
    """The cost of one run in units of an addition; sizes that are not given count as 100."""
    return priced(operations(net, sizes, nets))


def priced(counts: Mapping[str, int]) -> float:
    """The weighted sum of counted operations."""
    return float(sum(n * (ROWS[x].cost if x in ROWS else 1) for x, n in counts.items()))


def cost(net: Net) -> float:
    """`weight` at unknown sizes, remembered."""
    known = net._memo.get("rewrite.cost")
    if not isinstance(known, float):
        known = net._memo["rewrite.cost"] = weight(net)
    return known


def has_transcendental(net: Net) -> bool:
    """Is there an operation of at least 20 additions, or a call?"""
    known = net._memo.get("rewrite.transcendental")
    if not isinstance(known, bool):
        known = net._memo["rewrite.transcendental"] = any(
            ROWS[b.op.name].cost >= 20 if isinstance(b.op, Prim) else isinstance(b.op, Call) or any(
                map(has_transcendental, b.bubbles)) for b in net.boxes)
    return known


class _Counting:
    """One count; `known` are the values of i64 wires that are constants and sizes."""

    def __init__(self, nets: Mapping[str, Net], otherwise: int) -> None:
        self.nets = nets
        self.otherwise = otherwise

    def size(self, size: Size, sizes: Mapping[str, int]) -> int:
        return max(0, size.evaluate({x: sizes.get(x, self.otherwise) for x in size.variables}))

    def entries(self, t: Type, sizes: Mapping[str, int]) -> int:
        item = leaf(t)
        count = item.order + 1 if isinstance(item, Series) else 1
        for s in dims(t):
            count *= self.size(s, sizes)
        return count

    def net(self, net: Net, sizes: dict[str, int], known: dict[Wire, int]) -> Counter[str]:
        total: Counter[str] = Counter()
        for box in net.boxes:
            self.box(net, box, sizes, known, total)
        return total

    def box(self, net: Net, box: Box, sizes: dict[str, int], known: dict[Wire, int], total: Counter[str]) -> None:
        match box.op:
            case Const(value=int() as value):
                known[box.targets[0]] = value
            case SizeValue(size):
                known[box.targets[0]] = self.size(size, sizes)
            case BindSize(name, _):
                if name not in sizes:
                    sizes[name] = max(0, known.get(box.sources[0], self.otherwise))
            case Prim(name):
                self.prim(net, box, name, sizes, known, total)
            case Fill():
                total["fill"] += self.entries(net.wires[box.targets[0]], sizes)
            case Loop(size):
                body = box.bubbles[0]
                inner = self.net(body, dict(sizes), passed(box.sources, body, known))
                n = self.size(size, sizes)
                total.update({x: n * k for x, k in inner.items()})
            case While():
                for net_, n in zip(box.bubbles, (self.otherwise + 1, self.otherwise), strict=True):
                    inner = self.net(net_, dict(sizes), {})
                    total.update({x: n * k for x, k in inner.items()})
            case IfOp():
                counts = [self.net(b, dict(sizes), passed(box.sources[1:], b, known)) for b in box.bubbles]
                total.update(max(counts, key=priced))
            case Call(name, args):
                if name in self.nets:
                    inner_sizes = {x: self.size(s, sizes) for x, s in args}
                    total.update(self.net(self.nets[name], inner_sizes, passed(box.sources, self.nets[name], known)))
            case Const() | Guard() | Lambda() | Assert() | Trace():
                pass
            case Apply():
                total["apply"] += 1
            case _:
                total[type(box.op).__name__.lower()] += 1

    def prim(self, net: Net, box: Box, name: str, sizes: Mapping[str, int], known: dict[Wire, int],
             total: Counter[str]) -> None:
        values = [known.get(s) for s in box.sources]
        if name in _INTEGERS and all(v is not None for v in values):
            known[box.targets[0]] = _INTEGERS[name](*values)
        t = net.wires[box.sources[-1]]
        whole = name == "add_at" and isinstance(t, Array)
        reduction = name in ("maximum", "minimum", "argmax", "argmin")
        total[name] += self.entries(t, sizes) if whole or reduction else 1


def passed(sources: tuple[Wire, ...], bubble: Net, known: Mapping[Wire, int]) -> dict[Wire, int]:
    """What is known of captured wires, inside."""
    return {w: known[s] for s, w in zip(sources, bubble.inputs, strict=False) if s in known}
