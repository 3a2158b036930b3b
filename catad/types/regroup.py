"""Values taken apart and put together again, to change the types of the functions in them.

    fs : [n](a -> b)  at  [n](a' -> b')   =   for i < n -> fs[i] at (a' -> b')          likewise by constructors
"""

from __future__ import annotations

from collections.abc import Callable

from catad.core import term as core
from catad.types.scope import Names
from catad.types.type import I64, Array, Data, Type

__all__ = ["by_constructor", "entrywise"]

At = Callable[[core.Term, Type], core.Term]          # a term at another type


def entrywise(names: Names, item: core.Term, expected: Array, at: At) -> core.Term:
    """An array of as many entries as `expected` says, each at another type."""
    assert isinstance(item.type, Array)
    name, i = names.fresh("xs"), names.fresh("i")
    xs = core.Var(item.type, item.span, name)
    entry = core.Index(item.type.item, item.span, xs, (core.Var(I64, item.span, i),))
    body = core.For(expected, item.span, i, expected.size, at(entry, expected.item))
    return core.Let(expected, item.span, name, item, body)


def by_constructor(names: Names, item: core.Term, expected: Data, at: At) -> core.Term:
    """A sum, its payloads at other types."""
    assert isinstance(item.type, Data)
    arms: list[tuple[int, str, core.Term]] = []
    for k, ((_, a), (_, b)) in enumerate(zip(item.type.cases, expected.cases, strict=True)):
        name = names.fresh("x")
        payload = None if a is None or b is None else at(core.Var(a, item.span, name), b)
        arms.append((k, name, core.Inject(expected, item.span, k, payload)))
    return core.Case(expected, item.span, item, tuple(arms), None)
