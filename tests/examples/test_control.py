"""Gradients through events: bounces against formulas and SciPy, landings against the known optimum."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import catad


@pytest.fixture(scope="module")
def control(example: Callable[[str], ModuleType]) -> ModuleType:
    return example("control")


@pytest.fixture(scope="module")
def program(control: ModuleType) -> Any:
    return catad.load(control.HERE / "control.cad")


@pytest.mark.parametrize("contacts", [1, 2, 5])
@pytest.mark.parametrize("angle", [0.1, 0.8, 1.5])
def test_bounces_without_air_have_a_formula(control: ModuleType, program: Any, contacts: int, angle: float) -> None:
    throw = {"speed": 9.0, "angle": angle}
    x, gradient = control.range_without_air(0.6, contacts, 9.0, angle)
    np.testing.assert_allclose(program.bounce(0.0, 0.6, contacts, throw)["x"], x, rtol=1e-11)
    there = catad.jacobian(program.bounce, argnums="throw")(0.0, 0.6, contacts, throw)["x"]
    np.testing.assert_allclose([there["speed"], there["angle"]], gradient, rtol=1e-9, atol=1e-9)


def test_second_derivatives_go_through_the_event(control: ModuleType) -> None:
    """Range v² sin 2α / g: the time of the contact is differentiated twice."""
    reach = catad.compile('import "control.cad" as c\n'
                          "def reach (v : [2]f64) : f64 = (c.bounce 0.0 0.5 1 {speed = v[0], angle = v[1]}).x",
                          entry="reach", root=control.HERE)
    v, a = 8.0, 0.7
    known = np.array([[2 * np.sin(2 * a), 4 * v * np.cos(2 * a)], [4 * v * np.cos(2 * a), -4 * v**2 * np.sin(2 * a)]])
    np.testing.assert_allclose(catad.hessian(reach)([v, a]), known / 9.81, rtol=1e-9)


def test_bounces_in_air_are_those_of_scipy(control: ModuleType, program: Any) -> None:
    found = program.bounce(0.05, 0.8, 3, {"speed": 15.0, "angle": 1.0})
    np.testing.assert_allclose([found["x"], found["t"]], control.bounce_by_scipy(0.05, 0.8, 3, 15.0, 1.0), rtol=1e-7)


def test_the_jacobian_of_a_landing(control: ModuleType) -> None:
    r = control.residuals(control.START, 5, 9.0, 0.62, -0.3)
    np.testing.assert_allclose(r.fun(r.x0), control.landing_by_scipy(r.x0, 9.0, control.START), rtol=1e-6)
    h = 1e-4 * np.eye(r.n)
    known = np.array([(control.landing_by_scipy(r.x0 + e, 9.0, control.START)
                       - control.landing_by_scipy(r.x0 - e, 9.0, control.START)) / 2e-4 for e in h]).T
    np.testing.assert_allclose(r.jac(r.x0), known, atol=1e-5 * np.abs(known).max(), rtol=1e-4)


def test_straight_down_is_the_known_optimum(control: ModuleType) -> None:
    fuel, ignition, duration = control.straight_down()
    down = control.optimal(control.ABOVE, 25, 2.0, upright=True)
    assert down.missed < 1e-5
    assert -1e-3 < down.fuel - fuel < 0.5
    assert abs(down.duration - duration) < 0.1
    k = int(ignition / 2)
    np.testing.assert_allclose(down.throttle[:k], 0.1, atol=1e-3)
    np.testing.assert_allclose(down.throttle[k + 1:int(duration / 2)], 1, atol=1e-3)
