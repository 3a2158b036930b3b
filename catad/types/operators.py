"""Operators: on scalars only, both sides of one type; what they mean depends on that type."""

from __future__ import annotations

from catad.core import term as core
from catad.source import Span
from catad.syntax import tree
from catad.types.apply import apply_library
from catad.types.constraint import FLOAT, NUM, SCALAR
from catad.types.context import Context
from catad.types.meta import Meta, Why
from catad.types.pending import Later
from catad.types.type import BOOL, F32, F64, I64, Array, Fun, Prod, Record, Type

__all__ = ["binary", "number", "unary"]

_ARITHMETIC = {"+": ("add", NUM), "-": ("sub", NUM), "*": ("mul", NUM), "/": ("div", FLOAT)}
_COMPARISON = {"==": ("eq", SCALAR), "!=": ("ne", SCALAR), "<": ("lt", NUM), "<=": ("le", NUM), ">": ("gt", NUM),
               ">=": ("ge", NUM)}
_WHOLE = {"div": "idiv", "mod": "imod"}
_WORDS = {NUM: "numbers", FLOAT: "floats", SCALAR: "scalars"}


def number(c: Context, e: tree.Num, minus: Span | None = None) -> core.Term:
    """A literal: any number when it is whole, any float when it has a point or an exponent."""
    text = e.text.replace("_", "")
    span = minus or e.span
    why = Why(span, "a decimal literal" if e.decimal else "a number")
    t = c.unifier.meta(FLOAT if e.decimal else NUM, why)
    value: float | int = float(text) if e.decimal else int(text)
    value = value if minus is None else -value

    def build(parts: tuple[core.Term, ...], final: Type) -> core.Term:
        if final == I64 and not -2**63 <= value < 2**63:
            raise c.fail("E0221", "this integer does not fit in 64 bits", span, "too large for i64",
                         help=["write it with a decimal point if a float is meant"])
        return core.Lit(final, span, float(value) if final in (F64, F32) else value)

    return Later(t, span, (), build)


def unary(c: Context, e: tree.Unary) -> core.Term:
    if e.op == "!":
        return core.Op(BOOL, e.span, "not", (c.check(e.item, BOOL, Why(e.span, "`!` takes a bool")),))
    literal = e.item
    if isinstance(literal, tree.Num) and float(literal.text.replace("_", "")) != 0:
        return number(c, literal, e.span)
    item = c.infer(e.item)
    _scalar(c, item, "-", e.span)
    c.require(item, NUM, Why(e.span, "`-` works on numbers"))
    return core.Op(item.type, e.span, "neg", (item,))


def binary(c: Context, e: tree.Binary) -> core.Term:
    op = e.op
    if op in _ARITHMETIC:
        left, right = _same(c, e, _ARITHMETIC[op][1])
        return core.Op(left.type, e.span, _ARITHMETIC[op][0], (left, right))
    if op in _COMPARISON:
        left, right = _same(c, e, _COMPARISON[op][1])
        return core.Op(BOOL, e.span, _COMPARISON[op][0], (left, right))
    if op in _WHOLE:
        text = f"`{op}` works on whole numbers (i64)"
        return core.Op(I64, e.span, _WHOLE[op], (c.check(e.left, I64, Why(e.span, text)),
                                                 c.check(e.right, I64, Why(e.span, text))))
    match op:
        case "&&" | "||":
            return _logic(c, e)
        case "^":
            return _power(c, e)
        case "@":
            return _product(c, e)
        case "<<":
            return _compose(c, e.left, e.right, e.span)
        case ">>":
            return _compose(c, e.right, e.left, e.span)
        case "%":
            raise c.fail("E0220", "there is no operator `%`", e.span, "",
                         help=["the remainder of floor division is `mod`"])
    raise AssertionError(op)


def _same(c: Context, e: tree.Binary, bits: int) -> tuple[core.Term, core.Term]:
    """Both operands, of one type within the set."""
    left, right = c.infer(e.left), c.infer(e.right)
    _scalar(c, left, e.op, e.span)
    _scalar(c, right, e.op, e.span)
    why = Why(e.span, f"`{e.op}` works on {_WORDS[bits]}")
    c.require(left, bits, why)
    c.require(right, bits, why)
    right = c.coerce(right, left.type, Why(left.span, f"this side of `{e.op}` is `{c.show(left.type)}`"))
    return left, right


