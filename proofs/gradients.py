"""The cheap-gradient principle, counted: a value with its gradient costs a constant times the value.

    ops(value_and_grad f) ≤ c · ops(f)        c does not depend on the size of f

    ops(jet_K f) ≤ 4 · (K+1)(K+2)/2 · ops(f)           transcendental evaluations: at most two for one of f, for every K

on families of programs that grow: chains, trees, diamonds, shared values, nested loops, indexing in loops, states
updated in place, definitions that call each other twice. Counted by `catad.rewrite.cost`, zero arrays included, so
that a dense zero per element or a repeated subterm shows as a ratio that grows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from catad import pipeline
from catad.functors.kit import Kit
from catad.net.net import Table
from catad.ops import ROWS
from catad.rewrite.cost import operations
from catad.source import Source

__all__ = ["AFTER", "BEFORE", "FAMILIES", "JET", "Family", "Ratio", "gradient", "jet"]

AFTER = 4.0                      # the constant after optimisation
BEFORE = 5.0                     # and before it
JET = 4.0                        # per term of the product of two series


@dataclass(frozen=True, slots=True)
class Family:
    """`text(k)` is the k-th program, with an entry f; `sizes(k)` the sizes at which it is counted."""

    name: str
    text: Callable[[int], str]
    sizes: Callable[[int], Mapping[str, int]]
    ks: Sequence[int] = (8, 32, 64)


@dataclass(frozen=True, slots=True)
class Ratio:
    """Counted operations of a program and of its derivative."""

    k: int
    plain: int
    derived: int

    @property
    def value(self) -> float:
        return self.derived / max(1, self.plain)


def _table(f: Family, k: int) -> Table:
    return pipeline.elaborate(pipeline.load(Source(f"<{f.name} {k}>", f.text(k))))


def _count(table: Table, name: str, sizes: Mapping[str, int], *, tidy: bool,
           kit: Kit | None = None) -> Mapping[str, int]:
    ready = pipeline.prepare(table, name, tidy=tidy, kit=kit)
    return operations(ready.nets[name], sizes, ready.nets)


def gradient(f: Family, k: int, *, tidy: bool, kit: Kit | None = None) -> Ratio:
    """The value against the value with its gradient."""
    table = _table(f, k)
    both, name = pipeline.derive(table, "f", "value_and_grad")
    plain = _count(table, "f", f.sizes(k), tidy=tidy)
    return Ratio(k, sum(plain.values()), sum(_count(both, name, f.sizes(k), tidy=tidy, kit=kit).values()))


def jet(f: Family, k: int, order: int) -> tuple[Ratio, Ratio]:
    """All operations, and the transcendental ones."""
    table = _table(f, k)
    both, name = pipeline.derive(table, "f", "jet", order=order)
    plain, derived = (_count(t, x, f.sizes(k), tidy=True) for t, x in ((table, "f"), (both, name)))
    return (Ratio(k, sum(plain.values()), sum(derived.values())),
            Ratio(k, transcendental(plain), transcendental(derived)))


def transcendental(counts: Mapping[str, int]) -> int:
    return sum(n for x, n in counts.items() if x in ROWS and ROWS[x].cost >= 20)


# ── families

def lines(head: str, steps: Sequence[str], result: str) -> str:
    return head + " =\n" + "".join(f"  let {s} in\n" for s in steps) + f"  {result}\n"


def chain(k: int) -> str:
    return lines("def f (x0 : f64) : f64", [f"x{i + 1} = sin x{i} * 0.5 + x{i}" for i in range(k)], f"x{k}")


def diamond(k: int) -> str:
    return lines("def f (x0 : f64) : f64", [f"x{i + 1} = 0.5 * x{i} * x{i} + x{i}" for i in range(k)], f"x{k}")


def tree(k: int) -> str:
    level = [f"x[{i}]" for i in range(k)]
    while len(level) > 1:
        level = [f"({a} * {b} + {a})" for a, b in zip(level[::2], level[1::2], strict=True)]
    return f"def f (x : [{k}]f64) : f64 = {level[0]}\n"


def sharing(k: int) -> str:
    return lines("def f (x : f64) : f64", ["s = exp x", *(f"y{i} = s * s * {float(i + 1)}" for i in range(k))],
                 " + ".join(f"y{i}" for i in range(k)))


def calls(k: int) -> str:
    first = "def g0 (x : f64) : f64 = sin x * x\n"
    rest = "".join(f"def g{i + 1} (x : f64) : f64 = g{i} (g{i} x)\n" for i in range(k))
    return f"{first}{rest}def f (x : f64) : f64 = g{k} x\n"


def in_n(body: str) -> Callable[[int], str]:
    return lambda k: f"def f [n] (x : [n]f64) : f64 =\n  {body}\n"


def n_is(k: int) -> Mapping[str, int]:
    return {"n": k}


def nothing(k: int) -> Mapping[str, int]:
    return {}


_LOOPS = {
    "sum": "sum (for i < n -> sin x[i] * x[i])",
    "loops in loops": "sum (for i < n -> sum (for j < n -> exp (x[i] * x[j]) * x[i]))",
    "indexing in loops": "sum (for i < n -> x[i] * x[(i + 1) mod n] + x[i * i mod n])",
    "state": "loop s = 1.0 for i < n do sin s * x[i] + s",
    "state in loops": "sum (for i < n -> loop s = x[i] for j < n do s * 0.5 + x[j] * s)",
    "gather in a state loop": "loop s = 1.0 for i < n do s * x[(i * 7) mod n] + x[i]",
    "in place": "sum (loop y = x for i < n do y with [i] = y[i] * y[(i + n - 1) mod n])",
    "accumulate": "let y = accumulate x for i < n do ((i * 3) mod n, x[i]^2) in sum (for i < n -> y[i]^2)",
    "scan": "let y = scan (\\s e -> s * e + 1.0) 1.0 x in sum (for i < n -> y[i]^2)",
    "maps": "let y = map (\\e -> e * e) x in let z = map2 (\\u v -> u * v) x y in sum z",
    "product": "product x",
    "branches": "sum (for i < n -> if i mod 2 == 0 then sin x[i] else x[i]^3)",
    "matrix vector": "sum (for i < n -> (sum (for j < n -> f64 (i + j) * x[j]))^2)",
}

FAMILIES: Mapping[str, Family] = MappingProxyType({f.name: f for f in (
    Family("chain", chain, nothing), Family("diamond", diamond, nothing), Family("tree", tree, nothing),
    Family("sharing", sharing, nothing), Family("calls", calls, nothing, (2, 4, 6)),
    *(Family(name, in_n(body), n_is) for name, body in _LOOPS.items()))})
