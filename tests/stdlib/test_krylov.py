"""std/krylov against NumPy: solutions, eigenvalues, breakdowns, and derivatives by what the operator captures."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import catad
from tests.stdlib.calculus import MIX, check, mix

PROGRAM = catad.compile(MIX + """
    import "std/krylov.cad" as k
    def cg [n] (a : [n, n]f64) (b : [n]f64) : {x : [n]f64, residual : f64, steps : i64} = k.cg (\\x -> a @ x) 1e-13 90 b
    def pcg [n] (a : [n, n]f64) (b : [n]f64) : {x : [n]f64, residual : f64, steps : i64} =
      k.pcg (\\x -> a @ x) (\\r -> for i < n -> r[i] / a[i, i]) 1e-13 90 b
    def bicgstab [n] (a : [n, n]f64) (b : [n]f64) : {x : [n]f64, residual : f64, steps : i64} =
      k.bicgstab (\\x -> a @ x) 1e-13 90 b
    def gmres [n] (a : [n, n]f64) (b : [n]f64) : {x : [n]f64, residual : f64, steps : i64} =
      k.gmres (\\x -> a @ x) 8 1e-13 60 b
    def arnoldi [n] (a : [n, n]f64) (m : i64) (x : [n]f64) : {basis : [m + 1, n]f64, h : [m + 1, m]f64} =
      k.arnoldi (\\x -> a @ x) m x
    def lanczos [n] (a : [n, n]f64) (m : i64) (x : [n]f64) : [m]f64 = k.lanczos (\\x -> a @ x) m x
    def power [n] (a : [n, n]f64) (x : [n]f64) : {value : f64, vector : [n]f64, steps : i64} =
      k.power_iteration (\\x -> a @ x) 1e-14 500 x
    def right (n : i64) : [n]f64 = for i < n -> sin (f64 i + 1)
    def of_cg [n] (a : [n, n]f64) : f64 = mix (k.cg (\\x -> a @ x) 1e-15 90 (right n)).x
    def of_pcg [n] (a : [n, n]f64) : f64 =
      mix (k.pcg (\\x -> a @ x) (\\r -> for i < n -> r[i] / a[i, i]) 1e-15 90 (right n)).x
    def of_bicgstab [n] (a : [n, n]f64) : f64 = mix (k.bicgstab (\\x -> a @ x) 1e-15 20 (right n)).x
    def of_gmres [n] (a : [n, n]f64) : f64 = mix (k.gmres (\\x -> a @ x) 4 1e-14 4 (right n)).x
    def of_power [n] (a : [n, n]f64) : f64 = (k.power_iteration (\\x -> a @ x) 1e-15 300 (right n)).value
""")
SOLVERS = ("cg", "pcg", "bicgstab", "gmres")
RNG = np.random.default_rng(31)
Matrix = NDArray[np.float64]


def spd(n: int) -> Matrix:
    a = RNG.normal(size=(n, n))
    found: Matrix = a @ a.T / n + np.eye(n)
    return found


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize("n", [0, 1, 5, 20])
def test_solutions(name: str, n: int) -> None:
    a = spd(n) if "cg" in name and name != "bicgstab" else RNG.normal(size=(n, n)) + 6 * np.eye(n)
    b = RNG.normal(size=n)
    got = PROGRAM[name](a, b)
    np.testing.assert_allclose(got["x"], np.linalg.solve(a, b), atol=1e-11)
    assert got["residual"] <= 1e-13 * np.linalg.norm(b)
    assert PROGRAM[name](a, 0 * b)["steps"] == 0 and not PROGRAM[name](a, 0 * b)["x"].any()


@pytest.mark.parametrize("name", SOLVERS)
def test_a_solution_that_is_found_early_stays(name: str) -> None:
    got = PROGRAM[name](np.eye(4), np.ones(4))
    assert got["steps"] == 1 and got["x"].tolist() == pytest.approx([1.0] * 4)


def test_what_cannot_be_solved_says_so() -> None:
    a = np.diag([1.0, 2.0, 0.0])
    for name in ("bicgstab", "gmres"):
        assert not PROGRAM[name](a, np.ones(3))["residual"] <= 1e-3


def test_arnoldi() -> None:
    a, x = RNG.normal(size=(6, 6)), np.eye(6)[0]
    got = PROGRAM.arnoldi(a, 4, x)
    v, h = got["basis"], got["h"]
    np.testing.assert_allclose(v @ v.T, np.eye(5), atol=1e-14)
    np.testing.assert_allclose(a @ v[:4].T, v.T @ h, atol=1e-13)
    assert not np.tril(h, -2).any()
    ended = PROGRAM.arnoldi(np.diag([2.0, 3.0, 4.0]), 3, x[:3])
    assert ended["h"][0, 0] == 2.0 and not ended["basis"][1:].any()


def test_eigenvalues() -> None:
    q = np.linalg.qr(RNG.normal(size=(30, 30)))[0]
    w = np.array([-9.0, *np.linspace(0, 1, 27), 5.0, 8.0])
    a, x = q * w @ q.T, RNG.normal(size=30)
    np.testing.assert_allclose(PROGRAM.lanczos(a, 14, x)[[0, -2, -1]], [-9.0, 5.0, 8.0], rtol=1e-9)
    np.testing.assert_allclose(PROGRAM.lanczos(a, 30, x), w, atol=1e-12)
    got = PROGRAM.power(a, x)
    assert got["value"] == pytest.approx(-9.0, rel=1e-13)
    np.testing.assert_allclose(a @ got["vector"], -9 * got["vector"], atol=1e-12)


def test_derivatives() -> None:
    a = np.array([[4.0, 1.0, 0.3], [1.0, 3.0, -0.5], [0.3, -0.5, 2.0]])
    e = np.array([[0.3, 0.1, 0.2], [0.1, -0.4, 0.3], [0.2, 0.3, 0.5]])

    def solved(a: Matrix) -> float:
        return mix(np.linalg.solve(a, np.sin(np.arange(1.0, 4.0))))

    for name in SOLVERS:
        check(PROGRAM["of_" + name], solved, a, e, order=2, tolerance=1e-8)
    check(PROGRAM.of_power, lambda a: np.linalg.eigvalsh(a)[-1], a, e, order=2, tolerance=1e-8)


def test_conjugate_gradients_on_records() -> None:
    """A symmetric system on pairs of a number and a vector; the same as on the vector of both."""
    text = '''
import "std/krylov.cad" as krylov
type pair = {u : f64, v : [2]f64}
def apply (m : [3, 3]f64) (p : pair) : pair =
  let y = m @ [p.u, p.v[0], p.v[1]] in
  {u = y[0], v = [y[1], y[2]]}
def f (m : [3, 3]f64) (b : pair) : pair = (krylov.cg (apply m) 1e-14 20 b).x
'''
    m = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.5, -1.0, 5.0]])
    found = catad.compile(text).f(m, {"u": 1.0, "v": [2.0, -1.0]})
    np.testing.assert_allclose([found["u"], *found["v"]], np.linalg.solve(m, [1.0, 2.0, -1.0]), rtol=1e-12)
