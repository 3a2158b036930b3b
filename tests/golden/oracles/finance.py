"""Finance: the values in `finance_*.cad`, one list for each program, in the order of its tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.golden.oracles.numerics import gradient, slope


def finance_black_scholes() -> list[Any]:
    from scipy.stats import norm
    s, k, r, v, t = 100.0, 110.0, 0.03, 0.25, 0.75
    d = (np.log(s / k) + (r + v * v / 2) * t) / (v * np.sqrt(t))
    e = d - v * np.sqrt(t)
    price = s * norm.cdf(d) - k * np.exp(-r * t) * norm.cdf(e)
    return [(price, k * np.exp(-r * t) * norm.cdf(-e) - s * norm.cdf(-d)),
            (norm.cdf(d), norm.pdf(d) / (s * v * np.sqrt(t))),
            (s * norm.pdf(d) * np.sqrt(t), k * t * np.exp(-r * t) * norm.cdf(e))]


def finance_binomial_tree() -> list[Any]:
    def american(spot, n=30, strike=105.0, r=0.04, sigma=0.3):
        memo = {}
        h = 1 / n
        u = np.exp(sigma * np.sqrt(h))
        p = (np.exp(r * h) - 1 / u) / (u - 1 / u)
        def value(k, j):
            key = (k, j)
            if key not in memo:
                now = strike - spot * u ** (2 * j - k)
                if k == n:
                    memo[key] = now if np.real(now) > 0 else 0 * now
                else:
                    wait = np.exp(-r * h) * (p * value(k + 1, j + 1) + (1 - p) * value(k + 1, j))
                    memo[key] = wait if np.real(wait) >= np.real(now) else now
            return memo[key]
        return value(0, 0)
    return [american(100.0), slope(american, 100.0)]


def finance_bond() -> list[Any]:
    from scipy.optimize import brentq
    c, k = np.array([5.0, 5.0, 5.0, 105.0]), np.arange(1, 5)
    def price(y):
        return (c * (1 + y) ** -k).sum()
    y = brentq(lambda y: price(y) - 98.0, 0, 0.2, xtol=1e-15)
    return [(price(0.04), y), (c * k * 1.04 ** -(k + 1.0)).sum() / price(0.04),
            (c * k * (k + 1) * 1.04 ** -(k + 2.0)).sum() / price(0.04), -1 / (c * k * (1 + y) ** -(k + 1.0)).sum()]


def finance_quasi_monte_carlo() -> list[Any]:
    from scipy.stats import qmc
    points = qmc.Halton(2, scramble=False).random(201)[1:]
    x, y = points[:, 0], points[:, 1]
    return [(x[:4], y[:4]), np.exp(x * y).mean(), (x * y * np.exp(x * y)).mean()]


def finance_portfolio() -> list[Any]:
    c = np.array([[0.04, 0.01, 0.0], [0.01, 0.09, 0.02], [0.0, 0.02, 0.16]])
    def weights(c):
        w = np.linalg.solve(c, np.ones(3))
        return w / w.sum()
    return [weights(c), weights(c) @ c @ weights(c), gradient(lambda c: weights(c)[0], c)]
