"""Printed derivatives are laid out for people: flat chains, no long lines, indices computed once."""

import catad

CHAIN = " else ".join(f"if x < {k}.0 then sin (x * {k}.0) * exp x" for k in range(5))


def test_an_else_if_chain_is_flat() -> None:
    text = catad.grad(catad.compile(f"def f (x : f64) : f64 = {CHAIN} else x", entry="f")).source
    assert text.count("else if") == 4
    assert max(len(line) - len(line.lstrip()) for line in text.splitlines()) <= 6


def test_lines_of_a_second_derivative_fit() -> None:
    f = catad.compile(
        "def f [n] (k : f64) (x : [n]f64) : f64 = loop y = 1.0 for i < n do y + k * sin y * x[i]", entry="f")
    h = catad.hvp(f)
    assert max(map(len, h.source.splitlines())) <= 110
    again = catad.compile(h.source, entry=h.__name__)
    assert again(0.3, [1.0, 2.0], 1.0) == h(0.3, [1.0, 2.0], 1.0)


def test_an_index_is_computed_once() -> None:
    f = catad.compile(
        "def f [n] (x : [n]f64) : f64 = let m = maximum x in m + sum (for i < n -> exp (x[i] - m))", entry="f")
    assert catad.grad(f).source.count("argmax") == 1
