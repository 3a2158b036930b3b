"""The derivative as a limit: difference quotients in 60-digit arithmetic, where they are exact for all purposes.

    (f(a + h v) - f(a - h v)) / 2h  =  D f(a, v) + O(h²),    h = 10⁻²⁰
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mpmath
import numpy as np
from catad.backends import exact
from catad.proofs.choice import Choice
from catad.proofs.laws import Broken, agree
from catad.proofs.maps import Calculus, Map, point, values

__all__ = ["difference_quotient", "moved"]

DIGITS = 60


def moved(a: Sequence[Any], v: Sequence[Any], h: Any) -> list[Any]:
    """a + h v, in long floats."""
    context = mpmath.MPContext()
    context.dps = DIGITS

    def number(x: Any) -> Any:
        return context.mpf(x.numerator) / x.denominator

    out: list[Any] = []
    for x, dx in zip(a, v, strict=True):
        if isinstance(x, np.ndarray):
            array = np.empty(x.shape, object)
            for i in np.ndindex(x.shape):
                array[i] = number(x[i]) + h * number(dx[i])
            out.append(array)
        else:
            out.append(number(x) + h * number(dx))
    return out


def difference_quotient(k: Calculus, f: Map, c: Choice) -> Broken | None:
    """D f at a random point and tangent, against the quotient."""
    a, v = point(c, f.source), point(c, f.source)
    h = mpmath.mpf(10) ** -20
    ahead, behind = (exact.run(k.table(f), "", moved(a, v, s * h), digits=DIGITS) for s in (1, -1))
    want: list[float] = []
    for x, y in zip(ahead, behind, strict=True):
        want += [float(d / (2 * h)) for d in np.atleast_1d(np.asarray(x - y, object)).ravel()]
    got = values(k, k.D(f), [*a, *v], exact=False)
    if agree(got, want, exact=False, tolerance=1e-8):                                # type: ignore[arg-type]
        return None
    return Broken("difference-quotient", "D f = lim", (a, v), got, want)
