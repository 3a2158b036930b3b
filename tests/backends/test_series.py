"""Rows at series type: the recurrences against numerical differentiation, and against the equations of the table."""

import random

import numpy as np
import pytest
from catad.backends.exact.longfloats import LongFloats
from catad.backends.reference import run
from catad.proofs.oracles import ORACLES

from catad.rules import equation
from catad.types.size import Size
from catad.types.type import F64, I64, Array, Series, is_float

from .helpers import call, float_types, prim, table

ORDER = 6
NAMES = sorted(ORACLES)


def curve(oracle, rng):
    """An argument for each input: a series through a gentle point, or an integer."""
    return [x if isinstance(x, int) else [x, *(rng.uniform(-1, 1) for _ in range(ORDER))] for x in oracle.gentle(rng)]


def types(name, order=ORDER):
    return float_types(name, len(ORACLES[name].domain), Series(order, F64))


@pytest.mark.parametrize("name", NAMES)
def test_recurrences_give_the_taylor_coefficients(name) -> None:
    rng = random.Random(name)
    for _ in range(2):
        args = curve(ORACLES[name], rng)
        want = ORACLES[name].series(args, ORDER)
        got = prim(name, types(name), [a if isinstance(a, int) else np.array(a) for a in args])
        scale = max(abs(w) for w in want)
        assert all(abs(g - w) <= 1e-12 * max(abs(w), scale) for g, w in zip(got, want, strict=True)), (args, got, want)


def shifted(a):
    """The derivative of a series, one order lower."""
    return [k * c for k, c in enumerate(a)][1:]


@pytest.mark.parametrize("name", NAMES)
def test_equations_hold_at_series_type(name) -> None:
    """y' = E(x, y, x') with true y: judges catad/ops/scalar.cad without the recurrences."""
    rng = random.Random(name)
    args = curve(ORACLES[name], rng)
    low = types(name, ORDER - 1)
    active = tuple(is_float(t) for t in low)
    net = equation(name, tuple(low), active)
    y = ORACLES[name].series(args, ORDER, 40)
    values = [a if isinstance(a, int) else a[:-1] for a in args] + [y[:-1]] + [
        shifted(a) for a in args if not isinstance(a, int)]
    domain = LongFloats(30)
    (got,) = run(table(net), "f", [v if isinstance(v, int) else np.array(v, object) for v in values], domain=domain)
    for g, w in zip(got, shifted(y), strict=True):
        assert abs(g - w) <= 1e-14 * max(1, abs(w)), (g, w)


def test_power_at_a_vanishing_exponent() -> None:
    """x^p along x = 1.5 + t, p = t: where p is 0 its product with the slope in x still has a derivative."""
    x, p = [1.5, 1.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]
    y = [float(c) for c in ORACLES["pow"].series([x, p], 3)]
    got = prim("pow", [Series(3, F64)] * 2, [np.array(x), np.array(p)])
    assert np.allclose(got, y, rtol=1e-13)
    net = equation("pow", (Series(2, F64),) * 2, (True, True))
    (slope,) = run(table(net), "f", [np.array(v) for v in (x[:3], p[:3], y[:3], shifted(x), shifted(p))])
    assert np.allclose(slope, shifted(y), rtol=1e-13)


def test_power_of_nothing_to_nothing_is_flat() -> None:
    net = equation("pow", (F64, F64), (True, False))
    assert run(table(net), "f", [0.0, 0.0, 1.0, 1.0]) == (0.0,)
    assert run(table(net), "f", [0.0, 1.0, 0.0, 1.0]) == (1.0,)


def test_kinks_choose_by_the_leading_coefficient() -> None:
    s = Series(2, F64)
    assert list(prim("abs", [s], [np.array([-2.0, 3, 4])])) == [2, -3, -4]
    assert list(prim("abs", [s], [np.array([0.0, 3, 4])])) == [0, 0, 0]
    assert list(prim("max", [s, s], [np.array([1.0, 2, 3]), np.array([1.0, 5, 6])])) == [1, 2, 3]
    assert list(prim("max", [s, s], [np.array([0.0, 2, 3]), np.array([1.0, 5, 6])])) == [1, 5, 6]
    assert list(prim("min", [s, s], [np.array([1.0, 2, 3]), np.array([1.0, 5, 6])])) == [1, 2, 3]
    assert list(prim("floor", [s], [np.array([1.5, 2, 3])])) == [1, 0, 0]
    assert prim("lt", [s, s], [np.array([0.0, 9, 9]), np.array([1.0, 0, 0])]) is True
    assert prim("to_i64", [s], [np.array([2.7, 9, 9])]) == 2
    assert list(prim("hypot", [s, s], [np.array([0.0, 1, 0]), np.array([0.0, 1, 0])])) == [0, 0, 0]


