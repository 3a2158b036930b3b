"""Trees from Python: nested values and arrays, checked, of any depth; against recursion in Python."""

from __future__ import annotations

import random
import re
from typing import Any

import numpy as np
import pytest

import catad
from catad.source import CatadError

TEXT = """
type tree = Leaf f64 | Node {l : tree, r : tree}
type list = Nil | Cons (f64, list)
def rec total (t : tree) : f64 = case t of | Leaf x -> x * x | Node {l, r} -> total l * total r + total r
def rec twice (t : tree) : tree = case t of | Leaf x -> Leaf (2 * x) | Node {l, r} -> Node {l = twice r, r = twice l}
def rec sum_list (t : list) : f64 = case t of | Nil -> 0 | Cons (x, rest) -> x + sum_list rest
def rec negated (t : list) : list = case t of | Nil -> Nil | Cons (x, rest) -> Cons (-x, negated rest)
def totals [k] (ts : [k]tree) : [k]f64 = map total ts
def same [k] (ts : [k]tree) : [k]tree = ts
def both (s : tree, t : tree) : tree = Node {l = t, r = s}
"""


@pytest.fixture(scope="module")
def program() -> catad.Program:
    return catad.compile(TEXT)


def leaf(x: float) -> Any:
    return {"Leaf": x}


def node(l: Any, r: Any) -> Any:
    return {"Node": {"l": l, "r": r}}


def some_tree(rng: random.Random, leaves: int) -> Any:
    if leaves == 1:
        return leaf(rng.uniform(0.5, 1.5))
    k = rng.randrange(1, leaves)
    return node(some_tree(rng, k), some_tree(rng, leaves - k))


def total(t: Any) -> float:
    if "Leaf" in t:
        return float(t["Leaf"] ** 2)
    return total(t["Node"]["l"]) * total(t["Node"]["r"]) + total(t["Node"]["r"])


def twice(t: Any) -> Any:
    return leaf(2 * t["Leaf"]) if "Leaf" in t else node(twice(t["Node"]["r"]), twice(t["Node"]["l"]))


@pytest.mark.parametrize("seed", range(6))
def test_values_and_results(program: catad.Program, seed: int) -> None:
    rng = random.Random(seed)
    s, t = some_tree(rng, 1 + 3 * seed), some_tree(rng, 9 - seed)
    assert program.total(t) == pytest.approx(total(t))
    assert program.total.reference(t) == pytest.approx(total(t))
    assert program.twice(t) == twice(t)
    assert program.both((s, t)) == node(t, s)


def test_arrays_of_trees(program: catad.Program) -> None:
    rng = random.Random(1)
    ts = [some_tree(rng, k) for k in (1, 7, 3)]
    assert np.allclose(program.totals(ts), [total(t) for t in ts])
    assert program.same(ts) == ts
    assert program.totals([]).shape == (0,)


def test_a_list_of_ten_thousand(program: catad.Program) -> None:
    rows: Any = "Nil"
    for k in range(10_000):
        rows = {"Cons": (float(k), rows)}
    assert program.sum_list(rows) == sum(range(10_000))
    out = program.negated(rows)
    for k in reversed(range(10_000)):
        x, out = out["Cons"]
        assert x == -k
    assert out == {"Nil": ()}


def test_a_tree_as_its_arrays(program: catad.Program) -> None:
    t = node(leaf(2.0), node(leaf(3.0), leaf(5.0)))
    arrays = {"root": 4, "tag": np.array([0, 0, 0, 1, 1, 0]), "Leaf": np.array([3.0, 5.0, 2.0, 0.0, 0.0, 9.0]),
              "Node": {"l": np.array([0, 0, 0, 0, 2, 0]), "r": np.array([0, 0, 0, 1, 3, 0])}}
    assert program.total(arrays) == pytest.approx(total(t))
    assert program.twice(arrays) == twice(t)
    assert program.total({**arrays, "root": 3}) == pytest.approx(total(t["Node"]["r"]))


@pytest.mark.parametrize(("change", "text"), [
    ({"root": 6}, "`t.root` is 6: there are 6 nodes"),
    ({"Node": {"l": [0, 0, 0, 3, 2, 0], "r": [0, 0, 0, 1, 3, 0]}}, "does not stand before its parent"),
    ({"Node": {"l": [0, 0, 0, -1, 2, 0], "r": [0, 0, 0, 1, 3, 0]}}, "does not stand before its parent"),
    ({"Node": {"l": [0, 0, 0, 0, 0, 0], "r": [0, 0, 0, 1, 3, 0]}}, "node 0 has two parents"),
    ({"tag": [0, 0, 0, 1, 7, 0]}, "`t.tag` should be"),
    ({"Leaf": [1.0]}, "expected"),
])
def test_arrays_that_are_no_tree(program: catad.Program, change: dict[str, Any], text: str) -> None:
    arrays = {"root": 4, "tag": [0, 0, 0, 1, 1, 0], "Leaf": [3.0, 5.0, 2.0, 0.0, 0.0, 9.0],
              "Node": {"l": [0, 0, 0, 0, 2, 0], "r": [0, 0, 0, 1, 3, 0]}, **change}
    with pytest.raises(CatadError) as e:
        program.total(arrays)
    assert text in str(e.value)


