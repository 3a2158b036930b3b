"""std/bessel against mpmath; derivatives of all orders against mpmath's too."""

from __future__ import annotations

import math

import mpmath
import pytest

import catad

NAMES = ("j0", "j1", "y0", "y1", "i0", "i1", "k0", "k1")
PROGRAM = catad.compile('import "std/bessel.cad" as b\n' + "\n".join(
    f"def {x} (x : f64) : f64 = b.{x} x\n"
    f"def {x}_derivatives (x : f64) : (f64, [4]f64) = jet_derivs b.{x} (x, [1.0, 0.0, 0.0, 0.0])" for x in NAMES)
    + "\ndef scaled (x : f64) : ((f64, f64), (f64, f64)) = (b.i01_scaled x, b.k01_scaled x)")
PLACES = (1e-10, 0.3, 1.0, 1.999, 2.0, 3.8317, 7.7, 24.9, 25.0, 41.5, 300.0)


def exact(name: str, x: mpmath.mpf) -> mpmath.mpf:
    return getattr(mpmath, "bessel" + name[0])(int(name[1]), x)


def derivative(name: str, x: float, k: int) -> mpmath.mpf:
    """By 10.6.7 and 10.29.5: 2^k f⁽ᵏ⁾ is a sum of functions of orders ν - k … ν + k."""
    f, order = getattr(mpmath, "bessel" + name[0]), int(name[1])
    side = 1 if name[0] in "ik" else -1
    total = sum(mpmath.binomial(k, j) * side**j * f(order - k + 2 * j, x) for j in range(k + 1))
    return total / 2**k * ((-1) ** k if name[0] == "k" else 1)


def size(name: str, x: float) -> float:
    """The larger one of the pair."""
    return max(abs(float(exact(name[0] + k, mpmath.mpf(x)))) for k in "01")


@pytest.mark.parametrize("name", NAMES)
def test_values(name: str) -> None:
    with mpmath.workdps(40):
        for x in PLACES:
            signs = (1, -1) if name[0] in "ji" else (1,)
            for s in signs:
                expected = float(exact(name, s * mpmath.mpf(x)))
                bound = 2e-15 * size(name, x) if name[0] in "jy" else 0.0
                assert PROGRAM[name](s * x) == pytest.approx(expected, rel=4e-15, abs=bound), x


@pytest.mark.parametrize("name", NAMES)
def test_derivatives(name: str) -> None:
    with mpmath.workdps(40):
        for x in (0.7, 1.999, 2.001, 9.3, 30.0):
            expected = [float(derivative(name, x, k)) for k in range(1, 5)]
            got = PROGRAM[name + "_derivatives"](x)[1]
            assert got.tolist() == pytest.approx(expected, rel=1e-13, abs=1e-13 * max(map(abs, expected)))
            assert catad.grad(PROGRAM[name])(x) == pytest.approx(expected[0], rel=1e-13, abs=1e-14 * size(name, x))
            second = catad.grad(catad.grad(PROGRAM[name]))(x)
            assert second == pytest.approx(expected[1], rel=1e-13, abs=1e-13 * max(map(abs, expected)))


@pytest.mark.parametrize(("name", "expected"), [
    ("j0", [0, -1 / 2, 0, 3 / 8]), ("j1", [1 / 2, 0, -3 / 8, 0]),
    ("i0", [0, 1 / 2, 0, 3 / 8]), ("i1", [1 / 2, 0, 3 / 8, 0])])
def test_derivatives_at_zero(name: str, expected: list[float]) -> None:
    assert PROGRAM[name + "_derivatives"](0.0)[1].tolist() == pytest.approx(expected, abs=1e-15)


def test_the_edges() -> None:
    assert PROGRAM.y0(0.0) == PROGRAM.y1(0.0) == -math.inf and PROGRAM.k0(0.0) == PROGRAM.k1(0.0) == math.inf
    assert all(math.isnan(PROGRAM[x](-1.0)) for x in ("y0", "y1", "k0", "k1"))
    assert all(math.isnan(PROGRAM[x](math.nan)) for x in NAMES)
    assert PROGRAM.k0(1e4) == 0.0 and PROGRAM.i0(1e4) == math.inf
    with mpmath.workdps(30):
        (i0, i1), (k0, k1) = PROGRAM.scaled(1000.0)
        for got, name, s in ((i0, "i0", -1000), (i1, "i1", -1000), (k0, "k0", 1000), (k1, "k1", 1000)):
            assert got == pytest.approx(float(exact(name, mpmath.mpf(1000)) * mpmath.exp(s)), rel=2e-15)
        assert PROGRAM.k1(1e-300) == pytest.approx(1e300, rel=1e-14)
