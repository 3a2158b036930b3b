"""The Gaussian mixture: density and gradient against SciPy and against formulas derived by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy.special import logsumexp, multigammaln
from scipy.stats import multivariate_normal

import catad

FOLDER = Path(__file__).resolve().parent.parent.parent / "examples"


@pytest.fixture(scope="module")
def gmm(example: Callable[[str], ModuleType]) -> ModuleType:
    return example("gmm")


def test_the_density_is_that_of_normal_distributions(gmm: ModuleType) -> None:
    p = gmm.read(FOLDER / "data" / "gmm_d2_K5.txt")
    theta, (n, d) = p.start, p.x.shape
    q = gmm.triangles(theta)
    weights = theta["alpha"] - logsumexp(theta["alpha"])
    parts = [w + multivariate_normal(mu, np.linalg.inv(t.T @ t)).logpdf(p.x)
             for w, mu, t in zip(weights, theta["mu"], q, strict=True)]
    m, k = d + p.m + 1, len(weights)
    prior = k * (m * d * np.log(p.gamma / np.sqrt(2)) - multigammaln(m / 2, d)) \
        - 0.5 * p.gamma**2 * (q**2).sum() + p.m * theta["q"].sum()
    ours = catad.load(FOLDER / "gmm" / "gmm.cad").log_posterior(theta, p.x, p.gamma, p.m)
    assert n == 1000
    np.testing.assert_allclose(ours, logsumexp(parts, axis=0).sum() + prior, rtol=1e-12)


def test_the_gradient_is_that_by_hand(gmm: ModuleType) -> None:
    p = gmm.read(FOLDER / "data" / "gmm_d2_K5.txt")
    gradient = catad.grad(catad.load(FOLDER / "gmm" / "gmm.cad").log_posterior)(p.start, p.x, p.gamma, p.m)
    for name, known in gmm.gradient_by_hand(p.start, p).items():
        np.testing.assert_allclose(gradient[name], known, rtol=1e-10, atol=1e-10 * np.abs(known).max())
