"""Python annotations as types of the language.

| annotation                                         | type                    |
|----------------------------------------------------|-------------------------|
| `catad.f64`, `float`; `catad.i64`, `int`; `bool`    | `f64`; `i64`; `bool`    |
| `catad.f32`                                        | `f32`                   |
| `catad.Array["n", 3]`, `catad.Array[catad.i64, "n"]` | `[n, 3]f64`, `[n]i64`   |
| `"[n, d]f64"`, `Annotated[…, "[n, d]f64"]`         | what the text says      |
| `tuple[a, b]`                                      | `(a, b)`                |
| a dataclass, NamedTuple or TypedDict               | a record of its fields  |

Anything in quotes that is no Python expression for one of these is a type in the notation of the language.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from catad.source import CatadError, Source, Span, error
from catad.syntax import parse_type, tree

if TYPE_CHECKING:
    from typing import TypeAlias

__all__ = ["Array", "Kind", "evaluated", "f32", "f64", "fields_of", "i64", "parsed", "sizes_of", "written"]


class Kind:
    """A scalar type: an annotation, and as a function the conversion to it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, x: Any) -> Any:
        from catad.tracing.active import current
        from catad.tracing.library import call
        return call(current(f"the conversion `{self.name}`"), self.name, x)

    def __repr__(self) -> str:
        return f"catad.{self.name}"

    def __reduce__(self) -> str:
        return self.name


@dataclasses.dataclass(frozen=True)
class ArrayType:
    """`[n, d]f64` as an annotation."""

    text: str

    def __call__(self) -> None:
        raise TypeError("an array type is an annotation")      # typing wants annotations to be callable

    def __repr__(self) -> str:
        return f'"{self.text}"'


class _Array:
    """Makes array types: `Array["n", "d"]`, or with the entries' type first, `Array[catad.i64, "n"]`."""

    def __getitem__(self, sizes: Any) -> ArrayType:
        items = sizes if isinstance(sizes, tuple) else (sizes,)
        entry = "f64"
        if items and not isinstance(items[0], (str, int)):
            entry, items = written(items[0], {}, "an array"), items[1:]
        return ArrayType(f"[{', '.join(map(str, items))}]{entry}")


if TYPE_CHECKING:
    f64: TypeAlias = float
    f32: TypeAlias = float
    i64: TypeAlias = int
    Array: TypeAlias = Any
else:
    f64, f32, i64 = Kind("f64"), Kind("f32"), Kind("i64")
    Array = _Array()

_BUILTIN = {float: "f64", int: "i64", bool: "bool"}


def fields_of(cls: Any) -> Mapping[str, Any] | None:
    """The annotated fields of a record class, None for other things."""
    if not isinstance(cls, type):
        return None
    if dataclasses.is_dataclass(cls):
        names: Sequence[str] = [f.name for f in dataclasses.fields(cls)]
    elif issubclass(cls, tuple) and hasattr(cls, "_fields"):
        names = cls._fields
    elif typing.is_typeddict(cls):
        names = list(cls.__annotations__)
    else:
        return None
    hints = _hints(cls)
    return {x: hints[x] for x in names if x in hints}


def _hints(cls: Any) -> dict[str, Any]:
    import sys
    own = dict(getattr(cls, "__annotations__", {}))
    scope = vars(sys.modules.get(cls.__module__, types.SimpleNamespace()))
    return {x: evaluated(t, scope) for x, t in own.items()}


def evaluated(t: Any, scope: Mapping[str, Any]) -> Any:
    """A string as the annotation that it is the source of, if it is one."""
    if isinstance(t, typing.ForwardRef):
        t = t.__forward_arg__
    if not isinstance(t, str):
        return t
    try:
        found = eval(t, dict(scope))                     # what `typing.get_type_hints` does with annotations
    except Exception:
        return t
    return found if found is not t else t


def written(t: Any, scope: Mapping[str, Any], what: str, span: Span | None = None) -> str:
    """The type in the notation of the language. Raises E0635 for an annotation that is none."""
    t = evaluated(t, scope)
    if isinstance(t, str):
        return t
    if isinstance(t, Kind):
        return t.name
    if isinstance(t, ArrayType):
        return t.text
    if isinstance(t, type) and t in _BUILTIN:
        return _BUILTIN[t]
    origin = typing.get_origin(t)
    if hasattr(t, "__metadata__"):
        texts = [m for m in t.__metadata__ if isinstance(m, (str, ArrayType, Kind))]
        return written(texts[0] if texts else typing.get_args(t)[0], scope, what, span)
    if origin is tuple and Ellipsis not in typing.get_args(t):
        items = [written(a, scope, what, span) for a in typing.get_args(t) if a != ()]
        return f"({', '.join(items)})"
    fields = fields_of(t)
    if fields:
        return "{" + ", ".join(f"{x} : {written(f, scope, what, span)}" for x, f in fields.items()) + "}"
    raise error("E0635", f"{what} has an annotation that is no type here: {_named(t)}",
                span, "" if span is None else "declared here",
                help=["scalars are catad.f64, catad.f32, catad.i64 and bool, arrays catad.Array[\"n\"] or \"[n]f64\"",
                      "records are dataclasses or named tuples whose fields have such types"])


def _named(t: Any) -> str:
    return getattr(t, "__qualname__", None) or repr(t)


def parsed(text: str, what: str, span: Span) -> Any:
    """The tree of a type, all of it at the annotation. Raises E0635."""
    try:
        return _placed(parse_type(Source("", text)), span)
    except CatadError as e:
        d = e.diagnostics[0]
        raise error("E0635", f"{what} has an annotation that is no type: {d.title}", span, f"annotated `{text}`",
                    help=['arrays are written "[n, d]f64", tuples "(f64, i64)", records "{x : f64}"']) from None


def _placed(node: Any, span: Span) -> Any:
    """A tree whose text is at one place of another source."""
    if isinstance(node, tuple):
        return tuple([_placed(x, span) for x in node])
    if not isinstance(node, tree.Node):
        return node
    parts = {f.name: _placed(getattr(node, f.name), span) for f in dataclasses.fields(node) if f.name != "span"}
    return type(node)(span, **parts)


def sizes_of(t: tree.TypeExpr) -> Iterator[str]:
    """The names in the sizes of a type, in order of appearance."""
    match t:
        case tree.TArray(_, sizes, item):
            for s in sizes:
                yield from _names(s)
            yield from sizes_of(item)
        case tree.TProd(_, items):
            for i in items:
                yield from sizes_of(i)
        case tree.TRecord(_, fields):
            for _, f in fields:
                yield from sizes_of(f)
        case tree.TParen(_, item) | tree.TTangent(_, item):
            yield from sizes_of(item)


def _names(e: tree.Expr) -> Iterator[str]:
    match e:
        case tree.Name(_, name):
            yield name
        case tree.Paren(_, item) | tree.Unary(_, _, item):
            yield from _names(item)
        case tree.Binary(_, _, left, right):
            yield from _names(left)
            yield from _names(right)
