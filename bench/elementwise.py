"""Elementwise functions and reductions beside NumPy (SciPy for erf and the gamma functions).

    python bench/elementwise.py [--quick] [--json FILE] [--n 4096] [--rows exp,log,…] [--kind f64]

Three groups: the math kernels of the native backend alone, on arrays that lie in the cache; whole expressions called as
catad functions beside the NumPy expression; reductions (sum, dot, logsumexp) likewise. f64 and f32. JAX joins the last
two groups.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from common import OURS, Call, Report, agrees, compare, interleave, main, peer, row, waiting

import catad  # isort: skip
import numpy as np  # isort: skip

RANGES: dict[str, tuple[float, float]] = {
    "exp": (-20, 20), "expm1": (-5, 5), "log": (1e-3, 1e3), "log1p": (-0.9, 10), "sin": (-10, 10), "cos": (-10, 10),
    "tan": (-10, 10), "tanh": (-4, 4), "sech2": (-4, 4), "sinh": (-5, 5), "cosh": (-5, 5), "sqrt": (0, 10),
    "asin": (-1, 1), "acos": (-1, 1), "atan": (-5, 5), "asinh": (-5, 5), "acosh": (1, 9), "atanh": (-0.99, 0.99),
    "erf": (-4, 4), "erfc": (-4, 4), "cbrt": (-9, 9), "digamma": (0.1, 20), "lgamma": (0.1, 20), "pow": (0.1, 10),
    "hypot": (-5, 5), "atan2": (-5, 5),
}
TWO = ("pow", "hypot", "atan2")
NAMES = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh",
         "atanh": "arctanh", "atan2": "arctan2", "pow": "power"}
QUICK = ("exp", "log", "sin", "tanh", "erf", "pow")
SIZE = 4096


def run(report: Report, n: int = SIZE, rows: Sequence[str] = (), kinds: Sequence[str] = ("f64", "f32")) -> None:
    special, jax = peer(report, "scipy.special"), peer(report, "jax")
    for kind in kinds:
        kernels(report, rows or (QUICK if report.quick else tuple(RANGES)), kind, n, special)
        if not rows:
            expressions(report, kind, n, special, jax)


# ── the kernels alone ───────────────────────────────────────────────────────────────────────────────────────────


def kernels(report: Report, rows: Sequence[str], kind: str, n: int, special: Any) -> None:
    from catad.backends.llvm.math.loops import arrays, load
    from catad.backends.llvm.target import host
    target, rng = host(), np.random.default_rng(0)
    loaded = load(list(rows), kind, target.lanes(kind), target)
    for name in rows:
        low, high = RANGES[name]
        xs = [rng.uniform(low, high, n).astype("f8" if kind == "f64" else "f4") for _ in range(2 if name in TWO else 1)]
        f, g = arrays(name, kind, loaded), numpy_row(name, special)
        if g is None:
            continue
        case, out = f"{name} {kind}, n={n}", np.empty_like(xs[0])
        if not agrees(report, case, "numpy", g(*xs, out=out), f(*xs), 1e-11 if kind == "f64" else 2e-5):
            continue
        report.rows.append(row(case, interleave(bare(f, g, xs, out), 5 if report.quick else 11, 0.002)))


def bare(f: Callable[..., Any], g: Callable[..., Any], xs: list[Any], out: Any) -> dict[str, Call]:
    raw, n, to, pointers = f.native, len(out), out.ctypes.data, [x.ctypes.data for x in xs]    # type: ignore[attr-defined]
    return {OURS: lambda: raw(to, n, *pointers), "numpy": lambda: g(*xs, out=out)}


def numpy_row(name: str, special: Any) -> Callable[..., Any] | None:
    if name in ("erf", "erfc", "digamma", "lgamma"):
        found: Callable[..., Any] | None = getattr(special, {"lgamma": "gammaln"}.get(name, name), None)
        return found
    if name == "sech2":
        return lambda x, out: np.power(np.cosh(x, out=out), -2, out=out)
    ufunc: Callable[..., Any] | None = getattr(np, NAMES.get(name, name), None)
    return ufunc


# ── expressions and reductions, called from Python ──────────────────────────────────────────────────────────────


def expressions(report: Report, kind: str, n: int, special: Any, jax: Any) -> None:
    f32 = kind == "f32"
    one = "f32 1.0" if f32 else "1.0"
    cases: list[tuple[str, str, Callable[..., Any]]] = [
        ("fused exp(-x²) sin x + x", "for i < n -> exp (-(x[i] * x[i])) * sin x[i] + x[i]",
         lambda m, x, y: m.exp(-(x * x)) * m.sin(x) + x),
        ("fused log(1 + x²) tanh y", f"for i < n -> log ({one} + x[i] * x[i]) * tanh y[i]",
         lambda m, x, y: m.log(1 + x * x) * m.tanh(y)),
        ("sum", "sum x", lambda m, x, y: m.sum(x)),
        ("dot", "dot x y", lambda m, x, y: m.dot(x, y)),
        ("logsumexp", LOGSUMEXP, lambda m, x, y: logsumexp(m, x)),
    ]
    rng = np.random.default_rng(1)
    for size in (n,) if report.quick else (n, 1_000_000):
        x, y = (rng.uniform(0, 2, size).astype("f4" if f32 else "f8") for _ in range(2))
        for name, body, theirs in cases:
            expression(report, f"{name} {kind}, n={size}", body, kind, theirs, (x, y), jax)


LOGSUMEXP = "let m = maximum x in m + log (sum (for i < n -> exp (x[i] - m)))"


def logsumexp(m: Any, x: Any) -> Any:
    top = m.max(x)
    return top + m.log(m.sum(m.exp(x - top)))


def expression(report: Report, case: str, body: str, kind: str, theirs: Callable[..., Any], args: tuple[Any, ...],
               jax: Any) -> None:
    result = f"[n]{kind}" if body.startswith("for") else kind
    ours = catad.compile(f"def f [n] (x : [n]{kind}) (y : [n]{kind}) : {result} =\n  {body}\n", entry="f")
    sides: dict[str, Call] = {OURS: lambda: ours(*args), "numpy": lambda: theirs(np, *args)}
    if jax:
        jitted = jax.jit(lambda x, y: theirs(jax.numpy, x, y))
        sides["jax"] = waiting(jax, jitted, *map(jax.numpy.asarray, args))
    compare(report, case, sides, rtol=1e-9 if kind == "f64" else 1e-4)


if __name__ == "__main__":
    import argparse
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--n", type=int, default=SIZE)
    parser.add_argument("--rows", default="")
    parser.add_argument("--kind", choices=("f64", "f32"))
    chosen, rest = parser.parse_known_args()
    names = [r for r in chosen.rows.split(",") if r]
    kinds = (chosen.kind,) if chosen.kind else ("f64", "f32")
    sys.exit(main("elementwise", __doc__, lambda report: run(report, chosen.n, names, kinds), rest))
