"""The two functions of a kernel's ABI (docs/internals.md), and the layout of its workspace.

    prepare   sizes of inputs against each other; dimensions of outputs; bytes of workspace
    run       pointers, sizes and scalars from the cells; the body; scalars to the cells

What is called becomes internal functions (function.py) whose bodies are made the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catad.types.size import Size

from .codegen import Codegen
from .control import FUEL
from .emit import TYPE, Text
from .function import Function
from .kernel import Array, Kernel
from .lanes import Lanes
from .layout import ALIGN, Slot, first_cells, slots_of
from .operations import HELPERS, Operations
from .shown import show_text

__all__ = ["module_text"]

_LIMIT = "0x43D0000000000000"                              # 2^62 as a double; what is more is reported as -1

_HELPERS = """
define internal void @catad.report(ptr %ctx, i64 %site, i64 %a, i64 %b) noinline cold {
  %p = getelementptr i64, ptr %ctx, i64 2
  store i64 %site, ptr %p
  %q = getelementptr i64, ptr %ctx, i64 3
  store i64 %a, ptr %q
  %r = getelementptr i64, ptr %ctx, i64 4
  store i64 %b, ptr %r
  ret void
}

define internal i32 @catad.poll(ptr %ctx) noinline cold {
  %p = getelementptr i64, ptr %ctx, i64 7
  %f = load ptr, ptr %p
  %none = icmp eq ptr %f, null
  br i1 %none, label %on, label %ask
ask:
  %r = call i32 %f()
  %go = icmp eq i32 %r, 0
  br i1 %go, label %on, label %stop
on:
  ret i32 0
stop:
  ret i32 509
}
"""

# An arena cell keeps its memory from trip to trip and doubles it when it has to grow.
_RESERVE = """
define internal ptr @catad.reserve(ptr %ctx, i64 %bytes, ptr %cell) noinline {
  %had = load ptr, ptr %cell
  %held = getelementptr i64, ptr %cell, i64 1
  %room = load i64, ptr %held
  %wrong = icmp slt i64 %bytes, 0
  %enough = icmp sle i64 %bytes, %room
  %some = icmp ne ptr %had, null
  %keep = and i1 %enough, %some
  br i1 %wrong, label %refuse, label %look
look:
  br i1 %keep, label %old, label %new
old:
  ret ptr %had
new:
  %twice = shl i64 %room, 1
  %more = call i64 @llvm.smax.i64(i64 %bytes, i64 %twice)
  %least = call i64 @llvm.smax.i64(i64 %more, i64 64)
  %q = getelementptr i64, ptr %ctx, i64 5
  %arena = load ptr, ptr %q
  %g = getelementptr i64, ptr %ctx, i64 6
  %allocate = load ptr, ptr %g
  %none = icmp eq ptr %allocate, null
  br i1 %none, label %refuse, label %ask
ask:
  %p = call ptr %allocate(ptr %arena, i64 %least)
  store ptr %p, ptr %cell
  store i64 %least, ptr %held
  ret ptr %p
refuse:
  ret ptr null
}
"""


def module_text(kernel: Kernel, lanes: Mapping[int, Lanes], symbol: str, functions: Sequence[Function] = (), *,
                strict: bool = False) -> tuple[str, tuple[str, ...]]:
    """The LLVM module of a kernel without its math functions, and the names of those."""
    ops = Operations(strict)
    slots = slots_of(kernel, lanes)
    bodies = [_function(ops, f) for f in functions]
    gen = Codegen(kernel, lanes, ops)
    _run(gen, kernel, slots)
    prepare = Text()
    _prepare(prepare, kernel, slots)
    parts = [_HELPERS]
    if any(b.role == "arena" for k in (kernel, *(f.kernel for f in functions)) for b in k.buffers):
        parts.append(_RESERVE)
    parts += [HELPERS[h] for h in ops.helpers]
    parts.append(show_text(symbol, kernel.shown))
    parts += bodies
    parts += [f"\ndefine i32 @{symbol}.prepare(ptr %ctx, ptr %slots) {{\nentry:", *prepare.lines, "}\n"]
    parts += [f"\ndefine i32 @{symbol}.run(ptr %ctx, ptr %slots) {{\nentry:", *gen.text.lines, *gen.cold, "}\n"]
    return "\n".join(parts), tuple(ops.functions)


# ── sizes as text ───────────────────────────────────────────────────────────────────────────────────────────

def polynomial(e: Text, p: Size, env: Mapping[str, str]) -> str:
    """The i64 value of a size."""
    c = p.constant
    if c is not None:
        return str(c)
    common = 1
    for _, q in p.terms:
        common = common * q.denominator // _gcd(common, q.denominator)
    total = ""
    for m, q in p.terms:
        k = int(q * common)
        value = str(k) if k != 1 or not m else ""
        for x, power in m:
            for _ in range(power):
                value = env[x] if not value else e.let(f"mul i64 {value}, {env[x]}")
        total = value if not total else e.let(f"add i64 {total}, {value}")
    return total if common == 1 else e.let(f"sdiv exact i64 {total}, {common}")


def _as_double(e: Text, p: Size, env: Mapping[str, str]) -> str:
    """An upper estimate of the absolute value of a size, which cannot wrap around."""
    total = "0.0"
    from .emit import constant
    for m, q in p.terms:
        value = constant(abs(float(q)), "f64")
        for x, power in m:
            for _ in range(power):
                value = e.let(f"fmul double {value}, {env[x]}")
        total = e.let(f"fadd double {total}, {value}")
    return total


def _gcd(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a


def _cell(e: Text, k: int) -> str:
    return e.let(f"getelementptr i64, ptr %slots, i64 {k}")


def _read_sizes(e: Text, kernel: Kernel) -> dict[str, str]:
    env: dict[str, str] = {}
    for s in kernel.sources:
        v = e.let(f"load i64, ptr {_cell(e, s.cell)}")
        env[s.name] = e.let(f"call i64 @llvm.smax.i64(i64 {v}, i64 0)") if s.checked == "clamp" else v
    return env


# ── prepare ─────────────────────────────────────────────────────────────────────────────────────────────────

def _prepare(e: Text, kernel: Kernel, slots: tuple[Slot, ...]) -> None:
    cold: list[str] = []

    def unless(ok: str, site: int, a: str, b: str) -> None:
        fine, fail = e.fresh("fine"), e.fresh("fail")
        e.fork(ok, fine, fail)
        cold.extend((f"{fail}:", f"  call void @catad.report(ptr %ctx, i64 {site}, i64 {a}, i64 {b})",
                     f"  ret i32 {int(kernel.sites[site].code[1:])}"))
        e.start(fine)

    env = _read_sizes(e, kernel)
    for s in kernel.sources:
        if s.checked == "error":
            unless(e.let(f"icmp sge i64 {env[s.name]}, 0"), s.site, env[s.name], "0")
    for cell, size, site in kernel.shapes:
        have, want = e.let(f"load i64, ptr {_cell(e, cell)}"), polynomial(e, size, env)
        unless(e.let(f"icmp eq i64 {have}, {want}"), site, have, want)
    floats = {x: e.let(f"sitofp i64 {v} to double") for x, v in env.items()}
    _, starts = first_cells(kernel.inputs, kernel.outputs)
    for start, port in zip(starts, kernel.outputs, strict=True):
        if isinstance(port, Array):
            for k, d in enumerate(port.dims):
                if d.size is not None and d.size.constant is None and d.size.variable is None:
                    unless(e.let(f"fcmp olt double {_as_double(e, d.size, floats)}, {_LIMIT}"), 0, "-1", "0")
                n = "-1" if d.size is None else _clamped(e, polynomial(e, d.size, env))
                e.do(f"store i64 {n}, ptr {_cell(e, start + 1 + k)}")
    total, guess = _layout(e, slots, env)[1], "0.0"
    for slot in slots:
        if slot.size.constant is None:
            guess = e.let(f"fadd double {guess}, {_as_double(e, slot.size * slot.bytes, floats)}")
    if guess != "0.0":
        unless(e.let(f"fcmp olt double {guess}, {_LIMIT}"), 0, "-1", "0")
    p = e.let("getelementptr i64, ptr %ctx, i64 1")
    e.do(f"store i64 {total}, ptr {p}")
    e.do("ret i32 0")
    e.lines += cold


def _clamped(e: Text, n: str) -> str:
    if n.lstrip("-").isdigit():
        return str(max(0, int(n)))
    return e.let(f"call i64 @llvm.smax.i64(i64 {n}, i64 0)")


def _layout(e: Text, slots: tuple[Slot, ...], env: Mapping[str, str]) -> tuple[list[str], str]:
    """The offset of each slot and the bytes of all."""
    offsets: list[str] = []
    fixed, at = 0, "0"
    for slot in slots:
        size = polynomial(e, slot.size * slot.bytes, env)
        if slot.size.constant is not None:
            offsets.append(str(fixed))
            fixed = -(-(fixed + max(0, int(size))) // ALIGN) * ALIGN
            at = str(fixed)
            continue
        offsets.append(at)
        room = e.let(f"add i64 {_clamped(e, size)}, {ALIGN - 1}")
        room = e.let(f"and i64 {room}, {-ALIGN}")
        at = e.let(f"add i64 {at}, {room}")
    return offsets, at


# ── run ─────────────────────────────────────────────────────────────────────────────────────────────────────

def _run(gen: Codegen, kernel: Kernel, slots: tuple[Slot, ...]) -> None:
    e = gen.text
    e.do("%fuel = alloca i64")
    e.do(f"store i64 {FUEL}, ptr %fuel")
    starts, ends = first_cells(kernel.inputs, kernel.outputs)
    env = _read_sizes(e, kernel)
    for x, r in kernel.size_regs:
        gen.put(r, env[x])
    for k, r in kernel.params:
        gen.put(r, _read_scalar(e, kernel.kinds[r], starts[k]))
    for number, b in enumerate(kernel.buffers):
        if b.role in ("input", "output"):
            cell = (starts if b.role == "input" else ends)[b.number]
            gen.base[number] = e.let(f"load ptr, ptr {_cell(e, cell)}")
    _body(gen, kernel, slots, env, "")
    for k, r in kernel.results:
        _write_scalar(e, gen, r, _cell(e, ends[k]))
    for k, buffer, regs in kernel.late:
        e.do(f"store ptr {gen.base[buffer]}, ptr {_cell(e, ends[k])}")
        for j, r in enumerate(regs):
            e.do(f"store i64 {_clamped(e, gen.scalar(r))}, ptr {_cell(e, ends[k] + 1 + j)}")
    e.do("ret i32 0")


def _body(gen: Codegen, kernel: Kernel, slots: tuple[Slot, ...], env: Mapping[str, str], base: str) -> None:
    """Memory of the body, then the body. `base` is that of the workspace."""
    e = gen.text
    for number, b in enumerate(kernel.buffers):
        if b.role == "arena":
            e.do(f"%cell{number} = alloca {{ ptr, i64 }}")
            e.do(f"store {{ ptr, i64 }} zeroinitializer, ptr %cell{number}")
    gen.result_cells(kernel.body)
    if slots:
        base = base or e.let("load ptr, ptr %ctx")
        for slot, at in zip(slots, _layout(e, slots, env)[0], strict=True):
            p = e.let(f"getelementptr i8, ptr {base}, i64 {at}")
            match slot.use:
                case "sums":
                    gen.partial_bases[slot.loop, slot.buffer] = p
                case "rows":
                    gen.pack_bases[slot.loop, slot.buffer] = p
                case _:
                    gen.base[slot.buffer] = p
    gen.block(kernel.body)


def _function(ops: Operations, f: Function) -> str:
    """A function of the module; see function.py for what it takes."""
    kernel = f.kernel
    gen = Codegen(kernel, f.lanes, ops)
    e = gen.text
    takes = ["ptr %ctx", "ptr %fuel", "ptr %room"]
    env: dict[str, str] = {}
    for x, r in kernel.size_regs:
        env[x] = e.name()
        takes.append(f"i64 {env[x]}")
        gen.put(r, env[x])
    for _, r in kernel.params:
        takes.append(f"{TYPE[kernel.kinds[r]]} {(name := e.name())}")
        gen.put(r, name)
    for number, b in enumerate(kernel.buffers):
        if b.role in ("input", "output"):
            gen.base[number] = e.name()
            takes.append(f"ptr {gen.base[number]}")
    gen.enter_function()
    _body(gen, kernel, slots_of(kernel, f.lanes), env, "%room")
    for cell, (_, r) in enumerate(kernel.results):
        _write_scalar(e, gen, r, e.let(f"getelementptr i64, ptr %results, i64 {cell}"))
    e.do("ret i32 0")
    head = f"\ndefine internal i32 @{f.symbol}({', '.join(takes)}, ptr %results) {{\nentry:"
    return "\n".join([head, *e.lines, *gen.cold, "}\n"])


def _read_scalar(e: Text, kind: str, cell: int) -> str:
    raw = e.let(f"load {TYPE[kind] if kind != 'bool' else 'i64'}, ptr {_cell(e, cell)}")
    return e.let(f"icmp ne i64 {raw}, 0") if kind == "bool" else raw


def _write_scalar(e: Text, gen: Codegen, r: int, cell: str) -> None:
    kind, value = gen.kinds[r], gen.scalar(r)
    if kind == "bool":
        kind, value = "i64", e.let(f"zext i1 {value} to i64")
    e.do(f"store {TYPE[kind]} {value}, ptr {cell}")
