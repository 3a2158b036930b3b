"""`catad eval EXPR [-f FILE]`: the expression becomes the body of one more definition."""

from __future__ import annotations

import argparse
import pathlib

from catad.cli.literals import show
from catad.cli.report import Report
from catad.source import Source, error
from catad.source.files import read, root_of

__all__ = ["run"]

_NAME = "it"


def run(args: argparse.Namespace, report: Report) -> int:
    from catad.api.program import Program
    if args.file is None:
        source, root = Source("<expression>", f"def {_NAME} =\n  {args.expression}\n"), pathlib.Path.cwd()
    else:
        given = read(args.file)
        source = Source(given.name, f"{given.text}\n\ndef {_NAME} =\n  {args.expression}\n")
        root = root_of(args.file)
    f = Program(source, root=root)[_NAME]
    if args.backend != "llvm":
        f = f.with_backend(args.backend)
    if f.entry.params:
        raise error("E0603", "the expression is a function, and has no value to show", f.entry.span, f.signature,
                    help=["apply it to arguments"])
    print(show(f()))
    return 0
