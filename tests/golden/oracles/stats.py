"""Statistics: the values in `stats_*.cad`, one list for each program, in the order of its tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.golden.oracles.numerics import gradient, slope


def stats_logistic() -> list[Any]:
    from scipy.optimize import root
    x = np.array([[0.5, 1.0], [1.5, -0.5], [-0.4, 0.3], [2.0, 1.0], [-1.0, -1.2], [0.1, 0.9]])
    t = np.array([1.0, 1.0, 0.0, 1.0, 0.0, 0.0])
    def g(w):
        return x.T @ (1 / (1 + np.exp(-x @ w)) - t) + 0.2 * w
    w = np.array([0.3, -0.2])
    return [(np.logaddexp(0, x @ w).sum() - t @ x @ w + 0.1 * w @ w, g(w)), root(g, [0.0, 0.0], tol=1e-14).x]


def stats_gamma_likelihood() -> list[Any]:
    from scipy import special, stats
    x, a, b = np.array([0.8, 1.9, 3.1, 0.4]), 1.7, 0.9
    return [stats.gamma.logpdf(x, a, scale=1 / b).sum(),
            {"shape": 4 * np.log(b) - 4 * special.digamma(a) + np.log(x).sum(), "rate": 4 * a / b - x.sum()},
            {"shape": -4 * special.polygamma(1, a), "rate": 4 / b}]


def stats_mixture() -> list[Any]:
    from scipy import stats
    x = np.array([-0.5, 0.3, 2.2, 3.9, 3.1])
    def parts(w, m, s):
        return np.stack([w[j] * stats.norm.pdf(x, m[j], s[j]) for j in range(2)])
    d = parts([0.5, 0.5], [0.0, 3.0], [1.0, 1.0])
    r = d / d.sum(0)
    w, m = r.sum(1) / 5, r @ x / r.sum(1)
    s = np.sqrt([(r[j] * (x - m[j]) ** 2).sum() / r[j].sum() for j in range(2)])
    return [(np.log(d.sum(0)).sum(), np.log(parts(w, m, s).sum(0)).sum()),
            {"weight": w[1], "mean": m[1], "deviation": s[1]}, (r[0] * x).sum()]


def stats_kalman() -> list[Any]:
    def joint(q, r):                                   # the observations are jointly normal
        y = np.array([0.3, 0.8, 0.5, 1.4, 1.1])
        k = np.arange(1, 6)
        cov = 1 + q * np.minimum.outer(k, k) + r * np.eye(5)
        return -0.5 * (y @ np.linalg.solve(cov, y) + np.log(np.linalg.det(2 * np.pi * cov)))
    return [joint(0.1, 0.4), (slope(lambda q: joint(q, 0.4), 0.1), slope(lambda r: joint(0.1, r), 0.4))]


def stats_gaussian_process() -> list[Any]:
    x, y = np.array([0.0, 0.7, 1.5, 2.6]), np.array([0.2, 0.9, 0.4, -0.8])
    def evidence(scale, noise):
        a = np.exp(-0.5 * (np.subtract.outer(x, x) / scale) ** 2) + noise**2 * np.eye(4)
        return -0.5 * (y @ np.linalg.solve(a, y) + np.log(np.linalg.det(a)) + 4 * np.log(2 * np.pi))
    return [evidence(0.9, 0.3), {"scale": slope(lambda s: evidence(s, 0.3), 0.9),
                                 "noise": slope(lambda s: evidence(0.9, s), 0.3)}]


def stats_kernel_density() -> list[Any]:
    x = np.array([0.1, 0.4, 1.0, 1.1, 2.3, 2.5])
    def score(x, h):
        k = np.exp(-0.5 * (np.subtract.outer(x, x) / h) ** 2) * (1 - np.eye(6))
        return np.log(k.sum(1) / (5 * h)).sum()
    return [score(x, 0.5), slope(lambda h: score(x, h), 0.5), gradient(lambda x: score(x, 0.5), x)]


def stats_robust() -> list[Any]:
    from scipy import stats
    x = np.array([3.0, 1.0, 9.0, 2.5, 4.0])
    # median 3 at place 0; deviations 0 2 6 0.5 1: their median is |4 - 3|, at place 4
    return [(np.median([3.0, 1.0, 9.0, 2.5]), stats.median_abs_deviation(x)),
            (stats.trim_mean(x, 0.2), [1 / 3, 0, 0, 1 / 3, 1 / 3]), [-1, 0, 0, 0, 1]]
