"""The state of an entry: a block of cells in its module, filled in once by Python."""

from __future__ import annotations

__all__ = ["STATE", "cell", "state"]

STATE = ("slow", "fail", "float", "npfloat", "int", "true", "false", "ndarray", "new", "d0", "d1", "d2", "d3",
         "n0", "n1", "n2", "n3", "block", "bytes", "busy", "budget", "keep", "threshold")


def cell(name: str) -> int:
    return STATE.index(name)


def state(register: str, name: str, kind: str = "ptr") -> str:
    return (f"  %{register}.p = getelementptr i64, ptr %state, i64 {cell(name)}\n"
            f"  %{register} = load {kind}, ptr %{register}.p")
