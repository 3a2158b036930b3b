"""std/optimise, std/descent, std/least_squares and std/roots against SciPy, optax' formulas by hand, and NIST."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize as so
from numpy.typing import NDArray

import catad

Vector = NDArray[np.float64]

MINIMA = catad.compile("""
    import "std/optimise.cad" as o
    def rosenbrock [n] (x : [n]f64) : f64 =
      sum (for i < n - 1 -> 100 * (x[i + 1] - x[i]^2)^2 + (1 - x[i])^2)
    def lbfgs [n] (m : i64) (x : [n]f64) = o.lbfgs rosenbrock m 1e-8 500 x
    def bfgs [n] (x : [n]f64) = o.bfgs rosenbrock 1e-8 500 x
    def nlcg [n] (x : [n]f64) = o.conjugate_gradients rosenbrock 1e-8 2000 x
    def trust [n] (x : [n]f64) = o.trust_region rosenbrock 1e-8 500 x
    def saddle (x : [2]f64) = o.trust_region (\\x -> x[0]^4 / 4 - x[0]^2 / 2 + x[1]^2) 1e-10 100 x
    def search (t : f64) (x : [2]f64) (p : [2]f64) : {x : [2]f64, y : f64, g : [2]f64, good : bool} =
      o.line_search rosenbrock 0.9 t x (rosenbrock x) (grad rosenbrock x) p
    def low [n] (x : [n]f64) : f64 = 1e6 + sum (for i < n -> (1 + f64 i) * (x[i] - f64 i)^2 + 0.1 * (x[i] - f64 i)^4)
    def low_l [n] (x : [n]f64) = o.lbfgs low 5 1e-9 200 x
    def low_b [n] (x : [n]f64) = o.bfgs low 1e-9 200 x
    def low_c [n] (x : [n]f64) = o.conjugate_gradients low 1e-9 200 x
    def low_t [n] (x : [n]f64) = o.trust_region low 1e-9 200 x
    def golden (a : f64) (b : f64) : f64 = o.golden_section (\\x -> x * log x) 60 a b
    type weights = {w : [3]f64, b : f64}
    def fitted [n] (x : [n, 3]f64) (y : [n]f64) =
      o.lbfgs (\\(p : weights) -> sum (for i < n -> (dot x[i] p.w + p.b - y[i])^2)) 5 1e-10 100 zero
    def ridge (l : f64) : f64 =
      let f x = exp x[0] - x[0] + (x[1] - x[0])^2 + l * x[1]^2 in
      ((o.lbfgs f 5 1e-12 100 [1.0, 1.0]).x)[1]
""")


@pytest.mark.parametrize("x", [[-1.2, 1.0], [0.0, 0.0, 0.0, 0.0], [2.0] * 10])
@pytest.mark.parametrize("name", ["bfgs", "nlcg", "trust"])
def test_minima_of_the_valley(name: str, x: list[float]) -> None:
    r = MINIMA[name](np.array(x))
    assert r["converged"] and r["gradient_norm"] <= 1e-8
    want = so.minimize(so.rosen, r["x"], jac=so.rosen_der, method="BFGS", options={"gtol": 1e-10}).x
    np.testing.assert_allclose(r["x"], want, atol=1e-7)
    assert r["value"] == pytest.approx(so.rosen(r["x"]), abs=1e-14)


def test_limited_memory() -> None:
    """About as many steps as SciPy's; few pairs are enough, one pair is too."""
    x = np.tile([-1.2, 1.0], 10)
    theirs = so.minimize(so.rosen, x, jac=so.rosen_der, method="L-BFGS-B", options={"maxcor": 10, "gtol": 1e-9})
    ours = MINIMA.lbfgs(10, x)
    assert ours["converged"] and ours["iterations"] < 2 * theirs.nit
    np.testing.assert_allclose(ours["x"], np.ones(20), atol=1e-7)
    assert MINIMA.lbfgs(1, x[:4])["converged"]


def test_a_search_that_cannot_converge_says_so() -> None:
    r = catad.compile("""
        import "std/optimise.cad" as o
        def f (x : f64) = o.lbfgs (\\x -> x) 5 1e-8 30 x
        def g (x : f64) = o.lbfgs (\\x -> x^2) 5 1e-8 0 x
    """)
    assert not r.f(1.0)["converged"] and not r["g"](1.0)["converged"] and r["g"](0.0)["converged"]


def test_negative_curvature_is_left() -> None:
    r = MINIMA.saddle(np.array([1e-3, 1.0]))
    assert r["converged"] and abs(r["x"][0]) == pytest.approx(1.0, abs=1e-8)


