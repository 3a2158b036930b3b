"""Values at the Python boundary: what is taken, what is refused with which words, and the way back."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catad.api.values import Packing, simple, unpack
from catad.source import CatadError
from catad.types.size import Size
from catad.types.type import BOOL, F32, F64, I64, UNIT, Array, Prod, Record, Type, array, flatten

N, D = Size.var("n"), Size.var("d")
VECTOR, MATRIX = Array(N, F64), array((N, D), F64)
BOX = Record((("w", F64), ("h", VECTOR)))


class Callee:
    __name__ = "f"
    signature = "f …"


class Box(NamedTuple):
    w: float
    h: Any


@dataclasses.dataclass
class BoxClass:
    w: float
    h: Any


def pack(*params: tuple[str, Type, Any]) -> Packing:
    packing = Packing(Callee())
    for name, t, value in params:
        packing.add(t, value, name)
    packing.check_sizes()
    return packing


def refused(*params: tuple[str, Type, Any]) -> tuple[str, str]:
    with pytest.raises(CatadError) as caught:
        pack(*params)
    return caught.value.code, caught.value.diagnostics[0].title


# ── scalars ────────────────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize(("t", "value", "flat"), [
    (F64, 1.5, 1.5), (F64, 3, 3.0), (F64, np.float64(2.5), 2.5), (F64, np.array(2.5), 2.5),
    (F32, 0.1, float(np.float32(0.1))), (F32, np.float32(0.5), 0.5),
    (I64, 7, 7), (I64, np.int64(7), 7), (I64, np.uint8(7), 7), (I64, -2**63, -2**63),
    (BOOL, True, True), (BOOL, np.bool_(False), False),
])
def test_scalars_taken(t: Type, value: Any, flat: Any) -> None:
    (found,) = pack(("x", t, value)).flat
    assert found == flat and type(found) is type(flat)


@pytest.mark.parametrize(("t", "value", "code"), [
    (F64, True, "E0605"), (F64, np.bool_(True), "E0606"), (F64, np.float32(1), "E0606"), (F64, np.int64(1), "E0606"),
    (F64, "1", "E0605"), (F64, None, "E0605"), (F64, 1j, "E0605"), (F64, [1.0], "E0605"), (F64, np.ones(1), "E0605"),
    (F64, 10**400, "E0605"), (F32, np.float64(1), "E0606"),
    (I64, 1.0, "E0605"), (I64, True, "E0605"), (I64, 2**63, "E0605"), (I64, np.uint64(2**63), "E0606"),
    (BOOL, 1, "E0605"), (BOOL, np.int64(1), "E0606"), (UNIT, 1.0, "E0605"),
])
def test_scalars_refused(t: Type, value: Any, code: str) -> None:
    """Fails when something is converted that is not the same number."""
    found, title = refused(("x", t, value))
    assert found == code
    assert "`x`" in title and str(t) in title


# ── arrays ─────────────────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("value", [
    [1.0, 2.0], [1, 2], (1, 2.0), range(1, 3), np.array([1.0, 2.0]), np.array([[1.0, 9.0], [2.0, 9.0]])[:, 0],
    np.array([1.0, 2.0], dtype=">f8"), memoryview(np.array([1.0, 2.0])),
])
def test_arrays_taken(value: Any) -> None:
    (found,) = pack(("x", VECTOR, value)).flat
    assert found.dtype == np.float64 and found.flags.c_contiguous and found.tolist() == [1.0, 2.0]


def test_arrays_that_fit_are_not_copied() -> None:
    a = np.ones((3, 2))
    assert pack(("x", MATRIX, a)).flat[0] is a


@pytest.mark.parametrize(("value", "code", "words"), [
    (np.ones(2, np.float32), "E0606", "array of f32"), (np.ones(2, np.int64), "E0606", "array of i64"),
    (np.ones(2, np.complex128), "E0606", "complex128"), (np.ones(2, bool), "E0606", "array of bool"),
    (1.0, "E0605", "the float 1.0"), ("12", "E0605", "a str"), (np.ones((2, 1)), "E0607", "shape [2, 1]"),
    (np.array(1.0), "E0607", "shape []"), ([True, 1.0], "E0605", "truth value"), (["a"], "E0605", "list of"),
    ([[1.0], [1.0, 2.0]], "E0607", "differ in length"), (np.ma.array([1.0], mask=[True]), "E0605", "masked"),
])
def test_arrays_refused(value: Any, code: str, words: str) -> None:
    found, title = refused(("x", VECTOR, value))
    assert found == code and "`x`" in title and words in title


def test_shape_errors_name_the_expected_shape() -> None:
    _, title = refused(("x", MATRIX, np.ones(3)))
    assert "[n, d]" in title and "[3]" in title


def test_lists_of_integers_are_integers_where_those_are_wanted() -> None:
    assert pack(("x", Array(N, I64), [1, 2])).flat[0].dtype == np.int64
    assert refused(("x", Array(N, I64), [1.0, 2.0]))[0] == "E0605"
    assert pack(("x", Array(N, I64), [])).flat[0].dtype == np.int64


# ── sizes ──────────────────────────────────────────────────────────────────────────────────────────────────────

def test_equal_names_are_equal_sizes() -> None:
    pack(("x", MATRIX, np.ones((3, 2))), ("y", VECTOR, np.ones(3)))
    with pytest.raises(CatadError) as caught:
        pack(("x", MATRIX, np.ones((3, 2))), ("y", VECTOR, np.ones(4)))
    assert caught.value.code == "E0607"
    assert "expected n = 3, found 4" in caught.value.diagnostics[0].title
    assert "n = 3 from `x, dimension 1`" in caught.value.diagnostics[0].notes


def test_sizes_that_are_polynomials_are_evaluated() -> None:
    half = Array(N * (N - 1) / 2, F64)
    pack(("h", half, np.ones(3)), ("x", VECTOR, np.ones(3)))
    assert "(n^2 - n)/2 = 3, found 4" in refused(("h", half, np.ones(4)), ("x", VECTOR, np.ones(3)))[1]
    assert "expected 2, found 3" in refused(("x", Array(Size.of(2), F64), np.ones(3)))[1]


def test_sizes_given_as_numbers() -> None:
    packing = Packing(Callee())
    packing.bind("n", 3, "n")
    packing.add(VECTOR, np.ones(4), "x")
    with pytest.raises(CatadError, match="expected n = 3, found 4"):
        packing.check_sizes()
    with pytest.raises(CatadError, match="cannot be -1"):
        Packing(Callee()).bind("n", -1, "n")


# ── products ───────────────────────────────────────────────────────────────────────────────────────────────────

def test_records_come_back_in_the_class_they_came_in() -> None:
    """Leaves are in the order of field names; a result with the same fields is rebuilt in the same class."""
    for value, kind in (({"w": 1.0, "h": [2.0]}, dict), (Box(1.0, [2.0]), Box), (BoxClass(1.0, [2.0]), BoxClass)):
        packing = pack(("b", BOX, value))
        assert packing.flat[0].tolist() == [2.0] and packing.flat[1] == 1.0
        back = unpack(BOX, iter(packing.flat), packing.classes)
        assert type(back) is kind


@pytest.mark.parametrize(("value", "code", "words"), [
    ({"w": 1.0}, "E0608", "lacks `h`"), ({"w": 1.0, "h": [], "x": 1}, "E0608", "no field `x`"),
    (1.0, "E0605", "record"),
    ({"w": 1.0, "hh": []}, "E0608", "no field `hh`"), ((1.0, [2.0]), "E0605", "record"),
])
def test_records_refused(value: Any, code: str, words: str) -> None:
    found, title = refused(("b", BOX, value))
    assert found == code and words in title


def test_arrays_of_products_are_products_of_arrays() -> None:
    t = Array(N, Prod((I64, Record((("a", F64),)))))
    packing = pack(("x", t, ([1, 2], {"a": [0.5, 1.5]})))
    assert [a.tolist() for a in packing.flat] == [[1, 2], [0.5, 1.5]]
    with pytest.raises(CatadError, match="expected n = 2, found 1"):
        pack(("x", t, ([1, 2], {"a": [0.5]})))
    assert refused(("x", t, [[1, 2]]))[0] == "E0605"


def test_tuples_have_their_length() -> None:
    assert "tuple of 2 values" in refused(("p", Prod((F64, F64)), (1.0,)))[1]
    assert "`p.1`" in refused(("p", Prod((F64, F64)), (1.0, "x")))[1]
    assert "tuple" in refused(("p", Prod((F64, F64)), np.ones(2)))[1]
    assert pack(("p", UNIT, None)).flat == pack(("p", UNIT, ())).flat == []


# ── there and back ─────────────────────────────────────────────────────────────────────────────────────────────

SCALARS = st.sampled_from([F64, I64, BOOL])
TYPES = st.recursive(SCALARS, lambda inner: st.one_of(
    st.lists(inner, max_size=3).map(lambda ts: Prod(tuple(ts))),
    st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=3).map(lambda d: Record(tuple(d.items()))),
    inner.map(lambda t: Array(Size.of(2), t))), max_leaves=6)


def some_value(t: Type, sizes: tuple[int, ...], draw: Any) -> Any:
    match t:
        case Prod(items):
            return tuple(some_value(i, sizes, draw) for i in items)
        case Record(fields):
            return {x: some_value(f, sizes, draw) for x, f in fields}
        case Array(size, item):
            return some_value(item, (*sizes, size.constant or 0), draw)
    if sizes:
        return np.full(sizes, draw(st.integers(0, 1)), {F64: np.float64, I64: np.int64, BOOL: np.bool_}[t])
    return draw({F64: st.floats(allow_nan=False), I64: st.integers(-9, 9), BOOL: st.booleans()}[t])


def equal(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[k], b[k]) for k in a)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    return type(a) is type(b) and bool(np.array_equal(a, b))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_unpack_after_pack_is_the_identity(data: Any) -> None:
    """Fails when the order of leaves differs from that of `flatten` on one side."""
    t = data.draw(TYPES)
    value = some_value(t, (), data.draw)
    packing = pack(("x", t, value))
    assert len(packing.flat) == len(list(flatten(t)))
    assert equal(unpack(t, iter(packing.flat), {}), value)


def test_simple_types() -> None:
    assert simple(MATRIX) and simple(F64)
    assert not simple(Prod((F64,))) and not simple(Array(N, Prod((F64, F64))))
