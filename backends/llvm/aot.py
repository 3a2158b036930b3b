"""Native code for C: an object file or a shared library, and its header.

    int cad_f(inputs…, outputs…, cad_failure *why)         0, or the number of a run-time error (501 … 508)
    int cad_f_shape(inputs…, int64_t *dims, cad_failure *why)   the dimensions of the array outputs, one after the other

A scalar input is passed by value, an array as a pointer and its dimensions, outermost first. A scalar output is written
through a pointer. An output array belongs to the caller, who passes its dimensions: they are checked (502). An output
whose size is known only afterwards is allocated here with `malloc` and freed by the caller with `free`. `why` may be
null; nothing is written to outputs' dimensions and pointers on failure. The functions are re-entrant.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from catad.backends.llvm.engine import Options, compile_object
from catad.backends.llvm.signature import Port, Signature
from catad.backends.llvm.target import Target

from catad.source import error

__all__ = ["compiler", "header", "object_file", "shared_library", "wrapper_ir"]

_C = {"f64": "double", "f32": "float", "i64": "int64_t", "bool": "bool"}
_LLVM = {"f64": "double", "f32": "float", "i64": "i64", "bool": "i8"}
_RESERVED = frozenset((
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern",
    "float", "for", "goto", "if", "int", "long", "register", "return", "short", "signed", "sizeof", "static",
    "struct", "switch", "typedef", "union", "unsigned", "void", "volatile", "while", "inline", "restrict", "bool",
    "true", "false", "class", "new", "delete", "this", "template", "typename", "namespace", "operator", "private",
    "public", "protected", "virtual", "try", "catch", "throw", "why", "dims", "asm", "and", "or", "not", "xor",
))


def object_file(text: str, name: str, signature: Signature, target: Target, *, c_name: str = "",
                options: Options | None = None) -> bytes:
    """Position-independent object code of one kernel with its C function; needs only libm and libc."""
    kernel = re.sub(rf"^define i32 @{re.escape(name)}\.(prepare|run)\(", rf"define internal i32 @{name}.\1(", text,
                    flags=re.MULTILINE)
    kernel = kernel.replace(f"@{name}.show = global", f"@{name}.show = internal global")
    return compile_object(kernel + wrapper_ir(name, signature, c_name or f"cad_{name}"), target, options)


def shared_library(path: Path, objects: Sequence[bytes]) -> None:
    """Link objects with the system's compiler; E0702 when there is none or it refuses."""
    cc = compiler()
    if cc is None:
        raise error("E0702", "a shared library needs a C compiler as a linker, and there is none",
                    help=("install one or set CC, or build the object file and link it yourself",))
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for i, data in enumerate(objects):
            names.append(str(Path(folder) / f"{i}.o"))
            Path(names[-1]).write_bytes(data)
        done = subprocess.run([cc, "-shared", "-o", str(path), *names, "-lm"], capture_output=True, text=True,
                              check=False)
    if done.returncode:
        raise error("E0702", f"{cc} could not link the shared library {path.name}",
                    notes=tuple(done.stderr.strip().splitlines()[:5]))


def compiler() -> str | None:
    """The system's C compiler."""
    wanted = os.environ.get("CC", "")
    candidates = (wanted,) if wanted else ("cc", "gcc", "clang")
    return next((found for c in candidates if (found := shutil.which(c))), None)


# ── names ───────────────────────────────────────────────────────────────────────────────────────────────────────────

def _named(signature: Signature) -> tuple[list[tuple[str, Port]], list[tuple[str, Port]]]:
    """Inputs and outputs with C names, all different."""
    taken: set[str] = set()

    def fresh(wanted: str) -> str:
        name = re.sub(r"[^A-Za-z0-9_]", "_", wanted)
        if not name or name[0].isdigit():
            name = f"_{name}"
        while name in taken or name in _RESERVED:
            name += "_"
        taken.update([name, *(f"{name}_{i}" for i in range(16))])
        return name

    inputs = [(fresh(p.name or f"x{i}"), p) for i, p in enumerate(signature.inputs)]
    return inputs, [(fresh(p.name or f"y{i}"), p) for i, p in enumerate(signature.outputs)]


# ── header ──────────────────────────────────────────────────────────────────────────────────────────────────────────

