"""Counted cost: gradients are cheap at every size, before and after optimisation; jets cost what products cost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from catad.proofs.gradients import AFTER, BEFORE, FAMILIES, JET, gradient, jet
from catad.proofs.wrong import DENSE

from catad.functors.kit import standard_kit


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("tidy", (True, False))
def test_gradient_is_cheap(name: str, tidy: bool) -> None:
    family = FAMILIES[name]
    ratios = [gradient(family, k, tidy=tidy).value for k in family.ks]
    assert max(ratios) <= (AFTER if tidy else BEFORE), ratios
    assert ratios[-1] <= 1.05 * ratios[-2] + 0.02, ratios                        # it does not grow


def test_doubling_calls_run_again_once_a_level() -> None:
    """g{k} calls g{k-1} twice: where the residual would be as long as the unfolded program, the call runs again."""
    ratios = [gradient(FAMILIES["calls"], k, tidy=True).value for k in (7, 9, 11)]
    assert all(r <= AFTER + max(0, k - 8) for r, k in zip(ratios, (7, 9, 11), strict=True)), ratios


@pytest.mark.parametrize("name", FAMILIES)
def test_jets_are_cheap(name: str) -> None:
    family = FAMILIES[name]
    seen = set()
    for order in (1, 4):
        whole, special = jet(family, family.ks[0], order)
        assert whole.derived <= JET * (order + 1) * (order + 2) / 2 * whole.plain
        assert special.derived <= 2 * special.plain                              # sine brings cosine
        seen.add(special.derived)
    assert len(seen) == 1                                                        # whatever the order


def test_a_dense_zero_for_each_gather_is_noticed() -> None:
    kit = replace(standard_kit(), reverse=DENSE)
    family = FAMILIES["gather in a state loop"]
    ratios = [gradient(family, k, tidy=False, kit=kit).value for k in family.ks]
    assert ratios[-1] > 1.5 * ratios[-2]
