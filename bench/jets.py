"""Directional derivatives of order 2, 4, 6, 8 of a network, beside nested jvp and jax.experimental.jet, both jitted.

    python bench/jets.py [--quick] [--json FILE]

For a network u and points x with directions v: the k-th Taylor coefficient of t ↦ u(x + t v) at 0. Two sizes: `small`
is 10-32-32-1 in f64, `wide` is 100-128-128-128-1 in f32; batches of 1 and of 128 points. Compile times (CPU, in this
process after a first program was compiled) stand in the last column: text to first result for catad, trace to first
result for JAX.
"""

from __future__ import annotations

import importlib
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from common import OURS, Report, compare, duration, main, peer, waiting

import catad  # isort: skip
import numpy as np  # isort: skip


@dataclass(frozen=True)
class Network:
    name: str
    widths: tuple[int, ...]                     # of the input and the hidden layers
    kind: str
    rtol: float

    def weights(self, rng: np.random.Generator) -> list[Any]:
        """w1, b1, w2, b2, …, and the row that makes the result."""
        dtype, parts = np.float64 if self.kind == "f64" else np.float32, []
        for m, h in zip(self.widths, self.widths[1:], strict=False):
            parts += [rng.standard_normal((h, m)) / math.sqrt(m), 0.1 * rng.standard_normal(h)]
        parts.append(rng.standard_normal(self.widths[-1]) / math.sqrt(self.widths[-1]))
        return [p.astype(dtype) for p in parts]

    def text(self, order: int) -> str:
        """`value` and `coefficient` over a batch; the widths are in the types, so they are known when compiling."""
        t, shown, names, chain = self.kind, [], [], "x"
        for i, (m, h) in enumerate(zip(self.widths, self.widths[1:], strict=False), 1):
            shown += [f"(w{i} : [{h}, {m}]{t})", f"(b{i} : [{h}]{t})"]
            names += [f"w{i}", f"b{i}"]
            chain = f"(layer w{i} b{i} {chain})"
        shown.append(f"(w : [{self.widths[-1]}]{t})")
        declared, passed, d = " ".join(shown), " ".join([*names, "w"]), self.widths[0]
        unit = f"for i < {order} -> if i == 0 then 1.0 else 0.0" if order else ""
        zero = f"{t} 0.0" if t == "f32" else "0.0"
        unit = unit.replace("1.0", "f32 1.0").replace("0.0", "f32 0.0") if t == "f32" else unit
        derived = "" if not order else f"""
def coefficient [p] {declared} (x : [p, {d}]{t}) (v : [p, {d}]{t}) : [p]{t} =
  for i < p ->
    let (_, c) = jet (\\t -> u {passed} (for j < {d} -> x[i, j] + t * v[i, j])) ({zero}, {unit}) in
    c[{order - 1}]
"""
        return f"""
def layer [n, m] (w : [m, n]{t}) (b : [m]{t}) (x : [n]{t}) : [m]{t} = for i < m -> tanh (b[i] + dot w[i] x)
def u {declared} (x : [{d}]{t}) : {t} = dot w {chain}
def value [p] {declared} (x : [p, {d}]{t}) (v : [p, {d}]{t}) : [p]{t} = for i < p -> u {passed} x[i]
{derived}"""


NETWORKS = (Network("small", (10, 32, 32), "f64", 1e-9), Network("wide", (100, 128, 128, 128), "f32", 2e-3))


def run(report: Report) -> None:
    jax = peer(report, "jax")
    catad.grad(catad.compile("def f (x : f64) : f64 = tanh x", entry="f"))(1.0)
    if jax:
        jax.jit(jax.grad(jax.numpy.tanh))(1.0)
    for network in NETWORKS[:1] if report.quick else NETWORKS:
        rng = np.random.default_rng(0)
        weights = network.weights(rng)
        for order in (0, 2, 6) if report.quick else (0, 2, 4, 6, 8):
            for batch in (1, 128):
                points = [rng.standard_normal((batch, network.widths[0])).astype(weights[0].dtype) for _ in range(2)]
                one(report, jax, network, order, batch, weights, points)


def one(report: Report, jax: Any, network: Network, order: int, batch: int, weights: list[Any],
        points: list[Any]) -> None:
    case = f"{network.name} {network.kind}, batch {batch}, " + (f"order {order}" if order else "value")
    entry = "coefficient" if order else "value"
    ours, answer, took = timed(lambda: catad.compile(network.text(order), entry=entry), [*weights, *points])
    sides: dict[str, Callable[[], Any]] = {OURS: lambda: ours(*weights, *points)}
    notes = {"compile, CPU": f"catad {duration(took)}"}
    answers = {OURS: answer}
    for name, make in theirs(jax, order).items() if jax else ():
        args = [jax.numpy.asarray(a) for a in (*weights, *points)]
        f, answers[name], took = timed(lambda make=make: jax.jit(make), args)    # type: ignore[misc]
        sides[name] = waiting(jax, f, *args)
        notes["compile, CPU"] += f", {name} {duration(took)}"
    before = len(report.rows)
    compare(report, case, sides, answers=answers, rtol=network.rtol)
    if len(report.rows) > before:
        report.rows[-1] = replace(report.rows[-1], notes=notes)


def timed(make: Callable[[], Any], args: list[Any]) -> tuple[Any, Any, float]:
    """The function, its first answer, and the CPU time until it was there."""
    start = time.process_time()
    f = make()
    answer = np.asarray(f(*args))
    return f, answer, time.process_time() - start


def theirs(jax: Any, order: int) -> dict[str, Callable[..., Any]]:
    """The value; or nested jvp, and jet, of the network along a line."""
    jnp, factorial = jax.numpy, math.factorial(order)

    def u(weights: tuple[Any, ...], x: Any) -> Any:
        for w, b in zip(weights[:-1:2], weights[1:-1:2], strict=True):
            x = jnp.tanh(x @ w.T + b)
        return x @ weights[-1]

    def nested(*args: Any) -> Any:
        *weights, x, v = args

        def derivative(g: Callable[[Any], Any]) -> Callable[[Any], Any]:
            return lambda t: jax.jvp(g, (t,), (jnp.ones_like(t),))[1]

        f: Callable[[Any], Any] = lambda t: u(tuple(weights), x + t * v)  # noqa: E731
        for _ in range(order):
            f = derivative(f)
        return f(jnp.zeros((), x.dtype)) / factorial

    def jet(*args: Any) -> Any:
        taylor: Any = importlib.import_module("jax.experimental.jet").jet
        *weights, x, v = args
        series = (v, *[jnp.zeros_like(v)] * (order - 1))
        return taylor(lambda x: u(tuple(weights), x), (x,), (series,))[1][order - 1] / factorial
    if not order:
        return {"jax": lambda *args: u(args[:-2], args[-2])}
    return {"nested jvp": nested, "jax jet": jet}


if __name__ == "__main__":
    sys.exit(main("jets", __doc__, run))
