"""std/poly against NumPy's polynomials; derivatives of zeros against differences of NumPy's zeros."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.polynomial import chebyshev, legendre, polynomial
from numpy.typing import NDArray

import catad
from tests.stdlib.calculus import check

PROGRAM = catad.compile("""
    import "std/poly.cad" as poly
    def roots [n] (c : [n]f64) : [n - 1]{re : f64, im : f64} = poly.roots c
    def divide [n, m] (a : [n]f64) (b : [m]f64) : {quotient : [n - m + 1]f64, remainder : [m - 1]f64} = poly.divide a b
    def shifted [n] (c : [n]f64) (a : f64) : [n]f64 = poly.shifted c a
    def fit [n] (k : i64) (x : [n]f64) (y : [n]f64) : [k]f64 = poly.fit k x y
    def legendre [n] (c : [n]f64) (x : f64) : f64 = poly.legendre c x
    def cosine (n : i64) : [n]f64 = poly.chebyshev_fit n (\\x -> cos (3 * x)) (-1.0) 2.0
    def between [n] (c : [n]f64) (x : f64) : f64 = poly.chebyshev_between c (-1.0) 2.0 x
    def derived [n] (c : [n]f64) : [n - 1]f64 = poly.chebyshev_derived c
    def integrated [n] (c : [n]f64) : [n + 1]f64 = poly.chebyshev_integrated c
    def a_zero [n] (c : [n]f64) : f64 = let z = poly.roots c in z[0].re * z[1].im + z[n - 2].re^2
""")
RNG = np.random.default_rng(37)
Array = NDArray[np.float64]


def ordered(z: NDArray[np.complex128]) -> NDArray[np.complex128]:
    found: NDArray[np.complex128] = z[np.lexsort((z.imag, np.round(z.real, 9)))]
    return found


@pytest.mark.parametrize("c", [[2.0], [6.0, -3.0], [5.0, -2.0, 1.0], [-1.0, 0, 0, 0, 0, 1.0], [0.0, 0.0, 3.0, 1.0],
                               list(polynomial.polyfromroots([1e-6, 1.0, 1e5])), list(RNG.normal(size=21))],
                         ids=lambda c: str(len(c)))
def test_zeros(c: list[float]) -> None:
    z = PROGRAM.roots(c)
    expected = ordered(polynomial.polyroots(c).astype(complex))
    size = np.abs(expected).max(initial=1.0)
    np.testing.assert_allclose(z["re"] + 1j * z["im"], expected, rtol=1e-9, atol=1e-12 * size)
    assert (z["im"] == 0).sum() == (expected.imag == 0).sum()


def test_zeros_of_multiplicity_two() -> None:
    z = PROGRAM.roots(polynomial.polyfromroots([1.0, 1.0, -2.0]))
    np.testing.assert_allclose(z["re"] + 1j * z["im"], [-2.0, 1.0, 1.0], atol=1e-7)
    slope = catad.grad(PROGRAM.a_zero)(np.array([1.0, -2.0, 1.0]))           # there is none
    assert not (np.abs(slope) < 1e6).any()


def test_derivatives_of_zeros() -> None:
    def reference(c: Array) -> float:
        z = ordered(polynomial.polyroots(c).astype(complex))
        return float(z[0].real * z[1].imag + z[-1].real ** 2)

    c = polynomial.polyfromroots([-1 + 1j, -1 - 1j, 0.5, 2.0]).real
    check(PROGRAM.a_zero, reference, c, np.array([0.3, -0.5, 0.4, 0.1, 0.2]))


def test_arithmetic() -> None:
    a, b = RNG.normal(size=7), RNG.normal(size=3)
    q, r = polynomial.polydiv(a, b)
    got = PROGRAM.divide(a, b)
    np.testing.assert_allclose(got["quotient"], q, rtol=1e-11)
    np.testing.assert_allclose(got["remainder"], r, rtol=1e-9)
    assert PROGRAM.divide(b[:2], a)["quotient"].size == 0
    np.testing.assert_allclose(PROGRAM.divide(b[:2], a)["remainder"], [*b[:2], 0, 0, 0, 0])
    x = 0.7
    np.testing.assert_allclose(polynomial.polyval(x, PROGRAM.shifted(a, 1.3)), polynomial.polyval(x + 1.3, a))
    xs, ys = np.linspace(-1, 1, 12), RNG.normal(size=12)
    np.testing.assert_allclose(PROGRAM.fit(4, xs, ys), polynomial.polyfit(xs, ys, 3), rtol=1e-10)


def test_series() -> None:
    c = RNG.normal(size=6)
    assert PROGRAM.legendre(c, 0.3) == pytest.approx(legendre.legval(0.3, c), rel=1e-13)
    np.testing.assert_allclose(PROGRAM.derived(c), chebyshev.chebder(c), rtol=1e-13)
    np.testing.assert_allclose(PROGRAM.integrated(c), chebyshev.chebint(c, lbnd=-1), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(PROGRAM.integrated([3.0]), chebyshev.chebint([3.0], lbnd=-1))
    cosine = PROGRAM.cosine(30)
    for x in (-1.0, 0.2, 2.0):
        assert PROGRAM.between(cosine, x) == pytest.approx(np.cos(3 * x), abs=1e-14)
