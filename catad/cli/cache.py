"""`catad cache [dir|size|clear]`: the compiled code kept on disk. Without a word: where it is and how much."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from catad.cli.report import Report

if TYPE_CHECKING:
    from catad.backends.llvm import cache

__all__ = ["run"]


def run(args: argparse.Namespace, report: Report) -> int:
    from catad.backends.llvm import cache
    found = cache.clear() if args.action == "clear" else cache.report()
    if found.directory is None:
        print("catad: there is no cache (CATAD_CACHE switches it off, or its folder is not there yet)", file=sys.stderr)
        return 0 if args.action in ("clear", "size") else 1
    match args.action:
        case "dir":
            print(found.directory)
        case "clear":
            print(f"removed {_amount(found)}")
        case "size":
            print(found.bytes)
        case _:
            print(f"{found.directory}: {_amount(found)}")
    return 0


def _amount(found: cache.Report) -> str:
    return f"{found.entries} {'program' if found.entries == 1 else 'programs'}, {found.bytes / 1e6:.1f} MB"
