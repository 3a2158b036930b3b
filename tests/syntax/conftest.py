"""Random surface trees that a text can have: what the parser could have made, with parentheses where it needs them.

`level` says what may stand in a place: 0 any expression, … the operators' levels …, then applications, then atoms.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from catad.source import Source, Span
from catad.syntax import tree as t

AT = Span(Source("generated", ""), 0, 0)
NAMES = ("x", "y", "alpha", "x'", "y''", "_", "long_name_of_something", "A", "n1", "inn", "lets", "for_")
# closed levels: operators, how the operands' levels are for left and right, loosest first
LEVELS: list[tuple[tuple[str, ...], int, int]] = [
    (("|>",), 0, 1), (("||",), 0, 1), (("&&",), 0, 1), (("==", "<", ">=", "!="), 1, 1), (("+", "-"), 0, 1),
    (("*", "/", "div", "mod"), 0, 1), (("@",), 0, 1)]
UPDATE, PREFIX, POWER, COMPOSED, APPLIED, POSTFIX = 1, 9, 10, 11, 12, 13


class Maker:
    def __init__(self, seed: int, size: int) -> None:
        self.r = random.Random(seed)
        self.left = size

    def name(self) -> str:
        return self.r.choice(NAMES)

    def some(self, low: int, high: int) -> range:
        return range(self.r.randint(low, high))

    # ── types ──────────────────────────────────────────────────────────────────────────────────────────────────

    def type(self, atom: bool = False) -> t.TypeExpr:
        self.left -= 1
        kind = self.r.choice(["name"] * 6 + ([] if self.left < 0 else ["prod", "rec", "arr", "fun", "app", "tan"]))
        bare = t.TName(AT, self.r.choice(("f64", "i64", "a", "shape", "m.shape")))
        made: t.TypeExpr
        if kind == "prod":
            items = [self.type() for _ in self.some(0, 3)]
            return t.TParen(AT, items[0]) if len(items) == 1 else t.TProd(AT, tuple(items))
        if kind == "rec":
            return t.TRecord(AT, tuple((self.name(), self.type()) for _ in self.some(1, 3)))
        if kind == "arr":
            sizes = tuple(self.expr(6) for _ in self.some(1, 2))
            return t.TArray(AT, sizes, self.type(atom=True))
        if kind == "tan":
            return t.TTangent(AT, t.TTangent(AT, bare) if self.r.random() < 0.3 else bare)
        if kind == "fun":
            arg = self.type(atom=True)
            made = t.TFun(AT, arg, self.type())
        elif kind == "app":
            sizes = tuple(self.expr(6) for _ in self.some(0, 2))
            args = tuple(self.type(atom=True) for _ in self.some(0 if sizes else 1, 2))
            made = t.TApp(AT, self.r.choice(("tree", "m.tree")), args, sizes)
        else:
            return bare
        return t.TParen(AT, made) if atom else made

    # ── patterns ───────────────────────────────────────────────────────────────────────────────────────────────

    def pattern(self, bare: bool = False) -> t.Pattern:
        self.left -= 1
        kind = self.r.choice(["var"] * 5 + ([] if self.left < 0 else ["tuple", "rec", "ann"]))
        if kind == "tuple":
            items = tuple(self.pattern() for _ in self.some(0, 3))
            return items[0] if len(items) == 1 else t.PTuple(AT, items)
        if kind == "rec":
            return t.PRecord(AT, tuple((self.name(), self.pattern()) for _ in self.some(1, 3)))
        if kind == "ann" and not bare:
            return t.PAnn(AT, self.pattern(), self.type())
        return t.PVar(AT, self.name())

    # ── expressions ────────────────────────────────────────────────────────────────────────────────────────────

    def expr(self, level: int = 0) -> t.Expr:
        self.left -= 1
        if self.left < 0:
            return self.atom()
        if level == 0 and self.r.random() < 0.35:
            return self.open()
        if level <= UPDATE and self.r.random() < 0.05:
            indices = tuple(self.expr() for _ in self.some(1, 2))
            return t.Update(AT, self.expr(UPDATE), indices, self.expr(UPDATE + 1))
        kind = self.r.random()
        if kind < 0.3 and level - 2 < len(LEVELS):
            i = self.r.randint(max(level - 2, 0), len(LEVELS) - 1)
            ops, left, right = LEVELS[i]
            return t.Binary(AT, self.r.choice(ops), self.expr(i + 2 + left), self.expr(i + 2 + right))
        if kind < 0.4 and level <= PREFIX:
            return t.Unary(AT, self.r.choice("-!"), self.expr(PREFIX))
        if kind < 0.5 and level <= POWER:
            return t.Binary(AT, "^", self.expr(COMPOSED), self.expr(PREFIX))
        if kind < 0.55 and level <= COMPOSED:
            return t.Binary(AT, self.r.choice(("<<", ">>")), self.expr(APPLIED), self.expr(APPLIED))
        if kind < 0.7 and level <= APPLIED:
            return self.application()
        return self.postfix()

    def application(self) -> t.Expr:
        kind = self.r.random()
        if kind < 0.1:
            return t.Assert(AT, self.postfix(), self.postfix())
        if kind < 0.2:
            return t.Trace(AT, self.postfix())
        return t.Apply(AT, self.expr(APPLIED), self.postfix())

    def postfix(self) -> t.Expr:
        e = self.atom()
        for _ in self.some(0, 2):
            kind = self.r.random()
            if kind < 0.3:
                e = t.Proj(AT, e, self.r.randint(0, 12))
            elif kind < 0.6:
                e = t.Field(AT, e, self.name())
            else:
                e = t.Index(AT, e, tuple(self.index() for _ in self.some(1, 3)))
        return e

    def index(self) -> t.Expr | t.Range:
        if self.r.random() < 0.7:
            return self.expr()
        low = self.expr(2) if self.r.random() < 0.5 else None
        return t.Range(AT, low, self.expr(2) if self.r.random() < 0.5 else None)

    def atom(self) -> t.Expr:
        self.left -= 1
        kinds = ["name"] * 4 + ["int", "float", "bool"]
        kind = self.r.choice(kinds + ([] if self.left < 0 else ["paren", "tuple", "array", "rec", "ascribe"]))
        match kind:
            case "int":
                return t.Num(AT, self.r.choice(("0", "12", "1_000")), False)
            case "float":
                return t.Num(AT, self.r.choice(("0.5", "1e-3", "2.5E+10", "1_0.0")), True)
            case "bool":
                return t.Bool(AT, self.r.random() < 0.5)
            case "paren":
                return t.Paren(AT, self.expr())
            case "tuple":
                items = tuple(self.expr() for _ in self.some(0, 3))
                return t.Paren(AT, items[0]) if len(items) == 1 else t.Tuple(AT, items)
            case "array":
                return t.ArrayLit(AT, tuple(self.expr() for _ in self.some(0, 3)))
            case "rec":
                return t.Rec(AT, tuple((self.name(), self.expr()) for _ in self.some(1, 3)))
            case "ascribe":
                return t.Ascribe(AT, self.expr(), self.type())
        return t.Name(AT, self.name())

    def arm(self) -> t.Arm:
        pattern = self.pattern() if self.r.random() < 0.5 else None
        return t.Arm(AT, self.r.choice(("A", "B", "_")), pattern, t.Paren(AT, self.expr()))

    def open(self, alone: bool = False) -> t.Expr:
        """A form that reaches to the right; unless it has to be alone, it may also stand last behind operators."""
        kind = self.r.choice(("lambda", "let", "letf", "if", "case", "for", "loop", "while", "short", "acc",
                              *(() if alone else ("behind", "behind", "assert", "neg"))))
        binders = tuple(t.Binder(AT, self.name(), self.expr(2)) for _ in self.some(1, 2))
        match kind:
            case "lambda":
                return t.Lambda(AT, tuple(self.pattern() for _ in self.some(1, 2)), self.expr())
            case "let":
                return t.Let(AT, self.pattern(), (), None, self.expr(), self.expr())
            case "letf":
                result = self.type() if self.r.random() < 0.5 else None
                params = tuple(self.pattern() for _ in self.some(1, 2))
                return t.Let(AT, t.PVar(AT, self.name()), params, result, self.expr(), self.expr())
            case "if":
                return t.If(AT, self.expr(), self.expr(), self.expr())
            case "case":
                return t.Case(AT, self.expr(), tuple(self.arm() for _ in self.some(1, 3)))
            case "for":
                return t.For(AT, binders, self.expr())
            case "loop":
                return t.Loop(AT, self.pattern(), self.expr(), binders[0], None, self.expr())
            case "while":
                return t.Loop(AT, self.pattern(), self.expr(), None, self.expr(), self.expr())
            case "short":
                return t.Loop(AT, self.pattern(), None, binders[0], None, self.expr())
            case "acc":
                return t.Accumulate(AT, self.expr(2), binders, self.expr())
            case "assert":
                return t.Assert(AT, self.postfix(), self.open(alone=True))
            case "neg":
                return t.Unary(AT, "-", self.open(alone=True))
        i = self.r.randrange(len(LEVELS))
        ops, left, _ = LEVELS[i]
        return t.Binary(AT, self.r.choice(ops), self.expr(i + 2 + left), t.Lambda(AT, (self.pattern(),), self.expr()))

    # ── declarations ───────────────────────────────────────────────────────────────────────────────────────────

    def decl(self) -> t.Decl:
        kind = self.r.choice(("import", "type", "alias", "derivative", *["def"] * 6))
        match kind:
            case "import":
                return t.Import(AT, "some/path.cad", AT, self.r.choice((None, "other")))
            case "type":
                constructors = tuple((f"C{i}", self.type(atom=True) if self.r.random() < 0.6 else None)
                                     for i in self.some(1, 4))
                params, sizes = ("a", "b")[:self.r.randint(0, 2)], ("n", "m")[:self.r.randint(0, 2)]
                return t.TypeDecl(AT, "shape", AT, params, sizes, constructors, None, self.doc(),
                                  (AT,) * len(constructors))
            case "alias":
                return t.TypeDecl(AT, "shape", AT, (), ("n",)[:self.r.randint(0, 1)], (), self.type(), self.doc(), ())
            case "derivative":
                return t.Derivative(AT, "f", AT, ("x", "z"), "y", self.expr(), self.r.random() < 0.3)
        sizes = ("n", "m")[:self.r.randint(0, 2)]
        params = tuple(self.pattern() for _ in self.some(0, 3))
        result = self.type() if self.r.random() < 0.6 else None
        return t.Def(AT, self.name(), AT, self.r.random() < 0.1, sizes, params, result, self.expr(), self.doc())

    def doc(self) -> str:
        return self.r.choice(("", "One line.", "Two\n\nparagraphs: `code`."))

    def file(self) -> t.File:
        return t.File(AT.source, tuple(self.decl() for _ in self.some(0, 4)), ())


def same(a: Any, b: Any) -> bool:
    """Are two trees the same but for their spans? Iterative, since trees may be deep."""
    stack = [(a, b)]
    while stack:
        x, y = stack.pop()
        if type(x) is not type(y):
            return False
        if isinstance(x, t.Node):
            stack += [(getattr(x, f), getattr(y, f)) for f in fields(x)]
        elif isinstance(x, tuple):
            if len(x) != len(y):
                return False
            stack += zip(x, y, strict=True)
        elif x != y:
            return False
    return True


def fields(node: t.Node) -> list[str]:
    return [f for f in node.__dataclass_fields__ if f not in ("span", "name_span", "path_span", "places")]


@pytest.fixture(scope="session")
def make_file() -> Callable[[int, int], t.File]:
    """A random file by seed and size."""
    return lambda seed, size: Maker(seed, size).file()


@pytest.fixture(scope="session")
def same_tree() -> Callable[[Any, Any], bool]:
    """Structural equality of trees."""
    return same
