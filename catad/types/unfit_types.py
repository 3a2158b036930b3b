"""What is said of a type that is written wrongly: a name that nothing declares, a declared type at other arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from catad.source import CatadError, Span
from catad.syntax import tree
from catad.syntax.depth import children
from catad.types.context import Context, suggest
from catad.types.measure import DEPTH, PARTS
from catad.types.type import Type

__all__ = ["foreign", "mentioned", "misapplied", "too_large", "undeclared", "unknown"]

_SCALARS = ("f64", "f32", "i64", "bool")
_FOREIGN = {
    "float": "f64", "double": "f64", "real": "f64", "number": "f64", "num": "f64", "int": "i64", "integer": "i64",
    "long": "i64", "nat": "i64", "boolean": "bool", "unit": "()", "string": None, "str": None, "list": None,
    "array": None, "vector": None, "matrix": None, "tensor": None, "complex": None,
}


def foreign(name: str) -> bool:
    """Is this the name of a type in other languages?"""
    return name in _FOREIGN or re.fullmatch(r"[fiuc]\d+", name) is not None


def unknown(c: Context, name: str, span: Span) -> CatadError:
    """There is no such type, or it is a scalar at arguments."""
    meant = _FOREIGN.get(name)
    near = [] if name in _SCALARS else [meant] if meant else _near(c, name)
    help = [f"did you mean `{x}`?" for x in near]
    if re.fullmatch(r"[fiuc]\d+", name):
        help = ["the scalar types are f64, f32, i64 and bool"]
    if name in ("list", "array", "vector", "matrix", "tensor"):
        help = ["arrays are written `[n]f64`, matrices `[n, m]f64`"]
    size = span.text[len(name):].strip()
    item = next(iter(near), "f64" if foreign(name) else name)
    if size[:1] == "[" and name[:1].islower() and item in (*_SCALARS, meant, name):
        help = [f"an array type has its size first: `{size}{item}`"]
    if name in _SCALARS:
        return c.fail("E0203", f"`{name}` takes no types or sizes", span, help=help)
    return c.fail("E0203", f"there is no type `{name}`", span, "unknown type", help=help)


def _near(c: Context, name: str) -> list[str]:
    """The type that is meant, if one has nearly this name, or this name in an imported file."""
    names = list(c.world.type_names())
    there = [x for x in names if x.rpartition(".")[2] == name.rpartition(".")[2]]
    return there[:1] or [line.split("`")[1] for line in suggest(name, [*_SCALARS, *names]) if line.startswith("did")]


def misapplied(c: Context, d: tree.TypeDecl, name: str, args: Sequence[tree.TypeExpr], sizes: Sequence[tree.Expr],
               span: Span) -> CatadError:
    """A declared type has other numbers of types or sizes than these."""
    others = [(d.name_span, "declared here")]
    early = _early(d, args, sizes)
    if early is not None:
        types = " ".join((a.item if a is early else a).span.text for a in args)
        return c.fail("E0203", f"the sizes of `{name}` come after its types", early.span, "this is an array type",
                      others=others, help=[f"types first: `{name} {types} {_brackets(early.sizes)}`",
                                           f"it is written `{d.head}`"])
    what, wanted, given = ("type", len(d.params), len(args)) if len(args) != len(d.params) else \
        ("size", len(d.sizes), len(sizes))
    number = f"{wanted or 'no'} {what}{'' if wanted == 1 else 's'}"
    inner = _spread(c, d, args, sizes)
    help = f"it is written `{d.head}`" if inner is None else f"its type stands in parentheses: `{name} {inner}`"
    return c.fail("E0203", f"`{name}` takes {number}, not {given}", span, others=others, help=[help])


def _early(d: tree.TypeDecl, args: Sequence[tree.TypeExpr], sizes: Sequence[tree.Expr]) -> tree.TArray | None:
    """The argument that has the sizes of the type in front: `grid [n, m] f64`."""
    if sizes or len(args) != len(d.params):
        return None
    return next((a for a in args if isinstance(a, tree.TArray) and len(a.sizes) == len(d.sizes)), None)


def _spread(c: Context, d: tree.TypeDecl, args: Sequence[tree.TypeExpr], sizes: Sequence[tree.Expr]) -> str | None:
    """The arguments, where the last of them lacks parentheses: in `opt layer [2, 3]` it is `(layer [2, 3])`."""
    k = len(d.params) - 1
    last = args[k] if 0 <= k < len(args) else None
    found = c.world.declared_type(last.name) if isinstance(last, tree.TName) else None
    if found is None or last is None or len(args) - k - 1 != len(found[0].params):
        return None
    own, theirs = len(d.sizes), len(found[0].sizes)
    if len(sizes) != own + theirs or (own and theirs) or len(args) + theirs == len(d.params):
        return None
    words = [a.span.text for a in args]
    inner, outer = ([_brackets(sizes)], []) if theirs else ([], [_brackets(sizes)] if own else [])
    return " ".join([*words[:k], f"({' '.join([*words[k:], *inner])})", *outer])


def _brackets(sizes: Sequence[tree.Expr]) -> str:
    return f"[{', '.join(s.span.text for s in sizes)}]"


def undeclared(c: Context, d: tree.TypeDecl, name: str, written: tree.TypeExpr) -> CatadError:
    """A declaration mentions a type variable that is not among its parameters."""
    span = next((t.span for t in _named(written) if t.name == name), written.span)
    return c.fail("E0203", f"`{name}` is not a parameter of `{d.name}`", span, "not known here",
                  help=[*(f"did you mean `{x}`?" for x in _near(c, name)),
                        f"declare it: `type {replace(d, params=(*d.params, name)).head} = …`"])


def mentioned(d: tree.TypeDecl) -> list[str]:
    """The names of types in a declaration."""
    return [t.name for t in _named(d)]


def _named(t: tree.Node) -> Iterator[tree.TName | tree.TApp]:
    if isinstance(t, tree.TName | tree.TApp):
        yield t
    for part, _ in children(t):
        yield from _named(part)


def too_large(c: Context, d: tree.TypeDecl, t: Type, span: Span) -> None:
    """Raise E0229 for a type that nothing can compute with."""
    depth, parts = c.measure.of(t)
    if depth > DEPTH or parts > PARTS:
        what = f"is nested more than {DEPTH} levels deep" if depth > DEPTH else f"has more than {PARTS:,} parts"
        raise c.fail("E0229", f"the type `{d.name}` {what}", span, "too large to compute with",
                     others=[] if span == d.name_span else [(d.name_span, "declared here")],
                     help=["keep what repeats in arrays"])
