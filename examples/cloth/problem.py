"""A square of cloth, the throw and the film as problems for SciPy, and the same cloth in NumPy, by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, least_squares, minimize

import catad
import catad.scipy

HERE = Path(__file__).resolve().parent
MATERIAL = {"stretch": 1000.0, "shear": 300.0, "bend": 30.0, "drag": 1.0}
BALL: dict[str, Any] = {"centre": np.array([0.0, 0.0, 0.4]), "radius": 0.4}
THROW = {"velocity": np.array([1.6, 0.1, 3.0]), "spin": np.array([0.2, 0.4, 0.1])}

Vector = NDArray[np.float64]
Weave = dict[str, Any]
Throw = dict[str, Vector]


def square(n: int, away: float = 1.5, up: float = 0.8) -> tuple[Weave, Vector]:
    """The springs of n × n particles, one unit wide, and their places: level, `away` from the origin and `up` high.

    Springs along the threads, across the squares between them, and, against bending, over two (Provot 1995).
    """
    g = np.arange(n * n).reshape(n, n)
    kinds = [[(g[:-1], g[1:]), (g[:, :-1], g[:, 1:])], [(g[:-1, :-1], g[1:, 1:]), (g[1:, :-1], g[:-1, 1:])],
             [(g[:-2], g[2:]), (g[:, :-2], g[:, 2:])]]
    a, b = (np.concatenate([pair[end].ravel() for kind in kinds for pair in kind]) for end in (0, 1))
    kind = np.repeat(np.arange(3), [sum(pair[0].size for pair in kind) for kind in kinds])
    along, across = np.meshgrid(*2 * [np.linspace(-0.5, 0.5, n)], indexing="ij")
    x = np.stack([along.ravel() - away, across.ravel(), np.full(n * n, up)], axis=1)
    return {"a": a, "b": b, "kind": kind, "rest": np.linalg.norm(x[a] - x[b], axis=1)}, x


@dataclass(frozen=True)
class Toss:
    """A cloth to be thrown onto the ball: `steps` steps of length `h`."""

    weave: Weave
    x: Vector
    h: float = 0.0125
    steps: int = 64

    def objective(self) -> catad.scipy.Objective:
        missed = catad.load(HERE / "cloth.cad").missed
        return catad.scipy.objective(missed, self.weave, MATERIAL, BALL, self.h, self.steps, self.x, THROW,
                                     argnums="throw")

    def motion(self, throw: Throw) -> dict[str, Vector]:
        """The states on the way."""
        program = catad.load(HERE / "cloth.cad")
        start = program.thrown(throw, self.x)
        states = program.motion(self.weave, MATERIAL, BALL, np.ones(len(self.x)), self.h, self.steps, start)
        return {name: np.concatenate([start[name][None], states[name]]) for name in ("x", "v")}

    def best(self) -> tuple[Throw, OptimizeResult]:
        o = self.objective()
        found = minimize(o.fun_and_jac, o.x0, jac=True, method="BFGS", options={"gtol": 1e-5, "maxiter": 40})
        return o.structured(found.x), found


@dataclass(frozen=True)
class Film:
    """A cloth held at two corners, filmed with errors of `noise`, and the material that explains the film."""

    logs: dict[str, float]
    errors: dict[str, float]
    chi2: float
    freedom: int
    evaluations: int


def identify(n: int = 6, frames: int = 12, noise: float = 2e-3, seed: int = 4) -> Film:
    """Find the material of `MATERIAL` from a film, starting from twice its numbers: least squares, exact Jacobian."""
    weave, x = square(n)
    free = np.ones(n * n)
    free[[0, n - 1]] = 0
    film = catad.load(HERE / "cloth.cad").film
    rest = (weave, BALL | {"centre": np.array([0.0, 0.0, -9.0])}, free, 0.02, frames, 4, x + np.array([0, 0, 2.0]))
    seen = film({name: np.log(value) for name, value in MATERIAL.items()}, *rest)
    seen = seen + np.random.default_rng(seed).normal(0, noise, seen.shape)
    r = catad.scipy.residuals(film, {name: np.log(2 * value) for name, value in MATERIAL.items()}, *rest)
    found = least_squares(lambda v: (r.fun(v) - seen.ravel()) / noise, r.x0, jac=lambda v: r.jac(v) / noise, xtol=1e-9)
    errors = np.sqrt(np.diag(np.linalg.inv(found.jac.T @ found.jac)))
    return Film(r.structured(found.x), r.structured(errors), 2 * float(found.cost), seen.size - r.n, int(found.nfev))


# ── the same cloth by hand ─────────────────────────────────────────────────────────────────────────────────────────


def forces(weave: Weave, x: Vector) -> tuple[Vector, Vector]:
    """The gradient [p, 3] of the energy and its Hessian [3p, 3p], derived by hand."""
    p, eye = len(x), np.eye(3)
    strength = np.array([MATERIAL["stretch"], MATERIAL["shear"], MATERIAL["bend"]])[weave["kind"]]
    gradient, hessian = np.zeros((p, 3)), np.zeros((p, 3, p, 3))
    a, b = weave["a"], weave["b"]
    n = x[a] - x[b]
    d = np.linalg.norm(n, axis=1)
    n = n / d[:, None]
    pull = (strength * (d - weave["rest"]))[:, None] * n
    np.add.at(gradient, a, pull)
    np.add.at(gradient, b, -pull)
    outer = n[:, :, None] * n[:, None, :]
    block = strength[:, None, None] * (outer + (1 - weave["rest"] / d)[:, None, None] * (eye - outer))
    for i, j, sign in ((a, a, 1), (b, b, 1), (a, b, -1), (b, a, -1)):
        np.add.at(hessian, (i, slice(None), j), sign * block)                # type: ignore[arg-type]
    gradient[:, 2] += 9.81
    every = np.arange(p)
    below = np.maximum(-x[:, 2], 0)
    gradient[:, 2] -= 6e5 * below**2
    hessian[every, 2, every, 2] += 1.2e6 * below
    out = x - BALL["centre"]
    far = np.linalg.norm(out, axis=1)
    deep, out = np.maximum(BALL["radius"] - far, 0), out / far[:, None]
    gradient -= (6e5 * deep**2)[:, None] * out
    outer = out[:, :, None] * out[:, None, :]
    stiff, push = (1.2e6 * deep)[:, None, None], (6e5 * deep**2 / far)[:, None, None]
    hessian[every, :, every, :] += stiff * outer - push * (eye - outer)
    return gradient, hessian.reshape(3 * p, 3 * p)


def by_hand(toss: Toss, throw: Throw) -> tuple[float, Vector]:
    """What is missed, and the last places, in NumPy: the linear systems are solved directly."""
    x, h, drag = toss.x, toss.h, MATERIAL["drag"]
    v = throw["velocity"] + np.cross(throw["spin"], x - x.mean(axis=0))
    for _ in range(toss.steps):
        gradient, k = forces(toss.weave, x)
        right = -h * (gradient.ravel() + drag * v.ravel() + h * k @ v.ravel())
        v = v + np.linalg.solve((1 + h * drag) * np.eye(x.size) + h**2 * k, right).reshape(x.shape)
        x = x + h * v
    off, speed = x.mean(axis=0) - BALL["centre"], v.mean(axis=0)[:2]
    cost = throw["velocity"] @ throw["velocity"] + throw["spin"] @ throw["spin"]
    return float(off @ off + 0.1 * speed @ speed + 1e-4 * cost), x
