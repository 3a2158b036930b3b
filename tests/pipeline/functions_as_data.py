"""Programs in which functions are data, and random ones.

    FORMS   name ↦ (a definition f of k : i64 and x : f64 with functions as data, the same written out by hand)
"""

from __future__ import annotations

from catad.proofs.choice import Choice

__all__ = ["FORMS", "random_program"]

_FORMS = r"""
# if
  (if k == 0 then \t -> t * t * x else \t -> sin (t * x)) (x + 1)
=
  if k == 0 then (x + 1) * (x + 1) * x else sin ((x + 1) * x)
# if, captured inside
  (if k == 0 then let a = x * x in \t -> a * t else cos) x
=
  if k == 0 then x^3 else cos x
# same function, other captures
  let f a = \t -> a * t^2 in (if k == 0 then f x else f (sin x)) (x + 2)
=
  (if k == 0 then x else sin x) * (x + 2)^2
# array
  [sin, \t -> t * t * x, exp][k] (2 * x)
=
  if k == 0 then sin (2 * x) else if k == 1 then 4 * x^3 else exp (2 * x)
# for
  (for i < 3 -> \t -> t^2 * f64 i + x * t)[k] x
=
  x^2 * f64 k + x^2
# for and if
  (for i < 3 -> if i == 1 then sin else \t -> t * x * f64 i)[k] x
=
  if k == 1 then sin x else x * x * f64 k
# update
  ([sin, cos, exp] with [k] = \t -> t * x * x)[0] x + x
=
  (if k == 0 then x^3 else sin x) + x
# slice
  [sin, \t -> t * x, exp][1..][k mod 2] x
=
  if k mod 2 == 0 then x * x else exp x
# matrix
  (for i < 3 -> for j < 2 -> if i == j then \t -> t * x else \t -> t + x * f64 j)[k, 1] (x * x)
=
  if k == 1 then x^3 else x^2 + x
# loop
  (loop f = sin for i < k do if i == 0 then \t -> t * x else \t -> exp (t * x) * f64 i) x
=
  if k == 0 then sin x else if k == 1 then x * x else exp (x * x) * f64 (k - 1)
# loop, called inside
  (loop (f, y) = (sin, x) for i < k do (let a = f y in \t -> a * t * x, f y)).1
=
  (loop (a, y) = (0.0, x) for i < k do let v = if i == 0 then sin y else a * y * x in (v, v)).1
# while
  (loop (f, i) = (\t -> t + x, 0) while i < k do (if i == 0 then sin else \t -> t * t * x, i + 1)).0
    x
=
  if k == 0 then x + x else if k == 1 then sin x else x^3
# scan
  (scan (\f i -> if i > 1 then \t -> t * x * f64 i else f) sin [1, 2, 3])[k] x
=
  if k == 0 then sin x else x * x * f64 (k + 1)
# reduce
  reduce (\s f -> f s) x [sin, \t -> t * x, \t -> t * t * f64 k]
=
  (sin x * x)^2 * f64 k
# constructor
  case (if k == 0 then Function (\t -> t * x) else Number (x * x)) of | Function f -> f (sin x) |
    Number y -> y
=
  if k == 0 then sin x * x else x * x
# array of constructors
  loop y = x for i < 3 do case [Number x, Function sin, Function (\t -> t * t * x)][(i + k) mod 3]
    of | Function f -> f y | Number w -> w * y
=
  loop y = x for i < 3 do let j = (i + k) mod 3 in if j == 0 then x * y else if j == 1 then sin y
    else y * y * x
# functions that capture functions
  let g = if k == 0 then sin else \t -> t * x in (if k == 1 then \t -> g (g t) else \t -> g t + x) x
=
  if k == 0 then sin x + x else if k == 1 then x^3 else x * x + x
# partial application
  let fs = map (\a b c -> a * b * c) [x, 2.0, sin x] in fs[k] x x
=
  [x, 2.0, sin x][k] * x * x
# derivative of a chosen one
  diff [sin, \t -> t^3 * x, exp][k] x
=
  if k == 0 then cos x else if k == 1 then 3 * x^3 else exp x
# chosen pullback
  (if k == 0 then (vjp sin x).1 else (vjp (\t -> t * t * x) x).1) x
=
  if k == 0 then cos x * x else 2 * x^3
# stored pullbacks
  (for i < 3 -> (vjp (\t -> exp (t * f64 i) * x) x).1)[k] x
=
  exp (x * f64 k) * x * f64 k * x
# chosen pullback of a while
  (if k == 0 then (vjp (\t -> loop y = t while y < 5.0 do y * y + x) x).1 else sin) (2 * x)
=
  if k == 0 then 16 * x * x * (x^2 + x) * ((x^2 + x)^2 + x) else sin (2 * x)
# stored pullbacks of a while, captured
  (for i < 3 -> let p = (vjp (\t -> loop y = t while y < 5.0 do y * y + x) x).1 in \s -> p (s * f64 i))[k] (2 * x)
=
  16 * x * x * (x^2 + x) * ((x^2 + x)^2 + x) * f64 k
# assert and trace
  (assert (k < 3) (trace (\t -> t * x))) x
=
  x * x
# array captured in a loop
  let w = [x, x * x] in sum (for i < 3 -> (for j < 2 -> \t -> t * sum w + f64 j)[i mod 2] x) * f64 k
=
  (3 * x * (x + x * x) + 1) * f64 k
# in a derivative
  grad (\y -> (if k == 0 then \t -> t * y else \t -> sin (t * y * x)) y) x
=
  if k == 0 then 2 * x else cos (x^3) * 2 * x^2
"""

