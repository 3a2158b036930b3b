"""The kernel IR: what a first-order net becomes before it becomes LLVM text.

A kernel is a tree of blocks over numbered *registers* (each defined once, of kind f64, f32, i64 or bool) and
numbered *buffers* (flat memory of one kind). It says nothing about lanes: an instruction describes one trip of
every loop around it, and `lanes.py` decides beside it which loops run W trips at once.

    block  ::=  instruction*
    for    ::=  loop i < extent with carries { block }          the counted iteration
    while  ::=  loop with carries { block, condition, block }   the other one
    memory ::=  load, store, add-to at (buffer, flat offset)    `path` keeps the indices that made the offset

Law: a register is defined in a block that encloses every use of it; a load whose offset is not checked
is in bounds whatever branch is taken, so it may move up to where its offset is defined.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from catad.source import Span
from catad.types.size import Size

__all__ = [
    "AddTo", "Array", "Block", "Buffer", "Carried", "Check", "Dim", "For", "If", "Induction", "Instr", "Invoke",
    "Kernel", "Literal", "Load", "Port", "Pure", "Reg", "Region", "Reserve", "Shown", "Site", "SizeSource", "Store",
    "While", "instructions", "parts",
]

Reg = int


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant of the register's kind."""

    dst: Reg
    value: float | int | bool


@dataclass(frozen=True, slots=True)
class Pure:
    """A total function of registers: rows of the primitive table by name, and `ult` (unsigned less)."""

    dst: Reg
    op: str
    args: tuple[Reg, ...]


@dataclass(frozen=True, slots=True)
class Load:
    dst: Reg
    buffer: int
    offset: Reg
    path: tuple[Reg, ...]


@dataclass(frozen=True, slots=True)
class Store:
    buffer: int
    offset: Reg
    value: Reg
    path: tuple[Reg, ...]


