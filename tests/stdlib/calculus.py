"""Derivatives of a scalar function in every mode, against the Taylor coefficients of an independent reference.

    t ↦ reference(x + t e)  =  c₀ + c₁ t + c₂ t² + …

The coefficients come from interpolating the reference in Chebyshev's points of [-h, h]. They must be those of `jet`, c₁
that of `jvp` and `grad`, and 2 c₂ that of the Hessian-vector product.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import catad
from catad import Function

__all__ = ["MIX", "check", "coefficients", "mix"]

Array = NDArray[np.float64]

MIX = """
    def mix [n] (x : [n]f64) : f64 = sum (for i < n -> cos (f64 (i * i)) * x[i])
    def mix2 [n, m] (x : [n, m]f64) : f64 = mix (flatten x)
"""


def mix(x: Array | float) -> float:
    """What `mix` and `mix2` of `MIX` are: one number in which every entry counts."""
    flat = np.ravel(x)
    return float(np.cos(np.arange(flat.size) ** 2) @ flat)


def coefficients(reference: Callable[[Array], float], x: Array, e: Array, h: float) -> Array:
    """c₀ … c₃, in 12 points."""
    t = np.cos(np.pi * (np.arange(12) + 0.5) / 12)
    y = [reference(x + h * s * e) for s in t]
    series = np.polynomial.chebyshev.chebfit(t, y, 11)
    found: Array = np.polynomial.chebyshev.cheb2poly(series)[:4]
    return found / h ** np.arange(4)


def check(f: Function, reference: Callable[[Array], float], x: Array, e: Array, *, h: float = 0.05,
          tolerance: float = 1e-9, order: int = 3) -> None:
    """`f` and `reference` are functions of one array; a wider tolerance holds for coefficients of higher orders."""
    c = coefficients(reference, x, e, h)
    size = np.abs(c).max() + 1e-300

    def near(a: Any, b: Any, k: int) -> None:
        np.testing.assert_allclose(a, b, rtol=tolerance * 30**k, atol=tolerance * 30**k * size)

    near(f(x), c[0], 0)
    near(np.sum(catad.grad(f)(x) * e), c[1], 1)
    near(catad.jvp(f)(x, e)[1], c[1], 1)
    near(np.sum(catad.hvp(f)(x, e) * e), 2 * c[2], 2)
    curve = np.array([e, *[np.zeros_like(e)] * (order - 1)])
    got = catad.jet(f, order)(x, curve)[1]
    for k in range(order):
        near(got[k], c[k + 1], k + 1)
