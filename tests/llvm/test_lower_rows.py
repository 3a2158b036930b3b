"""Every row of the table, in scalars and in lanes, is the reference's."""

import numpy as np
import pytest
from catad.backends.llvm.target import host, target

from catad.ops import ROWS
from catad.ops.samples import SAMPLES
from catad.types.type import BOOL, F32, F64, I64, Array

from .nets import N, agree, each, native, net, of

ODD = ["sqrt", "cbrt", "exp", "expm1", "sin", "cos", "tan", "atan", "sinh", "cosh", "tanh", "sech2", "asinh", "erf",
       "erfc", "floor", "ceil", "round", "trunc", "sign", "abs", "neg", "lgamma", "digamma"]
POSITIVE = ["log", "log1p", "acosh"]
UNIT = ["asin", "acos", "atanh"]
PAIRS = ["add", "sub", "mul", "corr", "div", "max", "min", "pow", "atan2", "hypot"]
COMPARE = ["eq", "ne", "lt", "le", "gt", "ge"]
INTEGERS = ["add", "sub", "mul", "idiv", "imod", "band", "bor", "bxor", "shl", "shr", "max", "min"]
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 2.5, -2.5, 1e-300, np.inf, -np.inf, np.nan, 1e300, 3.0]
WIDTHS = [1, 2, 8]


def pointwise(rows, types):
    """All rows over arrays of these types, one collected result each."""
    def make(b, *xs):
        def body(c, *w):
            args = [c.prim("index", x, w[-1]) for x in w[:-1]]
            return [c.prim(r, *args) for r in rows]
        return each(b, N, xs, body)
    return net(make, *[Array(N, t) for t in types], sizes="n")


@pytest.mark.parametrize("lanes", WIDTHS)
def test_floats(lanes):
    """Sizes around the width, so that whole vectors, rests and empty loops all occur."""
    rng = np.random.default_rng(lanes)
    ones = pointwise(ODD, [F64])
    f = native(ones, lanes)
    for n in (0, 1, lanes - 1, lanes, lanes + 1, 2 * lanes + 1):
        agree(ones, f, [rng.uniform(0.1, 4, n) * rng.choice([-1, 1], n)], rtol=1e-10, atol=1e-14)
    positive = pointwise(POSITIVE, [F64])
    agree(positive, native(positive, lanes), [rng.uniform(1, 9, 19)])
    unit = pointwise(UNIT, [F64])
    agree(unit, native(unit, lanes), [rng.uniform(-1, 1, 19)])


@pytest.mark.parametrize("lanes", WIDTHS)
def test_pairs(lanes):
    rng = np.random.default_rng(lanes)
    twos = pointwise(PAIRS, [F64, F64])
    agree(twos, native(twos, lanes), [rng.uniform(0.1, 3, 21), rng.uniform(0.1, 3, 21)])
    tests = pointwise(COMPARE, [F64, F64])
    grid = np.array([(x, y) for x in SPECIAL for y in SPECIAL])
    agree(tests, native(tests, lanes), [grid[:, 0].copy(), grid[:, 1].copy()])
    exact = pointwise(["add", "sub", "mul", "div", "max", "min"], [F64, F64])
    with np.errstate(all="ignore"):
        agree(exact, native(exact, lanes), [grid[:, 0].copy(), grid[:, 1].copy()])


@pytest.mark.parametrize("lanes", [1, 8])
def test_specials(lanes):
    """NaN, infinities, signed zeros."""
    rows = ["sign", "floor", "ceil", "round", "trunc", "abs", "neg", "isnan", "isinf", "to_i64", "sqrt"]
    n = pointwise(rows, [F64])
    f = native(n, lanes)
    x = np.array(SPECIAL)
    with np.errstate(all="ignore"):
        agree(n, f, [x])
        zeros = f(np.array([0.0, -0.0] * 8))
    assert np.signbit(zeros[0]).tolist() == [False, True] * 8


@pytest.mark.parametrize("lanes", WIDTHS)
def test_integers(lanes):
    rng = np.random.default_rng(lanes)
    n = pointwise(INTEGERS, [I64, I64])
    f = native(n, lanes)
    big = [-(2**63), 2**63 - 1, -1, 1, 7, -7, 64, -64]
    grid = np.array([(x, y) for x in [*big, 0] for y in big])
    with np.errstate(all="ignore"):
        agree(n, f, [grid[:, 0].copy(), grid[:, 1].copy()])
    ones = pointwise(["neg", "abs", "bnot", "to_f64", "to_i64"], [I64])
    agree(ones, native(ones, lanes), [rng.integers(-9, 9, 21)])
    powers = pointwise(["ipow"], [I64, I64])
    agree(powers, native(powers, lanes), [rng.integers(-9, 9, 21), rng.integers(0, 70, 21)])


@pytest.mark.parametrize("lanes", [1, 4])
def test_division_by_constants(lanes):
    def make(b, x):
        def body(c, xs, i):
            v = c.prim("index", xs, i)
            return [c.prim(r, v, c.const(d, I64)) for r in ("idiv", "imod") for d in (1, 2, 3, 8, -1, -2, -3)]
        return each(b, N, [x], body)
    n = net(make, Array(N, I64), sizes="n")
    agree(n, native(n, lanes), [np.array([-(2**63), -9, -8, -1, 0, 1, 7, 8, 9, 2**63 - 1])])


