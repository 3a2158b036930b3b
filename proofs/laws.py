"""The laws of derivatives, each as a pair of maps that must agree.

    RD.1 … RD.7   reverse derivative categories     (Cockett et al., arXiv 1910.07065)
    CD.1 … CD.7   cartesian differential categories (Blute, Cockett, Seely 2009)
    cross         forward from reverse, the dot-product test, the dagger laws

Axioms catch wrong structure (a forgotten sum at a copy, residuals in the wrong order); by themselves they say nothing
of the rules of primitives, which oracles and other modes judge (`theory`: sin' = -cos passes all seven).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from catad.proofs.choice import Choice
from catad.proofs.maps import (
    Calculus,
    Map,
    Obj,
    addition,
    discard,
    identity,
    injection,
    pair,
    point,
    project,
    values,
    zero,
)

from catad.net.build import Builder
from catad.net.net import Wire
from catad.types.type import F64, I64, Array

__all__ = ["LAWS", "Broken", "Law", "Maps", "Pairs", "agree", "check", "dot_product"]

Pairs = Iterator[tuple[str, Map, Map]]


@dataclass(frozen=True, eq=False)
class Maps:
    """What a law speaks of: f, g : A → B and h : B → C."""

    f: Map
    g: Map
    h: Map

    @property
    def objects(self) -> tuple[Obj, Obj, Obj]:
        return self.f.source, self.f.target, self.h.target


@dataclass(frozen=True, slots=True)
class Law:
    name: str
    says: str
    sides: Callable[[Calculus, Maps], Pairs]


@dataclass(frozen=True, slots=True)
class Broken:
    """A law that failed, at which point."""

    law: str
    part: str
    at: object
    left: object
    right: object


def check(law: Law, calculus: Calculus, maps: Maps, c: Choice, *, exact: bool) -> Broken | None:
    """Compare both sides of a law at a random point."""
    for part, left, right in law.sides(calculus, maps):
        args = point(c, left.source)
        a, b = (values(calculus, side, args, exact=exact) for side in (left, right))
        if not agree(a, b, exact=exact):
            return Broken(law.name, part, args, a, b)
    return None


def agree(a: list[object], b: list[object], *, exact: bool, tolerance: float = 1e-9) -> bool:
    """Equal, or within a relative tolerance of the larger side."""
    if exact or len(a) != len(b):
        return a == b
    scale = max((abs(float(x)) for x in (*a, *b)), default=0.0) + 1.0              # type: ignore[arg-type]
    return all(abs(float(x) - float(y)) <= tolerance * scale for x, y in zip(a, b, strict=True))   # type: ignore[arg-type]


# ── reverse

def rd1(k: Calculus, m: Maps) -> Pairs:
    a, b, _ = m.objects
    yield "R[f+g] = R[f] + R[g]", k.R(m.f + m.g), k.R(m.f) + k.R(m.g)
    yield "R[0] = 0", k.R(zero(a, b)), zero((*a, *b), a)


def rd2(k: Calculus, m: Maps) -> Pairs:
    a, b, _ = m.objects
    r = k.R(m.f)
    yield ("additive", (identity(a) * addition(b)) >> r,
           (project((a, b, b), 0, 1) >> r) + (project((a, b, b), 0, 2) >> r))
    yield "zero", pair(identity(a), zero(a, b)) >> r, zero(a, a)


def rd3(k: Calculus, m: Maps) -> Pairs:
    a, b, _ = m.objects
    yield "R[1] = π₁", k.R(identity(a)), project((a, a), 1)
    yield "R[π₀] = π₁ ; ι₀", k.R(project((a, b), 0)), project((a, b, a), 2) >> injection((a, b), 0)
    yield "R[π₁] = π₁ ; ι₁", k.R(project((a, b), 1)), project((a, b, b), 2) >> injection((a, b), 1)


def rd4(k: Calculus, m: Maps) -> Pairs:
    a, b, _ = m.objects
    yield ("R[⟨f,g⟩]", k.R(pair(m.f, m.g)),
           (project((a, b, b), 0, 1) >> k.R(m.f)) + (project((a, b, b), 0, 2) >> k.R(m.g)))
    yield "R[!] = 0", k.R(discard(a)), zero(a, a)


def rd5(k: Calculus, m: Maps) -> Pairs:
    a, _, c = m.objects
    pi0, pi1 = project((a, c), 0), project((a, c), 1)
    yield ("R[f;h] = ⟨π₀, ⟨π₀;f, π₁⟩ ; R[h]⟩ ; R[f]", k.R(m.f >> m.h),
           pair(pi0, pair(pi0 >> m.f, pi1) >> k.R(m.h)) >> k.R(m.f))


def rd6(k: Calculus, m: Maps) -> Pairs:
    a, b, _ = m.objects
    ab = (*a, *b)
    r = k.R(m.f)
    spread = pair(project((a, b, b), 0, 1), project((a, b, b), 2) >> injection((a, b), 1))
    yield ("D[R[f]]((a,b),(0,c)) = R[f](a,c)",
           spread >> (injection((ab, a), 0) * identity(ab)) >> k.R(k.R(r)) >> project((ab, a), 1),
           project((a, b, b), 0, 2) >> r)


def rd7(k: Calculus, m: Maps) -> Pairs:
    a = m.objects[0]
    second = k.D_from_R(k.D_from_R(m.f))
    yield "mixed partials, D from R", second, project((a, a, a, a), 0, 2, 1, 3) >> second


# ── forward

def cd1(k: Calculus, m: Maps) -> Pairs:
    a, b, _ = m.objects
    yield "D[f+g] = D[f] + D[g]", k.D(m.f + m.g), k.D(m.f) + k.D(m.g)
    yield "D[0] = 0", k.D(zero(a, b)), zero((*a, *a), b)


def cd2(k: Calculus, m: Maps) -> Pairs:
    a, b, _ = m.objects
    d = k.D(m.f)
    yield ("additive", (identity(a) * addition(a)) >> d,
           (project((a, a, a), 0, 1) >> d) + (project((a, a, a), 0, 2) >> d))
    yield "zero", pair(identity(a), zero(a, a)) >> d, zero(a, b)


def cd3(k: Calculus, m: Maps) -> Pairs:
    a, b, _ = m.objects
    yield "D[1] = π₁", k.D(identity(a)), project((a, a), 1)
    yield "D[π₀] = π₁ ; π₀", k.D(project((a, b), 0)), project((a, b, a, b), 2)
    yield "D[π₁] = π₁ ; π₁", k.D(project((a, b), 1)), project((a, b, a, b), 3)


def cd4(k: Calculus, m: Maps) -> Pairs:
    a = m.objects[0]
    yield "D[⟨f,g⟩] = ⟨D[f], D[g]⟩", k.D(pair(m.f, m.g)), pair(k.D(m.f), k.D(m.g))
    yield "D[!] = !", k.D(discard(a)), discard((*a, *a))


def cd5(k: Calculus, m: Maps) -> Pairs:
    a = m.objects[0]
    yield "D[f;h] = ⟨π₀;f, D[f]⟩ ; D[h]", k.D(m.f >> m.h), pair(project((a, a), 0) >> m.f, k.D(m.f)) >> k.D(m.h)


def cd6(k: Calculus, m: Maps) -> Pairs:
    a = m.objects[0]
    d = k.D(m.f)
    spread = pair(project((a, a, a), 0, 1), project((a, a, a), 2) >> injection((a, a), 1))
    yield "D[D[f]]((a,b),(0,c)) = D[f](a,c)", spread >> k.D(d), project((a, a, a), 0, 2) >> d


def cd7(k: Calculus, m: Maps) -> Pairs:
    a = m.objects[0]
    second = k.D(k.D(m.f))
    yield "mixed partials commute", second, project((a, a, a, a), 0, 2, 1, 3) >> second


# ── the modes against each other

def inner(a: Obj) -> Map:
    """⟨x, y⟩ : A ⊗ A → real."""
    b = Builder()
    xs, ys = [b.input(t) for t in a], [b.input(t) for t in a]
    out = b.const(0.0, F64)
    for x, y in zip(xs, ys, strict=True):
        out = _inner_into(b, x, y, out)
    return Map(b.net(out))


def _inner_into(b: Builder, x: Wire, y: Wire, acc: Wire) -> Wire:
    t = b.type(x)
    if not isinstance(t, Array):
        return b.prim("add", acc, b.prim("mul", x, y))
    body = Builder()
    u, v, i, carried = body.input(t), body.input(t), body.input(I64), body.input(F64)
    net = body.net(_inner_into(body, body.prim("index", u, i), body.prim("index", v, i), carried))
    return b.loop(t.size, net, [x, y], [acc], ["add"])[0]


def forward_from_reverse(k: Calculus, m: Maps) -> Pairs:
    yield "D[f] = (ι₀ × 1) ; R[R[f]] ; π₁", k.D(m.f), k.D_from_R(m.f)


def dot_product(k: Calculus, m: Maps) -> Pairs:
    a, b, _ = m.objects
    pi = (a, a, b)
    yield ("⟨v, R[f](a,w)⟩ = ⟨D[f](a,v), w⟩",
           pair(project(pi, 1), project(pi, 0, 2) >> k.R(m.f)) >> inner(a),
           pair(project(pi, 0, 1) >> k.D(m.f), project(pi, 2)) >> inner(b))


def linear_part(k: Calculus, f: Map) -> Map:
    """D[f] at 0 is linear."""
    return injection((f.source, f.source), 1) >> k.D(f)


def daggers(k: Calculus, m: Maps) -> Pairs:
    a, b, _ = m.objects
    f, h = linear_part(k, m.f), linear_part(k, m.h)
    yield "f†† = f", k.dagger(k.dagger(f)), f
    yield "(f;h)† = h†;f†", k.dagger(f >> h), k.dagger(h) >> k.dagger(f)
    yield "1† = 1", k.dagger(identity(a)), identity(a)
    yield "copy† = add", k.dagger(pair(identity(a), identity(a))), addition(a)
    yield "add† = copy", k.dagger(addition(a)), pair(identity(a), identity(a))
    yield "π₀† = ι₀", k.dagger(project((a, b), 0)), injection((a, b), 0)
    yield "discard† = zero", k.dagger(discard(a)), zero((), a)


_ALL = (
    Law("RD.1", "the reverse derivative is additive", rd1),
    Law("RD.2", "it is additive in the cotangent", rd2),
    Law("RD.3", "identities and projections", rd3),
    Law("RD.4", "pairs: what is copied is summed", rd4),
    Law("RD.5", "the chain rule: lenses compose", rd5),
    Law("RD.6", "it is linear in the cotangent", rd6),
    Law("RD.7", "mixed partials commute", rd7),
    Law("CD.1", "the derivative is additive", cd1),
    Law("CD.2", "it is additive in the tangent", cd2),
    Law("CD.3", "identities and projections", cd3),
    Law("CD.4", "pairs", cd4),
    Law("CD.5", "the chain rule", cd5),
    Law("CD.6", "it is linear in the tangent", cd6),
    Law("CD.7", "mixed partials commute", cd7),
    Law("forward-from-reverse", "two transpositions make the derivative", forward_from_reverse),
    Law("dot-product", "forward and reverse are adjoint", dot_product),
    Law("dagger", "linear maps form a dagger category with biproducts", daggers),
)

LAWS: Mapping[str, Law] = MappingProxyType({law.name: law for law in _ALL})
