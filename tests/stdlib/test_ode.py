"""std/ode, runge_kutta, taylor, stiff, sde, lines: orders of convergence, SciPy, closed forms, and derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import catad

FIXED = catad.compile("""
    import "std/ode.cad" as o
    import "std/stiff.cad" as s
    import "std/runge_kutta.cad" as r
    def f (t : f64) (y : [2]f64) : [2]f64 = [y[1] + 0.3 * sin t, -y[0] * (1 + 0.2 * y[0])]
    def pull (q : f64) : f64 = -q * (1 + 0.2 * q)
    def start : [2]f64 = [1.0, 0.2]
    def euler (n : i64) : [2]f64 = o.euler f 0.0 2.0 n start
    def midpoint (n : i64) : [2]f64 = o.solve (o.midpoint_step f) 0.0 2.0 n start
    def heun (n : i64) : [2]f64 = o.solve (o.heun_step f) 0.0 2.0 n start
    def rk4 (n : i64) : [2]f64 = o.rk4 f 0.0 2.0 n start
    def adams (n : i64) : [2]f64 = o.adams_bashforth f 0.0 2.0 n start
    def by_pair (step : f64 -> f64 -> [2]f64 -> [2]f64 -> {y : [2]f64, slope : [2]f64, error : [2]f64, coarse : [2]f64})
      (n : i64) : [2]f64 = o.solve (\\h t y -> (step h t y (f t y)).y) 0.0 2.0 n start
    def bogacki (n : i64) : [2]f64 = by_pair (r.bogacki_shampine f) n
    def dormand (n : i64) : [2]f64 = by_pair (r.dormand_prince f) n
    def tsitouras (n : i64) : [2]f64 = by_pair (r.tsitouras f) n
    def eighth (n : i64) : [2]f64 = by_pair (r.dormand_prince_8 f) n
    def rosenbrock (n : i64) : [2]f64 = by_pair (s.rosenbrock23 f) n
    def rodas (n : i64) : [2]f64 = by_pair (s.rodas4 f) n
    def backward (n : i64) : [2]f64 = o.solve (s.backward_euler_step f) 0.0 2.0 n start
    def trapezoid (n : i64) : [2]f64 = o.solve (s.trapezoid_step f) 0.0 2.0 n start
    def middle (n : i64) : [2]f64 = o.solve (s.implicit_midpoint_step f) 0.0 2.0 n start
    def bdf2 (n : i64) : [2]f64 = s.bdf2 f 0.0 2.0 n start
    def leapfrog (n : i64) : [2]f64 =
      let (q, v) = o.solve (\\h t s -> o.leapfrog_step pull h s) 0.0 2.0 n (1.0, 0.2) in [q, v]
    def yoshida (n : i64) : [2]f64 =
      let (q, v) = o.solve (\\h t s -> o.yoshida_step pull h s) 0.0 2.0 n (1.0, 0.2) in [q, v]
    def energy (n : i64) : f64 =
      let (q, v) = o.solve (\\h t s -> o.yoshida_step pull h s) 0.0 1000.0 n (1.0, 0.2) in
      0.5 * v^2 + 0.5 * q^2 + 0.2 / 3 * q^3
