"""Roots, powers and lengths.

    cbrt:  a guess at the inverse from the exponent divided by three, two steps of order four; no division
    hypot: √(x² + y²) where nothing can overflow, else the C library
    powi:  repeated squaring, x⁰ = 1, negative exponents by the reciprocal
    pow:   xʸ = exp (y log x), the logarithm as a sum of two numbers so that y log x is right to 2⁻⁶³ of itself
"""

from __future__ import annotations

from catad.backends.llvm.math.emit import F64, Emitter, Value, vector
from catad.backends.llvm.math.exponential import ln2, power, reduced
from catad.backends.llvm.math.logarithm import log_positive, split, to_float

__all__ = ["cbrt", "hypot", "pow_", "powi", "sqrt"]


def sqrt(e: Emitter, x: Value) -> Value:
    return e.sqrt(x)


def hypot(e: Emitter, x: Value, y: Value) -> Value:
    a, b = e.abs(x), e.abs(y)
    most, least = e.fmt.pick(1e150, 1e18), e.fmt.pick(1e-140, 1e-14)
    larger = e.select(a.lt(b), b, a)
    length = e.sqrt(e.fma(x, x, y * y))
    fine = e.both_true(larger.gt(least), larger.lt(most))
    fine = e.both_true(e.either(fine, larger.eq(0.0)), y.eq(y))
    return e.otherwise("hypot", (x, y), fine, length)


def cbrt(e: Emitter, x: Value) -> Value:
    """a r², r = a^(-1/3) by two steps r (1 + h/3 + 2h²/9 + 14h³/81), h = 1 - a r³, and one correction at the end.

    The bits of a float are nearly its logarithm: minus a third of them is a guess within 4 %.
    """
    a, third = e.abs(x), 54 if e.fmt.bits == 64 else 16
    small, large = a.lt(e.fmt.pick(1e-280, 1e-28)), a.gt(e.fmt.pick(1e280, 1e28))

    def scale(n: int) -> Value:
        return e.select(small, 2.0 ** n, e.select(large, 2.0 ** -n, e.value(1.0, "f")))

    a = a * scale(3 * third)
    r = _inverse_guess(e, a)
    for _ in range(2):
        h = 1.0 - a * (r * r * r)
        r = e.fma(r * h, e.horner((1 / 3, 2 / 9, 14 / 81), h), r)
    square = r * r
    y = a * square
    y2 = y * y
    y3 = y2 * y
    residue = (y3 - a) + (e.product_error(y2, y, y3) + e.product_error(y, y, y2) * y)
    y = e.fma(residue, square * (-1 / 3), y) * scale(-third)
    ordinary = e.both_true(e.abs(x).gt(0.0), e.abs(x).lt(float("inf")))
    return e.copysign(e.select(ordinary, y, x), x)


def _inverse_guess(e: Emitter, a: Value) -> Value:
    """The bits as a number, times -1/3, plus 4/3 of the bias less what a logarithm exceeds a chord by."""
    shift = e.fmt.fraction - 31 if e.fmt.bits == 64 else 0            # few enough bits for a float to hold
    offset = (e.fmt.bias - 0.045) * 4 / 3 * 2.0 ** (e.fmt.fraction - shift)
    bits = e.bits(a)
    if e.fmt.bits == 32:
        number = e.line("f", f"sitofp {e.type('i')} {bits.text} to {e.type('f')}")
        third = e.fma(number, -1 / 3, offset)
        return e.number(e.line("i", f"fptosi {e.type('f')} {third.text} to {e.type('i')}"))
    magic = (e.fmt.bias + e.fmt.fraction << e.fmt.fraction) + (1 << (e.fmt.fraction - 1))
    number = e.number(e.shifted(bits, shift) + magic) - e.fmt.magic
    third = e.fma(number, -1 / 3, offset)
    return e.number((e.bits(third + e.fmt.magic) - magic) << shift)


