"""The surface tree, all forms together: what the parser makes of a text, nothing resolved or desugared, with spans.

One class for each form of `grammar/cad.lark`; parentheses are kept (`Paren`) so that the formatter can print
back what was written. Nodes are compared by identity: trees can be deeper than C recursion allows.
"""

from __future__ import annotations

from dataclasses import dataclass

from catad.source import Source, Span


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    span: Span


# ── types and sizes ────────────────────────────────────────────────────────────────────────────────────────────

class TypeExpr(Node):
    """A type as written."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, eq=False)
class TName(TypeExpr):
    """`f64`, a declared type, or a type variable (any other lower-case name)."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class TTangent(TypeExpr):
    """`t'`"""

    item: TypeExpr


@dataclass(frozen=True, slots=True, eq=False)
class TProd(TypeExpr):
    """`(a, b)`; no items for the unit `()`"""

    items: tuple[TypeExpr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class TRecord(TypeExpr):
    """`{x : a, …}`"""

    fields: tuple[tuple[str, TypeExpr], ...]


@dataclass(frozen=True, slots=True, eq=False)
class TArray(TypeExpr):
    """`[s, …]a`; sizes are expressions over names, integers, + - * / ^"""

    sizes: tuple[Expr, ...]
    item: TypeExpr


@dataclass(frozen=True, slots=True, eq=False)
class TFun(TypeExpr):
    arg: TypeExpr
    result: TypeExpr


@dataclass(frozen=True, slots=True, eq=False)
class TApp(TypeExpr):
    """A declared type applied to types and sizes: `tree f64`, `grid f64 [n, m]`"""

    name: str
    args: tuple[TypeExpr, ...]
    sizes: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class TParen(TypeExpr):
    item: TypeExpr


# ── patterns ───────────────────────────────────────────────────────────────────────────────────────────────────

class Pattern(Node):
    __slots__ = ()


@dataclass(frozen=True, slots=True, eq=False)
class PVar(Pattern):
    """`x`, or `_` for a value not named"""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class PTuple(Pattern):
    """`(p, q)`; no items for `()`"""

    items: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PRecord(Pattern):
    """`{x = p, y}`; a bare field stands for `y = y`"""

    fields: tuple[tuple[str, Pattern], ...]


@dataclass(frozen=True, slots=True, eq=False)
class PAnn(Pattern):
    """`p : t`"""

    item: Pattern
    type: TypeExpr


@dataclass(frozen=True, slots=True, eq=False)
class PCon(Pattern):
    """`Con p` within a pattern of an arm; a constructor that holds nothing is a `PVar` with a capital"""

    name: str
    item: Pattern


# ── expressions ────────────────────────────────────────────────────────────────────────────────────────────────

class Expr(Node):
    __slots__ = ()


@dataclass(frozen=True, slots=True, eq=False)
class Num(Expr):
    """A literal as written: `12`, `1_000`, `1e-3`, `2.5`. `decimal` when it has a point or an exponent."""

    text: str
    decimal: bool


@dataclass(frozen=True, slots=True, eq=False)
class Bool(Expr):
    value: bool


@dataclass(frozen=True, slots=True, eq=False)
class Name(Expr):
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Lambda(Expr):
    r"""`\p q -> e`"""

    params: tuple[Pattern, ...]
    body: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Apply(Expr):
    fn: Expr
    arg: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Let(Expr):
    """`let p = e in body`, or `let f p q : t = e in body` when there are params (then `pattern` is a PVar)."""

    pattern: Pattern
    params: tuple[Pattern, ...]
    result: TypeExpr | None
    bound: Expr
    body: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Tuple(Expr):
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Rec(Expr):
    """`{x = e, …}`"""

    fields: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True, slots=True, eq=False)
class ArrayLit(Expr):
    """`[e, …]`"""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Proj(Expr):
    """`e.0`"""

    item: Expr
    index: int


