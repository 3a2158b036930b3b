"""A size is bound where everything that its term speaks of is known."""

from __future__ import annotations

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
