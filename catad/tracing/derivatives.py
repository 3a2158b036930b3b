"""Derivatives of Python functions inside traced ones: the operators of the language, called like `catad.grad`.

    grad(f)(x, y)          ↦  grad (\\x -> f x y) x              jvp(f)(x, x')     ↦  jvp f x x'
    vjp(f)(x, ȳ)           ↦  let (y, pull) = vjp f x in …       jet(f, k)(x, c)   ↦  jet f (x, c)

What the other arguments and everything else that the function uses are constants to the derivative.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from catad.source import CatadError, Span, error
from catad.syntax import tree
from catad.tracing.active import current
from catad.tracing.operators import kind, rank
from catad.tracing.trace import Trace, apply
from catad.tracing.tracer import Tracer
from catad.types.type import Array

__all__ = ["Derived"]

Argnums = int | str | Sequence[int | str] | None
_EXTRA = {"jvp": 1, "vjp": 1, "jet": 1, "hvp": 1}


class Derived:
    """A derivative of a function on traced values."""

    def __init__(self, kind: str, f: Callable[..., Any], argnums: Argnums) -> None:
        self.kind, self.f, self.argnums = kind, f, argnums
        self.__name__ = f"{kind}_{getattr(f, '__name__', 'f')}"

    def __call__(self, *args: Any) -> Any:
        trace = current(f"catad.{self.kind}")
        span = trace.sites.here()
        extra = _EXTRA.get(self.kind, 0)
        values, more = list(args[:len(args) - extra]), args[len(args) - extra:]
        chosen = self._chosen(values, span)
        point = _floating(values[chosen[0]] if len(chosen) == 1 and self._single else tuple(values[k] for k in chosen))
        e, t = trace.named(trace.lift(point, span))

        def inner(x: Any) -> Any:
            moved = list(values)
            for k, v in zip(chosen, (x,) if len(chosen) == 1 and self._single else x, strict=True):
                moved[k] = v
            return self.f(*moved)

        fn = tree.Paren(span, trace.function([t], inner, span))
        return getattr(self, f"_{self.kind}")(trace, fn, e, [_floating(m) for m in more], span)

    # ── which arguments ────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _single(self) -> bool:
        return self.argnums is None or isinstance(self.argnums, (int, str))

    def _chosen(self, values: Sequence[Any], span: Span) -> list[int]:
        if self.argnums is None:
            found = [k for k, v in enumerate(values) if not _whole(v)]
            return found if found else [0]
        chosen = [self.argnums] if isinstance(self.argnums, (int, str)) else list(self.argnums)
        names = list(inspect.signature(self.f).parameters)
        numbers = [names.index(k) if k in names else k for k in chosen]
        if any(not isinstance(k, int) or not -len(values) <= k < len(values) for k in numbers) or not numbers:
            raise self._error(f"argnums are positions of arguments; found {self.argnums!r}", span)
        return [int(k) % len(values) for k in numbers]

    def _error(self, title: str, span: Span, *help: str) -> CatadError:
        return error("E0609", f"{self.kind}: {title}", span, "used here", help=help)

    # ── what each is ───────────────────────────────────────────────────────────────────────────────────────────

    def _operator(self, trace: Trace, name: str, args: Sequence[tree.Expr], span: Span) -> Any:
        return trace.emit(apply(tree.Name(span, name), args, span))

    def _grad(self, trace: Trace, fn: tree.Expr, x: tree.Expr, more: Sequence[Any], span: Span) -> Any:
        return self._operator(trace, "grad", [fn, x], span)

    def _value_and_grad(self, trace: Trace, fn: tree.Expr, x: tree.Expr, more: Sequence[Any], span: Span) -> Any:
        return self._operator(trace, "value_and_grad", [fn, x], span)

    def _jvp(self, trace: Trace, fn: tree.Expr, x: tree.Expr, more: Sequence[Any], span: Span) -> Any:
        return self._operator(trace, "jvp", [fn, x, trace.lift(more[0], span)], span)

    def _hvp(self, trace: Trace, fn: tree.Expr, x: tree.Expr, more: Sequence[Any], span: Span) -> Any:
        return self._operator(trace, "hvp", [fn, x, trace.lift(more[0], span)], span)

    def _vjp(self, trace: Trace, fn: tree.Expr, x: tree.Expr, more: Sequence[Any], span: Span) -> Any:
        pair, _ = trace.named(apply(tree.Name(span, "vjp"), [fn, x], span))
        y = trace.emit(tree.Proj(span, pair, 0))
        pulled = tree.Apply(span, tree.Proj(span, pair, 1), trace.lift(more[0], span))
        return y, trace.emit(pulled)

    def _jet(self, trace: Trace, fn: tree.Expr, x: tree.Expr, more: Sequence[Any], span: Span) -> Any:
        return self._operator(trace, "jet", [fn, tree.Tuple(span, (x, trace.lift(more[0], span)))], span)

    def _jacobian(self, trace: Trace, fn: tree.Expr, x: tree.Expr, more: Sequence[Any], span: Span) -> Any:
        from_, to = rank(trace.wrap(x, trace.session.infer(x))), self._rank_of(trace, fn, x)
        if from_ == 0 and to is not None:
            one = tree.Num(span, "1.0", True)
            return trace.emit(tree.Proj(span, tree.Paren(span, apply(tree.Name(span, "jvp"), [fn, x, one], span)), 1))
        if from_ == 1 and to in (0, 1):
            return self._operator(trace, "grad" if to == 0 else "jac", [fn, x], span)
        raise self._error("inside traced functions it is for functions of and into numbers and vectors", span,
                          "catad.jvp and catad.vjp take every type; outside, catad.jacobian does")

    def _hessian(self, trace: Trace, fn: tree.Expr, x: tree.Expr, more: Sequence[Any], span: Span) -> Any:
        depth = rank(trace.wrap(x, trace.session.infer(x)))
        if depth > 1:
            raise self._error("inside traced functions it is for functions of a number or a vector", span)
        if depth == 1:
            return self._operator(trace, "hess", [fn, x], span)
        return self._operator(trace, "diff", [tree.Paren(span, tree.Apply(span, tree.Name(span, "diff"), fn)), x], span)

    def _rank_of(self, trace: Trace, fn: tree.Expr, x: tree.Expr) -> int | None:
        t, depth = trace.session.infer(tree.Apply(x.span, fn, x)), 0
        while isinstance(t, Array):
            t, depth = trace.session.known(t.item), depth + 1
        return depth if _is_scalar(t) else None


def _is_scalar(t: Any) -> bool:
    from catad.types.type import Prod, Record
    return not isinstance(t, (Prod, Record))


def _whole(x: Any) -> bool:
    """Is it a whole number or truth value, through which no derivative flows?"""
    if isinstance(x, np.ndarray):
        return x.dtype.kind in "iub"
    return kind(x) in ("i64", "bool")


def _floating(x: Any) -> Any:
    """Numbers of Python as floats: a point at which a derivative is taken."""
    if isinstance(x, (int, np.integer)) and not isinstance(x, bool):
        return float(x)
    if isinstance(x, (tuple, list)) and not hasattr(x, "_fields"):
        return type(x)(_floating(v) for v in x)
    return x


def batched(f: Callable[..., Any], in_axes: Sequence[int | None]) -> Callable[..., Any]:
    """`vmap`: f of the entries of the arguments that are batched."""
    def over(*args: Any) -> Any:
        from catad.tracing.control import array
        from catad.tracing.control import range as indices
        trace = current("catad.vmap")
        axes = [a is not None for a in (in_axes if len(in_axes) == len(args) else [0] * len(args))]
        arrays = [trace.emit(trace.lift(a, trace.sites.here())) if b and not isinstance(a, Tracer) else a
                  for a, b in zip(args, axes, strict=True)]
        first = next(a for a, b in zip(arrays, axes, strict=True) if b)
        return array(f(*(a[i] if b else a for a, b in zip(arrays, axes, strict=True)))
                     for i in indices(first.shape[0]))
    return over
