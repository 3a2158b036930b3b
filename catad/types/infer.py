"""The rules: one for each form of expression, in two directions.

    infer : expression → term            check : expression, expected type → term of that type

Checking passes the expected type to where it helps (lambdas, branches, entries of arrays); everything else is
inferred and compared.
"""

from __future__ import annotations

from catad.core import term as core
from catad.source import Span
from catad.syntax import tree
from catad.types.annotate import resolve
from catad.types.apply import apply, name
from catad.types.context import Context, World
from catad.types.data import case
from catad.types.iterate import accumulate, array_literal, for_, index, loop, update
from catad.types.join import Join
from catad.types.meta import Meta, Why, Wrong
from catad.types.operators import binary, number, unary
from catad.types.patterns import destructure, parameter, pattern_type, project_field, unwrap
from catad.types.recover import attempt
from catad.types.sizes import of_let
from catad.types.type import BOOL, Fun, Prod, Record, Type

__all__ = ["context"]


def context(world: World) -> Context:
    """A fresh context whose rules are these."""
    return Context(world, infer, check)


def infer(c: Context, e: tree.Expr) -> core.Term:
    match e:
        case tree.Name() | tree.Apply() | tree.Binary(op="|>"):
            return apply(c, e)
        case tree.Num():
            return number(c, e)
        case tree.Binary():
            return binary(c, e)
        case tree.Unary():
            return unary(c, e)
        case tree.Paren(_, item):
            return infer(c, item)
        case tree.Bool(span, value):
            return core.Lit(BOOL, span, value)
        case tree.Let():
            return _let(c, e, None, None)
        case tree.If():
            return _if(c, e, None, None)
        case tree.Lambda(span, params, body):
            return _lambda(c, params, body, None, None, span)
        case tree.For():
            return for_(c, e, None, None)
        case tree.Index():
            return index(c, e)
    return _infer_rarer(c, e)


def _infer_rarer(c: Context, e: tree.Expr) -> core.Term:
    match e:
        case tree.Tuple(span, items):
            terms = tuple([infer(c, i) for i in items])
            return core.Tuple(Prod(tuple([t.type for t in terms])), span, terms)
        case tree.Rec():
            return _record(c, e, None)
        case tree.Proj():
            return _projection(c, e)
        case tree.Field(span, item, x):
            if isinstance(item, tree.Name) and c.local(item.name) is None \
                    and (c.world.constructor(x, item.name) or c.world.member(item.name, x, span)) is not None:
                return name(c, e)
            return project_field(c, infer(c, item), x, span)
        case tree.Loop():
            return loop(c, e)
        case tree.Case():
            return case(c, e, None, None)
        case tree.Assert() | tree.Trace():
            return _watched(c, e, None, None)
        case tree.Accumulate():
            return accumulate(c, e)
        case tree.Update():
            return update(c, e)
        case tree.ArrayLit():
            return array_literal(c, e, None)
        case tree.Ascribe(_, item, t):
            return check(c, item, resolve(c, t), Why(t.span, "declared here"))
    raise AssertionError(e)


def check(c: Context, e: tree.Expr, expected: Type, why: Why | None) -> core.Term:
    match e:
        case tree.Paren(_, item):
            return check(c, item, expected, why)
        case tree.Lambda(span, params, body):
            return c.coerce(_lambda(c, params, body, expected, why, span), expected, why)
        case tree.Let():
            return _let(c, e, expected, why)
        case tree.If():
            return _if(c, e, expected, why)
        case tree.Case():
            return case(c, e, expected, why)
        case tree.Assert() | tree.Trace():
            return _watched(c, e, expected, why)
        case tree.For():
            return c.coerce(for_(c, e, expected, why), expected, why)
        case tree.ArrayLit():
            return c.coerce(array_literal(c, e, expected), expected, why)
        case tree.Tuple(span, items):
            known = c.known(expected)
            if isinstance(known, Prod) and len(known.items) == len(items):
                terms = tuple([check(c, i, t, why) for i, t in zip(items, known.items, strict=True)])
                return core.Tuple(expected, span, terms)
        case tree.Rec():
            return c.coerce(_record(c, e, expected), expected, why)
    return c.coerce(infer(c, e), expected, why)


# ── functions ──────────────────────────────────────────────────────────────────────────────────────────────────

def _lambda(c: Context, params: tuple[tree.Pattern, ...], body: tree.Expr, expected: Type | None,
            why: Why | None, span: Span) -> core.Term:
    r"""`\p q -> e`, one `Lam` for each parameter; the expected type tells theirs."""
    if not params:
        return infer(c, body) if expected is None else check(c, body, expected, why)
    p = params[0]
    wanted = c.known(expected) if expected is not None else None
    t, result = pattern_type(c, p), None
    if isinstance(wanted, Fun):
        c.coerce(core.Var(t, p.span, ""), wanted.arg, why)
        result = wanted.result
    names: list[str] = []
    with c.opened() as scope:
        x = parameter(c, p, t, names)
        inner = _lambda(c, params[1:], body, result, why, span)
        c.unbind(names)
    inner = c.leave(scope, inner, "this function")
    return core.Lam(Fun(t, inner.type), span, x, inner)


