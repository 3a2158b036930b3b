"""One net made runnable by a backend.

    engine(backend, table, name) = Engine(run, entry)        run : flat values → flat values

`entry` is the native code's own Python function, when there is one: it takes the flat values as positional
arguments and checks them itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from catad.net.net import Table
from catad.source import error

__all__ = ["BACKENDS", "Engine", "engine"]

BACKENDS = ("llvm", "reference")


@dataclass(frozen=True, slots=True)
class Engine:
    run: Callable[[Sequence[Any]], Sequence[Any]]
    entry: Callable[..., Any] | None = None


def check_backend(name: str) -> str:
    """The name itself; a diagnostic when there is no such backend for calls."""
    if name in BACKENDS:
        return name
    raise error("E0611", f"there is no backend `{name}` that calls functions",
                help=[f"choose one of {', '.join(BACKENDS)}",
                      "in Python, f.exact(…) calculates with rationals and f.symbolic(…) gives a formula"])


def engine(backend: str, table: Table, name: str) -> Engine:
    """Compile or bind the prepared net `name`."""
    if backend == "reference":
        from catad.backends import reference
        return Engine(lambda flat: tuple(reference.run(table, name, flat)))
    from catad.backends import llvm
    entry = llvm.compile(table, name).function
    if len(table.nets[name].outputs) == 1:
        return Engine(lambda flat: (entry(*flat),), entry)
    return Engine(lambda flat: entry(*flat), entry)
