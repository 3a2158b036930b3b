"""Sizes: what is equal, what is compared when the program runs, what is refused."""

from __future__ import annotations

import pytest

from catad.core import term as core
from catad.core.evaluate import evaluate
from catad.core.show import show
from catad.source import CatadError, Source
from catad.syntax import parse
from catad.types.check import check


def module(text: str) -> core.Module:
    return check(parse(Source("test.cad", text)))


def shown(text: str) -> str:
    return show(module(text))


def test_equal_normal_forms_pass_without_a_check() -> None:
    text = "def f (n : i64) (m : i64) = dot (for i < n * (m + 1) -> 1.0) (for i < n + m * n -> 2.0)"
    assert "guard" not in shown(text)


def test_an_unknown_is_solved_when_it_stands_alone() -> None:
    with pytest.raises(CatadError):
        module("def g [n] (x : [2*n + 1]f64) = sum x")           # n stands alone nowhere
    m = module("def g [n] (x : [n + 1]f64) (y : [n]f64) = sum y\ndef f (x : [7]f64) (y : [6]f64) = g x y")
    assert "prelude" not in show(m) and "g@[n=6]" in show(m)
    assert "guard" not in show(m)


def test_other_equations_become_guards_around_the_argument() -> None:
    out = shown("def f [n, m] (x : [n]f64) (y : [m]f64) = dot x y")
    assert "guard [m = n] y" in out


def test_guard_on_a_function_is_around_its_argument_and_result() -> None:
    out = shown("def g [n] (f : [n]f64 -> [n]f64) (x : [n]f64) = f x\n"
                "def h [n, m] (f : [m]f64 -> [m]f64) (x : [n]f64) = g f x")
    assert "guard" in out
    m = module("def g [n] (x : [n]f64) (f : [n]f64 -> [n]f64) = f x\n"
               "def h [m] (x : [3]f64) (y : [m]f64) = g x (\\(v : [m]f64) -> add v y)")
    assert evaluate(m, "h", [[1.0, 2.0, 3.0], [1.0, 1.0, 1.0]]) == [2.0, 3.0, 4.0]
    with pytest.raises(CatadError) as e:
        evaluate(m, "h", [[1.0, 2.0, 3.0], [1.0]])
    assert e.value.code == "E0502"


def test_guard_fails_when_the_program_runs() -> None:
    m = module("def f [n, m] (x : [n]f64) (y : [m]f64) = dot x y")
    assert evaluate(m, "f", [[1.0, 2.0], [3.0, 4.0]]) == 11.0
    with pytest.raises(CatadError) as e:
        evaluate(m, "f", [[1.0, 2.0], [3.0]])
    assert e.value.code == "E0502"


def test_polynomial_extents_are_sizes() -> None:
    m = module("def f (d : i64) = let k = d * 2 in for i < k + 1 -> 1.0\n"
               "def g (d : i64) = for i < d*(d-1)/2 -> i")
    assert str(m.definitions["f"].body.type) == "[2*d + 1]f64"
    assert str(m.definitions["g"].body.type) == "[(d^2 - d)/2]i64"
    assert len(evaluate(m, "g", [5])) == 10


def test_a_parameter_is_a_size_in_later_types() -> None:
    m = module("def sim (steps : i64) : [steps]f64 = for i < steps -> f64 i\ndef f = sim 3")
    assert m.definitions["sim"].sizes == ("steps",)
    assert str(m.definitions["f"].type) == "[3]f64"
    assert evaluate(m, "f", []) == [0.0, 1.0, 2.0]


def test_an_i64_parameter_that_is_no_extent_is_no_size() -> None:
    m = module("def f (n : i64) (x : f64) = f64 n * x^n")
    assert m.definitions["f"].sizes == ()


def test_other_extents_bind_a_size_that_counts_negative_as_nothing() -> None:
    m = module("def f (x : f64) = sum (for i < i64 x -> 1.0)")
    assert "clamp to_i64 x" in show(m)
    assert evaluate(m, "f", [3.7]) == 3.0
    assert evaluate(m, "f", [-2.0]) == 0.0


def test_one_value_has_one_size() -> None:
    """Two extents over the same variable agree without a check."""
    out = shown("def f (x : f64) = let m = i64 x in dot (for i < m -> 1.0) (for i < m -> 2.0)")
    assert "guard" not in out


def test_the_size_of_a_variable_is_known_wherever_the_variable_is() -> None:
    """It is bound beside the variable, so both branches agree."""
    m = module("def f (x : f64) (c : bool) = let m = i64 x in\n"
               "  sum (if c then (for i < m -> 1.0) else (for i < m -> 2.0))")
    assert "guard" not in show(m)
    assert evaluate(m, "f", [3.0, False]) == 6.0


def test_a_size_argument_that_is_no_polynomial_may_not_be_negative() -> None:
    m = module("def f (x : f64) = sum (iota (i64 x))")
    assert evaluate(m, "f", [4.0]) == 6
    with pytest.raises(CatadError) as e:
        evaluate(m, "f", [-1.0])
    assert e.value.code == "E0506"


def test_a_fresh_size_flows_out_through_lets() -> None:
    m = module("def f (x : f64) = let ys = (let k = i64 x + 1 in for i < k -> f64 i) in sum ys + ys[0]")
    assert evaluate(m, "f", [3.0]) == 6.0


def test_a_triangle_is_summed_but_not_an_array() -> None:
    m = module("def f (n : i64) = sum (for i < n -> sum (for j < i -> 1))")
    assert evaluate(m, "f", [4]) == 6
    with pytest.raises(CatadError) as e:
        module("def f (n : i64) = for i < n -> for j < i -> 1")
    assert e.value.code == "E0303"


def test_a_size_of_the_result_may_be_known_only_when_it_runs() -> None:
    m = module("def f (x : f64) = for i < i64 x -> i")
    assert evaluate(m, "f", [3.0]) == [0, 1, 2]
    with pytest.raises(CatadError) as e:
        module("def f (x : f64) = for i < i64 x -> i\ndef g = sum (f 3.0)")
    assert e.value.code == "E0308"


def test_slices() -> None:
    m = module("def f [n] (x : [n]f64) = x[1..]\ndef g [n] (x : [n]f64) (k : i64) = x[k..k+2]\n"
               "def h [n, m] (x : [n, m]f64) = x[1, ..2]")
    assert str(m.definitions["f"].body.type) == "[n - 1]f64"
    assert str(m.definitions["g"].body.type) == "[2]f64"
    assert evaluate(m, "f", [[1.0, 2.0, 3.0]]) == [2.0, 3.0]
    assert evaluate(m, "g", [[1.0, 2.0, 3.0, 4.0], 1]) == [2.0, 3.0]
    assert evaluate(m, "h", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]) == [4.0, 5.0]


def test_sizes_are_inferred_and_generalised() -> None:
    m = module("def f x y = dot x y")
    assert m.definitions["f"].sizes == ("n",)
    assert str(m.definitions["f"].type) == "[n]a -> [n]a -> a"
