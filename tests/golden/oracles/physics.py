"""Physics: the values in `physics_*.cad`, one list for each program, in the order of its tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.golden.oracles.numerics import gradient, slope


def physics_pendulum() -> list[Any]:
    def field(y):
        return np.array([y[1], -9.81 * np.sin(y[0])])
    def swing(angle):
        y, h = np.array([angle, 0 * angle]), 0.01
        for _ in range(100):
            k1 = field(y)
            k2 = field(y + h / 2 * k1)
            k3 = field(y + h / 2 * k2)
            k4 = field(y + h * k3)
            y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return y[0]
    return [swing(1.2), slope(swing, 1.2), slope(swing, 1.2)]


def physics_kepler() -> list[Any]:
    from scipy.optimize import brentq
    e, m = 0.3, 1.0
    x = brentq(lambda x: x - e * np.sin(x) - m, 0, 4, xtol=1e-15)
    d = 1 - e * np.cos(x)
    return [x, (np.sin(x) / d, 1 / d), (np.cos(x) - e, np.sqrt(1 - e * e) * np.sin(x))]


def physics_lennard_jones() -> list[Any]:
    p = np.array([[0.0, 0.0, 0.0], [1.1, 0.1, 0.0], [0.2, 1.2, 0.1], [0.4, 0.5, 1.0]])
    def energy(p):
        total = 0
        for i in range(4):
            for j in range(i + 1, 4):
                r2 = ((p[i] - p[j]) ** 2).sum()
                total = total + 4 * (r2**-6 - r2**-3)
        return total
    return [energy(p), -gradient(energy, p)[1], [True] * 3]


def physics_ising() -> list[Any]:
    def log_z(j, h):                                   # by the transfer matrix, whose trace of powers it is
        t = np.array([[np.exp(j + h), np.exp(-j)], [np.exp(-j), np.exp(j - h)]])
        return np.log(np.trace(np.linalg.matrix_power(t, 6)))
    return [log_z(0.4, 0.2), slope(lambda h: log_z(0.4 + 0 * h, h), 0.2), slope(lambda j: log_z(j, 0.2 + 0 * j), 0.4)]


def physics_heat() -> list[Any]:
    second = np.diag(-2 * np.ones(5)) + np.diag(np.ones(4), 1) + np.diag(np.ones(4), -1)
    u = np.array([0.0, 0.0, 1.0, 0.0, 0.5])
    m = np.linalg.matrix_power(np.eye(5) + 0.2 * second, 10)
    one = np.eye(5) + 0.2 * second
    return [m @ u, m[1], (3 * second @ one @ one @ u)[1]]


def physics_springs() -> list[Any]:
    at = np.array([[0.0, 0.0], [1.2, 0.1], [1.0, 1.1], [-0.1, 0.9]])
    ends = [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)]
    energy = sum(0.5 * (np.linalg.norm(at[i] - at[j]) - 1) ** 2 for i, j in ends)
    g, h = np.zeros((4, 2)), np.zeros((4, 2))
    for i, j in ends:
        d = at[i] - at[j]
        r = np.linalg.norm(d)
        g[i] += (r - 1) * d / r
        g[j] -= (r - 1) * d / r
        if 0 in (i, j):                                # the Hessian of one spring, for its end that moves along x
            column = (np.outer(d, d) / r**2 + (r - 1) / r * (np.eye(2) - np.outer(d, d) / r**2))[:, 0]
            other = j if i == 0 else i
            h[0] += column
            h[other] -= column
    return [energy, g, h]


def physics_two_body() -> list[Any]:
    def end(q, v):
        def force(q):
            return -q / np.sqrt(q[0] ** 2 + q[1] ** 2) ** 3
        for _ in range(200):
            half = v + 0.005 * force(q)
            q = q + 0.01 * half
            v = half + 0.005 * force(q)
        return q
    q, v = np.array([1.0, 0.0]), np.array([0.0, 1.1])
    return [end(q, v), True, gradient(lambda v: end(q, v)[0], v)]
