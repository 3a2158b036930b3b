"""ψ and its derivatives.

    ψ(x) = log y - 1/(2y) - Σ B₂ₖ/(2k y²ᵏ) - Σ_{i<10} 1/(x+i),  y = x + 10 for 0 < x < 10        (in vectors)
    ψ(x) = ψ(1-x) - π cot πx                                     x < 0
    ψ⁽ᵐ⁾(x) = (-1)^(m+1) m! ζ(m+1, x)                             Hurwitz ζ by Euler and Maclaurin (scalar)
    Σ_{k≥0} (x+k)⁻ˢ = (-1)ˢ (ζ(s, f) - ζ(s, 1-x)) + ζ(s, 1-f)     x < 0, f = ⌈-x⌉'s distance: 0 < f < 1

At the poles as the reference: ψ⁽ᵐ⁾ = +inf for odd m; for even m, -inf at +0, +inf at -0, NaN at -1, -2, …
"""

from __future__ import annotations

import struct

from catad.backends.llvm.math.emit import Emitter, Value
from catad.backends.llvm.math.logarithm import log

__all__ = ["POLYGAMMA", "digamma", "digamma_below"]

# B₂ₖ / 2k
_TAIL = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12, -3617 / 8160)
_SHIFT = 10


def digamma(e: Emitter, x: Value) -> Value:
    """Positive arguments here, the others by a cold call."""
    num, den = e.value(1.0, "f"), x
    for i in range(1, _SHIFT):
        step = x + float(i)
        num, den = e.fma(num, step, den), den * step
    near = x.lt(float(_SHIFT))
    y = e.select(near, x + float(_SHIFT), x)
    inverse = 1.0 / y
    z = inverse * inverse
    tail = e.fma(e.horner(_TAIL, z), z, inverse * 0.5)
    below = e.select(near, num / den, 0.0)
    value = log(e, y) - (tail + below)
    return e.otherwise("digamma", (x,), x.gt(e.fmt.pick(1e-30, 1e-3)), value)


# The scalar function behind the cold call, and ψ⁽ᵐ⁾, as LLVM text; both in double.
digamma_below = """
define internal double @cad.digamma.below(double %x) noinline nounwind {
entry:
  %r = call double @llvm.roundeven.f64(double %x)
  %positive = fcmp ogt double %x, 0.0
  br i1 %positive, label %small, label %rest
small:
  %x1 = fadd double %x, 1.0
  %p1 = call double @cad.digamma.f64.1(double %x1)
  %i1 = fdiv double 1.0, %x
  %s1 = fsub double %p1, %i1
  ret double %s1
rest:
  %pole = fcmp oeq double %x, 0.0
  br i1 %pole, label %zero, label %other
zero:
  %sign = fneg double %x
  %inf = call double @llvm.copysign.f64(double 0x7FF0000000000000, double %sign)
  ret double %inf
other:
  %whole = fcmp ueq double %r, %x
  br i1 %whole, label %nothing, label %reflect
nothing:
  ret double 0x7FF8000000000000
reflect:
  %d = fsub double %x, %r
  %a = call double @llvm.fabs.f64(double %d)
  %near = fcmp olt double %a, 0.25
  %c = fsub double 0.5, %a
  %arg = select i1 %near, double %a, double %c
  %angle = fmul double %arg, 0x400921FB54442D18
  %tan = call double @tan(double %angle)
  %over = fdiv double 1.0, %tan
  %cot0 = select i1 %near, double %over, double %tan
  %cot = call double @llvm.copysign.f64(double %cot0, double %d)
  %pc = fmul double %cot, 0x400921FB54442D18
  %y = fsub double 1.0, %x
  %psi = call double @cad.digamma.f64.1(double %y)
  %s = fsub double %psi, %pc
  ret double %s
}
"""

_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798,
              -174611 / 330, 854513 / 138, -236364091 / 2730)


def _maclaurin() -> tuple[str, str]:
    """1/2 + Σ B₂ₖ/(2k)! s(s+1)…(s+2k-2) y^(1-2k), unrolled."""
    lines, total, factorial = [], "0.5", 1.0
    for k, b in enumerate(_BERNOULLI, 1):
        factorial *= (2 * k - 1) * (2 * k)
        if k == 1:
            lines.append("  %t1 = fmul double %s, %v")
        else:
            lines += [f"  %a{k} = fadd double %s, {float(2 * k - 3)}", f"  %b{k} = fadd double %s, {float(2 * k - 2)}",
                      f"  %c{k} = fmul double %a{k}, %v", f"  %d{k} = fmul double %b{k}, %v",
                      f"  %e{k} = fmul double %c{k}, %d{k}", f"  %t{k} = fmul double %t{k - 1}, %e{k}"]
        lines += [f"  %f{k} = fmul double %t{k}, {_hex(b / factorial)}", f"  %sum{k} = fadd double {total}, %f{k}"]
        total = f"%sum{k}"
    return "\n".join(lines), total


