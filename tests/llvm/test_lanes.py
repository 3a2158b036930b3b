"""Which of two loops runs in lanes: batches of small things do, the few large simulations of an outer loop do not."""

import pytest
from catad.backends.llvm import translate
from catad.backends.llvm.kernel import Buffer, For, If, Load, Store
from catad.backends.llvm.target import target
from catad.backends.llvm.traffic import Traffic, guess

from catad import pipeline
from catad.source import Source
from catad.types.size import Size

GRID = """
def one (c : [n, m]f64) (q : [s]f64) : f64 =
  let zero = for i < n, j < m -> 0.0 in
  (loop (u, w, e) = (zero, zero, 0.0) for t < s do
    let v = for i < n, j < m ->
        if i == 0 || j == 0 || i == n - 1 || j == m - 1 then 0.0
        else 2.0 * u[i, j] - w[i, j] + c[i, j] * (u[i + 1, j] + u[i - 1, j] + u[i, j + 1] + u[i, j - 1] + q[t]) in
    (v, u, e + v[1, 1]^2)).2
def f SIZES (c : [n, m]f64) (q : [k, s]f64) : f64 = sum (for a < k -> one c q[a])
"""
ANY_GRID = GRID.replace("SIZES", "[n, m, s, k]").replace("def one", "def one [n, m, s]")
SMALL_GRID = (GRID.replace("SIZES", "[s, k]").replace("def one", "def one [s]").replace("[n, m]", "[6, 6]")
              .replace("< n", "< 6").replace("< m", "< 6").replace("n - 1", "5").replace("m - 1", "5"))
COVARIANCE = """
def times [n] (x : [n, n]f64) (y : [n, n]f64) : [n, n]f64 =
  for i < n, j < n -> sum (for k < n -> x[i, k] * y[k, j])
def f [d, s, k] (g : [d, d]f64) (q : [k, s]f64) : f64 = sum (for a < k ->
  let p = loop p = g for t < s do for i < d, j < d -> 0.5 * (times g p)[i, j] + q[a, t] in
  sum (for i < d -> p[i, i]))
"""
PENDULUM = """
def f [s, k] (g : [k]f64) (q : [s]f64) : f64 = sum (for a < k ->
  (loop x = [1.0, 0.0] for t < s do
    for i < 2 -> if i == 0 then x[0] + 0.01 * x[1] else x[1] - 0.01 * (g[a] * sin x[0] + q[t]))[0])
"""
NETWORK = """
def layer [n, m] (w : [m, n]f64) (b : [m]f64) (x : [n]f64) : [m]f64 = for i < m -> tanh (b[i] + dot w[i] x)
def f [n, d, h] (a : [h, d]f64) (b : [h]f64) (c : [h, h]f64) (x : [n, d]f64) : f64 =
  sum (for i < n -> sum (layer c b (layer a b x[i])))
"""


GRADIENTS = {
    ANY_GRID: "def g [n, m, s, k] (c : [n, m]f64) (q : [k, s]f64) : [n, m]f64 = grad (\\c -> f c q) c\n",
    SMALL_GRID: "def g [s, k] (c : [6, 6]f64) (q : [k, s]f64) : [6, 6]f64 = grad (\\c -> f c q) c\n",
    COVARIANCE: "def g [d, s, k] (a : [d, d]f64) (q : [k, s]f64) : [d, d]f64 = grad (\\a -> f a q) a\n",
    PENDULUM: "def g [s, k] (a : [k]f64) (q : [s]f64) : [k]f64 = grad (\\a -> f a q) a\n",
    NETWORK: "def g [n, d, h] (a : [h, d]f64) (b : [h]f64) (c : [h, h]f64) (x : [n, d]f64) : [h]f64 = "
             "grad (\\b -> f a b c x) b\n",
}
MACHINES = ("x86-64-v3", "x86-64-v4")


def schedule(source: str, entry: str, machine: str) -> str:
    """The schedule of f, or of its gradient g."""
    program = pipeline.load(Source("<test>", source + GRADIENTS[source]))
    table = pipeline.prepare(pipeline.elaborate(program), entry)
    return translate(table, entry, target=target(machine)).schedule_text


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("entry", ["f", "g"])
def test_simulations_on_a_grid_run_one_after_the_other(entry: str, machine: str) -> None:
    """Their grids and the tape are held once; the loops over the grid are in lanes."""
    text = schedule(ANY_GRID, entry, machine)
    assert "one cell per lane" not in text and "lanes" in text
    assert "slot" in text and not any(f": {8 * w}*m*n" in text for w in (4, 8, 16))


@pytest.mark.parametrize(("source", "entry"), [
    (SMALL_GRID, "f"), (SMALL_GRID, "g"), (PENDULUM, "f"), (PENDULUM, "g"), (NETWORK, "f"), (NETWORK, "g"),
    (COVARIANCE, "g")])
def test_batches_of_small_things_lie_in_lanes(source: str, entry: str) -> None:
    """So does what multiplies matrices in each trip: it computes more than it fetches, and columns are not vectors."""
    assert "one cell per lane" in schedule(source, entry, "x86-64-v4")


# ── memory

M, N = Size.var("m"), Size.var("n")


def each(*body: For | If | Load | Store, trips: int = 64, free: bool = True) -> For:
    return For(0, 0, 0, Size.var("n"), (), tuple(body), False, free, (), trips)


def test_a_sweep_touches_each_entry_once() -> None:
    table = Buffer("slot", 0, "f64", M * N)
    once, often = Load(1, 0, 2, (2,)), each(Load(1, 0, 2, (2,)))
    cost = Traffic({0: table}, 16).cost
    assert cost((each(each(often)),)) == cost((each(each(once)),)) > 0
    assert cost((each(each(each(once)), free=False),)) == 64 * cost((each(each(once)),))


def test_what_stays_in_the_first_cache_is_free() -> None:
    small, tape = Buffer("slot", 0, "f64", Size.of(36)), Buffer("slot", 1, "f64", N * 100 * 36)
    state, kept = each(Load(1, 0, 2, (2,)), trips=36), each(Store(1, 2, 3, (2,)), trips=36)
    time = each(state, kept, free=False)
    cost = Traffic({0: small, 1: tape}, 16).cost
    assert Traffic({0: small}, 16).cost((time,)) == 0
    assert cost((time,)) == Traffic({1: tape}, 16).cost((time,)) > Traffic({1: tape}, 1).cost((time,)) > 0


def test_tables_of_unknown_sides_are_taken_for_large() -> None:
    assert guess(N) == guess(N, 128) == 64 and guess(N * M, 128) == 128**2 and guess(N * 2 + 3) == 131
