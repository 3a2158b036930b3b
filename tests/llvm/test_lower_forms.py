"""Loops, branches, sizes, calls and arrays, at every width; what fails, and where it points."""

import numpy as np
import pytest
from catad.backends.llvm import compile, translate
from catad.backends.llvm.engine import Options

from catad.net.net import BindSize, Call, Guard, IfOp, Table
from catad.types.size import Size
from catad.types.type import BOOL, F32, F64, I64, Array

from ..rewrite.programs import program
from .nets import SPAN, VECTOR, D, M, N, agree, code, each, native, net, of

WIDTHS = [None, 1, 2, 4, 8]                               # all of them for random programs
widths = pytest.mark.parametrize("lanes", [None, 1, 4])
SIZES = (0, 1, 7, 8, 9, 40)


def data(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def check(n, lanes, make, sizes=SIZES, **tolerance):
    f = native(n, lanes)
    for k in sizes:
        agree(n, f, make(k), **tolerance)
    return f


# ── loops ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("lanes", WIDTHS)
@pytest.mark.parametrize("t", [F64, F32, I64])
def test_reductions(t, lanes):
    kinds = ["add", "mul", "min", "max"]

    def make(b, x, start):
        return [w for k in kinds for w in each(b, N, [x], lambda c, xs, i, s, k=k: c.prim(
            k, s, c.prim("index", xs, i)), [start], [k])]
    n = net(make, Array(N, t), t, sizes="n")
    dtype = {"f64": float, "f32": np.float32, "i64": np.int64}[t.name]
    start = 3 if t == I64 else 3.0
    if t == I64:
        check(n, lanes, lambda k: [np.arange(k, dtype=np.int64) - 3, start])
    else:
        check(n, lanes, lambda k: [(1 + data(k) / 9).astype(dtype), start], rtol=1e-12 if t == F64 else 2e-5)


@widths
def test_truth_reductions(lanes):
    def make(b, x):
        return [w for kind in ("and", "or") for w in each(b, N, [x], lambda c, xs, i, s, k=kind: c.prim(
            k, s, c.prim("index", xs, i)), [b.const(kind == "and", BOOL)], [kind])]
    n = net(make, Array(N, BOOL), sizes="n")
    check(n, lanes, lambda k: [np.arange(k) != 8])


@widths
def test_a_sum_of_nothing_keeps_its_start(lanes):
    """-0.0 + nothing is -0.0: the neutral element of the lanes must not leak."""
    def make(b, x, z):
        return each(b, N, [x], lambda c, xs, i, s: c.prim("add", s, c.prim("index", xs, i)), [z], ["add"])
    f = native(net(make, VECTOR, F64, sizes="n"), lanes)
    assert np.signbit(f(np.zeros(0), -0.0)) and np.signbit(f(np.full(20, -0.0), -0.0))
    assert np.isnan(f(np.full(20, np.nan), 0.0))


@widths
@pytest.mark.parametrize("down", [False, True])
def test_states(down, lanes):
    """A recurrence runs in order; entry i is trip i's."""
    def make(b, x):
        def body(c, xs, i, s):
            new = c.prim("add", c.prim("mul", s, c.const(0.5)), c.prim("index", xs, i))
            return [new, s, c.prim("to_f64", i)]
        return each(b, N, [x], body, [b.const(1.0)], ["state"], down)
    check(net(make, VECTOR, sizes="n"), lanes, lambda k: [data(k)])


@widths
def test_states_of_arrays(lanes):
    """Two states that change places each trip, and one rebuilt from its old self."""
    def make(b, x, y):
        def body(c, i, p, q, r):
            new, = each(c, N, [p, r], lambda e, ps, rs, j: e.prim(
                "add", e.prim("index", ps, j), e.prim("index", rs, j)))
            return [q, p, new, c.prim("index", p, c.const(0, I64))]
        return each(b, Size.of(3), [], body, [x, y, x], ["state"] * 3)
    check(net(make, VECTOR, VECTOR, sizes="n"), lanes, lambda k: [data(k), data(k, seed=1)], sizes=(1, 5, 17))


@widths
def test_loops_in_loops(lanes):
    def make(b, a, v):
        def row(c, aa, vv, i):
            def entry(e, x, y, k, j, s):
                return e.prim("add", s, e.prim("mul", e.prim("index", x, k, j), e.prim("index", y, j)))
            total, = each(c, M, [aa, vv, i], entry, [c.const(0.0)], ["add"])
            line, = each(c, M, [aa, i], lambda e, x, k, j: e.prim("exp", e.prim("index", x, k, j)))
            return [c.prim("sin", total), line]
        return each(b, N, [a, v], row)
    n = net(make, of(N, M), of(M), sizes="nm")
    for m in (0, 1, 5, 18):
        check(n, lanes, lambda k, m=m: [data(k, m), data(m)], sizes=(0, 1, 9, 17))


@widths
def test_triangles(lanes):
    """Sizes bound inside; the packed index needs no check, and is not checked."""
    def make(b, t, x):
        def row(c, tt, xs, i):
            c.box(BindSize("q", True), [i], [])

            def entry(e, packed, ys, k, j, s):
                two = e.const(2, I64)
                at = e.prim("add", e.prim("idiv", e.prim("mul", k, e.prim("sub", k, e.const(1, I64))), two), j)
                return e.prim("add", s, e.prim("mul", e.prim("index", packed, at), e.prim("index", ys, j)))
            return each(c, Size.var("q"), [tt, xs, i], entry, [c.const(0.0)], ["add"])
        return each(b, D, [t, x], row)
    n = net(make, of(D * (D - 1) / 2), of(D), sizes="d")
    f = check(n, lanes, lambda d: [data(d * (d - 1) // 2), data(d)], sizes=(1, 2, 3, 9, 20))
    assert "check" not in f.kernel_text


# ── arrays ──────────────────────────────────────────────────────────────────────────────────────────────────


@widths
def test_histogram(lanes):
    def make(b, x, at):
        z = b.fill([M], b.const(0.0))
        out = each(b, N, [x, at], lambda c, xs, ks, i, acc: c.prim(
            "add_at", acc, c.prim("index", ks, i), c.prim("index", xs, i), span=SPAN), [z], ["add"])
        return [*out, z]
    n = net(lambda b, x, at, y: make(b, x, at), VECTOR, of(N, leaf=I64), of(M), sizes="nm")
    rng = np.random.default_rng(0)
    f = check(n, lanes, lambda k: [data(k), rng.integers(0, 5, k), np.zeros(5)], atol=1e-12)
    agree(n, f, [data(9), np.array([0, 1, 2, 3, 4, 5, 0, 0, 0]), np.zeros(5)])
    assert code(lambda: f(data(9), np.array([0, 1, -1, 3, 4, 0, 0, 0, 0]), np.zeros(5))) == ("E0501", SPAN)


@widths
def test_sums_at_places_that_all_lanes_share(lanes):
    """acc[j] += x[i] y[j] over both loops; the start is kept."""
    def make(b, x, y, start):
        def outer(c, xs, ys, i, acc):
            def inner(e, u, v, k, j, a):
                x = e.prim("sin", e.prim("index", u, k))
                return e.prim("add_at", a, j, e.prim("mul", x, e.prim("index", v, j)))
            return each(c, M, [xs, ys, i], inner, [acc], ["add"])
        return each(b, N, [x, y], outer, [start], ["add"])
    n = net(make, VECTOR, of(M), of(M), sizes="nm")
    for m in (0, 3, 11):
        check(n, lanes, lambda k, m=m: [data(k), data(m), data(m, seed=2)], atol=1e-12)


@widths
def test_rows(lanes):
    """Rows are views; a row is written, added and copied as a whole."""
    def make(b, a, k):
        row = b.prim("index", a, k, span=SPAN)
        new = b.prim("update", a, b.const(0, I64), row)
        new = b.prim("add_at", new, b.const(1, I64), row)
        whole = b.prim("add_at", new, a)
        return [new, whole, b.prim("stack", row, b.prim("index", a, b.const(2, I64))), row]
    n = net(make, of(N, M), I64, sizes="nm")
    f = native(n, lanes)
    for m in (0, 1, 9):
        for k in (0, 1, 2, 3, -1):
            agree(n, f, [data(3, m), k])


def copies(f):
    return f.kernel_text.count("copy")


def test_updates_in_place():
    """Functional update of a state costs nothing; of an argument, one copy before the loop."""
    def make(b, x):
        return each(b, N, [], lambda c, i, s: c.prim("update", s, i, c.prim("to_f64", i)), [x], ["state"])
    f = native(net(make, VECTOR, sizes="n"))
    assert copies(f) == 1 and "memcpy" not in f.llvm_ir
    x = data(9)
    assert f(x).tolist() == list(range(9)) and x.tolist() == data(9).tolist()


def test_a_value_used_later_is_copied():
    def make(b, x):
        a = b.prim("update", x, b.const(0, I64), b.const(1.0))
        c = b.prim("update", a, b.const(1, I64), b.const(2.0))       # a is an output too
        d = b.prim("update", c, b.const(2, I64), b.const(3.0))
        return [a, d]
    n = net(make, of(Size.of(4)))
    f = native(n)
    agree(n, f, [data(4)])
    assert copies(f) == 2


def test_results_are_written_where_they_belong():
    """Neither rows of a matrix nor a returned array pass through a temporary."""
    def make(b, x):
        return each(b, N, [x], lambda c, xs, i: each(c, M, [xs, i], lambda e, y, k, j: e.prim(
            "mul", e.prim("index", y, k), e.prim("to_f64", j))))
    f = native(net(lambda b, x, y: make(b, x), VECTOR, of(M), sizes="nm"))
    assert copies(f) == 0 and "slot" not in f.kernel_text


def test_accumulators_pass_through_branches():
    """`if c then add_at acc … else acc` leaves acc where it is."""
    def make(b, x):
        def body(c, xs, i, acc):
            v = c.prim("index", xs, i)
            yes = net(lambda e, a, k, w: e.prim("add_at", a, k, w), VECTOR, I64, F64)
            no = net(lambda e, a, k, w: a, VECTOR, I64, F64)
            return c.box(IfOp(), [c.prim("gt", v, c.const(0.0)), acc, i, v], [VECTOR], [yes, no])
        return each(b, N, [x], body, [b.fill([N], b.const(1.0))], ["add"])
    for lanes in WIDTHS:
        f = check(net(make, VECTOR, sizes="n"), lanes, lambda k: [data(k)])
        assert copies(f) == 0


# ── branches ────────────────────────────────────────────────────────────────────────────────────────────────


@widths
def test_only_the_branch_taken_may_fail(lanes):
    def make(b, x, ks):
        def body(c, xs, at, i):
            k = c.prim("index", at, i)
            good = net(lambda e, a, j: e.prim("index", a, j, span=SPAN), VECTOR, I64)
            bad = net(lambda e, a, j: e.prim("to_f64", e.prim("idiv", j, e.prim("add", j, e.const(1, I64)), span=SPAN)),
                      VECTOR, I64)
            return c.box(IfOp(), [c.prim("ge", k, c.const(0, I64)), xs, k], [F64], [good, bad])
        return each(b, N, [x, ks], body)
    n = net(make, VECTOR, of(N, leaf=I64), sizes="n")
    f = native(n, lanes)
    agree(n, f, [data(11), np.array([0, 3, -2, 5, 10, -7, 1, 1, 1, -9, 2])])
    assert code(lambda: f(data(11), np.array([0] * 9 + [-1, 0]))) == ("E0503", SPAN)
    assert code(lambda: f(data(11), np.array([0] * 9 + [11, 0]))) == ("E0501", SPAN)


@widths
@pytest.mark.parametrize("guarded", ["row", "size"])
def test_nothing_is_read_before_its_check(guarded, lanes):
    """A read may leave a branch, but not when a check in the branch makes it safe. (Else this crashes.)"""
    def row(e, a, k):
        return e.prim("index", e.prim("index", a, k), e.const(1, I64))

    def size(e, a, k):
        e.box(BindSize("q", False), [k], [])
        b, = each(e, Size.var("q") + 1, [], lambda c, i: c.prim("to_f64", i))
        return e.prim("index", b, e.size(Size.var("q")))

    def make(b, a, ks):
        def body(c, rows, at, i):
            k = c.prim("index", at, i)
            yes = net(row if guarded == "row" else size, of(N, Size.of(3)), I64)
            no = net(lambda e, a, k: e.const(-1.0), of(N, Size.of(3)), I64)
            ok = c.prim("and", c.prim("ge", k, c.const(0, I64)), c.prim("lt", k, c.const(5, I64)))
            return c.box(IfOp(), [ok, rows, k], [F64], [yes, no])
        return each(b, M, [a, ks], body)
    n = net(make, of(N, Size.of(3)), of(M, leaf=I64), sizes="nm")
    f = native(n, lanes)
    agree(n, f, [data(5, 3), np.array([0, 4, -(2**50), 2**50, 3, 1, -1, 5, 0, 2**40, 2])])


@widths
def test_branches_with_loops(lanes):
    """Arrays made by either side; sums inside of a side."""
    def make(b, x, y):
        def body(c, xs, ys, i):
            v = c.prim("index", xs, i)
            yes = net(lambda e, a, w: each(e, M, [a, w], lambda g, p, q, j: g.prim("mul", g.prim("index", p, j), q)),
                      of(M), F64)
            no = net(lambda e, a, w: a, of(M), F64)
            arr, = c.box(IfOp(), [c.prim("gt", v, c.const(0.0)), ys, v], [of(M)], [yes, no])
            return [c.prim("index", arr, c.const(1, I64)), arr]
        return each(b, N, [x, y], body)
    n = net(make, VECTOR, of(M), sizes="nm")
    check(n, lanes, lambda k: [data(k), data(5)], sizes=(0, 3, 19))


def test_chains_of_ten_thousand():
    """else-if, and operators, as long as they like."""
    bubble = net(lambda b, x: b.const(-1.0), F64)
    for k in range(10_000):
        def make(b, x, inner=bubble, k=k):
            yes = net(lambda c, y: c.const(float(k)), F64)
            return b.box(IfOp(), [b.prim("lt", x, b.const(float(k))), x], [F64], [yes, inner])
        bubble = net(make, F64)
    m = translate(Table({"f": bubble}), "f")
    assert m.text.count("fcmp olt") == 10_000

    def chain(b, x):
        for _ in range(3_000):
            x = b.prim("add", b.prim("mul", x, x), x)
        return x
    m = translate(Table({"f": net(chain, F64)}), "f")
    assert m.text.count("fmul") == m.text.count("fadd") == 3_000


def test_long_straight_code_runs():
    def chain(b, x):
        for _ in range(2_100):
            x = b.prim("add", b.prim("mul", x, x), x)
        return x
    assert native(net(chain, F64))(1e-9) == pytest.approx(1e-9, rel=1e-3)


# ── sizes, calls ────────────────────────────────────────────────────────────────────────────────────────────


@widths
def test_sizes_found_while_running(lanes):
    """An array of a size that is computed comes from the arena, also as a result."""
    def make(b, x):
        at = b.prim("to_i64", b.prim("index", x, b.const(0, I64)))
        b.box(BindSize("q", False), [at], [], span=SPAN)
        a, = each(b, Size.var("q"), [x], lambda c, xs, i: c.prim("mul", c.prim("to_f64", i), c.prim(
            "index", xs, c.const(1, I64))))
        s, = each(b, Size.var("q"), [a], lambda c, xs, i, t: c.prim("add", t, c.prim("index", xs, i)),
                  [b.const(0.0)], ["add"])
        return [s, a]
    n = net(make, of(Size.of(2)))
    f = native(n, lanes)
    for k in (0, 1, 30):
        agree(n, f, [np.array([float(k), 0.5])])
    assert code(lambda: f(np.array([-1.0, 0.0]))) == ("E0506", SPAN)


@widths
def test_sizes_found_in_each_trip(lanes):
    def make(b, ks):
        def body(c, at, i, s):
            c.box(BindSize("q", True), [c.prim("index", at, i)], [])
            a, = each(c, Size.var("q"), [i], lambda e, k, j: e.prim("to_f64", e.prim("mul", k, j)))
            t, = each(c, Size.var("q"), [a], lambda e, xs, j, u: e.prim("add", u, e.prim("index", xs, j)),
                      [c.const(0.0)], ["add"])
            return c.prim("add", s, t)
        return each(b, N, [ks], body, [b.const(0.0)], ["add"])
    n = net(make, of(N, leaf=I64), sizes="n")
    agree(n, native(n, lanes), [np.array([3, 0, 70, -5, 9, 1])])


def test_sizes_given_as_integers():
    def make(b, k):
        b.box(BindSize("n", False), [k], [], span=SPAN)
        return each(b, N * N, [], lambda c, i: c.prim("to_f64", i))
    n = net(make, I64)
    f = native(n)
    assert f(3).tolist() == list(range(9)) and f(0).shape == (0,)
    assert code(lambda: f(-1)) == ("E0506", SPAN)
    assert code(lambda: f(2**40))[0] == "E0507"


def test_guards():
    def make(b, x, y):
        z, = b.box(Guard(((M, N),)), [y], [VECTOR], span=SPAN)
        return each(b, N, [x, z], lambda c, p, q, i: c.prim("add", c.prim("index", p, i), c.prim("index", q, i)))
    n = net(make, VECTOR, of(M), sizes="nm")
    f = native(n)
    agree(n, f, [data(5), data(5)])
    assert code(lambda: f(data(5), data(6))) == ("E0502", SPAN)


def test_shapes_of_arguments():
    def make(b, x, y):
        return b.prim("index", y, b.const(0, I64), b.const(0, I64))
    n = net(make, VECTOR, of(N + 1, Size.of(2)), sizes="n")
    f = native(n)
    assert f(data(3), data(4, 2)) == data(4, 2)[0, 0]
    assert code(lambda: f(data(3), data(3, 2)))[0] == "E0502"


@widths
def test_calls(lanes):
    """A called net at other sizes, twice, with an accumulator handed over."""
    def callee(b, x, acc):
        return each(b, N, [x], lambda c, xs, i, a: c.prim("add_at", a, i, c.prim("index", xs, i)), [acc], ["add"])
    g = net(callee, VECTOR, VECTOR, sizes="n")

    def make(b, x, y):
        z = b.fill([M], b.const(1.0))
        sizes = (("n", M),)
        z, = b.box(Call("g", sizes), [y, z], [of(M)])
        z, = b.box(Call("g", sizes), [y, z], [of(M)])
        u, = b.box(Call("g", (("n", N),)), [x, x], [VECTOR])
        return [z, u]
    f = net(make, VECTOR, of(M), sizes="nm")
    table = Table({"f": f, "g": g})
    run = compile(table, "f", lanes=lanes, options=Options(cached=False))
    x, y = data(9), data(5)
    z, u = run(x, y)
    np.testing.assert_allclose(z, 1 + 2 * y)
    np.testing.assert_allclose(u, 2 * x)
    assert copies(run) == 1


def test_recursion_is_refused():
    def make(b, x):
        return b.box(Call("f", ()), [x], [F64], span=SPAN)
    assert code(lambda: native(net(make, F64)))[0] == "E0721"


@pytest.mark.parametrize(("row", "args", "want"), [
    ("idiv", [1, 0], "E0503"), ("imod", [1, 0], "E0503"), ("ipow", [2, -1], "E0504")])
def test_integer_failures(row, args, want):
    f = native(net(lambda b, x, y: b.prim(row, x, y, span=SPAN), I64, I64))
    assert code(lambda: f(*args)) == (want, SPAN)


@widths
def test_strict_is_in_order(lanes):
    def make(b, x):
        return each(b, N, [x], lambda c, xs, i, s: c.prim("add", s, c.prim("mul", c.prim("index", xs, i), c.prim(
            "index", xs, i))), [b.const(0.0)], ["add"])
    n = net(make, VECTOR, sizes="n")
    f = native(n, lanes, strict=True)
    x = data(100)
    total = 0.0
    for v in x.tolist():
        total += v * v
    assert f(x) == total and "contract" not in f.module.text.split("@f.run")[1].split("@cad.")[0]


# ── random programs ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seed", range(30))
def test_random_programs(seed):
    """Maps, sums, scatters, folds, branches, nested; tests/rewrite/programs.py."""
    n = program(seed, 14, 2)
    f = native(n, WIDTHS[seed % 5])
    rng = np.random.default_rng(seed)
    for rows, columns in ((0, 0), (2, 3), (5, 9), (11, 4)):
        args = [*rng.standard_normal(2).tolist(), int(rng.integers(-2, 4)), data(rows), data(rows, seed=1),
                data(columns), data(rows, columns)]
        compare(n, f, args)


def compare(n, f, args):
    from catad.backends.reference import run

    from catad.source import CatadError
    try:
        want = run(Table({"f": n}), "f", args)
    except CatadError:
        return                                            # what fails unused may or may not fail
    for x, y in zip(want, f(*args), strict=True):
        finite = np.isfinite(x) & (np.abs(x) < 1e100)
        assert np.shape(x) == np.shape(y)
        np.testing.assert_allclose(np.where(finite, y, 0.0), np.where(finite, x, 0.0), rtol=1e-7, atol=1e-7)


