"""The reference evaluator of core terms: slow, direct, independent of nets. For tests.

    evaluate(module, "f", [1.0, [2.0, 3.0]])

Values are Python floats, ints and bools, tuples for products (records in field order), lists for arrays, callables
for functions. Derivatives are taken forwards with dual numbers; a pullback asks one direction at a time.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catad.core import term as t
from catad.core.held import constant
from catad.core.scalars import Dual, apply, part
from catad.source import Span, error
from catad.source.deep import deep
from catad.types.size import Size
from catad.types.type import F32, F64, I64, Array, Data, Fun, Prod, Record, Scalar, Type, subst, tangent

__all__ = ["evaluate"]


def evaluate(module: t.Module, name: str, args: Sequence[Any]) -> Any:
    """The value of a definition without type parameters at arguments; run-time errors are CatadErrors."""
    d = module.definitions[name]
    sizes: dict[str, int] = {}
    for (x, u), a in zip(d.params, args, strict=True):
        _bind(u, a, sizes)
        if x in d.sizes and u == I64:
            sizes[x] = a
    frame = _Frame({x: a for (x, _), a in zip(d.params, args, strict=True)}, {}, sizes)
    with deep():
        return _Machine(module).term(d.body, frame)


def _bind(u: Type, value: Any, sizes: dict[str, int]) -> None:
    """Read the sizes off an argument."""
    match u:
        case Array(size, item):
            if size.variable is not None:
                sizes.setdefault(size.variable, len(value))
            for v in value:
                _bind(item, v, sizes)
        case Prod() | Record() | Data():
            for i, v in zip(_items(u), value, strict=True):
                _bind(i, v, sizes)


def _items(u: Type) -> tuple[Type, ...]:
    if isinstance(u, Record):
        return tuple(f for _, f in u.fields)
    if isinstance(u, Data):                              # a tag and all payloads; the tangent has no tag
        return (I64, u.payloads)
    return u.items if isinstance(u, Prod) else ()


@dataclass(frozen=True, slots=True)
class _Frame:
    """Variables, type variables and sizes in scope."""

    env: Mapping[str, Any]
    types: Mapping[str, Type]
    sizes: Mapping[str, int]

    def bind(self, **values: Any) -> _Frame:
        return _Frame({**self.env, **values}, self.types, self.sizes)

    def size(self, s: Size) -> int:
        return s.evaluate(self.sizes)

    def count(self, s: Size) -> range:
        return range(max(0, self.size(s)))

    def type(self, u: Type) -> Type:
        return subst(u, self.types, {x: Size.of(n) for x, n in self.sizes.items()})


class _Machine:
    def __init__(self, module: t.Module) -> None:
        self.module = module
        self.tags = itertools.count(1)

    def term(self, e: t.Term, f: _Frame) -> Any:
        while isinstance(e, (t.Let, t.BindSize)):
            if isinstance(e, t.Let):
                f = f.bind(**{e.name: self.term(e.bound, f)})
            else:
                f = _Frame(f.env, f.types, {**f.sizes, e.name: self._extent(e, f)})
            e = e.body
        match e:
            case t.Var(name=x):
                return f.env[x]
            case t.Lit(value=v):
                return float(v) if f.type(e.type) in (F64, F32) else v
            case t.SizeOf(size=s):
                return f.size(s)
            case t.Global():
                return self.definition(e, f)
            case t.Op(name=name, args=args):
                return self.op(name, [self.term(a, f) for a in args], f.type(e.type), e.span)
            case t.Lam(param=x, body=body):
                return lambda v: self.term(body, f.bind(**{x: v}))
            case t.App(fn=fn, arg=arg):
                return self.term(fn, f)(self.term(arg, f))
            case t.Tuple(items=items):
                return tuple([self.term(i, f) for i in items])
            case t.Proj(item=item, index=k):
                return self.term(item, f)[k]
            case t.If(cond=c, then=a, other=b):
                return self.term(a if self.term(c, f) else b, f)
            case t.Inject() | t.Case():
                return self.sum(e, f)
        return self.array(e, f)

    def sum(self, e: t.Inject | t.Case, f: _Frame) -> Any:
        """Sums are products of a tag and all payloads."""
        u = f.type((e if isinstance(e, t.Inject) else e.item).type)
        assert isinstance(u, Data)
        places = {x: k for k, (x, _) in enumerate(u.payloads.fields)}
        if isinstance(e, t.Inject):
            given = None if e.item is None else self.term(e.item, f)
            name = u.cases[e.index][0]
            return e.index, tuple(given if x == name else _zero(p) for x, p in u.payloads.fields)
        tag, payloads = self.term(e.item, f)
        for k, x, body in e.arms:
            if k == tag:
                name = u.cases[k][0]
                return self.term(body, f.bind(**{x: payloads[places[name]] if name in places else ()}))
        assert e.other is not None
        return self.term(e.other, f)

    def _extent(self, e: t.BindSize, f: _Frame) -> int:
        n = int(self.term(e.extent, f))
        if n < 0 and not e.clamp:
            raise error("E0506", "a size is negative", e.extent.span)
        return max(n, 0)

    def array(self, e: t.Term, f: _Frame) -> Any:
        match e:
            case t.For(index=i, size=s, body=body):
                return [self.term(body, f.bind(**{i: k})) for k in f.count(s)]
            case t.Loop(state=x, init=z, index=i, size=s, body=body) | \
                 t.Scan(state=x, init=z, index=i, size=s, body=body):
                states = [self.term(z, f)]
                for k in f.count(s):
                    states.append(self.term(body, f.bind(**{x: states[-1], i: k})))
                return states[-1] if isinstance(e, t.Loop) else states[1:]
            case t.While(state=x, init=z, cond=cond, body=body):
                value = self.term(z, f)
                while self.term(cond, f.bind(**{x: value})):
                    value = self.term(body, f.bind(**{x: value}))
                return value
            case t.Reduce(monoid=m, index=i, size=s, body=body):
                unit = {"add": 0, "mul": 1, "and": True, "or": False}[m]
                out = float(unit) if f.type(e.type) in (F64, F32) else unit
                for k in f.count(s):
                    out = apply(m, (out, self.term(body, f.bind(**{i: k}))))
                return out
            case t.Accumulate():
                return self.accumulate(e, f)
            case t.Index(item=item, indices=indices):
                value = self.term(item, f)
                for k in [self.term(i, f) for i in indices]:
                    value = value[_within(k, value, e.span)]
                return value
            case t.Update(item=item, indices=indices, value=v):
                at = [self.term(i, f) for i in indices]
                new = self.term(v, f)
                return _changed(self.term(item, f), at, lambda _: new, e.span)
            case t.ArrayLit(items=items):
                return [self.term(i, f) for i in items]
            case t.Guard(checks=checks, item=item):
                value = self.term(item, f)
                for a, b in checks:
                    if f.size(a) != f.size(b):
                        raise error("E0502", f"the sizes {a} = {f.size(a)} and {b} = {f.size(b)} differ", e.span)
                return value
            case t.Assert(cond=cond, item=item):
                if not self.term(cond, f):
                    raise error("E0508", "assertion failed", cond.span)
                return self.term(item, f)
            case t.Trace(item=item):
                return self.term(item, f)
            case t.Derive():
                return self.derive(e, f)
        raise AssertionError(e)

    def accumulate(self, e: t.Accumulate, f: _Frame) -> Any:
        out = self.term(e.init, f)
        for trip in itertools.product(*[f.count(s) for s in e.sizes]):
            place, value = self.term(e.body, f.bind(**dict(zip(e.index, trip, strict=True))))
            at = list(place) if isinstance(place, tuple) else [place]
            out = _changed(out, at, lambda old, value=value: _plus(old, value), e.span)  # type: ignore[misc]
        return out

    def definition(self, e: t.Global, f: _Frame) -> Any:
        d = self.module.definitions[e.name]
        frame = _Frame({}, {x: f.type(a) for x, a in e.types}, {x: f.size(s) for x, s in e.sizes})

        def take(given: tuple[Any, ...]) -> Any:
            if len(given) == len(d.params):
                return self.term(d.body, frame.bind(**{x: v for (x, _), v in zip(d.params, given, strict=True)}))
            return lambda v: take((*given, v))

        return take(())

    def op(self, name: str, args: list[Any], result: Type, span: Span) -> Any:
        match name, args:
            case "vzero", []:
                return _zero(result)
            case "vadd", [a, b]:
                return _plus(a, b)
            case "vsub", [a, b]:
                return _plus(a, _scaled(-1.0, b))
            case "vscale", [k, a]:
                return _scaled(k, a)
            case "constant", [a]:
                return constant(a, self.tags)
            case "maximum" | "minimum" | "argmax" | "argmin", [xs]:
                if not xs:
                    raise error("E0505", "a reduction of nothing", span)
                better = "gt" if name in ("maximum", "argmax") else "lt"
                best = 0
                for k in range(1, len(xs)):
                    best = k if apply(better, (xs[k], xs[best])) else best
                return best if name.startswith("arg") else xs[best]
        return apply(name, args)

    # ── derivatives

    def derive(self, e: t.Derive, f: _Frame) -> Any:
        fn, *rest = [self.term(a, f) for a in e.args]
        kind = f.type(e.args[0].type)
        assert isinstance(kind, Fun)
        if e.kind == "jvp":
            return self.jvp(fn, kind, rest[0], rest[1])
        if e.kind == "vjp":
            x = rest[0]

            def pull(ybar: Any) -> Any:
                columns = [_dot(self.jvp(fn, kind, x, v)[1], ybar) for v in _basis(x, kind.arg)]
                return _rebuild(iter(columns), x, kind.arg)

            return fn(x), pull
        x, c = rest[0]
        return self.jet(fn, kind, x, c, e.order)

    def jvp(self, fn: Callable[[Any], Any], kind: Fun, x: Any, dx: Any) -> tuple[Any, Any]:
        tag = next(self.tags)
        y = fn(_seeded(tag, x, dx, kind.arg))
        return _split(tag, y, kind.result, 0), _split(tag, y, kind.result, 1)

    def jet(self, fn: Callable[[Any], Any], kind: Fun, x: Any, c: Any, order: int) -> Any:
        """Coefficient k is the k-th derivative along the curve, divided by k!."""
        line = Fun(F64, kind.result)

        def curve(s: Any) -> Any:
            point, power = x, s
            for ck in c:
                point = _moved(point, _scaled(power, ck), kind.arg)
                power = apply("mul", (power, s))
            return fn(point)

        def derivative(k: int, s: Any) -> Any:
            if k == 0:
                return curve(s)
            inner = line if k == 1 else Fun(F64, tangent(kind.result))
            return self.jvp(lambda r: derivative(k - 1, r), inner, s, 1.0)[1]

        return curve(0.0), [_scaled(1.0 / math.factorial(k), derivative(k, 0.0)) for k in range(1, order + 1)]


# ── structures ─────────────────────────────────────────────────────────────────────────────────────────────────

def _within(k: int, xs: list[Any], span: Span) -> int:
    if not 0 <= k < len(xs):
        raise error("E0501", f"index {k} is out of bounds: there are {len(xs)} entries", span)
    return k


def _changed(xs: Any, at: Sequence[int], f: Callable[[Any], Any], span: Span) -> Any:
    if not at:
        return f(xs)
    k = _within(at[0], xs, span)
    return [*xs[:k], _changed(xs[k], at[1:], f, span), *xs[k + 1:]]


def _zero(u: Type) -> Any:
    if isinstance(u, Array):
        n = u.size.constant
        assert n is not None
        return [_zero(u.item) for _ in range(n)]
    return tuple(_zero(i) for i in _items(u)) if not isinstance(u, Scalar) else 0.0 if u in (F64, F32) else 0


def _plus(a: Any, b: Any) -> Any:
    if isinstance(a, (list, tuple)):
        return type(a)([_plus(x, y) for x, y in zip(a, b, strict=True)])
    return apply("add", (a, b))


def _scaled(k: Any, a: Any) -> Any:
    if isinstance(a, (list, tuple)):
        return type(a)([_scaled(k, x) for x in a])
    return apply("mul", (k, a))


def _seeded(tag: int, x: Any, dx: Any, u: Type) -> Any:
    if isinstance(u, Array):
        return [_seeded(tag, a, b, u.item) for a, b in zip(x, dx, strict=True)]
    if isinstance(u, Scalar):
        return Dual(tag, x, dx) if u in (F64, F32) else x
    if isinstance(u, Data):
        return (x[0], _seeded(tag, x[1], dx, u.payloads))
    return tuple(_seeded(tag, a, b, i) for a, b, i in zip(x, dx, _items(u), strict=True))


def _moved(x: Any, dx: Any, u: Type) -> Any:
    """x + dx, where integers do not move."""
    if isinstance(u, Array):
        return [_moved(a, b, u.item) for a, b in zip(x, dx, strict=True)]
    if isinstance(u, Scalar):
        return apply("add", (x, dx)) if u in (F64, F32) else x
    if isinstance(u, Data):
        return (x[0], _moved(x[1], dx, u.payloads))
    return tuple(_moved(a, b, i) for a, b, i in zip(x, dx, _items(u), strict=True))


def _split(tag: int, y: Any, u: Type, which: int) -> Any:
    """Values (0) or tangents (1) of a result."""
    if isinstance(u, Array):
        return [_split(tag, v, u.item, which) for v in y]
    if isinstance(u, Scalar):
        return part(y, tag)[which] if u in (F64, F32) else (y if which == 0 else ())
    if isinstance(u, Data):
        payloads = _split(tag, y[1], u.payloads, which)
        return payloads if which else (y[0], payloads)
    return tuple(_split(tag, v, i, which) for v, i in zip(y, _items(u), strict=True))


def _leaves(x: Any, u: Type) -> Iterator[Any]:
    """The floats in a value."""
    if isinstance(u, Array):
        for v in x:
            yield from _leaves(v, u.item)
    elif isinstance(u, Scalar):
        if u in (F64, F32):
            yield x
    else:
        for v, i in zip(x, _items(u), strict=True):
            yield from _leaves(v, i)


def _rebuild(numbers: Iterator[Any], x: Any, u: Type) -> Any:
    """A tangent shaped like x, from its floats."""
    if isinstance(u, Array):
        return [_rebuild(numbers, v, u.item) for v in x]
    if isinstance(u, Scalar):
        return next(numbers) if u in (F64, F32) else ()
    if isinstance(u, Data):
        return _rebuild(numbers, x[1], u.payloads)
    return tuple([_rebuild(numbers, v, i) for v, i in zip(x, _items(u), strict=True)])


def _basis(x: Any, u: Type) -> Iterator[Any]:
    n = sum(1 for _ in _leaves(x, u))
    for k in range(n):
        yield _rebuild(iter([1.0 if j == k else 0.0 for j in range(n)]), x, u)


def _dot(a: Any, b: Any) -> Any:
    if isinstance(a, (list, tuple)):
        out: Any = 0.0
        for x, y in zip(a, b, strict=True):
            out = apply("add", (out, _dot(x, y)))
        return out
    return apply("mul", (a, b))

