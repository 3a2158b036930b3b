"""Nets in a line, and what native code makes of them beside the reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from catad.backends.llvm import Compiled, compile
from catad.backends.llvm.engine import Options
from catad.backends.reference import run

from catad.net.build import Builder
from catad.net.net import Net, Table, Wire
from catad.source import CatadError, Source, Span
from catad.types.size import Size
from catad.types.type import F64, Array, Scalar, Type, array

SPAN = Span(Source("test.cad", "the place of an error\n"), 4, 9)
N, M, D = Size.var("n"), Size.var("m"), Size.var("d")
VECTOR, MATRIX = Array(N, F64), Array(N, Array(M, F64))
Make = Callable[..., Any]


def net(make: Make, *types: Type, sizes: str = "") -> Net:
    """The net whose outputs `make(builder, *inputs)` gives; one letter for each size."""
    b = Builder()
    b.sizes.extend(sizes)
    out = make(b, *[b.input(t) for t in types])
    return b.net(*(out if isinstance(out, tuple | list) else (out,)))


def of(*sizes: Size, leaf: Scalar = F64) -> Type:
    return array(sizes, leaf)


def each(b: Builder, size: Size, wires: Sequence[Wire], make: Make, inits: Sequence[Wire] = (),
         kinds: Sequence[str] = (), down: bool = False) -> tuple[Wire, ...]:
    """A loop whose body is `make(builder, *captured, i, *carried)`."""
    from catad.types.type import I64
    body = net(make, *[b.type(w) for w in wires], I64, *[b.type(w) for w in inits])
    return b.loop(size, body, wires, inits, kinds, down=down, span=SPAN)


def native(n: Net, lanes: int | None = None, **options: Any) -> Compiled:
    return compile(Table({"f": n}), "f", lanes=lanes, options=Options(cached=False), **options)


def several(x: Any) -> tuple[Any, ...]:
    return x if isinstance(x, tuple) else (x,)


def agree(n: Net, f: Compiled, args: Sequence[Any], rtol: float = 1e-12, atol: float = 1e-300) -> None:
    """Same outputs, or the same error; inputs are left alone."""
    before = [x.copy() if isinstance(x, np.ndarray) else x for x in args]
    want: Any
    try:
        want = run(Table({"f": n}), "f", args)
    except CatadError as e:
        want = e.code
    try:
        got: Any = several(f(*args))
    except CatadError as e:
        got = e.code
    for x, y in zip(args, before, strict=True):
        np.testing.assert_array_equal(x, y)
    if isinstance(want, str) or isinstance(got, str):
        assert got == want
        return
    for x, y in zip(want, got, strict=True):
        assert np.shape(x) == np.shape(y)
        np.testing.assert_allclose(y, x, rtol=rtol, atol=atol)


def code(f: Callable[[], Any]) -> tuple[str, Any]:
    """The code of the error that `f` raises, and where it points."""
    try:
        f()
    except CatadError as e:
        labels = e.diagnostics[0].labels
        return e.code, labels[0].span if labels else None
    raise AssertionError("no error")
