"""Ways to run a program: `strict` gives the reference's bits, `check` stops where a NaN or an infinity is made."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

import catad

TEXT = """
def total [n] (x : [n]f64) : f64 = sum x
def inner [n] (x : [n]f64) (y : [n]f64) : f64 = sum (for i < n -> x[i] * y[i])
def horner [n] (c : [n]f64) (x : f64) : f64 = loop s = 0.0 for i < n do s * x + c[i]
def cubic (x : f64) : f64 = ((2.1 * x - 3.7) * x + 0.3) * x + 11.9
def rows [n, m] (a : [n, m]f64) (x : [m]f64) : [n]f64 = a @ x
def distance [n] (x : [n]f64) (y : [n]f64) : f64 = sqrt (sum (for i < n -> (x[i] - y[i]) * (x[i] - y[i])))

def root (x : f64) : f64 = sqrt (x * x)
def stable [n] (x : [n]f64) : f64 = let m = maximum x in log (sum (for i < n -> exp (x[i] - m)))
def sinc (x : f64) : f64 = if x == 0.0 then 1.0 else sin x / x
def entropy [n] (p : [n]f64) : f64 = sum (for i < n -> if p[i] > 0 then p[i] * log p[i] else 0.0)
def scattered [n] (x : [n]f64) : f64 = maximum (accumulate (replicate 2 0.0) for i < n do (i mod 2, x[i]))
"""
RNG = np.random.default_rng(4)
X, Y, A = RNG.normal(size=501), RNG.normal(size=501), RNG.normal(size=(9, 501))
CALLS = {"total": (X,), "inner": (X, Y), "horner": (X[:20], 0.7), "cubic": (1.1,), "rows": (A, X), "distance": (X, Y)}
STRICT, FREE = catad.compile(TEXT, strict=True), catad.compile(TEXT)


@pytest.mark.parametrize("name", CALLS)
def test_strict_gives_the_bits_of_the_reference(name: str) -> None:
    f, args = STRICT[name], CALLS[name]
    np.testing.assert_array_equal(f(*args), f.reference(*args))
    g = catad.grad(f) if name != "rows" else catad.jvp(f, "x")
    given = args if name != "rows" else (*args, X)
    for mine, theirs in zip(parts(g(*given)), parts(g.reference(*given)), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def parts(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def test_strict_makes_a_difference() -> None:
    """Fails when the option is lost on the way, also to derivatives and through pickles."""
    assert STRICT.inner(X, Y) != FREE.inner(X, Y) and STRICT.total(X) != FREE.total(X)
    assert "contract" not in STRICT.inner.llvm_ir() and "contract" in FREE.inner.llvm_ir()
    assert "contract" not in catad.grad(STRICT.inner).llvm_ir()
    for again in (pickle.loads(pickle.dumps(STRICT)).inner, pickle.loads(pickle.dumps(STRICT.inner))):
        assert again(X, Y) == STRICT.inner(X, Y)


def label(f: catad.Function, *args: object) -> tuple[str, str, str]:
    """Code, marked text and its label of the error of a call."""
    with pytest.raises(catad.CatadError) as e:
        f(*args)
    (d,) = e.value.diagnostics
    return d.code, d.labels[0].span.text, d.labels[0].text


def test_the_first_nan_is_found() -> None:
    p = catad.compile(TEXT, check="nan")
    assert label(p.stable, [math.inf, 1.0]) == ("E0510", "x[i] - m", "inf - inf is nan")
    assert label(catad.grad(p.root), 0.0) == ("E0510", "x * x", "0.0 * inf is nan")
    assert label(p.scattered, [math.inf, 1.0, -math.inf])[2] == "inf + (-inf) is nan"
    assert label(catad.compile("def f (x : f32) : f32 = log x", entry="f", check="nan"), -1.0)[2] == "log (-1.0) is nan"


def test_what_is_not_made_is_not_reported() -> None:
    """Arguments, constants, infinities (unless asked for), and branches that are not taken."""
    p = catad.compile(TEXT + "def gap (x : f64) : f64 = if x > 0 then x else nan", check="nan")
    assert math.isnan(p.stable([math.nan, 1.0]))
    assert (p.sinc(0.0), catad.grad(p.sinc)(0.0), catad.hessian(p.sinc)(0.0)) == (1.0, 0.0, 0.0)
    np.testing.assert_array_equal(catad.grad(p.entropy)([0.0, 1.0]), [0.0, 1.0])
    assert p.root(1e200) == math.inf


def test_the_first_infinity_is_found() -> None:
    p = catad.compile(TEXT, check="inf")
    assert label(p.root, 1e200) == ("E0510", "x * x", "1e+200 * 1e+200 is inf")
    assert label(catad.grad(p.root), 0.0)[2] == "1.0 / 0.0 is inf"
    assert label(p.stable, [math.inf, 1.0])[2] == "inf - inf is nan"


def test_wrong_options() -> None:
    for options in ({"check": "zero"}, {"check": "nan", "strict": True}):
        with pytest.raises(catad.CatadError) as e:
            catad.compile(TEXT, **options)
        assert e.value.code == "E0611"