@pytest.mark.parametrize("t", [1e-6, 1e-3, 1.0, 50.0])
def test_line_search_keeps_the_conditions_of_wolfe(t: float) -> None:
    for x in ([-1.2, 1.0], [0.5, -0.3]):
        at = np.array(x)
        p = -so.rosen_der(at)
        s = MINIMA.search(t, at, p)
        slope = so.rosen_der(at) @ p
        assert s["good"] and s["y"] == pytest.approx(so.rosen(s["x"]), rel=1e-12)
        step = np.linalg.norm(s["x"] - at) / np.linalg.norm(p)
        assert s["y"] <= so.rosen(at) + 1e-4 * step * slope + 1e-12
        assert abs(so.rosen_der(s["x"]) @ p) <= -0.9 * slope
        np.testing.assert_allclose(s["g"], so.rosen_der(s["x"]), rtol=1e-9)


@pytest.mark.parametrize("name", ["low_l", "low_b", "low_c", "low_t"])
def test_near_a_minimum_slopes_decide(name: str) -> None:
    """Values agree in all digits there. Fails when a line search demands that they fall."""
    r = MINIMA[name](np.array([3.0, -2.0, 0.5]))
    assert r["converged"]
    np.testing.assert_allclose(r["x"], [0.0, 1.0, 2.0], atol=1e-8)


def test_golden_section() -> None:
    assert MINIMA.golden(0.01, 3.0) == pytest.approx(np.exp(-1), abs=1e-7)


def test_parameters_of_any_type() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(20, 3)), rng.normal(size=20)
    r = MINIMA.fitted(x, y)
    want = np.linalg.lstsq(np.c_[x, np.ones(20)], y)[0]
    np.testing.assert_allclose([*r["x"]["w"], r["x"]["b"]], want, atol=1e-9)


def test_through_the_unrolled_search() -> None:
    """The derivative of the whole search, steps and all, is that of the minimum."""
    def argmin(k: float) -> float:
        f = lambda x: np.exp(x[0]) - x[0] + (x[1] - x[0]) ** 2 + k * x[1] ** 2           # noqa: E731
        return float(so.minimize(f, [0.0, 0.0], tol=1e-14).x[1])
    assert MINIMA.ridge(0.7) == pytest.approx(argmin(0.7), abs=1e-6)
    step = 1e-6
    slope = (MINIMA.ridge(0.7 + step) - MINIMA.ridge(0.7 - step)) / (2 * step)
    assert catad.grad(MINIMA.ridge)(0.7) == pytest.approx(slope, rel=1e-4, abs=1e-7)


DESCENT = catad.compile("""
    import "std/descent.cad" as d
    def f [n] (x : [n]f64) : f64 = sum (for i < n -> (x[i] - f64 i)^2 * (1 + f64 i))
    def adam [n] (k : i64) (x : [n]f64) : [n]f64 = d.adam f 0.05 k x
    def adamw [n] (k : i64) (x : [n]f64) : [n]f64 = d.adamw f 0.05 0.1 k x
    def rmsprop [n] (k : i64) (x : [n]f64) : [n]f64 = d.rmsprop f 0.05 k x
    def adagrad [n] (k : i64) (x : [n]f64) : [n]f64 = d.adagrad f 0.05 k x
    def momentum [n] (k : i64) (x : [n]f64) : [n]f64 = d.momentum f 0.05 0.8 k x
    def nesterov [n] (k : i64) (x : [n]f64) : [n]f64 = d.nesterov f 0.05 0.8 k x
    def rate (r : f64) : f64 = let (x, y) = d.adam (\\(x, y) -> (x - 1)^2 + x * y + y^4) r 20 (0.0, 2.0) in x * y
""")


def by_hand(name: str, steps: int, x: Vector) -> Vector:
    """The methods as their papers write them, over NumPy."""
    m, v, at = np.zeros_like(x), np.zeros_like(x), x.copy()
    i = np.arange(len(x))
    for k in range(1, steps + 1):
        g = 2 * (at - i) * (1 + i)
        match name:
            case "adam" | "adamw":
                m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
                step = m / (1 - 0.9**k) / (np.sqrt(v / (1 - 0.999**k)) + 1e-8)
                at = at - 0.05 * (step + (0.1 * at if name == "adamw" else 0.0))
            case "rmsprop":
                v = 0.9 * v + 0.1 * g * g
                at = at - 0.05 * g / (np.sqrt(v) + 1e-8)
            case "adagrad":
                v = v + g * g
                at = at - 0.05 * g / (np.sqrt(v) + 1e-8)
            case "momentum":
                v = 0.8 * v + g
                at = at - 0.05 * v
            case "nesterov":
                v = 0.8 * v + g
                at = at - 0.05 * (g + 0.8 * v)
    return at


@pytest.mark.parametrize("name", ["adam", "adamw", "rmsprop", "adagrad", "momentum", "nesterov"])
def test_descent(name: str) -> None:
    x = np.array([3.0, -1.0, 0.5])
    for steps in (1, 2, 25):
        np.testing.assert_allclose(DESCENT[name](steps, x), by_hand(name, steps, x), rtol=1e-10)


def test_the_rate_can_be_learned() -> None:
    """A gradient through the whole descent, by what it captures."""
    f = DESCENT.rate
    slope = (f(0.1 + 1e-6) - f(0.1 - 1e-6)) / 2e-6
    assert catad.grad(f)(0.1) == pytest.approx(slope, rel=1e-6)


