"""Hypernets: hierarchical string diagrams as frozen data.

A net A → B is a list of typed wires, a list of boxes in topological order, and an ordered boundary.

            ┌──────────── net ────────────┐
     inputs ──┬──▶[ box ]──▶ …            ├── outputs      each wire is the target of one box or an input
              └──▶[ bubble │ inner net ]──▶                and may have any number of consumers: copy and
            └─────────────────────────────┘                discard are structural

A *bubble* is a box that holds nets; what they use from outside enters the box as explicit source wires (the
captured ones first), and no wire crosses a wall. Laws: `then` and `beside` make nets of wires a strict
cartesian category, `lambda` and `apply` close it. Hierarchical string diagrams: Alvarez-Picallo, Ghica,
Sprunger, Zanasi, arXiv 2107.13433.

Size variables are scoped by name, not by wire: they are bound by the net's inputs (a dimension, or `BindSize`
on an i64 wire) and are visible in bubbles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from catad.net.label import (
    Apply,
    Assert,
    BindSize,
    Call,
    Carry,
    Const,
    Derive,
    Fill,
    Guard,
    IfOp,
    Lambda,
    Loop,
    Op,
    Prim,
    SeriesPack,
    SeriesPart,
    SizeValue,
    Trace,
    While,
    Wire,
)
from catad.net.validate import validate
from catad.source import Span
from catad.types.type import Type

__all__ = [
    "Apply", "Assert", "BindSize", "Box", "Call", "Carry", "Const", "Derive", "Entry", "Fill", "Guard", "IfOp",
    "Lambda", "Loop", "Net", "Op", "Prim", "SeriesPack", "SeriesPart", "SizeValue", "Table", "Trace", "While",
    "Wire",
]

@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """An operation on wires. `reason` says where a derived box comes from ("derivative of sqrt")."""

    op: Op
    sources: tuple[Wire, ...]
    targets: tuple[Wire, ...]
    bubbles: tuple[Net, ...] = ()
    span: Span | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Net:
    """A frozen, validated hypernet. Wires are numbered 0…; `wires[w]` is the type of wire w.

    `sizes` are the size variables bound by the boundary (dimension of an input, or, in a call, passed along).
    Raises InvalidNet (an internal error naming the rule) unless well formed.
    """

    wires: tuple[Type, ...]
    boxes: tuple[Box, ...]
    inputs: tuple[Wire, ...]
    outputs: tuple[Wire, ...]
    sizes: tuple[str, ...] = ()
    _memo: dict[str, object] = field(default_factory=dict, repr=False)   # derived facts, never state

    def __post_init__(self) -> None:
        validate(self)

    def type_of(self, wires: Iterable[Wire]) -> tuple[Type, ...]:
        return tuple(self.wires[w] for w in wires)

    @property
    def source(self) -> tuple[Type, ...]:
        """Types of the inputs."""
        return self.type_of(self.inputs)

    @property
    def target(self) -> tuple[Type, ...]:
        """Types of the outputs."""
        return self.type_of(self.outputs)


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """How people see a net: parameter names and structured types (products, records), before flattening."""

    params: tuple[tuple[str, Type], ...]
    result: Type
    sizes: tuple[str, ...] = ()
    doc: str = ""
    span: Span | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A program: named nets, and for those that people call, their structured interface.

    `rules` names, for nets that carry their own derivative, the net of that: inputs, outputs, tangents of the inputs →
    tangents of the outputs.
    """

    nets: Mapping[str, Net]
    entries: Mapping[str, Entry] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)


def captured(box: Box) -> Sequence[Wire]:
    """The source wires of a bubble box that enter its bubbles as captured values."""
    match box.op:
        case Lambda():
            return box.sources
        case IfOp():
            return box.sources[1:]
        case Loop(carries=carries):
            return box.sources[:len(box.sources) - len(carries)]
        case While():
            return box.sources[:len(box.sources) - len(box.targets)]
    return ()
