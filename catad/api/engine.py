"""One net made runnable by a backend.

    engine(backend, table, name) = Engine(run, entry)        run : flat values → flat values

`entry` is the native code's own Python function, when there is one: it takes the flat values as positional
arguments and checks them itself. The backends:

    llvm         native code
    strict       native code in which nothing is regrouped or contracted
    reference    NumPy and Python floats: what a program means
    check-nan    the reference, stopping at the operation that makes the first NaN
    check-inf    the same for infinities too
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from catad.net.net import Table
from catad.source import error

__all__ = ["BACKENDS", "Engine", "backend_of", "engine"]

BACKENDS = ("llvm", "strict", "reference", "check-nan", "check-inf")
_CHECKS = {"nan": "check-nan", "inf": "check-inf"}


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


def backend_of(strict: bool, check: str | None) -> str:
    """The backend that these options of `compile` and `load` ask for. Raises E0611 for other checks, and for both."""
    if check is None:
        return "strict" if strict else "llvm"
    if check not in _CHECKS or strict:
        raise error("E0611", f"check is {check!r}" + (" and strict" if strict else ""),
                    help=[f"check one of {', '.join(map(repr, _CHECKS))}",
                          "a checked program runs by the reference, which is strict in any case"])
    return _CHECKS[check]


def engine(backend: str, table: Table, name: str) -> Engine:
    """Compile or bind the prepared net `name`."""
    if backend not in ("llvm", "strict"):
        from catad.backends import reference
        domain = reference.Watched(backend == "check-inf") if backend.startswith("check-") else None
        return Engine(lambda flat: tuple(reference.run(table, name, flat, domain=domain)))
    from catad.backends import llvm
    entry = llvm.compile(table, name, strict=backend == "strict").function
    if len(table.nets[name].outputs) == 1:
        return Engine(lambda flat: (entry(*flat),), entry)
    return Engine(lambda flat: entry(*flat), entry)
