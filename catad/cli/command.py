"""From arguments to an exit code: find the command's module, run it, report what it raises.

Each command is `run(args, report) -> exit code` in the module named here, imported when it is asked for.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from catad.cli.arguments import parse_arguments
from catad.cli.report import Report
from catad.crash import internal
from catad.source import CatadError

__all__ = ["main"]

_MODULES = {
    "check": "check", "run": "run", "eval": "evaluate", "grad": "show", "build": "build", "draw": "show", "fmt": "fmt",
    "test": "comments", "prove": "prove", "explain": "explain", "doc": "doc", "cache": "cache",
    "completion": "completion", "stubgen": "stubgen", "repl": "repl",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; argparse leaves with 2 on wrong use and 0 on --help."""
    try:
        args = parse_arguments(sys.argv[1:] if argv is None else argv)
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else 2
    report = Report(args.color, args.json)
    try:
        code = _run(args, report)
        sys.stdout.flush()
        return code
    except CatadError as exc:
        sys.stdout.flush()
        return report.error(exc)
    except BrokenPipeError:                       # the reader left; say nothing, and let Python's shutdown be quiet
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as exc:
        print(f"catad: {exc.strerror or exc}" + (f": {exc.filename}" if exc.filename else ""), file=sys.stderr)
        return 1
    except MemoryError:
        print("catad: out of memory", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("catad: interrupted", file=sys.stderr)
        return 130


def _run(args: argparse.Namespace, report: Report) -> int:
    if args.version:
        return _version()
    with internal(f"in the command {args.command}"):
        module = importlib.import_module(f"catad.cli.{_MODULES[args.command]}")
        code: int = module.run(args, report)
        return code


def _version() -> int:
    import platform

    import llvmlite
    import llvmlite.binding as llvm

    from catad import __version__
    version = ".".join(map(str, llvm.llvm_version_info))
    print(f"catad {__version__} (Python {platform.python_version()}, llvmlite {llvmlite.__version__}, LLVM {version}, "
          f"{llvm.get_default_triple()}, {llvm.get_host_cpu_name()})")
    return 0
