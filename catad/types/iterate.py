"""Arrays and iteration: `for`, `loop`, `accumulate`, indexing, slices, update."""

from __future__ import annotations

from collections.abc import Sequence

from catad.core import term as core
from catad.syntax import tree
from catad.types.constraint import ADDABLE
from catad.types.context import Context
from catad.types.join import Join
from catad.types.meta import Meta, Why, Wrong
from catad.types.patterns import annotated, parameter, pattern_type, unwrap
from catad.types.pending import Later
from catad.types.size import Size
from catad.types.sizes import bound_size, extent, polynomial, value_of
from catad.types.type import BOOL, I64, Array, Prod, Type

__all__ = ["accumulate", "array_literal", "for_", "index", "loop", "update"]


def for_(c: Context, e: tree.For, expected: Type | None, why: Why | None) -> core.Term:
    return _for(c, e, e.binders, expected, why)


def _for(c: Context, e: tree.For, binders: Sequence[tree.Binder], expected: Type | None,
         why: Why | None) -> core.Term:
    """One `For` for each binder, outermost first."""
    if not binders:
        return c.infer(e.body) if expected is None else c.check(e.body, expected, why)
    size = extent(c, binders[0].extent)
    wanted = c.known(expected) if expected is not None else None
    item = wanted.item if isinstance(wanted, Array) else None
    with c.opened() as scope:
        i = _counter(c, binders[0])
        body = _for(c, e, binders[1:], item, why)
        c.unbind([binders[0].name])
    body = c.leave(scope, body, "the body of this `for`")
    return core.For(Array(size, body.type), e.span, i, size, body)


def _counter(c: Context, b: tree.Binder) -> str:
    return c.bind(b.name, I64, b.span).name


# ── loops ──────────────────────────────────────────────────────────────────────────────────────────────────────

def loop(c: Context, e: tree.Loop) -> core.Term:
    """A loop; its state keeps the type that it has at first, or is declared with."""
    init = _initial(c, e)
    if e.binder is None:
        return _while(c, e, init)
    size = extent(c, e.binder.extent, "the number of trips is a whole number")
    names: list[str] = []
    with c.opened() as scope:
        state = parameter(c, e.pattern, init.type, names)
        i = _counter(c, e.binder)
        body = c.check(e.body, init.type, Why(init.span, f"the state is `{c.show(init.type)}` at first"))
        c.unbind([*names, e.binder.name])
    body = c.leave(scope, body, "the body of this loop")
    return core.Loop(init.type, e.span, state, init, i, size, body)


def _initial(c: Context, e: tree.Loop) -> core.Term:
    """The first state. What the pattern declares is its type, sizes included."""
    first = e.init if e.init is not None else _expression(c, e.pattern)
    if not annotated(e.pattern):
        return c.infer(first)
    span = e.pattern.type.span if isinstance(e.pattern, tree.PAnn) else e.pattern.span
    return c.check(first, pattern_type(c, e.pattern), Why(span, "declared here"))


def _while(c: Context, e: tree.Loop, init: core.Term) -> core.Term:
    """A loop that runs as long as a condition on its state holds."""
    assert e.cond is not None
    names: list[str] = []
    with c.opened() as around:                           # what the pattern takes apart, for the condition alone
        state = parameter(c, e.pattern, init.type, names)
        with c.opened() as scope:
            cond = c.check(e.cond, BOOL, Why(e.cond.span, "a condition is a bool"))
        cond = c.leave(scope, cond, "this condition")
        c.unbind(names)
    cond = c.leave(around, cond, "this condition")
    names = []
    with c.opened() as scope:
        parameter(c, e.pattern, init.type, names, unique=state)
        body = c.check(e.body, init.type, Why(init.span, f"the state is `{c.show(init.type)}` at first"))
        c.unbind(names)
    body = c.leave(scope, body, "the body of this loop")
    return core.While(init.type, e.span, state, init, cond, body)


def _expression(c: Context, p: tree.Pattern) -> tree.Expr:
    """The variables of a pattern as an expression: `loop x for …` begins with the x there is."""
    match unwrap(p):
        case tree.PVar(span, name) if name != "_":
            return tree.Name(span, name)
        case tree.PTuple(span, items):
            return tree.Tuple(span, tuple([_expression(c, i) for i in items]))
        case tree.PRecord(span, fields):
            return tree.Rec(span, tuple([(x, _expression(c, i)) for x, i in fields]))
    raise c.fail("E0202", "this loop has no first value", p.span, "not a variable", help=["write `loop p = e for …`"])


def accumulate(c: Context, e: tree.Accumulate) -> core.Term:
    """`accumulate z for i < n do (index, value)`: z with the values added at the indices."""
    init = c.infer(e.init)
    sizes = tuple([extent(c, b.extent) for b in e.binders])
    with c.opened() as scope:
        indices = tuple([_counter(c, b) for b in e.binders])
        body = c.infer(e.body)
        place = _place(c, body)
        target = _dropped(c, init, len(place.items) if isinstance(place, Prod) else 1)
        c.require(core.Var(target, init.span, ""), ADDABLE, Why(e.span, "`accumulate` adds values"))
        where = "index" if place == I64 else "indices"
        body = c.coerce(body, Prod((place, target)),
                        Why(init.span, f"at its {where} this holds `{c.show(target)}`"))
        c.unbind([b.name for b in e.binders])
    body = c.leave(scope, body, "the body of `accumulate`")
    return core.Accumulate(init.type, e.span, init, indices, sizes, body)


