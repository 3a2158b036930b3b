"""log and its family, from one core on the mantissa:

    x = 2ᵏ (1 + f),  √½ ≤ 1 + f < √2,  s = f / (2 + f),  z = s²
    log x = k ln 2 + f - f²/2 + s (f²/2 + z p(z))

`log1p x` is the core at 1 + x with f formed from x itself, so that nothing is lost near 0; the inverse hyperbolic
functions are `log1p` at the right place.
"""

from __future__ import annotations

from catad.backends.llvm.math.emit import Emitter, Value
from catad.backends.llvm.math.exponential import ln2

__all__ = ["acosh", "asinh", "atanh", "log", "log1p"]


def split(e: Emitter, x: Value) -> tuple[Value, Value]:
    """k (an integer) and f for a normal positive x."""
    root = 0x3FE6A09E667F3BCD if e.fmt.bits == 64 else 0x3F3504F3
    bits = e.bits(x)
    k = (bits - root) >> e.fmt.fraction
    return k, e.number(bits - (k << e.fmt.fraction)) - 1.0


def to_float(e: Emitter, k: Value) -> Value:
    """A small integer as a float plus `magic`."""
    base = (e.fmt.bias + e.fmt.fraction << e.fmt.fraction) + (1 << (e.fmt.fraction - 1))
    return e.number(k + base)


def _core(e: Emitter, k: Value, f: Value) -> Value:
    high, low = ln2(e)
    s = f / (f + 2.0)
    z = s * s
    half = f * f * 0.5
    inner = e.fma(s, e.fma(z, e.polynomial("log", z), half), k * low)
    return e.fma(k, high, f - (half - inner))


def log_positive(e: Emitter, x: Value) -> Value:
    """log of positive finite numbers."""
    tiny = x.lt(e.fmt.smallest)
    k, f = split(e, e.select(tiny, x * 2.0 ** e.fmt.fraction, x))
    magic = e.fmt.magic
    return _core(e, to_float(e, k) - e.select(tiny, magic + e.fmt.fraction, magic), f)


def log(e: Emitter, x: Value) -> Value:
    y = log_positive(e, x)
    y = e.select(x.lt(float("inf")), y, x)                            # inf and NaN are their own logarithm
    y = e.select(x.lt(0.0), float("nan"), y)
    return e.select(x.eq(0.0), float("-inf"), y)


def _log1p(e: Emitter, x: Value) -> Value:
    """log (1 + x) for x > -1 finite: f = x 2⁻ᵏ + (2⁻ᵏ - 1), one rounding."""
    u = x + 1.0
    k, f = split(e, u)
    scale = e.number((e.fmt.bias << e.fmt.fraction) - (k << e.fmt.fraction))
    fine = e.fma(x, scale, scale - 1.0)
    f = e.select(u.lt(2.0 ** (e.fmt.fraction + 4)), fine, f)          # beyond, 1 is nothing beside x
    return _core(e, to_float(e, k) - e.fmt.magic, f)


def log1p(e: Emitter, x: Value) -> Value:
    y = e.copysign(_log1p(e, x), x)
    y = e.select(x.lt(float("inf")), y, x)
    y = e.select(x.lt(-1.0), float("nan"), y)
    return e.select(x.eq(-1.0), float("-inf"), y)


def asinh(e: Emitter, x: Value) -> Value:
    """log1p (a + a² / (1 + √(1 + a²))), a = |x|."""
    a = e.abs(x)
    square = a * a
    y = _log1p(e, a + square / (e.sqrt(square + 1.0) + 1.0))
    return e.otherwise("asinh", (x,), a.lt(e.fmt.pick(1e150, 1e18)), e.copysign(y, x))


def acosh(e: Emitter, x: Value) -> Value:
    """log1p (t + √(2t + t²)), t = x - 1."""
    t = x - 1.0
    y = _log1p(e, t + e.sqrt(e.fma(t, t, t + t)))
    ok = e.both_true(x.ge(1.0), x.lt(e.fmt.pick(1e150, 1e18)))
    return e.otherwise("acosh", (x,), ok, y)


def atanh(e: Emitter, x: Value) -> Value:
    """½ log1p (2a / (1 - a)), a = |x|."""
    a = e.abs(x)
    y = _log1p(e, (a + a) / (1.0 - a)) * 0.5
    return e.otherwise("atanh", (x,), a.lt(1.0), e.copysign(y, x))
