"""What each primitive does to truncated power series: the recurrences of the classical Taylor method.

    y = f(u),  u = Σ u_k t^k        y' = g(u, y) u'  is solved coefficient by coefficient (Jorba and Zou 2005)

The Taylor functor goes another way (it solves the equations of catad/ops/*.cad), so each tests the other. What has
no derivative decides on the leading coefficient.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from catad.types.type import Scalar, Series, Type

from .domain import Domain
from .ring import Coefficients, Ring, ScalarRing, SeriesRing

__all__ = ["ring_of"]


def ring_of(domain: Domain, t: Type) -> Ring:
    """The ring of a scalar or series type."""
    if isinstance(t, Series):
        return SeriesRing(ring_of(domain, t.item), t.order, RULES)
    assert isinstance(t, Scalar)
    return ScalarRing(domain, t)


# ── the ring, division, roots ──────────────────────────────────────────────────────────────────────────────────


def _corr(r: SeriesRing, a: Coefficients, b: Coefficients) -> Coefficients:
    """Σ_{k≥j} a_{k-j} b_k, the dagger of b ↦ a b."""
    return tuple(r.sum([r.base.call("corr", a[k - j], b[k]) for k in range(j, r.order + 1)])
                 for j in range(r.order + 1))


def _div(r: SeriesRing, u: Coefficients, v: Coefficients) -> Coefficients:
    y: list[Any] = []
    for k in range(r.order + 1):
        known = r.convolve(v, [*y, None], k, lo=1)
        y.append(r.base.call("div", r.base.call("sub", u[k], known) if k else u[0], v[0]))
    return tuple(y)


def _sqrt(r: SeriesRing, u: Coefficients) -> Coefficients:
    y = [r.base.call("sqrt", u[0])]
    for k in range(1, r.order + 1):
        rest = r.base.call("sub", u[k], r.convolve(y, y, k, 1, k - 1)) if k > 1 else u[1]
        y.append(r.base.call("div", rest, r.times(2, y[0])))
    return tuple(y)


def _cbrt(r: SeriesRing, u: Coefficients) -> Coefficients:
    """3 y² y' = u', with the square convolved on the way."""
    y = [r.base.call("cbrt", u[0])]
    square = [r.base.call("mul", y[0], y[0])]
    for k in range(1, r.order + 1):
        known = r.sum([r.base.call("mul", r.times(3 * j, y[j]), square[k - j]) for j in range(1, k)])
        rest = r.base.call("sub", u[k], r.over(known, k)) if k > 1 else u[1]
        y.append(r.base.call("div", rest, r.times(3, square[0])))
        square.append(r.convolve(y, y, k))
    return tuple(y)


def _hypot(r: SeriesRing, u: Coefficients, v: Coefficients) -> Coefficients:
    """y² = u² + v²; constant where it is zero."""
    start = r.base.call("hypot", u[0], v[0])
    if r.base.test("eq", start, r.zero):
        return r.constant(start)
    y = [start]                                   # y y' = u u' + v v', so the squares of large values are not met
    p, q = r.base.call("div", u[0], start), r.base.call("div", v[0], start)
    for k in range(1, r.order + 1):
        rest = r.sum([r.base.call("mul", a[j], a[k - j]) for a in (u, v) for j in range(1, k)])
        rest = r.base.call("sub", rest, r.convolve(y, y, k, 1, k - 1)) if k > 1 else rest
        head = r.base.call("add", r.base.call("mul", p, u[k]), r.base.call("mul", q, v[k]))
        y.append(r.base.call("add", head, r.base.call("div", rest, r.times(2, start))) if k > 1 else head)
    return tuple(y)


# ── exponentials and logarithms ────────────────────────────────────────────────────────────────────────────────


def _exp(r: SeriesRing, u: Coefficients) -> Coefficients:
    y = [r.base.call("exp", u[0])]
    for k in range(1, r.order + 1):
        y.append(r.integral_at(y, u, k))
    return tuple(y)


def _expm1(r: SeriesRing, u: Coefficients) -> Coefficients:
    return (r.base.call("expm1", u[0]), *_exp(r, u)[1:])


def _log(r: SeriesRing, u: Coefficients) -> Coefficients:
    return r.quotient(r.base.call("log", u[0]), u, u)


def _log1p(r: SeriesRing, u: Coefficients) -> Coefficients:
    return r.quotient(r.base.call("log1p", u[0]), u, _shift(r, u, 1))


def _shift(r: SeriesRing, u: Coefficients, by: int) -> Coefficients:
    return (r.base.call("add", r.base.number(by), u[0]), *u[1:])


def _neg(r: SeriesRing, u: Coefficients) -> Coefficients:
    return r.each("neg", u)


# ── circular and hyperbolic functions ──────────────────────────────────────────────────────────────────────────


def _pair(names: tuple[str, str], sign: int, which: int) -> Callable[[SeriesRing, Coefficients], Coefficients]:
    """s' = c u', c' = ± s u'."""
    def rule(r: SeriesRing, u: Coefficients) -> Coefficients:
        s, c = [r.base.call(names[0], u[0])], [r.base.call(names[1], u[0])]
        for k in range(1, r.order + 1):
            following = r.integral_at(c, u, k), r.integral_at(s, u, k)
            s.append(following[0])
            c.append(following[1] if sign > 0 else r.base.call("neg", following[1]))
        return tuple((s, c)[which])
    return rule


def _tan(r: SeriesRing, u: Coefficients) -> Coefficients:
    """y' = w u', w = 1 + y²."""
    y = [r.base.call("tan", u[0])]
    w = [r.base.call("add", r.base.number(1), r.base.call("mul", y[0], y[0]))]
    for k in range(1, r.order + 1):
        y.append(r.integral_at(w, u, k))
        w.append(r.convolve(y, y, k))
    return tuple(y)


def _tanh_sech2(r: SeriesRing, u: Coefficients) -> tuple[Coefficients, Coefficients]:
    """y' = w u', w' = -2 y w u'; w_0 directly, since 1 - y² cancels."""
    y, w = [r.base.call("tanh", u[0])], [r.base.call("sech2", u[0])]
    g: list[Any] = []
    for k in range(1, r.order + 1):
        g.append(r.times(-2, r.convolve(y, w, k - 1)))
        y.append(r.integral_at(w, u, k))
        w.append(r.integral_at(g, u, k))
    return tuple(y), tuple(w)


def _one_minus_square(r: SeriesRing, u: Coefficients) -> Coefficients:
    return r.product(_shift(r, _neg(r, u), 1), _shift(r, u, 1))


def _asin(r: SeriesRing, u: Coefficients) -> Coefficients:
    return r.quotient(r.base.call("asin", u[0]), u, _sqrt(r, _one_minus_square(r, u)))


def _acos(r: SeriesRing, u: Coefficients) -> Coefficients:
    return r.quotient(r.base.call("acos", u[0]), _neg(r, u), _sqrt(r, _one_minus_square(r, u)))


def _atan(r: SeriesRing, u: Coefficients) -> Coefficients:
    return r.quotient(r.base.call("atan", u[0]), u, _shift(r, r.product(u, u), 1))


def _asinh(r: SeriesRing, u: Coefficients) -> Coefficients:
    return r.quotient(r.base.call("asinh", u[0]), u, _hypot(r, r.number(1), u))


def _acosh(r: SeriesRing, u: Coefficients) -> Coefficients:
    root = r.product(_sqrt(r, _shift(r, u, -1)), _sqrt(r, _shift(r, u, 1)))
    return r.quotient(r.base.call("acosh", u[0]), u, root)


def _atanh(r: SeriesRing, u: Coefficients) -> Coefficients:
    return r.quotient(r.base.call("atanh", u[0]), u, _one_minus_square(r, u))


def _atan2(r: SeriesRing, v: Coefficients, u: Coefficients) -> Coefficients:
    """a' = (u v' - v u') / (u² + v²)."""
    square = r.each("add", r.product(u, u), r.product(v, v))
    area = r.each("sub", r.integral(r.zero, u, v), r.integral(r.zero, v, u))
    return r.quotient(r.base.call("atan2", v[0], u[0]), area, square)


