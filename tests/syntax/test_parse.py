"""What texts mean as trees: precedence, where open forms end, what the bracket touches, chains and nesting."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from catad.source import CatadError, Source
from catad.syntax import parse, parse_expression, parse_recovering, parse_type
from catad.syntax import tree as t

ROOT = Path(__file__).resolve().parents[2]


def show(e: t.Node) -> str:
    """A tree in full parentheses (parentheses of the text left out)."""
    match e:
        case t.Name(name=x) | t.Num(text=x):
            return x
        case t.Paren(item=x):
            return show(x)
        case t.Apply(fn=f, arg=x):
            return f"({show(f)} {show(x)})"
        case t.Unary(op=op, item=x):
            return f"({op}{show(x)})"
        case t.Binary(op=op, left=x, right=y):
            return f"({show(x)} {op} {show(y)})"
        case t.Proj(item=x, index=i):
            return f"{show(x)}.{i}"
        case t.Field(item=x, name=i):
            return f"{show(x)}.{i}"
        case t.Index(item=x, indices=xs):
            return f"{show(x)}[{', '.join(show(i) for i in xs)}]"
        case t.Range(low=x, high=y):
            return f"{'' if x is None else show(x)}..{'' if y is None else show(y)}"
        case t.ArrayLit(items=xs):
            return f"[{', '.join(map(show, xs))}]"
        case t.Tuple(items=xs):
            return f"({', '.join(map(show, xs))})"
        case t.Lambda(body=x):
            return f"(\\{show(x)})"
        case t.If(cond=x, then=y, other=z):
            return f"(if {show(x)} {show(y)} {show(z)})"
        case t.Let(pattern=t.PVar(name=x), bound=y, body=z):
            return f"(let {x} {show(y)} {show(z)})"
        case t.For(binders=bs, body=x):
            return f"(for {' '.join(f'{b.name}<{show(b.extent)}' for b in bs)} {show(x)})"
        case t.Update(item=x, indices=xs, value=y):
            return f"({show(x)} with [{', '.join(map(show, xs))}] {show(y)})"
        case t.Assert(cond=x, body=y):
            return f"(assert {show(x)} {show(y)})"
        case t.Trace(item=x):
            return f"(trace {show(x)})"
        case t.Case(item=x, arms=arms):
            return f"(case {show(x)} {' '.join(f'{a.constructor}:{show(a.body)}' for a in arms)})"
        case t.TName(name=x):
            return x
        case t.TTangent(item=x):
            return f"{show(x)}'"
        case t.TFun(arg=x, result=y):
            return f"({show(x)} -> {show(y)})"
        case t.TArray(sizes=xs, item=x):
            return f"[{', '.join(map(show, xs))}]{show(x)}"
        case t.TApp(name=x, args=xs):
            return f"<{x} {' '.join(map(show, xs))}>"
        case t.TProd(items=xs):
            return f"({', '.join(map(show, xs))})"
        case t.TParen(item=x):
            return show(x)
    raise TypeError(e)


@pytest.mark.parametrize(("text", "shape"), [
    ("-x^2", "(-(x ^ 2))"), ("x^-2", "(x ^ (-2))"), ("x^y^z", "(x ^ (y ^ z))"), ("-x * y", "((-x) * y)"),
    ("a - b - c", "((a - b) - c)"), ("a * b + c @ d", "((a * b) + (c @ d))"), ("a / b @ c", "(a / (b @ c))"),
    ("a div b mod c", "((a div b) mod c)"), ("f x y ^ 2", "(((f x) y) ^ 2)"), ("f -1", "(f - 1)"),
    ("a < b && c == d || !e", "(((a < b) && (c == d)) || (!e))"), ("x |> f |> g", "((x |> f) |> g)"),
    ("x |> f >> g", "(x |> (f >> g))"), ("f << g << h", "(f << (g << h))"), ("f >> g >> h", "((f >> g) >> h)"),
    ("f << g x", "(f << (g x))"), ("a + b |> f", "((a + b) |> f)"), ("!x && y", "((!x) && y)"),
])
def test_precedence(text: str, shape: str) -> None:
    assert show(parse_expression(Source("e", text))) == shape


@pytest.mark.parametrize(("text", "shape"), [
    (r"\x -> x + 1", r"(\(x + 1))"), (r"a + \x -> x * 2 + 1", r"(a + (\((x * 2) + 1)))"),
    ("if a then b else c + d", "(if a b (c + d))"), ("1 * if a then b else c + d", "(1 * (if a b (c + d)))"),
    ("let x = 1 in x |> f", "(let x 1 (x |> f))"), ("for i < n, j < m + 1 -> a |> f", "(for i<n j<(m + 1) (a |> f))"),
    ("-for i < n -> i", "(-(for i<n i))"), ("f >> \\x -> x", r"(f >> (\x))"),
    ("if a then b else if c then d else e", "(if a b (if c d e))"),
    ("case s of | A x -> case x of | B -> 1 | C -> 2", "(case s A:(case x B:1 C:2))"),
    ("assert c x + 1", "((assert c x) + 1)"), ("assert (a < b) let x = 1 in x", "(assert (a < b) (let x 1 x))"),
    ("trace f x", "((trace f) x)"), ("x with [1] = 2 with [i, j] = 3 + y", "((x with [1] 2) with [i, j] (3 + y))"),
    (r"x with [1] = \y -> y", r"(x with [1] (\y))"),
])
def test_open_forms_reach_to_the_right(text: str, shape: str) -> None:
    assert show(parse_expression(Source("e", text))) == shape


@pytest.mark.parametrize(("text", "shape"), [
    ("a[i]", "a[i]"), ("f [1, 2]", "(f [1, 2])"), ("f x[i, j].0", "(f x[i, j].0)"), ("x.0.1", "x.0.1"),
    ("x'[0]", "x'[0]"), ("(a)[i][j]", "a[i][j]"), ("a[..]", "a[..]"),
    ("a[1..n, ..2, i..]", "a[1..n, ..2, i..]"), ("[1][0]", "[1][0]"),
    ("x.y.0[2]", "x.y.0[2]"), ("f(x)(y)", "((f x) y)"), ("a[x.0..1]", "a[x.0..1]"), ("1 .0", "1.0"), ("()", "()"),
    ("let a = 1 in[a]", "(let a 1 [a])"),
])
def test_brackets_and_points(text: str, shape: str) -> None:
    assert show(parse_expression(Source("e", text))) == shape


@pytest.mark.parametrize(("text", "shape"), [
    ("a -> b -> c", "(a -> (b -> c))"), ("[n, 2*n+1]f64", "[n, ((2 * n) + 1)]f64"), ("[n][m]a'", "[n][m]a'"),
    ("(a, b)'", "(a, b)'"), ("a''", "a''"), ("(a -> b)'", "(a -> b)'"), ("tree f64 [n]a", "<tree f64 [n]a>"),
    ("[n]tree f64", "[n]<tree f64>"), ("()", "()"), ("[d*(d-1)/2]f64 -> a", "([((d * (d - 1)) / 2)]f64 -> a)"),
])
def test_types(text: str, shape: str) -> None:
    assert show(parse_type(Source("t", text))) == shape


def one(text: str) -> t.Decl:
    (decl,) = parse(Source("f.cad", text)).decls
    return decl


def test_definition() -> None:
    d = one("def rec f [n, m] (x : [n]f64) {a, b = (p, q)} (y : f64, z : i64) () w : f64 = x")
    assert isinstance(d, t.Def)
    assert (d.name, d.rec, d.sizes, len(d.params)) == ("f", True, ("n", "m"), 5)
    x, record, pair, unit, w = d.params
    assert isinstance(x, t.PAnn) and isinstance(x.item, t.PVar) and isinstance(x.type, t.TArray)
    assert isinstance(record, t.PRecord) and [f for f, _ in record.fields] == ["a", "b"]
    assert isinstance(pair, t.PTuple) and all(isinstance(p, t.PAnn) for p in pair.items)
    assert isinstance(unit, t.PTuple) and unit.items == () and isinstance(w, t.PVar)
    assert isinstance(d.result, t.TName) and d.span.text.startswith("def") and d.name_span.text == "f"


def test_types_declared() -> None:
    d = one("type shape a = Circle f64 | Box {w : f64, h : f64} | Empty")
    assert isinstance(d, t.TypeDecl) and d.alias is None and d.params == ("a",)
    assert [(c, type(p)) for c, p in d.constructors] == [("Circle", t.TName), ("Box", t.TRecord), ("Empty", type(None))]
    alias = one("type pair = (f64, f64)")
    assert isinstance(alias, t.TypeDecl) and alias.constructors == () and isinstance(alias.alias, t.TProd)
    single = one("type wrap = Wrap f64")
    assert isinstance(single, t.TypeDecl) and single.alias is None


def test_let_and_loops() -> None:
    f = parse_expression(Source("e", "let f x (y : f64) : f64 = x in let (a, b) : p = f in a"))
    assert isinstance(f, t.Let) and len(f.params) == 2 and isinstance(f.result, t.TName)
    assert isinstance(f.body, t.Let) and isinstance(f.body.pattern, t.PAnn) and not f.body.params
    counted = parse_expression(Source("e", "loop (x, y) = p for i < n do (y, x)"))
    assert isinstance(counted, t.Loop) and counted.binder is not None and counted.cond is None and counted.init
    open_ended = parse_expression(Source("e", "loop x = 1.0 while x < 2.0 do x * 2"))
    assert isinstance(open_ended, t.Loop) and open_ended.binder is None and open_ended.cond is not None
    short = parse_expression(Source("e", "loop x for i < n do x"))
    assert isinstance(short, t.Loop) and short.init is None
    acc = parse_expression(Source("e", "accumulate z for i < n, j < m do (i, 1.0)"))
    assert isinstance(acc, t.Accumulate) and [b.name for b in acc.binders] == ["i", "j"]


def test_derivative() -> None:
    d = one("derivative f (x, z) = y : y' = x' * z")
    assert isinstance(d, t.Derivative) and (d.name, d.params, d.result, d.primitive) == ("f", ("x", "z"), "y", False)
    assert isinstance(one("primitive div (x, z) = y : y' = x'"), t.Derivative)


def test_documentation() -> None:
    file = parse(Source("f.cad", "-- loose\n\n-- First line.\n--\n-- > f 1\n-- = 2\n--   indented\n"
                                 "def f = 1  -- not this\n-- a type\ntype t = A\n\n--no blank\ndef g = 2\n"))
    f, ty, g = file.decls
    assert isinstance(f, t.Def) and f.doc == "First line.\n\n  indented"
    assert isinstance(ty, t.TypeDecl) and ty.doc == "a type"
    assert isinstance(g, t.Def) and g.doc == "no blank"
    assert file.comments[0].text == "-- loose" and len(file.comments) == 9


@pytest.mark.parametrize("chain", [
    "let x = 1 in ", "if a then b else ", "1 + ", "1 - ", "!", "- ", "x ^ ", "f << ", "x |> ", "a && ",
])
def test_chains_are_not_limited(chain: str) -> None:
    assert parse_expression(Source("e", chain * 10_000 + "x"))


@pytest.mark.parametrize("chain", [" x", ".0", "[0]", " with [1] = 2", " >> g", " (1)"])
def test_chains_to_the_left_are_not_limited(chain: str) -> None:
    assert parse_expression(Source("e", "f" + chain * 10_000))


@pytest.mark.parametrize(("left", "right"), [
    ("(", ")"), ("[", "]"), (r"\x -> ", ""), ("for i < n -> ", ""), ("f (", ")"), ("a[", "]"),
    ("if ", " then 1 else 2"), ("{x = ", "}"), ("case x of | A -> ", ""), ("let y = ", " in y"),
])
def test_nesting_is_limited(left: str, right: str) -> None:
    assert parse_expression(Source("e", left * 199 + "x" + right * 199))
    for deep in (202, 5000):
        with pytest.raises(CatadError) as caught:
            parse_expression(Source("e", left * deep + "x" + right * deep))
        assert caught.value.code == "E0104"


def test_the_time_is_linear() -> None:
    """Ten times as many lines take about ten times as long, the best of three counting."""
    line = ("def f (x : f64, y : [n]f64) : f64 =\n  let a = x * 3.0 + g y[i] - 2 in\n"
            "  let b = if a > 3 then f (a, y) else sin (a * x) in\n  sum (for i < n -> y[i] * a)\n\n")

    def seconds(count: int) -> float:
        start = time.process_time()
        parse(Source("f.cad", line * count))
        return time.process_time() - start

    seconds(1)
    assert min(seconds(200) for _ in range(3)) < 40 * min(seconds(20) for _ in range(3))


def test_recovery_keeps_the_sound_declarations() -> None:
    text = "def a = 1\ndef b = (\ndef c = 2\ntype = 3\ndef d = 4 5 )\ndef e = 6"
    file, wrong = parse_recovering(Source("f.cad", text))
    assert [d.name for d in file.decls if isinstance(d, t.Def)] == ["a", "c", "e"]
    assert [d.labels[0].span.source.line_column(d.labels[0].span.start)[0] for d in wrong] == [2, 4, 5]
    with pytest.raises(CatadError) as caught:
        parse(Source("f.cad", text))
    assert caught.value.diagnostics[0].code == "E0103" and len(caught.value.diagnostics) == 3


def test_every_program_of_the_repository_parses() -> None:
    found = [p for p in sorted(ROOT.rglob("*.cad"))
             if not {"bad", "errors"} & set(p.parts) and not p.name.startswith("bad")]
    assert found
    for path in found:
        parse(Source(path.name, path.read_text(encoding="utf-8")))


def test_lark_itself_agrees() -> None:
    """The grammar is an ordinary lark grammar: lark's contextual lexer and parser read the same texts."""
    lark = pytest.importorskip("lark")
    grammar = (ROOT / "grammar" / "cad.lark").read_text(encoding="utf-8")
    parser = lark.Lark(grammar, parser="lalr", start=["file", "expression", "type_expression"])
    for path in sorted(ROOT.glob("catad/**/*.cad")):
        parser.parse(path.read_text(encoding="utf-8"), start="file")
    for text in ("x.0.1 + a[i][1..n, ..] * f [1, 2]", r"f |> \x -> x with [1] = if a then 1e-3 else 0.5"):
        parser.parse(text, start="expression")
    with pytest.raises(lark.exceptions.UnexpectedInput):
        parser.parse("def let = 1", start="file")
