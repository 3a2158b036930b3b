"""What must agree about one program: each way of running and each mode says the same of it.

    text        nets print as they parse; layout: so does the program           tidy      optimised = not optimised
    modes       forward = reverse = jets to second order, at a random point     native    machine code = reference
    exact       the first and second order over ℚ (ring programs)               program   nets as .cad say the same
    quotient    the derivative is the limit of quotients, in 60 digits          symbolic  formulas say the same

The entry differentiated twice, jvp of vjp, holds the value, the gradient, and their derivatives along a direction:
one net in which every mode up to second order can be compared. Each check returns None or what differs; `Skip` says
that it does not apply.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from catad.backends import exact, reference
from catad.proofs.examine import Entrywise, Failure, Skip, close, dot, quotient
from catad.proofs.generate import Program
from catad.proofs.samples import Sample, like, tangents

from catad import pipeline
from catad.net.net import Table
from catad.net.text import parse_table, print_table
from catad.source import CatadError, Source

__all__ = ["AGREEMENTS", "OFTEN", "Case", "disagreement"]

SECOND, JET = ("vjp", "jvp"), ("jet2",)


@dataclass
class Case:
    """A program elaborated, with its inputs, a direction v, a cotangent w, and answers kept."""

    program: Program
    seed: int
    careful: bool = False                     # the optimising code generator and the way of a user's call
    notes: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def table(self) -> Table:
        return pipeline.elaborate(pipeline.load(Source(f"<program {self.seed}>", self.program.text)))

    @cached_property
    def e(self) -> Entrywise:
        return Entrywise(self.table, "f")

    @cached_property
    def active(self) -> bool:
        """Does anything in its result have a derivative?"""
        from catad.proofs.samples import masks
        return any(masks(self.e.entry)[2])

    @cached_property
    def sample(self) -> Sample:
        return Sample({"n": len(self.program.args[0])}, self.program.args)

    @cached_property
    def v(self) -> list[Any]:
        rng = random.Random(self.seed)
        return like(tangents(self.e.entry, self.e.active), self.sample.sizes, rng)

    @cached_property
    def value(self) -> list[Any]:
        return self.e.run((), self.program.args)

    @cached_property
    def w(self) -> list[Any]:
        rng = np.random.default_rng(self.seed)
        floats = self.e.floats(self.value)
        return [np.round(rng.uniform(-1, 1, x.shape), 3) if isinstance(x, np.ndarray) else round(rng.uniform(-1, 1), 3)
                for x in floats]

    def arguments(self, kinds: Sequence[str]) -> list[Any]:
        """The inputs of a derived entry: the direction is constant, so is the cotangent."""
        args: list[Any] = list(self.program.args)
        if kinds == SECOND:
            return [*args, *self.w, *self.v]
        if kinds == JET:
            return [*args, *(np.stack([np.asarray(x), np.asarray(x) * 0]) for x in self.v)]
        return args

    def answer(self, kinds: Sequence[str]) -> list[Any]:
        """What the reference says."""
        if not kinds:
            return self.value
        if str(kinds) not in self.notes:
            self.notes[str(kinds)] = self.e.run(kinds, self.arguments(kinds))
        return list(self.notes[str(kinds)])

    @property
    def modes(self) -> tuple[tuple[str, ...], ...]:
        return (SECOND, JET) if self.active else ((),)


# ── the checks

def text(c: Case) -> Failure | None:
    net = print_table(c.e.ready(*c.modes[0])[0])
    again_net = print_table(parse_table(net))
    return None if again_net == net else Failure("text", "print ∘ parse ∘ print = print", again_net, net)


def layout(c: Case) -> Failure | None:
    from catad.syntax import parse
    from catad.syntax.format import format_file
    once = format_file(parse(Source("<program>", c.program.text)))
    twice = format_file(parse(Source("<formatted>", once)))
    if once != twice:
        return Failure("layout", "format ∘ format = format", once, twice)
    left, right = print_table(pipeline.elaborate(pipeline.load(Source("<formatted>", once)))), print_table(c.table)
    return None if left == right else Failure("layout", "formatted text means the same", left, right)


def tidy(c: Case) -> Failure | None:
    for kinds in c.modes if c.seed % 4 == 1 else c.modes[:1]:
        table, name = c.e.table, c.e.name
        for kind in kinds:
            base, order = (kind[:3], int(kind[3:])) if kind.startswith("jet") else (kind, 1)
            table, name = pipeline.derive(table, name, base, argnums=c.e.active, single=False, order=order)
        plain = list(reference.run(pipeline.prepare(table, name, tidy=False), name, c.arguments(kinds)))
        if not close(plain, c.answer(kinds), 1e-9):
            return Failure("tidy", f"optimised = as written {kinds}", c.answer(kinds), plain)
    return None


def parts(c: Case, answer: Sequence[Any]) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
    """Of jvp of vjp: the value, the gradient, the derivative along v, the Hessian of ⟨w, f⟩ along v."""
    n, m, k = c.e.results, len(c.v), len(c.w)
    value, back = list(answer[:n]), list(answer[n:n + m])
    return value, back, list(answer[n + m:n + m + k]), list(answer[n + m + k:])


def modes(c: Case) -> Failure | None:
    if not c.active:
        raise Skip("nothing has a derivative")
    value, back, ahead, second = parts(c, c.answer(SECOND))
    if not close(value, c.value, 1e-9):
        return Failure("modes", "the value under derivatives = the value", value, c.value)
    if (bad := _apart("⟨v, reverse(w)⟩ = ⟨forward(v), w⟩", c.v, back, ahead, c.w, 1e-8)) is not None:
        return bad
    jets = c.answer(JET)[c.e.results:]
    if not close([j[0] for j in jets], ahead, 1e-8):
        return Failure("modes", "jet 1 = forward", [j[0] for j in jets], ahead)
    return _apart("⟨w, jet 2⟩ · 2 = ⟨v, Hessian(v)⟩", c.v, second, [2 * j[1] for j in jets], c.w, 1e-7)


def _apart(says: str, v: Sequence[Any], back: Sequence[Any], ahead: Sequence[Any], w: Sequence[Any],
           tolerance: float) -> Failure | None:
    left, right = dot(v, back), dot(ahead, w)
    size = float(dot([abs(x) for x in v], [abs(x) for x in back]) + dot([abs(x) for x in ahead], [abs(x) for x in w]))
    return None if close([left], [right], tolerance, size) else Failure("modes", says, left, right)


def native(c: Case) -> Failure | None:
    from catad.backends import llvm
    from catad.backends.llvm.engine import Options
    options = Options(cached=False) if c.careful else Options(codegen=0, cached=False)
    for kinds in (*c.modes, ()) if c.careful else c.modes[:1 + c.seed % 2]:
        compiled = llvm.compile(*c.e.ready(*kinds), options=options, strict=c.seed % 3 == 2)
        out = compiled(*c.arguments(kinds))
        got = list(out) if isinstance(out, tuple) else [out]
        if not close(got, c.answer(kinds), 1e-8):
            return Failure("native", f"machine code = reference {kinds}", got, c.answer(kinds))
    return None


def program(c: Case) -> Failure | None:
    """The net of a derivative, written as a program of the language and compiled again."""
    from catad.elaborate.decompile import table_to_cad
    kinds = c.modes[c.seed // 4 % len(c.modes)]
    ready, name = c.e.ready(*kinds)
    written = table_to_cad(ready, name)
    again = pipeline.elaborate(pipeline.load(Source("<written>", written)))
    entry = list(again.entries)[-1]
    got = list(reference.run(pipeline.prepare(again, entry), entry, c.arguments(kinds)))
    return None if close(got, c.answer(kinds), 1e-8) else Failure("program", written, got, c.answer(kinds))


def rational(c: Case) -> Failure | None:
    from catad.proofs.examine import _fractions
    kinds = c.modes[0]
    try:
        got = exact.run(*c.e.ready(*kinds), [_fractions(x) for x in c.arguments(kinds)])
    except CatadError as fault:
        raise Skip(fault.diagnostics[0].title) from fault
    if c.active:
        _, back, ahead, _ = parts(c, got)
        v, w = [_fractions(x) for x in c.v], [_fractions(x) for x in c.w]
        if dot(v, back) != dot(ahead, w):
            return Failure("exact", "⟨v, reverse(w)⟩ = ⟨forward(v), w⟩ over ℚ", dot(v, back), dot(ahead, w))
    return None if close(got, c.answer(kinds), 1e-8) else Failure("exact", "over ℚ = reference", got, c.answer(kinds))


def limit(c: Case) -> Failure | None:
    if not c.active:
        raise Skip("nothing has a derivative")
    return quotient(c.e, c.sample, random.Random(c.seed))


def symbolic(c: Case) -> Failure | None:
    from catad.backends import symbolic
    try:
        got = [_number(x) for x in symbolic.run(*c.e.ready(), list(c.program.args))]
    except CatadError as fault:
        raise Skip(fault.diagnostics[0].title) from fault
    return None if close(got, c.value, 1e-8) else Failure("symbolic", "formulas = reference", got, c.value)


def _number(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return np.array([float(y) for y in x.ravel()]).reshape(x.shape)
    return x if isinstance(x, bool) else float(x)


Check = Callable[[Case], "Failure | None"]
AGREEMENTS: Mapping[str, Check] = MappingProxyType({
    "tidy": tidy, "modes": modes, "native": native, "exact": rational, "text": text, "layout": layout,
    "program": program, "quotient": limit, "symbolic": symbolic})
# One in so many programs goes through the slower checks.
OFTEN: Mapping[str, int] = MappingProxyType({"text": 2, "layout": 4, "program": 4, "quotient": 16, "symbolic": 64})


def disagreement(c: Case, ring: bool, names: Sequence[str] | None = None) -> Failure | None:
    """The first check that fails, or None. Raises Skip where the program is not finite at its inputs."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for name, check in AGREEMENTS.items():
            if (names is not None and name not in names) or (name == "exact" and not ring):
                continue
            if names is None and c.seed % OFTEN.get(name, 1):
                continue
            try:
                failure = check(c)
            except Skip:
                continue
            if failure is not None:
                return failure
    return None
