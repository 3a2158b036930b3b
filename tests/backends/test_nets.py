"""Boxes that are not scalar rows: loops, branches, sizes, functions, calls, arrays, and how they fail."""

import numpy as np
import pytest
from catad.backends.reference import run

from catad.net import net as op
from catad.net.build import Builder
from catad.net.net import Table
from catad.source import CatadError
from catad.types.size import Size
from catad.types.type import BOOL, F32, F64, I64, Array, Fun

from .helpers import SPAN, build, call, prim, table

N, M = Size.var("n"), Size.var("m")
VECTOR, MATRIX = Array(N, F64), Array(N, Array(M, F64))
X = np.array([3.0, 1.0, 4.0, 1.5])


def code_of(f) -> str:
    with pytest.raises(CatadError) as e:
        f()
    return e.value.code


# ── loops ──────────────────────────────────────────────────────────────────────────────────────────────────────


def dot_body():
    def make(b, x, y, i, s):
        return b.prim("add", s, b.prim("mul", b.prim("index", x, i), b.prim("index", y, i)))
    return build(make, VECTOR, VECTOR, I64, F64)


def test_reduction() -> None:
    make = lambda b, x, y: b.loop(N, dot_body(), [x, y], [b.const(0.0)], ["add"])  # noqa: E731
    got = call(make, [VECTOR, VECTOR], [X, X[::-1]], ["n"])
    assert got == X @ X[::-1]


@pytest.mark.parametrize("down", [False, True])
def test_state_and_collected(down) -> None:
    """Horner's states; entry i is trip i's, whichever way the loop runs."""
    def step(b, x, i, s):
        return (b.prim("add", b.prim("mul", s, b.const(2.0)), b.prim("index", x, i)), s)
    body = build(step, VECTOR, I64, F64)
    final, states = call(lambda b, x: b.loop(N, body, [x], [b.const(1.0)], ["state"], down=down), [VECTOR], [X], ["n"])
    s, seen = 1.0, {}
    for i in reversed(range(4)) if down else range(4):
        seen[i] = s
        s = 2 * s + X[i]
    assert final == s
    assert states.tolist() == [seen[i] for i in range(4)]


def test_nested_map_and_empty_shapes() -> None:
    """The outer product; with no rows the columns still have their size."""
    inner = build(lambda b, x, y, i, j: b.prim("mul", b.prim("index", x, i), b.prim("index", y, j)),
                  VECTOR, Array(M, F64), I64, I64)
    outer = build(lambda b, x, y, i: b.loop(M, inner, [x, y, i]), VECTOR, Array(M, F64), I64)

    def make(b, x, y):
        return b.loop(N, outer, [x, y])
    got = call(make, [VECTOR, Array(M, F64)], [X, X[:2]], ["n", "m"])
    assert np.array_equal(got, np.outer(X, X[:2])) and got.flags.c_contiguous
    assert call(make, [VECTOR, Array(M, F64)], [X[:0], X[:2]], ["n", "m"]).shape == (0, 2)


def test_scatter_leaves_its_argument_alone() -> None:
    def step(b, x, i, acc):
        at = b.prim("imod", i, b.const(2, I64))
        return b.prim("add_at", acc, at, b.prim("index", x, i))
    body = build(step, VECTOR, I64, Array(Size.of(2), F64))
    start = np.array([10.0, 20.0])
    got = call(lambda b, x, z: b.loop(N, body, [x], [z], ["add"]), [VECTOR, Array(Size.of(2), F64)], [X, start], ["n"])
    assert got.tolist() == [17, 22.5] and start.tolist() == [10, 20]


@pytest.mark.parametrize(("kind", "row", "init", "want"), [
    ("mul", "mul", 1.0, 18.0), ("min", "min", np.inf, 1.0), ("max", "max", -np.inf, 4.0)])
def test_monoids(kind, row, init, want) -> None:
    body = build(lambda b, x, i, s: b.prim(row, s, b.prim("index", x, i)), VECTOR, I64, F64)
    assert call(lambda b, x: b.loop(N, body, [x], [b.const(init)], [kind]), [VECTOR], [X], ["n"]) == want


def test_polynomial_size_below_zero_is_no_trip() -> None:
    body = build(lambda b, i, s: b.prim("add", s, b.const(1.0)), I64, F64)
    make = lambda b, x: b.loop(N - 2, body, [], [b.const(0.0)], ["add"])  # noqa: E731
    assert [call(make, [VECTOR], [np.zeros(n)], ["n"]) for n in (0, 1, 2, 5)] == [0, 0, 0, 3]


