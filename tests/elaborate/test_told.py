"""Comparisons of sizes where only a size is used: what is made for them, and where nothing is."""

from __future__ import annotations

import pytest

from catad.net.net import Assert, Call, Guard, Net
from catad.pipeline import elaborate, load
from catad.source import Source


def net(text: str) -> Net:
    return elaborate(load(Source("test.cad", text))).nets["f"]


@pytest.mark.parametrize("text", [
    "def f [n] (b : bool) (x : [n]f64) (y : [n]f64) : i64 = length (if b then x else y)",
    "def f [n] (x : [n]f64) : i64 = length x + length (map sin x)",
    "def own [p] (z : [p]f64) : f64 = sum z / f64 p def f [n] (x : [n]f64) : f64 = own x"])
def test_nothing_is_made_where_sizes_are_equal(text: str) -> None:
    assert not [b for b in net(text).boxes if isinstance(b.op, (Assert, Guard))]


def test_an_array_that_is_used_needs_nothing_more() -> None:
    """Its guard is alive by itself."""
    found = net("def f [n, m] (x : [n]f64) (y : [m]f64) : f64 = dot x y").boxes
    assert [type(b.op) for b in found] == [Guard, Call]


def test_the_size_waits_for_the_comparison() -> None:
    """Fails when a call that uses a size alone forgets what was compared: `length` of a chosen array."""
    found = net("def f [n, m] (x : [n]f64) (y : [m]f64) : i64 = length (y : [n]f64)").boxes
    assert isinstance(found[-1].op, Assert)


def test_chains_of_definitions_are_looked_at_once() -> None:
    """Fails when each use of an argument is followed anew: 40 definitions that pass it on twice are 2^40 ways."""
    chain = "".join(f"def f{k + 1} [n] (x : [n]f64) : f64 = f{k} x + f{k} x\n" for k in range(40))
    made = net("def f0 [n] (x : [n]f64) : f64 = f64 (length x)\n" + chain + "def f [n, m] (b : bool) (x : [n]f64) "
               "(y : [m]f64) : f64 = f40 (if b then x else y)")
    assert any(isinstance(box.op, Assert) for box in made.boxes)


def test_chains_of_calls_are_followed_once() -> None:
    chain = "".join(f"def g{k + 1} [n] (x : [n]f64) : [n]f64 = add (g{k} x) (g{k} x)\n" for k in range(40))
    made = net("def g0 [n] (x : [n]f64) : [n]f64 = map sin x\n" + chain
               + "def f [n] (x : [n]f64) : i64 = length (g40 x)")
    assert not any(isinstance(box.op, Assert) for box in made.boxes)
