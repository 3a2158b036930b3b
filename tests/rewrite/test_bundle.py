"""The join of bundles is the join of a semilattice, and bundles keep what is written into them."""

from __future__ import annotations

import itertools
import random

import pytest

from catad.net.build import Builder
from catad.net.net import Const, Net, Wire
from catad.rewrite.bundle import (
    Alternative,
    Bundle,
    Leaf,
    Numbers,
    Slot,
    absent,
    closure,
    fill,
    form,
    join,
    lifted,
    mapped,
    multiplicity,
    open_types,
    pad,
    same,
    slots,
)
from catad.types.size import Size
from catad.types.type import F64, I64, Fun

F = Fun(F64, F64)
N = (Size.var("n"),)


def body(kind: str, captured: int, functions: int = 0) -> Net:
    """λ x. kind (x, first captured …), of so many captured numbers and functions."""
    b = Builder()
    given = [b.input(F64) for _ in range(captured)]
    for _ in range(functions):
        b.input(F)
    x = b.input(F64)
    y = b.prim(kind, x)
    for w in given:
        y = b.prim("add", y, w)
    return b.net(y)


BODIES = [(body("sin", 0), 0, 0), (body("cos", 1), 1, 0), (body("exp", 2), 2, 0), (body("tanh", 1, 1), 1, 1)]


def random_form(rng: random.Random, number: Numbers, dims: tuple[Size, ...] = N, depth: int = 2) -> Bundle[Slot]:
    """A form with some of the alternatives, in the order of their numbers."""
    for a in BODIES:
        number(Alternative(a[0], (), None))
    chosen = [a for a in BODIES if rng.random() < 0.5 and (depth or not a[2])]

    def slot() -> Slot:
        return Slot(F64, rng.randrange(len(dims) + 1), rng.choice([None, 1, 2]))

    def captured(numbers: int, functions: int) -> tuple[Slot | Bundle[Slot], ...]:
        inner = [random_form(rng, number, dims, depth - 1) for _ in range(functions)]
        return (*(slot() for _ in range(numbers)), *inner)
    alternatives = tuple(Alternative(net, captured(n, k), None) for net, n, k in chosen)
    tagged = len(chosen) > 1 or rng.random() < 0.2
    tag = Slot(I64, rng.randrange(len(dims) + 1), rng.choice([None, 3])) if tagged else None
    return Bundle(F, dims, tag, alternatives)


@pytest.mark.parametrize("seed", range(40))
def test_join_is_a_semilattice(seed: int) -> None:
    """Idempotent, commutative, associative; an upper bound."""
    rng, number = random.Random(seed), Numbers()
    f, g, h = (random_form(rng, number) for _ in range(3))
    fg = join(number, f, g)
    assert same(number, join(number, f, f), f)
    assert same(number, fg, join(number, g, f))
    assert same(number, join(number, fg, h), join(number, f, join(number, g, h)))
    assert same(number, join(number, fg, g), fg)


@pytest.mark.parametrize("seed", range(20))
def test_lifting_keeps_joins(seed: int) -> None:
    rng, number = random.Random(seed), Numbers()
    f, g = (random_form(rng, number, ()) for _ in range(2))
    assert same(number, lifted(join(number, f, g), N), join(number, lifted(f, N), lifted(g, N)))


def test_alike_bubbles_have_one_number() -> None:
    number = Numbers()
    a, b, c = (closure(body(kind, 0), (), F, None).alternatives[0] for kind in ("sin", "sin", "cos"))
    assert number(a) == number(b) != number(c)


def test_pad_and_fill() -> None:
    """What is padded into a form and filled back has the wires of the value, zeros elsewhere, and a tag."""
    number, b = Numbers(), Builder()
    x, y = b.input(F64), b.input(F64)
    f, g = closure(BODIES[1][0], [x], F, None), closure(BODIES[2][0], [x, y], F, None)
    goal = join(number, form(f, lambda w: None), form(g, lambda w: None))
    assert open_types(goal) == [I64, F64, F64, F64]
    wires: list[Wire] = list(pad(b, number, g, goal))
    back = fill(goal, iter(wires))
    assert [leaf.wire for leaf in back.alternatives[1].captured if isinstance(leaf, Leaf)] == [x, y]
    made = {w: box for box in b.boxes for w in box.targets}
    assert made[wires[0]].op == Const(number(g.alternatives[0]), I64) and made[wires[1]].reason == "zero"


def test_no_function_is_the_unit() -> None:
    rng, number = random.Random(1), Numbers()
    none = form(absent(F, N), lambda w: None)
    for _ in range(10):
        f = random_form(rng, number)
        assert same(number, join(number, none, f), f) and same(number, join(number, f, none), f)


def test_multiplicity_counts_towers() -> None:
    number = Numbers()
    tower = closure(BODIES[0][0], [], F, None)
    for height in range(1, 5):
        tower = closure(BODIES[3][0], [0, tower], F, None)
        assert multiplicity(number, tower)[0] == height


def test_mapped_goes_in_the_order_of_slots() -> None:
    rng, number = random.Random(5), Numbers()
    for _ in range(10):
        f, count = random_form(rng, number), itertools.count()
        seen = [leaf for leaf, _ in slots(mapped(lambda s, _, __, count=count: next(count), f))]
        assert seen == list(range(len(list(slots(f)))))
