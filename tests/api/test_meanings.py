"""A function in rational numbers, as a formula, and in another process; what is said of values of the wrong kind."""

import copy
import pickle
from fractions import Fraction

import numpy as np
import pytest

import catad
from catad import CatadError

PROGRAM = catad.compile("""
def f (x : f64) (y : [2]f64) : (f64, [2]f64) = (x^2 * y[0] + y[1] / 3, scale x y)
def s [n] (x : [n]f64) (k : i64) : f64 = if x[0] > 0 then sum x * f64 k else exp (sin x[0])
def records [n] (x : [n]{a : f64}) : f64 = sum (for i < n -> x[i].a)
def pairs [n] (x : [n](f64, f64)) : f64 = sum (for i < n -> x[i].0 * x[i].1)
""")


def test_exact_values_and_derivatives() -> None:
    third = Fraction(1, 3)
    value, scaled = PROGRAM.f.exact(third, [Fraction(1, 7), 2])
    assert value == Fraction(43, 63)
    assert scaled.tolist() == [Fraction(1, 21), Fraction(2, 3)]
    rows = catad.jacobian(PROGRAM.f, "x").exact(third, np.array([1.0, 2.0]))
    assert rows[0] == Fraction(2, 3)
    assert rows[1].tolist() == [1, 2]


def test_exact_refuses_what_has_no_rational_value() -> None:
    with pytest.raises(CatadError, match="sin") as caught:
        PROGRAM.s.exact([-1], 3)
    assert caught.value.code == "E0711"


def test_formula() -> None:
    assert str(PROGRAM.s.symbolic(n=2, k=3)) == "Piecewise((3*x_0 + 3*x_1, x_0 > 0), (exp(sin(x_0)), True))"
    assert str(PROGRAM.f.symbolic()[0]) == "x**2*y_0 + y_1/3"
    with pytest.raises(CatadError, match="no size or parameter `m`"):
        PROGRAM.s.symbolic(m=2)


def test_functions_travel() -> None:
    g = pickle.loads(pickle.dumps(catad.grad(PROGRAM.s)))
    assert g.__name__ == "grad_s"
    assert g([1.0, 2.0], 3).tolist() == [3.0, 3.0]
    assert pickle.loads(pickle.dumps(PROGRAM)).s([1.0], 2) == copy.deepcopy(PROGRAM.s)([1.0], 2) == 2.0


def test_a_list_of_products_is_not_a_product_of_arrays() -> None:
    for f, value in ((PROGRAM.records, [{"a": 1.0}]), (PROGRAM.pairs, [(1.0, 2.0)])):
        with pytest.raises(CatadError, match="of arrays") as caught:
            f(value)
        assert caught.value.code == "E0605"
    assert PROGRAM.records({"a": [1.0, 2.0]}) == 3.0
    assert PROGRAM.pairs([[1.0, 2.0], [3.0, 4.0]]) == 11.0


def test_compile_takes_a_text() -> None:
    with pytest.raises(CatadError) as caught:
        catad.compile(3)                                    # type: ignore[call-overload]
    assert caught.value.code == "E0605"
