"""Functions over functions: the values in `higher_*.cad`, one list for each program, in the order of its tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.golden.oracles.numerics import slope


def higher_quadrature() -> list[Any]:
    from scipy.integrate import quad
    k = 2.0
    return [True, quad(lambda x: np.exp(-x) * np.cos(3 * x), 0, 2, epsabs=1e-14)[0], np.sin(1.0),
            np.sin(k) / k + (np.cos(k) - 1) / k**2]


def higher_combinators() -> list[Any]:
    from sympy import fibonacci
    x = np.array([1.0, 2.0, 4.0, 9.0])
    def f(t):
        return np.exp(np.sin(t)) * np.log(np.cos(t))
    return [int(fibonacci(40)), f(0.5), slope(f, 0.5), 10.0, (x.mean(), x.std()), 1.5**6]
