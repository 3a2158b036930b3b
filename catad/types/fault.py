"""Diagnostics of types that do not agree: what was found, what was expected, and why each is what it is."""

from __future__ import annotations

from collections.abc import Callable

from catad.source import CatadError, Span, error
from catad.types.constraint import FUN, NUM, SCALAR, STRUCT, describe
from catad.types.meta import Clash, Escape, Fault, Meta, NoTangent, Occurs, SizeClash, Unfit, Why
from catad.types.show import show, show_size
from catad.types.size import Size
from catad.types.type import F32, F64, I64, Array, Fun, Prod, Record, Scalar, Type, TypeVar, dims
from catad.types.unify import Unifier

__all__ = ["escaped", "explain"]

Where = Callable[[str], tuple[Span, str] | None]


def explain(u: Unifier, fault: Fault, span: Span, found: Type, expected: Type, why: Why | None,
            where: Where) -> CatadError:
    """The diagnostic of a fault met when the term at `span` was to have the expected type."""
    others = [(why.span, why.text)] if why is not None and why.span != span else []
    match fault:
        case SizeClash():
            return _sizes(u, fault, span, found, expected, others, where)
        case Escape():
            return escaped(u, fault, span, found, "here")
        case Unfit():
            return _unfit(u, fault, span, others)
        case Occurs():
            return error("E0212", "this type would contain itself", span,
                         f"`{show(u, found)}` cannot agree with `{show(u, expected)}`", others=others,
                         help=["a function cannot take itself as an argument; is one argument too few or too many?"])
        case NoTangent():
            return error("E0214", "a function has no tangent", span, "holds a function", others=others,
                         help=["differentiate with respect to its argument, or to the parameters it captures"])
    return _mismatch(u, fault, span, found, expected, why, others)


def _mismatch(u: Unifier, fault: Fault, span: Span, found: Type, expected: Type, why: Why | None,
              others: list[tuple[Span, str]]) -> CatadError:
    a, b = show(u, found), show(u, expected)
    notes = []
    inner: tuple[Type, Type] | None = None
    if isinstance(fault, Clash):
        inner = u.prune(fault.found), u.prune(fault.expected)
        x, y = show(u, inner[0]), show(u, inner[1])
        if (x, y) not in ((a, b), (b, a)):
            notes.append(f"`{x}` and `{y}` differ")
    text = f"this is `{a}`, not `{b}`"
    if why is not None and why.span == span:
        text += f": {why.text}"
    return error("E0202", f"expected `{b}`, found `{a}`", span, text, others=others, notes=notes,
                 help=_advice(inner, span, why) if inner is not None else ())


def _advice(pair: tuple[Type, Type], span: Span, why: Why | None) -> tuple[str, ...]:
    found, expected = pair
    if isinstance(found, Scalar) and isinstance(expected, Scalar) and {found, expected} <= {F64, F32, I64}:
        return (_conversion(found, expected, span, why),)
    for a, b in ((found, expected), (expected, found)):
        if isinstance(a, TypeVar) and not isinstance(b, TypeVar):
            return (f"`{a}` stands for any type that a caller chooses; write `{b}` if no other is meant",)
        if isinstance(a, Fun) and not isinstance(b, (Fun, TypeVar)):
            return ("a function where a value is meant: is an argument missing?" if a is found else
                    "a value where a function is meant: are there too many arguments, or is an operator missing?",)
        if isinstance(a, Prod) and isinstance(b, Prod):
            return (f"one has {len(a.items)} components, the other {len(b.items)}",)
        if isinstance(a, Record) and isinstance(b, Record):
            return ("records are closed: both need the same fields",)
        if isinstance(a, Array) and not isinstance(b, Array):
            return ("use `for i < n -> …` or `map` to work entry by entry, `x[i]` for one entry",)
    return ()


def _conversion(found: Scalar, expected: Scalar, span: Span, why: Why | None) -> str:
    """Whole numbers become floats rather than the other way round."""
    if expected == I64 and why is not None and why.text.startswith("this side of"):
        return f"there is no implicit conversion: write `{found} {_argument(why.span)}`"
    truncates = ", which truncates" if expected == I64 else ""
    return f"there is no implicit conversion: write `{expected} {_argument(span)}`{truncates}"


