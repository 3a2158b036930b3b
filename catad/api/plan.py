"""The straight way through structured values: a call made of subscripts, compiled once for each function.

    f {a = x, b = y} (z, w)   ↦   lambda fast, p0, p1: fast(p0['a'], p0['b'], p1[0], p1[1])

It takes plain dictionaries and tuples of the expected form and nothing else. What does not fit raises `Misfit`, and the
general way (`values.py`) then converts, or says what is wrong in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from catad.api.values import simple
from catad.net.net import Entry
from catad.types.type import Prod, Record, Type

__all__ = ["Misfit", "straight"]


class Misfit(Exception):
    """An argument is not a plain dictionary or tuple of the expected form."""


def straight(entry: Entry) -> Callable[[Callable[..., Any]], Callable[..., Any]] | None:
    """From the native entry to the function on structured values; None for types that need the general way."""
    if not all(_plain(t) for t in (*(t for _, t in entry.params), entry.result)):
        return None
    names = [f"p{k}" for k in range(len(entry.params))]
    checks: list[str] = []
    leaves = [leaf for name, (_, t) in zip(names, entry.params, strict=True) for leaf in _take(t, name, checks)]
    count = len(list(_take(entry.result, "", [])))
    if count == 0:
        return None
    made = _make(entry.result, iter(["r"] if count == 1 else [f"r[{k}]" for k in range(count)]))
    lines = [
        "def bind(fast):",
        f"    def call({', '.join(names)}):",
        *([f"        if {' or '.join(checks)}:", "            raise Misfit"] if checks else []),
        f"        r = fast({', '.join(leaves)})",
        f"        return {made}",
        "    return call",
    ]
    scope: dict[str, Any] = {"Misfit": Misfit}
    exec("\n".join(lines), scope)                      # names are ours, keys are quoted
    bind: Callable[[Callable[..., Any]], Callable[..., Any]] = scope["bind"]
    return bind


def _plain(t: Type) -> bool:
    match t:
        case Prod(items):
            return all(map(_plain, items))
        case Record(fields):
            return all(_plain(f) for _, f in fields)
    return simple(t)


def _take(t: Type, path: str, checks: list[str]) -> Iterator[str]:
    """The expressions of the leaves of a value, and what must hold of its form."""
    match t:
        case Prod(items):
            checks.append(f"{path}.__class__ is not tuple or len({path}) != {len(items)}")
            for k, item in enumerate(items):
                yield from _take(item, f"{path}[{k}]", checks)
        case Record(fields):
            keys = "".join(f" or {x!r} not in {path}" for x, _ in fields)
            checks.append(f"{path}.__class__ is not dict or len({path}) != {len(fields)}{keys}")
            for x, item in fields:
                yield from _take(item, f"{path}[{x!r}]", checks)
        case _:
            yield path


def _make(t: Type, leaves: Iterator[str]) -> str:
    """The expression of a structured value from its leaves."""
    match t:
        case Prod(items):
            return "(" + "".join(_make(i, leaves) + ", " for i in items) + ")"
        case Record(fields):
            return "{" + ", ".join(f"{x!r}: {_make(f, leaves)}" for x, f in fields) + "}"
    return next(leaves)
