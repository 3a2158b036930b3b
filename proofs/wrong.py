"""The wrong rules themselves: equations with one slip, and functors with one method changed.

They are faults that people have really made: signs, swapped or dropped partials, a forgotten sum at a copy, residuals
in the wrong order, loops reversed in the wrong direction, f″·dx for f″·dx², a product for a correlation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from catad.functors import daggers
from catad.functors.base import Bundle
from catad.functors.coefficients import Coefficients
from catad.functors.forward import Forward
from catad.functors.lazy import Coefficient, Lazy, Ring
from catad.functors.reverse import Lens, Mask, Reverse, Sweep
from catad.functors.taylor import Taylor
from catad.net.build import Builder
from catad.net.net import Box, IfOp, Loop, Net, Prim, Wire
from catad.net.zero import constant, zero
from catad.types.type import F64, Array, Series, Type, leaf

__all__ = ["DENSE", "EQUATIONS", "STRUCTURE"]

EQUATIONS: Mapping[str, str] = MappingProxyType({
    "sin-sign": "primitive sin (x) = y : y' = -(cos x) * x'",
    "sin-constant": "primitive sin (x) = y : y' = 3 * x'",
    "cos-sign": "primitive cos (x) = y : y' = sin x * x'",
    "tanh-of-result": "primitive tanh (x) = y : y' = sech2 y * x'",
    "tan-factor": "primitive tan (x) = y : y' = (1 - y * y) * x'",
    "sqrt-factor": "primitive sqrt (x) = y : y' = x' / y",
    "exp-argument": "primitive exp (x) = y : y' = x * x'",
    "log1p-shift": "primitive log1p (x) = y : y' = x' / x",
    "div-swapped": "primitive div (x, z) = y : y' = (x' - x * z') / z",
    "div-sign": "primitive div (x, z) = y : y' = (x' + y * z') / z",
    "atan2-swapped": "primitive atan2 (y, x) = a : a' = (y * y' - x * x') / (x * x + y * y)",
    "hypot-dropped": "primitive hypot (x, z) = y : y' = (x / y) * x'",
    "pow-exponent": "primitive pow (x, p) = y : y' = p * pow x p * x' + y * log x * p'",
    "pow-dropped": "primitive pow (x, p) = y : y' = p * pow x (p - 1) * x'",
    "powi-factor": "primitive powi (x, n) = y : y' = powi x (n - 1) * x'",
    "erf-scale": "primitive erf (x) = y : y' = 1.1283 * exp (-(x * x)) * x'",
    "lgamma-order": "primitive lgamma (x) = y : y' = polygamma 1 x * x'",
    "acosh-sign": "primitive acosh (x) = y : y' = x' / (sqrt (x + 1) * sqrt (x + 1))",
})


# ── reverse

class _Sweep(Sweep):
    """A sweep whose boxes appended for one box of the net can be rewritten."""

    def rewrite(self, start: int, change: Any) -> None:
        self.back.boxes[start:] = [change(b) for b in self.back.boxes[start:]]


def _reverse(sweep_class: type[Sweep]) -> type[Reverse]:
    class Wrong(Reverse):
        def sweep(self, net: Net, active: Mask, outs: Mask, depth: int) -> Sweep:
            return sweep_class(self, net, active, outs, depth)
    return Wrong


class CopyForgets(Sweep):
    """The cotangent of the last consumer instead of the sum."""

    def add(self, w: Wire, c: Wire | None, box: Box | None = None) -> None:
        if c is not None and self.varied[w]:
            self.cot[w] = c


class CopyTwice(Sweep):
    """A cotangent that arrives second counts twice."""

    def add(self, w: Wire, c: Wire | None, box: Box | None = None) -> None:
        again = w in self.cot
        super().add(w, c, box)
        if again:
            super().add(w, c, box)


class SwapResiduals(Sweep):
    """Two residuals of one type enter the backward part in the wrong order."""

    def close(self, result: Sequence[Wire], active: Mask, outs: Mask, accumulated: Mask) -> Lens:
        items = list(self.residual.items())
        for i, (f, w) in enumerate(items[1:], 1):
            g, v = items[i - 1]
            if self.fwd.type(f) == self.fwd.type(g):
                items[i - 1], items[i] = (g, w), (f, v)
                break
        self.residual = dict(items)
        return super().close(result, active, outs, accumulated)


class LoopForwards(_Sweep):
    """A loop with states is run backwards in the forward direction."""

    def backward(self, k: int, box: Box) -> None:
        start = len(self.back.boxes)
        super().backward(k, box)
        if isinstance(box.op, Loop):
            self.rewrite(start, _turned)


def _turned(b: Box) -> Box:
    if isinstance(b.op, Loop) and any(c.kind == "state" for c in b.op.carries):
        op = Loop(b.op.size, b.op.carries, not b.op.down)
        return Box(op, b.sources, b.targets, b.bubbles, b.span, b.reason)
    return b


class CapturedDropped(Sweep):
    """What a loop uses from outside gets no cotangent from it."""

    def backward(self, k: int, box: Box) -> None:
        before = dict(self.cot)
        super().backward(k, box)
        if isinstance(box.op, Loop):
            n = len(box.sources) - len(box.op.carries)
            for w in set(box.sources[:n]) - set(box.sources[n:]):
                if w in before:
                    self.cot[w] = before[w]
                else:
                    self.cot.pop(w, None)


class InitialDropped(Sweep):
    """What a loop starts from gets no cotangent."""

    def backward(self, k: int, box: Box) -> None:
        before = dict(self.cot)
        super().backward(k, box)
        if isinstance(box.op, Loop):
            n = len(box.sources) - len(box.op.carries)
            for w in set(box.sources[n:]) - set(box.sources[:n]):
                if w in before:
                    self.cot[w] = before[w]
                else:
                    self.cot.pop(w, None)


class WrongBranch(_Sweep):
    """The backward part of the other branch runs."""

    def backward(self, k: int, box: Box) -> None:
        start = len(self.back.boxes)
        super().backward(k, box)
        if isinstance(box.op, IfOp):
            self.rewrite(start, lambda b: Box(b.op, b.sources, b.targets, b.bubbles[::-1], b.span, b.reason)
                         if isinstance(b.op, IfOp) else b)


class UpdateKeeps(Sweep):
    """What `update` overwrites still gets a cotangent."""

    def linear(self, box: Box, name: str) -> None:
        if name != "update":
            super().linear(box, name)
            return
        array, *at, value = box.sources
        c = self.cot[box.targets[0]]
        if self.varied[value]:
            self.add(value, self.back.prim("index", c, *map(self.primal, at)), box)
        self.add(array, c, box)


class UpdateForAddAt(Sweep):
    """The dagger of a gather overwrites instead of adding."""

    def linear(self, box: Box, name: str) -> None:
        array, *at = box.sources
        if name != "index" or not self.varied[array]:
            super().linear(box, name)
            return
        c = self.cot[box.targets[0]]
        self.cot[array] = self.back.prim("update", self.accumulator(array), *map(self.primal, at), c)


class DenseGather(Sweep):
    """Right, but dear: each gather makes an array of zeros for its cotangent."""

    def linear(self, box: Box, name: str) -> None:
        array, *at = box.sources
        if name != "index" or not self.varied[array]:
            super().linear(box, name)
            return
        dense = zero(self.back, self.net.wires[array])
        self.add(array, self.back.prim("add_at", dense, *map(self.primal, at), self.cot[box.targets[0]]), box)


class MulSwapped(Sweep):
    """The partials of a product are swapped."""

    def linear(self, box: Box, name: str) -> None:
        if name != "mul":
            super().linear(box, name)
            return
        c = self.cot[box.targets[0]]
        for s in box.sources:
            if self.varied[s]:
                self.add(s, daggers._times(self, self.primal(s), c), box)


class MulDropped(Sweep):
    """The second factor of a product is taken for a constant."""

    def linear(self, box: Box, name: str) -> None:
        if name != "mul" or not self.varied[box.sources[0]]:
            super().linear(box, name)
            return
        x, y = box.sources
        self.add(x, daggers._times(self, self.primal(y), self.cot[box.targets[0]]), box)


class SubSign(Sweep):
    """The subtrahend's cotangent keeps its sign."""

    def linear(self, box: Box, name: str) -> None:
        if name != "sub":
            super().linear(box, name)
            return
        for s in box.sources:
            self.add(s, self.cot[box.targets[0]], box)


