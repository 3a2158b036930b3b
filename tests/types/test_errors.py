"""Each code of E02xx and E03xx: a program that gets it, where it points, and what it says."""

from __future__ import annotations

import pytest

from catad.source import CatadError, Diagnostic, Source
from catad.source.codes import codes
from catad.syntax import parse
from catad.types.check import check


def errors(text: str) -> tuple[Diagnostic, ...]:
    files = {"round.cad": 'import "test.cad" as t', "one.cad": "def k = 1", "two.cad": "def k = 2",
             "shapes.cad": "type layer [n] = [n]f64\ntype opt a = None | Some a\ndef tot [n] (x : [n]f64) = sum x"}

    def load(path: str, importing: Source) -> Source:
        if path == "test.cad":
            return source
        if path not in files:
            raise FileNotFoundError(2, "No such file", path)
        return Source(path, files[path])

    source = Source("test.cad", text)
    with pytest.raises(CatadError) as e:
        check(parse(source), load=load)
    return e.value.diagnostics


CASES = [
    ("E0201", "def f (x : f64) = sine x", "sine"),
    ("E0202", "def f (x : f64) : i64 = x", "x"),
    ("E0203", "def f (x : Foo) = x", "Foo"),
    ("E0203", "def f (x : float) = x", "float"),
    ("E0204", "def f (x : f64) = x 1", "x"),
    ("E0204", "def f (x : f64) = sin x x", "sin x"),
    ("E0205", "def f (x : [3]f64) = x * 2", "x"),
    ("E0206", "def f (n : i64) = n / 2", "n"),
    ("E0206", "def f (x : f64) = x + true", "true"),
    ("E0207", "def f (x : f64) = g x\ndef g (x : f64) = f x", "f"),
    ("E0207", "type t = (t, f64)\ndef f (x : t) = 1", "t"),
    ("E0208", "def f (x : f64) = f x", "f"),
    ("E0208", "def rec f (x : f64) = x", "f"),
    ("E0208", "def rec f (n : i64) : i64 = if n > 0 then f (n - 1) else 0", "f"),
    *(("E0208", f"type list = Nil | Cons (f64, list)\n{text}", span) for text, span in (
        ("def rec f (t : list) : f64 = case t of | Nil -> 0 | Cons (x, r) -> f t", "t"),
        ("def rec f (t : list) : f64 = case t of | Nil -> 0 | Cons (x, r) -> f (Cons (x, r))", "Cons (x, r)"),
        ("def rec f (k : f64) (t : list) : f64 = case t of | Nil -> 0 | Cons (x, r) -> f (f k r) r", "f k r"),
        ("def rec f (k : f64) (t : list) : f64 = case t of | Nil -> 0 | Cons (x, r) -> f 1 r + f 2 r", "f 2 r"),
        ("def rec f (n : i64) (t : list) : [n]f64 = case t of | Nil -> iota_ n | Cons (x, r) -> f (n + 1) r\n"
         "def iota_ (n : i64) : [n]f64 = for i < n -> 0", "n + 1"),
        ("def rec f (g : f64 -> f64) (t : list) : f64 = case t of | Nil -> g 0 | Cons (x, r) -> f (\\y -> g x) r",
         "\\y -> g x"),
        ("def rec f (t : list) : f64 = case t of | Nil -> 0 | Cons (x, r) -> apply f r\n"
         "def apply (g : list -> f64) (t : list) : f64 = g t", "f"),
        ("def rec f (t : list) : list = case t of | Nil -> Nil | Cons (x, r) -> Cons (x, Cons (x, f r))",
         "Cons (x, f r)"),
        ("def rec f (t : list) : list = case t of | Nil -> Nil | Cons (x, r) -> case f r of | Nil -> r | _ -> r", "f"),
        ("def rec f (t : list) : (list, f64) = case t of | Nil -> (Nil, 0) | Cons (x, r) -> f r", "(list, f64)"),
        ("def rec f (t : list) : f64 -> f64 = case t of | Nil -> sin | Cons (x, r) -> f r", "f64 -> f64"))),
    ("E0209", "def f = 1\ndef f = 2", "f"),
    ("E0209", "def f (x : f64) (x : f64) = x", "x : f64"),
    ("E0209", "def f (p : (f64, f64)) = let (x, x) = p in x", "x"),
    ("E0210", "def f p = p.0", "p"),
    ("E0210", "def f p = p.x", "p"),
    ("E0211", "def f (p : (f64, f64)) = p.2", "p.2"),
    ("E0211", "def f (p : {wide : f64}) = p.wyde", "p.wyde"),
    ("E0212", "def f g = g g", "g"),
    ("E0214", "def f (g : (f64 -> f64)') = 1", "(f64 -> f64)'"),
    ("E0215", 'import "nope.cad" as n\ndef f = n.g 1', '"nope.cad"'),
    ("E0215", 'import "nope.cad" as n\ndef f (x : n.t) : n.t f64 = x', '"nope.cad"'),
    ("E0203", 'import "one.cad" as o\ndef f (x : o.t) = x', "o.t"),
    ("E0203", 'def f (x : o.t) = x', "o.t"),
    ("E0216", 'import "round.cad" as r', '"test.cad"'),
    ("E0218", 'import "one.cad"\nimport "two.cad"\ndef f = k', "k"),
    ("E0203", "type t a = A b", "b"),
    ("E0206", "type t a = A a | B\ndef f (x : f64) = (vjp (\\y -> A sin) x).0", "A sin"),
    ("E0206", "type t = A (f64 -> f64)\ndef g (x : t) = 1.0\ndef f (x : t) = grad g x", "g"),
    ("E0209", "type t = A f64\ntype u = A i64", "A"),
    ("E0228", "type t = Leaf | Node [2]t", "[2]t"),
    ("E0228", "type o a = N | S a\ntype t = Leaf | Node (o t)", "o t"),
    ("E0228", "type t = Leaf | Node (f64 -> t)", "(f64 -> t)"),
    ("E0228", "type t a = Leaf a | Node (t (a, a))", "t (a, a)"),
    ("E0228", "type t = A u | B\ntype u = C t | D", "u"),
    ("E0228", "type t = Node (t, t)", "t"),
    ("E0228", "type t = Leaf f64 | Node (t, t')", "t'"),
    ("E0220", "type t = A (t, f64 -> f64) | B", "t"),
    ("E0206", "type t a = A (t a, a) | B\ndef f (x : t (f64 -> f64)) = 1", "t (f64 -> f64)"),
    ("E0202", "def f (x : f64) = assert x x", "x"),
    ("E0201", "derivative f (x) = y : y' = x'", "f"),
    ("E0209", "def f (x : f64) = x\nderivative f (x) = y : y' = x'\nderivative f (z) = y : y' = z'", "f"),
    ("E0202", "def f (x : f64) : f64 = x\nderivative f (x) = y : y' = (x', y)", "(x', y)"),
    ("E0227", "def f (x : f64) : f64 = x\nderivative f (x, z) = y : y' = x'", "derivative f (x, z) = y : y' = x'"),
    ("E0227", "def f (g : f64 -> f64) : f64 = g 1\nderivative f (g) = y : y' = y", "f"),
    ("E0229", "type p0 = A f64\n" + "".join(f"type p{k + 1} = P{k} (p{k}, p{k})\n" for k in range(12)), "p12"),
    ("E0229", "type p0 = A f64\n" + "".join(f"type p{k + 1} = P{k} p{k}\n" for k in range(400)), "p100"),
    ("E0229", "type d a = D (a, a)\ndef f (x : " + "d (" * 20 + "f64" + ")" * 20 + ") = 1", None),
    ("E0224", "def f (x : f64) = case x of | _ -> 1", "x"),
    ("E0224", "type t = Aa f64 | B\ndef f (x : t) = case x of | Ab y -> y | B -> 1", "| Ab y -> y"),
    ("E0224", "type t = A f64 | B\ndef f (x : t) = case x of | A -> 1 | B -> 2", "| A -> 1"),
    ("E0224", "type t = A f64 | B\ndef f (x : t) = case x of | A y -> 1 | B z -> 2", "z"),
    ("E0225", "type t = A f64 | B\ndef f (x : t) = case x of | B -> 1 | _ -> 2 | A y -> 3", "| A y -> 3"),
    ("E0225", "type t = A f64 | B\ndef f (x : t) = case x of | B -> 1 | B -> 2 | A y -> 3", "| B -> 2"),
    ("E0225", "type t = A f64 | B\ndef f (x : t) = case x of | B -> 1 | A y -> 3 | _ -> 2", "| _ -> 2"),
    ("E0226", "type t = A f64 | B\ndef f (x : t) = case x of | A y -> y", "case x of | A y -> y"),
    ("E0210", "def f x = case x of | _ -> 1", "x"),
    ("E0206", "type t = A f64 | B\ndef f (x : t) = add x x", "x"),
    ("E0221", "def f : i64 = 9223372036854775808", "9223372036854775808"),
    ("E0222", "def f [k] (x : f64) (c : [k]f64) = jet sin (x, c)", "jet sin (x, c)"),
    ("E0223", "def f (x : [3]f64) = x[0, 1]", "x"),
    ("E0301", "def f (x : [3]f64) (y : [4]f64) = dot x y", "y"),
    ("E0301", "def f [n] (x : [n]f64) (y : [n + 1]f64) = dot x y", "y"),
    ("E0302", "def f (x : [k]f64) = sum x", "k"),
    ("E0303", "def f (n : i64) = for i < n -> for j < i -> 1.0", "for j < i -> 1.0"),
    ("E0303", "def f (c : bool) (x : [3]f64) = if c then (for i < i64 x[0] -> 1.0) else x", "for i < i64 x[0] -> 1.0"),
    ("E0304", "def f = sum (zero)", None),
    ("E0305", "def f [n] (x : f64) : [n]f64 = for i < n -> x", "f"),
    ("E0306", "def f (x : f64) (y : [x]f64) = 1", "x"),
    ("E0307", "def f = iota (-3)", "-3"),
    ("E0308", "def f (x : f64) = for i < i64 x -> i\ndef g = f 1.0", "f"),
]


