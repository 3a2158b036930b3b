"""Nothing leaks from a branch that is not taken, at first and second order: selection, never multiplication by 0."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.functors.programs import run

# text, point, first derivative, second derivative
SAFE = {
    "sqrt": ("if x > 0.0 then sqrt x else 0.0", 0.0, 0.0, 0.0),
    "sqrt below": ("if x > 0.0 then x * sqrt x else x * x", -1.0, -2.0, 2.0),
    "log": ("if x == 0.0 then 0.0 else x * log x", 0.0, 0.0, 0.0),
    "division": ("if x == 0.0 then 1.0 else sin x / x", 0.0, 0.0, 0.0),
    "overflow": ("if x > 100.0 then x else log (1.0 + exp x)", 1000.0, 1.0, 0.0),
    "nested": ("if x < 1.0 then (if x > 0.0 then log x else x) else sqrt (1.0 - x)", -1.0, 1.0, 0.0),
    "in a loop": ("sum (for i < 3 -> if x > f64 i then sqrt (x - f64 i) * 0.0 else x * x)", 0.0, 0.0, 6.0),
    "power at zero": ("x^2 + x^3 + x^0 + x^1", 0.0, 1.0, 2.0),
    "pow at zero": ("pow x 2.0", 0.0, 0.0, 2.0),
    "pow, cubed": ("pow x 3.0", 0.0, 0.0, 0.0),
    "relu": ("relu x + relu (-x)", 0.0, 0.0, 0.0),
    "abs": ("abs x + x * abs x", 0.0, 0.0, 0.0),
    "hypot": ("hypot x 0.0", 0.0, 0.0, 0.0),
}


@pytest.mark.parametrize("name", SAFE)
def test_first_and_second(name: str) -> None:
    body, x, first, second = SAFE[name]
    text = f"def f (x : f64) : f64 = {body}"
    assert run(text, "f", x, kinds=("grad",))[0] == pytest.approx(first, abs=1e-12)
    assert run(text, "f", x, 1.0, kinds=("jvp",))[1] == pytest.approx(first, abs=1e-12)
    assert run(text, "f", x, kinds=("hessian",))[0] == pytest.approx(second, abs=1e-12)
    assert run(text, "f", x, kinds=("grad", "grad"))[0] == pytest.approx(second, abs=1e-12)
    jet = run(text, "f", x, np.array([1.0, 0.0]), kinds=("jet",), order=2)[1]
    np.testing.assert_allclose(jet, [first, second / 2], atol=1e-12)


def test_norm_at_zero() -> None:
    text = "def f (x : [3]f64) : f64 = norm x"
    np.testing.assert_array_equal(run(text, "f", np.zeros(3), kinds=("grad",))[0], np.zeros(3))
    assert not np.isnan(run(text, "f", np.zeros(3), kinds=("hessian",))[0]).any()


def test_where_the_language_promises_infinity() -> None:
    """sqrt'(0) = +inf, and 0 · inf is NaN, as IEEE says."""
    assert run("def f (x : f64) : f64 = sqrt x", "f", 0.0, kinds=("grad",))[0] == math.inf
    assert math.isnan(run("def f (x : f64) : f64 = 0.0 * sqrt x", "f", 0.0, kinds=("grad",))[0])


@pytest.mark.parametrize(("body", "point", "want"), (
    ("max x[0] x[1]", [1.0, 1.0], [1.0, 0.0]),
    ("min x[0] x[1]", [1.0, 1.0], [1.0, 0.0]),
    ("maximum x", [2.0, 2.0], [1.0, 0.0]),
    ("minimum x", [2.0, 2.0], [1.0, 0.0]),
    ("(sort x)[0]", [2.0, 2.0], [1.0, 0.0]),
    ("product x", [0.0, 3.0], [3.0, 0.0]),
    ("product x", [0.0, 0.0], [0.0, 0.0]),
))
def test_kinks_are_linear_choices(body: str, point: list[float], want: list[float]) -> None:
    """The same choice in every mode."""
    text = f"def f (x : [2]f64) : f64 = {body}"
    x = np.array(point)
    np.testing.assert_array_equal(run(text, "f", x, kinds=("grad",))[0], want)
    for k in range(2):
        unit = np.eye(2)[k]
        assert run(text, "f", x, unit, kinds=("jvp",))[1] == want[k]
        assert run(text, "f", x, unit[None, :], kinds=("jet",), order=1)[1][0] == want[k]
