"""The laws of derivatives on one entry of a program, at samples.

    adjoint      ⟨v, Rf(x, w)⟩ = ⟨Df(x, v), w⟩              forward from reverse   Df = transpose of the transpose
    taylor       order k along a line = nested forward / k!   quotient    Df = lim (f(x+hv) - f(x-hv)) / 2h
    exact        the first law over the rationals             native      machine code agrees with the reference

Each gives a verdict: held, failed at a sample, or not applicable, with the reason.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from catad.backends import exact, reference
from catad.proofs.samples import Sample, masks, sample, tangents, wires

from catad import pipeline
from catad.functors.kit import Kit
from catad.net.net import Entry, Table
from catad.source import CatadError
from catad.types.type import F32, holds_function, is_float, leaf

__all__ = ["CHECKS", "Entrywise", "Failure", "Skip", "inapplicable"]

Flat = Sequence[Any]


class Skip(Exception):
    """A check says nothing at this sample, or on this entry: why."""


@dataclass(frozen=True, slots=True, eq=False)
class Failure:
    """Two sides that differ."""

    check: str
    says: str
    left: Any
    right: Any


def inapplicable(entry: Entry) -> str | None:
    """Why an entry has no derivatives to examine."""
    if any(holds_function(t) for t in (*(t for _, t in entry.params), entry.result)):
        return "it takes or returns a function"
    active, _, outs = masks(entry)
    if not active:
        return "no parameter holds floats"
    return None if any(outs) else "its result holds no floats"


@dataclass
class Entrywise:
    """An entry with its derivatives, prepared on demand and kept."""

    table: Table
    name: str
    kit: Kit | None = None
    native: bool = True
    _ready: dict[tuple[str, ...], tuple[Table, str]] = field(default_factory=dict)
    _compiled: dict[tuple[str, ...], Any] = field(default_factory=dict)

    @property
    def entry(self) -> Entry:
        return self.table.entries[self.name]

    @property
    def active(self) -> tuple[int, ...]:
        return masks(self.entry)[0]

    @property
    def tolerance(self) -> float:
        types = [w for _, t in self.entry.params for w in wires(t)] + wires(self.entry.result)
        return 2e-4 if any(leaf(w) == F32 for w in types) else 1e-8

    def ready(self, *kinds: str) -> tuple[Table, str]:
        """The entry differentiated by each kind in turn ("jet3" is a jet of order 3), prepared."""
        if kinds not in self._ready:
            table, name = self.table, self.name
            for kind in kinds:
                base, order = (kind[:3], int(kind[3:])) if kind.startswith("jet") else (kind, 1)
                table, name = pipeline.derive(table, name, base, argnums=self.active, single=False, order=order)
            self._ready[kinds] = (pipeline.prepare(table, name, kit=self.kit), name)
        return self._ready[kinds]

    def run(self, kinds: Sequence[str], args: Flat) -> list[Any]:
        return list(reference.run(*self.ready(*kinds), list(args)))

    def exactly(self, kinds: Sequence[str], args: Flat, digits: int | None = None) -> list[Any]:
        return list(exact.run(*self.ready(*kinds), list(args), digits=digits))

    def natively(self, kinds: Sequence[str], args: Flat) -> list[Any]:
        from catad.backends import llvm
        key = tuple(kinds)
        if key not in self._compiled:
            self._compiled[key] = llvm.compile(*self.ready(*kinds))
        out = self._compiled[key](*args)
        return list(out) if isinstance(out, tuple) else [out]      # one result comes bare

    # ── the parts of an answer

    @property
    def results(self) -> int:
        return len(wires(self.entry.result))

    def floats(self, values: Flat) -> list[Any]:
        """Those of the flat results that are floats."""
        return [v for v, t in zip(values, wires(self.entry.result), strict=True) if is_float(t)]

    def directions(self, s: Sample, rng: random.Random) -> tuple[list[Any], list[Any]]:
        """A random tangent of the arguments and a random cotangent of the result."""
        v = [_round_like(t, s, rng) for t in tangents(self.entry, self.active)]
        out = self.floats(self.run((), s.values))
        w = [_random_shape(x, rng) for x in out]
        return v, w

    def good_sample(self, rng: random.Random) -> Sample:
        """A sample at which the program runs and its value and derivative are finite."""
        last = "no sample was found at which it runs and is finite"
        for attempt in range(15):
            s = sample(self.entry, rng, attempt)
            try:
                v = [_round_like(t, s, rng) for t in tangents(self.entry, self.active)]
                out = self.run(("jvp",), [*s.values, *v])
            except CatadError as e:
                last = f"it stops at every sample tried: {e.diagnostics[0].code} {e.diagnostics[0].title}"
                continue
            if all(np.all(np.isfinite(np.asarray(x, float))) for x in out):
                return s
        raise Skip(last)


def _round_like(t: Any, s: Sample, rng: random.Random) -> Any:
    from catad.proofs.samples import like
    return like([t], s.sizes, rng)[0]


def _random_shape(x: Any, rng: random.Random) -> Any:
    if not isinstance(x, np.ndarray):
        return round(rng.uniform(-1, 1), 3)
    return np.array([round(rng.uniform(-1, 1), 3) for _ in range(x.size)], x.dtype).reshape(x.shape)


def dot(a: Flat, b: Flat) -> Any:
    total: Any = 0
    for x, y in zip(a, b, strict=True):
        total = total + (np.sum(np.asarray(x) * np.asarray(y)) if isinstance(x, np.ndarray) else x * y)
    return total


def flat(values: Flat) -> list[Any]:
    return [x for v in values for x in (v.ravel().tolist() if isinstance(v, np.ndarray) else [v])]


def close(a: Flat, b: Flat, tolerance: float, size: float = 0.0) -> bool:
    """Entry by entry, relative to the largest number around; NaN and infinities agree with themselves."""
    xs, ys = flat(a), flat(b)
    finite = [abs(float(x)) for x in (*xs, *ys) if math.isfinite(float(x))]
    scale = max([size, 1e-3, *finite])
    return len(xs) == len(ys) and all(
        float(x) == float(y) or (x != x and y != y) or abs(float(x) - float(y)) <= tolerance * scale
        for x, y in zip(xs, ys, strict=True))


# ── the checks: each raises Skip, or returns a failure or None

def adjoint(e: Entrywise, s: Sample, rng: random.Random) -> Failure | None:
    v, w = e.directions(s, rng)
    ahead = e.run(("jvp",), [*s.values, *v])[e.results:]
    back = e.run(("vjp",), [*s.values, *w])[e.results:]
    left, right = dot(v, back), dot(ahead, w)
    size = sum(abs(float(x) * float(y)) for x, y in zip(flat(ahead), flat(w), strict=True))
    size += sum(abs(float(x) * float(y)) for x, y in zip(flat(back), flat(v), strict=True))
    if close([left], [right], e.tolerance, size):
        return None
    return Failure("adjoint", "⟨v, reverse(w)⟩ = ⟨forward(v), w⟩", left, right)


def forward_from_reverse(e: Entrywise, s: Sample, rng: random.Random) -> Failure | None:
    """The pullback is linear in its cotangent; its own pullback is the derivative."""
    v, w = e.directions(s, rng)
    table, inner = pipeline.derive(e.table, e.name, "vjp", argnums=e.active, single=False)
    entry = table.entries[inner]
    if not any(is_float(t) for t in wires(entry.params[-1][1])):
        raise Skip("the result has no cotangent")
    key = ("vjp", "of its cotangent")
    if key not in e._ready:
        table, outer = pipeline.derive(table, inner, "vjp", argnums=(len(entry.params) - 1,))
        e._ready[key] = (pipeline.prepare(table, outer, kit=e.kit), outer)
    zeros = [x * 0 for x in w]
    got = e.run(key, [*s.values, *w, *zeros, *v])[-len(w):]
    want = e.run(("jvp",), [*s.values, *v])[e.results:]
    if close(got, want, e.tolerance):
        return None
    return Failure("forward from reverse", "reverse of reverse = forward", got, want)


def taylor(e: Entrywise, s: Sample, rng: random.Random) -> Failure | None:
    """Orders 1 to 3 along a line."""
    v, _ = e.directions(s, rng)
    line = [np.stack([np.asarray(x), *(np.asarray(x) * 0,) * 2]) for x in v]
    out = e.run(("jet3",), [*s.values, *line])[e.results:]
    n = len(out)
    nested: tuple[str, ...] = ()
    args: list[Any] = list(s.values)
    for k in (1, 2, 3):
        nested, args = (*nested, "jvp"), [*args, *v]
        want = [np.asarray(x) / math.factorial(k) for x in e.run(nested, args)[-n:]]
        got = [x[k - 1] for x in out]
        if not close(got, want, e.tolerance * 10**k):
            return Failure("taylor", f"coefficient {k} = derivative {k} / {k}!", got, want)
    return None


def quotient(e: Entrywise, s: Sample, rng: random.Random) -> Failure | None:
    """In 60 digits, so that conditioning and rounding play no part."""
    import mpmath
    v, _ = e.directions(s, rng)
    context = mpmath.MPContext()
    context.dps = 60
    h = context.mpf(10) ** -18
    try:
        ahead, behind, here = (e.floats(e.exactly((), _moved(e.entry, s, v, h * sign, context), 60))
                               for sign in (1, -1, 0))
        want = e.exactly(("jvp",), [*_moved(e.entry, s, v, h * 0, context), *(_wide(x, context) for x in v)],
                         60)[e.results:]
    except CatadError as fault:
        raise Skip(f"not in long arithmetic: {fault.diagnostics[0].title}") from fault
    right = [(x - z) / h for x, z in zip(ahead, here, strict=True)]
    left = [(z - x) / h for x, z in zip(behind, here, strict=True)]
    if not close(left, right, 1e-7):
        raise Skip("the sample is at a kink")
    middle = [(x - y) / (2 * h) for x, y in zip(ahead, behind, strict=True)]
    if close(middle, want, 1e-9):
        return None
    return Failure("quotient", "(f(x + h v) - f(x - h v)) / 2h = forward(v)", middle, want)


def _wide(x: Any, context: Any) -> Any:
    if not isinstance(x, np.ndarray):
        return context.mpf(float(x))
    out = np.empty(x.shape, object)
    for i in np.ndindex(x.shape):
        out[i] = context.mpf(float(x[i]))
    return out


def _moved(entry: Entry, s: Sample, v: Flat, h: Any, context: Any) -> list[Any]:
    out: list[Any] = []
    at, along = iter(s.values), iter(v)
    for _, t in entry.params:
        for w in wires(t):
            x = next(at)
            out.append(_wide(x, context) + h * _wide(next(along), context) if is_float(w) else x)
    return out


def over_rationals(e: Entrywise, s: Sample, rng: random.Random) -> Failure | None:
    v, w = e.directions(s, rng)
    def exactly(xs: Flat) -> list[Any]:
        return [_fractions(x) for x in xs]
    try:
        ahead = e.exactly(("jvp",), [*exactly(s.values), *exactly(v)])[e.results:]
        back = e.exactly(("vjp",), [*exactly(s.values), *exactly(w)])[e.results:]
    except CatadError as fault:
        raise Skip(f"no ring program: {fault.diagnostics[0].title}") from fault
    left, right = dot(exactly(v), back), dot(ahead, exactly(w))
    return None if left == right else Failure("exact", "⟨v, reverse(w)⟩ = ⟨forward(v), w⟩ over ℚ", left, right)


def _fractions(x: Any) -> Any:
    if isinstance(x, np.ndarray) and x.dtype.kind == "f":
        out = np.empty(x.shape, object)
        for i in np.ndindex(x.shape):
            out[i] = Fraction(str(float(x[i])))
        return out
    return Fraction(str(x)) if isinstance(x, float) else x


def native(e: Entrywise, s: Sample, rng: random.Random) -> Failure | None:
    """The value and the pullback, compiled."""
    if not e.native:
        raise Skip("not asked for")
    _, w = e.directions(s, rng)
    for kinds, args in (((), s.values), (("vjp",), [*s.values, *w])):
        want = e.run(kinds, args)
        got = e.natively(kinds, args)
        if not close(got, want, e.tolerance):
            return Failure("native", f"machine code = reference ({kinds[0] if kinds else 'value'})", got, want)
    return None


Checker = Callable[[Entrywise, Sample, random.Random], "Failure | None"]
CHECKS: tuple[tuple[str, Checker], ...] = (
    ("adjoint", adjoint), ("forward from reverse", forward_from_reverse), ("taylor", taylor),
    ("difference quotient", quotient), ("exact", over_rationals), ("native", native))


