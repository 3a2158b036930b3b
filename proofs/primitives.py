"""The base case: each primitive's derivative against mpmath, which shares nothing with the rules.

    forward   D f (x, e_i) = ∂_i f            reverse   R f (x, 1)_i = ∂_i f            Taylor   along random curves

Axioms cannot see a wrong rule (sin' = -cos satisfies RD.1 to RD.7); this is what does.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from catad.backends import reference
from catad.proofs.choice import Seeded
from catad.proofs.laws import Broken
from catad.proofs.maps import Calculus, Map
from catad.proofs.oracles import ORACLES, Oracle, oracle

from catad.functors.kit import Kit
from catad.net.build import Builder
from catad.net.net import Net, Table
from catad.types.type import F64, I64

__all__ = ["NAMES", "curve", "first_order", "jets"]

NAMES = tuple(ORACLES)


def whole(o: Oracle) -> tuple[bool, ...]:
    return tuple(i.whole for i in o.domain)


def closed(o: Oracle, args: Sequence[float | int]) -> Net:
    """The primitive as a function of its float arguments; integer arguments are constants."""
    b = Builder()
    wires = [b.const(x, I64) if w else b.input(F64) for x, w in zip(args, whole(o), strict=True)]
    return b.net(b.prim(o.name, *wires))


def first_order(kit: Kit, name: str, rng: random.Random, tolerance: float = 1e-9) -> Broken | None:
    """Forward and reverse at a random point."""
    o = oracle(name)
    args = o.gentle(rng)
    floats = [x for x, w in zip(args, whole(o), strict=True) if not w]
    want = [float(o.derivatives(args, 1, k)[1]) for k, w in enumerate(whole(o)) if not w]
    k = Calculus(kit, {})
    f = Map(closed(o, args))
    back = reference.run(k.table(k.R(f)), "", [*floats, 1.0])
    units = [[1.0 if j == i else 0.0 for j in range(len(floats))] for i in range(len(floats))]
    ahead = [reference.run(k.table(k.D(f)), "", [*floats, *unit])[0] for unit in units]
    for part, got in (("reverse", back), ("forward", ahead)):
        if not _close(got, want, tolerance):
            return Broken(f"derivative of {name}", part, args, list(got), want)
    return None


def curve(o: Oracle, args: Sequence[float | int], order: int, c: Seeded) -> list[Any]:
    """Random coefficients through a point, decreasing so that the series converges well."""
    return [x if w else [x, *((c.pick(21) - 10) / 10 / 2**k for k in range(order))]
            for x, w in zip(args, whole(o), strict=True)]


def jets(kit: Kit, name: str, seed: int, order: int, tolerance: float = 1e-8) -> Broken | None:
    """The Taylor functor, unfolded, along a random curve, and the meaning of series in the reference."""
    o = oracle(name)
    args = o.gentle(random.Random(seed))
    line = curve(o, args, order, Seeded(seed))
    want = [float(x) for x in o.series(line, order)]
    k = Calculus(kit, {})
    jet = k.J(Map(closed(o, args)), order)
    floats = [u for u, w in zip(line, whole(o), strict=True) if not w]
    inputs = [u[0] for u in floats] + [np.array(u[1:]) for u in floats]
    for part, f in (("unfolded", k.unfolded(jet)), ("series", jet)):
        y, rest = reference.run(Table({**k.nets, "": f.net}), "", inputs)
        got = [y, *rest]
        if not _close(got, want, tolerance):
            return Broken(f"jet of {name}", part, line, got, want)
    return None


def _close(got: Sequence[Any], want: Sequence[float], tolerance: float) -> bool:
    scale = 1e-3 + max(map(abs, want))
    return all(abs(float(g) - w) <= tolerance * (scale + abs(w)) for g, w in zip(got, want, strict=True))
