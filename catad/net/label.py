"""Labels of boxes: what a box does, apart from the wires it is on.

Ops are frozen and compared by value. Their types are in the comments as  sources → targets, captured wires first;
`catad.net.validate` holds every box of a net to them.
"""

from __future__ import annotations

from dataclasses import dataclass

from catad.types.size import Size
from catad.types.type import Fun, Scalar, Type

__all__ = [
    "Apply", "Assert", "BindSize", "Call", "Carry", "Const", "Derive", "Fill", "Guard", "IfOp", "Lambda", "Loop",
    "Op", "Prim", "SeriesPack", "SeriesPart", "SizeValue", "Trace", "While", "Wire",
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
class Assert(Op):
    """bool, T → T: the identity on any wire, once the condition was found true."""


@dataclass(frozen=True, slots=True)
class Trace(Op):
    """T̄ → T̄: the identity, which shows the values to a person on the way."""


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
class While(Op):
    """captured…, inits… → finals…: the iteration that a condition ends; as many states as targets.

    Two bubbles, both from captured ++ states: the condition (→ bool), asked before each trip, and the body (→ states).
    """


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
