"""Normalisation: an entry's net with every function gone. Beta and the expansion of derivative operators.

    apply(λ body ⟨captured⟩, x)   =   body(captured, x)                           beta
    vjp(λ body ⟨captured⟩, x)     =   (fwd(captured, x), λ bwd⟨residual⟩)         (fwd, bwd) = R(body), captured const

A walk over the boxes with values in two forms: a wire of the net being built, or a *closure*, a bubble with the values
that it captured. Closures are pushed inwards through walls; only a function that is chosen at run time (by `if`, from
an array, by a loop) would have to become data, and is refused with a diagnostic. Derivatives are expanded innermost
first: the bubble is normalised, then the functor is applied to it; what it captured is constant to it, so
perturbations cannot be confused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

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
    Prim,
    Table,
    While,
    Wire,
    captured,
)
from catad.rewrite.unchecked import Draft
from catad.source import CatadError, Span, error
from catad.types.size import Size
from catad.types.type import Fun, Type, flatten, holds_function, subst

__all__ = ["Closure", "Expand", "Normaliser"]

INLINE_BOXES = 400

Sizes = Mapping[str, Size]


@dataclass(frozen=True, slots=True, eq=False)
class Closure:
    """A function known while compiling: its bubble, what it captured, and the sizes around it."""

    body: Net
    captured: tuple[Value, ...]
    type: Fun


Value = Wire | Closure

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
        self._fresh = 0
        self._pending: dict[str, None] = {}                  # definitions whose own derivative is being normalised

    def normal(self, name: str, *, tidied: bool = True) -> Net:
        """The normal form of a named net with a first-order boundary.

        `tidied` is off for one that nothing calls: it is tidied once, in the end.
        """
        if name not in self.nets:
            net = self.table.nets[name]
            b = Draft()                                      # validated by `tidy`, with all its bubbles
            b.sizes.extend(net.sizes)
            args: list[Value] = [b.input(t) for t in net.source]
            out = self.walk(b, net, args, {})
            made = b.net(*_wires(out, None))
            self.nets[name] = self.tidy(made) if tidied else made
        return self.nets[name]

    def closed(self, f: Closure, b: Builder) -> tuple[Net, list[Wire]]:
        """A closure as a first-order net (captured wires, then its arguments), normalised; and those wires."""
        inner = _Bubble(b, self)
        value = inner.enter(f)
        args = inner.bound(list(flatten(f.type.arg)))
        out = self.call(inner.b, value, list(args), None)
        net = inner.close(_wires(out, None), inner.captured)
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
                return [Closure(rename_sizes(box.bubbles[0], sizes), tuple(values), fun)]
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
            case Prim("constant") if isinstance(values[0], Closure):
                return [_constant(b, values[0], box.span)]
        op = resize_op(box.op, sizes) if sizes else box.op
        targets = [subst(net.wires[t], {}, sizes) for t in box.targets]
        return b.box(op, _wires(values, box.span), targets, (), box.span, box.reason)

    def call(self, b: Builder, f: Value, args: Sequence[Value], span: Span | None) -> list[Value]:
        """beta"""
        if not isinstance(f, Closure):
            raise unknown_function(span)
        return self.walk(b, f.body, [*f.captured, *args], {})

    def _named(self, b: Builder, box: Box, values: list[Value], sizes: Sizes) -> Sequence[Value]:
        """Definitions over functions are unfolded; others are called, or unfolded when they are small."""
        assert isinstance(box.op, Call)
        at = {x: s.subst(sizes) for x, s in box.op.sizes}
        if box.op.name in self.table.rules:
            return self._with_rule(b, box, values, at)
        net = self.table.nets.get(box.op.name)              # or the derivative of one, which is normal already
        if net is not None and any(map(holds_function, (*net.source, *net.target))):
            return self.walk(b, net, values, at)
        normal = self.normal(box.op.name)
        wires = _wires(values, box.span)
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
        return b.box(op, _wires(values, box.span), [subst(t, {}, sizes) for t in normal.target], (), box.span,
                     box.reason)

    def _derive(self, b: Builder, box: Box, values: list[Value], sizes: Sizes) -> list[Value]:
        op = resize_op(box.op, sizes)
        assert isinstance(op, Derive)
        f = values[0]
        if not isinstance(f, Closure):
            raise unknown_function(box.span)
        net, constants = self.closed(f, b)
        circular = [name for name in called(net) if name in self._pending]
        if circular:
            raise error("E0208", f"the derivative of `{circular[0]}` is defined by itself", box.span,
                        f"this needs the derivative of `{circular[0]}`",
                        help=["the equation may use the function, and the primed names; not the function's derivative"])
        return self.expand(b, op, net, constants, _wires(values[1:], box.span), box.span)

    # ── bubbles

    def _if(self, b: Builder, box: Box, values: list[Value], sizes: Sizes) -> Sequence[Value]:
        branches: list[_Bubble] = []
        outputs: list[list[Wire]] = []
        for bubble in box.bubbles:
            inner = _Bubble(b, self)
            out = self.walk(inner.b, bubble, [inner.enter(v) for v in values[1:]], sizes)
            branches.append(inner)
            outputs.append(_wires(out, box.span, "by an `if`"))
        union = tuple(dict.fromkeys(w for inner in branches for w in inner.captured))
        nets = [inner.close(out, union) for inner, out in zip(branches, outputs, strict=True)]
        return b.box(IfOp(), [*_wires(values[:1], box.span), *union], nets[0].target, nets, box.span, box.reason)

    def _loop(self, b: Builder, box: Box, values: list[Value], sizes: Sizes) -> Sequence[Value]:
        op = resize_op(box.op, sizes)
        assert isinstance(op, Loop)
        n = len(captured(box))
        inits = _wires(values[n:], box.span, "by a loop")
        inner = _Bubble(b, self)
        bubble = box.bubbles[0]
        entered = [inner.enter(v) for v in values[:n]]
        bound = inner.bound([subst(t, {}, sizes) for t in bubble.source[n:]])
        out = self.walk(inner.b, bubble, [*entered, *bound], sizes)
        body = inner.close(_wires(out, box.span, "in an array or by a loop"), inner.captured)
        kinds = [c.kind for c in op.carries]
        return b.loop(op.size, body, inner.captured, inits, kinds, op.down, box.span, box.reason)

    def _while(self, b: Builder, box: Box, values: list[Value], sizes: Sizes) -> Sequence[Value]:
        n = len(captured(box))
        inits = _wires(values[n:], box.span, "by a loop")
        inner = [_Bubble(b, self), _Bubble(b, self)]
        outputs: list[list[Wire]] = []
        states: list[list[Wire]] = []
        for bubble, net in zip(inner, box.bubbles, strict=True):
            entered = [bubble.enter(v) for v in values[:n]]
            bound = bubble.bound([subst(t, {}, sizes) for t in net.source[n:]])
            out = self.walk(bubble.b, net, [*entered, *bound], sizes)
            outputs.append(_wires(out, box.span, "by a loop"))
            states.append(bound)
        union = tuple(dict.fromkeys(w for bubble in inner for w in bubble.captured))
        nets = [bubble.close(out, union) for bubble, out in zip(inner, outputs, strict=True)]
        return b.box(While(), [*union, *inits], nets[1].target, nets, box.span, box.reason)


class _Bubble:
    """A bubble being rebuilt: values enter through the wall, each wire once."""

    def __init__(self, outer: Builder, owner: Normaliser) -> None:
        self.outer = outer
        self.b = Draft()
        self._inside: dict[Wire, Wire] = {}

    def enter(self, v: Value) -> Value:
        if isinstance(v, Closure):
            return Closure(v.body, tuple(self.enter(x) for x in v.captured), v.type)
        return self._wire(v)

    def _wire(self, w: Wire) -> Wire:
        if w not in self._inside:
            self._inside[w] = self.b.wire(self.outer.type(w))
        return self._inside[w]

    def bound(self, types: Sequence[Type]) -> list[Wire]:
        return [self.b.input(t) for t in types]

    @property
    def captured(self) -> tuple[Wire, ...]:
        return tuple(self._inside)

    def close(self, outputs: Sequence[Wire], order: Sequence[Wire]) -> Net:
        self.b.inputs[:0] = [self._wire(w) for w in order]
        return self.b.net(*outputs)


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


def _constant(b: Builder, v: Value, span: Span | None) -> Value:
    """A function is constant where what it captured is."""
    if isinstance(v, Closure):
        return Closure(v.body, tuple(_constant(b, x, span) for x in v.captured), v.type)
    return b.prim("constant", v, span=span)


def _wires(values: Sequence[Value], span: Span | None, how: str = "while the program runs") -> list[Wire]:
    for v in values:
        if isinstance(v, Closure):
            raise chosen_function(span, how)
    return [v for v in values if not isinstance(v, Closure)]


def chosen_function(span: Span | None, how: str) -> CatadError:
    return error("E0401", f"a function is chosen {how}", span, "this would have to carry a function as a value",
                 help=["apply the function first and choose between the results, or pass an integer that says "
                       "which function to apply"])


def unknown_function(span: Span | None) -> CatadError:
    return error("E0402", "this function is not known while compiling", span,
                 "functions must come from definitions and lambdas, not from the caller",
                 help=["an entry takes and returns numbers, arrays, tuples and records; give it the function inside"])
