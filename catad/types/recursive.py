"""Recursive types: where a declaration may mention itself.

    type tree a = Leaf a | Node {l : tree a, r : tree a}          the type itself, in tuples and records of a payload

Then each constructor has so many children, and a tree is an array of nodes whose children are indices
(`types.type.Data`). What has any number of children, or other arguments further down, is refused with a way around it.
"""

from __future__ import annotations

from collections.abc import Sequence

from catad.source import Span
from catad.syntax import tree
from catad.types.context import Context
from catad.types.type import Array, Child, Data, Fun, Prod, Record, Tangent, Type

__all__ = ["child", "ends", "holds_child", "in_products", "not_inside"]


def child(c: Context, key: str, values: tuple[Type, ...], span: Span) -> bool:
    """Is the type of this name the one being declared? Raises E0228 where it stands in a circle, or at other types."""
    sums = [x for x in c.expanding if x.declaration.alias is None]
    if all(x.key != key for x in sums):
        return False
    here = sums[-1]
    name = here.declaration.name
    if here.key != key:
        others = [(x.declaration.name_span, f"`{x.declaration.name}` is declared here") for x in sums]
        raise c.fail("E0228", f"the types {_listed(sorted(x.declaration.name for x in sums))} hold each other", span,
                     "closes the circle", others=others,
                     help=["declare one type with the constructors of all of them"])
    if [c.unifier.prune(v) for v in values] != [c.unifier.prune(v) for v in here.values]:
        raise c.fail("E0228", f"`{name}` holds itself at other types", span, "another type at every level",
                     others=[(here.declaration.name_span, "declared here")],
                     help=[f"inside its own declaration write `{here.declaration.head}`"])
    return True


def _listed(names: Sequence[str]) -> str:
    return " and ".join(f"`{x}`" for x in names)


def holds_child(t: Type) -> bool:
    """Does the type being declared occur in `t`?"""
    match t:
        case Child():
            return True
        case Prod(items) | Data(_, items):
            return any(map(holds_child, items))
        case Record(fields):
            return any(holds_child(f) for _, f in fields)
        case Array(_, item) | Tangent(item):
            return holds_child(item)
        case Fun(a, b):
            return holds_child(a) or holds_child(b)
    return False


def not_inside(c: Context, d: tree.TypeDecl, values: Sequence[Type], span: Span) -> None:
    """Raise E0228 where the type being declared is an argument of another declared type, `d`."""
    if any(map(holds_child, values)):
        raise _no_place(c, c.expanding[-1].declaration, f"`{d.name}`", span)


def in_products(c: Context, d: tree.TypeDecl, t: Type, payload: tree.TypeExpr) -> None:
    """Raise E0228 unless the type occurs in a payload only as it may."""
    match t:
        case Prod(items):
            for i in items:
                in_products(c, d, i, payload)
        case Record(fields):
            for _, f in fields:
                in_products(c, d, f, payload)
        case Child():
            return
        case _ if holds_child(t):
            place = "an array" if isinstance(t, Array) else "a function" if isinstance(t, Fun) else "this"
            raise _no_place(c, d, place, payload.span)


def _no_place(c: Context, d: tree.TypeDecl, place: str, span: Span) -> Exception:
    return c.fail("E0228", f"`{d.name}` holds itself inside {place}", span, "children stand in tuples and records only",
                  others=[(d.name_span, "declared here")],
                  help=["for any number of children, hold the first child and the next sibling: "
                        f"`Node {{first : {d.name}, next : {d.name}}} | End`"])


def ends(c: Context, d: tree.TypeDecl, cases: Sequence[tuple[str, Type | None]]) -> None:
    """Raise E0228 for a type of which no value ends."""
    if all(t is not None and holds_child(t) for _, t in cases):
        raise c.fail("E0228", f"no value of `{d.name}` ever ends", d.name_span, "every constructor holds another one",
                     help=[f"add a constructor without a `{d.name}` in it"])
