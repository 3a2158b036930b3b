"""The reference evaluator of core terms: slow, direct, independent of nets. For tests.

    evaluate(module, "f", [1.0, [2.0, 3.0]])

Values are Python floats, ints and bools, tuples for products (records in field order), lists for arrays, callables
for functions. Derivatives are taken forwards with dual numbers; a pullback asks one direction at a time.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catad.core import term as t
from catad.core.held import constant
from catad.core.scalars import apply
from catad.core.values import (
    basis,
    bind,
    changed,
    dot,
    entrywise,
    moved,
    plus,
    rebuild,
    scaled,
    seeded,
    split,
    within,
    zero,
)
from catad.source import Span, error
from catad.source.deep import deep
from catad.types.size import Size
from catad.types.type import F32, F64, I64, Data, Fun, Type, subst, tangent

__all__ = ["evaluate"]


def evaluate(module: t.Module, name: str, args: Sequence[Any]) -> Any:
    """The value of a definition without type parameters at arguments; run-time errors are CatadErrors."""
    d = module.definitions[name]
    sizes: dict[str, int] = {}
    for (x, u), a in zip(d.params, args, strict=True):
        bind(u, a, sizes)
        if x in d.sizes and u == I64:
            sizes[x] = a
    frame = _Frame({x: a for (x, _), a in zip(d.params, args, strict=True)}, {}, sizes)
    with deep():
        return _Machine(module).term(d.body, frame)


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
            case t.SizeOf(size=s, span=span):
                if f.size(s) < 0:
                    raise error("E0506", f"the size {s} is negative", span)
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
            if u.size is not None:
                return e.index, () if given is None else given
            name = u.cases[e.index][0]
            return e.index, tuple(given if x == name else zero(p) for x, p in u.payloads.fields)
        tag, payloads = self.term(e.item, f)
        for k, x, body in e.arms:
            if k == tag:
                if u.size is not None:
                    return self.term(body, f.bind(**{x: payloads}))
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
                    value = value[within(k, value, e.span)]
                return value
            case t.Update(item=item, indices=indices, value=v):
                at = [self.term(i, f) for i in indices]
                new = self.term(v, f)
                return changed(self.term(item, f), at, lambda _: new, e.span)
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
            case t.Trace(item=item) | t.Pad(item=item):
                return self.term(item, f)
            case t.Derive():
                return self.derive(e, f)
        raise AssertionError(e)

    def accumulate(self, e: t.Accumulate, f: _Frame) -> Any:
        out = self.term(e.init, f)
        for trip in itertools.product(*[f.count(s) for s in e.sizes]):
            place, value = self.term(e.body, f.bind(**dict(zip(e.index, trip, strict=True))))
            at = list(place) if isinstance(place, tuple) else [place]
            out = changed(out, at, lambda old, value=value: plus(old, value), e.span)  # type: ignore[misc]
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
                return zero(result)
            case "vadd", [a, b]:
                return plus(a, b)
            case "vsub", [a, b]:
                return plus(a, scaled(-1.0, b))
            case "vscale", [k, a]:
                return scaled(k, a)
            case "ventrywise", [f, a, b]:
                return entrywise(f, a, b)
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
                columns = [dot(self.jvp(fn, kind, x, v)[1], ybar) for v in basis(x, kind.arg)]
                return rebuild(iter(columns), x, kind.arg)

            return fn(x), pull
        x, c = rest[0]
        return self.jet(fn, kind, x, c, e.order)

    def jvp(self, fn: Callable[[Any], Any], kind: Fun, x: Any, dx: Any) -> tuple[Any, Any]:
        tag = next(self.tags)
        y = fn(seeded(tag, x, dx, kind.arg))
        return split(tag, y, kind.result, 0), split(tag, y, kind.result, 1)

    def jet(self, fn: Callable[[Any], Any], kind: Fun, x: Any, c: Any, order: int) -> Any:
        """Coefficient k is the k-th derivative along the curve, divided by k!."""
        line = Fun(F64, kind.result)

        def curve(s: Any) -> Any:
            point, power = x, s
            for ck in c:
                point = moved(point, scaled(power, ck), kind.arg)
                power = apply("mul", (power, s))
            return fn(point)

        def derivative(k: int, s: Any) -> Any:
            if k == 0:
                return curve(s)
            inner = line if k == 1 else Fun(F64, tangent(kind.result))
            return self.jvp(lambda r: derivative(k - 1, r), inner, s, 1.0)[1]

        return curve(0.0), [scaled(1.0 / math.factorial(k), derivative(k, 0.0)) for k in range(1, order + 1)]