@dataclass(frozen=True, slots=True)
class AddTo:
    """buffer[offset] += value; the order of several of them does not matter."""

    buffer: int
    offset: Reg
    value: Reg
    path: tuple[Reg, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """Stops the run with the error of `site` unless `ok`; a and b are reported."""

    ok: Reg
    site: int
    a: Reg
    b: Reg


@dataclass(frozen=True, slots=True)
class Reserve:
    """Makes room for `count` elements of an arena buffer; failure stops with 507."""

    buffer: int
    count: Reg
    site: int


@dataclass(frozen=True, slots=True)
class Carried:
    """A scalar threaded through a loop: init, then inner → out in each trip, final. `kind` as in net.Carry."""

    kind: str
    init: Reg
    inner: Reg
    out: Reg
    final: Reg


@dataclass(frozen=True, slots=True)
class Region:
    """The part of a buffer that a loop accumulates into with AddTo: `count` elements from `offset`.

    `size` bounds the count by sizes of the entry; None when nothing does.
    """

    buffer: int
    offset: Reg
    count: Reg
    size: Size | None


@dataclass(frozen=True, slots=True)
class Induction:
    """In trip i of a loop, `reg` = init + i·step + i(i-1)/2·grow: an offset that need not be multiplied out."""

    reg: Reg
    init: Reg
    step: Reg
    grow: Reg | None


@dataclass(frozen=True, slots=True)
class For:
    """for var in 0 … extent-1 (downwards when `down`).

    `free`: trips may run in any order or together. `regions`: arrays it accumulates into. `trips` is a guess of
    the extent for cost estimates. `note` says what it is for ("copy", "fill", …).
    """

    id: int
    var: Reg
    extent: Reg
    size: Size
    carries: tuple[Carried, ...]
    body: Block
    down: bool
    free: bool
    regions: tuple[Region, ...]
    trips: int
    note: str = ""
    inductions: tuple[Induction, ...] = ()


@dataclass(frozen=True, slots=True)
class If:
    """Runs one of two blocks; results are (defined, value in then, value in else)."""

    cond: Reg
    then: Block
    other: Block
    results: tuple[tuple[Reg, Reg, Reg], ...]


@dataclass(frozen=True, slots=True)
class Invoke:
    """Calls a function of the module (function.py). `places`: where its arrays begin, as (buffer, offset).

    `room` is the buffer of its workspace, -1 when it needs none.
    """

    function: str
    sizes: tuple[Reg, ...]
    scalars: tuple[Reg, ...]
    places: tuple[tuple[int, Reg], ...]
    results: tuple[Reg, ...]
    room: int


@dataclass(frozen=True, slots=True)
class While:
    """head; leave unless `cond`; body; and again. The head runs once more often than the body.

    Each state: `inner` at the beginning of the head is `init` or the last `out`, and `final` is `inner` in the end.
    """

    id: int
    carries: tuple[Carried, ...]
    head: Block
    cond: Reg
    body: Block


Instr = Literal | Pure | Load | Store | AddTo | Check | Reserve | Invoke | For | If | While
Block = tuple[Instr, ...]


@dataclass(frozen=True, slots=True)
class Buffer:
    """Flat memory. `role`: input or output (number: index of the wire), slot (of the workspace), arena.

    `size` is the number of elements: for a slot a polynomial in the sizes of the entry. `home` lists the loops
    around the place where the array is born: the memory is its own in each trip.
    """

    role: str
    number: int
    kind: str
    size: Size
    home: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """Where and why a run may stop; `what` words it, with {a} and {b}."""

    code: str
    span: Span | None
    what: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Values that a `trace` shows: of each its kind and the number of its dimensions, 0 for a scalar."""

    span: Span | None
    ports: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Dim:
    """A dimension of a boundary array: a polynomial in the sizes of the entry, or None (known while running)."""

    size: Size | None


@dataclass(frozen=True, slots=True)
class Array:
    """A boundary wire of array type."""

    kind: str
    dims: tuple[Dim, ...]


Port = str | Array              # a scalar kind, or an array


@dataclass(frozen=True, slots=True)
class SizeSource:
    """A size variable of the entry is read from a cell of `slots`: a dimension, or an i64 argument."""

    name: str
    cell: int
    checked: str = ""            # "", "clamp" (0 when negative) or "error" (E0506 when negative)
    site: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """A compiled net before LLVM.

    `kinds[r]` is the kind of register r. `sizes[name]` the register of a size variable, `params` the registers of
    scalar inputs by wire index, `results` those of scalar outputs, `late` outputs whose dimensions are known only
    while running (wire, buffer, dimensions), `shapes` what the dimensions of inputs must be (cell, value, site),
    `extents` registers that are steps along a dimension, as sizes of the entry; `shown` what its traces show, those of
    the functions that it calls included.
    """

    name: str
    kinds: tuple[str, ...]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    sources: tuple[SizeSource, ...]
    shapes: tuple[tuple[int, Size, int], ...]
    size_regs: tuple[tuple[str, Reg], ...]
    params: tuple[tuple[int, Reg], ...]
    results: tuple[tuple[int, Reg], ...]
    late: tuple[tuple[int, int, tuple[Reg, ...]], ...]
    buffers: tuple[Buffer, ...]
    body: Block
    sites: tuple[Site, ...]
    extents: Mapping[Reg, Size]
    names: tuple[tuple[Reg, str], ...] = ()
    shown: tuple[Shown, ...] = ()


def parts(i: Instr) -> tuple[Block, ...]:
    """The blocks inside an instruction, as they run."""
    match i:
        case For():
            return (i.body,)
        case If():
            return (i.then, i.other)
        case While():
            return (i.head, i.body)
    return ()


def instructions(block: Block) -> Iterator[Instr]:
    """All instructions of a block, those of inner blocks behind the one they are in; chains of branches may be long."""
    open_blocks = [iter(block)]
    while open_blocks:
        for i in open_blocks[-1]:
            yield i
            inner = parts(i)
            if inner:
                open_blocks.extend(map(iter, reversed(inner)))
                break
        else:
            open_blocks.pop()