def _let(c: Context, e: tree.Expr, expected: Type | None, why: Why | None) -> core.Term:
    """A chain of lets, as long as it may be: each goes into the bindings of the open scope."""
    names: list[str] = []
    while isinstance(e, tree.Let):
        _bind(c, e, names)
        e = e.body
    body = infer(c, e) if expected is None else check(c, e, expected, why)
    c.unbind(names)
    return body


def _bind(c: Context, e: tree.Let, names: list[str]) -> None:
    p = unwrap(e.pattern)
    term = attempt(c, e.bound.span, lambda: _bound(c, e))
    poly = of_let(c, e.bound, term.type) if isinstance(p, tree.PVar) and not e.params else None
    mine: list[str] = []
    destructure(c, p, term, mine, poly)
    names.extend(mine)


def _bound(c: Context, e: tree.Let) -> core.Term:
    if e.params:
        body = e.bound if e.result is None else tree.Ascribe(e.bound.span, e.bound, e.result)
        return _lambda(c, e.params, body, None, None, e.pattern.span.to(e.bound.span))
    if e.result is not None:
        return check(c, e.bound, resolve(c, e.result), Why(e.result.span, "declared here"))
    if isinstance(e.pattern, tree.PAnn):
        return check(c, e.bound, resolve(c, e.pattern.type), Why(e.pattern.type.span, "declared here"))
    return infer(c, e.bound)


def _if(c: Context, e: tree.If, expected: Type | None, why: Why | None) -> core.Term:
    cond = check(c, e.cond, BOOL, Why(e.cond.span, "a condition is a bool"))
    join, arms = Join(c, expected, why), list[core.Term]()
    for branch in (e.then, e.other):
        with c.opened() as scope:
            arm = join.arm(branch, "the other branch")
        arms.append(c.leave(scope, arm, "this branch"))
    t, (then, other) = join.joined(arms)
    return join.done(core.If(t, e.span, cond, then, other))


# ── products ───────────────────────────────────────────────────────────────────────────────────────────────────

def _record(c: Context, e: tree.Rec, expected: Type | None) -> core.Term:
    """A record; the fields are put in the order of its type."""
    wanted = c.known(expected) if expected is not None else None
    types = dict(wanted.fields) if isinstance(wanted, Record) else {}
    terms: dict[str, core.Term] = {}
    for x, item in e.fields:
        if x in terms:
            raise c.fail("E0209", f"the field `{x}` is given twice", item.span, "again here")
        terms[x] = check(c, item, types[x], Why(e.span, f"the field `{x}`")) if x in types else infer(c, item)
    t = Record(tuple([(x, term.type) for x, term in terms.items()]))
    return core.Tuple(t, e.span, tuple([terms[x] for x, _ in t.fields]))


def _projection(c: Context, e: tree.Proj) -> core.Term:
    item = infer(c, e.item)
    t = c.known(item.type)
    if isinstance(t, Wrong):
        return core.Proj(t, e.span, item, 0)
    if isinstance(t, Meta):
        raise c.fail("E0210", "the type of this tuple is not known here", item.span,
                     f"its component {e.index} is needed", help=["annotate it: `(p : (f64, f64))`"])
    if not isinstance(t, Prod):
        help = ["fields of a record are `.x`"] if isinstance(t, Record) else []
        raise c.fail("E0211", f"`{c.show(t)}` has no components", e.span, f"no component {e.index}",
                     others=[(item.span, f"this is `{c.show(t)}`")], help=help)
    if e.index >= len(t.items):
        raise c.fail("E0211", f"there is no component {e.index}", e.span, "no such component",
                     others=[(item.span, f"this is `{c.show(t)}`")], help=["components are counted from 0"])
    return core.Proj(t.items[e.index], e.span, item, e.index)


# ── what does not change the value ─────────────────────────────────────────────────────────────────────────────

def _watched(c: Context, e: tree.Assert | tree.Trace, expected: Type | None, why: Why | None) -> core.Term:
    """`assert c e` and `trace e`: the value of e."""
    cond = c.check(e.cond, BOOL, Why(e.cond.span, "a condition is a bool")) if isinstance(e, tree.Assert) else None
    inner = e.body if isinstance(e, tree.Assert) else e.item
    item = infer(c, inner) if expected is None else check(c, inner, expected, why)
    return core.Trace(item.type, e.span, item) if cond is None else core.Assert(item.type, e.span, cond, item)
