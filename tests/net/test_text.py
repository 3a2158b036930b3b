"""The text form reads back, wire by wire."""

from __future__ import annotations

import pathlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catad.net.build import Builder
from catad.net.canonical import equal
from catad.net.net import Call, Entry, Net, Table
from catad.net.text import parse_net, parse_table, parse_type, print_net, print_table, print_type
from catad.pipeline import elaborate, load, prepare
from catad.source import Source
from catad.types.size import Size
from catad.types.type import (
    BOOL,
    F64,
    I64,
    UNIT,
    Array,
    Data,
    Fun,
    Prod,
    Record,
    Series,
    Tangent,
    Type,
    TypeVar,
    holds_function,
)

from .generate import nets


def same(a: Net, b: Net) -> bool:
    """Identical data, spans apart."""
    return (a.wires, a.inputs, a.outputs, a.sizes) == (b.wires, b.inputs, b.outputs, b.sizes) and len(
        a.boxes) == len(b.boxes) and all(
        (x.op, x.sources, x.targets, x.reason) == (y.op, y.sources, y.targets, y.reason)
        and len(x.bubbles) == len(y.bubbles) and all(map(same, x.bubbles, y.bubbles))
        for x, y in zip(a.boxes, b.boxes, strict=True))


@settings(max_examples=200, deadline=None)
@given(nets())
def test_nets_read_back(net: Net) -> None:
    back = parse_net(print_net(net))
    assert same(net, back) and equal(net, back)


SIZES = st.recursive(
    st.one_of(st.integers(-3, 9).map(Size.of), st.sampled_from(["n", "m'", "$0", "odd name", "down"]).map(Size.var)),
    lambda s: st.one_of(st.tuples(s, s).map(lambda p: p[0] + p[1]), st.tuples(s, s).map(lambda p: p[0] * p[1]),
                        s.map(lambda x: x * (x - 1) / 2)), max_leaves=4)
TYPES: st.SearchStrategy[Type] = st.recursive(
    st.sampled_from([F64, I64, BOOL, UNIT, TypeVar("a"), Data("shape"), Data("f64")]),
    lambda t: st.one_of(
        st.tuples(SIZES, t).map(lambda p: Array(*p)), st.tuples(t, t).map(lambda p: Fun(*p)),
        st.lists(t, max_size=3).map(lambda p: Prod(tuple(p))), t.map(lambda p: Series(3, p)), t.map(Tangent),
        st.lists(t, max_size=2).map(lambda p: Data("tree", tuple(p))),
        t.map(lambda p: Record((("x", p), ("series", F64))))), max_leaves=6)


@settings(max_examples=200, deadline=None)
@given(TYPES)
def test_types_read_back(t: Type) -> None:
    assert parse_type(print_type(t)) == t


@given(st.floats(), st.sampled_from(["f64", "f32"]))
def test_floats_read_back_exactly(x: float, name: str) -> None:
    b = Builder()
    net = b.net(b.const(x, parse_type(name)))                                # type: ignore[arg-type]
    assert parse_net(print_net(net)).boxes[0].op == net.boxes[0].op


def test_tables_read_back() -> None:
    b = Builder()
    b.sizes = ["n"]
    a = b.input(Array(Size.var("n"), F64))
    f = b.net(b.box(Call("grad g", (("n", Size.var("n") + 1),)), [a], [F64])[0])
    table = Table({"f": f, "grad g": f}, {"f": Entry((("x", Array(Size.var("n"), F64)),), F64, ("n",), 'said "so"\nλ')})
    back = parse_table(print_table(table))
    assert print_table(back) == print_table(table)
    assert back.entries["f"].doc == table.entries["f"].doc and same(back.nets["grad g"], f)


def test_the_form_is_as_documented() -> None:
    body = Builder()
    x, y, i = body.input(Array(Size.var("n"), F64)), body.input(F64), body.input(I64)
    inner = body.net(body.prim("mul", body.prim("index", x, i), y))
    b = Builder()
    b.sizes = ["n"]
    a, _ = b.input(Array(Size.var("n"), F64)), b.input(F64)
    net = b.net(*b.loop(Size.var("n"), inner, [a, b.const(1.0)]))
    assert print_net(net) == """\
net f [n] (x0 : [n]f64, x1 : f64) -> (x3) {
  x2 : f64 = const 1.0
  x3 : [n]f64 = loop n (x0, x2 | ) {
    (x0 : [n]f64, x1 : f64, x2 : i64) -> (x4)
    x3 : f64 = index x0 x2
    x4 : f64 = mul x3 x1
  }
}
"""


@pytest.mark.parametrize(("text", "line"), [
    ("net f () -> () {\n x0 : f64 = ; }", 2), ("net f (x0 : f64) -> (x0)", 1), ("net f () -> () {\n\n 3 }", 3),
    ("net f () -> () { x1 : f64 = const 1.0 }", 1),
])
def test_errors_name_the_line(text: str, line: int) -> None:
    with pytest.raises(ValueError, match=f"line {line}"):
        parse_net(text)


def interface(e: Entry) -> tuple[object, ...]:
    return e.params, e.result, e.sizes, e.doc


GOLDEN = sorted((pathlib.Path(__file__).parent.parent / "golden").glob("*.cad"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda p: p.stem)
def test_programs_read_back(path: pathlib.Path) -> None:
    """Whole programs, with trees, functions and declared derivatives, as elaborated and as made first-order."""
    table = elaborate(load(Source(str(path), path.read_text(encoding="utf-8"))))
    plain = [x for x, e in table.entries.items() if not any(map(holds_function, (e.result, *(t for _, t in e.params))))]
    for t in (table, *(prepare(table, x) for x in plain[:2])):
        back = parse_table(print_table(t))
        assert list(map(interface, back.entries.values())) == list(map(interface, t.entries.values()))
        assert list(back.entries) == list(t.entries)
        assert dict(back.rules) == dict(t.rules)
        assert list(back.nets) == list(t.nets) and all(same(back.nets[x], t.nets[x]) for x in t.nets)
