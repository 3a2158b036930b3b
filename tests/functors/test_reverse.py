"""Reverse mode: faults that were found once, on the smallest nets that showed them."""

from __future__ import annotations

import numpy as np
import pytest
from catad.proofs.choice import Seeded
from catad.proofs.laws import LAWS, Maps, check
from catad.proofs.maps import Calculus, Map

from catad.functors.kit import standard_kit
from catad.net.build import Builder
from catad.net.net import Call, IfOp, Net
from catad.types.size import Size
from catad.types.type import BOOL, F64, I64, Array
from tests.functors.programs import run

V2 = Array(Size.of(2), F64)


def product_of_two() -> Net:
    b = Builder()
    x, y = b.input(F64), b.input(F64)
    return b.net(b.prim("mul", x, y))


def called_twice() -> Net:
    b = Builder()
    x = b.input(F64)
    return b.net(*b.box(Call("g", ()), [x, x], [F64]))


def captured_twice_by_a_loop() -> Net:
    body = Builder()
    u, v, i, s = body.input(V2), body.input(V2), body.input(I64), body.input(F64)
    z = body.prim("mul", body.prim("index", u, i), body.prim("index", v, i))
    b = Builder()
    x = b.input(V2)
    return b.net(*b.loop(Size.of(2), body.net(body.prim("add", s, z)), [x, x], [b.const(0.0)], ["add"]))


def captured_twice_by_a_branch() -> Net:
    side = Builder()
    u, v = side.input(V2), side.input(V2)
    zero, one = side.const(0, I64), side.const(1, I64)
    net = side.net(side.prim("mul", side.prim("index", u, zero), side.prim("index", v, one)))
    b = Builder()
    x = b.input(V2)
    return b.net(*b.box(IfOp(), [b.const(True, BOOL), x, x], [F64], [net, net]))


@pytest.mark.parametrize("make", (called_twice, captured_twice_by_a_loop, captured_twice_by_a_branch))
def test_a_wire_that_enters_a_box_twice(make: object) -> None:
    """Each entrance brings its cotangent; the cotangent so far is counted once."""
    assert callable(make)
    f = Map(make())
    for law in ("dot-product", "forward-from-reverse"):
        calculus = Calculus(standard_kit(), {"g": product_of_two()})
        assert check(LAWS[law], calculus, Maps(f, f, f), Seeded(0), exact=True) is None


def test_running_products_are_stored_in_order() -> None:
    """The forward part of a product keeps its prefixes, so it may no longer be regrouped."""
    text = "def f [n] (x : [n]f64) : f64 = product x"
    got = run(text, "f", np.array([2.0, 3.0, 5.0, 7.0]), kinds=("grad",))[0]
    np.testing.assert_array_equal(got, [105.0, 70.0, 42.0, 30.0])
    got = run(text, "f", np.array([0.0, 3.0, 0.0]), kinds=("grad",))[0]
    np.testing.assert_array_equal(got, [0.0, 0.0, 0.0])
