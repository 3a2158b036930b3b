"""log |Γ|, ψ and its derivatives on the real line, in plain floats.

    ψ^(m)(x) = (-1)^(m+1) m! ζ(m+1, x)        Hurwitz ζ by Euler and Maclaurin
    ψ^(m)(x) - (-1)^m ψ^(m)(1-x) = -π d^m/dx^m cot πx
    log Γ(2+z) = (1-γ) z + Σ_{k≥2} (ζ(k)-1) (-z)^k / k

At the poles: log |Γ| = +inf; ψ^(m) = +inf for odd m; for even m, -inf at +0, +inf at -0, NaN at -1, -2, …
"""

from __future__ import annotations

import math
from functools import cache

__all__ = ["digamma", "lgamma", "polygamma"]

_EULER = 0.57721566490153286061
_ROOT, _ROOT_LOW = 1.4616321449683622, 9.549995429965697e-17       # the positive zero of ψ
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798,
              -174611 / 330, 854513 / 138, -236364091 / 2730)


def lgamma(x: float) -> float:
    """log |Γ(x)|, to a few units in the last place also near its zeros 1 and 2."""
    if x != x:
        return x
    if math.isinf(x) or (x <= 0 and x == math.floor(x)):
        return math.inf
    if 1.5 <= x <= 2.5:
        return _near_two(x - 2)
    if 0.5 < x < 1.5:
        return _near_two(x - 1) - math.log1p(x - 1)
    if -0.5 < x <= 0.5:
        return _near_two(x) - math.log1p(x) - math.log(abs(x))
    if x < 0:
        return math.log(math.pi / abs(_sinpi(x))) - lgamma(1 - x)
    try:
        return math.lgamma(x)
    except OverflowError:
        return math.inf


def _near_two(z: float) -> float:
    """log Γ(2+z) for |z| ≤ 1/2."""
    total = 0.0
    for k in range(50, 1, -1):
        total = -z * (total + _zeta_minus_one(k) / k)
    # total = Σ (ζ(k)-1)/k (-z)^(k-1), still to be multiplied by -z
    return z * ((1 - _EULER) - total)


@cache
def _zeta_minus_one(k: int) -> float:
    return _hurwitz(k, 2.0)


def digamma(x: float) -> float:
    """ψ(x), the logarithmic derivative of Γ."""
    if x != x or x == math.inf:
        return x
    if x == 0:
        return -math.copysign(math.inf, x)
    if math.isinf(x) or (x < 0 and x == math.floor(x)):
        return math.nan
    if x < -0.5:
        return digamma(1 - x) - math.pi * _cotpi(x)
    if abs(x - _ROOT) < 0.3:
        return _near_root((x - _ROOT) - _ROOT_LOW)
    below = []
    while x < 10:
        below.append(-1 / x)
        x += 1
    square = 1 / (x * x)
    power, tail = 1.0, []
    for k, b in enumerate(_BERNOULLI, 1):
        power *= square
        tail.append(-b * power / (2 * k))
    return math.fsum([*below, *tail, math.log(x), -1 / (2 * x)])


def _near_root(d: float) -> float:
    """ψ(root + d) = Σ_{k≥1} (-1)^(k+1) ζ(k+1, root) d^k."""
    total = 0.0
    for k in range(34, 0, -1):
        total = d * ((1 if k & 1 else -1) * _root_coefficient(k) + total)
    return total


@cache
def _root_coefficient(k: int) -> float:
    return _hurwitz(k + 1, _ROOT)


def polygamma(m: int, x: float) -> float:
    """The m-th derivative of ψ; NaN for negative m."""
    if m <= 0:
        return digamma(x) if m == 0 else math.nan
    sign = 1.0 if m & 1 else -1.0
    if x != x:
        return x
    if x == math.inf:
        return math.copysign(0.0, sign)
    if x <= 0 and x == math.floor(x):
        if m & 1:
            return math.inf if math.isfinite(x) else math.nan
        return -math.copysign(math.inf, x) if x == 0 else math.nan
    if x < -0.5:
        return -sign * polygamma(m, 1 - x) - math.pi * _cotpi_derivative(m, x)
    return sign * _factorial_hurwitz(m, x)


