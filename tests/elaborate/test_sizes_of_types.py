"""Type arguments bring the caller's sizes along: a definition used at `[n]f64` is passed that n."""

from __future__ import annotations

import numpy as np

import catad


def test_sizes_in_type_arguments_are_passed() -> None:
    """Fails when the net of `hvp` at `[n]f64` speaks of an n of its caller."""
    p = catad.compile("""
        def f [n] (x : [n]f64) : f64 = sum (for i < n -> x[i]^3)
        def inner [n] (f : [n]f64 -> f64) (x : [n]f64) : [n]f64 = for i < n -> sum (hvp f x x)
        def main (a : f64) : [2]f64 = inner f [a, 2.0]
    """)
    np.testing.assert_allclose(p.main(1.0), [30.0, 30.0])


def test_the_size_of_a_type_argument_is_not_the_size_of_the_callee() -> None:
    """`copies` has an n too."""
    p = catad.compile("""
        def copies (n : i64) (x : a) : [n]a = for i < n -> x
        def main [n] (x : [n]f64) (k : i64) : [k, n]f64 = copies k x
    """)
    np.testing.assert_array_equal(p.main([1.0, 2.0, 3.0], 2), [[1.0, 2.0, 3.0]] * 2)
