"""erf and erfc.

    erf x  = x + x p(x²)                              |x| < 1
           = ± (1 - exp(-p(|x|)))                     1 ≤ |x| ≤ 6, and ±1 beyond
    erfc x = 1 - erf x                                |x| < ½
    erfc x = exp(-x²) p(t) / (1 + 2x)                 x ≥ ½, t = (x - 4) / (x + 4);   2 - erfc(-x) for x ≤ -½

erfc keeps its relative accuracy down to the least normal number: the rounding error of x² is put back.
"""

from __future__ import annotations

from catad.backends.llvm.math.emit import Emitter, Value
from catad.backends.llvm.math.exponential import power, reduced

__all__ = ["erf", "erfc"]


def erf(e: Emitter, x: Value) -> Value:
    a = e.abs(x)
    small = e.fma(x, e.polynomial("erf", x * x), x)
    end = e.fmt.pick(6.0, 4.0)
    t = e.select(a.gt(end), end, a)
    s, p = reduced(e, -e.polynomial("erf_tail", t))
    w = power(e, s)
    large = e.fma(-w, p, 1.0 - w)
    return e.select(a.lt(1.0), small, e.copysign(large, x))


def erfc(e: Emitter, x: Value) -> Value:
    a = e.abs(x)
    square = a * a
    error = e.product_error(a, a, square)
    q = e.select(square.gt(750.0), 750.0, square)
    t, p = reduced(e, -q)
    scale = power(e, t)
    weight = e.fma(scale, p, scale)
    # 1/((a+4)(1+2a)) serves both quotients
    inverse = 1.0 / ((a + 4.0) * e.fma(a, 2.0, 1.0))
    u = (a - 4.0) * (e.fma(a, 2.0, 1.0) * inverse)
    y = e.polynomial("erfc", u) * ((a + 4.0) * inverse)
    y = weight * e.fma(y, -error, y)
    y = e.select(square.gt(708.0), 0.0, y)
    near = 1.0 - e.fma(x, e.polynomial("erf", square), x)
    return e.select(a.lt(0.5), near, e.select(x.lt(0.0), 2.0 - y, y))
