"""Elaboration, all forms together: typed core terms to a table of nets.

    ⟦ x₁ : a₁, … ⊢ e : b ⟧  :  flatten(a₁) ⊗ …  →  flatten(b)

A definition at concrete types becomes one named net, made once; its sizes stay symbolic and are passed by `Call`.
A lambda becomes a bubble over the wires that it captures, an application an `Apply` box, a saturated use of a
definition a `Call`. Products are laid out as wires side by side, so pairing and projection cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate

from catad.core import term as c
from catad.core.term import rule_key
from catad.elaborate import leaves, trees
from catad.elaborate.folds import Fold
from catad.elaborate.negative import claimed, may_be_negative, reads, seen
from catad.elaborate.scope import Scope, Value, close_alike
from catad.elaborate.told import sized_only, told
from catad.elaborate.visits import ROOT
from catad.net.net import Apply, Assert, Call, Derive, Entry, Guard, IfOp, Lambda, Net, Table, Trace, While, Wire
from catad.net.net import BindSize as BindSizeOp
from catad.net.net import Carry as CarryKind
from catad.net.net import Loop as LoopOp
from catad.net.sizes import type_sizes
from catad.net.zero import zero
from catad.source import Span, error
from catad.source.deep import deep
from catad.types.size import Size
from catad.types.type import BOOL, F64, I64, Array, Data, Fun, Prod, Record, Scalar, Type, flatten, holds_function
from catad.types.type import subst as subst_type

__all__ = ["Elaborator", "elaborate"]

Step = Callable[[Scope, Sequence[Wire], tuple[Wire, ...]], tuple[Wire, ...]]   # body result to loop outputs
Inside = Callable[[c.Term, Scope, dict[str, Value]], tuple[Wire, ...]]
Env = dict[str, Value]      # names are unique within a definition, so one growing dictionary serves all scopes


def elaborate(module: c.Module) -> Table:
    """Nets for all definitions of the file itself, and whatever they use.

    A polymorphic definition is offered as an entry at f64 for each of its type variables.
    """
    elaborator = Elaborator(module)
    entries: dict[str, Entry] = {}
    with deep():
        for key in module.own:
            d = module.definitions[key]
            types: dict[str, Type] = dict.fromkeys(d.type_params, F64)
            name = elaborator.define(key, tuple(types.items()))
            params = tuple((x, subst_type(t, types, {})) for x, t in d.params)
            result = subst_type(d.body.type, types, {})
            while isinstance(result, Fun) and not holds_function(result.arg):     # def f = \x -> …
                params, result = (*params, (f"arg{len(params)}", result.arg)), result.result
            entries[key] = Entry(params, result, d.sizes, d.doc, d.span)
            if name != key:
                elaborator.nets[key] = elaborator.nets[name]
                if name in elaborator.rules:
                    elaborator.rules[key] = elaborator.rules[name]
    return Table(dict(elaborator.nets), entries, dict(elaborator.rules))


class Elaborator:
    """Holds the nets made so far; `define` makes one for a definition at given types."""

    def __init__(self, module: c.Module) -> None:
        self.module = module
        self.nets: dict[str, Net] = {}
        self.rules: dict[str, str] = {}

    def define(self, key: str, types: tuple[tuple[str, Type], ...], sizes: tuple[str, ...] = ()) -> str:
        """The name of the net of a definition at these types, whose own size variables are `sizes`."""
        name = key + ("{" + ", ".join(f"{a} = {t}" for a, t in types) + "}" if types else "")
        if name not in self.nets:
            d = self.module.definitions[key]
            scope = Scope()
            body = Body(self, dict(types))
            env: Env = {}
            for x, t in d.params:
                env[x] = Value(scope, scope.bound(body.flat(t)))
            if d.recursion is not None:
                body.fold = Fold(body, d)
            out = body.term(d.body, scope, env) if body.fold is None else body.fold.result(scope, env)
            out = body.nonnegative(claimed(body.type(d.body.type)), out, scope, d.body.span)
            scope.b.sizes.extend((*d.sizes, *sizes))
            self.nets[name] = scope.close(out)
            if rule_key(key) in self.module.definitions:
                self.rules[name] = self.define(rule_key(key), types, sizes)
        return name


def _abstract_sizes(types: tuple[tuple[str, Type], ...]) -> tuple[tuple[tuple[str, Type], ...],
                                                                  tuple[tuple[str, Size], ...]]:
    """Types of the caller for the callee, and the sizes to pass: `a = [n]f64` becomes `a = [$0]f64` with `$0 = n`.

    The caller's `n` means nothing there, or something else.
    """
    names: dict[str, Size] = {}
    for _, t in types:
        for size in type_sizes(t):
            for x in size.variables:
                names.setdefault(x, Size.var(f"${len(names)}"))
    if not names:
        return types, ()
    passed = tuple((str(new), Size.var(x)) for x, new in names.items())
    return tuple((a, subst_type(t, {}, names)) for a, t in types), passed


class Body:
    """Elaborates the terms of one definition at given types."""

    def __init__(self, owner: Elaborator, types: Mapping[str, Type]) -> None:
        self.owner = owner
        self.types = types
        self.fold: Fold | None = None             # how a recursive definition calls itself
        self.checked = 0                          # how many sizes were found not to be negative

    def type(self, t: Type) -> Type:
        return subst_type(t, self.types, {})

    def flat(self, t: Type) -> list[Type]:
        return list(flatten(self.type(t)))

    def term(self, e: c.Term, s: Scope, env: Env) -> tuple[Wire, ...]:
        """The wires of a term in scope `s`."""
        while isinstance(e, c.Let):                       # chains of any length
            env[e.name] = Value(s, self.term(e.bound, s, env))
            e = e.body
        method = getattr(self, "_" + type(e).__name__.lower())
        wires: tuple[Wire, ...] = method(e, s, env)
        return wires

    def one(self, e: c.Term, s: Scope, env: Env) -> Wire:
        (w,) = self.term(e, s, env)
        return w

    # ── atoms

    def _var(self, e: c.Var, s: Scope, env: Env) -> tuple[Wire, ...]:
        return s.use(env[e.name])

    def _lit(self, e: c.Lit, s: Scope, env: Env) -> tuple[Wire, ...]:
        t = self.type(e.type)
        assert isinstance(t, Scalar), t
        value = float(e.value) if t.name in ("f64", "f32") else e.value
        return (s.b.const(value, t, e.span),)

    def _sizeof(self, e: c.SizeOf, s: Scope, env: Env) -> tuple[Wire, ...]:
        sizes = [e.size] if may_be_negative(e.size) else []
        return self.nonnegative(sizes, (s.b.size(e.size, e.span),), s, e.span)

    def _global(self, e: c.Global, s: Scope, env: Env) -> tuple[Wire, ...]:
        return self._spine(e, [], s, env)

    def _tuple(self, e: c.Tuple, s: Scope, env: Env) -> tuple[Wire, ...]:
        return tuple(w for item in e.items for w in self.term(item, s, env))

    def _proj(self, e: c.Proj, s: Scope, env: Env) -> tuple[Wire, ...]:
        t = self.type(e.item.type)
        items = t.items if isinstance(t, Prod) else tuple(f for _, f in t.fields) if isinstance(t, Record) else ()
        start = sum(len(list(flatten(i))) for i in items[:e.index])
        width = len(list(flatten(items[e.index])))
        return self.term(e.item, s, env)[start:start + width]

    # ── functions

    def _lam(self, e: c.Lam, s: Scope, env: Env) -> tuple[Wire, ...]:
        fun = self.type(e.type)
        assert isinstance(fun, Fun)
        inner = Scope(s)
        bound = Value(inner, inner.bound(list(flatten(fun.arg))))
        out = self.term(e.body, inner, _with(env, e.param, bound))
        return self._lambda(fun, s, inner, out, e.span)

    def _lambda(self, fun: Fun, s: Scope, inner: Scope, out: Sequence[Wire], span: Span) -> tuple[Wire, ...]:
        body = inner.close(out)
        return s.b.box(Lambda(fun), inner.captured, [fun], [body], span)

    def _app(self, e: c.App, s: Scope, env: Env) -> tuple[Wire, ...]:
        args: list[c.Term] = []
        fn: c.Term = e
        while isinstance(fn, c.App):
            args.append(fn.arg)
            fn = fn.fn
        return self._spine(fn, args[::-1], s, env)

    def _spine(self, fn: c.Term, args: list[c.Term], s: Scope, env: Env) -> tuple[Wire, ...]:
        """`fn a₁ … aₖ`: a call when `fn` is a definition with at most k parameters, else applications."""
        if not isinstance(fn, c.Global):
            return self._apply(self.term(fn, s, env), self.type(fn.type), args, s, env, fn.span)
        if self.fold is not None and fn.name == self.fold.d.name:
            return self.fold.call(args, s)
        d = self.owner.module.definitions[fn.name]
        values = [Value(s, self.term(a, s, env)) for a in args[:len(d.params)]]
        wires, t = self._call(fn, values, s)
        return self._apply(wires, t, args[len(d.params):], s, env, fn.span)

    def _call(self, fn: c.Global, values: list[Value], s: Scope) -> tuple[tuple[Wire, ...], Type]:
        """A call with the arguments there are; missing ones are abstracted: f a = \\b -> f a b."""
        d = self.owner.module.definitions[fn.name]
        types = tuple((a, self.type(t)) for a, t in fn.types)
        k = len(values)
        result = self.type(fn.type)
        for _ in range(k):
            assert isinstance(result, Fun)
            result = result.result
        if k < len(d.params):
            assert isinstance(result, Fun)
            inner = Scope(s)
            bound = Value(inner, inner.bound(list(flatten(result.arg))))
            out, _ = self._call(fn, [*values, bound], inner)
            return self._lambda(result, s, inner, out, fn.span), result
        types, passed = _abstract_sizes(types)
        name = self.owner.define(fn.name, types, tuple(x for x, _ in passed))
        sources = [w for v in values for w in s.use(v)]
        sizes = (*fn.sizes, *passed)
        out = s.b.box(Call(name, sizes), sources, list(flatten(result)), span=fn.span)
        ends = accumulate((len(v.wires) for v in values), initial=0)
        places = {x: k for (x, _), k in zip(d.params, ends, strict=False)}
        out = self._compared(name, sources, out, s, fn.span)
        needed = [p for x, p in sizes if may_be_negative(p) and self._seen(name, x, places.get(x))]
        return self.nonnegative(needed, out, s, fn.span), result

    def _compared(self, name: str, sources: Sequence[Wire], out: tuple[Wire, ...], s: Scope,
                  span: Span) -> tuple[Wire, ...]:
        """The results of a call, once the arrays of which it uses the sizes alone were found to have them."""
        net = self.owner.nets[name]
        for k, w in enumerate(sources):
            if isinstance(s.b.type(w), Array) and sized_only(net, k, self.owner.nets):
                checked = told(s, w, self.owner)
                if checked is not None:
                    out = tuple(s.b.box(Assert(), [checked, o], [s.b.type(o)], span=span)[0] for o in out)
        return out

    def _seen(self, name: str, x: str, place: int | None) -> bool:
        """Does a net use the value of its size x, which may be its input at this place?"""
        net = self.owner.nets[name]
        return (place is not None and reads(net, net.inputs[place])) or seen(net, x, self.owner.nets)

    def nonnegative(self, sizes: Sequence[Size], out: tuple[Wire, ...], s: Scope, span: Span) -> tuple[Wire, ...]:
        """The wires, once none of the sizes was found negative."""
        checks: list[tuple[Size, Size]] = []
        for size in dict.fromkeys(sizes):
            self.checked += 1
            name = f"s${self.checked}"
            s.b.box(BindSizeOp(name, False), [s.b.size(size, span)], [], span=span)
            checks.append((size, Size.var(name)))
        return s.b.box(Guard(tuple(checks)), out, [s.b.type(w) for w in out], span=span) if checks and out else out

    def _apply(self, wires: tuple[Wire, ...], t: Type, args: Sequence[c.Term], s: Scope, env: Env,
               span: Span) -> tuple[Wire, ...]:
        for a in args:
            assert isinstance(t, Fun), t
            t = t.result
            wires = s.b.box(Apply(), [*wires, *self.term(a, s, env)], list(flatten(t)), span=span)
        return wires

    def _derive(self, e: c.Derive, s: Scope, env: Env) -> tuple[Wire, ...]:
        fun = self.type(e.args[0].type)
        assert isinstance(fun, Fun)
        sources = [w for a in e.args for w in self.term(a, s, env)]
        op = Derive(e.kind, fun.arg, fun.result, e.order)
        return s.b.box(op, sources, self.flat(e.type), span=e.span)

    # ── sums: a tag, and all payloads

    def _inject(self, e: c.Inject, s: Scope, env: Env) -> tuple[Wire, ...]:
        t = self.type(e.type)
        assert isinstance(t, Data)
        item = () if e.item is None else self.term(e.item, s, env)
        if t.size is not None:
            return trees.constructor(s, t, e.index, item, None if e.item is None else self.type(e.item.type), e.span)
        out = [s.b.const(e.index, I64, e.span)]
        for x, payload in t.payloads.fields:
            out += item if x == t.cases[e.index][0] else [zero(s.b, w) for w in flatten(payload)]
        return tuple(out)

    def _case(self, e: c.Case, s: Scope, env: Env) -> tuple[Wire, ...]:
        return self.branches(e, s, env, self.term, self.flat(e.type))

    def branches(self, e: c.Term, s: Scope, env: Env, inside: Inside, types: Sequence[Type]) -> tuple[Wire, ...]:
        """An `if` or a `case`, each branch elaborated by `inside` to wires of these types."""
        if isinstance(e, c.Case):
            return self._choose(e, 0, Value(s, self.term(e.item, s, env)), s, env, inside, types)
        assert isinstance(e, c.If), e
        cond = self.one(e.cond, s, env)
        then, other = Scope(s), Scope(s)
        outs = [inside(e.then, then, env), inside(e.other, other, env)]
        captured, nets = close_alike([then, other], outs)
        return s.b.box(IfOp(), [cond, *captured], types, nets, e.span)

    def _choose(self, e: c.Case, k: int, whole: Value, s: Scope, env: Env, inside: Inside,
                types: Sequence[Type]) -> tuple[Wire, ...]:
        """The arms from the k-th on; the last one needs no test."""
        if k == len(e.arms):
            assert e.other is not None
            return inside(e.other, s, env)
        index, name, body = e.arms[k]
        if k == len(e.arms) - 1 and e.other is None:
            return inside(body, s, _with(env, name, self._payload(e, index, whole, s)))
        cond = s.b.prim("eq", self._tag(e, whole, s), s.b.const(index, I64, e.span), span=e.span)
        then, rest = Scope(s), Scope(s)
        outs = [inside(body, then, _with(env, name, self._payload(e, index, whole, then))),
                self._choose(e, k + 1, whole, rest, env, inside, types)]
        captured, nets = close_alike([then, rest], outs)
        return s.b.box(IfOp(), [cond, *captured], types, nets, e.span)

    def _tag(self, e: c.Case, whole: Value, s: Scope) -> Wire:
        wires = s.use(whole)
        t = self.type(e.item.type)
        assert isinstance(t, Data)
        return wires[0] if t.size is None else s.b.prim("index", wires[1], wires[0], span=e.span)

    def _payload(self, e: c.Case, index: int, whole: Value, s: Scope) -> Value:
        """The wires of one payload, for an arm in scope s; they are captured where they are used."""
        t = self.type(e.item.type)
        assert isinstance(t, Data)
        if t.size is not None:
            return trees.payload(s, t, whole, index)
        start = 1
        for x, payload in t.payloads.fields:
            width = len(list(flatten(payload)))
            if x == t.cases[index][0]:
                return Value(whole.scope, whole.wires[start:start + width])
            start += width
        return Value(whole.scope, ())

    # ── control

    def _if(self, e: c.If, s: Scope, env: Env) -> tuple[Wire, ...]:
        return self.branches(e, s, env, self.term, self.flat(e.type))

    def _loop_box(self, e: c.For | c.Loop | c.Scan | c.Reduce, s: Scope, env: Env, inits: Sequence[Wire],
                  kinds: Sequence[str], state: str | None, step: Step) -> tuple[Wire, ...]:
        inner = Scope(s)
        (i,) = inner.bound([I64])
        carried = inner.bound([s.b.type(w) for w in inits])
        local = _with(env, e.index, Value(inner, (i,)))
        if state is not None:
            local[state] = Value(inner, carried)
        out = step(inner, carried, self.term(e.body, inner, local))
        body = inner.close(out)
        targets = list(body.target[:len(inits)]) + [Array(e.size, t) for t in body.target[len(inits):]]
        op = LoopOp(e.size, tuple(CarryKind(k) for k in kinds))
        return s.b.box(op, [*inner.captured, *inits], targets, [body], e.span)

    def _for(self, e: c.For, s: Scope, env: Env) -> tuple[Wire, ...]:
        return self._loop_box(e, s, env, (), (), None, lambda inner, carried, out: out)

    def _loop(self, e: c.Loop, s: Scope, env: Env) -> tuple[Wire, ...]:
        inits = self.term(e.init, s, env)
        return self._loop_box(e, s, env, inits, ["state"] * len(inits), e.state, lambda inner, carried, out: out)

    def _while(self, e: c.While, s: Scope, env: Env) -> tuple[Wire, ...]:
        inits = self.term(e.init, s, env)
        types = [s.b.type(w) for w in inits]
        cond, body = Scope(s), Scope(s)
        outs = []
        for inner, term in ((cond, e.cond), (body, e.body)):
            local = _with(env, e.state, Value(inner, inner.bound(types)))
            outs.append(self.term(term, inner, local))
        captured, nets = close_alike([cond, body], outs)
        return s.b.box(While(), [*captured, *inits], types, nets, e.span)

    def _scan(self, e: c.Scan, s: Scope, env: Env) -> tuple[Wire, ...]:
        inits = self.term(e.init, s, env)
        out = self._loop_box(e, s, env, inits, ["state"] * len(inits), e.state,
                             lambda inner, carried, out: (*out, *out))
        return out[len(inits):]

    def _reduce(self, e: c.Reduce, s: Scope, env: Env) -> tuple[Wire, ...]:
        if e.monoid in ("min", "max"):
            collected = self._loop_box(e, s, env, (), (), None, lambda inner, carried, out: out)
            return (s.b.prim(e.monoid + "imum", *collected, span=e.span),)
        t = self.type(e.body.type)
        assert isinstance(t, Scalar)
        unit = leaves.unit(e.monoid, t)
        init = s.b.const(unit, t)

        def step(inner: Scope, carried: Sequence[Wire], out: tuple[Wire, ...]) -> tuple[Wire, ...]:
            return (inner.b.prim(e.monoid, carried[0], out[0], span=e.span),)
        return self._loop_box(e, s, env, [init], [e.monoid], None, step)

    def _accumulate(self, e: c.Accumulate, s: Scope, env: Env) -> tuple[Wire, ...]:
        return self._scatter(e, 0, Value(s, self.term(e.init, s, env)), s, env)

    def _scatter(self, e: c.Accumulate, level: int, acc: Value, s: Scope, env: Env) -> tuple[Wire, ...]:
        """One loop for each binder; the innermost body adds into the accumulators."""
        if level == len(e.index):
            out = self.term(e.body, s, env)
            accs = s.use(acc)
            index, value = out[:len(out) - len(accs)], out[len(out) - len(accs):]
            return tuple(s.b.prim("add_at", a, *index, v, span=e.span) for a, v in zip(accs, value, strict=True))
        inits = s.use(acc)
        inner = Scope(s)
        (i,) = inner.bound([I64])
        carried = inner.bound([s.b.type(w) for w in inits])
        local = _with(env, e.index[level], Value(inner, (i,)))
        out = self._scatter(e, level + 1, Value(inner, carried), inner, local)
        body = inner.close(out)
        op = LoopOp(e.sizes[level], tuple(CarryKind("add") for _ in inits))
        return s.b.box(op, [*inner.captured, *inits], body.target, [body], e.span)

    # ── arrays and sizes

    def _index(self, e: c.Index, s: Scope, env: Env) -> tuple[Wire, ...]:
        arrays = self.term(e.item, s, env)
        at = [self.one(i, s, env) for i in e.indices]
        return tuple(s.b.prim("index", a, *at, span=e.span) for a in arrays)

    def _update(self, e: c.Update, s: Scope, env: Env) -> tuple[Wire, ...]:
        arrays = self.term(e.item, s, env)
        at = [self.one(i, s, env) for i in e.indices]
        values = self.term(e.value, s, env)
        return tuple(s.b.prim("update", a, *at, v, span=e.span) for a, v in zip(arrays, values, strict=True))

    def _arraylit(self, e: c.ArrayLit, s: Scope, env: Env) -> tuple[Wire, ...]:
        items = [self.term(i, s, env) for i in e.items]
        if not items:
            return tuple(leaves.empty(s.b, t) for t in self.flat(e.type))
        return tuple(s.b.prim("stack", *column, span=e.span) for column in zip(*items, strict=True))

    def _bindsize(self, e: c.BindSize, s: Scope, env: Env) -> tuple[Wire, ...]:
        s.b.box(BindSizeOp(e.name, e.clamp), [self.one(e.extent, s, env)], [], span=e.extent.span)
        return self.term(e.body, s, env)

    def _pad(self, e: c.Pad, s: Scope, env: Env) -> tuple[Wire, ...]:
        wires = self.term(e.item, s, env)
        return tuple(trees.padded(s.b, w, t) for w, t in zip(wires, self.flat(e.type), strict=True))

    def _guard(self, e: c.Guard, s: Scope, env: Env) -> tuple[Wire, ...]:
        wires = self.term(e.item, s, env)
        return s.b.box(Guard(e.checks), wires, self.flat(e.type), span=e.span)

    # ── what does not change the value

    def _assert(self, e: c.Assert, s: Scope, env: Env) -> tuple[Wire, ...]:
        cond = self.one(e.cond, s, env)
        wires = self.term(e.item, s, env)
        return tuple(s.b.box(Assert(), [cond, w], [s.b.type(w)], span=e.cond.span)[0] for w in wires)

    def _trace(self, e: c.Trace, s: Scope, env: Env) -> tuple[Wire, ...]:
        wires = self.term(e.item, s, env)
        return s.b.box(Trace(), wires, [s.b.type(w) for w in wires], span=e.item.span)

    # ── operations

    def _op(self, e: c.Op, s: Scope, env: Env) -> tuple[Wire, ...]:
        if e.name == ROOT:
            return self.term(e.args[0], s, env)[:1]
        if e.name in leaves.VECTOR:
            args = [self.term(a, s, env) for a in e.args]
            return leaves.VECTOR[e.name](s.b, self.flat(e.type), args)
        if e.name in ("powi", "ipow") and isinstance(e.args[1], c.Lit):
            power = leaves.power(s.b, self.one(e.args[0], s, env), int(e.args[1].value), e.span)
            if power is not None:
                return (power,)
        wires = [self.one(a, s, env) for a in e.args]
        if e.name in ("eq", "ne") and s.b.type(wires[0]) == BOOL:
            wires = [s.b.prim("to_i64", w) for w in wires]
        if e.name in ("to_f64", "to_f32") and s.b.type(wires[0]) == BOOL:
            wires = [s.b.prim("to_i64", w) for w in wires]
        if e.name in ("to_f64", "to_f32", "to_i64") and e.name == f"to_{s.b.type(wires[0])}":
            return tuple(wires)
        try:
            return (s.b.prim(e.name, *wires, span=e.span),)
        except TypeError as problem:
            raise error("E0404", f"`{e.name}` is not defined at these types", e.span, str(problem)) from None


def _with(env: Env, name: str, value: Value) -> Env:
    env[name] = value
    return env
