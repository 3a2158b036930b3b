"""Running a net: one walk over its boxes, in any domain.

    ⟦net⟧ : inputs → outputs      ⟦f ; g⟧ = ⟦g⟧ ∘ ⟦f⟧,  a bubble is a function of what it captures

Sizes are numbers in an environment beside the wires: bound at the boundary from the shapes of the inputs, by the
sizes of a `Call`, or by `BindSize`. A net is prepared once (each box becomes a Python function) and then walked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from catad.net import net as op
from catad.net.net import Box, Net, Table
from catad.source.deep import deep
from catad.types.size import Size
from catad.types.type import BOOL, Array, Scalar, Series, Type, dims

from ..shown import show
from .arrays import ARRAY_ROWS, Store, array_row, orders, series_row
from .boundary import bind_sizes, enter, leave
from .domain import Domain, Fault, internal

__all__ = ["BUDGET", "Machine", "evaluate"]

BUDGET = 1 << 31
Sizes = Mapping[str, int]
Step = Callable[[Sequence[Any], dict[str, int]], tuple[Any, ...]]


def evaluate(table: Table, name: str, args: Sequence[Any], domain: Domain, budget: int = BUDGET) -> tuple[Any, ...]:
    """The outputs of a net of the table at flat values."""
    if name not in table.nets:
        raise internal(f"no net is called {name}")
    net = table.nets[name]
    entry = table.entries.get(name)
    span = entry.span if entry is not None else None
    machine = Machine(table, domain, budget)
    with deep(), np.errstate(all="ignore"):
        try:
            values = [enter(domain, v, t) for v, t in zip(args, net.source, strict=True)]
            sizes = bind_sizes(domain, net, values)
        except Fault as fault:
            raise fault.at(span) from None
        return tuple(leave(domain, v, t) for v, t in zip(machine.run(net, values, sizes), net.target, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Closure:
    """The value of a function wire."""

    net: Net
    captured: tuple[Any, ...]
    sizes: dict[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A net with its boxes prepared; `binds` tells whether it binds sizes of its own."""

    net: Net
    steps: tuple[tuple[Box, Step], ...]
    binds: bool