""")
ORDERS = {"euler": 1, "midpoint": 2, "heun": 2, "rk4": 4, "adams": 4, "bogacki": 3, "dormand": 5, "tsitouras": 5,
          "eighth": 8, "rosenbrock": 2, "rodas": 4, "backward": 1, "trapezoid": 2, "middle": 2, "bdf2": 2,
          "leapfrog": 2, "yoshida": 4}


def reference(driven: bool) -> np.ndarray:
    def f(t: float, y: np.ndarray) -> list[float]:
        return [y[1] + (0.3 * math.sin(t) if driven else 0.0), -y[0] * (1 + 0.2 * y[0])]
    return solve_ivp(f, (0, 2), [1.0, 0.2], method="DOP853", rtol=3e-14, atol=1e-15).y[:, -1]


@pytest.mark.parametrize("name", ORDERS)
def test_orders(name: str) -> None:
    """The error falls by 2^order where steps are halved."""
    want, order = reference(name not in ("leapfrog", "yoshida")), ORDERS[name]
    n = {1: 400, 2: 60, 3: 40, 4: 24, 5: 12, 8: 3}[order]
    errors = [np.linalg.norm(FIXED[name](n * k) - want) for k in (1, 2)]
    assert math.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.15 * order)
    assert errors[1] < 1e-2


def test_energy_is_kept() -> None:
    """For a hundred and sixty turns."""
    want = 0.5 * 0.2**2 + 0.5 + 0.2 / 3
    assert abs(FIXED.energy(10000) - want) < 1e-5


ADAPTIVE = catad.compile("""
    import "std/ode.cad" as o
    import "std/runge_kutta.cad" as r
    def lotka (k : f64) (t : f64) (y : [2]f64) : [2]f64 = [k * y[0] - y[0] * y[1], y[0] * y[1] - y[1]]
    def run (which : i64) (e : f64) (t0 : f64) (t1 : f64) (y : [2]f64) =
      let tol = {absolute = e, relative = e, limit = 100000} in
      let f = lotka 1.5 in
      if which == 0 then o.adaptive tol (r.bogacki_shampine f) f 3.0 t0 t1 y
      else if which == 1 then o.adaptive tol (r.dormand_prince f) f 5.0 t0 t1 y
      else if which == 2 then o.adaptive tol (r.tsitouras f) f 5.0 t0 t1 y
      else o.adaptive tol (r.dormand_prince_8 f) f 8.0 t0 t1 y
    def at [m] (ts : [m]f64) (y : [2]f64) : [m, 2]f64 =
      let f = lotka 1.5 in
      o.dense {absolute = 1e-10, relative = 1e-10, limit = 100000} (r.tsitouras f) f 5.0 0.0 ts y
    def explosion (t1 : f64) = let f t y = y * y in
      o.adaptive {absolute = 1e-8, relative = 1e-8, limit = 2000} (r.tsitouras f) f 5.0 0.0 t1 1.0
    def blown (t1 : f64) : f64 = o.integrate (\\t y -> y * y) 1e-8 0.0 t1 1.0
    def blowing [m] (ts : [m]f64) : [m]f64 = let f t y = y * y in
      o.dense {absolute = 1e-8, relative = 1e-8, limit = 2000} (r.tsitouras f) f 5.0 0.0 ts 1.0
    def end (k : f64) (t0 : f64) (t1 : f64) (y : [2]f64) : [2]f64 = o.integrate (lotka k) 1e-11 t0 t1 y
    def first (k : f64) (t0 : f64) (t1 : f64) (y : [2]f64) : f64 = (end k t0 t1 y)[0]
    def course [m] (ts : [m]f64) (k : f64) : f64 =
      let f = lotka k in
      let ys = o.dense {absolute = 1e-11, relative = 1e-11, limit = 9999} (r.tsitouras f) f 5.0 0.0 ts [1.0, 2.0] in
      sum (for i < m -> ys[i, 0]^2)
    type state = {where : [2]f64, heat : f64}
    def record (s : state) : state =
      o.integrate (\\t (s : state) -> {where = [s.where[1], -s.where[0]], heat = -s.heat}) 1e-10 0.0 1.0 s
    def peak (k : f64) (y : [2]f64) =
      let f = lotka k in
      let tol = {absolute = 1e-11, relative = 1e-11, limit = 9999} in
      o.first_event tol (r.tsitouras f) f 5.0 (\\t y -> y[1] - 1.5) 0.0 20.0 y
    def peak_time (k : f64) : f64 = (peak k [1.0, 2.0]).t
    def decay (k : f64) : f64 = o.integrate (\\t y -> -k * y) 1e-13 0.0 2.0 1.0
