"""The domain of floats that stops where a NaN (or an infinity) is made.

    watched row = row,  and a fault where the result is NaN and no argument is
                        (or where the result is infinite and all arguments are finite)

So what is reported is the first operation that made it, in the value or in a derivative, and not the place where it was
noticed. Constants, arguments of the program and reads from arrays make nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catad.types.type import Scalar

from .domain import Fault, Meaning
from .floats import FLOATS

__all__ = ["Watched"]

_SIGNS = {"add": "{} + {}", "sub": "{} - {}", "mul": "{} * {}", "corr": "{} * {}", "div": "{} / {}", "neg": "-{}",
          "powi": "{}^{}"}


@dataclass(frozen=True, slots=True)
class Watched:
    """`infinite`: infinities are reported too."""

    infinite: bool = False

    @property
    def name(self) -> str:
        return FLOATS.name

    def dtype(self, scalar: Scalar) -> Any:
        return FLOATS.dtype(scalar)

    def enter(self, value: Any, scalar: Scalar) -> Any:
        return FLOATS.enter(value, scalar)

    def const(self, value: float | int | bool | Fraction, scalar: Scalar) -> Any:
        return FLOATS.const(value, scalar)

    def row(self, name: str, types: Sequence[Scalar]) -> Meaning:
        meaning = FLOATS.row(name, types)
        made = self._made_of

        def watched(*args: Any) -> Any:
            result = meaning(*args)
            if isinstance(result, float) and not math.isfinite(result) and made(args, result):
                raise _made(name, args, result)
            return result
        return meaning if name == "select" else watched

    def truth(self, value: Any) -> bool | None:
        return FLOATS.truth(value)

    def integer(self, value: Any) -> int | None:
        return FLOATS.integer(value)

    def _made_of(self, args: Sequence[Any], result: float) -> bool:
        """Is this NaN or infinity, which is to be reported, no argument handed on?"""
        if result != result:
            return all(a == a for a in args)
        return self.infinite and all(map(math.isfinite, args))


def _made(name: str, args: Sequence[Any], result: float) -> Fault:
    shown = [f"({a!r})" if a < 0 else repr(a) for a in args]
    operation = _SIGNS[name].format(*shown) if name in _SIGNS else " ".join([name, *shown])
    what = "NaN" if result != result else "an infinity"
    return Fault("E0510", f"{what} is made here", f"{operation} is {result!r}",
                 ("an operation that is not written there is part of its derivative",))
