"""The meaning of every net, by the shortest code that is plainly right: what other backends are tested against.

    run(table, name, args)     flat values in, flat values out (docs/internals.md)

Any valid net runs, functions and series included; only derivative operators must have been expanded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catad.net.net import Table

from .domain import Domain
from .evaluate import BUDGET, evaluate
from .floats import FLOATS
from .watched import Watched

__all__ = ["FLOATS", "Watched", "run"]


def run(table: Table, name: str, args: Sequence[Any], *, domain: Domain | None = None,
        budget: int = BUDGET) -> tuple[Any, ...]:
    """The outputs of the net `name` at these inputs; no array of more than `budget` bytes is made.

    Raises CatadError E0501 … E0508 when the program stops, with the span of the box that stopped it.
    """
    return evaluate(table, name, args, FLOATS if domain is None else domain, budget)
