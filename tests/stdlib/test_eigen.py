"""std/eigen against NumPy and SciPy; derivatives against their Taylor coefficients, at equal eigenvalues too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg
from numpy.typing import NDArray

import catad
from tests.stdlib.calculus import MIX, check, mix

PROGRAM = catad.compile(MIX + """
    import "std/eigen.cad" as eigen
    def eigh [n] (a : [n, n]f64) : {w : [n]f64, v : [n, n]f64} = eigen.eigh a
    def general [n] (a : [n, n]f64) (b : [n, n]f64) : {w : [n]f64, v : [n, n]f64} = eigen.eigh_general a b
    def svd [n, m] (a : [n, m]f64) : {u : [n, m]f64, s : [m]f64, v : [m, m]f64} = eigen.svd a
    def pinv [n, m] (a : [n, m]f64) : [m, n]f64 = eigen.pinv a
    def minimum_norm [n, m] (a : [n, m]f64) (b : [n]f64) : [m]f64 = eigen.minimum_norm a b
    def norms [n, m] (a : [n, m]f64) : (f64, f64, f64) =
      (eigen.spectral_norm a, eigen.nuclear_norm a, eigen.condition a)
    def rank [n, m] (a : [n, m]f64) : i64 = eigen.rank a
    def expm [n] (a : [n, n]f64) : [n, n]f64 = eigen.expm a
    def sqrtm [n] (a : [n, n]f64) : [n, n]f64 = eigen.sqrtm a
    def logm [n] (a : [n, n]f64) : [n, n]f64 = eigen.logm a
    def lyapunov [n] (y : [n, n]f64) (c : [n, n]f64) : [n, n]f64 = eigen.lyapunov_positive y c
    def in_values [n] (a : [n, n]f64) : f64 = mix (eigen.eigvalsh a)
    def in_vectors [n] (a : [n, n]f64) : f64 = mix2 (eigen.eigh a).v
    def in_general [n] (a : [n, n]f64) : f64 =
      mix (eigen.eigh_general a (for i < n, j < n -> 0.25 * a[i, j] + (if i == j then 4.0 else 0.0))).w
    def in_svd [n, m] (a : [n, m]f64) : f64 = let f = eigen.svd a in mix2 f.u + mix f.s + mix2 f.v
    def in_nuclear [n, m] (a : [n, m]f64) : f64 = eigen.nuclear_norm a
    def in_pinv [n, m] (a : [n, m]f64) : f64 = mix2 (eigen.pinv a)
    def in_expm [n] (a : [n, n]f64) : f64 = mix2 (eigen.expm a)
    def in_sqrtm [n] (a : [n, n]f64) : f64 = mix2 (eigen.sqrtm a)
    def in_logm [n] (a : [n, n]f64) : f64 = mix2 (eigen.logm a)
    def in_spectral [n] (a : [n, n]f64) : f64 = mix2 (eigen.spectral (\\x -> exp (sin x)) a)
