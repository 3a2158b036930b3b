"""What is written back compiles again and means the same: values, derivatives, and what stops the program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

import catad
from catad.source import CatadError

ASSERTION = "E0508"             # checks that no type can say


def outcome(f: catad.Function, args: Sequence[object]) -> object:
    """The value, or the code of the error."""
    try:
        return f(*args)
    except CatadError as e:
        return e.diagnostics[0].code


def alike(a: object, b: object) -> bool:
    if isinstance(a, Mapping):
        return isinstance(b, Mapping) and a.keys() == b.keys() and all(alike(a[k], b[k]) for k in a)
    if isinstance(a, tuple):
        return isinstance(b, tuple) and len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, str) or isinstance(b, str):
        return a == b or (b == ASSERTION and isinstance(a, str))
    return bool(np.array_equal(np.asarray(a), np.asarray(b)))


def agree(f: catad.Function, arguments: Sequence[Sequence[object]]) -> str:
    """The source of `f`, which means the same at the arguments."""
    again = catad.compile(f.source, entry=f.__name__)
    for args in arguments:
        found, expected = outcome(again, args), outcome(f, args)
        assert alike(expected, found), (args, expected, found, f.source)
    return f.source


@pytest.mark.parametrize(("text", "argument"), [
    ("def f [n] (w : {a : [n]i64, b : [n]f64}) : f64 = w.b[0] * f64 w.a[0]", {"a": [2, 3], "b": [1.0, 4.0]}),
    ("def f [n] (w : (f64, [n]i64)) : f64 = w.0 * f64 w.1[0]", (2.0, [3, 4])),
    ("def f [n] (w : [n]{a : [2]i64, b : f64}) : f64 = w[0].b * f64 w[0].a[1]", [{"a": [2, 3], "b": 1.0}]),
    ("type t = A [2]i64 | B f64\ndef f (w : t) : f64 = case w of | A y -> f64 y[0] | B x -> x*x", {"B": 3.0})])
def test_arrays_of_units_are_written(text: str, argument: object) -> None:
    """Fails when the tangent of an array of whole numbers inside something takes a wire, which it does not have."""
    agree(catad.grad(catad.compile(text).f), [[argument]])


U = "type u [n] = A [n]f64 | B\n"


@pytest.mark.parametrize(("text", "arguments"), [
    ("def f (k : i64) (s : [k+1]f64) (x : f64) : f64 = s[k]*x",
     [(1, [1.0, 2.0], 3.0), (1, [1.0, 2.0, 3.0], 3.0), (-2, [], 1.0), (-1, [], 1.0)]),
    ("def f (k : i64) (s : [2*k]f64) (x : f64) : f64 = s[k]*x", [(1, [1.0, 2.0], 3.0), (1, [1.0, 2.0, 3.0], 3.0)]),
    ("def f (k : i64) (s : {a : [k+1]f64, b : f64}) (x : f64) : f64 = s.a[k] * x + s.b",
     [(1, {"a": [1.0, 2.0], "b": 5.0}, 3.0), (2, {"a": [1.0, 2.0], "b": 5.0}, 3.0)]),
    (U + "def f (k : i64) (s : u [k+1]) (x : f64) : f64 = case s of | A z -> z[k] * x | B -> x",
     [(1, {"A": [1.0, 2.0]}, 3.0), (1, {"A": [1.0, 2.0, 3.0]}, 3.0), (1, "B", 3.0)]),
    (U + "def f (k : i64) (s : [2]u [k+1]) (x : f64) : f64 = case s[0] of | A z -> z[k] * x | B -> x",
     [(1, [{"A": [1.0, 2.0]}] * 2, 3.0)])])
def test_sizes_that_are_measured_are_those_that_the_types_say(text: str, arguments: list[tuple[object, ...]]) -> None:
    """Fails when the text speaks of a size that it does not declare."""
    f = catad.compile(text).f
    for g in (f, catad.grad(f, argnums=2)):
        assert "assert" not in agree(g, arguments)


def test_sizes_follow_parameters_with_new_names() -> None:
    """Fails when the type still says `exp`, which the parameter gave up to the function."""
    f = catad.compile("def f (exp : i64) (x : [exp+1]f64) : [exp]f64 = for i < exp -> sin x[i]").f
    assert "(x : [exp1 + 1]f64) : [exp1]f64" in agree(f, [(2, [1.0, 2.0, 3.0]), (2, [1.0])])


T = "type t a [n] = A [n]a | B\n"


@pytest.mark.parametrize(("text", "declared", "arguments"), [
    ("type t a = A a | B\ntype w = V ([2]t f64) | U\n"
     "def f (w : w) : f64 = case w of | V y -> (case y[0] of | A b -> b | B -> 0) | U -> 1",
     "type t a = A a | B\ntype w = V ([2]t f64) | U", [{"V": [{"A": 2.0}, "B"]}, "U"]),
    (T + "type w = V {a : t f64 [2], b : t f64 [3]} | U\n"
     "def f (w : w) : f64 = case w of | V y -> (case y.a of | A z -> z[0] | B -> 0) | U -> 1",
     T + "type w = V {a : t f64 [2], b : t f64 [3]} | U", ["U"]),
    (T + "type w [n] = V {a : t i64 [2], b : t f64 [n]} | U\n"
     "def f [n] (w : w [n]) : f64 = case w of | V y -> (case y.b of | A z -> z[0] | B -> 0) | U -> 1",
     T + "type w [n] = V {a : t i64 [2], b : t f64 [n]} | U",
     [{"V": {"a": {"A": [1, 2]}, "b": {"A": [1.0, 2.0, 3.0]}}}]),
    ("type ph [n] = Ph f64 | Pn\n"
     "def f [n] (p : (ph [n], [n]f64)) : f64 = case p.0 of | Ph y -> y * f64 n + sum p.1 | Pn -> 0",
     "type ph [n] = Ph f64 | Pn", [({"Ph": 1.0}, [1.0, 2.0])]),
    ("type s [n] = A [n*n]f64 | C\n"
     "def f [n] (p : (s [n+1], [n]f64)) : f64 = case p.0 of | A y -> y[0] * f64 n | C -> 0",
     "type s [n] = A [n^2]f64 | C", [({"A": [2.0] * 9}, [1.0, 2.0]), ({"A": [2.0] * 9}, [1.0])]),
    ("type s [n] = A [n*n]f64 | C\ntype w [n] = V (s [n + 1]) | W (s [n])\n"
     "def f (p : (w [2], w [3])) : f64 = case p.0 of | V y -> (case y of | A z -> sum z | C -> 0) | W _ -> 1",
     "type s [n, n1] = A [n1]f64 | C\ntype w [n, n1, n2, n3] = V (s [n1, n2]) | W (s [n, n3])",
     [({"V": {"A": [1.0] * 9}}, {"V": {"A": [1.0] * 16}})]),
    ("type a = X f64\ntype t b = P b | Q a\n"
     "def f (p : t f64) : f64 = case p of | P x -> x | Q y -> (case y of | X z -> z*z)",
     "type a1 = X f64\ntype t a = P a | Q a1", [{"P": 1.0}, {"Q": {"X": 3.0}}]),
    ("type s = A [2]f64 | B\ntype p a = P f64 | Q\ndef f (x : p s) : f64 = case x of | P y -> y*y | Q -> 1",
     "type s = A [2]f64 | B\ntype p a = P f64 | Q", [{"P": 2.0}])])
def test_declarations_are_found_again(text: str, declared: str, arguments: list[object]) -> None:
    """Fails when two sizes make two types, when a size that no value shows is lost, when parentheses are missing."""
    f = catad.compile(text).f
    for g in (f, catad.grad(f)):
        assert agree(g, [(a,) for a in arguments]).startswith(f"{declared.rstrip()}\n\n")


PHANTOM = """
    def g [n] (x : [n]f64) (s : t [n]) : f64 = case s of | A z -> ITEM + f64 n | C -> 0
    def f [n, m] (x : [n]f64) (y : [m]f64) : f64 = g x (mk y)
