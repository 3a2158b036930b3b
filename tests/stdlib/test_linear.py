"""std/linear against NumPy, and its gradients against formulas."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import catad

PROGRAM = catad.compile("""
    import "std/linear.cad" as linear
    def solve [n] (a : [n, n]f64) (b : [n]f64) : [n]f64 = linear.solve a b
    def inverse [n] (a : [n, n]f64) : [n, n]f64 = linear.inverse a
    def det [n] (a : [n, n]f64) : f64 = linear.det a
    def log_abs_det [n] (a : [n, n]f64) : f64 = (linear.slogdet a).1
    def slogdet [n] (a : [n, n]f64) : (f64, f64) = linear.slogdet a
    def cholesky [n] (a : [n, n]f64) : [n, n]f64 = linear.cholesky a
    def logdet [n] (a : [n, n]f64) : f64 = linear.logdet a
    def solve_spd [n] (a : [n, n]f64) (b : [n]f64) : [n]f64 = linear.solve_spd a b
    def least_squares [n, m] (a : [n, m]f64) (b : [n]f64) : [m]f64 = linear.least_squares a b
    def q [n, m] (a : [n, m]f64) : [n, m]f64 = (linear.qr a).q
    def kron [n, m, p, q] (a : [n, m]f64) (b : [p, q]f64) : [n * p, m * q]f64 = linear.kron a b
    def power [n] (a : [n, n]f64) (k : i64) : [n, n]f64 = linear.power a k
    def sum_solve [n] (a : [n, n]f64) (b : [n]f64) (w : [n]f64) : f64 = dot w (linear.solve a b)
""")
RNG = np.random.default_rng(5)
Matrix = NDArray[np.float64]


def square(n: int) -> Matrix:
    return RNG.normal(size=(n, n))


def spd(n: int) -> Matrix:
    a = square(n)
    return a @ a.T + n * np.eye(n)


@pytest.mark.parametrize("n", [0, 1, 2, 5, 17])
def test_general_systems(n: int) -> None:
    a, b = square(n), RNG.normal(size=n)
    np.testing.assert_allclose(PROGRAM.solve(a, b), np.linalg.solve(a, b), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(PROGRAM.inverse(a), np.linalg.inv(a), rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(PROGRAM.det(a), np.linalg.det(a), rtol=1e-9)
    np.testing.assert_allclose(PROGRAM.slogdet(a), np.linalg.slogdet(a), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("n", [0, 1, 2, 5, 17])
def test_positive_definite_systems(n: int) -> None:
    a, b = spd(n), RNG.normal(size=n)
    np.testing.assert_allclose(PROGRAM.cholesky(a), np.linalg.cholesky(a), atol=1e-12)
    np.testing.assert_allclose(PROGRAM.solve_spd(a, b), np.linalg.solve(a, b), atol=1e-12)
    np.testing.assert_allclose(PROGRAM.logdet(a), np.linalg.slogdet(a)[1], rtol=1e-12)


def test_pivoting_is_needed_and_done() -> None:
    a = np.array([[1e-20, 1.0], [1.0, 1.0]])
    np.testing.assert_allclose(PROGRAM.solve(a, np.array([1.0, 2.0])), [1.0, 1.0])


def test_a_matrix_that_is_not_positive_definite_gives_nan() -> None:
    assert np.isnan(PROGRAM.cholesky(np.array([[1.0, 2.0], [2.0, 1.0]]))[1, 1])


def test_least_squares() -> None:
    a, b = RNG.normal(size=(9, 4)), RNG.normal(size=9)
    np.testing.assert_allclose(PROGRAM.least_squares(a, b), np.linalg.lstsq(a, b)[0], rtol=1e-9)
    q = PROGRAM.q(np.array([[1.0, 1.0], [1e-8, 0.0], [0.0, 1e-8]]))           # Läuchli's matrix
    np.testing.assert_allclose(q.T @ q, np.eye(2), atol=1e-14)


def test_products() -> None:
    a, b = RNG.normal(size=(2, 3)), RNG.normal(size=(3, 2))
    np.testing.assert_allclose(PROGRAM.kron(a, b), np.kron(a, b))
    c = square(3)
    for k in (0, 1, 6, 13):
        np.testing.assert_allclose(PROGRAM.power(c, k), np.linalg.matrix_power(c, k), rtol=1e-9)


def test_gradients() -> None:
    """∇ log |det a| = a⁻ᵀ;  ∇_b wᵀ a⁻¹ b = a⁻ᵀ w;  ∇_a = -(a⁻ᵀ w) xᵀ."""
    a, b, w = square(5), RNG.normal(size=5), RNG.normal(size=5)
    np.testing.assert_allclose(catad.grad(PROGRAM.log_abs_det)(a), np.linalg.inv(a).T, rtol=1e-8, atol=1e-9)
    ga, gb = catad.grad(PROGRAM.sum_solve, argnums=(0, 1))(a, b, w)
    pulled = np.linalg.solve(a.T, w)
    np.testing.assert_allclose(gb, pulled, rtol=1e-8)
    np.testing.assert_allclose(ga, -np.outer(pulled, np.linalg.solve(a, b)), rtol=1e-8, atol=1e-9)
    s = spd(4)
    g = catad.grad(PROGRAM.logdet)(s)                       # reads the lower triangle only
    inverse = np.linalg.inv(s)
    np.testing.assert_allclose(g, 2 * np.tril(inverse) - np.diag(np.diag(inverse)), rtol=1e-9, atol=1e-12)