@dataclass(frozen=True, slots=True, eq=False)
class Field(Expr):
    """`e.x`; also `alias.name` for an imported definition (the checker tells which)"""

    item: Expr
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class If(Expr):
    cond: Expr
    then: Expr
    other: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Arm(Node):
    """`| Con p -> e`; `_` as constructor for the default arm"""

    constructor: str
    pattern: Pattern | None
    body: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Case(Expr):
    item: Expr
    arms: tuple[Arm, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Assert(Expr):
    """`assert c e`: the value of `e`, if `c` holds"""

    cond: Expr
    body: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Trace(Expr):
    item: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Binder(Node):
    """`i < e`"""

    name: str
    extent: Expr


@dataclass(frozen=True, slots=True, eq=False)
class For(Expr):
    """`for i < n, j < m -> e`"""

    binders: tuple[Binder, ...]
    body: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Loop(Expr):
    """`loop p = e0 for i < n do e` (binder set) or `loop p = e0 while c do e` (cond set).

    `loop x for i < n do e` is short for `loop x = x for …` and has `init` None.
    """

    pattern: Pattern
    init: Expr | None
    binder: Binder | None
    cond: Expr | None
    body: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Accumulate(Expr):
    """`accumulate z for i < n, … do e`, where `e : (index, value)`; a multi-dimensional index is a tuple"""

    init: Expr
    binders: tuple[Binder, ...]
    body: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Range(Node):
    """`lo..hi` within a bracket; an end left out is the array's end"""

    low: Expr | None
    high: Expr | None


@dataclass(frozen=True, slots=True, eq=False)
class Index(Expr):
    """`a[i, 2..n]`"""

    item: Expr
    indices: tuple[Expr | Range, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Update(Expr):
    """`a with [i, j] = e`"""

    item: Expr
    indices: tuple[Expr, ...]
    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Unary(Expr):
    """`-e` or `!e`"""

    op: str
    item: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Binary(Expr):
    """`e op e`, with `op` as written: + - * / div mod ^ @ == != < <= > >= && || |> << >>"""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Ascribe(Expr):
    """`(e : t)`"""

    item: Expr
    type: TypeExpr


@dataclass(frozen=True, slots=True, eq=False)
class Paren(Expr):
    item: Expr


# ── declarations ───────────────────────────────────────────────────────────────────────────────────────────────

class Decl(Node):
    __slots__ = ()


@dataclass(frozen=True, slots=True, eq=False)
class Import(Decl):
    """`import "path.cad" as alias`"""

    path: str
    path_span: Span
    alias: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Def(Decl):
    """`def [rec] f [n, m] (p : t) … : t = e`; `doc` is the block of `--` comments right above."""

    name: str
    name_span: Span
    rec: bool
    sizes: tuple[str, ...]
    params: tuple[Pattern, ...]
    result: TypeExpr | None
    body: Expr
    doc: str


@dataclass(frozen=True, slots=True, eq=False)
class TypeDecl(Decl):
    """`type t a [n] = A x | B` (constructors) or `type t a [n] = b` (alias, no constructors)"""

    name: str
    name_span: Span
    params: tuple[str, ...]
    sizes: tuple[str, ...]
    constructors: tuple[tuple[str, TypeExpr | None], ...]
    alias: TypeExpr | None
    doc: str
    places: tuple[Span, ...]           # of the names of the constructors

    def place(self, constructor: str) -> Span:
        """Where a constructor is named."""
        return next(p for p, (x, _) in zip(self.places, self.constructors, strict=True) if x == constructor)

    @property
    def head(self) -> str:
        """The type at its own parameters: `t a [n]`."""
        return " ".join([self.name, *self.params, *([f"[{', '.join(self.sizes)}]"] if self.sizes else [])])


@dataclass(frozen=True, slots=True, eq=False)
class Derivative(Decl):
    """`derivative f (x, …) = y : y' = e`: the derivative of the definition `f`, as an equation.

    `primitive f (x, …) = y : y' = e` in catad's own tables is the same with `primitive` true.
    """

    name: str
    name_span: Span
    params: tuple[str, ...]
    result: str
    equation: Expr
    primitive: bool


@dataclass(frozen=True, slots=True, eq=False)
class Comment:
    span: Span
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class File:
    source: Source
    decls: tuple[Decl, ...]
    comments: tuple[Comment, ...]
