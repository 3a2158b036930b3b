"""Forward, reverse, Taylor, forward over reverse and finite differences agree on programs of every form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from catad.backends.reference import run

from catad.net.net import Table
from catad.pipeline import derive, elaborate, load, prepare
from catad.source import Source
from catad.types.type import dims, flatten

PROGRAMS = [
    r"""
def p1 (x : f64, y : f64) : f64 = x * sin (x * y) + logsumexp [x, y, x*y]
""",
    r"""
def p2 [n] (x : [n]f64) : f64 = loop s = 1.0 for i < n do s * x[i] + sin s
""",
    r"""
def p3 [n] (x : [n]f64) : f64 =
  let y = scan (\a b -> a * 0.5 + b) 0.1 x in sum (for i < n -> y[i] * y[i])
""",
    r"""
def p4 [n] (x : [n]f64) : f64 = sum (loop a = x for i < n - 1 do a with [i + 1] = a[i] * a[i + 1])
""",
    r"""
def p5 [n] (x : [n]f64) : f64 =
  let h = accumulate (for i < 3 -> 0.0) for i < n do (i mod 3, x[i]^2) in h[0] * h[1] + exp h[2]
""",
    r"""
def p6 [n, m] (a : [n, m]f64) (v : [m]f64) : f64 = norm (matvec a v) + sum (for i < n -> maximum a[i])
""",
    r"""
def twice (f : f64 -> f64) (x : f64) : f64 = f (f x)
def p7 (x : f64, y : f64) : f64 = twice (\z -> z * y + sin (x * z)) x
""",
    r"""
def p8 (x : f64, y : f64) : f64 = grad (\u -> u * grad (\v -> u * v * v * y) x) y
""",
    r"""
def p9 [n] (x : [n]f64) : f64 = sum (for i < n -> if x[i] > 0.2 then sqrt x[i] else x[i]^3)
""",
    r"""
def p10 [n] (x : [n]f64) : f64 = let s = sort x in sum (for i < n -> s[i] * f64 (i + 1))
""",
    r"""
def p11 [n] (x : [n]f64) : f64 =
  let (c, j) = jet (\t -> exp (t * x[0]) * t) (0.3, [1.0, 0.0, 0.0]) in c + j[2]
""",
    r"""
def p12 [n] (x : [n]f64) : f64 = product x + mean x + variance x
""",
    r"""
def p13 [n] (x : [n]f64) : f64 =
  let f (z : [n]f64) = sum (map2 (\a b -> a * a * b) z x) in
  dot (hvp f x x) x
""",
    r"""
def p14 [n] (x : [n]f64) : f64 =
  let r = loop (a, b) = (x, 0.5) for k < 3 do (for i < n -> a[i] * b + sin a[i], b * 0.9 + a[0]) in
  sum r.0 + r.1
""",
    r"""
def p15 [n] (x : [n]f64) : f64 = let g = for i < n -> grad (\z -> z * z * x[i]) x[i] in dot g x
""",
    r"""
def p16 (s : {a : f64, b : (f64, f64)}) : f64 = s.a * s.b.0 + atan2 s.b.1 s.a + pow s.a s.b.0 + hypot s.a s.b.1
""",
    r"""
def p17 [n] (x : [n]f64) : f64 = sum (for i < n -> sum (for j < i -> x[i] * x[j] + erf (x[j])))
""",
    r"""
def p18 [n] (x : [n]f64) : f64 = sum (concat (reverse x) (take 2 x)) + sum (x[1..n]) * x[0]
""",
    r"""
def p19 [n] (x : [n]f64) : f64 =
  let r = loop (y, k) = (x[0] + 0.1, 0) while y < 20 && k < 30 do (y * (1 + x[k mod n]) + sin x[1], k + 1) in r.0
""",
    r"""
def p20 [n] (x : [n]f64) : f64 =
  sum (loop a = x while sum a < 40 do for i < n -> loop z = a[i] while z < 2 * a[i] do z * (1.2 + x[i]))
""",
    r"""
def p21 [n] (x : [n]f64) : f64 =
  sum (for i < n -> if x[i] > 0.4 then (loop y = x[i] while y < 3 do y + grad (\z -> z * z * x[0]) y + 0.1) else x[i])
""",
    r"""
type part = Line f64 | Arc {r : f64, turn : f64} | Gap
def length (p : part) : f64 = case p of | Line l -> l^2 | Arc a -> a.r * sin a.turn | Gap -> 1
def p22 [n] (x : [n]f64) : f64 =
  let parts = for i < n -> if i mod 2 == 0 then Line x[i] else Arc {r = x[i], turn = x[0]} in
  let grown =
    loop p = parts[1] for i < n do
      case p of | Arc a -> Line (a.r + x[i]) | Line l -> Arc {r = l, turn = x[i]} | Gap -> Gap in
  let gaps = for i < n -> case parts[i] of | Line l -> Gap | _ -> parts[0] in
  sum (map length parts) * length grown + sum (map length gaps)
""",
]

SIZES = {"n": 5, "m": 4}
STEP = 1e-6


def arguments(table: Table, name: str) -> list[Any]:
    rng = np.random.default_rng(1)
    shapes = [tuple(s.evaluate(SIZES) for s in dims(w)) for _, t in table.entries[name].params for w in flatten(t)]
    return [rng.uniform(0.1, 1, s) if s else float(rng.uniform(0.1, 1)) for s in shapes]


def inner(xs: Any, ys: Any) -> float:
    return float(sum(np.sum(np.asarray(x) * np.asarray(y)) for x, y in zip(xs, ys, strict=True)))


@pytest.mark.parametrize("program", PROGRAMS)
def test_modes_agree(program: str) -> None:
    module = load(Source("program.cad", program))
    table, name = elaborate(module), module.own[-1]
    args = arguments(table, name)
    rng = np.random.default_rng(2)
    along = [rng.standard_normal(np.shape(a)) if np.ndim(a) else float(rng.standard_normal()) for a in args]
    nums = tuple(range(len(table.entries[name].params)))

    def transformed(kind: str, *more: Any, at: float = 0.0, order: int = 1) -> tuple[Any, ...]:
        new, key = derive(table, name, kind, argnums=nums, single=False, order=order)
        return run(prepare(new, key), key, [*(a + at * d for a, d in zip(args, along, strict=True)), *more])

    primal = prepare(table, name)
    plus, minus = (run(primal, name, [a + s * d for a, d in zip(args, along, strict=True)])[0] for s in (STEP, -STEP))
    forward = transformed("jvp", *along)[1]
    reverse = inner(transformed("value_and_grad")[1:], along)
    jet = transformed("jet", *(np.stack([d, np.zeros_like(d)]) for d in along), order=2)[1]
    second = (transformed("jvp", *along, at=STEP)[1] - transformed("jvp", *along, at=-STEP)[1]) / (4 * STEP)
    assert forward == pytest.approx((plus - minus) / (2 * STEP), rel=1e-5, abs=1e-6)
    assert reverse == pytest.approx(forward, rel=1e-11, abs=1e-12)
    assert jet[0] == pytest.approx(forward, rel=1e-11, abs=1e-12)
    assert jet[1] == pytest.approx(second, rel=1e-4, abs=1e-6)
    assert inner(transformed("hvp", *along), along) / 2 == pytest.approx(jet[1], rel=1e-9, abs=1e-10)