class ProductForCorrelation(Sweep):
    """The dagger of a series product is taken to be the product."""

    def linear(self, box: Box, name: str) -> None:
        start = len(self.back.boxes)
        super().linear(box, name)
        if name == "mul":
            self.back.boxes[start:] = [
                Box(Prim("mul"), b.sources, b.targets, b.bubbles, b.span, b.reason) if b.op == Prim("corr") else b
                for b in self.back.boxes[start:]]


class ValueForPack(Sweep):
    """The dagger of a lifted constant forgets to look at the leading coefficient only: it takes none."""

    def backward(self, k: int, box: Box) -> None:
        t = self.net.wires[box.targets[0]] if box.targets else F64
        if isinstance(leaf(t), Series) and len(box.sources) == 2 and not isinstance(box.op, Prim | Loop | IfOp):
            self.cot[box.sources[1]] = self.accumulator(box.sources[1])
            self.add(box.sources[0], zero(self.back, self.net.wires[box.sources[0]]), box)
            return
        super().backward(k, box)


# ── forward

class LeibnizHalf(Forward):
    """The product rule with one term."""

    def _leibniz(self, b: Builder, box: Box, args: Sequence[Bundle], groups: Sequence[Sequence[int]],
                 t: Type) -> Wire | None:
        live = [g for g in groups if any(args[a].slots[1] is not None for a in g)]
        return super()._leibniz(b, box, args, live[:1], t)


class SumsAreStates(Forward):
    """The tangent of a carried sum starts again at zero on every trip."""

    def pad(self, b: Builder, t: Type, x: Bundle, shape: tuple[bool, ...]) -> Bundle:
        padded = super().pad(b, t, x, shape)
        if isinstance(t, Array) and len(padded.slots) == 2 and padded.slots[1] is not None:
            return Bundle((padded.slots[0], zero(b, t)))
        return padded


