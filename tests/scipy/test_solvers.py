"""What SciPy's solvers are given: values, derivatives, shapes; vectors and parameters there and back."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from scipy import integrate, optimize
from scipy.sparse.linalg import eigsh

import catad
import catad.scipy
from catad.source import CatadError

ROSENBROCK = """
def rosenbrock [n] (x : [n]f64) (a : f64) : f64 = sum (for i < n - 1 -> a * (x[i + 1] - x[i]^2)^2 + (1 - x[i])^2)
def mixed [n] (p : {w : [n]f64, k : i64, h : (f64, f32)}) (x : [n]f64) : f64 =
  sum (for i < n -> exp (p.w[i] * x[i])) * p.h.0 + f64 p.h.1 * p.h.0^2 * p.w[p.k]
"""


@dataclasses.dataclass
class Mixed:
    w: np.ndarray
    k: int
    h: tuple[float, float]


@pytest.fixture(scope="module")
def program() -> catad.Program:
    return catad.compile(ROSENBROCK)


def test_objective_against_scipy(program: catad.Program) -> None:
    o = catad.scipy.objective(program.rosenbrock, [-1.2, 1.0, 0.7, 1.3, 2.0], 100.0)
    x = o.x0
    assert o.fun(x) == pytest.approx(optimize.rosen(x), rel=1e-14)
    np.testing.assert_allclose(o.jac(x), optimize.rosen_der(x), rtol=1e-13)
    np.testing.assert_allclose(o.hess(x), optimize.rosen_hess(x), rtol=1e-13, atol=1e-12)
    np.testing.assert_allclose(o.hess_sparse(x).toarray(), optimize.rosen_hess(x), rtol=1e-13, atol=1e-12)
    p = np.arange(1.0, 6.0)
    np.testing.assert_allclose(o.hessp(x, p), optimize.rosen_hess_prod(x, p), rtol=1e-13)
    value, gradient = o.fun_and_jac(x)
    assert value == o.fun(x)
    np.testing.assert_allclose(gradient, o.jac(x), rtol=1e-15)
    assert eigsh(o.hess_operator(x), k=1)[0][0] == pytest.approx(np.linalg.eigvalsh(o.hess(x))[-1], rel=1e-10)


@pytest.mark.parametrize("method", ["BFGS", "L-BFGS-B", "Newton-CG", "trust-ncg", "trust-exact", "trust-krylov"])
def test_minimize_takes_it(program: catad.Program, method: str) -> None:
    o = catad.scipy.objective(program.rosenbrock, [-1.2, 1.0, 0.7], 100.0)
    options: dict[str, object] = {"jac": o.jac}
    if method in ("Newton-CG", "trust-ncg", "trust-krylov"):
        options["hessp"] = o.hessp
    if method == "trust-exact":
        options["hess"] = o.hess
    best = optimize.minimize(o.fun, o.x0, method=method, **options)
    np.testing.assert_allclose(best.x, 1.0, atol=1e-3)


def test_parameters_and_vectors_there_and_back(program: catad.Program) -> None:
    """Floats move, the integer stays; records come back in the class in which they came."""
    start = Mixed(np.array([0.5, 0.25, 1.0]), 2, (2.0, 3.0))
    o = catad.scipy.objective(program.mixed, start, [1.0, 2.0, 3.0])
    assert o.x0.tolist() == [2.0, 3.0, 0.5, 0.25, 1.0]              # fields in the order of their names
    back = o.structured(o.x0)
    assert isinstance(back, Mixed) and back.k == 2 and back.h == (2.0, 3.0)
    assert o.flat(back).tolist() == o.x0.tolist()
    v = o.x0
    back.w[0] = 7.0
    o.structured(v).w[0] = 7.0
    assert v.tolist() == o.x0.tolist()                              # nothing is shared
    numeric = optimize.approx_fprime(v, o.fun, 1e-7)
    numeric[1] = 2.0**2                                             # f32: the step is lost in rounding
    np.testing.assert_allclose(o.jac(v), numeric, rtol=1e-5)
    np.testing.assert_allclose(o.hess(v), o.hess(v).T, rtol=1e-6)
    np.testing.assert_allclose(o.hess(v) @ np.arange(5.0), o.hessp(v, np.arange(5.0)), rtol=1e-6)


def test_several_parameters_and_fresh_results() -> None:
    f = catad.compile("def f [n] (x : [n]f64) (a : f64) (y : [n]f64) : f64 = a * dot x y", entry="f")
    o = catad.scipy.objective(f, [1.0, 2.0], 3.0, [5.0, 7.0], argnums=("y", "x"))
    assert o.x0.tolist() == [5, 7, 1, 2]
    assert o.jac(o.x0).tolist() == [3, 6, 15, 21]
    first = o.jac(o.x0)
    first[:] = 0
    assert o.jac(o.x0).tolist() == [3, 6, 15, 21]
    assert o.jac(o.x0).flags.c_contiguous and o.hess(o.x0).flags.c_contiguous
    assert o.fun(np.array([5, 7, 1, 2])[::-1][::-1]) == 57


def test_residuals_both_ways_round() -> None:
    """Tall Jacobians are pushed forward, wide ones pulled back; products agree with them."""
    f = catad.compile("def f [n, m] (p : {u : [n]f64, v : f64}) (a : [m, n]f64) : ([m]f64, i64, f64) = "
                      "(for i < m -> exp (0.1 * dot a[i] p.u) * p.v, m, p.v^2)", entry="f")
    rng = np.random.default_rng(0)
    for n, m in ((2, 5), (5, 2)):
        r = catad.scipy.residuals(f, {"u": rng.normal(size=n), "v": 1.5}, rng.normal(size=(m, n)))
        x = r.x0
        assert (r.n, r.m) == (n + 1, m + 1)
        jacobian = r.jac(x)
        assert jacobian.shape == (m + 1, n + 1) and jacobian.flags.c_contiguous
        numeric = np.array([optimize.approx_fprime(x, lambda z, k=k, r=r: r.fun(z)[k], 1e-7) for k in range(m + 1)])
        np.testing.assert_allclose(jacobian, numeric, rtol=1e-5, atol=1e-6)
        p, w = rng.normal(size=n + 1), rng.normal(size=m + 1)
        np.testing.assert_allclose(r.jvp(x, p), jacobian @ p, rtol=1e-12)
        np.testing.assert_allclose(r.vjp(x, w), jacobian.T @ w, rtol=1e-12)
        np.testing.assert_allclose(r.jac_operator(x).T @ w, jacobian.T @ w, rtol=1e-12)
        np.testing.assert_allclose(r.jac_sparse(x).toarray(), jacobian, rtol=1e-13)
        second = np.array([optimize.approx_fprime(x, lambda z, k=k, r=r, w=w: r.vjp(z, w)[k], 1e-7)
                           for k in range(n + 1)])
        np.testing.assert_allclose(r.hess(x, w), second, rtol=1e-4, atol=1e-5)


def test_root_and_least_squares_with_sparse_jacobians() -> None:
    """Broyden's tridiagonal system, 200 unknowns, three colours."""
    f = catad.compile("def f [n] (x : [n]f64) : [n]f64 = for i < n -> (3 - 2 * x[i]) * x[i] + 1"
                      " - (if i > 0 then x[i - 1] else 0) - (if i < n - 1 then 2 * x[i + 1] else 0)", entry="f")
    r = catad.scipy.residuals(f, np.full(200, -1.0))
    assert r.colors.max() + 1 == 3
    found = optimize.least_squares(r.fun, r.x0, jac=r.jac_sparse)
    assert np.abs(found.fun).max() < 1e-8
    assert optimize.root(r.fun_and_jac, r.x0, jac=True).success
    assert optimize.least_squares(r.fun, r.x0, jac=r.jac_operator, tr_solver="lsmr").cost < 1e-12


