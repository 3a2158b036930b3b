"""LLVM text, line by line: fresh names, labels, and the types of scalars and vectors."""

from __future__ import annotations

import ctypes
import struct

__all__ = ["BYTES", "MEMORY", "SUFFIX", "TYPE", "Text", "constant"]

TYPE = {"f64": "double", "f32": "float", "i64": "i64", "bool": "i1"}
MEMORY = {"f64": "double", "f32": "float", "i64": "i64", "bool": "i8"}
BYTES = {"f64": 8, "f32": 4, "i64": 8, "bool": 1}
SUFFIX = {"f64": "f64", "f32": "f32", "i64": "i64", "bool": "i1"}


def constant(value: float | int | bool, kind: str) -> str:
    """The text of a scalar constant."""
    if kind == "bool":
        return "true" if value else "false"
    if kind == "i64":
        return str(int(value))
    if kind == "f32":
        value = ctypes.c_float(float(value)).value       # overflow is infinity, not an exception
    return f"0x{struct.unpack('<Q', struct.pack('<d', float(value)))[0]:016X}"


class Text:
    """A function body under construction."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.count = 0
        self.label = "entry"

    def name(self) -> str:
        self.count += 1
        return f"%t{self.count}"

    def let(self, right: str) -> str:
        """A new value defined by an instruction."""
        self.count += 1
        self.lines.append(f"  %t{self.count} = {right}")
        return f"%t{self.count}"

    def do(self, line: str) -> None:
        self.lines.append("  " + line)

    def fresh(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def start(self, label: str) -> None:
        self.lines.append(f"{label}:")
        self.label = label

    def jump(self, label: str) -> None:
        self.lines.append(f"  br label %{label}")

    def fork(self, cond: str, yes: str, no: str) -> None:
        self.lines.append(f"  br i1 {cond}, label %{yes}, label %{no}")

    def hole(self) -> int:
        """A line to be filled in later."""
        self.lines.append("")
        return len(self.lines) - 1

    def fill(self, at: int, line: str) -> None:
        self.lines[at] = "  " + line
