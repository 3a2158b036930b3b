"""`catad eval EXPR [-f FILE]`: the expression becomes the body of one more definition.

What is said of it is said of the text that was typed: the definition around it is not shown.
"""

from __future__ import annotations

import argparse
import pathlib
from dataclasses import replace

from catad.cli.literals import show
from catad.cli.report import Report
from catad.cli.run import by_backend
from catad.source import CatadError, Diagnostic, Label, Source, Span, error
from catad.source.files import read, root_of

__all__ = ["run"]

_NAME = "it"


def run(args: argparse.Namespace, report: Report) -> int:
    given, root = Source("", ""), pathlib.Path.cwd()
    if args.file is not None:
        given, root = read(args.file), root_of(args.file)
    head = f"{given.text}\n\ndef {_NAME} =\n  "
    whole = Source(given.name or "<expression>", f"{head}{args.expression}\n")
    try:
        print(_value(whole, root, args))
    except CatadError as exc:
        typed = Source("<expression>", args.expression)
        raise CatadError([_placed(d, whole, len(head), given, typed) for d in exc.diagnostics]) from exc.__cause__
    return 0


def _value(source: Source, root: pathlib.Path, args: argparse.Namespace) -> str:
    from catad.api.program import Program
    f = by_backend(Program(source, root=root)[_NAME], args)
    if f.entry.params:
        raise error("E0603", "the expression is a function, and has no value to show", f.entry.span, f.signature,
                    help=["apply it to arguments"])
    return show(f())


def _placed(d: Diagnostic, whole: Source, start: int, given: Source, typed: Source) -> Diagnostic:
    """The diagnostic with its places in the file that was given and in the expression that was typed."""
    def place(label: Label) -> Label:
        s = label.span
        if s.source is not whole:
            return label
        if s.end <= len(given.text) and given.name:
            return replace(label, span=Span(given, s.start, s.end))
        last = len(typed.text)
        if s.start < start:
            return replace(label, span=Span(typed, 0, last))
        return replace(label, span=Span(typed, min(s.start - start, last), min(s.end - start, last)))
    return replace(d, labels=tuple(map(place, d.labels)))
