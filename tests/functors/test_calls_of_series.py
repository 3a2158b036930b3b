"""A definition too long to be inlined, called with series by the jet of its caller."""

import pytest

import catad


def test_jet_through_a_long_definition() -> None:
    """Fails when the coefficients of the called net are asked for as if its inputs were numbers."""
    f = catad.compile('import "std/special.cad" as sp\n'
                      "def f (x : f64) : f64 = sp.erfinv (tanh x) * sp.erfinv (x / 2)", entry="f")
    value, (first, second) = catad.jet(f, 2)(0.3, [1.0, 0.0])
    assert value == pytest.approx(f(0.3))
    assert first == pytest.approx(catad.grad(f)(0.3))
    assert second == pytest.approx(catad.grad(catad.grad(f))(0.3) / 2)
