"""Nets as text: precedence, inlining, the forms of loops, products."""

from __future__ import annotations

import pytest

import catad
from catad import CatadError
from catad.elaborate.decompile import net_to_cad, table_to_cad
from catad.elaborate.phrases import OPEN, Phrase, apply, index, infix, prefix
from catad.net.build import Builder
from catad.net.net import Call, Entry, IfOp, Net, Table
from catad.types.size import Size
from catad.types.type import BOOL, F64, I64, Array, Prod, Record

N = Size.var("n")
VECTOR = Array(N, F64)


def body(net: Net, entry: Entry) -> str:
    """The text without its first line, without line breaks."""
    return " ".join(net_to_cad(net, entry).split("\n", 1)[1].split())


X, Y, Z = Phrase("x"), Phrase("y"), Phrase("z")


@pytest.mark.parametrize(("phrase", "text"), [
    (infix("sub", X, infix("sub", Y, Z)), "x - (y - z)"), (infix("sub", infix("sub", X, Y), Z), "x - y - z"),
    (infix("mul", infix("add", X, Y), Z), "(x + y) * z"), (infix("div", X, infix("mul", Y, Z)), "x / (y * z)"),
    (prefix("-", infix("powi", X, Y)), "-x ^ y"), (infix("powi", prefix("-", X), Y), "(-x) ^ y"),
    (infix("pow", X, prefix("-", Y)), "x ^ -y"), (infix("pow", infix("pow", X, Y), Z), "(x ^ y) ^ z"),
    (apply("sin", [prefix("-", X)]), "sin (-x)"), (infix("mul", prefix("-", X), Y), "-x * y"),
    (prefix("-", infix("mul", X, Y)), "-(x * y)"), (infix("lt", infix("lt", X, Y), Z), "(x < y) < z"),
    (infix("and", infix("or", X, Y), Z), "(x || y) && z"), (index(apply("f", [X]), ["i"]), "(f x)[i]"),
    (infix("add", Phrase("if x then y else z", OPEN), X), "(if x then y else z) + x"),
    (infix("add", X, prefix("-", Y)), "x - y"), (infix("sub", X, prefix("-", infix("mul", Y, Z))), "x + (y * z)"),
    (infix("sub", X, prefix("-", infix("add", Y, Z))), "x + (y + z)"),
    (index(Phrase("xs", path=("", ".0", "")), ["i", "j"]), "xs[i].0[j]"), (prefix("-", prefix("-", X)), "-(-x)"),
])
def test_parentheses_where_the_grammar_needs_them(phrase: Phrase, text: str) -> None:
    assert phrase.text == text


def test_single_uses_are_inlined_and_shared_values_named() -> None:
    b = Builder()
    x = b.input(F64)
    s = b.prim("sin", x)
    net = b.net(b.prim("mul", s, b.prim("add", s, b.prim("exp", x))))
    assert body(net, Entry((("x", F64),), F64)) == "let t = sin x in t * (t + exp x)"


def test_parameters_do_not_hide_what_the_text_uses() -> None:
    """Fails when a parameter called `exp` captures the primitive."""
    b = Builder()
    net = b.net(b.prim("exp", b.input(F64)))
    text = net_to_cad(net, Entry((("exp", F64),), F64))
    assert "(exp1 : f64)" in text and "exp exp1" in text


def dot() -> tuple[Builder, int]:
    b, inner = Builder(), Builder()
    b.sizes.append("n")
    x, y = b.input(VECTOR), b.input(VECTOR)
    cx, cy, i, s = inner.input(VECTOR), inner.input(VECTOR), inner.input(I64), inner.input(F64)
    new = inner.prim("add", s, inner.prim("mul", inner.prim("index", cx, i), inner.prim("index", cy, i)))
    return b, b.loop(N, inner.net(new), [x, y], [b.const(0.0)], ["add"])[0]


PAIR = Entry((("x", VECTOR), ("y", VECTOR)), F64, ("n",))


def test_an_add_carry_is_a_sum() -> None:
    b, total = dot()
    text = net_to_cad(b.net(total), PAIR)
    assert text == "def f [n] (x : [n]f64) (y : [n]f64) : f64 =\n  sum (for i < n -> x[i] * y[i])\n"


def test_a_scatter_is_an_accumulate() -> None:
    b, inner = Builder(), Builder()
    b.sizes.append("n")
    x, at = b.input(VECTOR), b.input(Array(N, I64))
    cat, i, acc = inner.input(Array(N, I64)), inner.input(I64), inner.input(VECTOR)
    new = inner.prim("add_at", acc, inner.prim("index", cat, i), inner.const(1.0))
    (out,) = b.loop(N, inner.net(new), [at], [x], ["add"])
    text = body(b.net(out), Entry((("x", VECTOR), ("at", Array(N, I64))), VECTOR, ("n",)))
    assert text == "accumulate x for i < n do (at[i], 1.0)"


