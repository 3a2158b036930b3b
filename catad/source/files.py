"""Files in and out: UTF-8 text with `\\n` line ends; `-` is standard input, or output."""

from __future__ import annotations

import difflib
import os
import pathlib
import sys

from catad.source import Source, error

__all__ = ["read", "root_of", "write"]


def read(path: str | os.PathLike[str]) -> Source:
    """The source in a file, or on standard input for `-`."""
    path = os.fspath(path)
    name = "<stdin>" if path == "-" else path
    try:
        data = sys.stdin.buffer.read() if path == "-" else pathlib.Path(path).read_bytes()
        return Source(name, data.decode("utf-8").replace("\r\n", "\n"))
    except UnicodeDecodeError as exc:
        raise error("E0601", f"{name} is not UTF-8 text (byte {exc.start})") from None
    except (OSError, ValueError) as exc:
        why = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
        raise error("E0601", f"cannot read {name}: {why}", help=_near(name)) from None


def _near(path: str) -> list[str]:
    """A file of a similar name, with or without its ending, in the folder where the path looks for it."""
    wanted = pathlib.Path(path)
    try:
        there = sorted(p.name for p in wanted.parent.iterdir() if p.is_file())
    except (OSError, ValueError):
        return []
    found = difflib.get_close_matches(wanted.name, there, n=1, cutoff=0.7)
    found = [x for x in there if x == f"{wanted.name}.cad"] or found
    return [f"did you mean {wanted.parent / x}?" for x in found]


def root_of(path: str | os.PathLike[str]) -> pathlib.Path:
    """The folder that imports of a file are relative to."""
    return pathlib.Path.cwd() if path == "-" else pathlib.Path(path).resolve().parent


def write(path: str | None, data: str | bytes) -> None:
    """Write a result to a file, or to standard output when there is no path or it is `-`."""
    if path is None or path == "-":
        if isinstance(data, bytes):
            sys.stdout.buffer.write(data)
        else:
            sys.stdout.write(data if data.endswith("\n") else data + "\n")
        return
    try:
        if isinstance(data, bytes):
            pathlib.Path(path).write_bytes(data)
        else:
            pathlib.Path(path).write_text(data if data.endswith("\n") else data + "\n", encoding="utf-8")
    except OSError as exc:
        raise error("E0601", f"cannot write {path}: {exc.strerror or exc}") from None
