"""Derivative operators over a bubble, expanded by the functor of that name.

    jvp f (x, x′)  =  D(f)(x, x′)                       captured wires have no tangent: they are constants
    vjp f x        =  let (y, m) = fwd x in (y, λ ȳ. bwd (m, ȳ))
    jet f (x, c)   =  T(f)(x + Σ c_k t^k)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from catad.functors.account import Lens
from catad.functors.coefficients import unfold, unfold_called
from catad.functors.kit import Kit, standard_kit
from catad.functors.taylor import to_series
from catad.net.build import Builder
from catad.net.net import Derive, Net, SeriesPack, SeriesPart, Wire
from catad.net.sizes import bound_sizes
from catad.net.zero import zero
from catad.rewrite.bundle import closure
from catad.rewrite.normalise import Value
from catad.source import Span, error
from catad.types.size import Size
from catad.types.type import Array, Fun, flatten, holds_function, is_float, tangent

__all__ = ["Expander"]


class Expander:
    """The functors over one table of normalised nets; call it on a derivative box."""

    def __init__(self, nets: dict[str, Net], tidy: Callable[[Net], Net], kit: Kit | None = None,
                 custom: Mapping[str, str] = MappingProxyType({})) -> None:
        self.nets, self.tidy = nets, tidy
        self.kit = standard_kit() if kit is None else kit
        self.forward = self.kit.forward(nets, self.kit.rules)
        self.reverse = self.kit.reverse(nets, self.kit.rules)
        self.custom = custom
        self.forward.custom = self.reverse.custom = self.reverse.activity.custom = custom

    def __call__(self, b: Builder, op: Derive, net: Net, captured: Sequence[Wire], args: Sequence[Wire],
                 span: Span | None) -> list[Value]:
        if holds_function(op.arg) or holds_function(op.result):
            raise error("E0403", f"this function cannot be differentiated by `{op.kind}`", span,
                        f"it has type {Fun(op.arg, op.result)}",
                        help=["differentiate a function from numbers, arrays, tuples or records into such"])
        n = len(list(flatten(op.arg)))
        expand = {"jvp": self._jvp, "vjp": self._vjp, "jet": self._jet}[op.kind]
        return expand(b, op, net, list(captured), list(args[:n]), list(args[n:]), span)

    def _jvp(self, b: Builder, op: Derive, net: Net, captured: list[Wire], xs: list[Wire],
             tangents: list[Wire], span: Span | None) -> list[Value]:
        active = [False] * len(captured) + [True] * len(xs)
        derived, has = self.forward.derivative(net, active)
        out = b.splice(derived, [*captured, *xs, *tangents])
        m = len(net.outputs)
        rest = iter(out[m:])
        ys = [next(rest) if h else zero(b, t) for t, h in zip(net.target, has, strict=True) if is_float(t)]
        return [*out[:m], *ys]

    def _vjp(self, b: Builder, op: Derive, net: Net, captured: list[Wire], xs: list[Wire],
             _: list[Wire], span: Span | None) -> list[Value]:
        active = [False] * len(captured) + [True] * len(xs)
        lens = self.reverse.lens(net, active, [True] * len(net.outputs), [False] * len(active))
        out = b.splice(lens.fwd, [*captured, *xs])
        m = len(net.outputs)
        back = Builder()
        back.sizes.extend(net.sizes)
        residual = [back.input(b.type(w)) for w in out[m:]]
        cotangents = [back.input(t) if is_float(t) else None for t in net.target]
        given = [c for c, o in zip(cotangents, lens.outs, strict=True) if o and c is not None]
        pullback = back.net(*back.splice(lens.bwd, [*residual, *given]))
        fun = Fun(tangent(op.result), tangent(op.arg))
        again = None
        if bound_sizes(lens.fwd):
            given = [*captured, *xs]
            again = closure(_again(net, lens), given, fun, span)
        return [*out[:m], closure(pullback, out[m:], fun, span, again)]

    def _jet(self, b: Builder, op: Derive, net: Net, captured: list[Wire], xs: list[Wire],
             coefficients: list[Wire], span: Span | None) -> list[Value]:
        net = unfold(net, self.nets, self.kit.coefficients, self.kit.rules)
        unfold_called(net, self.nets, self.kit.coefficients, self.kit.rules)
        rest = iter(coefficients)
        packed = [
            b.box(SeriesPack(op.order), [x, next(rest)], [to_series(b.type(x), op.order)])[0]
            if is_float(b.type(x)) else x for x in xs]
        shapes = [(True, False) if is_float(b.type(w)) else (True,) for w in captured]
        shapes += [(False, True) if is_float(b.type(w)) else (True,) for w in xs]
        taylor = self.kit.taylor(self.nets, op.order)
        taylor.custom = self.custom
        image, outs = taylor.net(net, shapes)
        out = b.splice(image, [*captured, *packed])
        values: list[Value] = []
        series: list[Value] = []
        for w, t, shape in zip(out, net.target, outs, strict=True):
            row = Array(Size.of(op.order), t)
            if len(shape) > 1 and shape[1]:
                values.append(b.box(SeriesPart("value"), [w], [t])[0])
                series.append(b.box(SeriesPart("coefficients"), [w], [row])[0])
            else:
                values.append(w)
                series.extend([zero(b, row)] if is_float(t) else [])
        return [*values, *series]


def _again(net: Net, lens: Lens) -> Net:
    """A pullback that runs the forward part again: captured, x, ȳ → x̄."""
    b = Builder()
    b.sizes.extend(net.sizes)
    out = b.splice(lens.fwd, [b.input(t) for t in net.source])
    cotangents = [b.input(t) if is_float(t) else None for t in net.target]
    given = [c for c, o in zip(cotangents, lens.outs, strict=True) if o and c is not None]
    return b.net(*b.splice(lens.bwd, [*out[len(net.outputs):], *given]))
