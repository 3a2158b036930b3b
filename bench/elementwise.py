"""Elementwise functions of the native backend beside NumPy (and SciPy for erf), interleaved in one run.

    python bench/elementwise.py [--n 4096] [--rows exp,log,…] [--kind f64] [--rounds 15]

Prints ns per entry and the ratio peer / ours, best of many short bursts; above 1 we are faster.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from catad.backends.llvm.engine import Loaded
from catad.backends.llvm.math.loops import arrays, load
from catad.backends.llvm.target import host

import catad  # noqa: F401  (makes catad.backends importable in a checkout)

RANGES: dict[str, tuple[float, float]] = {
    "exp": (-20, 20), "expm1": (-5, 5), "log": (1e-3, 1e3), "log1p": (-0.9, 10), "sin": (-10, 10), "cos": (-10, 10),
    "tan": (-10, 10), "tanh": (-4, 4), "sech2": (-4, 4), "sinh": (-5, 5), "cosh": (-5, 5), "sqrt": (0, 10),
    "asin": (-1, 1), "acos": (-1, 1), "atan": (-5, 5), "asinh": (-5, 5), "acosh": (1, 9), "atanh": (-0.99, 0.99),
    "erf": (-4, 4), "erfc": (-4, 4), "cbrt": (-9, 9), "digamma": (0.1, 20), "lgamma": (0.1, 20), "pow": (0.1, 10),
    "hypot": (-5, 5), "atan2": (-5, 5),
}
NAMES = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh",
         "atanh": "arctanh", "atan2": "arctan2", "pow": "power"}


def peer(row: str) -> Callable[..., Any] | None:
    if row in ("erf", "erfc", "digamma", "lgamma"):
        try:
            import scipy.special as special
        except ImportError:
            return None
        return getattr(special, {"lgamma": "gammaln"}.get(row, row))  # type: ignore[no-any-return]
    if row == "sech2":
        return lambda x, out: np.power(np.cosh(x, out=out), -2, out=out)
    return getattr(np, NAMES.get(row, row), None)


def best(f: Callable[[], Any], bursts: int) -> float:
    least = float("inf")
    for _ in range(bursts):
        t = time.perf_counter()
        f()
        least = min(least, time.perf_counter() - t)
    return least


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=4096)
    parser.add_argument("--rows", default=",".join(RANGES))
    parser.add_argument("--kind", default="f64", choices=("f64", "f32"))
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    rows, kind, target = options.rows.split(","), options.kind, host()
    loaded = load(rows, kind, target.lanes(kind), target)
    rng = np.random.default_rng(0)
    print(f"{'row':8} {'ours ns':>8} {'peer ns':>8} {'ratio':>6}     n = {options.n}, {kind}, {target.name}")
    for row in rows:
        ours, theirs = compare(row, kind, loaded, options.n, options.rounds, rng)
        scale = 1e9 / options.n
        print(f"{row:8} {ours * scale:8.2f} {theirs * scale:8.2f} {theirs / ours:6.2f}")


def compare(row: str, kind: str, loaded: Loaded, n: int, rounds: int, rng: np.random.Generator) -> tuple[float, float]:
    """Seconds for n entries, ours and the peer's."""
    low, high = RANGES[row]
    dtype = np.float64 if kind == "f64" else np.float32
    xs = [rng.uniform(low, high, n).astype(dtype) for _ in range(2 if row in ("pow", "hypot", "atan2") else 1)]
    out, f, g = np.empty_like(xs[0]), arrays(row, kind, loaded), peer(row)
    raw, to, pointers = f.native, out.ctypes.data, [x.ctypes.data for x in xs]     # type: ignore[attr-defined]
    ours = theirs = float("inf")
    for _ in range(rounds):
        ours = min(ours, best(lambda: raw(to, n, *pointers), 10))
        if g is not None:
            theirs = min(theirs, best(lambda: g(*xs, out=out), 10))
    return ours, theirs


if __name__ == "__main__":
    main()
