"""From the entry of a table to its kernel and functions: the boundaries, and the lowering of what is inside."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from catad.net.net import BindSize, Net, Table
from catad.net.sizes import require_told, spoken
from catad.types.size import Size
from catad.types.type import Array as ArrayType
from catad.types.type import dims

from .arrays import Value, View, product
from .function import Function, needs
from .inlining import Inlining
from .kernel import Array, Buffer, Dim, Kernel, Port, Reg, Shown, Site, SizeSource
from .lanes import Lanes
from .layout import first_cells, slots_of
from .lower import Lowering
from .schedule import NetPlan, Planner
from .scope import kind_of

__all__ = ["build"]

Choose = Callable[[Kernel], tuple[Kernel, Mapping[int, Lanes]]]

_GUESS = 64                                               # what a size of the entry is taken for in cost estimates


def build(table: Table, name: str, choose: Choose, *, strict: bool = False,
          symbol: str = "f") -> tuple[Kernel, NetPlan, tuple[Function, ...]]:
    """The kernel of an entry, the storage plan that it follows, and the functions that it calls, callees first."""
    net = table.nets[name]
    planner = Planner(table, Inlining(table, name))
    functions = _Functions(planner, choose, strict, symbol)
    plan = planner.plan(net)
    low = functions.lowering()
    low.site("E0507", None, "no room for {a} bytes of workspace")
    names = set(entry_sizes(net))
    inputs = tuple(_port(net, w, names) for w in net.inputs)
    outputs = tuple(_port(net, w, names) for w in net.outputs)
    sources = _sources(low, net, name, inputs)
    regs = _size_regs(low, [s.name for s in sources])
    args, params = _arguments(low, net)
    wanted = _outputs(low, net, outputs)
    outs = low.net(net, plan, args, {x: Size.var(x) for x in entry_sizes(net)}, wanted)
    results = tuple((k, v) for k, v in enumerate(outs) if isinstance(v, int))
    late = tuple(_late(low, k, v) for k, v in enumerate(outs) if not isinstance(v, int) and wanted[k] is None)
    shapes = _shapes(low, inputs, sources)
    body = low.close()
    kernel = Kernel(name, tuple(low.kinds), inputs, outputs, sources, shapes, regs, params, results, late,
                    tuple(low.buffers), body, tuple(low.sites), dict(low.extents),
                    tuple((r, x) for x, r in low.atom_regs.items()), tuple(low.shown))
    return kernel, plan, tuple(functions.made.values())


class _Functions:
    """The functions of a module, each made when it is first called. Sites are numbered in one list."""

    def __init__(self, planner: Planner, choose: Choose, strict: bool, symbol: str) -> None:
        self.planner, self.choose, self.strict, self.symbol = planner, choose, strict, symbol
        self.made: dict[str, Function] = {}
        self.sites: dict[Site, int] = {}
        self.shown: dict[Shown, int] = {}

    def lowering(self) -> Lowering:
        low = Lowering(self.planner, self.strict, self.of)
        low.sites, low.shown = self.sites, self.shown
        return low

    def of(self, name: str) -> Function:
        known = self.made.get(name)
        if known is None:
            known = self._make(name)
            self.made[name] = known
        return known

    def _make(self, name: str) -> Function:
        net = self.planner.table.nets[name]
        plan, ties = self.planner.function(name)
        low = self.lowering()
        regs = _size_regs(low, net.sizes)
        args, params = _arguments(low, net)
        ports = tuple(_port(net, w, set(net.sizes)) for w in net.outputs)
        wanted = _outputs(low, net, ports, ties)
        outs = low.net(net, plan, args, {x: Size.var(x) for x in net.sizes}, wanted)
        results = tuple((k, v) for k, v in enumerate(outs) if isinstance(v, int))
        body = low.close()
        kernel = Kernel(name, tuple(low.kinds), tuple(_port(net, w, set(net.sizes)) for w in net.inputs), ports, (),
                        (), regs, params, results, (), tuple(low.buffers), body, tuple(low.sites),
                        dict(low.extents), tuple((r, x) for x, r in low.atom_regs.items()))
        kernel, lanes = self.choose(kernel)
        symbol = f"{self.symbol}.call{len(self.made)}." + re.sub(r"[^A-Za-z0-9_]", "_", name)
        return Function(symbol, kernel, lanes, ties, needs(slots_of(kernel, lanes)))


def _size_regs(low: Lowering, names: Sequence[str]) -> tuple[tuple[str, Reg], ...]:
    """Registers of the sizes known at the start."""
    for x in names:
        low.atoms.entry(x, _GUESS)
        low.atom_regs[x] = low.reg("i64", 0)
        low.sym[low.atom_regs[x]] = Size.var(x)
    return tuple((x, low.atom_regs[x]) for x in names)


def entry_sizes(net: Net) -> tuple[str, ...]:
    """The sizes known before the first box runs: those of the boundary, and those bound by boxes on inputs."""
    inputs = set(net.inputs)
    given = [b.op.name for b in net.boxes if isinstance(b.op, BindSize) and b.sources[0] in inputs]
    return tuple(dict.fromkeys((*net.sizes, *given)))


def _port(net: Net, w: int, sizes: set[str]) -> Port:
    t = net.wires[w]
    if not isinstance(t, ArrayType):
        return kind_of(t)
    return Array(kind_of(t), tuple(Dim(s if set(s.variables) <= sizes else None) for s in dims(t)))


def _sources(low: Lowering, net: Net, name: str, inputs: Sequence[Port]) -> tuple[SizeSource, ...]:
    """Where each size of the entry is read: a dimension that is just it, or an i64 input bound by a box."""
    starts, _ = first_cells(inputs, ())
    found: dict[str, SizeSource] = {}
    for start, port in zip(starts, inputs, strict=True):
        if isinstance(port, Array):
            for k, d in enumerate(port.dims):
                x = d.size.variable if d.size is not None else None
                if x is not None and x not in found:
                    found[x] = SizeSource(x, start + 1 + k)
    for b in net.boxes:
        if isinstance(b.op, BindSize) and b.sources[0] in net.inputs and b.op.name not in found:
            cell = starts[net.inputs.index(b.sources[0])]
            site = low.site("E0506", b.span, f"a size is negative: {spoken(Size.var(b.op.name), '{a}')}")
            found[b.op.name] = SizeSource(b.op.name, cell, "clamp" if b.op.clamp else "error", site)
    require_told(name, net)
    return tuple(found[x] for x in entry_sizes(net))


def _shapes(low: Lowering, inputs: Sequence[Port],
            sources: Sequence[SizeSource]) -> tuple[tuple[int, Size, int], ...]:
    """Dimensions of inputs that bind no size must be what their types say."""
    starts, _ = first_cells(inputs, ())
    binding = {s.cell for s in sources}
    shapes: list[tuple[int, Size, int]] = []
    for k, (start, port) in enumerate(zip(starts, inputs, strict=True)):
        if isinstance(port, Array):
            for j, d in enumerate(port.dims):
                if start + 1 + j not in binding and d.size is not None:
                    what = f"dimension {j + 1} of argument {k + 1} is {{a}}, but {d.size} is {{b}}"
                    shapes.append((start + 1 + j, d.size, low.site("E0502", None, what)))
    return tuple(shapes)


def _arguments(low: Lowering, net: Net) -> tuple[list[Value], tuple[tuple[int, Reg], ...]]:
    args: list[Value] = []
    params: list[tuple[int, Reg]] = []
    for k, w in enumerate(net.inputs):
        t = net.wires[w]
        if isinstance(t, ArrayType):
            low.buffers.append(Buffer("input", k, kind_of(t), product(dims(t))))
            args.append(low.view(len(low.buffers) - 1, dims(t)))
        else:
            r = low.reg(kind_of(t), 0)
            params.append((k, r))
            args.append(r)
    for b in net.boxes:                                    # an argument that is a size is that polynomial
        if isinstance(b.op, BindSize) and b.sources[0] in net.inputs and not b.op.clamp:
            given = args[net.inputs.index(b.sources[0])]
            assert isinstance(given, int)
            low.sym[given] = Size.var(b.op.name)
    return args, tuple(params)


def _outputs(low: Lowering, net: Net, outputs: Sequence[Port],
             ties: Sequence[int | None] = ()) -> list[View | None]:
    """Storage given for the outputs: those of known size that are not written into an input."""
    wanted: list[View | None] = []
    for k, port in enumerate(outputs):
        if isinstance(port, Array) and (not ties or ties[k] is None) and all(d.size is not None for d in port.dims):
            shape = dims(net.wires[net.outputs[k]])
            low.buffers.append(Buffer("output", k, port.kind, product(shape)))
            wanted.append(low.view(len(low.buffers) - 1, shape))
        else:
            wanted.append(None)
    return wanted


def _late(low: Lowering, k: int, value: Value) -> tuple[int, int, tuple[Reg, ...]]:
    """An output whose dimensions are known only now: it must be the whole of a buffer of ours."""
    assert not isinstance(value, int)
    view = low.stored(value, None)
    if low.values.get(view.offset) != 0 or low.buffers[view.buffer].role not in ("slot", "arena"):
        view = low.copy(view, low.allocate(view.kind, view.dims, None, "late"))
    return k, view.buffer, tuple(low.size(d) for d in view.dims)
