"""Fit a Gaussian mixture to 1,000 points in 10 dimensions: the language, its gradient, an ordinary optimiser.

    python examples/gmm/demo.py [DATA] [--out DIR]

Compiles `gmm.cad`, checks the gradient against one derived by hand, maximises the log posterior with SciPy's L-BFGS,
and writes a picture of the fit and the string diagrams of the objective and of its gradient.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from problem import Problem, Theta, Vector, gradient_by_hand, read, triangles
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from scipy.optimize import OptimizeResult, minimize

import catad

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from report import best_time

HERE = Path(__file__).resolve().parent
KEYS = ("alpha", "mu", "q", "l")
ITERATIONS = 3000


def flat(theta: Theta) -> Vector:
    return np.concatenate([theta[key].ravel() for key in KEYS])


def structured(v: Vector, like: Theta) -> Theta:
    pieces = np.split(v, np.cumsum([like[key].size for key in KEYS])[:-1])
    return {key: piece.reshape(like[key].shape) for key, piece in zip(KEYS, pieces, strict=True)}


def fit(problem: Problem, value_and_grad: Callable[..., Any], console: Console) -> tuple[OptimizeResult, list[float]]:
    """L-BFGS on the negative log posterior, with a progress bar over its iterations."""
    trace: list[float] = []

    def objective(v: Vector) -> tuple[float, Vector]:
        value, gradient = value_and_grad(structured(v, problem.start), problem.x, problem.gamma, problem.m)
        return -value, -flat(gradient)

    columns = (TextColumn("fitting"), BarColumn(), TextColumn("{task.fields[note]}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("fit", total=None, note="")

        def step(intermediate_result: OptimizeResult) -> None:
            trace.append(-float(intermediate_result.fun))
            progress.update(task, note=f"iteration {len(trace)}, log posterior {trace[-1]:.6f}")

        result = minimize(objective, flat(problem.start), jac=True, method="L-BFGS-B", callback=step,
                          options={"maxiter": ITERATIONS, "maxfun": 4 * ITERATIONS, "ftol": 1e-13, "gtol": 1e-4,
                                   "maxcor": 30})
        progress.update(task, total=len(trace), completed=len(trace))
    return result, trace


def picture(problem: Problem, theta: Theta, trace: list[float], path: Path) -> None:
    """The points and the components in the plane of the two widest directions; the course of the fit."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    centre = problem.x.mean(0)
    _, _, axes = np.linalg.svd(problem.x - centre, full_matrices=False)
    plane = axes[:2].T
    points = (problem.x - centre) @ plane
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5.2))
    left.scatter(*points.T, s=6, color="0.6", label="points")
    weight = np.exp(theta["alpha"] - theta["alpha"].max())
    weight /= weight.sum()
    circle = np.stack([np.cos(np.linspace(0, 2 * np.pi, 100)), np.sin(np.linspace(0, 2 * np.pi, 100))])
    alive = weight > 1e-3                          # the prior flattens a component that has lost its points
    for w, mu, q in zip(weight[alive], theta["mu"][alive], triangles(theta)[alive], strict=True):
        covariance = plane.T @ np.linalg.inv(q.T @ q) @ plane
        ellipse = ((mu - centre) @ plane)[:, None] + np.linalg.cholesky(covariance) @ circle
        left.plot(*ellipse, color="C0", alpha=float(0.15 + 0.85 * w / weight.max()), linewidth=1.5)
    left.set(title=f"{alive.sum()} of {len(weight)} components keep their points (one standard deviation)",
             xlabel="first direction", ylabel="second direction")
    left.legend(loc="upper right")
    right.plot(np.arange(1, len(trace) + 1), trace, color="C1")
    right.set(title="log posterior", xlabel="iteration", xscale="log")
    figure.tight_layout()
    figure.savefig(path, dpi=130)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=HERE.parent / "data" / "gmm_d10_K25.txt")
    parser.add_argument("--out", type=Path, default=Path("out"), help="where the pictures go (default: out)")
    options = parser.parse_args(argv)
    console = Console()
    problem = read(options.data)
    n, d = problem.x.shape
    k = len(problem.start["alpha"])
    console.print(f"[bold]{options.data.name}[/]: {n} points in {d} dimensions, {k} components")

    start = time.perf_counter()
    objective = catad.load(HERE / "gmm.cad")["log_posterior"]
    value_and_grad = catad.value_and_grad(objective)
    args = (problem.x, problem.gamma, problem.m)
    value, gradient = value_and_grad(problem.start, *args)
    compiled = time.perf_counter() - start

    ours, by_hand = flat(gradient), flat(gradient_by_hand(problem.start, problem))
    error = float(np.max(np.abs(ours - by_hand)) / np.max(np.abs(by_hand)))
    console.print(f"log posterior at the start {value:.10g}, |gradient| {np.linalg.norm(ours):.6g}; "
                  f"largest deviation from the gradient by hand {error:.1e} (relative)")
    if not error < 1e-10:
        console.print("[red]the gradients differ[/]")
        return 1

    result, trace = fit(problem, value_and_grad, console)
    theta = structured(result.x, problem.start)
    value, gradient = value_and_grad(theta, *args)
    table = Table(show_header=False)
    for row in (
        ("log posterior", f"{value:.10g}"),
        ("norm of the gradient", f"{np.linalg.norm(flat(gradient)):.3g}"),
        ("iterations, evaluations", f"{result.nit}, {result.nfev}"),
        ("optimiser", str(result.message)),
        ("text to first gradient", f"{1e3 * compiled:.0f} ms"),
        ("primal", f"{1e6 * best_time(lambda: objective(theta, *args)):.0f} µs"),
        ("primal and gradient", f"{1e6 * best_time(lambda: value_and_grad(theta, *args)):.0f} µs"),
    ):
        table.add_row(*row)
    console.print(table)

    options.out.mkdir(parents=True, exist_ok=True)
    picture(problem, theta, trace, options.out / "gmm_fit.png")
    (options.out / "gmm_objective.svg").write_text(objective.draw(), encoding="utf-8")
    (options.out / "gmm_gradient.svg").write_text(catad.grad(objective).draw(), encoding="utf-8")
    console.print("pictures: " + ", ".join(str(path) for path in sorted(options.out.glob("gmm_*"))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
