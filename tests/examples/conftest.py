"""The folders of examples/ are no packages: their `problem.py` is loaded by its path."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).resolve().parent.parent.parent / "examples"


@pytest.fixture(scope="session")
def example() -> Callable[[str], ModuleType]:
    """examples/NAME/problem.py as a module."""
    def load(name: str) -> ModuleType:
        known = f"{name}_problem"
        if known not in sys.modules:
            spec = importlib.util.spec_from_file_location(known, FOLDER / name / "problem.py")
            assert spec is not None and spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            sys.modules[known] = module
            spec.loader.exec_module(module)
        return sys.modules[known]
    return load
