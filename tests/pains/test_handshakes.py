"""Sparse Jacobians, SciPy's solvers, and solutions that are differentiated by their equation.

Sparsity: jax#1032, OpenMDAO#3437, ForwardDiff.jl#458, Optimization.jl#269, casadi#2088.
SciPy: jax#1510, jax#2031, scipy#18730, scipy#15237.   Implicit functions: jax#1448, jax#8744, jaxopt#141, neos#4.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, sparse

import catad
import catad.scipy


def test_a_banded_jacobian_costs_its_band() -> None:
    """The pattern is found from the program, not by sampling; three directions serve any length."""
    f = catad.compile("def f [n] (x : [n]f64) : [n]f64 = for i < n ->"
                      " x[i]^2 - (if i > 0 then x[i - 1] else 0) - (if i < n - 1 then sin x[i + 1] else 0)", entry="f")
    x = np.linspace(0.1, 1.0, 40)
    r = catad.scipy.residuals(f, x)
    found = r.jac_sparse(x)
    assert sparse.issparse(found) and found.nnz == 3 * 40 - 2
    want = np.diag(2 * x) - np.diag(np.ones(39), -1) - np.diag(np.cos(x[1:]), 1)
    np.testing.assert_allclose(found.toarray(), want, rtol=1e-14)


def test_an_entry_that_is_zero_here_is_in_the_pattern() -> None:
    """Where sampling fails: the derivative of x y by y at x = 0."""
    f = catad.compile("def f (x : [2]f64) : [2]f64 = [x[0] * x[1], x[1]]", entry="f")
    found = catad.scipy.residuals(f, np.zeros(2)).jac_sparse(np.zeros(2))
    assert set(zip(*(k.tolist() for k in found.tocoo().coords), strict=True)) >= {(0, 0), (0, 1), (1, 1)}


def test_solvers_get_what_they_want() -> None:
    """Float values, writable contiguous float64 arrays of the shape of x, and the Hessian of the same function."""
    f = catad.compile("def f [n] (x : [n]f64) : f64 = sum (for i < n - 1 ->"
                      " 100 * (x[i + 1] - x[i]^2)^2 + (1 - x[i])^2)", entry="f")
    o = catad.scipy.objective(f, [-1.0, 0.5, 0.3])
    g = o.jac(o.x0)
    assert type(o.fun(o.x0)) is float and g.dtype == np.float64 and g.flags.c_contiguous and g.shape == (3,)
    for method in ("BFGS", "L-BFGS-B", "trust-exact", "Newton-CG", "trust-ncg"):
        more = {"hess": o.hess} if method.startswith(("trust", "Newton")) else {}
        assert optimize.minimize(o.fun, o.x0, jac=o.jac, method=method, **more).x == pytest.approx([1, 1, 1], abs=1e-4)


def test_solutions_by_their_equation() -> None:
    """A system solved by iteration, with the rule of the implicit function theorem; SciPy solves it for reference."""
    text = """
def residual (p : f64) (x : (f64, f64)) : (f64, f64) = (x.0^2 + p * x.1 - 2, x.0 * x.1 - p)
def over (a : ((f64, f64), (f64, f64))) (b : (f64, f64)) : (f64, f64) =
  let d = a.0.0 * a.1.1 - a.0.1 * a.1.0 in
  ((a.1.1 * b.0 - a.0.1 * b.1) / d, (a.0.0 * b.1 - a.1.0 * b.0) / d)
def jacobian (p : f64) (x : (f64, f64)) : ((f64, f64), (f64, f64)) =
  let f = residual p in
  let (a, b) = ((jvp f x (1.0, 0.0)).1, (jvp f x (0.0, 1.0)).1) in ((a.0, b.0), (a.1, b.1))
def solve (p : f64) : (f64, f64) = loop x = (1.0, 1.0) for k < 40 do sub x (over (jacobian p x) (residual p x))
derivative solve (p) = x : x' = over (jacobian p x) (scale (-1.0) (jvp (\\q -> residual q x) p p').1)
def first (p : f64) : f64 = (solve p).0
"""
    first = catad.compile(text).first

    def scipy_first(p: float) -> float:
        found = optimize.root(lambda x: [x[0]**2 + p * x[1] - 2, x[0] * x[1] - p], [1.0, 1.0], tol=1e-14)
        return float(found.x[0])

    p, h = 0.7, 1e-4
    assert first(p) == pytest.approx(scipy_first(p), rel=1e-12)
    want = (scipy_first(p + h) - scipy_first(p - h)) / (2 * h)
    assert catad.grad(first)(p) == pytest.approx(want, rel=1e-6)
    assert catad.jvp(first)(p, 1.0)[1] == pytest.approx(catad.grad(first)(p), rel=1e-12)
    second = (scipy_first(p + h) - 2 * scipy_first(p) + scipy_first(p - h)) / h**2
    assert catad.grad(catad.grad(first))(p) == pytest.approx(second, rel=1e-4)