def test_ode() -> None:
    f = catad.compile("""
def robertson (t : f64) (y : (f64, f64, f64)) (k : (f64, f64, f64)) : (f64, f64, f64) =
  let a = k.0 * y.0 in let b = k.1 * y.1 * y.2 in let c = k.2 * y.1^2 in (b - a, a - b - c, c)
def heat [n] (u : [n]f64) : [n]f64 =
  for i < n -> (if i > 0 then u[i - 1] else 0) - 2 * u[i] + (if i < n - 1 then u[i + 1] else 0)
def forced (t : f64) (y : f64) : f64 = t - y^2
""")
    o = catad.scipy.ode(f.robertson, 0.0, (1.0, 0.0, 0.0), (0.04, 1e4, 3e7))
    path = integrate.solve_ivp(o.fun, (0, 1e5), o.y0, jac=o.jac, method="Radau", rtol=1e-8, atol=1e-12)
    assert path.success and path.y[:, -1].sum() == pytest.approx(1, abs=1e-10)
    heat = catad.scipy.ode(f.heat, np.sin(np.linspace(0, np.pi, 52)[1:-1]), time=None)
    assert heat.sparsity.nnz == 3 * 50 - 2
    path = integrate.solve_ivp(heat.fun, (0, 10), heat.y0, jac=heat.jac_sparse, method="BDF", rtol=1e-8, atol=1e-10)
    decay = math.exp(-10 * (2 - 2 * math.cos(math.pi / 51)))
    np.testing.assert_allclose(path.y[:, -1], decay * heat.y0, rtol=1e-5)
    forced = catad.scipy.ode(f.forced, 0.0, 1.0)
    assert forced.fun(3.0, [2.0]).tolist() == [-1.0] and forced.jac(3.0, [2.0]).tolist() == [[-4.0]]
    assert forced.fun(5.0, [2.0]).tolist() == [1.0]                 # time is not remembered


