"""Optimisation: the values in `optimise_*.cad`, one list for each program, in the order of its tests."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def optimise_line_fit() -> list[Any]:
    x, y = np.array([0.0, 1.0, 2.0, 3.5, 5.0]), np.array([1.1, 1.9, 3.2, 4.4, 6.3])
    slope, offset = np.polyfit(x, y, 1)
    residual = x + 0.5 - y
    return [slope, offset, True, {"slope": 2 * residual @ x, "offset": 2 * residual.sum()},
            np.linalg.pinv(np.stack([x, np.ones(5)], 1))[0]]


def optimise_simplex() -> list[Any]:
    def project(x):                                    # bisection for the shift, which the program does not do
        lo, hi = x.min() - 1, x.max()
        for _ in range(200):
            mid = (lo + hi) / 2
            lo, hi = (mid, hi) if np.maximum(x - mid, 0).sum() > 1 else (lo, mid)
        return np.maximum(x - lo, 0)
    x = np.array([0.5, 0.9, -0.3, 0.35])
    inside = (project(x) > 1e-12).astype(float)
    return [project(x), [0.2, 0.3, 0.5], np.diag(inside) - np.outer(inside, inside) / inside.sum()]


def optimise_bisection() -> list[Any]:
    from scipy.optimize import brentq
    return [brentq(lambda x: np.cos(x) - x, 0, 1, xtol=1e-15), brentq(lambda x: x**3 - 2 * x - 5, 1, 3, xtol=1e-15),
            5 ** (-2 / 3) / 3]


def optimise_envelope() -> list[Any]:
    a = 3.0
    return [(math.log(a), a - a * math.log(a)), (1 / a, -math.log(a)), -1 / a]


def optimise_gauss_seidel() -> list[Any]:
    a = np.array([[4.0, 1.0, -1.0], [1.0, 5.0, 2.0], [0.0, 1.0, 3.0]])
    return [np.linalg.solve(a, [1.0, 2.0, 3.0]), np.linalg.inv(a)[0]]