def _hex(x: float) -> str:
    return "0x" + struct.pack(">d", x).hex().upper()


_SERIES, _SUM = _maclaurin()

POLYGAMMA = f"""
define internal double @cad.hurwitz(double %s, double %x) noinline nounwind {{
entry:
  %m = fneg double %s
  %end = fadd double %s, 12.0
  br label %test
test:
  %q = phi double [ %x, %entry ], [ %q1, %more ]
  %head = phi double [ 0.0, %entry ], [ %head1, %more ]
  %low = fcmp olt double %q, %end
  br i1 %low, label %more, label %tail
more:
  %p = call double @pow(double %q, double %m)
  %head1 = fadd double %head, %p
  %q1 = fadd double %q, 1.0
  br label %test
tail:
  %v = fdiv double 1.0, %q
{_SERIES}
  %s1 = fsub double %s, 1.0
  %lead = fdiv double %q, %s1
  %all = fadd double %lead, {_SUM}
  %w = call double @pow(double %q, double %m)
  %rest = fmul double %w, %all
  %result = fadd double %head, %rest
  ret double %result
}}

define internal double @cad.polygamma.scalar(i64 %m, double %x) noinline nounwind {{
entry:
  %plain = icmp eq i64 %m, 0
  br i1 %plain, label %digamma, label %check
digamma:
  %psi = call double @cad.digamma.f64.1(double %x)
  ret double %psi
check:
  %bad = icmp slt i64 %m, 0
  %nan = fcmp uno double %x, %x
  %no = or i1 %bad, %nan
  br i1 %no, label %nothing, label %go
nothing:
  ret double 0x7FF8000000000000
go:
  %bit = and i64 %m, 1
  %odd = icmp ne i64 %bit, 0
  %sign = select i1 %odd, double 1.0, double -1.0
  %mf = sitofp i64 %m to double
  %s = fadd double %mf, 1.0
  %positive = fcmp ogt double %x, 0.0
  br i1 %positive, label %right, label %left
right:
  %infinite = fcmp oeq double %x, 0x7FF0000000000000
  br i1 %infinite, label %far, label %sum
far:
  %z0 = call double @llvm.copysign.f64(double 0.0, double %sign)
  ret double %z0
sum:
  %h = call double @cad.hurwitz(double %s, double %x)
  br label %scale
left:
  %fl = call double @llvm.floor.f64(double %x)
  %whole = fcmp oeq double %fl, %x
  br i1 %whole, label %pole, label %two
pole:
  %zero = fcmp oeq double %x, 0.0
  %mx = fneg double %x
  %side = call double @llvm.copysign.f64(double 0x7FF0000000000000, double %mx)
  %even = select i1 %zero, double %side, double 0x7FF8000000000000
  %finite = fcmp ogt double %x, 0xFFF0000000000000
  %up = select i1 %finite, double 0x7FF0000000000000, double 0x7FF8000000000000
  %value = select i1 %odd, double %up, double %even
  ret double %value
two:
  %ce = call double @llvm.ceil.f64(double %x)
  %f = fsub double %ce, %x
  %g = fsub double %x, %fl
  %beyond = fsub double 1.0, %x
  %hf = call double @cad.hurwitz(double %s, double %f)
  %hb = call double @cad.hurwitz(double %s, double %beyond)
  %hg = call double @cad.hurwitz(double %s, double %g)
  %df = fsub double %hf, %hb
  %signed = fmul double %df, %sign
  %both = fadd double %signed, %hg
  br label %scale
scale:
  %zeta = phi double [ %h, %sum ], [ %both, %two ]
  %large = icmp sgt i64 %m, 150
  br i1 %large, label %logs, label %direct
direct:
  %factorial = call double @tgamma(double %s)
  %d1 = fmul double %factorial, %zeta
  %d2 = fmul double %d1, %sign
  ret double %d2
logs:
  %lg = call double @lgamma(double %s)
  %az = call double @llvm.fabs.f64(double %zeta)
  %lz = call double @log(double %az)
  %sl = fadd double %lg, %lz
  %ex = call double @exp(double %sl)
  %sg = call double @llvm.copysign.f64(double %ex, double %zeta)
  %l2 = fmul double %sg, %sign
  ret double %l2
}}
"""
