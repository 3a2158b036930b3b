"""Daggers of the linear core: for  y = L x  the map  ȳ ↦ x̄ += L† ȳ, the other arguments being parameters.

    add†  = copy           neg† = neg          (· a)† = (· a)       on series: the product's dagger is correlation
    index† = add_at        add_at† = (id, index)        update† = (update with 0, index)        stack† = index
    fill† = sum            pack† = parts                parts† = pack
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from catad.functors.account import Account, mark
from catad.net.build import Builder
from catad.net.net import Box, Fill, Net, SeriesPack, SeriesPart, Wire
from catad.net.zero import constant, zero
from catad.types.size import Size
from catad.types.type import I64, Array, Series, Type, array, leaf

__all__ = ["linear", "structural"]


def linear(s: Account, box: Box, name: str) -> None:
    """Send the cotangent of a linear primitive's result to the varied ones of its arguments."""
    start = len(s.back.boxes)
    RULES[name](s, box, s.cot[box.targets[0]])
    mark(s.back, start, box, "")


def _times(s: Account, a: Wire, c: Wire) -> Wire:
    """The dagger of multiplication by a."""
    name = "corr" if isinstance(s.back.type(c), Series) else "mul"
    return s.back.prim(name, a, c)


def _add(s: Account, box: Box, c: Wire) -> None:
    for w in box.sources:
        s.add(w, c, box)


def _sub(s: Account, box: Box, c: Wire) -> None:
    x, y = box.sources
    s.add(x, c, box)
    if s.varied[y]:
        s.add(y, s.back.prim("neg", c, span=box.span), box)


def _neg(s: Account, box: Box, c: Wire) -> None:
    s.add(box.sources[0], s.back.prim("neg", c, span=box.span), box)


def _mul(s: Account, box: Box, c: Wire) -> None:
    x, y = box.sources
    if s.varied[x]:
        s.add(x, _times(s, s.primal(y), c), box)
    if s.varied[y]:
        s.add(y, _times(s, s.primal(x), c), box)


def _corr(s: Account, box: Box, c: Wire) -> None:
    """z = corr(a, b), z_j = Σ_{k≥j} a_{k-j} b_k:   ā = corr(z̄, b),  b̄ = a · z̄."""
    x, y = box.sources
    if s.varied[x]:
        s.add(x, s.back.prim("corr", c, s.primal(y)), box)
    if s.varied[y]:
        s.add(y, s.back.prim("mul", s.primal(x), c), box)


def _div(s: Account, box: Box, c: Wire) -> None:
    """In the numerator only."""
    x, y = box.sources
    t = s.back.type(c)
    if isinstance(t, Series):
        s.add(x, _times(s, s.back.prim("div", constant(s.back, 1.0, t), s.primal(y)), c), box)
    else:
        s.add(x, s.back.prim("div", c, s.primal(y), span=box.span), box)


def _select(s: Account, box: Box, c: Wire) -> None:
    cond, x, y = box.sources
    nothing = zero(s.back, s.back.type(c))
    if s.varied[x]:
        s.add(x, s.back.prim("select", s.primal(cond), c, nothing), box)
    if s.varied[y]:
        s.add(y, s.back.prim("select", s.primal(cond), nothing, c), box)


def _cast(name: str) -> Callable[[Account, Box, Wire], None]:
    def rule(s: Account, box: Box, c: Wire) -> None:
        back = s.net.wires[box.sources[0]]
        s.add(box.sources[0], c if back == s.back.type(c) else s.back.prim(name, c), box)
    return rule


def _index(s: Account, box: Box, c: Wire) -> None:
    """gather† = scatter, in place into the cotangent so far"""
    array_, *at = box.sources
    if s.varied[array_]:
        acc = s.accumulator(array_)
        s.cot[array_] = s.back.prim("add_at", acc, *map(s.primal, at), c, span=box.span, reason="derivative of index")


def _update(s: Account, box: Box, c: Wire) -> None:
    array_, *at, value = box.sources
    where = [s.primal(i) for i in at]
    if s.varied[value]:
        s.add(value, s.back.prim("index", c, *where, span=box.span), box)
    if s.varied[array_]:
        nothing = zero(s.back, s.net.wires[value])
        s.add(array_, s.back.prim("update", c, *where, nothing, span=box.span), box)


def _add_at(s: Account, box: Box, c: Wire) -> None:
    array_, *at, value = box.sources
    if s.varied[value]:
        got = s.back.prim("index", c, *map(s.primal, at), span=box.span) if at else c
        s.add(value, got, box)
    s.add(array_, c, box)


def _stack(s: Account, box: Box, c: Wire) -> None:
    for k, w in enumerate(box.sources):
        if s.varied[w]:
            s.add(w, s.back.prim("index", c, s.back.const(k, I64), span=box.span), box)


RULES: MappingProxyType[str, Callable[[Account, Box, Wire], None]] = MappingProxyType({
    "add": _add, "sub": _sub, "neg": _neg, "mul": _mul, "corr": _corr, "div": _div, "select": _select,
    "to_f64": _cast("to_f32"), "to_f32": _cast("to_f64"), "index": _index, "update": _update, "add_at": _add_at,
    "stack": _stack})


# ── boxes that are not rows

def structural(s: Account, box: Box) -> None:
    """Fill, SeriesPack and SeriesPart: all linear."""
    c = s.cot[box.targets[0]]
    match box.op:
        case Fill(sizes):
            s.add(box.sources[0], total(s.back, c, sizes), box)
        case SeriesPack(order):
            _pack(s, box, c, order)
        case SeriesPart(part):
            _part(s, box, c, part)


def total(b: Builder, w: Wire, sizes: tuple[Size, ...]) -> Wire:
    """The sum of all entries, one order-free loop for each dimension."""
    return _sum_into(b, w, zero(b, leaf(b.type(w))), sizes)


def _sum_into(b: Builder, w: Wire, acc: Wire, sizes: tuple[Size, ...]) -> Wire:
    if not sizes:
        return b.prim("add", acc, w)
    body = Builder()
    inner, i, state = body.input(b.type(w)), body.input(I64), body.input(b.type(acc))
    net: Net = body.net(_sum_into(body, body.prim("index", inner, i), state, sizes[1:]))
    return b.loop(sizes[0], net, [w], [acc], ["add"])[0]


def _pack(s: Account, box: Box, c: Wire, order: int) -> None:
    x = box.sources[0]
    if s.varied[x]:
        s.add(x, s.back.box(SeriesPart("value"), [c], [s.net.wires[x]], (), box.span)[0], box)
    if len(box.sources) == 2 and s.varied[box.sources[1]]:
        k = box.sources[1]
        s.add(k, s.back.box(SeriesPart("coefficients"), [c], [s.net.wires[k]], (), box.span)[0], box)


def _part(s: Account, box: Box, c: Wire, part: str) -> None:
    w = box.sources[0]
    t = s.net.wires[w]
    series = leaf(t)
    assert isinstance(series, Series)
    item = _at_item(t, series.item)
    if part == "value":
        rest = zero(s.back, Array(Size.of(series.order), item))
        sources = [c, rest]
    else:
        sources = [zero(s.back, item), c]
    s.add(w, s.back.box(SeriesPack(series.order), sources, [t], (), box.span)[0], box)


def _at_item(t: Type, item: Type) -> Type:
    from catad.types.type import dims
    return array(dims(t), item)
