"""From `primitive tanh (x) = y : y' = sech2 x * x'` to the net  (x, y, x′) → y′  at a float or series type.

The language of equations is a corner of .cad: names, literals, arithmetic, comparisons, `if`, applications of
primitives, indexing. It is elaborated directly, at one type `t` for all floats, with tangents that are known to be
zero left out: a product with such a tangent vanishes, a sum loses the term.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping, Sequence
from functools import cache

from catad.net.build import Builder
from catad.net.net import IfOp, Net, Wire
from catad.net.zero import constant, lift
from catad.ops import row
from catad.source import Source
from catad.syntax import tree
from catad.types.type import I64, Array, Type, is_float

__all__ = ["Rules", "declarations", "equation", "standard"]

_OPERATORS = {"+": "add", "-": "sub", "*": "mul", "/": "div", "==": "eq", "!=": "ne", "<": "lt", "<=": "le",
              ">": "gt", ">=": "ge"}


class Number(int):
    """An integer literal (kept apart from wires, which are integers too)."""


class Zero:
    """A tangent that is known to vanish."""


ZERO = Zero()
Operand = Wire | float | Number | Zero       # a wire, a literal whose type its context decides, or a vanishing tangent


@cache
def declarations() -> Mapping[str, tree.Derivative]:
    """The equations of the table, by primitive; each is read when it is used."""
    from catad.syntax.outline import outline
    folder = importlib.resources.files("catad.ops")
    return outline(tree.Derivative, "primitive", *(
        Source(f"<catad/ops/{name}>", folder.joinpath(name).read_text(encoding="utf-8"))
        for name in ("scalar.cad", "array.cad")))


def _read(source: Source) -> dict[str, tree.Derivative]:
    from catad.syntax import parse
    return {d.name: d for d in parse(source).decls if isinstance(d, tree.Derivative)}


class Rules:
    """Equations by primitive, and the nets made of them, each made once."""

    def __init__(self, declarations: Mapping[str, tree.Derivative]) -> None:
        self.declarations = declarations
        self._nets: dict[tuple[str, tuple[Type, ...], tuple[bool, ...]], Net | None] = {}

    def equation(self, name: str, args: tuple[Type, ...], active: tuple[bool, ...]) -> Net | None:
        """The net (arguments…, y, tangents of the active arguments…) → y′, or None when y′ vanishes.

        `args` are the argument types of the row, `active` says which of them have a tangent.
        """
        key = (name, args, active)
        if key not in self._nets:
            self._nets[key] = _elaborate(self.declarations[name], args, active)
        return self._nets[key]

    def changed(self, text: str) -> Rules:
        """These rules with some equations replaced by those of a text."""
        return Rules({**self.declarations, **_read(Source("<changed rules>", text))})


@cache
def standard() -> Rules:
    """The rules of the table."""
    return Rules(declarations())


def equation(name: str, args: tuple[Type, ...], active: tuple[bool, ...]) -> Net | None:
    """The standard equation of a primitive at these types."""
    return standard().equation(name, args, active)


def _elaborate(decl: tree.Derivative, args: tuple[Type, ...], active: tuple[bool, ...]) -> Net | None:
    b = Builder()
    scope: dict[str, Operand] = {x: b.input(t) for x, t in zip(decl.params, args, strict=True)}
    result = row(decl.name).result(args)
    scope[decl.result] = b.input(result)
    b.sizes.extend(dict.fromkeys(v for t in args if isinstance(t, Array) for v in t.size.variables))
    for x, t, alive in zip(decl.params, args, active, strict=True):
        scope[x + "'"] = b.input(t) if alive else ZERO
    out = _Equation(b, next(t for t in (*args, result) if is_float(t)), scope).expr(decl.equation)
    return None if isinstance(out, Zero) else b.net(_wire(b, out, result))


def _wire(b: Builder, x: Operand, t: Type) -> Wire:
    """An operand as a wire of type t."""
    if isinstance(x, Zero):
        raise AssertionError("a vanishing tangent where a value is needed")
    if isinstance(x, (float, Number)):
        return constant(b, float(x), t)
    return x


class _Equation:
    def __init__(self, b: Builder, t: Type, scope: dict[str, Operand]) -> None:
        self.b, self.scope = b, scope
        while isinstance(t, Array):
            t = t.item
        self.t = t

    def expr(self, e: tree.Expr) -> Operand:
        match e:
            case tree.Num(text=text, decimal=decimal):
                return float(text) if decimal else Number(text)
            case tree.Name(name=name):
                return self.scope[name]
            case tree.Paren(item=item):
                return self.expr(item)
            case tree.Unary(item=item):
                return self._neg(self.expr(item))
            case tree.Binary(op=op, left=left, right=right):
                return self._binary(_OPERATORS[op], self.expr(left), self.expr(right))
            case tree.If():
                return self._if(e)
            case tree.Index(item=item, indices=indices):
                return self._index(self.expr(item), [self.expr(i) for i in indices if isinstance(i, tree.Expr)])
            case tree.Apply():
                return self._apply(e)
        raise AssertionError(f"not a form of equations: {type(e).__name__}")

    def _neg(self, x: Operand) -> Operand:
        if isinstance(x, (Zero, float)):
            return x if isinstance(x, Zero) else -x
        return Number(-x) if isinstance(x, Number) else self.b.prim("neg", x)

    def _binary(self, op: str, x: Operand, y: Operand) -> Operand:
        if isinstance(x, Zero) or isinstance(y, Zero):
            return self._with_zero(op, x, y)
        t = next((self.b.type(w) for w in (x, y) if not isinstance(w, (float, Number))), self.t)
        return self.b.prim(op, self._at(x, t), self._at(y, t))

    def _with_zero(self, op: str, x: Operand, y: Operand) -> Operand:
        if op in ("add", "sub") and isinstance(y, Zero):
            return x
        if op == "add":
            return y
        if op == "sub":
            return self._neg(y)
        assert op == "mul" or (op == "div" and isinstance(x, Zero)), op
        return ZERO

    def _at(self, x: Operand, t: Type) -> Wire:
        if isinstance(x, (float, Number)):
            return self.b.const(int(x), I64) if t == I64 else constant(self.b, float(x), t)
        assert not isinstance(x, Zero)
        return x

    def _if(self, e: tree.If) -> Operand:
        """Real control flow, so that nothing leaks from the branch not taken, at any order of differentiation."""
        cond = self.expr(e.cond)
        assert isinstance(cond, int) and not isinstance(cond, Number)
        used = {x: None for branch in (e.then, e.other) for x in _names(branch)}
        outer = [(x, self._at(self.scope[x], self.t)) for x in used if x in self.scope]
        wires = [w for _, w in outer]
        nets: list[Net] = []
        for branch in (e.then, e.other):
            b = Builder()
            inner: dict[str, Operand] = {x: b.input(self.b.type(w)) for (x, _), w in zip(outer, wires, strict=True)}
            value = _Equation(b, self.t, inner).expr(branch)
            nets.append(b.net(_wire(b, value, self.t)))
        return self.b.box(IfOp(), [cond, *wires], [self.t], nets)[0]

    def _index(self, x: Operand, at: Sequence[Operand]) -> Operand:
        if isinstance(x, Zero):
            return ZERO
        return self.b.prim("index", self._at(x, self.t), *(self._at(i, I64) for i in at))

    def _apply(self, e: tree.Expr) -> Operand:
        args: list[tree.Expr] = []
        while isinstance(e, tree.Apply):
            args.append(e.arg)
            e = e.fn
        assert isinstance(e, tree.Name)
        values = [self.expr(a) for a in reversed(args)]
        if e.name == "f64":                                   # the integer as a number of the type at hand
            return lift(self.b, self._convert(self._at(values[0], I64)), self.t)
        if e.name == "select":
            return self._select(values)
        kinds = row(e.name).args
        types = [I64 if k == "I" else self.t for k in kinds]
        return self.b.prim(e.name, *(self._at(v, t) for v, t in zip(values, types, strict=False)))

    def _convert(self, n: Wire) -> Wire:
        from catad.net.zero import base
        return self.b.prim(f"to_{base(self.t)}", n)

    def _select(self, values: Sequence[Operand]) -> Operand:
        """select (c, x′, z′), one of which may vanish."""
        if all(isinstance(v, Zero) for v in values[1:]):
            return ZERO
        sides = [0.0 if isinstance(v, Zero) else v for v in values[1:]]
        return self.b.prim("select", self._at(values[0], self.t), *(self._at(v, self.t) for v in sides))


def _names(e: tree.Expr) -> list[str]:
    """The names in a branch, in order."""
    match e:
        case tree.Name(name=name):
            return [name]
        case tree.Paren(item=item) | tree.Unary(item=item):
            return _names(item)
        case tree.Binary(left=left, right=right):
            return _names(left) + _names(right)
        case tree.Apply(fn=fn, arg=arg):
            return _names(fn) + _names(arg)
    return []
