"""Each float row of the reference against mpmath; IEEE corners; integers."""

import math
import random

import numpy as np
import pytest
from catad.backends.reference import FLOATS
from catad.proofs.oracles import ORACLES, Oracle, error_ulps

from catad.ops import ROWS
from catad.source import CatadError
from catad.types.type import BOOL, F32, F64, I64

from .helpers import SPAN, float_types, prim

NAN, INF = math.nan, math.inf


def meaning(name, t=F64):
    return FLOATS.row(name, float_types(name, 2, t))


@pytest.mark.parametrize("oracle", ORACLES.values(), ids=lambda o: o.name)
def test_rows_keep_their_promise(oracle: Oracle) -> None:
    """Hard points and random ones; fails when a row is computed by a formula that cancels."""
    rng = random.Random(oracle.name)
    f = meaning(oracle.name)
    with np.errstate(all="ignore"):
        for point in [*oracle.hard, *(oracle.sample(rng) for _ in range(150))]:
            got = f(*point)
            assert oracle.allows(point, got), (point, got, oracle.value(point))


@pytest.mark.parametrize("oracle", ORACLES.values(), ids=lambda o: o.name)
def test_single_precision_rounds_the_double(oracle: Oracle) -> None:
    rng = random.Random(oracle.name)
    f = meaning(oracle.name, F32)
    with np.errstate(all="ignore"):
        for _ in range(30):
            point = tuple(x if isinstance(x, int) else float(np.float32(x)) for x in oracle.gentle(rng))
            want = oracle.value(point)
            assert abs(f(*point) - want) <= 0.51 * float(np.spacing(np.float32(abs(want)))) + 1e-14


def same(a: float, b: float) -> bool:
    return (a != a and b != b) or (a == b and math.copysign(1, a) == math.copysign(1, b))


CORNERS = [
    ("div", (1.0, 0.0), INF), ("div", (1.0, -0.0), -INF), ("div", (0.0, 0.0), NAN), ("div", (-1.0, INF), -0.0),
    ("log", (0.0,), -INF), ("log", (-1.0,), NAN), ("log1p", (-1.0,), -INF), ("sqrt", (-1.0,), NAN),
    ("sqrt", (-0.0,), -0.0), ("exp", (1000.0,), INF), ("exp", (-INF,), 0.0), ("expm1", (800.0,), INF),
    ("sin", (INF,), NAN), ("sin", (NAN,), NAN), ("cos", (-INF,), NAN), ("tan", (INF,), NAN), ("sin", (-0.0,), -0.0),
    ("sinh", (-1000.0,), -INF), ("cosh", (-1000.0,), INF), ("tanh", (INF,), 1.0), ("sech2", (INF,), 0.0),
    ("sech2", (-1e308,), 0.0), ("acosh", (0.5,), NAN), ("atanh", (1.0,), INF), ("atanh", (2.0,), NAN),
    ("asin", (1.5,), NAN), ("atan2", (0.0, -0.0), math.pi), ("atan2", (-0.0, 1.0), -0.0),
    ("hypot", (INF, NAN), INF), ("pow", (0.0, -1.0), INF), ("pow", (-0.0, -3.0), -INF), ("pow", (-8.0, 1 / 3), NAN),
    ("pow", (1.0, NAN), 1.0), ("pow", (NAN, 0.0), 1.0), ("pow", (-10.0, 309.0), -INF), ("powi", (0.0, 0), 1.0),
    ("powi", (0.0, -2), INF), ("powi", (-0.0, -3), -INF), ("powi", (-0.0, 3), -0.0), ("powi", (NAN, 0), 1.0),
    ("powi", (-1.0, 2**53 + 1), -1.0), ("powi", (-INF, 3), -INF), ("lgamma", (0.0,), INF), ("lgamma", (-3.0,), INF),
    ("lgamma", (-INF,), INF), ("lgamma", (1e306,), INF), ("lgamma", (1.0,), 0.0), ("lgamma", (2.0,), 0.0),
    ("digamma", (0.0,), -INF), ("digamma", (-0.0,), INF), ("digamma", (-1.0,), NAN), ("digamma", (INF,), INF),
    ("polygamma", (1, 0.0), INF), ("polygamma", (2, 0.0), -INF), ("polygamma", (1, INF), 0.0),
    ("max", (1.0, NAN), NAN), ("max", (NAN, 1.0), NAN), ("max", (-0.0, 0.0), -0.0), ("max", (0.0, -0.0), 0.0),
    ("min", (NAN, 1.0), NAN), ("min", (1.0, NAN), NAN), ("min", (0.0, -0.0), 0.0), ("min", (2.0, 1.0), 1.0),
    ("sign", (-0.0,), -0.0), ("sign", (NAN,), NAN), ("sign", (-3.0,), -1.0), ("abs", (-0.0,), 0.0),
    ("round", (0.5,), 0.0), ("round", (1.5,), 2.0), ("round", (-0.5,), -0.0), ("round", (2.5,), 2.0),
    ("floor", (-0.5,), -1.0), ("ceil", (-0.5,), -0.0), ("trunc", (-1.7,), -1.0), ("floor", (INF,), INF),
    ("round", (1e300,), 1e300), ("floor", (NAN,), NAN),
]


