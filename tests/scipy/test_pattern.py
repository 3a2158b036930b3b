"""The pattern of a Jacobian holds every entry that is not zero, and where indices are known, no other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import catad
import catad.scipy

# program, arguments, is the pattern exact at these arguments
CASES: dict[str, tuple[str, tuple[Any, ...], bool]] = {
    "stencil": ("def f [n] (x : [n]f64) : [n-2]f64 = for i < n - 2 -> x[i] - 2 * x[i + 1] * x[i + 2]",
                ([1.0, 2, 3, 4, 5, 6],), True),
    "gather by data": ("def f [n, m] (x : [n]f64) (k : [m]i64) : [m]f64 = for i < m -> sin x[k[i]]",
                       ([1.0, 2, 3, 4], [3, 3, 0]), True),
    "scatter by data": ("def f [n, m] (x : [m]f64) (k : [m]i64) (z : [n]f64) : [n]f64 = "
                        "accumulate z for i < m do (k[i], exp x[i])", ([1.0, 2, 3], [1, 1, 0], [0.0, 0, 0, 0]), True),
    "rows of a matrix": ("def f [n, m] (x : [n, m]f64) : [n]f64 = for i < n -> sum (for j < m -> x[i, j]^2)",
                         (np.arange(1.0, 7).reshape(2, 3),), True),
    "matrix product": ("def f [n, m] (a : [n, m]f64) (b : [m, n]f64) : [n, n]f64 = matmul a b",
                       (np.arange(1.0, 7).reshape(2, 3), np.ones((3, 2))), True),
    "triangle": ("def f [n] (x : [n]f64) : [n]f64 = for i < n -> sum (for j < i -> x[j] * x[i])",
                 ([1.0, 2, 3, 4],), True),
    "running sum": ("def f [n] (x : [n]f64) : [n]f64 = scan (\\s v -> s + v * v) 0.0 x", ([1.0, 2, 3, 4],), True),
    "recurrence": ("def f [n] (x : [n]f64) : [n]f64 = loop y = x for i < n - 1 do y with [i + 1] = y[i] * 2 + x[i + 1]",
                   ([1.0, 2, 3, 4],), True),
    "branch on an index": (
        "def f [n] (x : [n]f64) : [n]f64 = "
        "for i < n -> if i mod 2 == 0 then x[i] * x[0] else x[n - 1]",
                           ([1.0, 2, 3, 4, 5],), True),
    "branch on an index, loops inside": (
        "def f [n] (x : [n]f64) : [n]f64 = "
        "for i < n -> if i < 2 then sum (for j < i + 1 -> x[j]) else x[i - 2] * x[i - 1]",
        ([1.0, 2, 3, 4, 5],), True),
    "branch on a float": ("def f [n] (x : [n]f64) : [n]f64 = for i < n -> if x[i] > 2 then x[0] * x[1] else x[i]",
                          ([1.0, 2, 3, 4],), False),
    "largest": ("def f [n] (x : [n]f64) : (f64, f64) = (maximum x, x[argmax x] + x[0])", ([1.0, 4, 3],), False),
    "sorted": ("def f [n] (x : [n]f64) : [n]f64 = sort x", ([3.0, 1, 2],), False),
    "reversed and stacked": ("def f [n] (x : [n]f64) : [2, n]f64 = [reverse x, x]", ([1.0, 2, 3],), True),
    "record": (
        "def f [n] (p : {a : f64, b : [n]f64}) : {u : [n]f64, v : f64} = "
        "{u = for i < n -> p.a * p.b[i], v = p.b[1]}",
               ({"a": 2.0, "b": [1.0, 2, 3]},), True),
    "rounded": ("def f [n] (x : [n]f64) : [n]f64 = for i < n -> floor x[i] * x[0]", ([1.5, 2.5, 3.5],), True),
    "counted by a float": (
        "def f (x : [2]f64) : f64 = "
        "loop y = x[0] for i < i64 x[1] do y * x[0]", ([1.5, 3.5],), False),
    "down and up": ("def f [n] (x : [n]f64) : [n]f64 = reverse (scan (\\s v -> s + v^2) 0.0 (reverse x))",
                    ([1.0, 2, 3],), True),
    "blocks": ("def f [n, m] (x : [n, m]f64) : [n, m, m]f64 = for i < n -> outer x[i] x[i]",
               (np.arange(1.0, 7).reshape(2, 3),), True),
    "a sum in a loop": (
        "type shape = Circle f64 | Box (f64, f64) "
        "def area (s : shape) : f64 = case s of | Circle r -> pi * r^2 | Box (a, b) -> a * b "
        "def f [n] (x : [n]f64) : [n]f64 = "
        "for i < n -> area (if i mod 2 == 0 then Circle x[i] else Box (x[i], x[0]))", ([1.0, 2, 3, 4],), True),
    "while": ("def f [n] (x : [n]f64) : [n]f64 = "
              "for i < n -> (loop (y, j) = (x[i], 0) while j < 3 do (y * x[0], j + 1)).0", ([1.0, 2, 3],), True),
    "empty": ("def f [n] (x : [n]f64) (k : [n]i64) : [n]f64 = for i < n -> sum (for j < k[i] -> x[j] * x[i])",
              ([1.0, 2, 3], [0, 0, 2]), True),
}


@pytest.mark.parametrize("name", CASES)
def test_the_pattern_holds_what_is_not_zero(name: str) -> None:
    text, args, exact = CASES[name]
    r = catad.scipy.residuals(catad.compile(text, entry="f"), *args)
    dense, pattern = r.jac(r.x0), r.sparsity.toarray()
    assert not (dense[~pattern] != 0).any(), (dense, pattern.astype(int))
    if exact:
        assert (pattern == (dense != 0)).all(), (dense, pattern.astype(int))
    assert r.sparsity.has_sorted_indices
    np.testing.assert_allclose(r.jac_sparse(r.x0).toarray(), dense, rtol=1e-13, atol=0)


@pytest.mark.parametrize("name", ["stencil", "triangle", "gather by data", "branch on an index", "record", "blocks"])
def test_the_pattern_of_a_gradient(name: str) -> None:
    """The net of a derivative is a net: its scatters and tapes have patterns too."""
    text, args, _ = CASES[name]
    f = catad.compile(text, entry="f")
    leaves = {"record": "dot y.u y.u * y.v", "blocks": "sum (for i < n -> sum (for j < m -> dot y[i, j] y[i, j]))"}
    body = leaves.get(name, "dot y y")
    head = f.signature.removeprefix("f ").removesuffix(f" : {f.entry.result}")
    call = " ".join(x for x, _ in f.entry.params)
    g = catad.compile(f"{text}\ndef g {head} : f64 = let y = f {call} in {body}", entry="g")
    o = catad.scipy.objective(g, *args)
    dense, pattern = o.hess(o.x0), o.hess_sparsity.toarray()
    assert not (dense[~pattern] != 0).any(), (dense, pattern.astype(int))
    np.testing.assert_allclose(o.hess_sparse(o.x0).toarray(), dense, rtol=1e-12, atol=1e-12)


def test_long_recurrences_become_a_fixed_point() -> None:
    """Too many trips to walk: the pattern may grow, and must not shrink."""
    f = catad.compile("def f [n] (x : [n]f64) : [n]f64 = loop y = x for i < n - 1 do y with [i + 1] = y[i] + x[i + 1]",
                      entry="f")
    n = 30
    r = catad.scipy.residuals(f, np.ones(n))
    exact = r.sparsity.toarray()
    from catad.scipy import pattern
    before, pattern._WALKED = pattern._WALKED, 10
    try:
        widened = catad.scipy.residuals(f, np.ones(n)).sparsity.toarray()
    finally:
        pattern._WALKED = before
    assert (exact == np.tril(np.ones((n, n), dtype=bool))).all()
    assert (widened | ~exact).all()


def test_large_sparse_problems_are_quick() -> None:
    """Five entries in a row of 100,000: a pattern by columns or by trips would take minutes."""
    f = catad.compile("def f [n] (x : [n]f64) : [n]f64 = for i < n -> "
                      "x[i]^2 - (if i > 0 then x[i - 1] else 0) - (if i < n - 1 then x[i + 1] else 0)", entry="f")
    n = 100_000
    r = catad.scipy.residuals(f, np.ones(n))
    assert r.sparsity.nnz == 3 * n - 2
    assert r.colors.max() + 1 == 3
    assert abs(r.jac_sparse(r.x0) @ np.ones(n)).sum() < 5
