"""Primitives against mpmath: first derivatives in both modes, jets to order 10 along random curves."""

from __future__ import annotations

import random

import pytest
from catad.proofs import primitives

from catad.functors.kit import standard_kit


@pytest.mark.parametrize("name", primitives.NAMES)
def test_first_derivatives(name: str) -> None:
    for seed in range(4):
        assert primitives.first_order(standard_kit(), name, random.Random(seed)) is None


@pytest.mark.parametrize("name", primitives.NAMES)
def test_jets(name: str) -> None:
    """To order 10, unfolded into coefficients and as series."""
    assert primitives.jets(standard_kit(), name, 7, 10) is None
    assert primitives.jets(standard_kit(), name, 8, 4) is None