""")


def lotka(t: float, y: np.ndarray, k: float = 1.5) -> list[float]:
    return [k * y[0] - y[0] * y[1], y[0] * y[1] - y[1]]


@pytest.mark.parametrize(("which", "method"), [(0, "RK23"), (1, "RK45"), (2, "RK45"), (3, "DOP853")])
def test_against_scipy(which: int, method: str) -> None:
    """As exact, in about as many steps; forth and back."""
    exact = solve_ivp(lotka, (0, 10), [1.0, 2.0], method="DOP853", rtol=1e-13, atol=1e-14).y[:, -1]
    for e in (1e-4, 1e-7):
        theirs = solve_ivp(lotka, (0, 10), [1.0, 2.0], method=method, rtol=e, atol=e)
        ours = ADAPTIVE.run(which, e, 0.0, 10.0, np.array([1.0, 2.0]))
        assert ours["good"] and ours["t"] == 10.0
        error = np.linalg.norm(ours["y"] - exact)
        assert error < 10 * np.linalg.norm(theirs.y[:, -1] - exact) + 10 * e
        assert ours["steps"] < 1.5 * len(theirs.t) + 5
    back = ADAPTIVE.run(which, 1e-9, 10.0, 0.0, exact)
    np.testing.assert_allclose(back["y"], [1.0, 2.0], atol=1e-5)
    same = ADAPTIVE.run(which, 1e-9, 3.0, 3.0, exact)
    assert same["good"] and same["steps"] == 0 and list(same["y"]) == list(exact)


def test_dense_output() -> None:
    ts = np.sort(np.random.default_rng(0).uniform(0, 10, 40))
    want = solve_ivp(lotka, (0, 10), [1.0, 2.0], method="DOP853", rtol=1e-13, atol=1e-14, dense_output=True).sol(ts).T
    np.testing.assert_allclose(ADAPTIVE.at(ts, np.array([1.0, 2.0])), want, atol=1e-7)


def test_a_solution_that_ends_says_so() -> None:
    assert ADAPTIVE.explosion(0.9)["y"] == pytest.approx(10.0, rel=1e-5)
    assert not ADAPTIVE.explosion(1.1)["good"]
    assert math.isnan(ADAPTIVE.blown(1.1)) and ADAPTIVE.blown(0.5) == pytest.approx(2.0)
    ts = np.array([0.0, 0.5, 2.0])
    np.testing.assert_allclose(ADAPTIVE.blowing(ts), [1.0, 2.0, math.nan], rtol=1e-6)
    assert list(ADAPTIVE.blowing(ts[:1])) == [1.0]


def slope(f: Callable[[float], float], x: float, h: float = 1e-5) -> float:
    return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h)


def test_gradients_of_solutions() -> None:
    """By the rate, the times, the initial values; forward and reverse alike; against the variational equation."""
    y0 = np.array([1.0, 2.0])

    def varied(t: float, z: np.ndarray) -> np.ndarray:
        y, s = z[:2], z[2:].reshape(2, 3)
        a = np.array([[1.5 - y[1], -y[0]], [y[1], y[0] - 1]])
        return np.concatenate([lotka(t, y), (a @ s + np.array([[0, 0, y[0]], [0, 0, 0]])).ravel()])
    z = solve_ivp(varied, (0, 6), [*y0, 1, 0, 0, 0, 1, 0], method="DOP853", rtol=1e-12, atol=1e-12).y[:, -1]
    s = z[2:].reshape(2, 3)
    k, t0, t1, y = catad.grad(ADAPTIVE.first, argnums=(0, 1, 2, 3))(1.5, 0.0, 6.0, y0)
    np.testing.assert_allclose([*y, k], s[0], rtol=1e-7)
    assert t1 == pytest.approx(lotka(6.0, z[:2])[0], rel=1e-7)
    assert t0 == pytest.approx(-s[0, :2] @ lotka(0.0, y0), rel=1e-6)
    _, moved = catad.jvp(ADAPTIVE.end, argnums=0)(1.5, 0.0, 6.0, y0, 1.0)
    np.testing.assert_allclose(moved, s[:, 2], rtol=1e-7)


def test_second_derivatives_and_jets_of_solutions() -> None:
    f = ADAPTIVE.decay                                              # exp(-2 k)
    assert catad.grad(catad.grad(f))(0.5) == pytest.approx(4 * math.exp(-1), rel=1e-9)
    _, c = catad.jet(f, order=3)(0.5, np.array([1.0, 0.0, 0.0]))
    np.testing.assert_allclose(c, math.exp(-1) * np.array([-2, 2, -4 / 3]), rtol=1e-9)


def test_gradients_of_dense_output_and_records() -> None:
    ts = np.linspace(0.3, 5.0, 9)
    assert catad.grad(ADAPTIVE.course, argnums=1)(ts, 1.5) == pytest.approx(
        slope(lambda k: ADAPTIVE.course(ts, k), 1.5), rel=1e-6)
    s = ADAPTIVE.record({"where": np.array([1.0, 0.0]), "heat": 2.0})
    np.testing.assert_allclose([*s["where"], s["heat"]], [math.cos(1), -math.sin(1), 2 * math.exp(-1)], rtol=1e-8)


def test_events() -> None:
    def g(t: float, y: np.ndarray) -> float:
        return y[1] - 1.5
    want = solve_ivp(lotka, (0, 20), [1.0, 2.0], events=g, method="DOP853", rtol=1e-12, atol=1e-13)
    r = ADAPTIVE.peak(1.5, np.array([1.0, 2.0]))
    assert r["found"] and r["t"] == pytest.approx(want.t_events[0][0], rel=1e-9)
    np.testing.assert_allclose(r["y"], want.y_events[0][0], rtol=1e-8)
    by_rate = slope(ADAPTIVE.peak_time, 1.5)
    assert catad.grad(ADAPTIVE.peak_time)(1.5) == pytest.approx(by_rate, rel=1e-5)
    assert catad.jvp(ADAPTIVE.peak_time)(1.5, 1.0)[1] == pytest.approx(by_rate, rel=1e-5)
    never = catad.compile("""
        import "std/ode.cad" as o
        import "std/runge_kutta.cad" as r
        def f = let f t y = -y in
          o.first_event {absolute = 1e-8, relative = 1e-8, limit = 999} (r.tsitouras f) f 5.0 (\\t y -> y) 0.0 2.0 1.0
    """).f()
    assert not never["found"] and never["t"] == 2.0 and never["y"] == pytest.approx(math.exp(-2), rel=1e-6)


TAYLOR = catad.compile("""
    import "std/taylor.cad" as t
    def kepler (x : [2]f64, v : [2]f64) : ([2]f64, [2]f64) =
      let r = dot x x in
      let c = -1 / (r * sqrt r) in
      (v, [c * x[0], c * x[1]])
    def orbit (e : f64) (turns : f64) : ([2]f64, [2]f64) =
      t.integrate (t.coefficients_14 kepler) 1e-15 5000 (2 * pi * turns) ([1 - e, 0.0], [0.0, sqrt ((1 + e) / (1 - e))])
    def pendulum (q : f64, v : f64) : (f64, f64) = (v, -(sin q))
    def series (q : f64) (v : f64) : [8](f64, f64) = t.coefficients_8 pendulum (q, v)
    def swing (g : f64) : f64 =
      (t.integrate (t.coefficients_8 (\\(q, v) -> (v, -g * sin q))) 1e-11 999 2.0 (1.0, 0.0)).0
    def back : (f64, f64) = t.integrate (t.coefficients_14 pendulum) 1e-15 999 (-3.0)
      (t.integrate (t.coefficients_14 pendulum) 1e-15 999 3.0 (1.0, 0.0))