FITS = catad.compile("""
    import "std/least_squares.cad" as l
    def wood (x : [4]f64) : [6]f64 =
      [10 * (x[1] - x[0]^2), 1 - x[0], sqrt 90.0 * (x[3] - x[2]^2), 1 - x[2],
       sqrt 10.0 * (x[1] + x[3] - 2), (x[1] - x[3]) / sqrt 10.0]
    def lm (x : [4]f64) = l.levenberg_marquardt wood 1e-10 300 x
    def misra [n] (x : [n]f64) (y : [n]f64) (p : [2]f64) =
      l.levenberg_marquardt (\\(p : [2]f64) -> for i < n -> y[i] - p[0] * (1 - exp (-p[1] * x[i]))) 1e-6 300 p
    def huber [n] (x : [n]f64) (d : f64) (m : f64) : f64 = l.robust (\\(m : f64) -> for i < n -> x[i] - m) d m
""")


def test_levenberg_and_marquardt() -> None:
    r = FITS.lm(np.array([-3.0, -1.0, -3.0, -1.0]))
    np.testing.assert_allclose(r["x"], np.ones(4), atol=1e-9)
    assert r["converged"] and r["iterations"] < 100


def test_a_badly_scaled_fit() -> None:
    """Misra1a of the NIST collection: parameters of 240 and 5.5e-4; certified to 11 digits."""
    x = np.array([77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0])
    y = np.array([10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78])
    r = FITS.misra(x, y, np.array([500.0, 0.0001]))
    np.testing.assert_allclose(r["x"], [238.94212918, 5.5015643181e-4], rtol=1e-8)
    assert 2 * r["value"] == pytest.approx(0.12455138894, rel=1e-9)


def test_robust_losses() -> None:
    from scipy.special import huber
    x = np.array([0.1, -3.0, 7.0, 0.4])
    assert FITS.huber(x, 0.8, 0.3) == pytest.approx(huber(0.8, x - 0.3).sum())


ROOTS = catad.compile("""
    import "std/roots.cad" as r
    def f (p : f64) (x : f64) : f64 = x * exp x - p
    def newton (p : f64) (x : f64) = r.newton (f p) 1e-14 60 x
    def secant (p : f64) (x : f64) = r.secant (f p) 1e-14 60 x (x + 0.1)
    def steffensen (p : f64) (x : f64) = r.steffensen (f p) 1e-14 60 x
    def brent (p : f64) (a : f64) (b : f64) = r.brent (f p) 1e-14 200 a b
    def hard (k : i64) (a : f64) (b : f64) =
      r.brent (\\x -> if k == 0 then x^9 else if k == 1 then sign (x - 0.3) else if k == 2 then exp (-x) - 1e-9
               else x^3 - 2 * x - 5) 1e-13 300 a b
    def system (s : f64) (x : [3]f64) =
      r.newton_system (\\x -> [x[0] + x[1] + x[2] - s, x[0] * x[1] * x[2] - 1, exp x[0] - x[1]^2]) 1e-12 100 x
    def atan_root (x : f64) = r.newton_system (\\x -> [atan x[0]]) 1e-12 50 [x]
""")


@pytest.mark.parametrize("p", [0.5, 1.0, 3.0])
def test_roots_of_one_number(p: float) -> None:
    """Lambert's function."""
    from scipy.special import lambertw
    want = lambertw(p).real
    for r in (ROOTS.newton(p, 0.7), ROOTS.secant(p, 0.7), ROOTS.steffensen(p, want + 0.02), ROOTS.brent(p, 0.0, 5.0)):
        assert r["converged"] and r["x"] == pytest.approx(want, rel=1e-13)


@pytest.mark.parametrize(("k", "a", "b"), [(0, -1.0, 4.0), (1, -2.0, 1.0), (2, 0.0, 100.0), (3, 2.0, 3.0)])
def test_brent_on_hard_functions(k: int, a: float, b: float) -> None:
    f = [lambda x: x**9, lambda x: np.sign(x - 0.3), lambda x: np.exp(-x) - 1e-9, lambda x: x**3 - 2 * x - 5][k]
    want, info = so.brentq(f, a, b, xtol=1e-13, rtol=1e-15, maxiter=999, full_output=True)
    r = ROOTS.hard(k, a, b)
    assert r["converged"] and r["x"] == pytest.approx(want, abs=1e-12)
    assert r["iterations"] <= 2 * info.iterations + 10


def test_systems() -> None:
    r = ROOTS.system(4.0, np.array([0.2, 1.0, 2.0]))
    x = r["x"]
    assert r["converged"]
    np.testing.assert_allclose([sum(x), np.prod(x), np.exp(x[0])], [4.0, 1.0, x[1] ** 2], rtol=1e-10)
    assert ROOTS.atan_root(10.0)["converged"]                     # where undamped steps fly apart