def _argument(span: Span) -> str:
    """The text of a term as an argument, if it is short."""
    text = span.text
    if text.replace("_", "").replace("'", "").isalnum():
        return text
    return f"({text})" if len(text) <= 20 and "\n" not in text else "(…)"


def _unfit(u: Unifier, fault: Unfit, span: Span, others: list[tuple[Span, str]]) -> CatadError:
    if fault.reason is not None and fault.reason.span != span:
        others = [(fault.reason.span, fault.reason.text), *[o for o in others if o[0] != fault.reason.span]]
    found = u.prune(fault.found)
    if isinstance(found, Meta):
        a, b = describe(found.bits), describe(fault.bits)
        extra = [] if found.reason is None or found.reason.span == span else [
            (found.reason.span, found.reason.text)]
        return error("E0206", f"no type is both {a} and {b}", span, f"must be {b}", others=[*extra, *others])
    title = f"`{show(u, found)}` is not {describe(fault.bits)}"
    reason = f"this is `{show(u, found)}`"
    if fault.reason is not None and fault.reason.span == span:
        reason = fault.reason.text
    return error("E0206", title, span, reason, others=others, help=_unfit_advice(found, fault.bits))


def _unfit_advice(found: Type, bits: int) -> tuple[str, ...]:
    if isinstance(found, Array) and not bits & ~SCALAR:
        return ("nothing broadcasts: use `map`, `map2` or `for i < n -> …`; `add`, `sub` and `scale` work on "
                "whole arrays",)
    if found == I64 and not bits & ~(SCALAR & ~4 | STRUCT):
        return ("convert with `f64 n`; for whole numbers there are `div` and `mod`",)
    if found in (F64, F32) and bits & NUM == 4:
        return ("convert with `i64 x`, which truncates",)
    if isinstance(found, Fun) and not bits & FUN:
        return ("a function where a value is meant: is an argument missing?",)
    if isinstance(found, TypeVar):
        return (f"`{found}` is used in ways that no type allows",)
    return ()


def _sizes(u: Unifier, fault: SizeClash, span: Span, found: Type, expected: Type,
           others: list[tuple[Span, str]], where: Where) -> CatadError:
    a, b = show_size(u, fault.found), show_size(u, fault.expected)
    x, y = show(u, found), show(u, expected)
    seen = {span, *(s for s, _ in others)}
    for v in (*_unknowns(found), *_unknowns(expected)):
        if v in u.origins and u.origins[v] not in seen:
            seen.add(u.origins[v])
            others = [*others, (u.origins[v], f"here it is {show_size(u, Size.var(v))}")]
    for v in (*fault.found.variables, *fault.expected.variables):
        place = where(v)
        if place is not None and place[0] not in seen:
            seen.add(place[0])
            others = [*others, place]
    if x == y:
        a, b = a.replace("$", ""), b.replace("$", "")
        return error("E0301", f"these trees have different numbers of nodes: {a} and {b}", span,
                     f"this has {a}, not {b}", others=others,
                     help=["`if`, `case` and `[…]` make room for the larger tree; the state of a loop keeps its "
                           "number of nodes, and values of one type variable have the same"])
    return error("E0301", f"the sizes {a} and {b} differ", span, f"this is `{x}`, not `{y}`", others=others)


def _unknowns(t: Type) -> list[str]:
    """The unknown sizes in the dimensions of an array type, solved or not."""
    return [v for s in dims(t) for v in s.variables if v.startswith("?")]


def escaped(u: Unifier, fault: Escape, span: Span, found: Type, where: str) -> CatadError:
    """A size that is known only inside."""
    _, origin = u.bound[fault.name]
    return error("E0303", f"the size `{fault.name}` is known only inside {where}", span,
                 f"this is `{show(u, found)}`", others=[(origin, "the size is computed here")],
                 help=["compute the size before, with `let m = … in`, which makes it known outside"])
