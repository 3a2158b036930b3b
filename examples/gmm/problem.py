"""The Gaussian mixture problem: reading ADBench's files, and an independent gradient in NumPy, derived by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Theta = dict[str, Vector]


@dataclass(frozen=True)
class Problem:
    """Points `x` [n, d], the Wishart prior (`gamma`, `m`) and a start for alpha [k], mu, q [k, d], l [k, d(d-1)/2]."""

    x: Vector
    gamma: float
    m: int
    start: Theta


def read(path: Path) -> Problem:
    """Read a problem in ADBench's format; raises ValueError when the numbers do not add up."""
    numbers = path.read_text(encoding="ascii").split()
    d, k, n = map(int, numbers[:3])
    t = d * (d - 1) // 2
    values = np.array(numbers[3:-2], dtype=np.float64)
    counts = [k, k * d, k * (d + t), n * d]
    if len(values) != sum(counts):
        raise ValueError(f"{path}: {len(values)} numbers, but d={d}, k={k}, n={n} need {sum(counts)}")
    alpha, mu, factors, x = np.split(values, np.cumsum(counts)[:-1])
    factors = factors.reshape(k, d + t)
    start = {"alpha": alpha, "mu": mu.reshape(k, d), "q": np.ascontiguousarray(factors[:, :d]),
             "l": np.ascontiguousarray(factors[:, d:])}
    return Problem(x.reshape(n, d), float(numbers[-2]), int(numbers[-1]), start)


def triangles(theta: Theta) -> Vector:
    """The matrices Q [k, d, d]."""
    k, d = theta["q"].shape
    q = np.zeros((k, d, d))
    columns, rows = np.triu_indices(d, 1)                     # below the diagonal, column by column
    q[:, rows, columns] = theta["l"]
    q[:, np.arange(d), np.arange(d)] = np.exp(theta["q"])
    return q


def gradient_by_hand(theta: Theta, problem: Problem) -> Theta:
    """The gradient of the log posterior, from the formulas: responsibilities r, residuals y = Q (x - mu)."""
    x, (n, d) = problem.x, problem.x.shape
    q = triangles(theta)
    centred = x[:, None, :] - theta["mu"]                      # n k d
    y = np.einsum("kij,nkj->nki", q, centred)
    beta = theta["alpha"] + theta["q"].sum(1) - 0.5 * (y**2).sum(2)
    r = np.exp(beta - beta.max(1, keepdims=True))
    r /= r.sum(1, keepdims=True)
    weight = np.exp(theta["alpha"] - theta["alpha"].max())
    outer = -np.einsum("nk,nki,nkj->kij", r, y, centred) - problem.gamma**2 * q
    columns, rows = np.triu_indices(d, 1)
    diagonal = np.arange(d)
    return {
        "alpha": r.sum(0) - n * weight / weight.sum(),
        "mu": np.einsum("nk,nki,kij->kj", r, y, q),
        "q": r.sum(0)[:, None] + outer[:, diagonal, diagonal] * np.exp(theta["q"]) + problem.m,
        "l": outer[:, rows, columns],
    }
