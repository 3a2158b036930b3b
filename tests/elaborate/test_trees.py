"""Recursive definitions as loops: against the core evaluator, which recurses, against recursion in Python, and JAX."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import catad
from catad.core.evaluate import evaluate
from catad.net.net import Loop, Net, Table
from catad.source import CatadError, Source
from catad.types.type import Type, dims

TEXT = """
type tree = Leaf (f64, i64) | Twig {kid : tree, by : f64} | Node (f64, {l : tree, r : tree}) | End

def rec value (t : tree) : f64 =
  case t of
  | Leaf (x, k)        -> x * f64 k + sin x
  | Twig {kid, by}     -> by * value kid
  | Node (w, {l, r})   -> if w > 1 then value l * value r else w * value l + value r
  | End                -> 0.5
def rec passed (k : i64) (w : f64) (t : tree) : (f64, i64) =
  case t of
  | Leaf (x, j)      -> (w * x, k + j)
  | Twig {kid, by}   -> let a = passed (k + 1) (w * by) kid in (a.0 + w, a.1)
  | Node (v, p)      ->
      let a = passed (2 * k) (w + v) p.l in
      let b = if v > 1 then passed k w p.r else passed (k + 1) (w * v) p.r in
      (a.0 * b.0, a.1 + b.1)
  | End              -> (w * w, k)
def rec rows [n] (x : [n]f64) (t : tree) : [n]f64 =
  case t of
  | Leaf (y, k)      -> for i < n -> x[i] * y
  | Twig {kid, by}   -> let r = rows x kid in for i < n -> by * r[n - 1 - i]
  | Node (w, {l, r}) -> for i < n -> (rows x l)[i] * x[i] + w * (rows x r)[i]
  | End              -> x
def rec changed (k : f64) (t : tree) : tree =
  case t of
  | Leaf (x, j)      -> Leaf (k * x * x, j + 1)
  | Twig {kid, by}   -> if by > 1 then changed k kid else Twig {by = k * by, kid = changed (k + by) kid}
  | Node (w, {l, r}) -> Node (w * w, {l = changed k r, r = changed w l})
  | End              -> End
def rec grandchildren (t : tree) : f64 =
  case t of
  | Node (w, p) ->
      (case p.l of
       | Node (v, q) -> v * grandchildren q.r + grandchildren p.r
       | Twig {kid, by} -> by + grandchildren kid
       | _ -> w)
  | Leaf (x, _) -> x
  | _ -> 1
def rec fold (f : (f64, i64) -> a) (g : (f64, a, a) -> a) (h : (f64, a) -> a) (e : a) (t : tree) : a =
  case t of
  | Leaf p           -> f p
  | Twig {kid, by}   -> h (by, fold f g h e kid)
  | Node (w, {l, r}) -> g (w, fold f g h e l, fold f g h e r)
  | End              -> e
def folded (t : tree) : (f64, f64) =
  fold (\\p -> (p.0, 1)) (\\(w, a, b) -> (a.0 * b.0 + w, a.1 + b.1)) (\\(x, a) -> (x * a.0, a.1)) (2, 0) t
def rec within (t : tree) : f64 =
  case t of
  | Leaf (x, _)      -> x
  | Twig {kid, by}   -> by * value kid + within kid
  | Node (w, {l, r}) -> value l * within r
  | End              -> 1
