"""Loops, branches and folds inside traced functions; each takes Python functions and traces their bodies once.

    array(x[i] * y[i] for i in range(n))       for i < n -> x[i] * y[i]
    sum(x[i] for i in range(n))                sum (for i < n -> x[i])
    loop(n, lambda i, s: s + x[i], 0.0)        loop s = 0.0 for i < n do s + x[i]
    while_loop(c, f, s)                        loop s while c s do f s
    cond(c, f, g)                              if c then f () else g ()
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from catad.source import Span, error
from catad.syntax import tree
from catad.tracing.active import current
from catad.tracing.operators import elementwise, kind, mapped, rank
from catad.tracing.trace import Block, Trace, apply
from catad.tracing.tracer import Tracer
from catad.types.type import I64, Array

__all__ = [
    "accumulate", "all", "any", "array", "cond", "constant", "fold", "loop", "max", "min", "prod", "range", "scan",
    "sum", "where", "while_loop",
]


# ── comprehensions ─────────────────────────────────────────────────────────────────────────────────────────────

class range:
    """`range(n)`: the indices of a loop of the program, for comprehensions in `array`, `sum` and their like."""

    def __init__(self, extent: Any) -> None:
        self.extent = extent

    def __iter__(self) -> Iterator[Any]:
        trace = current("catad.range")
        span = trace.sites.here()
        extent = trace.lift(self.extent, span)
        block = trace.open()
        name = trace.fresh("i")
        trace.session.bind(name, I64, span)
        binder = _Binder(block, tree.Binder(span, name, extent))
        _binders(trace).append(binder)
        try:
            yield trace.wrap(tree.Name(span, name), I64)
            if not binder.taken:
                raise error("E0630", "a `for` statement over catad.range runs only once, while the function is traced",
                            span, "this loop", help=[
                                "arrays are catad.array(… for i in catad.range(n))",
                                "a loop with a state is catad.loop(n, lambda i, state: …, start)",
                                "a loop of known length that is to be unrolled is over Python's range"])
        finally:
            _binders(trace).remove(binder)
            trace.close(block)


class _Binder:
    """A loop of a comprehension that is open."""

    def __init__(self, block: Block, binder: tree.Binder) -> None:
        self.block, self.binder, self.taken = block, binder, False


def _binders(trace: Trace) -> list[_Binder]:
    return trace.comprehension


def _comprehension(trace: Trace, values: Iterable[Any], row: str | None,
                   span: Span) -> tuple[int, tree.Expr] | list[Any]:
    """How many loops a comprehension has, and its tree; a list when they are all Python's.

    With a `row`, each loop is reduced by it.
    """
    already = len(_binders(trace))
    entries = iter(values)
    found: list[Any] = []
    for entry in entries:
        opened = _binders(trace)[already:]
        if not opened:
            found.append(entry)
            continue
        e = trace.lift(entry, span)
        for b in opened:
            b.taken = True
        if found or next(entries, None) is not None:
            raise error("E0630", "a comprehension mixes loops of Python and of the program", span, "this one",
                        help=["nest them: catad.array(catad.array(… for j in …) for i in …)"])
        for b in reversed(opened):
            e = tree.For(span, (b.binder,), b.block.around(e))
            e = e if row is None else tree.Apply(span, tree.Name(span, row), tree.Paren(span, e))
        return len(opened), e
    return found


def array(values: Any) -> Any:
    """An array: of a comprehension over catad.range, or of a list of values.

    With two loops the entries are in one row, as in Python.
    """
    trace = current("catad.array")
    span = trace.sites.here()
    if isinstance(values, (list, tuple)) or not hasattr(values, "__next__"):
        return trace.emit(trace.lift(list(values) if isinstance(values, tuple) else values, span))
    found = _comprehension(trace, values, None, span)
    if isinstance(found, list):
        return trace.emit(trace.lift(found, span))
    loops, body = found
    out = trace.emit(body)
    for _ in builtins.range(1, loops):
        out = trace.call("flatten", out, span=span)
    return out


def constant(values: Any) -> Any:
    """A list or NumPy array of numbers as an array of the program, which can be indexed by traced numbers."""
    trace = current("catad.constant")
    return trace.emit(trace.lift(values, trace.sites.here()))


def _reduction(name: str) -> Callable[[Any], Any]:
    def reduce(values: Any) -> Any:
        trace = current(f"catad.{name}")
        span = trace.sites.here()
        x = values
        if hasattr(values, "__next__"):
            found = _comprehension(trace, values, _ROWS[name], span)
            if not isinstance(found, list):
                return trace.emit(found[1])
            x = found
        return reduced(trace, _ROWS[name], array(x) if isinstance(x, (list, tuple)) else x, None, span)
    reduce.__name__ = name
    reduce.__doc__ = f"The {_WORDS[name]} of all entries of an array, or of a comprehension over catad.range."
    return reduce


_ROWS = {"sum": "sum", "prod": "product", "max": "maximum", "min": "minimum", "all": "all", "any": "any"}
_WORDS = {"sum": "sum", "prod": "product", "max": "largest", "min": "smallest", "all": "conjunction",
          "any": "disjunction"}


def reduced(trace: Trace, row: str, x: Any, axis: int | None, span: Span) -> Any:
    """A reduction of one-dimensional arrays, over all dimensions of an array or over one of them."""
    depth = rank(x)
    if axis is not None and not -depth <= axis < depth:
        raise error("E0634", f"there is no dimension {axis} in an array of {depth}", span, "used here")
    if depth <= 1:
        return trace.call(row, x, span=span)
    if axis is None:
        return trace.call(row, mapped(trace, lambda y: reduced(trace, row, y, None, span), [x], span), span=span)
    if axis % depth:
        return mapped(trace, lambda y: reduced(trace, row, y, axis % depth - 1, span), [x], span)
    turned = trace.call("transpose", x, span=span)
    return mapped(trace, lambda y: reduced(trace, row, y, 0, span), [turned], span)


sum, prod, max, min = _reduction("sum"), _reduction("prod"), _reduction("max"), _reduction("min")
all, any = _reduction("all"), _reduction("any")


# ── loops ──────────────────────────────────────────────────────────────────────────────────────────────────────

def loop(n: Any, body: Callable[[Any, Any], Any], start: Any) -> Any:
    """The state after `n` steps `state = body(i, state)` from `start`, for i = 0, 1, …, n - 1."""
    trace = current("catad.loop")
    span = trace.sites.here()
    init, t = trace.named(trace.lift(start, span))
    i, s = trace.fresh("i"), trace.fresh("s")
    inner = trace.body([(i, I64), (s, t)], body, span)
    binder = tree.Binder(span, i, trace.lift(n, span))
    return trace.emit(tree.Loop(span, tree.PVar(span, s), init, binder, None, inner))


def while_loop(condition: Callable[[Any], Any], body: Callable[[Any], Any], start: Any) -> Any:
    """The first state that does not fulfil the condition, of `start`, `body(start)`, `body(body(start))`, …"""
    trace = current("catad.while_loop")
    span = trace.sites.here()
    init, t = trace.named(trace.lift(start, span))
    s = trace.fresh("s")
    holds = trace.body([(s, t)], condition, span)
    inner = trace.body([(s, t)], body, span)
    return trace.emit(tree.Loop(span, tree.PVar(span, s), init, None, holds, inner))


def fold(f: Callable[[Any, Any], Any], start: Any, xs: Any) -> Any:
    """The left fold: `f(… f(f(start, xs[0]), xs[1]) …, xs[n-1])`."""
    return _folded("reduce", f, start, xs)


def scan(f: Callable[[Any, Any], Any], start: Any, xs: Any) -> Any:
    """The array of the states of `fold` after each step."""
    return _folded("scan", f, start, xs)


def _folded(name: str, f: Callable[[Any, Any], Any], start: Any, xs: Any) -> Any:
    trace = current(f"catad.{name}")
    span = trace.sites.here()
    init, t = trace.named(trace.lift(start, span))
    array, whole = trace.named(trace.lift(xs, span))
    item = whole.item if isinstance(whole, Array) else whole
    fn = trace.function([t, item], f, span)
    return trace.emit(apply(tree.Name(span, name), [fn, init, array], span))


def accumulate(start: Any, n: Any, f: Callable[[Any], tuple[Any, Any]]) -> Any:
    """The array `start` with `v` added at `k` for each `(k, v) = f(i)`, i = 0, 1, …, n - 1; `k` may be a tuple."""
    trace = current("catad.accumulate")
    span = trace.sites.here()
    i = trace.fresh("i")
    body = trace.body([(i, I64)], f, span)
    binder = tree.Binder(span, i, trace.lift(n, span))
    return trace.emit(tree.Accumulate(span, trace.lift(start, span), (binder,), body))


# ── branches ───────────────────────────────────────────────────────────────────────────────────────────────────

def cond(condition: Any, then: Any, other: Any, *args: Any) -> Any:
    """`then(*args)` where the condition holds, else `other(*args)`; only the chosen side runs, in derivatives too.

    Either side may also be a value.
    """
    trace = current("catad.cond")
    span = trace.sites.here()
    if not isinstance(condition, Tracer):
        chosen = then if condition else other
        return chosen(*args) if callable(chosen) else chosen
    sides = [trace.body([], (lambda f=f: f(*args)) if callable(f) else (lambda f=f: f), span) for f in (then, other)]
    return trace.emit(tree.If(span, trace.lift(condition, span), *sides))


def where(condition: Any, a: Any, b: Any) -> Any:
    """`a` where the condition holds, else `b`, entry by entry; both are computed."""
    trace = current("catad.where")
    span = trace.sites.here()
    return elementwise(trace, lambda c, x, y: _chosen(trace, c, x, y, span), [condition, a, b], span)


def _chosen(trace: Trace, condition: Any, a: Any, b: Any, span: Span) -> Any:
    if not isinstance(condition, Tracer):
        return a if condition else b
    kinds = {kind(a), kind(b)}
    if "i64" in kinds and kinds & {"f64", "f32", "float"}:
        a, b = (trace.call("f64", x, span=span) if kind(x) == "i64" else x for x in (a, b))
    return trace.emit(tree.If(span, trace.lift(condition, span), trace.lift(a, span), trace.lift(b, span)))


def stacked(values: Sequence[Any]) -> Any:
    """An array of values of one type."""
    return array(builtins.list(values))
