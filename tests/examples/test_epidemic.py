"""The epidemic: solution and gradient against SciPy with tangent equations, the sampler against a known density."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy.stats import nbinom

import catad


@pytest.fixture(scope="module")
def epidemic(example: Callable[[str], ModuleType]) -> ModuleType:
    return example("epidemic")


@pytest.fixture(scope="module")
def program(epidemic: ModuleType) -> Any:
    return catad.load(epidemic.HERE / "epidemic.cad")


def test_the_course_and_its_derivatives(epidemic: ModuleType, program: Any) -> None:
    ill, slopes = epidemic.sensitivities(1.9, 0.4, 10)
    np.testing.assert_allclose(program.course(10, 6, 1.9, 0.4, epidemic.PEOPLE), ill, rtol=1e-9)
    ours = catad.jacobian(program.course, ("beta", "gamma"))(10, 6, 1.9, 0.4, epidemic.PEOPLE)
    np.testing.assert_allclose(ours, slopes, atol=1e-9 * np.abs(slopes).max())


def test_taylor_steps_are_of_order_eight(program: Any) -> None:
    fine = program.course(5, 64, 1.7, 0.5, 763.0)
    errors = [np.abs(program.course(5, k, 1.7, 0.5, 763.0) - fine).max() for k in (1, 2)]
    assert 7 < np.log2(errors[0] / errors[1]) < 9.5


@pytest.mark.parametrize(("k", "mean", "size"), [(0, 3.0, 2.0), (7, 0.2, 0.5), (298, 210.0, 9.0), (1, 1e-3, 1e3)])
def test_negative_binomial(program: Any, k: int, mean: float, size: float) -> None:
    np.testing.assert_allclose(program.negative_binomial(k, mean, size), nbinom.logpmf(k, size, size / (size + mean)),
                               rtol=1e-9)


def test_density_and_gradient(epidemic: ModuleType, program: Any) -> None:
    both = catad.value_and_grad(program.log_posterior, argnums="x")
    for x in (epidemic.START, np.log([1.6, 0.6, 4.0])):
        value, gradient = epidemic.density(x)
        ours, slope = both(epidemic.PEOPLE, epidemic.COUNTS, x)
        np.testing.assert_allclose(ours + epidemic.constant(), value, atol=1e-6)
        np.testing.assert_allclose(slope, gradient, rtol=1e-6, atol=1e-6)


def test_the_mode_and_its_hessian(epidemic: ModuleType) -> None:
    found = epidemic.laplace()
    _, gradient = epidemic.density(found.mode)
    np.testing.assert_allclose(gradient, 0, atol=1e-5)
    h = 1e-3 * np.eye(3)
    hessian = [(epidemic.density(found.mode + e)[1] - epidemic.density(found.mode - e)[1]) / 2e-3 for e in h]
    np.testing.assert_allclose(np.linalg.inv(found.covariance), -np.array(hessian), rtol=1e-4, atol=1e-3)
    ratio, low, high = found.ratio()
    assert low < 3.22 < high and abs(ratio - 3.17) < 0.02


def test_the_sampler_on_a_normal_density(epidemic: ModuleType) -> None:
    """Means, variances and the covariance of a density that is known; steps too long are refused."""
    f = catad.compile(
        'import "epidemic.cad" as e\n'
        "def cost (x : [2]f64) : f64 = -(0.5 * (x[0] - 1)^2 + 0.5 * ((x[1] - 0.6 * (x[0] - 1)) / 0.8)^2)\n"
        "def main (draws : i64) (length : f64) : [draws]([2]f64, bool) =\n"
        "  e.hamiltonian cost (identity 2) draws 8 length 5 [0.0, 0.0]\n",
        entry="main", root=epidemic.HERE)
    x, accepted = f(20000, 0.2)
    np.testing.assert_allclose(x.mean(axis=0), [1, 0], atol=0.05)
    np.testing.assert_allclose(np.cov(x.T), [[1, 0.6], [0.6, 1]], atol=0.06)
    assert accepted.mean() > 0.95
    assert f(200, 4.0)[1].mean() < 0.2


def test_chains_agree(epidemic: ModuleType) -> None:
    samples, accepted = epidemic.chains(epidemic.laplace(), 300)
    ratio = np.exp(samples[:, :, 0] - samples[:, :, 1])
    assert accepted > 0.8 and abs(ratio.mean() - 3.22) < 0.1
    assert max(epidemic.split_r_hat(samples[:, :, k]) for k in range(3)) < 1.05
    assert epidemic.split_r_hat(samples[:, :, 0] + 0.1 * np.arange(4)[:, None]) > 1.2