def _place(c: Context, body: core.Term) -> Type:
    """The type of the index in a contribution (index, value); several indices are a tuple."""
    t = c.known(body.type)
    if not isinstance(t, Prod) or len(t.items) != 2:
        raise c.fail("E0202", "the body of `accumulate` is a pair (index, value)", body.span,
                     f"this is `{c.show(t)}`")
    place = c.known(t.items[0])
    if isinstance(place, Prod):
        return Prod(tuple([I64 for _ in place.items]))
    return I64


def _dropped(c: Context, item: core.Term, count: int) -> Type:
    """The type below so many dimensions."""
    t = item.type
    for k in range(count):
        known = c.known(t)
        if isinstance(known, (Meta, Wrong)):
            entry = c.unifier.meta()
            c.coerce(core.Var(known, item.span, ""), Array(c.unifier.size(), entry))
            t = entry
        elif isinstance(known, Array):
            t = known.item
        elif k:
            raise c.fail("E0223", "there are more indices than dimensions", item.span,
                         f"this is `{c.show(item.type)}`, and there are {count} indices")
        else:
            raise c.fail("E0223", "this is not an array", item.span, f"this is `{c.show(known)}`")
    return t


# ── indexing ───────────────────────────────────────────────────────────────────────────────────────────────────

def index(c: Context, e: tree.Index) -> core.Term:
    """`a[i, j]`, or a slice when a range is among the indices."""
    item = c.infer(e.item)
    t = _dropped(c, item, len(e.indices))
    if all(isinstance(i, tree.Expr) for i in e.indices):
        return core.Index(t, e.span, item, _whole(c, [i for i in e.indices if isinstance(i, tree.Expr)]))
    return _slice(c, e, item, t)


def _whole(c: Context, indices: Sequence[tree.Expr]) -> tuple[core.Term, ...]:
    return tuple([c.i64(i, "an index is a whole number") for i in indices])


def _slice(c: Context, e: tree.Index, item: core.Term, t: Type) -> core.Term:
    """`a[lo..hi]` is `for i < hi - lo -> a[lo + i]`."""
    whole = _shared(c, item, "xs")
    entries: list[core.Term] = []
    binders: list[tuple[str, Size]] = []
    dimension: Type = item.type
    for part in e.indices:
        known = c.unifier.prune(dimension)
        assert isinstance(known, Array)
        dimension = known.item
        if isinstance(part, tree.Expr):
            entries.append(_shared(c, c.i64(part, "an index is a whole number"), "k"))
            continue
        low, size = _range(c, part, known.size)
        i = c.names.fresh("i")
        binders.append((i, size))
        position: core.Term = core.Var(I64, part.span, i)
        entries.append(position if low is None else core.Op(I64, part.span, "add", (low, position)))
    term: core.Term = core.Index(t, e.span, whole, tuple(entries))
    for i, size in reversed(binders):
        term = core.For(Array(size, term.type), e.span, i, size, term)
    return term


def _range(c: Context, r: tree.Range, dimension: Size) -> tuple[core.Term | None, Size]:
    """The lower end (None for 0) and the length of a range."""
    low = None if r.low is None else _shared(c, c.i64(r.low, "an index is a whole number"), "lo")
    high = value_of(c, dimension, r.span) if r.high is None else c.i64(r.high, "an index is a whole number")
    low_size = Size.of(0) if r.low is None else polynomial(c, r.low)
    high_size = dimension if r.high is None else polynomial(c, r.high)
    poly = None if low_size is None or high_size is None else high_size - low_size
    length = high if low is None else core.Op(I64, r.span, "sub", (high, low))
    if poly is not None and poly.constant is not None and poly.constant < 0:
        raise c.fail("E0307", "a size is negative", r.span, f"this range has {poly} entries")
    return low, bound_size(c, poly, length)


def _shared(c: Context, term: core.Term, base: str) -> core.Term:
    if isinstance(term, (core.Var, core.SizeOf)) or (isinstance(term, Later) and not term.parts):
        return term
    name = c.names.fresh(base)
    c.scope.let(name, term, term.span)
    return core.Var(term.type, term.span, name)


def update(c: Context, e: tree.Update) -> core.Term:
    """`a with [i, j] = e`"""
    item = c.infer(e.item)
    t = _dropped(c, item, len(e.indices))
    indices = _whole(c, e.indices)
    value = c.check(e.value, t, Why(item.span, f"an entry of this is `{c.show(t)}`"))
    return core.Update(item.type, e.span, item, indices, value)


def array_literal(c: Context, e: tree.ArrayLit, expected: Type | None) -> core.Term:
    """`[e, …]`: as long as it is written, all entries of one type."""
    wanted = c.known(expected) if expected is not None else None
    item = wanted.item if isinstance(wanted, Array) else None
    join = Join(c, item, None)
    items = [join.arm(x, "the first entry") for x in e.items]
    t, items = join.joined(items) if items else (item or c.unifier.meta(), items)
    return core.ArrayLit(Array(Size.of(len(items)), t), e.span, tuple(items))

