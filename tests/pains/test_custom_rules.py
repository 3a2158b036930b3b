"""One rule serves every mode, order and transformation; a custom rule in one mode breaks no other.

jax#3996, jax PR#17840, jax#18311, jax#19087; t5x#351; s2fft#165.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

import catad

TEXT = """
def solve (a : f64) : f64 = loop y = 1.0 for k < 60 do 0.5 * (y + a / y)
derivative solve (a) = y : y' = a' / (2 * y)
def plain (a : f64) : f64 = sqrt a

def sizes [n] (x : [n]f64) : f64 = sqrt (1 + dot x x)
derivative sizes (x) = y : y' = dot x x' / y

def once (a : f64) : f64 = solve (a * a + 1)
def inside (a : f64) : f64 = loop s = a for i < 3 do solve (s + a)
def until (a : f64) : f64 = (loop (s, k) = (a, 0) while k < 3 do (solve (s + 1), k + 1)).0
def branch (a : f64) : f64 = if a > 0 then solve a else -a
def each [n] (x : [n]f64) : f64 = sum (map solve x)
def scanned [n] (x : [n]f64) : f64 = (scan (\\s y -> solve (s + y)) 1.0 x)[n - 1]
"""
PROGRAM = catad.compile(TEXT)
PLAIN = catad.compile(TEXT.replace("derivative solve (a) = y : y' = a' / (2 * y)", "")
                      .replace("loop y = 1.0 for k < 60 do 0.5 * (y + a / y)", "sqrt a"))
SCALAR, ARRAYS = ("solve", "once", "inside", "until", "branch"), ("each", "scanned")


@pytest.mark.parametrize("name", SCALAR)
def test_every_mode_of_a_number(name: str) -> None:
    """The same as for the square root that needs no rule."""
    f, want = PROGRAM[name], PLAIN[name]
    x = 0.8
    assert f(x) == pytest.approx(want(x), rel=1e-13)
    assert catad.grad(f)(x) == pytest.approx(catad.grad(want)(x), rel=1e-12)
    assert catad.jvp(f)(x, 2.0)[1] == pytest.approx(2 * catad.grad(want)(x), rel=1e-12)
    assert catad.grad(catad.grad(f))(x) == pytest.approx(catad.grad(catad.grad(want))(x), rel=1e-11)
    assert catad.jvp(catad.grad(f))(x, 1.0)[1] == pytest.approx(catad.grad(catad.grad(want))(x), rel=1e-11)
    ours, theirs = (catad.jet(g, 3)(x, [1.0, 0.0, 0.0]) for g in (f, want))
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-10)


@pytest.mark.parametrize("name", ARRAYS)
def test_every_mode_of_an_array(name: str) -> None:
    f, want, x = PROGRAM[name], PLAIN[name], np.array([0.4, 1.7, 2.9])
    np.testing.assert_allclose(catad.grad(f)(x), catad.grad(want)(x), rtol=1e-12)
    np.testing.assert_allclose(catad.hessian(f)(x), catad.hessian(want)(x), rtol=1e-10, atol=1e-13)
    batch = catad.vmap(catad.grad(f))(np.stack([x, x + 1]))
    np.testing.assert_allclose(batch[1], catad.grad(want)(x + 1), rtol=1e-12)


def test_rules_over_arrays() -> None:
    x = np.array([0.5, -2.0])
    r = math.sqrt(1 + x @ x)
    np.testing.assert_allclose(catad.grad(PROGRAM.sizes)(x), x / r, rtol=1e-14)
    np.testing.assert_allclose(catad.hessian(PROGRAM.sizes)(x), np.eye(2) / r - np.outer(x, x) / r**3, rtol=1e-12)
