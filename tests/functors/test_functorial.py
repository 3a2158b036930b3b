"""Functors preserve composition, products and identities on the nose, and their nets are valid (checked at birth)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from catad.proofs.choice import Seeded
from catad.proofs.laws import agree
from catad.proofs.maps import Calculus, Map, point, values
from catad.proofs.nets import HELPERS, obj, polynomial, smooth

from catad import pipeline
from catad.functors.base import Functor, Shape
from catad.functors.forward import Forward
from catad.functors.kit import standard_kit
from catad.functors.taylor import Taylor
from catad.net import algebra
from catad.net.canonical import canonical, equal
from catad.net.net import Net
from catad.net.validate import validate
from catad.rewrite.simplify import simplify
from catad.source import Source

Make = Callable[[], tuple[Functor, Shape]]
FUNCTORS: dict[str, Make] = {
    "forward": lambda: (Forward(dict(HELPERS)), (True, True)),
    "taylor": lambda: (Taylor(dict(HELPERS), 3), (False, True)),
}


def image(functor: Functor, net: Net, shape: Shape) -> Net:
    """F(net), all inputs active and outputs padded to the same shape."""
    return functor.padded(net, [shape] * len(net.inputs), [shape] * len(net.outputs))


def maps(seed: int) -> tuple[Net, Net]:
    c = Seeded(seed)
    make = (polynomial, smooth)[seed % 2]
    a, b, d = obj(c), obj(c), obj(c)
    return make(c, a, b, 8), make(c, b, d, 8)


@pytest.mark.parametrize("seed", range(6))
def test_forward_composes(seed: int) -> None:
    """D(f ; g) and D(f) ; D(g), values and tangents interleaved. (Taylor: the law `jet-composition`.)"""
    functor, shape = FUNCTORS["forward"]()
    f, g = maps(seed)
    left = Map(image(functor, algebra.then(f, g), shape))
    right = Map(algebra.then(image(functor, f, shape), image(functor, g, shape)))
    k = Calculus(standard_kit(), functor.nets)
    args = point(Seeded(seed), left.source)
    assert agree(values(k, left, args, exact=False), values(k, right, args, exact=False), exact=False)


@pytest.mark.parametrize("name", FUNCTORS)
def test_products_and_identities(name: str) -> None:
    functor, shape = FUNCTORS[name]()
    f, g = maps(0)
    assert equal(image(functor, algebra.beside(f, g), shape),
                 algebra.beside(image(functor, f, shape), image(functor, g, shape)))
    one = algebra.identity(f.source)
    assert equal(image(functor, one, shape), algebra.identity(image(functor, one, shape).source))


@pytest.mark.parametrize("seed", range(4))
def test_derivatives_and_rewrites_are_valid(seed: int) -> None:
    """Derivatives, simplified and canonical, are well formed."""
    from catad.functors.reverse import Reverse
    f, _ = maps(seed)
    nets = dict(HELPERS)
    n, m = len(f.inputs), len(f.outputs)
    lens = Reverse(nets).lens(f, [True] * n, [True] * m, [False] * n)
    for net in (lens.fwd, lens.bwd, Forward(nets).derivative(f, [True] * n)[0]):
        small = simplify(net, nets)
        for x in (net, small, canonical(small)):
            validate(x)


REDEXES = (
    ("(\\z -> z * z * a) x", "x * x * a"),
    ("let g = \\u v -> u * v + a in g x (g a x)", "x * (a * x + a) + a"),
    ("let twice = \\h z -> h (h z) in twice (\\z -> z * a) x", "x * a * a"),
    ("(\\(u, v) -> u * v) (x * a, x)", "(x * a) * x"),
    ("(\\h -> h x + h a) (\\z -> z * x)", "x * x + a * x"),
)


@pytest.mark.parametrize(("redex", "reduct"), REDEXES)
def test_derivatives_commute_with_beta(redex: str, reduct: str) -> None:
    """R[(λ b) v] = R[b v], as nets: what a function captures is a wire like any other."""
    nets = []
    for body in (redex, reduct):
        table = pipeline.elaborate(pipeline.load(Source("<test>", f"def f (x : f64) (a : f64) : f64 = {body}")))
        table, name = pipeline.derive(table, "f", "grad", argnums=(0, 1), single=False)
        nets.append(pipeline.prepare(table, name).nets[name])
    assert equal(*nets)