"""
ALONE = "type t [n] = A f64 | C\ndef mk [n] (x : [n]f64) : t [n] = A (sum x)" + PHANTOM.replace("ITEM", "z")
BESIDE = ("type t [n] = A {x : f64, y : [n]f64} | C\ndef mk [n] (x : [n]f64) : t [n] = A {x = sum x, y = x}"
          + PHANTOM.replace("ITEM", "z.x"))


@pytest.mark.parametrize("text", [ALONE, BESIDE, BESIDE.replace("+ f64 n", "+ z.y[0]")])
def test_checks_of_sizes_stay(text: str) -> None:
    """Fails when a check stands only in the type of a wire that has no size, or that nobody uses."""
    f = catad.compile(text).f
    for g in (f, catad.grad(f, argnums=1)):
        agree(g, [([-1.0, 2.0, 3.0], [1.0, 2.0]), ([1.0, 2.0], [3.0, 4.0])])


ONES = "def g (k : i64) : [k]f64 = for i < k -> 1.0\n"


@pytest.mark.parametrize(("text", "arguments"), [
    ("def f (n : i64) : f64 = sum (g n)", [(-2,), (0,), (2,)]),
    ("def f [n] (w : {a : i64, b : [n]f64}) : [n]f64 = add w.b (g w.a)",
     [({"a": -1, "b": []},), ({"a": 1, "b": [2.0]},), ({"a": 1, "b": [2.0, 4.0]},)]),
    ("def f [n] (w : [n]i64) : f64 = sum (for i < n -> sum (g w[i]))", [([1, 2],), ([1, -1],)])])
def test_no_size_is_negative(text: str, arguments: list[tuple[object, ...]]) -> None:
    """Fails when a number that is a size may be negative in the text, as the end of a `for` may."""
    assert "assert" in agree(catad.compile(ONES + text).f, arguments)


@pytest.mark.parametrize(("text", "arguments"), [
    ("def f (n : i64) : [n]f64 = g n", [(-2,), (2,)]),
    ("def f (n : i64) (x : [n]f64) : f64 = sum (g n) + sum x", [(-2, []), (2, [1.0, 2.0]), (1, [])]),
    ("def f [n] (w : [n]f64) : f64 = sum (for i < n -> w[i] * sum (g (i + 1)))", [([1.0, 2.0],)])])
def test_what_is_surely_not_negative_is_not_checked(text: str, arguments: list[tuple[object, ...]]) -> None:
    assert "assert" not in agree(catad.compile(ONES + text).f, arguments)


@pytest.mark.parametrize("size", ["i", "(j + i - i)"])
def test_the_size_of_an_entry_is_known_outside(size: str) -> None:
    """Fails when an array of size i is only asserted to have size j: its type still speaks of i."""
    f = catad.compile(T + "def g (k : i64) : t f64 [k] = A (for i < k -> f64 i)\n"
                      f"def f (j : i64) : [j]t f64 [j] = for i < j -> g {size}").f
    agree(f, [(0,), (2,), (-1,)])
