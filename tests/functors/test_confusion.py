"""Perturbations are never confused: the counterexamples of the literature, as programs.

Siskind and Pearlmutter 2005, 2008; Manzyuk, Pearlmutter, Radul, Rush, Siskind 2019 (higher order); ForwardDiff.jl#83.
Captured values are constants to the inner derivative: that is the whole mechanism, and what these tests hold.
"""

from __future__ import annotations

import math

import pytest

from tests.functors.programs import run

PROGRAMS = {
    # d/dx (x · d/dy (x + y) at y = 1) at x = 1 is 1; confused, it is 2
    "siskind-pearlmutter": ("def f (x : f64) : f64 = diff (\\x -> x * diff (\\y -> x + y) 1.0) x", 1.0, 1.0),
    "reverse in forward": ("def f (x : f64) : f64 = diff (\\x -> x * grad (\\y -> x + y) 1.0) x", 1.0, 1.0),
    "forward in reverse": ("def f (x : f64) : f64 = grad (\\x -> x * diff (\\y -> x + y) 1.0) x", 1.0, 1.0),
    "reverse in reverse": ("def f (x : f64) : f64 = grad (\\x -> x * grad (\\y -> x + y) 1.0) x", 1.0, 1.0),
    # d/dx (x · d/dy (x y)) = d/dx x² = 2 x
    "product": ("def f (x : f64) : f64 = diff (\\x -> x * diff (\\y -> x * y) 2.0) x", 3.0, 6.0),
    "jet inside": ("""def f (x : f64) : f64 =
  diff (\\x -> x * (jet (\\y -> x * y * y) (2.0, [1.0, 0.0])).1[0]) x""", 3.0, 24.0),
    # s u f x = f (x + u); D = d/du (s u f x) at 0, so D (D exp) = exp; confused, it is 0
    "manzyuk": ("""def f (x : f64) : f64 =
  let s = \\u f x -> f (x + u) in
  let d = \\f x -> diff (\\u -> s u f x) 0.0 in
  d (d exp) x""", 1.0, math.e),
    # the outer point used inside, not by name but through a closure
    "closure": ("""def f (x : f64) : f64 =
  diff (\\x -> let g = \\y -> x * y * y in diff g x + diff g 1.0) x""", 2.0, 10.0),
    # ForwardDiff.jl#83: an inner gradient over a captured outer variable
    "forwarddiff-83": ("""def f (a : f64) : f64 =
  diff (\\r -> sum (grad (\\x -> sum (for i < 2 -> r * x[i] * x[i])) [1.0, a])) 3.0""", 2.0, 6.0),
    "three levels": ("""def f (x : f64) : f64 =
  diff (\\x -> x * diff (\\y -> y * diff (\\z -> x * y * z) 5.0) 3.0) x""", 2.0, 24.0),
    "in a loop": ("""def f (x : f64) : f64 =
  diff (\\x -> loop s = x for i < 2 do s * diff (\\y -> s * y * y) x) x""", 1.0, 56.0),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_value(name: str) -> None:
    text, x, want = PROGRAMS[name]
    assert run(text, "f", x)[0] == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize("name", ("siskind-pearlmutter", "product", "closure", "three levels", "in a loop"))
@pytest.mark.parametrize("kind", ("grad", "jvp"))
def test_once_more_outside(name: str, kind: str) -> None:
    """The derivative of such a program, by difference quotients of it."""
    text, x, _ = PROGRAMS[name]
    h = 1e-5
    want = (run(text, "f", x + h)[0] - run(text, "f", x - h)[0]) / (2 * h)
    got = run(text, "f", *((x,) if kind == "grad" else (x, 1.0)), kinds=(kind,))[-1]
    assert got == pytest.approx(want, rel=1e-6, abs=1e-6)
