"""The command line: `catad check`, `run`, `eval`, `repl`, `grad`, `build`, `draw`, `fmt`, `test`, `prove`, `doc`, ….

Exit codes: 0 well, 1 a mistake in the program or its arguments, 2 wrong use of the command, 70 a mistake of catad.
Results go to standard output, everything else to standard error.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    from catad.cli.command import main as run
    return run(argv)
