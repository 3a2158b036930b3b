"""The reference backend refuses an array that is too large before it runs the loop that would fill it."""

import pytest

import catad
from catad import CatadError


def test_refused_after_one_trip() -> None:
    """Fails when the entries are gathered first: that takes hours, and then the machine's memory."""
    f = catad.compile("def f (n : i64) : f64 = let x = (for i < n -> f64 i) in x[n div 2] + maximum x", entry="f")
    with pytest.raises(CatadError, match="1000000000000 entries") as caught:
        f.reference(10**12)
    assert caught.value.code == "E0507"
