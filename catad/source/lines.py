"""One line of a source as a terminal shows it: a row of cells, and the cell in which each code point begins.

Tabs reach to the next multiple of four, wide characters take two cells (the second one empty), combining ones
join the cell before, control characters are shown as a replacement mark. A line longer than the page is seen
through a window around what matters.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

__all__ = ["Line", "cells", "place", "window"]

TAB = 4
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


@dataclass(frozen=True, slots=True)
class Line:
    """`columns[i]` is the cell of code point i, with one entry more for the end of the line."""

    cells: tuple[str, ...]
    columns: tuple[int, ...]

    def column(self, index: int) -> int:
        return self.columns[min(max(index, 0), len(self.columns) - 1)]


def place(raw: str) -> Line:
    """Lay a line out."""
    row: list[str] = []
    columns: list[int] = []
    for char in raw:
        if unicodedata.combining(char) and row:
            columns.append(len(row) - 1)
            row[-1] += char
            continue
        columns.append(len(row))
        if char == "\t":
            row += [" "] * (TAB - len(row) % TAB)
        elif unicodedata.category(char) in _HIDDEN:
            row.append("\ufffd")
        else:
            row += [char, ""] if unicodedata.east_asian_width(char) in "WF" else [char]
    return Line(tuple(row), (*columns, len(row)))


def cells(text: str) -> int:
    """How many cells a text takes."""
    return len(place(text).cells)


def window(line: Line, start: int, end: int, room: int) -> tuple[str, int]:
    """What of a line to print in `room` cells so that [start, end) is seen, and what to subtract from its columns."""
    total = len(line.cells)
    if total <= room:
        return "".join(line.cells), 0
    inner = room - 2                                        # dots stand where something is missing
    first = 0
    if end > inner:
        ahead = max((inner - (end - start)) // 2, inner // 4)
        first = max(0, min(start - ahead, total - inner))
    seen = list(line.cells[first:first + inner])
    if first and seen[0] == "":
        seen[0] = " "                                       # the window begins within a wide character …
    if first + inner < total and line.cells[first + inner] == "":
        seen[-1] = " "                                      # … or ends within one
    left, right = "…" if first else "", "…" if first + inner < total else ""
    return left + "".join(seen) + right, first - len(left)