""")
RNG = np.random.default_rng(11)
MATRIX = np.array([[2.0, 0.7, -0.2], [0.7, 3.5, 0.4], [-0.2, 0.4, 1.0]])
DIRECTION = np.array([[0.3, -0.1, 0.4], [0.2, -0.5, 0.1], [0.1, 0.6, -0.2]])
Matrix = NDArray[np.float64]


def symmetric(n: int) -> Matrix:
    a = RNG.normal(size=(n, n))
    return a + a.T


def spread(n: int) -> Matrix:
    """Symmetric, with eigenvalues 1, 2, …"""
    q = np.linalg.qr(RNG.normal(size=(n, n)))[0]
    return (q * np.arange(1.0, n + 1)) @ q.T


def upright(v: Matrix) -> Matrix:
    """The columns, each with its entry of largest absolute value positive."""
    return v * np.sign(v[np.abs(v).argmax(0), np.arange(v.shape[1])])


@pytest.mark.parametrize("n", [0, 1, 2, 5, 20])
def test_symmetric_eigenproblem(n: int) -> None:
    a = symmetric(n)
    got = PROGRAM.eigh(a)
    np.testing.assert_allclose(got["w"], np.linalg.eigvalsh(a), atol=1e-13)
    np.testing.assert_allclose(got["v"] @ np.diag(got["w"]) @ got["v"].T, a, atol=1e-12)
    np.testing.assert_allclose(got["v"].T @ got["v"], np.eye(n), atol=1e-13)
    if n:
        np.testing.assert_allclose(got["v"], upright(np.linalg.eigh(a)[1]), atol=1e-10)


@pytest.mark.parametrize("a", [np.eye(3), np.zeros((3, 3)), np.diag([1e200, -1e200, 1e-200]), np.ones((4, 4)),
                               np.array([[1.0, 1e-200], [1e-200, 1.0]])], ids=["1", "0", "large", "ones", "tiny"])
def test_eigenvalues_at_the_edges(a: Matrix) -> None:
    got = PROGRAM.eigh(a)
    np.testing.assert_allclose(got["w"], np.linalg.eigvalsh(a), rtol=1e-14, atol=1e-14 * np.abs(a).max())
    np.testing.assert_allclose(got["v"].T @ got["v"], np.eye(len(a)), atol=1e-14)
    assert np.isfinite(catad.grad(PROGRAM.in_vectors)(a)).all()


def test_generalised_eigenproblem() -> None:
    a, b = symmetric(4), spread(4)
    got = PROGRAM.general(a, b)
    np.testing.assert_allclose(got["w"], scipy.linalg.eigh(a, b)[0], atol=1e-12)
    np.testing.assert_allclose(a @ got["v"], b @ got["v"] * got["w"], atol=1e-12)
    np.testing.assert_allclose(got["v"].T @ b @ got["v"], np.eye(4), atol=1e-12)


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (4, 4), (2, 5), (0, 2), (3, 0)])
def test_singular_values(shape: tuple[int, int]) -> None:
    a = RNG.normal(size=shape)
    k = min(shape)
    f = PROGRAM.svd(a)
    np.testing.assert_allclose(f["s"][:k], np.linalg.svd(a)[1], atol=1e-14)
    assert not f["s"][k:].any() and not f["u"][:, k:].any()
    np.testing.assert_allclose(f["u"] * f["s"] @ f["v"].T, a, atol=1e-14)
    np.testing.assert_allclose(f["v"].T @ f["v"], np.eye(shape[1]), atol=1e-14)
    np.testing.assert_allclose(f["u"][:, :k].T @ f["u"][:, :k], np.eye(k), atol=1e-14)


def test_small_singular_values_are_accurate() -> None:
    """One-sided rotations find those of a matrix with columns of very different size to full precision."""
    q = np.linalg.qr(RNG.normal(size=(4, 4)))[0]
    scales = np.array([1e10, 1.0, 1e-10, 1e-130])
    np.testing.assert_allclose(PROGRAM.svd(q * scales)["s"], scales, rtol=1e-13)
    hilbert = scipy.linalg.hilbert(5)
    np.testing.assert_allclose(PROGRAM.norms(hilbert), (np.linalg.norm(hilbert, 2), np.linalg.norm(hilbert, "nuc"),
                                                        np.linalg.cond(hilbert)), rtol=1e-10)


def test_pseudoinverse_and_rank() -> None:
    for a in (RNG.normal(size=(5, 3)), RNG.normal(size=(2, 4)), np.outer([1.0, 2, 3], [1.0, -1]), np.zeros((2, 3))):
        np.testing.assert_allclose(PROGRAM.pinv(a), np.linalg.pinv(a), atol=1e-13)
        assert PROGRAM.rank(a) == np.linalg.matrix_rank(a)
        b = RNG.normal(size=len(a))
        np.testing.assert_allclose(PROGRAM.minimum_norm(a, b), np.linalg.lstsq(a, b)[0], atol=1e-12)


@pytest.mark.parametrize("size", [1e-8, 0.3, 3.0, 40.0])
def test_exponential(size: float) -> None:
    a = size * RNG.normal(size=(5, 5)) / 3
    expected = scipy.linalg.expm(a)
    np.testing.assert_allclose(PROGRAM.expm(a), expected, atol=1e-12 * np.abs(expected).max())


@pytest.mark.parametrize("spread", [1.0, 10.0, 1e6])
def test_square_root_and_logarithm(spread: float) -> None:
    q = np.linalg.qr(RNG.normal(size=(4, 4)))[0]
    w = np.geomspace(1 / spread, spread, 4)
    a = q * w @ q.T
    np.testing.assert_allclose(PROGRAM.sqrtm(a), q * np.sqrt(w) @ q.T, atol=1e-13 * spread)
    c, bound = symmetric(4), 1e-12 + 1e-15 * spread**2                       # the condition of a
    np.testing.assert_allclose(PROGRAM.logm(a), q * np.log(w) @ q.T, atol=bound)
    np.testing.assert_allclose(q.T @ PROGRAM.lyapunov(a, c) @ q, (q.T @ c @ q) / np.add.outer(w, w),
                               atol=bound * np.abs(c).max() / w[0])


def test_square_roots_at_the_edge() -> None:
    np.testing.assert_allclose(PROGRAM.sqrtm(np.ones((2, 2))), np.ones((2, 2)) / np.sqrt(2), atol=1e-15)
    assert np.isnan(PROGRAM.sqrtm(-np.eye(2))).all()
    assert PROGRAM.sqrtm(np.zeros((0, 0))).shape == PROGRAM.logm(np.zeros((0, 0))).shape == (0, 0)


def in_svd(a: Matrix) -> float:
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    side = np.sign(vt[np.arange(len(vt)), np.abs(vt).argmax(1)])
    return mix(u * side) + mix(s) + mix(vt.T * side)


def of_symmetric(f: Any, a: Matrix) -> Matrix:
    w, v = np.linalg.eigh((a + a.T) / 2)
    found: Matrix = (v * f(w)) @ v.T
    return found


def half(a: Matrix) -> Matrix:
    return (a + a.T) / 2


FUNCTIONS = {
    "in_values": lambda a: mix(np.linalg.eigvalsh(half(a))),
    "in_vectors": lambda a: mix(upright(np.linalg.eigh(half(a))[1])),
    "in_general": lambda a: mix(scipy.linalg.eigh(half(a), half(a) / 4 + 4 * np.eye(len(a)))[0]),
    "in_svd": in_svd,
    "in_pinv": lambda a: mix(np.linalg.pinv(a)),
    "in_expm": lambda a: mix(scipy.linalg.expm(a)),
    "in_sqrtm": lambda a: mix(of_symmetric(np.sqrt, a)),
    "in_logm": lambda a: mix(of_symmetric(np.log, a)),
    "in_spectral": lambda a: mix(of_symmetric(lambda w: np.exp(np.sin(w)), a)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives(name: str) -> None:
    check(PROGRAM[name], FUNCTIONS[name], MATRIX, DIRECTION, tolerance=1e-8,
          order={"in_vectors": 3, "in_expm": 3, "in_logm": 1}.get(name, 2))


@pytest.mark.parametrize("shape", [(5, 3), (3, 5)])
def test_derivatives_of_rectangular_matrices(shape: tuple[int, int]) -> None:
    u, v = (np.linalg.qr(RNG.normal(size=(n, 3)))[0] for n in shape)
    a, e = u * [3.0, 2.0, 1.0] @ v.T, RNG.normal(size=shape) / 2
    check(PROGRAM.in_pinv, FUNCTIONS["in_pinv"], a, e, tolerance=1e-8, order=2)
    check(PROGRAM.in_nuclear, lambda a: np.linalg.norm(a, "nuc"), a, e, tolerance=1e-8, order=2)


@pytest.mark.parametrize("name", ["in_expm", "in_sqrtm", "in_logm"])
def test_every_order_at_equal_eigenvalues(name: str) -> None:
    check(PROGRAM[name], FUNCTIONS[name], np.diag([2.0, 2.0, 2.0]), RNG.normal(size=(3, 3)) / 2, tolerance=1e-8,
          order=3 if name == "in_sqrtm" else 1)


@pytest.mark.parametrize("gap", [0.0, 1e-15, 1e-9, 1e-4, 1e-2])
def test_the_gradient_of_a_spectral_function_at_close_eigenvalues(gap: float) -> None:
    a, e = np.diag([1.0, 1.0 + gap, 3.0]), RNG.normal(size=(3, 3))
    f = FUNCTIONS["in_spectral"]
    slope = (8 * (f(a + 1e-3 * e) - f(a - 1e-3 * e)) - (f(a + 2e-3 * e) - f(a - 2e-3 * e))) / 12e-3
    assert np.sum(catad.grad(PROGRAM.in_spectral)(a) * e) == pytest.approx(slope, rel=1e-9)