""")


def test_taylor_series_of_a_pendulum() -> None:
    """q'' = -sin q by SymPy."""
    import sympy as sp
    q, v = sp.symbols("q v")
    state, d = (q, v), []
    for _ in range(8):
        state = tuple(sp.diff(s, q) * v - sp.diff(s, v) * sp.sin(q) for s in state)
        d.append(state)
    got = TAYLOR.series(0.7, 0.3)
    for k, pair in enumerate(d):
        want = [float(s.subs({q: 0.7, v: 0.3})) / math.factorial(k + 1) for s in pair]
        np.testing.assert_allclose([got[0][k], got[1][k]], want, rtol=1e-10)


def test_orbits_by_taylor_series() -> None:
    (x, v) = TAYLOR.orbit(0.5, 3.0)
    np.testing.assert_allclose([*x, *v], [0.5, 0.0, 0.0, math.sqrt(3)], atol=1e-12)
    np.testing.assert_allclose(TAYLOR.back(), [1.0, 0.0], atol=1e-13)


def test_derivatives_of_taylor_integrations() -> None:
    def swing(g: float) -> float:
        return solve_ivp(lambda t, y: [y[1], -g * math.sin(y[0])], (0, 2), [1.0, 0.0], method="DOP853", rtol=1e-13,
                         atol=1e-14).y[0, -1]
    assert TAYLOR.swing(1.3) == pytest.approx(swing(1.3), rel=1e-10)
    want = slope(swing, 1.3, 1e-3)
    assert catad.jvp(TAYLOR.swing)(1.3, 1.0)[1] == pytest.approx(want, rel=1e-8)
    assert catad.grad(TAYLOR.swing)(1.3) == pytest.approx(want, rel=1e-8)


STIFF = catad.compile("""
    import "std/stiff.cad" as s
    import "std/ode.cad" as o
    def pol (mu : f64) (t : f64) (y : [2]f64) : [2]f64 = [y[1], mu * (1 - y[0]^2) * y[1] - y[0]]
    def relaxed (mu : f64) (t1 : f64) =
      let tol = {absolute = 1e-8, relative = 1e-8, limit = 100000} in
      o.adaptive tol (s.rodas4 (pol mu)) (pol mu) 4.0 0.0 t1 [2.0, 0.0]
    def relaxed23 (mu : f64) (t1 : f64) =
      let tol = {absolute = 1e-6, relative = 1e-6, limit = 100000} in
      o.adaptive tol (s.rosenbrock23 (pol mu)) (pol mu) 3.0 0.0 t1 [2.0, 0.0]
    def robertson (k : [3]f64) (t1 : f64) : [3]f64 =
      s.integrate_stiff (\\t (y : [3]f64) ->
        let (a, b, c) = (k[0] * y[0], k[1] * y[1] * y[2], k[2] * y[1]^2) in
        [b - a, a - b - c, c]) 1e-10 0.0 t1 [1.0, 0.0, 0.0]
    def product (k : [3]f64) (t1 : f64) : f64 = (robertson k t1)[2]
    def damped (k : f64) : f64 =
      (o.solve (s.backward_euler_step (\\t (y : [1]f64) -> [-k * (y[0]^3 - cos t)])) 0.0 1.0 20 [0.5])[0]
