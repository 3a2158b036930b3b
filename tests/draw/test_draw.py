"""Pictures are well-formed, deterministic, complete and legible: no two labels overlap."""

from __future__ import annotations

import itertools
import random
import re
import time
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catad.draw import draw, draw_table
from catad.draw.arrange import spread
from catad.net.build import Builder
from catad.net.net import Apply, Derive, Entry, IfOp, Lambda, Net, Table
from catad.types.size import Size
from catad.types.type import F64, I64, Array, Fun
from tests.net.generate import random_net

N = Size.var("n")
SVG = "{http://www.w3.org/2000/svg}"
Rect = tuple[float, float, float, float]


def shapes(text: str, *tags: str) -> list[tuple[ET.Element, float, float]]:
    """Elements with their absolute offsets."""
    out: list[tuple[ET.Element, float, float]] = []

    def walk(e: ET.Element, x: float, y: float) -> None:
        move = re.match(r"translate\((\S+) (\S+)\)", e.get("transform", ""))
        if move:
            x, y = x + float(move[1]), y + float(move[2])
        if e.tag.removeprefix(SVG) in tags:
            out.append((e, x, y))
        for child in e:
            walk(child, x, y)
    walk(ET.fromstring(text), 0, 0)
    return out


def labels(text: str) -> list[str]:
    return [e.text or "" for e, _, _ in shapes(text, "text")]


def extents(text: str) -> list[tuple[str, Rect]]:
    """The boxes of the words, at the true width of the common monospaced faces."""
    out = []
    for e, x, y in shapes(text, "text"):
        kinds = (e.get("class") or "").split()
        size = 14 if "h" in kinds else 11 if "t" in kinds else 12
        w = 0.602 * size * len(e.text or "")
        left = x + float(e.get("x", 0)) - (0 if "l" in kinds else w / 2)
        base = y + float(e.get("y", 0))
        out.append((e.text or "", (left, base - 0.75 * size, left + w, base + 0.2 * size)))
    return out


def discs_and_boxes(text: str) -> list[Rect]:
    """Things that must not lie on each other: boxes without an inside, circles with a sign, discs."""
    out = []
    for e, x, y in shapes(text, "rect", "circle"):
        kinds = (e.get("class") or "").split()
        if e.tag == f"{SVG}rect" and "bubble" not in kinds:
            a, b, w, h = (float(e.get(k, 0)) for k in ("x", "y", "width", "height"))
            out.append((x + a, y + b, x + a + w, y + b + h))
        elif e.tag == f"{SVG}circle" and float(e.get("r", 0)) > 5:
            a, b, r = (float(e.get(k, 0)) for k in ("cx", "cy", "r"))
            out.append((x + a - r, y + b - r, x + a + r, y + b + r))
    return out


def overlap(a: Rect, b: Rect, slack: float = 0.2) -> bool:
    return a[0] < b[2] - slack and b[0] < a[2] - slack and a[1] < b[3] - slack and b[1] < a[3] - slack


def net(seed: int) -> Net:
    return random_net(random.Random(seed), steps=14)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_labels_and_boxes_do_not_overlap_and_stay_on_the_page(seed: int) -> None:
    text = draw(net(seed), "title", depth=seed % 4)
    words = extents(text)
    for (s, a), (t, b) in itertools.combinations(words, 2):
        assert not overlap(a, b), (s, t)
    for a, b in itertools.combinations(discs_and_boxes(text), 2):
        assert not overlap(a, b)
    root = ET.fromstring(text)
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    assert all(a[0] >= 0 and a[1] >= 0 and a[2] <= width and a[3] <= height for _, a in words)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_equal_nets_give_equal_bytes(seed: int) -> None:
    assert draw(net(seed), "f") == draw(net(seed), "f")


def dot() -> Net:
    b = Builder()
    xs, ys, i, acc = b.input(Array(N, F64)), b.input(Array(N, F64)), b.input(I64), b.input(F64)
    body = b.net(b.prim("add", acc, b.prim("mul", b.prim("index", xs, i), b.prim("index", ys, i))))
    b = Builder()
    b.sizes = ["n"]
    return b.net(*b.loop(N, body, [b.input(Array(N, F64)), b.input(Array(N, F64))], [b.const(0.0)], ["add"]))


def test_a_sum_says_so() -> None:
    text = draw(dot(), "dot", names=["x", "y"])
    assert labels(text) == ["dot", "x : [n]f64", "y : [n]f64", "i", "0", "a[i]", "a[i]", "×", "+", "Σ i < n", "f64"]
    assert text.count('class="back"') == 1                    # the carried sum goes back
    assert text.count('class="wa"') >= 2                      # arrays are thick


