"""Programs that people write, in every mode: linear algebra, sorting, ragged loops, nested derivatives."""

from __future__ import annotations

import pytest
from catad.proofs.command import prove_table

from catad import pipeline
from catad.source import Source

TEXT = r"""
def triangle [n] (x : [n]f64) : f64 = sum (for i < n -> sum (for j < i -> x[i] * x[j]))
def ragged [n] (x : [n]f64) : f64 = sum (for i < n -> loop s = x[i] for j < i do s * x[j])
def product_of [n, m] (a : [n, m]f64) (b : [m, n]f64) : [n, n]f64 = matmul a b
def sorted [n] (x : [n]f64) : [n]f64 = sort x
def soft [n] (x : [n]f64) : [n]f64 = softmax x
def hessian [n] (x : [n]f64) : [n, n]f64 = hess (\v -> sum (for i < n -> v[i]^3 * v[(i + 1) mod n])) x
def jacobian [n] (x : [n]f64) : [n, n]f64 = jac softmax x
def extremes [n] (x : [n]f64) : f64 = maximum x * minimum x
def pairs [n] (x : [n](f64, f64)) : f64 = sum (for i < n -> x[i].0 * x[i].1)
def single (x : f32) (y : f64) : f64 = f64 (x * x) * y
def steps (k : i64) (x : f64) : [k]f64 = for i < k -> x * f64 i
def newton (a : f64) : f64 = loop x = 1.0 for i < 6 do x - (x * x - a) / (2.0 * x)
def binned [n] (x : [n]f64) : [n]f64 = accumulate (replicate n 0.0) for i < n do (i64 (abs x[i]) mod n, x[i] * 2.0)
def running [n] (x : [n]f64) : [n]f64 = cumsum (cumprod x)
def lengths [n] (x : [n]f64) : f64 = norm x + std x + variance x
def largest [n] (x : [n]f64) : f64 = reduce (\s t -> max s (abs t)) 0.0 x
def linear (x : f64) : f64 = let (y, l) = linearize sin x in y + l 2.0
def transposed (x : f64) : f64 = dagger (\v -> v * 3.0) x
def third (x : f64) : f64 = diff (diff (diff (\y -> sin y * exp y))) x
def inside (x : f64) : f64 = loop s = x for i < 3 do diff (\y -> y * y * s) s
def series (x : f64) : f64 = (jet_derivs sin (x, [1.0, 0.0, 0.0])).1[2]
def chosen (x : f64) : f64 = (if x > 0.3 then [x, x * x] else [1.0, x])[1]
def twofold [n] (x : [n]f64) : [n]f64 = loop y = x for k < 2 do for i < n -> y[i] * y[(i + 1) mod n]
def nested [n] (x : [n]f64) : f64 = loop s = 0.0 for i < n do s + (loop t = x[i] for j < n do t * x[j] + s)
def gathered [n] (x : [n]f64) : f64 = let p = argsort x in sum (for i < n -> x[p[i]] * f64 i)
"""
TABLE = pipeline.elaborate(pipeline.load(Source("<test>", TEXT)))


@pytest.mark.parametrize("name", TABLE.entries)
def test_every_law_holds(name: str) -> None:
    findings = list(prove_table(TABLE, name, samples=1, seed=3, native=False))
    assert len(findings) > 1, findings[0].reason
    assert [f for f in findings if f.verdict == "failed"] == []
    assert all(f.verdict == "held" for f in findings if f.check in ("adjoint", "taylor", "difference quotient")), [
        (f.check, f.reason) for f in findings]
