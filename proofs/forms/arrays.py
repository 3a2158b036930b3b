"""Forms that give an array of n numbers, or a matrix of n by n."""

from __future__ import annotations

from catad.proofs.forms.derivatives import gradient
from catad.proofs.forms.writer import TAME, Num, Writer

__all__ = ["KINKED_VECTORS", "MATRICES", "VECTORS", "second"]


def second(w: Writer) -> Num:
    """A number from an array that is used more than once."""
    y, v = w.name("y"), w.vec()
    with w.bind(vec=[Num(y, v.bound)]):
        body = w.num()
    return Num(f"(let {y} = {v.text} in {body.text})", body.bound)


def named(w: Writer) -> Num:
    return w.c.of(w.scope["vec"][::-1])                                                   # type: ignore[no-any-return]


def mapped(w: Writer) -> Num:
    i = w.name("i")
    with w.bind(index=[i]):
        body = w.num()
    return Num(f"(for {i} < n -> {body.text})", body.bound)


def each(w: Writer) -> Num:
    v, f = w.vec(), w.c.of(["map", "apply_all"])
    g, bound = w.function(v.bound)
    return Num(f"({w.use(f) if f == 'apply_all' else f} {g} {v.text})", bound)


def two_arrays(w: Writer) -> Num:
    u, v, p, q = w.vec(), w.vec(), w.name("p"), w.name("q")
    with w.bind(num=[Num(p, u.bound), Num(q, v.bound)]):
        body = w.num()
    return Num(f"(map2 (\\{p} {q} -> {body.text}) {u.text} {v.text})", body.bound)


def scanned(w: Writer) -> Num:
    s, e, x, v = w.name("s"), w.name("e"), w.num(), w.vec()
    with w.bind(num=[Num(s, TAME), Num(e, v.bound)]):
        body = w.damped(w.num())
    return Num(f"(scan (\\{s} {e} -> {body.text}) {x.text} {v.text})", body.bound)


def scanned_pairs(w: Writer) -> Num:
    """A scan whose state is a pair."""
    s, t, e, i, ps = (w.name(x) for x in ("s", "t", "e", "i", "ps"))
    xs = w.vec()
    with w.bind(num=[Num(s, TAME), Num(t, TAME), Num(e, xs.bound)]):
        one, two = w.damped(w.num()), w.damped(w.num())
    return Num(f"(let {ps} = scan (\\({s}, {t}) {e} -> ({one.text}, {two.text})) (0.5, a) {xs.text} in "
               f"for {i} < n -> {ps}[{i}].0 - {ps}[{i}].1)", one.bound + two.bound)


def written(w: Writer) -> Num:
    v, x = w.vec(), w.num()
    return Num(f"({v.text} with [{w.position()}] = {x.text})", max(v.bound, x.bound))


def written_twice(w: Writer) -> Num:
    v, x, y = w.vec(), w.num(), w.num()
    return Num(f"({v.text} with [{w.position()}] = {x.text} with [{w.position()}] = {y.text})",
               max(v.bound, x.bound, y.bound))


def scattered(w: Writer) -> Num:
    v, i = w.vec(), w.name("i")
    with w.bind(index=[i]):
        at, x = w.position(), w.num()
    return Num(f"(accumulate {v.text} for {i} < n do ({at}, {x.text}))", v.bound + 3 * x.bound)


def scattered_twice(w: Writer) -> Num:
    v, i, j = w.vec(), w.name("i"), w.name("j")
    with w.bind(index=[i, f"({j} mod n)"]):
        at, x = w.position(), w.num()
    return Num(f"(accumulate {v.text} for {i} < n, {j} < 2 do ({at}, {x.text}))", v.bound + 6 * x.bound)


def turned(w: Writer) -> Num:
    form, more = w.c.of([("(reverse {})", 0.0), ("(scale 0.5 {})", 0.0), ("(add {} x)", 1.5), ("(sub x {})", 1.5)])
    v = w.vec()
    return Num(form.format(v.text), v.bound + more)


