"""What a float constant of a program means where floats are not rounded.

    0.1 ↦ 1/10      0.3333333333333333 ↦ 1/3      3.141592653589793 ↦ π, where there is one

A constant is a double in the net, and often the double that some other number was rounded to: a decimal, a ratio of
small integers as in the coefficients of series, π. It means that number. Where nothing of the kind rounds to it, it
means itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from types import MappingProxyType
from typing import Any

__all__ = ["meant", "named"]

_DIGITS = 15                    # a decimal of so many digits is told apart from its neighbours by its double
_RATIO = 10**6                  # few doubles are near a ratio of such integers by chance

_NAMED: tuple[tuple[float, Callable[[Any], Any]], ...] = (
    (math.pi, lambda mp: +mp.pi), (math.e, lambda mp: +mp.e), (2 / math.sqrt(math.pi), lambda mp: 2 / mp.sqrt(mp.pi)),
    (math.sqrt(math.pi), lambda mp: mp.sqrt(mp.pi)), (math.sqrt(2), lambda mp: mp.sqrt(2)),
    (math.log(2), lambda mp: mp.log(2)), (1 / math.log(2), lambda mp: 1 / mp.log(2)),
    (math.log(10), lambda mp: mp.log(10)), (1 / math.log(10), lambda mp: 1 / mp.log(10)))
# By their first digits: multiples by powers of two are constants too, for nothing is rounded when they are made.
_BY_DIGITS = MappingProxyType({math.frexp(x)[0]: (x, f) for x, f in _NAMED})


def named(value: float) -> Callable[[Any], Any] | None:
    """The irrational number that a constant means, from the functions of mpmath."""
    found = _BY_DIGITS.get(math.frexp(abs(value))[0])
    if found is None:
        return None
    x, number = found
    return lambda mp: number(mp) * mp.mpf(value / x)


def meant(value: float) -> Fraction:
    """The rational number that a finite constant means."""
    exact, decimal = Fraction(value), repr(float(value))
    if len(decimal.split("e")[0].replace(".", "").strip("-0")) <= _DIGITS:
        return Fraction(decimal)
    ratio = exact.limit_denominator(_RATIO)
    return ratio if float(ratio) == value else exact