def test_powers_through_zero() -> None:
    s = Series(4, F64)
    line = np.array([0.0, 2, 1, 0, 0])
    assert list(prim("powi", [s, I64], [line, 2])) == [0, 0, 4, 4, 1]
    assert list(prim("powi", [s, I64], [line, 0])) == [1, 0, 0, 0, 0]
    two = np.array([2.0, 0, 0, 0, 0])
    assert list(prim("pow", [s, s], [line, two])) == [0, 0, 4, 4, 1]
    assert list(prim("pow", [s, s], [np.array([-1.0, 2, 1, 0, 0]), two])) == [1, -4, 2, 4, 1]


def test_square_root_at_zero_is_steep() -> None:
    got = prim("sqrt", [Series(1, F64)], [np.array([0.0, 1])])
    assert got[0] == 0 and got[1] == np.inf


def test_product_and_its_dagger() -> None:
    """⟨a·b, c⟩ = ⟨b, corr(a, c)⟩ for every a, b, c; also for series of series."""
    rng = np.random.default_rng(1)
    for s, shape in ((Series(5, F64), (6,)), (Series(3, Series(2, F64)), (4, 3))):
        a, b, c = rng.normal(size=(3, *shape))
        assert np.isclose(np.vdot(prim("mul", [s, s], [a, b]), c), np.vdot(b, prim("corr", [s, s], [a, c])))


def test_series_of_series_is_a_polynomial_in_two_variables() -> None:
    s = Series(2, Series(3, F64))
    x = np.zeros((3, 4))
    x[0, 0], x[1, 0], x[0, 1] = 0.3, 1, 1                       # 0.3 + s + t
    got = prim("exp", [s], [x])
    from math import exp, factorial
    want = [[exp(0.3) / factorial(i) / factorial(j) for j in range(4)] for i in range(3)]
    assert np.allclose(got, want, rtol=1e-14)


def test_pack_and_part() -> None:
    from catad.net.net import SeriesPack, SeriesPart
    n = Size.var("n")
    inner = Array(n, Series(1, F64))

    def make(b, x, c):
        (s,) = b.box(SeriesPack(3), [x, c], [Array(n, Series(3, Series(1, F64)))])
        (v,) = b.box(SeriesPart("value"), [s], [inner])
        (d,) = b.box(SeriesPart("coefficients"), [s], [Array(Size.of(3), inner)])
        return s, v, d

    x, c = np.arange(10.0).reshape(2, 5), np.arange(30.0).reshape(2, 3, 5)
    s, v, d = call(make, [inner, Array(Size.of(3), inner)], [x, c], ["n"])
    assert s.shape == (4, 2, 5) and np.array_equal(s[0], x) and np.array_equal(s[2], c[:, 1])
    assert np.array_equal(v, x) and np.array_equal(d, c)


def test_lift_has_no_slope() -> None:
    from catad.net.net import SeriesPack
    got = call(lambda b, x: b.box(SeriesPack(2), [x], [Series(2, F64)]), [F64], [3.0])
    assert list(got) == [3, 0, 0]


def test_array_rows_act_on_every_coefficient() -> None:
    t = Array(Size.var("n"), Series(1, F64))
    x = np.array([[1.0, 5, 2], [10, 50, 20]])
    assert list(call(lambda b, a, i: b.prim("index", a, i), [t, I64], [x, 1], ["n"])) == [5, 50]
    contribution = np.array([1.0, 7])
    added = call(lambda b, a, i, v: b.prim("add_at", a, i, v), [t, I64, Series(1, F64)], [x, 2, contribution], ["n"])
    assert added.tolist() == [[1, 5, 3], [10, 50, 27]]
    assert list(call(lambda b, a: b.prim("maximum", a), [t], [x], ["n"])) == [5, 50]