FORMS: dict[str, tuple[str, str]] = {
    name: (data, plain) for name, _, both in (part.partition("\n") for part in _FORMS.split("# ")[1:])
    for data, _, plain in [both.partition("\n=\n")]}


class _Writer:
    """Writes expressions of numbers and of functions f64 -> f64, over `x`, `k` and the names in scope."""

    def __init__(self, c: Choice) -> None:
        self.c = c
        self.count = 0

    def fresh(self, base: str) -> str:
        self.count += 1
        return f"{base}{self.count}"

    def number(self, depth: int, scope: list[str]) -> str:
        kind = self.c.pick(7) if depth else self.c.pick(2)
        if kind == 0:
            return self.c.of(["x", *scope])
        if kind == 1:
            return self.c.of(["0.5", "(-1.25)", "f64 k", "2.0"])
        a = self.number(depth - 1, scope)
        if kind in (2, 3):
            return f"({a} {self.c.of(['+', '*', '-'])} {self.number(depth - 1, scope)})"
        if kind == 4:
            return f"sin {a}" if a.isalnum() else f"sin ({a})"
        return f"{self.function(depth - 1, scope)} ({a})"

    def function(self, depth: int, scope: list[str]) -> str:
        kinds = [self.plain, self.lam, self.chosen, self.literal, self.made, self.changed, self.carried, self.held,
                 self.derived, self.pullback, self.through]
        return self.c.of(kinds if depth else kinds[:2])(max(depth, 1) - 1, scope)

    def plain(self, depth: int, scope: list[str]) -> str:
        return self.c.of(["sin", "cos", "tanh"])

    def lam(self, depth: int, scope: list[str]) -> str:
        t = self.fresh("t")
        return f"(\\{t} -> {self.number(depth, [*scope, t])})"

    def chosen(self, depth: int, scope: list[str]) -> str:
        cond = self.c.of(["k == 0", "x > 0.3", "k > 1"])
        a = self.number(depth, scope)
        name = self.fresh("a")
        return (f"(if {cond} then {self.function(depth, scope)} else "
                f"let {name} = {a} in {self.function(depth, [*scope, name])})")

    def literal(self, depth: int, scope: list[str]) -> str:
        return f"[{', '.join(self.function(depth, scope) for _ in range(3))}][k mod 3]"

    def made(self, depth: int, scope: list[str]) -> str:
        i, v = self.fresh("i"), self.fresh("v")
        return f"(for {i} < 3 -> let {v} = f64 {i} * x in {self.function(depth, [*scope, v])})[(k + 1) mod 3]"

    def changed(self, depth: int, scope: list[str]) -> str:
        a, b, c = (self.function(depth, scope) for _ in range(3))
        return f"([{a}, {b}] with [k mod 2] = {c})[{self.c.of(['0', '1', 'k mod 2'])}]"

    def carried(self, depth: int, scope: list[str]) -> str:
        f, i, v = self.fresh("f"), self.fresh("i"), self.fresh("v")
        new = self.function(depth, [*scope, v])
        return (f"(loop ({f}, {v}) = ({self.function(depth, scope)}, x) for {i} < k do "
                f"(if {i} mod 2 == 0 then {new} else {f}, {f} {v})).0")

    def held(self, depth: int, scope: list[str]) -> str:
        g = self.fresh("g")
        function, number = self.function(depth, scope), self.number(depth, scope)
        return (f"(case (if k == 1 then Function {function} else Number ({number})) of "
                f"| Function {g} -> {g} | Number {g} -> \\{g}t -> {g}t * {g})")

    def derived(self, depth: int, scope: list[str]) -> str:
        return f"(diff {self.function(depth, scope)})"

    def pullback(self, depth: int, scope: list[str]) -> str:
        return f"(vjp {self.function(depth, scope)} x).1"

    def through(self, depth: int, scope: list[str]) -> str:
        f = self.fresh("f")
        return f"(let {f} = {self.function(depth, scope)} in \\{f}t -> {f} ({f}t * 0.5) + {f} x)"


def random_program(c: Choice, depth: int = 4) -> str:
    """A definition f (k : i64) (x : f64) : f64."""
    w = _Writer(c)
    head = "type either = Number f64 | Function (f64 -> f64)"
    return f"{head}\ndef f (k : i64) (x : f64) : f64 = {w.function(depth, [])} x"
