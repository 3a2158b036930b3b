"""Native code under `scipy.integrate`: a `LowLevelCallable`, called without Python.

    f : f64 → …fixed… → f64             double (double, void *)
    f : f64 → f64 → …fixed… → f64       double (int, double *, void *)       quad's `args`, nquad's variables

The second argument of the C function points at the values of the fixed parameters, in the cells of their C form. A run
that fails gives NaN (C has no exceptions); calling the catad function itself says why.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from catad.api.function import Function
from catad.api.values import Packing
from catad.crash import internal
from catad.source import error
from catad.types.type import F64, flatten

if TYPE_CHECKING:
    from catad.backends.llvm import Module

__all__ = ["low_level"]

_KEPT = "catad_kept"


def low_level(f: Function, **fixed: Any) -> Any:
    """The native code of f as a `scipy.LowLevelCallable` in the f64 parameters that are not fixed, in order.

    With one free parameter this is an integrand for `quad`; with several, the first is the one integrated over and the
    others are given by `args`, or all are integrated over by `nquad`. Parameters that are not f64 must be fixed; their
    values are read when this is called.

    >>> import catad, catad.scipy
    >>> from scipy.integrate import quad
    >>> f = catad.compile("def f (x : f64) (a : f64) : f64 = exp (-a * x^2)", entry="f")
    >>> round(quad(catad.scipy.low_level(f, a=1.0), 0.0, 10.0)[0], 12)
    0.886226925453
    >>> round(quad(catad.scipy.low_level(f), 0.0, 10.0, args=(4.0,))[0], 12)
    0.443113462726
    """
    if not isinstance(f, Function):
        raise error("E0609", f"low_level takes a catad function; found a {type(f).__name__}")
    free = [x for x, _ in f.entry.params if x not in fixed]
    f.bind(**dict.fromkeys(free), **fixed)                     # says so when a name is unknown
    wrong = [f"`{x}` : {t}" for x, t in f.entry.params if x in free and t != F64]
    if wrong or not free or f.entry.result != F64:
        raise _unfit(f, wrong, free)
    values: list[Any] = []
    packing = Packing(f)
    for x, t in f.entry.params:
        if x in free:
            values.append(None)
        else:
            first = len(packing.flat)
            packing.add(t, fixed[x], x)
            values += packing.flat[first:]
            assert len(packing.flat) - first == len(list(flatten(t)))
    f.pack(f.bind(**dict.fromkeys(free, 0.0), **fixed))        # sizes agree
    return _callable(f, values, len(free))


def _unfit(f: Function, wrong: Sequence[str], free: Sequence[str]) -> Exception:
    what = (f"it gives {f.entry.result}" if f.entry.result != F64 else
            f"{', '.join(wrong)} must be fixed" if wrong else "it has no free parameter")
    return error("E0616", f"{f.__name__} is no integrand: {what}", notes=[f"the function is  {f.signature}"],
                 help=[f"fix parameters by name: low_level({f.__name__}, {wrong[0].split('`')[1]}=…)"] if wrong else [])


def _callable(f: Function, values: Sequence[Any], free: int) -> Any:
    from scipy import LowLevelCallable

    from catad.backends.llvm import aot, translate
    from catad.backends.llvm.engine import link
    with internal(f"compiling {f.__name__} as an integrand", f.sources):
        module = translate(f.prepared, f.key)
        name = f"{module.symbol}.integrand"
        text = module.text + aot.wrapper_ir(module.symbol, module.signature, "catad_integrand_body")
        text += _integrand(name, module, [v is None for v in values], free)
        loaded = link(text, functions=[name], target=module.target)
    cells, arrays = _cells(module, values)
    arguments = (ctypes.c_double,) if free == 1 else (ctypes.c_int, ctypes.POINTER(ctypes.c_double))
    function = ctypes.CFUNCTYPE(ctypes.c_double, *arguments, ctypes.c_void_p)(loaded.address(name))
    setattr(function, _KEPT, (loaded, cells, arrays))          # the callable holds the function, and this the rest
    return LowLevelCallable(function, ctypes.cast(cells, ctypes.c_void_p))


def _cells(module: Module, values: Sequence[Any]) -> tuple[Any, list[Any]]:
    """The fixed values in their cells (those of free ones stay empty), and the arrays that they point into."""
    cells = np.zeros(max(module.signature.cells, 1), dtype=np.int64)
    arrays: list[Any] = []
    for (k, port), v in zip(module.signature.input_cells(), values, strict=True):
        if isinstance(v, np.ndarray):
            arrays.append(np.array(v, order="C"))
            cells[k:k + 1 + v.ndim] = [arrays[-1].ctypes.data, *v.shape]
        elif port.kind == "f64" and v is not None:
            cells[k:k + 1].view(np.float64)[0] = v
        elif port.kind == "f32" and v is not None:
            cells[k:k + 1].view(np.float32)[0] = v
        elif v is not None:
            cells[k] = int(v)
    return (ctypes.c_int64 * len(cells))(*cells.tolist()), arrays


_TYPES = {"f64": "double", "f32": "float", "i64": "i64", "bool": "i1"}


def _integrand(name: str, module: Module, free: Sequence[bool], count: int) -> str:
    """The C function that SciPy calls: fixed values from their cells, the free ones from its arguments."""
    lines, given = ["entry:", "  %out = alloca double"], []
    number = 0
    for i, ((k, port), is_free) in enumerate(zip(module.signature.input_cells(), free, strict=True)):
        if is_free:
            if count > 1:
                lines += [f"  %p{i} = getelementptr double, ptr %xx, i64 {number}", f"  %v{i} = load double, ptr %p{i}"]
            given.append(f"double {f'%v{i}' if count > 1 else '%x'}")
            number += 1
            continue
        lines.append(f"  %p{i} = getelementptr i64, ptr %data, i64 {k}")
        if port.rank:
            lines.append(f"  %v{i} = load ptr, ptr %p{i}")
            given.append(f"ptr %v{i}")
            for j in range(port.rank):
                lines += [f"  %p{i}.{j} = getelementptr i64, ptr %data, i64 {k + 1 + j}",
                          f"  %v{i}.{j} = load i64, ptr %p{i}.{j}"]
                given.append(f"i64 %v{i}.{j}")
        elif port.kind == "bool":
            lines += [f"  %w{i} = load i64, ptr %p{i}", f"  %v{i} = icmp ne i64 %w{i}, 0"]
            given.append(f"i1 zeroext %v{i}")
        else:
            lines.append(f"  %v{i} = load {_TYPES[port.kind]}, ptr %p{i}")
            given.append(f"{_TYPES[port.kind]} %v{i}")
    head = "i32 %n, ptr %xx" if count > 1 else "double %x"
    lines += [f"  %code = call i32 @catad_integrand_body({', '.join([*given, 'ptr %out', 'ptr null'])})",
              "  %fine = icmp eq i32 %code, 0", "  br i1 %fine, label %good, label %bad", "good:",
              "  %y = load double, ptr %out", "  ret double %y", "bad:", "  ret double 0x7FF8000000000000"]
    return "\n".join([f"\ndefine double @{name}({head}, ptr %data) nounwind {{", *lines, "}", ""])
