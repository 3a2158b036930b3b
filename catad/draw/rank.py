"""Rows of a layered drawing: every edge points down.

    row(v) = 1 + max row(u) over edges u → v        (longest path), then vertices with no more wires in than out
                                                    sink towards their users, which shortens the long wires
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["rows"]


def rows(count: int, edges: Sequence[tuple[int, int]], first: int, last: int) -> list[int]:
    """Rows of vertices 0 … count-1, which are in topological order.

    The first `first` vertices are in row 0 and alone there, the last `last` ones in the bottom row likewise.
    """
    inner = range(first, count - last)
    row = [0] * count
    for v in inner:
        row[v] = 1
    into = [0] * count
    after: list[list[int]] = [[] for _ in range(count)]
    for u, v in edges:
        into[v] += 1
        after[u].append(v)
    for u in range(count - last):
        for v in after[u]:
            row[v] = max(row[v], row[u] + 1)
    bottom = 1 + max((row[v] for v in range(count - last)), default=0)
    for v in range(count - last, count):
        row[v] = bottom
    for v in reversed(inner):
        if after[v] and into[v] <= len(after[v]):
            row[v] = min(row[w] for w in after[v]) - 1
    return row
