"""A writer of random expressions: what is in scope, what was declared, and how much may still be written.

    w.num()  w.vec()  w.mat()    a number, an array of n numbers, an n by n matrix        (a text with its bound)
    w.int()  w.cond()            an i64, a bool                                           (a text)

Law: what a writer writes is well typed in its scope, runs without failing for n ≥ 1 and k ≥ 0, and stays within its
bound; the same choices write the same text, and smaller choices a simpler one. Forms are functions of a writer
(`catad/proofs/forms`), chosen from the tables that it was given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from catad.proofs.choice import Choice

__all__ = ["TAME", "Forms", "Num", "Writer"]

TAME = 6.0                                              # larger values are damped


@dataclass(frozen=True, slots=True)
class Num:
    """The text of an expression, atomic or in parentheses, and a bound of the magnitude of its numbers."""

    text: str
    bound: float


Form = Callable[["Writer"], Num]


@dataclass(frozen=True, slots=True)
class Forms:
    """The tables of forms that a writer chooses from, the simplest first."""

    num: Sequence[Form]
    vec: Sequence[Form]
    mat: Sequence[Form]
    int: Sequence[Callable[[Writer], str]]
    cond: Sequence[Callable[[Writer], str]]


def _scope() -> dict[str, list[Any]]:
    return {"num": [], "vec": [], "index": [], "fun": [], "sum": []}


@dataclass
class Writer:
    """`left` is the number of forms that may still be written; `ring` keeps to ring operations."""

    c: Choice
    forms: Forms
    ring: bool
    left: int
    kinks: bool = False
    half: int = 0
    scope: dict[str, list[Any]] = field(default_factory=_scope)
    used: dict[str, None] = field(default_factory=dict)             # helpers, by name
    declared: list[str] = field(default_factory=list)               # declarations of this program
    types: list[Any] = field(default_factory=list)                  # sum types of this program
    fresh: int = 0
    forms_alone: bool = False                        # only arithmetic: the body of a recursive definition

    def __post_init__(self) -> None:
        self.half = self.left // 2

    # ── names

    def name(self, stem: str) -> str:
        self.fresh += 1
        return f"{stem}{self.fresh}"

    @contextmanager
    def bind(self, **names: Sequence[Any]) -> Iterator[None]:
        """Names in scope for a while: num, vec, index, fun, sum."""
        for kind, new in names.items():
            self.scope[kind].extend(new)
        yield
        for kind, new in names.items():
            del self.scope[kind][len(self.scope[kind]) - len(new):]

    @contextmanager
    def alone(self, **names: Sequence[Any]) -> Iterator[None]:
        """Only these names are in scope for a while: the body of a definition."""
        outer, self.scope = self.scope, _scope() | {kind: list(new) for kind, new in names.items()}
        yield
        self.scope = outer

    def use(self, helper: str) -> str:
        self.used[helper] = None
        return helper

    # ── expressions

    def num(self) -> Num:
        self.left -= 1
        if self.left < 0:
            return self.forms.num[0](self)
        table = self.forms.num[:4] if self.forms_alone else self.forms.num
        return self.tame(self.c.of(table if self.left < self.half else table[1:])(self))  # the first half branches out

    def vec(self) -> Num:
        self.left -= 1
        return self.tame_all(self.forms.vec[0](self) if self.left < 0 else self.c.of(self.forms.vec)(self))

    def mat(self) -> Num:
        self.left -= 1
        return self.forms.mat[0](self) if self.left < 0 else self.c.of(self.forms.mat)(self)

    def int(self) -> str:
        self.left -= 1
        return self.forms.int[0](self) if self.left < 0 else self.c.of(self.forms.int)(self)

    def cond(self) -> str:
        self.left -= 1
        return self.forms.cond[0](self) if self.left < 0 else self.c.of(self.forms.cond)(self)

    def position(self) -> str:
        """An index into an array of n ≥ 1 entries."""
        i: str = self.c.of([*self.scope["index"][::-1], ""])
        if i:
            return self.c.of([i, f"({i} + 1) mod n", f"n - 1 - {i}", f"{i} * {i} mod n"])
        return self.c.of(["0", "n - 1", "k mod n", f"{self.int()} mod n"])

    def function(self, bound: float) -> tuple[str, float]:
        """A function of one number, which may capture what is in scope."""
        z = self.name("z")
        with self.bind(num=[Num(z, bound)]):
            body = self.num()
        return f"(\\{z} -> {body.text})", body.bound

    # ── bounds

    def tame(self, x: Num) -> Num:
        if x.bound <= TAME:
            return x
        if self.ring:
            return Num(f"({2.0 ** -math.ceil(math.log2(x.bound / TAME))} * {x.text})", TAME)
        return Num(f"(tanh {x.text})", 1)

    def tame_all(self, v: Num) -> Num:
        if v.bound <= TAME:
            return v
        return Num(f"(scale {2.0 ** -math.ceil(math.log2(v.bound / TAME))} {v.text})", TAME)

    def damped(self, x: Num) -> Num:
        """What is carried round a loop stays small, whatever it came from."""
        return Num(f"(0.25 * {x.text})", x.bound) if self.ring else Num(f"(sin {x.text})", 1)

    def derived(self, text: str) -> Num:
        """Derivatives have no bound that is known here."""
        return Num(f"(0.0625 * {text})", TAME) if self.ring else Num(f"(sin {text})", 1)


HELPERS: Mapping[str, str] = {
    "twice": "def twice (g : a -> a) (x : a) : a = g (g x)",
    "after": "def after (g : b -> c) (f : a -> b) (x : a) : c = g (f x)",
    "between": "def between (w : f64) (x : f64) (y : f64) : f64 = x + w * (y - x)",
    "apply_all": "def apply_all [n] (f : a -> b) (xs : [n]a) : [n]b = for i < n -> f xs[i]",
    "swap": "def swap (p : (a, b)) : (b, a) = (p.1, p.0)",
    "line": "def line (a : f64) (b : f64) : f64 -> f64 = \\x -> a * x + b",
    "repeated": "def repeated (k : i64) (f : a -> a) (x : a) : a = loop y = x for i < k do f y",
    "table": "def table [n, m] (f : a -> b -> c) (xs : [n]a) (ys : [m]b) : [n, m]c =\n"
             "  for i < n, j < m -> f xs[i] ys[j]",
    "both": "def both (f : a -> b, g : a -> c) (x : a) : (b, c) = (f x, g x)",
    "option": "type option a = None | Some a",
    "otherwise": "def otherwise (d : a) (o : option a) : a = case o of | Some x -> x | None -> d",
    "lift": "def lift (f : a -> b) (o : option a) : option b = case o of | None -> None | Some x -> Some (f x)",
}
