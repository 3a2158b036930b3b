"""Programs as formulas of SymPy.

    run(table, name, args)              on any expressions or arrays of them, entry by entry
    formula(table, name, n=3)           of a program with one scalar result, in symbols named after its parameters
    symbols(table, name, n=3)           those symbols, as the arguments of `run`

Loops are unrolled at their concrete sizes; an `if` on an unknown condition becomes a piecewise formula.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catad.net.net import Table

from ..reference import run as run_in

__all__ = ["formula", "run", "symbols"]


def run(table: Table, name: str, args: Sequence[Any]) -> tuple[Any, ...]:
    """Outputs whose floats are SymPy expressions; i64 inputs must be numbers."""
    from .expressions import EXPRESSIONS
    return run_in(table, name, args, domain=EXPRESSIONS)


def formula(table: Table, name: str, **known: int) -> Any:
    """The formula of a scalar program; `known` gives its sizes and integer inputs. Raises CatadError E0713."""
    from .expressions import formula
    return formula(table, name, known)


def symbols(table: Table, name: str, **known: int) -> list[Any]:
    """An argument for each input: a real symbol, an array of them, or the known integer."""
    from .expressions import symbols
    return symbols(table, name, known)