def test_folded_bubbles_say_how_many_boxes_they_hide() -> None:
    text = draw(dot(), depth=0)
    assert labels(text) == ["[n]f64", "[n]f64", "0", "Σ i < n", "4 boxes", "f64"]
    assert "4 boxes" in labels(draw(dot(), max_boxes=3))


def test_functions_and_branches() -> None:
    b = Builder()
    k, x = b.input(F64), b.input(F64)
    inner = b.net(b.prim("mul", k, b.prim("sin", x)))
    b = Builder()
    k, x = b.input(F64), b.input(F64)
    f = b.box(Lambda(Fun(F64, F64)), [k], [Fun(F64, F64)], [inner])[0]
    y, back = b.box(Derive("vjp", F64, F64), [f, x], [F64, Fun(F64, F64)])
    g = b.box(Apply(), [back, b.const(1.0)], [F64])[0]
    c = b.prim("lt", y, g)
    out = b.box(IfOp(), [c, y, g], [F64], [_pick("exp", 0), _pick("tanh", 1)])
    words = labels(draw(b.net(*out)))
    for w in ("λ x", "x", "sin", "×", "vjp", "apply", "1", "<", "if", "then", "else", "exp", "tanh"):
        assert w in words


def _pick(name: str, k: int) -> Net:
    b = Builder()
    ins = [b.input(F64), b.input(F64)]
    return b.net(b.prim(name, ins[k]))


def test_markup_in_names_is_escaped() -> None:
    b = Builder()
    x = b.input(F64)
    assert labels(draw(b.net(x), '<b> & "c"', names=["a<b"])) == ['<b> & "c"', "a<b : f64", "f64"]


def test_empty_nets_and_tables() -> None:
    assert labels(draw(Builder().net())) == []
    b = Builder()
    x = b.input(F64)
    table = Table({"f": b.net(x), "g": dot()}, {"f": Entry((("u", F64),), F64)})
    words = labels(draw_table(table))
    assert words[:3] == ["f", "u : f64", "f64"] and "g" in words and "Σ i < n" in words


def _random_flat(n: int, reach: int) -> Net:
    rnd = random.Random(7)
    b = Builder()
    wires = [b.input(F64) for _ in range(5)]
    for _ in range(n):
        wires.append(b.prim(rnd.choice(["add", "mul", "sub"]), *(rnd.choice(wires[-reach:]) for _ in range(2))))
    return b.net(*wires[-3:])


@pytest.mark.parametrize("reach", [10, 1000])
def test_a_thousand_boxes_are_quick(reach: int) -> None:
    big = _random_flat(1000, reach)
    start = time.process_time()
    text = draw(big, max_boxes=2000)
    assert time.process_time() - start < 2.0
    assert sum(w in "+×−" for w in labels(text)) == 1000


def test_a_level_with_too_many_boxes_shows_its_ends() -> None:
    words = labels(draw(_random_flat(1000, 10), max_boxes=40))
    assert words.count("960 boxes") == 1 and sum(w in "+×−" for w in words) == 40


def test_many_long_wires_become_names() -> None:
    b = Builder()
    ins = [b.input(F64) for _ in range(60)]
    x = ins[0]
    for _ in range(300):
        x = b.prim("sin", x)
    for w in reversed(ins):
        x = b.prim("mul", w, x)
    words = labels(draw(b.net(x)))
    named = [w for w in words if w.startswith("#")]
    assert len(set(named)) > 10 and all(named.count(w) >= 2 for w in named)


@given(st.lists(st.tuples(st.floats(-100, 100), st.floats(0.1, 9), st.floats(0, 20)), min_size=1, max_size=12))
def test_spread_keeps_order_and_distance_and_is_least(rows: list[tuple[float, float, float]]) -> None:
    wanted, weights, gaps = [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows[1:]]
    at = spread(wanted, weights, gaps)
    assert all(b - a >= g - 1e-6 for a, b, g in zip(at, at[1:], gaps, strict=False))
    cost = sum(w * (a - x) ** 2 for a, x, w in zip(at, wanted, weights, strict=True))
    for shift in (-0.5, 0.5):                                  # no block can move as a whole and gain
        for k in range(len(at)):
            for moved in ([*at[:k], *(a + shift for a in at[k:])], [*(a + shift for a in at[:k]), *at[k:]]):
                if all(b - a >= g - 1e-6 for a, b, g in zip(moved, moved[1:], gaps, strict=False)):
                    assert sum(w * (a - x) ** 2 for a, x, w in zip(moved, wanted, weights, strict=True)) >= cost - 1e-6
