"""Elaboration keeps the meaning: programs evaluated on core terms, against Python."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catad.core.evaluate import evaluate
from catad.core.show import show
from catad.source import CatadError, Source
from catad.syntax import parse
from catad.types.check import check


def run(text: str, *args: Any) -> Any:
    m = check(parse(Source("test.cad", text)))
    return evaluate(m, m.own[-1], list(args))


NUMBERS = [3.0, -1.0, 2.0, 2.0]

VALUES = [
    ("def f (x : f64) = -x^2 + 2^3^0", (3.0,), -7.0),
    ("def f (n : i64) = (n div 3, n mod 3, -n div 3)", (7,), (2, 1, -3)),
    ("def f (n : i64) = n^3", (-2,), -8),
    ("def f (x : f64) = x^(-2)", (2.0,), 0.25),
    ("def f (x : f64) = x^0", (0.0,), 1.0),
    ("def f (x : f64) = 2^x", (3.0,), 8.0),
    ("def f = (-9223372036854775808) - 1", (), 2**63 - 1),
    ("def f (n : i64) = n != 0 && 6 div n > 1", (0,), False),
    ("def f = {y = 1, x = 2}", (), (2, 1)),
    ("def f (p : {b : f64, a : f64}) = let {a = u, b} = p in u - b", ((1.0, 5.0),), -4.0),
    ("def f (x : f64) = let g y z = y - z in g x 1", (3.0,), 2.0),
    ("def f (x : f64) = (sin >> exp) x", (0.0,), 1.0),
    ("def f (x : f64) = x |> max 2.0", (1.0,), 2.0),
    ("def f (n : i64) = loop (a, b) = (0, 1) for i < n do (b, a + b)", (10,), (55, 89)),
    ("def f [n] (x : [n]f64) = accumulate (replicate 2 0.0) for i < n do (i mod 2, x[i])", (NUMBERS,), [5.0, 1.0]),
    ("def f [n] (x : [n]f64) = x with [1] = 7", (NUMBERS,), [3.0, 7.0, 2.0, 2.0]),
    ("def f [n] (x : [n]f64) = (maximum x, argmax x, minimum x, argmin x)", (NUMBERS,), (3.0, 0, -1.0, 1)),
    ("def f [n] (x : [n]f64) = (sum x, product x, all (map (\\v -> v > 0) x), any (map (\\v -> v > 0) x))",
     (NUMBERS,), (6.0, -12.0, False, True)),
    ("def f [n] (x : [n]f64) = (cumsum x, cumprod x, reverse x)", (NUMBERS,),
     ([3.0, 2.0, 4.0, 6.0], [3.0, -3.0, -6.0, -12.0], [2.0, 2.0, -1.0, 3.0])),
    ("def f [n] (x : [n]f64) = (take 2 x, drop 3 x, concat [1.0] (take 1 x))", (NUMBERS,),
     ([3.0, -1.0], [2.0], [1.0, 3.0])),
    ("def f = (transpose [[1, 2, 3], [4, 5, 6]], flatten [[1, 2], [3, 4]])", (),
     ([[1, 4], [2, 5], [3, 6]], [1, 2, 3, 4])),
    ("def f [n] (x : [n]f64) = (sort x, argsort x)", (NUMBERS,), ([-1.0, 2.0, 2.0, 3.0], [1, 2, 3, 0])),
    ("def f = histogram 3 [0, 2, 2, 1, 2]", (), [1, 1, 3]),
    ("def f = ([[1, 2], [3, 4]] @ [[0, 1], [1, 0]], [[1, 2], [3, 4]] @ [1, 1], [1, 2] @ [3, 4])", (),
     ([[2, 1], [4, 3]], [3, 7], 11)),
    ("def f = (outer [1, 2] [3, 4], trace_ [[1, 2], [3, 4]], identity 2)", (),
     ([[3, 4], [6, 8]], 5, [[1.0, 0.0], [0.0, 1.0]])),
    ("def f = (relu (-1), clamp 0 1 3, mean [1, 3], variance [1, 3])", (), (0.0, 1, 2.0, 1.0)),
    ("def f = (norm [3e200, 4e200], norm [3e-200, 4e-200], norm [0.0], norm [inf, 1])", (),
     (pytest.approx(5e200), pytest.approx(5e-200), 0.0, math.inf)),
    ("def f = (softplus 800, sigmoid (-800), logsumexp [1000, 1000])", (),
     (800.0, 0.0, pytest.approx(1000 + math.log(2)))),
    ("def f = linspace 0 1 3", (), [0.0, 0.5, 1.0]),
    ("def f [n] (x : [n]f64) = length x", (NUMBERS,), 4),
]


@pytest.mark.parametrize(("text", "args", "expected"), VALUES)
def test_value(text: str, args: tuple[Any, ...], expected: Any) -> None:
    assert run(text, *args) == expected


DERIVATIVES = [
    ("def f (x : f64) = grad sin x", (0.0,), 1.0),
    ("def f (x : f64) = diff (diff sin) x", (0.0,), 0.0),
    ("def f (x : f64) = grad (\\a -> a * grad (\\b -> a + b) 1.0) x", (2.0,), 1.0),          # no confusion
    ("def f (x : f64, y : f64) = x^2 * y\ndef g (p : (f64, f64)) = grad f p", ((3.0, 2.0),), (12.0, 9.0)),
    ("def f (x : f64) (n : i64) = grad (\\(y, k) -> y^k) (x, n)", (2.0, 3), (12.0, ())),
    ("def f = jac (\\(x : [2]f64) -> [x[0] * x[1], x[0], 1]) [3, 5]", (), [[5.0, 3.0], [1.0, 0.0], [0.0, 0.0]]),
    ("def f = hess (\\(x : [2]f64) -> x[0]^2 * x[1]) [3, 5]", (), [[10.0, 6.0], [6.0, 0.0]]),
    ("def f = dagger (\\(x : [2]f64) -> [x[0] + 2 * x[1], 0, x[0]]) [1, 10, 100]", (), [101.0, 2.0]),
    ("def f = (linearize (\\x -> x^3) 2).1 1", (), 12.0),
    ("def f = value_and_grad (\\x -> x^3) 2", (), (8.0, 12.0)),
    ("def f = grad norm [0.0, 0.0]", (), [0.0, 0.0]),
    ("def f = grad relu 0", (), 0.0),
    ("def f = grad softplus 0", (), 0.5),
    ("def f = jet (\\t -> t^3) (2, [1, 0, 0])", (), (8.0, [12.0, 6.0, 1.0])),
    ("def f = jet_derivs (\\t -> t^3) (2, [1, 0, 0])", (), (8.0, [12.0, 12.0, 6.0])),
    ("def f = grad (\\x -> (sort x)[0]) [3, 1, 2]", (), [0.0, 1.0, 0.0]),
]


@pytest.mark.parametrize(("text", "args", "expected"), DERIVATIVES)
def test_derivative(text: str, args: tuple[Any, ...], expected: Any) -> None:
    assert run(text, *args) == expected


@pytest.mark.parametrize(("code", "text"), [
    ("E0501", "def f = [1, 2][2]"), ("E0503", "def f = 1 div (1 - 1)"), ("E0504", "def f = 2^(-1)"),
    ("E0505", "def f = maximum (for i < 0 -> 1.0)"), ("E0506", "def f (x : f64) = sum (iota (i64 (x - 2)))"),
])
def test_run_time_errors(code: str, text: str) -> None:
    with pytest.raises(CatadError) as e:
        run(text, *([1.0] if "x :" in text else []))
    assert e.value.code == code


@given(st.lists(st.floats(-1e3, 1e3) | st.just(math.nan), max_size=40))
@settings(max_examples=30, deadline=None)
def test_sort_is_stable_and_puts_nan_last(xs: list[float]) -> None:
    p = run("def f [n] (x : [n]f64) = argsort x", xs)
    expected = sorted(range(len(xs)), key=lambda i: (xs[i] != xs[i], xs[i] if xs[i] == xs[i] else 0.0))
    assert p == expected


# ── property: elaboration keeps what Python says about generated expressions ───────────────────────────────────

def _expressions(depth: int) -> st.SearchStrategy[tuple[str, Any]]:
    """Pairs of a .cad expression over x, y and a Python function of them."""
    leaf = st.sampled_from([("x", lambda x, y: x), ("y", lambda x, y: y), ("2", lambda x, y: 2.0),
                            ("0.5", lambda x, y: 0.5)])
    if not depth:
        return leaf
    inner = _expressions(depth - 1)

    def binary(op: str, f: Any) -> st.SearchStrategy[tuple[str, Any]]:
        return st.tuples(inner, inner).map(
            lambda ab: (f"({ab[0][0]} {op} {ab[1][0]})", lambda x, y: f(ab[0][1](x, y), ab[1][1](x, y))))

    def let(ab: tuple[tuple[str, Any], tuple[str, Any]]) -> tuple[str, Any]:
        (s, f), (t, g) = ab
        return f"(let x = {s} in {t})", lambda x, y: g(f(x, y), y)

    def lam(ab: tuple[tuple[str, Any], tuple[str, Any]]) -> tuple[str, Any]:
        (s, f), (t, g) = ab
        return f"((\\(y, x) -> {s}) (x, {t}))", lambda x, y: f(g(x, y), x)

    def total(ab: tuple[tuple[str, Any], tuple[str, Any]]) -> tuple[str, Any]:
        (s, f), (t, g) = ab
        return (f"(sum (for i < 3 -> {s} + (let y = {t} in f64 i * y)))",
                lambda x, y: sum(f(x, y) + i * g(x, y) for i in range(3)))

    def branch(ab: tuple[tuple[str, Any], tuple[str, Any]]) -> tuple[str, Any]:
        (s, f), (t, g) = ab
        return f"(if {s} < {t} then {s} else x)", lambda x, y: f(x, y) if f(x, y) < g(x, y) else x

    pairs = st.tuples(inner, inner)
    return st.one_of(leaf, binary("+", lambda a, b: a + b), binary("-", lambda a, b: a - b),
                     binary("*", lambda a, b: a * b), *(pairs.map(h) for h in (let, lam, total, branch)))


@given(_expressions(4))
@settings(max_examples=80, deadline=None)
def test_elaboration_keeps_meaning(pair: tuple[str, Any]) -> None:
    """Scoping of shadowed names, floating of lets, patterns: all as Python computes it."""
    text, f = pair
    got = run(f"def f (x : f64) (y : f64) : f64 = {text}", 1.25, -0.75)
    want = f(1.25, -0.75)
    assert got == pytest.approx(want, rel=1e-12) or got == want


def test_core_is_shown_with_types_and_sizes() -> None:
    text = show(check(parse(Source("t.cad", "def f [n] (x : [n]f64) : f64 = sum (for i < n -> x[i]^2)"))))
    assert text == "def f [n] (x : [n]f64) : f64 =\n  reduce add i < n -> x[i] ^ 2\n"


@pytest.mark.parametrize(("text", "want"), [
    ("def f (x : f64) = diff (\\x -> x * constant (x * x)) x", 9.0),
    ("def f (x : f64) = diff (\\x -> constant (\\y -> x * y^2) (x * x)) x", 4 * 3.0**4),
    ("def f (x : f64) = diff (diff (\\x -> constant (\\y -> x * y^2) (x * x))) x", 12 * 3.0**3),
    ("def f (x : f64) = diff (\\x -> diff (\\y -> y^2 * constant (x * y)) x) x", 18.0),
])
def test_what_is_held_constant(text: str, want: float) -> None:
    """As natively; the tags of a function's argument are told from those of what it captured."""
    assert run(text, 3.0) == pytest.approx(want)
