"""The laws of Taylor mode, as pairs of maps.

    J(f ; h) = J(f) ; J(h)        J(1) = 1        the first r coefficients of an order-R jet are the order-r jet
    order 1 = D                   order 2 along a line = D D / 2              R over J is adjoint to D over J

Source: Huot, Staton, Vákár, arXiv 2101.06757. Functoriality and random series are what tells f″·v from f″·v².
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from catad.proofs.laws import Law, Maps, Pairs, dot_product
from catad.proofs.maps import Calculus, Map, Obj, identity, jet_object, pair, project, zero

from catad.net.build import Builder
from catad.types.type import F64, I64, Array

__all__ = ["JET_LAWS"]

ORDER = 3


def prefix(a: Obj, r: int, order: int) -> Map:
    """A[order] → A[r]."""
    b = Builder()
    ins = [b.input(t) for t in jet_object(a, order)]
    return Map(b.net(*(b.prim("stack", *(b.prim("index", w, b.const(k, I64)) for k in range(r))) for w in ins)))


def stacked(a: Obj, n: int) -> Map:
    """A ⊗ … ⊗ A → A[n]."""
    b = Builder()
    ins = [[b.input(t) for t in a] for _ in range(n)]
    return Map(b.net(*(b.prim("stack", *column) for column in zip(*ins, strict=True))))


def half(a: Obj) -> Map:
    """Multiplication by ½."""
    b = Builder()
    out = []
    for t in a:
        x = b.input(t)
        if isinstance(t, Array):
            body = Builder()
            u, i = body.input(t), body.input(I64)
            y = body.prim("mul", body.prim("index", u, i), body.const(0.5, F64))
            out.append(b.loop(t.size, body.net(y), [x])[0])
        else:
            out.append(b.prim("mul", x, b.const(0.5, F64)))
    return Map(b.net(*out))


def composition(k: Calculus, m: Maps) -> Pairs:
    yield ("J(f;h) = J(f);J(h)", k.unfolded(k.J(m.f >> m.h, ORDER)),
           k.unfolded(k.J(m.f, ORDER)) >> k.unfolded(k.J(m.h, ORDER)))


def unit(k: Calculus, m: Maps) -> Pairs:
    a, b, _ = m.objects
    yield "J(1) = 1", k.unfolded(k.J(identity(a), ORDER)), identity((*a, *jet_object(a, ORDER)))
    yield ("J(π₁) = π₁", k.unfolded(k.J(project((a, b), 1), ORDER)),
           project((a, b, jet_object(a, ORDER), jet_object(b, ORDER)), 1, 3))


def shorter(k: Calculus, m: Maps) -> Pairs:
    a, b, _ = m.objects
    long, short = k.unfolded(k.J(m.f, ORDER + 1)), k.unfolded(k.J(m.f, 2))
    yield ("prefix", long >> (identity(b) * prefix(b, 2, ORDER + 1)), (identity(a) * prefix(a, 2, ORDER + 1)) >> short)


def first(k: Calculus, m: Maps) -> Pairs:
    a, b, _ = m.objects
    yield ("order 1 = D", (identity(a) * stacked(a, 1)) >> k.unfolded(k.J(m.f, 1)),
           pair(project((a, a), 0) >> m.f, k.D(m.f) >> stacked(b, 1)))


def second(k: Calculus, m: Maps) -> Pairs:
    a, b, _ = m.objects
    line = pair(project((a, a), 0), pair(project((a, a), 1), zero((*a, *a), a)) >> stacked(a, 2))
    twice = pair(identity((*a, *a)), pair(project((a, a), 1), zero((*a, *a), a))) >> k.D(k.D(m.f))
    yield ("order 2 along a line = D D / 2", line >> k.unfolded(k.J(m.f, 2)),
           pair(project((a, a), 0) >> m.f, pair(k.D(m.f), twice >> half(b)) >> stacked(b, 2)))


def meaning(k: Calculus, m: Maps) -> Pairs:
    j = k.J(m.f, ORDER)
    yield "series mean their coefficients", j, k.unfolded(j)


def adjoint(k: Calculus, m: Maps) -> Pairs:
    """R acts on the series themselves: the dagger of a series product is correlation."""
    j = k.J(m.f, 2)
    for part, left, right in dot_product(k, Maps(j, j, j)):
        yield part, k.unfolded(left), k.unfolded(right)


def tangents(k: Calculus, m: Maps) -> Pairs:
    """D(J f) = J(D f), up to the order of wires."""
    a, b, _ = m.objects
    n = 2
    ja, jb = jet_object(a, n), jet_object(b, n)
    left = pair(project((a, ja, a, ja), 0, 1) >> k.J(m.f, n), k.D(k.J(m.f, n)))
    both = pair(project((a, a), 0) >> m.f, k.D(m.f))
    right = (project((a, ja, a, ja), 0, 2, 1, 3) >> k.J(both, n)) >> project((b, b, jb, jb), 0, 2, 1, 3)
    yield "D(J f) = J(D f)", k.unfolded(left), k.unfolded(right)


_ALL = (
    Law("jet-composition", "jets compose", composition),
    Law("jet-unit", "jets of identities and projections", unit),
    Law("jet-prefix", "a shorter jet is the beginning of a longer one", shorter),
    Law("jet-order-1", "the first coefficient is the derivative", first),
    Law("jet-order-2", "the second along a line is half the second derivative", second),
    Law("jet-meaning", "unfolding series keeps their meaning", meaning),
    Law("jet-adjoint", "reverse over Taylor is adjoint to forward over Taylor", adjoint),
    Law("jet-tangent", "forward and Taylor commute", tangents),
)

JET_LAWS: Mapping[str, Law] = MappingProxyType({law.name: law for law in _ALL})
