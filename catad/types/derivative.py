"""`derivative f (x, z) = y : y' = e`: a definition over x, z, y, x', z', of the tangent type of f's result.

The names stand for the parameters of f in order, or for the components of its one parameter. Linearity in the primed
names is checked on nets (`catad.functors.custom`).
"""

from __future__ import annotations

from collections.abc import Sequence

from catad.core import term as core
from catad.source import Span
from catad.syntax import tree
from catad.types.context import Context, World
from catad.types.define import settle
from catad.types.finish import Finisher
from catad.types.infer import context
from catad.types.meta import Why
from catad.types.recover import together
from catad.types.scheme import Scheme
from catad.types.scope import Local, Scope
from catad.types.size import Size
from catad.types.type import I64, Prod, Record, Type, holds_function

__all__ = ["derivative"]


def derivative(world: World, d: tree.Derivative, f: core.Definition, scheme: Scheme) -> core.Definition:
    """The rule as a definition. Raises CatadError."""
    c = context(world)
    if any(holds_function(t) for t in (*(t for _, t in f.params), f.body.type)) or not f.params:
        raise c.fail("E0227", f"`{d.name}` cannot carry a derivative", d.name_span,
                     "it has parameters or a result with functions in them, or no parameters",
                     others=[(scheme.span, "defined here")],
                     help=["give all its parameters names: `def f (x : f64) = …`"])
    c.unifier.rigid.update(dict(scheme.types))
    _sizes(c, f)
    params = [*f.params]
    with together(c), c.opened() as scope:
        parts = _parameters(c, d, f, scope)
        result = _bind(c, d.result, f.body.type, d.span)
        params.append((result, f.body.type))
        params += _tangents(c, d, f, parts, scope)
        wanted = c.unifier.tangent(f.body.type)
        body = c.check(d.equation, wanted, Why(scheme.span, f"the tangent of the result of `{d.name}`"))
    settle(c, d.name_span)
    body = scope.close(body)
    finisher = Finisher(c)
    finisher.span = d.name_span
    final = tuple((x, finisher.type(t)) for x, t in params)
    return core.Definition(core.rule_key(f.name), f.type_params, f.sizes, final, finisher.term(body), d.span, "")


def _sizes(c: Context, f: core.Definition) -> None:
    numbers = {x for x, t in f.params if t == I64}
    for s in f.sizes:
        if s not in numbers:
            c.size_names[s] = f.span
        c.names.used.add(s)
    for x, _ in f.params:
        c.names.used.add(x)


def _parts(f: core.Definition, count: int) -> tuple[Type, ...] | None:
    """The components of the one parameter, if it has that many."""
    if len(f.params) != 1:
        return None
    t = f.params[0][1]
    items = t.items if isinstance(t, Prod) else tuple(i for _, i in t.fields) if isinstance(t, Record) else ()
    return items if len(items) == count and count > 1 else None


def _parameters(c: Context, d: tree.Derivative, f: core.Definition, scope: Scope) -> tuple[Type, ...] | None:
    """Bind the names of the parameters; returns the components if they stand for those."""
    if len(set(d.params)) != len(d.params) or d.result in d.params:
        raise c.fail("E0209", "a name stands for two things", d.span, "in this derivative")
    parts = _parts(f, len(d.params))
    if parts is not None:
        _take_apart(c, d.params, f.params[0], parts, d.span)
        return parts
    if len(d.params) != len(f.params):
        s = "s" if len(f.params) > 1 else ""
        named = "one is named" if len(d.params) == 1 else f"{len(d.params)} are named"
        raise c.fail("E0227", f"`{d.name}` has {len(f.params)} parameter{s}", d.span, named,
                     others=[(f.span, "defined here")])
    for name, (x, t) in zip(d.params, f.params, strict=True):
        if x in f.sizes and t == I64:
            c.size_params[x], c.size_types[x] = d.span, t
        poly = Size.var(x) if x in c.size_params else None
        local = Local(x, t, d.span, poly, Scope(0) if poly is not None else scope)
        c.env.setdefault(name, []).append(local)
        c.atoms[x] = local
    return None


def _take_apart(c: Context, names: Sequence[str], whole: tuple[str, Type], parts: Sequence[Type], span: Span) -> None:
    term = core.Var(whole[1], span, whole[0])
    for k, (name, t) in enumerate(zip(names, parts, strict=True)):
        local = c.bind(name, t, span)
        c.scope.let(local.name, core.Proj(t, span, term, k), span)


def _bind(c: Context, name: str, t: Type, span: Span) -> str:
    return c.bind(name, t, span).name


def _tangents(c: Context, d: tree.Derivative, f: core.Definition, parts: tuple[Type, ...] | None,
              scope: Scope) -> list[tuple[str, Type]]:
    """The primed names."""
    primed = [x + "'" for x in d.params]
    if parts is None:
        types = [c.unifier.tangent(t) for _, t in f.params]
        return [(_bind(c, x, t, d.span), t) for x, t in zip(primed, types, strict=True)]
    whole = (c.names.fresh("tangent"), c.unifier.tangent(f.params[0][1]))
    _take_apart(c, primed, whole, [c.unifier.tangent(t) for t in parts], d.span)
    return [whole]
