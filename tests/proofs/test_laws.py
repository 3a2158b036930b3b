"""The laws hold for random maps: exactly for polynomials, to rounding for smooth ones."""

from __future__ import annotations

import pytest
from catad.proofs.choice import Choice, Seeded, drawn
from catad.proofs.jets import JET_LAWS
from catad.proofs.laws import LAWS, Maps, check
from catad.proofs.maps import Calculus, Map
from catad.proofs.nets import HELPERS, obj, polynomial, smooth
from catad.proofs.quotients import difference_quotient
from hypothesis import HealthCheck, given, settings

from catad.functors.kit import standard_kit

DEEP = ("RD.6", "RD.7")                                                  # three and four derivatives of a map


def maps(c: Choice, *, exact: bool, steps: int = 5) -> Maps:
    make = polynomial if exact else smooth
    a, b, d = obj(c), obj(c), obj(c)
    return Maps(Map(make(c, a, b, steps)), Map(make(c, a, b, steps)), Map(make(c, b, d, steps)))


@pytest.mark.parametrize("name", LAWS)
def test_holds_exactly(name: str) -> None:
    """Mutants `copy-forgets`, `swap-residuals` and others fail here."""
    for seed in range(6 if name in DEEP else 12):
        c = Seeded(seed)
        m = maps(c, exact=True, steps=3 if name in DEEP else 6)
        assert check(LAWS[name], Calculus(standard_kit(), HELPERS), m, c, exact=True) is None, seed


@pytest.mark.parametrize("name", LAWS)
def test_holds_for_smooth_maps(name: str) -> None:
    for seed in range(3 if name in DEEP else 6):
        c = Seeded(1000 + seed)
        m = maps(c, exact=False, steps=3 if name in DEEP else 6)
        assert check(LAWS[name], Calculus(standard_kit(), HELPERS), m, c, exact=False) is None, seed


@pytest.mark.parametrize("name", JET_LAWS)
def test_jets(name: str) -> None:
    for seed in range(8):
        exact = seed % 2 == 0
        c = Seeded(seed)
        m = maps(c, exact=exact, steps=6)
        assert check(JET_LAWS[name], Calculus(standard_kit(), HELPERS), m, c, exact=exact) is None, seed


def test_derivative_is_a_limit() -> None:
    """Difference quotients in 60 digits, for smooth random maps."""
    for seed in range(8):
        c = Seeded(seed)
        assert difference_quotient(Calculus(standard_kit(), HELPERS), maps(c, exact=False).f, c) is None, seed


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn(lambda c: (maps(c, exact=True), c)))
def test_modes_are_adjoint(drawn_maps: tuple[Maps, Choice]) -> None:
    """Hypothesis shrinks what fails to a small net. A wire that entered a call twice was found by this law."""
    m, _ = drawn_maps
    for name in ("dot-product", "forward-from-reverse", "RD.5"):
        assert check(LAWS[name], Calculus(standard_kit(), HELPERS), m, Seeded(1), exact=True) is None