def header(signatures: Sequence[tuple[str, Signature, str]], guard: str = "CATAD_H") -> str:
    """A C header (C++ too) that declares functions: (C name, signature, documentation) each."""
    parts = [_HEADER_TOP.format(guard=guard)]
    for c_name, signature, doc in signatures:
        inputs, outputs = _named(signature)
        given = [c for n, p in inputs for c in _input(n, p)]
        taken = [c for n, p in outputs for c in _output(n, p)]
        if doc:
            lines = doc.replace("*/", "* /").strip().splitlines()
            parts.append("/* " + "\n   ".join(lines) + " */")
        parts.append(f"int {c_name}({', '.join([*given, *taken, 'cad_failure *why'])});")
        if any(p.rank for p in signature.outputs):
            n = sum(p.rank for p in signature.outputs)
            parts.append(f"int {c_name}_shape({', '.join([*given, f'int64_t dims[{n}]', 'cad_failure *why'])});")
        parts.append("")
    return "\n".join([*parts, _HEADER_END.format(guard=guard)])


_HEADER_TOP = """#ifndef {guard}
#define {guard}

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {{
#endif

/* Functions return 0, or the number of a run-time error: 501 index out of bounds, 502 sizes differ, 503 integer
   division by zero, 504 negative integer power, 505 reduction of nothing, 506 negative size, 507 out of memory,
   508 assertion failed.
   An array is a pointer and its dimensions, outermost first, row major. Output arrays belong to the caller; one that is
   passed as T ** is allocated by the function and freed by the caller with free(). The last argument may be null. */
#ifndef CAD_FAILURE
#define CAD_FAILURE
typedef struct {{ int64_t site, a, b; }} cad_failure;
#endif
"""
_HEADER_END = """#ifdef __cplusplus
}}
#endif
#endif /* {guard} */
"""


def _input(name: str, p: Port) -> Iterator[str]:
    yield f"const {_C[p.kind]} *{name}" if p.rank else f"{_C[p.kind]} {name}"
    yield from (f"int64_t {name}_{i}" for i in range(p.rank))


def _output(name: str, p: Port) -> Iterator[str]:
    yield f"{_C[p.kind]} *{'*' * p.dynamic}{name}"
    yield from (f"int64_t {'*' * p.dynamic}{name}_{i}" for i in range(p.rank))


# ── the C function, in LLVM text ────────────────────────────────────────────────────────────────────────────────────

_ARENA = """
declare ptr @malloc(i64)
declare void @free(ptr)

define internal ptr @cad.c.allocate(ptr %arena, i64 %bytes) nounwind {
  %bad = icmp slt i64 %bytes, 0
  br i1 %bad, label %no, label %go
go:
  %size = add i64 %bytes, 128
  %p = call ptr @malloc(i64 %size)
  %none = icmp eq ptr %p, null
  br i1 %none, label %no, label %link
link:
  %head = load ptr, ptr %arena
  store ptr %head, ptr %p
  store ptr %p, ptr %arena
  %i = ptrtoint ptr %p to i64
  %i1 = add i64 %i, 127
  %i2 = and i64 %i1, -64
  %q = inttoptr i64 %i2 to ptr
  ret ptr %q
no:
  ret ptr null
}

define internal i32 @cad.c.finish(i32 %code, ptr %ctx, ptr %arena, ptr %block, ptr %why) nounwind {
entry:
  call void @free(ptr %block)
  %first = load ptr, ptr %arena
  br label %test
test:
  %p = phi ptr [ %first, %entry ], [ %next, %one ]
  %end = icmp eq ptr %p, null
  br i1 %end, label %freed, label %one
one:
  %next = load ptr, ptr %p
  call void @free(ptr %p)
  br label %test
freed:
  %fine = icmp eq i32 %code, 0
  %nobody = icmp eq ptr %why, null
  %skip = or i1 %fine, %nobody
  br i1 %skip, label %done, label %tell
tell:
  %from = getelementptr i64, ptr %ctx, i64 2
  call void @llvm.memcpy.p0.p0.i64(ptr %why, ptr %from, i64 24, i1 false)
  br label %done
done:
  ret i32 %code
}
"""


def wrapper_ir(name: str, signature: Signature, c_name: str, *, support: bool = True) -> str:
    """The C function around `@<name>.prepare` and `@<name>.run`. In a module with several, one brings the support."""
    text = [_ARENA if support else "", _function(name, signature, c_name)]
    if any(p.rank for p in signature.outputs):
        text.append(_shape(name, signature, c_name))
    return "\n".join(text)


def _parameters(named: Sequence[tuple[str, Port]], output: bool) -> Iterator[str]:
    for n, p in named:
        if p.rank == 0 and not output:
            yield f"i1 zeroext %{n}" if p.kind == "bool" else f"{_LLVM[p.kind]} %{n}"
            continue
        yield f"ptr %{n}"
        yield from (f"{'ptr' if p.dynamic else 'i64'} %{n}_{i}" for i in range(p.rank))


