"""`catad build FILE [ENTRY] --emit …`: one stage of the compiler as text, or native code for other programs.

`obj` and `so` write ENTRY.o and ENTRY.so unless -o says otherwise; everything else goes to standard output.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from catad.cli.report import Report
from catad.cli.run import chosen, open_program
from catad.cli.show import gradient_of
from catad.crash import internal
from catad.source.files import write

if TYPE_CHECKING:
    from catad.api.function import Function
    from catad.backends.llvm.signature import Port, Signature
    from catad.types.type import Type

__all__ = ["run"]


def run(args: argparse.Namespace, report: Report) -> int:
    program = open_program(args.file)
    if args.emit == "core":
        write(args.output, program.core())
        return 0
    f = gradient_of(chosen(program, args.entry), args.grad)
    if args.strict:
        f = f.with_backend("strict")
    if args.emit in ("obj", "so", "header"):
        _native(f, args, report)
    else:
        write(args.output, f.stage(args.emit))
    return 0


def _native(f: Function, args: argparse.Namespace, report: Report) -> None:
    from catad.backends.llvm import aot, translate
    kind, output = args.emit, args.output
    with internal(f"building {f.__name__}", f.sources):
        module = translate(f.prepared, f.key, strict=args.strict)
        signature = _named(module.signature, f)
        c_name = "cad_" + re.sub(r"\W", "_", f.__name__)
        if kind == "header":
            write(output, aot.header([(c_name, signature, f.signature)], guard=f"{c_name.upper()}_H"))
            return
        code = aot.object_file(module.text, module.symbol, signature, module.target, c_name=c_name)
        path = output or f"{f.__name__}.{'o' if kind == 'obj' else 'so'}"
        if kind == "so" and path != "-":
            aot.shared_library(Path(path), [code])
        else:
            write(path, code)
    if output is None:
        report.note(f"wrote {path}")


def _named(signature: Signature, f: Function) -> Signature:
    """The ports with names for the leaves of parameters and result: `line_slope`, `result_0`."""
    inputs = [name for x, t in f.entry.params for name in _names(x, t)]
    outputs = list(_names("result", f.entry.result))
    return replace(signature, inputs=_with_names(signature.inputs, inputs),
                   outputs=_with_names(signature.outputs, outputs))


def _with_names(ports: Sequence[Port], names: Sequence[str]) -> tuple[Port, ...]:
    return tuple(replace(p, name=x) for p, x in zip(ports, names, strict=True))


def _names(name: str, t: Type) -> Iterator[str]:
    from catad.elaborate.decompile import paths
    for path in paths(t):
        yield name + "".join(path).replace(".", "_")
