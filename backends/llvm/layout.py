"""The cells of `slots`: one for a scalar; for an array a pointer cell and one cell for each dimension."""

from __future__ import annotations

from collections.abc import Sequence

from .kernel import Array, Port

__all__ = ["cell_count", "first_cells"]


def cell_count(port: Port) -> int:
    return 1 + len(port.dims) if isinstance(port, Array) else 1


def first_cells(inputs: Sequence[Port], outputs: Sequence[Port]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The first cell of each input and of each output."""
    at = 0
    starts: list[int] = []
    for port in (*inputs, *outputs):
        starts.append(at)
        at += cell_count(port)
    return tuple(starts[:len(inputs)]), tuple(starts[len(inputs):])
