"""The functions of the language by name: `math.softmax(x)`, `math.linear.cholesky(a)`.

Built-in functions of numbers work entry by entry on arrays; everything else is applied as it is. Python functions
among the arguments are traced at the types that the other arguments give them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from catad.source import Span, error
from catad.syntax import tree
from catad.tracing.active import current, running
from catad.tracing.operators import elementwise, kind
from catad.tracing.trace import Trace, apply
from catad.tracing.tracer import Tracer
from catad.types.builtins import BUILTINS
from catad.types.check import prelude
from catad.types.constraint import ANY, SCALAR
from catad.types.context import suggest
from catad.types.library import standard_modules
from catad.types.meta import Meta
from catad.types.scheme import Scheme, instantiate
from catad.types.type import Fun, Scalar, Type, TypeVar

__all__ = ["Library", "call", "math"]


def _of_numbers(scheme: Scheme) -> bool:
    """Is it a function from numbers to a number?"""
    bits = dict(scheme.types)
    params, t = 0, scheme.type
    while isinstance(t, Fun):
        if not _scalar(t.arg, bits):
            return False
        params, t = params + 1, t.result
    return params > 0 and _scalar(t, bits)


def _scalar(t: Type, bits: Mapping[str, int]) -> bool:
    return isinstance(t, Scalar) or (isinstance(t, TypeVar) and not bits.get(t.name, ANY) & ~SCALAR)


@cache
def _rows() -> frozenset[str]:
    """The built-in functions of numbers."""
    return frozenset(x for x, b in BUILTINS.items() if b.params and all(
        _scalar(t, dict(b.types)) for t in (*b.params, b.result)))


def call(trace: Trace, name: str, *args: Any) -> Any:
    """A built-in function or definition of the prelude, at values."""
    span = trace.sites.here()
    if name in _rows():
        return elementwise(trace, lambda *xs: trace.call(name, *_floats(trace, name, xs), span=span), args, span)
    return _applied(trace, tree.Name(span, name), trace.session.world.value(name, span), args)


_FLOATING = frozenset(x for x, b in BUILTINS.items() if len(b.types) == 1 and b.types[0][1] == 3)


def _floats(trace: Trace, name: str, args: tuple[Any, ...]) -> list[Any]:
    """Whole numbers become floats where only these are taken."""
    if name not in _FLOATING or name in ("powi", "polygamma"):
        return list(args)
    return [trace.call("f64", x) if kind(x) == "i64" else
            float(x) if kind(x) == "int" and not isinstance(x, Tracer) else x for x in args]


def _applied(trace: Trace, fn: tree.Expr, scheme: Scheme | None, args: tuple[Any, ...]) -> Any:
    """A definition at values, entry by entry where it is one of numbers."""
    span = fn.span
    if any(callable(a) for a in args):
        return _higher(trace, fn, scheme, args)

    def one(*xs: Any) -> Any:
        return trace.emit(apply(fn, [trace.lift(x, span) for x in xs], span))
    return elementwise(trace, one, args, span) if scheme is not None and _of_numbers(scheme) else one(*args)


def _higher(trace: Trace, fn: tree.Expr, scheme: Scheme | None, args: tuple[Any, ...]) -> Any:
    """A definition at values some of which are Python functions: these are traced at the types that the others give."""
    span, u = fn.span, trace.session.context.unifier
    t: Type | None = None if scheme is None else instantiate(u, scheme)[2]
    wanted: list[Type | None] = []
    lifted: list[tree.Expr | None] = []
    for a in args:
        known = None if t is None else trace.session.known(t)
        arg, t = (known.arg, known.result) if isinstance(known, Fun) else (None, None)
        e = None if callable(a) else trace.named(trace.lift(a, span))[0]
        if e is not None and arg is not None:
            trace.session.check(e, arg)
        wanted.append(arg)
        lifted.append(e)
    parts = [e if e is not None else _traced(trace, a, w, span)
             for e, w, a in zip(lifted, wanted, args, strict=True)]
    return trace.emit(apply(fn, parts, span))


def _traced(trace: Trace, f: Callable[..., Any], t: Type | None, span: Span) -> tree.Expr:
    """A Python function at a function type. Raises E0634 where its parameters are not known."""
    params: list[Type] = []
    for _ in inspect.signature(f).parameters:
        t = None if t is None else trace.session.known(t)
        if not isinstance(t, Fun) or isinstance(trace.session.known(t.arg), Meta):
            raise error("E0634", "the types of the parameters of this function are not known", span, "used here",
                        help=["catad.array, catad.loop, catad.fold, catad.grad and their like take any function"])
        params.append(t.arg)
        t = t.result
    return trace.function(params, f, span)


class Library:
    """The definitions of a module of the standard library as functions, and further modules."""

    def __init__(self, path: str = "") -> None:
        self._path = path

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if not self._path and f"std/{name}.cad" in standard_modules():
            return Library(f"std/{name}.cad")
        if not self._path and name not in set(self._names()):
            trace = running.get()
            raise error("E0201", f"there is no `{name}` in the language", trace.sites.here() if trace else None,
                        "unknown name" if trace else "", help=suggest(name, self._names()))
        return self._function(name)

    def _names(self) -> Iterator[str]:
        yield from BUILTINS
        yield from prelude().value_names()

    def __dir__(self) -> list[str]:
        return sorted(set(self._names())) if not self._path else []

    def _function(self, name: str) -> Callable[..., Any]:
        def function(*args: Any) -> Any:
            trace = current(f"catad.math.{name}")
            if not self._path:
                return call(trace, name, *args)
            span = trace.sites.here()
            alias = trace.module(self._path, span)
            return _applied(trace, tree.Field(span, tree.Name(span, alias), name),
                            trace.session.world.member(alias, name, span), args)
        function.__name__ = name
        return function

    def __repr__(self) -> str:
        return f"<functions of {self._path or 'the language'}>"


math = Library()
