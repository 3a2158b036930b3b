"""Object code on disk, so that a program is compiled once for each machine.

    load(key) = data, or None if store(key, data) never happened or the file was damaged since

An entry is `magic, sha256 of the rest, the rest`, written to a temporary file and renamed, so that a reader sees all of
it or nothing. The directory belongs to the user alone (0700): whoever could write there could run code as the user;
one that does not is not used. `CATAD_CACHE` moves it; `CATAD_CACHE=off` does without.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Report", "clear", "directory", "load", "report", "store"]

_MAGIC = b"catad-object-1\n"
_OFF = ("off", "0", "no", "none")


@dataclass(frozen=True, slots=True)
class Report:
    """What the cache holds. `directory` is None when it is switched off or may not be used."""

    directory: Path | None
    entries: int
    bytes: int


def directory(create: bool = False) -> Path | None:
    """Where entries lie, or None."""
    wanted = os.environ.get("CATAD_CACHE", "")
    if wanted.lower() in _OFF:
        return None
    try:
        path = Path(wanted).expanduser() if wanted else _default()
        if create:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path if _private(path) else None
    except (OSError, RuntimeError):                     # read-only disk; no home directory
        return None


def _default() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "catad"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home()))) / "catad" / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "catad"


def _private(path: Path) -> bool:
    s = path.stat()
    if not stat.S_ISDIR(s.st_mode):
        return False
    if sys.platform == "win32":
        return True
    return s.st_uid == os.getuid() and not s.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def load(key: str) -> bytes | None:
    """The data stored under a key (hex digits), if it is there and whole."""
    where = directory()
    if where is None:
        return None
    try:
        data = (where / f"{key}.o").read_bytes()
    except OSError:
        return None
    head, body = data[:len(_MAGIC) + 32], data[len(_MAGIC) + 32:]
    return body if head == _MAGIC + hashlib.sha256(body).digest() else None


def store(key: str, data: bytes) -> bool:
    """Keep data under a key; False when there is no place for it (never an error: the cache is a convenience)."""
    where = directory(create=True)
    if where is None:
        return False
    try:
        handle, name = tempfile.mkstemp(dir=where, prefix="new-", suffix=".tmp")
    except OSError:
        return False
    try:
        with os.fdopen(handle, "wb") as f:
            f.write(_MAGIC + hashlib.sha256(data).digest() + data)
        os.replace(name, where / f"{key}.o")
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(name)
        return False
    return True


def _files(where: Path) -> Iterator[Path]:
    for pattern in ("*.o", "new-*.tmp"):
        yield from where.glob(pattern)


def report() -> Report:
    """How much is stored."""
    where = directory()
    if where is None:
        return Report(None, 0, 0)
    sizes = []
    for path in _files(where):
        with contextlib.suppress(OSError):
            sizes.append(path.stat().st_size)
    return Report(where, len(sizes), sum(sizes))


def clear() -> Report:
    """Remove every entry, and say what was there."""
    before = report()
    if before.directory is not None:
        for path in _files(before.directory):
            with contextlib.suppress(OSError):
                path.unlink()
    return before
