"""What a call from Python costs when there is next to nothing to compute.

    python bench/call_overhead.py [--quick] [--json FILE]

One number to one number, its gradient, two short arrays to one, a record of three short arrays to a number. catad is
called as a Function (which converts and explains) and as `.fast`, the native entry itself (which takes flat values,
checks and refuses). JAX gets its own arrays, and the call waits for the result. The base of the ratios is the Function.
All times contain the call of a Python function around it.
"""

from __future__ import annotations

import sys
from typing import Any

from common import OURS, Call, Report, compare, main, peer, waiting

import catad  # isort: skip
import numpy as np  # isort: skip

PROGRAM = """
def scalar (x : f64) : f64 = x * x + 1.0
def arrays [n] (x : [n]f64) (y : [n]f64) : [n]f64 = for i < n -> x[i] * y[i] + 1.0
def record [n] (p : {a : [n]f64, b : [n]f64, c : [n]f64}) : f64 = dot p.a p.b + dot p.b p.c
"""


def run(report: Report) -> None:
    program = catad.compile(PROGRAM)
    numba, jax = peer(report, "numba"), peer(report, "jax")
    scalar(report, program["scalar"], numba, jax)
    gradient(report, catad.grad(program["scalar"]), jax)
    for n in (4, 64):
        arrays(report, n, program["arrays"], numba, jax)
    record(report, program["record"], jax)


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


def record(report: Report, f: catad.Function, jax: object) -> None:
    rng = np.random.default_rng(0)
    p = {name: rng.standard_normal(4) for name in "abc"}
    fast, flat = f.fast, (p["a"], p["b"], p["c"])
    sides: dict[str, Call] = {OURS: lambda: f(p), "catad .fast": lambda: fast(*flat)}
    if jax:
        q = {name: jax.numpy.asarray(value) for name, value in p.items()}        # type: ignore[attr-defined]
        sides["jax.jit"] = waiting(jax, jax.jit(lambda p: p["a"] @ p["b"] + p["b"] @ p["c"]), q)  # type: ignore[attr-defined]
    compare(report, "a·b + b·c of a record, 4 entries each", sides)


def body(x: float) -> float:
    return x * x + 1.0


def product(x: Any, y: Any) -> Any:
    return x * y + 1.0


if __name__ == "__main__":
    sys.exit(main("call overhead", __doc__, run))
