"""Loops that a condition ends: the values in `while_*.cad`, one list for each program, in the order of its tests."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def while_newton_fractal() -> list[Any]:
    def steps(z):
        k = 0
        while abs(z**3 - 1) > 1e-10 and k < 60:
            z, k = z - (z**3 - 1) / (3 * z**2), k + 1
        return z, k
    def basin(z):
        return int(np.argmin(abs(z - np.exp(2j * np.pi * np.arange(3) / 3))))
    t = 4 * np.arange(8) / 7
    return [[[basin(steps(complex(x - 2.01, y - 1.97))[0]) for x in t] for y in t], steps(2 + 1j)[1], True]


def while_arithmetic_geometric() -> list[Any]:
    from mpmath import mp
    from scipy.special import ellipe, ellipk
    mp.dps = 30
    m = 0.3
    return [mp.agm(1, 2), (ellipk(0.3), ellipk(0.9)), (ellipe(m) - (1 - m) * ellipk(m)) / (2 * m * (1 - m)),
            (mp.diff(lambda a: mp.agm(a, 2), 1), mp.diff(lambda b: mp.agm(1, b), 2))]


def while_continued_fractions() -> list[Any]:
    from fractions import Fraction
    q = Fraction(math.pi).limit_denominator(1000)
    return [((q.numerator, q.denominator), (3, 4)), (np.tan(0.8), 1 / np.cos(0.8) ** 2)]


def while_adaptive_steps() -> list[Any]:
    from scipy.integrate import quad
    a = (np.arctan(20) + np.arctan(10)) / 10
    return [a, quad(lambda x: -x * x * np.exp(-x * x), 0, 1, epsabs=1e-14)[0], True]
