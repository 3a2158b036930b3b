"""std/interpolate against SciPy, within the knots, at them and beyond; derivatives by knots, values and the place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.interpolate as si
from numpy.typing import NDArray

import catad
from tests.stdlib.calculus import check

PROGRAM = catad.compile("""
    import "std/interpolate.cad" as i
    def linear [n] (x : [n]f64) (y : [n]f64) (t : f64) : f64 = i.linear_between x y t
    def pchip [n] (x : [n]f64) (y : [n]f64) (t : f64) : f64 = i.pchip x y t
    def akima [n] (x : [n]f64) (y : [n]f64) (t : f64) : f64 = i.akima x y t
    def natural [n] (x : [n]f64) (y : [n]f64) (t : f64) : f64 = i.natural_spline x y t
    def clamped [n] (x : [n]f64) (y : [n]f64) (t : f64) : f64 = i.hermite x y (i.clamped_slopes x y 0.5 (-1.0)) t
    def spline [n] (x : [n]f64) (y : [n]f64) (t : f64) : f64 = i.spline x y t
    def barycentric [n] (x : [n]f64) (y : [n]f64) (t : f64) : f64 = i.barycentric x (i.barycentric_weights x) y t
    def chebyshev [n] (a : f64) (b : f64) (y : [n]f64) (t : f64) : f64 = i.chebyshev_between a b y t
    def points (n : i64) (a : f64) (b : f64) : [n]f64 = i.chebyshev_points n a b
    def integral [n] (x : [n]f64) (y : [n]f64) : f64 = i.hermite_integral x y (i.natural_slopes x y)
    def bspline [n] (k : i64) (x : [n + k + 1]f64) (c : [n]f64) (t : f64) : f64 = i.bspline k x c t
    def bilinear [n, m] (x : [n]f64) (y : [m]f64) (z : [n, m]f64) (s : f64) (t : f64) : f64 = i.bilinear x y z s t
    def bicubic [n, m] (x : [n]f64) (y : [m]f64) (z : [n, m]f64) (s : f64) (t : f64) : f64 = i.bicubic x y z s t
    def all_linear (p : [11]f64) : f64 = i.linear_between p[..5] p[5..10] p[10]
    def all_pchip (p : [11]f64) : f64 = i.pchip p[..5] p[5..10] p[10]
    def all_akima (p : [11]f64) : f64 = i.akima p[..5] p[5..10] p[10]
    def all_natural (p : [11]f64) : f64 = i.natural_spline p[..5] p[5..10] p[10]
    def all_clamped (p : [11]f64) : f64 = i.hermite p[..5] p[5..10] (i.clamped_slopes p[..5] p[5..10] 0.5 (-1.0)) p[10]
    def all_spline (p : [11]f64) : f64 = i.spline p[..5] p[5..10] p[10]
    def all_barycentric (p : [11]f64) : f64 = i.barycentric p[..5] (i.barycentric_weights p[..5]) p[5..10] p[10]
    def all_bspline (p : [14]f64) : f64 = i.bspline 3 p[..9] p[8..13] p[13]
    def all_bicubic (p : [17]f64) : f64 =
      i.bicubic p[..3] p[3..6] [p[6..9], p[9..12], p[12..15]] p[15] p[16]
    def all_bilinear (p : [17]f64) : f64 =
      i.bilinear p[..3] p[3..6] [p[6..9], p[9..12], p[12..15]] p[15] p[16]
