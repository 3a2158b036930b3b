"""The functors that derivatives are made of, and the rules of primitives that they read: one value.

    Kit(rules, Forward, Reverse, Taylor, Coefficients)

The compiler uses `standard_kit()`. Another kit changes a rule or a functor: `proofs/mutants.py` builds wrong ones on
purpose, to see that the checks notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from catad.functors.coefficients import Coefficients
from catad.functors.forward import Forward
from catad.functors.reverse import Reverse
from catad.functors.taylor import Taylor
from catad.rules import Rules, standard

__all__ = ["Kit", "standard_kit"]


@dataclass(frozen=True, slots=True)
class Kit:
    rules: Rules
    forward: type[Forward] = Forward
    reverse: type[Reverse] = Reverse
    taylor: type[Taylor] = Taylor
    coefficients: type[Coefficients] = Coefficients


@cache
def standard_kit() -> Kit:
    """The right rules."""
    return Kit(standard())
