"""The catalogue of diagnostic codes: what `catad explain E0213` prints, room by room.

A code stays what it is for ever; a diagnostic that changes its meaning gets a new one.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

__all__ = ["Code", "codes", "explain"]

_ROOMS = ("syntax", "types", "sizes", "elaborate", "runtime", "doors", "python", "backends", "internal")


@dataclass(frozen=True, slots=True)
class Code:
    """`explanation` is Markdown: what it means, a small wrong example, its mend."""

    title: str
    explanation: str


@cache
def codes() -> MappingProxyType[str, Code]:
    """All codes, ascending. Raises ValueError when two rooms claim one code."""
    merged: dict[str, Code] = {}
    for room in _ROOMS:
        try:
            table: dict[str, Code] = importlib.import_module(f"catad.source.codes.{room}").CODES
        except ModuleNotFoundError:
            continue
        for code, entry in table.items():
            if code in merged:
                raise ValueError(f"{code} is claimed twice")
            merged[code] = entry
    return MappingProxyType(dict(sorted(merged.items())))


def explain(code: str) -> str | None:
    """The long text of a code, or None when there is none of that name."""
    entry = codes().get(code.upper())
    return None if entry is None else f"# {code.upper()}: {entry.title}\n\n{entry.explanation.strip()}\n"