""")
RNG = np.random.default_rng(29)
Array = NDArray[np.float64]
Curve = Callable[[Array, Array], Callable[[float], float]]


def line(x: Array, y: Array) -> Callable[[float], float]:
    return si.make_interp_spline(x, y, k=1)


CURVES: dict[str, Curve] = {
    "linear": line,
    "pchip": lambda x, y: si.PchipInterpolator(x, y, extrapolate=True),
    "akima": lambda x, y: si.Akima1DInterpolator(x, y, extrapolate=True),
    "natural": lambda x, y: si.CubicSpline(x, y, bc_type="natural"),
    "clamped": lambda x, y: si.CubicSpline(x, y, bc_type=((1, 0.5), (1, -1.0))),
    "spline": lambda x, y: si.CubicSpline(x, y),
    "barycentric": lambda x, y: si.BarycentricInterpolator(x, y),
}


def knots(n: int) -> Array:
    found: Array = np.cumsum(0.3 + RNG.random(n))
    return found


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("n", [2, 3, 4, 9])
def test_curves(name: str, n: int) -> None:
    x, y = knots(n), RNG.normal(size=n)
    expected = CURVES[name](x, y)
    for t in [*x, *((x[1:] + 2 * x[:-1]) / 3), x[0] - 0.3, x[-1] + 0.4]:
        assert PROGRAM[name](x, y, t) == pytest.approx(float(expected(t)), rel=1e-9, abs=1e-10)


@pytest.mark.parametrize("name", CURVES)
def test_one_point_and_none(name: str) -> None:
    if name != "clamped":
        assert PROGRAM[name]([2.0], [5.0], 7.0) == 5.0
    with pytest.raises(catad.CatadError) as e:
        PROGRAM[name]([], [], 7.0)
    assert e.value.diagnostics[0].code in ("E0501", "E0505")


@pytest.mark.parametrize("name", CURVES)
def test_derivatives_by_everything(name: str) -> None:
    x, y = np.array([0.0, 1.0, 1.7, 3.0, 4.0]), np.array([0.3, 1.0, 1.4, 1.5, 2.2])
    p, e = np.array([*x, *y, 2.2]), RNG.normal(size=11) / 10
    check(PROGRAM["all_" + name], lambda p: float(CURVES[name](p[:5], p[5:10])(p[10])), p, e)


def test_flat_places_of_akimas_and_monotone_curves() -> None:
    x, y = np.arange(8.0), np.array([0.0, 0.0, 0.0, 1.0, 3.0, 3.0, 3.0, 2.0])
    for t in np.linspace(-0.5, 7.5, 33):
        assert PROGRAM.akima(x, y, t) == pytest.approx(float(CURVES["akima"](x, y)(t)), abs=1e-14)
        assert PROGRAM.pchip(x, y, t) == pytest.approx(float(CURVES["pchip"](x, y)(t)), abs=1e-14)


def test_polynomials_through_points_of_chebyshev() -> None:
    y = np.cos(3 * PROGRAM.points(30, -1.0, 2.0))
    for t in (-1.0, 0.123, 1.9, 2.0):
        assert PROGRAM.chebyshev(-1.0, 2.0, y, t) == pytest.approx(np.cos(3 * t), abs=1e-14)
        slope = catad.grad(PROGRAM.chebyshev, argnums=3)(-1.0, 2.0, y, t)
        assert slope == pytest.approx(-3 * np.sin(3 * t), abs=1e-11)
    assert PROGRAM.chebyshev(0.0, 1.0, [4.0], 0.3) == 4.0
    assert PROGRAM.integral([0.0, 1.0, 2.5], [1.0, 4.0, 2.0]) == pytest.approx(
        float(si.CubicSpline([0.0, 1.0, 2.5], [1.0, 4.0, 2.0], bc_type="natural").integrate(0.0, 2.5)))


@pytest.mark.parametrize("k", [0, 1, 2, 3, 5])
def test_b_splines(k: int) -> None:
    t, c = knots(k + 8), RNG.normal(size=7)
    expected = si.BSpline(t, c, k)
    for x in (t[k], t[k + 1], t[6], t[7], (t[k] + t[7]) / 2, t[k] - 0.2, t[7] + 0.1):
        assert PROGRAM.bspline(k, t, c, x) == pytest.approx(float(expected(x)), rel=1e-11)
    with pytest.raises(catad.CatadError) as e:
        PROGRAM.bspline(k, t[:-1], c, 1.0)
    assert e.value.diagnostics[0].code in ("E0502", "E0607")


def test_derivatives_of_b_splines() -> None:
    p = np.array([0.0, 0.5, 1.2, 2.0, 3.0, 3.3, 4.0, 5.0, 6.0, 0.4, 1.0, -0.5, 0.3, 2.7])
    check(PROGRAM.all_bspline, lambda p: float(si.BSpline(p[:9], p[8:13], 3)(p[13])), p, RNG.normal(size=14) / 20)


def test_grids() -> None:
    x, y, z = knots(5), knots(4), RNG.normal(size=(5, 4))
    cubic, flat = si.RectBivariateSpline(x, y, z, s=0), si.RegularGridInterpolator((x, y), z)
    for s, t in ((x[0], y[0]), (x[2], y[1] + 0.1), (x[4], y[3]), (x[3] + 0.2, y[2])):
        assert PROGRAM.bicubic(x, y, z, s, t) == pytest.approx(float(cubic(s, t)[0, 0]), rel=1e-10)
        assert PROGRAM.bilinear(x, y, z, s, t) == pytest.approx(float(flat((s, t))), rel=1e-12)
    assert PROGRAM.bilinear([1.0], [2.0], [[7.0]], 0.0, 5.0) == 7.0 == PROGRAM.bicubic([1.0], [2.0], [[7.0]], 0.0, 5.0)


def test_derivatives_on_grids() -> None:
    def of(curve: Curve) -> Callable[[Array], float]:
        def value(p: Array) -> float:
            z = p[6:15].reshape(3, 3)
            return float(curve(p[:3], np.array([float(curve(p[3:6], row)(p[16])) for row in z]))(p[15]))
        return value

    p = np.array([0.0, 1.0, 2.2, 0.0, 0.7, 2.0, *RNG.normal(size=9), 1.5, 1.1])
    e = RNG.normal(size=17) / 10
    check(PROGRAM.all_bicubic, of(CURVES["spline"]), p, e)
    check(PROGRAM.all_bilinear, of(line), p, e)
