"""Native code for other programs: an object file, a shared library, and the C header that says how to call it.

    int32_t f (sizes…, a value or pointer for each leaf of the parameters…, a pointer for each leaf of the result…)

The header is made from the same signature as the code. Its function is a `static inline` one that fills the
cells of the ABI (docs/internals.md), calls `f.prepare` and `f.run`, and gives back 0 or the number of the error.
Sizes are passed once, by name, so arrays cannot disagree.
"""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from catad.net.net import Net
from catad.source import error
from catad.types.size import Size
from catad.types.type import dims

from .engine import compile_object
from .native import Module
from .signature import Port

__all__ = ["header", "object_code", "shared_library"]

_C = {"f64": "double", "f32": "float", "i64": "int64_t", "bool": "bool"}
_WORDS = frozenset(re.findall(r"\w+", """
    auto break case char const continue default do double else enum extern float for goto if inline int long
    register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while
    bool true false main class new delete this template typename namespace operator private public try catch throw
    cells_ context_ arena_ block_ error_"""))

_RUNTIME = """\
#ifndef CATAD_RUNTIME
#define CATAD_RUNTIME
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#define CATAD_TEXT_(x) #x
#define CATAD_TEXT(x) CATAD_TEXT_(x)
#define CATAD_SYMBOL(name) __asm__(CATAD_TEXT(__USER_LABEL_PREFIX__) name)
struct catad_context {
  void *workspace;
  int64_t workspace_bytes, site, a, b;
  void *arena;
  void *(*allocate)(void *, int64_t);
  int32_t (*poll)(void);
};
static inline void *catad_allocate(void *arena, int64_t bytes) {
  char *raw = bytes < 0 ? NULL : (char *)malloc((size_t)bytes + 128), *p;
  if (!raw) return NULL;
  p = (char *)(((uintptr_t)raw + 127) & ~(uintptr_t)63);
  ((void **)p)[-1] = raw;
  ((void **)p)[-2] = *(void **)arena;
  *(void **)arena = p;
  return p;
}
static inline void catad_release(void *last) {
  while (last) {
    void *raw = ((void **)last)[-1];
    last = ((void **)last)[-2];
    free(raw);
  }
}
static inline void *catad_copy(const void *from, int64_t entries, int64_t size) {
  void *to = malloc((size_t)(entries * size) + 1);
  if (to) memcpy(to, from, (size_t)(entries * size));
  return to;
}
#endif
"""


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A wire of the boundary in C: its name, its first cell, its dimensions as C expressions."""

    name: str
    port: Port
    cell: int
    dims: tuple[str, ...]
    shown: str

    @property
    def type(self) -> str:
        return _C[self.port.kind]


def object_code(module: Module) -> bytes:
    """Position-independent object code with the two functions of the ABI."""
    return compile_object(module.text, module.target)


def shared_library(module: Module, path: Path) -> None:
    """Link the object code into a shared library with the system's C compiler."""
    compiler = next((c for c in (os.environ.get("CC"), "cc", "gcc", "clang") if c and shutil.which(c.split()[0])), None)
    if compiler is None:
        raise error("E0702", "no C compiler was found to link the library")
    with tempfile.TemporaryDirectory(prefix="catad-") as folder:
        object_file = Path(folder, "code.o")
        object_file.write_bytes(object_code(module))
        result = subprocess.run([*compiler.split(), "-shared", "-o", str(path), str(object_file), "-lm"],
                                capture_output=True, text=True, check=False)
    if result.returncode:
        raise error("E0702", f"{compiler} did not link {path}", notes=result.stderr.splitlines()[:5])


def header(module: Module, name: str, inputs: Sequence[str], outputs: Sequence[str], about: str = "") -> str:
    """The C header. `inputs` and `outputs` name the leaves, `about` is a comment."""
    net = module.table.nets[module.name]
    names = _Names()
    function = names.fresh(name)
    sizes = {s: names.fresh(s) for s in net.sizes if any(s == d.variable for t in net.source for d in dims(t))}
    s = module.signature
    ins = [_leaf(names, x, c, net, w, sizes) for x, c, w in zip(inputs, s.input_cells(), net.inputs, strict=True)]
    outs = [_leaf(names, x, c, net, w, sizes) for x, c, w in zip(outputs, s.output_cells(), net.outputs, strict=True)]
    params = [*(f"int64_t {x}" for x in sizes.values()), *map(_input, ins), *(p for x in outs for p in _output(x))]
    return "\n".join([
        _comment(about, ins, outs), _RUNTIME, "#ifdef __cplusplus", 'extern "C" {', "#endif",
        f'int32_t {function}__prepare(struct catad_context *, int64_t *) CATAD_SYMBOL("{module.symbol}.prepare");',
        f'int32_t {function}__run(struct catad_context *, int64_t *) CATAD_SYMBOL("{module.symbol}.run");',
        "#ifdef __cplusplus", "}", "#endif", "",
        f"static inline int32_t {function}({', '.join(params) or 'void'}) {{",
        *_body(function, s.cells, ins, outs), "}", ""])


