"""`catad build FILE [ENTRY] --emit …`: one stage of the compiler as text, or native code for other programs."""

from __future__ import annotations

import argparse

from catad.cli.report import Report
from catad.cli.run import chosen, open_program
from catad.cli.show import gradient_of
from catad.source.files import write

__all__ = ["run"]


def run(args: argparse.Namespace, report: Report) -> int:
    program = open_program(args.file)
    if args.emit == "core":
        write(args.output, program.core())
        return 0
    f = gradient_of(chosen(program, args.entry), args.grad)
    write(args.output, f.stage(args.emit))
    return 0
