"""Rules on arrays, loops and branches: what is left, and that it means the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from catad.net.build import Builder
from catad.net.canonical import equal
from catad.net.net import BindSize, Call, Guard, IfOp, Loop, Net, Prim, Wire
from catad.net.zero import zero
from catad.rewrite.cost import operations, weight
from catad.rewrite.reductions import lower_reductions
from catad.rewrite.simplify import simplify
from catad.types.size import Size
from catad.types.type import BOOL, F64, I64, Array, Type
from tests.rewrite.meaning import assert_same, outcome

N, M = Size.var("n"), Size.var("m")
VECTOR, MATRIX = Array(N, F64), Array(N, Array(M, F64))
AT = {"n": 7, "m": 5}


def body(types: Sequence[Type], make: Callable[..., Wire | tuple[Wire, ...]]) -> Net:
    b = Builder()
    out = make(b, *[b.input(t) for t in types])
    return b.net(*(out if isinstance(out, tuple) else (out,)))


def top(*types: Type) -> tuple[Builder, list[Wire]]:
    b = Builder()
    b.sizes = ["n", "m"]
    return b, [b.input(t) for t in types]


def mapped(b: Builder, name: str, x: Wire, size: Size = N) -> Wire:
    """for i -> name x[i]"""
    f = body([b.type(x), I64], lambda c, a, i: c.prim(name, c.prim("index", a, i)))
    return b.loop(size, f, [x])[0]


def summed(b: Builder, x: Wire, size: Size = N) -> Wire:
    f = body([b.type(x), I64, F64], lambda c, a, i, s: c.prim("add", s, c.prim("index", a, i)))
    return b.loop(size, f, [x], [b.const(0.0)], ["add"])[0]


def loops(net: Net) -> list[Loop]:
    found = []
    for box in net.boxes:
        if isinstance(box.op, Loop):
            found.append(box.op)
        for n in box.bubbles:
            found += loops(n)
    return found


def ops(net: Net) -> Counter[str]:
    return operations(net, AT)


def values(net: Net) -> list[object]:
    rng = np.random.default_rng(3)
    shapes = {VECTOR: (7,), MATRIX: (7, 5)}
    return [rng.normal(size=shapes[t]) if t in shapes else 2 if t == I64 else float(rng.normal()) for t in net.source]


def simplified(net: Net) -> Net:
    new = simplify(net)
    assert_same(net, new, values(net))
    return new


def test_map_of_map_of_sum_is_one_loop() -> None:
    """sum (map exp (map sin x)): no array is made."""
    b, (x,) = top(VECTOR)
    net = simplified(b.net(summed(b, mapped(b, "exp", mapped(b, "sin", x)))))
    assert ops(net) == {"index": 7, "sin": 7, "exp": 7, "add": 7}
    assert len(loops(net)) == 1


def test_gradient_of_a_map_is_one_loop() -> None:
    """The residual is handed over and not stored; the scatter becomes a map; direction does not matter."""
    b, (x, ct) = top(VECTOR, F64)
    y = mapped(b, "exp", x)
    back = body([VECTOR, F64, I64, VECTOR], lambda c, r, t, i, acc: c.prim(
        "add_at", acc, i, c.prim("mul", c.prim("index", r, i), t)))
    (g,) = b.loop(N, back, [y, ct], [zero(b, VECTOR)], ["add"], down=True)
    net = simplified(b.net(summed(b, y), g))
    assert ops(net) == {"index": 7, "exp": 7, "add": 7, "mul": 7}
    (loop,) = loops(net)
    assert len(loop.carries) == 1


def test_a_costly_array_with_two_kinds_of_use_is_stored() -> None:
    """exp x read at another index by a nested loop: not computed again for each of them."""
    b, (x,) = top(VECTOR)
    y = mapped(b, "exp", x)

    def row(c: Builder, a: Wire, i: Wire) -> Wire:
        inner = body([VECTOR, F64, I64, F64], lambda d, e, z, j, s: d.prim(
            "add", s, d.prim("mul", z, d.prim("index", e, j))))
        return c.loop(N, inner, [a, c.prim("index", a, i)], [c.const(0.0)], ["add"])[0]

    net = simplified(b.net(b.loop(N, body([VECTOR, I64], row), [y])[0]))
    assert ops(net)["exp"] == 7


def test_views_are_looked_through() -> None:
    """sum of a transpose of a transpose, and of a reversed array: no copies."""
    b, (x, v) = top(MATRIX, VECTOR)

    def transposed(w: Wire, n: Size, m: Size) -> Wire:
        def row(c: Builder, a: Wire, j: Wire) -> Wire:
            entry = body([b.type(w), I64, I64], lambda d, e, p, q: d.prim("index", e, q, p))
            return c.loop(n, entry, [a, j])[0]
        return b.loop(m, body([b.type(w), I64], row), [w])[0]

    flipped = body([VECTOR, I64], lambda c, a, i: c.prim(
        "index", a, c.prim("sub", c.prim("sub", c.size(N), c.const(1, I64)), i)))
    net = simplified(b.net(transposed(transposed(x, N, M), M, N), summed(b, b.loop(N, flipped, [v])[0])))
    assert net.outputs[0] == net.inputs[0]
    assert len(loops(net)) == 1


def test_a_slice_is_looked_through_only_where_it_is_in_range() -> None:
    """sum (for k < n-1 -> x[k+1]) reads x; with x[k+2] the failure stays."""
    for offset, code in ((1, None), (2, "E0501")):
        b, (x,) = top(VECTOR)
        b.box(BindSize("k", True), [b.size(N - 1)], [])
        k = Size.var("k")
        part = body([VECTOR, I64], lambda c, a, i, o=offset: c.prim("index", a, c.prim("add", i, c.const(o, I64))))
        net = b.net(summed(b, b.loop(k, part, [x])[0], k))
        new = simplify(net)
        assert outcome(new, [np.ones(4)]) == (code or (3.0,))
        assert len(loops(new)) == 1


def test_accumulating_in_two_loops_collects_rows() -> None:
    """acc[i, j] += v in nested loops is a matrix of v; another index stays a scatter."""
    b, (x, y) = top(VECTOR, VECTOR)

    def outer(c: Builder, p: Wire, q: Wire, i: Wire, acc: Wire) -> Wire:
        inner = body([VECTOR, VECTOR, I64, I64, Array(N, VECTOR)], lambda d, u, v, k, j, a: d.prim(
            "add_at", a, k, j, d.prim("mul", d.prim("index", u, k), d.prim("index", v, j))))
        return c.loop(N, inner, [p, q, i], [acc], ["add"])[0]

    t = Array(N, VECTOR)
    (g,) = b.loop(N, body([VECTOR, VECTOR, I64, t], outer), [x, y], [zero(b, t)], ["add"])
    net = simplified(b.net(g))
    assert ops(net) == {"index": 7 + 49, "mul": 49}
    assert all(not loop.carries for loop in loops(net))


def test_accumulating_elsewhere_stays() -> None:
    b, (x,) = top(VECTOR)
    scatter = body([VECTOR, I64, VECTOR], lambda c, a, i, acc: c.prim(
        "add_at", acc, c.prim("imod", i, c.const(2, I64)), c.prim("index", a, i)))
    (g,) = b.loop(N, scatter, [x], [zero(b, VECTOR)], ["add"])
    assert ops(simplified(b.net(g)))["add_at"] == 7


def test_accumulating_from_an_array_adds_to_its_rows() -> None:
    """From x instead of zero, twice in one trip: x[i] + v + v."""
    b, (x,) = top(VECTOR)
    twice = body([VECTOR, I64, VECTOR], lambda c, a, i, acc: c.prim(
        "add_at", c.prim("add_at", acc, i, c.prim("index", a, i)), i, c.prim("index", a, i)))
    (g,) = b.loop(N, twice, [x], [x], ["add"])
    assert ops(simplified(b.net(g))) == {"index": 7, "add": 14}


def test_a_sum_of_scatters_is_threaded() -> None:
    """scatter(0) + scatter(0): the second loop goes on where the first stopped, no dense sum."""
    b, (x, i) = top(VECTOR, I64)

    def scatter(w: Wire, start: Wire) -> Wire:
        f = body([VECTOR, I64, I64, VECTOR], lambda c, a, k, j, acc: c.prim("add_at", acc, k, c.prim("index", a, j)))
        return b.loop(N, f, [w, i], [start], ["add"])[0]

    total = b.prim("add_at", scatter(x, zero(b, VECTOR)), scatter(mapped(b, "sin", x), zero(b, VECTOR)))
    assert ops(simplified(b.net(total))) == {"fill": 7, "index": 14, "sin": 7, "add_at": 14}


def test_invariants_move_out_unless_they_can_fail() -> None:
    b, (x, z, i) = top(VECTOR, F64, I64)
    f = body([VECTOR, F64, I64, I64], lambda c, a, w, k, j: c.prim(
        "mul", c.prim("add", c.prim("sin", w), c.prim("index", a, k)), c.prim("index", a, j)))
    net = simplified(b.net(b.loop(N, f, [x, z, i])[0]))
    assert ops(net)["sin"] == 1
    assert ops(net)["index"] == 14                                           # x[i] may be out of range, and n be 0
    assert np.shape(outcome(net, [np.ones(0), 1.0, 5])[0]) == (0,)


def test_entries_are_there_where_a_loop_over_the_array_runs() -> None:
    """for i < n, j < m -> sin x[0] + a[i, m-1]: x[0] moves out of the loop over j, n ≥ 1 in that over i; no further."""
    b, (x, a) = top(VECTOR, MATRIX)

    def row(c: Builder, v: Wire, w: Wire, i: Wire) -> Wire:
        entry = body([VECTOR, MATRIX, I64, I64], lambda d, p, q, k, j: d.prim(
            "add", d.prim("sin", d.prim("index", p, d.const(0, I64))), d.prim("index", q, k, d.size(M - 1))))
        return c.loop(M, entry, [v, w, i])[0]

    net = simplified(b.net(b.loop(N, body([VECTOR, MATRIX, I64], row), [x, a])[0]))
    assert ops(net) == {"index": 7 + 35, "sin": 7, "add": 35}
    assert np.shape(outcome(net, [np.ones(0), np.ones((0, 5))])[0]) == (0, 5)
    assert np.shape(outcome(net, [np.ones(3), np.ones((3, 0))])[0]) == (3, 0)


def test_a_column_is_looked_through_where_it_is_not_empty() -> None:
    """(for k < n -> a[k, 0])[i] = a[i, 0] in a loop over j < m; elsewhere the failure for m = 0 stays."""
    column = body([MATRIX, I64], lambda c, a, k: c.prim("index", a, k, c.const(0, I64)))

    def row(c: Builder, a: Wire, i: Wire) -> Wire:
        entry = body([MATRIX, I64, I64], lambda d, w, k, j: d.prim("index", d.loop(N, column, [w])[0], k))
        return c.loop(M, entry, [a, i])[0]

    b, (a,) = top(MATRIX)
    net = simplified(b.net(b.loop(N, body([MATRIX, I64], row), [a])[0]))
    assert ops(net) == {"index": 35} and np.shape(outcome(net, [np.ones((3, 0))])[0]) == (3, 0)
    b, (a,) = top(MATRIX)
    last = body([MATRIX, I64], lambda c, w, i: c.prim("index", c.loop(N, column, [w])[0], i))
    net = simplify(b.net(b.loop(N, last, [a])[0]))
    assert outcome(net, [np.ones((3, 0))]) == "E0501"


def test_calls_move_out_unless_they_can_fail() -> None:
    b, (x, z, i) = top(VECTOR, F64, I64)
    f = body([VECTOR, F64, I64, I64], lambda c, a, w, k, j: c.prim("mul", c.prim("index", a, j), c.prim(
        "add", c.box(Call("sine", ()), [w], [F64])[0], c.box(Call("entry", (("n", N),)), [a, k], [F64])[0])))
    net = b.net(b.loop(N, f, [x, z, i])[0])
    nets = {"sine": body([F64], lambda c, w: c.prim("sin", w)),
            "entry": body([VECTOR, I64], lambda c, a, k: c.prim("index", a, k))}
    (call, loop) = simplify(net, nets).boxes
    assert call.op == Call("sine", ()) and any(box.op == Call("entry", (("n", N),)) for box in loop.bubbles[0].boxes)
    unknown = simplify(Net(net.wires, net.boxes, net.inputs, net.outputs, net.sizes), {})
    assert not any(isinstance(box.op, Call) for box in unknown.boxes)


def test_dead_carries_and_results_go() -> None:
    """A carry that only feeds itself, a result that nobody uses, a captured array that they alone need."""
    b, (x, y) = top(VECTOR, VECTOR)
    f = body([VECTOR, VECTOR, I64, F64, F64], lambda c, a, d, i, s, t: (
        c.prim("add", s, c.prim("index", a, i)), c.prim("mul", t, c.prim("index", d, i)), c.prim("exp", t)))
    s, _, _ = b.loop(N, f, [x, y], [b.const(0.0), b.const(1.0)], ["add", "state"])
    net = simplified(b.net(s))
    assert ops(net) == {"index": 7, "add": 7}
    (loop,) = net.boxes[-1:]
    assert loop.sources[0] == net.inputs[0] and len(loop.sources) == 2


def test_carries_that_are_constant_or_equal_go() -> None:
    b, (x, z) = top(VECTOR, F64)
    f = body([VECTOR, I64, F64, F64, F64], lambda c, a, i, k, s, t: (
        k, c.prim("add", s, c.prim("mul", k, c.prim("index", a, i))),
        c.prim("add", t, c.prim("mul", k, c.prim("index", a, i)))))
    start = b.const(0.0)
    k, s, t = b.loop(N, f, [x], [z, start, start], ["state", "add", "add"])
    net = simplified(b.net(k, s, t))
    assert net.outputs[0] == net.inputs[1] and net.outputs[1] == net.outputs[2]
    assert ops(net) == {"index": 7, "mul": 7, "add": 7}


def test_loops_that_read_one_array_are_merged_unless_one_waits_for_the_other() -> None:
    b, (x,) = top(VECTOR)
    s = summed(b, x)
    q = summed(b, mapped(b, "sin", x))
    centred = body([VECTOR, F64, I64, F64], lambda c, a, m, i, acc: c.prim(
        "add", acc, c.prim("exp", c.prim("sub", c.prim("index", a, i), m))))
    (v,) = b.loop(N, centred, [x, s], [b.const(0.0)], ["add"])
    net = simplified(b.net(q, v))
    assert len(loops(net)) == 2
    assert ops(net)["index"] == 14


def test_merging_makes_no_circle() -> None:
    """a → s → c and b → t → d: pairs (a, d) and (b, c) fit one by one, not together."""
    b, (x, y) = top(VECTOR, VECTOR)
    s, t = summed(b, x), summed(b, y)

    def using(w: Wire, k: Wire) -> Wire:
        f = body([VECTOR, F64, I64, F64], lambda c, a, m, i, acc: c.prim(
            "add", acc, c.prim("mul", m, c.prim("index", a, i))))
        return b.loop(N, f, [w, k], [b.const(0.0)], ["add"])[0]

    net = simplified(b.net(using(y, s), using(x, t)))
    assert len(loops(net)) == 3


def test_branches_on_one_condition_share() -> None:
    b, (x, y) = top(F64, F64)
    condition = b.prim("lt", x, y)
    square = body([F64], lambda c, a: c.prim("exp", c.prim("exp", a)))
    other = body([F64], lambda c, a: a)
    (p,) = b.box(IfOp(), [condition, x], [F64], [square, other])
    twice = body([F64, F64], lambda c, a, r: c.prim("mul", c.prim("exp", c.prim("exp", a)), r))
    (q,) = b.box(IfOp(), [condition, x, p], [F64], [twice, body([F64, F64], lambda c, a, r: r)])
    net = simplified(b.net(p, q))
    assert ops(net) == {"lt": 1, "exp": 2, "mul": 1}


def test_cheap_branches_become_selections_only_where_nothing_fails() -> None:
    b, (x, v, i) = top(F64, VECTOR, I64)
    condition = b.prim("lt", x, b.const(0.0))
    cheap = [body([F64], lambda c, a: c.prim("mul", a, a)), body([F64], lambda c, a: c.prim("neg", a))]
    fails = [body([VECTOR, I64], lambda c, a, k: c.prim("index", a, k)),
             body([VECTOR, I64], lambda c, a, k: c.const(1.0))]
    (p,) = b.box(IfOp(), [condition, x], [F64], cheap)
    (q,) = b.box(IfOp(), [condition, v, i], [F64], fails)
    net = simplified(b.net(p, q))
    assert sum(isinstance(box.op, IfOp) for box in net.boxes) == 1
    assert ops(net)["select"] == 1
    assert outcome(net, [1.0, np.ones(2), 9]) == (-1.0, 1.0)
    assert "select" not in ops(simplify(b.net(p, q), selects=False))


def test_a_known_condition_takes_its_branch() -> None:
    b, (x,) = top(F64)
    (y,) = b.box(IfOp(), [b.const(False, BOOL), x], [F64], [body([F64], lambda c, a: c.prim("exp", a)),
                                                           body([F64], lambda c, a: c.prim("sin", a))])
    assert [box.op for box in simplify(b.net(y)).boxes] == [Prim("sin")]


def test_guards_and_bound_sizes_that_are_known_go() -> None:
    b, _ = top(VECTOR)
    b.box(BindSize("k", False), [b.prim("add", b.size(N), b.const(2, I64))], [])
    k = Size.var("k")
    a = b.fill([k], b.const(1.5))
    (g,) = b.box(Guard(((k, N + 2), (N, N))), [a], [Array(N + 2, F64)])
    net = simplified(b.net(summed(b, g, N + 2)))
    assert not any(isinstance(box.op, BindSize | Guard) for box in net.boxes)
    assert ops(net) == {"add": 9}


def test_entries_of_known_arrays() -> None:
    """Fill, stack, update and partial indices; out of range they stay."""
    b, (x, i, v) = top(F64, I64, VECTOR)
    pair = b.prim("stack", x, b.prim("neg", x))
    first, second = b.prim("index", pair, b.const(0, I64)), b.prim("index", pair, b.const(1, I64))
    net = simplified(b.net(first, second))
    assert ops(net) == {"neg": 1}
    bad = b.net(b.prim("index", b.fill([N], x), i), b.prim("index", b.prim("update", v, i, x), i))
    assert outcome(simplify(bad), [1.0, 7, np.ones(3)]) == "E0501"


def test_maximum_of_a_loop_is_a_reduction_when_there_is_one() -> None:
    for size, count in ((Size.of(4), 0), (N, 1)):
        b, (x,) = top(Array(size, F64))
        net = b.net(b.prim("maximum", mapped(b, "sin", x, size)))
        new = simplify(lower_reductions(simplify(net)))
        args = [np.array([0.3, 1.4, -2.0, 0.1])]
        assert_same(net, new, args)
        assert sum(box.op == Prim("maximum") for box in new.boxes) == count


def test_counting_operations() -> None:
    """Loops multiply, branches count the dearer, arrays their entries."""
    b, (x, z) = top(VECTOR, F64)
    choice = b.box(IfOp(), [b.prim("lt", z, b.const(0.0)), z], [F64], [
        body([F64], lambda c, a: c.prim("exp", a)), body([F64], lambda c, a: c.prim("neg", c.prim("neg", a)))])[0]
    net = b.net(summed(b, mapped(b, "exp", x)), choice, b.fill([N, M], z))
    assert operations(net, AT) == {"index": 14, "exp": 8, "add": 7, "lt": 1, "fill": 35}
    assert weight(net, AT) == 14 + 8 * 20 + 7 + 1 + 35


def test_simplified_nets_are_shared_as_wholes() -> None:
    """Two equal loops are one."""
    b, (x,) = top(VECTOR)
    net = simplified(b.net(mapped(b, "exp", x), mapped(b, "exp", x)))
    assert net.outputs[0] == net.outputs[1]
    assert equal(net, simplify(Net(net.wires, net.boxes, net.inputs, net.outputs, net.sizes)))


@pytest.mark.parametrize("count", [20, 100])
def test_chains_of_maps_collapse(count: int) -> None:
    """Fails when a net may merge too few loops in all its rounds."""
    b, (x,) = top(VECTOR)
    w = x
    for _ in range(count):
        w = mapped(b, "sin", w)
    assert len(loops(simplify(b.net(summed(b, w))))) == 1
