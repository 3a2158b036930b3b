"""The boarding school, the mode and the normal approximation of the posterior, and witnesses by SciPy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.optimize import minimize
from scipy.special import digamma
from scipy.stats import nbinom, norm

import catad

HERE = Path(__file__).resolve().parent
PEOPLE = 763.0
# Boys in bed with influenza, 22 January to 4 February 1978 (British Medical Journal, 4 March 1978, page 587).
COUNTS = np.array([3, 8, 26, 76, 225, 298, 258, 233, 189, 128, 68, 29, 14, 4])
START = np.log([2.0, 0.5, 10.0])

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Posterior:
    """Where the density is greatest, in logarithms of β, γ and size; its covariance there, from the exact Hessian."""

    mode: Vector
    covariance: Vector
    steps: int

    def ratio(self) -> tuple[float, float, float]:
        """R₀ = β/γ at the mode, and 95 % of it in the normal approximation."""
        e = np.array([1.0, -1.0, 0.0])
        middle, spread = float(e @ self.mode), float(np.sqrt(e @ self.covariance @ e))
        low, high = np.exp([middle - 1.96 * spread, middle + 1.96 * spread])
        return float(np.exp(middle)), float(low), float(high)


def laplace() -> Posterior:
    """Newton's method in a trust region on minus the log posterior."""
    f = catad.load(HERE / "epidemic.cad").log_posterior
    both, hessian = catad.value_and_grad(f, argnums="x"), catad.hessian(f, argnums="x")

    def cost(x: Vector) -> tuple[float, Vector]:
        value, gradient = both(PEOPLE, COUNTS, x)
        return -value, -gradient

    found = minimize(cost, START, jac=True, hess=lambda x: -hessian(PEOPLE, COUNTS, x), method="trust-exact",
                     options={"gtol": 1e-8})
    return Posterior(found.x, np.linalg.inv(-hessian(PEOPLE, COUNTS, found.x)), int(found.nit))


def chains(posterior: Posterior, draws: int, count: int = 4, seed: int = 1978) -> tuple[Vector, float]:
    """Samples [count, draws, 3] from starts spread twice as wide as the posterior, and the share of moves accepted."""
    l = np.linalg.cholesky(posterior.covariance)
    starts = posterior.mode + 2 * np.random.default_rng(seed).normal(size=(count, 3)) @ l.T
    warm = draws // 10
    samples, accepted = catad.load(HERE / "epidemic.cad").sample(draws + warm, seed, PEOPLE, COUNTS, l, starts)
    return samples[:, warm:], float(accepted[:, warm:].mean())


def split_r_hat(x: Vector) -> float:
    """Do the halves of chains [chains, draws] agree? 1 where they do (Gelman et al. 2013, 11.4)."""
    half = x.shape[1] // 2
    parts = np.concatenate([x[:, :half], x[:, half:2 * half]])
    within, between = parts.var(axis=1, ddof=1).mean(), half * parts.mean(axis=1).var(ddof=1)
    return float(np.sqrt((half - 1) / half + between / within / half))


# ── witnesses ──────────────────────────────────────────────────────────────────────────────────────────────────────


def sensitivities(beta: float, gamma: float, days: int, tolerance: float = 1e-12) -> tuple[Vector, Vector]:
    """The course [days] and its derivatives by β and γ [2, days], by tangent equations written by hand."""
    def right(t: float, y: Vector) -> Vector:
        s, i, *tangents = y
        ill = beta * s * i / PEOPLE
        out = [-ill, ill - gamma * i]
        own = ((s * i / PEOPLE, 0), (0, i))
        for (ds, di), (of_beta, of_gamma) in zip(np.reshape(tangents, (2, 2)), own, strict=True):
            change = of_beta + beta * (ds * i + s * di) / PEOPLE
            out += [-change, change - gamma * di - of_gamma]
        return np.array(out)

    start = np.array([PEOPLE - 1, 1, 0, 0, 0, 0], dtype=np.float64)
    found = solve_ivp(right, (0, days), start, method="DOP853", rtol=tolerance, atol=tolerance,
                      t_eval=np.arange(1, days + 1))
    return found.y[1], found.y[[3, 5]]


def density(x: Vector, tolerance: float = 1e-12) -> tuple[float, Vector]:
    """The log posterior and its gradient by SciPy, constants included."""
    beta, gamma, size = np.exp(x)
    ill, slopes = sensitivities(beta, gamma, len(COUNTS), tolerance)
    value = nbinom.logpmf(COUNTS, size, size / (size + ill)).sum()
    value += norm.logpdf(beta, 2, 1) + norm.logpdf(gamma, 0.4, 0.5) + np.log(5) - 5 / size + x[0] + x[1] - x[2]
    by_ill = COUNTS / ill - (COUNTS + size) / (size + ill)
    by_size = digamma(COUNTS + size) - digamma(size) + np.log(size / (size + ill)) + (ill - COUNTS) / (size + ill)
    gradient = np.array([slopes[0] @ by_ill - (beta - 2), slopes[1] @ by_ill - (gamma - 0.4) / 0.25,
                         by_size.sum() + 5 / size**2])
    return float(value), gradient * [beta, gamma, size] + [1, 1, -1]


def constant() -> float:
    """What epidemic.cad leaves out of the log posterior."""
    return float(norm.logpdf(0) * 2 - np.log(0.5) + np.log(5))


def predicted(samples: Vector, seed: int = 0) -> tuple[Vector, Vector]:
    """Courses [draws, days] for some samples, and counts that could have been seen with them."""
    program = catad.load(HERE / "epidemic.cad")
    some: Any = samples.reshape(-1, 3)[::max(1, samples.size // 3 // 600)]
    beta, gamma, size = np.exp(some).T
    courses = catad.vmap(program.course, in_axes=(None, None, 0, 0, None))(len(COUNTS), 4, beta, gamma, PEOPLE)
    size = size[:, None]
    return courses, np.random.default_rng(seed).negative_binomial(size, size / (size + courses))
