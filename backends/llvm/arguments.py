"""Python values to what the compiled entry takes: exact scalars and C-contiguous arrays of the exact element type.

    convert ∘ convert = convert;   the entry takes convert(x) without calling us again

The entry calls this only when it meets something else. Nothing changes its element type here, except that Python
integers and nested lists of Python numbers, which have none yet, become what the parameter wants.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from catad.backends.llvm.signature import Port, Signature

from catad.source import CatadError, error

__all__ = ["convert", "describe"]

_DTYPES = {"f64": "float64", "f32": "float32", "i64": "int64", "bool": "bool"}
_WORDS = {"f64": "a number", "f32": "a number", "i64": "an integer", "bool": "a truth value"}


def convert(signature: Signature, args: Sequence[Any]) -> tuple[Any, ...]:
    """The arguments in canonical form; raises CatadError naming the parameter that does not fit."""
    wanted = len(signature.inputs)
    if len(args) != wanted:
        raise error("E0604", f"this function takes {_count(wanted)}, not {len(args)}")
    return tuple(_array(p, x, i) if p.rank else _scalar(p, x, i)
                 for i, (p, x) in enumerate(zip(signature.inputs, args, strict=True)))


def _count(n: int) -> str:
    return "one argument" if n == 1 else f"{n} arguments"


def describe(port: Port, index: int) -> str:
    """How a parameter is called in a message."""
    return f"`{port.name}`" if port.name else f"argument {index + 1}"


def _scalar(p: Port, x: Any, i: int) -> Any:
    if getattr(x, "shape", None) == () and hasattr(x, "item"):       # NumPy scalars and 0-d arrays
        _same_element(p, x.dtype.name, i)
        x = x.item()
    if p.kind == "bool":
        if type(x) is bool:
            return x
    elif type(x) is not bool:
        if p.kind == "i64":
            return _integer(p, x, i)
        if isinstance(x, float):
            return float(x)
        if isinstance(x, int):
            return _as_float(p, x, i)
    raise error("E0605", f"{describe(p, i)} wants {_WORDS[p.kind]} ({p.kind}), and got {_kind(x)}")


def _as_float(p: Port, x: int, i: int) -> float:
    try:
        return float(x)
    except OverflowError:
        raise error("E0605", f"{describe(p, i)} is an integer too large for {p.kind}") from None


def _integer(p: Port, x: Any, i: int) -> int:
    try:
        n = operator.index(x)
    except TypeError:
        raise error("E0605", f"{describe(p, i)} wants an integer (i64), and got {_kind(x)}") from None
    if not -1 << 63 <= n < 1 << 63:
        raise error("E0605", f"{describe(p, i)} is an integer outside of the range of i64")
    return n


def _kind(x: Any) -> str:
    shape = getattr(x, "shape", None)
    if shape:
        return f"an array with {_count_dims(len(shape))}"
    return {bool: "a truth value", float: "a float", int: "an integer", str: "a text", type(None): "None"}.get(
        type(x), f"a value of type {type(x).__name__}")


def _count_dims(n: int) -> str:
    return f"{n} dimension{'s' * (n != 1)}"


def _same_element(p: Port, dtype: str, i: int) -> None:
    if dtype != _DTYPES[p.kind]:
        raise error("E0606", f"{describe(p, i)} wants {p.kind} ({_DTYPES[p.kind]}), and got {dtype}",
                    help=(f"convert it: x.astype(numpy.{_DTYPES[p.kind]})",))


def _array(p: Port, x: Any, i: int) -> Any:
    import numpy as np

    if isinstance(x, str | bytes | dict | bool | int | float):
        raise error("E0605", f"{describe(p, i)} wants an array with {_count_dims(p.rank)}, and got {_kind(x)}")
    typed = isinstance(x, np.ndarray) or hasattr(x, "__array_interface__") or hasattr(x, "__array__") or _buffer(x)
    try:
        a = np.asarray(x)
        if not typed:
            a = _from_list(p, a, i)
    except CatadError:
        raise
    except (ValueError, TypeError, OverflowError) as e:
        raise error("E0605", f"{describe(p, i)} cannot be read as an array", notes=(str(e),)) from e
    _same_element(p, a.dtype.name, i)
    if a.ndim != p.rank:
        raise error("E0607", f"{describe(p, i)} wants an array with {_count_dims(p.rank)}, and got one with {a.ndim}")
    # a canonical array: this dtype object, native byte order, aligned, contiguous, of no subclass
    plain = np.dtype(_DTYPES[p.kind])
    if type(a) is np.ndarray and a.flags.c_contiguous and a.flags.aligned and a.dtype == plain:
        return a if a.dtype is plain else a.view(plain)      # unpickled arrays have an equal one of their own
    out: Any = np.empty(a.shape, plain)
    out[...] = a
    return out


def _buffer(x: Any) -> bool:
    try:
        memoryview(x)
    except TypeError:
        return False
    return True


def _from_list(p: Port, a: Any, i: int) -> Any:
    """Lists of Python numbers: integers may become floats, nothing else changes."""
    kind = a.dtype.kind
    if a.size == 0:
        return a.astype(_DTYPES[p.kind])
    allowed = {"f64": "if", "f32": "if", "i64": "i", "bool": "b"}[p.kind]
    if kind not in allowed:
        raise error("E0605", f"{describe(p, i)} wants entries that are {_WORDS[p.kind]} ({p.kind}), "
                             f"and the list holds {a.dtype.name}")
    return a.astype(_DTYPES[p.kind])
