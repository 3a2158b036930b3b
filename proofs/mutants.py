"""Seeded wrong rules, and the checks that must notice each of them.

A mutant is a kit of functors (`catad.functors.kit`) that differs from the right one in one rule: a wrong equation of
the table, or a functor with one method changed. `killer(mutant)` runs the checks until one fails. Law: every mutant
is killed, the right kit passes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from catad.proofs import primitives, wrong
from catad.proofs.choice import Choice, Seeded
from catad.proofs.corpus import TEXTS, corpus
from catad.proofs.jets import JET_LAWS
from catad.proofs.laws import LAWS, Broken, Law, Maps, check
from catad.proofs.maps import Calculus, Map
from catad.proofs.nets import HELPERS, obj, polynomial, smooth
from catad.proofs.quotients import difference_quotient

from catad.functors.kit import Kit, standard_kit

__all__ = ["CHECKS", "MUTANTS", "Check", "Mutant", "killer", "random_maps"]

Test = Callable[[Kit, int], Broken | None]


@dataclass(frozen=True, slots=True)
class Check:
    """One way of looking for a fault: a function of a kit and a seed."""

    name: str
    run: Test
    seeds: int


@dataclass(frozen=True, slots=True)
class Mutant:
    """A kit with one fault. `by` names the layer that is expected to notice: oracle, axiom, or cross."""

    name: str
    fault: str
    by: str
    make: Callable[[], Kit]


# ── checks

def random_maps(c: Choice, *, exact: bool, steps: int = 10) -> Maps:
    make = polynomial if exact else smooth
    a, b, d = obj(c), obj(c), obj(c)
    return Maps(Map(make(c, a, b, steps)), Map(make(c, a, b, steps)), Map(make(c, b, d, steps)))


def _law(law: Law, *, exact: bool) -> Test:
    def run(kit: Kit, seed: int) -> Broken | None:
        c = Seeded(seed)
        maps = random_maps(c, exact=exact, steps=4 if law.name in ("RD.6", "RD.7") else 10)
        return check(law, Calculus(kit, HELPERS), maps, c, exact=exact)
    return run


def _quotient(kit: Kit, seed: int) -> Broken | None:
    c = Seeded(seed)
    return difference_quotient(Calculus(kit, HELPERS), random_maps(c, exact=False).f, c)


CORPUS_LAWS = ("dot-product", "jet-order-1", "jet-adjoint")


def _corpus(name: str) -> Test:
    """Adjointness and jets of one program of the corpus, exactly."""
    def run(kit: Kit, seed: int) -> Broken | None:
        f, nets = corpus()[name]
        maps = Maps(f, f, f)
        found = (check({**LAWS, **JET_LAWS}[law], Calculus(kit, nets), maps, Seeded(seed), exact=True)
                 for law in CORPUS_LAWS)
        return next((x for x in found if x is not None), None)
    return run


def _first(name: str) -> Test:
    return lambda kit, seed: primitives.first_order(kit, name, random.Random(seed))


def _jet(name: str) -> Test:
    return lambda kit, seed: primitives.jets(kit, name, seed, 3)


def _checks() -> Iterator[Check]:
    """Cheap ones first."""
    for name in primitives.NAMES:
        yield Check(f"oracle {name}", _first(name), 2)
    for name in ("sin", "exp", "tanh", "pow", "div", "sqrt"):
        yield Check(f"jet oracle {name}", _jet(name), 2)
    for name in TEXTS:
        yield Check(f"corpus: {name}", _corpus(name), 1)
    for law in LAWS.values():
        deep = law.name in ("RD.6", "RD.7")
        yield Check(law.name, _law(law, exact=True), 6 if deep else 25)
    yield Check("difference-quotient", _quotient, 10)
    for law in JET_LAWS.values():
        yield Check(law.name, _law(law, exact=False), 10)
        yield Check(f"{law.name}, exactly", _law(law, exact=True), 10)


CHECKS: tuple[Check, ...] = tuple(_checks())


def killer(mutant: Mutant) -> tuple[str, Broken | str] | None:
    """The first check that fails on this mutant; None if it survives all. A crash is a noticed fault too."""
    kit = mutant.make()
    for c in CHECKS:
        for seed in range(c.seeds):
            try:
                broken = c.run(kit, seed)
            except Exception as e:
                return c.name, f"{type(e).__name__}: {e}"
            if broken is not None:
                return c.name, broken
    return None


# ── mutants

def equation(text: str) -> Callable[[], Kit]:
    return lambda: replace(standard_kit(), rules=standard_kit().rules.changed(text))


def _mutants() -> Iterator[Mutant]:
    for name, text in wrong.EQUATIONS.items():
        yield Mutant(name, text.split(": ", 1)[1], "oracle", equation(text))
    for name, (fault, by, change) in wrong.STRUCTURE.items():
        yield Mutant(name, fault, by, lambda change=change: replace(standard_kit(), **change))  # type: ignore[misc]


MUTANTS: Mapping[str, Mutant] = MappingProxyType({m.name: m for m in _mutants()})