def pow_(e: Emitter, x: Value, y: Value) -> Value:
    """Positive normal x and results that are normal; the rest by a cold call."""
    if e.fmt.bits == 32:
        return _single_pow(e, x, y)
    high, low = _log_pair(e, x)
    p = y * high
    rest = e.fma(y, low, e.product_error(y, high, p))
    t, q = reduced(e, p, rest)
    s = power(e, t, -1)
    result = e.fma(s, q, s) * 2.0
    ok = e.both_true(e.both_true(x.ge(e.fmt.smallest), x.lt(float("inf"))), e.abs(p).lt(708.0))
    if not e.target.fma:
        ok = e.both_true(ok, e.abs(y).lt(1e280))                      # splitting y would overflow
    return e.otherwise("pow", (x, y), ok, result)


def _single_pow(e: Emitter, x: Value, y: Value) -> Value:
    """In double precision there is room enough for the plain formula."""
    wide = e.converted(F64)
    a, b = (wide.line("f", f"fpext {e.type('f')} {v.text} to {wide.type('f')}") for v in (x, y))
    p = b * log_positive(wide, a)
    t, q = reduced(wide, p)
    s = power(wide, t)
    r = wide.fma(s, q, s)
    result = e.line("f", f"fptrunc {wide.type('f')} {r.text} to {e.type('f')}")
    ok = wide.both_true(wide.both_true(a.gt(0.0), a.lt(float("inf"))), wide.abs(p).lt(700.0))
    return e.otherwise("pow", (x, y), ok, result)


def _log_pair(e: Emitter, x: Value) -> tuple[Value, Value]:
    """log x = 2 s (1 + z p(z)) + k ln 2 in two parts; s = f / (2 + f), z = s²."""
    k, f = split(e, x)
    kf = to_float(e, k) - e.fmt.magic
    d = f + 2.0
    d_low = f - (d - 2.0)
    inverse = 1.0 / d
    s = f * inverse
    product = s * d
    s_low = ((f - product) - e.product_error(s, d, product) - s * d_low) * inverse
    z = s * s
    z_low = e.fma(s + s, s_low, e.product_error(s, s, z))
    third, third_low = 1 / 3, 1.850371707708594e-17
    tail = z * e.polynomial("log_pair", z)
    c = tail + third
    c_low = (third - c) + tail + third_low
    w = z * c
    w_low = e.fma(z, c_low, e.fma(z_low, c, e.product_error(z, c, w)))
    u = s * w
    u_low = e.fma(s, w_low, e.fma(s_low, w, e.product_error(s, w, u)))
    a = s + u
    a_low = (s - a) + u + (s_low + u_low)
    ln2_high, ln2_low = ln2(e)
    whole = kf * ln2_high
    high = whole + (a + a)
    low = ((whole - high) + (a + a)) + e.fma(kf, ln2_low, a_low + a_low)
    total = high + low
    return total, (high - total) + low


def powi(name: str, e: Emitter) -> str:
    """The whole function: a loop over the bits of the largest exponent in the vector."""
    f, i, b = e.type("f"), vector("i64", e.lanes), e.type("b")

    def c(scalar: str, text: str) -> str:
        return text if e.lanes == 1 else f"splat ({scalar} {text})"

    one, zero, bit = c(e.fmt.llvm, "1.0"), "0" if e.lanes == 1 else "zeroinitializer", c("i64", "1")
    more = (f"  %more = icmp ne {i} %k2, {zero}" if e.lanes == 1 else
            f"  %any = icmp ne {i} %k2, {zero}\n"
            f"  %more = call i1 @llvm.vector.reduce.or.v{e.lanes}i1({b} %any)")
    return f"""define internal {f} @{name}({f} %x, {i} %n) nounwind {{
entry:
  %minus = sub {i} {zero}, %n
  %below = icmp slt {i} %n, {zero}
  %size = select {b} %below, {i} %minus, {i} %n
  br label %loop
loop:
  %y = phi {f} [ {one}, %entry ], [ %y2, %loop ]
  %p = phi {f} [ %x, %entry ], [ %p2, %loop ]
  %k = phi {i} [ %size, %entry ], [ %k2, %loop ]
  %last = and {i} %k, {bit}
  %odd = icmp ne {i} %last, {zero}
  %times = fmul {f} %y, %p
  %y2 = select {b} %odd, {f} %times, {f} %y
  %p2 = fmul {f} %p, %p
  %k2 = lshr {i} %k, {bit}
{more}
  br i1 %more, label %loop, label %done
done:
  %over = fdiv {f} {one}, %y2
  %result = select {b} %below, {f} %over, {f} %y2
  ret {f} %result
}}
"""
