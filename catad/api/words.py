"""Words for Python values that do not fit: what they are, and what was meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from catad.types.type import BOOL, F32, F64, I64, Scalar

__all__ = ["DTYPES", "NAMES", "bool_help", "convert_help", "count", "describe", "listed", "shape_of"]

DTYPES: dict[Scalar, np.dtype[Any]] = {
    F64: np.dtype(np.float64), F32: np.dtype(np.float32), I64: np.dtype(np.int64), BOOL: np.dtype(np.bool_)}
NAMES = {d: t.name for t, d in DTYPES.items()}


def describe(value: Any) -> str:
    """A few words for a value of the wrong kind."""
    if isinstance(value, np.ndarray):
        return f"an array of {NAMES.get(value.dtype, str(value.dtype))} with shape {shape_of(value.shape)}"
    if value is None:
        return "None"
    if isinstance(value, (bool, int, float)):
        return f"the {type(value).__name__} {value!r}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def shape_of(shape: tuple[int, ...]) -> str:
    return "[" + ", ".join(map(str, shape)) + "]"


def count(n: int, noun: str) -> str:
    return f"{n} {noun}" + ("" if n == 1 else "s")


def listed(names: Sequence[Any]) -> str:
    return ", ".join(f"`{x}`" for x in names)


def bool_help(t: Scalar, value: Any) -> list[str]:
    return ["truth values are not numbers here; convert with int(…) or float(…)"] if type(value) is bool else []


def convert_help(t: Scalar, found: np.dtype[Any], how: str) -> str:
    if found.kind == "c":
        return "complex numbers are not values of the language; pass real and imaginary parts"
    return f"nothing is converted silently; if that is meant, pass  {how}" if found.kind in "biuf" else ""
