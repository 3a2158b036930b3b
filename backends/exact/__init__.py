"""Exact meanings, in which laws are equations and not approximations.

    run(table, name, args)               rationals: ring, division, order, rounding, integer powers
    run(table, name, args, digits=50)    long floats, for everything else
    run_mod(table, name, args, p)        residues modulo a prime: ring and division, the fastest test of an identity
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catad.net.net import Table

from ..reference import run as run_in

__all__ = ["run", "run_mod"]


def run(table: Table, name: str, args: Sequence[Any], *, digits: int | None = None) -> tuple[Any, ...]:
    """Outputs with `fractions.Fraction` for every float (`mpmath.mpf` when `digits` are asked for).

    Raises CatadError E0711 naming the row and its place when a primitive has no rational values.
    """
    if digits is not None:
        from .longfloats import LongFloats
        return run_in(table, name, args, domain=LongFloats(digits))
    from .rationals import RATIONALS
    return run_in(table, name, args, domain=RATIONALS)


def run_mod(table: Table, name: str, args: Sequence[Any], p: int) -> tuple[Any, ...]:
    """Outputs with an int in [0, p) for every float; inputs may be ints, floats or Fractions."""
    from .residues import Residues
    return run_in(table, name, args, domain=Residues(p))
