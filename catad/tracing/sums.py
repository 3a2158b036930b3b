"""Arguments whose parameter is a sum, or holds some: they are written as outside of traced functions.

    lib.area({"Circle": r})   ↦   m.area (m.Circle r)          lib.area("Dot")   ↦   m.area m.Dot
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from typing import Any

from catad.source import Span, error
from catad.syntax import tree
from catad.tracing.trace import Trace
from catad.tracing.tracer import Tracer
from catad.types.type import Array, Data, Prod, Record, Scalar, Type

__all__ = ["argument"]


def argument(trace: Trace, value: Any, t: Type | None, alias: str, span: Span) -> tree.Expr:
    """The tree of a value for a parameter of type `t` of the import `alias`.

    Raises E0605 for a value that is none of a sum, E0608 for one of another constructor.
    """
    match t, value:
        case Data(), Tracer() if not isinstance(value.type, (Array, Scalar)):
            return trace.lift(value, span)
        case Data(), _:
            return _constructed(trace, value, t, alias, span)
        case Prod(items), tuple() if len(items) == len(value):
            return tree.Tuple(span, tuple([argument(trace, v, i, alias, span)
                                           for v, i in zip(value, items, strict=True)]))
        case Record(fields), Mapping() if {x for x, _ in fields} == set(value):
            return tree.Rec(span, tuple([(x, argument(trace, value[x], f, alias, span)) for x, f in fields]))
        case Array(_, item), list():
            return tree.ArrayLit(span, tuple([argument(trace, v, item, alias, span) for v in value]))
    return trace.lift(value, span)


def _constructed(trace: Trace, value: Any, t: Data, alias: str, span: Span) -> tree.Expr:
    names, shown = [x for x, _ in t.cases], Data(t.name.rpartition(".")[2], t.args)
    found = {value: ()} if isinstance(value, str) else value
    if not isinstance(found, Mapping) or len(found) != 1:
        example = next((f'{{"{x}": …}}' for x, p in t.cases if p is not None), f'"{names[0]}"')
        raise error("E0605", f"expected a value of `{shown}`, found {reprlib.repr(value)}", span, "used here",
                    help=[f"it is one of {', '.join(names)}, such as {example}"])
    ((name, payload),) = found.items()
    if name not in names:
        raise error("E0608", f"`{shown}` has no constructor `{name}`", span, "used here",
                    help=[f"it has {', '.join(names)}"])
    constructor = _named(trace, t, name, alias, span)
    inner = t.payload(names.index(name))
    if inner is None and not (payload is None or (isinstance(payload, (tuple, list)) and not payload)):
        raise error("E0605", f"`{name}` holds nothing; found {reprlib.repr(payload)}", span, "used here")
    if inner is None:
        return constructor
    return tree.Apply(span, constructor, argument(trace, payload, inner, alias, span))


def _named(trace: Trace, t: Data, name: str, alias: str, span: Span) -> tree.Expr:
    """A constructor of the import. Raises E0605 where that imports the type itself."""
    home = trace.session.world.constructor(name, alias)
    if home is None or home[1].prefix + home[0].name != t.name:
        raise error("E0605", f"a value of `{t}` cannot be made here", span, "used here",
                    help=[f"its file imports this type: define a function there that takes what `{name}` holds"])
    return tree.Field(span, tree.Name(span, alias), name)