def _scalar(c: Context, term: core.Term, op: str, span: Span) -> None:
    """Operators do not broadcast; say what does the work instead."""
    t = c.known(term.type)
    if not isinstance(t, (Array, Prod, Record, Fun)):
        return
    shown = c.show(t)
    if isinstance(t, Fun):
        name = term.span.text
        negative = f"a negative argument stands in parentheses: `{name} (-x)`"
        raise c.fail("E0205", f"`{op}` works on numbers, not on functions", term.span, f"this is `{shown}`",
                     help=[negative if op == "-" and name.isidentifier() else "is an argument missing?"])
    whole = {"+": "`add a b`", "-": "`sub a b`", "*": "`scale c a`"}.get(op)
    help = [f"for tuples and arrays as vectors there is {whole}"] if whole else []
    if isinstance(t, Array):
        help.append(f"entry by entry: `map2 (\\x y -> x {op} y) a b`, or `for i < n -> a[i] {op} b[i]`")
    if op == "*" and isinstance(t, Array):
        help.append("the matrix product is `a @ b`, the scalar product `dot a b`")
    raise c.fail("E0205", f"`{op}` works on scalars, and nothing broadcasts", term.span, f"this is `{shown}`",
                 help=help)


def _logic(c: Context, e: tree.Binary) -> core.Term:
    """The right side runs only when it decides."""
    why = Why(e.span, f"`{e.op}` works on bools")
    left = c.check(e.left, BOOL, why)
    with c.opened() as scope:
        right = c.check(e.right, BOOL, why)
    right = c.leave(scope, right, "this side")
    constant = core.Lit(BOOL, e.span, e.op == "||")
    then, other = (right, constant) if e.op == "&&" else (constant, right)
    return core.If(BOOL, e.span, left, then, other)


def _power(c: Context, e: tree.Binary) -> core.Term:
    """`x ^ k`: an i64 exponent means repeated multiplication, a float one exp and log."""
    base, exponent = c.infer(e.left), c.infer(e.right)
    _scalar(c, base, "^", e.span)
    _scalar(c, exponent, "^", e.span)
    c.require(base, NUM, Why(e.span, "`^` works on numbers"))
    c.require(exponent, NUM, Why(e.span, "an exponent is a number"))
    t = c.unifier.prune(exponent.type)
    if isinstance(t, Meta) and t.bits & ~FLOAT:
        exponent = c.coerce(exponent, I64)
        t = I64
    if t == I64:
        c.defaults.append((base.type, FLOAT))
        return Later(base.type, e.span, (base, exponent), lambda parts, final: core.Op(
            final, e.span, "ipow" if final == I64 else "powi", parts))
    c.require(base, FLOAT, Why(e.right.span, "this exponent is a float, so the base must be one"))
    exponent = c.coerce(exponent, base.type, Why(base.span, f"the base is `{c.show(base.type)}`"))
    return core.Op(base.type, e.span, "pow", (base, exponent))


def _product(c: Context, e: tree.Binary) -> core.Term:
    """`a @ b`: the product of matrices, with vectors where one side is known to be one."""
    left, right = c.infer(e.left), c.infer(e.right)
    for side in (left, right):
        if isinstance(t := c.known(side.type), (Prod, Record, Fun)) or t in (F64, F32, I64, BOOL):
            raise c.fail("E0205", "`@` is the product of matrices", side.span, f"this is `{c.show(t)}`",
                         help=["numbers are multiplied with `*`"])
    shape = (_rank(c, left), _rank(c, right))
    name = {(1, 1): "dot", (2, 1): "matvec", (1, 2): "vecmat"}.get(shape, "matmul")
    return apply_library(c, name, [left, right], e.span)


def _rank(c: Context, term: core.Term) -> int:
    t, rank = c.known(term.type), 0
    while isinstance(t, Array):
        t, rank = c.known(t.item), rank + 1
    return rank


def _compose(c: Context, outer: tree.Expr, inner: tree.Expr, span: Span) -> core.Term:
    r"""`f << g` is `\x -> f (g x)`; the name cannot be written by the user."""
    x = tree.Name(span, "x ")
    body = tree.Apply(span, outer, tree.Apply(span, inner, x))
    return c.infer(tree.Lambda(span, (tree.PVar(span, "x "),), body))

