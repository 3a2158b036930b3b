"""A domain: what the scalars of a program are, and what each scalar primitive does to them.

One evaluator of nets serves them all:  floats (`reference`), rationals, residues and long floats (`exact`),
formulas (`symbolic`). A domain interprets f64 and f32 as it likes; i64 and bool stay what they are, except
that a truth value may be undecided (`truth` gives None) in a domain of formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Protocol

from catad.ops import ROWS
from catad.source import CatadError, Span, error
from catad.source.codes.runtime import HINTS
from catad.types.type import Scalar

__all__ = ["Domain", "Fault", "Meaning", "decided", "internal", "refuse"]

Meaning = Callable[..., Any]


class Fault(Exception):
    """A primitive cannot go on; the evaluator adds the place and makes a diagnostic of it."""

    def __init__(self, code: str, title: str, text: str = "", help: Sequence[str] = ()) -> None:
        super().__init__(title)
        self.code, self.title, self.text, self.help = code, title, text, tuple(help)

    def at(self, span: Span | None) -> CatadError:
        hint = HINTS.get(self.code)
        return error(self.code, self.title, span, self.text, help=self.help or ([hint] if hint else []))


class Domain(Protocol):
    """The interface between the evaluator and its numbers."""

    @property
    def name(self) -> str:
        """How messages call it."""

    def dtype(self, scalar: Scalar) -> Any:
        """The NumPy dtype of arrays of this scalar type."""

    def enter(self, value: Any, scalar: Scalar) -> Any:
        """A scalar from outside (a Python number, an entry of an array) as an element of the domain."""

    def const(self, value: float | int | bool | Fraction, scalar: Scalar) -> Any:
        """A constant of a program, or a rational number that a recurrence needs."""

    def row(self, name: str, types: Sequence[Scalar]) -> Meaning:
        """What a scalar primitive does at these argument types. Raises Fault E0711 when that has no meaning here."""

    def truth(self, value: Any) -> bool | None:
        """A truth value; None when it depends on unknowns."""

    def integer(self, value: Any) -> int | None:
        """An i64 as a number; None when it depends on unknowns."""


def decided(domain: Domain, value: Any) -> bool:
    """A truth value that must be known now."""
    known = domain.truth(value)
    if known is None:
        raise Fault("E0712", f"the {domain.name} meaning of this depends on an undecided condition",
                    f"needs to know whether {value}")
    return known


def refuse(domain: Domain, name: str) -> Fault:
    """A row that a domain does not define."""
    known = [d for d in ROWS[name].domains if d != domain.name] if name in ROWS else []
    return Fault("E0711", f"`{name}` has no {domain.name} meaning", "used here",
                 [f"it has a meaning on these numbers: {', '.join(known)}"] if known else ())


def internal(message: str) -> Exception:
    """A net that no pass should have handed to a backend: a mistake in catad, not in the program."""
    return RuntimeError(f"{message} (in a backend)")
