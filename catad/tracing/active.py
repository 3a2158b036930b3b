"""The trace that is running in this thread or task, if any; a module of its own, so that asking costs nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from catad.source import error

if TYPE_CHECKING:
    from catad.tracing.trace import Trace

__all__ = ["current", "running", "traced"]

running: ContextVar[Trace | None] = ContextVar("running", default=None)


def current(what: str) -> Trace:
    """The running trace. Raises E0637 when there is none; `what` names what was asked for."""
    trace = running.get()
    if trace is None:
        raise error("E0637", f"{what} is used outside of a function that is being traced",
                    help=["decorate the function that uses it with `@catad.function`, and call that"])
    return trace


def traced(value: Any) -> bool:
    """Is there a traced value in it?"""
    from catad.tracing.tracer import Tracer
    if isinstance(value, (list, tuple)):
        return any(map(traced, value))
    if isinstance(value, Mapping):
        return any(map(traced, value.values()))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return any(traced(getattr(value, f.name)) for f in dataclasses.fields(value))
    return isinstance(value, Tracer)
