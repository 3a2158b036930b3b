"""Machine learning: the values in `ml_*.cad`, one list for each program, in the order of its tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.golden.oracles.numerics import gradient


def ml_network() -> list[Any]:
    w, b, v = np.array([[0.5, -0.3], [0.1, 0.8], [-0.7, 0.2]]), np.array([0.1, 0.0, -0.2]), np.array([1.0, -0.5, 0.4])
    x, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0.0, 1.0, 1.0, 0.0])
    h = np.tanh(x @ w.T + b)
    e = h @ v - y
    d = (2 / 4 * e)[:, None] * v * (1 - h**2)          # back propagation by hand
    return [(e**2).mean(), d.T @ x, (d.sum(0), h.T @ (2 / 4 * e)), True]


def ml_attention() -> list[Any]:
    q = np.array([[0.1, 0.4], [-0.3, 0.2], [0.5, -0.6]])
    k = np.array([[0.7, 0.1], [0.2, -0.5], [-0.4, 0.3]])
    v = np.array([[1.0, 0.0], [0.5, 0.5], [-1.0, 2.0]])
    def attend(q):
        w = np.exp(q @ k.T / np.sqrt(2)) * np.tril(np.ones((3, 3)))
        return w / w.sum(1, keepdims=True) @ v
    return [attend(q), gradient(lambda q: attend(q)[2].sum(), q), [0.0, 0.0]]


def ml_recurrent() -> list[Any]:
    def states(p, x):
        h, out = 0 * p[0], []
        for t in x:
            z = 1 / (1 + np.exp(-p[2] * t))
            h = (1 - z) * h + z * np.tanh(p[0] * h + p[1] * t)
            out.append(h)
        return np.array(out)
    p, x = np.array([0.8, 1.2, 0.5]), np.array([1.0, -0.5, 2.0, 0.3])
    g = gradient(lambda p: states(p, x)[3], p)
    return [states(p, x), {"a": g[0], "b": g[1], "g": g[2]}, gradient(lambda x: states(p, x)[3], x)]


def ml_kmeans() -> list[Any]:
    p = np.array([[0.0, 0.0], [0.2, 0.1], [1.0, 1.1], [0.9, 0.8], [0.1, 0.3]])
    return [[p[[0, 1, 4]].mean(0), p[[2, 3]].mean(0)], [0, 0, 1, 1, 0], np.eye(2) / 3]


def ml_convolution() -> list[Any]:
    from scipy.signal import correlate2d
    image = np.sin(np.arange(25.0)).reshape(5, 5)
    kernel = np.array([[1.0, -0.5], [0.25, 2.0]])
    c = correlate2d(image, kernel, "valid")
    pooled, g = np.zeros((2, 2)), np.zeros((2, 2))
    for i in range(2):
        for j in range(2):
            block = c[2 * i:2 * i + 2, 2 * j:2 * j + 2]
            a, b = np.unravel_index(block.argmax(), (2, 2))
            pooled[i, j] = block.max()
            g += image[2 * i + a:2 * i + a + 2, 2 * j + b:2 * j + b + 2]
    return [pooled, g]


def ml_cross_entropy() -> list[Any]:
    from scipy.special import log_softmax, softmax
    x = np.array([0.5, -1.0, 2.0, 0.3])
    target = 0.1 / 4 + np.array([0, 0, 0.9, 0])
    return [-target @ log_softmax(x), softmax(x) - target, 0.0, [1.0, -1.0]]
