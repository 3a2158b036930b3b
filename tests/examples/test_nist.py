"""The NIST problems: exact derivatives, and as many digits as are certified."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import catad

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "examples" / "nist"


@pytest.fixture(scope="module")
def nist(example: Callable[[str], ModuleType]) -> ModuleType:
    return example("nist")


def test_all_models_are_there(nist: ModuleType) -> None:
    problems = nist.read()
    assert len(problems) == 27
    models = catad.load(FOLDER / "nist.cad")
    assert set(models) == {p.name.lower() for p in problems}


@pytest.mark.parametrize(("name", "start"), [("ENSO", 1), ("Lanczos3", 1), ("MGH10", 0), ("Nelson", 1)])
def test_polishing_reaches_what_is_certified(nist: ModuleType, name: str, start: int) -> None:
    """Without second derivatives ENSO stops at 9 digits."""
    p = next(p for p in nist.read() if p.name == name)
    found = nist.fit(p, p.residuals(), p.starts[start])
    assert found.digits >= 10 and found.square_digits >= 10
    assert found.newton <= 6


@pytest.mark.parametrize("name", ["Bennett5", "Gauss2", "Roszman1", "Nelson"])
def test_derivatives_are_those_of_sixty_digits(nist: ModuleType, name: str) -> None:
    """Gradient and Hessian of the sum of squares at both starts, against the computation kept with the data."""
    case = next(c for c in json.loads(nist.DATA.read_text())["cases"] if c["name"] == name)
    p = next(p for p in nist.read() if p.name == name)
    r = p.residuals()
    for k, key in enumerate(("start1", "start2")):
        v, known = np.array(p.starts[k]), case["reference"][key]
        values, jacobian = r.fun(v), r.jac(v)
        gradient = np.array([float(x) for x in known["gradient"]])
        hessian = np.zeros((len(v), len(v)))
        for i, row in enumerate(known["hessian_lower"]):
            hessian[i, :i + 1] = hessian[:i + 1, i] = [float(x) for x in row]
        scale = np.sqrt(2) * np.linalg.norm(jacobian, axis=0)
        size = np.linalg.norm(values)
        np.testing.assert_allclose(values @ values, float(known["rss"]), rtol=1e-11)
        np.testing.assert_allclose(2 * jacobian.T @ values / scale / size, gradient / scale / size, atol=1e-12)
        ours = 2 * (jacobian.T @ jacobian + r.hess(v, values))
        unit = np.abs(np.diag(ours)) ** 0.5 + scale
        np.testing.assert_allclose(ours / unit / unit[:, None], hessian / unit / unit[:, None], atol=1e-11)


def test_digits_are_counted_as_nist_does(nist: ModuleType) -> None:
    assert nist.digits(1.0, 1.0) == 11
    assert nist.digits(1.001, 1.0) == pytest.approx(3)
    assert nist.digits(-5.0, 1.0) == 0
    assert nist.digits(float("nan"), 1.0) == 0
