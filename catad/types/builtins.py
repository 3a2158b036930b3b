"""The built-in functions: name → type scheme → core construction, always saturated.

    sqrt : a -> a  (float a)      maximum : [n]a -> a  (num a)      vjp : (a -> b) -> a -> (b, b' -> a')

Operators are in `operators.py`; what can be said in the language is in `catad/stdlib/prelude.cad`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from catad.core import term as core
from catad.source import Span
from catad.types.constraint import ANY, DATA, FLOAT, NUM, SCALAR, VECTOR
from catad.types.context import Context
from catad.types.meta import Why
from catad.types.pending import Cast, Later
from catad.types.scheme import instantiate
from catad.types.size import Size
from catad.types.type import BOOL, F32, F64, I64, Array, Fun, Prod, Scalar, Tangent, Type, TypeVar

__all__ = ["BUILTINS", "Builtin"]

Build = Callable[[Context, tuple[core.Term, ...], Type, Span], core.Term]


@dataclass(frozen=True, slots=True)
class Builtin:
    """A function of `len(params)` arguments; `types` says what its type variables may stand for."""

    name: str
    types: tuple[tuple[str, int], ...]
    sizes: tuple[str, ...]
    params: tuple[Type, ...]
    result: Type
    build: Build
    text: str

    @property
    def why(self) -> str:
        return f"`{self.name}` takes {self.text}"


A, B, T = TypeVar("a"), TypeVar("b"), TypeVar("t")
XS = Array(Size.var("n"), A)


def op(row: str) -> Build:
    """The row applied to the arguments."""
    def build(c: Context, args: tuple[core.Term, ...], t: Type, span: Span) -> core.Term:
        return core.Op(t, span, row, args)
    return build


# ── reductions ─────────────────────────────────────────────────────────────────────────────────────────────────

def reduction(monoid: str) -> Build:
    """An order-free reduction; a literal `for` is reduced without building the array."""
    def build(c: Context, args: tuple[core.Term, ...], t: Type, span: Span) -> core.Term:
        xs = args[0]
        literal = xs.item if isinstance(xs, Cast) else xs    # any size will do: nothing to check
        if isinstance(literal, core.For):
            return core.Reduce(t, span, monoid, literal.index, literal.size, literal.body)
        xs = _named(c, xs)
        i = c.names.fresh("i")
        entry = core.Index(t, span, xs, (core.Var(I64, span, i),))
        return core.Reduce(t, span, monoid, i, _length(c, xs), entry)
    return build


def _named(c: Context, xs: core.Term) -> core.Term:
    if isinstance(xs, core.Var):
        return xs
    name = c.names.fresh("xs")
    c.scope.let(name, xs, xs.span)
    return core.Var(xs.type, xs.span, name)


def _length(c: Context, xs: core.Term) -> Size:
    known = c.unifier.prune(xs.type)
    assert isinstance(known, Array)
    return known.size


def fold(c: Context, args: tuple[core.Term, ...], t: Type, span: Span) -> core.Term:
    """`reduce f z xs`: a counted loop whose state is the accumulated value."""
    f, z, xs = _function(c, args[0]), args[1], _named(c, args[2])
    s, i = c.names.fresh("acc"), c.names.fresh("i")
    return core.Loop(t, span, s, z, i, _length(c, xs), _step(c, f, s, xs, i, t, span))


def scan(c: Context, args: tuple[core.Term, ...], t: Type, span: Span) -> core.Term:
    """`scan f z xs`: all states after each step."""
    f, z, xs = _function(c, args[0]), args[1], _named(c, args[2])
    s, i = c.names.fresh("acc"), c.names.fresh("i")
    return core.Scan(t, span, s, z, i, _length(c, xs), _step(c, f, s, xs, i, z.type, span))


def _step(c: Context, f: core.Term, s: str, xs: core.Term, i: str, state: Type, span: Span) -> core.Term:
    known = c.unifier.prune(xs.type)
    assert isinstance(known, Array)
    entry = core.Index(known.item, span, xs, (core.Var(I64, span, i),))
    partial = core.App(Fun(known.item, state), span, f, core.Var(state, span, s))
    return core.App(state, span, partial, entry)


def _function(c: Context, f: core.Term) -> core.Term:
    """A function used once for each entry is computed once."""
    if isinstance(f, (core.Lam, core.Var, core.Global)):
        return f
    name = c.names.fresh("f")
    c.scope.let(name, f, f.span)
    return core.Var(f.type, f.span, name)


# ── derivatives ────────────────────────────────────────────────────────────────────────────────────────────────

def derive(kind: str) -> Build:
    def build(c: Context, args: tuple[core.Term, ...], t: Type, span: Span) -> core.Term:
        return core.Derive(t, span, kind, args)
    return build


def jet(c: Context, args: tuple[core.Term, ...], t: Type, span: Span) -> core.Term:
    """The order of a jet is the size of its array of coefficients, which must be a constant."""
    def build(parts: tuple[core.Term, ...], final: Type) -> core.Term:
        assert isinstance(final, Prod) and isinstance(final.items[1], Array)
        size = final.items[1].size
        if size.constant is None:
            raise c.fail("E0222", "the order of a jet must be a constant", span, f"here it is the size `{size}`",
                         others=[(args[1].span, "of these coefficients")],
                         help=["give the array of coefficients a literal size, such as `[3]f64`"])
        return core.Derive(final, span, "jet", parts, size.constant)
    return Later(t, span, args, build)


def jet_derivs(c: Context, args: tuple[core.Term, ...], t: Type, span: Span) -> core.Term:
    """A jet of derivatives instead of normalised coefficients: rescaled by factorials on both sides."""
    point = _named(c, args[1])
    known = c.unifier.prune(point.type)
    result = c.unifier.prune(t)
    assert isinstance(known, Prod) and isinstance(result, Prod)
    x = core.Proj(known.items[0], span, point, 0)
    derivatives = core.Proj(known.items[1], span, point, 1)
    scaled = _library(c, "from_derivatives", derivatives, span)
    value = _named(c, jet(c, (args[0], core.Tuple(known, span, (x, scaled))), t, span))
    out = _library(c, "to_derivatives", core.Proj(result.items[1], span, value, 1), span)
    return core.Tuple(t, span, (core.Proj(result.items[0], span, value, 0), out))


def _library(c: Context, name: str, arg: core.Term, span: Span) -> core.Term:
    scheme = c.world.library(name)
    types, sizes, t = instantiate(c.unifier, scheme)
    assert isinstance(t, Fun)
    fn = core.Global(t, span, scheme.key, tuple(types.items()), tuple(sizes.items()))
    return core.App(t.result, span, fn, c.coerce(arg, t.arg, Why(span, f"`{name}` rescales these")))


# ── the table ──────────────────────────────────────────────────────────────────────────────────────────────────

_WORDS = {FLOAT: "floats", NUM: "numbers", SCALAR: "scalars", VECTOR: "vectors", DATA: "data"}


def _entry(name: str, params: tuple[Type, ...], result: Type, build: Build, *, a: int | None = None,
           b: int | None = None, n: bool = False, text: str = "") -> Builtin:
    types = tuple((x, bits) for x, bits in (("a", a), ("b", b)) if bits is not None)
    sizes = ("n",) if n else ()
    return Builtin(name, types, sizes, params, result, build, text or _WORDS.get(a or 0, "whole numbers"))


_UNARY = (
    "sqrt", "cbrt", "exp", "expm1", "log", "log1p", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh",
    "tanh", "sech2", "asinh", "acosh", "atanh", "erf", "erfc", "lgamma", "digamma", "sign", "floor", "ceil",
    "round", "trunc")


def _rows() -> list[Builtin]:
    out = [_entry(x, (A,), A, op(x), a=FLOAT) for x in _UNARY]
    out += [_entry(x, (A, A), A, op(x), a=FLOAT) for x in ("pow", "atan2", "hypot")]
    out += [_entry("abs", (A,), A, op("abs"), a=NUM)]
    out += [_entry(x, (A, A), A, op(x), a=NUM) for x in ("max", "min")]
    out += [_entry(x, (A,), BOOL, op(x), a=FLOAT) for x in ("isnan", "isinf")]
    out += [_entry(x, (I64, I64), I64, op(x)) for x in ("band", "bor", "bxor", "shl", "shr", "ipow")]
    out += [
        _entry("bnot", (I64,), I64, op("bnot")),
        *(_entry(x, (I64,), F64, op(x)) for x in ("exponential_of_bits", "normal_of_bits")),
        _entry("powi", (A, I64), A, op("powi"), a=FLOAT, text="a float and a whole number"),
        _entry("polygamma", (I64, A), A, op("polygamma"), a=FLOAT, text="a whole number and a float"),
        _entry("select", (BOOL, A, A), A, op("select"), a=SCALAR, text="a bool and two scalars"),
        _entry("f64", (A,), F64, conversion("to_f64", F64), a=NUM), _entry("f32", (A,), F32, conversion("to_f32", F32),
                                                                         a=NUM),
        _entry("i64", (A,), I64, conversion("to_i64", I64), a=SCALAR),
    ]
    return out


def conversion(row: str, to: Scalar) -> Build:
    """To a scalar type; from itself it is nothing."""
    def build(c: Context, args: tuple[core.Term, ...], t: Type, span: Span) -> core.Term:
        def finish(parts: tuple[core.Term, ...], final: Type) -> core.Term:
            return parts[0] if parts[0].type == to else core.Op(to, span, row, parts)
        return Later(to, span, args, finish)
    return build


def _array_functions() -> list[Builtin]:
    of_numbers, of_bools = "a one-dimensional array of numbers", "a one-dimensional array of bools"
    flags = Array(Size.var("n"), BOOL)
    f = Fun(B, Fun(A, B))
    folding = "a function of the accumulated value and an entry, an initial value, and an array"
    return [
        _entry("sum", (XS,), A, reduction("add"), a=NUM, n=True, text=of_numbers),
        _entry("product", (XS,), A, reduction("mul"), a=NUM, n=True, text=of_numbers),
        _entry("all", (flags,), BOOL, reduction("and"), n=True, text=of_bools),
        _entry("any", (flags,), BOOL, reduction("or"), n=True, text=of_bools),
        *(_entry(x, (XS,), A, op(x), a=NUM, n=True, text=of_numbers) for x in ("maximum", "minimum")),
        *(_entry(x, (XS,), I64, op(x), a=NUM, n=True, text=of_numbers) for x in ("argmax", "argmin")),
        _entry("reduce", (f, B, XS), B, fold, a=ANY, b=ANY, n=True, text=folding),
        _entry("scan", (f, B, XS), Array(Size.var("n"), B), scan, a=ANY, b=ANY, n=True, text=folding),
    ]


def _calculus() -> list[Builtin]:
    f, a, b = Fun(A, B), Tangent(A), Tangent(B)
    point = Prod((A, Array(Size.var("n"), a)))
    jets = Prod((B, Array(Size.var("n"), b)))
    return [
        _entry("zero", (), A, op("vzero"), a=VECTOR),
        _entry("add", (A, A), A, op("vadd"), a=VECTOR), _entry("sub", (A, A), A, op("vsub"), a=VECTOR),
        _entry("scale", (F64, A), A, op("vscale"), a=VECTOR, text="an f64 and a vector"),
        _entry("entrywise", (Fun(F64, Fun(F64, F64)), A, A), A, op("ventrywise"), a=VECTOR,
               text="a function of two numbers and two vectors"),
        _entry("constant", (A,), A, op("constant"), a=ANY, text="anything"),
        _entry("jvp", (f, A, a), Prod((B, b)), derive("jvp"), a=DATA, b=DATA, text="a function, a point and a tangent"),
        _entry("vjp", (f, A), Prod((B, Fun(b, a))), derive("vjp"), a=DATA, b=DATA, text="a function and a point"),
        _entry("jet", (f, point), jets, jet, a=DATA, b=DATA, n=True,
               text="a function, and a point with an array of Taylor coefficients"),
        _entry("jet_derivs", (f, point), jets, jet_derivs, a=DATA, b=DATA, n=True,
               text="a function, and a point with an array of derivatives"),
    ]


BUILTINS: MappingProxyType[str, Builtin] = MappingProxyType(
    {b.name: b for b in (*_rows(), *_array_functions(), *_calculus())})
