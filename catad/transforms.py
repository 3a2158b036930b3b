"""Derivatives of entries, as entries: what the Python API and the command line compose.

Each takes an entry  f : a₁ → … → b  of a table to a new one, built on paper from a bubble that calls f and one
derivative box; nothing is expanded here.

    grad             a… → a′                     value_and_grad   a… → (b, a′)
    jvp              a… → a′ → (b, b′)           vjp              a… → b′ → (b, a′)
    jet              a… → [k]a′ → (b, [k]b′)     hvp              a… → a′ → a′
    jacobian         a… → b′ ⊗ a′                hessian          a… → a′ ⊗ a′          (⊗ leaf by leaf)
    vmap             [m]a… → [m]b
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from catad.functors.batch import vmap
from catad.net.build import Builder
from catad.net.net import Apply, Call, Derive, Entry, Lambda, Net, Table, Wire
from catad.net.zero import constant, zero
from catad.source import error
from catad.types.size import Size
from catad.types.type import (
    F32,
    F64,
    I64,
    Array,
    Fun,
    Prod,
    Type,
    array,
    dims,
    flatten,
    is_float,
    leaf,
    map_type,
    marked_tangent,
    tangent,
)

__all__ = ["KINDS", "derive"]


@dataclass(frozen=True, slots=True)
class Job:
    """One transformation: the entry, which arguments it concerns, and the net being built."""

    table: Table
    name: str
    entry: Entry
    argnums: tuple[int, ...]
    single: bool
    b: Builder
    params: tuple[tuple[Wire, ...], ...]          # the wires of each parameter

    @property
    def arg(self) -> Type:
        """The type of the arguments differentiated: one, or a tuple of them."""
        types = tuple(self.entry.params[k][1] for k in self.argnums)
        return types[0] if self.single else Prod(types)

    @property
    def arg_wires(self) -> list[Wire]:
        return [w for k in self.argnums for w in self.params[k]]

    def function(self) -> Wire:
        """λ of the chosen arguments, the others captured."""
        b = Builder()
        n = len(self.entry.params)
        others = [k for k in range(n) if k not in self.argnums]
        inner: dict[int, list[Wire]] = {}
        for k in (*others, *self.argnums):
            inner[k] = [b.input(self.b.type(w)) for w in self.params[k]]
        out = call(b, self.name, self.entry, [w for k in range(n) for w in inner[k]])
        fun = Fun(self.arg, self.entry.result)
        captured = [w for k in others for w in self.params[k]]
        return self.b.box(Lambda(fun), captured, [fun], [b.net(*out)], self.entry.span)[0]

    def derive(self, kind: str, sources: Sequence[Wire], targets: Sequence[Type], order: int = 0) -> tuple[Wire, ...]:
        op = Derive(kind, self.arg, self.entry.result, order)
        return self.b.box(op, [self.function(), *sources], targets, span=self.entry.span)

    @property
    def pullback(self) -> Fun:
        return Fun(tangent(self.entry.result), tangent(self.arg))

    def vjp(self) -> tuple[tuple[Wire, ...], Wire]:
        out = self.derive("vjp", self.arg_wires, [*flatten(self.entry.result), self.pullback])
        return out[:-1], out[-1]


Result = tuple[list[tuple[str, Type]], Type, Sequence[Wire]]       # further parameters, result type, its wires


def derive(table: Table, name: str, kind: str, *, argnums: tuple[int, ...], single: bool, order: int,
           in_axes: tuple[bool, ...]) -> tuple[Table, str]:
    """The table with the derivative of entry `name` added, and the name of it."""
    entry = table.entries[name]
    for k in argnums:
        if not 0 <= k < len(entry.params):
            raise error("E0609", f"`{name}` has no parameter number {k}", entry.span,
                        f"it has {len(entry.params)} (counted from 0)")
    mark = ",".join(map(str, argnums)) + ("" if single else "*") + (f";{order}" if kind == "jet" else "")
    new = f"{kind}[{mark}] {name}" if kind != "vmap" else f"vmap[{''.join('01'[a] for a in in_axes)}] {name}"
    if new in table.nets:
        return table, new
    shown = name
    table, name = _applied(table, name)
    if kind == "vmap":
        return _add(table, new, *vmap(name, entry, in_axes))
    if kind == "hessian":
        table, inner = derive(table, name, "grad", argnums=argnums, single=single, order=1, in_axes=())
        return _add(table, new, *_hessian(table, inner, entry, argnums, single))
    b = Builder()
    b.sizes.extend(entry.sizes)
    params = tuple(tuple(b.input(w) for w in flatten(t)) for _, t in entry.params)
    job = Job(table, name, entry, argnums, single, b, params)
    extra, result, wires = KINDS[kind](job, order)
    out = Entry((*entry.params, *extra), result, entry.sizes, f"{kind} of {shown}", entry.span)
    return _add(table, new, b.net(*wires), out)


def _applied(table: Table, name: str) -> tuple[Table, str]:
    """An entry that gives a function, `def f (a : f64) : f64 -> f64 = …`, takes the arguments of that as its own."""
    net = table.nets[name]
    if not any(isinstance(t, Fun) for t in net.target):
        return table, name
    b = Builder()
    b.sizes.extend(net.sizes)
    wires = list(b.splice(net, [b.input(t) for t in net.source]))
    while len(wires) == 1 and isinstance(f := b.type(wires[0]), Fun):
        args = [b.input(t) for t in flatten(f.arg)]
        wires = list(b.box(Apply(), [wires[0], *args], list(flatten(f.result))))
    return _add(table, f"{name} applied", b.net(*wires), table.entries[name])


def _add(table: Table, name: str, net: Net, entry: Entry) -> tuple[Table, str]:
    return Table({**table.nets, name: net}, {**table.entries, name: entry}, table.rules), name


def call(b: Builder, name: str, entry: Entry, args: Sequence[Wire]) -> tuple[Wire, ...]:
    sizes = tuple((x, Size.var(x)) for x in entry.sizes)
    return b.box(Call(name, sizes), args, list(flatten(entry.result)), span=entry.span)


def _scalar_result(job: Job, kind: str) -> None:
    t = job.entry.result
    if t not in (F64, F32):
        raise error("E0610", f"`{kind}` needs a function into one number", job.entry.span,
                    f"`{job.name}` gives {t}", help=["use `jacobian` or `vjp` for other results"])


def _differentiable(job: Job) -> None:
    if not any(is_float(t) for t in flatten(job.arg)):
        raise error("E0609", "there is nothing to differentiate in", job.entry.span,
                    f"the chosen argument of `{job.name}` has type {job.arg}, which holds no floats")


def _grad(job: Job, order: int) -> Result:
    return [], marked_tangent(job.arg), _value_and_grad(job)[2][1:]


def _value_and_grad(job: Job, order: int = 0) -> Result:
    _scalar_result(job, "grad")
    _differentiable(job)
    ys, back = job.vjp()
    one = constant(job.b, 1.0, job.entry.result)
    t = tangent(job.arg)
    grads = job.b.box(Apply(), [back, one], list(flatten(t)), span=job.entry.span)
    return [], Prod((job.entry.result, marked_tangent(job.arg))), [*ys, *grads]


def _fresh(job: Job, *names: str) -> list[str]:
    taken = {x for x, _ in job.entry.params}
    out = []
    for x in names:
        while x in taken:
            x += "_"
        taken.add(x)
        out.append(x)
    return out


def _jvp(job: Job, order: int) -> Result:
    _differentiable(job)
    t, r = tangent(job.arg), tangent(job.entry.result)
    dx = [job.b.input(w) for w in flatten(t)]
    out = job.derive("jvp", [*job.arg_wires, *dx], [*flatten(job.entry.result), *flatten(r)])
    result = Prod((job.entry.result, marked_tangent(job.entry.result, True)))
    return [(_fresh(job, "tangent")[0], marked_tangent(job.arg))], result, out


def _vjp(job: Job, order: int) -> Result:
    _differentiable(job)
    t, r = tangent(job.arg), tangent(job.entry.result)
    dy = [job.b.input(w) for w in flatten(r)]
    ys, back = job.vjp()
    dx = job.b.box(Apply(), [back, *dy], list(flatten(t)), span=job.entry.span)
    cotangent = (_fresh(job, "cotangent")[0], marked_tangent(job.entry.result, True))
    return [cotangent], Prod((job.entry.result, marked_tangent(job.arg))), [*ys, *dx]


def _jet(job: Job, order: int) -> Result:
    _differentiable(job)
    k = Size.of(order)
    t, r = Array(k, tangent(job.arg)), Array(k, tangent(job.entry.result))
    coefficients = [job.b.input(w) for w in flatten(t)]
    out = job.derive("jet", [*job.arg_wires, *coefficients], [*flatten(job.entry.result), *flatten(r)], order)
    given = (_fresh(job, "coefficients")[0], Array(k, marked_tangent(job.arg)))
    return [given], Prod((job.entry.result, Array(k, marked_tangent(job.entry.result, True)))), out


def _hvp(job: Job, order: int) -> Result:
    """D(R f): forward over reverse."""
    _scalar_result(job, "hvp")
    _differentiable(job)
    table, inner = derive(job.table, job.name, "grad", argnums=job.argnums, single=job.single, order=1, in_axes=())
    t = tangent(job.arg)
    dx = [job.b.input(w) for w in flatten(t)]
    outer = _inlined(job, table.nets[inner])
    fun = Fun(job.arg, t)
    out = job.b.box(Derive("jvp", fun.arg, fun.result), [outer, *job.arg_wires, *dx],
                    [*flatten(t), *flatten(t)], span=job.entry.span)
    n = len(list(flatten(t)))
    return [(_fresh(job, "tangent")[0], marked_tangent(job.arg))], marked_tangent(job.arg), out[n:]


def _inlined(job: Job, net: Net) -> Wire:
    """λ of the chosen arguments over a net that takes all parameters."""
    b = Builder()
    n = len(job.entry.params)
    others = [k for k in range(n) if k not in job.argnums]
    inner = {k: [b.input(job.b.type(w)) for w in job.params[k]] for k in (*others, *job.argnums)}
    out = b.splice(net, [w for k in range(n) for w in inner[k]])
    fun = Fun(job.arg, tangent(job.arg))
    return job.b.box(Lambda(fun), [w for k in others for w in job.params[k]], [fun], [b.net(*out)])[0]


# ── matrices of derivatives

def _each_entry(b: Builder, t: Type, captured: Sequence[Wire],
                row: Callable[[Builder, Sequence[Wire], Wire], Sequence[Wire]]) -> list[Wire]:
    """`row` at each unit vector of a leaf type, collected over the leaf's dimensions.

    `row (b, captured, unit)` gives the wires of one entry.
    """
    sizes = dims(t)
    if not sizes:
        return list(row(b, captured, constant(b, 1.0, leaf(t))))
    return _entry_loop(b, t, list(sizes), [], captured, row)


def _entry_loop(b: Builder, t: Type, sizes: list[Size], at: list[Wire], captured: Sequence[Wire],
                row: Callable[[Builder, Sequence[Wire], Wire], Sequence[Wire]]) -> list[Wire]:
    if not sizes:
        unit = b.prim("update", zero(b, t), *at, constant(b, 1.0, leaf(t)))
        return list(row(b, captured, unit))
    body = Builder()
    inner = [body.input(b.type(w)) for w in captured]
    before = [body.input(I64) for _ in at]
    i = body.input(I64)
    out = _entry_loop(body, t, sizes[1:], [*before, i], inner, row)
    return list(b.loop(sizes[0], body.net(*out), [*captured, *at]))


def _jacobian(job: Job, order: int) -> Result:
    """Reverse: one pullback for each entry of the result."""
    _differentiable(job)
    _, back = job.vjp()
    r, a = tangent(job.entry.result), tangent(job.arg)
    leaves = list(flatten(r))
    wires: list[Wire] = []
    for k, t in enumerate(leaves):
        def row(b: Builder, captured: Sequence[Wire], unit: Wire, k: int = k) -> Sequence[Wire]:
            cotangents = [unit if j == k else zero(b, s) for j, s in enumerate(leaves)]
            return b.box(Apply(), [captured[0], *cotangents], list(flatten(a)))
        wires += _each_entry(job.b, t, [back], row)
    return [], product(r, a), wires


def product(rows: Type, columns: Type) -> Type:
    """rows ⊗ columns: the structure of `rows`, each leaf [s…]f replaced by `columns` with [s…] before its leaves."""
    def at_leaf(t: Type) -> Type | None:
        if (isinstance(t, Array) and not isinstance(leaf(t), Prod) and is_float(t)) or t in (F64, F32):
            sizes = dims(t)

            def prefix(u: Type) -> Type | None:
                if u in (F64, F32) or (isinstance(u, Array) and is_float(u)):
                    return array(sizes, u)
                return None
            return map_type(prefix, columns)
        return None
    return map_type(at_leaf, rows)


def _hessian(table: Table, inner: str, entry: Entry, argnums: tuple[int, ...], single: bool) -> tuple[Net, Entry]:
    """Forward over reverse: a row of the Hessian is the derivative of the gradient along a unit vector."""
    b = Builder()
    b.sizes.extend(entry.sizes)
    params = tuple(tuple(b.input(w) for w in flatten(t)) for _, t in entry.params)
    job = Job(table, inner, entry, argnums, single, b, params)
    t = tangent(job.arg)
    leaves = list(flatten(t))
    outer = _inlined(job, table.nets[inner])
    fun = Fun(job.arg, t)
    wires: list[Wire] = []
    for k, s in enumerate(leaves):
        def row(b: Builder, captured: Sequence[Wire], unit: Wire, k: int = k) -> Sequence[Wire]:
            f, *xs = captured
            direction = [unit if j == k else zero(b, u) for j, u in enumerate(leaves)]
            out = b.box(Derive("jvp", fun.arg, fun.result), [f, *xs, *direction], [*leaves, *leaves])
            return out[len(leaves):]
        wires += _each_entry(b, s, [outer, *job.arg_wires], row)
    return b.net(*wires), Entry(entry.params, product(t, t), entry.sizes, f"Hessian of {inner}", entry.span)


KINDS: dict[str, Callable[[Job, int], Result]] = {
    "grad": _grad, "value_and_grad": _value_and_grad, "jvp": _jvp, "vjp": _vjp, "jet": _jet, "hvp": _hvp,
    "jacobian": _jacobian}
