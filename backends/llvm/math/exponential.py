"""exp and its family, from one reduction:

    x = n ln 2 + r,  |r| ≤ ln 2 / 2        exp x = 2ⁿ (1 + p),  p = r + r² q(r)

so that a function and its derivative share all but a few instructions once equal values are merged. Results of `exp`
below the least normal number are 0 (a subnormal operand stalls the whole vector, see `language.md`).
"""

from __future__ import annotations

from catad.backends.llvm.math.emit import Emitter, Value

__all__ = ["cosh", "exp", "expm1", "sech2", "sinh", "tanh"]

_LOG2E = 1.4426950408889634


def ln2(e: Emitter) -> tuple[float, float]:
    """ln 2 in two parts; the product of the first with an exponent is exact."""
    if e.fmt.bits == 64:
        return 6.93147180369123816490e-01, 1.90821492927058770002e-10
    return 0.693145751953125, 1.4286068203094173e-06


def reduced(e: Emitter, x: Value, rest: Value | None = None) -> tuple[Value, Value]:
    """t, p with exp (x + rest) = 2ⁿ (1 + p); n is in the low bits of t."""
    high, low = ln2(e)
    t = e.fma(x, _LOG2E, e.fmt.magic)
    n = -(t - e.fmt.magic)
    r = e.fma(n, high, x)
    r = e.fma(n, low, r) if rest is None else r + e.fma(n, low, rest)
    return t, e.fma(r * r, e.polynomial("exp", r), r)


def power(e: Emitter, t: Value, shift: int = 0) -> Value:
    """2^(n + shift)."""
    one = (e.fmt.bias + shift) << e.fmt.fraction
    return e.number((e.bits(t) << e.fmt.fraction) + one)


def exp(e: Emitter, x: Value) -> Value:
    """The scaling adds n to the exponent: 1 + p is in [0.7, 1.5), so the sum is right up to overflow."""
    t, p = reduced(e, x)
    y = e.number(e.bits(p + 1.0) + (e.bits(t) << e.fmt.fraction))
    highest, lowest = e.fmt.pick(709.782712893384, 88.72283172607422), e.fmt.pick(-708.0, -87.0)
    y = e.select(x.lt(lowest), 0.0, y)
    return e.select(x.le(highest), y, x + float("inf"))              # x + inf keeps NaN


def expm1(e: Emitter, x: Value) -> Value:
    """2ⁿ p + (2ⁿ - 1), halved and doubled again because 2¹⁰²⁴ is not a number."""
    lowest = e.fmt.pick(-40.0, -20.0)
    t, p = reduced(e, e.select(x.lt(lowest), lowest, x))
    s = power(e, t, -1)
    y = e.copysign(e.fma(s, p, s - 0.5) * 2.0, x)
    return e.select(x.le(e.fmt.pick(709.782712893384, 88.72283172607422)), y, x + float("inf"))


def _folded(e: Emitter, x: Value) -> tuple[Value, Value, Value, Value]:
    """For y = -2|x|:  s = 2ⁿ, p,  u = exp y - 1,  1 / (u + 2)."""
    a = e.abs(x)
    y = a * -2.0
    lowest = e.fmt.pick(-708.0, -87.0)
    t, p = reduced(e, e.select(y.lt(lowest), lowest, y))
    s = power(e, t)
    u = e.fma(s, p, s - 1.0)
    return s, p, u, 1.0 / (u + 2.0)


def tanh(e: Emitter, x: Value) -> Value:
    """-u / (u + 2), the quotient corrected once; 1 - 2 exp y / (u + 2) where that is above one half."""
    s, p, u, inverse = _folded(e, x)
    d = u + 2.0
    q = u * inverse
    rest = e.fma(-q, d, u) - q * (u - (d - 2.0))
    small = -e.fma(rest, inverse, q)
    large = e.fma(e.fma(s, p, s) * -2.0, inverse, 1.0)
    return e.copysign(e.select(e.abs(x).gt(0.55), large, small), x)


def sech2(e: Emitter, x: Value) -> Value:
    """4 exp y / (1 + exp y)², accurate in the tail where 1 - tanh² is 0."""
    s, p, _, inverse = _folded(e, x)
    w = e.fma(s, p, s) * 4.0
    y = w * inverse * inverse
    return e.select(e.abs(x).gt(e.fmt.pick(354.0, 43.5)), 0.0, y)


def _halves(e: Emitter, x: Value) -> tuple[Value, Value, Value]:
    """u = exp |x| - 1, h = u / (u + 1), and where they are finite."""
    a = e.abs(x)
    u = expm1(e, a)
    return u, u / (u + 1.0), a.le(e.fmt.pick(709.7, 88.7))


def sinh(e: Emitter, x: Value) -> Value:
    u, h, ok = _halves(e, x)
    return e.otherwise("sinh", (x,), ok, e.copysign((u + h) * 0.5, x))


def cosh(e: Emitter, x: Value) -> Value:
    """1 + (exp |x| - 1)² / (2 exp |x|)."""
    u, h, ok = _halves(e, x)
    return e.otherwise("cosh", (x,), ok, e.fma(u * 0.5, h, 1.0))
