"""Power series whose coefficients are boxes, made when they are asked for.

A `Lazy` is a function from k to the wire of the k-th coefficient, or None where it is zero by structure. A `Ring` makes
them in one net under construction and remembers them, so that recurrences which feed each other (sine and cosine) or
occur twice are made once.

    product     (u v)_k = Σ_{j≤k} u_j v_{k-j}                quotient   q_k = (u_k - Σ_{j≥1} v_j q_{k-j}) / v_0
    correlation corr(u, v)_j = Σ_{k≥j} u_{k-j} v_k           derivative u′_k = (k+1) u_{k+1}
    equation    y_0 = f(x_0),  y_k = e_{k-1} / k   where  y′ = e(x, y, x′)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from catad.net.build import Builder
from catad.net.net import Box, Const, IfOp, Net, Prim, SeriesPack, SizeValue, Wire
from catad.net.zero import constant, lift, zero
from catad.ops import row
from catad.rules import Rules, standard
from catad.source import Span
from catad.types.type import Type, is_float

__all__ = ["Lazy", "Ring"]

Coefficient = Wire | None


class Lazy:
    """A series by demand; compared by identity. `last` is the last coefficient that can be non-zero, if known."""

    __slots__ = ("_known", "_make", "item", "last")

    def __init__(self, make: Callable[[int], Coefficient], item: Type, last: int | None = None) -> None:
        self._make, self.item, self.last = make, item, last
        self._known: dict[int, Coefficient] = {}

    def __call__(self, k: int) -> Coefficient:
        if self.last is not None and k > self.last:
            return None
        if k not in self._known:
            self._known[k] = self._make(k)
        return self._known[k]


Argument = Lazy | Wire


class Ring:
    """Series arithmetic in the net that `b` builds."""

    def __init__(self, b: Builder, rules: Rules | None = None) -> None:
        self.b = b
        self.rules = standard() if rules is None else rules
        self.span: Span | None = None
        self.reason = ""
        self._made: dict[object, Lazy] = {}
        self._keep: list[Lazy] = []                # memo keys are identities: keep what they stand for

    # ── making series

    def known(self, slots: Sequence[Coefficient], item: Type) -> Lazy:
        """A series given by its coefficients."""
        last = max((k for k, w in enumerate(slots) if w is not None), default=-1)
        return self._memo(("known", tuple(slots), item), lambda: Lazy(lambda k: slots[k], item, last))

    def constant(self, w: Wire, item: Type) -> Lazy:
        return self._memo(("constant", w), lambda: Lazy(lambda k: w if k == 0 else None, item, 0))

    def _memo(self, key: object, make: Callable[[], Lazy]) -> Lazy:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def apply(self, name: str, args: Sequence[Argument]) -> Lazy:
        """A primitive at series type."""
        for x in args:
            if isinstance(x, Lazy):
                self._keep.append(x)
        key = (name, *(("wire", x) if not isinstance(x, Lazy) else ("series", id(x)) for x in args))
        return self._memo(key, lambda: self._apply(name, args))

    def _apply(self, name: str, args: Sequence[Argument]) -> Lazy:
        series = [x for x in args if isinstance(x, Lazy)]
        item = series[0].item
        rules = {"mul": self._mul, "corr": self._corr, "div": self._div, "add": self._add, "sub": self._sub,
                 "neg": self._neg}
        if name in rules:
            return rules[name](series, item)
        if name == "select":
            cond, x, y = args
            assert not isinstance(cond, Lazy) and isinstance(x, Lazy) and isinstance(y, Lazy)
            return Lazy(lambda k: self._select(cond, x(k), y(k), item), item)
        if row(name).constant:
            heads = [self._value(x) for x in args]
            return Lazy(lambda k: self._prim(name, *heads) if k == 0 else None, item, 0)
        return self._equation(name, args, item)

    # ── wires

    def _prim(self, name: str, *args: Wire) -> Wire:
        return self.b.prim(name, *args, span=self.span, reason=self.reason)

    def _value(self, x: Argument) -> Wire:
        if not isinstance(x, Lazy):
            return x
        w = x(0)
        return zero(self.b, x.item) if w is None else w

    def _sum(self, terms: Sequence[Wire]) -> Coefficient:
        total: Coefficient = None
        for t in terms:
            total = t if total is None else self._prim("add", total, t)
        return total

    def _select(self, cond: Wire, x: Coefficient, y: Coefficient, item: Type) -> Coefficient:
        if x is None and y is None:
            return None
        sides = [zero(self.b, item) if w is None else w for w in (x, y)]
        return self._prim("select", cond, *sides)

    def _times(self, w: Wire, factor: float) -> Wire:
        return w if factor == 1 else self._prim("mul", constant(self.b, factor, self.b.type(w)), w)

    # ── the ring

    def _add(self, xs: Sequence[Lazy], item: Type) -> Lazy:
        return Lazy(lambda k: self._sum([w for x in xs if (w := x(k)) is not None]), item, _latest(xs))

    def _sub(self, xs: Sequence[Lazy], item: Type) -> Lazy:
        def at(k: int) -> Coefficient:
            x, y = xs[0](k), xs[1](k)
            if y is None:
                return x
            return self._prim("neg", y) if x is None else self._prim("sub", x, y)
        return Lazy(at, item, _latest(xs))

    def _neg(self, xs: Sequence[Lazy], item: Type) -> Lazy:
        def at(k: int) -> Coefficient:
            x = xs[0](k)
            return None if x is None else self._prim("neg", x)
        return Lazy(at, item, xs[0].last)

    def _mul(self, xs: Sequence[Lazy], item: Type) -> Lazy:
        u, v = xs
        last = None if u.last is None or v.last is None else u.last + v.last
        return Lazy(lambda k: self._square(u, k) if u is v else self._convolve(u, v, k), item, last)

    def _convolve(self, u: Lazy, v: Lazy, k: int, first: int = 0) -> Coefficient:
        """Σ_{first ≤ j ≤ k} u_j v_{k-j}"""
        terms: list[Wire] = []
        for j in range(first, k + 1):
            if (u.last is not None and j > u.last) or (v.last is not None and k - j > v.last):
                continue
            x = u(j)
            if x is not None and (y := v(k - j)) is not None:
                terms.append(self._prim("mul", x, y))
        return self._sum(terms)

    def _square(self, u: Lazy, k: int) -> Coefficient:
        """Half a convolution: 2 Σ_{j<k/2} u_j u_{k-j} + u_{k/2}²"""
        half = [self._prim("mul", x, y) for j in range((k + 1) // 2)
                if (x := u(j)) is not None and (y := u(k - j)) is not None]
        total = self._sum(half)
        twice = None if total is None else self._prim("add", total, total)
        middle = u(k // 2) if k % 2 == 0 else None
        if middle is None:
            return twice
        square = self._prim("mul", middle, middle)
        return square if twice is None else self._prim("add", twice, square)

    def _corr(self, xs: Sequence[Lazy], item: Type) -> Lazy:
        u, v = xs
        assert v.last is not None, "both arguments of a correlation are given by their coefficients"
        order = v.last

        def at(j: int) -> Coefficient:
            return self._sum([self._prim("mul", x, y) for k in range(j, order + 1)
                              if (x := u(k - j)) is not None and (y := v(k)) is not None])
        return Lazy(at, item, v.last)

    def _div(self, xs: Sequence[Lazy], item: Type) -> Lazy:
        u, v = xs

        def at(k: int) -> Coefficient:
            rest = self._convolve(v, q, k, 1) if k else None
            x = u(k)
            top = x if rest is None else self._prim("neg", rest) if x is None else self._prim("sub", x, rest)
            return None if top is None else self._prim("div", top, self._value(v))
        q = Lazy(at, item)
        return q

    def derivative(self, x: Lazy) -> Lazy:
        """x′_k = (k+1) x_{k+1}"""
        def at(k: int) -> Coefficient:
            w = x(k + 1)
            return None if w is None else self._times(w, k + 1)
        self._keep.append(x)
        return self._memo(("derivative", id(x)),
                          lambda: Lazy(at, x.item, None if x.last is None else x.last - 1))

    # ── every other primitive, by its equation

    def _equation(self, name: str, args: Sequence[Argument], item: Type) -> Lazy:
        types = tuple(self._type(x) for x in args)
        active = tuple(isinstance(x, Lazy) and x.last != 0 for x in args)
        result = row(name).result(types)
        eq = self.rules.equation(name, types, active)
        made: list[Lazy] = []

        def at(k: int) -> Coefficient:
            if k == 0:
                return self._prim(name, *map(self._value, args))
            if eq is None:
                return None
            if not made:                           # the right-hand side refers to y itself
                tangents = [self.derivative(x) for x, on in zip(args, active, strict=True)
                            if on and isinstance(x, Lazy)]
                made.append(self._evaluate(eq, [*args, y, *tangents]))
            w = made[0](k - 1)
            return None if w is None else self._times(w, 1 / k)
        y = Lazy(at, result, 0 if not any(active) else None)
        return y

    def _type(self, x: Argument) -> Type:
        return x.item if isinstance(x, Lazy) else self.b.type(x)

    def _evaluate(self, eq: Net, args: Sequence[Argument]) -> Lazy:
        """The net of an equation at series."""
        at: dict[Wire, Argument] = dict(zip(eq.inputs, args, strict=True))
        for box in eq.boxes:
            at[box.targets[0]] = self._box(eq, box, [at[s] for s in box.sources])
        out = at[eq.outputs[0]]
        return out if isinstance(out, Lazy) else self.constant(out, self.b.type(out))

    def _box(self, eq: Net, box: Box, args: list[Argument]) -> Argument:
        t = eq.wires[box.targets[0]]
        match box.op:
            case Const() | SizeValue():
                w = self.b.box(box.op, (), [t], span=self.span)[0]
                return self.constant(w, t) if is_float(t) else w
            case SeriesPack():
                x = args[0]
                w = self._value(x)
                return self.constant(lift(self.b, w, t), t)
            case IfOp():
                return self._if(box, args, t)
            case Prim(name):
                if not is_float(t):
                    return self._prim(name, *map(self._value, args))
                if any(isinstance(x, Lazy) for x in args):
                    return self.apply(name, args)
                wires = [x for x in args if not isinstance(x, Lazy)]
                return self.constant(self._prim(name, *wires), t)
        raise AssertionError(f"not a form of equations: {box.op}")

    def _if(self, box: Box, args: list[Argument], t: Type) -> Lazy:
        """Decided by the leading coefficient; each coefficient is selected, so nothing leaks."""
        cond = self._value(args[0])
        sides = [self._evaluate(net, args[1:]) for net in box.bubbles]
        return Lazy(lambda k: self._select(cond, sides[0](k), sides[1](k), t), t)


def _latest(xs: Sequence[Lazy]) -> int | None:
    known = [x.last for x in xs if x.last is not None]
    return max(known) if len(known) == len(xs) else None
