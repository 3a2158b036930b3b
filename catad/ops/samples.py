"""Two rows from 64 random bits to a number of a distribution, the same number everywhere.

    exponential_of_bits b = -log u        normal_of_bits b = Φ⁻¹(u)        u = (k + 1/2) 2⁻⁵²,  k the upper 52 bits of b

Law: the result is a fixed sequence of correctly rounded operations (+ - × / √ of f64, none contracted), so it has the
same bits on every machine, in every width, in every backend. The sequences are written once, over an `Arithmetic`:
Python's floats here (`SAMPLES`), instructions in native code. `exponential` is within 3 units in the last place of
-log u, `normal` within 6 of Φ⁻¹(u); 2⁻⁵³ ≤ u ≤ 1 - 2⁻⁵³, so they end at 36.7 and ±8.21.

The logarithm is that of fdlibm in outline; the split of the quantile at |u - 1/2| = 0.425 and the variables of its two
parts are those of Wichura (Algorithm AS 241, Applied Statistics 37, 1988). All coefficients are fits of our own.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

__all__ = ["FORMULAS", "SAMPLES", "Arithmetic"]

_ONE = 1023 << 52                                         # the bits of 1.0
_ROOT_HALF = 0x3FE6A09E667F3BCD                           # of sqrt 0.5
_MAGIC = 1.5 * 2.0**52                                    # whole numbers are in the low bits of the sum with it
_MAGIC_BITS = 0x4338000000000000
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10    # n times the first is exact

# log ((1 + s) / (1 - s)) = 2 s + s z P(z), z = s²
_LOG = (0.6666666666666666, 0.4000000000000089, 0.28571428570797275, 0.22222222393092414, 0.18181795497896058,
        0.15386247209353268, 0.13268577328855108, 0.13088626998393096)
# Φ⁻¹(1/2 + q) / q as a quotient in 0.180625 - q², for |q| ≤ 0.425
_MIDDLE = ((3.3871328727963665, 133.1336070579969, 1971.3286215023415, 13728.670231576947, 45907.045386944876,
            67235.59571413974, 33410.75837951131, 2507.1835422840227),
           (1.0, 42.31095086175104, 687.1024068301366, 5393.101616267747, 21207.474224850866, 39291.772913050576,
            28713.560230213876, 5222.902460677457))
# -Φ⁻¹(p) as a quotient in sqrt (-log p) - 1.6, for 2⁻⁵³ ≤ p ≤ 0.075
_TAIL = ((1.4234371107496835, 4.617347027962863, 5.753501440249476, 3.6764384185924235, 1.3284354393088489,
          0.2775241721508947, 0.03220678390793398, 0.0018176711918767787, 3.504879532904217e-05),
         (1.0, 2.0440652535120476, 1.6760966337722574, 0.7094093059313352, 0.16560233501073074, 0.020854501902240263,
          0.00124578047869877, 2.4782522015236126e-05))


class Arithmetic(Protocol):
    """What the sequences ask for beside the operators: of floats + - * /, of their bits + - | << and >> with sign."""

    def bits(self, x: Any) -> Any: ...
    def number(self, bits: Any) -> Any: ...
    def shifted(self, bits: Any, n: int) -> Any: ...      # to the right, zeros coming in
    def sqrt(self, x: Any) -> Any: ...
    def less(self, a: Any, b: Any) -> Any: ...
    def select(self, c: Any, a: Any, b: Any) -> Any: ...


def _unit(e: Arithmetic, bits: Any) -> Any:
    """u, exactly: 1 + k 2⁻⁵² by its bits, less 1 - 2⁻⁵³."""
    return e.number(e.shifted(bits, 12) | _ONE) - (1.0 - 2.0**-53)


def _minus_log(e: Arithmetic, u: Any) -> Any:
    """-log u, for 0 < u < 1: u = 2ⁿ m with m in [√½, √2), and the series of log m in s = (m - 1) / (m + 1)."""
    n = (e.bits(u) - _ROOT_HALF) >> 52
    m = e.number(e.bits(u) - (n << 52))
    f = m - 1.0
    s = f / (m + 1.0)
    z = s * s
    power = e.number(n + _MAGIC_BITS) - _MAGIC
    return 0.0 - ((power * _LN2_LOW + s * (z * _horner(_LOG, z) + 2.0)) + power * _LN2_HIGH)


def _horner(coefficients: Sequence[float], x: Any) -> Any:
    total: Any = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        total = total * x + c
    return total


def _quotient(parts: tuple[Sequence[float], Sequence[float]], x: Any) -> Any:
    return _horner(parts[0], x) / _horner(parts[1], x)


def exponential_of_bits(e: Arithmetic, bits: Any) -> Any:
    return _minus_log(e, _unit(e, bits))


def normal_of_bits(e: Arithmetic, bits: Any) -> Any:
    u = _unit(e, bits)
    q = u - 0.5
    lower = e.less(q, 0.0)
    p = e.select(lower, u, 1.0 - u)
    tail = _quotient(_TAIL, e.sqrt(_minus_log(e, p)) - 1.6)
    middle = q * _quotient(_MIDDLE, 0.180625 - q * q)
    return e.select(e.less(p, 0.075), e.select(lower, 0.0 - tail, tail), middle)


class _Floats:
    """Python's own floats, which are never contracted; bits are whole numbers."""

    def bits(self, x: float) -> int:
        found: int = struct.unpack("<q", struct.pack("<d", x))[0]
        return found

    def number(self, bits: int) -> float:
        found: float = struct.unpack("<d", struct.pack("<q", bits))[0]
        return found

    def shifted(self, bits: int, n: int) -> int:
        return (bits & (1 << 64) - 1) >> n

    def sqrt(self, x: float) -> float:
        return math.sqrt(x)

    def less(self, a: float, b: float) -> bool:
        return a < b

    def select(self, c: bool, a: float, b: float) -> float:
        return a if c else b


FORMULAS: Mapping[str, Callable[[Arithmetic, Any], Any]] = MappingProxyType(
    {"exponential_of_bits": exponential_of_bits, "normal_of_bits": normal_of_bits})


def _meaning(formula: Callable[[Arithmetic, Any], Any]) -> Callable[[int], float]:
    return lambda bits: float(formula(_Floats(), bits))


# The rows on whole numbers, as Python functions.
SAMPLES: Mapping[str, Callable[[int], float]] = MappingProxyType({name: _meaning(f) for name, f in FORMULAS.items()})
