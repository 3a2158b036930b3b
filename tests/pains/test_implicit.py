"""Derivatives of roots, fixed points and minima without differentiating the search for them.

jax#1448 and jax#8744 (fixed points and roots whose custom rules meet captured values, or one mode only); jaxopt#141
(higher derivatives of a minimum); neos#4 (the derivative of a fit inside a loss).
"""

from __future__ import annotations

import math

import numpy as np
import pytest

import catad

PROGRAM = catad.compile("""
import "std/implicit.cad" as implicit

-- Kepler's equation E - e sin E = M: what is solved captures both parameters.
def anomaly (ecc : f64) (m : f64) : f64 = implicit.root (\\x -> x - ecc * sin x - m) 0.0 4.0

-- Ridge regression in one number: the minimum is s y / (s + strength), of s = x x.
def fitted (strength : f64) (x : [3]f64) (y : [3]f64) : f64 =
  (implicit.argmin_from (\\w -> sum (for i < 3 -> (w[0] * x[i] - y[i])^2) + strength * w[0]^2) [0.0])[0]

-- A loss of the fit, through a fixed point as well: neos#4.
def outer (strength : f64) (x : [3]f64) (y : [3]f64) : f64 =
  let w = fitted strength x y in
  let z = implicit.fixpoint (\\z -> [0.5 * cos (w * z[0])]) 1e-15 200 [0.5] in
  (w - 1)^2 + z[0]
""")
X, Y = np.array([1.0, 2.0, 3.0]), np.array([1.1, 1.9, 3.2])


def test_a_root_in_every_mode_and_order() -> None:
    ecc, m = 0.3, 1.0
    e = PROGRAM.anomaly(ecc, m)
    assert e - ecc * math.sin(e) == pytest.approx(m, abs=1e-14)
    slope = 1 - ecc * math.cos(e)
    by_ecc, by_m = catad.grad(PROGRAM.anomaly, ("ecc", "m"))(ecc, m)
    assert (by_ecc, by_m) == pytest.approx((math.sin(e) / slope, 1 / slope), rel=1e-12)
    _, forward = catad.jvp(PROGRAM.anomaly, "m")(ecc, m, 1.0)
    assert forward == pytest.approx(1 / slope, rel=1e-12)
    second = catad.grad(catad.grad(PROGRAM.anomaly, "m"), "m")(ecc, m)
    assert second == pytest.approx(-ecc * math.sin(e) / slope**3, rel=1e-10)


def test_second_derivatives_of_a_minimum() -> None:
    s, t, strength = float(X @ X), float(X @ Y), 0.5
    assert PROGRAM.fitted(strength, X, Y) == pytest.approx(t / (s + strength), rel=1e-12)
    assert catad.grad(PROGRAM.fitted)(strength, X, Y) == pytest.approx(-t / (s + strength)**2, rel=1e-11)
    assert catad.grad(catad.grad(PROGRAM.fitted))(strength, X, Y) == pytest.approx(2 * t / (s + strength)**3, rel=1e-9)


def test_a_fit_and_a_fixed_point_inside_a_loss() -> None:
    def outer(strength: float) -> float:
        w, z = float(X @ Y) / (float(X @ X) + strength), 0.5
        for _ in range(300):
            z = 0.5 * math.cos(w * z)
        return (w - 1)**2 + z

    step = 1e-5
    slope = (outer(0.5 + step) - outer(0.5 - step)) / (2 * step)
    assert catad.grad(PROGRAM.outer)(0.5, X, Y) == pytest.approx(slope, rel=1e-8)


def test_the_search_keeps_nothing() -> None:
    """A longer search takes no more memory for the gradient."""
    text = ('import "std/implicit.cad" as implicit\n'
            "def f (p : f64) (limit : i64) : f64 = (implicit.fixpoint (\\x -> [cos (p * x[0])]) 0.0 limit [1.0])[0]")
    f = catad.grad(catad.compile(text).f, "p")
    long, short = f.memory(1.0, 1_000_000), f.memory(1.0, 10)
    assert long == short and not long.grows