@pytest.mark.parametrize(("value", "text"), [
    (node(leaf(1.0), node(leaf(2.0), leaf("a"))), "`t.Node.r.Node.r.Leaf` should be of type f64"),
    (node(leaf(1.0), 3), "`t.Node.r` should be one of Leaf, Node"),
    ({"Node": {"l": leaf(1.0)}}, "it lacks `r`"),
    ({"Twig": 1.0}, "has no constructor `Twig`"),
    ([leaf(1.0)], "`t` should be one of Leaf, Node"),
])
def test_values_that_do_not_fit(program: catad.Program, value: Any, text: str) -> None:
    with pytest.raises(CatadError) as e:
        program.total(value)
    assert text in str(e.value)


def test_a_wrong_value_far_down(program: catad.Program) -> None:
    """The place is spelt, shortened in its middle."""
    rows: Any = {"Cons": (True, "Nil")}
    for _ in range(5000):
        rows = {"Cons": (1.0, rows)}
    with pytest.raises(CatadError) as e:
        program.sum_list(rows)
    assert "`t.Cons.1.Cons.1" in str(e.value) and "…" in str(e.value) and ".Cons.0` should be" in str(e.value)
    assert len(str(e.value)) < 2000


# ── tangents

def test_gradients_have_the_shape_of_the_tree(program: catad.Program) -> None:
    t = node(leaf(2.0), node(leaf(3.0), leaf(5.0)))                 # a b + b with a = x², b = y² z² + z²
    value, slope = catad.value_and_grad(program.total)(t)
    assert value == 4 * 250 + 250
    assert slope == node(leaf(4.0 * 250), node(leaf(5 * 6.0 * 25), leaf(5 * (9 + 1) * 10.0)))
    assert catad.vjp(program.total)(t, 2.0)[1] == node(leaf(2000.0), node(leaf(1500.0), leaf(1000.0)))


def test_gradients_of_arrays_of_trees(program: catad.Program) -> None:
    f = catad.compile(TEXT + "def main [k] (ts : [k]tree) : f64 = sum (totals ts)", entry="main")
    assert catad.grad(f)([leaf(3.0), node(leaf(1.0), leaf(2.0))]) == [leaf(6.0), node(leaf(8.0), leaf(8.0))]


def test_forward_derivatives_of_results(program: catad.Program) -> None:
    t, d = node(leaf(2.0), node(leaf(3.0), leaf(5.0))), node(leaf(1.0), node(leaf(0.0), leaf(-1.0)))
    assert catad.jvp(program.twice)(t, d) == (twice(t), twice(d))
    y, c = catad.jet(program.twice, 2)(t, [d, t])
    assert (y, c) == (twice(t), [twice(d), twice(t)])


def test_cotangents_of_results_are_given_by_nodes(program: catad.Program) -> None:
    t = node(leaf(2.0), node(leaf(3.0), leaf(5.0)))
    nodes = {"nodes": {"Leaf": [1.0, 10.0, 100.0, 0.0, 0.0], "Node": {"l": (), "r": ()}}}
    assert catad.vjp(program.twice)(t, nodes)[1] == node(leaf(2.0), node(leaf(20.0), leaf(200.0)))
    with pytest.raises(CatadError) as e:
        catad.vjp(program.twice)(t, t)
    assert "give it by nodes" in str(e.value)


@pytest.mark.parametrize(("tangent", "text"), [
    (leaf(1.0), "`tangent` should be a Node, as the tree is there; found Leaf"),
    (node(leaf(1.0), node(leaf(0.0), leaf("x"))), "`tangent.Node.r.Node.r.Leaf` should be of type f64"),
    (node(leaf(1.0), {"Node": {"l": leaf(0.0)}}), "it lacks `r`"),
])
def test_tangents_that_do_not_fit(program: catad.Program, tangent: Any, text: str) -> None:
    t = node(leaf(2.0), node(leaf(3.0), leaf(5.0)))
    with pytest.raises(CatadError) as e:
        catad.jvp(program.twice)(t, tangent)
    assert text in str(e.value)


def test_a_long_gradient(program: catad.Program) -> None:
    rows: Any = "Nil"
    for k in range(10_000):
        rows = {"Cons": (float(k), rows)}
    slope, count = catad.grad(program.sum_list)(rows), 0
    while "Cons" in slope:
        x, slope = slope["Cons"]
        count += x == 1.0
    assert count == 10_000


