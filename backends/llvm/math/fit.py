"""Makes `coefficients.py`: polynomials for the math kernels, fitted with mpmath at 60 digits.

    python -m catad.backends.llvm.math.fit           prints the table and the error of each fit to stderr

A fit minimises the weighted squares of the error at Chebyshev nodes, which is within a small factor of the best
uniform fit: `w(x) |f(x) - p(x)|` is the part of one unit in the last place that the polynomial costs its kernel.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath as mp

__all__ = ["FITS", "Fit", "fit"]

Function = Callable[[Any], Any]
_TINY = mp.mpf(10) ** -40


@dataclass(frozen=True, slots=True)
class Fit:
    """Approximate `f` on [low, high] by polynomials of the given degrees; `None` where a format has no such kernel."""

    name: str
    f: Function
    low: Any
    high: Any
    f64: int | None
    f32: int | None
    weight: Function = lambda x: mp.mpf(1)
    high32: Any = None


def fit(f: Function, low: Any, high: Any, degree: int, weight: Function) -> tuple[list[Any], Any]:
    """Coefficients, lowest first, and the largest weighted error on a finer grid."""
    middle, half = (mp.mpf(low) + high) / 2, (mp.mpf(high) - low) / 2
    n = 4 * degree + 8
    nodes = [mp.cos((2 * i + 1) * mp.pi / (2 * n)) for i in range(n)]
    rows, right = [], []
    for u in nodes:
        x = middle + half * u
        w = weight(x)
        rows.append([w * mp.chebyt(k, u) for k in range(degree + 1)])
        right.append(w * f(x))
    a, b = mp.matrix(rows), mp.matrix(right)
    c = mp.lu_solve(a.T * a, a.T * b)
    coefficients = _monomials([c[k] for k in range(degree + 1)], middle, half)
    grid = [middle + half * mp.cos(i * mp.pi / (3 * n)) for i in range(3 * n + 1)]
    worst = max(abs(weight(x) * (mp.polyval(coefficients[::-1], x) - f(x))) for x in grid)
    return coefficients, worst


def _monomials(c: list[Any], middle: Any, half: Any) -> list[Any]:
    """From Chebyshev polynomials in (x - middle) / half to powers of x."""
    u = [-middle / half, 1 / half]
    before, now = [mp.mpf(1)], u
    total = [mp.mpf(0)] * len(c)
    for k, ck in enumerate(c):
        basis = before if k == 0 else now
        for i, b in enumerate(basis):
            total[i] += ck * b
        if k >= 1:
            double = _times([2 * v for v in u], now)
            before, now = now, [double[i] - (before[i] if i < len(before) else 0) for i in range(len(double))]
    return total


def _times(a: list[Any], b: list[Any]) -> list[Any]:
    out = [mp.mpf(0)] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            out[i + j] += x * y
    return out


def _root(g: Function) -> Function:
    """g as a function of the square of its argument."""
    def h(z: Any) -> Any:
        with mp.workdps(250):                           # the quotients cancel near 0
            return g(mp.sqrt(z + _TINY))
    return h


_LN2 = mp.log(2) / 2
_EIGHTH, _QUARTER = (mp.tan(mp.pi / 8) + mp.mpf("1e-4")) ** 2, (mp.pi / 4 + mp.mpf("1e-4")) ** 2
_HALF_PI = (mp.pi / 2 + mp.mpf("1e-3")) ** 2


def _erfcx(x: Any) -> Any:
    return mp.exp(x * x) * mp.erfc(x)


def _folded(k: Any) -> Function:
    """(1 + 2x) erfcx(x) as a function of t = (x - k) / (x + k): smooth up to x = infinity, t = 1."""
    def g(t: Any) -> Any:
        if t >= 1 - mp.mpf(10) ** -12:
            return 2 / mp.sqrt(mp.pi)
        x = k * (1 + t) / (1 - t)
        return (1 + 2 * x) * (_erfcx(x) if x < 30 else _far(x))
    return g


def _far(x: Any) -> Any:
    total, term = mp.mpf(0), mp.mpf(1)
    for j in range(40):
        total += term
        term *= -(2 * j + 1) / (2 * x * x)
    return total / (x * mp.sqrt(mp.pi))


FITS: tuple[Fit, ...] = (
    # exp r = 1 + r + r² p(r)
    Fit("exp", lambda r: (mp.exp(r) - 1 - r) / (r * r) if abs(r) > _TINY else mp.mpf(1) / 2,
        -_LN2 * mp.mpf("1.001"), _LN2 * mp.mpf("1.001"), 9, 4, lambda r: r * r + mp.mpf("1e-3")),
    # log (1+f) = f - f²/2 + s (f²/2 + z p(z)),  s = f / (2+f), z = s²
    Fit("log", _root(lambda s: (2 * mp.atanh(s) / s - 2) / (s * s)), 0, mp.mpf("0.02945"), 6, 2, lambda z: z / 2),
    # atanh s = s + s z (1/3 + z p(z))
    Fit("log_pair", _root(lambda s: ((mp.atanh(s) / s - 1) / (s * s) - mp.mpf(1) / 3) / (s * s)),
        0, mp.mpf("0.02945"), 6, None, lambda z: z * z),
    # sin r = r + r z p(z),  z = r²
    Fit("sin", _root(lambda r: (mp.sin(r) / r - 1) / (r * r)), 0, _HALF_PI, 7, 3, lambda z: z + mp.mpf("1e-2")),
    Fit("sin_quarter", _root(lambda r: (mp.sin(r) / r - 1) / (r * r)), 0, _QUARTER, 5, 2,
        lambda z: z + mp.mpf("1e-2")),
    # cos r = 1 - z/2 + z² p(z)
    Fit("cos_quarter", _root(lambda r: (mp.cos(r) - 1 + r * r / 2) / r ** 4), 0, _QUARTER, 5, 2,
        lambda z: z * z + mp.mpf("1e-3")),
    # atan r = r + r z p(z), |r| <= tan(pi/8)
    Fit("atan", _root(lambda r: (mp.atan(r) / r - 1) / (r * r)), 0, _EIGHTH, 10, 4, lambda z: z + mp.mpf("1e-3")),
    # asin r = r + r z p(z), |r| <= 1/2
    Fit("asin", _root(lambda r: (mp.asin(r) / r - 1) / (r * r)), 0, mp.mpf("0.2501"), 12, 5,
        lambda z: z + mp.mpf("1e-3")),
    # erf x = x + x p(z) for |x| < 1
    Fit("erf", _root(lambda x: mp.erf(x) / x - 1), 0, mp.mpf("1.001"), 11, 6),
    # erf x = 1 - exp(-p(x)), 1 <= x <= 6, error weighted with erfc x
    Fit("erf_tail", lambda x: -mp.log(mp.erfc(x)), mp.mpf("0.999"), mp.mpf("6"), 17, 6, mp.erfc, mp.mpf("4")),
    # erfc x = exp(-x²) p(t) / (1+2x), t = (x-4)/(x+4), x >= 0
    Fit("erfc", _folded(mp.mpf(4)), -1, 1, 23, None),
)

# The last coefficient of sin, a hundred-thousandth up (far below the error of the fit elsewhere): sin (π/2) is then
# exactly 1 after all roundings, with fused multiply-add and without, and so cos 0 is.
NUDGED = {("sin", "f64"): mp.mpf("1.00001")}


def _single(x: Any) -> float:
    return float(struct.unpack("f", struct.pack("f", float(x)))[0])


def main() -> None:
    """Write the table to standard output."""
    mp.mp.dps = 60
    print('"""Polynomials of the math kernels, lowest coefficient first. Made by `fit.py`: do not edit."""\n')
    print("from __future__ import annotations\n\nfrom types import MappingProxyType\n\n__all__ = [\"COEFFICIENTS\"]\n")
    print("COEFFICIENTS: MappingProxyType[tuple[str, str], tuple[float, ...]] = MappingProxyType({")
    for f in FITS:
        for kind, degree, number in (("f64", f.f64, float), ("f32", f.f32, _single)):
            if degree is None:
                continue
            high = f.high32 if kind == "f32" and f.high32 is not None else f.high
            c, worst = fit(f.f, f.low, high, degree, f.weight)
            print(f"{f.name:12} {kind} degree {degree:2}: {mp.nstr(worst, 3)}", file=sys.stderr)
            print(f'    ("{f.name}", "{kind}"): (')
            for x in (*c[:-1], c[-1] * NUDGED.get((f.name, kind), 1)):
                print(f"        {number(x)!r},")
            print("    ),")
    print("})")


if __name__ == "__main__":
    main()
