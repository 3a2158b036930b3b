"""Forms that give a number from numbers: leaves, arithmetic, functions, bindings, branches, conversions."""

from __future__ import annotations

from catad.proofs.choice import number
from catad.proofs.forms.writer import Num, Writer

__all__ = ["KINKED", "NUMBERS", "SMOOTH", "leaf"]

UNARY = ("sin", "tanh", "cos", "atan", "erf", "asinh", "sech2")
QUOTIENTS = ("({x} / (1.0 + {y}^2))", "({x} * exp (-({y}^2)))", "({x} * sqrt (1.0 + {y}^2))",
             "({x} * log (2.0 + {y}^2))", "({x} * pow (1.0 + {y}^2) 0.5)", "({x} * (1.5 + {y}^2)^0.5)",
             "({x} * hypot 1.0 {y})", "({x} * atan2 {y} 8.0)", "({x} * cbrt (1.0 + {y}^2))",
             "({x} * erfc {y})", "({x} * cosh (0.25 * {y}))", "({x} * log1p ({y}^2))",
             "({x} * lgamma (2.0 + {y}^2) / (4.0 + {y}^2)^2)", "({x} * digamma (2.0 + {y}^2) / 4.0)")


def leaf(w: Writer) -> Num:
    pool = w.scope["num"][::-1]
    k = w.c.pick(len(pool) + 1)
    return pool[k] if k < len(pool) else Num(f"{float(abs(number(w.c)))}", 1.5)


def sum_(w: Writer) -> Num:
    op = w.c.of(["+", "-"])
    x, y = w.num(), w.num()
    return Num(f"({x.text} {op} {y.text})", x.bound + y.bound)


def product(w: Writer) -> Num:
    x, y = w.num(), w.num()
    return Num(f"({x.text} * {y.text})", x.bound * y.bound)


def square(w: Writer) -> Num:
    x, n = w.num(), w.c.of([2, 3, 1, 0])
    return Num(f"({x.text}^{n})", max(1.0, x.bound)**n)


def negated(w: Writer) -> Num:
    x = w.num()
    return Num(f"(-{x.text})", x.bound)


def power(w: Writer) -> Num:
    """An exponent that is known only at run time."""
    x, n = w.num(), w.int()
    return Num(f"({x.text}^({n} mod 3))", max(1.0, x.bound)**2)


def converted(w: Writer) -> Num:
    return Num(f"(0.5 * f64 ({w.int()} mod 5))", 2)


def indexed(w: Writer) -> Num:
    if w.c.pick(4) == 3:
        return Num(f"w[{w.position()}, {w.position()}]", 1.5)
    v = w.c.of(w.scope["vec"][::-1])
    return Num(f"{v.text}[{w.position()}]", v.bound)


def bound(w: Writer) -> Num:
    z, x = w.name("z"), w.num()
    with w.bind(num=[Num(z, x.bound)]):
        body = w.num()
    typed = w.c.of(["", " : f64"])
    return Num(f"(let {z}{typed} = {x.text} in {body.text})", body.bound)


def ascribed(w: Writer) -> Num:
    x = w.num()
    return Num(f"({x.text} : f64)", x.bound)


def branch(w: Writer) -> Num:
    x, y = w.num(), w.num()
    return Num(f"(if {w.cond()} then {x.text} else {y.text})", max(x.bound, y.bound))


def chosen(w: Writer) -> Num:
    x, y = w.num(), w.num()
    return Num(f"(select ({w.cond()}) {x.text} {y.text})", max(x.bound, y.bound))


def asserted(w: Writer) -> Num:
    x, c = w.num(), w.c.of(["n >= 1", "k >= 0 && n > 0"])
    return Num(f"(assert ({c}) {x.text})", x.bound)


def smooth(w: Writer) -> Num:
    x, f = w.num(), w.c.of(UNARY)
    return Num(f"({f} {x.text})", max(1.6, x.bound) if f == "asinh" else 1.6)


def quotient(w: Writer) -> Num:
    x, y, form = w.num(), w.num(), w.c.of(QUOTIENTS)
    return Num(form.format(x=x.text, y=y.text), x.bound * (2 + y.bound))


def extreme(w: Writer) -> Num:
    x, y, f = w.num(), w.num(), w.c.of(["max", "min"])
    return Num(f"({f} {x.text} {y.text})", max(x.bound, y.bound))


def kinked(w: Writer) -> Num:
    x, f = w.num(), w.c.of(["abs", "relu", "sign", "floor", "round", "trunc", "ceil"])
    return Num(f"({f} {x.text})", x.bound + 1)


def compared(w: Writer) -> Num:
    x, y, z, op = w.num(), w.num(), w.num(), w.c.of(["<", ">", "<=", ">=", "==", "!="])
    return Num(f"(if {x.text} {op} {y.text} then {z.text} else {x.text})", max(x.bound, z.bound))


def untaken(w: Writer) -> Num:
    """A branch that would not be finite if it were taken where it is not."""
    x, y = w.num(), w.num()
    form = w.c.of(["log", "sqrt", "1.0 /"])
    return Num(f"(if {x.text} > 0.25 then tanh ({form} {x.text}) else {y.text})", max(1, y.bound))


NUMBERS = (leaf, sum_, product, square, indexed, negated, power, converted, bound, ascribed, branch, chosen, asserted)
SMOOTH = (smooth, smooth, quotient, quotient)
KINKED = (extreme, kinked, compared, untaken)