def test_batches(program: catad.Program) -> None:
    ts = [leaf(3.0), node(leaf(1.0), leaf(2.0))]
    assert list(catad.vmap(program.total)(ts)) == [9.0, 8.0]
    assert catad.vmap(catad.grad(program.total))(ts) == [leaf(6.0), node(leaf(8.0), leaf(8.0))]


def test_trees_beside_other_things() -> None:
    """In records, in declared types, in payloads, and absent."""
    p = catad.compile("""
type list = Nil | Cons (f64, list)
type option a = None | Some a
type shape = Poly list | Dot
type doc = Doc {words : list, next : doc} | End
def rec total (t : list) : f64 = case t of | Nil -> 0 | Cons (x, r) -> x + total r
def maybe (o : option list) : f64 = case o of | None -> -1 | Some t -> total t
def area (s : shape) (k : f64) : f64 = case s of | Poly t -> k * total t | Dot -> 0
def rec words (d : doc) : f64 = case d of | Doc {words = w, next} -> total w * words next | End -> 1
def same (o : option list) (r : {t : list, n : i64}) : (option list, list) = (o, r.t)
def some (c : bool) (t : list) : option list = if c then Some t else None
""")
    ab, none = {"Cons": (1.0, {"Cons": (2.5, {"Nil": ()})})}, {"None": ()}
    assert (p.maybe({"Some": ab}), p.maybe("None")) == (3.5, -1.0)
    assert (p.area({"Poly": ab}, 2.0), p.area("Dot", 1.0)) == (7.0, 0.0)
    assert p.words({"Doc": {"words": ab, "next": {"Doc": {"words": {"Cons": (2.0, "Nil")}, "next": "End"}}}}) == 7.0
    assert p.same({"Some": ab}, {"t": ab, "n": 1}) == ({"Some": ab}, ab)
    assert p.same("None", {"t": "Nil", "n": 1}) == (none, {"Nil": ()})
    assert (p.some(True, ab), p.some(False, ab)) == ({"Some": ab}, none)
    assert catad.grad(p.maybe)({"Some": ab}) == {"Some": {"Cons": (1.0, {"Cons": (1.0, {"Nil": ()})})}}


ROWS = """
type tree = Leaf f64 | Node (tree, tree)
type rows [k] = Rows [k]f64 | Two (rows [k], rows [k])
def rec up (w : [2, 2]f64) (t : tree) : [2]f64 =
  case t of | Leaf x -> [x, x * x] | Node (l, r) -> map tanh (w @ add (up w l) (up w r))
def made (w : [2, 2]f64) (t : tree) : f64 = sum (up w t)
def rec down (d : [2]f64) (t : tree) : f64 =
  case t of | Leaf x -> x * sum d | Node (l, r) -> let e = map sin d in down e l + down e r
def passed (d : [2]f64) (t : tree) : f64 = down d t
def rec scaled [k] (c : [k]f64) (t : rows [k]) : rows [k] =
  case t of | Rows x -> Rows (for i < k -> c[i] * x[i]) | Two (l, r) -> Two (scaled c l, scaled c r)
def rec total [k] (t : rows [k]) : f64 = case t of | Rows x -> sum x | Two (l, r) -> tanh (total l + total r)
def mapped [k] (c : [k]f64) (t : rows [k]) : f64 = total (scaled c t)
"""


@pytest.mark.parametrize(("name", "w", "leaf", "node"), [
    ("made", [[0.5, 0.1], [0.2, 0.4]], {"Leaf": 0.9}, "Node"), ("passed", [0.3, 0.4], {"Leaf": 0.9}, "Node"),
    ("mapped", [0.3, 0.4], {"Rows": [0.9, 0.8]}, "Two")])
def test_gradients_of_folds_over_rows_cost_as_much_as_the_folds(name: str, w: Any, leaf: Any, node: str) -> None:
    """What is stored for a node is its rows, not the rows of all nodes, and no array of nodes is copied for a node."""
    def full(depth: int) -> Any:
        return leaf if depth == 0 else {node: (full(depth - 1), full(depth - 1))}

    f = getattr(catad.compile(ROWS), name)
    g = catad.grad(f, argnums=(0, 1))
    assert g.memory(w, full(8)).workspace < 4.5 * g.memory(w, full(6)).workspace
    assert not re.search(r"^ {4,}.*(update|add_at) .*copies", g.stage("schedule"), re.MULTILINE)
    x = np.array(w)
    slope, step = g(x, full(3))[0], 1e-6 * (1 + np.arange(x.size)).reshape(x.shape)
    assert (slope * step).sum() == pytest.approx((f(x + step, full(3)) - f(x - step, full(3))) / 2, rel=1e-6)
