"""`catad build FILE [ENTRY] --emit …`: one stage of the compiler as text, or native code for other programs.

`obj` and `so` write ENTRY.o and ENTRY.so unless -o says otherwise; everything else goes to standard output.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from catad.cli.report import Report
from catad.cli.run import chosen, open_program
from catad.cli.show import gradient_of
from catad.crash import internal
from catad.source.files import write

if TYPE_CHECKING:
    from catad.api.function import Function
    from catad.types.type import Type

__all__ = ["run"]


def run(args: argparse.Namespace, report: Report) -> int:
    program = open_program(args.file)
    if args.emit == "core":
        write(args.output, program.core())
        return 0
    f = gradient_of(chosen(program, args.entry), args.grad)
    if args.emit in ("obj", "so", "header"):
        _native(f, args.emit, args.output, report)
    else:
        write(args.output, f.stage(args.emit))
    return 0


def _native(f: Function, kind: str, output: str | None, report: Report) -> None:
    from catad.backends.llvm import library, translate
    with internal(f"building {f.__name__}", f.sources):
        module = translate(f.prepared, f.key)
        if kind == "header":
            write(output, library.header(module, f.__name__, *_leaves(f), about=f.signature))
            return
        path = output or f"{f.__name__}.{'o' if kind == 'obj' else 'so'}"
        if kind == "so" and path != "-":
            library.shared_library(module, Path(path))
        else:
            write(path, library.object_code(module))
    if output is None:
        report.note(f"wrote {path}")


def _leaves(f: Function) -> tuple[list[str], list[str]]:
    """Names for the leaves of parameters and result: `line_slope`, `result_0`."""
    inputs = [name for x, t in f.entry.params for name in _names(x, t)]
    return inputs, list(_names("result", f.entry.result))


def _names(name: str, t: Type) -> Iterator[str]:
    from catad.elaborate.decompile import paths
    for path in paths(t):
        yield name + "".join(path).replace(".", "_")
