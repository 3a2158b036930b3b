"""Checking one top-level definition, and generalising its type.

Unknowns left in the types of parameters become type and size variables; those that occur only in the result take
their default. Every size must be known from an argument: alone as a dimension, or an i64 parameter.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from catad.core import term as core
from catad.source import CatadError, Span
from catad.syntax import tree
from catad.types.annotate import resolve, variables
from catad.types.constraint import ANY, default
from catad.types.context import Context, World
from catad.types.fault import explain
from catad.types.finish import Finisher
from catad.types.infer import context
from catad.types.internal import internal
from catad.types.meta import Clash, Fault, Meta, Why
from catad.types.own import body as own_body
from catad.types.own import own
from catad.types.patterns import base_name, parameter, pattern_type, unwrap
from catad.types.recover import together
from catad.types.recursion import structural
from catad.types.scheme import Scheme
from catad.types.scope import Local, Scope
from catad.types.size import Size
from catad.types.type import I64, Array, Data, Fun, Prod, Record, Tangent, Type, TypeVar, type_sizes

__all__ = ["Outcome", "define", "header", "opened", "settle"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known of a definition: its scheme always, its term when it is sound."""

    scheme: Scheme
    definition: core.Definition | None
    error: CatadError | None


def define(world: World, d: tree.Def, key: str) -> Outcome:
    """Check a definition. Errors are returned, and the declared type, if it is complete, still stands."""
    c = context(world)
    try:
        params = header(c, d)
        result = None if d.result is None else resolve(c, d.result)
    except CatadError as e:
        return Outcome(Scheme.wrong(key, d.name_span), None, e)
    try:
        if d.rec:
            c.own = own(c, d, key, params, result)
        definition, bits = _body(c, d, key, params, result)
    except CatadError as e:
        return Outcome(_declared(c, d, key, params, result), None, e)
    return Outcome(_scheme(c, d, definition, bits), definition, None)


def header(c: Context, d: tree.Def) -> list[tuple[str, Type]]:
    """Sizes and parameters; an i64 parameter may be a size in the types after it."""
    for s in d.sizes:
        if s in c.size_names:
            raise c.fail("E0209", f"the size `{s}` is bound twice", d.name_span, "in this definition")
        c.size_names[s] = d.name_span
        c.names.used.add(s)
    params: list[tuple[str, Type]] = []
    for p in d.params:
        c.header = p
        t = pattern_type(c, p)
        c.header = None
        inner = unwrap(p)
        base = base_name(p)
        if isinstance(inner, tree.PVar) and base != "_" and any(base == x for x, _ in params):
            first = next(q.span for q in d.params if base_name(q) == base)
            raise c.fail("E0209", f"`{base}` is the name of two parameters", p.span, "again here",
                         others=[(first, "first here")])
        if base in c.size_names:
            raise c.fail("E0209", f"`{base}` is a size and a parameter", p.span, "again here",
                         help=[f"an i64 parameter serves as a size by itself: leave `[{base}]` out"])
        name = c.names.fresh(base)
        params.append((name, t))
        if isinstance(inner, tree.PVar) and (t == I64 or isinstance(t, Meta)):
            c.size_params[name] = p.span
            c.size_types[name] = t
        if isinstance(inner, tree.PVar):
            poly = Size.var(name) if name in c.size_params else None
            c.env.setdefault(base, []).append(Local(name, t, p.span, poly, Scope(0)))
    return params


def _body(c: Context, d: tree.Def, key: str, params: list[tuple[str, Type]],
          result: Type | None) -> tuple[core.Definition, dict[str, int]]:
    with together(c), opened(c, d, params) as scope:
        why = Why(d.result.span, "the result is declared here") if d.result is not None else None
        if c.own is not None:
            body = own_body(c, d, c.own, why)
        else:
            body = c.infer(d.body) if result is None else c.check(d.body, result, why)
    settle(c, d.name_span)
    body = scope.close(body)                                 # the result may have a size known only at run time
    types = [t for _, t in params]
    bits, sizes = _generalise(c, types, body.type)
    _trees_told(c, d, body.type)
    finisher = Finisher(c)
    finisher.span = d.name_span
    final = [(x, finisher.type(t)) for x, t in params]
    if c.own is not None:
        numbers = [x for x, t in final if x in c.used_sizes and t == I64]
        c.own.types, c.own.sizes = tuple(bits), (*d.sizes, *numbers, *c.node_counts, *sizes)
    term = finisher.term(body)
    used = [x for x, t in final if x in c.used_sizes and t == I64]
    for x in [x for x in used if internal(x, [t for _, t in final], term)]:
        used.remove(x)                                       # nobody outside sees this size: negative counts as 0
        term = core.BindSize(term.type, term.span, x, core.Var(I64, c.size_params[x], x), term, True)
    bound = (*d.sizes, *used, *c.node_counts, *sizes)
    definition = core.Definition(key, tuple(bits), bound, tuple(final), term, d.span, d.doc)
    _sizes_bound(c, d, definition)
    return (structural(definition, d.name_span) if d.rec else definition), bits


@contextmanager
def opened(c: Context, d: tree.Def, params: list[tuple[str, Type]]) -> Iterator[Scope]:
    """The scope of the body, with the parameters in it."""
    names: list[str] = []
    with c.opened() as scope:
        for p, (name, t) in zip(d.params, params, strict=True):
            parameter(c, p, t, names, unique=name)
            if name in c.size_params:
                c.env[base_name(p)][-1] = Local(name, t, p.span, Size.var(name), Scope(0))
        yield scope


