"""Values on their way out of native code: `trace` calls back into Python.

    Trace box      a call of @catad.shown.<k>, like that of any function of the module: so its loop runs trip by trip,
                   in order, and nothing moves across it
    @<name>.show   a pointer to  i32 show(i64 k, ptr cells),  null until `connect` sets it: code for C shows nothing

A scalar is one cell (f32 as a double), an array a pointer and its dimensions. What `show` returns other than 0 stops
the run as an interruption does.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

from ..shown import show
from .emit import TYPE
from .engine import Loaded
from .kernel import Shown

__all__ = ["connect", "show_text"]

_Show = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_int64, ctypes.c_void_p)
_ITEMS: dict[str, Any] = {"f64": ctypes.c_double, "f32": ctypes.c_float, "i64": ctypes.c_int64, "bool": ctypes.c_bool}
_DTYPES = {"f64": "float64", "f32": "float32", "i64": "int64", "bool": "bool"}


def show_text(name: str, shown: Sequence[Shown]) -> str:
    """The functions that the kernel calls, and the pointer."""
    if not shown:
        return ""
    return "\n".join([f"\n@{name}.show = global ptr null", *(_function(name, k, s) for k, s in enumerate(shown))])


def _function(name: str, k: int, s: Shown) -> str:
    """(ctx, fuel, room, dimensions…, scalars…, arrays…, results): its arguments in cells, by value."""
    takes = ["ptr %ctx", "ptr %fuel", "ptr %room",
             *(f"i64 %d{i}.{j}" for i, (_, rank) in enumerate(s.ports) for j in range(rank)),
             *(f"{TYPE[kind]} %x{i}" for i, (kind, rank) in enumerate(s.ports) if not rank),
             *(f"ptr %x{i}" for i, (_, rank) in enumerate(s.ports) if rank), "ptr %results"]
    lines = [f"define internal i32 @catad.shown.{k}({', '.join(takes)}) noinline cold {{",
             f"  %cells = alloca [{sum(1 + rank for _, rank in s.ports) or 1} x i64]"]
    at = 0
    for i, (kind, rank) in enumerate(s.ports):
        for value in (_cell(lines, i, kind, rank), *(f"i64 %d{i}.{j}" for j in range(rank))):
            lines += [f"  %p{at} = getelementptr i64, ptr %cells, i64 {at}", f"  store {value}, ptr %p{at}"]
            at += 1
    return "\n".join([*lines, f"  %show = load ptr, ptr @{name}.show", "  %none = icmp eq ptr %show, null",
                      "  br i1 %none, label %on, label %tell", "tell:",
                      f"  %code = call i32 %show(i64 {k}, ptr %cells)", "  %go = icmp eq i32 %code, 0",
                      "  br i1 %go, label %on, label %stop", "on:", "  ret i32 0", "stop:", "  ret i32 509", "}"])


def _cell(lines: list[str], i: int, kind: str, rank: int) -> str:
    """The first cell of a value."""
    if rank or kind in ("f64", "i64"):
        return f"{'ptr' if rank else TYPE[kind]} %x{i}"
    if kind == "f32":
        lines.append(f"  %w{i} = fpext float %x{i} to double")
        return f"double %w{i}"
    lines.append(f"  %w{i} = zext i1 %x{i} to i64")
    return f"i64 %w{i}"


def connect(loaded: Loaded, name: str, shown: Sequence[Shown]) -> object:
    """Let the code of `name` show its values. What is returned must live as long as the code may run."""
    def tell(k: int, cells: int) -> int:
        try:
            show(shown[k].span, list(_values(shown[k], cells)))
        except KeyboardInterrupt:
            return 1
        except Exception:                                  # a stream that is closed is no reason to stop
            return 0
        return 0

    callback = _Show(tell)
    pointer = ctypes.c_void_p.from_address(loaded.address(f"{name}.show"))
    pointer.value = ctypes.cast(callback, ctypes.c_void_p).value
    return callback


def _values(s: Shown, cells: int) -> Any:
    """What is in the cells, as the reference has it."""
    import numpy as np

    for kind, rank in s.ports:
        if not rank:
            if kind in ("f64", "f32"):
                yield ctypes.c_double.from_address(cells).value
            else:
                value = ctypes.c_int64.from_address(cells).value
                yield bool(value) if kind == "bool" else value
        else:
            pointer, *dims = (ctypes.c_int64 * (1 + rank)).from_address(cells)
            dims = [max(d, 0) for d in dims]
            count = int(np.prod(dims, dtype=object))
            items = (_ITEMS[kind] * count).from_address(pointer) if count else ()
            yield np.array(items, dtype=_DTYPES[kind]).reshape(dims)
        cells += 8 * (1 + rank)
