"""What a call from Python costs when there is next to nothing to compute.

    python bench/call_overhead.py [--quick] [--json FILE]

Three functions: one number to one number, its gradient, two short arrays to one. catad is called as a Function (which
converts and explains) and as `.fast`, the native entry itself (which checks and refuses). JAX gets its own arrays, and the
call waits for the result. The base of the ratios is the Function.
"""

from __future__ import annotations

import sys

from common import OURS, Call, Report, compare, main, peer, waiting

import catad  # isort: skip
import numpy as np  # isort: skip

PROGRAM = """
def scalar (x : f64) : f64 = x * x + 1.0
def arrays [n] (x : [n]f64) (y : [n]f64) : [n]f64 = for i < n -> x[i] * y[i] + 1.0
"""


def run(report: Report) -> None:
    program = catad.compile(PROGRAM)
    numba, jax = peer(report, "numba"), peer(report, "jax")
    scalar(report, program["scalar"], numba, jax)
    gradient(report, catad.grad(program["scalar"]), jax)
    for n in (4, 64):
        arrays(report, n, program["arrays"], numba, jax)


def scalar(report: Report, f: catad.Function, numba: object, jax: object) -> None:
    fast, x = f.fast, 1.5
    sides: dict[str, Call] = {OURS: lambda: f(x), "catad .fast": lambda: fast(x)}
    plain = body
    sides["Python"] = lambda: plain(x)
    if numba:
        compiled = numba.njit(body)                                              # type: ignore[attr-defined]
        sides["numba"] = lambda: compiled(x)
    if jax:
        sides["jax.jit"] = waiting(jax, jax.jit(body), jax.numpy.asarray(x))     # type: ignore[attr-defined]
    compare(report, "x² + 1", sides)


def gradient(report: Report, g: catad.Function, jax: object) -> None:
    fast, x = g.fast, 1.5
    sides: dict[str, Call] = {OURS: lambda: g(x), "catad .fast": lambda: fast(x)}
    if jax:
        sides["jax.jit"] = waiting(jax, jax.jit(jax.grad(body)), jax.numpy.asarray(x))   # type: ignore[attr-defined]
    compare(report, "gradient of x² + 1", sides)


def arrays(report: Report, n: int, f: catad.Function, numba: object, jax: object) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal(n), rng.standard_normal(n)
    fast = f.fast
    sides: dict[str, Call] = {OURS: lambda: f(x, y), "catad .fast": lambda: fast(x, y), "numpy": lambda: product(x, y)}
    if numba:
        compiled = numba.njit(product)                                           # type: ignore[attr-defined]
        sides["numba"] = lambda: compiled(x, y)
    if jax:
        a, b = jax.numpy.asarray(x), jax.numpy.asarray(y)                        # type: ignore[attr-defined]
        sides["jax.jit"] = waiting(jax, jax.jit(product), a, b)                  # type: ignore[attr-defined]
    compare(report, f"x y + 1, {n} entries", sides)


def body(x: float) -> float:
    return x * x + 1.0


def product(x: np.ndarray, y: np.ndarray) -> np.ndarray:                         # type: ignore[type-arg]
    return x * y + 1.0


if __name__ == "__main__":
    sys.exit(main("call overhead", __doc__, run))
