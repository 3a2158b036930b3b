"""Functions with one mistake each: for every name `f`, `mistakes.txt` has what is said about it.

This file is read by the interpreter and by people; nothing here is meant to be right.
"""

# mypy: ignore-errors
# ruff: noqa

import math
from typing import Any

import numpy as np

import catad

KEPT: list[Any] = []
LARGE = np.ones(5000)


@catad.function
def decides(x: catad.f64):
    if x > 0:
        return x
    return -x


@catad.function
def chains(x: catad.f64):
    return catad.where(0 < x < 1, x, 0.0)


@catad.function
def repeats(x: catad.f64):
    while x > 1:
        x = x / 2
    return x


@catad.function
def combines(x: catad.f64):
    return x > 0 and x < 1


@catad.function
def contains(x: "[n]f64"):
    return 1.0 in x


@catad.function
def counts(x: catad.f64, n: int):
    s = 0.0
    for i in catad.range(n):
        s = s + x
    return s


@catad.function
def mixes(n: int):
    return catad.array(i + j for i in catad.range(n) for j in range(2))


@catad.function
def calls_math(x: catad.f64):
    return math.sin(x)


@catad.function
def truncates(x: catad.f64):
    return int(x)


@catad.function
def unrolls(x: catad.f64, n: int):
    return sum(x for _ in range(n))


@catad.function
def measures(x: "[n]f64"):
    return len(x)


@catad.function
def walks(x: "[n]f64"):
    return sum(v for v in x)


@catad.function
def measures_a_number(x: float):
    return len(x)


@catad.function
def formats(x: catad.f64):
    return f"{x:.3f}"


@catad.function
def keys(x: catad.f64):
    return {x: 1.0}


@catad.function
def gathers(x: catad.f64):
    return np.array([x, x])


@catad.function
def leaks(x: "[n]f64"):
    catad.loop(x.shape[0], lambda i, s: KEPT.append(x[i] * 2) or s, 0.0)
    return KEPT.pop() + 1


def keeps(x: catad.f64):
    KEPT.append(x * 3)
    return x


@catad.function
def uses_kept(x: catad.f64):
    catad.function(keeps)(1.0)
    return x + KEPT.pop()


@catad.function
def changes(x: "[n]f64"):
    x[0] = 1.0
    return x


@catad.function
def decorates(x: catad.f64):
    x.name = "height"
    return x


@catad.function
def forgets(x: catad.f64):
    x + 1


@catad.function
def says(x: catad.f64):
    return x + "one"


@catad.function
def large(x: catad.f64):
    return x * catad.sum(LARGE)


@catad.function
def steps(x: "[n]f64"):
    return x[::2]


@catad.function
def masks(x: "[n]f64"):
    return x[None]


@catad.function
def untyped(x):
    return x


@catad.function
def strange(x: "[n f64"):
    return x


@catad.function
def strangely(x: complex):
    return x


@catad.function
def many(*x: float):
    return x


@catad.function
def named(let: float):
    return let


@catad.function
def transforms(x: "[n]f64"):
    return np.fft.fft(x)


@catad.function
def keeps_dimensions(x: "[n, m]f64"):
    return np.sum(x, axis=0, keepdims=True)


@catad.function
def into(x: "[n]f64"):
    return np.add.reduce(x)


def outside():
    return catad.sum(i for i in catad.range(3))


@catad.function
def recurses(x: catad.f64):
    return recurses(x - 1)


@catad.function
def converts(x: "[n]f64"):
    return x.astype(np.float32)


@catad.function
def misspells(x: "[n]f64"):
    return x.summ()


@catad.function
def calls_a_method_that_is_a_function(x: "[n]f64"):
    return x.softmax()


@catad.function
def reads_a_field_of_a_number(x: "[n]f64"):
    return x[0].mass


SUMS = catad.compile("""type shape a [n] = Points [n]a | Two (a, a) | Nothing
 def tot [n] (x : [n]f64) (s : shape f64 [n]) : f64 = case s of | Points x -> sum x | Two p -> p.0 * p.1 | Nothing -> x[0]
""")


@catad.function
def misspells_a_constructor(x: "[n]f64"):
    return SUMS.tot(x, {"Pints": x})


@catad.function
def passes_no_sum(x: "[n]f64"):
    return SUMS.tot(x, x)


@catad.function
def passes_two_constructors(x: "[n]f64"):
    return SUMS.tot(x, {"Points": x, "Nothing": ()})


@catad.function
def fills_nothing(x: "[n]f64"):
    return SUMS.tot(x, {"Nothing": x})


@catad.function
def fills_something_wrongly(x: "[n]f64"):
    return SUMS.tot(x, {"Two": x})


# what the checker says, at the place in Python

@catad.function
def result(x: "[n]f64") -> catad.f64:
    return x * 2


@catad.function
def sizes(x: "[n]f64", y: "[m]f64"):
    return catad.array(x[i] * y[i] for i in catad.range(3)) @ catad.array([1.0, 2.0])


@catad.function
def ranks(x: "[n]f64", a: "[n, n]f64"):
    return a + x


@catad.function
def argument(x: "[n]f64"):
    return decides_nothing(x)


@catad.function
def decides_nothing(x: catad.f64):
    return catad.where(x > 0, x, -x)


@catad.function
def widths(x: catad.f64, y: catad.f32):
    return x * y


@catad.function
def branches(x: catad.f64):
    return catad.cond(x > 0, lambda: x, lambda: (x, x))


@catad.function
def states(x: catad.f64):
    return catad.loop(3, lambda i, s: (s, s), x)


@catad.function
def unknown_size(x: "[n]f64") -> "[k]f64":
    return x


@catad.function
def unknown_name(x: catad.f64):
    return catad.math.sinn(x)


@catad.function
def passes_functions(x: catad.f64):
    return catad.math.linearize(lambda t: t * t, 5)[1](x) + catad.math.dagger(lambda t: t, x)


@catad.function
def gradient_of_a_pair(x: catad.f64):
    return catad.grad(lambda t: (t, t))(x)
