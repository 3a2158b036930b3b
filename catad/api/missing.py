"""Payloads of a constructor that is not there: zeros, of sizes that other arguments tell.

They stand among the flat values of a call until all arguments were looked at.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from catad.api.words import DTYPES
from catad.source import CatadError
from catad.types.size import Size
from catad.types.type import Scalar

__all__ = ["Missing", "padded"]

@dataclass(frozen=True, slots=True)
class Missing:
    """Zeros of shape `[shape, sizes]`; an array as far as `shape` goes."""

    base: Scalar
    shape: tuple[int, ...]
    sizes: tuple[Size, ...]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def reshape(self, *shape: int) -> Missing:
        rest = math.prod(n for n in shape if n >= 0)
        return replace(self, shape=tuple(n if n >= 0 else math.prod(self.shape) // max(rest, 1) for n in shape))

    def __getitem__(self, k: int) -> Missing:
        return replace(self, shape=self.shape[1:])

    def zeros(self, env: Mapping[str, int], fail: Callable[[str, str, Sequence[str]], CatadError]) -> Any:
        for s in self.sizes:
            if any(x not in env for x in s.variables):
                x = next(x for x in s.variables if x not in env)
                raise fail("E0607", f"the size {s} of a payload that is not there is known from no other argument",
                           [f"give the function a parameter for it, `({x} : i64)`, and take `[{x}]` out"])
        shape = (*self.shape, *(s.evaluate(env) for s in self.sizes))
        try:
            zeros: Any = np.zeros(shape, DTYPES[self.base])
        except (MemoryError, ValueError):
            raise fail("E0507", f"zeros of shape {list(shape)} for a payload that is not there do not fit into memory",
                       []) from None
        return zeros if shape else zeros.item()


def padded(a: Any, axis: int, size: int) -> Any:
    """The array with zeros at the end of an axis, up to this size."""
    more: Sequence[int] = [size - n if k == axis else 0 for k, n in enumerate(a.shape)]
    if isinstance(a, Missing):
        return replace(a, shape=tuple(n + m for n, m in zip(a.shape, more, strict=True)))
    return np.pad(a, [(0, m) for m in more])
