"""The canonical form forgets numbers, order, names of bound sizes and dead boxes, and nothing else."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from catad.net.build import Builder
from catad.net.canonical import canonical, digest, equal, prune
from catad.net.net import BindSize, Box, Net, Prim
from catad.net.text import print_net
from catad.types.size import Size
from catad.types.type import F64, I64, Array

from .generate import nets, shuffled

SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=150, deadline=None)
@given(nets(), SEEDS)
def test_numbers_order_and_names_do_not_matter(net: Net, seed: int) -> None:
    other = shuffled(net, random.Random(seed))
    assert print_net(canonical(other), provenance=False) == print_net(canonical(net), provenance=False)


@settings(max_examples=100, deadline=None)
@given(nets())
def test_canonical_is_idempotent_and_equal_to_the_net(net: Net) -> None:
    c = canonical(net)
    fresh = Net(c.wires, c.boxes, c.inputs, c.outputs, c.sizes)
    assert print_net(canonical(fresh)) == print_net(c)
    assert equal(net, c) and (c.source, c.target) == (net.source, net.target)


@settings(max_examples=100, deadline=None)
@given(nets())
def test_prune_removes_exactly_the_dead(net: Net) -> None:
    p = prune(net)
    assert equal(net, p)
    assert len(p.boxes) == len(canonical(net).boxes)
    where = {id(b.op): k for k, b in enumerate(net.boxes)}
    kept = [where[id(b.op)] for b in p.boxes]
    assert all(a <= b for a, b in pairwise(kept))
    assert prune(p) is p


@settings(max_examples=100, deadline=None)
@given(nets(), SEEDS)
def test_a_changed_box_is_seen(net: Net, seed: int) -> None:
    """Swapping the operation of one live box changes the digest."""
    c = canonical(net)
    at = [k for k, b in enumerate(c.boxes) if isinstance(b.op, Prim) and b.op.name in ("sin", "exp")]
    if at:
        k = random.Random(seed).choice(at)
        b = c.boxes[k]
        other = replace(b, op=Prim("cos"))
        assert not equal(net, Net(c.wires, (*c.boxes[:k], other, *c.boxes[k + 1:]), c.inputs, c.outputs, c.sizes))


def _two_sizes(first: str, second: str, flip: bool) -> Net:
    """Both sizes appear first in one product; only what binds them tells them apart."""
    b = Builder()
    x, i, j = b.input(F64), b.input(I64), b.input(I64)
    binds = [(first, i), (second, j)]
    for name, w in reversed(binds) if flip else binds:
        b.box(BindSize(name, True), [w], [])
    a = b.fill([Size.var(first) * Size.var(second) + Size.var(first) * 0], x)
    return b.net(b.prim("index", a, b.size(Size.var(first))))


def test_sizes_that_appear_together_are_told_apart_by_their_binders() -> None:
    a = _two_sizes("a", "b", False)
    assert equal(a, _two_sizes("b", "a", True)) and equal(a, _two_sizes("q", "p", False))
    b = Builder()
    x, i, j = b.input(F64), b.input(I64), b.input(I64)
    b.box(BindSize("a", True), [i], [])
    b.box(BindSize("b", True), [j], [])
    c = b.fill([Size.var("a") * Size.var("b")], x)
    assert not equal(a, b.net(b.prim("index", c, b.size(Size.var("b")))))


def test_a_bound_size_lives_as_long_as_it_is_mentioned() -> None:
    b = Builder()
    x, i = b.input(F64), b.input(I64)
    b.box(BindSize("k", True), [i], [])
    b.box(BindSize("l", True), [i], [])
    a = b.fill([Size.var("k")], x)
    net = b.net(b.prim("index", a, i))
    assert [type(box.op).__name__ for box in prune(net).boxes] == ["BindSize", "Fill", "Prim"]
    body = Builder()
    c, _ = body.input(F64), body.input(I64)
    d = body.fill([Size.var("k")], c)
    inner = body.net(body.prim("index", d, body.const(0, I64)))
    b = Builder()
    x, i = b.input(F64), b.input(I64)
    b.box(BindSize("k", True), [i], [])
    out = b.loop(Size.of(3), inner, [x])
    assert len(prune(b.net(*out)).boxes) == 2


def test_provenance_is_ignored_but_boundary_sizes_are_not() -> None:
    def net(size: str, reason: str) -> Net:
        b = Builder()
        b.sizes = [size]
        a = b.input(Array(Size.var(size), F64))
        return b.net(b.prim("index", a, b.const(0, I64), reason=reason))
    assert equal(net("n", ""), net("n", "derivative of x"))
    assert not equal(net("n", ""), net("m", ""))
    assert not any(b.reason for b in canonical(net("n", "derivative of x")).boxes)


def test_digest_does_not_depend_on_hash_seeds() -> None:
    b = Builder()
    x = b.input(F64)
    assert digest(b.net(b.prim("sin", x))) == DIGEST


def test_a_long_chain_needs_no_recursion() -> None:
    b = Builder()
    x = b.input(F64)
    for _ in range(20_000):
        x = b.prim("neg", x)
    assert len(canonical(b.net(x)).boxes) == 20_000


def test_boxes_compare_by_wiring() -> None:
    b = Builder()
    x, y = b.input(F64), b.input(F64)
    assert not equal(b.net(b.prim("sub", x, y)), _flipped())
    assert isinstance(b.boxes[0], Box)


def _flipped() -> Net:
    b = Builder()
    x, y = b.input(F64), b.input(F64)
    return b.net(b.prim("sub", y, x))


DIGEST = "69c2a5439b25544922ea4a3136494ba16cc57feb7c7e3f460fa051dbfc047338"
