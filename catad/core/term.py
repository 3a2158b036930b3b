"""The typed core: what elaboration leaves of the surface. Every term knows its type and its span.

    e ::= x | c | size | f[types, sizes] | op(e, …) | \\x. e | e e | let x = e in e | (e, …) | e.k
        | if e then e else e | for i < s. e | loop … | guard | bind | derivative operators

Names are resolved and unique within a definition; patterns are projections; operators are saturated `Op`s;
records keep their fields in the order of their type. `Definition`s may be polymorphic in types and sizes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from catad.source import Span
from catad.types.size import Size
from catad.types.type import Fun, Type


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    type: Type
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Var(Term):
    """A variable bound by Lam, Let, For, Loop, Accumulate or a parameter."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Lit(Term):
    """A constant of a scalar type (which may be a TypeVar: a literal in a polymorphic definition)."""

    value: float | int | bool


@dataclass(frozen=True, slots=True, eq=False)
class SizeOf(Term):
    """A size used as an i64."""

    size: Size


@dataclass(frozen=True, slots=True, eq=False)
class Global(Term):
    """A definition, at types and sizes; `type` is its type there."""

    name: str
    types: tuple[tuple[str, Type], ...]
    sizes: tuple[tuple[str, Size], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Op(Term):
    """A saturated built-in operation: a row of the primitive table or a name of `catad.core.builtins`."""

    name: str
    args: tuple[Term, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Lam(Term):
    param: str
    body: Term

    @property
    def fun(self) -> Fun:
        assert isinstance(self.type, Fun)
        return self.type


@dataclass(frozen=True, slots=True, eq=False)
class App(Term):
    fn: Term
    arg: Term


@dataclass(frozen=True, slots=True, eq=False)
class Let(Term):
    name: str
    bound: Term
    body: Term


@dataclass(frozen=True, slots=True, eq=False)
class Tuple(Term):
    """A tuple or a record (fields in the type's order)."""

    items: tuple[Term, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Proj(Term):
    """Component `index` of a tuple, or of a record in its type's order."""

    item: Term
    index: int


@dataclass(frozen=True, slots=True, eq=False)
class Inject(Term):
    """A value of a sum type, by its constructor `index`."""

    index: int
    item: Term | None


@dataclass(frozen=True, slots=True, eq=False)
class Case(Term):
    """The arm of the constructor that `item` has: (constructor, variable for its payload, body); else `other`.

    Each constructor has at most one arm; `other` is None when all have one.
    """

    item: Term
    arms: tuple[tuple[int, str, Term], ...]
    other: Term | None


@dataclass(frozen=True, slots=True, eq=False)
class Pad(Term):
    """`item`, in whose type trees may have more nodes than it has: the value is the same."""

    item: Term


@dataclass(frozen=True, slots=True, eq=False)
class If(Term):
    cond: Term
    then: Term
    other: Term


@dataclass(frozen=True, slots=True, eq=False)
class For(Term):
    """The array of `body` for index = 0 … size-1. Type: Array(size, body.type)."""

    index: str
    size: Size
    body: Term


@dataclass(frozen=True, slots=True, eq=False)
class Loop(Term):
    """Counted loop: state := init, then `state := body` for index = 0 … size-1."""

    state: str
    init: Term
    index: str
    size: Size
    body: Term


@dataclass(frozen=True, slots=True, eq=False)
class While(Term):
    """state := init, then `state := body` as long as `cond` holds of it. `state` is bound in both."""

    state: str
    init: Term
    cond: Term
    body: Term


@dataclass(frozen=True, slots=True, eq=False)
class Scan(Term):
    """All states of a counted loop after each step: Array(size, state)."""

    state: str
    init: Term
    index: str
    size: Size
    body: Term


@dataclass(frozen=True, slots=True, eq=False)
class Reduce(Term):
    """Order-free reduction over index of a scalar body by a monoid: add, mul, min, max, and, or.

    min and max of nothing stop the program; the others give their unit.
    """

    monoid: str
    index: str
    size: Size
    body: Term


@dataclass(frozen=True, slots=True, eq=False)
class Accumulate(Term):
    """`init` with `value` added at `indices`, for index = 0 … size-1; nested for several binders.

    `body` is a term of type Prod((i64 or tuple of i64, value)), or another Accumulate-free chain of Lets.
    """

    init: Term
    index: tuple[str, ...]
    sizes: tuple[Size, ...]
    body: Term


@dataclass(frozen=True, slots=True, eq=False)
class Index(Term):
    """`item[i, …]`: as many leading dimensions as there are indices are consumed."""

    item: Term
    indices: tuple[Term, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Update(Term):
    item: Term
    indices: tuple[Term, ...]
    value: Term


@dataclass(frozen=True, slots=True, eq=False)
class ArrayLit(Term):
    items: tuple[Term, ...]


@dataclass(frozen=True, slots=True, eq=False)
class BindSize(Term):
    """Within `body`, the size variable `name` is the value of `extent`.

    A negative extent counts as 0 when `clamp`, and stops the program otherwise.
    """

    name: str
    extent: Term
    body: Term
    clamp: bool


@dataclass(frozen=True, slots=True, eq=False)
class Guard(Term):
    """`item`, once each pair of sizes was found equal at run time; `type` has the right-hand sizes."""

    checks: tuple[tuple[Size, Size], ...]
    item: Term


@dataclass(frozen=True, slots=True, eq=False)
class Assert(Term):
    """`item`, once `cond` was found true at run time."""

    cond: Term
    item: Term


@dataclass(frozen=True, slots=True, eq=False)
class Trace(Term):
    """`item`, shown to a person on the way."""

    item: Term


@dataclass(frozen=True, slots=True, eq=False)
class Derive(Term):
    """A derivative operator: `kind` is jvp, vjp or jet (then `order` ≥ 0); args as in language.md.

    jvp f x x' : (b, b')      vjp f x : (b, b' -> a')      jet f (x, [k]a') : (b, [k]b')
    """

    kind: str
    args: tuple[Term, ...]
    order: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Recursion:
    """How a recursive definition goes down: its parameter number `tree` gets smaller, those in `inherited` change."""

    tree: int
    inherited: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """A checked top-level definition.

    `params` are (name, type); a parameter of type i64 whose name is in `sizes` binds that size.
    Sizes not bound so stand alone as a dimension of some parameter.
    """

    name: str
    type_params: tuple[str, ...]
    sizes: tuple[str, ...]
    params: tuple[tuple[str, Type], ...]
    body: Term
    span: Span
    doc: str
    recursion: Recursion | None = None

    @property
    def type(self) -> Type:
        t = self.body.type
        for _, p in reversed(self.params):
            t = Fun(p, t)
        return t


def rule_key(key: str) -> str:
    """The key of the derivative that a definition carries: a definition over its parameters, its result, and the
    tangents of its parameters."""
    return f"{key}#derivative"


@dataclass(frozen=True, slots=True, eq=False)
class Module:
    """A checked file with everything it imports (the standard library included).

    `definitions` has unique keys: "f" for the file's own, "alias.f" or "path#f" style for others (opaque).
    `own` are the keys of the file's own definitions in order of appearance.
    """

    definitions: Mapping[str, Definition]
    own: tuple[str, ...]
