"""Sums at the Python boundary, in text, and from other files."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import numpy as np
import pytest

import catad
from catad.cli import main
from catad.elaborate.decompile import table_to_cad
from catad.net.canonical import equal
from catad.net.text import parse_table, print_table
from catad.pipeline import elaborate, load, prepare
from catad.source import CatadError, Source

TEXT = """
type shape = Circle f64 | Box {w : f64, h : f64} | Poly [3]f64 | Dot
type option a = None | Some a
def area (s : shape) : f64 =
  case s of | Circle r -> r * r | Box b -> b.w * b.h | Poly p -> sum p | Dot -> 0
def swap (s : shape) : shape = case s of | Box b -> Box {w = b.h, h = b.w} | _ -> s
def areas [n] (xs : [n]shape) : [n]f64 = map area xs
def swaps [n, m] (xs : [n, m]shape) : [n, m]shape = map (map swap) xs
def plus [n] (o : option ([n]f64)) (d : [n]f64) : option ([n]f64) = case o of | Some x -> Some (add x d) | None -> None
def tags [n] (o : option ([n]f64)) : i64 = case o of | Some _ -> n | None -> 0
def deep (o : option (option bool)) : option (option bool) = o
"""


@pytest.fixture(scope="module")
def program() -> catad.Program:
    return catad.compile(TEXT)


VALUES = [{"Circle": 2.0}, {"Box": {"w": 3.0, "h": 4.0}}, {"Poly": [1.0, 2.0, 3.0]}, {"Dot": ()}]


def test_values_go_in_and_come_back(program: catad.Program) -> None:
    assert [program.area(v) for v in VALUES] == [4.0, 12.0, 6.0, 0.0]
    assert program.swap(VALUES[1]) == {"Box": {"w": 4.0, "h": 3.0}}
    assert program.swap("Dot") == program.swap({"Dot": []}) == {"Dot": ()}
    for v in ({"None": ()}, {"Some": {"None": ()}}, {"Some": {"Some": True}}):
        assert program.deep(v) == v


def test_arrays_of_sums(program: catad.Program) -> None:
    np.testing.assert_array_equal(program.areas(VALUES), [4, 12, 6, 0])
    out = program.swaps([VALUES, VALUES[::-1]])
    assert out["tag"].tolist() == [[0, 1, 2, 3], [3, 2, 1, 0]]
    assert out["Box"]["w"].tolist() == [[0, 4, 0, 0], [0, 0, 4, 0]]
    again = program.swaps(out)
    np.testing.assert_array_equal(again["Box"]["w"], [[0, 3, 0, 0], [0, 0, 3, 0]])
    np.testing.assert_array_equal(program.areas([]), [])


PHANTOM = """
type ph [n] = Ph f64 | Pn
type square [n] = Square [n * n]f64 | Empty
def f [n] (p : ph [n]) : f64 = case p of | Ph y -> y * f64 n | Pn -> 0
def unread [n] (p : ph [n]) : f64 = case p of | Ph y -> y | Pn -> 0
def g [n] (s : square [n]) : f64 = case s of | Square x -> sum x | Empty -> f64 n
def units [n] (x : [n]()) : i64 = n
def fixed (x : f64) : f64 = f (Ph x : ph [3])
def told [n] (x : [n]f64) (p : ph [n]) : f64 = sum x * f p
"""


@pytest.mark.parametrize("backend", ["llvm", "reference", "exact", "mp:20", "symbolic"])
def test_sizes_that_no_value_tells(backend: str, capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path) -> None:
    """Fails when a size of a declared type counts as a dimension: E0901 on all backends but the native one."""
    m = catad.compile(PHANTOM)
    for name, value in (("f", {"Ph": 1.0}), ("unread", {"Ph": 1.0}), ("g", {"Square": [1.0, 2.0, 3.0, 4.0]}),
                        ("units", [])):
        with pytest.raises(CatadError) as caught:
            m[name].with_backend(backend)(value)
        assert caught.value.code == "E0722" and "its size n is not an argument" in str(caught.value)
    assert float(m.fixed.with_backend(backend)(2.0)) == 6.0
    assert float(m.told.with_backend(backend)([1.0, 2.0], {"Ph": 1.0})) == 6.0
    path = tmp_path / "phantom.cad"
    path.write_text(PHANTOM, encoding="utf-8")
    assert main(["run", str(path), "f", '{"Ph": 1}', "--backend", backend]) == 1
    assert "E0722" in capsys.readouterr().err


@pytest.mark.parametrize("backend", ["llvm", "reference", "exact"])
def test_a_size_of_a_result_is_not_negative(backend: str) -> None:
    m = catad.compile("type t [n] = A [n]f64 | B\ndef f (n : i64) : t [n - 1] = B")
    assert m.f.with_backend(backend)(1) == {"B": ()}
    with pytest.raises(CatadError) as caught:
        m.f.with_backend(backend)(0)
    assert caught.value.code == "E0506"


def test_sizes_of_payloads_that_are_not_there(program: catad.Program) -> None:
    assert program.plus("None", np.ones(3)) == {"None": ()}
    np.testing.assert_array_equal(program.plus({"Some": [1.0, 2.0]}, np.ones(2))["Some"], [2, 3])
    assert program.tags({"Some": [1.0, 2.0]}) == 2
    with pytest.raises(CatadError) as e:
        program.tags("None")
    assert e.value.code == "E0607"


def test_gradients_hold_every_payload(program: catad.Program) -> None:
    g = catad.grad(program.area)(VALUES[1])
    assert (g["Box"], g["Circle"], g["Poly"].tolist()) == ({"w": 4.0, "h": 3.0}, 0.0, [0, 0, 0])


@pytest.mark.parametrize(("bad", "code"), [
    ({"Cirle": 1.0}, "E0608"), (3.0, "E0605"), ({"Circle": "x"}, "E0605"), ({"Dot": 3}, "E0605"), ({}, "E0605"),
    ({"Box": {"w": 1.0}}, "E0608"), ({"Circle": 1.0, "Dot": ()}, "E0605"), ({"Poly": [1.0]}, "E0607")])
def test_what_does_not_fit(program: catad.Program, bad: object, code: str) -> None:
    with pytest.raises(CatadError) as e:
        program.area(bad)
    assert e.value.code == code


@pytest.mark.parametrize("bad", [3.0, [3.0], {"tag": np.array([7])}, {"tag": np.array([0])}])
def test_arrays_that_do_not_fit(program: catad.Program, bad: object) -> None:
    with pytest.raises(CatadError):
        program.areas(bad)


@pytest.mark.parametrize("name", ["area", "swap", "areas", "swaps", "plus", "deep"])
def test_text(name: str) -> None:
    """Nets with sums at their boundary print as programs, and as tables, that mean the same."""
    table = prepare(elaborate(load(Source("a.cad", TEXT))), name)
    text = table_to_cad(table, name)
    again = prepare(elaborate(load(Source("b.cad", text))), name)
    assert again.entries[name].params == table.entries[name].params or "h : f64, w" in text
    assert len(again.nets[name].source) == len(table.nets[name].source)
    back = parse_table(print_table(table))
    assert equal(back.nets[name], table.nets[name]) and print_table(back) == print_table(table)


def test_constructors_of_another_file(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shapes.cad").write_text(TEXT)
    main_file = tmp_path / "main.cad"
    main_file.write_text('import "shapes.cad" as s\n'
                         "def f (r : f64) : f64 = case s.swap (s.Circle r) of | Circle q -> q | _ -> s.area s.Dot\n")
    assert main(["run", str(main_file), "f", "2.5"]) == 0
    assert json.loads(capsys.readouterr().out) == 2.5


def test_command_line(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "shapes.cad"
    file.write_text(TEXT)
    assert main(["run", str(file), "swap", '{"Box": {"w": 1, "h": 2.5}}']) == 0
    assert json.loads(capsys.readouterr().out) == {"Box": {"w": 2.5, "h": 1.0}}
    assert main(["run", str(file), "swap", '{"Dot": []}']) == 0
    assert json.loads(capsys.readouterr().out) == {"Dot": []}


def test_declarations_may_be_nested_as_deep_as_is_allowed() -> None:
    """Under the recursion limit of Python, which only passes of the compiler raise."""
    depth = 98
    value: dict[str, Any] = {"Z": [1.0] * 101}
    lines = ["type p0 [n] = Z [n]f64 | Y", *(f"type p{k + 1} [n] = S{k} (p{k} [n + 1]) | T{k}" for k in range(depth))]
    for k in range(depth):
        value = {f"S{k}": value}
    f = catad.compile("\n".join([*lines, f"def f (x : p{depth} [3]) (y : f64) : f64 = y"])).f
    assert f(value, 2.0) == f(f.convert("x", value), 2.0) == 2.0
    assert f.signature == f"f (x : p{depth} [3]) (y : f64) : f64"
