"""The Gaussian mixture of examples/gmm: value, and value with gradient, beside JAX and C++ written by hand.

    python bench/gmm.py [--quick] [--json FILE]

The C++ (gmm_by_hand.cpp) is compiled with the system's compiler, -O3 -march=native -ffast-math, when there is one. Also
given: the time of the gradient over the time of the value, for each side. All compute the whole log posterior in f64.
"""

from __future__ import annotations

import ctypes
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from common import OURS, ROOT, Call, Report, agrees, interleave, peer, row, short, waiting

import catad  # isort: skip
import numpy as np  # isort: skip

sys.path.insert(0, str(ROOT / "examples" / "gmm"))
from problem import Problem, Theta, gradient_by_hand, read

HAND = "C++ by hand"
Pair = tuple[Callable[[], Any], Callable[[], Any]]             # the value; the value and the gradient


def run(report: Report) -> None:
    data = ROOT / "examples" / "data"
    cases = [("d=2 k=5", read(data / "gmm_d2_K5.txt")), ("d=10 k=25", read(data / "gmm_d10_K25.txt")),
             ("d=20 k=50", random(20, 50, 300 if report.quick else 1000))]
    if not report.quick:
        cases.append(("d=64 k=100", random(64, 100, 1000)))
    with tempfile.TemporaryDirectory() as folder:
        library, jax = hand(report, Path(folder)), peer(report, "jax")
        objective = catad.load(str(ROOT / "examples" / "gmm" / "gmm.cad"))["log_posterior"]
        gradient = catad.value_and_grad(objective)
        for name, problem in cases:
            args = (problem.start, problem.x, problem.gamma, problem.m)
            sides: dict[str, Pair] = {OURS: (bind(objective, *args), bind(gradient, *args))}
            if library:
                sides[HAND] = by_hand(library, problem)
            if jax:
                sides["jax"] = by_jax(jax, problem)
            one(report, f"{name} n={len(problem.x)}", problem, sides)


def one(report: Report, case: str, problem: Problem, sides: dict[str, Pair]) -> None:
    """Value, gradient and their quotient; the gradients agree with the formulas in NumPy first."""
    truth = gradient_by_hand(problem.start, problem)
    value = sides[OURS][0]()
    for name, (primal, both) in sides.items():
        found, gradient = both()
        if not (agrees(report, case, name, gradient, truth, 1e-9) and agrees(report, case, name, found, value, 1e-11)
                and agrees(report, case, name, primal(), value, 1e-11)):
            return
    calls: dict[str, Call] = {f"{name} {i}": pair[i] for name, pair in sides.items() for i in (0, 1)}
    times = interleave(calls, 4 if report.quick else 9, 0.004)
    for i, what in enumerate(("value", "value and gradient")):
        report.rows.append(row(f"{case}, {what}", {name: times[f"{name} {i}"] for name in sides}))
    quotients = {name: row("", {OURS: times[f"{name} 0"], "g": times[f"{name} 1"]}).ratios["g"] for name in sides}
    report.rows[-1] = replace(report.rows[-1], notes={"gradient / value": ", ".join(
        f"{name} {short(r.median)}" for name, r in quotients.items())})


def bind(f: Callable[..., Any], *args: Any) -> Callable[[], Any]:
    return lambda: f(*args)


def random(d: int, k: int, n: int) -> Problem:
    rng = np.random.default_rng(d)
    t = d * (d - 1) // 2
    start = {"alpha": rng.standard_normal(k), "mu": rng.standard_normal((k, d)), "q": 0.3 * rng.standard_normal((k, d)),
             "l": rng.standard_normal((k, t)) / math.sqrt(d)}
    return Problem(rng.standard_normal((n, d)), 1.0, 0, start)


