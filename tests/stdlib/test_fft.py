"""std/fft and std/complex against NumPy, SciPy and cmath; the number of operations, counted."""

from __future__ import annotations

import cmath
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import scipy.fft
import scipy.signal
from catad.backends import reference
from catad.backends.reference import FLOATS
from numpy.typing import NDArray

import catad
from catad.types.type import Scalar
from tests.stdlib.calculus import MIX, check, mix

PROGRAM = catad.compile(MIX + """
    import "std/fft.cad" as fft
    type complex = {re : f64, im : f64}
    def fft [n] (x : [n]complex) : [n]complex = fft.fft x
    def ifft [n] (x : [n]complex) : [n]complex = fft.ifft x
    def rfft [n] (x : [n]f64) : [n]complex = fft.rfft x
    def irfft [n] (x : [n]complex) : [n]f64 = fft.irfft x
    def fft2 [n, m] (x : [n, m]complex) : [n, m]complex = fft.fft2 x
    def ifft2 [n, m] (x : [n, m]complex) : [n, m]complex = fft.ifft2 x
    def power [n] (x : [n]complex) : [n]complex = fft.fft_power x
    def convolve [n, m] (x : [n]f64) (y : [m]f64) : [n + m - 1]f64 = fft.convolve x y
    def correlate [n, m] (x : [n]f64) (y : [m]f64) : [n + m - 1]f64 = fft.correlate x y
    def circular [n] (x : [n]f64) (y : [n]f64) : [n]f64 = fft.circular x y
    def dct [n] (x : [n]f64) : [n]f64 = fft.dct x
    def dct3 [n] (x : [n]f64) : [n]f64 = fft.dct3 x
    def idct [n] (x : [n]f64) : [n]f64 = fft.idct x
    def frequencies (n : i64) (d : f64) : [n]f64 = fft.frequencies n d
    def shifted [n] (x : [n]f64) : [n]f64 = fft.shifted x
    def spectrum [n] (x : [n]f64) : f64 = let y = fft.rfft x in mix (for k < n -> (y[k].re^2 + y[k].im^2)^2)
    def squared [n] (x : [n]f64) : f64 = mix (fft.convolve x x)
    def cosines [n] (x : [n]f64) : f64 = let y = fft.dct x in let z = fft.dct3 x in mix (map2 (\\a b -> a * a * b) y z)
""")
RNG = np.random.default_rng(17)
Array = NDArray[Any]


def record(z: Array) -> dict[str, Array]:
    return {"re": np.ascontiguousarray(z.real, dtype=float), "im": np.ascontiguousarray(z.imag, dtype=float)}


def number(r: Any) -> Array:
    found: Array = np.asarray(r["re"]) + 1j * np.asarray(r["im"])
    return found


def random(*shape: int) -> Array:
    found: Array = RNG.normal(size=shape) + 1j * RNG.normal(size=shape)
    return found


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 8, 12, 17, 64, 100, 257])
def test_transforms_of_any_length(n: int) -> None:
    x = random(n)
    expected = np.fft.fft(x) if n else x
    np.testing.assert_allclose(number(PROGRAM.fft(record(x))), expected, atol=1e-13 * (n + 1))
    np.testing.assert_allclose(number(PROGRAM.ifft(record(expected))), x, atol=1e-13)
    np.testing.assert_allclose(number(PROGRAM.rfft(x.real)), np.fft.fft(x.real) if n else x, atol=1e-13 * (n + 1))
    np.testing.assert_allclose(PROGRAM.irfft(PROGRAM.rfft(x.real)), x.real, atol=1e-13)
    np.testing.assert_allclose(PROGRAM.shifted(x.real), np.fft.fftshift(x.real))
    if n:
        np.testing.assert_allclose(PROGRAM.frequencies(n, 0.1), np.fft.fftfreq(n, 0.1))


def test_the_scheme_for_powers_of_two_refuses_others() -> None:
    with pytest.raises(catad.CatadError) as e:
        PROGRAM.power(record(random(3)))
    assert e.value.diagnostics[0].code == "E0508"


def test_two_dimensions() -> None:
    x = random(3, 4)
    np.testing.assert_allclose(number(PROGRAM.fft2(record(x))), np.fft.fft2(x), atol=1e-13)
    np.testing.assert_allclose(number(PROGRAM.ifft2(record(x))), np.fft.ifft2(x), atol=1e-13)


@pytest.mark.parametrize("sizes", [(1, 1), (5, 3), (2, 9), (16, 16)])
def test_convolutions(sizes: tuple[int, int]) -> None:
    x, y = (RNG.normal(size=n) for n in sizes)
    np.testing.assert_allclose(PROGRAM.convolve(x, y), np.convolve(x, y), atol=1e-13)
    np.testing.assert_allclose(PROGRAM.correlate(x, y), scipy.signal.correlate(x, y), atol=1e-13)
    z = RNG.normal(size=len(x))
    np.testing.assert_allclose(PROGRAM.circular(x, z), np.fft.ifft(np.fft.fft(x) * np.fft.fft(z)).real, atol=1e-13)


@pytest.mark.parametrize("n", [1, 2, 5, 8, 13])
def test_cosine_transforms(n: int) -> None:
    x = RNG.normal(size=n)
    np.testing.assert_allclose(PROGRAM.dct(x), scipy.fft.dct(x), atol=1e-13)
    np.testing.assert_allclose(PROGRAM.dct3(x), scipy.fft.dct(x, 3), atol=1e-13)
    np.testing.assert_allclose(PROGRAM.idct(PROGRAM.dct(x)), x, atol=1e-14)


