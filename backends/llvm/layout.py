"""Memory of a kernel: the cells of `slots` at its boundary, and what its workspace holds.

    cells       one for a scalar; for an array a pointer cell and one cell for each dimension
    workspace   slots one after the other, each aligned to 64 bytes; a slot that is interleaved in a loop in lanes is
                that many times larger, and accumulators with partial sums and packed rows have slots for these
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catad.types.size import Size

from .emit import BYTES
from .kernel import Array, Block, For, Kernel, Port, While, instructions
from .lanes import Lanes

__all__ = ["ALIGN", "Slot", "cell_count", "first_cells", "loops", "repeats", "slots_of"]

ALIGN = 64


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


@dataclass(frozen=True, slots=True)
class Slot:
    """Workspace memory: of a buffer, or (use given) of its partial sums or packed rows in a loop."""

    buffer: int
    use: str
    loop: int
    size: Size
    bytes: int


def slots_of(kernel: Kernel, lanes: Mapping[int, Lanes]) -> tuple[Slot, ...]:
    """What the workspace holds; slots of constant size first."""
    width: dict[int, int] = {}
    for x in lanes.values():
        for b in x.private:
            width[b] = max(width.get(b, 1), x.width)
    slots = [Slot(k, "", -1, b.size, BYTES[b.kind] * width.get(k, 1))
             for k, b in enumerate(kernel.buffers) if b.role == "slot"]
    for loop in loops(kernel.body):
        chosen = lanes.get(loop.id)
        for r in loop.regions:
            if chosen is not None and r.buffer in chosen.partial:
                assert r.size is not None
                kind = kernel.buffers[r.buffer].kind
                slots.append(Slot(r.buffer, "sums", loop.id, r.size, BYTES[kind] * chosen.partial[r.buffer]))
        if chosen is None:
            continue
        for buffer, length in chosen.packs.items():
            size = BYTES[kernel.buffers[buffer].kind] * chosen.width
            slots.append(Slot(buffer, "rows", loop.id, kernel.extents[length], size))
    return tuple(sorted(slots, key=lambda s: s.size.constant is None))


def loops(block: Block) -> list[For]:
    """All counted loops of a block, outer ones first."""
    return [i for i in instructions(block) if isinstance(i, For)]


def repeats(block: Block) -> bool:
    """Is there a loop without a count?"""
    return any(isinstance(i, While) for i in instructions(block))