class _Names:
    def __init__(self) -> None:
        self._taken = set(_WORDS)

    def fresh(self, name: str) -> str:
        """A C identifier like this name that is not in use."""
        text = re.sub(r"\W+", "_", name.replace("'", "_prime"), flags=re.ASCII).strip("_") or "x"
        text = f"x{text}" if text[0].isdigit() else text
        while text in self._taken:
            text += "_"
        self._taken.add(text)
        return text


def _leaf(names: _Names, name: str, at: tuple[int, Port], net: Net, wire: int, sizes: dict[str, str]) -> _Leaf:
    cell, port = at
    t = net.wires[wire]
    return _Leaf(names.fresh(name), port, cell, tuple(_size(d, sizes) for d in dims(t)), str(t))


def _size(size: Size, names: dict[str, str]) -> str:
    """The value of a size as a C expression."""
    if size.variable is not None:
        return names.get(size.variable, size.variable)
    common = math.lcm(*(c.denominator for _, c in size.terms))
    terms = [" * ".join([f"INT64_C({c * common})", *(names.get(x, x) for x, e in m for _ in range(e))])
             for m, c in size.terms]
    total = f"({' + '.join(terms) or '0'})"
    return f"{total} / {common}" if common > 1 else total


def _input(x: _Leaf) -> str:
    return f"const {x.type} *{x.name}" if x.port.rank else f"{x.type} {x.name}"


def _output(x: _Leaf) -> Iterable[str]:
    if x.port.dynamic:
        return (f"{x.type} **{x.name}", f"int64_t {x.name}_dims[{x.port.rank}]")
    return (f"{x.type} *{x.name}",)


def _comment(about: str, ins: Sequence[_Leaf], outs: Sequence[_Leaf]) -> str:
    lines = [*about.splitlines(), "", *(f"in   {x.name} : {x.shown}" for x in ins)]
    lines += [f"out  {x.name} : {x.shown}" + (", allocated here, to be freed by the caller" if x.port.dynamic else
                                              ", memory of the caller" if x.port.rank else "") for x in outs]
    lines += ["", "Returns 0, or the number of an error: 501 index out of bounds, 502 sizes differ,",
              "503 division by zero, 504 negative power, 505 reduction of nothing, 506 negative size,",
              "507 out of memory, 508 assertion."]
    text = "\n".join(f" * {line}".rstrip() for line in lines).replace("*/", "* /")
    return f"/*\n{text}\n */\n#pragma once\n"


def _body(function: str, cells: int, ins: Sequence[_Leaf], outs: Sequence[_Leaf]) -> list[str]:
    lines = [f"  int64_t cells_[{max(cells, 1)}] = {{0}};", "  struct catad_context context_;",
             "  void *arena_ = NULL, *block_;", "  int32_t error_;", "  memset(&context_, 0, sizeof context_);"]
    for x in ins:
        if x.port.rank:
            lines.append(f"  cells_[{x.cell}] = (int64_t)(intptr_t){x.name};")
            lines += [f"  cells_[{x.cell + 1 + k}] = {d};" for k, d in enumerate(x.dims)]
        elif x.port.kind in ("i64", "bool"):
            lines.append(f"  cells_[{x.cell}] = {x.name};")
        else:
            lines.append(f"  memcpy(&cells_[{x.cell}], &{x.name}, sizeof {x.name});")
    lines += [f"  if ((error_ = {function}__prepare(&context_, cells_))) return error_;",
              "  if (!(block_ = malloc((size_t)context_.workspace_bytes + 64))) return 507;",
              "  context_.workspace = (void *)(((uintptr_t)block_ + 63) & ~(uintptr_t)63);",
              "  context_.arena = &arena_;", "  context_.allocate = catad_allocate;"]
    lines += [f"  cells_[{x.cell}] = (int64_t)(intptr_t){x.name};" for x in outs if x.port.rank and not x.port.dynamic]
    lines.append(f"  error_ = {function}__run(&context_, cells_);")
    results = [line for x in outs for line in _result(x)]
    if results:
        lines += ["  if (!error_) {", *(f"    {line}" for line in results), "  }"]
    return [*lines, "  catad_release(arena_);", "  free(block_);", "  return error_;"]


def _result(x: _Leaf) -> list[str]:
    if x.port.dynamic:
        at = [f"cells_[{x.cell + 1 + k}]" for k in range(x.port.rank)]
        return [*(f"{x.name}_dims[{k}] = {d};" for k, d in enumerate(at)),
                f"*{x.name} = ({x.type} *)catad_copy((void *)(intptr_t)cells_[{x.cell}], {' * '.join(at)}, "
                f"sizeof **{x.name});",
                f"if (!*{x.name}) error_ = 507;"]
    if x.port.rank:
        return []
    if x.port.kind in ("i64", "bool"):
        return [f"*{x.name} = cells_[{x.cell}]" + (" != 0;" if x.port.kind == "bool" else ";")]
    return [f"memcpy({x.name}, &cells_[{x.cell}], sizeof *{x.name});"]
