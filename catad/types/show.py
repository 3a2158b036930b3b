"""How an error message spells a type that may hold unknowns."""

from __future__ import annotations

from catad.types.meta import Meta
from catad.types.size import Size
from catad.types.type import Array, Data, Fun, Prod, Record, Tangent, Type, TypeVar
from catad.types.unify import Unifier

__all__ = ["show", "show_size"]


def show_size(u: Unifier, s: Size) -> str:
    s = u.zonk_size(s)
    return "_" if any(v in u.flexible for v in s.variables) else str(s)


def show(u: Unifier, t: Type) -> str:
    """The type in the notation of the language; unknown parts are `_`."""
    return str(_visible(u, t))


def _visible(u: Unifier, t: Type) -> Type:
    match u.prune(t):
        case Meta():
            return TypeVar("_")
        case Prod(items):
            return Prod(tuple([_visible(u, i) for i in items]))
        case Record(fields):
            return Record(tuple([(x, _visible(u, f)) for x, f in fields]))
        case Array(size, item):
            text = show_size(u, size)
            return Array(Size.var("_") if text == "_" else u.zonk_size(size), _visible(u, item))
        case Fun(a, b):
            return Fun(_visible(u, a), _visible(u, b))
        case Data(name, args):
            return Data(name, tuple([_visible(u, a) for a in args]))         # by its name alone
        case Tangent(item):
            return Tangent(_visible(u, item))
        case other:
            return other
