"""Rings for coefficients: the scalars of a domain, and truncated series over a ring that may be series again.

    u = Σ u_k t^k,  normalised coefficients as a tuple
    I(g,u)_k = (1/k) Σ_{j=1..k} j u_j g_{k-j}                               the integral of g u'
    Q(v,s)_k = (v_k - (1/k) Σ_{j=1..k-1} j y_j s_{k-j}) / s_0               the integral of v'/s

What each primitive does with these building blocks is in `series`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Protocol

from catad.types.type import I64, Scalar

from .domain import Domain, Meaning, decided

__all__ = ["Coefficients", "Ring", "ScalarRing", "SeriesRing"]

Coefficients = tuple[Any, ...]


class Ring(Protocol):
    """Where coefficients lie."""

    def call(self, name: str, *args: Any) -> Any:
        """A primitive on elements (and i64 where the row says so)."""

    def number(self, value: int | Fraction | float) -> Any:
        """A constant."""

    def leading(self, x: Any) -> Any:
        """The scalar at the head of an element."""

    def test(self, name: str, *args: Any) -> bool:
        """A comparison of leading scalars, which must be decided."""

    def is_zero(self, x: Any) -> bool:
        """Is every coefficient zero?"""


class ScalarRing:
    """The scalars of a domain."""

    def __init__(self, domain: Domain, scalar: Scalar) -> None:
        self.domain, self.scalar = domain, scalar
        self._rows: dict[str, Meaning] = {}

    def call(self, name: str, *args: Any) -> Any:
        meaning = self._rows.get(name)
        if meaning is None:
            types = {"powi": (self.scalar, I64), "polygamma": (I64, self.scalar)}.get(name, (self.scalar,) * len(args))
            meaning = self._rows[name] = self.domain.row(name, types)
        return meaning(*args)

    def number(self, value: int | Fraction | float) -> Any:
        return self.domain.const(value, self.scalar)

    def leading(self, x: Any) -> Any:
        return x

    def test(self, name: str, *args: Any) -> bool:
        return decided(self.domain, self.call(name, *args))

    def is_zero(self, x: Any) -> bool:
        return self.test("eq", x, self.number(0))


class SeriesRing:
    """Series of one order over a base ring; `rules` say what primitives do to them."""

    def __init__(self, base: Ring, order: int, rules: Mapping[str, Callable[..., Any]]) -> None:
        self.base, self.order, self.rules = base, order, rules
        self.zero = base.number(0)

    def call(self, name: str, *args: Any) -> Any:
        rule = self.rules.get(name)
        return self.leading_only(name, *args) if rule is None else rule(self, *args)

    def number(self, value: int | Fraction | float) -> Coefficients:
        return self.constant(self.base.number(value))

    def leading(self, x: Coefficients) -> Any:
        return self.base.leading(x[0])

    def test(self, name: str, *args: Coefficients) -> bool:
        return self.base.test(name, *(x[0] for x in args))

    def lower(self) -> SeriesRing:
        """One order less, where derivatives lie."""
        return SeriesRing(self.base, self.order - 1, self.rules)

    # ── building blocks ────────────────────────────────────────────────────────────────────────────────────────

    def constant(self, value: Any) -> Coefficients:
        return (value,) + (self.zero,) * self.order

    def leading_only(self, name: str, *args: Any) -> Any:
        """Comparisons and conversions to integers, on leading coefficients."""
        return self.base.call(name, *(x[0] if isinstance(x, tuple) else x for x in args))

    def each(self, name: str, *args: Coefficients) -> Coefficients:
        """A row that acts coefficient by coefficient."""
        return tuple(self.base.call(name, *c) for c in zip(*args, strict=True))

    def sum(self, terms: Sequence[Any]) -> Any:
        total = terms[0] if terms else self.zero
        for t in terms[1:]:
            total = self.base.call("add", total, t)
        return total

    def times(self, k: int | Fraction | float, x: Any) -> Any:
        return self.base.call("mul", self.base.number(k), x)

    def convolve(self, a: Sequence[Any], b: Sequence[Any], k: int, lo: int = 0, hi: int | None = None) -> Any:
        """Σ_{j=lo..hi} a_j b_{k-j}."""
        return self.sum([self.base.call("mul", a[j], b[k - j]) for j in range(lo, (k if hi is None else hi) + 1)])

    def product(self, a: Sequence[Any], b: Sequence[Any]) -> Coefficients:
        return tuple(self.convolve(a, b, k) for k in range(self.order + 1))

    def integral_at(self, g: Sequence[Any], u: Sequence[Any], k: int) -> Any:
        """I(g,u)_k; needs g up to k-1."""
        total = self.sum([self.base.call("mul", self.times(j, u[j]), g[k - j]) for j in range(1, k + 1)])
        return self.over(total, k)

    def over(self, x: Any, k: int) -> Any:
        return x if k == 1 else self.base.call("div", x, self.base.number(k))

    def integral(self, start: Any, g: Sequence[Any], u: Sequence[Any]) -> Coefficients:
        """The integral of g u' that starts so."""
        return (start, *(self.integral_at(g, u, k) for k in range(1, self.order + 1)))

    def quotient(self, start: Any, v: Sequence[Any], s: Sequence[Any]) -> Coefficients:
        """The integral of v'/s that starts so."""
        y = [start]
        for k in range(1, self.order + 1):
            known = self.sum([self.base.call("mul", self.times(j, y[j]), s[k - j]) for j in range(1, k)])
            y.append(self.base.call("div", self.base.call("sub", v[k], self.over(known, k)), s[0]))
        return tuple(y)

    def compose(self, outer: Sequence[Any], u: Coefficients) -> Coefficients:
        """Σ c_m (u - u_0)^m by Horner's rule."""
        w = (self.zero, *u[1:])
        total = self.constant(outer[-1])
        for c in reversed(outer[:-1]):
            total = self.product(total, w)
            total = (self.base.call("add", total[0], c), *total[1:])
        return total

    def is_zero(self, x: Coefficients) -> bool:
        return all(self.base.is_zero(c) for c in x)

    def is_constant(self, x: Coefficients) -> bool:
        """Are all coefficients but the leading one zero?"""
        return all(self.base.is_zero(c) for c in x[1:])
