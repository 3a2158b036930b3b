"""Functions that are chosen, stored and carried while the program runs agree with the same written out by hand, and
with the reference evaluator; so do their derivatives of every kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from catad.proofs.choice import Seeded, drawn
from hypothesis import HealthCheck, given, settings

from catad.api.program import Program
from catad.core.evaluate import evaluate
from catad.source import CatadError, Source
from catad.syntax import parse
from catad.types.check import check
from tests.pipeline.functions_as_data import FORMS, random_program

MODES = """
type either = Number f64 | Function (f64 -> f64)
def f (k : i64) (x : f64) : f64 = {}
def main (k : i64) (x : f64) : ((f64, f64), (f64, f64), [3]f64, f64) =
  (value_and_grad (f k) x, jvp (f k) x 1.0, (jet (f k) (x, [1.0, 0.0, 0.0])).1, grad (grad (f k)) x)
"""


def flat(x: Any) -> list[float]:
    return [v for i in x for v in flat(i)] if isinstance(x, (tuple, list, np.ndarray)) else [float(x)]


@pytest.mark.parametrize("name", FORMS)
def test_form(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Value, gradient, forward, Taylor to order 3, gradient of the gradient: native, reference, and by hand."""
    monkeypatch.setenv("CATAD_CACHE", "off")
    data, plain = (Program(Source(f"{name}.cad", MODES.format(body)))["main"] for body in FORMS[name])
    for k in range(3):
        want = flat(plain.reference(k, 0.7))
        assert flat(data.reference(k, 0.7)) == pytest.approx(want, rel=1e-12, abs=1e-12)
        assert flat(data(k, 0.7)) == pytest.approx(want, rel=1e-12, abs=1e-12)


def agree(text: str, native: bool) -> None:
    """Values and forward derivatives against the evaluator of terms; the gradient against the forward one."""
    text += "\ndef main (k : i64) (x : f64) : ((f64, f64), f64) = (jvp (f k) x 1.0, grad (f k) x)\n"
    module = check(parse(Source("random.cad", text)))
    try:
        compiled = Program(Source("random.cad", text))["main"]
        for k in range(3):
            want, slope = evaluate(module, "main", [k, 0.7])[0]
            got = flat(compiled(k, 0.7) if native else compiled.reference(k, 0.7))
            assert got == pytest.approx([want, slope, slope], rel=1e-9, abs=1e-9), text
    except CatadError as e:
        raise AssertionError(f"{e}\n{text}") from e


@pytest.mark.parametrize("seed", range(30))
def test_random(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATAD_CACHE", "off")
    agree(random_program(Seeded(seed)), native=seed % 6 == 0)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn(random_program))
def test_property(text: str) -> None:
    agree(text, native=False)


def test_evaluator_agrees_by_hand() -> None:
    """The oracle itself, on programs with known values."""
    for name, bodies in FORMS.items():
        values = []
        for body in bodies:
            text = MODES.format(body).split("def main")[0]
            values.append([evaluate(check(parse(Source(f"{name}.cad", text))), "f", [k, 0.7]) for k in range(3)])
        assert values[0] == pytest.approx(values[1], rel=1e-12), name