def _begin(signature: Signature, inputs: Sequence[tuple[str, Port]]) -> list[str]:
    """Slots and context, inputs stored."""
    lines = [f"  %.slots = alloca [{max(signature.cells, 1)} x i64], align 64", "  %.ctx = alloca [8 x i64], align 64",
             "  %.arena = alloca ptr", "  store ptr null, ptr %.arena",
             "  call void @llvm.memset.p0.i64(ptr %.ctx, i8 0, i64 64, i1 false)",
             "  %.ctx.arena = getelementptr i64, ptr %.ctx, i64 5", "  store ptr %.arena, ptr %.ctx.arena",
             "  %.ctx.allocate = getelementptr i64, ptr %.ctx, i64 6",
             "  store ptr @cad.c.allocate, ptr %.ctx.allocate"]
    for (n, p), (cell, _) in zip(inputs, signature.input_cells(), strict=True):
        lines += _cell(f".in.{n}", cell)
        if p.rank:
            lines.append(f"  store ptr %{n}, ptr %.in.{n}")
            for i in range(p.rank):
                lines += [*_cell(f".in.{n}.{i}", cell + 1 + i), f"  store i64 %{n}_{i}, ptr %.in.{n}.{i}"]
        elif p.kind == "bool":
            lines += [f"  %.wide.{n} = zext i1 %{n} to i64", f"  store i64 %.wide.{n}, ptr %.in.{n}"]
        else:
            lines.append(f"  store {_LLVM[p.kind]} %{n}, ptr %.in.{n}")
    return lines


def _cell(register: str, index: int) -> list[str]:
    return [f"  %{register} = getelementptr i64, ptr %.slots, i64 {index}"]


def _function(name: str, signature: Signature, c_name: str) -> str:
    inputs, outputs = _named(signature)
    parameters = [*_parameters(inputs, False), *_parameters(outputs, True), "ptr %why"]
    lines = [f"define i32 @{c_name}({', '.join(parameters)}) nounwind {{", "entry:", *_begin(signature, inputs),
             f"  %.early = call i32 @{name}.prepare(ptr %.ctx, ptr %.slots)", "  %.ready = icmp eq i32 %.early, 0",
             "  br i1 %.ready, label %.check0, label %.failed"]
    cells = [cell for cell, _ in signature.output_cells()]
    step = 0
    for (n, p), cell in zip(outputs, cells, strict=True):
        lines += [f".check{step}:", *_cell(f".out.{n}", cell)]
        if p.rank and not p.dynamic:
            lines.append(f"  store ptr %{n}, ptr %.out.{n}")
            for i in range(p.rank):
                lines += [*_cell(f".dim.{n}.{i}", cell + 1 + i), f"  %.want.{n}.{i} = load i64, ptr %.dim.{n}.{i}",
                          f"  %.same.{n}.{i} = icmp eq i64 %.want.{n}.{i}, %{n}_{i}",
                          f"  br i1 %.same.{n}.{i}, label %.check{step + 1}, label %.differ{step}",
                          f".differ{step}:", *_context(f".a{step}", 3, f"%.want.{n}.{i}"),
                          *_context(f".b{step}", 4, f"%{n}_{i}"), *_context(f".s{step}", 2, "-1"),
                          "  br label %.failed", f".check{step + 1}:"]
                step += 1
        lines.append(f"  br label %.check{step + 1}")
        step += 1
    differ = [i for i in range(step) if any(x == f".differ{i}:" for x in lines)]
    lines += [f".check{step}:", "  %.bytes.p = getelementptr i64, ptr %.ctx, i64 1",
              "  %.bytes = load i64, ptr %.bytes.p", "  %.room = add i64 %.bytes, 64",
              "  %.block = call ptr @malloc(i64 %.room)", "  %.none = icmp eq ptr %.block, null",
              "  br i1 %.none, label %.failed, label %.go", ".go:", "  %.i = ptrtoint ptr %.block to i64",
              "  %.i1 = add i64 %.i, 63", "  %.i2 = and i64 %.i1, -64", "  %.w = inttoptr i64 %.i2 to ptr",
              "  store ptr %.w, ptr %.ctx", f"  %.late = call i32 @{name}.run(ptr %.ctx, ptr %.slots)",
              "  %.good = icmp eq i32 %.late, 0", "  br i1 %.good, label %.pack0, label %.failed"]
    lines += _results(signature, outputs, cells)
    lost = [f"[ 507, %.lost{i} ], " for i, (_, p) in enumerate(outputs) if p.dynamic]
    kept = [f"[ %.block, %.lost{i} ], " for i, (_, p) in enumerate(outputs) if p.dynamic]
    codes = "".join([*(f"[ 502, %.differ{i} ], " for i in differ), *lost])
    blocks = "".join([*(f"[ null, %.differ{i} ], " for i in differ), *kept])
    return "\n".join([*lines, ".failed:",
                      f"  %.code = phi i32 {codes}[ %.early, %entry ], [ 507, %.check{step} ], [ %.late, %.go ]",
                      f"  %.held = phi ptr {blocks}[ null, %entry ], [ null, %.check{step} ], [ %.block, %.go ]",
                      "  %.r = call i32 @cad.c.finish(i32 %.code, ptr %.ctx, ptr %.arena, ptr %.held, ptr %why)",
                      "  ret i32 %.r", "}", ""])


