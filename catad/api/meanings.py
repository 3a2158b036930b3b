"""Other meanings of a function: exact ones, and formulas.

    exact     : floats read as the rational numbers they are, results as `fractions.Fraction`
    symbolic  : a SymPy expression for each float of the result, in symbols named after the parameters
"""

from __future__ import annotations

from fractions import Fraction
from numbers import Rational
from typing import TYPE_CHECKING, Any

import numpy as np

from catad.api.values import Packing, unpack
from catad.source import error
from catad.types.size import Size
from catad.types.type import F32, F64, Scalar

if TYPE_CHECKING:
    from catad.api.function import Function

__all__ = ["ExactPacking", "symbolic"]


class ExactPacking(Packing):
    """Takes what `Packing` takes, and Fractions and integers of any length where floats are meant."""

    def scalar(self, t: Scalar, value: Any, where: Any) -> Any:
        if t in (F64, F32) and _rational(value):
            return Fraction(value)
        return super().scalar(t, value, where)

    def array(self, t: Scalar, value: Any, where: Any, dims: tuple[Size, ...]) -> Any:
        if t in (F64, F32) and isinstance(value, (list, tuple, np.ndarray)):
            try:
                a = np.asarray(value)
            except ValueError:
                return super().array(t, value, where, dims)
            if a.dtype == np.object_ and a.ndim == len(dims) and all(map(_number, a.flat)):
                return a
        return super().array(t, value, where, dims)


def _rational(value: Any) -> bool:
    return isinstance(value, Rational) and not isinstance(value, (bool, np.bool_))


def _number(value: Any) -> bool:
    return _rational(value) or isinstance(value, (float, np.floating))


def symbolic(f: Function, known: dict[str, int]) -> Any:
    """The structured result, each float a SymPy expression."""
    from catad.backends import symbolic as backend
    names = {*f.entry.sizes, *(x for x, _ in f.entry.params)}
    unknown = sorted(x for x in known if x not in names)
    if unknown:
        raise error("E0604", f"{f.__name__}: it has no size or parameter `{unknown[0]}`",
                    notes=[f"the function is  {f.signature}"])
    table = f.prepared
    flat = backend.run(table, f.key, backend.symbols(table, f.key, **known))
    return unpack(f.entry.result, iter(flat), {})
