"""The pendulum: its equations against those of the textbook, its energy, its gradient against differences."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

import catad

Q, REST = np.array([2.0, 1.0]), np.zeros(2)


def test_accelerations_are_those_of_the_textbook(example: Callable[[str], ModuleType]) -> None:
    p = example("pendulum")
    for q, v in np.random.default_rng(0).normal(size=(10, 2, 2)):
        np.testing.assert_allclose(p.acceleration(q, v), p.textbook(q, v), rtol=1e-10)


def test_energy_is_conserved_and_gradients_go_through_all_steps(example: Callable[[str], ModuleType]) -> None:
    p = example("pendulum")
    assert p.energy(*p.swing(Q, REST, 1000)) == pytest.approx(p.energy(Q, REST), rel=1e-9)
    g = catad.grad(p.last_angle)(Q, 200)
    for k, d in enumerate(1e-5 * np.eye(2)):
        assert g[k] == pytest.approx((p.last_angle(Q + d, 200) - p.last_angle(Q - d, 200)) / 2e-5, rel=1e-6)
