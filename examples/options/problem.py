"""Quotes of a surface (generated), Heston's model in NumPy as an independent witness, and the calibration.

The witness takes complex parameters: its derivatives are Cauchy's integrals over small circles (Lyness and Moler 1967).
Derivatives by the logarithm of the strike are taken under its integral, where they are factors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

import catad
import catad.scipy
from catad.scipy import Residuals

HERE = Path(__file__).resolve().parent
NAMES = ("correlation", "level", "now", "reversion", "vol")             # in the order of the flat vector
TRUE = {"reversion": 1.8, "level": 0.045, "vol": 0.55, "correlation": -0.72, "now": 0.028}
START = {"reversion": 4.0, "level": 0.1, "vol": 0.3, "correlation": -0.2, "now": 0.1}
BOUNDS = {"reversion": (0.05, 20), "level": (1e-3, 1), "vol": (0.02, 3), "correlation": (-0.99, 0.99), "now": (1e-3, 1)}
MATURITIES = (1 / 12, 2 / 12, 0.25, 0.5, 1.0, 2.0)

Vector = NDArray[np.float64]
Model = dict[str, float]


@dataclass(frozen=True)
class Quotes:
    """Prices of calls per unit of the forward, at logarithms `k` of strike over forward and times `t`, with errors."""

    k: Vector
    t: Vector
    price: Vector
    spread: Vector

    def residuals(self) -> Residuals:
        program = catad.load(HERE / "options.cad")
        return catad.scipy.residuals(program.misses, START, self.k, self.t, self.price, self.spread)


def generate(strikes: int = 13, seed: int = 11) -> Quotes:
    """What an index might show: six maturities, strikes from 2.5 standard deviations below to 1.5 above the forward.

    Prices are those of Heston's model at `TRUE`, with normal errors of half a percent of the smaller of call and put,
    but at least half a basis point of the forward: about what bid and ask leave open.
    """
    rng = np.random.default_rng(seed)
    t = np.repeat(MATURITIES, strikes)
    k = np.tile(np.linspace(-2.5, 1.5, strikes), len(MATURITIES)) * 0.2 * np.sqrt(t)
    exact = np.asarray(witness(TRUE, k, t))
    spread = np.maximum(5e-3 * (exact - np.maximum(1 - np.exp(k), 0)), 5e-5)
    return Quotes(k, t, exact + rng.normal(0, spread), spread)


# ── the witness ────────────────────────────────────────────────────────────────────────────────────────────────────


def witness(p: dict[str, Any], k: Any, t: Any, order: int = 0) -> Any:
    """The price, or a derivative of it by k, in NumPy: Gauss and Legendre on pieces of u < 1000.

    Twice the real part of the integrand is written f(u) + f(-u), which is analytic in the parameters.
    """
    x, w = np.polynomial.legendre.leggauss(16)
    ends = np.concatenate([[0, 0.5, 1, 2, 4], np.arange(8, 1001, 16)])
    half = 0.5 * np.diff(ends)[:, None]
    u, weight = (ends[:-1, None] + half * (x + 1)).ravel(), (half * w).ravel()
    k, t = np.asarray(k)[..., None], np.asarray(t)[..., None]
    both = sum(f**order * np.exp(f * k) * _characteristic(p, t, s * u) for s in (1, -1) for f in (0.5 - 1j * s * u,))
    out = (order == 0) - (both / (u**2 + 0.25) @ weight) / (2 * np.pi)
    return out if any(map(np.iscomplexobj, p.values())) else out.real


def _characteristic(p: dict[str, Any], t: Any, u: Any) -> Any:
    z = u - 0.5j
    a = p["reversion"] - 1j * z * p["correlation"] * p["vol"]
    d = np.sqrt(a * a + p["vol"]**2 * (1j * z + z * z))
    g, decay = (a - d) / (a + d), np.exp(-d * t)
    long = (a - d) * t - 2 * np.log((1 - g * decay) / (1 - g))
    short = (a - d) * (1 - decay) / (1 - g * decay)
    return np.exp((p["reversion"] * p["level"] * long + p["now"] * short) / p["vol"]**2)


def parameter_derivatives(p: Model, k: Vector, t: Vector) -> Vector:
    """The derivatives of the prices by the parameters, [q, 5]: f′(p) is the mean of f(p + r e^iθ) / (r e^iθ)."""
    circle = np.exp(2j * np.pi * np.arange(12) / 12)
    columns = []
    for name in NAMES:
        steps = 0.05 * p[name] * circle
        columns.append(np.mean([witness(p | {name: p[name] + h}, k, t) / h for h in steps], axis=0).real)
    return np.stack(columns, axis=1)


def in_numpy(quotes: Quotes, n: int = 128) -> Callable[[Vector], Vector]:
    """The residuals as one would write them by hand, by the rule that options.cad uses."""
    x = -3.3 + 9.8 / n * (np.arange(n) + 0.5)
    u = np.exp(x - np.exp(-x))
    weight = 9.8 / n * u * (1 + np.exp(-x)) / (u * u + 0.25)
    wave = np.exp((0.5 - 1j * u) * quotes.k[:, None])

    def misses(v: Vector) -> Vector:
        p = dict(zip(NAMES, v, strict=True))
        both = np.real(wave * _characteristic(p, quotes.t[:, None], u)) @ weight
        return np.asarray((1 - both / np.pi - quotes.price) / quotes.spread)

    return misses


# ── calibration ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Calibrated:
    """The parameters, their standard errors, χ² of the quotes, and how often they were computed."""

    model: Model
    errors: Model
    chi2: float
    evaluations: int


def calibrate(r: Residuals, fun: Callable[[Vector], Vector] | None = None) -> Calibrated:
    """Least squares within bounds: with exact Jacobians, or with differences of another function."""
    low, high = np.array([BOUNDS[name] for name in NAMES]).T
    found = least_squares(fun or r.fun, r.x0, jac=r.jac if fun is None else "2-point", bounds=(low, high),
                          x_scale="jac", xtol=1e-12, ftol=1e-12, gtol=1e-12)
    jacobian = r.jac(found.x)
    errors = np.sqrt(np.diag(np.linalg.inv(jacobian.T @ jacobian)))
    return Calibrated(r.structured(found.x), r.structured(errors), 2 * float(found.cost), int(found.nfev))
