"""Definitions too long to unfold stay calls, in every mode; what they bind inside is known in their backward part."""

from __future__ import annotations

import math

import pytest

from catad.api.program import Program
from catad.api.transforms import grad, jvp
from catad.source import Source

LONG = " + ".join(f"x * {k}.5" for k in range(1, 260))       # far more boxes than are unfolded, and no residual
BODIES = {
    "while": f"loop y = {LONG} while y < 50 do y * 1.5 + x",
    "a size found on the way": f"let z = {LONG} in sum (for i < i64 (3 + x) -> z * x^i)",
    "an array of such a size": f"let z = {LONG} in let a = for i < i64 (3 + x) -> z * sin (x * f64 i) in a[1] * a[2]",
    "both in a branch": f"let z = {LONG} in if x > 0 then loop y = z while y < 9 do y + x * x else z",
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("backend", ("llvm", "reference"))
def test_gradient_of_calls(name: str, backend: str) -> None:
    text = f"def g (x : f64) : f64 =\n  {BODIES[name]}\ndef f (x : f64) : f64 = g x * g (x + 0.25) + g x\n"
    f = Program(Source("<test>", text))["f"].with_backend(backend)
    h, x = 1e-6, 0.6
    want = (f(x + h) - f(x - h)) / (2 * h)
    assert math.isclose(grad(f)(x), want, rel_tol=1e-5)
    assert math.isclose(jvp(f)(x, 1.0)[1], grad(f)(x), rel_tol=1e-11)
    assert math.isclose(grad(grad(f))(x), jvp(grad(f))(x, 1.0)[1], rel_tol=1e-9)