""")


def test_van_der_pol() -> None:
    def pol(t: float, y: np.ndarray) -> list[float]:
        return [y[1], 1000.0 * (1 - y[0] ** 2) * y[1] - y[0]]
    want = solve_ivp(pol, (0, 1000), [2.0, 0.0], method="Radau", rtol=1e-10, atol=1e-12)
    r = STIFF.relaxed(1000.0, 1000.0)
    assert r["good"] and r["steps"] < len(want.t)
    np.testing.assert_allclose(r["y"], want.y[:, -1], rtol=1e-4)
    early = solve_ivp(pol, (0, 700), [2.0, 0.0], method="Radau", rtol=1e-10, atol=1e-12).y[:, -1]
    np.testing.assert_allclose(STIFF.relaxed23(1000.0, 700.0)["y"], early, rtol=1e-3)


def test_chemistry_and_its_gradient() -> None:
    """Robertson's problem: rates from 0.04 to 3e7; the sum is kept; the rates matter as differences say."""
    def rates(t: float, y: np.ndarray, k: np.ndarray) -> list[float]:
        a, b, c = k[0] * y[0], k[1] * y[1] * y[2], k[2] * y[1] ** 2
        return [b - a, a - b - c, c]
    k = np.array([0.04, 1e4, 3e7])
    want = solve_ivp(rates, (0, 40), [1.0, 0, 0], args=(k,), method="Radau", rtol=1e-10, atol=1e-13).y[:, -1]
    y = STIFF.robertson(k, 40.0)
    np.testing.assert_allclose(y, want, rtol=1e-6)
    assert y.sum() == pytest.approx(1.0, abs=1e-10)
    g = catad.grad(STIFF.product)(k, 40.0)
    for i in range(3):
        f = lambda x, i=i: STIFF.product(np.where(np.arange(3) == i, x, k), 40.0)           # noqa: E731
        assert g[i] == pytest.approx((f(k[i] * 1.001) - f(k[i] * 0.999)) / (0.002 * k[i]), rel=1e-4)


