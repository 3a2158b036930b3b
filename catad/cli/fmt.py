"""`catad fmt FILE…`: rewrite files in the one layout; `--check` only says which would change."""

from __future__ import annotations

import argparse

from catad.cli.report import Report
from catad.crash import internal
from catad.source import CatadError
from catad.source.files import read, write

__all__ = ["run"]


def run(args: argparse.Namespace, report: Report) -> int:
    worst = 0
    for path in args.files:
        try:
            worst = max(worst, _format(path, args.check, report))
        except CatadError as exc:
            worst = max(worst, report.error(exc))
    return worst


def _format(path: str, check: bool, report: Report) -> int:
    from catad.syntax import parse
    from catad.syntax.format import format_file
    source = read(path)
    with internal(f"formatting {path}", [source]):
        text = format_file(parse(source))
    if check:
        if text != source.text:
            report.note(f"{source.name} would be reformatted")
        return int(text != source.text)
    if path == "-":
        write(None, text)
    elif text != source.text:
        write(path, text)
    return 0