@pytest.mark.parametrize("lanes", [1, 8])
def test_truth_values(lanes):
    n = pointwise(["and", "or", "eq", "ne", "lt"], [BOOL, BOOL])
    agree(n, native(n, lanes), [np.array([False, False, True, True] * 5), np.array([False, True] * 10)])
    n = pointwise(["not", "to_i64"], [BOOL])
    agree(n, native(n, lanes), [np.array([False, True] * 6)])


@pytest.mark.parametrize("lanes", [1, 8, 16])
def test_singles(lanes):
    rng = np.random.default_rng(lanes)
    n = pointwise(["exp", "sin", "log", "tanh", "sqrt", "to_f64", "neg"], [F32])
    f = native(n, lanes)
    for k in (0, 5, 33):
        agree(n, f, [rng.uniform(0.5, 2, k).astype(np.float32)], rtol=3e-7)
    n = pointwise(["add", "mul", "div", "max", "pow"], [F32, F32])
    agree(n, native(n, lanes), [rng.uniform(0.5, 2, 37).astype(np.float32) for _ in range(2)], rtol=3e-7)


@pytest.mark.parametrize("lanes", [1, 8])
def test_mixed_arguments(lanes):
    """Rows whose arguments differ in type."""
    rng = np.random.default_rng(1)
    n = pointwise(["powi"], [F64, I64])
    agree(n, native(n, lanes), [rng.uniform(0.5, 2, 19), rng.integers(-5, 9, 19)])
    n = pointwise(["polygamma"], [I64, F64])
    agree(n, native(n, lanes), [rng.integers(0, 4, 19), rng.uniform(0.5, 9, 19)], rtol=1e-10)
    n = pointwise(["select"], [BOOL, F64, F64])
    agree(n, native(n, lanes), [rng.random(19) < 0.5, rng.random(19), rng.random(19)])


@pytest.mark.parametrize("lanes", [1, 8])
def test_extremes(lanes):
    """The first of several; a NaN counts as the extreme value."""
    rows = ["maximum", "minimum", "argmax", "argmin"]
    n = net(lambda b, x: [b.prim(r, x) for r in rows], of(N), sizes="n")
    f = native(n, lanes)
    for x in ([1.0], [1.0, 3.0, 3.0, -2.0, -2.0], [1.0, np.nan, 5.0, np.nan], [-np.inf] * 3, list(range(40))):
        agree(n, f, [np.array(x, dtype=float)])
    agree(n, f, [np.zeros(0)])
    i = net(lambda b, x: [b.prim(r, x) for r in rows], of(N, leaf=I64), sizes="n")
    agree(i, native(i, lanes), [np.array([4, 9, -3, 9, -3])])


def bits_of_all_kinds():
    """Random bits, and those whose upper 52 are near the ends, the middle and the split of the quantile."""
    rng = np.random.default_rng(5)
    ends = [0, -1, 2**63 - 1, -(2**63), 1 << 12, -(1 << 12), 2**63 - (1 << 12)]
    split = [int(u * 2.0**64) + d * 2**12 for u in (0.075, 0.925, 0.5**0.5, 0.25, 0.125) for d in (-2, -1, 0, 1, 2)]
    few = [int(x) >> int(s) for x, s in zip(rng.integers(0, 2**63, 300), rng.integers(0, 62, 300), strict=True)]
    return np.array([*ends, *[(b + 2**63) % 2**64 - 2**63 for b in split], *few, *[-x for x in few],
                     *rng.integers(-(2**63), 2**63 - 1, 400)])


@pytest.mark.parametrize("machine", ["host", "x86-64-v2", "x86-64-v3"])
@pytest.mark.parametrize("lanes", [1, 2, 4, 8])
def test_samples_are_the_same_bits(lanes, machine):
    """Fails when one product of a sequence is contracted with its sum (`contract` on fmul and fadd)."""
    if machine != "host" and host().triple.split("-")[0] != "x86_64":
        pytest.skip("runs x86-64 code")
    rows = sorted(SAMPLES)
    n = pointwise(rows, [I64])
    bits = bits_of_all_kinds()
    for row, got in zip(rows, native(n, lanes, target=target(machine))(bits), strict=True):
        assert [float(g).hex() for g in got] == [SAMPLES[row](int(b)).hex() for b in bits]


def test_every_row_is_here():
    """Fails when a row is added to the table and not to these tests."""
    arrays = {"index", "update", "add_at", "stack", "maximum", "minimum", "argmax", "argmin",
              "constant"}
    seen = {*ODD, *POSITIVE, *UNIT, *PAIRS, *COMPARE, *INTEGERS, *arrays, "select", "to_f64", "to_f32", "to_i64",
            "ipow", "bnot", "and", "or", "not", "isnan", "isinf", "powi", "polygamma", *SAMPLES}
    assert seen == set(ROWS)
    n = net(lambda b, x: b.prim("to_f32", x), F64)
    assert native(n)(0.1) == float(np.float32(0.1))