@pytest.mark.parametrize(("name", "args", "want"), CORNERS)
def test_ieee_corners(name, args, want) -> None:
    got = prim(name, float_types(name, len(args)), args)
    assert same(got, want), got


@pytest.mark.parametrize(("name", "args", "want"), [
    ("add", (2**63 - 1, 1), -2**63), ("mul", (2**62, 2), -2**63), ("neg", (-2**63,), -2**63),
    ("abs", (-2**63,), -2**63), ("idiv", (-7, 2), -4), ("imod", (-7, 2), 1), ("imod", (7, -2), -1),
    ("idiv", (-2**63, -1), -2**63), ("ipow", (3, 41), pow(3, 41, 2**64) - 2**64 * (pow(3, 41, 2**64) >= 2**63)),
    ("ipow", (0, 0), 1), ("shl", (1, 63), -2**63), ("shl", (1, 64), 1), ("shr", (-8, 1), -4), ("shr", (-8, 65), -4),
    ("bnot", (5,), -6), ("band", (12, 10), 8), ("bxor", (12, 10), 6), ("bor", (12, 10), 14),
    ("sub", (-2**63, 1), 2**63 - 1),
    ("max", (3, -4), 3), ("min", (3, -4), -4),
])
def test_integers_wrap_and_floor(name, args, want) -> None:
    assert prim(name, [I64] * len(args), args) == want


@pytest.mark.parametrize(("x", "want"), [
    (2.9, 2), (-2.9, -2), (NAN, 0), (INF, 2**63 - 1), (-1e30, -2**63), (9.3e18, 2**63 - 1),
    (9.223372036854775e18, 9223372036854774784)])
def test_to_i64_truncates_and_saturates(x, want) -> None:
    assert prim("to_i64", [F64], [x]) == want


def test_conversions() -> None:
    assert prim("to_i64", [BOOL], [True]) == 1
    assert prim("to_f32", [F64], [0.1]) == float(np.float32(0.1))
    assert prim("to_f32", [F64], [1e300]) == INF
    assert prim("to_f64", [I64], [2**53 + 1]) == 2.0**53
    assert prim("mul", [F32, F32], [1.1, 1.1]) == float(np.float32(1.1) * np.float32(1.1))


@pytest.mark.parametrize(("name", "types", "args", "code"), [
    ("idiv", [I64, I64], (1, 0), "E0503"), ("imod", [I64, I64], (1, 0), "E0503"),
    ("ipow", [I64, I64], (2, -1), "E0504"),
])
def test_failing_rows_name_the_place(name, types, args, code) -> None:
    with pytest.raises(CatadError) as e:
        prim(name, types, args)
    assert e.value.code == code
    assert e.value.diagnostics[0].labels[0].span == SPAN


@pytest.mark.parametrize("row", [r for r in ROWS.values() if r.name in ("eq", "ne", "lt", "le", "gt", "ge")],
                         ids=lambda r: r.name)
def test_comparisons(row) -> None:
    import operator
    for a in (0.0, -0.0, 1.0, NAN, INF):
        for b in (0.0, 1.0, NAN):
            assert prim(row.name, [F64, F64], (a, b)) is bool(getattr(operator, row.name)(a, b))


def test_error_ulps_notices_one_unit() -> None:
    import mpmath
    assert error_ulps(math.nextafter(1.0, 2), mpmath.mpf(1)) == 1.0
    assert error_ulps(NAN, mpmath.mpf(1)) == INF