def twice (t : tree) : f64 = value (changed 2 (changed 3 t))
def joined (t : tree) : tree = Node (0.5, {l = t, r = Node (2, {l = Twig {kid = t, by = 3}, r = End})})
def longer (t : tree) : f64 = value (joined (changed 2 t)) + value (joined (joined t))
def norm (t : tree) : f64 = sum (for i < 2 -> diff (\\x -> value (changed x t)) (f64 i + 1))
def main (k : f64) (t : tree) : f64 = value (changed k t) + (passed 2 k t).0
"""

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "value": (), "passed": (1, 0.5), "rows": ([0.3, -1.1, 2.0],), "changed": (0.7,), "grandchildren": (), "folded": (),
    "within": (), "twice": (), "joined": (), "longer": (), "norm": (),
}
CASES = ("Leaf", "Twig", "Node", "End")


@pytest.fixture(scope="module")
def program() -> catad.Program:
    return catad.compile(TEXT)


def some_tree(rng: random.Random, size: int) -> Any:
    """A tree with about so many nodes, as Python gives it."""
    if size <= 1:
        return "End" if rng.random() < 0.3 else {"Leaf": (rng.uniform(-1.5, 1.5), rng.randrange(-2, 4))}
    if rng.random() < 0.3:
        return {"Twig": {"kid": some_tree(rng, size - 1), "by": rng.uniform(-2.0, 2.0)}}
    k = rng.randrange(1, size)
    return {"Node": (rng.uniform(0.0, 2.0), {"l": some_tree(rng, k), "r": some_tree(rng, size - k)})}


def core_tree(t: Any) -> Any:
    """The tree as the core evaluator has it: the position of the constructor, and the payload."""
    name, payload = (t, ()) if isinstance(t, str) else next(iter(t.items()))
    if name == "Twig":
        payload = (payload["by"], core_tree(payload["kid"]))
    if name == "Node":
        payload = (payload[0], (core_tree(payload[1]["l"]), core_tree(payload[1]["r"])))
    return CASES.index(name), payload


def plain(v: Any) -> Any:
    """Results of both kinds in one form."""
    if isinstance(v, dict):
        return plain(core_tree(v))
    if isinstance(v, (tuple, list, np.ndarray)):
        return tuple(plain(x) for x in v)
    return float(v)


def close(a: Any, b: Any) -> bool:
    if isinstance(a, tuple):
        return isinstance(b, tuple) and len(a) == len(b) and all(map(close, a, b))
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_native_and_reference_agree_with_recursion(program: catad.Program, name: str) -> None:
    from catad import pipeline
    module, rng = pipeline.load(Source("trees.cad", TEXT)), random.Random(name)
    for size in (1, 2, 4, 7, 10):
        t = some_tree(rng, size)
        expected = plain(evaluate(module, name, [*FUNCTIONS[name], core_tree(t)]))
        assert close(plain(program[name](*FUNCTIONS[name], t)), expected), t
        assert close(plain(program[name].reference(*FUNCTIONS[name], t)), expected), t


# ── derivatives

def moved(t: Any, d: Any, h: float) -> Any:
    """t + h d for a tangent d in the shape of t."""
    if isinstance(t, str):
        return t
    ((name, a),), b = t.items(), d[next(iter(t))]
    if name == "Leaf":
        return {name: (a[0] + h * b[0], a[1])}
    if name == "Twig":
        return {name: {"by": a["by"] + h * b["by"], "kid": moved(a["kid"], b["kid"], h)}}
    return {name: (a[0] + h * b[0], {x: moved(a[1][x], b[1][x], h) for x in "lr"})}


def numbers(d: Any) -> Iterator[float]:
    """The floats of a tangent, in one order."""
    if isinstance(d, dict):
        for x in sorted(d):
            yield from numbers(d[x])
    elif isinstance(d, (tuple, list)):
        for x in d:
            yield from numbers(x)
    elif isinstance(d, float):
        yield d


def direction(t: Any, rng: random.Random) -> Any:
    """A tangent in the shape of t."""
    if isinstance(t, str):
        return {t: ()}
    ((name, a),) = t.items()
    if name == "Leaf":
        return {name: (rng.uniform(-1, 1), ())}
    if name == "Twig":
        return {name: {"by": rng.uniform(-1, 1), "kid": direction(a["kid"], rng)}}
    return {name: (rng.uniform(-1, 1), {x: direction(a[1][x], rng) for x in "lr"})}


@pytest.mark.parametrize("name", ["value", "twice", "norm", "grandchildren"])
def test_derivatives_agree_with_differences(program: catad.Program, name: str) -> None:
    f, rng = program[name], random.Random(name)
    gradient, forward, second = catad.grad(f), catad.jvp(f), catad.hvp(f)
    for size in (1, 3, 6, 9):
        t = some_tree(rng, size)
        d = direction(t, rng)
        h = 1e-6
        slope = (f(moved(t, d, h)) - f(moved(t, d, -h))) / (2 * h)
        assert forward(t, d)[1] == pytest.approx(slope, rel=1e-5, abs=1e-5)
        assert sum(a * b for a, b in zip(numbers(gradient(t)), numbers(d), strict=True)) == pytest.approx(
            forward(t, d)[1], rel=1e-9, abs=1e-9)
        ahead, back = (list(numbers(gradient(moved(t, d, s)))) for s in (h, -h))
        assert list(numbers(second(t, d))) == pytest.approx(
            [(a - b) / (2 * h) for a, b in zip(ahead, back, strict=True)], rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("name", ["twice"])
def test_jets_agree_with_a_polynomial(program: catad.Program, name: str) -> None:
    """Coefficients along a line, against those of the interpolating polynomial at small nodes."""
    f, rng = program[name], random.Random(f"jet {name}")
    t = some_tree(rng, 7)
    d = direction(t, rng)
    zero = moved_to_zero(d)
    y, c = catad.jet(f, 3)(t, [d, zero, zero])
    s = 0.02 * np.cos(np.pi * (np.arange(9) + 0.5) / 9)
    fitted = np.polynomial.polynomial.polyfit(s / 0.02, [f(moved(t, d, x)) for x in s], 8)
    assert y == pytest.approx(fitted[0], abs=1e-9)
    assert list(c) == pytest.approx([fitted[k] / 0.02**k for k in (1, 2, 3)], rel=1e-5, abs=1e-5)


def moved_to_zero(d: Any) -> Any:
    if isinstance(d, dict):
        return {x: moved_to_zero(v) for x, v in d.items()}
    return tuple(map(moved_to_zero, d)) if isinstance(d, tuple) else 0.0


def test_gradients_agree_with_jax(program: catad.Program) -> None:
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)

    def value(t: Any) -> Any:
        if isinstance(t, str) or "End" in t:
            return 0.5
        if "Leaf" in t:
            return t["Leaf"][0] * t["Leaf"][1] + jax.numpy.sin(t["Leaf"][0])
        if "Twig" in t:
            return t["Twig"]["by"] * value(t["Twig"]["kid"])
        w, p = t["Node"]
        a, b = value(p["l"]), value(p["r"])
        return jax.numpy.where(w > 1, a * b, w * a + b)

    def floats(t: Any) -> Any:                            # what jax may differentiate: whole numbers as floats
        if isinstance(t, dict):
            return {x: floats(v) for x, v in t.items()}
        return tuple(map(floats, t)) if isinstance(t, tuple) else {"End": ()} if t == "End" else float(t)

    def drop(t: Any) -> Any:                              # the derivative by a whole number
        if isinstance(t, dict):
            return {x: (drop(v)[0], ()) if x == "Leaf" else drop(v) for x, v in t.items()}
        return tuple(map(drop, t)) if isinstance(t, tuple) else float(t)

    rng, gradient = random.Random(5), catad.grad(program.value)
    for size in (3, 8):
        t = some_tree(rng, size)
        assert list(numbers(gradient(t))) == pytest.approx(list(numbers(drop(jax.grad(value)(floats(t))))), abs=1e-9)


def test_nested_reverse_mode() -> None:
    """The gradient of the norm of a gradient, by hand: f = Π xᵢ, g = Σ (∂f/∂xᵢ)²."""
    p = catad.compile("""
