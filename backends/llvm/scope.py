"""A net in the course of being lowered."""

from __future__ import annotations

from dataclasses import dataclass, field

from catad.net.net import Net, Wire
from catad.source import error
from catad.types.size import Size
from catad.types.type import Scalar, Type, dims, leaf

from .arrays import ArrayValue, Value, View
from .kernel import Reg
from .schedule import NetPlan

__all__ = ["Scope", "as_reg", "kind_of", "same_place"]


@dataclass(slots=True)
class Scope:
    """A net being lowered: values of its wires, sizes by name, destinations of its roots."""

    net: Net
    plan: NetPlan
    sizes: dict[str, Size]
    env: dict[Wire, Value] = field(default_factory=dict)
    targets: dict[Wire, View] = field(default_factory=dict)
    shapes: dict[int, tuple[Size, ...]] = field(default_factory=dict)

    def shape(self, w: Wire) -> tuple[Size, ...]:
        t = self.net.wires[w]
        known = self.shapes.get(id(t))
        if known is None:
            known = self.shapes[id(t)] = tuple(s.subst(self.sizes) for s in dims(t))
        return known

    def kind(self, w: Wire) -> str:
        return kind_of(self.net.wires[w])


def same_place(a: ArrayValue, b: View) -> bool:
    return isinstance(a, View) and a.buffer == b.buffer and a.offset == b.offset


def as_reg(v: Value) -> Reg:
    assert isinstance(v, int)
    return v


def kind_of(t: Type) -> str:
    t = leaf(t)
    if not isinstance(t, Scalar):
        raise error("E0902", f"internal error: a wire of type {t} reached the native backend", None,
                    help=("this is a mistake in catad, not in the program; please report it",))
    return t.name
