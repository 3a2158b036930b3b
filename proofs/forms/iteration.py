"""Forms that iterate and give a number: sums, products, folds, counted loops, loops that a condition ends."""

from __future__ import annotations

from collections.abc import Sequence

from catad.proofs.forms.writer import TAME, Num, Writer

__all__ = ["ITERATION", "KINKED_ITERATION"]


def total(w: Writer) -> Num:
    i = w.name("i")
    with w.bind(index=[i]):
        body = w.num()
    return Num(f"(sum (for {i} < n -> {body.text}))", 3 * body.bound)


def whole(w: Writer) -> Num:
    i = w.name("i")
    with w.bind(index=[i]):
        body = w.num()
    return Num(f"(product (for {i} < n -> {body.text}))", max(1.0, body.bound)**3)


def loop(w: Writer) -> Num:
    s, i, x = w.name("s"), w.name("i"), w.num()
    trips = w.c.of(["n", "3", "k", f"({w.int()} mod 3)"])
    with w.bind(num=[Num(s, TAME)], index=[i if trips == "n" else f"({i} mod n)"]):
        body = w.damped(w.num())
    return Num(f"(loop {s} = {x.text} for {i} < {trips} do {body.text})", max(x.bound, body.bound))


def pairs(w: Writer) -> Num:
    """A loop over a pair."""
    s, t, i, x, y = w.name("s"), w.name("t"), w.name("i"), w.num(), w.num()
    with w.bind(num=[Num(s, TAME), Num(t, TAME)], index=[i]):
        one, two = w.damped(w.num()), w.damped(w.num())
    body = f"({one.text}, {two.text})"
    return Num(f"((loop ({s}, {t}) = ({x.text}, {y.text}) for {i} < n do {body}).{w.c.pick(2)})",
               max(x.bound, y.bound, one.bound, two.bound))


def shadowed(w: Writer) -> Num:
    """`loop z for …`: the state starts as the variable of its name."""
    z, i, x = w.name("z"), w.name("i"), w.num()
    with w.bind(num=[Num(z, TAME)], index=[f"({i} mod n)"]):
        body = w.damped(w.num())
    return Num(f"(let {z} = {x.text} in loop {z} for {i} < 2 do {body.text})", max(x.bound, body.bound))


def counted_while(w: Writer) -> Num:
    """A loop that ends after a number of trips found on the way."""
    s, j, x = w.name("s"), w.name("j"), w.num()
    limit = w.c.of(["2", "n", "k", f"({w.int()} mod 4)"])
    with w.bind(num=[Num(s, TAME)], index=[f"({j} mod n)"]):
        body = w.damped(w.num())
    return Num(f"((loop ({s}, {j}) = ({x.text}, 0) while {j} < {limit} do ({body.text}, {j} + 1)).0)",
               max(x.bound, body.bound))


def record_while(w: Writer) -> Num:
    q, x, v = w.name("q"), w.num(), w.vec()
    scope: dict[str, Sequence[Num | str]] = {
        "num": [Num(f"{q}.s", TAME)], "vec": [Num(f"{q}.v", TAME)], "index": [f"({q}.j mod n)"]}
    with w.bind(**scope):
        body, at = w.damped(w.num()), w.position()
    return Num(f"((loop {q} = {{j = 0, s = {x.text}, v = {v.text}}} while {q}.j < n do "
               f"{{j = {q}.j + 1, s = {body.text}, v = {q}.v with [{at}] = {q}.s}}).s)", max(x.bound, body.bound))


def reduced(w: Writer) -> Num:
    s, e, x, v = w.name("s"), w.name("e"), w.num(), w.vec()
    with w.bind(num=[Num(s, TAME), Num(e, v.bound)]):
        body = w.damped(w.num())
    f = w.c.of(["reduce", "fold"])
    return Num(f"({f} (\\{s} {e} -> {body.text}) {x.text} {v.text})", max(x.bound, body.bound))


def part(w: Writer) -> Num:
    """A slice, whose size is known only at run time."""
    v, y, j = w.vec(), w.name("y"), w.name("j")
    cut = w.c.of(["[{p}..]", "[..{p} + 1]", "[{p}..{p} + 1]", "[..]"]).format(p=w.position())
    body = w.c.of([f"sum {y}", f"dot {y} {y}", f"sum (for {j} < length {y} -> {y}[{j}] * {y}[length {y} - 1 - {j}])"])
    return Num(f"(let {y} = {v.text}{cut} in {body})", 3 * max(1.0, v.bound)**2)


def while_small(w: Writer) -> Num:
    """A loop that ends when its number has grown."""
    s, j, x, y = w.name("s"), w.name("j"), w.num(), w.num()
    return Num(f"((loop ({s}, {j}) = ({x.text}, 0) while {s}^2 < 4.0 && {j} < 5 do "
               f"({s} + {y.text} + 0.125, {j} + 1)).0)", x.bound + 5 * y.bound + 1)


def extreme(w: Writer) -> Num:
    v = w.vec()
    return Num(f"({w.c.of(['maximum', 'minimum'])} {v.text})", v.bound)


ITERATION = (total, loop, reduced, whole, pairs, shadowed, counted_while, record_while, part)
KINKED_ITERATION = (while_small, extreme)
