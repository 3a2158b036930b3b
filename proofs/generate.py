"""Random well-typed `.cad` programs with inputs, over the forms of the language, tame and in range by construction. All
forms stand together in one file, since every form may contain every other.

    program(c)                 smooth: values stay moderate, nothing is undefined, no kinks
    program(c, ring=True)      only ring operations: exact over the rationals and modulo a prime

Scalars, tuples, records, arrays with a size variable, closures, partial application, polymorphic helpers, let, branches
on integers, loops of every kind, reductions, scans, updates, accumulation, slices, and derivatives inside. The choices
come from `choice`, first ones being the simplest, so that Hypothesis shrinks a failing program to a few readable lines.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from catad.proofs.choice import Choice, drawn, number

__all__ = ["Program", "program", "programs"]

HELPERS = {
    "twice": "def twice (g : a -> a) (x : a) : a = g (g x)",
    "after": "def after (g : b -> c) (f : a -> b) (x : a) : c = g (f x)",
    "between": "def between (w : f64) (x : f64) (y : f64) : f64 = x + w * (y - x)",
    "apply_all": "def apply_all [n] (f : a -> b) (xs : [n]a) : [n]b = for i < n -> f xs[i]",
}
UNARY = ("sin", "tanh", "cos", "atan", "erf", "asinh", "sech2")
TAME = 6.0                                              # larger values are damped


@dataclass(frozen=True, slots=True)
class Program:
    """A text with an entry `f`, and flat inputs for it: x : [n]f64, a, b : f64, p : (f64, f64), r : record, k : i64,
    w : [n, n]f64."""

    text: str
    args: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Num:
    """The text of a number, atomic or in parentheses, and a bound of its magnitude."""

    text: str
    bound: float


PARAMS = (("x", "[n]f64"), ("a", "f64"), ("b", "f64"), ("p", "(f64, f64)"), ("r", "{u : f64, v : f64}"), ("k", "i64"),
          ("w", "[n, n]f64"))


def program(c: Choice, *, ring: bool = False, size: int = 20) -> Program:
    writer = _Writer(c, ring, c.pick(size + 1))
    body = writer.body()
    helpers = "".join(HELPERS[h] + "\n" for h in HELPERS if h in writer.used)
    params = " ".join(f"({x} : {t})" for x, t in PARAMS)
    text = f"{helpers}def f [n] {params} : {body.type} =\n  {body.text}\n"
    n = 1 + c.pick(3)
    x = np.array([float(number(c)) for _ in range(n)])
    scalars = [float(number(c)) for _ in range(6)]
    k = c.pick(4)
    w = np.array([[float(number(c)) for _ in range(n)] for _ in range(n)])
    return Program(text, (x, *scalars, k, w))


def programs(*, ring: bool = False, size: int = 14) -> Any:
    """The Hypothesis strategy."""
    return drawn(lambda c: program(c, ring=ring, size=size))


@dataclass(frozen=True, slots=True)
class Body:
    text: str
    type: str


class _Writer:
    """Writes expressions; `left` is the number of forms that may still be written."""

    def __init__(self, c: Choice, ring: bool, size: int) -> None:
        self.c, self.ring, self.left, self.half = c, ring, size, size // 2
        self.nums: list[Num] = [Num("a", 1.5), Num("b", 1.5), Num("p.0", 1.5), Num("p.1", 1.5), Num("r.u", 1.5),
                                Num("r.v", 1.5)]
        self.vecs: list[Num] = [Num("x", 1.5)]
        self.indices: list[str] = []
        self.used: set[str] = set()
        self.fresh = 0

    def name(self, stem: str) -> str:
        self.fresh += 1
        return f"{stem}{self.fresh}"

    def body(self) -> Body:
        kind = self.c.pick(4)
        if kind < 2:
            return Body(self.num().text, "f64")
        if kind == 2:
            return Body(self.vec().text, "[n]f64")
        return Body(f"({self.num().text}, {self.vec().text})", "(f64, [n]f64)")

    # ── numbers

    def num(self) -> Num:
        self.left -= 1
        if self.left < 0:
            return self.leaf()
        flat: list[Callable[[], Num]] = [self.leaf, self.sum, self.product, self.square, self.indexed]
        if not self.ring:
            flat += [self.function, self.quotient]
        deep = [self.bound, self.total, self.branch, self.loop, self.applied, self.partial, self.helper, self.pair,
                self.record, self.diff, self.grad, self.jvp, self.vjp, self.jet, self.reduced, self.whole, self.pairs,
                self.second]
        forms = [*flat, *deep]
        return self.tame(self.c.of(forms if self.left < self.half else forms[1:])())   # the first half branches out

    def tame(self, x: Num) -> Num:
        if x.bound <= TAME:
            return x
        if self.ring:
            return Num(f"(0.125 * {x.text})", x.bound / 8)
        return Num(f"(tanh {x.text})", 1)

    def leaf(self) -> Num:
        pool = self.nums[::-1]
        k = self.c.pick(len(pool) + 1)
        return pool[k] if k < len(pool) else Num(f"{float(abs(number(self.c)))}", 1.5)

    def sum(self) -> Num:
        op = self.c.of(["+", "-"])
        x, y = self.num(), self.num()
        return Num(f"({x.text} {op} {y.text})", x.bound + y.bound)

    def product(self) -> Num:
        x, y = self.num(), self.num()
        return Num(f"({x.text} * {y.text})", x.bound * y.bound)

    def square(self) -> Num:
        x, n = self.num(), self.c.of([2, 3, 1, 0])
        return Num(f"({x.text}^{n})", max(1.0, x.bound)**n)

    def function(self) -> Num:
        x, f = self.num(), self.c.of(UNARY)
        return Num(f"({f} {x.text})", max(1.6, x.bound) if f == "asinh" else 1.6)

    def quotient(self) -> Num:
        x, y = self.num(), self.num()
        form = self.c.of(["({x} / (1.0 + {y}^2))", "({x} * exp (-({y}^2)))", "({x} * sqrt (1.0 + {y}^2))",
                          "({x} * log (2.0 + {y}^2))", "({x} * pow (1.0 + {y}^2) 0.5)"])
        return Num(form.format(x=x.text, y=y.text), x.bound * (1 + y.bound))

    def bound(self) -> Num:
        z, x = self.name("z"), self.num()
        with _Scope(self, nums=[Num(z, x.bound)]):
            body = self.num()
        return Num(f"(let {z} = {x.text} in {body.text})", body.bound)

    def branch(self) -> Num:
        x, y = self.num(), self.num()
        return Num(f"(if {self.condition()} then {x.text} else {y.text})", max(x.bound, y.bound))

    def condition(self) -> str:
        i = self.c.of([*self.indices, "k"])
        return self.c.of([f"{i} mod 2 == 0", f"{i} < 1", f"{i} > 0 && {i} < 3", f"!({i} == 2)"])

    def position(self) -> str:
        """An index into an array of n ≥ 1 entries."""
        i = self.c.of([*self.indices[::-1], ""])
        if not i:
            return self.c.of(["0", "n - 1", "k mod n"])
        return self.c.of([i, f"({i} + 1) mod n", f"n - 1 - {i}", f"{i} * {i} mod n"])

    def indexed(self) -> Num:
        if self.c.pick(4) == 3:
            return Num(f"w[{self.position()}, {self.position()}]", 1.5)
        v = self.c.of(self.vecs[::-1])
        return Num(f"{v.text}[{self.position()}]", v.bound)

    def total(self) -> Num:
        i = self.name("i")
        with _Scope(self, indices=[i]):
            body = self.num()
        return Num(f"(sum (for {i} < n -> {body.text}))", 3 * body.bound)

    def loop(self) -> Num:
        s, i, x = self.name("s"), self.name("i"), self.num()
        with _Scope(self, nums=[Num(s, TAME)], indices=[i]):
            body = self.damped(self.num())
        return Num(f"(loop {s} = {x.text} for {i} < n do {body.text})", max(x.bound, body.bound))

    def damped(self, x: Num) -> Num:
        """What is carried round a loop stays small, whatever it came from."""
        return Num(f"(0.25 * {x.text})", x.bound) if self.ring else Num(f"(sin {x.text})", 1)

    def applied(self) -> Num:
        z, x = self.name("z"), self.num()
        with _Scope(self, nums=[Num(z, x.bound)]):
            body = self.num()
        return Num(f"((\\{z} -> {body.text}) {x.text})", body.bound)

    def function_of(self, bound: float) -> tuple[str, float]:
        """A lambda, which may capture what is in scope."""
        z = self.name("z")
        with _Scope(self, nums=[Num(z, bound)]):
            body = self.num()
        return f"(\\{z} -> {body.text})", body.bound

    def partial(self) -> Num:
        self.used.add("between")
        w, x, y, g = self.num(), self.num(), self.num(), self.name("g")
        return Num(f"(let {g} = between {w.text} {x.text} in {g} {y.text})", x.bound + w.bound * (x.bound + y.bound))

    def helper(self) -> Num:
        x = self.num()
        if self.c.pick(2):
            self.used.add("after")
            (f, fb), y = self.function_of(x.bound), self.name("y")
            return Num(f"(after (\\{y} -> {y} * {y}) {f} {x.text})", fb * fb)
        self.used.add("twice")
        z = self.name("z")
        with _Scope(self, nums=[Num(z, TAME)]):
            body = self.damped(self.num())
        return Num(f"(twice (\\{z} -> {body.text}) {x.text})", body.bound)

    def pair(self) -> Num:
        u, v, x, y = self.name("u"), self.name("v"), self.num(), self.num()
        with _Scope(self, nums=[Num(u, x.bound), Num(v, y.bound)]):
            body = self.num()
        return Num(f"(let ({u}, {v}) = ({x.text}, {y.text}) in {body.text})", body.bound)

    def record(self) -> Num:
        q, x, y = self.name("q"), self.num(), self.num()
        with _Scope(self, nums=[Num(f"{q}.u", x.bound), Num(f"{q}.v", y.bound)]):
            body = self.num()
        return Num(f"(let {q} = {{u = {x.text}, v = {y.text}}} in {body.text})", body.bound)

    # ── derivatives inside: their magnitude is not known, so they are damped

    def derived(self, text: str) -> Num:
        return Num(f"(0.0625 * {text})", TAME) if self.ring else Num(f"(sin {text})", 1)

    def diff(self) -> Num:
        x = self.num()
        return self.derived(f"(diff {self.function_of(x.bound)[0]} {x.text})")

    def grad(self) -> Num:
        v, u = self.vec(), self.name("v")
        with _Scope(self, vecs=[Num(u, v.bound)]):
            body = self.num()
        return self.derived(f"((grad (\\{u} -> {body.text}) {v.text})[{self.position()}])")

    def jvp(self) -> Num:
        x, dx = self.num(), self.num()
        return self.derived(f"((jvp {self.function_of(x.bound)[0]} {x.text} {dx.text}).1)")

    def vjp(self) -> Num:
        x, dy = self.num(), self.num()
        return self.derived(f"((vjp {self.function_of(x.bound)[0]} {x.text}).1 {dy.text})")

    def jet(self) -> Num:
        x, dx = self.num(), self.num()
        f, j = self.function_of(x.bound)[0], self.c.pick(2)
        return self.derived(f"((jet {f} ({x.text}, [{dx.text}, 0.5])).1[{j}])")

    # ── reductions and loops with more than a number

    def reduced(self) -> Num:
        s, e, x, v = self.name("s"), self.name("e"), self.num(), self.vec()
        with _Scope(self, nums=[Num(s, TAME), Num(e, v.bound)]):
            body = self.damped(self.num())
        return Num(f"(reduce (\\{s} {e} -> {body.text}) {x.text} {v.text})", max(x.bound, body.bound))

    def whole(self) -> Num:
        i = self.name("i")
        with _Scope(self, indices=[i]):
            body = self.num()
        return Num(f"(product (for {i} < n -> {body.text}))", max(1.0, body.bound)**3)

    def pairs(self) -> Num:
        """A loop over a pair."""
        s, t, i, x, y = self.name("s"), self.name("t"), self.name("i"), self.num(), self.num()
        with _Scope(self, nums=[Num(s, TAME), Num(t, TAME)], indices=[i]):
            one, two = self.damped(self.num()), self.damped(self.num())
        body = f"({one.text}, {two.text})"
        return Num(f"((loop ({s}, {t}) = ({x.text}, {y.text}) for {i} < n do {body}).{self.c.pick(2)})",
                   max(x.bound, y.bound, one.bound, two.bound))

    def second(self) -> Num:
        """A loop inside a sum inside a let: an array that is used twice."""
        y, v = self.name("y"), self.vec()
        with _Scope(self, vecs=[Num(y, v.bound)]):
            body = self.num()
        return Num(f"(let {y} = {v.text} in {body.text})", body.bound)

    # ── vectors of n entries

    def vec(self) -> Num:
        self.left -= 1
        if self.left < 0:
            return self.c.of(self.vecs[::-1])
        return self.c.of([self.named, self.mapped, self.each, self.scanned, self.written, self.scattered, self.turned,
                          self.in_place, self.gradient, self.sliced, self.row, self.matrix_vector])()

    def named(self) -> Num:
        return self.c.of(self.vecs[::-1])

    def mapped(self) -> Num:
        i = self.name("i")
        with _Scope(self, indices=[i]):
            body = self.num()
        return Num(f"(for {i} < n -> {body.text})", body.bound)

    def each(self) -> Num:
        v = self.vec()
        f, bound = self.function_of(v.bound)
        self.used.add("apply_all")
        return Num(f"({self.c.of(['map', 'apply_all'])} {f} {v.text})", bound)

    def scanned(self) -> Num:
        s, e, x, v = self.name("s"), self.name("e"), self.num(), self.vec()
        with _Scope(self, nums=[Num(s, TAME), Num(e, v.bound)]):
            body = self.damped(self.num())
        return Num(f"(scan (\\{s} {e} -> {body.text}) {x.text} {v.text})", body.bound)

    def written(self) -> Num:
        v, x = self.vec(), self.num()
        return Num(f"({v.text} with [{self.position()}] = {x.text})", max(v.bound, x.bound))

    def scattered(self) -> Num:
        v, i = self.vec(), self.name("i")
        with _Scope(self, indices=[i]):
            at, x = self.position(), self.num()
        return Num(f"(accumulate {v.text} for {i} < n do ({at}, {x.text}))", v.bound + 3 * x.bound)

    def turned(self) -> Num:
        form, more = self.c.of([("(reverse {})", 0.0), ("(scale 0.5 {})", 0.0), ("(add {} x)", 1.5)])
        v = self.vec()
        return Num(form.format(v.text), v.bound + more)

    def in_place(self) -> Num:
        y, i, v = self.name("y"), self.name("i"), self.vec()
        with _Scope(self, vecs=[Num(y, TAME)], indices=[i]):
            at, x = self.position(), self.damped(self.num())
        return Num(f"(loop {y} = {v.text} for {i} < n do {y} with [{at}] = {x.text})", max(v.bound, x.bound))

    def gradient(self) -> Num:
        v, u = self.vec(), self.name("v")
        with _Scope(self, vecs=[Num(u, v.bound)]):
            body = self.num()
        i = self.name("i")
        damp = "0.0625 * " if self.ring else "sin "
        g = self.name("g")
        return Num(f"(let {g} = grad (\\{u} -> {body.text}) {v.text} in for {i} < n -> {damp}{g}[{i}])", TAME)

    def sliced(self) -> Num:
        v = self.c.of(self.vecs[::-1])
        return Num(f"(concat {v.text}[0..1] {v.text}[1..n])" if self.c.pick(2) else f"({v.text}[0..n])", v.bound)


    # ── matrices

    def row(self) -> Num:
        m = self.mat()
        return Num(f"({m.text}[{self.position()}])", m.bound)

    def matrix_vector(self) -> Num:
        m, v = self.mat(), self.vec()
        return self.vector_damped(Num(f"(matvec {m.text} {v.text})", 3 * m.bound * v.bound))

    def vector_damped(self, v: Num) -> Num:
        if v.bound <= TAME:
            return v
        return Num(f"(scale {2.0 ** -math.ceil(math.log2(v.bound / TAME))} {v.text})", TAME)

    def mat(self) -> Num:
        self.left -= 1
        if self.left < 0:
            return Num("w", 1.5)
        return self.c.of([lambda: Num("w", 1.5), self.table, self.transposed, self.entry_written, self.outer_product])()

    def table(self) -> Num:
        i, j = self.name("i"), self.name("j")
        with _Scope(self, indices=[i, j]):
            body = self.num()
        return Num(f"(for {i} < n, {j} < n -> {body.text})", body.bound)

    def transposed(self) -> Num:
        m = self.mat()
        return Num(f"(transpose {m.text})", m.bound)

    def entry_written(self) -> Num:
        m, x = self.mat(), self.num()
        return Num(f"({m.text} with [{self.position()}, {self.position()}] = {x.text})", max(m.bound, x.bound))

    def outer_product(self) -> Num:
        u, v = self.vec(), self.vec()
        return Num(f"(scale 0.125 (outer {u.text} {v.text}))", u.bound * v.bound / 8)


class _Scope:
    """Names in scope for a while."""

    def __init__(self, w: _Writer, *, nums: Sequence[Num] = (), vecs: Sequence[Num] = (),
                 indices: Sequence[str] = ()) -> None:
        self.w, self.lists = w, ((w.nums, nums), (w.vecs, vecs), (w.indices, indices))

    def __enter__(self) -> None:
        for names, new in self.lists:
            names.extend(new)                                                         # type: ignore[arg-type]

    def __exit__(self, *_: object) -> None:
        for names, new in self.lists:
            del names[len(names) - len(new):]
