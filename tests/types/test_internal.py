"""An i64 parameter that is an extent and nothing else counts as 0 when it is negative."""

from __future__ import annotations

import pytest

import catad

TEXT = """
def triangle (n : i64) : i64 = loop s = 0 for i < n do s + i
def calls (k : i64) : i64 = triangle (-3) + triangle k + triangle (k - 3)
def both (n : i64) : f64 = sum (for i < n -> f64 i) + f64 n
def more (n : i64) : f64 = sum (for i < n + 5 -> f64 i)
def array (n : i64) : [n]f64 = for i < n -> f64 i
def power (n : i64) (x : f64) : f64 = loop y = x for i < n do y * x
"""


@pytest.mark.parametrize("backend", ["llvm", "reference"])
def test_negative_extents(backend: str) -> None:
    """Fails when every extent that is a parameter is a size that may not be negative."""
    p = catad.compile(TEXT)
    call = {x: p[x].with_backend(backend) for x in ("triangle", "calls", "both", "more", "power")}
    assert [call["triangle"](n) for n in (-3, 0, 4)] == [0, 0, 6]
    assert call["calls"](5) == 11 and call["both"](-2) == -2.0 and call["more"](1) == 15.0
    assert catad.grad(p["power"], argnums=1).with_backend(backend)(-1, 3.0) == 1.0


@pytest.mark.parametrize("entry", ["more", "array"])
def test_sizes_that_may_not_be_negative(entry: str) -> None:
    with pytest.raises(catad.CatadError) as caught:
        catad.compile(TEXT)[entry](-3)
    assert caught.value.code == "E0607"
