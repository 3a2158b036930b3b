"""std/constrained against SciPy, closed forms and the conditions of optimality."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize as so

import catad

PROGRAM = catad.compile("""
    import "std/constrained.cad" as c
    def rosenbrock [n] (x : [n]f64) : f64 =
      sum (for i < n - 1 -> 100 * (x[i + 1] - x[i]^2)^2 + (1 - x[i])^2)
    def box [n] (lo : [n]f64) (hi : [n]f64) (x : [n]f64) = c.box_lbfgs rosenbrock lo hi 10 1e-8 1000 x
    def lasso [n, m] (a : [m, n]f64) (b : [m]f64) (l : f64) =
      c.fista (\\x -> let r = sub (a @ x) b in 0.5 * dot r r) (\\t x -> c.soft_threshold (l * t) x) 1.0 1e-9 5000
        (for i < n -> 0.0)
    def plain [n, m] (a : [m, n]f64) (b : [m]f64) (l : f64) =
      c.proximal_gradient (\\x -> let r = sub (a @ x) b in 0.5 * dot r r) (\\t x -> c.soft_threshold (l * t) x) 1.0
        1e-9 20000 (for i < n -> 0.0)
    def simplex [n] (x : [n]f64) : [n]f64 = c.project_simplex x
    def ball [n] (x : [n]f64) : [n]f64 = c.project_ball 2.0 x
    def ellipse (w : f64) (x : [2]f64) =
      c.augmented_lagrangian (\\x -> rosenbrock x) (\\x -> [x[0]^2 + w * x[1]^2 - 1]) 1e-8 60 x
    def qp [n, m] (p : [n, n]f64) (q : [n]f64) (a : [m, n]f64) (lo : [m]f64) (hi : [m]f64) =
      c.quadratic_program p q a lo hi 1e-9 20000
    def sharp [n, m] (p : [n, n]f64) (q : [n]f64) (a : [m, n]f64) (lo : [m]f64) (hi : [m]f64) : [n]f64 =
      let p = scale 0.5 (add p (transpose p)) in
      let r = c.quadratic_program (constant p) (constant q) (constant a) (constant lo) (constant hi) 1e-9 20000 in
      c.at_quadratic_program p q a lo hi r.x r.y
    def weighed [n, m] (w : [n]f64) (p : [n, n]f64) (q : [n]f64) (a : [m, n]f64) (lo : [m]f64) (hi : [m]f64) : f64 =
      dot w (sharp p q a lo hi)
