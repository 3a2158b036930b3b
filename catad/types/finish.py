"""The end of a definition: unknowns are decided, what is left is generalised, and terms get their final types.

A `Cast` whose two types turn out to differ in sizes becomes a `Guard`; on functions, one around the argument and
one around the result.
"""

from __future__ import annotations

from collections.abc import Callable

from catad.core import term as core
from catad.source import Span
from catad.types.constraint import default
from catad.types.context import Context
from catad.types.fault import explain
from catad.types.meta import Fault, Meta, SizeClash
from catad.types.pending import Cast, Later
from catad.types.regroup import by_constructor, entrywise
from catad.types.size import Size
from catad.types.type import (
    UNIT,
    Array,
    Data,
    Fun,
    Prod,
    Record,
    Scalar,
    Tangent,
    Type,
    TypeVar,
    holds_function,
    tangent,
)

__all__ = ["Finisher"]


class Finisher:
    """Final types and terms; every unknown that is met and still open takes its default."""

    def __init__(self, c: Context) -> None:
        self.c = c
        self.u = c.unifier
        self.rules: dict[type[core.Term], Callable[[core.Term], core.Term]] = {
            core.Var: self._var, core.Lit: lambda t: t, core.SizeOf: self._size_of, core.Global: self._global,
            core.Op: self._op, core.Lam: self._lam, core.App: self._app, core.Let: self._let, core.Tuple: self._tuple,
            core.Proj: self._proj, core.If: self._if, core.For: self._for, core.Loop: self._loop, core.While:
            self._while, core.Scan: self._loop, core.Reduce: self._reduce, core.Accumulate: self._accumulate,
            core.Index: self._index, core.Update: self._update, core.Assert: self._assert, core.Trace: self._trace,
            core.Pad: self._pad,
            core.Inject: self._inject, core.Case: self._case, core.ArrayLit: self._literal, core.BindSize: self._bind,
            core.Derive: self._derive, Later: self._later, Cast: self._cast,
        }
        self.span: Span | None = None

    # ── types and sizes ────────────────────────────────────────────────────────────────────────────────────────

    def type(self, t: Type) -> Type:
        """The final type."""
        match self.u.prune(t):
            case Scalar() as s:
                return s
            case Meta() as m:
                m.ref = default(m.bits) or UNIT
                return m.ref
            case Prod(items):
                return Prod(tuple([self.type(i) for i in items]))
            case Record(fields):
                return Record(tuple([(x, self.type(f)) for x, f in fields]))
            case Array(size, item):
                return Array(self.size(size), self.type(item))
            case Fun(a, b):
                return Fun(self.type(a), self.type(b))
            case Data(name, args, cases, nodes):
                return Data(name, tuple([self.type(a) for a in args]),
                            tuple([(x, None if p is None else self.type(p)) for x, p in cases]),
                            None if nodes is None else self.size(nodes))
            case Tangent(item):
                known = self.type(item)
                return tangent(known) if not isinstance(known, TypeVar) else self.u.tangent(known)
            case other:
                return other

    def size(self, s: Size) -> Size:
        s = self.u.zonk_size(s)
        if self.u.hidden and any(v in self.u.hidden for v in s.variables):
            self.u.solved.update({v: Size.of(0) for v in s.variables if v in self.u.hidden})
            s = self.u.zonk_size(s)                          # no value of the type is ever made
        if any(v in self.u.flexible for v in s.variables):
            if self.c.broken:
                return Size.of(0)                            # the cause is reported elsewhere
            span = self.span
            assert span is not None
            raise self.c.fail("E0304", "a size is not determined", span,
                              "nothing says how many entries an array in here has",
                              help=["annotate the array with its size: `(xs : [n]f64)`"])
        return s

    # ── terms ──────────────────────────────────────────────────────────────────────────────────────────────────

    def term(self, t: core.Term) -> core.Term:
        self.span = t.span
        return self.rules[type(t)](t)

    def _terms(self, ts: tuple[core.Term, ...]) -> tuple[core.Term, ...]:
        return tuple([self.term(t) for t in ts])

    def _var(self, t: core.Term) -> core.Term:
        assert isinstance(t, core.Var)
        return core.Var(self.type(t.type), t.span, t.name)

    def _size_of(self, t: core.Term) -> core.Term:
        assert isinstance(t, core.SizeOf)
        return core.SizeOf(t.type, t.span, self.size(t.size))

    def _global(self, t: core.Term) -> core.Term:
        assert isinstance(t, core.Global)
        types = tuple([(x, self.type(a)) for x, a in t.types])
        sizes = tuple([(x, self.size(s)) for x, s in t.sizes])
        return core.Global(self.type(t.type), t.span, t.name, types, sizes)

    def _op(self, t: core.Term) -> core.Term:
        assert isinstance(t, core.Op)
        args = tuple([self.term(a) for a in t.args])
        return core.Op(self.type(t.type), t.span, t.name, args)

    def _lam(self, t: core.Term) -> core.Term:
        assert isinstance(t, core.Lam)
        final = self.type(t.type)
        return core.Lam(final, t.span, t.param, self.term(t.body))

    def _app(self, t: core.Term) -> core.Term:
        assert isinstance(t, core.App)
        spine: list[core.App] = []
        fn: core.Term = t
        while isinstance(fn, core.App):
            spine.append(fn)
            fn = fn.fn
        fn = self.term(fn)
        for a in reversed(spine):
            fn = core.App(self.type(a.type), a.span, fn, self.term(a.arg))
        return fn

    def _let(self, t: core.Term) -> core.Term:
        """Chains of bindings are as long as the program."""
        chain: list[core.Let | core.BindSize] = []
        while isinstance(t, (core.Let, core.BindSize)):
            chain.append(t)
            t = t.body
        bound = [self.term(b.bound if isinstance(b, core.Let) else b.extent) for b in chain]
        body = self.term(t)
        for b, value in zip(reversed(chain), reversed(bound), strict=True):
            if isinstance(b, core.Let):
                body = core.Let(body.type, b.span, b.name, value, body)
            else:
                body = core.BindSize(body.type, b.span, b.name, value, body, b.clamp)
        return body

    def _bind(self, t: core.Term) -> core.Term:
        return self._let(t)

    def _tuple(self, t: core.Term) -> core.Term:
        assert isinstance(t, core.Tuple)
        return core.Tuple(self.type(t.type), t.span, self._terms(t.items))

    def _proj(self, t: core.Term) -> core.Term:
        assert isinstance(t, core.Proj)
        return core.Proj(self.type(t.type), t.span, self.term(t.item), t.index)

    def _if(self, t: core.Term) -> core.Term:
        assert isinstance(t, core.If)
        return core.If(self.type(t.type), t.span, self.term(t.cond), self.term(t.then), self.term(t.other))

    def _for(self, t: core.Term) -> core.Term:
        assert isinstance(t, core.For)
        return core.For(self.type(t.type), t.span, t.index, self.size(t.size), self.term(t.body))

    def _loop(self, t: core.Term) -> core.Term:
        assert isinstance(t, (core.Loop, core.Scan))
        return type(t)(self.type(t.type), t.span, t.state, self.term(t.init), t.index, self.size(t.size),
                       self.term(t.body))

    def _while(self, t: core.Term) -> core.Term:
        assert isinstance(t, core.While)
        return core.While(self.type(t.type), t.span, t.state, self.term(t.init), self.term(t.cond), self.term(t.body))

    def _reduce(self, t: core.Term) -> core.Term:
        assert isinstance(t, core.Reduce)
        return core.Reduce(self.type(t.type), t.span, t.monoid, t.index, self.size(t.size), self.term(t.body))

    def _accumulate(self, t: core.Term) -> core.Term:
        assert isinstance(t, core.Accumulate)
        sizes = tuple([self.size(s) for s in t.sizes])
        return core.Accumulate(self.type(t.type), t.span, self.term(t.init), t.index, sizes, self.term(t.body))

    def _index(self, t: core.Term) -> core.Term:
        assert isinstance(t, core.Index)
        return core.Index(self.type(t.type), t.span, self.term(t.item), self._terms(t.indices))

    def _update(self, t: core.Term) -> core.Term:
        assert isinstance(t, core.Update)
        return core.Update(self.type(t.type), t.span, self.term(t.item), self._terms(t.indices),
                           self.term(t.value))

    def _literal(self, t: core.Term) -> core.Term:
        assert isinstance(t, core.ArrayLit)
        return core.ArrayLit(self.type(t.type), t.span, self._terms(t.items))

    def _assert(self, t: core.Term) -> core.Term:
        assert isinstance(t, core.Assert)
        return core.Assert(self.type(t.type), t.span, self.term(t.cond), self.term(t.item))

    def _trace(self, t: core.Term) -> core.Term:
        assert isinstance(t, core.Trace)
        return core.Trace(self.type(t.type), t.span, self.term(t.item))

    def _inject(self, t: core.Term) -> core.Term:
        assert isinstance(t, core.Inject)
        return core.Inject(self.type(t.type), t.span, t.index, None if t.item is None else self.term(t.item))

    def _case(self, t: core.Term) -> core.Term:
        assert isinstance(t, core.Case)
        item = self.term(t.item)
        arms = tuple([(k, x, self.term(body)) for k, x, body in t.arms])
        other = None if t.other is None else self.term(t.other)
        return core.Case(self.type(t.type), t.span, item, arms, other)

    def _pad(self, t: core.Term) -> core.Term:
        assert isinstance(t, core.Pad)
        item, final = self.term(t.item), self.type(t.type)
        return item if item.type == final else core.Pad(final, t.span, item)

    def _derive(self, t: core.Term) -> core.Term:
        assert isinstance(t, core.Derive)
        return core.Derive(self.type(t.type), t.span, t.kind, self._terms(t.args), t.order)

    def _later(self, t: core.Term) -> core.Term:
        assert isinstance(t, Later)
        parts = self._terms(t.parts)
        self.span = t.span
        return t.build(parts, self.type(t.type))

    # ── casts ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _cast(self, t: core.Term) -> core.Term:
        assert isinstance(t, Cast)
        self._retry(t)
        item = self.term(t.item)
        self.span = t.span
        return self._at(item, self.type(t.type))

    def _retry(self, t: Cast) -> None:
        """Sizes solved since may now contradict each other, or solve more."""
        if not isinstance(self.u.prune(t.type), Scalar):
            try:
                self.u.unify(t.item.type, t.type)
            except Fault as fault:
                raise explain(self.u, fault, t.span, t.item.type, t.type, None, self.c.spans) from None

    def _at(self, item: core.Term, expected: Type) -> core.Term:
        """`item` at a type that differs from its own in sizes at most."""
        if item.type == expected:
            return item
        match item.type, expected:
            case (Prod() | Record()), _ if holds_function(expected):
                return self._product(item, expected)
            case Fun(), Fun():
                return self._function(item, expected)
            case Array(s, a), Array(t, b) if holds_function(b) and a != b:
                outer = Array(t, a)
                if s != t:
                    item = core.Guard(outer, item.span, self._checks(item, item.type, outer), item)
                return entrywise(self.c.names, item, expected, self._at)
            case Data(), Data() if holds_function(expected):
                return by_constructor(self.c.names, item, expected, self._at)
        checks = self._checks(item, item.type, expected)
        return core.Guard(expected, item.span, checks, item) if checks else item

    def _product(self, item: core.Term, expected: Type) -> core.Term:
        name = self.c.names.fresh("arg")
        whole = core.Var(item.type, item.span, name)
        parts = [self._at(core.Proj(a, item.span, whole, k), b)
                 for k, (a, b) in enumerate(zip(_items(item.type), _items(expected), strict=True))]
        return core.Let(expected, item.span, name, item, core.Tuple(expected, item.span, tuple(parts)))

    def _function(self, item: core.Term, expected: Fun) -> core.Term:
        assert isinstance(item.type, Fun)
        x, f = self.c.names.fresh("x"), self.c.names.fresh("f")
        given = self._at(core.Var(expected.arg, item.span, x), item.type.arg)
        call = core.App(item.type.result, item.span, core.Var(item.type, item.span, f), given)
        body = core.Lam(expected, item.span, x, self._at(call, expected.result))
        return core.Let(expected, item.span, f, item, body)

    def _checks(self, item: core.Term, a: Type, b: Type) -> tuple[tuple[Size, Size], ...]:
        out: list[tuple[Size, Size]] = []
        stack = [(a, b)]
        while stack:
            match stack.pop():
                case Array(s, x), Array(t, y):
                    self._differ(item, s, t, out)
                    stack.append((x, y))
                case (Data(_, x, _, s) as p), (Data(_, y, _, t) as q):
                    if s is not None and t is not None:
                        self._differ(item, s, t, out)
                    stack.extend(reversed(list(zip((*x, p.payloads), (*y, q.payloads), strict=True))))
                case (Prod() | Record()) as x, (Prod() | Record()) as y:
                    stack.extend(reversed(list(zip(_items(x), _items(y), strict=True))))
        return tuple(out)

    def _differ(self, item: core.Term, s: Size, t: Size, out: list[tuple[Size, Size]]) -> None:
        if s == t or (s, t) in out:
            return
        out.append((s, t))
        if all(not m for m, _ in (s - t).terms):
            raise explain(self.u, SizeClash(s, t), item.span, item.type, item.type, None, self.c.spans)


def _items(t: Type) -> tuple[Type, ...]:
    if isinstance(t, Record):
        return tuple(f for _, f in t.fields)
    assert isinstance(t, Prod)
    return t.items

