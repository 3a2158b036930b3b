"""Forms that give an i64 or a bool. Integers may have any magnitude: where one is used it is taken modulo something."""

from __future__ import annotations

from collections.abc import Callable

from catad.proofs.forms.writer import Writer

__all__ = ["CONDITIONS", "INTEGERS", "KINKED_CONDITIONS", "KINKED_INTEGERS"]


def leaf(w: Writer) -> str:
    found: str = w.c.of([*w.scope["index"][::-1], "k", "n", "1", "3"])
    return found


def arithmetic(w: Writer) -> str:
    x, y = w.int(), w.int()
    return w.c.of(["({x} + {y})", "({x} - {y})", "({x} * {y})", "(max {x} {y})", "(min {x} {y})",
                   "(abs ({x} - {y}))", "(-{x} + {y})"]).format(x=x, y=y)


def division(w: Writer) -> str:
    op, d = w.c.of(["mod", "div"]), w.c.of(["3", "n", "(1 + k)", "(-2)"])
    return f"({w.int()} {op} {d})"


def bits(w: Writer) -> str:
    x, y = w.int(), w.int()
    return w.c.of(["(band {x} 7)", "(bor {x} {y})", "(bxor {x} {y})", "(bnot {x})", "(shl {x} 2)", "(shr {x} 1)",
                   "(({x} mod 4)^2)"]).format(x=x, y=y)


def chosen(w: Writer) -> str:
    x, y = w.int(), w.int()
    return f"(if {w.cond()} then {x} else {y})"


def counted(w: Writer) -> str:
    i, s = w.name("i"), w.name("s")
    with w.bind(index=[i]):
        body = w.int()
    return w.c.of([f"(sum (for {i} < n -> {body} mod 5))", f"(loop {s} = k for {i} < n do ({s} + {body}) mod 7)",
                   f"(maximum (for {i} < n -> {body} mod 5))", f"(histogram 3 (for {i} < n -> {body} mod 3))[1]"])


def searched(w: Writer) -> str:
    """A loop that a condition on integers ends."""
    s, d = w.name("s"), w.c.of(["s - 1", "s div 2"])
    start = w.int()
    return f"(loop {s} = {start} mod 9 while {s} > {w.c.of(['0', '2'])} do {d.replace('s', s)})"


def place(w: Writer) -> str:
    v = w.c.of(w.scope["vec"][::-1])
    return w.c.of([f"(argmax {v.text})", f"(argmin {v.text})", f"(argsort {v.text})[0]"])


def rounded(w: Writer) -> str:
    return f"(i64 {w.num().text})"


def parity(w: Writer) -> str:
    return f"{w.int()} mod 2 == 0"


def small(w: Writer) -> str:
    i = w.c.of([*w.scope["index"], "k"])
    return w.c.of([f"{i} < 1", f"{i} > 0 && {i} < 3", f"!({i} == 2)", f"{i} != 1 || k <= 1"])


def every(w: Writer) -> str:
    i = w.name("i")
    with w.bind(index=[i]):
        body = w.cond()
    return f"{w.c.of(['all', 'any'])} (for {i} < n -> {body})"


def constant(w: Writer) -> str:
    return w.c.of(["true", "false"])


def above(w: Writer) -> str:
    x, y = w.num(), w.num()
    return f"{x.text} {w.c.of(['<', '>='])} {y.text}"


def not_a_number(w: Writer) -> str:
    return f"{w.c.of(['isnan', 'isinf'])} {w.num().text}"


INTEGERS: tuple[Callable[[Writer], str], ...] = (leaf, arithmetic, division, bits, chosen, counted, searched)
KINKED_INTEGERS: tuple[Callable[[Writer], str], ...] = (place, rounded)
CONDITIONS: tuple[Callable[[Writer], str], ...] = (parity, small, small, every, constant)
KINKED_CONDITIONS: tuple[Callable[[Writer], str], ...] = (above, not_a_number)
