"""The formatter: nothing is lost, nothing moves twice."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from catad.source import Source
from catad.syntax import parse, parse_expression, parse_type
from catad.syntax import tree as t
from catad.syntax.format import format_expression, format_file, format_type
from catad.syntax.lexing import lex

ROOT = Path(__file__).resolve().parents[2]
MakeFile = Callable[[int, int], t.File]
Same = Callable[[Any, Any], bool]


@pytest.mark.parametrize("width", [100, 30])
def test_parse_after_format_is_identity(make_file: MakeFile, same_tree: Same, width: int) -> None:
    for seed in range(250):
        file = make_file(seed, 5 + seed % 80)
        text = format_file(file, width=width)
        again = parse(Source("f", text))
        assert same_tree(file.decls, again.decls), text
        once = format_file(again, width=width)
        assert format_file(parse(Source("f", once)), width=width) == once
        assert all(line == line.rstrip() for line in once.split("\n"))


def commented(text: str, r: random.Random) -> str:
    """The text with comments in random places, some on lines of their own."""
    out, last = "", 0
    for token in lex(Source("f", text))[0]:
        out += text[last:token.start]
        last = token.start
        if r.random() < 0.1 and token.kind != "INDEX":
            begin = r.choice(["\n", "\n\n", "\n  ", " ", " "])
            head = token.kind in ("DEF", "TYPE", "IMPORT", "DERIVATIVE", "PRIMITIVE")
            out += f"{begin}-- c{token.start}" + ("\n" if head else r.choice(["\n", "\n\n", "\n    "]))
    return out + text[last:] + r.choice(["", "-- end", "\n-- end\n\n-- of file"])


def test_comments_stay(make_file: MakeFile, same_tree: Same) -> None:
    r = random.Random(0)
    for seed in range(250):
        file = parse(Source("f", commented(format_file(make_file(seed, 5 + seed % 60)), r)))
        text = format_file(file)
        again = parse(Source("f", text))
        assert [c.text for c in file.comments] == [c.text for c in again.comments]
        assert same_tree(file.decls, again.decls), text          # documentation included
        assert format_file(again) == text


def test_comments_keep_their_neighbours() -> None:
    text = """\
-- About f.
def f (x : f64) : f64 =
  let y = x + 1 in  -- beside y
  -- above z
  let z = [
    1.0,  -- first
    -- above the second
    2.0
  ] in
  y  -- last

-- at the end
"""
    out = format_file(parse(Source("f", text)))
    lines = [line.strip() for line in out.split("\n")]
    assert "let y = x + 1 in  -- beside y" in lines and "y  -- last" in lines
    assert lines[lines.index("-- above z") + 1].startswith("let z")
    assert any(line.endswith("1.0,  -- first") for line in lines)
    assert lines[lines.index("-- above the second") + 1].startswith("2.0")
    assert out.endswith("\n\n-- at the end\n") and out.startswith("-- About f.\ndef f")


def test_programs_of_the_repository(same_tree: Same) -> None:
    for path in sorted(ROOT.rglob("*.cad")):
        if {"bad", "errors"} & set(path.parts) or path.name.startswith("bad"):
            continue
        file = parse(Source(path.name, path.read_text(encoding="utf-8")))
        text = format_file(file)
        again = parse(Source(path.name, text))
        assert same_tree(file.decls, again.decls), path
        assert [c.text for c in file.comments] == [c.text for c in again.comments], path
        assert format_file(again) == text, path


@pytest.mark.parametrize("folder", ["catad/stdlib", "examples"])
def test_library_and_examples_are_formatted(folder: str) -> None:
    for path in sorted((ROOT / folder).rglob("*.cad")):
        text = path.read_text(encoding="utf-8")
        assert format_file(parse(Source(path.name, text))) == text, path


def test_an_open_argument_is_indented_from_its_line() -> None:
    text = """\
def residuals [n] (x : [n]f64) : f64 =
  let total = 1 + sum x in
  let largest =
    maximum (for i < n ->
      let difference = x[i] - some_model_of_the_world_outside i in
      abs difference)
  in
  total + largest
"""
    assert format_file(parse(Source("f", text))) == text


def test_the_look() -> None:
    text = """\
import "stats.cad" as stats

-- The log of a sum of exponentials.
def logsumexp [n] (x : [n]f64) : f64 =
  let m = maximum x in
  m + log (sum (for i < n -> exp (x[i] - m)))

def rosenbrock (x : f64, y : f64) : f64 = (1 - x)^2 + 100 * (y - x^2)^2

def descend (steps : i64) (p : (f64, f64)) : (f64, f64) =
  loop q = p for k < steps do
    let g = grad rosenbrock q in
    (q.0 - 1e-3 * g.0, q.1 - 1e-3 * g.1)

type shape = Circle f64 | Box {w : f64, h : f64}

def area (s : shape) : f64 =
  case s of
  | Circle r -> pi * r^2
  | Box b -> b.w * b.h

def grade (x : f64) : i64 =
  if x > 0.9 && x < 1.5 then
    1
  else if x > 0.7 || x < -0.2 || x == -0.1 + some_other_constant_of_the_library then
    2
  else
    3

def twice f = \\x -> f (f x)

derivative f (x) = y : y' = y * x'
derivative g (x) = y : y' = -x'
"""
    assert format_file(parse(Source("f", text))) == text
    squeezed = " ".join(text.split("\n-- ")[0].split())
    assert parse(Source("f", squeezed))


def test_expressions_and_types() -> None:
    assert format_expression(parse_expression(Source("e", "f(x)  [1,2]+a[ i ,.. ]"))) == "f (x) [1, 2] + a[i, ..]"
    assert format_expression(parse_expression(Source("e", "- -x - -(1)"))) == "- -x - -(1)"
    assert format_type(parse_type(Source("e", "[n,2 * n]f64->( a )'"))) == "[n, 2 * n]f64 -> (a)'"


@pytest.mark.parametrize("text", [
    "let x = 1 in " * 5000 + "x", "if a then b else " * 5000 + "c", "1 + " * 5000 + "1", "f" + " x" * 5000,
    "x" + ".0" * 5000, "-" + "!" * 5000 + "x", "f << " * 5000 + "x",
])
def test_long_chains(text: str, same_tree: Same) -> None:
    e = parse_expression(Source("e", text))
    assert same_tree(e, parse_expression(Source("e", format_expression(e))))