# ── special functions ──────────────────────────────────────────────────────────────────────────────────────────


def _gauss(name: str, factor: float) -> Callable[[SeriesRing, Coefficients], Coefficients]:
    def rule(r: SeriesRing, u: Coefficients) -> Coefficients:
        g = tuple(r.times(factor, c) for c in _exp(r, _neg(r, r.product(u, u))))
        return r.integral(r.base.call(name, u[0]), g, u)
    return rule


def _gamma_like(name: str) -> Callable[[SeriesRing, Coefficients], Coefficients]:
    """No algebraic equation exists (Hölder): the outer series is ψ^(m)/m!, composed."""
    def rule(r: SeriesRing, u: Coefficients) -> Coefficients:
        first = -1 if name == "lgamma" else 0
        return r.compose(_outer(r, r.base.call(name, u[0]), first, u[0]), u)
    return rule


def _polygamma(r: SeriesRing, m: int, u: Coefficients) -> Coefficients:
    return r.compose(_outer(r, r.base.call("polygamma", m, u[0]), m, u[0]), u)


def _outer(r: SeriesRing, start: Any, m: int, x: Any) -> list[Any]:
    outer, factorial = [start], 1
    for k in range(1, r.order + 1):
        factorial *= k
        value = r.base.call("digamma", x) if m + k == 0 else r.base.call("polygamma", m + k, x)
        outer.append(r.times(Fraction(1, factorial), value))
    return outer