@pytest.mark.parametrize(("code", "text", "at"), CASES)
def test_code(code: str, text: str, at: str | None) -> None:
    (d,) = errors(text)
    assert d.code == code
    assert at is None or d.labels[0].span.text == at
    assert d.code in codes()


def test_every_code_of_these_rooms_has_a_case() -> None:
    mine = {c for c in codes() if c.startswith(("E02", "E03"))}
    assert mine == {code for code, _, _ in CASES}


def test_several_errors_one_for_each_definition() -> None:
    found = errors("def f (x : f64) = x + true\ndef g (x : f64) = y\ndef h (x : f64) : f64 = x\ndef k = h true")
    assert [d.code for d in found] == ["E0206", "E0201", "E0202"]


def test_no_cascade_from_a_definition_that_failed() -> None:
    found = errors("def f x = wrong\ndef g (x : f64) : f64 = (f true).3 + sum (f x)")
    assert [d.code for d in found] == ["E0201"]


def test_a_declared_type_stands_though_the_body_fails() -> None:
    found = errors("def f (x : f64) : f64 = wrong\ndef g = f true")
    assert [d.code for d in found] == ["E0201", "E0202"]


def test_did_you_mean() -> None:
    assert "`logsumexp`" in errors("def f [n] (x : [n]f64) = logsumexpp x")[0].help[0]
    assert "`wide`" in errors("def f (p : {wide : f64}) = p.wyde")[0].help[0]
    assert "`f64`" in errors("def f (x : double) = x")[0].help[0]


