"""`catad stubgen FILE`: the types of a program for editors and type checkers, beside it as .pyi."""

from __future__ import annotations

import argparse
import pathlib

from catad.cli.report import Report
from catad.cli.run import open_program
from catad.source.files import write

__all__ = ["run"]


def run(args: argparse.Namespace, report: Report) -> int:
    from catad.api.stubs import stub
    program = open_program(args.file)
    output = args.output or ("-" if args.file == "-" else str(pathlib.Path(args.file).with_suffix(".pyi")))
    write(output, stub(program, pathlib.Path(args.file).name))
    return 0