@pytest.mark.parametrize("n", [6, 8])
def test_the_pullback_is_the_adjoint(n: int) -> None:
    """Re⟨w, F x⟩ = Re⟨F* w, x⟩, where F* = n F⁻¹."""
    x, w = random(n), random(n)
    y, pulled = catad.vjp(PROGRAM.fft)(record(x), record(w))
    np.testing.assert_allclose(number(y), np.fft.fft(x), atol=1e-13)
    np.testing.assert_allclose(number(pulled), n * np.fft.ifft(w), atol=1e-13)
    np.testing.assert_allclose(number(catad.jvp(PROGRAM.fft)(record(x), record(w))[1]), np.fft.fft(w), atol=1e-13)


@pytest.mark.parametrize("n", [4, 5])
def test_derivatives(n: int) -> None:
    x, e = RNG.normal(size=n), RNG.normal(size=n)
    check(PROGRAM.spectrum, lambda x: mix(np.abs(np.fft.fft(x)) ** 4), x, e)
    check(PROGRAM.squared, lambda x: mix(np.convolve(x, x)), x, e)
    check(PROGRAM.cosines, lambda x: mix(scipy.fft.dct(x) ** 2 * scipy.fft.dct(x, 3)), x, e)


# ── operations ─────────────────────────────────────────────────────────────────────────────────────────────────

class Counting:
    """The floats, with a count of multiplications."""

    name = "counting"
    dtype, enter, const = FLOATS.dtype, FLOATS.enter, FLOATS.const
    truth, integer = FLOATS.truth, FLOATS.integer

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()

    def row(self, name: str, types: Sequence[Scalar]) -> Any:
        meaning = FLOATS.row(name, types)
        if name != "mul" or types[0].name != "f64":
            return meaning

        def counted(*args: Any) -> Any:
            self.count[name] += 1
            return meaning(*args)
        return counted


def products(f: catad.Function, n: int) -> int:
    domain = Counting()
    reference.run(f.prepared, f.key, [RNG.normal(size=n)], domain=domain)
    return domain.count["mul"]


def test_operations_grow_as_n_log_n() -> None:
    """Multiplications of a transform and of its gradient, divided by n log n, stay below a constant."""
    gradient = catad.grad(PROGRAM.spectrum)
    for f, bound in ((PROGRAM.spectrum, 6), (gradient, 15)):
        for n in (16, 64, 128):
            assert products(f, n) < bound * n * math.log2(n)
    assert products(PROGRAM.spectrum, 100) < 6 * 4 * 256 * 8                    # three transforms of 256 entries


# ── complex numbers ────────────────────────────────────────────────────────────────────────────────────────────

COMPLEX = catad.compile("""
    import "std/complex.cad" as c
    type complex = {re : f64, im : f64}
    def cmul (z : complex) (w : complex) : complex = c.cmul z w
    def cdiv (z : complex) (w : complex) : complex = c.cdiv z w
    def cpow (z : complex) (w : complex) : complex = c.cpow z w
    def cpowi (z : complex) (k : i64) : complex = c.cpowi z k
    def cexp (z : complex) : complex = c.cexp z
    def clog (z : complex) : complex = c.clog z
    def csqrt (z : complex) : complex = c.csqrt z
    def csin (z : complex) : complex = c.csin z
    def ccos (z : complex) : complex = c.ccos z
    def ceval [n] (a : [n]f64) (z : complex) : complex = c.ceval a z
""")
POINTS = [1 + 2j, -3 + 0.5j, 0.7 - 0.7j, -1e-3 - 4j, 2.0 + 0j, -2.0 + 0j, 1j, -5j, 1 + 1e-9j]
DERIVATIVES = {"cexp": cmath.exp, "clog": lambda z: 1 / z, "csqrt": lambda z: 0.5 / cmath.sqrt(z), "csin": cmath.cos,
               "ccos": lambda z: -cmath.sin(z)}


@pytest.mark.parametrize("z", POINTS)
def test_complex_functions(z: complex) -> None:
    zero = {"re": z.real, "im": z.imag}
    for name, slope in DERIVATIVES.items():
        value, tangent = catad.jvp(COMPLEX[name])(zero, {"re": 0.6, "im": -0.8})
        expected = getattr(cmath, name[1:])(z)
        assert complex(**named(value)) == pytest.approx(expected, rel=1e-14, abs=1e-15)
        assert complex(**named(tangent)) == pytest.approx(slope(z) * (0.6 - 0.8j), rel=1e-13, abs=1e-15)
    for w in POINTS:
        one = {"re": w.real, "im": w.imag}
        assert complex(**named(COMPLEX.cmul(zero, one))) == pytest.approx(z * w, rel=1e-14)
        assert complex(**named(COMPLEX.cdiv(zero, one))) == pytest.approx(z / w, rel=1e-14)
        assert complex(**named(COMPLEX.cpow(zero, one))) == pytest.approx(z**w, rel=1e-12)
    assert complex(**named(COMPLEX.cpowi(zero, -5))) == pytest.approx(z**-5, rel=1e-13)
    assert complex(**named(COMPLEX.ceval([1.0, -2.0, 3.0], zero))) == pytest.approx(1 - 2 * z + 3 * z * z, rel=1e-13)


def named(r: Any) -> dict[str, float]:
    return {"real": r["re"], "imag": r["im"]}


def test_complex_numbers_at_the_edge() -> None:
    assert COMPLEX.csqrt({"re": 0.0, "im": 0.0}) == {"re": 0.0, "im": 0.0}
    assert COMPLEX.cpow({"re": 0.0, "im": 0.0}, {"re": 2.0, "im": 1.0}) == {"re": 0.0, "im": 0.0}
    z = COMPLEX.clog({"re": 1 - 1e-12, "im": 1e-8})
    assert z["re"] == pytest.approx(math.log1p(-2e-12 + 1e-16) / 2, rel=1e-4)