# ── C++ ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def hand(report: Report, folder: Path) -> ctypes.CDLL | None:
    """The compiled library. Linked without -ffast-math, which would change the rounding of the whole process."""
    compiler = os.environ.get("CXX") or shutil.which("g++") or shutil.which("clang++")
    if not compiler:
        report.remark("no C++ compiler found: not compared with C++ by hand")
        return None
    source, unit, library = Path(__file__).with_name("gmm_by_hand.cpp"), folder / "gmm.o", folder / "libgmm.so"
    flags = ["-O3", "-march=native", "-ffast-math", "-std=c++17", "-fPIC", "-c"]
    try:
        subprocess.run([compiler, *flags, str(source), "-o", str(unit)], check=True)
        subprocess.run([compiler, "-shared", str(unit), "-o", str(library)], check=True)
    except (OSError, subprocess.CalledProcessError) as exc:
        report.remark(f"{compiler} failed ({exc}): not compared with C++ by hand")
        return None
    loaded = ctypes.CDLL(str(library))
    inputs: list[Any] = [*[ctypes.c_int] * 3, *[ctypes.c_void_p] * 5, ctypes.c_double, ctypes.c_int]
    for f, outputs in ((loaded.gmm_value, 0), (loaded.gmm_gradient, 4)):
        f.restype, f.argtypes = ctypes.c_double, [*inputs, *[ctypes.c_void_p] * outputs]
    return loaded


def by_hand(library: ctypes.CDLL, problem: Problem) -> Pair:
    theta, (n, d) = problem.start, problem.x.shape
    keys = ("alpha", "mu", "q", "l")
    out: Theta = {key: np.empty_like(theta[key]) for key in keys}
    inputs = (n, len(theta["alpha"]), d, *(theta[key].ctypes.data for key in keys), problem.x.ctypes.data,
              problem.gamma, problem.m)
    outputs = [out[key].ctypes.data for key in keys]
    return lambda: library.gmm_value(*inputs), lambda: (library.gmm_gradient(*inputs, *outputs), out)


# ── JAX ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def objective_jax(jax: Any, n: int, d: int, k: int, gamma: float, m: int) -> Callable[[Any, Any], Any]:
    """The same formulas on whole arrays, triangles as full matrices (as in GradBench's JAX tool)."""
    jnp, logsumexp = jax.numpy, jax.scipy.special.logsumexp
    columns, rows = np.triu_indices(d, 1)
    dof = d + m + 1
    multigamma = 0.25 * d * (d - 1) * math.log(math.pi) + sum(math.lgamma(0.5 * dof - 0.5 * j) for j in range(d))
    constant = k * (d * dof * math.log(gamma / math.sqrt(2)) - multigamma) - 0.5 * n * d * math.log(2 * math.pi)

    def objective(theta: Any, x: Any) -> Any:
        diag = jnp.exp(theta["q"])
        lower = jnp.zeros((k, d, d)).at[:, rows, columns].set(theta["l"])
        y = x[:, None, :] - theta["mu"][None]
        whitened = diag * y + jnp.einsum("kij,nkj->nki", lower, y)
        beta = theta["alpha"] + theta["q"].sum(1) - 0.5 * jnp.sum(whitened**2, axis=2)
        prior = -0.5 * gamma**2 * (jnp.sum(diag**2) + jnp.sum(theta["l"]**2)) + m * jnp.sum(theta["q"])
        return jnp.sum(logsumexp(beta, axis=1)) - n * logsumexp(theta["alpha"]) + prior + constant
    return objective


def by_jax(jax: Any, problem: Problem) -> Pair:
    (n, d), k = problem.x.shape, len(problem.start["alpha"])
    f = objective_jax(jax, n, d, k, problem.gamma, problem.m)
    theta = {key: jax.numpy.asarray(value) for key, value in problem.start.items()}
    x = jax.numpy.asarray(problem.x)
    return waiting(jax, jax.jit(f), theta, x), waiting(jax, jax.jit(jax.value_and_grad(f)), theta, x)


if __name__ == "__main__":
    from common import main
    sys.exit(main("gaussian mixture", __doc__, run))
