"""A function of the module: a called net, lowered once, beside the kernel of the entry.

    i32 @f(ptr ctx, ptr fuel, ptr room, sizes…, scalars…, input arrays…, output arrays…, ptr results)

Arrays are pointers (dimensions follow from the sizes). An input that comes back as an output (`ties`) belongs to the
function, which writes into it; every other output array is written into storage of the caller. Scalar results go to
the 8-byte cells of `results`. `room` has at least `needs` bytes, a polynomial in the sizes with coefficients that are
not negative, which the caller holds in its own workspace; calls of one caller never overlap, so all share it. What
the function returns other than 0 is a run-time error, reported already, and handed on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from catad.types.size import Monomial, Size

from .kernel import Kernel
from .lanes import Lanes
from .layout import ALIGN, Slot

__all__ = ["Function", "larger", "needs"]


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """`ties[k]`: position of the input whose storage output k is."""

    symbol: str
    kernel: Kernel
    lanes: Mapping[int, Lanes] = field(repr=False)
    ties: tuple[int | None, ...]
    needs: Size


def needs(slots: Sequence[Slot]) -> Size:
    """The bytes of all slots, one after the other and aligned, at least."""
    total = Size.of(0)
    for s in slots:
        total = total + larger(s.size * s.bytes, Size.of(0)) + ALIGN
    return total


def larger(a: Size, b: Size) -> Size:
    """A polynomial that is nowhere less than a or b or 0: the larger coefficient of each monomial, rounded up."""
    terms: dict[Monomial, Fraction] = {}
    for m, c in (*a.terms, *b.terms):
        up = Fraction(-(-c.numerator // c.denominator))
        terms[m] = max(terms.get(m, Fraction(0)), up)
    total = Size.of(0)
    for m, c in terms.items():
        if c > 0:
            total = total + Size(((m, c),))
    return total
