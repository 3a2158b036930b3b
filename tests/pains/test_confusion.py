"""Five published programs in which one derivative takes the perturbation of another for its own; here none does.

ForwardDiff.jl#83, ForwardDiff.jl#238, ForwardDiff.jl#443, ReverseDiff.jl#45, eshkol PR#75; those of the literature
stand in tests/functors/test_confusion.py. A captured value is a constant to the inner derivative: that is all.
"""

from __future__ import annotations

import pytest

import catad

PROGRAMS = {
    # D (x ↦ x · D (y ↦ x + y) 1) 1 = 1
    "ForwardDiff.jl#83": ("diff (\\x -> x * diff (\\y -> x + y) 1.0) x", 1.0, 1.0),
    # a gradient in a derivative, over a vector that holds the outer variable
    "ForwardDiff.jl#238": ("diff (\\t -> sum (grad (\\v -> v[0] * v[1] * t) [t, t^2])) x", 2.0, 2 * 2.0 + 3 * 2.0**2),
    # tags of a function used at two levels: f = (z ↦ z^3) differentiated within its own derivative
    "ForwardDiff.jl#443": ("let f = \\z -> z^3 in diff (\\y -> f y * diff f (diff f y)) x", 1.5,
                           3 * 1.5**2 * 3 * (3 * 1.5**2)**2 + 1.5**3 * 6 * (3 * 1.5**2) * 6 * 1.5),
    # reverse in reverse, the inner one over a captured array
    "ReverseDiff.jl#45": ("(grad (\\v -> sum (grad (\\u -> u[0] * v[0] * u[1]) v)) [x, 2 * x])[0]", 1.0, 2 * 1.0 + 2.0),
    # a higher-order function whose argument is differentiated inside and out
    "eshkol PR#75": ("let d = \\f z -> diff f z in d (\\z -> z * d (\\y -> y * z) z) x", 3.0, 6.0),
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("inner", ("diff", "grad", "mixed"))
def test_published(name: str, inner: str) -> None:
    body, x, want = PROGRAMS[name]
    if inner == "grad":
        body = body.replace("diff", "grad")
    if inner == "mixed":
        body = body.replace("diff", "grad", 1)
    f = catad.compile(f"def f (x : f64) : f64 = {body}", entry="f")
    assert f(x) == pytest.approx(want, rel=1e-13)
    assert f.reference(x) == pytest.approx(want, rel=1e-13)
    h = 1e-6
    assert catad.grad(f)(x) == pytest.approx((f(x + h) - f(x - h)) / (2 * h), rel=1e-6, abs=1e-6)
