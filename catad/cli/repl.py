"""`catad repl [FILE]`: read, reply, again. Every error is shown and survived.

With a terminal there are prompts, editing, history and completion (readline); without one, inputs are lines of standard
input and the exit code says whether one failed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import pathlib
import sys
from collections.abc import Callable

from catad.cli.report import Report
from catad.cli.session import Leave, Session, incomplete
from catad.crash import internal
from catad.source import CatadError

__all__ = ["run"]

_PROMPT, _MORE = "cad> ", "...  "


def run(args: argparse.Namespace, report: Report) -> int:
    session = Session()
    terminal = sys.stdin.isatty()
    failed = args.file is not None and not _answered(session, report, lambda: session.load(args.file))
    if terminal:
        from catad import __version__
        print(f"catad {__version__}; :help says what there is, Ctrl-D leaves")
        _readline(session)
    while True:
        try:
            text = _read(terminal)
        except EOFError:
            break
        except KeyboardInterrupt:
            print()
            continue
        try:
            failed |= not _answered(session, report, lambda text=text: session.reply(text))  # type: ignore[misc]
        except Leave:
            break
    if terminal:
        print()
    return 1 if failed and not terminal else 0


def _answered(session: Session, report: Report, ask: Callable[[], str]) -> bool:
    """Print the reply, or what is wrong; nothing but Leave comes through."""
    try:
        with internal("in the repl", [session.source]):
            try:
                text = ask()
            except Leave:
                text = None
        if text is None:
            raise Leave
        if text:
            print(text.rstrip("\n"))
        sys.stdout.flush()
    except CatadError as exc:
        sys.stdout.flush()
        report.error(exc)
        return False
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return False
    except MemoryError:
        print("out of memory", file=sys.stderr)
        return False
    except OSError as exc:
        print(exc.strerror or exc, file=sys.stderr)
        return False
    return True


def _read(terminal: bool) -> str:
    """One input: a line, and more while it is incomplete. Raises EOFError at the end."""
    text = input(_PROMPT if terminal else "")
    while incomplete(text):
        try:
            line = input(_MORE if terminal else "")
        except EOFError:
            break
        if not line.strip():
            break
        text += "\n" + line
    return text


def _readline(session: Session) -> None:
    """Editing, completion of names, and a history that is kept."""
    try:
        import atexit
        import readline
    except ImportError:                                    # Windows
        return
    state = pathlib.Path(os.environ.get("XDG_STATE_HOME") or pathlib.Path.home() / ".local" / "state") / "catad"
    history = state / "history"
    with contextlib.suppress(OSError):
        readline.read_history_file(history)
    readline.set_history_length(2000)

    def save() -> None:
        with contextlib.suppress(OSError):
            state.mkdir(parents=True, exist_ok=True)
            readline.write_history_file(history)

    def complete(text: str, number: int) -> str | None:
        found = [x for x in session.names() if x.startswith(text)]
        return found[number] if number < len(found) else None

    atexit.register(save)
    readline.set_completer(complete)
    readline.set_completer_delims(" \t\n()[]{},=+-*/^\\")
    readline.parse_and_bind("tab: complete")
