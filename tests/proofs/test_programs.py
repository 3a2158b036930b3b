"""Random programs, the whole way from text: every law that applies, in every mode, at a random sample."""

from __future__ import annotations

import random

import mpmath
import numpy as np
import pytest
from catad.backends import exact, reference
from catad.proofs.choice import Seeded
from catad.proofs.examine import CHECKS, Entrywise, Skip
from catad.proofs.generate import Program, program, programs
from catad.proofs.sweep import one
from hypothesis import HealthCheck, given, settings

from catad import pipeline
from catad.net.net import Table
from catad.source import Source


def table(p: Program) -> Table:
    return pipeline.elaborate(pipeline.load(Source("<random>", p.text)))


@pytest.mark.parametrize("seed", range(24))
def test_laws(seed: int) -> None:
    """Adjointness, forward from reverse, Taylor, difference quotients, exactly over ℚ."""
    p = program(Seeded(seed), ring=seed % 2 == 0)
    e = Entrywise(table(p), "f", native=seed % 8 == 0)
    sample = e.good_sample(random.Random(seed))
    for name, check in CHECKS:
        try:
            assert check(e, sample, random.Random(seed)) is None, (name, p.text)
        except Skip:
            continue


@pytest.mark.parametrize("seed", range(5000, 5064))
def test_ways_and_modes_agree(seed: int) -> None:
    """A stretch of the sweep `python -m catad.proofs --programs N`."""
    found = one(seed, shrink=False)
    assert not found.failure, found.text


def test_a_wrong_way_is_found_and_shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep bites: with a reference that forgets a sign, some program fails, and a small one is shown."""
    from catad.proofs import sweep as sweeping
    right = reference.run
    monkeypatch.setattr("catad.proofs.agree.reference.run", lambda *a: [-1 * x for x in right(*a)])
    report = sweeping.sweep(0, 3, progress=False)
    assert report.next == 3 and report.failures
    body = report.failures[0].text.partition(" =\n")[2]
    assert len(body) < 40, body


def test_every_form_is_written() -> None:
    """Each construct of the language occurs in some program."""
    found = "".join(program(Seeded(k), kinks=k % 2 == 0, size=20).text for k in range(900))
    for construct in ("case ", "while ", "def rec ",
                      "derivative ", "assert ", "type ", " [n] = |", " with [", "accumulate ", "scan ",
                      "reduce ", "jet ", "jvp ", "vjp ", "grad ", "hess ", "\\", "let ", "if ", "for ", "loop ", "|>",
                      ">>", "<<", "{", "..", "&&", "||", "!", "div", "mod", "@", "^", "| _ ->", "f64 ", "i64 "):
        assert construct in found, construct


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs())
def test_optimisation_keeps_values(p: Program) -> None:
    """The derivatives with all rewriting and without any; Hypothesis shrinks a failing program."""
    t = table(p)
    e = Entrywise(t, "f")
    out = e.floats(e.run((), p.args))
    for kind, along in (("jvp", (p.args[0], *p.args[1:7], p.args[8])), ("vjp", out)):
        derived, name = pipeline.derive(t, "f", kind, argnums=e.active, single=False)
        args = [*p.args, *(x * 0 + 1.0 for x in along)]
        plain = reference.run(pipeline.prepare(derived, name, tidy=False), name, args)
        tidy = reference.run(pipeline.prepare(derived, name), name, args)
        for a, b in zip(plain, tidy, strict=True):
            assert b == pytest.approx(a, rel=1e-9, abs=1e-9)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs(ring=True))
def test_modulo_a_prime(p: Program) -> None:
    """The forward derivative of a ring program agrees modulo a prime with its rational value."""
    prime = 2**61 - 1
    t = table(p)
    e = Entrywise(t, "f")
    ready = e.ready("jvp")
    one = [x * 0 + 1.0 for x in (p.args[0], *p.args[1:7], p.args[8])]
    rational = exact.run(*ready, [*p.args, *one])
    modular = exact.run_mod(*ready, [*p.args, *one], prime)
    for q, r in zip(flat(rational), flat(modular), strict=True):
        assert q.numerator * pow(q.denominator, -1, prime) % prime == r


def flat(values: tuple[object, ...]) -> list[object]:
    return [x for v in values for x in (v.ravel().tolist() if hasattr(v, "ravel") else [v])]


@pytest.mark.parametrize("seed", range(1, 16, 2))
def test_jets_are_series(seed: int) -> None:
    """Coefficients to order 6 along a line, against numerical differentiation in many digits."""
    p = program(Seeded(seed), size=12)
    t = table(p)
    e = Entrywise(t, "f", native=False)
    line = [x * 0 + 0.25 for x in (p.args[0], *p.args[1:7], p.args[8])]
    order = 6
    got = e.run(("jet6",), [*p.args, *(np.stack([np.asarray(v), *(np.asarray(v) * 0,) * (order - 1)]) for v in line)])
    context = mpmath.MPContext()
    context.dps = 60

    def along(s: object) -> object:
        moved = [np.vectorize(lambda u, v: context.mpf(u) + s * v, [object])(x, dx)[()]
                 for x, dx in zip((p.args[0], *p.args[1:7], p.args[8]), line, strict=True)]
        return sum(flat(tuple(e.floats(e.exactly((), [*moved[:7], p.args[7], moved[7]], 600)))))

    want = [float(c) for c in context.taylor(along, 0, order)]
    n = e.results
    sums = [sum(np.sum(v) for v in e.floats(got[:n])), *(sum(np.sum(c[k]) for c in got[n:]) for k in range(order))]
    assert sums == pytest.approx(want, rel=1e-7, abs=1e-9)
