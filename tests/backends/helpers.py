"""Small nets and single rows, run in one line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from catad.backends.reference import run

from catad.net.build import Builder
from catad.net.net import Net, Table
from catad.source import Source, Span
from catad.types.type import F64, I64, Type

SOURCE = Source("test.cad", "the place of an error\n")
SPAN = Span(SOURCE, 4, 9)


def table(net: Net, **others: Net) -> Table:
    return Table({"f": net, **others})


def build(make: Callable[..., Any], *types: Type, sizes: Sequence[str] = ()) -> Net:
    """The net whose outputs `make(builder, *inputs)` gives (a wire or a tuple of them)."""
    b = Builder()
    b.sizes.extend(sizes)
    inputs = [b.input(t) for t in types]
    out = make(b, *inputs)
    return b.net(*(out if isinstance(out, tuple) else (out,)))


def call(make: Callable[..., Any], types: Sequence[Type], args: Sequence[Any], sizes: Sequence[str] = (),
         **options: Any) -> Any:
    """Build and run; the only output bare, several as a tuple."""
    out = run(table(build(make, *types, sizes=sizes)), "f", args, **options)
    return out[0] if len(out) == 1 else out


def prim(name: str, types: Sequence[Type], args: Sequence[Any], **options: Any) -> Any:
    """One primitive."""
    return call(lambda b, *w: b.prim(name, *w, span=SPAN), types, args, **options)


def float_types(name: str, arity: int, t: Type = F64) -> list[Type]:
    """The argument types of a float row at a float or series type."""
    return {"powi": [t, I64], "polygamma": [I64, t]}.get(name, [t] * arity)
