"""std/implicit: derivatives of solutions, in each mode and to the fourth order, against closed forms and JAX."""

from __future__ import annotations

import math
from collections.abc import Iterator

import mpmath
import numpy as np
import pytest

import catad
from catad.net.net import BindSize, Box, Net, While

PROGRAM = catad.compile("""
    import "std/implicit.cad" as i
    def lambert (p : f64) : f64 = i.root (\\x -> x * exp x - p) 0.0 9.0

    -- a linear part, a cubic one: x with a x + s x³ = b
    def cubic [n] (a : [n, n]f64) (b : [n]f64) (s : f64) : [n]f64 =
      let f x = for j < n -> dot a[j] x + s * x[j]^3 - b[j] in
      i.root_system f (for j < n -> 0.1)
    def weighed [n] (a : [n, n]f64) (b : [n]f64) (s : f64) : f64 = sum (for j < n -> f64 (j + 1) * (cubic a b s)[j])
    def free [n] (a : [n, n]f64) (b : [n]f64) (s : f64) : f64 =
      let f x = for j < n -> dot a[j] x + s * x[j]^3 - b[j] in
      let x = i.at_root_free 4 40 f (constant (cubic a b s)) in
      sum (for j < n -> f64 (j + 1) * x[j])

    type knobs = {rate : f64, shift : [2]f64}
    def settled (k : knobs) : [2]f64 =
      i.fixpoint (\\x -> [cos (k.rate * x[1]) + k.shift[0], 0.5 * sin x[0] + k.shift[1]]) 1e-13 500 [0.0, 0.0]
    def attracted (k : knobs) : (f64, f64) =
      let f (x : f64, y : f64) = (cos (k.rate * y) + k.shift[0], 0.5 * sin x + k.shift[1]) in
      i.at_attractor 80 f (loop p = (0.0, 0.0) for j < 200 do f p)

    def ridge [n, m] (a : [m, n]f64) (b : [m]f64) (l : f64) : [n]f64 =
      i.argmin_from (\\x -> let r = sub (a @ x) b in dot r r + l * dot x x) (for j < n -> 0.0)
    def ridge_free [n, m] (a : [m, n]f64) (b : [m]f64) (l : f64) : [n]f64 =
      i.at_minimum_free 4 30 (\\x -> let r = sub (a @ x) b in dot r r + l * dot x x) (ridge a b l)
    def ridge_sum [n, m] (a : [m, n]f64) (b : [m]f64) (l : f64) : f64 = dot (ridge_free a b l) (ridge_free a b l)

    def nearest (p : [3]f64) (r : f64) : [3]f64 =
      let x = scale (r / norm p) p in
      i.at_minimum_on (\\x -> let d = sub x p in dot d d) (\\x -> [dot x x - r^2]) x
    def slow (p : f64) : f64 = (i.fixpoint (\\x -> [x[0] + 1e-5 * (p - x[0]^3)]) 1e-13 10000000 [1.0])[0]
    def lost (p : f64) : f64 = i.root (\\x -> x^2 + p) 0.0 1.0
""")
RNG = np.random.default_rng(2)


def test_every_order_of_a_root() -> None:
    """Lambert's function: reverse, forward, nested, and four Taylor coefficients. Fails with one chord step fewer."""
    p = 1.7
    with mpmath.workdps(40):
        want = [float(mpmath.diff(lambda t: mpmath.lambertw(t).real, p, k)) for k in range(5)]
    f = PROGRAM.lambert
    assert f(p) == pytest.approx(want[0], rel=1e-14)
    assert catad.grad(f)(p) == pytest.approx(want[1], rel=1e-13)
    assert catad.jvp(f)(p, 2.0)[1] == pytest.approx(2 * want[1], rel=1e-13)
    assert catad.grad(catad.grad(f))(p) == pytest.approx(want[2], rel=1e-12)
    assert catad.grad(catad.grad(catad.grad(f)))(p) == pytest.approx(want[3], rel=1e-11)
    _, c = catad.jet(f, order=4)(p, np.array([1.0, 0.0, 0.0, 0.0]))
    np.testing.assert_allclose(c, [want[k] / math.factorial(k) for k in range(1, 5)], rtol=1e-11)


def test_systems_against_jax() -> None:
    """The implicit function theorem with Jacobians of JAX:  x' = -(∂f/∂x)⁻¹ ∂f/∂p p'."""
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    n = 4
    a, b, s = RNG.normal(size=(n, n)) * 0.2 + np.eye(n), RNG.normal(size=n), 0.3
    x = PROGRAM.cubic(a, b, s)
    np.testing.assert_allclose(a @ x + s * x**3, b, atol=1e-12)

    def f(a, b, s, x):
        return a @ x + s * x**3 - b
    slope = np.array(jax.jacobian(f, 3)(a, b, s, x))
    pulled = np.linalg.solve(slope.T, np.arange(1.0, n + 1))
    for name in ("weighed", "free"):
        grads = catad.grad(PROGRAM[name], argnums=(0, 1, 2))(a, b, s)
        for k, g in enumerate(grads):
            want = -np.tensordot(pulled, np.array(jax.jacobian(f, k)(a, b, s, x)), 1)
            np.testing.assert_allclose(g, want, rtol=1e-8, atol=1e-9)