# ── branches ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_only_the_chosen_branch_runs() -> None:
    bad = build(lambda b, k: b.prim("idiv", k, b.const(0, I64)), I64)
    good = build(lambda b, k: k, I64)
    make = lambda b, c, k: b.box(op.IfOp(), [c, k], [I64], [good, bad])  # noqa: E731
    assert call(make, [BOOL, I64], [True, 7]) == 7
    assert code_of(lambda: call(make, [BOOL, I64], [False, 7])) == "E0503"


def test_deep_chain_of_branches() -> None:
    """else-if chains have no limit."""
    net = build(lambda b, k: k, I64)
    for i in range(3000):
        inner = net

        def make(b, k, i=i, inner=inner):
            c = b.prim("eq", k, b.const(i, I64))
            return b.box(op.IfOp(), [c, k], [I64], [build(lambda b, k: b.prim("neg", k), I64), inner])
        net = build(make, I64)
    assert run(table(net), "f", [0]) == (0,)
    assert run(table(net), "f", [5000]) == (5000,)


# ── sizes ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_boundary_checks_shapes() -> None:
    make = lambda b, x, y: b.size(N * 2 + 1)  # noqa: E731
    assert call(make, [VECTOR, VECTOR], [X, X], ["n"]) == 9
    assert code_of(lambda: call(make, [VECTOR, VECTOR], [X, X[:2]], ["n"])) == "E0502"
    assert code_of(lambda: call(make, [VECTOR, VECTOR], [X, X.reshape(2, 2)], ["n"])) == "E0502"


def test_size_from_an_argument() -> None:
    def make(b, k):
        b.box(op.BindSize("n", False), [k], [], span=SPAN)
        return b.fill([N, Size.of(2)], b.const(1.5))
    assert call(make, [I64], [3], ["n"]).tolist() == [[1.5] * 2] * 3
    assert code_of(lambda: call(make, [I64], [-1], ["n"])) == "E0506"


def test_argument_must_agree_with_the_array_it_sizes() -> None:
    def make(b, k, x):
        b.box(op.BindSize("n", False), [k], [], span=SPAN)
        return b.prim("index", x, b.const(0, I64))
    assert call(make, [I64, VECTOR], [4, X], ["n"]) == 3.0
    assert code_of(lambda: call(make, [I64, VECTOR], [3, X], ["n"])) == "E0502"


def test_clamped_size_is_fresh_in_every_trip() -> None:
    """Σ_{i<n} Σ_{j<i-1} 1: the inner size differs from trip to trip and may be negative."""
    count = build(lambda b, j, s: b.prim("add", s, b.const(1, I64)), I64, I64)

    def step(b, i, s):
        b.box(op.BindSize("k", True), [b.prim("sub", i, b.const(1, I64))], [])
        (inner,) = b.loop(Size.var("k"), count, [], [b.const(0, I64)], ["add"])
        return b.prim("add", s, inner)
    body = build(step, I64, I64)
    got = call(lambda b, x: b.loop(N, body, [], [b.const(0, I64)], ["add"]), [VECTOR], [np.zeros(6)], ["n"])
    assert got == sum(max(i - 1, 0) for i in range(6))


def test_guard() -> None:
    make = lambda b, x, y: b.box(op.Guard(((M, N),)), [y], [VECTOR], span=SPAN)  # noqa: E731
    both = [VECTOR, Array(M, F64)]
    assert call(make, both, [X, X], ["n", "m"]).tolist() == X.tolist()
    with pytest.raises(CatadError) as e:
        call(make, both, [X, X[:1]], ["n", "m"])
    label = e.value.diagnostics[0].labels[0]
    assert e.value.code == "E0502" and label.span == SPAN
    assert "m is 1" in label.text and "n is 4" in label.text


# ── arrays ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_index_update_add_at_with_fewer_indices() -> None:
    a = np.arange(6.0).reshape(2, 3)
    row = np.array([10.0, 20.0, 30.0])
    three = Array(Size.of(3), F64)
    t = Array(N, three)
    assert call(lambda b, a, i: b.prim("index", a, i), [t, I64], [a, 1], ["n"]).tolist() == [3, 4, 5]
    assert call(lambda b, a, i, j: b.prim("index", a, i, j), [t, I64, I64], [a, 1, 2], ["n"]) == 5.0
    assert call(lambda b, a, i, v: b.prim("update", a, i, v), [t, I64, three], [a, 0, row], ["n"]).tolist() == [
        [10, 20, 30], [3, 4, 5]]
    assert call(lambda b, a, i, v: b.prim("add_at", a, i, v), [t, I64, three], [a, 0, row], ["n"]).tolist() == [
        [10, 21, 32], [3, 4, 5]]
    assert call(lambda b, a, v: b.prim("add_at", a, v), [t, t], [a, a], ["n"]).tolist() == (2 * a).tolist()
    assert a.tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("i", [-1, 4, 2**62])
