"""Passes recurse on terms; chains of `let`, operators and `else if` may be as long as the user likes.

CPython 3.11 and later keep Python-to-Python calls off the C stack, so a higher limit is safe for pure recursion.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["deep"]

LIMIT = 200_000


@contextmanager
def deep() -> Iterator[None]:
    """Raise the recursion limit for the duration of a pass."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, LIMIT))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
