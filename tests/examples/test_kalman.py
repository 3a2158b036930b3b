"""Kalman's filter: likelihood, gradient, Hessian and smoothing against dense Gaussians; published estimates."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import catad

LOGS = {"irregular": -4.1, "level": -3.7, "season": -4.6}


@pytest.fixture(scope="module")
def kalman(example: Callable[[str], ModuleType]) -> ModuleType:
    return example("kalman")


@pytest.fixture(scope="module")
def program(kalman: ModuleType) -> Any:
    return catad.load(kalman.HERE / "kalman.cad")


def test_the_published_fit_of_the_nile(kalman: ModuleType) -> None:
    """Durbin and Koopman 2012, section 2.10: 15099 and 1469.1."""
    found = kalman.fit(kalman.level_objective(kalman.nile()))
    v = found.variances()
    assert abs(v["irregular"] - 15099) < 1 and abs(v["level"] - 1469.1) < 0.2
    assert abs(found.likelihood + 632.5456) < 1e-4 and found.steps < 12


def test_gradient_and_hessian_of_the_dense_likelihood(kalman: ModuleType) -> None:
    y = kalman.nile()[:20]
    o = kalman.level_objective(y)
    v = o.flat({"irregular": 4.5, "level": 3.8})

    def cost(x: Any) -> float:
        return -float(kalman.dense(0, o.structured(x), y)[0])

    np.testing.assert_allclose(o.fun(v), cost(v), rtol=1e-12)
    np.testing.assert_allclose(o.jac(v), kalman.differences(cost, v, 1e-2), rtol=1e-8)
    rows = [kalman.differences(lambda x, i=i: kalman.differences(cost, x, 2e-2)[i], v, 2e-2) for i in range(2)]
    np.testing.assert_allclose(o.hess(v), rows, rtol=1e-6)


def test_seasons_are_those_of_a_dense_gaussian(kalman: ModuleType) -> None:
    y = kalman.airline()[:40]
    o = kalman.seasonal_objective(y)
    v = o.flat(LOGS)
    likelihood, mean, _ = kalman.dense(12, LOGS, y)
    np.testing.assert_allclose(-o.fun(v), likelihood, rtol=1e-10)
    np.testing.assert_allclose(
        o.jac(v), kalman.differences(lambda x: -kalman.filter_by_hand(12, o.structured(x), y), v), rtol=1e-7)
    trend, season = kalman.components(12, LOGS, y)
    np.testing.assert_allclose(trend + season, mean, atol=1e-11)
    assert abs(season[-12:].sum()) < 0.1 and np.ptp(season) > 0.2


def test_the_smoother_is_a_gradient_and_a_hessian(kalman: ModuleType, program: Any) -> None:
    y, logs = kalman.nile()[:40], {"irregular": 4.8, "level": 3.6}
    _, mean, variance = kalman.dense(0, logs, y)
    ours = program.smoothed_level(logs, y)
    np.testing.assert_allclose(ours[0], mean, rtol=1e-12)
    np.testing.assert_allclose(ours[1], variance, rtol=1e-9)


def test_what_was_not_observed(kalman: ModuleType, program: Any) -> None:
    """A missing value: the differences on both sides of it are one, with one more step of the level."""
    logs = {"irregular": 0.3, "level": -0.2}
    h, q = np.exp(0.6), np.exp(-0.4)
    variance = 2 * q + 2 * h
    known = 0.5 * (np.log(2 * np.pi * variance) + 3.0**2 / variance)
    np.testing.assert_allclose(program.level_cost(logs, [1.0, np.nan, 4.0]), known, rtol=1e-14)
    slope = catad.grad(program.level_cost)(logs, [1.0, np.nan, 4.0])
    half = 0.5 * (1 / variance - 9 / variance**2)
    np.testing.assert_allclose([slope["irregular"], slope["level"]], [half * 4 * h, half * 4 * q], rtol=1e-13)


def test_a_forecast_is_that_of_a_longer_series(kalman: ModuleType, program: Any) -> None:
    """Given what was seen, one more value is normal about the forecast."""
    y = kalman.airline()[:50]
    means, variances = program.forecast(12, 3, LOGS, y)
    for value in (5.0, 5.5):
        gain = kalman.dense(12, LOGS, np.append(y, value))[0] - kalman.dense(12, LOGS, y)[0]
        known = -0.5 * (np.log(2 * np.pi * variances[0]) + (value - means[0])**2 / variances[0])
        np.testing.assert_allclose(gain, known, rtol=1e-7)
    assert (np.diff(variances) > 0).all()
