"""The compiler does not die inside a derivative, what a pass makes is checked, and optimised code says the same.

futhark#1473, futhark#1639, futhark#2256; concat#84 (passes); casadi#1553, rust#152724 (wrong gradients without alarm).
Random programs are swept over by `python -m catad.proofs --programs N`; tests/proofs holds a stretch of it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from catad.proofs.command import prove_table

import catad
from catad import pipeline
from catad.net.validate import validate
from catad.source import Source

NESTS = {
    "map of scan": "sum (for i < n -> (scan (\\s y -> s * y + x[i]) 1.0 x)[n - 1])",
    "scan of reductions": "(scan (\\s y -> s + reduce (\\a b -> a * b + y) 0.5 x) 0.0 x)[n - 1]",
    "scatter of a map": "sum (map (\\y -> y * y) (accumulate x for i < n do ((i * i) mod n, sin x[i])))",
    "loop of scatter": "sum (loop y = x for k < 3 do accumulate y for i < n do ((i + k) mod n, y[i] * x[k mod n]))",
    "reduction over rows": "reduce (\\r row -> r + product row) 0.0 (for i < n, j < n -> x[i] + x[j])",
    "loop with a matrix": "(loop m = (for i < n, j < n -> x[i] * x[j]) for k < 2 do scale 0.3 (m @ m))[0, n - 1]",
    "in place in a while":
        "(loop (y, k) = (x, 0) while k < n do (y with [k] = y[k] * y[(k + 1) mod n], k + 1)).0[n - 1]",
}


@pytest.mark.parametrize("name", NESTS)
def test_nested_parallelism(name: str) -> None:
    """Reverse of what broke reverse passes elsewhere: values by difference quotients."""
    f = catad.compile(f"def f [n] (x : [n]f64) : f64 = {NESTS[name]}", entry="f")
    x, h = np.array([0.7, -0.4, 1.1]), 1e-6
    want = [(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(3)]
    np.testing.assert_allclose(catad.grad(f)(x), want, rtol=1e-6, atol=1e-8)
    back = np.array([catad.jvp(f)(x, e)[1] for e in np.eye(3)])
    np.testing.assert_allclose(catad.grad(f)(x), back, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", NESTS)
def test_what_a_pass_makes_is_well_typed(name: str) -> None:
    """After elaboration, after functions and derivatives are gone, and after optimisation."""
    text = f"def f [n] (x : [n]f64) : f64 = {NESTS[name]}"
    table, entry = pipeline.derive(pipeline.elaborate(pipeline.load(Source("<t>", text))), "f", "grad")
    for nets in (table.nets, pipeline.normalised(table, entry), pipeline.prepare(table, entry).nets):
        for net in nets.values():
            validate(net)


def test_a_net_that_lost_a_box_is_refused() -> None:
    """The check bites."""
    table = pipeline.elaborate(pipeline.load(Source("<t>", "def f (x : f64) : f64 = sin x * sin (cos x)")))
    net = table.nets["f"]
    with pytest.raises(Exception, match=r"wire|not defined|before"):
        validate(replace(net, boxes=net.boxes[1:]))


@pytest.mark.parametrize("body", ("if 1 < 2 then x * x else log x", "if x > 1e300 then x else x * x",
                                  "(for i < 3 -> if i == 1 then x * x else 7.0)[1]", "[3.0, x * x][1]"))
def test_constant_branches(body: str) -> None:
    """casadi#1553: a branch that folds away takes no derivative with it."""
    table = pipeline.elaborate(pipeline.load(Source("<t>", f"def f (x : f64) : f64 = {body}")))
    from catad.backends import reference
    derived, name = pipeline.derive(table, "f", "vjp")
    for tidy in (True, False):
        assert reference.run(pipeline.prepare(derived, name, tidy=tidy), name, [3.0, 1.0]) == (9.0, 6.0)


@pytest.mark.parametrize(("rule", "right"), [("cos x * x'", True), ("-(cos x) * x'", False), ("x'", False)])
def test_declared_rules_can_be_verified(rule: str, right: bool) -> None:
    """`catad prove` compares a rule with the definition that it speaks of."""
    text = f"def f (x : f64) : f64 = sin x\nderivative f (x) = y : y' = {rule}\ndef g (x : f64) : f64 = f (x * x)"
    table = pipeline.elaborate(pipeline.load(Source("<t>", text)))
    found = {f.check: f.verdict for f in prove_table(table, "g", samples=2, native=False)}
    assert found["difference quotient"] == ("held" if right else "failed")
    assert found["adjoint"] == "held"


def test_the_seeded_mistakes_are_replaceable() -> None:
    """The kit of rules can be exchanged as a whole, which is how wrong rules are made to test the tests."""
    from catad.functors.kit import standard_kit
    kit = standard_kit()
    assert replace(kit, rules=kit.rules.changed("primitive sin (x) = y : y' = cos x * x'")) != kit
