"""std/linear against NumPy, and its gradients against formulas."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
from numpy.typing import NDArray

import catad
from tests.stdlib.calculus import MIX, check, mix

PROGRAM = catad.compile(MIX + """
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
    def solve_columns [n, m] (a : [n, n]f64) (b : [n, m]f64) : [n, m]f64 = linear.solve_columns a b
    def r [n, m] (a : [n, m]f64) : [m, m]f64 = (linear.qr a).r
    def update [n] (l : [n, n]f64) (x : [n]f64) : [n, n]f64 = linear.cholesky_update l x
    def sylvester [n, m] (a : [n, n]f64) (b : [m, m]f64) (c : [n, m]f64) : [n, m]f64 = linear.sylvester a b c
    def lyapunov [n] (a : [n, n]f64) (q : [n, n]f64) : [n, n]f64 = linear.lyapunov a q
    def tridiagonal [n] (l : [n - 1]f64) (d : [n]f64) (u : [n - 1]f64) (b : [n]f64) : [n]f64 =
      linear.solve_tridiagonal l d u b
    def banded [n] (p : i64) (q : i64) (a : [n, n]f64) (b : [n]f64) : [n]f64 = linear.solve_banded p q a b
    def norms [n, m] (a : [n, m]f64) : (f64, f64, f64) =
      (linear.frobenius a, linear.operator_norm1 a, linear.operator_norm_inf a)
    def in_lu [n] (a : [n, n]f64) : f64 = mix2 (linear.lu a).factors
    def in_solve [n] (a : [n, n]f64) : f64 = mix (linear.solve a (for i < n -> f64 i + 1))
    def in_inverse [n] (a : [n, n]f64) : f64 = mix2 (linear.inverse a)
    def in_det [n] (a : [n, n]f64) : f64 = linear.det a
    def in_cholesky [n] (a : [n, n]f64) : f64 = mix2 (linear.cholesky a)
    def in_qr [n, m] (a : [n, m]f64) : f64 = let f = linear.qr a in mix2 f.q + mix2 f.r
    def in_tridiagonal [n] (x : [n]f64) : f64 =
      mix (linear.solve_tridiagonal (for i < n - 1 -> sin x[i]) (for i < n -> 4 + x[i]) (for i < n - 1 -> cos x[i]) x)
    def in_banded [n] (a : [n, n]f64) : f64 = mix (linear.solve_banded 1 2 a (for i < n -> f64 i + 1))
    def in_sylvester [n] (a : [n, n]f64) : f64 = mix2 (linear.sylvester a (transpose a) (a @ a))
    def in_update [n] (x : [n]f64) : f64 = mix2 (linear.cholesky_update (linear.lower (outer x x)) x)
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


def test_further_systems() -> None:
    a, b = square(4), RNG.normal(size=(4, 3))
    np.testing.assert_allclose(PROGRAM.solve_columns(a, b), np.linalg.solve(a, b), rtol=1e-9)
    c, d = square(3), RNG.normal(size=(4, 3))
    np.testing.assert_allclose(PROGRAM.sylvester(a, c, d), scipy.linalg.solve_sylvester(a, c, d), rtol=1e-8)
    q = spd(4)
    np.testing.assert_allclose(PROGRAM.lyapunov(a, q), scipy.linalg.solve_continuous_lyapunov(a, q), rtol=1e-8)
    s, x = spd(5), RNG.normal(size=5)
    np.testing.assert_allclose(PROGRAM.update(np.linalg.cholesky(s), x), np.linalg.cholesky(s + np.outer(x, x)),
                               atol=1e-12)
    m = RNG.normal(size=(3, 5))
    np.testing.assert_allclose(PROGRAM.norms(m), [np.linalg.norm(m, k) for k in ("fro", 1, np.inf)], rtol=1e-14)
    assert PROGRAM.norms(np.zeros((0, 3))) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("n", [1, 2, 7])
