"""Declared derivatives: linear or refused, used in every mode and order, unfolded in the end."""

from __future__ import annotations

import numpy as np
import pytest
from catad.backends import llvm
from catad.backends.reference import run

from catad.elaborate.decompile import table_to_cad
from catad.net.net import Call, Net
from catad.pipeline import derive, elaborate, load, prepare
from catad.source import CatadError, Source

RULES = """
def mysin (x : f64) : f64 = sin x
derivative mysin (x) = y : y' = cos x * x'
def myexp (x : f64) : f64 = exp x
derivative myexp (t) = y : y' = y * t'
def prod (x : f64, z : f64) : f64 = x * z
derivative prod (x, z) = p : p' = x * z' + z * x'
def sq [n] (x : [n]f64) : [n]f64 = for i < n -> x[i]^2
derivative sq (x) = y : y' = for i < n -> 2 * x[i] * x'[i]
def both (x : f64) (k : i64) : (f64, i64, f64) = (x * f64 k, k, myexp x)
derivative both (x, k) = r : r' = (x' * f64 k, (), r.2 * x')
"""
PLAIN = "\n".join(line for line in RULES.splitlines() if not line.startswith("derivative"))
BODIES = [
    "mysin (x * x) + myexp (2 * mysin x)", "prod (x, myexp x) * x", "sum (sq (for i < 3 -> x * f64 i))",
    "loop y = x for i < 3 do mysin y + sum (for j < 2 -> myexp (y * f64 j / 4))",
    "loop y = x while y < 2 do y + myexp (y / 8)", "let (a, k, b) = both x 3 in a * b * f64 k",
    "diff (\\z -> mysin (x * z)) 2.0", "if x > 0 then mysin x else x",
]


def calls(net: Net) -> int:
    return sum(isinstance(b.op, Call) + sum(map(calls, b.bubbles)) for b in net.boxes)


@pytest.mark.parametrize("body", BODIES)
def test_the_same_as_without_rules(body: str) -> None:
    """Fails when a mode looks into the definition wrongly, or drops a term of the rule."""
    values = []
    for rules in (RULES, PLAIN):
        table = elaborate(load(Source("f.cad", f"{rules}\ndef f (x : f64) : f64 = {body}")))
        found: list[float] = []
        for kind, order, more in (("jvp", 1, [1.0]), ("grad", 1, []), ("jet", 3, [np.array([1.0, 0.0, 0.5])]),
                                  ("hvp", 1, [1.0]), ("hessian", 1, [])):
            new, key = derive(table, "f", kind, order=order)
            ready = prepare(new, key)
            out = run(ready, key, [0.4, *more])
            native = llvm.compile(ready, key)(0.4, *more)
            for a, b in zip(out, native if isinstance(native, tuple) else (native,), strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-10)
            assert not calls(ready.nets[key])
            found += [float(v) for o in out for v in np.ravel(o)]
        values.append(found)
    np.testing.assert_allclose(values[0], values[1], rtol=1e-10)


def test_the_rule_counts_not_the_body() -> None:
    text = "def f (x : f64) : f64 = floor x\nderivative f (x) = y : y' = 3 * x'\ndef g (x : f64) : f64 = f (x * x)"
    table = elaborate(load(Source("f.cad", text)))
    for kind in ("grad", "jvp"):
        new, key = derive(table, "g", kind)
        args = [2.5] if kind == "grad" else [2.5, 1.0]
        assert run(prepare(new, key), key, args)[-1] == 15.0
        again = elaborate(load(Source("g.cad", table_to_cad(prepare(new, key), key, "g"))))
        assert run(prepare(again, "g"), "g", args)[-1] == 15.0


@pytest.mark.parametrize(("rule", "at"), [
    ("cos x", "cos x"), ("x' * x'", "x' * x'"), ("x * x' + 1", "x * x' + 1"), ("sin x'", "sin x'"),
    ("if x' > 0 then x' else 0", "x' > 0"), ("x / x'", "x / x'"), ("abs x'", "abs x'"), ("product [x', x']", None),
    ("if x > 0 then x' else 1", None), ("loop s = x' for i < 3 do s * s", "s * s"),
    ("loop s = x' while s < 3 do s * 2", None)])
def test_what_is_not_linear(rule: str, at: str | None) -> None:
    with pytest.raises(CatadError) as e:
        elaborate(load(Source("f.cad", f"def f (x : f64) : f64 = x\nderivative f (x) = y : y' = {rule}")))
    assert e.value.code == "E0405"
    labels = e.value.diagnostics[0].labels
    assert at is None or labels[0].span.text == at


@pytest.mark.parametrize("rule", [
    "0", "x'", "-x' + 2 * x' - x' / y", "sum (for i < 3 -> x' * f64 i)", "let a = x' in a + a", "select (x > 0) x' 0",
    "loop s = 0.0 for i < 3 do s + x'", "(for i < 2 -> x')[1]", "if x > 0 then x' else 0", "x * (sin y * x')",
    "assert (x > 0) x'", "(scale 2 (x', x')).0", "(accumulate (for i < 2 -> 0.0) for i < 2 do (i, x'))[1]"])
def test_what_is_linear(rule: str) -> None:
    table = elaborate(load(Source("f.cad", f"def f (x : f64) : f64 = x\nderivative f (x) = y : y' = {rule}")))
    new, key = derive(table, "f", "grad")
    forward, k = derive(table, "f", "jvp")
    assert run(prepare(new, key), key, [1.5])[0] == pytest.approx(run(prepare(forward, k), k, [1.5, 1.0])[1])
