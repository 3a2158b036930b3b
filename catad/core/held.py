"""Values of the reference evaluator that derivatives take for constants.

    constant x = x without its tangents          constant f = f without those of what it captured

What a function captured cannot be seen in its closure. So its argument gets fresh tags for the call: then the old ones
in the result come from what was captured, and go; the fresh ones stay, under their old names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from catad.core.scalars import Dual

__all__ = ["constant"]


def constant(x: Any, fresh: Iterator[int], kept: frozenset[int] = frozenset()) -> Any:
    """The value without the tangents of other tags than those kept; `fresh` gives new tags."""
    if isinstance(x, (list, tuple)):
        return type(x)([constant(v, fresh, kept) for v in x])
    if isinstance(x, Dual):
        value = constant(x.value, fresh, kept)
        return Dual(x.tag, value, constant(x.tangent, fresh, kept)) if x.tag in kept else value
    return _held(x, fresh) if callable(x) else x


def _held(f: Callable[[Any], Any], fresh: Iterator[int]) -> Callable[[Any], Any]:
    def call(v: Any) -> Any:
        names = {t: next(fresh) for t in sorted(_tags(v))}
        y = constant(f(_renamed(v, names)), fresh, frozenset(names.values()))
        return _renamed(y, {new: t for t, new in names.items()})
    return call


def _tags(x: Any) -> set[int]:
    """The derivatives in progress that a value takes part in."""
    if isinstance(x, (list, tuple)):
        return {t for v in x for t in _tags(v)}
    return {x.tag} | _tags(x.value) | _tags(x.tangent) if isinstance(x, Dual) else set()


def _renamed(x: Any, names: dict[int, int]) -> Any:
    """The same value under other tags, which are in the same order."""
    if isinstance(x, (list, tuple)):
        return type(x)([_renamed(v, names) for v in x])
    if isinstance(x, Dual):
        return Dual(names.get(x.tag, x.tag), _renamed(x.value, names), _renamed(x.tangent, names))
    return x