def test_through_implicit_steps() -> None:
    want = slope(STIFF.damped, 30.0, 1e-3)
    assert catad.grad(STIFF.damped)(30.0) == pytest.approx(want, rel=1e-8)
    assert catad.jvp(STIFF.damped)(30.0, 1.0)[1] == pytest.approx(want, rel=1e-8)


NOISE = catad.compile("""
    import "std/sde.cad" as s
    def drift (a : f64) (t : f64) (y : f64) : f64 = a * y
    def maruyama [n] (a : f64) (b : f64) (w : [n]f64) : [n]f64 =
      s.path (s.euler_maruyama_step (drift a) (drift b)) 0.0 1.0 w 1.0
    def milstein [n] (a : f64) (b : f64) (w : [n]f64) : [n]f64 =
      s.path (s.milstein_step (drift a) (drift b)) 0.0 1.0 w 1.0
    def stratonovich [n] (a : f64) (b : f64) (w : [n]f64) : [n]f64 =
      s.path (s.stratonovich_step (drift a) (drift b)) 0.0 1.0 w 1.0
    def last [n] (b : f64) (w : [n]f64) : f64 = (milstein 0.1 b w)[n - 1]
""")


@pytest.mark.parametrize(("name", "order"), [("maruyama", 0.5), ("milstein", 1.0), ("stratonovich", 1.0)])
def test_strong_orders(name: str, order: float) -> None:
    """The mean error along given paths of a geometric Brownian motion, whose solution is known."""
    a, b, fine = 0.3, 0.8, 1024
    rng = np.random.default_rng(1)
    paths = rng.normal(size=(100, fine))
    shift = 0.0 if name == "stratonovich" else 0.5 * b * b
    exact = np.exp((a - shift) + b * paths.sum(1) / math.sqrt(fine))
    errors = []
    for n in (32, 256):
        coarse = paths.reshape(100, n, fine // n).sum(2) * math.sqrt(n / fine)
        errors.append(np.mean([abs(NOISE[name](a, b, w)[-1] - x) for w, x in zip(coarse, exact, strict=True)]))
    assert math.log(errors[0] / errors[1], 8) == pytest.approx(order, abs=0.2)


def test_the_path_has_derivatives() -> None:
    w = np.random.default_rng(5).normal(size=2000)
    got, exact = catad.grad(NOISE.last, argnums=0)(0.4, w), w.sum() / math.sqrt(2000)
    assert got == pytest.approx(math.exp(0.1 - 0.08 + 0.4 * exact) * (exact - 0.4), rel=0.05)


LINES = catad.compile("""
    import "std/lines.cad" as l
    import "std/ode.cad" as o
    import "std/stiff.cad" as s
    def heat [n] (u : [n]f64) (t : f64) : [n]f64 =
      s.integrate_stiff (\\t (u : [n]f64) -> l.laplacian (pi / f64 (n + 1)) 0.0 0.0 u) 1e-8 0.0 t u
    def transport [n] (u : [n]f64) (t : f64) : [n]f64 =
      o.integrate (\\t u -> scale (-1.0) (l.central_ring (2 * pi / f64 n) u)) 1e-8 0.0 t u
    def torus [n] (dx : f64) (u : [n, n]f64) : [n, n]f64 = l.laplacian_torus dx u
""")


def test_heat_and_transport() -> None:
    """Eigenvectors of the differences decay, or travel, as their eigenvalues say."""
    n, k = 20, 3
    dx = math.pi / (n + 1)
    u = np.sin(k * dx * np.arange(1, n + 1))
    rate = (2 - 2 * math.cos(k * dx)) / dx**2
    np.testing.assert_allclose(LINES.heat(u, 0.3), u * math.exp(-0.3 * rate), atol=1e-7)
    dx = 2 * math.pi / n
    x = dx * np.arange(n)
    speed = math.sin(k * dx) / dx
    np.testing.assert_allclose(LINES.transport(np.sin(k * x), 0.7), np.sin(k * x - 0.7 * speed), atol=1e-6)
    v = np.random.default_rng(1).normal(size=(6, 6))
    want = sum(np.roll(v, s, a) for s in (1, -1) for a in (0, 1)) - 4 * v
    np.testing.assert_allclose(LINES.torus(0.5, v), want / 0.25, rtol=1e-12)
