"""Normalisation: an entry's net with every function gone. Beta and the expansion of derivative operators.

    apply(λ body ⟨captured⟩, x)   =   body(captured, x)                           beta
    vjp(λ body ⟨captured⟩, x)     =   (fwd(captured, x), λ bwd⟨residual⟩)         (fwd, bwd) = R(body), captured const

A walk over the boxes with values in two forms: a wire of the net being built, or a *bundle* of functions, bubbles with
the values that they captured (`bundle.py`). Most bundles are closures, of one function known while compiling, which
leave no trace; one that is chosen at run time (by `if`, from an array, by a loop) is data: a tag, and what was
captured (`leafwise.py`, `meet.py`). Derivatives are expanded innermost first: the bubble is normalised, then the
functor is applied to it; what it captured is constant to it, so perturbations cannot be confused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from catad.net.build import Builder, rename_sizes, resize_op
from catad.net.net import (
    Apply,
    BindSize,
    Box,
    Call,
    Derive,
    IfOp,
    Lambda,
    Loop,
    Net,
    Op,
    Table,
    While,
    Wire,
    captured,
)
from catad.net.zero import ZERO
from catad.rewrite.bubble import Bubble
from catad.rewrite.bundle import Alternative, Bundle, Leaf, Numbers, absent, closure
from catad.rewrite.leafwise import Value, leafwise
from catad.rewrite.leafwise import wires as plain
from catad.rewrite.meet import Arm, Site, Step, branches, counted, dispatch, unbounded
from catad.rewrite.once import called_once
from catad.rewrite.unchecked import Draft
from catad.source import CatadError, Span, error
from catad.types.size import Size
from catad.types.type import Fun, flatten, holds_function, subst

__all__ = ["Expand", "Normaliser", "Value"]

INLINE_BOXES = 400

Sizes = Mapping[str, Size]


# Expands a derivative box: the functor's action on a first-order bubble whose first `constants` inputs are captured.
#   (builder, op, bubble, captured wires, argument wires, span) → values of the box's targets
Expand = Callable[[Builder, Derive, Net, Sequence[Wire], Sequence[Wire], "Span | None"], list[Value]]


class Normaliser:
    """Normal forms of the nets of a table, made on demand and once. `tidy` hands out valid nets, at least."""

    def __init__(self, table: Table, expand: Expand, tidy: Callable[[Net], Net]) -> None:
        self.table = table
        self.expand = expand
        self.tidy = tidy
        self.nets: dict[str, Net] = {}
        self.number = Numbers()
        self._fresh = 0
        self._pending: dict[str, None] = {}                  # definitions whose own derivative is being normalised
        self._once: frozenset[str] | None = None             # what is part of its one caller

    def normal(self, name: str, *, tidied: bool = True) -> Net:
        """The normal form of a named net with a first-order boundary.

        `tidied` is off for one that nothing calls: it is tidied once, in the end.
        """
        if name not in self.nets:
            if self._once is None:
                self._once = called_once(self.table, name)
            net = self.table.nets[name]
            b = Draft()                                      # validated by `tidy`, with all its bubbles
            b.sizes.extend(net.sizes)
            args: list[Value] = [b.input(t) for t in net.source]
            made = b.net(*self._applied(b, self.walk(b, net, args, {})))
            self.nets[name] = self.tidy(made) if tidied else made
        return self.nets[name]

    def _applied(self, b: Builder, out: list[Value]) -> list[Wire]:
        """An entry that is a function of more arguments: def f (a : f64) : f64 -> f64 = …"""
        while len(out) == 1 and isinstance(f := out[0], Bundle) and not f.dims and not holds_function(f.type.arg):
            out = self.call(b, f, [b.input(t) for t in flatten(f.type.arg)], None)
        wires = plain(out)
        if len(wires) < len(out):
            raise _unknown_function()
        return wires

    def closed(self, f: Bundle[Leaf], b: Builder) -> tuple[Net, list[Wire]]:
        """A function as a first-order net (captured wires, then its arguments), normalised; and those wires."""
        inner = Bubble(b)
        value = inner.enter(f)
        args = inner.bound(list(flatten(f.type.arg)))
        out = self.call(inner.b, value, list(args), None)
        net = inner.close(plain(out), inner.captured)
        return self.tidy(net), list(inner.captured)

    # ── the walk

    def walk(self, b: Builder, net: Net, args: Sequence[Value], sizes: Sizes) -> list[Value]:
        """Normalise the boxes of `net` into `b`, its inputs being `args`."""
        at: dict[Wire, Value] = dict(zip(net.inputs, args, strict=True))
        sizes = self._freshen(net, sizes)
        for box in net.boxes:
            values = [at[s] for s in box.sources]
            out = self._box(b, net, box, values, sizes)
            at.update(zip(box.targets, out, strict=True))
        return [at[w] for w in net.outputs]

    def _freshen(self, net: Net, sizes: Sizes) -> Sizes:
        """Sizes bound inside get names that occur nowhere else."""
        bound = [box.op.name for box in net.boxes if isinstance(box.op, BindSize)]
        if not bound:
            return sizes
        renamed = dict(sizes)
        for name in bound:
            self._fresh += 1
            renamed[name] = Size.var(f"{name.split('$')[0]}${self._fresh}")
        return renamed

    def _box(self, b: Builder, net: Net, box: Box, values: list[Value], sizes: Sizes) -> Sequence[Value]:
        match box.op:
            case Lambda(t):
                fun = subst(t, {}, sizes)
                assert isinstance(fun, Fun)
                body = rename_sizes(box.bubbles[0], sizes)
                return [absent(fun) if box.reason == ZERO else closure(body, values, fun, box.span)]
            case Apply():
                return self.call(b, values[0], values[1:], box.span)
            case Call():
                return self._named(b, box, values, sizes)
            case Derive():
                return self._derive(b, box, values, sizes)
            case IfOp():
                return self._if(b, box, values, sizes)
            case Loop():
                return self._loop(b, box, values, sizes)
            case While():
                return self._while(b, box, values, sizes)
        op = resize_op(box.op, sizes) if sizes else box.op
        targets = [subst(net.wires[t], {}, sizes) for t in box.targets]
        wires = plain(values)
        if len(wires) < len(values):
            return leafwise(b, self.number, replace(box, op=op), values, targets)
        return b.box(op, wires, targets, (), box.span, box.reason)

    def call(self, b: Builder, f: Value, args: Sequence[Value], span: Span | None) -> list[Value]:
        """beta"""
        assert isinstance(f, Bundle)
        return dispatch(Site(b, self.number, span), f, args, self._beta)

    def _beta(self, b: Builder, f: Alternative[Leaf], args: Sequence[Value]) -> list[Value]:
        given = [v if isinstance(v, Bundle) else v.wire for v in f.captured]
        return self.walk(b, f.body, [*given, *args], {})

    def _named(self, b: Builder, box: Box, values: list[Value], sizes: Sizes) -> Sequence[Value]:
        """Definitions over functions, and those called once, are unfolded; others when they are small."""
        assert isinstance(box.op, Call) and self._once is not None
        at = {x: s.subst(sizes) for x, s in box.op.sizes}
        if box.op.name in self.table.rules:
            return self._with_rule(b, box, values, at)
        net = self.table.nets.get(box.op.name)              # or the derivative of one, which is normal already
        if net is not None and (box.op.name in self._once or any(map(holds_function, (*net.source, *net.target)))):
            return self.walk(b, net, values, at)
        normal = self.normal(box.op.name)
        wires = plain(values)
        if binds_sizes(normal):
            return self.walk(b, normal, wires, at)
        if count_boxes(normal) <= INLINE_BOXES:
            return b.splice(normal, wires, at, box.span)
        op: Op = Call(box.op.name, tuple(at.items()))
        return b.box(op, wires, [subst(t, {}, at) for t in normal.target], (), box.span, box.reason)

    def _with_rule(self, b: Builder, box: Box, values: list[Value], sizes: Sizes) -> Sequence[Value]:
        """What carries its own derivative stays a call; its rule is needed too, and may call it."""
        assert isinstance(box.op, Call)
        name = box.op.name
        normal = self.normal(name)
        if name not in self._pending and self.table.rules[name] not in self.nets:
            self._pending[name] = None
            self.normal(self.table.rules[name])
            del self._pending[name]
        op = Call(box.op.name, tuple(sizes.items()))
        return b.box(op, plain(values), [subst(t, {}, sizes) for t in normal.target], (), box.span,
                     box.reason)

    def _derive(self, b: Builder, box: Box, values: list[Value], sizes: Sizes) -> list[Value]:
        op = resize_op(box.op, sizes)
        assert isinstance(op, Derive)
        f = values[0]
        assert isinstance(f, Bundle)
        net, constants = self.closed(f, b)
        circular = [name for name in called(net) if name in self._pending]
        if circular:
            raise error("E0208", f"the derivative of `{circular[0]}` is defined by itself", box.span,
                        f"this needs the derivative of `{circular[0]}`",
                        help=["the equation may use the function, and the primed names; not the function's derivative"])
        return self.expand(b, op, net, constants, plain(values[1:]), box.span)

    # ── bubbles

    def _if(self, b: Builder, box: Box, values: list[Value], sizes: Sizes) -> list[Value]:
        def arm(bubble: Net) -> Arm:
            return lambda inner: self.walk(inner.b, bubble, [inner.enter(v) for v in values[1:]], sizes)
        return branches(self._site(b, box), plain(values[:1])[0], [arm(bubble) for bubble in box.bubbles])

    def _loop(self, b: Builder, box: Box, values: list[Value], sizes: Sizes) -> list[Value]:
        op = resize_op(box.op, sizes)
        assert isinstance(op, Loop)
        n = len(captured(box))
        return counted(self._site(b, box), op, values[n:], self._step(box.bubbles[0], values[:n], sizes))

    def _while(self, b: Builder, box: Box, values: list[Value], sizes: Sizes) -> list[Value]:
        n = len(captured(box))
        cond, body = (self._step(bubble, values[:n], sizes) for bubble in box.bubbles)
        return unbounded(self._site(b, box), values[n:], cond, body)

    def _step(self, bubble: Net, outer: Sequence[Value], sizes: Sizes) -> Step:
        return lambda inner, bound: self.walk(inner.b, bubble, [*map(inner.enter, outer), *bound], sizes)

    def _site(self, b: Builder, box: Box) -> Site:
        return Site(b, self.number, box.span, box.reason)


def count_boxes(net: Net) -> int:
    """Boxes of a net, bubbles included."""
    if "boxes" not in net._memo:
        net._memo["boxes"] = sum(1 + sum(map(count_boxes, box.bubbles)) for box in net.boxes)
    n = net._memo["boxes"]
    assert isinstance(n, int)
    return n


def called(net: Net) -> Iterator[str]:
    """The names that a net calls, bubbles included."""
    for box in net.boxes:
        if isinstance(box.op, Call):
            yield box.op.name
        for bubble in box.bubbles:
            yield from called(bubble)


def binds_sizes(net: Net) -> bool:
    """Does the net or a bubble of it bind a size while it runs?"""
    return any(isinstance(box.op, BindSize) or any(map(binds_sizes, box.bubbles)) for box in net.boxes)


def _unknown_function() -> CatadError:
    return error("E0402", "this function is not known while compiling", None,
                 "functions must come from definitions and lambdas, not from the caller",
                 help=["an entry takes and returns numbers, arrays, tuples and records; give it the function inside"])
