"""Calls of other functions from a traced one: their definition is imported, and applied to the arguments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from catad.source import Span
from catad.syntax import tree
from catad.tracing.active import current
from catad.tracing.modules import Module
from catad.tracing.sums import argument
from catad.tracing.trace import Trace, apply
from catad.types.type import Fun, Type

__all__ = ["call"]


def call(module: Module, name: str, args: Sequence[Any]) -> Any:
    """The definition that a module is for, at one value for each parameter."""
    trace = current(name)
    span = trace.sites.here()
    parts = trace.sites.parts(span)
    places = parts if len(parts) == len(args) else [span] * len(args)
    alias = trace.module(name, span, module)
    types = _parameters(trace, alias, module.name, span)
    given = [argument(trace, a, t, alias, p) for a, t, p in zip(args, types, places, strict=False)]
    return trace.emit(apply(tree.Field(span, tree.Name(span, alias), module.name), given, span))


def _parameters(trace: Trace, alias: str, name: str, span: Span) -> Iterator[Type | None]:
    """The types of the parameters of an imported definition, then nothing."""
    scheme = trace.session.world.member(alias, name, span)
    t = None if scheme is None else scheme.type
    while isinstance(t, Fun):
        yield t.arg
        t = t.result
    while True:
        yield None
