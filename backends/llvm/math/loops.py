"""A row over whole arrays: what tests and benchmarks call.

    arrays(row, kind, lanes, target)(x, …) = the row in every entry

The last entries go through a padded buffer and the same vector code, so that a result does not depend on the length.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from catad.backends.llvm.engine import Loaded, link
from catad.backends.llvm.math import FUNCTIONS, definitions, symbol
from catad.backends.llvm.math.emit import FORMATS, vector
from catad.backends.llvm.target import Target

__all__ = ["arrays", "load", "loop_text"]

_NUMPY = {"f64": "float64", "f32": "float32", "i64": "int64"}


def loop_text(name: str, function: str, args: list[str], result: str, lanes: int) -> str:
    """`void name(ptr out, i64 n, ptr x0, …)` applying @function to vectors; `args` and `result` are scalar types."""
    v = [vector(a, lanes) for a in args]
    w = vector(result, lanes)
    pointers = "".join(f", ptr %x{i}" for i in range(len(args)))

    def load(tag: str, index: str) -> str:
        lines = []
        for i, (a, t) in enumerate(zip(args, v, strict=True)):
            lines += [f"  %{tag}p{i} = getelementptr {a}, ptr %x{i}, i64 {index}",
                      f"  %{tag}v{i} = load {t}, ptr %{tag}p{i}, align {8 if a != 'float' else 4}"]
        operands = ", ".join(f"{t} %{tag}v{i}" for i, t in enumerate(v))
        return "\n".join([*lines, f"  %{tag}y = call {w} @{function}({operands})"])

    pads = "\n".join(f"  %pad{i} = alloca [{lanes} x {a}], align 64\n  store {t} zeroinitializer, ptr %pad{i}"
                     if lanes > 1 else f"  %pad{i} = alloca {a}" for i, (a, t) in enumerate(zip(args, v, strict=True)))
    size = {"double": 8, "i64": 8, "float": 4}
    fills = "\n".join(f"  %from{i} = getelementptr {a}, ptr %x{i}, i64 %end\n  %n{i} = mul i64 %left, {size[a]}\n"
                      f"  call void @llvm.memcpy.p0.p0.i64(ptr %pad{i}, ptr %from{i}, i64 %n{i}, i1 false)\n"
                      f"  %tv{i} = load {t}, ptr %pad{i}" for i, (a, t) in enumerate(zip(args, v, strict=True)))
    tail = ", ".join(f"{t} %tv{i}" for i, t in enumerate(v))
    return f"""define void @{name}(ptr %out, i64 %n{pointers}) nounwind {{
entry:
{pads}
  %back = alloca {w}, align 64
  %end = and i64 %n, {-lanes}
  %some = icmp sgt i64 %end, 0
  br i1 %some, label %loop, label %rest
loop:
  %i = phi i64 [ 0, %entry ], [ %j, %loop ]
{load("l", "%i")}
  %to = getelementptr {result}, ptr %out, i64 %i
  store {w} %ly, ptr %to, align {size[result]}
  %j = add i64 %i, {lanes}
  %more = icmp slt i64 %j, %end
  br i1 %more, label %loop, label %rest
rest:
  %left = sub i64 %n, %end
  %any = icmp sgt i64 %left, 0
  br i1 %any, label %pad, label %done
pad:
{fills}
  %ty = call {w} @{function}({tail})
  store {w} %ty, ptr %back
  %last = getelementptr {result}, ptr %out, i64 %end
  %bytes = mul i64 %left, {size[result]}
  call void @llvm.memcpy.p0.p0.i64(ptr %last, ptr %back, i64 %bytes, i1 false)
  br label %done
done:
  ret void
}}
"""


def load(rows: list[str], kind: str, lanes: int, target: Target) -> Loaded:
    """All these rows in one module, as `<row>` functions over arrays."""
    names = [symbol(r, kind, lanes) for r in rows]
    scalar = FORMATS[kind].llvm
    text = [definitions(names, target)]
    for row, name in zip(rows, names, strict=True):
        args = ["i64" if a == "I" else scalar for a in FUNCTIONS[row].args]
        text.append(loop_text(f"loop.{row}", name, args, scalar, lanes))
    return link("\n".join(text), functions=[f"loop.{r}" for r in rows], target=target)


def arrays(row: str, kind: str, loaded: Loaded) -> Callable[..., Any]:
    """The row as a function of NumPy arrays; `out` may be given."""
    import numpy as np

    args = FUNCTIONS[row].args
    signature = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, *([ctypes.c_void_p] * len(args)))
    native = signature(loaded.address(f"loop.{row}"))
    kinds = ["i64" if a == "I" else kind for a in args]

    def call(*given: Any, out: Any = None) -> Any:
        inputs = [np.ascontiguousarray(x, _NUMPY[k]) for x, k in zip(given, kinds, strict=True)]
        result = np.empty(inputs[0].shape, _NUMPY[kind]) if out is None else out
        native(result.ctypes.data, result.size, *(x.ctypes.data for x in inputs))
        return result

    call.loaded, call.native = loaded, native                        # type: ignore[attr-defined]
    return call
