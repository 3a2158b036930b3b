"""Rationals, residues and long floats: exactness, refusals, agreement with the floats."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from catad.backends import exact

from catad.source import CatadError
from catad.types.size import Size
from catad.types.type import BOOL, F64, I64, Array, Series

from .helpers import SPAN, build, table

N = Size.var("n")
VECTOR = Array(N, F64)
P = 2**61 - 1


def horner(b, x, t):
    """Σ x_i t^i from the top."""
    body = build(lambda b, x, t, i, s: b.prim("add", b.prim("mul", s, t), b.prim("index", x, i)), VECTOR, F64, I64, F64)
    return b.loop(N, body, [x, t], [b.const(0.0)], ["state"], down=True)[0]


def one(name, types, args, **options):
    net = build(lambda b, *w: b.prim(name, *w, span=SPAN), *types)
    return exact.run(table(net), "f", args, **options)[0]


def test_rationals_are_exact() -> None:
    net = build(horner, VECTOR, F64, sizes=["n"])
    x = [Fraction(1, 3), Fraction(-2, 7), 5]
    t = Fraction(10**40 + 1, 3)
    assert exact.run(table(net), "f", [np.array(x, object), t]) == (x[0] + x[1] * t + x[2] * t * t,)


def test_float_inputs_are_what_they_are() -> None:
    assert one("add", [F64, F64], [0.1, 0.2]) == Fraction(0.1) + Fraction(0.2) != Fraction(0.3)


@pytest.mark.parametrize(("name", "args", "want"), [
    ("div", (1, 3), Fraction(1, 3)), ("div", (1, 0), np.inf), ("abs", (Fraction(-1, 2),), Fraction(1, 2)),
    ("sign", (Fraction(-1, 2),), -1), ("floor", (Fraction(-1, 2),), -1), ("round", (Fraction(5, 2),), 2),
    ("trunc", (Fraction(-7, 2),), -3), ("max", (Fraction(1, 3), -np.inf), Fraction(1, 3)), ("add", (1, np.inf), np.inf),
    ("mul", (-2, np.inf), -np.inf), ("div", (5, np.inf), 0), ("lt", (Fraction(1, 3), Fraction(1, 2)), True)])
def test_rational_rows(name, args, want) -> None:
    assert one(name, [F64] * len(args), args) == want


def test_integer_powers() -> None:
    assert one("powi", [F64, I64], [Fraction(2, 3), -3]) == Fraction(27, 8)
    assert one("powi", [F64, I64], [0, 0]) == 1


def test_refuses_what_is_not_rational_only_when_reached() -> None:
    with pytest.raises(CatadError) as e:
        one("exp", [F64], [1])
    assert e.value.code == "E0711" and "exp" in e.value.diagnostics[0].title
    assert e.value.diagnostics[0].labels[0].span == SPAN
    from catad.net.net import IfOp
    irrational, identity = build(lambda b, x: b.prim("exp", x), F64), build(lambda b, x: x, F64)
    net = build(lambda b, c, x: b.box(IfOp(), [c, x], [F64], [identity, irrational]), BOOL, F64)
    assert exact.run(table(net), "f", [True, Fraction(1, 3)]) == (Fraction(1, 3),)


def test_rational_series() -> None:
    """1 / (1 - t) = 1 + t + t² + … exactly."""
    s = Series(5, F64)
    got = one("div", [s, s], [np.array([1, 0, 0, 0, 0, 0], object), np.array([1, -1, 0, 0, 0, 0], object)])
    assert list(got) == [Fraction(1)] * 6


def test_residues_are_a_homomorphic_image() -> None:
    make = lambda b, x, t: b.prim("div", horner(b, x, t), b.prim("add", t, b.const(0.5)))  # noqa: E731
    net = build(make, VECTOR, F64, sizes=["n"])
    x, t = [3, -7, 11], Fraction(5, 4)
    (rational,) = exact.run(table(net), "f", [np.array(x, object), t])
    (residue,) = exact.run_mod(table(net), "f", [np.array(x, object), t], P)
    assert residue == rational.numerator * pow(rational.denominator, -1, P) % P


def test_residues_refuse_order_and_zero_divisors() -> None:
    for name, code in (("lt", "E0711"), ("max", "E0711"), ("div", "E0714")):
        net = build(lambda b, x, y, name=name: b.prim(name, x, y, span=SPAN), F64, F64)
        with pytest.raises(CatadError) as e:
            exact.run_mod(table(net), "f", [1, 7], 7)
        assert e.value.code == code and e.value.diagnostics[0].labels[0].span == SPAN


def test_long_floats() -> None:
    got = one("exp", [F64], [1], digits=60)
    with mpmath.workdps(60):
        assert abs(got - mpmath.e) < mpmath.mpf(10) ** -59
    assert one("log", [F64], [-1.0], digits=20) != one("log", [F64], [-1.0], digits=20)         # NaN
    assert one("digamma", [F64], [0.0], digits=20) == -mpmath.inf
    assert one("idiv", [I64, I64], [-7, 2], digits=20) == -4
    assert one("max", [F64, F64], [1.0, 2.0], digits=20) == 2