def scan(down: bool) -> Net:
    b, inner = Builder(), Builder()
    b.sizes.append("n")
    x = b.input(VECTOR)
    cx, i, s = inner.input(VECTOR), inner.input(I64), inner.input(F64)
    new = inner.prim("mul", s, inner.prim("index", cx, i))
    return b.net(*b.loop(N, inner.net(new, s), [x], [b.const(1.0)], ["state"], down))


def test_a_loop_that_collects_writes_into_state() -> None:
    entry = Entry((("x", VECTOR),), Prod((F64, VECTOR)), ("n",))
    text = body(scan(False), entry)
    assert "loop (s, xs) = (1.0, for i < n -> 0.0) for i < n do (s * x[i], xs with [i] = s)" in text


def test_a_loop_that_counts_down_says_so() -> None:
    entry = Entry((("x", VECTOR),), Prod((F64, VECTOR)), ("n",))
    assert "for k < n do let i = n - 1 - k in (s * x[i], xs with [i] = s)" in body(scan(True), entry)


def test_products_are_reached_by_paths() -> None:
    b = Builder()
    b.sizes.append("n")
    first, second, k = b.input(VECTOR), b.input(VECTOR), b.input(I64)
    net = b.net(b.prim("sub", b.prim("index", first, k), b.prim("index", second, k)))
    pairs = Entry((("x", Array(N, Prod((F64, F64)))), ("k", I64)), F64, ("n",))
    assert body(net, pairs) == "x[k].0 - x[k].1"
    arrays = Entry((("x", Record((("a", VECTOR), ("b", VECTOR)))), ("k", I64)), F64, ("n",))
    assert body(net, arrays) == "x.a[k] - x.b[k]"


def test_results_are_put_together() -> None:
    b = Builder()
    b.sizes.append("n")
    net = b.net(b.input(VECTOR), b.input(VECTOR))
    params = (("x", VECTOR), ("y", VECTOR))
    assert body(net, Entry(params, Array(N, Prod((F64, F64))), ("n",))) == "for i < n -> (x[i], y[i])"
    assert body(net, Entry(params, Record((("a", VECTOR), ("b", VECTOR))), ("n",))) == "{a = x, b = y}"


def test_branches() -> None:
    b, then, other = Builder(), Builder(), Builder()
    c, x = b.input(BOOL), b.input(F64)
    nets = [n.net(n.prim(op, n.input(F64))) for n, op in ((then, "sin"), (other, "exp"))]
    (out,) = b.box(IfOp(), [c, x], [F64], nets)
    assert body(b.net(out), Entry((("c", BOOL), ("x", F64)), F64)) == "if c then sin x else exp x"


def test_calls_come_after_what_they_call() -> None:
    inner, b = Builder(), Builder()
    a, c = inner.input(F64), inner.input(F64)
    callee = inner.net(inner.prim("mul", a, c), a)
    x = b.input(F64)
    p, q = b.box(Call("grad[0] g", ()), [x, x], [F64, F64])
    table = Table({"g": callee, "grad[0] g": callee, "f": b.net(b.prim("add", p, q))}, {"f": Entry((("x", F64),), F64)})
    assert table_to_cad(table, "f") == (
        "def grad_0_g (a0 : f64) (a1 : f64) : (f64, f64) =\n  (a0 * a1, a0)\n\n"
        "def f (x : f64) : f64 =\n  let r = grad_0_g x x in\n  r.0 + r.1\n")


def test_long_chains() -> None:
    """Ten thousand operations, in linear time and without a recursion error."""
    b = Builder()
    x = w = b.input(F64)
    for _ in range(10_000):
        w = b.prim("add", w, x)
    text = net_to_cad(b.net(w), Entry((("x", F64),), F64))
    assert text.count("+") == 10_000 and max(map(len, text.splitlines())) < 120


def test_a_size_that_must_not_be_negative_is_asserted() -> None:
    """Fails when the test compares the size with itself."""
    f = catad.compile("def f [n] (x : [n]f64) : f64 = mean x[1..]", entry="f")
    assert "assert (n - 1 >= 0)" in f.source
    with pytest.raises(CatadError) as caught:
        catad.compile(f.source, entry="f")([])
    assert caught.value.code == "E0508"