# ── Taylor

class _OffByOne(Ring):
    """x′_k = k x_{k+1}."""

    def derivative(self, x: Lazy) -> Lazy:
        def at(k: int) -> Coefficient:
            w = x(k + 1)
            return None if w is None else self._times(w, max(k, 1))
        self._keep.append(x)
        return self._memo(("derivative", id(x)), lambda: Lazy(at, x.item, None if x.last is None else x.last - 1))


class _Unscaled(Ring):
    """y_k = e_{k-1}: not divided by k."""

    def _equation(self, name: str, args: Any, item: Type) -> Lazy:
        y = super()._equation(name, args, item)
        return Lazy(lambda k: None if (w := y(k)) is None else self._times(w, max(k, 1)), item, y.last)


class _TruncatedProduct(Ring):
    """The last term of a convolution is forgotten."""

    def _convolve(self, u: Lazy, v: Lazy, k: int, first: int = 0) -> Coefficient:
        terms = [self._prim("mul", x, y) for j in range(first, max(k, 1))
                 if (x := u(j)) is not None and (y := v(k - j)) is not None]
        return self._sum(terms)


class _SquareOnce(Ring):
    """Mixed terms of a square are not doubled."""

    def _square(self, u: Lazy, k: int) -> Coefficient:
        terms = [self._prim("mul", x, y) for j in range(k // 2 + 1)
                 if (x := u(j)) is not None and (y := u(k - j)) is not None]
        return self._sum(terms)


class _CorrelationReversed(Ring):
    """corr(u, v) with its arguments exchanged."""

    def _corr(self, xs: Sequence[Lazy], item: Type) -> Lazy:
        return super()._corr([xs[1], xs[0]], item)


def _coefficients(ring: type[Ring]) -> type[Coefficients]:
    class Wrong(Coefficients):
        arithmetic = ring
    return Wrong


class SecondDerivativeTimesV(Coefficients):
    """The slip of two published implementations: f″·v for f″·v² in the second coefficient."""

    def _nonlinear(self, b: Builder, box: Box, name: str, types: Sequence[Type], args: Sequence[Bundle]) -> Bundle:
        right = super()._nonlinear(b, box, name, types, args)
        t = types[0]
        if len(args) != 1 or not isinstance(t, Series) or t.order < 2 or args[0].slots[1] is None:
            return right
        ring = self.ring(b)
        x0, x1, x2 = args[0].slots[:3]
        unit = ring.apply(name, [ring.known((x0, constant(b, 1.0, t.item)), t.item)])
        terms = [b.prim("mul", w, x) for w, x in ((unit(2), x1), (unit(1), x2)) if w is not None and x is not None]
        return Bundle((*right.slots[:2], ring._sum(terms), *right.slots[3:]))


class LiftMissing(Taylor):
    """Where a constant meets a series it becomes the zero series."""

    def lifted(self, b: Builder, x: Bundle) -> Wire:
        if x.slots[1] is not None:
            return x.slots[1]
        nothing = zero(b, b.type(x.head))
        return super().lifted(b, Bundle((nothing, None)))


DENSE = _reverse(DenseGather)             # right values, wrong cost: what the counted bounds must notice

STRUCTURE: Mapping[str, tuple[str, str, Mapping[str, Any]]] = MappingProxyType({
    name: (str(rule.__doc__).split("\n")[0], by, {slot: kit}) for name, by, slot, kit, rule in (
        *((name, by, "reverse", _reverse(s), s) for name, by, s in (
            ("copy-forgets", "axiom", CopyForgets), ("copy-twice", "axiom", CopyTwice),
            ("swap-residuals", "axiom", SwapResiduals), ("loop-forwards", "axiom", LoopForwards),
            ("captured-dropped", "axiom", CapturedDropped), ("initial-dropped", "axiom", InitialDropped),
            ("wrong-branch", "cross", WrongBranch), ("update-keeps", "cross", UpdateKeeps),
            ("update-for-add-at", "cross", UpdateForAddAt), ("mul-swapped", "cross", MulSwapped),
            ("mul-dropped", "cross", MulDropped), ("sub-sign", "cross", SubSign),
            ("product-for-correlation", "cross", ProductForCorrelation), ("pack-dropped", "cross", ValueForPack))),
        ("leibniz-half", "axiom", "forward", LeibnizHalf, LeibnizHalf),
        ("sums-are-states", "axiom", "forward", SumsAreStates, SumsAreStates),
        *((name, "cross", "coefficients", _coefficients(r), r) for name, r in (
            ("taylor-off-by-one", _OffByOne), ("taylor-unscaled", _Unscaled), ("taylor-truncated", _TruncatedProduct),
            ("taylor-square-once", _SquareOnce), ("correlation-reversed", _CorrelationReversed))),
        ("second-derivative-times-v", "cross", "coefficients", SecondDerivativeTimesV, SecondDerivativeTimesV),
        ("lift-missing", "cross", "taylor", LiftMissing, LiftMissing),
    )})
