"""Passes recurse on terms; chains of `let`, operators and `else if` may be as long as the user likes.

CPython 3.11 and later keep Python-to-Python calls off the C stack, so a higher limit is safe for pure recursion.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["deep"]

LIMIT = 200_000

_lock = threading.Lock()
_before: list[int] = []              # one for each pass at work; the limit is the process's, and so is this


@contextmanager
def deep() -> Iterator[None]:
    """Raise the recursion limit for the duration of a pass; the last one to end, in any thread, restores it."""
    with _lock:
        _before.append(_before[0] if _before else sys.getrecursionlimit())
        sys.setrecursionlimit(max(_before[0], LIMIT))
    try:
        yield
    finally:
        with _lock:
            before = _before.pop()
            if not _before:
                sys.setrecursionlimit(before)
