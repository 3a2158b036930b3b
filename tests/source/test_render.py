"""Diagnostics as text and as data."""

from __future__ import annotations

import json
import re

from catad.source import CatadError, Diagnostic, Label, Source, Span, error
from catad.source.json import to_json
from catad.source.render import render

REGRESS = Source("regress.cad", """\
-- a file


def residual [n, m] (x : [n]f64) (w : [m]f64) : [n]f64 =


  for i < n -> dot x w - y[i]
""")


def at(source: Source, text: str, nth: int = 0) -> Span:
    start = -1
    for _ in range(nth + 1):
        start = source.text.index(text, start + 1)
    return Span(source, start, start + len(text))


def test_the_form() -> None:
    w = Span(REGRESS, at(REGRESS, "(w :").start + 1, at(REGRESS, "(w :").start + 2)
    x = Span(REGRESS, at(REGRESS, "(x :").start + 1, at(REGRESS, "(x :").start + 2)
    d = Diagnostic("E0213", "these two sizes differ", (
        Label(at(REGRESS, "dot x w"), "dot needs two arrays of one size"),
        Label(x, "n entries", False), Label(w, "w has m entries", False)),
        notes=("n and m are both sizes\nof this definition",), help=("declare it  w : [n]f64",))
    assert render(d) == """\
error[E0213]: these two sizes differ
  ┌─ regress.cad:7:16
4 │ def residual [n, m] (x : [n]f64) (w : [m]f64) : [n]f64 =
  │                      - n entries  - w has m entries
7 │   for i < n -> dot x w - y[i]
  │                ^^^^^^^ dot needs two arrays of one size
  = note: n and m are both sizes
          of this definition
  = help: declare it  w : [n]f64"""


def test_remarks_that_do_not_fit_hang() -> None:
    d = Diagnostic("E0213", "t", (Label(at(REGRESS, "dot"), "a long remark"), Label(at(REGRESS, "y[i]"), "y", False),
                                  Label(at(REGRESS, "n ->"), "here", False)))
    assert render(d).split("\n")[2:] == [
        "7 │   for i < n -> dot x w - y[i]",
        "  │           ---- ^^^       ---- y",
        "  │           │    a long remark",
        "  │           here"]


def test_tabs_wide_and_combining_characters() -> None:
    source = Source("w", "\tlet 漢字 e\u0301 = q\n")
    out = render(Diagnostic("E1", "t", (Label(at(source, "q"), "here"),))).split("\n")
    assert out[2] == "1 │     let 漢字 e\u0301 = q"
    assert out[3].index("^") == len("1 │     let ____ e = ")
    assert out[1].endswith("w:1:14")                      # columns count code points


def test_long_lines_are_seen_through_a_window() -> None:
    source = Source("l", "a" * 5000 + " here " + "b" * 5000)
    out = render(Diagnostic("E1", "t", (Label(at(source, "here"), "this"),)), width=80).split("\n")
    assert all(len(line) <= 80 for line in out)
    column = out[3].index("^^^^")
    assert out[2][column:column + 4] == "here" and out[2].startswith("1 │ …a") and out[2].endswith("b…")
    wide = Source("l", "漢" * 3000 + "x" + "漢" * 3000)
    out = render(Diagnostic("E1", "t", (Label(at(wide, "x"), "this"),)), width=60).split("\n")
    shown = out[2].split("│ ")[1]
    before = shown[:shown.index("x")]
    assert sum(2 if c == "漢" else 1 for c in before) == out[3].split("│ ")[1].index("^")


def test_spans_over_lines_at_the_end_and_in_several_files() -> None:
    whole = Span(REGRESS, at(REGRESS, "def").start, len(REGRESS.text))
    other = Source("other.cad", "x")
    out = render(Diagnostic("E1", "t", (Label(Span(other, 0, 1), "and this", False), Label(whole, "all of this"),
                                        Label(Span(other, 1, 1), "end", False))))
    lines = out.split("\n")
    assert lines[1] == "  ┌─ regress.cad:4:1" and "  ┌─ other.cad:1:1" in lines
    assert lines[3].count("^") == len(REGRESS.text.split("\n")[3]) and lines[5].endswith("^ all of this")
    assert render(Diagnostic("E1", "t", (Label(Span(Source("e", ""), 0, 0), "nothing"),))).endswith("^ nothing")
    assert render(Diagnostic("E1", "t", (Label(Span(other, 5, 99), "beyond"),)))


def test_colour_only_when_asked() -> None:
    d = Diagnostic("E1", "t", (Label(at(REGRESS, "dot"), "here"),), help=("h",))
    plain = render(d)
    assert "\x1b" not in plain
    painted = render(d, color=True)
    assert "\x1b[1;31m^^^\x1b[0m" in painted
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == plain


def test_control_characters_do_not_reach_the_terminal() -> None:
    source = Source("c", "a \x1b[31m b\x00\u202e")
    out = render(Diagnostic("E1", "t", (Label(at(source, "b"), "x"),)))
    assert "\x1b" not in out and "\x00" not in out and "\u202e" not in out


def test_crlf() -> None:
    source = Source("c", "def f =\r\n  x\r\n")
    out = render(Diagnostic("E1", "t", (Label(at(source, "x"), "here"), Label(at(source, "="), "eq", False))))
    assert "\r" not in out and out.split("\n")[2] == "1 │ def f ="


def test_json() -> None:
    d = error("E0213", "sizes differ", at(REGRESS, "dot x w"), "here", others=[(at(REGRESS, "def"), "there")],
              notes=["n"], help=["h"]).diagnostics[0]
    data = to_json(d)
    assert json.loads(json.dumps(data)) == data
    assert data == {
        "code": "E0213", "severity": "error", "title": "sizes differ", "message": "sizes differ: here",
        "notes": ["n"], "help": ["h"], "spans": [
            {"file": "regress.cad", "label": "here", "primary": True, "start": {"line": 7, "column": 16, "offset": 86},
             "end": {"line": 7, "column": 23, "offset": 93}},
            {"file": "regress.cad", "label": "there", "primary": False, "start": {"line": 4, "column": 1, "offset": 12},
             "end": {"line": 4, "column": 4, "offset": 15}}]}


def test_an_error_shows_all_its_diagnostics() -> None:
    both = CatadError([Diagnostic("E1", "one"), Diagnostic("E2", "two")])
    assert str(both) == "error[E1]: one\n\nerror[E2]: two"
