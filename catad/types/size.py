"""Sizes: polynomials in size variables with rational coefficients, in normal form.

    Size  =  Σ  c · x₁^e₁ ⋯ xₖ^eₖ          e.g.  n,  2*n+1,  d*(d-1)/2

They form a commutative ring; equality of values is equality of normal forms. A size is integer-valued where
it is used (d*(d-1)/2 is, although its coefficients are not integers).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

__all__ = ["Monomial", "Size", "is_hidden"]

Monomial = tuple[tuple[str, int], ...]      # variables in ascending order, exponents ≥ 1; () is the constant 1


@dataclass(frozen=True)
class Size:
    """A polynomial; `terms` holds the non-zero coefficients by ascending monomial."""

    terms: tuple[tuple[Monomial, Fraction], ...]

    @staticmethod
    def of(value: int | Fraction) -> Size:
        return Size((((), Fraction(value)),) if value else ())

    @staticmethod
    def var(name: str) -> Size:
        return Size(((((name, 1),), Fraction(1)),))

    @staticmethod
    def _make(terms: Mapping[Monomial, Fraction]) -> Size:
        return Size(tuple(sorted((m, c) for m, c in terms.items() if c)))

    def __add__(self, other: Size | int) -> Size:
        more = _size(other).terms
        if not more or not self.terms:
            return self if not more else Size(more)
        terms = dict(self.terms)
        _into(terms, more)
        return Size._make(terms)

    def __neg__(self) -> Size:
        return Size(tuple((m, -c) for m, c in self.terms))

    def __sub__(self, other: Size | int) -> Size:
        return self + (-_size(other))

    def __mul__(self, other: Size | int | Fraction) -> Size:
        factor = Size.of(other) if isinstance(other, Fraction) else _size(other)
        if factor.constant == 1:
            return self
        return Size._make(_product(self.terms, factor.terms))

    def __pow__(self, exponent: int) -> Size:
        result = Size.of(1)
        for _ in range(exponent):
            result = result * self
        return result

    def __truediv__(self, divisor: int) -> Size:
        return self * Fraction(1, divisor)

    @cached_property
    def constant(self) -> int | None:
        """Its value, when it mentions no variable."""
        if not self.terms:
            return 0
        if len(self.terms) == 1 and self.terms[0][0] == () and self.terms[0][1].denominator == 1:
            return int(self.terms[0][1])
        return None

    @cached_property
    def variable(self) -> str | None:
        """The name x, when the size is just x."""
        if len(self.terms) == 1:
            m, c = self.terms[0]
            if c == 1 and len(m) == 1 and m[0][1] == 1:
                return m[0][0]
        return None

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The variables that occur, ascending."""
        return tuple(sorted({x for m, _ in self.terms for x, _ in m}))

    def subst(self, env: Mapping[str, Size]) -> Size:
        """Replace variables by sizes, all at once."""
        if not any(x in env for x in self.variables):
            return self
        terms: dict[Monomial, Fraction] = {}
        for m, c in self.terms:
            product: dict[Monomial, Fraction] = {tuple(p for p in m if p[0] not in env): c}
            for x, e in m:
                if x in env:
                    for _ in range(e):
                        product = _product(product.items(), env[x].terms)
            _into(terms, product.items())
        return Size._make(terms)

    def solved(self, value: int, env: Mapping[str, int]) -> Iterator[tuple[str, int]]:
        """The variable for which the size has this value, and its own, if one is unknown and stands alone in it."""
        unknown = [x for x in self.variables if x not in env]
        if len(unknown) != 1:
            return
        x = unknown[0]
        factor = dict(self.terms).get(((x, 1),))
        if factor is None or any(x == y for m, _ in self.terms for y, _ in m if m != ((x, 1),)):
            return
        n = (value - self.subst({x: Size.of(0)}).evaluate(env)) / factor
        if n.denominator == 1 and n >= 0:
            yield x, int(n)

    def evaluate(self, env: Mapping[str, int]) -> int:
        """Its value at integers; raises KeyError for an unbound variable."""
        total = Fraction(0)
        for m, c in self.terms:
            value = c
            for x, e in m:
                value *= env[x] ** e
            total += value
        return int(total)

    def upper(self, other: Size) -> Size:
        """A size that is at least either, whatever sizes their variables stand for (none is negative)."""
        mine, theirs = dict(self.terms), dict(other.terms)
        zero = Fraction(0)
        return Size._make({m: max(mine.get(m, zero), theirs.get(m, zero)) for m in (*mine, *theirs)})

    def __str__(self) -> str:
        if not self.terms:
            return "0"
        common = 1
        for _, c in self.terms:
            common = common * c.denominator // _gcd(common, c.denominator)
        ordered = sorted(self.terms, key=lambda t: (-sum(e for _, e in t[0]), t[0]))
        parts: list[str] = []
        for m, c in ordered:
            k = int(c * common)
            body = "*".join(x if e == 1 else f"{x}^{e}" for x, e in m)
            head = body if abs(k) == 1 and body else str(abs(k)) + (f"*{body}" if body else "")
            sign = "-" if k < 0 else "+"
            parts.append((("-" if k < 0 else "") + head) if not parts else f" {sign} {head}")
        text = "".join(parts)
        return text if common == 1 else f"({text})/{common}"


def is_hidden(name: str) -> bool:
    """Is this the number of nodes of a tree, which no program mentions?"""
    return name.startswith("$") and not name[1:2].isdigit()


def _size(x: Size | int) -> Size:
    return x if isinstance(x, Size) else Size.of(x)


def _into(terms: dict[Monomial, Fraction], more: Iterable[tuple[Monomial, Fraction]]) -> None:
    for m, c in more:
        old = terms.get(m)
        terms[m] = c if old is None else old + c


def _product(a: Iterable[tuple[Monomial, Fraction]],
             b: Sequence[tuple[Monomial, Fraction]]) -> dict[Monomial, Fraction]:
    terms: dict[Monomial, Fraction] = {}
    for m, c in a:
        _into(terms, [(_times(m, n), c if d == 1 else d if c == 1 else c * d) for n, d in b])
    return terms


def _times(m: Monomial, n: Monomial) -> Monomial:
    if not m or not n:
        return m or n
    powers = dict(m)
    for x, e in n:
        powers[x] = powers.get(x, 0) + e
    return tuple(sorted(powers.items()))


def _gcd(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a