class Machine:
    """Prepares and walks the nets of one run."""

    def __init__(self, table: Table, domain: Domain, budget: int) -> None:
        self.table, self.domain, self.budget = table, domain, budget
        self._plans: dict[int, Plan] = {}                # by identity; a plan keeps its net alive

    def run(self, net: Net, args: Sequence[Any], sizes: dict[str, int]) -> tuple[Any, ...]:
        plan = self._plans.get(id(net)) or self._prepare(net)
        if plan.binds:
            sizes = dict(sizes)
        values: list[Any] = [None] * len(net.wires)
        for w, v in zip(net.inputs, args, strict=True):
            values[w] = v
        for box, step in plan.steps:
            try:
                out = step([values[s] for s in box.sources], sizes)
            except Fault as fault:
                raise fault.at(box.span) from None
            for t, v in zip(box.targets, out, strict=True):
                values[t] = v
        return tuple([values[w] for w in net.outputs])

    def _prepare(self, net: Net) -> Plan:
        steps = tuple((b, self._step_or_fault(net, b)) for b in net.boxes)
        plan = self._plans[id(net)] = Plan(net, steps, any(isinstance(b.op, op.BindSize) for b in net.boxes))
        return plan

    def _step_or_fault(self, net: Net, box: Box) -> Step:
        """What has no meaning in a domain is an error only when it is reached."""
        try:
            return self._step(net, box)
        except Fault as fault:
            return _fails(fault)

    def _step(self, net: Net, box: Box) -> Step:
        """What a box does to the values of its sources."""
        match box.op:
            case op.Prim(name):
                return self._prim(name, net.type_of(box.sources))
            case op.Const(value, scalar):
                return _always(self.domain.const(value, scalar))
            case op.SizeValue(size):
                return lambda _, sizes: (value_of(size, sizes),)
            case op.BindSize(name, clamp):
                return self._bind(name, clamp)
            case op.Guard(checks):
                return lambda args, sizes: _guard(checks, args, sizes)
            case op.Assert():
                return lambda args, _: (self._assert(args[0], args[1]),)
            case op.Trace():
                return lambda args, _: _show(box, args)
            case op.Fill(shape):
                return self._fill(shape, net.wires[box.targets[0]])
            case op.SeriesPack(order):
                return self._pack(order, net.wires[box.sources[0]])
            case op.SeriesPart(part):
                return self._part(part, net.wires[box.sources[0]], net.wires[box.targets[0]])
            case op.Call(name, given):
                return self._call(name, given)
            case op.Lambda():
                return lambda args, sizes: (Closure(box.bubbles[0], tuple(args), sizes),)
            case op.Apply():
                return lambda args, _: self.run(args[0].net, [*args[0].captured, *args[1:]], args[0].sizes)
            case op.IfOp():
                return self._if(net, box)
            case op.Loop() as loop:
                return self._loop(box, loop)
            case op.While():
                return self._while(box)
            case op.Derive(kind):
                raise internal(f"a {kind} that was not expanded reached a backend")
        raise internal(f"an unknown operation {type(box.op).__name__}")

    # ── primitives and series ──────────────────────────────────────────────────────────────────────────────────

    def _prim(self, name: str, types: Sequence[Type]) -> Step:
        domain = self.domain
        if name in ARRAY_ROWS:
            meaning = array_row(domain, name, types, self.budget)
        elif name == "select":
            return lambda args, _: (self._select(args[0], args[1], args[2], types[1]),)
        elif any(isinstance(t, Series) for t in types):
            meaning = series_row(domain, name, types)
        else:
            meaning = domain.row(name, [t for t in types if isinstance(t, Scalar)])
        return lambda args, _: (meaning(*args),)

    def _select(self, cond: Any, a: Any, b: Any, t: Type) -> Any:
        known = self.domain.truth(cond)
        if known is not None:
            return a if known else b
        store = Store(self.domain, t, self.budget)
        if not isinstance(store.scalar, Scalar):
            raise Fault("E0712", f"the {self.domain.name} meaning of this chooses between functions")
        pick = self.domain.row("select", (BOOL, store.scalar, store.scalar))
        if not isinstance(a, np.ndarray):
            return pick(cond, a, b)
        if a.shape != b.shape:
            raise Fault("E0712", "the two branches give arrays of different sizes, and the condition is undecided")
        out = np.empty(a.shape, np.object_)
        for i in np.ndindex(a.shape):
            out[i] = pick(cond, a[i], b[i])
        return out

    def _assert(self, cond: Any, value: Any) -> Any:
        """Where the condition depends on unknowns, it is taken for granted."""
        if self.domain.truth(cond) is False:
            raise Fault("E0508", "assertion failed", "this is false")
        return value

    def _pack(self, order: int, t: Type) -> Step:
        store = Store(self.domain, t, self.budget)
        inner = len(store.orders)
        zero = self.domain.const(0, store.scalar) if isinstance(store.scalar, Scalar) else None

        def step(args: Sequence[Any], _: Sizes) -> tuple[Any, ...]:
            head = args[0] if isinstance(args[0], np.ndarray) else _cell(args[0], store.dtype)
            out = np.empty((order + 1, *head.shape), head.dtype)
            out[0, ...] = head
            if len(args) == 1:
                out[1:].fill(zero)
            else:
                coefficients = np.moveaxis(args[1], inner, 0)
                if coefficients.shape != out[1:].shape:
                    raise Fault("E0502", "sizes differ",
                                f"a series of order {order} over {head.shape} from {coefficients.shape}")
                out[1:] = coefficients
            return (out,)
        return step

    def _part(self, part: str, source: Type, target: Type) -> Step:
        inner = len(orders(source)) - 1
        if part == "coefficients":
            return lambda args, _: (np.moveaxis(args[0][1:], 0, inner),)
        if isinstance(target, Scalar):
            return lambda args, _: (self.domain.enter(args[0][0], target),)
        return lambda args, _: (args[0][0],)

    # ── sizes ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _bind(self, name: str, clamp: bool) -> Step:
        def step(args: Sequence[Any], sizes: dict[str, int]) -> tuple[Any, ...]:
            n = self.domain.integer(args[0])
            if n is None:
                raise Fault("E0712", f"the {self.domain.name} meaning of this depends on an unknown size")
            if n < 0 and not clamp:
                raise Fault("E0506", "negative size", f"{'it' if '$' in name else name} would be {n}")
            n = max(n, 0)
            if sizes.get(name, n) != n:
                raise Fault("E0502", "sizes differ", f"{name} is {n} here, but an array says {sizes[name]}")
            sizes[name] = n
            return ()
        return step

    def _fill(self, shape: Sequence[Size], t: Type) -> Step:
        store = Store(self.domain, t, self.budget)
        return lambda args, sizes: (store.fill([extent(s, sizes) for s in shape], args[0]),)

    def _call(self, name: str, sizes: Sequence[tuple[str, Size]]) -> Step:
        net = self.table.nets.get(name)
        if net is None:
            raise internal(f"a call of {name}, which is no net of the table")

        def step(args: Sequence[Any], outer: Sizes) -> tuple[Any, ...]:
            given = {x: value_of(s, outer) for x, s in sizes}
            return self.run(net, args, bind_sizes(self.domain, net, args, given))
        return step

    # ── bubbles ────────────────────────────────────────────────────────────────────────────────────────────────

    def _if(self, net: Net, box: Box) -> Step:
        then, other = box.bubbles

        def step(args: Sequence[Any], sizes: dict[str, int]) -> tuple[Any, ...]:
            known = self.domain.truth(args[0])
            if known is not None:
                return self.run(then if known else other, args[1:], sizes)
            both = zip(self.run(then, args[1:], sizes), self.run(other, args[1:], sizes),
                       net.type_of(box.targets), strict=True)
            return tuple(self._select(args[0], a, b, t) for a, b, t in both)
        return step

    def _loop(self, box: Box, loop: op.Loop) -> Step:
        carried, body = len(loop.carries), box.bubbles[0]
        first = len(box.sources) - carried
        elements = body.target[carried:]
        stores = [Store(self.domain, t, self.budget) for t in elements]

        def collected(n: int, sizes: Sizes, row: Sequence[Any] | None) -> list[Any]:
            return [s.empty((n, *_shape(t, None if row is None else row[k], sizes)))
                    for k, (s, t) in enumerate(zip(stores, elements, strict=True))]

        def step(args: Sequence[Any], sizes: dict[str, int]) -> tuple[Any, ...]:
            n = extent(loop.size, sizes)
            state: Sequence[Any] = args[first:]
            room: list[Any] | None = None
            for i in range(n - 1, -1, -1) if loop.down else range(n):
                out = self.run(body, [*args[:first], i, *state], sizes)
                state = out[:carried]
                if room is None:                           # made after one trip, which tells the dimensions
                    room = collected(n, sizes, out[carried:])
                for k, item in enumerate(out[carried:]):
                    room[k][(*stores[k].skip, i)] = item
            return (*state, *(collected(n, sizes, None) if room is None else room))
        return step

    def _while(self, box: Box) -> Step:
        cond, body = box.bubbles
        first = len(box.sources) - len(box.targets)

        def step(args: Sequence[Any], sizes: dict[str, int]) -> tuple[Any, ...]:
            held, state = args[:first], tuple(args[first:])
            while True:
                again = self.domain.truth(self.run(cond, [*held, *state], sizes)[0])
                if again is None:
                    raise Fault("E0712", f"the {self.domain.name} meaning of this loop has an undecided condition")
                if not again:
                    return state
                state = self.run(body, [*held, *state], sizes)
        return step


