"""The modules of the standard library: `std/linear.cad` names `catad/stdlib/linear.cad`, whatever reads other files."""

from __future__ import annotations

from pathlib import Path

from catad.source import Source

__all__ = ["FOLDER", "STANDARD", "standard_module", "standard_modules"]

FOLDER = Path(__file__).resolve().parent.parent / "stdlib"
STANDARD = "std/"


def standard_modules() -> tuple[str, ...]:
    """The modules as they are imported: `std/linear.cad`, …"""
    return tuple(sorted(STANDARD + p.name for p in FOLDER.glob("*.cad") if p.name != "prelude.cad"))


def standard_module(path: str) -> Source:
    """A module of the library. Raises FileNotFoundError."""
    if path not in standard_modules():
        raise FileNotFoundError(2, "there is no such module in the standard library")
    file = FOLDER / path.removeprefix(STANDARD)
    return Source(str(file), file.read_text(encoding="utf-8"))
