"""The boundary of a kernel as data: what the compiled Python entry, the ctypes caller and the C header are made from.

    slots:  inputs, then outputs;  a scalar is one cell, an array a pointer cell and a cell for each dimension
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["KINDS", "Port", "Signature"]

KINDS = ("f64", "f32", "i64", "bool")


@dataclass(frozen=True, slots=True)
class Port:
    """A wire: a scalar (rank 0) or an array. `dynamic`: an output with a dimension known only while running."""

    kind: str
    rank: int = 0
    dynamic: bool = False
    name: str = ""

    @property
    def cells(self) -> int:
        return 1 if self.rank == 0 else 1 + self.rank

    @property
    def bytes(self) -> int:
        """Of one entry."""
        return {"f64": 8, "f32": 4, "i64": 8, "bool": 1}[self.kind]


@dataclass(frozen=True, slots=True)
class Signature:
    """`heavy`: a call may take long whatever the size of its arrays, so the interpreter lock is always let go."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    heavy: bool = False

    @property
    def cells(self) -> int:
        return sum(p.cells for p in (*self.inputs, *self.outputs))

    def input_cells(self) -> Iterator[tuple[int, Port]]:
        """Each input with its first cell."""
        return _numbered(0, self.inputs)

    def output_cells(self) -> Iterator[tuple[int, Port]]:
        """Each output with its first cell."""
        return _numbered(sum(p.cells for p in self.inputs), self.outputs)

    @property
    def arrays(self) -> bool:
        return any(p.rank for p in (*self.inputs, *self.outputs))


def _numbered(start: int, ports: tuple[Port, ...]) -> Iterator[tuple[int, Port]]:
    for p in ports:
        yield start, p
        start += p.cells
