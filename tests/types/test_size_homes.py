"""A size is bound where everything that its term speaks of is known."""

from __future__ import annotations

import pytest

from catad.api.program import Program
from catad.source import Source


def test_a_local_that_cancels() -> None:
    """j - i is k, which is known outside of the loop over i; but the term speaks of j and i."""
    text = ("def f (t : [3]i64) : [3]i64 = loop t = t for k < 2 do loop t = t for i < 3 do"
            " let j = i + k in t with [j mod 3] = sum (for l < j - i -> t[l]) + 1")
    want = [5, 6, 7]
    for k in range(2):
        for i in range(3):
            want[(i + k) % 3] = sum(want[:k]) + 1
    assert Program(Source("<test>", text))["f"]([5, 6, 7]).tolist() == want


@pytest.mark.parametrize("backend", ("llvm", "reference"))
def test_ends_of_slices_in_different_scopes(backend: str) -> None:
    """The second slice has a length that the first had within a function; found by random programs 8278 and 10121."""
    text = ("def f [n] (x : [n]f64) : [n]f64 = for i < n ->"
            " (\\z -> z + sum (let y = x[n - 1 - i..] in y)) (sum (let y = x[i..] in y))"
            " + ((\\z -> sum x[n - 1 - i..] * z) << (\\z -> z - sum x[n - 1 - i..])) 2.0")
    x = [1.0, 2.0, 4.0]
    f = Program(Source("<test>", text))["f"].with_backend(backend)
    want = [sum(x[2 - i:]) + sum(x[i:]) + sum(x[2 - i:]) * (2 - sum(x[2 - i:])) for i in range(3)]
    assert f(x).tolist() == want
