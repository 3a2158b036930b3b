"""A few polynomial programs, each with one structure where derivatives go wrong, as maps [3]f64 → …

They complement random nets: every fault of structure that we know of shows in one of them at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from catad.proofs.maps import Map

from catad import pipeline
from catad.net.net import Net
from catad.source import Source

__all__ = ["TEXTS", "corpus"]

TEXTS: Mapping[str, str] = MappingProxyType({
    "sharing": "let a = x[0] * x[1] in let b = a * a + a in b * a - x[2] * b",
    "product of parts": "(x[0] - x[1]) * (x[1] - x[2]) * (x[2] + 2.0 * x[0])",
    "integer power": "x[0]^3 - x[1]^2 * x[2]^0",
    "state": "loop s = x[0] for i < 3 do s * x[i] + x[(i + 1) mod 3]",
    "two states": "let (a, b) = loop (a, b) = (x[0], x[1]) for i < 3 do (b, a * x[i] - b) in a * b",
    "state in place": "let y = loop y = x for i < 3 do y with [i] = y[i] * y[(i + 2) mod 3] + x[i] in y[0] * y[2]",
    "sum of products": "sum (for i < 3 -> sum (for j < 3 -> x[i] * x[j]^2))",
    "sum in a loop": "loop s = x[1] for k < 2 do s * sum (for i < 3 -> x[i] * s)",
    "gather": "sum (for i < 4 -> x[i * i mod 3] * x[i mod 2])",
    "scatter": "let y = accumulate x for i < 4 do (i mod 3, x[(i + 1) mod 3]^2) in y[0] * y[1] + y[2]",
    "update": "let y = x with [1] = x[0] * x[2] in y[0] * y[1] + y[2] * x[1]",
    "branch in a loop": "sum (for i < 3 -> if i mod 2 == 0 then x[i]^2 else 3.0 * x[i] * x[0])",
    "constant branch": "sum (for i < 3 -> if i == 1 then 2.0 else x[i] * x[i])",
    "scan": "let y = scan (\\s a -> s * a + 1.0) x[2] x in y[0] * y[1] * y[2]",
    "product": "product x + x[0]",
    "slice": "let y = x[1..3] in y[0] * y[1]^2",
    "closure": "let f = \\a b -> a * b + x[0] in let g = f x[1] in g (g x[2])",
    "derivative inside": "(grad (\\v -> v[0]^2 * v[1] * x[2]) x)[1] * x[0]",
    "constants": "x[0] * 2.0 + 5.0 * (if true then 3.0 else x[1]) - x[2] * (1.0 - x[0])",
})


@cache
def corpus() -> Mapping[str, tuple[Map, Mapping[str, Net]]]:
    """Each program as a map, and the nets that it calls."""
    out: dict[str, tuple[Map, Mapping[str, Net]]] = {}
    for name, body in TEXTS.items():
        table = pipeline.elaborate(pipeline.load(Source(f"<{name}>", f"def f (x : [3]f64) : f64 = {body}\n")))
        nets = pipeline.normalised(table, "f", tidy=False)
        out[name] = (Map(nets["f"]), nets)
    return MappingProxyType(out)
