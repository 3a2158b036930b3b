"""The cloth: forces, stiffness, steps and gradients against NumPy, where they are derived by hand."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import catad


@pytest.fixture(scope="module")
def cloth(example: Callable[[str], ModuleType]) -> ModuleType:
    return example("cloth")


@pytest.fixture(scope="module")
def program(cloth: ModuleType) -> Any:
    return catad.load(cloth.HERE / "cloth.cad")


def test_forces_and_stiffness_are_derivatives_of_the_energy(cloth: ModuleType, program: Any) -> None:
    """At places where springs are stretched and pressed, and floor and ball are touched."""
    weave, x = cloth.square(4, away=0.2, up=0.1)
    x = x + np.random.default_rng(0).normal(0, 0.1, x.shape)
    assert (x[:, 2] < 0).any() and (np.linalg.norm(x - cloth.BALL["centre"], axis=1) < 0.4).any()
    gradient, hessian = cloth.forces(weave, x)
    ours = catad.grad(program.energy, argnums="x")(weave, cloth.MATERIAL, cloth.BALL, x)
    np.testing.assert_allclose(ours, gradient, rtol=1e-10, atol=1e-9)
    second = catad.hessian(program.energy, argnums="x")(weave, cloth.MATERIAL, cloth.BALL, x)
    np.testing.assert_allclose(second.reshape(hessian.shape), hessian, rtol=1e-10, atol=1e-8)


def test_a_throw_and_its_gradient(cloth: ModuleType) -> None:
    small = cloth.Toss(*cloth.square(3, away=0.9), h=0.02, steps=28)
    o = small.objective()
    cost, places = cloth.by_hand(small, cloth.THROW)
    deep = cloth.BALL["radius"] - np.linalg.norm(places - cloth.BALL["centre"], axis=1)
    assert deep.max() > 0, "the throw should reach the ball"
    np.testing.assert_allclose(small.motion(cloth.THROW)["x"][-1], places, atol=1e-9)
    np.testing.assert_allclose(o.fun(o.x0), cost, rtol=1e-9)
    known = [(cloth.by_hand(small, o.structured(o.x0 + e))[0] - cloth.by_hand(small, o.structured(o.x0 - e))[0]) / 2e-5
             for e in 1e-5 * np.eye(o.n)]
    np.testing.assert_allclose(o.jac(o.x0), known, atol=1e-5 * np.abs(known).max())


def test_the_mean_of_a_flying_cloth_moves_like_one_particle(cloth: ModuleType) -> None:
    """Springs and spin do not move it: implicit steps keep that exactly."""
    toss = cloth.Toss(*cloth.square(4, away=5.0, up=5.0), h=0.01, steps=20)
    mean = toss.motion({"velocity": np.array([1.0, -2.0, 3.0]), "spin": np.array([3.0, 1.0, -2.0])})["v"].mean(axis=1)
    v = np.array([1.0, -2.0, 3.0])
    for k in range(20):
        v = (v - [0, 0, 0.01 * 9.81]) / (1 + 0.01 * cloth.MATERIAL["drag"])
        np.testing.assert_allclose(mean[k + 1], v, atol=1e-10)


def test_a_held_particle_stays(cloth: ModuleType, program: Any) -> None:
    weave, x = cloth.square(3, up=2.0)
    free = np.ones(9)
    free[0] = 0
    start = {"x": x, "v": np.zeros_like(x)}
    states = program.motion(weave, cloth.MATERIAL, cloth.BALL, free, 0.02, 10, start)
    np.testing.assert_array_equal(states["x"][-1, 0], x[0])
    assert (states["x"][-1, 1:, 2] < 2).all()


def test_the_film_tells_the_material(cloth: ModuleType) -> None:
    found = cloth.identify(n=4, frames=8)
    for name, log in found.logs.items():
        assert abs(log - np.log(cloth.MATERIAL[name])) < 4.5 * found.errors[name], name
    assert found.errors["stretch"] < 0.1
    assert abs(found.chi2 - found.freedom) < 5 * np.sqrt(2 * found.freedom)
