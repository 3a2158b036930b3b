"""Options: prices and derivatives against an independent Heston model, calibration against what made the quotes."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

import catad


@pytest.fixture(scope="module")
def options(example: Callable[[str], ModuleType]) -> ModuleType:
    return example("options")


@pytest.fixture(scope="module")
def program(options: ModuleType) -> Any:
    return catad.load(options.HERE / "options.cad")


def black(k: float, s: float) -> float:
    return float(norm.cdf(-k / s + s / 2) - np.exp(k) * norm.cdf(-k / s - s / 2))


@pytest.mark.parametrize(("k", "sigma"), [(-0.5, 0.3), (-0.1, 0.1), (0.0, 0.05), (0.0, 0.4), (0.3, 0.2), (0.3, 1.5)])
def test_black_and_its_inverse(program: Any, k: float, sigma: float) -> None:
    t = 0.7
    price = black(k, sigma * t**0.5)
    np.testing.assert_allclose(program.black(k, sigma**2 * t), price, atol=1e-15)
    known = brentq(lambda x: black(k, x * t**0.5) - price, 1e-3, 5, xtol=1e-15)
    np.testing.assert_allclose(program.implied(price, k, t), known, rtol=1e-9)
    if price - max(0, 1 - np.exp(k)) > 0.01:
        h = 1e-5
        slopes = catad.grad(program.implied, argnums=(0, 1, 2))(price, k, t)
        for slope, step in zip(slopes, np.eye(3) * h, strict=True):
            up, down = (program.implied(price + s * step[0], k + s * step[1], t + s * step[2]) for s in (1, -1))
            np.testing.assert_allclose(slope, (up - down) / (2 * h), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("price", "k"), [(0.0, 0.1), (0.09, -0.1), (1.0, 0.2)])
def test_what_no_volatility_explains(program: Any, price: float, k: float) -> None:
    assert np.isnan(program.implied(price, k, 1.0))


@pytest.mark.parametrize(("k", "t"), [(0.0, 0.25), (-0.2, 0.5), (0.3, 2.0)])
def test_prices_and_six_derivatives(options: ModuleType, program: Any, k: float, t: float) -> None:
    np.testing.assert_allclose(program.price(128, options.TRUE, k, t), options.witness(options.TRUE, k, t), atol=1e-11)
    _, jet = catad.jet(program.price, 6, argnums="k")(512, options.TRUE, k, t, np.eye(6)[0])
    for m in range(1, 7):
        known = options.witness(options.TRUE, k, t, m)
        np.testing.assert_allclose(jet[m - 1] * float(mpmath.factorial(m)), known, rtol=1e-9, atol=1e-9)


def test_greeks_of_heston_without_randomness_are_those_of_black(program: Any) -> None:
    """With next to no volatility of variance Heston is Black: delta, gamma and speed have formulas there."""
    p = {"reversion": 1.0, "level": 0.04, "vol": 1e-4, "correlation": 0.0, "now": 0.04}
    spot, strike, rate, t = 105.0, 100.0, 0.02, 0.5
    s = 0.2 * t**0.5
    up = (np.log(spot / strike) + rate * t) / s + s / 2
    gamma = norm.pdf(up) / (spot * s)
    delta, *rest = program.greeks(p, strike, rate, t, spot)
    np.testing.assert_allclose([delta, *rest[:2]], [norm.cdf(up), gamma, -gamma / spot * (up / s + 1)], rtol=1e-5)
    g = catad.jacobian(program.greeks, argnums="spot")(p, strike, rate, t, spot)
    np.testing.assert_allclose(g[:5], rest, rtol=1e-9)


def test_the_jacobian_is_that_of_cauchys_integrals(options: ModuleType) -> None:
    quotes = options.generate(strikes=3)
    r = quotes.residuals()
    known = options.parameter_derivatives(options.START, quotes.k, quotes.t) / quotes.spread[:, None]
    np.testing.assert_allclose(r.jac(r.x0) / np.abs(known).max(axis=0), known / np.abs(known).max(axis=0), atol=1e-9)


def test_calibration_finds_what_made_the_quotes(options: ModuleType) -> None:
    quotes = options.generate(strikes=7, seed=5)
    found = options.calibrate(quotes.residuals())
    for name in options.NAMES:
        assert abs(found.model[name] - options.TRUE[name]) < 4.5 * found.errors[name], name
        assert found.errors[name] < 0.1 * abs(options.TRUE[name])
    freedom = len(quotes.k) - 5
    assert abs(found.chi2 - freedom) < 5 * (2 * freedom)**0.5


def test_one_density_from_prices_and_from_volatilities(options: ModuleType, program: Any) -> None:
    """Breeden and Litzenberger's density, which the witness has under its integral, and Durrleman's function."""
    k, t, p = 0.1, 0.5, options.TRUE
    known = (options.witness(p, k, t, 2) - options.witness(p, k, t, 1)) / np.exp(k)
    np.testing.assert_allclose(program.density(p, k, t), known, rtol=1e-9)
    np.testing.assert_allclose(program.density_of_surface(p, k, t), known, rtol=1e-9)
    h = 1e-4
    slope = (program.total_variance(p, k, t + h) - program.total_variance(p, k, t - h)) / (2 * h)
    np.testing.assert_allclose(program.calendar(p, k, t), slope, rtol=1e-6)
