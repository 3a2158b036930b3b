"""What Python's operators mean on traced values: on numbers what they mean in Python, on arrays that entry by entry.

    i64 and float  →  float        `/` of whole numbers is a float, `//` and `%` floor
    array and number, arrays of one shape  →  entry by entry          nothing else is broadcast
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from catad.source import Span, error
from catad.syntax import tree
from catad.tracing.trace import Trace, apply
from catad.tracing.tracer import Tracer
from catad.types.constraint import FLOAT
from catad.types.meta import Meta
from catad.types.type import Array, Scalar, Type

__all__ = ["binary", "elementwise", "kind", "mapped", "rank", "unary"]

_FLOATS = ("f64", "f32", "float")
_WHOLE = ("i64", "int")
_MAPS = {1: "map", 2: "map2", 3: "map3"}


def rank(x: Any) -> int:
    """The number of dimensions of a value."""
    if isinstance(x, Tracer):
        t, k = x.type, 0
        while isinstance(t, Array):
            t, k = x.trace.session.known(t.item), k + 1
        return k
    return int(np.ndim(x)) if isinstance(x, (np.ndarray, list)) else 0


def kind(x: Any) -> str:
    """f64, f32, i64, bool; `int` and `float` for literals, whose type the other side decides; else empty."""
    if isinstance(x, Tracer):
        return _kind(x.type)
    if isinstance(x, (bool, np.bool_)):
        return "bool"
    if isinstance(x, (int, np.integer)):
        return "int"
    return "float" if isinstance(x, (float, np.floating)) else ""


def _kind(t: Type) -> str:
    if isinstance(t, Scalar):
        return t.name
    if isinstance(t, Meta):
        return "float" if not t.bits & ~FLOAT else "int"
    return ""


# ── entry by entry ─────────────────────────────────────────────────────────────────────────────────────────────

def elementwise(trace: Trace, f: Callable[..., Any], args: Sequence[Any], span: Span) -> Any:
    """`f` of numbers, at arguments some of which are arrays of one shape. Raises E0205 for other shapes."""
    ranks = [rank(a) for a in args]
    deepest = max(ranks, default=0)
    if deepest == 0:
        return f(*args)
    if any(r not in (0, deepest) for r in ranks):
        raise error("E0205", "arrays of different ranks meet, and nothing broadcasts", span,
                    f"{' and '.join(f'{r} dimensions' if r != 1 else '1 dimension' for r in ranks)}",
                    help=["write the loop: catad.array(… for i in catad.range(n))"])
    arrays = [k for k, r in enumerate(ranks) if r]

    def inner(*entries: Any) -> Any:
        values = list(args)
        for k, entry in zip(arrays, entries, strict=True):
            values[k] = entry
        return elementwise(trace, f, values, span)

    return mapped(trace, inner, [args[k] for k in arrays], span)


def mapped(trace: Trace, f: Callable[..., Any], arrays: Sequence[Any], span: Span) -> Any:
    """`f` of the entries of one, two or three arrays, side by side."""
    lifted = [trace.named(trace.lift(a, span)) for a in arrays]
    types = [t.item for _, t in lifted if isinstance(t, Array)]
    fn = trace.function(types, f, span)
    parts = trace.sites.parts(span)
    operands = [e for e, _ in lifted]
    if len(parts) == len(operands):
        operands = [trace.lift(a, p) if isinstance(a, Tracer) else e
                    for a, p, e in zip(arrays, parts, operands, strict=True)]
    return trace.emit(apply(tree.Name(span, _MAPS[len(arrays)]), [fn, *operands], span))


# ── operators ──────────────────────────────────────────────────────────────────────────────────────────────────

def binary(trace: Trace, op: str, a: Any, b: Any) -> Any:
    """`a op b`, with op as Python writes it. Raises what the checker says of it."""
    span = trace.sites.here()
    if op == "@":
        return _emit(trace, "@", a, b, span)
    return elementwise(trace, lambda x, y: _scalars(trace, op, x, y, span), [a, b], span)


def _scalars(trace: Trace, op: str, a: Any, b: Any, span: Span) -> Any:
    if op in _SPECIAL:
        return _SPECIAL[op](trace, a, b, span)
    if op in ("==", "!=") and kind(a) == kind(b) == "bool":
        return _emit(trace, op, a, b, span)
    return _emit(trace, op, *_alike(trace, a, b, span), span)


def _emit(trace: Trace, op: str, a: Any, b: Any, span: Span) -> Any:
    parts = trace.sites.parts(span)
    left, right = parts if len(parts) == 2 else (span, span)
    return trace.emit(tree.Binary(span, op, trace.lift(a, left), trace.lift(b, right)))


def _alike(trace: Trace, a: Any, b: Any, span: Span) -> tuple[Any, Any]:
    """Both sides as numbers; a whole number that meets a float becomes one."""
    a, b = _as_number(trace, a, span), _as_number(trace, b, span)
    p, q = kind(a), kind(b)
    if p == "i64" and q in _FLOATS:
        return trace.call("f32" if q == "f32" else "f64", a, span=span), b
    if q == "i64" and p in _FLOATS:
        return a, trace.call("f32" if p == "f32" else "f64", b, span=span)
    return a, b


def _as_number(trace: Trace, x: Any, span: Span) -> Any:
    """A truth value counts as 0 or 1 in arithmetic."""
    if kind(x) != "bool":
        return x
    return trace.call("i64", x, span=span) if isinstance(x, Tracer) else int(x)


def _as_float(trace: Trace, x: Any, span: Span) -> Any:
    x = _as_number(trace, x, span)
    return trace.call("f64", x, span=span) if kind(x) == "i64" else x


def _divide(trace: Trace, a: Any, b: Any, span: Span) -> Any:
    a, b = _alike(trace, a, b, span)
    if kind(a) in _WHOLE and kind(b) in _WHOLE:
        a, b = _as_float(trace, a, span), _as_float(trace, b, span)
    return _emit(trace, "/", a, b, span)


def _floor_divide(trace: Trace, a: Any, b: Any, span: Span) -> Any:
    a, b = _alike(trace, a, b, span)
    if kind(a) in _WHOLE and kind(b) in _WHOLE:
        return _emit(trace, "div", a, b, span)
    return trace.call("floor", _emit(trace, "/", a, b, span), span=span)


def _remainder(trace: Trace, a: Any, b: Any, span: Span) -> Any:
    a, b = _alike(trace, a, b, span)
    if kind(a) in _WHOLE and kind(b) in _WHOLE:
        return _emit(trace, "mod", a, b, span)
    whole = _floor_divide(trace, a, b, span)
    return _emit(trace, "-", a, _emit(trace, "*", b, whole, span), span)


def _power(trace: Trace, a: Any, b: Any, span: Span) -> Any:
    """Whole exponents mean repeated multiplication, also where Python writes them as floats."""
    a, b = _as_number(trace, a, span), _as_number(trace, b, span)
    if not isinstance(b, Tracer) and kind(b) == "float" and float(b).is_integer() and abs(b) < 2**53:
        b = int(b)
        a = _as_float(trace, a, span)
    if kind(b) == "int" and not isinstance(b, Tracer) and b < 0:
        a = _as_float(trace, a, span)
    if kind(b) in _FLOATS:
        a = float(a) if kind(a) == "int" and not isinstance(a, Tracer) else _as_float(trace, a, span)
    elif kind(b) == "i64" and isinstance(a, (int, np.integer)):
        a = int(a)
    return _emit(trace, "^", a, b, span)


def _bits(word: str, row: str) -> Callable[[Trace, Any, Any, Span], Any]:
    def meaning(trace: Trace, a: Any, b: Any, span: Span) -> Any:
        if kind(a) == "bool" or kind(b) == "bool":
            return _emit(trace, word, a, b, span)
        return trace.call(row, a, b, span=span)
    return meaning


def _shift(row: str) -> Callable[[Trace, Any, Any, Span], Any]:
    return lambda trace, a, b, span: trace.call(row, a, b, span=span)


_SPECIAL: MappingProxyType[str, Callable[[Trace, Any, Any, Span], Any]] = MappingProxyType({
    "/": _divide, "//": _floor_divide, "%": _remainder, "**": _power,
    "&": _bits("&&", "band"), "|": _bits("||", "bor"), "^": _bits("!=", "bxor"),
    "<<": _shift("shl"), ">>": _shift("shr")})


def unary(trace: Trace, op: str, x: Any) -> Any:
    """`-x`, `+x`, `~x`, `abs(x)`, and the roundings."""
    span = trace.sites.here()

    def meaning(y: Any) -> Any:
        if op == "+":
            return y
        if op == "-":
            return trace.emit(tree.Unary(span, "-", trace.lift(_as_number(trace, y, span), span)))
        if op == "~":
            return trace.emit(tree.Unary(span, "!", trace.lift(y, span))) if kind(y) == "bool" \
                else trace.call("bnot", y, span=span)
        return trace.call(op, y if op == "abs" else _as_float(trace, y, span), span=span)

    return elementwise(trace, meaning, [x], span)
