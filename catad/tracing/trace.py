"""One function being traced: its open blocks, the operations in each, and the way between Python values and trees.

    emit   : tree → value         a `let` in the innermost block; the checker says its type, or what is wrong
    lift   : value → tree         of what Python gives: tracers, numbers, tuples, lists, records
    wrap   : tree, type → value   tuples and records as those of Python, scalars and arrays as tracers
    body   : f → tree             the `let`s of a block of its own around what `f` returns

A tracer belongs to the block in which it was made, and can be used while that is open.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from catad.source import Source, Span, error
from catad.syntax import parse_expression, tree
from catad.tracing.modules import Loader, Module
from catad.tracing.sites import Sites
from catad.types.session import Session
from catad.types.size import Size
from catad.types.type import Prod, Record, Type

__all__ = ["Block", "Trace"]

LITERALS = 4096                  # more entries than this are data, and belong into a parameter


class Block:
    """A body being traced: its `let`s so far."""

    def __init__(self) -> None:
        self.lets: list[tuple[str, tree.Expr, Span]] = []

    def around(self, e: tree.Expr) -> tree.Expr:
        for name, bound, span in reversed(self.lets):
            e = tree.Let(span, tree.PVar(span, name), (), None, bound, e)
        return e


class Trace:
    """The state of tracing one Python function."""

    def __init__(self, sites: Sites, session: Session, loader: Loader) -> None:
        self.sites, self.session, self.loader = sites, session, loader
        self.blocks: list[Block] = []
        self.imports: dict[str, tree.Import] = {}          # by path
        self.modules: dict[str, Module] = {}               # those of them that are no files
        self.comprehension: list[Any] = []                 # the loops that comprehensions have opened
        self.classes: dict[tuple[str, ...], type] = {}     # the classes in which records came
        self._count = 0

    # ── blocks ─────────────────────────────────────────────────────────────────────────────────────────────────

    def fresh(self, hint: str = "t") -> str:
        """A name that nothing else has."""
        self._count += 1
        while f"{hint}_{self._count}" in self.session.context.names.used:
            self._count += 1
        return f"{hint}_{self._count}"

    def open(self) -> Block:
        self.session.open()
        self.blocks.append(Block())
        return self.blocks[-1]

    def enter(self) -> Block:
        """The outermost block, whose scope the session has opened."""
        self.blocks.append(Block())
        return self.blocks[-1]

    def close(self, block: Block) -> None:
        """Leave a block, and with it those inside that an exception left open."""
        while block in self.blocks:
            self.blocks.pop()
            self.session.close()

    def body(self, params: Sequence[tuple[str, Type]], f: Callable[..., Any], span: Span) -> tree.Expr:
        """What `f` makes of variables of these types, as the tree of a body."""
        block = self.open()
        try:
            for x, t in params:
                self.session.bind(x, t, span)
            result = f(*(self.wrap(tree.Name(span, x), t) for x, t in params))
            return block.around(self.lift(result, span, stay=True))
        finally:
            self.close(block)

    # ── trees to values ────────────────────────────────────────────────────────────────────────────────────────

    def emit(self, e: tree.Expr) -> Any:
        """The value of an expression, computed once where we are."""
        return self.wrap(*self.named(e))

    def named(self, e: tree.Expr) -> tuple[tree.Expr, Type]:
        """An expression bound to a name, and its type. Raises what the checker says of it."""
        t = self.session.infer(e)
        if isinstance(e, tree.Name):
            return e, t
        name = self.fresh()
        self.session.bind(name, t, e.span, e)
        self.blocks[-1].lets.append((name, e, e.span))
        return tree.Name(e.span, name), t

    def wrap(self, e: tree.Expr, t: Type) -> Any:
        """The Python value of an atomic expression."""
        from catad.tracing.tracer import Tracer
        match t := self.session.known(t):
            case Prod(items):
                return tuple([self.wrap(tree.Proj(e.span, e, k), i) for k, i in enumerate(items)])
            case Record(fields):
                return self._record({x: self.wrap(tree.Field(e.span, e, x), f) for x, f in fields})
        return Tracer(self, self.blocks[-1], e, t)

    def _record(self, values: dict[str, Any]) -> Any:
        cls = self.classes.get(tuple(sorted(values)))
        if cls is None or cls is dict:
            return values
        try:
            return cls(**values)
        except TypeError:                                  # a class that is not made from its fields
            return values

    def size(self, s: Size, span: Span) -> tree.Expr | None:
        """A size as an expression; None where it has no name here."""
        if s.constant is not None:
            return tree.Num(span, str(s.constant), False) if s.constant >= 0 else None
        known = {**self.session.context.size_names, **self.session.context.size_params}
        if any(v not in known for v in s.variables):
            return None
        return _moved(parse_expression(Source("", str(s))), span)

    # ── values to trees ────────────────────────────────────────────────────────────────────────────────────────

    def lift(self, value: Any, span: Span, *, stay: bool = False) -> tree.Expr:
        """The tree of a Python value used at `span`, or with `stay` where it was made.

        Raises E0634 for one that has none, E0632 for a tracer from elsewhere.
        """
        from catad.tracing.tracer import Tracer
        match value:
            case Tracer():
                return self._tracer(value, span, stay)
            case bool() | np.bool_():
                return tree.Bool(span, bool(value))
            case int() | np.integer():
                return _number(str(abs(int(value))), bool(value < 0), False, span)
            case float() | np.floating():
                return _float(float(value), span)
            case np.ndarray():
                return self._constant(value, span)
            case tuple() if not hasattr(value, "_fields"):
                return tree.Tuple(span, tuple([self.lift(v, span, stay=stay) for v in value]))
            case list():
                return tree.ArrayLit(span, tuple([self.lift(v, span, stay=stay) for v in value]))
        fields = _fields(value)
        if fields is not None:
            self.classes.setdefault(tuple(sorted(fields)), type(value))
            return tree.Rec(span, tuple([(x, self.lift(v, span, stay=stay)) for x, v in fields.items()]))
        raise error("E0634", f"{_described(value)} is no value of the language", span, "used here",
                    help=_value_help(value))

    def _tracer(self, x: Any, span: Span, stay: bool) -> tree.Expr:
        if x.trace is not self:
            raise error("E0632", "a traced value is used outside of its function", span, "used here",
                        others=[(x.span, "made here")] if x.span.source is span.source else [],
                        help=["give it to this function as an argument"])
        if x.block not in self.blocks:
            raise error("E0632", "a traced value is used outside of the body that it was made in", span, "used here",
                        others=[(x.span, "made here, in a loop, branch or function")],
                        help=["return it from there: what a body returns can be used outside"])
        expr: tree.Expr = x.expr
        return expr if stay else _moved(expr, span)

    def _constant(self, a: np.ndarray[Any, Any], span: Span) -> tree.Expr:
        if a.dtype.kind == "O":
            return self.lift(a.tolist(), span)
        if a.dtype.kind not in "biuf":
            raise error("E0634", f"an array of {a.dtype} is no value of the language", span, "used here")
        if a.size > LITERALS:
            raise error("E0634", f"an array of {a.size} numbers is too large for a constant of the program", span,
                        "used here", help=["give it to the function as a parameter"])
        return self.lift(a.astype(float).tolist() if a.dtype.kind == "f" else a.tolist(), span)

    # ── the language ───────────────────────────────────────────────────────────────────────────────────────────

    def call(self, name: str, *args: Any, span: Span | None = None) -> Any:
        """A definition of the prelude or a built-in function, at values."""
        span = span or self.sites.here()
        return self.emit(apply(tree.Name(span, name), [self.lift(a, span) for a in args], span))

    def module(self, path: str, span: Span, content: Module | None = None) -> str:
        """The alias of an imported file, or of `content`, which is no file."""
        if content is not None:
            known = next((p for p, m in self.modules.items() if m.file is content.file), None)
            path = known or _unused(path, self.imports)
            self.modules[path] = content
            self.loader.add(span.source, path, content)
        if path not in self.imports:
            self.imports[path] = self.session.imports(path, f"m{len(self.imports) + 1}", span)
        alias = self.imports[path].alias
        assert alias is not None
        return alias

    def function(self, params: Sequence[Type], f: Callable[..., Any], span: Span) -> tree.Expr:
        r"""`\x y -> …` of a Python function."""
        names = [(self.fresh(), t) for t in params]
        body = self.body(names, f, span)
        return tree.Lambda(span, tuple([tree.PVar(span, x) for x, _ in names]), body)


def _unused(name: str, taken: Collection[str]) -> str:
    k, path = 1, name
    while path in taken:
        k += 1
        path = f"{name}_{k}"
    return path


def apply(fn: tree.Expr, args: Sequence[tree.Expr], span: Span) -> tree.Expr:
    """`f a b`"""
    for a in args:
        fn = tree.Apply(span, fn, a)
    return fn


def _number(text: str, negative: bool, decimal: bool, span: Span) -> tree.Expr:
    literal = tree.Num(span, text, decimal)
    return tree.Unary(span, "-", literal) if negative else literal


def _float(x: float, span: Span) -> tree.Expr:
    if math.isnan(x):
        return tree.Name(span, "nan")
    negative = math.copysign(1.0, x) < 0
    if math.isinf(x):
        name = tree.Name(span, "inf")
        return tree.Unary(span, "-", name) if negative else name
    return _number(repr(abs(x)), negative, True, span)


def _moved(e: tree.Expr, span: Span) -> tree.Expr:
    """An expression of names, numbers, projections and their arithmetic, as if it were written elsewhere."""
    match e:
        case tree.Proj(_, item, k):
            return tree.Proj(span, _moved(item, span), k)
        case tree.Field(_, item, x):
            return tree.Field(span, _moved(item, span), x)
        case tree.Binary(_, op, left, right):
            return tree.Binary(span, op, _moved(left, span), _moved(right, span))
        case tree.Unary(_, op, item):
            return tree.Unary(span, op, _moved(item, span))
        case tree.Paren(_, item):
            return tree.Paren(span, _moved(item, span))
    return dataclasses.replace(e, span=span)


def _fields(value: Any) -> Mapping[str, Any] | None:
    """The fields of a record of Python."""
    if isinstance(value, Mapping) and all(isinstance(x, str) for x in value):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return dict(zip(value._fields, value, strict=True))     # type: ignore[attr-defined]
    return None


def _described(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, str):
        return f"the string {value!r:.40}"
    return f"a {type(value).__name__}"


def _value_help(value: Any) -> list[str]:
    if value is None:
        return ["does the function return something on every way?"]
    if callable(value):
        return ["functions are passed to catad.loop, catad.array, catad.grad and their like"]
    return ["values are numbers, truth values, arrays, and tuples, lists, dictionaries and dataclasses of them"]