def _context(register: str, index: int, value: str) -> list[str]:
    return [f"  %{register} = getelementptr i64, ptr %.ctx, i64 {index}", f"  store i64 {value}, ptr %{register}"]


def _results(signature: Signature, outputs: Sequence[tuple[str, Port]], cells: Sequence[int]) -> list[str]:
    """First memory for the outputs that we allocate (a failure frees what came before), then everything is written."""
    lines: list[str] = []
    mine: list[str] = []
    for i, ((n, p), cell) in enumerate(zip(outputs, cells, strict=True)):
        lines.append(f".pack{i}:")
        if p.dynamic:
            lines += [*_size(n, p, cell), f"  %.copy.{n} = call ptr @malloc(i64 %.some.{n})",
                      f"  %.nil.{n} = icmp eq ptr %.copy.{n}, null",
                      f"  br i1 %.nil.{n}, label %.lost{i}, label %.pack{i + 1}", f".lost{i}:",
                      *(f"  call void @free(ptr %.copy.{m})" for m in mine), "  br label %.failed"]
            mine.append(n)
        else:
            lines.append(f"  br label %.pack{i + 1}")
    lines.append(f".pack{len(outputs)}:")
    for n, p in outputs:
        if p.dynamic:
            lines += [f"  %.src.{n} = load ptr, ptr %.out.{n}",
                      f"  call void @llvm.memcpy.p0.p0.i64(ptr %.copy.{n}, ptr %.src.{n}, i64 %.bytes.{n}, i1 false)",
                      f"  store ptr %.copy.{n}, ptr %{n}"]
            lines += [f"  store i64 %.d.{n}.{i}, ptr %{n}_{i}" for i in range(p.rank)]
        elif not p.rank:
            kind = _LLVM[p.kind]
            lines += [f"  %.v.{n} = load {kind}, ptr %.out.{n}", f"  store {kind} %.v.{n}, ptr %{n}"]
    lines += ["  %.zero = call i32 @cad.c.finish(i32 0, ptr %.ctx, ptr %.arena, ptr %.block, ptr %why)", "  ret i32 0"]
    return lines


def _size(n: str, p: Port, cell: int) -> list[str]:
    """The dimensions of a late output, its bytes, and these plus one (malloc of nothing may be null)."""
    lines, total = [], str(p.bytes)
    for i in range(p.rank):
        lines += [*_cell(f".dp.{n}.{i}", cell + 1 + i), f"  %.d.{n}.{i} = load i64, ptr %.dp.{n}.{i}",
                  f"  %.n.{n}.{i} = mul i64 {total}, %.d.{n}.{i}"]
        total = f"%.n.{n}.{i}"
    return [*lines, f"  %.bytes.{n} = add i64 {total}, 0", f"  %.some.{n} = add i64 {total}, 1"]


def _shape(name: str, signature: Signature, c_name: str) -> str:
    inputs, _ = _named(signature)
    lines = [f"define i32 @{c_name}_shape({', '.join([*_parameters(inputs, False), 'ptr %dims', 'ptr %why'])}) "
             "nounwind {", "entry:", *_begin(signature, inputs),
             f"  %.code = call i32 @{name}.prepare(ptr %.ctx, ptr %.slots)", "  %.ok = icmp eq i32 %.code, 0",
             "  br i1 %.ok, label %.write, label %.end", ".write:"]
    at = 0
    for cell, p in signature.output_cells():
        for i in range(p.rank):
            lines += [*_cell(f".d{at}", cell + 1 + i), f"  %.v{at} = load i64, ptr %.d{at}",
                      f"  %.t{at} = getelementptr i64, ptr %dims, i64 {at}", f"  store i64 %.v{at}, ptr %.t{at}"]
            at += 1
    return "\n".join([*lines, "  br label %.end", ".end:",
                      "  %.r = call i32 @cad.c.finish(i32 %.code, ptr %.ctx, ptr %.arena, ptr null, ptr %why)",
                      "  ret i32 %.r", "}", ""])
