"""Array operations, guards and assertions on bundles: leaf by leaf.

    (tag, w…)[i]  =  (tag[i], w[i]…)          what does not depend on i stays as it is

Each of these may stop the program. So that a bundle without any wire does not forget to, the check then hangs on a tag,
which is looked at when the function is called.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catad.net.build import Builder
from catad.net.net import Assert, Box, Fill, Guard, Prim, Trace, Wire
from catad.rewrite.bundle import (
    Bundle,
    Leaf,
    Numbers,
    Slot,
    fill,
    form,
    join,
    join_all,
    lifted,
    mapped,
    pad,
    slots,
    spread,
    widened,
)
from catad.source import Span
from catad.types.size import Size
from catad.types.type import I64, Type, array, dims

__all__ = ["Value", "asserted", "leafwise", "wires"]

Value = Wire | Bundle[Leaf]
Dims = tuple[Size, ...]


def leafwise(b: Builder, number: Numbers, box: Box, values: Sequence[Value], targets: Sequence[Type]) -> list[Value]:
    """The box on values of which some are bundles. `box.op` and `targets` have their sizes at this place."""
    match box.op:
        case Prim("index"):
            return [_index(b, number, _bundle(values[0]), wires(values[1:]), box.span)]
        case Prim("update"):
            return [_update(b, number, _bundle(values[0]), wires(values[1:-1]), _bundle(values[-1]), box.span)]
        case Prim("stack"):
            return [_stack(b, number, [_bundle(v) for v in values], box.span)]
        case Prim("constant"):
            return [mapped(lambda leaf, _, __: Leaf(b.prim("constant", leaf.wire, span=box.span), leaf.skip),
                           _bundle(values[0]))]
        case Fill(sizes):
            v, more = _bundle(values[0]), len(sizes)
            return [mapped(lambda leaf, _, __: Leaf(leaf.wire, leaf.skip + more), v, (*sizes, *v.dims))]
        case Guard():
            return _guard(b, number, box, values, targets)
        case Assert():
            return [asserted(b, number, wires(values[:1])[0], _bundle(values[1]), box.span)]
        case Trace():
            return _trace(b, box, values)
    raise AssertionError(box.op)


def _bundle(v: Value) -> Bundle[Leaf]:
    assert isinstance(v, Bundle)
    return v


def wires(values: Sequence[Value]) -> list[Wire]:
    """The values that are wires."""
    return [v for v in values if not isinstance(v, Bundle)]


# ── what hangs on a bundle ──────────────────────────────────────────────────────────────────────────────────────

def _tagged(b: Builder, number: Numbers, v: Bundle[Leaf]) -> Bundle[Leaf]:
    """The same with a tag that has all dimensions."""
    chosen = number(v.alternatives[0]) if v.alternatives else 0
    tag = v.tag or Leaf(b.const(chosen, I64), len(v.dims))
    return Bundle(v.type, v.dims, Leaf(spread(b, tag.wire, v.dims[:tag.skip])), v.alternatives)


def _checked(b: Builder, number: Numbers, v: Bundle[Leaf]) -> Bundle[Leaf]:
    """The same; something that has all dimensions is looked at in every call."""
    known = v.tag.skip == 0 if v.tag is not None else any(leaf.skip == 0 for leaf, _ in slots(v))
    return v if known else _tagged(b, number, v)


def asserted(b: Builder, number: Numbers, cond: Wire, v: Bundle[Leaf], span: Span | None) -> Bundle[Leaf]:
    """The bundle, once the condition was found true: its tag is what every call looks at."""
    v = v if v.tag is not None else _tagged(b, number, v)
    assert v.tag is not None
    (tag,) = b.box(Assert(), [cond, v.tag.wire], [b.type(v.tag.wire)], span=span)
    return Bundle(v.type, v.dims, Leaf(tag, v.tag.skip), v.alternatives)


# ── arrays ──────────────────────────────────────────────────────────────────────────────────────────────────────

def _index(b: Builder, number: Numbers, v: Bundle[Leaf], at: Sequence[Wire], span: Span | None) -> Bundle[Leaf]:
    def entry(leaf: Leaf, _: Type, __: Dims) -> Leaf:
        rest = at[leaf.skip:]
        return Leaf(b.prim("index", leaf.wire, *rest, span=span) if rest else leaf.wire, max(0, leaf.skip - len(at)))
    return mapped(entry, _checked(b, number, v), v.dims[len(at):])


def _update(b: Builder, number: Numbers, v: Bundle[Leaf], at: Sequence[Wire], new: Bundle[Leaf],
            span: Span | None) -> Bundle[Leaf]:
    """Captured wires that all entries share, and those of an alternative that is new, stay as they are."""
    goal = widened(join(number, form(v, _itself), lifted(form(new, _itself), v.dims[:len(at)])))
    if all(s.known is not None for s, _ in slots(goal)):
        goal = Bundle(goal.type, goal.dims, Slot(I64, 0, None), goal.alternatives)
    pairs = zip(pad(b, number, v, goal), pad(b, number, new, _dropped(goal, len(at))), strict=True)
    return fill(goal, iter([b.prim("update", old, *at, entry, span=span) for old, entry in pairs]))


def _stack(b: Builder, number: Numbers, items: Sequence[Bundle[Leaf]], span: Span | None) -> Bundle[Leaf]:
    front = (Size.of(len(items)),)
    goal = widened(join_all(number, [lifted(form(v, _itself), front) for v in items]))
    entry = _dropped(goal, 1)
    rows = [pad(b, number, v, entry) for v in items]
    return fill(goal, iter([b.prim("stack", *column, span=span) for column in zip(*rows, strict=True)]))


def _itself(w: Wire) -> Wire:
    return w


def _dropped(f: Bundle[Slot], count: int) -> Bundle[Slot]:
    """The form of an entry, of which only the places that are not known matter."""
    return mapped(lambda s, _, __: s, f, f.dims[count:])


# ── what does not change the value ──────────────────────────────────────────────────────────────────────────────

def _guard(b: Builder, number: Numbers, box: Box, values: Sequence[Value], targets: Sequence[Type]) -> list[Value]:
    """The wires of all values together pass the checks once."""
    checked = [_checked(b, number, v) if isinstance(v, Bundle) else v for v in values]
    sources: list[Wire] = []
    types: list[Type] = []
    for v, t in zip(checked, targets, strict=True):
        if isinstance(v, Bundle):
            sources += [leaf.wire for leaf, _ in slots(v)]
            types += _types(v, dims(t))
        else:
            sources.append(v)
            types.append(t)
    out = iter(b.box(box.op, sources, types, (), box.span, box.reason))
    return [_replaced(v, dims(t), out) if isinstance(v, Bundle) else next(out)
            for v, t in zip(checked, targets, strict=True)]


def _types(v: Bundle[Leaf], shape: Dims) -> list[Type]:
    """The types of its wires, where its dimensions are `shape`."""
    found: list[Type] = []

    def note(leaf: Leaf, item: Type, around: Dims) -> Leaf:
        found.append(array((*shape, *around[len(shape):])[leaf.skip:], item))
        return leaf
    mapped(note, v)
    return found


def _replaced(v: Bundle[Leaf], shape: Dims, new: Iterator[Wire]) -> Bundle[Leaf]:
    return mapped(lambda leaf, _, __: Leaf(next(new), leaf.skip), v, shape)


def _trace(b: Builder, box: Box, values: Sequence[Value]) -> list[Value]:
    """Functions are not shown."""
    shown = wires(values)
    out = iter(b.box(box.op, shown, [b.type(w) for w in shown], (), box.span, box.reason) if shown else ())
    return [v if isinstance(v, Bundle) else next(out) for v in values]
