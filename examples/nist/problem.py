"""The NIST problems: reading them, compiling their residuals, fitting, and counting digits."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr, solve_triangular
from scipy.optimize import least_squares

import catad
import catad.scipy
from catad.scipy import Residuals

HERE = Path(__file__).resolve().parent
DATA = HERE.parent / "data" / "nist_strd.json"
CERTIFIED = 11.0                                   # digits of a certified value
NEWTON = 60                                        # steps of polishing at most

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Problem:
    """One data set: points `x` (a column for each variable), `y` as the model says it, and what NIST certifies."""

    name: str
    level: str
    x: tuple[Vector, ...]
    y: Vector
    starts: tuple[tuple[float, ...], tuple[float, ...]]
    certified: Vector
    certified_squares: float

    def residuals(self) -> Residuals:
        """model − data as a function of the parameters: the helper of nist.cad at this model and these points."""
        variables = f"[n]({', '.join(['f64'] * len(self.x))})" if len(self.x) > 1 else "[n]f64"
        parameters = ", ".join(["f64"] * len(self.certified))
        f = catad.compile(
            f'import "nist.cad" as nist\n'
            f"def {self.name}_residuals [n] (b : ({parameters})) (x : {variables}) (y : [n]f64) : [n]f64 =\n"
            f"  nist.residuals nist.{self.name.lower()} b x y\n",
            entry=f"{self.name}_residuals", root=HERE)
        return catad.scipy.residuals(f, self.starts[0], self.x if len(self.x) > 1 else self.x[0], self.y)


@dataclass(frozen=True)
class Fit:
    """What was found from one start: after the trust region, and after polishing."""

    parameters: Vector
    squares: float
    evaluations: int
    newton: int
    rough: float                                   # digits before polishing
    digits: float                                  # and after: the worst parameter
    square_digits: float


def read(path: Path = DATA) -> list[Problem]:
    """All problems, in the order of their names."""
    cases = json.loads(path.read_text(encoding="utf-8"))["cases"]
    return [_problem(case) for case in sorted(cases, key=lambda c: c["name"])]


def _problem(case: dict[str, object]) -> Problem:
    columns = np.array(case["data"], dtype=np.float64).T.copy()
    y = np.log(columns[0]) if case["lhs"] == "log" else columns[0]
    first, second = (tuple(map(float, case[key])) for key in ("start1", "start2"))     # type: ignore[call-overload]
    certified = np.array([float(c) for c in case["certified"]])                         # type: ignore[attr-defined]
    return Problem(str(case["name"]), str(case["level"]), tuple(columns[1:]), y, (first, second), certified,
                   float(case["certified_rss"]))                                        # type: ignore[arg-type]


def digits(found: float, certified: float) -> float:
    """The log relative error, as NIST counts correct digits: from 0 to the 11 that are certified."""
    if found == certified:
        return CERTIFIED
    if not math.isfinite(found):
        return 0.0
    error = abs(found - certified) / abs(certified) if certified else abs(found)
    return min(max(-math.log10(error), 0.0), CERTIFIED)


def worst(found: Vector, certified: Vector) -> float:
    return min(digits(float(a), float(b)) for a, b in zip(found, certified, strict=True))


def fit(problem: Problem, r: Residuals, start: Sequence[float]) -> Fit:
    """A trust region with exact Jacobians, then Newton's method with exact second derivatives."""
    with np.errstate(all="ignore"):
        best, evaluations = trust_region(r, np.array(start))
        polished, steps = polish(r, best)
    squares = float(np.sum(r.fun(polished) ** 2))
    return Fit(polished, squares, evaluations, steps, worst(best, problem.certified),
               worst(polished, problem.certified), digits(squares, problem.certified_squares))


def trust_region(r: Residuals, start: Vector) -> tuple[Vector, int]:
    """The better of two solvers of SciPy: Levenberg-Marquardt and the reflective trust region, both scaled."""
    found = []
    for method in ("lm", "trf"):
        result = least_squares(r.fun, start, jac=r.jac, method=method, x_scale="jac", ftol=1e-15, xtol=1e-15,
                               gtol=1e-15, max_nfev=5000)
        if np.isfinite(result.cost):
            found.append(result)
    best = min(found, key=lambda result: result.cost)
    return best.x, sum(int(result.nfev) for result in found)


def polish(r: Residuals, v: Vector) -> tuple[Vector, int]:
    """Newton's method on half the sum of squares, until it stands still.

    With J D = Q R (D scales the columns) the step p solves  (I + R⁻ᵀ D S D R⁻¹) R D⁻¹ p = −Qᵀ r,  S = Σ rₖ ∇²rₖ  exact.
    So rounding enters with the condition of J, not with that of JᵀJ.
    """
    last = math.inf
    for step in range(NEWTON):
        p = newton_step(r, v)
        size = float(np.max(np.abs(p) / np.maximum(np.abs(v), 1e-300)))
        if not math.isfinite(size) or (size >= last / 2 and size < 1e-9) or size > 0.5:
            return v, step
        v, last = v + p, size
    return v, NEWTON


def newton_step(r: Residuals, v: Vector) -> Vector:
    residual, jacobian = r.fun(v), r.jac(v)
    scale = 1 / np.linalg.norm(jacobian, axis=0)
    q, upper = qr(jacobian * scale, mode="economic")
    second = scale[:, None] * r.hess(v, residual) * scale
    inner = solve_triangular(upper, second, trans="T")
    inner = solve_triangular(upper, inner.T, trans="T").T
    right = np.linalg.solve(np.eye(len(v)) + inner, -(q.T @ residual))
    return np.asarray(scale * solve_triangular(upper, right))