# ── small things ───────────────────────────────────────────────────────────────────────────────────────────────


def value_of(size: Size, sizes: Sizes) -> int:
    """The value of a size, which may be negative."""
    try:
        return size.evaluate(sizes)
    except KeyError as e:
        raise internal(f"the size {e} is not bound here") from None


def extent(size: Size, sizes: Sizes) -> int:
    """The number of entries or trips: a negative size counts as none."""
    return max(value_of(size, sizes), 0)


def _shape(t: Type, sample: Any, sizes: Sizes) -> tuple[int, ...]:
    """The dimensions of a collected element: those of the first one, or what its type says when there is none."""
    if sample is None:
        return tuple(extent(s, sizes) for s in dims(t))
    return np.shape(sample)[len(orders(t)):] if isinstance(t, Array) else ()


def _guard(checks: Sequence[tuple[Size, Size]], args: Sequence[Any], sizes: Sizes) -> tuple[Any, ...]:
    for a, b in checks:
        left, right = value_of(a, sizes), value_of(b, sizes)
        if left != right:
            raise Fault("E0502", "sizes differ", f"{a} is {left}, but {b} is {right}")
    return tuple(args)


def _show(box: Box, args: Sequence[Any]) -> tuple[Any, ...]:
    show(box.span, args)
    return tuple(args)


def _always(value: Any) -> Step:
    return lambda _, __: (value,)


def _fails(fault: Fault) -> Step:
    def step(args: Sequence[Any], sizes: dict[str, int]) -> tuple[Any, ...]:
        raise fault
    return step


def _cell(value: Any, dtype: Any) -> Any:
    """A scalar as an array without dimensions."""
    out = np.empty((), dtype)
    out[()] = value
    return out
