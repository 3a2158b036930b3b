"""Every seeded wrong rule is noticed, and the right rules pass: the checks bite."""

from __future__ import annotations

import pytest
from catad.proofs.laws import Broken
from catad.proofs.mutants import CHECKS, MUTANTS, Check, killer

from catad.functors.kit import standard_kit


def test_there_are_enough() -> None:
    assert len(MUTANTS) >= 40


@pytest.mark.parametrize("name", MUTANTS)
def test_is_noticed(name: str) -> None:
    found = killer(MUTANTS[name])
    assert found is not None, MUTANTS[name].fault
    assert isinstance(found[1], Broken)                                 # by a law, not by a crash


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.name)
def test_right_rules_pass(check: Check) -> None:
    for seed in range(2):
        assert check.run(standard_kit(), seed) is None
