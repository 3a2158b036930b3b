"""What a gradient will take is said before it runs, and grows no faster than the loops do.

jax#3186, jax PR#1749, jax#27748; exojax PR#604.
"""

from __future__ import annotations

import numpy as np
import pytest

import catad
from catad.source import CatadError

LOOP = "def f [n] (x : [n]f64) : f64 = loop s = 1.0 for i < n do sin (s * x[i])"


def test_the_tape_is_reported_before_running() -> None:
    """One number for each trip of a loop whose state is needed again; none for the value itself."""
    f = catad.compile(LOOP, entry="f")
    assert f.memory(np.ones(1000)).workspace == 0
    small, large = (catad.grad(f).memory(np.ones(n)) for n in (1000, 100_000))
    assert 8_000 <= small.workspace <= 16_000 and 800_000 <= large.workspace <= 1_600_000
    assert small.results == 8_000 and not small.grows
    assert str(small) == f"{small.workspace} bytes of workspace, 8000 of results"


def test_it_does_not_run() -> None:
    """A gradient that no memory holds is measured in no time."""
    f = catad.compile("def f (n : i64) (x : f64) : f64 = loop s = x for i < n do sin s", entry="f")
    assert catad.grad(f, "x").memory(10**11, 0.5).workspace >= 8 * 10**11
    with pytest.raises(CatadError) as found:
        catad.grad(f, "x")(10**15, 0.5)
    assert found.value.code == "E0507"


def test_maps_are_not_taped() -> None:
    """An order-free loop runs its body again in the backward part: the residual of a sum of maps is nothing."""
    f = catad.compile("def f [n] (x : [n]f64) : f64 = sum (for i < n -> exp (sin x[i] * cos x[i]))", entry="f")
    assert catad.grad(f).memory(np.ones(10_000)).workspace == 0


def test_what_is_found_on_the_way_is_said() -> None:
    f = catad.compile("def f (x : f64) : f64 = loop s = x while s < 100 do s * 1.5 + sin s", entry="f")
    assert catad.grad(f).memory(1.0).grows and not f.memory(1.0).grows


def test_sizes_are_checked_as_in_a_call() -> None:
    f = catad.compile("def f [n] (x : [n]f64) (y : [n]f64) : f64 = dot x y", entry="f")
    with pytest.raises(CatadError):
        f.memory([1.0, 2.0], [1.0])
