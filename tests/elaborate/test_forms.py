"""Forms of the language as nets: text that reads back as a program, text that reads back as a net, a picture."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from catad.backends.reference import run

from catad.draw import draw
from catad.elaborate.decompile import table_to_cad
from catad.net.canonical import equal
from catad.net.text import parse_net, print_net
from catad.pipeline import derive, elaborate, load, prepare
from catad.source import Source

PROGRAMS = [
    "def f [n] (x : [n]f64) : f64 = (loop (y, k) = (x[0], 0) while y < 9 do (y * (1 + x[k mod n]), k + 1)).0",
    "def f [n] (x : [n]f64) : f64 = sum (loop a = x while a[0] < 5 do a with [0] = a[0] * a[1] + 2)",
    "def f [n] (x : [n]f64) : f64 = sum (for i < n -> loop z = x[i] while z < x[0] + 1 do (let t = z + 1 in t * t))",
    "def f [n] (x : [n]f64) : f64 = assert (x[0] > 0) (x[0] * x[1]) + trace x[1] + (assert (n > 1) x)[1]",
    "def f [n] (x : [n]f64) : f64 = let (a, b) = trace (x[0] * 2, sin x[1]) in a * b + a",
]


@pytest.mark.parametrize("kind", ["", "jvp", "grad"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_form(program: str, kind: str) -> None:
    table, name = elaborate(load(Source("f.cad", program))), "f"
    if kind:
        table, name = derive(table, name, kind)
    table = prepare(table, name)
    net, x = table.nets[name], np.array([1.1, 0.7, 0.3])
    args = [x, np.ones(3)] if kind == "jvp" else [x]
    again = prepare(elaborate(load(Source("g.cad", table_to_cad(table, name, "g")))), "g")
    for a, b in zip(run(table, name, args), run(again, "g", args), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)
    assert equal(parse_net(print_net(net)), net) and print_net(parse_net(print_net(net))) == print_net(net)
    for depth in (None, 0):
        ET.fromstring(draw(net, depth=depth))


def test_trace_shows_the_value_once_and_where(capsys: pytest.CaptureFixture[str]) -> None:
    table = prepare(elaborate(load(Source("f.cad", "def f (x : f64) : f64 = 1 + trace (x * x)"))), "f")
    assert run(table, "f", [3.0]) == (10.0,)
    assert capsys.readouterr().err == "f.cad:1:36: x * x = 9.0\n"