def test_low_level_callables() -> None:
    f = catad.compile("""
def bump (x : f64) (a : f64) : f64 = exp (-a * x^2)
def spline [n] (knots : [n]f64) (x : f64) (k : i64) (on : bool) (s : f32) : f64 =
  if on then sum (for i < n -> knots[i] * x^i) * f64 k * f64 s else nan
def volume (x : f64) (y : f64) : f64 = x * y^2
def broken (x : f64) : f64 = let v = [1.0, 2.0] in v[i64 x]
def worker (n : i64) (x : f64) : f64 = let v = for i < n -> x^i in v[n - 1] + sum v
""")
    quad, half = integrate.quad, math.sqrt(math.pi) / 2
    assert quad(catad.scipy.low_level(f.bump, a=1.0), 0, math.inf)[0] == pytest.approx(half, rel=1e-12)
    assert quad(catad.scipy.low_level(f.bump), 0, 9, args=(4.0,))[0] == pytest.approx(half / 2, rel=1e-9)
    spline = catad.scipy.low_level(f.spline, knots=np.array([1.0, 2.0, 3.0]), k=2, on=True, s=0.5)
    assert quad(spline, 0, 2)[0] == pytest.approx(2 + 4 + 8)
    assert integrate.nquad(catad.scipy.low_level(f.volume), [[0, 1], [0, 2]])[0] == pytest.approx(0.5 * 8 / 3)
    with pytest.warns(integrate.IntegrationWarning):
        assert math.isnan(quad(catad.scipy.low_level(f.broken), 2, 5)[0])
    worker = catad.scipy.low_level(f.worker, n=3)
    assert quad(worker, 0, 1)[0] == pytest.approx(1 + 1 / 2 + 2 / 3)


def test_mistakes_have_codes(program: catad.Program) -> None:
    f = catad.compile("""
def vector [n] (x : [n]f64) : [n]f64 = x
def count [n] (x : [n]f64) : i64 = n
def wrong (t : f64) (y : [3]f64) : f64 = t
def some [n] (x : [n]f64) : f64 = let k = i64 (sum x) in let v = for i < k -> x[0] in sum v
def grown [n] (x : [n]f64) : [n]f64 = let v = for i < i64 x[0] -> x in for j < n -> sum (for i < i64 x[0] -> v[i, j])
""")
    o = catad.scipy.objective(program.rosenbrock, [1.0, 2.0], 100.0)
    for code, call in (
        ("E0615", lambda: o.fun([1.0])), ("E0615", lambda: o.fun("ab")), ("E0615", lambda: o.flat([1.0, 2.0, 3.0])),
        ("E0610", lambda: catad.scipy.objective(f.vector, [1.0])),
        ("E0610", lambda: catad.scipy.residuals(f.count, [1.0])),
        ("E0607", lambda: o.flat([[1.0]])),
        ("E0604", lambda: catad.scipy.objective(program.rosenbrock, [1.0])),
        ("E0609", lambda: catad.scipy.objective(program.rosenbrock, [1.0], 1.0, argnums="z")),
        ("E0609", lambda: catad.scipy.objective(math.sin, 1.0)),
        ("E0615", lambda: catad.scipy.residuals(f.vector, [1.0]).vjp([1.0], [1.0, 2.0])),
        ("E0616", lambda: catad.scipy.ode(f.wrong, 0.0, [1.0, 2.0, 3.0])),
        ("E0616", lambda: catad.scipy.low_level(f.vector)),
        ("E0616", lambda: catad.scipy.low_level(program.rosenbrock)),
        ("E0604", lambda: catad.scipy.low_level(program.rosenbrock, z=1.0)),
        ("E0617", lambda: catad.scipy.residuals(f.grown, [2.0, 1.0]).sparsity),
    ):
        with pytest.raises(CatadError) as caught:
            call()
        assert caught.value.code == code, caught.value
    assert catad.scipy.residuals(f.some, [1.0, 2.0]).jac([1.0, 2.0]).tolist() == [[3.0, 0.0]]
