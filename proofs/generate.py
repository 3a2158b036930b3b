"""Random well-typed `.cad` programs with inputs, over the forms of the language, tame and in range by construction.

    program(c)                 smooth: values stay moderate, nothing is undefined, no kinks
    program(c, ring=True)      only ring operations: exact over the rationals and modulo a prime
    program(c, kinks=True)     comparisons of floats, maxima, sorting, rounding, branches not taken, searches as well

What can be written stands in `catad/proofs/forms`. The choices come from `choice`, first ones being the simplest, so
that Hypothesis shrinks a failing program to a few readable lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from catad.proofs.choice import Choice, drawn, number
from catad.proofs.forms.arrays import KINKED_VECTORS, MATRICES, VECTORS, second
from catad.proofs.forms.closures import CLOSURES
from catad.proofs.forms.data import DATA, declared, value
from catad.proofs.forms.derivatives import DERIVATIVES
from catad.proofs.forms.functions import FUNCTIONS
from catad.proofs.forms.integers import CONDITIONS, INTEGERS, KINKED_CONDITIONS, KINKED_INTEGERS
from catad.proofs.forms.iteration import ITERATION, KINKED_ITERATION
from catad.proofs.forms.numbers import KINKED, NUMBERS, SMOOTH
from catad.proofs.forms.trees import TREES
from catad.proofs.forms.writer import HELPERS, Forms, Num, Writer

__all__ = ["PARAMS", "Program", "program", "programs"]

PARAMS = (("x", "[n]f64"), ("a", "f64"), ("b", "f64"), ("p", "(f64, f64)"), ("r", "{u : f64, v : f64}"), ("k", "i64"),
          ("w", "[n, n]f64"))

_DEEP = (*ITERATION, *FUNCTIONS, *DATA, *TREES, *CLOSURES, *DERIVATIVES, second)
RING = Forms((*NUMBERS, *_DEEP), VECTORS, MATRICES, INTEGERS, CONDITIONS)
PLAIN = Forms((*NUMBERS, *SMOOTH, *_DEEP), VECTORS, MATRICES, INTEGERS, CONDITIONS)
WILD = Forms((*NUMBERS, *SMOOTH, *KINKED, *_DEEP, *KINKED_ITERATION), (*VECTORS, *KINKED_VECTORS), MATRICES,
             (*INTEGERS, *KINKED_INTEGERS), (*CONDITIONS, *KINKED_CONDITIONS))


@dataclass(frozen=True, slots=True)
class Program:
    """A text with an entry `f`, and flat inputs for it: x : [n]f64, a, b : f64, p : (f64, f64), r : record, k : i64,
    w : [n, n]f64."""

    text: str
    args: tuple[Any, ...]


def program(c: Choice, *, ring: bool = False, kinks: bool = False, size: int = 20) -> Program:
    writer = Writer(c, RING if ring else WILD if kinks else PLAIN, ring, c.pick(size + 1), kinks)
    names = [Num(x, 1.5) for x in ("a", "b", "p.0", "p.1", "r.u", "r.v")]
    with writer.bind(num=names, vec=[Num("x", 1.5)]):
        text, kind = _body(writer)
    helpers = "".join(HELPERS[h] + "\n" for h in HELPERS if h in writer.used)
    params = " ".join(f"({x} : {t})" for x, t in PARAMS)
    declarations = "".join(d + "\n" for d in writer.declared)
    return Program(f"{helpers}{declarations}def f [n] {params} : {kind} =\n  {text}\n", arguments(c))


def arguments(c: Choice) -> tuple[Any, ...]:
    n = 1 + c.pick(3)
    x = np.array([float(number(c)) for _ in range(n)])
    scalars = [float(number(c)) for _ in range(6)]
    k = c.pick(4)
    w = np.array([[float(number(c)) for _ in range(n)] for _ in range(n)])
    return (x, *scalars, k, w)


def programs(*, ring: bool = False, kinks: bool = False, size: int = 14) -> Any:
    """The Hypothesis strategy."""
    return drawn(lambda c: program(c, ring=ring, kinks=kinks, size=size))


def _body(w: Writer) -> tuple[str, str]:
    """The body of `f`, and its type."""
    match w.c.pick(9):
        case 0 | 1 | 2:
            return w.num().text, "f64"
        case 3:
            return w.vec().text, "[n]f64"
        case 4:
            return f"({w.num().text}, {w.vec().text})", "(f64, [n]f64)"
        case 5:
            return f"{{s = {w.num().text}, m = {w.mat().text}}}", "{s : f64, m : [n, n]f64}"
        case 6:
            s = declared(w)
            return f"({value(w, s)}, {w.num().text})", f"({s.text}, f64)"
        case 7:
            i = w.name("i")
            with w.bind(index=[i]):
                x, y, z = w.num(), w.int(), w.cond()
            return f"for {i} < n -> ({x.text}, {y}, {z})", "[n](f64, i64, bool)"
        case _:
            return f"({w.num().text}, {w.int()}, {w.cond()})", "(f64, i64, bool)"
