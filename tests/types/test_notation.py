"""Types are shown as they are written: with the parentheses that are needed, and no others."""

from __future__ import annotations

import pytest

from catad.source import Source
from catad.syntax import parse
from catad.types.check import check
from catad.types.type import F64, Prod

DECLARED = """
type shape a [n] = Points [n]a | Two (a, a) | Nothing
type opt a = None | Some a
type pair a b = Pair (a, b)
"""


@pytest.mark.parametrize("written", [
    "shape (f64, f64) [n]", "shape {x : f64, y : i64} [n]", "shape f64 [n]", "shape () [n]", "opt [n]f64",
    "opt [n, n]f64",
    "opt (opt [n]f64)", "opt ([n]opt f64)", "opt ([n]shape f64 [n])", "opt (shape (f64, f64) [n])", "[n]opt f64",
    "pair (f64, f64) (opt [n]f64)", "pair (f64 -> f64) [n](f64 -> f64)", "[n](f64 -> f64)",
    "opt (f64 -> f64)", "(f64, shape f64 [n]) -> opt f64",
])
def test_as_written(written: str) -> None:
    text = f"{DECLARED}def f [n] (x : {written}) (y : [n]f64) : f64 = 1"
    module = check(parse(Source("notation.cad", text)))
    assert str(module.definitions["f"].params[0][1]) == written


def test_a_tuple_of_one_is_shown_as_in_python() -> None:
    assert str(Prod((F64, Prod((F64,))))) == "(f64, (f64,))"
