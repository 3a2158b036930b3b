"""Jets of functions that call long definitions with jets inside."""

from __future__ import annotations

import numpy as np

import catad


def test_a_jet_through_a_called_definition_that_takes_a_jet() -> None:
    steps = "\n".join(f"  let y{k + 1} = 0.5 * sin y{k} + 0.4{k % 7} * y{k} + 0.01 in" for k in range(200))
    f = catad.compile("def inner (a : f64) : f64 = (jet (\\v -> v * v * a) (a, [1.0, 0.0])).1[0]\n"
                      f"def long (a : f64) : f64 =\n  let y0 = inner a in\n{steps}\n  y200\n"
                      "def f (a : f64) : f64 = long a + long (2 * a)\n").f
    value, row = catad.jet(f, 2)(0.7, [1.0, 0.0])
    first, second = catad.grad(f), catad.grad(catad.grad(f))
    assert any("call" in name for name in f.ops())                 # it is long enough to stay a call
    np.testing.assert_allclose(value, f(0.7), rtol=1e-13)
    np.testing.assert_allclose(row, [first(0.7), second(0.7) / 2], rtol=1e-10)
