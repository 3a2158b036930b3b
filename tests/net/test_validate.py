"""A malformed net is refused at birth, by the name of the rule and the box."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from catad.net.build import Builder, rename_sizes
from catad.net.canonical import canonical, digest, prune
from catad.net.net import (
    Apply,
    BindSize,
    Box,
    Call,
    Carry,
    Const,
    Derive,
    Fill,
    Guard,
    IfOp,
    Lambda,
    Loop,
    Net,
    Op,
    Prim,
    SeriesPack,
    SeriesPart,
    SizeValue,
    Table,
)
from catad.net.sizes import free_sizes
from catad.net.text import parse_net, print_net
from catad.net.validate import InvalidNet, validate, validate_table
from catad.types.size import Size
from catad.types.type import BOOL, F32, F64, I64, Array, Fun, Prod, Series, Type

N = Size.var("n")
VEC, MAT, SER, FUN = Array(N, F64), Array(N, Array(N, F64)), Series(2, F64), Fun(F64, F64)
THREE = Array(Size.of(2), F64)


def one(op: Op, sources: list[Type], targets: list[Type], *bubbles: Net) -> Net:
    """A net of one box."""
    b = Builder()
    b.sizes = ["n"]
    return b.net(*b.box(op, [b.input(t) for t in sources], targets, bubbles))


def wires(source: list[Type], *out: int) -> Net:
    b = Builder()
    ins = [b.input(t) for t in source]
    return b.net(*[ins[k] for k in out])


LOOP = Loop(N, (Carry("add"),))
BODY = wires([VEC, I64, F64], 2, 1)                     # captured, index, carry → carry, element
GOOD: list[tuple[Op, list[Type], list[Type], list[Net]]] = [
    (Prim("mul"), [F64, F64], [F64], []), (Prim("index"), [MAT, I64], [VEC], []),
    (Prim("add_at"), [MAT, I64, VEC], [MAT], []), (Prim("add_at"), [VEC, VEC], [VEC], []),
    (Const(1.5, F32), [], [F32], []), (Const(True, BOOL), [], [BOOL], []), (Const(-3, I64), [], [I64], []),
    (SizeValue(N), [], [I64], []), (Fill((N, N)), [F64], [MAT], []),
    (Guard(((N, N + 1),)), [VEC], [Array(N + 1, F64)], []),
    (SeriesPack(2), [F64, THREE], [SER], []), (SeriesPack(2), [F64], [SER], []),
    (SeriesPack(2), [VEC, Array(Size.of(2), VEC)], [Array(N, SER)], []),
    (SeriesPart("value"), [SER], [F64], []),
    (SeriesPart("coefficients"), [Array(N, SER)], [Array(Size.of(2), VEC)], []),
    (Lambda(FUN), [VEC], [FUN], [wires([VEC, F64], 1)]), (Apply(), [FUN, F64], [F64], []),
    (IfOp(), [BOOL, F64, VEC], [VEC], [wires([F64, VEC], 1), wires([F64, VEC], 1)]),
    (LOOP, [VEC, F64], [F64, Array(N, I64)], [BODY]),
    (Derive("vjp", F64, F64), [FUN, F64], [F64, FUN], []), (Derive("jvp", F64, F64), [FUN, F64, F64], [F64, F64], []),
    (Derive("jet", F64, F64, 2), [FUN, F64, THREE], [F64, THREE], []), (BindSize("k", True), [I64], [], []),
]
BAD: list[tuple[Op, list[Type], list[Type], list[Net]]] = [
    (Prim("mul"), [F64, F32], [F64], []), (Prim("mul"), [F64], [F64], []), (Prim("nothing"), [F64], [F64], []),
    (Prim("mul"), [F64, F64], [F32], []), (Prim("mul"), [F64, F64], [F64, F64], []),
    (Prim("index"), [VEC, F64], [F64], []),
    (Prim("index"), [VEC, I64, I64], [F64], []), (Prim("add_at"), [VEC, I64, VEC], [VEC], []),
    (Prim("stack"), [], [VEC], []),
    (Prim("argmax"), [F64], [I64], []), (Prim("sin"), [F64], [F64], [wires([], )]),
    (Const(1.5, I64), [], [I64], []), (Const(2**63, I64), [], [I64], []), (Const(1, BOOL), [], [BOOL], []),
    (Const(1.0, F64), [], [F32], []), (SizeValue(N), [], [F64], []), (Fill((N,)), [F64], [MAT], []),
    (Fill((N,)), [VEC], [MAT], []), (Guard(()), [VEC], [Array(N, I64)], []), (SeriesPack(2), [F64, VEC], [SER], []),
    (SeriesPart("tail"), [SER], [F64], []), (SeriesPart("value"), [F64], [F64], []),
    (Lambda(FUN), [VEC], [FUN], [wires([F64], 0)]), (Lambda(FUN), [VEC], [FUN], []), (Apply(), [FUN], [F64], []),
    (Apply(), [F64, F64], [F64], []), (IfOp(), [F64, F64], [F64], [wires([F64], 0)] * 2),
    (IfOp(), [BOOL, F64], [F64], [wires([F64], 0)]),
    (IfOp(), [BOOL, F64], [F64], [wires([F64], 0), wires([F64], 0, 0)]),
    (LOOP, [VEC, F32], [F32, Array(N, I64)], [BODY]), (LOOP, [VEC, F64], [F64, Array(N + 1, I64)], [BODY]),
    (Loop(N, (Carry("xor"),)), [VEC, F64], [F64, Array(N, I64)], [BODY]), (LOOP, [], [], [BODY]),
    (Derive("vjp", F64, F64), [FUN, F64], [F64, F64], []), (Derive("hess", F64, F64), [FUN, F64], [F64], []),
    (BindSize("k", True), [F64], [], []), (Prim("neg"), [Prod((F64,))], [Prod((F64,))], []), (Op(), [], [], []),
]


@pytest.mark.parametrize(("op", "sources", "targets", "bubbles"), GOOD)
def test_well_typed_boxes(op: Op, sources: list[Type], targets: list[Type], bubbles: list[Net]) -> None:
    validate(one(op, sources, targets, *bubbles))


@pytest.mark.parametrize(("op", "sources", "targets", "bubbles"), BAD)
def test_ill_typed_boxes(op: Op, sources: list[Type], targets: list[Type], bubbles: list[Net]) -> None:
    with pytest.raises(InvalidNet):
        one(op, sources, targets, *bubbles)


SIN = Prim("sin")


@pytest.mark.parametrize("make", [
    lambda: Net((F64, F64), (Box(SIN, (1,), (1,)),), (0,), (1,)),
    lambda: Net((F64, F64, F64), (Box(SIN, (2,), (1,)), Box(SIN, (0,), (2,))), (0,), (1,)),
    lambda: Net((F64, F64), (Box(SIN, (0,), (1,)), Box(SIN, (0,), (1,))), (0,), (1,)),
    lambda: Net((F64, F64), (Box(SIN, (0,), (0,)),), (0,), (0,)),
    lambda: Net((F64, F64), (), (0,), (0,)),
    lambda: Net((F64,), (), (0, 0), (0,)),
    lambda: Net((F64,), (), (0,), (1,)),
    lambda: Net((F64,), (), (0,), (-1,)),
    lambda: Net((F64, F64), (Box(SIN, (-2,), (1,)),), (0,), (1,)),
])
def test_wiring(make: Callable[[], Net]) -> None:
    with pytest.raises(InvalidNet):
        make()


def test_the_message_names_rule_and_box() -> None:
    with pytest.raises(InvalidNet, match=r"box 0 \(Prim\(name='mul'\)\).*mul needs arguments of one type"):
        one(Prim("mul"), [F64, F32], [F64])


def test_sizes_are_bound_before_use_and_once() -> None:
    b = Builder()
    x, i = b.input(F64), b.input(I64)
    b.fill([Size.var("k")], x)
    b.box(BindSize("k", True), [i], [])
    with pytest.raises(InvalidNet, match="after the box that binds it"):
        b.net()
    b = Builder()
    i = b.input(I64)
    b.box(BindSize("k", True), [i], [])
    b.box(BindSize("k", True), [i], [])
    with pytest.raises(InvalidNet, match="bound once"):
        b.net()


def test_a_bound_size_stays_in_its_bubble() -> None:
    b = Builder()
    x, i = b.input(F64), b.input(I64)
    b.box(BindSize("k", True), [i], [])
    inner = b.net(b.fill([Size.var("k")], x))
    with pytest.raises(InvalidNet, match="stays inside"):
        one(IfOp(), [BOOL, F64, I64], [Array(Size.var("k"), F64)], inner, inner)


def test_free_sizes_come_from_types_labels_and_bubbles() -> None:
    inner = Builder()
    out = inner.size(Size.var("p"))
    inner.input(I64)
    b = Builder()
    b.input(Array(Size.var("m"), F64))
    i = b.input(I64)
    b.box(BindSize("k", True), [i], [])
    b.size(Size.var("k") + Size.var("q"))
    b.box(Call("f", (("n", Size.var("r")),)), [], [])
    b.loop(Size.of(2), inner.net(out), [])
    net = b.net()
    assert free_sizes(net) == ("m", "p", "q", "r")
    assert free_sizes(rename_sizes(net, {"p": N * 2})) == ("m", "n", "q", "r")


def test_tables_check_calls() -> None:
    b = Builder()
    b.sizes = ["m"]
    g = b.net(b.prim("index", b.input(Array(Size.var("m"), F64)), b.const(0, I64)))
    f = one(Call("g", (("m", N),)), [VEC], [F64])
    validate_table(Table({"f": f, "g": g}))
    for bad in (one(Call("h", (("m", N),)), [VEC], [F64]), one(Call("g", ()), [VEC], [F64]),
                one(Call("g", (("m", N + 1),)), [VEC], [F64]), one(Call("g", (("m", N),)), [VEC], [I64])):
        with pytest.raises(InvalidNet):
            validate_table(Table({"f": bad, "g": g}))


def chain(n: int) -> Net:
    """Scalars and loops in one long line."""
    inner = wires([F64, I64], 0)
    b = Builder()
    b.sizes = ["n"]
    x, i = b.input(F64), b.const(0, I64)
    for _ in range(n // 4):
        a = b.loop(N, inner, [x])[0]
        x = b.prim("mul", b.prim("index", a, i), b.prim("sin", x))
    return b.net(x)


def test_no_pass_is_quadratic() -> None:
    """Eight times the boxes take about eight times as long; a quadratic pass would take 64 times."""
    def seconds(net: Net, work: Callable[[Net], object]) -> float:
        best = 1e9
        for _ in range(3):
            fresh = Net(net.wires, net.boxes, net.inputs, net.outputs, net.sizes)
            start = time.process_time()
            work(fresh)
            best = min(best, time.process_time() - start)
        return best
    small, large = chain(1_250), chain(10_000)
    for work in (validate, canonical, prune, digest, print_net, lambda n: parse_net(print_net(n))):
        assert seconds(large, work) < 30 * seconds(small, work) + 0.02, work


def test_ten_thousand_boxes_in_a_second() -> None:
    start = time.process_time()
    chain(10_000)
    assert time.process_time() - start < 1.0
