"""Names and applications.

`f a b` is taken as a whole: the arguments that are lambdas are checked after the others, when the types of their
parameters are known. Built-ins are saturated here, by eta-expansion if need be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from catad.core import term as core
from catad.source import Span
from catad.syntax import tree
from catad.types.annotate import declared_data, unknowns
from catad.types.builtins import BUILTINS, Builtin
from catad.types.constraint import FUN
from catad.types.context import Context, World, suggest
from catad.types.library import STANDARD, standard_modules
from catad.types.meta import Meta, Why, Wrong
from catad.types.scheme import Scheme, at, instantiate
from catad.types.size import Size
from catad.types.sizes import argument, value_of
from catad.types.type import I64, Array, Data, Fun, Prod, Type

__all__ = ["apply", "apply_library", "name", "use_global"]

Arg = tree.Expr | core.Term


def apply(c: Context, e: tree.Expr) -> core.Term:
    """An application, or `x |> f`, with all of its arguments at once."""
    span, head, args = e.span, e, list[Arg]()
    while True:
        match head:
            case tree.Apply(_, fn, arg):
                args.append(arg)
                head = fn
            case tree.Binary(_, "|>", left, right):
                args.append(left)
                head = right
            case tree.Paren(_, (tree.Apply() | tree.Binary(op="|>")) as inner):
                head = inner
            case _:
                break
    args.reverse()
    return _headed(c, head, args, span)


def name(c: Context, e: tree.Expr) -> core.Term:
    """A name, or `alias.name`, by itself."""
    return _headed(c, e, [], e.span)


def _headed(c: Context, head: tree.Expr, args: list[Arg], span: Span) -> core.Term:
    match head:
        case tree.Name(where, x):
            local = c.local(x)
            if local is not None:
                return _apply_term(c, core.Var(local.type, where, local.name), args, span)
            if x in c.size_names:
                return _apply_term(c, value_of(c, Size.var(x), where), args, span)
            if c.own is not None and x == c.own.name:
                return _apply_term(c, c.own.term(c, where), args, span, c.own.why)
            scheme = c.world.value(x, where)
            if scheme is not None:
                return _apply_global(c, scheme, args, where, span)
            found = c.world.constructor(x)
            if found is not None:
                return _apply_constructor(c, *found, x, args, where, span)
            if x in BUILTINS:
                return _apply_builtin(c, BUILTINS[x], args, where, span)
            there = [f"did you mean `{q}`?" for q in c.world.qualified(x)]
            raise c.fail("E0201", f"there is no `{x}` in scope", where, "unknown name", help=there or suggest(
                x, [*c.value_names(), *c.world.constructor_names(), *BUILTINS]))
        case tree.Field(where, tree.Name(_, alias), x) if c.local(alias) is None and (
                found := c.world.constructor(x, alias)) is not None:
            return _apply_constructor(c, *found, x, args, where, span)
        case tree.Field(where, tree.Name(_, alias), x) if c.local(alias) is None:
            scheme = c.world.member(alias, x, where)
            if scheme is not None:
                return _apply_global(c, scheme, args, where, span)
            if f"{STANDARD}{alias}.cad" in standard_modules() and c.world.value(alias, where) is None:
                raise c.fail("E0201", f"there is no `{alias}` in scope", head.item.span, "unknown name",
                             help=[f'import it: `import "{STANDARD}{alias}.cad" as {alias}`'])
    return _apply_term(c, c.infer(head), args, span)


def use_global(c: Context, scheme: Scheme, span: Span) -> core.Term:
    """A definition as a value, at fresh types and sizes."""
    return _apply_global(c, scheme, [], span, span)


def apply_library(c: Context, name: str, args: list[core.Term], span: Span) -> core.Term:
    """A definition of the prelude at terms."""
    return _apply_global(c, c.world.library(name), list(args), span, span)


# ── arguments ──────────────────────────────────────────────────────────────────────────────────────────────────

def _check_argument(c: Context, arg: Arg, t: Type, why: Why | None) -> core.Term:
    return c.coerce(arg, t, why) if isinstance(arg, core.Term) else c.check(arg, t, why)


def _is_lambda(arg: Arg) -> bool:
    while isinstance(arg, tree.Paren):
        arg = arg.item
    return isinstance(arg, tree.Lambda)


def _check_arguments(c: Context, params: Sequence[tuple[Type, Why | None]], args: Sequence[Arg],
                     done: dict[int, core.Term]) -> tuple[core.Term, ...]:
    """All arguments at their parameter types, lambdas last."""
    for late in (False, True):
        for k, arg in enumerate(args):
            if k not in done and _is_lambda(arg) == late:
                done[k] = _check_argument(c, arg, *params[k])
    return tuple([done[k] for k in range(len(args))])


def _apply_term(c: Context, fn: core.Term, args: list[Arg], span: Span,
                whys: Callable[[int], Why | None] = lambda k: None,
                before: Callable[[list[tuple[Type, Why | None]]], dict[int, core.Term]] = lambda p: {}) -> core.Term:
    """A function value at arguments."""
    if not args:
        return fn
    params: list[tuple[Type, Why | None]] = []
    results: list[Type] = []
    t = fn.type
    for k, arg in enumerate(args):
        known = c.known(t)
        if isinstance(known, Wrong):
            known = Fun(Wrong(), Wrong())
        if isinstance(known, Meta) and not known.bits & FUN:
            raise _not_a_function(c, fn, known, arg, k)
        if isinstance(known, Meta):
            step = Fun(c.unifier.meta(), c.unifier.meta())
            c.coerce(core.Var(known, fn.span, ""), step)
            known = step
        if not isinstance(known, Fun):
            raise _not_a_function(c, fn, known, arg, k)
        params.append((known.arg, whys(k)))
        results.append(known.result)
        t = known.result
    terms = _check_arguments(c, params, args, before(params))
    for term, result in zip(terms, results, strict=True):
        fn = core.App(result, fn.span.to(term.span) if fn.span.source is term.span.source else span, fn, term)
    return fn


def _not_a_function(c: Context, fn: core.Term, t: Type, arg: Arg, k: int) -> Exception:
    shown = c.show(t)
    if k:
        first = c.known(fn.type)
        tuple_ = k == 1 and isinstance(first, Fun) and isinstance(c.known(first.arg), Prod)
        return c.fail("E0204", "there are too many arguments", arg.span, "this one is too much",
                      others=[(fn.span, f"after {k} argument{'s' * (k > 1)} the result is `{shown}`")],
                      help=["its argument is a tuple: `f (x, y)`"] if tuple_ else ())
    word = arg.name if isinstance(arg, tree.Name) else ""
    help = list(suggest(word, ())) or ["an operator may be missing"]
    if isinstance(t, Array):
        help = ["to index, let the bracket touch the array: `x[i]`"]
    if isinstance(t, Meta):
        return c.fail("E0204", "a number is applied like a function", fn.span, "this is a number",
                      others=[(arg.span, "is applied to this")],
                      help=suggest(word, ()) or ["for a product write `*` between them"])
    return c.fail("E0204", f"this is not a function but `{shown}`", fn.span, f"this is `{shown}`",
                  others=[(arg.span, "is applied to this")], help=help)


# ── definitions ────────────────────────────────────────────────────────────────────────────────────────────────

def _apply_global(c: Context, scheme: Scheme, args: list[Arg], where: Span, span: Span) -> core.Term:
    if scheme.hidden:
        raise c.fail("E0308", "the size of this result is known only when it runs", where,
                     f"its result has the size `{scheme.hidden[0]}`", others=[(scheme.span, "defined here")],
                     help=["give the size as an i64 parameter, or return it beside an array that is long enough"])
    needed = max((k + 1 for k, _ in scheme.size_params), default=0)
    if len(args) < needed:
        return _eta_global(c, scheme, args, needed, where, span)
    types, sizes, t = instantiate(c.unifier, scheme)
    fn = core.Global(t, where, scheme.key, tuple(types.items()), tuple(sizes.items()))

    def whys(k: int) -> Why | None:
        if k < len(scheme.params):
            return Why(scheme.span, f"its parameter `{scheme.params[k]}`")
        return None

    def size_arguments(params: list[tuple[Type, Why | None]]) -> dict[int, core.Term]:
        done: dict[int, core.Term] = {}
        for k, x in scheme.size_params:
            arg = args[k]
            done[k] = _check_argument(c, arg, *params[k])
            size = argument(c, None if isinstance(arg, core.Term) else arg, done[k])
            c.unifier.unify_size(sizes[x], size)
        return done

    return _apply_term(c, fn, args, span, whys, size_arguments)


def _eta_global(c: Context, scheme: Scheme, args: list[Arg], needed: int, where: Span, span: Span) -> core.Term:
    """A definition whose type depends on an i64 argument, as a function of that argument."""
    missing = needed - len(args)
    types = [I64 if any(k == j for j, _ in scheme.size_params) else c.unifier.meta()
             for k in range(len(args), needed)]
    names = [x if x.isidentifier() else "x" for x in scheme.params[needed - missing:needed]]
    return _lambdas(c, list(zip(names, types, strict=True)), span,
                    lambda more: _apply_global(c, scheme, [*args, *more], where, span))


def _lambdas(c: Context, params: list[tuple[str, Type]], span: Span,
             build: Callable[[list[core.Term]], core.Term], given: tuple[core.Term, ...] = ()) -> core.Term:
    """`\\x … -> build [x, …]`, each parameter in a scope of its own."""
    if not params:
        return build(list(given))
    x, t = params[0]
    with c.opened() as scope:
        local = c.bind(x, t, span)
        c.unbind([x])
        body = _lambdas(c, params[1:], span, build, (*given, core.Var(t, span, local.name)))
    body = c.leave(scope, body, "this function")
    return core.Lam(Fun(t, body.type), span, local.name, body)


def _apply_constructor(c: Context, d: tree.TypeDecl, home: World, name: str, args: list[Arg], where: Span,
                       span: Span) -> core.Term:
    """A constructor: a function of its payload, or a value if it has none."""
    t = declared_data(c, d, home, unknowns(c, d), where)
    k = next(k for k, (x, _) in enumerate(t.cases) if x == name)
    payload = t.cases[k][1]
    if t.size is not None:
        t, payload = _grown(c, t, k)
    if payload is None:
        return _apply_term(c, core.Inject(t, where, k, None), args, span)
    why = Why(where, f"`{name}` holds a value of this type")

    def inject(more: Sequence[core.Term]) -> core.Term:
        return core.Inject(t, where.to(more[0].span) if more[0].span.source is where.source else where, k, more[0])
    if not args:
        return _lambdas(c, [("x", payload)], span, inject)
    return _apply_term(c, inject(_check_arguments(c, [(payload, why)], args[:1], {})), args[1:], span)


def _grown(c: Context, t: Data, k: int) -> tuple[Data, Type | None]:
    """A tree made by a constructor, and its payload: the nodes of all children, and one more."""
    sizes: list[Size] = []

    def child() -> Type:
        sizes.append(c.unifier.size(hidden=True))
        return t.resized(sizes[-1])

    payload = t.payload(k, child)
    return t.resized(sum(sizes, Size.of(1))), payload


# ── built-ins ──────────────────────────────────────────────────────────────────────────────────────────────────

def _apply_builtin(c: Context, b: Builtin, args: list[Arg], where: Span, span: Span) -> core.Term:
    why = Why(where, b.why)
    types: dict[str, Type] = {x: c.unifier.meta(bits, why) for x, bits in b.types}
    sizes = {x: c.unifier.size() for x in b.sizes}
    params = [(at(t, types, sizes), why) for t in b.params]
    result = at(b.result, types, sizes)
    arity = len(params)
    if len(args) >= arity:
        terms = _check_arguments(c, params, args[:arity], {})
        whole = where.to(terms[-1].span) if terms and terms[-1].span.source is where.source else where
        return _apply_term(c, b.build(c, terms, result, whole), args[arity:], span)
    given = [_shared(c, t) for t in _check_arguments(c, params, args, {})]
    missing = [("x", t) for t, _ in params[len(args):]]
    return _lambdas(c, missing, span, lambda more: b.build(c, (*given, *more), result, span))


def _shared(c: Context, term: core.Term) -> core.Term:
    """An argument of a partial application is computed once."""
    if isinstance(term, (core.Var, core.Global, core.Lam, core.Lit)):
        return term
    name = c.names.fresh("x")
    c.scope.let(name, term, term.span)
    return core.Var(term.type, term.span, name)
