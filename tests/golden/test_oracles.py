"""The values beside the programs are those that other software gives."""

from __future__ import annotations

import importlib
import math
import pathlib
from typing import Any

import numpy as np
import pytest

from catad.cli.comments import read_tests
from catad.source.files import read
from tests.golden.runner import literal

HERE = pathlib.Path(__file__).resolve().parent
DOMAINS = sorted(p.stem for p in (HERE / "oracles").glob("*.py") if p.stem not in ("__init__", "numerics"))
NAMES = sorted(p.stem for d in DOMAINS for p in HERE.glob(f"{d}_*.cad") if hasattr(
    importlib.import_module(f"tests.golden.oracles.{d}"), p.stem))


def same(told: Any, found: Any) -> bool:
    """Does the text say what the oracle found, to ten digits? None stands for what has no number."""
    if found is None:
        return True
    if isinstance(found, dict):
        return told.keys() == found.keys() and all(same(told[k], found[k]) for k in found)
    if isinstance(found, (list, tuple, np.ndarray)):
        return len(told) == len(found) and all(map(same, told, found))
    if isinstance(found, (bool, np.bool_)):
        return bool(told) == bool(found)
    x, y = float(told), float(found)
    return (math.isnan(x) and math.isnan(y)) or math.isclose(x, y, rel_tol=1e-10, abs_tol=1e-13)


@pytest.mark.parametrize("name", NAMES)
def test_values_are_the_oracles(name: str) -> None:
    module = importlib.import_module(f"tests.golden.oracles.{name.split('_')[0]}")
    told = [literal(t.value) for t in read_tests(read(HERE / f"{name}.cad")) if t.value is not None]
    found = getattr(module, name)()
    assert len(told) == len(found)
    for k, (x, y) in enumerate(zip(told, found, strict=True)):
        assert same(x, y), (k, x, y)


def test_every_oracle_has_a_program() -> None:
    for d in DOMAINS:
        module = importlib.import_module(f"tests.golden.oracles.{d}")
        made = [x for x in vars(module) if x.startswith(f"{d}_")]
        assert made and all((HERE / f"{x}.cad").exists() for x in made)
