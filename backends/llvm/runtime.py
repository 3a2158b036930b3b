"""Calling a kernel through ctypes: the same meaning as the compiled entry, slowly.

    caller(loaded, name, signature, …)(x, …) = entry(x, …)

Used where the compiled entry cannot be (another Python, unknown object layouts). It is also the plain description of
what the entry does: convert, prepare, allocate, run, copy what the arena holds.
"""

from __future__ import annotations

import ctypes
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from catad.backends.llvm.arguments import convert
from catad.backends.llvm.engine import Loaded
from catad.backends.llvm.signature import Port, Signature

from catad.source import error

__all__ = ["Arena", "Context", "caller", "footprint"]

_Allocate = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
_Kernel = getattr(ctypes, "PYFUNCTYPE", ctypes.CFUNCTYPE)(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p)
_DTYPES = {"f64": "float64", "f32": "float32", "i64": "int64", "bool": "bool"}
_SCALARS: dict[str, Any] = {
    "f64": ctypes.c_double, "f32": ctypes.c_float, "i64": ctypes.c_int64, "bool": ctypes.c_int64}


class Context(ctypes.Structure):
    """`ctx` of the kernel's ABI."""

    _fields_ = (("workspace", ctypes.c_void_p), ("workspace_bytes", ctypes.c_int64), ("site", ctypes.c_int64),
                ("a", ctypes.c_int64), ("b", ctypes.c_int64), ("arena", ctypes.c_void_p),
                ("allocate", ctypes.c_void_p), ("poll", ctypes.c_void_p))


@dataclass
class Arena:
    """Memory for arrays whose size a kernel finds out; refuses to go over `left` bytes."""

    left: int
    blocks: list[Any] = field(default_factory=list)

    def allocate(self, _: int | None, size: int) -> int | None:
        if size < 0 or size > self.left:
            return None
        try:
            block, address = aligned(size)
        except MemoryError:
            return None
        self.left -= size
        self.blocks.append(block)
        return address


def aligned(size: int) -> tuple[Any, int]:
    """A block of memory and the first address in it that is a multiple of 64."""
    block = ctypes.create_string_buffer(size + 64)
    return block, ctypes.addressof(block) + 63 & -64


def _poll() -> int | None:
    """CPython's own check for pending signals is a `poll`; what a handler raises, ctypes raises after the run.

    It wants the interpreter lock, which `_Kernel` therefore keeps.
    """
    if sys.implementation.name != "cpython":
        return None
    return ctypes.cast(ctypes.pythonapi.PyErr_CheckSignals, ctypes.c_void_p).value


def caller(loaded: Loaded, name: str, signature: Signature, *, fail: Callable[[int, int, int, int], Any],
           slow: Callable[..., Any] | None = None, limit: int | None = None) -> Callable[..., Any]:
    """The kernel as a Python function. `slow` is accepted for symmetry with `entry.make`, and not needed."""
    from catad.backends.llvm.entry import budget

    allowed = budget() if limit is None else limit
    prepare, run = (_Kernel(loaded.address(f"{name}.{part}")) for part in ("prepare", "run"))

    def call(*args: Any) -> Any:
        given = convert(signature, args)
        slots = (ctypes.c_int64 * max(signature.cells, 1))()
        for (cell, port), x in zip(signature.input_cells(), given, strict=True):
            _store(slots, cell, port, x)
        arena = Arena(allowed)
        allocate = _Allocate(arena.allocate)
        ctx = Context(None, 0, 0, 0, 0, None, ctypes.cast(allocate, ctypes.c_void_p), _poll())
        where = ctypes.addressof(ctx), ctypes.addressof(slots)
        code = prepare(*where)
        outputs = [] if code else [_output(slots, cell, port, arena, fail) for cell, port in signature.output_cells()]
        if not code:
            code = _execute(run, where, ctx, arena, fail)
        if code:
            raise _failed(fail, code, ctx.site, ctx.a, ctx.b)
        results = [_result(slots, cell, port, y)
                   for (cell, port), y in zip(signature.output_cells(), outputs, strict=True)]
        return results[0] if len(results) == 1 else tuple(results)

    call.__keep__ = loaded                                           # type: ignore[attr-defined]
    return call


def footprint(loaded: Loaded, name: str, signature: Signature, fail: Callable[[int, int, int, int], Any],
              args: Sequence[Any]) -> tuple[int, int]:
    """Bytes of workspace and of results that a call with these arguments would take; nothing runs."""
    prepare = _Kernel(loaded.address(f"{name}.prepare"))
    given = convert(signature, args)
    slots = (ctypes.c_int64 * max(signature.cells, 1))()
    for (cell, port), x in zip(signature.input_cells(), given, strict=True):
        _store(slots, cell, port, x)
    ctx = Context()
    if code := prepare(ctypes.addressof(ctx), ctypes.addressof(slots)):
        raise _failed(fail, code, ctx.site, ctx.a, ctx.b)
    results = sum(port.bytes * math.prod(max(0, slots[cell + k + 1]) for k in range(port.rank))
                  for cell, port in signature.output_cells())
    return int(ctx.workspace_bytes), results


def _failed(fail: Callable[[int, int, int, int], Any], code: int, site: int, a: int, b: int) -> BaseException:
    """`fail` raises; should it return, that is a mistake of ours."""
    fail(code, site, a, b)
    return error("E0902", f"the kernel stopped with error {code}, which nobody explained")


def _execute(run: Any, where: tuple[int, int], ctx: Context, arena: Arena, fail: Any) -> int:
    if ctx.workspace_bytes > arena.left:
        raise _failed(fail, 507, -1, ctx.workspace_bytes, arena.left)
    arena.left -= ctx.workspace_bytes
    block, address = aligned(ctx.workspace_bytes)
    ctx.workspace = address
    code = int(run(*where))
    del block                                                        # alive until here
    return code


def _store(slots: Any, cell: int, port: Port, x: Any) -> None:
    if not port.rank:
        _SCALARS[port.kind].from_buffer(slots, 8 * cell).value = int(x) if port.kind == "bool" else x
        return
    slots[cell] = x.ctypes.data
    for i, n in enumerate(x.shape, 1):
        slots[cell + i] = n


def _output(slots: Any, cell: int, port: Port, arena: Arena, fail: Any) -> Any:
    """A fresh array for an output of known size."""
    import numpy as np

    if not port.rank or port.dynamic:
        return None
    shape = [slots[cell + i] for i in range(1, port.rank + 1)]
    size = math.prod(shape) * port.bytes
    if size > arena.left:
        raise _failed(fail, 507, -1, size, arena.left)
    arena.left -= size
    y = np.empty(shape, _DTYPES[port.kind])
    slots[cell] = y.ctypes.data
    return y


def _result(slots: Any, cell: int, port: Port, y: Any) -> Any:
    import numpy as np

    if not port.rank:
        value = _SCALARS[port.kind].from_buffer(slots, 8 * cell).value
        return bool(value) if port.kind == "bool" else value
    if not port.dynamic:
        return y
    shape = [slots[cell + i] for i in range(1, port.rank + 1)]
    y = np.empty(shape, _DTYPES[port.kind])
    if y.nbytes:
        ctypes.memmove(y.ctypes.data, slots[cell], y.nbytes)
    return y
