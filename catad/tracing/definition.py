"""A Python function as a definition: its signature from annotations, its body by running it once on tracers.

    define : Python function  →  Module          one definition, importing what the function called
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from inspect import Parameter
from typing import Any, get_args

from catad.source import CatadError, Span, error
from catad.source.deep import deep
from catad.syntax import tree
from catad.syntax.tables import tables
from catad.tracing.active import running
from catad.tracing.annotations import evaluated, fields_of, parsed, sizes_of, written
from catad.tracing.modules import Loader, Module
from catad.tracing.sites import Sites
from catad.tracing.trace import Trace, apply
from catad.tracing.tracer import NoAttribute
from catad.types.builtins import BUILTINS
from catad.types.check import prelude
from catad.types.session import Session
from catad.types.type import I64

__all__ = ["define"]


def _keywords() -> set[str]:
    return {t.literal for t in tables().terminals if t.literal is not None and t.literal.isidentifier()}


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str                    # as Python has it
    inner: str                   # as the body knows it: no name of the language
    type: tree.TypeExpr


def define(function: Callable[..., Any], scope: Mapping[str, Any]) -> tuple[Module, Loader]:
    """Trace a function. `scope` has the names in its annotations.

    Raises E0635 for its signature, and whatever the checker says of what it does.
    """
    sites, loader = Sites(), Loader()
    code = function.__code__
    span = sites.of_definition(code, function.__globals__)
    name = _name(function)
    params, result = _signature(function, scope, span, sites.annotations(code))
    source = span.source
    session = Session(source, loader)
    trace = Trace(sites, session, loader)
    for annotation in function.__annotations__.values():
        trace.classes.update(_classes(annotation, scope))
    renamed = any(p.name != p.inner for p in params)
    d = _definition(f"_{name}" if renamed else name, span, params, result, tree.Tuple(span, ()), "", inner=True)
    with deep():
        body = _body(trace, function, d, params)
        d = _definition(d.name, span, params, result, body, _doc(function), inner=True)
        decls: list[tree.Decl] = [*trace.imports.values(), d]
        if renamed:
            outside = apply(tree.Name(span, d.name), [tree.Name(span, p.name) for p in params], span)
            decls.append(_definition(name, span, params, result, outside, d.doc, inner=False))
    return Module(tree.File(source, tuple(decls), ()), name, dict(trace.modules)), loader


def _body(trace: Trace, function: Callable[..., Any], d: tree.Def, params: list[_Parameter]) -> tree.Expr:
    """What the function does, as a tree."""
    session, span = trace.session, d.name_span
    types = session.begin(d)
    token = running.set(trace)
    try:
        block = trace.enter()
        values = [trace.wrap(tree.Name(span, p.inner), t) for p, t in zip(params, types, strict=True)]
        found = function(**{p.name: v for p, v in zip(params, values, strict=True)})
        return block.around(trace.lift(found, span, stay=True))
    except NoAttribute as e:
        raise CatadError(e.diagnostics).with_traceback(e.__traceback__) from None
    finally:
        running.reset(token)


def _definition(name: str, span: Span, params: list[_Parameter], result: tree.TypeExpr | None, body: tree.Expr,
                doc: str, *, inner: bool) -> tree.Def:
    patterns = tuple([tree.PAnn(span, tree.PVar(span, p.inner if inner else p.name), p.type) for p in params])
    whole = {p.name for p in params if isinstance(p.type, tree.TName) and p.type.name == I64.name}
    sizes = dict.fromkeys(x for p in params for x in sizes_of(p.type) if x not in whole)
    return tree.Def(span, name, span, False, tuple(sizes), patterns, result, body, doc)


def _name(function: Callable[..., Any]) -> str:
    name = function.__name__
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) and name not in _keywords() else "f"


def _doc(function: Callable[..., Any]) -> str:
    return inspect.cleandoc(function.__doc__ or "")


# ── the signature ──────────────────────────────────────────────────────────────────────────────────────────────

def _signature(function: Callable[..., Any], scope: Mapping[str, Any], span: Span,
               places: Mapping[str, Span]) -> tuple[list[_Parameter], tree.TypeExpr | None]:
    """Parameters with their types, and the type of the result where it is annotated."""
    signature = inspect.signature(function)
    taken = {*BUILTINS, *prelude().value_names()}
    params: list[_Parameter] = []
    for p in signature.parameters.values():
        what = f"`{p.name}`"
        if p.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD):
            raise error("E0635", f"a function of the language has a fixed number of parameters, and no {p}", span,
                        "declared here", help=["several values are one array, tuple or record"])
        if p.annotation is Parameter.empty:
            raise error("E0635", f"the parameter {what} has no type", span, "declared here",
                        help=[f'write  {p.name}: catad.f64  or  {p.name}: "[n]f64"'])
        if p.name in _keywords() or not p.name.isascii() or p.name.startswith("__"):
            raise error("E0635", f"the parameter {what} cannot have this name", span, "declared here",
                        help=["it is a word of the language" if p.name in _keywords() else "names are letters, digits "
                              "and `_`"])
        inner = p.name
        while inner in taken:
            inner += "_"
        place = places.get(p.name, span)
        params.append(_Parameter(p.name, inner, parsed(written(p.annotation, scope, what, place), what, place)))
    if signature.return_annotation is Parameter.empty:
        return params, None
    what, place = f"the result of `{function.__name__}`", places.get("return", span)
    result: tree.TypeExpr = parsed(written(signature.return_annotation, scope, what, place), what, place)
    known = {*(x for p in params for x in sizes_of(p.type)), *(p.inner for p in params)}
    for x in sizes_of(result):
        if x not in known:
            raise error("E0302", f"the size `{x}` is not declared", place, "unknown size",
                        help=["a size is one of a parameter's type, or an i64 parameter"])
    return params, result


def _classes(annotation: Any, scope: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], type]]:
    """The record classes in an annotation, by their fields."""
    t = evaluated(annotation, scope)
    fields = fields_of(t)
    if fields:
        yield tuple(sorted(fields)), t
    for inner in fields.values() if fields else get_args(t):
        yield from _classes(inner, scope)
