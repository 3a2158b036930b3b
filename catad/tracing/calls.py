"""Calls of other functions from a traced one: their definition is imported, and applied to the arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catad.syntax import tree
from catad.tracing.active import current
from catad.tracing.modules import Module
from catad.tracing.trace import apply

__all__ = ["call"]


def call(module: Module, name: str, args: Sequence[Any]) -> Any:
    """The definition that a module is for, at one value for each parameter."""
    trace = current(name)
    span = trace.sites.here()
    parts = trace.sites.parts(span)
    places = parts if len(parts) == len(args) else [span] * len(args)
    fn = tree.Field(span, tree.Name(span, trace.module(name, span, module)), module.name)
    return trace.emit(apply(fn, [trace.lift(a, p) for a, p in zip(args, places, strict=True)], span))