def test_both_types_are_explained() -> None:
    (d,) = errors("def f (c : bool) (x : f64) (n : i64) = if c then x else n")
    assert [(label.span.text, label.text) for label in d.labels] == [
        ("n", "this is `i64`, not `f64`"), ("x", "the other branch is `f64`")]
    assert d.help == ("there is no implicit conversion: write `f64 n`",)


@pytest.mark.parametrize(("text", "word"), [
    ("def f (n : i64) (x : f64) = n * x", "`f64 n`"), ("def f (n : i64) (x : f64) = x + (n * 2)", "`f64 (n * 2)`"),
    ("def f [k] (x : [k]f64) (u : f64) = x[u]", "`i64 u`, which truncates"),
    ("def f (x : f64) = sin -x", "`sin (-x)`"), ("def f (x : f64) = sni x", "`sin`"),
    ("def f (x : bool) = x and true", "`a && b`"), ("def f (x : bool) = not x", "`!a`"),
    ("def f (x : f64) = ln x", "`log`"), ("def g (x : f64, y : f64) = x def f (x : f64) = g x 1.0", "is a tuple"),
])
def test_the_way_out_is_named(text: str, word: str) -> None:
    (d,) = errors(text)
    assert word in d.help[0]


def test_sizes_are_explained_where_they_were_found() -> None:
    (d,) = errors("def f (x : [3]f64) (y : [4]f64) = dot x y")
    assert ("x", "here it is 3") in [(label.span.text, label.text) for label in d.labels]


LAYER = "type layer [m, n] = {b : [m]f64, w : [m, n]f64}\ntype opt a = None | Some a\ntype g a [n] = [n]a\n"


