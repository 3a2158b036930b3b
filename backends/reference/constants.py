"""What a float constant of a program means where floats are not rounded.

    0.1 ↦ 1/10      0.3333333333333333 ↦ 1/3      3.141592653589793 ↦ π, where there is one

A constant is a float in the net, and often the float that some other number was rounded to: a decimal, a ratio of
small integers as in the coefficients of series, π. It means that number. One of few binary digits was not rounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np

from catad.types.type import F32, F64, Scalar

__all__ = ["irrational", "rational"]

_NUMBERS: tuple[tuple[float, Callable[[Any], Any]], ...] = (
    (math.pi, lambda f: +f.pi), (math.e, lambda f: +f.e), (2 / math.sqrt(math.pi), lambda f: 2 / f.sqrt(f.pi)),
    (math.sqrt(math.pi), lambda f: f.sqrt(f.pi)), (math.sqrt(2), lambda f: f.sqrt(2)),
    (math.log(2), lambda f: f.log(2)), (1 / math.log(2), lambda f: 1 / f.log(2)),
    (math.log(10), lambda f: f.log(10)), (1 / math.log(10), lambda f: 1 / f.log(10)))


@dataclass(frozen=True, slots=True)
class _Format:
    """Floats of one width: rounding, spelling, and how much of a number is told by its float."""

    rounded: Callable[[Any], float]
    spelled: Callable[[float], str]
    digits: int                     # a decimal of so many digits is told apart from its neighbours
    ratio: int                      # few floats are near a ratio of such integers by chance
    bits: int                       # a float of so few binary digits was hardly rounded

    def irrationals(self) -> Mapping[float, tuple[float, Callable[[Any], Any]]]:
        """By first digits: multiples by powers of two are constants too, for nothing is rounded when they are made."""
        return MappingProxyType({math.frexp(self.rounded(x))[0]: (self.rounded(x), f) for x, f in _NUMBERS})


_FORMATS = MappingProxyType({
    F64: _Format(float, lambda x: repr(float(x)), 15, 10**6, 26),
    F32: _Format(lambda x: float(np.float32(float(x))), lambda x: str(np.float32(x)), 6, 10**3, 11)})
_IRRATIONALS = MappingProxyType({t: f.irrationals() for t, f in _FORMATS.items()})


Constant = float | int | bool | Fraction


def irrational(value: Constant, scalar: Scalar) -> Callable[[Any], Any] | None:
    """The irrational number that a constant means, if any: made of `pi`, `e`, `sqrt` and `log` of what is given."""
    if not isinstance(value, float) or not math.isfinite(value):
        return None
    found = _IRRATIONALS[scalar].get(math.frexp(abs(value))[0])
    if found is None:
        return None
    x, number = found
    power = Fraction(value / x)
    return lambda f: number(f) * power.numerator / power.denominator


def rational(value: Constant, scalar: Scalar) -> Constant:
    """The rational number that a constant means; what is no finite float means itself."""
    if not isinstance(value, float) or not math.isfinite(value):
        return value
    form, exact = _FORMATS[scalar], Fraction(value)
    decimal = form.spelled(value)
    odd = exact.numerator // (exact.numerator & -exact.numerator or 1)
    if odd.bit_length() <= form.bits:
        return exact
    if len(decimal.split("e")[0].replace(".", "").strip("-0")) <= form.digits:
        return Fraction(decimal)
    ratio = exact.limit_denominator(form.ratio)
    return ratio if form.rounded(ratio) == value else Fraction(decimal)
