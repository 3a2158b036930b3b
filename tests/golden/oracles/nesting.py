"""Nested derivatives: the values in `nesting_*.cad`, one list for each program, in the order of its tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.golden.oracles.numerics import slope


def nesting_hypergradient() -> list[Any]:
    def loss(w):
        return (w[0] - 1) ** 2 + 10 * (w[1] + w[0] ** 2) ** 2
    def after(rate):
        w = np.array([0.5 + 0 * rate, 0.5])
        for _ in range(10):
            inner = w[1] + w[0] ** 2
            w = w - rate * np.array([2 * (w[0] - 1) + 40 * inner * w[0], 20 * inner])
        return loss(w)
    return [after(0.01), slope(after, 0.01), slope(after, 0.01), True]


def nesting_legendre() -> list[Any]:
    from scipy.special import legendre
    return [[legendre(n)(0.3) for n in range(1, 6)], [legendre(n).deriv()(0.3) for n in range(1, 6)], True]


def nesting_laplacian() -> list[Any]:
    t, r = 0.5, 0.2**2 + 0.4**2 + 0.7**2
    value = (4 * np.pi * t) ** -1.5 * np.exp(-r / (4 * t)) * (r / (4 * t * t) - 1.5 / t)
    return [True, value, value, value]


def nesting_meta_learning() -> list[Any]:
    x = np.arange(4) / 2
    def inner(t, a, b):
        h = np.tanh(a * x + b)
        d = 2 * (h - np.sin(t * x)) * (1 - h**2)
        a, b = a - 0.05 * (d * x).sum(), b - 0.05 * d.sum()
        return ((np.tanh(a * x + b) - np.sin(t * x)) ** 2).sum()
    def meta(a, b):
        return inner(0.8, a, b) + inner(1.1, a, b)
    a, b = slope(lambda a: meta(a, 0.1), 0.5), slope(lambda b: meta(0.5, b), 0.1)
    return [meta(0.5, 0.1), (a, b), a]