# ── powers ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _powi(r: SeriesRing, u: Coefficients, n: int) -> Coefficients:
    """y' = n u^(n-1) u', where u^(n-1) is needed to one order less; a zero power is constant."""
    start = r.base.call("powi", u[0], n)
    if n == 0 or r.order == 0:
        return r.constant(start)
    lower = r.lower()
    g = [r.times(n, c) for c in _powi(lower, u[:-1], n - 1)]
    return r.integral(start, g, u)


def _pow(r: SeriesRing, u: Coefficients, p: Coefficients) -> Coefficients:
    """y' = p u^(p-1) u' + y log u p', each part absent where its factor u' or p' is."""
    start = r.base.call("pow", u[0], p[0])
    if r.order == 0:
        return (start,)
    y: list[Any] = [start]
    fixed, still = r.is_constant(p), r.is_constant(u)
    lower = r.lower()
    g: Coefficients = () if still else _slope(lower, u[:-1], p[:-1])
    logs: Coefficients = () if fixed else _log(r, u)
    flat = fixed or r.base.test("eq", start, r.zero)
    h: list[Any] = []
    for k in range(1, r.order + 1):
        value = r.zero if still else r.integral_at(g, u, k)
        if not flat:
            h.append(r.convolve(y, logs, k - 1))
            value = r.base.call("add", value, r.integral_at(h, p, k))
        y.append(value)
    return tuple(y)


def _slope(r: SeriesRing, u: Coefficients, p: Coefficients) -> Coefficients:
    """p u^(p-1), zero where p is."""
    if r.is_zero(p):
        return r.constant(r.zero)
    return r.product(p, _pow(r, u, _shift(r, p, -1)))


# ── what decides on the leading coefficient ────────────────────────────────────────────────────────────────────


def _flat(name: str) -> Callable[[SeriesRing, Coefficients], Coefficients]:
    return lambda r, u: r.constant(r.base.call(name, u[0]))


def _abs(r: SeriesRing, u: Coefficients) -> Coefficients:
    sign = r.base.call("sign", u[0])
    return (r.base.call("abs", u[0]), *(r.base.call("mul", sign, c) for c in u[1:]))


def _max(r: SeriesRing, u: Coefficients, v: Coefficients) -> Coefficients:
    return (r.base.call("max", u[0], v[0]), *(v if r.test("lt", u, v) else u)[1:])


def _min(r: SeriesRing, u: Coefficients, v: Coefficients) -> Coefficients:
    return (r.base.call("min", u[0], v[0]), *(v if r.test("lt", v, u) else u)[1:])


def _each(name: str) -> Callable[..., Coefficients]:
    return lambda r, *args: r.each(name, *args)


_TWO_OVER_SQRT_PI = 1.1283791670955126

RULES: MappingProxyType[str, Callable[..., Any]] = MappingProxyType({
    **{name: _each(name) for name in ("add", "sub", "neg", "to_f64", "to_f32")},
    **{name: _flat(name) for name in ("sign", "floor", "ceil", "round", "trunc")},
    "mul": SeriesRing.product, "corr": _corr, "div": _div, "sqrt": _sqrt, "cbrt": _cbrt, "hypot": _hypot,
    "exp": _exp, "expm1": _expm1, "log": _log, "log1p": _log1p,
    "sin": _pair(("sin", "cos"), -1, 0), "cos": _pair(("sin", "cos"), -1, 1),
    "sinh": _pair(("sinh", "cosh"), 1, 0), "cosh": _pair(("sinh", "cosh"), 1, 1),
    "tan": _tan, "tanh": lambda r, u: _tanh_sech2(r, u)[0], "sech2": lambda r, u: _tanh_sech2(r, u)[1],
    "asin": _asin, "acos": _acos, "atan": _atan, "atan2": _atan2,
    "asinh": _asinh, "acosh": _acosh, "atanh": _atanh,
    "erf": _gauss("erf", _TWO_OVER_SQRT_PI), "erfc": _gauss("erfc", -_TWO_OVER_SQRT_PI),
    "lgamma": _gamma_like("lgamma"), "digamma": _gamma_like("digamma"), "polygamma": _polygamma,
    "abs": _abs, "max": _max, "min": _min, "pow": _pow, "powi": _powi,
})
