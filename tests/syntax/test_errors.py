"""What is said about broken programs: the code, the place, and a word that must be in the text."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from catad.source import CatadError, Source
from catad.source.codes import codes
from catad.source.json import to_json
from catad.source.render import render
from catad.syntax import parse, parse_expression, parse_type

ROOT = Path(__file__).resolve().parents[2]


def fail(text: str) -> CatadError:
    with pytest.raises(CatadError) as caught:
        parse(Source("f.cad", text))
    assert all(d.code in codes() for d in caught.value.diagnostics)
    return caught.value


@pytest.mark.parametrize(("text", "code", "word"), [
    ("def f x = let y = 1\n  let z = 2 in y", "E0105", "this `let` needs `in`"),
    ("def f x = let y = 1\n  y + 1\ndef g = 2", "E0105", "expected `in`, but the declaration ends here"),
    ("def f x = let x = 1\n  y = 2 in x", "E0105", "each binding has its own let"),
    ("def f x = if x = 0 then 1 else 2", "E0105", "equality is  =="),
    ("def f x = if x then 1", "E0105", "expected `else`"),
    ("def f x = case x of | m.Some y -> y | None -> 0", "E0105", "stand by themselves:  Some"),
    ("def f x = case x of | Node (m.Leaf y, r) -> y | _ -> 0", "E0105", "stand by themselves:  Leaf"),
    ("def f x = if a then b elif c then d else e", "E0105", "else if"),
    ("def f x = sin (x + 1", "E0103", "`(` is never closed"),
    ("def f x = sin (x + 1\ndef g = 1", "E0103", "f.cad:1:15"),
    ("def f x = sin (x + 1]", "E0103", "`(` is closed by `]`"),
    ("def f x = x)", "E0103", "`)` closes nothing"),
    ("def f xs = map (fn x => x + 1) xs", "E0105", "->"),
    ("def f xs = map (lambda x: x + 1) xs", "E0105", r"a function is written  \x -> e"),
    ("def f xs = map \\x -> x", "E0105", "parentheses"),
    ("def f xs = sum for i < n -> i", "E0105", "parentheses"),
    ("def f x = x & 1", "E0101", "a && b"), ("def f x = x % 2", "E0101", "mod"), ("def f x = x ** 2", "E0105", "x ^ y"),
    ("def f x = 1 # hi", "E0101", "--"), ("def f x = [1; 2]", "E0101", "commas"), ("def é = 1", "E0101", "A-Z"),
    ("def f x = a | b", "E0105", "a || b"), ("def f x = a // b", "E0105", "div"), ("def f x = a /= b", "E0105", "!="),
    ("def f x = a [i..j]", "E0105", "touches"), ("def f x = a[i:j]", "E0105", "a[i..j]"),
    ("def f x = for i in xs -> x", "E0105", "for i < n -> e"), ("def f x = for i < n do x", "E0105", "array"),
    ("def f x = loop a = 1 for i < n -> x", "E0105", "after do"), ("def in = 3", "E0105", "cannot be a name"),
    ("def f x = case s of A -> 1", "E0105", "begins with  |"), ("def f x = 2x", "E0102", "2 * x"),
    ("def f x = 1. + 2", "E0101", "1.0"), ("def f x = .5", "E0105", "0.5"), ("def f x = a < b < c", "E0105", "chain"),
    ("def f x = f << g >> h", "E0105", "parentheses"), ("x = 3", "E0107", "def x"), ("let x = 3", "E0107", "def"),
    ("def f x = let rec g = 1 in 2", "E0105", "def rec"), ("def f x = {x : 1}", "E0105", "{x = 1"),
    ("type t = A f64 f64", "E0106", "A (f64, f64)"), ("derivative f (x) = y : z' = 1", "E0106", "y'"),
    ('def f x = "abc"', "E0105", "strings"), ('import "foo', "E0101", "string"), ("import foo", "E0105", "quotes"),
    ("def f x = x\n  where x = 2", "E0105", "where"), ("def f(x):\n  return x + 1", "E0105", "def f (x : f64)"),
    ("def", "E0105", "expected a name"), ("def f x =", "E0105", "expected an expression, but the text ends here"),
    ("def f : = 1", "E0105", "expected a type"), ("def f = a with [1] 3", "E0105", "expected `=`"),
    ("def f x = let f (x, y) = 1 in let (a, b) x = 2 in f", "E0106", "name"),
    ("def f x = x \u2212 1", "E0101", "minus"), ("def f x = x > 0 and x < 1", "E0105", "a && b"),
    ("def f x =\n  y = 2\n  y", "E0105", "let y = e in"), ("def f (x : f64[3][2]) = x", "E0105", "[3, 2]f64"),
    ("def f (x : f64) -> f64 = x", "E0105", "after a colon"), ("def f x = sum i < n -> x", "E0105", "(for i < n -> e)"),
    ("def f (x : f64[]) = x", "E0105", "[n]f64"),
    ("type t = A | B [3]", "E0106", "B [3]f64"), ("type t = A | B u [3]", "E0106", "B (u [3])"),
    ("import stats", "E0105", 'import "std/stats.cad" as stats'),
])
def test_usual_slips(text: str, code: str, word: str) -> None:
    error = fail(text)
    assert error.code == code
    assert word in str(error)


def test_the_place_is_where_the_reader_should_look() -> None:
    (d,) = fail("def f (x : f64) =\n  sin (x + [1, 2)\n").diagnostics
    assert [label.span.text for label in d.labels] == [")", "["]
    (d,) = fail("def f = (1,\n  2\n\ndef g = 1").diagnostics
    assert [label.span.text for label in d.labels] == ["("]


def test_several_errors_are_reported_at_once() -> None:
    error = fail("def a = )\ndef b = 2x + 3y\ndef c = if\n")
    assert [d.code for d in error.diagnostics] == ["E0103", "E0102", "E0102", "E0105"]
    assert str(error).count("error[") == 4


def harmless(text: str) -> None:
    """Whatever the text, reading it ends in a tree or in a CatadError that can be shown."""
    for read in (parse, parse_expression, parse_type):
        try:
            read(Source("f", text))
        except CatadError as e:
            for d in e.diagnostics:
                assert d.code in codes() and render(d, width=60) and to_json(d)["spans"]


def test_random_bytes() -> None:
    r = random.Random(1)
    for _ in range(150):
        harmless(bytes(r.randrange(256) for _ in range(r.randrange(60))).decode("latin-1"))
    for text in ("", " ", "\ufeff", "\0", "\ud800", "def f = \x1b[31m", "-", "--", '"', "\r", "\x0b", "\u2028def"):
        harmless(text)


WORDS = """def f = let in if then else case of | -> \\ x ( ) [ ] { } , : . .. 1 2.5 + - * ^ |> << with for < n loop
while do accumulate type A ' import "a" as derivative true assert trace div = == ! && a[ .0 .x"""


def test_random_words() -> None:
    words = WORDS.split()
    r = random.Random(2)
    for _ in range(400):
        harmless(" ".join(r.choice(words) for _ in range(r.randrange(14))))


def test_truncated_and_damaged_programs() -> None:
    text = (ROOT / "catad" / "ops" / "scalar.cad").read_text(encoding="utf-8")[-900:] + """
def logsumexp [n] (x : [n]f64) : f64 =
  let m = maximum x in
  m + log (sum (for i < n -> exp (x[i] - m)))
type shape = Circle f64 | Box {w : f64, h : f64}
def area (s : shape) = case s of | Circle r -> pi * r^2 | Box b -> loop x = b.w while x < b.h do x with [1] = 2
"""
    r = random.Random(3)
    for _ in range(120):
        cut, at = r.randrange(len(text)), r.randrange(len(text))
        harmless(text[:cut])
        harmless(text[:at] + r.choice(["", "(", ")", " in ", "=", "'", "\0", "def "]) + text[at + r.randrange(4):])
