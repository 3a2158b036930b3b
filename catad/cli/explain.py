"""`catad explain CODE`: what a diagnostic code means, with an example and its mend."""

from __future__ import annotations

import argparse
import difflib
import sys

from catad.cli.report import Report
from catad.source.codes import codes, explain

__all__ = ["run"]


def run(args: argparse.Namespace, report: Report) -> int:
    if args.code is None:
        for code, entry in codes().items():
            print(f"{code}  {entry.title}")
        return 0
    text = explain(args.code)
    if text is None:
        best = difflib.get_close_matches(args.code.upper(), list(codes()), 1)
        hint = f"; did you mean {best[0]}?" if best else "; `catad explain` lists them"
        print(f"catad: there is no code {args.code}{hint}", file=sys.stderr)
        return 2
    print(text, end="")
    return 0
