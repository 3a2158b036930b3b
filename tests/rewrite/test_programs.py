"""Random programs keep their meaning, their boundary and their failures; simplifying them again changes little."""

from __future__ import annotations

import random
import time
from typing import Any

import numpy as np
import pytest

from catad.net.build import Builder
from catad.net.canonical import digest
from catad.net.net import Net
from catad.net.validate import validate
from catad.rewrite.cost import weight
from catad.rewrite.dead import prune
from catad.rewrite.simplify import simplify
from catad.rewrite.unchecked import checked
from catad.types.size import Size
from catad.types.type import F64, I64
from tests.net.generate import random_net
from tests.rewrite.meaning import assert_same
from tests.rewrite.programs import program


def arguments(seed: int, n: int, m: int) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [rng.normal(), rng.normal(), int(rng.integers(0, 4)), rng.normal(size=n), rng.normal(size=n),
            rng.normal(size=m), rng.normal(size=(n, m))]


def fresh(net: Net) -> Net:
    return Net(net.wires, net.boxes, net.inputs, net.outputs, net.sizes)


@pytest.mark.parametrize("block", range(10))
def test_meaning_is_kept(block: int) -> None:
    """What ran gives the same, and still runs, whether or not branches may become selections."""
    for seed in range(block * 25, block * 25 + 25):
        net = program(seed, steps=12 + seed % 30, depth=2 + seed % 2)
        small, plain = simplify(net), simplify(net, selects=False)
        for sizes in ((3, 2), (4, 3)):
            args = arguments(seed, *sizes)
            assert_same(net, small, args)
            assert_same(net, plain, args)
        assert weight(small) <= weight(net) * 1.01 + 5


def test_pruning_alone_keeps_the_meaning() -> None:
    for seed in range(60):
        net = program(seed, steps=20)
        assert_same(net, checked(prune(net)), arguments(seed, 3, 2))


def test_a_second_time_changes_little() -> None:
    """One in twenty nets may still find something; a third time none does."""
    changed = 0
    for seed in range(60):
        once = simplify(program(seed, steps=25))
        twice = simplify(fresh(once))
        changed += digest(twice) != digest(once)
        assert digest(simplify(fresh(twice))) == digest(twice)
    assert changed <= 3


def test_every_kind_of_box_is_accepted() -> None:
    """Functions, series, guards, calls, derivative operators: the result is valid and has the same boundary."""
    for seed in range(300):
        net = random_net(random.Random(seed), steps=12)
        new = simplify(net)
        check_all(new)
        assert (new.source, new.target, new.sizes) == (net.source, net.target, net.sizes)


def check_all(net: Net) -> None:
    validate(net)
    for box in net.boxes:
        for bubble in box.bubbles:
            check_all(bubble)


def test_simplification_is_deterministic() -> None:
    for seed in (3, 14, 15, 92):
        a, b = simplify(program(seed, steps=30)), simplify(program(seed, steps=30))
        assert digest(a) == digest(b)


def test_long_straight_nets_take_linear_time() -> None:
    """Fails when a pass is quadratic: four times the boxes, far less than sixteen times as long."""
    def seconds(count: int) -> float:
        b, rnd = Builder(), random.Random(5)
        wires = [b.input(F64) for _ in range(5)]
        for _ in range(count):
            name = rnd.choice(["add", "mul", "sub", "max", "sin"])
            wires.append(b.prim(name, *rnd.choices(wires[-9:], k=1 if name == "sin" else 2)))
        net = b.net(*wires[-9:])
        best = 9.0
        for _ in range(3):
            start = time.perf_counter()
            simplify(fresh(net))
            best = min(best, time.perf_counter() - start)
        return best

    assert seconds(8000) < 9 * seconds(2000) + 0.05


def test_nesting_does_not_multiply_the_work() -> None:
    """150 loops in each other, with dead carries and invariants. Fails when a pass walks bubbles twice."""
    b = Builder()
    b.sizes = ["n"]
    x = b.input(F64)
    net = b.net(b.loop(Size.var("n"), nested(150), [x], [b.const(0.0), x], ["add", "state"])[0])
    start = time.perf_counter()
    small = simplify(net)
    assert time.perf_counter() - start < 3
    check_all(small)


def nested(depth: int) -> Net:
    """x, i, s, t → s + (loop of the same), sin t"""
    b = Builder()
    x, i, s, t = b.input(F64), b.input(I64), b.input(F64), b.input(F64)
    y = b.prim("mul", x, b.prim("to_f64", i))
    inner = y if not depth else b.loop(Size.var("n"), nested(depth - 1), [y], [b.const(0.0), t], ["add", "state"])[0]
    return b.net(b.prim("add", s, b.prim("mul", inner, b.prim("exp", x))), b.prim("sin", t))