type list = Nil | Cons (f64, list)
def rec prod (t : list) : f64 = case t of | Nil -> 1 | Cons (x, r) -> x * prod r
def g (t : list) : f64 = let d = grad prod t in sum (map (\\c -> c.Cons.0 * c.Cons.0) d)
""")
    xs = [2.0, 3.0, 0.5, -1.5]
    t: Any = "Nil"
    for x in reversed(xs):
        t = {"Cons": (x, t)}
    f = np.prod(xs)
    out, d = [], catad.grad(p.g)(t)
    while "Cons" in d:
        x, d = d["Cons"]
        out.append(x)
    assert p.g(t) == pytest.approx(sum((f / x) ** 2 for x in xs))
    rest = [sum(2 * (f / x) ** 2 for j, x in enumerate(xs) if j != i) for i in range(len(xs))]
    assert out == pytest.approx([a / x for a, x in zip(rest, xs, strict=True)])


# ── what it costs

def nets_below(net: Net, depth: int = 0) -> Iterator[tuple[Net, int]]:
    yield net, depth
    for box in net.boxes:
        for inner in box.bubbles:
            yield from nets_below(inner, depth + isinstance(box.op, Loop))


def cost(table: Table, name: str) -> tuple[int, int]:
    """How deep loops are nested, and the largest number of dimensions of an array."""
    everything = list(nets_below(table.nets[name]))

    def rank(t: Type) -> int:
        return len(dims(t))
    return max(d for _, d in everything), max(rank(t) for net, _ in everything for t in net.wires)


DERIVED: dict[str, Callable[[Any], Any]] = {
    "value": lambda f: f, "gradient": catad.grad, "forward": catad.jvp, "second": catad.hvp,
    "jet": lambda f: catad.jet(f, 2),
}


@pytest.mark.parametrize("how", DERIVED)
@pytest.mark.parametrize("name", ["value", "grandchildren"])
def test_time_and_memory_are_linear(program: catad.Program, name: str, how: str) -> None:
    """No loop within a loop over the nodes, and no array over pairs of nodes."""
    g = DERIVED[how](program[name])
    loops, rank = cost(g.prepared, g.key)
    assert loops == 1
    assert rank <= (2 if how == "jet" else 1)                       # coefficients are one dimension


@pytest.mark.parametrize("how", ["value", "gradient"])
def test_the_table_is_updated_in_place(program: catad.Program, how: str) -> None:
    text = DERIVED[how](program.main if how == "value" else program.value).stage("schedule")
    inside = [line for line in text.splitlines() if line.startswith("    ") and ("update" in line or "add_at" in line)]
    assert inside and all(line.endswith("in place") for line in inside), text


# ── what is not called is not computed

def test_nodes_that_are_not_called() -> None:
    p = catad.compile("""
