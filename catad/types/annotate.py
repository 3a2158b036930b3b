"""From types as written to types: names resolved, aliases expanded, sizes read as polynomials."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile

from catad.source import CatadError, Span
from catad.syntax import tree
from catad.types.constraint import ANY, DATA
from catad.types.context import Context, Expansion, World
from catad.types.meta import NoTangent, Unfit
from catad.types.recursive import child, ends, holds_child, in_products, not_inside
from catad.types.sizes import annotated
from catad.types.type import (
    BOOL,
    F32,
    F64,
    I64,
    Array,
    Child,
    Data,
    Fun,
    Prod,
    Record,
    Tangent,
    Type,
    TypeVar,
    holds_function,
    of_size,
)
from catad.types.unfit_types import foreign, misapplied, too_large, undeclared, unknown

__all__ = ["declared_data", "expanded", "resolve", "unknowns", "variables"]

_SCALARS: dict[str, Type] = {"f64": F64, "f32": F32, "i64": I64, "bool": BOOL}


def resolve(c: Context, t: tree.TypeExpr) -> Type:
    """The type that is written; raises E02xx or E03xx."""
    match t:
        case tree.TParen(_, item):
            return resolve(c, item)
        case tree.TName(span, name):
            return _named(c, name, (), (), span)
        case tree.TApp(span, name, args, sizes):
            return _named(c, name, args, sizes, span)
        case tree.TTangent(span, item):
            try:
                base = resolve(c, item)
                if holds_child(base):
                    raise c.fail("E0228", "a tree cannot hold the tangent of one", span, "the type itself is meant",
                                 help=["keep tangents in a type of their own"])
                c.unifier.require(base, DATA, None)
                return c.unifier.tangent(base)
            except (NoTangent, Unfit):
                raise c.fail("E0214", "a function has no tangent", span, "the tangent of a function type") from None
        case tree.TProd(_, items):
            return Prod(tuple([resolve(c, i) for i in items]))
        case tree.TRecord(span, fields):
            names = [x for x, _ in fields]
            if len(set(names)) != len(names):
                raise c.fail("E0209", "a field is declared twice", span)
            return Record(tuple([(x, resolve(c, f)) for x, f in fields]))
        case tree.TArray(_, sizes, item):
            dims = [annotated(c, s) for s in sizes]
            out = resolve(c, item)
            for d in reversed(dims):
                out = Array(d, out)
            return out
        case tree.TFun(_, arg, result):
            return Fun(resolve(c, arg), resolve(c, result))
    raise AssertionError(t)


def _named(c: Context, name: str, args: tuple[tree.TypeExpr, ...], sizes: tuple[tree.Expr, ...], span: Span) -> Type:
    if name in _SCALARS and not args and not sizes:
        return _SCALARS[name]
    found = c.world.declared_type(name)
    if found is not None:
        return _expand(c, *found, name, args, sizes, span)
    if c.world.unread(name):
        return c.unifier.meta()
    if args or sizes or "." in name or not name[:1].islower() or foreign(name):
        raise unknown(c, name, span)
    known = c.type_variables.get(name)
    if known is None:
        known = c.type_variables[name] = c.unifier.meta() if c.scopes else TypeVar(name)
    return known


def _expand(c: Context, d: tree.TypeDecl, home: World, name: str, args: tuple[tree.TypeExpr, ...],
            sizes: tuple[tree.Expr, ...], span: Span) -> Type:
    if (len(args), len(sizes)) != (len(d.params), len(d.sizes)):
        raise misapplied(c, d, name, args, sizes, span)
    values = (*[resolve(c, a) for a in args], *[of_size(annotated(c, s)) for s in sizes])
    return expanded(c, d, home, values, span)


def expanded(c: Context, d: tree.TypeDecl, home: World, values: tuple[Type, ...], span: Span) -> Type:
    """A declared type at these arguments. Raises E0229 for one of absurd size."""
    key, trees = (home.prefix + d.name, values), c.trees
    if not d.params and key in c.expanded:
        return c.expanded[key]
    t = _data(c, d, home, values, span) if d.alias is None else _meant(c, d, home, values, d.alias)
    too_large(c, d, t, span)
    if not d.params and trees == c.trees and not holds_child(t):
        c.expanded[key] = t
    return t


def _meant(c: Context, d: tree.TypeDecl, home: World, values: tuple[Type, ...], alias: tree.TypeExpr) -> Type:
    """What an alias stands for."""
    with _inside(c, d, home, values):
        t = resolve(c, alias)
        _closed(c, d, alias)
    return t


@contextmanager
def _inside(c: Context, d: tree.TypeDecl, home: World, values: tuple[Type, ...]) -> Iterator[None]:
    """Names mean what they mean at the declaration; its parameters are `values`."""
    key, wrong = home.prefix + d.name, home.refused(d.name)
    if wrong is not None:
        raise CatadError(wrong.diagnostics)
    aliases = takewhile(lambda x: x.declaration.alias is not None, reversed(c.expanding))
    if any(x.key == key for x in aliases):
        raise c.fail("E0207", f"the type `{d.name}` is defined by itself", d.name_span, "this alias has no end")
    saved = c.type_variables, c.type_sizes, c.size_names, c.size_params, c.env, c.world
    c.size_names, c.size_params, c.env, c.world = {}, {}, {}, home
    c.type_variables = dict(zip(d.params, values, strict=False))
    c.type_sizes = {x: v.size for x, v in zip(d.sizes, values[len(d.params):], strict=True) if isinstance(v, Array)}
    c.expanding.append(Expansion(key, d, values))
    try:
        yield
    finally:
        c.expanding.pop()
        c.type_variables, c.type_sizes, c.size_names, c.size_params, c.env, c.world = saved


def unknowns(c: Context, d: tree.TypeDecl, kind: int = ANY) -> tuple[Type, ...]:
    """Arguments of a declared type, to be found."""
    return (*[c.unifier.meta(kind) for _ in d.params], *[of_size(c.unifier.size()) for _ in d.sizes])


def _data(c: Context, d: tree.TypeDecl, home: World, values: tuple[Type, ...], span: Span) -> Type:
    """A declared sum at these arguments; within its own payloads, that type as a child."""
    if child(c, home.prefix + d.name, values, span):
        return Child()
    return declared_data(c, d, home, values, span)


def declared_data(c: Context, d: tree.TypeDecl, home: World, values: tuple[Type, ...], span: Span) -> Data:
    """A declared sum at these arguments, from outside."""
    not_inside(c, d, values, span)
    with _inside(c, d, home, values):
        cases: list[tuple[str, Type | None]] = []
        for x, payload in d.constructors:
            t = None if payload is None else resolve(c, payload)
            if t is not None and payload is not None:
                _closed(c, d, payload)
                in_products(c, d, t, payload)
            cases.append((x, t))
    recursive = any(t is not None and holds_child(t) for _, t in cases)
    if recursive:
        ends(c, d, cases)
        _without_functions(c, d, values, cases, span)
    return Data(home.prefix + d.name, values, tuple(cases), c.nodes(d.name) if recursive else None)


def _closed(c: Context, d: tree.TypeDecl, written: tree.TypeExpr) -> None:
    """Raise E0203 for a type variable that is not a parameter of the declaration, a part of which was resolved."""
    free = next((x for x in c.type_variables if x not in d.params), None)
    if free is not None:
        raise undeclared(c, d, free, written)


def _without_functions(c: Context, d: tree.TypeDecl, values: tuple[Type, ...], cases: list[tuple[str, Type | None]],
                       span: Span) -> None:
    """Raise E0220 for a recursive type that holds functions, E0206 for one at such an argument."""
    if any(t is not None and holds_function(t) for _, t in cases) and not any(map(holds_function, values)):
        raise c.fail("E0220", "a recursive type cannot hold functions yet", d.name_span,
                     "it holds itself and a function", help=["keep the data from which the function is made"])
    for value in values:
        try:
            c.unifier.require(value, DATA, None)
        except Unfit:
            raise c.fail("E0206", f"`{d.name}` cannot hold functions", span, f"this is `{c.show(value)}`",
                         others=[(d.name_span, "declared here")]) from None


def variables(t: Type) -> list[str]:
    """The rigid type variables of a type, in order of appearance."""
    out: list[str] = []
    stack = [t]
    while stack:
        match stack.pop():
            case TypeVar(name):
                if name not in out:
                    out.append(name)
            case Prod(items):
                stack.extend(reversed(items))
            case Record(fields):
                stack.extend(f for _, f in reversed(fields))
            case Array(_, item):
                stack.append(item)
            case Fun(a, b):
                stack.extend((b, a))
            case Data(_, args):
                stack.extend(reversed(args))
            case Tangent(item):
                stack.append(item)
    return out
