"""Loops jammed together: the same numbers whatever the sizes, reads shared, sums added at once."""

from typing import Any

import numpy as np
import pytest
from catad.backends.llvm import translate
from catad.backends.llvm.jam import jammed
from catad.backends.llvm.kernel import (
    Buffer,
    Carried,
    For,
    Instr,
    Kernel,
    Literal,
    Load,
    Pure,
    Store,
    instructions,
)
from catad.backends.llvm.lanes import choose
from catad.backends.llvm.target import target

import catad
from catad import pipeline
from catad.source import Source
from catad.types.size import Size

PRODUCT = "def f [n, m, k] (a : [n, k]f64) (b : [k, m]f64) : [n, m]f64 = a @ b\n"
LAYER = """
def f [batch, n, m] (w : [n, m]f64) (b : [n]f64) (xs : [batch, m]f64) : f64 =
  sum (for p < batch -> sum (for i < n -> tanh (b[i] + sum (for k < m -> w[i, k] * xs[p, k]))))
"""
TRIANGLE = """
def f [batch, n] (l : [n, n]f64) (xs : [batch, n]f64) : f64 =
  sum (for p < batch -> sum (for i < n -> (l[i, i] * xs[p, i] + sum (for j < i -> l[i, j] * xs[p, j]))^2))
"""
ROWS = """
def f [n, m] (a : [4, n]f64) (b : [m, n]f64) : f64 =
  sum (for r < 4 -> sum (for j < m -> exp (sum (for i < n -> a[r, i] * b[j, i]))))
"""
LARGEST = """
def f [batch, n, m] (w : [n, m]f64) (xs : [batch, m]f64) : f64 =
  sum (for p < batch -> maximum (for i < n -> sum (for k < m -> w[i, k] * xs[p, k])))
"""


def kernel(source: str, name: str = "x86-64-v4", **options: Any) -> str:
    table = pipeline.prepare(pipeline.elaborate(pipeline.load(Source("<test>", source))), "f")
    return translate(table, "f", target=target(name), **options).kernel_text


def test_a_product_reads_each_entry_once_for_four_rows() -> None:
    text = kernel(PRODUCT)
    inner = text[text.index("4 trips at a time"):text.index("the rest")]
    assert inner.count("= b1[") == 1 and inner.count("= b0[") == 4 and inner.count("(add)") == 4


def test_the_reverse_of_a_layer_adds_to_each_cotangent_once() -> None:
    f = catad.grad(catad.compile(LAYER).f, "xs")
    text = f.stage("kernel")
    inner = text[text.rindex("4 trips at a time"):]
    inner = inner[:inner.index("the rest")]
    assert inner.count("+=") == 1 and inner.count("= b0[") == 8


def test_strict_code_is_not_regrouped() -> None:
    assert "trips at a time" not in kernel(PRODUCT, strict=True)


def test_few_registers_take_smaller_tiles() -> None:
    assert "4 trips at a time" in kernel(PRODUCT, "x86-64-v3")


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 7, 8, 9])
def test_products_of_every_size(n: int) -> None:
    f = catad.compile(PRODUCT).f
    rng = np.random.default_rng(n)
    for m, k in ((1, 3), (9, 1), (17, 5), (4, 0)):
        a, b = rng.standard_normal((n, k)), rng.standard_normal((k, m))
        np.testing.assert_allclose(f(a, b), a @ b, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("n", [1, 2, 4, 6, 9, 13])
@pytest.mark.parametrize("batch", [1, 17, 40])
def test_layers_of_every_size(n: int, batch: int) -> None:
    rng = np.random.default_rng(100 * n + batch)
    w, b, xs = rng.standard_normal((n, 5)), rng.standard_normal(n), rng.standard_normal((batch, 5))
    value, (dw, db, dx) = catad.value_and_grad(catad.compile(LAYER).f, ("w", "b", "xs"))(w, b, xs)
    y = np.tanh(b + xs @ w.T)
    d = 1 - y**2
    np.testing.assert_allclose(value, y.sum(), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(dw, d.T @ xs, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(db, d.sum(0), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(dx, d @ w, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 11])
def test_inner_loops_of_growing_extent(n: int) -> None:
    rng = np.random.default_rng(n)
    lower, xs = rng.standard_normal((n, n)), rng.standard_normal((21, n))
    value, (dl, dx) = catad.value_and_grad(catad.compile(TRIANGLE).f, ("l", "xs"))(lower, xs)
    y = xs @ np.tril(lower).T
    np.testing.assert_allclose(value, (y**2).sum(), rtol=1e-12)
    np.testing.assert_allclose(dl, np.tril(2 * y.T @ xs), rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(dx, 2 * y @ np.tril(lower), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("n", [1, 4, 6])
def test_carried_values_pass_from_trip_to_trip(n: int) -> None:
    rng = np.random.default_rng(n)
    w, xs = rng.standard_normal((n, 3)), rng.standard_normal((19, 3))
    np.testing.assert_allclose(catad.compile(LARGEST).f(w, xs), (xs @ w.T).max(1).sum(), rtol=1e-13)


def test_rows_that_are_summed_side_by_side() -> None:
    rng = np.random.default_rng(7)
    a, b = rng.standard_normal((4, 2)), rng.standard_normal((200, 2))
    found = catad.grad(catad.compile(ROWS).f, "a")(a, b)
    np.testing.assert_allclose(found, np.exp(a @ b.T) @ b, rtol=1e-12)


def hand_made(*extra: Instr) -> Kernel:
    """for p < n, in lanes: for j < n: a sum over k, stored and added up (so far: register 12); then `extra`."""
    p, n, j, k, zero, inner, out, total, item, offset, square = range(11)
    size = Size.var("n")
    over_k = For(2, k, n, size, (Carried("add", zero, inner, out, total),),
                 (Load(item, 0, k, (k,)), Pure(square, "mul", (item, item)), Pure(out, "add", (inner, square))),
                 False, True, (), 16)
    over_j = For(1, j, n, size, (Carried("add", zero, 12, 13, 14),),
                 (over_k, Pure(13, "add", (12, total)), Pure(offset, "add", (j, p)), Store(1, offset, total, (p, j)),
                  *extra), False, True, (), 16)
    points = For(0, p, n, size, (), (over_j,), False, True, (), 64)
    kinds = ("i64", "i64", "i64", "i64", *["f64"] * 5, "i64", *["f64"] * 6)
    buffers = (Buffer("input", 0, "f64", size), Buffer("output", 0, "f64", size))
    return Kernel("f", kinds, (), (), (), (), (), (), (), (), buffers, (Literal(zero, 0.0), points), (), {}, ())


def is_jammed(kernel: Kernel) -> bool:
    machine = target("x86-64-v4")
    return jammed(kernel, choose(kernel, machine, force=8), machine)[0] is not kernel


def test_a_sum_is_passed_on_only_where_nothing_else_sees_it() -> None:
    assert is_jammed(hand_made())
    assert not is_jammed(hand_made(Store(1, 9, 12, (0, 2))))              # the sum so far is stored, too


def test_what_is_written_on_the_way_is_read_each_time() -> None:
    seen = hand_made(Load(15, 1, 0, (0,)), Store(1, 0, 15, (0,)))
    machine = target("x86-64-v4")
    made, _ = jammed(seen, choose(seen, machine, force=8), machine)
    loads = [i for i in instructions(made.body) if isinstance(i, Load) and i.buffer == 1]
    assert len(loads) == 4 + 1                                               # and one in the trips that are left