def _factorial_hurwitz(m: int, x: float) -> float:
    """m! ζ(m+1, x), also where m! alone overflows."""
    if m <= 150:
        zeta = _hurwitz(m + 1, x)
        if 1e-140 < zeta < 1e140:
            return math.gamma(m + 1) * zeta
    # scale the first term out: ζ(s, x) = |x|^-s (1 + Σ (x/(x+k))^s)
    first = -1.0 if x < 0 and m % 2 == 0 else 1.0
    mantissa, exponent = _factorial_over_power(m, abs(x))
    try:
        return math.ldexp((first + _scaled_rest(m + 1, x)) * mantissa, exponent)
    except OverflowError:
        return math.copysign(math.inf, first + _scaled_rest(m + 1, x))


def _factorial_over_power(m: int, x: float) -> tuple[float, int]:
    """m! / x^(m+1) as a mantissa near 1 and an exponent of 2."""
    f, e = math.frexp(x)
    mantissa, exponent = 1 / f, -e * (m + 1)
    for k in range(1, m + 1):
        mantissa, shift = math.frexp(mantissa * (k / f))
        exponent += shift
    return mantissa, exponent


def _scaled_rest(s: int, x: float) -> float:
    """|x|^s (ζ(s, x) - x^-s)."""
    if x > 1e8:
        return abs(x) / (s - 1) - 0.5
    terms, k = [], 1
    while k < 100:
        terms.append((abs(x) / (x + k)) ** s)
        k += 1
    y = x + k
    scale = (abs(x) / y) ** s
    return math.fsum(terms) + scale * _maclaurin(s, y)


def _hurwitz(s: int, x: float) -> float:
    """ζ(s, x) = Σ_{k≥0} (x+k)^-s for an integer s ≥ 2 and x > -1/2, x ≠ 0; inf on overflow."""
    terms = []
    try:
        while x < 12 or x < s / 3:
            terms.append(x ** -s)
            x += 1
        terms.append(x ** -s * _maclaurin(s, x))
        return math.fsum(terms)
    except OverflowError:
        return math.inf


def _maclaurin(s: int, y: float) -> float:
    """y^s ζ(s, y) for y large against s: y/(s-1) + 1/2 + Σ B_2k/(2k)! s(s+1)…(s+2k-2) y^(1-2k)."""
    terms = [y / (s - 1), 0.5]
    rising, factorial = 1.0, 1.0
    for k, b in enumerate(_BERNOULLI, 1):
        if k == 1:
            rising, factorial = s / y, 2.0
        else:
            rising *= (s + 2 * k - 3) / y * ((s + 2 * k - 2) / y)
            factorial *= (2 * k - 1) * (2 * k)
        terms.append(b / factorial * rising)
    return math.fsum(terms)


def _sinpi(x: float) -> float:
    """|sin πx|, by the distance from the nearest integer, which is exact."""
    return math.sin(math.pi * abs(x - round(x)))


def _cotpi(x: float) -> float:
    d = x - round(x)
    if abs(d) == 0.5:
        return 0.0
    return 1 / math.tan(math.pi * d) if abs(d) < 0.25 else math.tan(math.pi * (math.copysign(0.5, d) - d))


def _cotpi_derivative(m: int, x: float) -> float:
    """d^m/dx^m cot πx = π^m P_m(cot πx), P_0 = c, P_(m+1) = -(1 + c²) P_m'. The terms of P_m have one sign."""
    polynomial = [0.0, 1.0]
    for _ in range(m):
        derivative = [k * c for k, c in enumerate(polynomial)][1:]
        polynomial = [0.0] * (len(derivative) + 2)
        for k, c in enumerate(derivative):
            polynomial[k] -= math.pi * c
            polynomial[k + 2] -= math.pi * c
    cot = _cotpi(x)
    try:
        return math.fsum(c * cot**k for k, c in enumerate(polynomial) if c)
    except (OverflowError, ValueError):
        return math.inf if m & 1 == 0 else -math.inf
