"""Functions of numbers on arrays of any shape, with the broadcasting of NumPy.

    vectorize f : arrays → arrays        one native loop over all entries; the shapes are those of NumPy's functions
"""

from __future__ import annotations

from typing import Any

import numpy as np

from catad.api.function import Function
from catad.api.transforms import vmap
from catad.api.values import dtype_of
from catad.source import error
from catad.types.type import Prod, Scalar

__all__ = ["Vectorized", "vectorize"]


class Vectorized:
    """A function of numbers, entry by entry. Made by `catad.vectorize`."""

    def __init__(self, f: Function) -> None:
        result = f.entry.result
        results = result.items if isinstance(result, Prod) else (result,)
        found = [t for t in (*(t for _, t in f.entry.params), *results) if not isinstance(t, Scalar)]
        if found or not f.entry.params:
            raise error("E0609", f"vectorize is for functions from numbers to numbers; {f.__name__} is not one",
                        notes=[f"the function is  {f.signature}"], help=["catad.vmap batches functions of every type"])
        self.function, self._batch = f, vmap(f)
        self.nin, self.nout = len(f.entry.params), len(results)
        self.__name__, self.__doc__ = f.__name__, f.__doc__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The values; a number where all arguments are numbers. Raises E0607 where shapes do not fit."""
        arrays = [np.asarray(a) for a in self.function.bind(*args, **kwargs)]
        try:
            shape = np.broadcast_shapes(*(a.shape for a in arrays))
        except ValueError:
            shown = ", ".join(str(list(a.shape)) for a in arrays)
            raise error("E0607", f"{self.__name__}: the shapes {shown} cannot be broadcast together") from None
        flat = [self._entries(a, shape, t) for a, (_, t) in zip(arrays, self.function.entry.params, strict=True)]
        out = self._batch(*flat)
        if isinstance(out, tuple):
            return tuple(v.reshape(shape)[()] for v in out)
        return out.reshape(shape)[()]

    @staticmethod
    def _entries(a: np.ndarray[Any, Any], shape: tuple[int, ...], t: Any) -> np.ndarray[Any, Any]:
        """All entries in a row; whole numbers become floats where these are wanted."""
        wanted = dtype_of(t)
        if a.dtype.kind in "iu" and wanted.kind == "f":
            a = a.astype(wanted)
        return np.broadcast_to(a, shape).reshape(-1)

    def __repr__(self) -> str:
        return f"<catad function {self.function.signature}, entry by entry>"


def vectorize(f: Function) -> Vectorized:
    """The function entry by entry on arrays, which are broadcast as by NumPy's own functions.

    Raises E0609 for functions of other things than numbers.

    >>> import catad, numpy as np
    >>> f = catad.vectorize(catad.compile("def f (x : f64) (y : f64) : f64 = x * exp y", entry="f"))
    >>> f(np.array([[1.0], [2.0]]), np.array([0.0, 0.0, 0.0])).tolist(), float(f(2, 0))
    ([[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]], 2.0)
    """
    return Vectorized(f)
