"""Every seeded wrong rule is noticed, and the right rules pass: the checks bite."""

from __future__ import annotations

import pytest
from catad.proofs.mutants import CHECKS, MUTANTS, Check, killer

from catad.functors.kit import standard_kit


def test_there_are_enough() -> None:
    assert len(MUTANTS) >= 40


@pytest.mark.parametrize("name", MUTANTS)
def test_is_noticed(name: str) -> None:
    assert killer(MUTANTS[name]) is not None, MUTANTS[name].fault


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.name)
def test_right_rules_pass(check: Check) -> None:
    for seed in range(2):
        assert check.run(standard_kit(), seed) is None
