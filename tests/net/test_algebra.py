"""Nets form a strict symmetric cartesian closed category, as far as structure alone says so."""

from __future__ import annotations

import doctest
import random
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catad.net import algebra
from catad.net.algebra import apply, beside, copy, curry, discard, identity, permute, swap, then, uncurry
from catad.net.build import Builder
from catad.net.canonical import canonical, equal
from catad.net.net import Apply, BindSize, Lambda, Net, Wire
from catad.types.size import Size
from catad.types.type import F64, I64, Array, Fun, Prod, Type

from .generate import BOUNDARY, nets, random_net

SEEDS = st.integers(0, 2**32 - 1)


def types(rnd: random.Random) -> list[Type]:
    return [rnd.choice(BOUNDARY) for _ in range(rnd.randrange(4))]


def chain(seed: int, n: int) -> list[Net]:
    """n composable nets."""
    rnd = random.Random(seed)
    at = [types(rnd) for _ in range(n + 1)]
    return [random_net(rnd, a, b, steps=4) for a, b in pairwise(at)]


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_then_is_a_category(seed: int) -> None:
    f, g, h = chain(seed, 3)
    assert equal(then(then(f, g), h), then(f, then(g, h)))
    assert equal(then(identity(f.source), f), f) and equal(then(f, identity(f.target)), f)


@settings(max_examples=60, deadline=None)
@given(nets(), nets(), nets())
def test_beside_is_strictly_monoidal(f: Net, g: Net, h: Net) -> None:
    assert equal(beside(beside(f, g), h), beside(f, beside(g, h)))
    unit = with_sizes(identity(()))
    assert equal(beside(unit, f), f) and equal(beside(f, unit), f)


@settings(max_examples=60, deadline=None)
@given(SEEDS, SEEDS)
def test_beside_is_a_functor(s: int, t: int) -> None:
    (f, g), (h, k) = chain(s, 2), chain(t, 2)
    assert equal(beside(then(f, g), then(h, k)), then(beside(f, h), beside(g, k)))


@settings(max_examples=60, deadline=None)
@given(nets(), nets())
def test_swap_is_natural_and_involutive(f: Net, g: Net) -> None:
    a = then(beside(f, g), swap(f.target, g.target))
    assert equal(a, then(swap(f.source, g.source), beside(g, f)))
    assert equal(then(swap(f.source, g.source), swap(g.source, f.source)), identity([*f.source, *g.source]))


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_copy_and_discard_are_a_commutative_comonoid(seed: int) -> None:
    a = types(random.Random(seed))
    one = identity(a)
    assert equal(then(copy(a), beside(copy(a), one)), then(copy(a), beside(one, copy(a))))
    assert equal(then(copy(a), beside(one, discard(a))), one)
    assert equal(then(copy(a), swap(a, a)), copy(a))


@settings(max_examples=60, deadline=None)
@given(nets())
def test_discard_is_natural(f: Net) -> None:
    assert equal(then(f, discard(f.target)), with_sizes(discard(f.source)))


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_curry_and_uncurry_up_to_beta(seed: int) -> None:
    """(curry f ⊗ id) ; apply = f, once the bubble is opened."""
    rnd = random.Random(seed)
    f = random_net(rnd, [*types(rnd), F64, I64], types(rnd))
    assert equal(beta(uncurry(curry(f, 2))), f)
    assert curry(f, 2).target == (Fun(Prod((F64, I64)), _product(f.target)),)


def test_curry_takes_structured_types() -> None:
    f = permute([F64, F64, F64], [0])
    t = Prod((F64, Prod((F64,))))
    assert curry(f, 2, t).target == (Fun(t, F64),)
    with pytest.raises(TypeError):
        curry(f, 2, Prod((F64, I64)))
    assert apply(Fun(t, F64)).source == (Fun(t, F64), F64, F64)


def test_then_refuses_what_does_not_fit() -> None:
    with pytest.raises(TypeError, match="is not"):
        then(identity([Array(Size.var("n"), F64)]), identity([Array(Size.var("m"), F64)]))


def test_sizes_bound_inside_are_kept_apart() -> None:
    b = Builder()
    x, i = b.input(F64), b.input(I64)
    b.box(BindSize("k", True), [i], [])
    a = b.fill([Size.var("k")], x)
    f = b.net(b.prim("index", a, i), b.size(Size.var("k") + 1))
    both = then(f, f)
    assert len({box.op.name for box in both.boxes if isinstance(box.op, BindSize)}) == 2
    assert len(canonical(beside(f, f)).boxes) == 2 * len(f.boxes)


def test_the_examples_in_the_text() -> None:
    assert doctest.testmod(algebra).failed == 0


def with_sizes(net: Net) -> Net:
    return Net(net.wires, net.boxes, net.inputs, net.outputs, ("n", "m"))


def _product(ts: Sequence[Type]) -> Type:
    return ts[0] if len(ts) == 1 else Prod(tuple(ts))


def beta(net: Net) -> Net:
    """Open the outermost lambdas that are applied in the same net."""
    b = Builder()
    b.sizes = list(net.sizes)
    at: dict[Wire, Wire] = {w: b.input(net.wires[w]) for w in net.inputs}
    made: dict[Wire, tuple[Net, list[Wire]]] = {}
    for box in net.boxes:
        args = [at[s] for s in box.sources]
        if isinstance(box.op, Apply) and args[0] in made:
            body, held = made[args[0]]
            out = b.splice(body, [*held, *args[1:]])
        else:
            out = b.box(box.op, args, net.type_of(box.targets), box.bubbles)
        if isinstance(box.op, Lambda):
            made[out[0]] = box.bubbles[0], args
        at.update(zip(box.targets, out, strict=True))
    return b.net(*[at[w] for w in net.outputs])