@pytest.mark.parametrize(("written", "at", "word"), [
    ("layr [n, n]", "layr [n, n]", "did you mean `layer`?"), ("float [n]", "float [n]", "`[n]f64`"),
    ("a [n]", "a [n]", "`[n]a`"), ("f64 [n]", "f64 [n]", "`[n]f64`"), ("f65 [n]", "f65 [n]", "`[n]f64`"),
    ("g [n] f64", "[n] f64", "types first: `g f64 [n]`"), ("g [n]f64", "[n]f64", "types first: `g f64 [n]`"),
    ("opt layer [2, 3]", "opt layer [2, 3]", "`opt (layer [2, 3])`"), ("opt opt f64", "opt opt f64", "`opt (opt f64)`"),
    ("g opt f64 [2]", "g opt f64 [2]", "`g (opt f64) [2]`"),
    ("g layer [2, 3]", "g layer [2, 3]", "it is written"), ("opt f64 [3]", "opt f64 [3]", "it is written `opt a`"),
])
def test_types_that_are_written_wrongly(written: str, at: str, word: str) -> None:
    (d,) = errors(f"{LAYER}def f [n] (x : {written}) : f64 = 1")
    assert d.code == "E0203" and d.labels[0].span.text == at
    assert word in d.help[0]


def test_names_of_imported_files_are_suggested() -> None:
    start = 'import "shapes.cad" as m\n'
    for text, name in (("def f (x : layer [2]) = 1", "m.layer"), ("def f (x : b.layer [2]) = 1", "m.layer"),
                       ("def f (x : opt f64) = 1", "m.opt"), ("def f (x : f64) = Some x", "m.Some"),
                       ("def f (x : f64) = m.Som x", "Some"), ("def f (x : [2]f64) = tot x", "m.tot")):
        (d,) = errors(start + text)
        assert d.help == (f"did you mean `{name}`?",), text


@pytest.mark.parametrize(("text", "code", "at", "word"), [
    ("type t a [n] = A ([a]f64) | B", "E0306", "a", "`type t [n, a] = …`"),
    ("type p [n] = (a, [n]f64)", "E0203", "a", "`type p a [n] = …`"),
    ("type p [n] = (a, [n]f64)\ndef f (x : p [2]) (y : a) : a = x.0", "E0203", "a", "`type p a [n] = …`"),
    ("type s [n] = A ([n]f64, b) | B", "E0203", "b", "`type s b [n] = …`"),
    ("type layer = f64\ntype p = {b : lyer}", "E0203", "lyer", "did you mean `layer`?"),
    ("type p [n] = [n, m]f64", "E0302", "m", "`type p [n, m] = …`"),
    ("type a = Dot | Line f64\ntype s [n] = Circ [n]f64 | Dot", "E0209", "Dot", ""),
])
def test_declarations_are_closed(text: str, code: str, at: str, word: str) -> None:
    """Whether something uses them or not, and said once."""
    (d,) = errors(text)
    assert (d.code, d.labels[0].span.text) == (code, at)
    assert word in "".join(d.help[:1])


def test_an_alias_may_stand_for_a_tree_that_holds_it() -> None:
    check(parse(Source("t.cad", "type t = A u | L\ntype u = (t, f64)\ndef f (x : t) = 1\ndef g (x : u) = f x.0")))


@pytest.mark.parametrize("backwards", [False, True])
def test_large_declarations_take_no_time(backwards: bool) -> None:
    """In any order; and what they have too much is said once."""
    lines = ["type p0 a = Z a | Y", *(f"type p{k + 1} a = P{k} (p{k} a, p{k} a)" for k in range(40))]
    (d,) = errors("\n".join(lines[::-1] if backwards else lines) + "\ndef f (x : p40 f64) = 1")
    assert d.code == "E0229"


@pytest.mark.parametrize("op", ["+", "-", "*"])
def test_operators_on_arrays_suggest_what_to_write(op: str) -> None:
    (d,) = errors(f"def f [n] (x : [n]f64) (y : [n]f64) = x {op} y")
    assert "map2" in " ".join(d.help) and "for i < n" in " ".join(d.help)


def test_a_type_that_is_wrong_is_said_once_however_often_it_is_used() -> None:
    text = "type t = A (t, t)\ndef f (x : t) : f64 = 1\ndef g (x : t) : f64 = 2"
    assert [d.code for d in errors(text)] == ["E0228"]