def test_hessians_of_systems() -> None:
    n = 3
    a, b, s = RNG.normal(size=(n, n)) * 0.2 + np.eye(n), RNG.normal(size=n), 0.3
    h = catad.hessian(PROGRAM.weighed, argnums=1)(a, b, s)
    g = catad.grad(PROGRAM.weighed, argnums=1)
    want = [(g(a, b + d, s) - g(a, b - d, s)) / 2e-5 for d in 1e-5 * np.eye(n)]
    np.testing.assert_allclose(h, want, rtol=1e-6, atol=1e-8)


def test_fixed_points_of_records() -> None:
    at = {"rate": 0.8, "shift": np.array([0.1, -0.2])}
    x = PROGRAM.settled(at)
    # x = g(x, k):  (I - ∂g/∂x) x' = ∂g/∂k k'
    rate, x0, x1 = 0.8, *x
    inverse = np.linalg.inv(np.array([[1.0, rate * math.sin(rate * x1)], [-0.5 * math.cos(x0), 1.0]]))
    by_rate, by_shift = inverse @ [-x1 * math.sin(rate * x1), 0.0], inverse
    for seed in np.eye(2):
        pulled = catad.vjp(PROGRAM.settled)(at, seed)[1]
        assert pulled["rate"] == pytest.approx(seed @ by_rate, rel=1e-11)
        np.testing.assert_allclose(pulled["shift"], seed @ by_shift, rtol=1e-11)
    y, moved = catad.jvp(PROGRAM.attracted)(at, {"rate": 1.0, "shift": np.zeros(2)})
    np.testing.assert_allclose(y, x, rtol=1e-12)
    np.testing.assert_allclose(moved, by_rate, rtol=1e-10)


@pytest.mark.parametrize("name", ["ridge", "ridge_free"])
def test_minima(name: str) -> None:
    """(aᵀa + l) x = aᵀ b, so that the k-th derivative by l is k! (-1)^k (aᵀa + l)^-k x."""
    a, b, k = RNG.normal(size=(12, 5)), RNG.normal(size=12), 0.7
    h = a.T @ a + k * np.eye(5)
    x = np.linalg.solve(h, a.T @ b)
    y, c = catad.jet(PROGRAM[name], argnums=2, order=4)(a, b, k, np.array([1.0, 0.0, 0.0, 0.0]))
    np.testing.assert_allclose(y, x, rtol=1e-9)
    want = x
    for got in c:
        want = -np.linalg.solve(h, want)
        np.testing.assert_allclose(got, want, rtol=1e-7, atol=1e-12)


def test_reverse_without_matrices() -> None:
    a, b, k = RNG.normal(size=(12, 5)), RNG.normal(size=12), 0.7
    h = a.T @ a + k * np.eye(5)
    x = np.linalg.solve(h, a.T @ b)
    g = catad.grad(PROGRAM.ridge_sum, argnums=(1, 2))(a, b, k)
    np.testing.assert_allclose(g[0], 2 * a @ np.linalg.solve(h, x), rtol=1e-8)
    assert g[1] == pytest.approx(-2 * x @ np.linalg.solve(h, x), rel=1e-8)


def test_minima_on_a_surface() -> None:
    """The nearest point of a sphere is r p / |p|."""
    p, r = np.array([1.0, 2.0, -2.0]), 1.5
    u = p / 3.0
    jp = catad.jacobian(PROGRAM.nearest, argnums=0)(p, r)
    np.testing.assert_allclose(jp, r / 3.0 * (np.eye(3) - np.outer(u, u)), atol=1e-11)
    np.testing.assert_allclose(catad.jacobian(PROGRAM.nearest, argnums=1)(p, r), u, atol=1e-11)


def boxes(net: Net) -> Iterator[Box]:
    for b in net.boxes:
        yield b
        for inner in b.bubbles:
            yield from boxes(inner)


def test_nothing_of_the_search_is_counted_or_stored() -> None:
    """One search, that keeps no tape: a counted search would bind its length as a size. Some 500 000 steps."""
    g = catad.grad(PROGRAM.slow)
    found = [b.op for b in boxes(g.prepared.nets[g.key])]
    assert sum(isinstance(op, While) for op in found) == 1
    assert not any(isinstance(op, BindSize) for op in found)
    assert g(8.0) == pytest.approx(1 / 12, rel=1e-6)
    unrolled = catad.compile("def f (p : f64) : f64 = loop x = 1.0 while abs (p - x^3) > 1e-9 do x + 1e-2 * (p - x^3)")
    h = catad.grad(unrolled.f)
    assert any(isinstance(b.op, BindSize) for b in boxes(h.prepared.nets[h.key]))


def test_no_solution_is_no_number() -> None:
    assert math.isnan(PROGRAM.lost(1.0)) and math.isnan(catad.grad(PROGRAM.lost)(1.0))