def _trees_told(c: Context, d: tree.Def, result: Type) -> None:
    """A function that is given back takes trees of a size that nothing tells; a parameter brings its own."""
    if isinstance(c.unifier.prune(result), Fun) and any(v in c.unifier.hidden for v in _unknowns(c, [result])[1]):
        raise c.fail("E0305", "no argument tells how many nodes a tree has", d.name_span,
                     "gives a function of trees of any size",
                     help=[f"make the tree a parameter of its own: `def {d.name} … (t : …) = …`"])


def settle(c: Context, span: Span) -> None:
    """Decide what was postponed."""
    try:
        c.unifier.progress(last=True)
    except Fault as fault:
        t = fault.found if isinstance(fault, Clash) else c.unifier.meta()
        u = fault.expected if isinstance(fault, Clash) else t
        raise explain(c.unifier, fault, c.unifier.here or span, t, u, None, c.spans) from None


# ── generalisation ─────────────────────────────────────────────────────────────────────────────────────────────

def _generalise(c: Context, params: list[Type], result: Type) -> tuple[dict[str, int], list[str]]:
    """Name the unknowns of the parameters; returns all type variables with what they may be, and the new sizes."""
    u = c.unifier
    rigid = {x: 0 for t in params for x in variables(t)}
    rigid.update({x: 0 for x, t in c.type_variables.items() if t == TypeVar(x)})
    metas, flexible = _unknowns(c, params)
    for t, demanded in c.defaults:                           # `x^2` with x of any type is for floats
        base = u.prune(t)
        if isinstance(base, TypeVar) or base in metas:
            u.require(base, demanded, None)
    later, _ = _unknowns(c, [result])
    letters = (x for x in _letters("abcdefgh") if x not in rigid)
    for m in metas + [m for m in later if m not in metas and default(m.bits) is None]:
        name = next(letters)
        rigid[name] = 0
        u.rigid[name] = m.bits
        m.ref = TypeVar(name)
    taken = {*c.size_names, *c.size_params, *u.bound}
    size_letters = (x for x in _letters("nmkpqrs") if x not in taken)
    sizes: list[str] = []
    for v in flexible:
        name = c.names.fresh("$") if v in u.hidden else next(size_letters)
        sizes.append(name)
        u.solved[v] = Size.var(name)
    return {x: u.rigid.get(x, ANY) for x in rigid}, sizes


def _letters(letters: str) -> Iterator[str]:
    yield from letters
    k = 1
    while True:
        yield from (f"{x}{k}" for x in letters)
        k += 1


def _unknowns(c: Context, types: list[Type]) -> tuple[list[Meta], list[str]]:
    """The unknown types and sizes in some types, in order of appearance."""
    metas: list[Meta] = []
    sizes: list[str] = []
    stack = list(reversed(types))
    while stack:
        match c.unifier.prune(stack.pop()):
            case Meta() as m:
                if m not in metas:
                    metas.append(m)
            case Prod(items):
                stack.extend(reversed(items))
            case Data(_, args, _, size) as t:
                _new_sizes(c, size, sizes)
                stack.extend((t.payloads, *reversed(args)))
            case Record(fields):
                stack.extend([f for _, f in reversed(fields)])
            case Array(size, item):
                _new_sizes(c, size, sizes)
                stack.append(item)
            case Fun(a, b):
                stack.extend((b, a))
            case Tangent(item):
                stack.append(item)
    return metas, sizes


def _new_sizes(c: Context, size: Size | None, found: list[str]) -> None:
    """Enter the unknowns of a size."""
    if size is not None:
        found += [v for v in c.unifier.zonk_size(size).variables if v in c.unifier.flexible and v not in found]


def _sizes_bound(c: Context, d: tree.Def, definition: core.Definition) -> None:
    """Each size stands alone as a dimension of some parameter, or is an i64 parameter."""
    alone: set[str] = {x for x, t in definition.params if t == I64}
    for _, t in definition.params:
        alone.update(size.variable for size in type_sizes(t) if size.variable is not None)
    for s in definition.sizes:
        if s not in alone:
            raise c.fail("E0305", f"no argument tells the size `{s}`", d.name_span,
                         f"`{s}` does not stand alone as a dimension of a parameter",
                         help=[f"make it a parameter: `({s} : i64)`"])


# ── schemes ────────────────────────────────────────────────────────────────────────────────────────────────────

def _scheme(c: Context, d: tree.Def, definition: core.Definition, bits: dict[str, int]) -> Scheme:
    positions = tuple((k, x) for k, (x, t) in enumerate(definition.params) if x in definition.sizes and t == I64)
    names = tuple(x for x, _ in definition.params)
    hidden = tuple(sorted(_mentioned(definition.body.type) & set(c.unifier.bound)))
    return Scheme(definition.name, tuple(bits.items()), definition.sizes, positions, names, definition.type,
                  d.name_span, hidden)


def _mentioned(t: Type) -> set[str]:
    """All size variables in a type."""
    return {x for size in type_sizes(t) for x in size.variables}


def _declared(c: Context, d: tree.Def, key: str, params: list[tuple[str, Type]], result: Type | None) -> Scheme:
    """The scheme that the header alone gives, if it gives one."""
    if result is None or any(_unknowns(c, [t])[0] for _, t in params) or _unknowns(c, [result])[0]:
        return Scheme.wrong(key, d.name_span)
    t = result
    for _, p in reversed(params):
        t = Fun(p, t)
    sizes = (*d.sizes, *(x for x, p in params if x in c.used_sizes))
    positions = tuple((k, x) for k, (x, _) in enumerate(params) if x in c.used_sizes)
    types = tuple((x, c.unifier.rigid.get(x, ANY)) for x in dict.fromkeys(variables(t)))
    return Scheme(key, types, sizes, positions, tuple(x for x, _ in params), t, d.name_span)
