"""The domain of residues modulo a prime p:  f64 = f32 = ℤ/p.  Integers and truth values are the ordinary ones.

A polynomial identity that fails, fails at a random point modulo a random large prime (Schwartz and Zippel).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from catad.ops.samples import SAMPLES
from catad.types.type import BOOL, F64, I64, Scalar

from ..reference.constants import rational
from ..reference.domain import Fault, Meaning, refuse
from ..reference.floats import FLOATS, integer_row

__all__ = ["Residues"]


class Residues:
    name = "modular"

    def __init__(self, p: int) -> None:
        self.p = p
        self._rows: dict[str, Meaning] = {
            "add": lambda a, b: (a + b) % p, "sub": lambda a, b: (a - b) % p, "neg": lambda a: -a % p,
            "mul": lambda a, b: a * b % p, "corr": lambda a, b: a * b % p,
            "div": lambda a, b: a * self.inverse(b) % p, "powi": self._powi,
            "eq": lambda a, b: a == b, "ne": lambda a, b: a != b,
            "isnan": lambda a: False, "isinf": lambda a: False,
        }

    def inverse(self, x: int) -> int:
        if x % self.p == 0 or math.gcd(x, self.p) != 1:
            raise Fault("E0714", f"{x} has no inverse modulo {self.p}", "divides by it")
        return pow(x, -1, self.p)

    def _powi(self, x: int, n: int) -> int:
        return pow(x, n, self.p) if n >= 0 else pow(self.inverse(x), -n, self.p)

    def dtype(self, scalar: Scalar) -> Any:
        return FLOATS.dtype(scalar) if scalar in (I64, BOOL) else np.object_

    def enter(self, value: Any, scalar: Scalar) -> Any:
        if scalar in (I64, BOOL):
            return FLOATS.enter(value, scalar)
        if type(value) is int:
            return value % self.p
        if isinstance(value, float | np.floating) and not math.isfinite(value):
            raise Fault("E0711", f"{value} is no residue", "used here")
        rational = Fraction(float(value) if isinstance(value, np.floating) else value)
        return rational.numerator * self.inverse(rational.denominator) % self.p

    def const(self, value: float | int | bool | Fraction, scalar: Scalar) -> Any:
        return self.enter(rational(value, scalar), scalar)

    def row(self, name: str, types: Sequence[Scalar]) -> Meaning:
        integral = types[0] in (I64, BOOL)
        if name in ("to_f64", "to_f32"):
            return (lambda n: n % self.p) if integral else (lambda x: x)
        if name == "to_i64" and integral:
            return int
        if name in SAMPLES:
            return lambda bits: self.enter(SAMPLES[name](bits), F64)
        if integral and name != "polygamma":
            return integer_row(name)
        meaning = self._rows.get(name)
        if meaning is None:
            raise refuse(self, name)
        return meaning

    def truth(self, value: Any) -> bool | None:
        return bool(value)

    def integer(self, value: Any) -> int | None:
        return int(value)
