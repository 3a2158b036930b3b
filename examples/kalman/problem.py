"""Two classical series, fits of structural models to them, and witnesses: dense Gaussians, a filter by hand.

The dense witness writes all observations as one Gaussian vector: y = X δ + e, δ the unknown first state. Its diffuse
likelihood is an integral over δ that has a formula (Durbin and Koopman 2012, section 4.11; Harville 1974).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

import catad
import catad.scipy
from catad.scipy import Objective

HERE = Path(__file__).resolve().parent
DATA = HERE.parent / "data"

Vector = NDArray[np.float64]


def nile() -> Vector:
    """The yearly flow of the Nile at Aswan from 1871 to 1970, in 10⁸ m³."""
    return np.loadtxt(DATA / "nile.txt").ravel()


def airline() -> Vector:
    """The logarithm of monthly international airline passengers from 1949 to 1960, in thousands."""
    return np.log(np.loadtxt(DATA / "airline.txt").ravel())


def level_objective(y: Vector) -> Objective:
    start = {"irregular": 0.5 * np.log(np.nanvar(y) / 2), "level": 0.5 * np.log(np.nanvar(y) / 2)}
    return catad.scipy.objective(catad.load(HERE / "kalman.cad").level_cost, start, y)


def seasonal_objective(y: Vector, seasons: int = 12) -> Objective:
    start = {"irregular": -4.0, "level": -4.0, "season": -4.0}
    return catad.scipy.objective(catad.load(HERE / "kalman.cad").seasonal_cost, seasons, start, y, argnums="p")


@dataclass(frozen=True)
class Fit:
    """The maximum of a likelihood: logarithms of standard deviations their standard errors, and how it was found."""

    logs: Mapping[str, float]
    errors: Mapping[str, float]
    likelihood: float
    steps: int
    slope: float

    def variances(self) -> dict[str, float]:
        return {name: float(np.exp(2 * x)) for name, x in self.logs.items()}


def fit(o: Objective) -> Fit:
    """Newton's method in a trust region, with exact gradients and Hessians; the Hessian then gives the errors."""
    found = minimize(o.fun, o.x0, jac=o.jac, hess=o.hess, method="trust-exact", options={"gtol": 1e-9})
    errors = np.sqrt(np.diag(np.linalg.inv(o.hess(found.x))))
    return Fit(o.structured(found.x), o.structured(errors), -float(found.fun), int(found.nit),
               float(np.abs(o.jac(found.x)).max()))


# ── smoothing from one gradient ────────────────────────────────────────────────────────────────────────────────────


def components(seasons: int, logs: Mapping[str, float], y: Vector) -> tuple[Vector, Vector]:
    """Trend and season of a series given all of it: the smoothed noise drives the states from the start that fits."""
    noise, irregular = catad.load(HERE / "kalman.cad").smoothed_noise(seasons, dict(logs), y)
    z, t, _, _ = matrices(seasons, logs)
    rows, driven, power, state = [], [], np.eye(len(z)), np.zeros(len(z))
    for k in range(len(y)):
        rows.append(power)
        driven.append(state)
        power, state = t @ power, t @ state + noise[k]
    first, *_ = np.linalg.lstsq(np.array([z @ p for p in rows]), y - irregular - np.array(driven) @ z, rcond=None)
    states = np.array([p @ first + d for p, d in zip(rows, driven, strict=True)])
    return states[:, 0], states[:, 2]


# ── witnesses ──────────────────────────────────────────────────────────────────────────────────────────────────────


def matrices(seasons: int, logs: Mapping[str, float]) -> tuple[Vector, Vector, Vector, float]:
    """z, t, q and h of the structural model; `seasons` = 0 is the local level."""
    h, level = np.exp(2 * logs["irregular"]), np.exp(2 * logs["level"])
    if not seasons:
        return np.ones(1), np.eye(1), np.array([[level]]), float(h)
    m = seasons + 1
    t = np.eye(m, k=-1)
    t[:2], t[2] = 0, np.r_[0, 0, -np.ones(m - 2)]
    t[0, :2], t[1, 1] = 1, 1
    z, q = np.zeros(m), np.zeros((m, m))
    z[[0, 2]] = 1
    q[0, 0], q[2, 2] = level, np.exp(2 * logs["season"])
    return z, t, q, float(h)


def dense(seasons: int, logs: Mapping[str, float], y: Vector) -> tuple[float, Vector, Vector]:
    """Diffuse log likelihood; mean and variance of the signal given all data; by matrices as long as the series."""
    z, t, q, h = matrices(seasons, logs)
    n, m = len(y), len(z)
    powers = [np.linalg.matrix_power(t, k) for k in range(n)]
    x = np.array([z @ p for p in powers])
    signal = np.zeros((n, n))
    for j in range(1, n):                                      # noise that entered the state before observation j
        r = np.zeros((n, m))
        r[j:] = [z @ p for p in powers[:n - j]]
        signal += r @ q @ r.T
    inverse = np.linalg.inv(signal + h * np.eye(n))
    information = x.T @ inverse @ x
    projected = inverse - inverse @ x @ np.linalg.solve(information, x.T @ inverse)
    half = np.linalg.slogdet(inverse)[1] - np.linalg.slogdet(information)[1] - (n - m) * np.log(2 * np.pi)
    return float(0.5 * (half - y @ projected @ y)), y - h * projected @ y, h - h**2 * np.diag(projected)


def filter_by_hand(seasons: int, logs: Mapping[str, float], y: Vector) -> float:
    """The same filter in NumPy, as one would write it."""
    z, t, q, h = matrices(seasons, logs)
    m = len(z)
    a, p, far = np.zeros(m), np.zeros((m, m)), np.eye(m)
    seen: Any = 0.0
    for value in y:
        pz, fz = p @ z, far @ z
        miss, f, g = value - z @ a, z @ pz + h, z @ fz
        if g > 1e-9:
            k = fz / g
            p = p - np.outer(k, pz) - np.outer(pz, k) + f * np.outer(k, k)
            far, seen = far - g * np.outer(k, k), seen - 0.5 * np.log(g)
        else:
            k = pz / f
            p, seen = p - f * np.outer(k, k), seen - 0.5 * (np.log(2 * np.pi * f) + miss**2 / f)
        a, p, far = t @ (a + k * miss), t @ p @ t.T + q, t @ far @ t.T
    return float(seen)


def differences(f: Any, v: Vector, h: float = 1e-3) -> Vector:
    """The gradient of f at v by central differences of sixth order."""
    weights = {1: 0.75, 2: -0.15, 3: 1 / 60}
    columns = [sum(w * (f(v + k * e) - f(v - k * e)) for k, w in weights.items()) / h for e in h * np.eye(len(v))]
    return np.array(columns)