def test_out_of_bounds(i) -> None:
    for make in (lambda b, x, i: b.prim("index", x, i, span=SPAN),
                 lambda b, x, i: b.prim("update", x, i, b.const(0.0), span=SPAN),
                 lambda b, x, i: b.prim("add_at", x, i, b.const(0.0), span=SPAN)):
        with pytest.raises(CatadError) as e:
            call(make, [VECTOR, I64], [X, i], ["n"])
        label = e.value.diagnostics[0].labels[0]
        assert e.value.code == "E0501" and label.span == SPAN
        assert str(i) in label.text and "4" in label.text


def test_stack() -> None:
    got = call(lambda b, x, y: b.prim("stack", x, y, x), [VECTOR, VECTOR], [X, -X], ["n"])
    assert np.array_equal(got, np.stack([X, -X, X]))
    got = prim("stack", [F32, F32], [0.1, 2.0])
    assert got.dtype == np.float32


@pytest.mark.parametrize(("values", "top", "bottom"), [
    ([1.0, 3.0, 3.0, 0.0, 0.0], 1, 3), ([1.0, np.nan, 9.0, np.nan], 1, 1), ([5.0], 0, 0), ([-0.0, 0.0], 0, 0)])
def test_extremes_take_the_first_and_propagate_nan(values, top, bottom) -> None:
    x = np.array(values)
    one = lambda name: call(lambda b, a: b.prim(name, a, span=SPAN), [VECTOR], [x], ["n"])  # noqa: E731
    assert one("argmax") == top and one("argmin") == bottom
    assert str(one("maximum")) == str(float(values[top])) and str(one("minimum")) == str(float(values[bottom]))


@pytest.mark.parametrize("name", ["maximum", "minimum", "argmax", "argmin"])
def test_reduction_of_nothing(name) -> None:
    assert code_of(lambda: call(lambda b, a: b.prim(name, a), [VECTOR], [X[:0]], ["n"])) == "E0505"


def test_budget() -> None:
    def make(b, x):
        return b.fill([N, N, N], b.const(0.0), span=SPAN)
    assert code_of(lambda: call(make, [VECTOR], [np.zeros(200)], ["n"], budget=1 << 20)) == "E0507"
    assert call(make, [VECTOR], [np.zeros(3)], ["n"], budget=1 << 20).shape == (3, 3, 3)


# ── functions and calls ────────────────────────────────────────────────────────────────────────────────────────


def test_closures_keep_what_they_captured() -> None:
    """(\\x -> x * y) chosen by a branch, then applied."""
    fun = Fun(F64, F64)
    times = build(lambda b, y, x: b.prim("mul", x, y), F64, F64)
    plus = build(lambda b, y, x: b.prim("add", x, y), F64, F64)

    def branch(body):
        return build(lambda b, y: b.box(op.Lambda(fun), [y], [fun], [body]), F64)

    def make(b, c, y):
        (f,) = b.box(op.IfOp(), [c, y], [fun], [branch(times), branch(plus)])
        return b.box(op.Apply(), [f, b.const(10.0)], [F64])
    assert call(make, [BOOL, F64], [True, 3.0]) == 30
    assert call(make, [BOOL, F64], [False, 3.0]) == 13


def test_call_passes_sizes() -> None:
    inner = Builder()
    inner.sizes.append("k")
    x = inner.input(Array(Size.var("k") * 2, F64))
    body = build(lambda b, x, i, s: b.prim("add", s, b.prim("index", x, i)), Array(Size.var("k") * 2, F64), I64, F64)
    half = inner.net(*inner.loop(Size.var("k"), body, [x], [inner.const(0.0)], ["add"]))
    outer = Builder()
    y = outer.input(Array(Size.of(4), F64))
    net = outer.net(*outer.box(op.Call("half", (("k", Size.of(2)),)), [y], [F64]))
    assert run(Table({"f": net, "half": half}), "f", [X]) == (4.0,)


def test_derivative_operators_must_be_gone() -> None:
    with pytest.raises(RuntimeError, match="not expanded"):
        call(lambda b, f, x, d: b.box(op.Derive("jvp", F64, F64), [f, x, d], [F64, F64]),
             [Fun(F64, F64), F64, F64], [None, 1.0, 1.0])
