"""Sines and their inverses.

    sin, cos:  x = q π + r,  |r| ≤ π/2,  q whole (sin) or half (cos):  ± (r + r³ p(r²))
    tan:       x = n π/2 + r, |r| ≤ π/4:  sin r / cos r, turned over for odd n
    atan:      r = a, 1/a or (a-1)/(a+1) so that |r| ≤ tan π/8:  ± (offset + r + r³ p(r²))
    asin:      |x| ≤ ½ directly, above by π/2 - 2 asin √((1-|x|)/2)

π is subtracted in parts whose products with q are exact, for |x| up to a bound; beyond it the C library reduces.
"""

from __future__ import annotations

from catad.backends.llvm.math.emit import Emitter, Value

__all__ = ["acos", "asin", "atan", "atan2", "cos", "sin", "tan"]

# π in parts, each rounded down so that all are positive (else -0 becomes 0): full ones where multiply-add is exact,
# short ones (33, 33, 33, 53 or 11, 11, 11, 24 bits) where not.
_PI_FMA = {"f64": (3.141592653589793, 1.224646799147353e-16, 2.1657133478438278e-32),
           "f32": (3.141592502593994, 1.5099578831723193e-07, 1.078060505991553e-14)}
_PI_SPLIT = {"f64": (3.1415926534682512, 1.2154201012607932e-10, 4.044532497422333e-21, 1.69568553207378e-31),
             "f32": (3.140625, 0.0009675025939941406, 1.5099067240953445e-07, 5.126688136514179e-12)}
_INVERSE_PI = 0.3183098861837907
_HALF_PI = (1.5707963267948966, 6.123233995736766e-17)
_HALF_PI32 = (1.5707963705062866, -4.371138828673793e-8)


def _bound(e: Emitter) -> float:
    return e.fmt.pick(3e5, 3e4 if e.target.fma else 3e3)


def _less(e: Emitter, x: Value, q: Value, scale: float) -> Value:
    """x - q π scale, with scale a power of two."""
    parts = (_PI_FMA if e.target.fma else _PI_SPLIT)[e.fmt.name]
    minus = -q
    for part in parts:
        x = e.fma(minus, part * scale, x)
    return x


def _odd(e: Emitter, r: Value, flip: Value) -> Value:
    """sin r for |r| ≤ π/2, negated where the sign bit of `flip` is set. The sign of zero is that of r."""
    z = r * r
    y = e.fma(r, z * e.polynomial("sin", z), r)
    return e.copysign(y, e.number(e.bits(r) ^ flip))


def sin(e: Emitter, x: Value) -> Value:
    t = e.fma(x, _INVERSE_PI, e.fmt.magic)
    r = _less(e, x, t - e.fmt.magic, 1.0)
    y = _odd(e, r, e.bits(t) << (e.fmt.bits - 1))
    return e.otherwise("sin", (x,), e.abs(x).le(_bound(e)), y)


def cos(e: Emitter, x: Value) -> Value:
    """cos x = -(-1)ⁿ sin (x - (n + ½) π)."""
    t = e.fma(x, _INVERSE_PI, -0.5) + e.fmt.magic
    r = _less(e, x, (t - e.fmt.magic) + 0.5, 1.0)
    y = _odd(e, r, (e.bits(t) << (e.fmt.bits - 1)) ^ e.fmt.sign)
    return e.otherwise("cos", (x,), e.abs(x).le(_bound(e)), y)


def tan(e: Emitter, x: Value) -> Value:
    t = e.fma(x, 2 * _INVERSE_PI, e.fmt.magic)
    r = _less(e, x, t - e.fmt.magic, 0.5)
    z = r * r
    s = e.copysign(e.fma(r * z, e.polynomial("sin_quarter", z), r), r)
    c = e.fma(z * z, e.polynomial("cos_quarter", z), e.fma(z, -0.5, 1.0))
    odd = (e.bits(t) << (e.fmt.bits - 1)).lt(0)
    y = e.select(odd, -c, s) / e.select(odd, s, c)
    return e.otherwise("tan", (x,), e.abs(x).le(_bound(e)), y)


def _half_pi(e: Emitter) -> tuple[float, float]:
    return _HALF_PI if e.fmt.bits == 64 else _HALF_PI32


def _angle(e: Emitter, num: Value, den: Value, turned: Value) -> Value:
    """atan (num/den) for 0 ≤ num ≤ den, or π/2 minus it in the lanes that are turned."""
    high, low = _half_pi(e)
    middle = num.gt(den * 0.4142135623730950)
    r = e.select(middle, num - den, num) / e.select(middle, num + den, den)
    z = r * r
    tail = r * z * e.polynomial("atan", z)
    # middle: π/4 + (r + tail);  turned: π/2 - that
    base, small = e.select(middle, high / 2, 0.0), e.select(middle, low / 2, 0.0)
    base = e.select(turned, high - base, base)
    small = e.select(turned, low - small, small)
    sign = e.bits(e.select(turned, -0.0, 0.0))
    r, tail = e.number(e.bits(r) ^ sign), e.number(e.bits(tail) ^ sign)
    return base + (r + (tail + small))


def atan(e: Emitter, x: Value) -> Value:
    a = e.abs(x)
    big = a.gt(1.0)
    y = _angle(e, e.select(big, 1.0, a), e.select(big, a, 1.0), big)
    return e.copysign(y, x)


def atan2(e: Emitter, y: Value, x: Value) -> Value:
    a, b = e.abs(y), e.abs(x)
    steep = a.gt(b)
    num, den = e.select(steep, b, a), e.select(steep, a, b)
    left = e.bits(x) & e.fmt.sign
    angle = _angle(e, num, den, steep)
    high, low = _half_pi(e)
    beyond = 2 * high - (angle - 2 * low)
    angle = e.select(left.lt(0), beyond, angle)
    least, most = e.fmt.pick(1e-290, 1e-30), e.fmt.pick(1e290, 1e30)
    ok = e.both_true(den.lt(most), den.gt(least))
    return e.otherwise("atan2", (y, x), ok, e.copysign(angle, y))


def _arc(e: Emitter, a: Value) -> tuple[Value, Value, Value]:
    """big, s, tail: asin of a (or of √((1-a)/2) in the lanes with a > ½) is s + tail."""
    big = a.gt(0.5)
    z = e.select(big, (1.0 - a) * 0.5, a * a)
    s = e.select(big, e.sqrt(z), a)
    return big, s, s * z * e.polynomial("asin", z)


def asin(e: Emitter, x: Value) -> Value:
    big, s, tail = _arc(e, e.abs(x))
    high, low = _half_pi(e)
    y = e.select(big, high - (2.0 * s - (low - 2.0 * tail)), s + tail)
    return e.copysign(y, x)


def acos(e: Emitter, x: Value) -> Value:
    """π/2 - asin x near 0; 2 asin √((1-|x|)/2) above ½, and π minus that for negative x."""
    big, s, tail = _arc(e, e.abs(x))
    high, low = _half_pi(e)
    negative = x.lt(0.0)
    signed, rest = e.copysign(s, x), e.copysign(tail, x)
    near = high - (signed - (low - rest))
    double = 2.0 * (s + tail)
    far = e.select(negative, 2 * high - (double - 2 * low), double)
    return e.select(big, far, near)
