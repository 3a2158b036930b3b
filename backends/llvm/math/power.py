"""Roots, powers and lengths.

    cbrt:  a guess from the exponent divided by three, two steps of Halley's method
    hypot: √(x² + y²) where nothing can overflow, else the C library
    powi:  repeated squaring, x⁰ = 1, negative exponents by the reciprocal

"""

from __future__ import annotations

from catad.backends.llvm.math.emit import Emitter, Value, vector

__all__ = ["cbrt", "hypot", "powi", "sqrt"]


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
    """The bits of a float are nearly its logarithm: a third of them is a guess within 4 %."""
    a = e.abs(x)
    ok = e.both_true(a.ge(e.fmt.smallest), a.lt(float("inf")))
    size, shift = e.fmt.bits, 21 if e.fmt.bits == 64 else 0
    high = e.shifted(e.bits(a), shift)                               # few enough bits to be a float exactly
    as_float = e.number(high + _one(e)) - e.fmt.magic if size == 64 else _to_float(e, high)
    third = e.fma(as_float, 1 / 3, 715094163.0 * 2 ** 11 if size == 64 else 709958130.0)
    y = _from_float(e, third, shift)
    for _ in range(2):
        cube = y * y * y
        y = y * (e.fma(2.0, a, cube) / e.fma(2.0, cube, a))
    # one Newton step in the error alone: y - (y³ - a) / 3y²
    square = y * y
    low = e.product_error(y, y, square)
    residue = e.fma(square, y, -a) if e.target.fma else (square * y - a) + e.product_error(square, y, square * y)
    y = y - (residue + low * y) / (3.0 * square)
    return e.otherwise("cbrt", (x,), ok, e.copysign(y, x))


def _one(e: Emitter) -> int:
    return (e.fmt.bias + e.fmt.fraction << e.fmt.fraction) + (1 << (e.fmt.fraction - 1))


def _to_float(e: Emitter, x: Value) -> Value:
    return e.line("f", f"sitofp {e.type('i')} {x.text} to {e.type('f')}")


def _from_float(e: Emitter, x: Value, shift: int) -> Value:
    if shift:
        return e.number((e.bits(x + e.fmt.magic) - _one(e)) << shift)
    whole = e.line("i", f"fptosi {e.type('f')} {x.text} to {e.type('i')}")
    return e.number(whole)


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
