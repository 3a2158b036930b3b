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

from catad.source import Span
from catad.types.size import Size
from catad.types.type import Array, Fun, Scalar, Type

__all__ = [
    "Apply", "BindSize", "Box", "Call", "Carry", "Const", "Derive", "Entry", "Fill", "Guard", "IfOp", "Lambda",
    "Loop", "Net", "Op", "Prim", "SeriesPack", "SeriesPart", "SizeValue", "Table", "Wire",
]

Wire = int


class Op:
    """What a box does. Subclasses are frozen and compared by value: an op is a label, never state."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Prim(Op):
    """A row of the primitive table (`catad.ops`), at the types of the wires it touches."""

    name: str


@dataclass(frozen=True, slots=True)
class Const(Op):
    """() → scalar. Floats compare by bits, so that -0.0 and NaN are themselves."""

    value: float | int | bool
    type: Scalar

    def _key(self) -> tuple[str, str]:
        floating = self.type.name in ("f64", "f32")
        return (self.type.name, float(self.value).hex() if floating else repr(self.value))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Const) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())


@dataclass(frozen=True, slots=True)
class SizeValue(Op):
    """() → i64: the value of a size."""

    size: Size


@dataclass(frozen=True, slots=True)
class BindSize(Op):
    """i64 → (): binds a size variable for the boxes after this one, in this net and its bubbles.

    Negative: 0 when `clamp`, an error otherwise. Lives as long as a live box or wire type mentions `name`.
    """

    name: str
    clamp: bool


@dataclass(frozen=True, slots=True)
class Guard(Op):
    """T̄ → T̄′: the identity on wires whose types differ in sizes, after checking each pair at run time."""

    checks: tuple[tuple[Size, Size], ...]


@dataclass(frozen=True, slots=True)
class Fill(Op):
    """scalar → [sizes]scalar, every entry that scalar (of any leaf type, series included)."""

    sizes: tuple[Size, ...]


@dataclass(frozen=True, slots=True)
class SeriesPack(Op):
    """x : a, c : [k]a → series k a, with leading coefficient x and normalised coefficients c.

    Arrays: x : [n]a, c : [k, n]a → [n](series k a). With no second source: the constant series (lift).
    """

    order: int


@dataclass(frozen=True, slots=True)
class SeriesPart(Op):
    """series k a → its leading coefficient (part "value") or its coefficients 1…k as [k]a ("coefficients")."""

    part: str


@dataclass(frozen=True, slots=True)
class Call(Op):
    """A named net of the table, with the sizes it is used at."""

    name: str
    sizes: tuple[tuple[str, Size], ...]


@dataclass(frozen=True, slots=True)
class Lambda(Op):
    """captured… → (a -> b). One bubble: captured ++ flatten(a) → flatten(b)."""

    type: Fun


@dataclass(frozen=True, slots=True)
class Apply(Op):
    """(a -> b), flatten(a)… → flatten(b)…"""


@dataclass(frozen=True, slots=True)
class IfOp(Op):
    """bool, captured… → results. Two bubbles (then, else), each captured → results; only one runs."""


@dataclass(frozen=True, slots=True)
class Carry:
    """How a loop threads one of its carried wires.

    kind "state": any dependence from one trip to the next; runs in order.
    kind "add", "mul", "min", "max", "and", "or": the body only combines the incoming value with a
    contribution of this trip by that operation (for "add" also into an array, by `add_at`), so trips may be
    regrouped.
    """

    kind: str


@dataclass(frozen=True, slots=True)
class Loop(Op):
    """The one counted iteration: map, reduction, fold, scan and their derivatives.

        sources  captured…, inits…          bubble  captured…, i : i64, carried… → carried′…, elements…
        targets  finals…, collected…        collected wire of type [size]element, entry i from trip i

    One bubble. Runs i = 0 … size-1, or size-1 … 0 when `down` (entry i is still trip i's).
    """

    size: Size
    carries: tuple[Carry, ...]
    down: bool = False


@dataclass(frozen=True, slots=True)
class Derive(Op):
    """A derivative operator over a function wire, to be expanded by the functor of that name.

        jvp   f, x…, x′…          → y…, y′…
        vjp   f, x…               → y…, (ȳ -> x̄)
        jet   f, x…, c…           → y…, d…           c and d : [order] of the tangent's wires
    `arg` and `result` are the types of f.
    """

    kind: str
    arg: Type
    result: Type
    order: int = 0


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
        from catad.net.validate import validate
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
    """A program: named nets, and for those that people call, their structured interface."""

    nets: Mapping[str, Net]
    entries: Mapping[str, Entry] = field(default_factory=dict)


def captured(box: Box) -> Sequence[Wire]:
    """The source wires of a bubble box that enter its bubbles as captured values."""
    match box.op:
        case Lambda():
            return box.sources
        case IfOp():
            return box.sources[1:]
        case Loop(carries=carries):
            return box.sources[:len(box.sources) - len(carries)]
    return ()


def collected_type(size: Size, element: Type) -> Type:
    """The wire type of what a loop collects."""
    return Array(size, element)
