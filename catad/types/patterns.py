"""Patterns become projections: `let (x, y) = e` is `let p = e, x = p.0, y = p.1`."""

from __future__ import annotations

from catad.core import term as core
from catad.source import Span
from catad.syntax import tree
from catad.types.annotate import resolve
from catad.types.context import Context, suggest
from catad.types.meta import Meta, Why, Wrong
from catad.types.size import Size
from catad.types.type import Prod, Record, Type

__all__ = [
    "annotated", "base_name", "components", "destructure", "parameter", "pattern_type", "project_field", "unwrap",
]


def pattern_type(c: Context, p: tree.Pattern) -> Type:
    """The type of what a pattern matches, unknown where nothing is declared."""
    match p:
        case tree.PAnn(_, _, t):
            return resolve(c, t)
        case tree.PCon():
            raise may_not_match(c, p)
        case tree.PTuple(_, items):
            return Prod(tuple([pattern_type(c, i) for i in items]))
        case tree.PRecord(_, fields):
            return Record(tuple([(x, pattern_type(c, i)) for x, i in fields]))
    return c.unifier.meta()


def annotated(p: tree.Pattern) -> bool:
    """Does the pattern declare a type anywhere?"""
    match p:
        case tree.PAnn():
            return True
        case tree.PTuple(_, items):
            return any(map(annotated, items))
        case tree.PRecord(_, fields):
            return any(annotated(i) for _, i in fields)
    return False


def base_name(p: tree.Pattern) -> str:
    """A readable name for the variable that a pattern takes apart."""
    inner = unwrap(p)
    return inner.name.strip() if isinstance(inner, tree.PVar) else "arg"


def unwrap(p: tree.Pattern) -> tree.Pattern:
    """The pattern below its annotations."""
    while isinstance(p, tree.PAnn):
        p = p.item
    return p


def parameter(c: Context, p: tree.Pattern, t: Type, names: list[str], unique: str | None = None) -> str:
    """Bind what a parameter binds, in the open scope; returns the name of the core variable."""
    name = unique or c.names.fresh(base_name(p))
    inner = unwrap(p)
    if isinstance(inner, tree.PVar):
        if inner.name != "_":
            c.bind(inner.name, t, p.span, unique=name)
            names.append(inner.name)
    else:
        destructure(c, inner, core.Var(t, p.span, name), names)
    return name


def destructure(c: Context, p: tree.Pattern, term: core.Term, names: list[str], poly: Size | None = None) -> None:
    """Let-bind the variables of a pattern to the parts of a term, in the open scope."""
    match p:
        case tree.PCon():
            raise may_not_match(c, p)
        case tree.PAnn(span, item, written):
            destructure(c, item, c.coerce(term, resolve(c, written), Why(span, "declared here")), names, poly)
        case tree.PVar(span, name):
            unique = c.names.fresh(name)
            c.scope.let(unique, term, span)
            if name != "_":
                _new(c, name, p.span, names)
                c.bind(name, term.type, span, poly, unique)
        case tree.PTuple(span, items):
            whole = _variable(c, term, span)
            types = components(c, p, whole.type, len(items))
            for k, (item, t) in enumerate(zip(items, types, strict=True)):
                destructure(c, item, core.Proj(t, item.span, whole, k), names)
        case tree.PRecord(span, fields):
            whole = _variable(c, term, span)
            if isinstance(c.known(whole.type), Meta):
                whole = c.coerce(whole, Record(tuple([(x, c.unifier.meta()) for x, _ in fields])))
            for x, item in fields:
                destructure(c, item, project_field(c, whole, x, item.span), names)


def may_not_match(c: Context, p: tree.PCon) -> Exception:
    """A constructor where every value must match."""
    return c.fail("E0224", "this pattern may not match", p.span, f"other constructors than `{p.name}` are possible",
                  help=["constructors stand in the arms of `case`"])


def _new(c: Context, name: str, span: Span, names: list[str]) -> None:
    if name in names:
        raise c.fail("E0209", f"`{name}` is bound twice in one pattern", span, "again here")
    names.append(name)


def _variable(c: Context, term: core.Term, span: Span) -> core.Term:
    if isinstance(term, core.Var):
        return term
    name = c.names.fresh("arg")
    c.scope.let(name, term, span)
    return core.Var(term.type, span, name)


def components(c: Context, p: tree.PTuple, t: Type, count: int) -> tuple[Type, ...]:
    """The types of the components that a pattern takes apart."""
    known = c.known(t)
    if isinstance(known, Prod) and len(known.items) == count:
        return known.items
    if isinstance(known, Wrong):
        return (known,) * count
    parts = tuple([c.unifier.meta() for _ in range(count)])
    c.coerce(core.Var(t, p.span, ""), Prod(parts), Why(p.span, f"this pattern takes apart {count} components"))
    return parts


def project_field(c: Context, item: core.Term, name: str, span: Span) -> core.Term:
    """`item.name` for a record whose type is known."""
    known = c.known(item.type)
    if isinstance(known, Wrong):
        return core.Proj(known, span, item, 0)
    if isinstance(known, Meta):
        raise c.fail("E0210", "the type of this record is not known here", item.span, f"its field `{name}` is needed",
                     help=["annotate it: `(p : {x : f64, y : f64})`"])
    if not isinstance(known, Record):
        raise c.fail("E0211", f"`{c.show(known)}` has no fields", span, f"no field `{name}`",
                     others=[(item.span, f"this is `{c.show(known)}`")],
                     help=["components of a tuple are `.0`, `.1`, …"] if isinstance(known, Prod) else ())
    for k, (x, t) in enumerate(known.fields):
        if x == name:
            return core.Proj(t, span, item, k)
    fields = [x for x, _ in known.fields]
    raise c.fail("E0211", f"there is no field `{name}`", span, "no such field",
                 others=[(item.span, f"this is `{c.show(known)}`")],
                 help=suggest(name, fields) or [f"its fields are {', '.join(fields)}"])
