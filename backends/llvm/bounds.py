"""Bounds of indices, proved: polynomials over non-negative atoms.

An atom is a size of the entry, a loop variable (0 ≤ i ≤ extent-1 inside its loop) or a size bound inside
(0 ≤ m ≤ hi). A claim p ≥ 0 is reduced in one of two ways to a polynomial that is plainly non-negative, because all
its coefficients are:

    extremes   each atom, newest first, is replaced by its bound on the side where p is least
    slack      0 ≤ s = hi - x is solved for a variable of hi, oldest atom first, and p rewritten in the slacks
               (so that  i·(i-1)/2 + j < d·(d-1)/2  for  j < i < d)
"""

from __future__ import annotations

from fractions import Fraction

from catad.types.size import Size

__all__ = ["Atoms"]


class Atoms:
    """The atoms in scope, in order of birth. `bound` holds those that are not sizes of the entry."""

    def __init__(self) -> None:
        self.bound: dict[str, tuple[Size, Size | None]] = {}        # name → lower, upper
        self.guess: dict[str, int] = {}
        self._order: dict[str, int] = {}
        self._nonneg: dict[Size, bool] = {}

    def entry(self, name: str, guess: int) -> None:
        """A size of the entry."""
        self.guess[name] = guess

    def add(self, name: str, upper: Size | None, guess: int) -> Size:
        """A new atom between 0 and `upper`."""
        self.bound[name] = (Size.of(0), upper)
        self._order[name] = len(self._order)
        self.guess[name] = guess
        return Size.var(name)

    def nonneg(self, p: Size) -> bool:
        """Is p ≥ 0 provable wherever its atoms are defined?"""
        known = self._nonneg.get(p)
        if known is None:
            least = self._extreme(p, -1)
            known = self._nonneg[p] = (least is not None and _plain(least)) or _plain(self._slack(p))
        return known

    def inside(self, index: Size, dim: Size) -> bool:
        """0 ≤ index < dim, provably."""
        return self.nonneg(dim - index - 1) and self.nonneg(index)

    def upper(self, p: Size) -> Size | None:
        """A polynomial in entry sizes that p never exceeds."""
        return self._extreme(p, 1)

    def _extreme(self, p: Size, side: int) -> Size | None:
        for _ in range(len(self.bound) + 1):
            inner = [x for x in p.variables if x in self.bound]
            if not inner:
                return p
            x = max(inner, key=self._order.__getitem__)
            signs = {c > 0 for m, c in p.terms if any(y == x for y, _ in m)}
            if len(signs) == 2:
                return None
            low, high = self.bound[x]
            value = high if signs == {side > 0} else low
            if value is None:
                return None
            p = p.subst({x: value})
        return None

    def _slack(self, p: Size) -> Size:
        """p in terms of slacks, as far as bounds can be solved."""
        solved: list[dict[str, Size]] = []
        for x in self._closure(p):
            upper = self.bound[x][1]
            if upper is None:
                continue
            for s in solved:
                upper = upper.subst(s)
            y = next((v for v in reversed(upper.variables) if v != x and _linear(upper, v)), None)
            if y is not None:
                value = Size.var(x) + Size.var(f"slack%{len(solved)}") - (upper - Size.var(y))
                solved.append({y: value})
                p = p.subst(solved[-1])
        return p

    def _closure(self, p: Size) -> list[str]:
        """The atoms of p and of their bounds, oldest first."""
        found: set[str] = set()
        pending = list(p.variables)
        while pending:
            x = pending.pop()
            if x in self.bound and x not in found:
                found.add(x)
                upper = self.bound[x][1]
                pending.extend(upper.variables if upper is not None else ())
        return sorted(found, key=self._order.__getitem__)

    def estimate(self, p: Size) -> int:
        """A guess of the value of p, for cost estimates."""
        total = Fraction(0)
        for m, c in p.terms:
            for x, e in m:
                c = c * self.guess.get(x, 16) ** e
            total += c
        return max(1, min(int(total), 1 << 20))


def _plain(p: Size) -> bool:
    return all(c > 0 for _, c in p.terms)


def _linear(p: Size, x: str) -> bool:
    """Does x occur only as the term 1·x?"""
    found = [(m, c) for m, c in p.terms if any(y == x for y, _ in m)]
    return len(found) == 1 and found[0][0] == ((x, 1),) and found[0][1] == 1


def integer_valued(p: Size, divisor: int) -> bool:
    """Is p/divisor an integer at all integers? Exact: integrality on a grid of degree+1 points decides."""
    names = p.variables
    degree = max((sum(e for _, e in m) for m, _ in p.terms), default=0)
    if len(names) > 2 or degree > 4:
        return False
    points: list[dict[str, int]] = [{}]
    for x in names:
        points = [{**at, x: k} for at in points for k in range(degree + 1)]
    return all(_value(p, at) % divisor == 0 for at in points)


def _value(p: Size, at: dict[str, int]) -> Fraction:
    total = Fraction(0)
    for m, c in p.terms:
        for x, e in m:
            c = c * at[x] ** e
        total += c
    return total
