"""Derivatives of one's own: the values in `rules_*.cad`, one list for each program, in the order of its tests."""

from __future__ import annotations

from typing import Any


def rules_implicit() -> list[Any]:
    from mpmath import mp
    mp.dps = 30
    w = [mp.diff(mp.lambertw, 1.5, k).real for k in range(4)]
    return [(1.0, 1 / 4, -6 / 64), (w[0], w[1], w[2]), (w[0], [w[1], w[2] / 2, w[3] / 6]), (w[1] * 1.5 / 4, w[1])]


def rules_straight_through() -> list[Any]:
    return [(0.25, 1.0), 2 * 0.25, (3.0, -0.5 * 2.0), [1.0, 2.0], (1.0, 0.25)]


def rules_stable() -> list[Any]:
    from mpmath import mp, mpf
    mp.dps = 60
    def soft(x):
        return mp.log1p(mp.exp(x))
    def gap(x):
        return mp.sqrt(x * x + 1) - x
    return [(soft(30), mp.diff(soft, 30), mp.diff(soft, -40)), mp.diff(soft, -40, 2),
            (gap(mpf(10)**6), mp.diff(gap, mpf(10)**6), mp.diff(gap, 2, 2))]
