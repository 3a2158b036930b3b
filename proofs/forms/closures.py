"""Forms with functions that are data while the program runs: chosen, stored in arrays and sums, carried by loops."""

from __future__ import annotations

from catad.proofs.forms.writer import Num, Writer

__all__ = ["CLOSURES"]


def _pair(w: Writer, bound: float) -> tuple[str, str, float]:
    (one, a), (two, b) = w.function(bound), w.function(bound)
    return one, two, max(a, b)


def chosen(w: Writer) -> Num:
    x, h = w.num(), w.name("h")
    one, two, bound = _pair(w, x.bound)
    return Num(f"(let {h} = (if {w.cond()} then {one} else {two}) in {h} {x.text})", bound)


def in_array(w: Writer) -> Num:
    x = w.num()
    one, two, bound = _pair(w, x.bound)
    return Num(f"(([{one}, {two}][{w.int()} mod 2]) {x.text})", bound)


def made_in_a_loop(w: Writer) -> Num:
    """An array of functions, each of which captures its index."""
    x, i, fs = w.num(), w.name("i"), w.name("fs")
    with w.bind(index=[i]):
        f, bound = w.function(x.bound)
    return Num(f"(let {fs} = (for {i} < n -> {f}) in {fs}[{w.position()}] {x.text})", bound)


def carried(w: Writer) -> Num:
    x, h, i = w.num(), w.name("h"), w.name("i")
    one, two, bound = _pair(w, x.bound)
    with w.bind(index=[i]):
        condition = w.cond()
    return Num(f"((loop {h} = {one} for {i} < n do (if {condition} then {two} else {h})) {x.text})", bound)


def in_option(w: Writer) -> Num:
    """A constructor that may hold a function."""
    w.use("option")
    x, y, g = w.num(), w.num(), w.name("g")
    f, bound = w.function(x.bound)
    return Num(f"(case (if {w.cond()} then Some {f} else None) of | Some {g} -> {g} {x.text} | None -> {y.text})",
               max(bound, y.bound))


def folded(w: Writer) -> Num:
    """A fold over an array of functions."""
    x, s, g = w.num(), w.name("s"), w.name("g")
    one, two, bound = _pair(w, 6.0)
    return Num(f"(reduce (\\{s} {g} -> {g} {s}) {x.text} [{one}, {two}, {one}])", bound)


CLOSURES = (chosen, in_array, made_in_a_loop, carried, in_option, folded)
