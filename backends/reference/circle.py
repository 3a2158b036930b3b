"""sin, cos and tan of arguments of any size, where the C library's reduction by π/2 loses digits.

    x = k π/2 + r,  |r| ≤ π/4        in integers: x is m 2^e, and π is known to 1300 bits
"""

from __future__ import annotations

import math
from functools import cache

__all__ = ["cos", "sin", "tan"]

_BITS = 1300
_LARGE = 1e5


def sin(x: float) -> float:
    if abs(x) < _LARGE:
        return math.sin(x)
    k, r, low = _reduce(x)
    return (_sine, _cosine, _minus_sine, _minus_cosine)[k](r, low)


def cos(x: float) -> float:
    if abs(x) < _LARGE:
        return math.cos(x)
    k, r, low = _reduce(x)
    return (_cosine, _minus_sine, _minus_cosine, _sine)[k](r, low)


def tan(x: float) -> float:
    if abs(x) < _LARGE:
        return math.tan(x)
    k, r, low = _reduce(x)
    t = math.tan(r)
    t += low * (1 + t * t)
    return -1 / t if k & 1 else t


def _sine(r: float, low: float) -> float:
    return math.sin(r) + low * math.cos(r)


def _cosine(r: float, low: float) -> float:
    return math.cos(r) - low * math.sin(r)


def _minus_sine(r: float, low: float) -> float:
    return -_sine(r, low)


def _minus_cosine(r: float, low: float) -> float:
    return -_cosine(r, low)


def _reduce(x: float) -> tuple[int, float, float]:
    """k mod 4, and r as a sum of two floats. Raises ValueError for infinities and NaN, as `math.sin` does."""
    if not math.isfinite(x):
        if x != x:
            return 0, x, 0.0
        raise ValueError("no angle")
    numerator, denominator = x.as_integer_ratio()
    scaled = (numerator << _BITS) // denominator             # exact: a float this large has few binary places
    half_pi = _pi() // 2
    k, rest = divmod(scaled + half_pi // 2, half_pi)
    rest -= half_pi // 2
    high = _float(rest)
    return k & 3, high, _float(rest - _integer(high))


def _float(n: int) -> float:
    shift = max(n.bit_length() - 64, 0)
    return math.ldexp(float(n >> shift), shift - _BITS)


def _integer(x: float) -> int:
    numerator, denominator = x.as_integer_ratio()
    return (numerator << _BITS) // denominator


@cache
def _pi() -> int:
    """π 2^bits by Machin's formula, 16 atan(1/5) - 4 atan(1/239); x up to 2^1024 costs as many leading bits."""
    guard = 40
    return (16 * _atan_inverse(5, _BITS + guard) - 4 * _atan_inverse(239, _BITS + guard)) >> guard


def _atan_inverse(n: int, bits: int) -> int:
    power = total = (1 << bits) // n
    k, sign = 3, -1
    while power:
        power //= n * n
        total += sign * (power // k)
        k, sign = k + 2, -sign
    return total
