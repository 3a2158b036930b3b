"""Values that are converted once, `f.convert`."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import catad
from catad.source import CatadError

TEXT = """
type tree a = Leaf a | Node {l : tree a, r : tree a}
type shape [n] = Points [n]f64 | Ball {centre : [n]f64, radius : f64} | Nothing
type model = {w : [2]f64, b : f64}

def rec total (t : tree f64) : f64 = case t of | Leaf x -> x | Node n -> total n.l * total n.r + 1
def all_of [k] (ts : [k]tree f64) (u : f64) : f64 = sum (for i < k -> total ts[i]) * u
def both (p : (tree f64, tree f64)) : f64 = total p.0 - 2 * total p.1
def again [m] (trees : [m]tree f64) : f64 = sum (for i < m -> total trees[i])

def area [n] (s : shape [n]) (x : [n]f64) : f64 =
  case s of | Points p -> dot p x | Ball b -> b.radius * dot b.centre x | Nothing -> 0
def areas [k, n] (s : [k]shape [n]) (x : [n]f64) : f64 = sum (for i < k -> area s[i] x)

def predict (m : model) (x : [2]f64) : f64 = dot m.w x + m.b
def step (m : model) : model = {w = scale 0.5 m.w, b = 0}
def wide [n] (xs : [n]{x : f64, y : [2]f64}) : f64 = sum (for i < n -> xs[i].x * xs[i].y[1])
"""
TREES = [{"Leaf": 2.0}, {"Node": {"l": {"Leaf": 3.0}, "r": {"Node": {"l": {"Leaf": 5.0}, "r": {"Leaf": 7.0}}}}}]


@pytest.fixture(scope="module")
def program() -> Any:
    return catad.compile(TEXT)


def fails(code: str, word: str, call: Any) -> None:
    with pytest.raises(CatadError) as caught:
        call()
    assert caught.value.code == code and word in str(caught.value), str(caught.value)


def test_trees(program: Any) -> None:
    trees = program.all_of.convert("ts", TREES)
    assert program.all_of(trees, 2.0) == program.all_of(TREES, 2.0) == 2 * (2 + 3 * 36 + 1)
    assert program.again(trees) == program.again(TREES)
    assert program.again(trees=trees) == program.again(TREES)
    got, wanted = (catad.value_and_grad(program.all_of)(t, 2.0) for t in (trees, TREES))
    assert got == wanted
    one = program.total.convert("t", TREES[1])
    assert catad.grad(program.total)(one) == catad.grad(program.total)(TREES[1])
    assert program.both((one, TREES[0])) == program.both((TREES[1], TREES[0])) == 109.0 - 4
    pair = program.both.convert("p", (TREES[0], TREES[1]))
    assert catad.grad(program.both)(pair) == catad.grad(program.both)((TREES[0], TREES[1]))


def test_larger_trees_beside_converted_ones(program: Any) -> None:
    """The nodes of trees in one array are as many as the largest has; a converted value is not touched by that."""
    small = program.both.convert("p", (TREES[0], TREES[0]))
    assert program.both(small) == -2.0
    part = program.total.convert("t", TREES[0])
    assert program.both((part, TREES[1])) == 2 - 2 * 109.0
    assert program.total(part) == 2.0


def test_sums_records_arrays(program: Any) -> None:
    shapes = [{"Points": [1.0, 2.0]}, "Nothing", {"Ball": {"centre": [1.0, 1.0], "radius": 3.0}}]
    kept = program.areas.convert("s", shapes)
    assert program.areas(kept, [1.0, 10.0]) == program.areas(shapes, [1.0, 10.0]) == 54.0
    fails("E0607", "shape", lambda: program.areas(kept, [1.0, 2.0, 3.0]))
    model = program.predict.convert("m", {"w": [1.0, 2.0], "b": 0.5})
    assert program.predict(model, [1.0, 1.0]) == 3.5
    assert catad.grad(program.predict)(model, [1.0, 1.0])["b"] == 1.0
    x = program.predict.convert("x", [1.0, 1.0])
    assert isinstance(x, np.ndarray) and program.predict(model, x) == 3.5
    rows = program.wide.convert("xs", {"x": [1.0, 2.0], "y": [[0.0, 3.0], [0.0, 4.0]]})
    assert program.wide(rows) == 11.0


def test_inside_of_other_values(program: Any) -> None:
    kept = program.total.convert("t", TREES[0])
    whole = {"Node": {"l": kept, "r": kept}}
    assert program.total(whole) == 5.0 and catad.grad(program.total)(whole)["Node"]["l"] == {"Leaf": 2.0}
    assert program.all_of([kept, TREES[0]], 3.0) == 12.0
    assert program.areas([program.area.convert("s", {"Points": [1.0, 2.0]}), "Nothing"], [1.0, 1.0]) == 3.0


def test_data_without_sums_stays_data(program: Any) -> None:
    """Calls take them by the fastest way."""
    model = program.predict.convert("m", {"w": [1.0, 2.0], "b": 0.5})
    assert type(model) is dict and not model["w"].flags.writeable


def test_pickles_and_copies(program: Any) -> None:
    kept = program.total.convert("t", TREES[1])
    assert program.total(pickle.loads(pickle.dumps(kept))) == program.total(copy.deepcopy(kept)) == 109.0


def test_sizes_that_other_arguments_tell() -> None:
    p = catad.compile("""
        type t a [n] = A [n]a | B (a, [n + 1]a) | C
        def f (k : i64) (x : t f64 [k]) : f64 = (case x of | A y -> sum y | B (u, y) -> u + y[k] | C -> 0) + f64 k
        def g [n] (x : t f64 [n]) (y : [n]f64) : f64 = (case x of | A z -> dot z y | B _ -> 1 | C -> 0) + sum y
        def h [n] (x : t f64 [n]) : f64 = case x of | A y -> sum y | B (u, y) -> u + y[n] | C -> 0
        def all_of [j, n] (x : [j]t f64 [n]) (y : [n]f64) : f64 = sum (for i < j -> g x[i] y)
        """)
    assert p.f(3, p.f.convert("x", "C")) == 3.0
    kept = p.g.convert("x", {"C": ()})
    assert p.g(kept, [1.0, 2.0]) == 3.0 and p.g(kept, [1.0, 2.0, 3.0]) == 6.0
    assert p.h({"B": (3.0, [4.0, 5.0, 6.0])}) == p.h(p.h.convert("x", {"B": (3.0, [4.0, 5.0, 6.0])})) == 9.0
    assert p.all_of(p.all_of.convert("x", []), [1.0]) == 0.0
    fails("E0607", "(n : i64)", lambda: p.h("C"))
    fails("E0507", "memory", lambda: p.f(2**62, "C"))


def test_payloads_that_are_arrays_of_products() -> None:
    p = catad.compile("""
        type t = A ([2]{x : f64, y : f64}) | N (t, t)
        type s = P ([2](f64, f64)) | Q
        def mk (u : f64) : t = N (A [{x = u, y = 2}, {x = 3, y = u}], A [{x = u, y = 2}, {x = 3, y = u}])
        def rec f (x : t) : f64 = case x of | A y -> y[0].y * y[1].x | N (a, b) -> f a * f b
        def g [n] (x : [n]s) : f64 = sum (for i < n -> case x[i] of | P y -> y[0].0 * y[1].1 | Q -> 1)
        """)
    assert p.f(p.mk(2.0)) == p.f(p.f.convert("x", p.mk(2.0))) == 36.0
    assert p.g(["Q", {"P": ([2.0, 0.0], [0.0, 5.0])}]) == 11.0
    fails("E0605", "`x[1].P`", lambda: p.g(["Q", {"P": 3.0}]))


def test_constructors_that_no_value_has(program: Any) -> None:
    """The size of their payloads comes from what is there."""
    assert program.areas([{"Points": [1.0, 2.0]}], [1.0, 1.0]) == 3.0
    assert program.areas(["Nothing", "Nothing"], [1.0, 1.0]) == 0.0
    nested = catad.compile("""
        type tree [d] = Leaf [d]f64 | Other [d]f64 | Node (tree [d], tree [d])
        def rec total [d] (t : tree [d]) : f64 =
          case t of | Leaf x -> sum x | Other x -> product x | Node (l, r) -> total l * total r
        def all_of [k, d] (t : [k]tree [d]) : f64 = sum (for i < k -> total t[i])
        """)
    t = {"Node": ({"Leaf": [1.0, 2.0]}, {"Leaf": [3.0, 4.0]})}
    assert nested.total(t) == 21.0 and nested.all_of([t, {"Leaf": [5.0, 6.0]}]) == 32.0
    (l, r) = catad.grad(nested.total)(t)["Node"]
    assert list(l["Leaf"]) == [7.0, 7.0] and list(r["Leaf"]) == [3.0, 3.0]
    empty = catad.compile("type t [n] = A [n]f64 | B def f [n] (x : t [n]) : i64 = case x of | A y -> n | B -> -1").f
    assert empty({"A": [1.0, 2.0]}) == 2
    fails("E0607", "known from no other argument", lambda: empty("B"))


def test_classes_come_back(program: Any) -> None:
    @dataclass
    class Model:
        w: Any
        b: float

    kept = program.step.convert("m", Model([2.0, 4.0], 1.0))
    assert isinstance(program.step(kept), Model) and list(program.step(kept).w) == [1.0, 2.0]


def test_a_converted_value_does_not_change(program: Any) -> None:
    w = np.array([1.0, 2.0])
    model = program.predict.convert("m", {"w": w, "b": 0.5})
    w[:] = 100.0
    assert program.predict(model, [1.0, 1.0]) == 3.5
    tree = program.total.convert("t", TREES[0])
    assert repr(tree) == "<catad value of type tree f64>"


def test_what_does_not_fit(program: Any) -> None:
    trees = program.all_of.convert("ts", TREES)
    fails("E0604", "did you mean `ts`?", lambda: program.all_of.convert("t", TREES))
    fails("E0604", "it has no parameter `0`", lambda: program.all_of.convert(0, TREES))
    fails("E0605", "found a converted value of type [k]tree f64", lambda: program.total(trees))
    fails("E0608", "Leaf, Node", lambda: program.all_of.convert("ts", [{"Leef": 1.0}]))
    shape = program.area.convert("s", {"Ball": {"centre": [1.0, 2.0], "radius": 1.0}})
    fails("E0607", "n = 2 from `s.Ball.centre, dimension 1`", lambda: program.area(shape, [1.0]))
    exact = program.all_of.with_backend("exact")
    fails("E0605", "another backend", lambda: exact(trees, 2))
    assert exact(exact.convert("ts", TREES), 2) == 222
    with pytest.raises(CatadError):
        program.predict(trees, [1.0, 1.0])


def test_element_types_that_are_equal_objects() -> None:
    """Arrays that were unpickled, or made with a copied dtype, are those they were."""
    f = catad.compile("def f [n] (x : [n]f64) (k : [n]i64) : f64 = sum (for i < n -> x[i] * f64 k[i])").f
    x, k = np.array([1.0, 2.0]), np.array([3, 4])
    for dtype in (np.dtype("f8", copy=True), np.dtype("f8", metadata={"unit": "m"})):
        assert f(x.astype(dtype), k) == f.fast(x.astype(dtype), k) == 11.0
    again = pickle.loads(pickle.dumps((x, k)))
    assert f(*again) == f.fast(*again) == catad.grad(f)(*again) @ x == 11.0