def test_band_matrices(n: int) -> None:
    d, l, u, b = 4 + RNG.random(n), RNG.random(n - 1), RNG.random(n - 1), RNG.random(n)
    a = np.diag(d) + np.diag(l, -1) + np.diag(u, 1)
    np.testing.assert_allclose(PROGRAM.tridiagonal(l, d, u, b), np.linalg.solve(a, b), rtol=1e-12)
    for p, q in ((1, 1), (0, 0), (2, 1), (0, 3), (n, n)):
        a = np.triu(np.tril(square(n) + 6 * np.eye(n), q), -p)
        np.testing.assert_allclose(PROGRAM.banded(p, q, a, b), np.linalg.solve(a, b), rtol=1e-11)


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (4, 4), (2, 4), (3, 0)])
def test_orthogonal_factors(shape: tuple[int, int]) -> None:
    """q r = a; the columns of q are orthonormal; r is upper triangular with a diagonal that is not negative."""
    a = RNG.normal(size=shape)
    q, r = PROGRAM.q(a), PROGRAM.r(a)
    k = min(shape)
    np.testing.assert_allclose(q @ r, a, atol=1e-14)
    np.testing.assert_allclose(q[:, :k].T @ q[:, :k], np.eye(k), atol=1e-14)
    assert (np.diag(r) >= 0).all() and not np.tril(r, -1).any()


def test_dependent_columns_have_factors_too() -> None:
    a = np.outer([1.0, 2.0, 3.0], [1.0, -2.0])
    q = PROGRAM.q(a)
    np.testing.assert_allclose(q.T @ q, np.eye(2), atol=1e-14)
    np.testing.assert_allclose(q @ PROGRAM.r(a), a, atol=1e-14)
    assert not PROGRAM.q(np.zeros((2, 1)))[1].any()


def banded(a: Matrix) -> Matrix:
    return np.triu(np.tril(a, 2), -1)


def orthogonal(a: Matrix) -> tuple[Matrix, Matrix]:
    q, r = np.linalg.qr(a)
    s = np.sign(np.diag(r))
    return q * s, (r.T * s).T


def lu_without_exchanges(a: Matrix) -> Matrix:
    p, l, u = scipy.linalg.lu(a)
    assert (p == np.eye(len(a))).all()
    return np.tril(l, -1) + u


def from_lower(a: Matrix) -> Matrix:
    return np.tril(a) + np.tril(a, -1).T


MATRICES = {
    "in_lu": lambda a: mix(lu_without_exchanges(a)),
    "in_solve": lambda a: mix(np.linalg.solve(a, np.arange(1.0, len(a) + 1))),
    "in_inverse": lambda a: mix(np.linalg.inv(a)),
    "in_det": np.linalg.det,
    "in_cholesky": lambda a: mix(np.linalg.cholesky(from_lower(a))),
    "in_banded": lambda a: mix(np.linalg.solve(banded(a), np.arange(1.0, len(a) + 1))),
    "in_sylvester": lambda a: mix(scipy.linalg.solve_sylvester(a, a.T, a @ a)),
}


@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize("n", [1, 3])
def test_derivatives(name: str, n: int) -> None:
    check(PROGRAM[name], MATRICES[name], square(n) + 4 * np.eye(n), square(n))


def test_derivatives_of_the_others() -> None:
    check(PROGRAM.in_qr, lambda a: mix(orthogonal(a)[0]) + mix(orthogonal(a)[1]), 2 * np.eye(4, 3) + RNG.normal(
        size=(4, 3)) / 4, RNG.normal(size=(4, 3)))
    x = RNG.normal(size=4)

    def tridiagonal(x: Matrix) -> float:
        return mix(np.linalg.solve(np.diag(4 + x) + np.diag(np.sin(x[:-1]), -1) + np.diag(np.cos(x[:-1]), 1), x))

    def update(x: Matrix) -> float:
        l = np.tril(np.outer(x, x))
        return mix(np.linalg.cholesky(l @ l.T + np.outer(x, x)))

    check(PROGRAM.in_tridiagonal, tridiagonal, x, RNG.normal(size=4))
    check(PROGRAM.in_update, update, 2 + np.abs(x), RNG.normal(size=4))


def test_the_gradient_of_a_determinant_needs_no_inverse() -> None:
    """∇ det a is the transposed adjugate; at a matrix of rank n - 1 too."""
    a = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [5.0, 7.0, 9.0]])
    adjugate = np.array([[np.linalg.det(np.delete(np.delete(a, i, 0), j, 1)) * (-1) ** (i + j) for j in range(3)]
                         for i in range(3)])
    np.testing.assert_allclose(catad.grad(PROGRAM.in_det)(a), adjugate, rtol=1e-12)
