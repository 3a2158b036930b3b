"""One net made runnable by a backend.

    engine(backend, table, name) = Engine(run, entry)        run : flat values → flat values

| backend            | a float is                                                                  |
|--------------------|-----------------------------------------------------------------------------|
| `llvm`             | an IEEE float, in native code (the default)                                 |
| `reference`        | an IEEE float, in NumPy: the definition of what a program means             |
| `exact`            | a rational number, `fractions.Fraction`                                     |
| `mp`, `mp:100`     | a long float of 50, or 100, decimal digits, `mpmath.mpf`                    |
| `mod`, `mod:65537` | a residue modulo 2⁶¹ - 1, or another prime                                  |
| `symbolic`         | a SymPy expression                                                          |
| `strict`           | an IEEE float, in native code in which nothing is regrouped or contracted   |
| `check-nan`        | the reference, stopping at the operation that makes the first NaN           |
| `check-inf`        | the same for infinities too                                                 |

`entry` is the native code's own Python function, when there is one: it takes the flat values as positional
arguments and checks them itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from catad.net.net import Table
from catad.source import error

__all__ = ["BACKENDS", "Engine", "backend_of", "check_backend", "engine", "ordinary"]

BACKENDS = ("llvm", "strict", "reference", "check-nan", "check-inf", "exact", "mp", "mod", "symbolic")
_CHECKS = {"nan": "check-nan", "inf": "check-inf"}
_NUMBERS = {"mp": 50, "mod": 2**61 - 1}


@dataclass(frozen=True, slots=True)
class Engine:
    run: Callable[[Sequence[Any]], Sequence[Any]]
    entry: Callable[..., Any] | None = None


def check_backend(name: str) -> str:
    """The name itself. Raises E0611 when there is no such backend for calls."""
    kind, colon, number = name.partition(":")
    if kind not in BACKENDS:
        raise error("E0611", f"there is no backend `{name}` that calls functions",
                    help=[f"choose one of {', '.join(BACKENDS)}"])
    if colon and kind not in _NUMBERS:
        raise error("E0611", f"the backend `{kind}` takes no number")
    if colon and not (number.isascii() and number.isdigit() and len(number) < 1000 and _fits(kind, int(number))):
        what = "a number of digits from 1 to 100000, such as mp:100" if kind == "mp" else "a prime, such as mod:65537"
        raise error("E0611", f"`{number}` is not {what}")
    return name


def _fits(kind: str, number: int) -> bool:
    if kind == "mp":
        return 0 < number <= 100_000
    import sympy
    return bool(sympy.isprime(number))


def ordinary(backend: str) -> bool:
    """Are its floats those of Python?"""
    return backend not in ("exact", "symbolic") and backend.partition(":")[0] not in _NUMBERS


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
        run = _interpreter(backend)
        return Engine(lambda flat: tuple(run(table, name, flat)))
    from catad.backends import llvm
    entry = llvm.compile(table, name, strict=backend == "strict").function
    if len(table.nets[name].outputs) == 1:
        return Engine(lambda flat: (entry(*flat),), entry)
    return Engine(lambda flat: entry(*flat), entry)


def _interpreter(backend: str) -> Callable[[Table, str, Sequence[Any]], tuple[Any, ...]]:
    kind, _, given = backend.partition(":")
    number = int(given) if given else _NUMBERS.get(kind, 0)
    if kind in ("reference", "check-nan", "check-inf"):
        from catad.backends import reference
        domain = None if kind == "reference" else reference.Watched(kind == "check-inf")
        return lambda table, name, flat: tuple(reference.run(table, name, flat, domain=domain))
    if kind == "symbolic":
        from catad.backends import symbolic
        return symbolic.run
    from catad.backends import exact
    if kind == "mp":
        return lambda table, name, flat: exact.run(table, name, flat, digits=number)
    if kind == "mod":
        return lambda table, name, flat: exact.run_mod(table, name, flat, number)
    return exact.run
