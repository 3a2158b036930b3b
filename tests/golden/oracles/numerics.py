"""Derivatives of the values that stand beside the programs, without catad: a step along the imaginary axis.

f(x + ih) = f(x) + ih f'(x) + O(h²) for real analytic f: no difference is taken, so that h may be tiny and the
derivative has all its digits. Source: Squire and Trapp, Using Complex Variables to Estimate Derivatives of Real
Functions, SIAM Review 40 (1998).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["gradient", "slope"]

H = 1e-30


def slope(f: Callable[[Any], Any], x: float) -> float:
    """The derivative of a function of one number."""
    return float(np.imag(f(complex(x, H))) / H)


def gradient(f: Callable[[Any], Any], x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The gradient of a function of an array."""
    out = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[i] += 1j * H
        out[i] = np.imag(f(moved)) / H
    return out