""")
RNG = np.random.default_rng(11)


@pytest.mark.parametrize("hi", [2.0, 0.8, -0.5])
def test_boxes(hi: float) -> None:
    x, lo, top = np.full(6, -1.5), np.full(6, -2.0), np.full(6, hi)
    r = PROGRAM.box(lo, top, x)
    want = so.minimize(so.rosen, x, jac=so.rosen_der, method="L-BFGS-B", bounds=[(-2.0, hi)] * 6,
                       options={"ftol": 1e-15, "gtol": 1e-9})
    assert r["converged"] and r["value"] == pytest.approx(want.fun, rel=1e-9, abs=1e-12)
    np.testing.assert_allclose(r["x"], want.x, atol=1e-5)
    assert (r["x"] <= hi).all() and (r["x"] >= -2.0).all()


def test_sparse_regression() -> None:
    """The subgradient is 0: aᵀ (b - a x) is l sign(x) where x is not 0, and at most l elsewhere."""
    a, b = RNG.normal(size=(30, 12)), RNG.normal(size=30)
    for f in (PROGRAM.lasso, PROGRAM.plain):
        r = f(a, b, 4.0)
        x, pull = r["x"], a.T @ (b - a @ r["x"])
        assert r["converged"] and 0 < (x != 0).sum() < 12
        np.testing.assert_allclose(pull[x != 0], 4.0 * np.sign(x[x != 0]), atol=1e-7)
        assert (np.abs(pull) <= 4.0 + 1e-7).all()
    assert PROGRAM.lasso(a, b, 4.0)["iterations"] < PROGRAM.plain(a, b, 4.0)["iterations"]


def test_projections() -> None:
    """The nearest point: x - p(x) is orthogonal, or obtuse, to the set."""
    for x in RNG.normal(size=(5, 4)) * 2:
        p = PROGRAM.simplex(x)
        assert p.sum() == pytest.approx(1.0) and (p >= 0).all()
        assert all((x - p) @ (v - p) <= 1e-12 for v in np.eye(4))
        assert np.linalg.norm(PROGRAM.ball(x)) <= 2.0 + 1e-12


def test_equations() -> None:
    r = PROGRAM.ellipse(2.0, np.array([0.5, 0.5]))
    want = so.minimize(so.rosen, [0.5, 0.5], jac=so.rosen_der, method="SLSQP", options={"ftol": 1e-15},
                       constraints={"type": "eq", "fun": lambda x: x[0] ** 2 + 2 * x[1] ** 2 - 1})
    assert r["converged"]
    np.testing.assert_allclose(r["x"], want.x, atol=1e-6)
    x, (y,) = r["x"], r["multiplier"]
    np.testing.assert_allclose(so.rosen_der(x) + y * np.array([2 * x[0], 4 * x[1]]), 0.0, atol=1e-5)


def problem() -> tuple[np.ndarray, ...]:
    """Positive definite, with an equation, inequalities on both sides, and some that do not bind."""
    rng = np.random.default_rng(4)
    m = rng.normal(size=(5, 5))
    a = rng.normal(size=(4, 5))
    lo, hi = np.array([0.3, -0.5, -np.inf, -9.0]), np.array([0.3, 0.1, 0.2, 9.0])
    return m @ m.T + np.eye(5), rng.normal(size=5) * 3, a, lo, hi


def test_quadratic_programs() -> None:
    p, q, a, lo, hi = problem()
    r = PROGRAM.qp(p, q, a, lo, hi)
    want = so.minimize(lambda x: 0.5 * x @ p @ x + q @ x, np.zeros(5), jac=lambda x: p @ x + q, method="trust-constr",
                       constraints=so.LinearConstraint(a, lo, hi), options={"gtol": 1e-12, "xtol": 1e-14}).x
    assert r["converged"]
    np.testing.assert_allclose(r["x"], want, atol=1e-5)
    np.testing.assert_allclose(PROGRAM.sharp(p, q, a, lo, hi), r["x"], atol=1e-8)
    np.testing.assert_allclose(p @ r["x"] + q + a.T @ r["y"], 0.0, atol=1e-8)


def test_derivatives_of_quadratic_programs() -> None:
    """Against differences of the solver itself; only constraints that bind matter."""
    w, given = RNG.normal(size=5), problem()
    grads = catad.grad(PROGRAM.weighed, argnums=(1, 2, 3, 4, 5))(w, *given)
    rng = np.random.default_rng(9)
    for k, g in enumerate(grads):
        d = rng.normal(size=np.shape(given[k]))
        if k == 3:
            d[0] = 0.0                                      # both ends of the equation move together, below
        if k == 4:
            d[0] = 0.0
        moved = [[x + s * d if j == k else x for j, x in enumerate(given)] for s in (1e-5, -1e-5)]
        slope = (w @ PROGRAM.sharp(*moved[0]) - w @ PROGRAM.sharp(*moved[1])) / 2e-5
        assert np.nansum(g * d) == pytest.approx(slope, rel=1e-5, abs=1e-7)
    both = grads[3][0] + grads[4][0]
    e = np.array([1e-5, 0, 0, 0])
    p, q, a, lo, hi = given
    slope = w @ (PROGRAM.sharp(p, q, a, lo + e, hi + e) - PROGRAM.sharp(p, q, a, lo - e, hi - e)) / 2e-5
    assert both == pytest.approx(slope, rel=1e-5)