type list = Nil | Cons (i64, list)
def rec until (t : list) : i64 = case t of | Nil -> 0 | Cons (k, r) -> if k == 0 then 0 else 12 div k + until r
def rec checked (t : list) : i64 = case t of | Nil -> 0 | Cons (k, r) -> assert (k > 0) (k + checked r)
def both (t : list) : i64 = case t of | Nil -> 0 | Cons (_, r) -> checked r
""")

    def rows(*ks: int) -> Any:
        t: Any = "Nil"
        for k in reversed(ks):
            t = {"Cons": (k, t)}
        return t

    assert p.until(rows(3, 4, 0, 5, 0)) == 7
    assert p.both(rows(-1, 2, 3)) == 5                              # the root is not called
    with pytest.raises(CatadError) as e:
        p.checked(rows(1, -1))
    assert e.value.code == "E0508"


def test_no_derivative_leaks_from_nodes_that_are_not_called() -> None:
    p = catad.compile("""
type list = Nil | Cons (f64, list)
def rec f (t : list) : f64 = case t of | Nil -> 1 | Cons (x, r) -> if x < 0 then x * x else sqrt x + f r
""")
    g = catad.grad(p.f)({"Cons": (4.0, {"Cons": (-3.0, {"Cons": (0.0, "Nil")})})})
    assert g == {"Cons": (0.25, {"Cons": (-6.0, {"Cons": (0.0, {"Nil": ()})})})}


def test_many_lets_of_trees() -> None:
    lets = "\n".join(f"  let t{k + 1} = Cons ({k}.0, t{k}) in" for k in range(300))
    p = catad.compile(f"""
type list = Nil | Cons (f64, list)
def rec total (t : list) : f64 = case t of | Nil -> 0 | Cons (x, r) -> x + total r
def f (x : f64) : f64 =
  let t0 = Cons (x, Nil) in
{lets}
  total t2
""")
    assert p.f(0.5) == 1.5


def test_calls_under_conditions_that_differ_within_one_node() -> None:
    """Whether a child is called depends on an index, or on a result: it is visited in any case."""
    p = catad.compile("""
type tree = Leaf f64 | Node {l : tree, r : tree}
def rec f (n : i64) (t : tree) : f64 =
  case t of | Leaf x -> x | Node {l, r} -> sum (for i < n -> if i mod 2 == 0 then f n l else 2 * f n r)
def rec contains (x : f64) (t : tree) : bool =
  case t of | Leaf y -> x == y | Node {l, r} -> contains x l || contains x r
""")
    t = {"Node": {"l": {"Leaf": 1.5}, "r": {"Node": {"l": {"Leaf": 2.0}, "r": {"Leaf": 3.0}}}}}
    assert p.f(3, t) == 2 * 1.5 + 2 * (2 * 2.0 + 2 * 3.0)
    assert (p.contains(3.0, t), p.contains(4.0, t)) == (True, False)