def in_place(w: Writer) -> Num:
    y, i, v = w.name("y"), w.name("i"), w.vec()
    with w.bind(vec=[Num(y, TAME)], index=[i]):
        at, x = w.position(), w.damped(w.num())
    return Num(f"(loop {y} = {v.text} for {i} < n do {y} with [{at}] = {x.text})", max(v.bound, x.bound))


def in_place_while(w: Writer) -> Num:
    y, j, v = w.name("y"), w.name("j"), w.vec()
    with w.bind(vec=[Num(y, TAME)], index=[f"({j} mod n)"]):
        at, x = w.position(), w.damped(w.num())
    return Num(f"((loop ({y}, {j}) = ({v.text}, 0) while {j} < {w.c.of(['2', 'k'])} do "
               f"({y} with [{at}] = {x.text}, {j} + 1)).0)", max(v.bound, x.bound))


def sliced(w: Writer) -> Num:
    v, p = w.c.of(w.scope["vec"][::-1]), w.c.of(["1", "0", "n"])
    return w.c.of([Num(f"({v.text}[0..n])", v.bound), Num(f"(concat {v.text}[0..{p}] {v.text}[{p}..n])", v.bound),
                   Num(f"(concat (take 1 {v.text}) (drop 1 {v.text}))", v.bound)])


def cumulated(w: Writer) -> Num:
    v = w.vec()
    return Num(f"(cumsum {v.text})", 3 * v.bound)


def chosen(w: Writer) -> Num:
    u, v = w.vec(), w.vec()
    return Num(f"(if {w.cond()} then {u.text} else {v.text})", max(u.bound, v.bound))


def row(w: Writer) -> Num:
    m = w.mat()
    return Num(w.c.of([f"({m.text}[{w.position()}])", f"({m.text}[.., {w.position()}])",
                       f"({m.text}[{w.position()}, ..])", f"(diagonal {m.text})"]), m.bound)


def matrix_vector(w: Writer) -> Num:
    m, v = w.mat(), w.vec()
    return Num(w.c.of([f"(matvec {m.text} {v.text})", f"({m.text} @ {v.text})", f"({v.text} @ {m.text})"]),
               3 * m.bound * v.bound)


def sorted_(w: Writer) -> Num:
    v = w.vec()
    return Num(f"(sort {v.text})", v.bound)


# ── matrices

def given(w: Writer) -> Num:
    return Num("w", 1.5)


def table(w: Writer) -> Num:
    i, j = w.name("i"), w.name("j")
    with w.bind(index=[i, j]):
        body = w.num()
    return Num(f"(for {i} < n, {j} < n -> {body.text})", body.bound)


def tabled(w: Writer) -> Num:
    u, v, p, q = w.vec(), w.vec(), w.name("p"), w.name("q")
    with w.bind(num=[Num(p, u.bound), Num(q, v.bound)]):
        body = w.num()
    return Num(f"({w.use('table')} (\\{p} {q} -> {body.text}) {u.text} {v.text})", body.bound)


def transposed(w: Writer) -> Num:
    m = w.mat()
    return Num(f"(transpose {m.text})", m.bound)


def entry_written(w: Writer) -> Num:
    m, x = w.mat(), w.num()
    return Num(f"({m.text} with [{w.position()}, {w.position()}] = {x.text})", max(m.bound, x.bound))


def row_written(w: Writer) -> Num:
    m, v = w.mat(), w.vec()
    return Num(f"({m.text} with [{w.position()}] = {v.text})", max(m.bound, v.bound))


def outer_product(w: Writer) -> Num:
    u, v = w.vec(), w.vec()
    return Num(f"(scale 0.125 (outer {u.text} {v.text}))", u.bound * v.bound / 8)


def matrix_product(w: Writer) -> Num:
    a, b = w.mat(), w.mat()
    return Num(f"(scale 0.0625 ({a.text} @ {b.text}))", 3 * a.bound * b.bound / 16)


VECTORS = (named, mapped, each, scanned, written, scattered, turned, in_place, gradient, sliced, row, matrix_vector,
           two_arrays, scanned_pairs, written_twice, scattered_twice, in_place_while, cumulated, chosen)
KINKED_VECTORS = (sorted_,)
MATRICES = (given, table, transposed, entry_written, outer_product, tabled, row_written, matrix_product)
