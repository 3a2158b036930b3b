"""After a mistake in a binding the rest of the definition is still checked, and all mistakes are told together.

    let x = ⟨mistake⟩ in e        x gets the type that agrees with everything, and e is checked

A mistake leaves less known of the types after it. So what is told of what comes later is what is wrong whatever that
type would have been; that a type is not known is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from catad.core import term as core
from catad.source import CatadError, Span
from catad.types.context import Context
from catad.types.meta import Wrong

__all__ = ["attempt", "together"]

_UNKNOWN = ("E0210", "E0212", "E0222", "E0304")          # codes that say that something is not determined


def attempt(c: Context, span: Span, f: Callable[[], core.Term]) -> core.Term:
    """What f gives; a term of unknown type where it raises a CatadError, which is kept."""
    mark = len(c.bound)
    try:
        return f()
    except CatadError as e:
        c.mistakes.append(e)
        while len(c.bound) > mark:
            c.env[c.bound.pop()].pop()
        return core.Var(Wrong(), span, "")


@contextmanager
def together(c: Context) -> Iterator[None]:
    """Raises all that went wrong within."""
    try:
        yield
    except CatadError as e:
        c.mistakes.append(e)
    if c.mistakes:
        first, *later = (d for e in c.mistakes for d in e.diagnostics)
        raise CatadError([first, *(d for d in later if d.code not in _UNKNOWN)])
