"""Does a rewritten net mean the same? Both are run by the reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from backends.reference import run
from catad.net.net import Net, Table
from catad.source import CatadError


def outcome(net: Net, args: Sequence[Any]) -> tuple[Any, ...] | str:
    """The outputs, or the code of what stopped the program."""
    try:
        return run(Table({"f": net}), "f", args)
    except CatadError as e:
        return e.code


def assert_same(before: Net, after: Net, args: Sequence[Any]) -> None:
    """Equal outputs up to rounding; a program that ran still runs.

    Where the program gave NaN anything may stand: a structural zero times infinity is zero.
    """
    assert after.source == before.source
    expected, got = outcome(before, args), outcome(after, args)
    if isinstance(expected, str):
        return
    assert not isinstance(got, str), f"now stops with {got}"
    for x, y in zip(expected, got, strict=True):
        x, y = np.asarray(x), np.asarray(y)
        assert x.shape == y.shape
        np.testing.assert_allclose(np.where(np.isnan(x), 0.0, y), np.where(np.isnan(x), 0.0, x), rtol=1e-9, atol=1e-9)
