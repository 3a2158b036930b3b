"""Bundle adjustment: the sparse Jacobian against complex steps, and what the solver leaves against the noise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import catad


@pytest.fixture(scope="module")
def bundle(example: Callable[[str], ModuleType]) -> ModuleType:
    return example("bundle")


def test_the_sparse_jacobian_is_that_of_complex_steps(bundle: ModuleType) -> None:
    scene = bundle.generate(cameras=8, points=80)
    r = scene.residuals()
    ours, other = r.jac_sparse(r.x0), bundle.complex_step(scene, r.x0)
    size = np.abs(other).max(axis=0).toarray()
    np.testing.assert_allclose(ours.toarray() / size, other.toarray() / size, atol=1e-12)
    assert r.colors.max() + 1 == 12
    assert ours.nnz == 24 * len(scene.camera)


@pytest.mark.parametrize("angle", [0.0, 1e-9, 1e-2, 0.9999e-2, 1.0, 3.1])
def test_rotations_and_their_second_derivatives(bundle: ModuleType, angle: float) -> None:
    """Through angle 0, where the closed formula is 0 / 0. The generators of rotations are known there."""
    rotate = catad.load(bundle.HERE / "bundle.cad").rotate
    w, x = angle * np.array([2.0, -1.0, 2.0]) / 3, np.array([0.3, -1.2, 2.0])
    np.testing.assert_allclose(rotate(w, x), Rotation.from_rotvec(w).apply(x), atol=1e-14)
    second = catad.jacobian(catad.jacobian(rotate))(w, x)
    h = 1e-5 * np.eye(3)
    first = catad.jacobian(rotate)
    for k in range(3):
        np.testing.assert_allclose(second[:, :, k], (first(w + h[k], x) - first(w - h[k], x)) / 2e-5, atol=1e-8)
    if angle == 0:
        eye = np.eye(3)                            # R = 1 + [w] + [w]² / 2 + …, and [w]² x = w (w·x) − x (w·w)
        known = (np.einsum("ki,j->kij", eye, x) + np.einsum("kj,i->kij", eye, x)) / 2 - np.einsum("ij,k->kij", eye, x)
        np.testing.assert_allclose(second, known, atol=1e-12)


def test_what_is_left_is_the_noise(bundle: ModuleType) -> None:
    scene = bundle.generate(cameras=10, points=150, seed=3)
    r = scene.residuals()
    found = bundle.adjust(scene, r)
    variance = 2 * found.costs[-1] / scene.freedom
    assert abs(variance / bundle.NOISE**2 - 1) < 5 * np.sqrt(2 / scene.freedom)
    assert found.costs[0] > 100 * found.costs[-1]
    gradient = r.jac_sparse(found.v).T @ r.fun(found.v)
    start = r.jac_sparse(r.x0).T @ r.fun(r.x0)
    assert np.linalg.norm(gradient) < 1e-7 * np.linalg.norm(start)


def test_files_of_bal_are_read(bundle: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "problem.txt"
    path.write_text("1 2 2\n0 0  1.5 -2.5\n0 1  3 4\n" + "\n".join(map(str, range(15))) + "\n")
    scene = bundle.read_bal(path)
    assert scene.pixel.tolist() == [[1.5, -2.5], [3, 4]] and scene.point.tolist() == [0, 1]
    assert scene.cameras.tolist() == [list(range(9))] and scene.points.tolist() == [[9, 10, 11], [12, 13, 14]]
    path.write_text("1 2 2\n0 0 1 2\n0 1 3 4\n 1 2 3\n")
    with pytest.raises(ValueError, match="15 numbers"):
        bundle.read_bal(path)
