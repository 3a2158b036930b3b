"""Functions as data: what a function value is once it is chosen, stored or carried.

    [dims] (a -> b)  =  a tag : [dims] i64, and for each alternative  λ body ⟨captured⟩  what it captured, [dims] each

A closure is the bundle of one alternative, with no dimensions and no tag. Where an alternative is not chosen its
captured wires hold anything (zeros, when they must be there); captured functions are bundles again. A wire on which
the leading dimensions have no influence is kept without them (`Leaf.skip`). A tag with one alternative says nothing,
but must be looked at before the function is called: a check that may fail hangs on it.

Alternatives are the same when their bubbles are (`Numbers`), whatever they captured, so the number of alternatives is
bounded by the text of the program. Two bundles meet in their *join*: all alternatives of both, their captured values
joined one by one. Defunctionalisation: Reynolds, Definitional interpreters (1972).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from catad.net.build import Builder
from catad.net.canonical import digest
from catad.net.net import Assert, BindSize, Guard, Net, Prim, Trace, Wire
from catad.net.sizes import free_sizes, type_sizes
from catad.net.zero import zero
from catad.ops import row
from catad.source import Span
from catad.types.size import Size
from catad.types.type import I64, Array, Fun, Type, array

__all__ = ["Alternative", "Bundle", "Leaf", "Numbers", "Slot", "absent", "closure", "fill", "form", "join", "join_all",
           "lifted", "mapped", "mentioned", "multiplicity", "open_types", "pad", "same", "slots", "spread", "widened"]

L = TypeVar("L")
M = TypeVar("M")
Dims = tuple[Size, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A wire of a bundle; it lacks the first `skip` of the bundle's dimensions, on which it does not depend."""

    wire: Wire
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a wire of type `item`, under the dimensions of its bundle but the first `skip`.

    `known` is the wire that it always holds, named as outside.
    """

    item: Type
    skip: int
    known: Wire | None


@dataclass(frozen=True, slots=True, eq=False)
class Alternative(Generic[L]):
    """A function without its dimensions: a bubble, and what it captured.

    `again` is the same function of other captured values, for where these cannot go: a pullback that runs the forward
    part again instead of keeping a residual of sizes that are not known there.
    """

    body: Net
    captured: tuple[L | Bundle[L], ...]
    span: Span | None
    again: Alternative[L] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Bundle(Generic[L]):
    """Functions of one type. With L = Leaf a value; with L = Slot its form."""

    type: Fun
    dims: Dims
    tag: L | None
    alternatives: tuple[Alternative[L], ...]


def closure(body: Net, captured: Sequence[Wire | Bundle[Leaf]], t: Fun, span: Span | None,
            again: Bundle[Leaf] | None = None) -> Bundle[Leaf]:
    """A function that is known while compiling; `again` is another one for the same function."""
    values = tuple(v if isinstance(v, Bundle) else Leaf(v) for v in captured)
    other = None if again is None else again.alternatives[0]
    return Bundle(t, (), None, (Alternative(body, values, span, other),))


def absent(t: Fun, dims: Dims = ()) -> Bundle[Leaf]:
    """Functions that nobody calls: the payload of a constructor that is not there, the entries of an empty array."""
    return Bundle(t, dims, None, ())


class Numbers:
    """The alternatives seen so far, by number. Alike are bubbles that are one diagram and fail at one place."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, tuple[Span | None, ...]], int] = {}
        self._seen: dict[int, tuple[Net, int]] = {}          # by identity; keeps the nets alive

    def __call__(self, a: Alternative[L]) -> int:
        seen = self._seen.get(id(a.body))
        if seen is None:
            key = (digest(a.body), tuple(_places(a.body)))
            seen = self._seen[id(a.body)] = (a.body, self._known.setdefault(key, len(self._known)))
        return seen[1]


def _places(net: Net) -> Iterator[Span | None]:
    """Where a person is told of what happens in a net."""
    for b in net.boxes:
        if isinstance(b.op, Assert | BindSize | Guard | Trace) or (isinstance(b.op, Prim) and row(b.op.name).fails):
            yield b.span
        for n in b.bubbles:
            yield from _places(n)


# ── structure ───────────────────────────────────────────────────────────────────────────────────────────────────

def mapped(f: Callable[[L, Type, Dims], M], v: Bundle[L], dims: Dims | None = None, *,
           again: bool = False) -> Bundle[M]:
    """The bundle with f (leaf, its type without dimensions, the dimensions around) for each leaf.

    `dims` says what the dimensions become, where they change; `again` keeps what alternatives have for other places.
    """
    new = v.dims if dims is None else dims

    def one(a: Alternative[L]) -> Alternative[M]:
        captured: list[M | Bundle[M]] = []
        for x, w in zip(a.captured, a.body.inputs, strict=False):        # the arguments follow
            if isinstance(x, Bundle):
                captured.append(mapped(f, x, (*new, *x.dims[len(v.dims):]), again=again))
            else:
                captured.append(f(x, a.body.wires[w], v.dims))
        other = one(a.again) if again and a.again is not None else None
        return Alternative(a.body, tuple(captured), a.span, other)

    tag = None if v.tag is None else f(v.tag, I64, v.dims)
    return Bundle(v.type, new, tag, tuple([one(a) for a in v.alternatives]))


def form(v: Bundle[Leaf], outside: Callable[[Wire], Wire | None]) -> Bundle[Slot]:
    """What is left when the wires are forgotten, but for those that `outside` knows."""
    return mapped(lambda leaf, item, _: Slot(item, leaf.skip, outside(leaf.wire)), v)


def slots(f: Bundle[L]) -> Iterator[tuple[L, Dims]]:
    """All leaves with the dimensions around them, in the order of `mapped`."""
    if f.tag is not None:
        yield f.tag, f.dims
    for a in f.alternatives:
        for x in a.captured:
            if isinstance(x, Bundle):
                yield from slots(x)
            else:
                yield x, f.dims


def open_types(f: Bundle[Slot]) -> list[Type]:
    """The types of the wires that are not known."""
    return [array(dims[s.skip:], s.item) for s, dims in slots(f) if s.known is None]


def lifted(f: Bundle[Slot], sizes: Dims) -> Bundle[Slot]:
    """Under more dimensions in front, on which what is known does not depend."""
    return mapped(lambda s, item, _: Slot(item, s.skip + len(sizes), s.known), f, (*sizes, *f.dims))


def widened(f: Bundle[Slot]) -> Bundle[Slot]:
    """What is not known depends on all dimensions."""
    return mapped(lambda s, item, _: s if s.known is not None else Slot(item, 0, None), f)


def fill(f: Bundle[Slot], wires: Iterator[Wire]) -> Bundle[Leaf]:
    """The bundle of this form; `wires` come in place of what is not known."""
    return mapped(lambda s, item, _: Leaf(next(wires) if s.known is None else s.known, s.skip), f)


def mentioned(f: Bundle[Slot]) -> Iterator[str]:
    """The size variables in bubbles and in the types of captured wires."""
    for a in f.alternatives:
        yield from free_sizes(a.body)
        for x in a.captured:
            if isinstance(x, Bundle):
                yield from mentioned(x)
    for size in f.dims:
        yield from size.variables
    for s in type_sizes(f.type):
        yield from s.variables


def multiplicity(number: Numbers, f: Bundle[L], around: tuple[int, ...] = ()) -> tuple[int, Span | None]:
    """How often an alternative is nested in itself, and where that one is written."""
    worst: tuple[int, Span | None] = (0, None)
    for a in f.alternatives:
        path = (*around, number(a))
        found = [(path.count(path[-1]), a.span)]
        found += [multiplicity(number, x, path) for x in a.captured if isinstance(x, Bundle)]
        worst = max((worst, *found), key=lambda p: p[0])
    return worst


# ── the join ────────────────────────────────────────────────────────────────────────────────────────────────────

def join(number: Numbers, f: Bundle[Slot], g: Bundle[Slot]) -> Bundle[Slot]:
    """The least form that holds both."""
    if not f.alternatives and f.tag is None:
        return g
    if not g.alternatives and g.tag is None:
        return f
    ours, theirs = ({number(a): a for a in x.alternatives} for x in (f, g))
    both = [_alternative(number, ours.get(k), theirs.get(k)) for k in sorted({**ours, **theirs})]
    return Bundle(f.type, f.dims, _tag(f, g, len(both)), tuple(both))


def join_all(number: Numbers, forms: Sequence[Bundle[Slot]]) -> Bundle[Slot]:
    """The join of several, by halving."""
    if len(forms) == 1:
        return forms[0]
    middle = len(forms) // 2
    return join(number, join_all(number, forms[:middle]), join_all(number, forms[middle:]))


def _alternative(number: Numbers, a: Alternative[Slot] | None, b: Alternative[Slot] | None) -> Alternative[Slot]:
    if a is None or b is None:
        known = a or b
        assert known is not None
        return known
    captured: list[Slot | Bundle[Slot]] = []
    for x, y in zip(a.captured, b.captured, strict=True):
        if isinstance(x, Bundle):
            assert isinstance(y, Bundle)
            captured.append(join(number, x, y))
        else:
            assert isinstance(y, Slot)
            captured.append(_slot(x, y))
    return Alternative(a.body, tuple(captured), a.span)


def _slot(x: Slot, y: Slot) -> Slot:
    return x if x == y else Slot(x.item, min(x.skip, y.skip), None)


def _tag(f: Bundle[Slot], g: Bundle[Slot], count: int) -> Slot | None:
    if f.tag is not None and g.tag is not None:
        return _slot(f.tag, g.tag)
    tag = f.tag or g.tag
    if tag is None:
        return Slot(I64, len(f.dims), None) if count > 1 else None
    untagged = g if f.tag is not None else f
    return Slot(I64, tag.skip, None) if untagged.alternatives else tag


def same(number: Numbers, f: Bundle[Slot], g: Bundle[Slot]) -> bool:
    """Are the forms equal? Alternatives are in the order of their numbers after a join."""
    if f.tag != g.tag or [number(a) for a in f.alternatives] != [number(a) for a in g.alternatives]:
        return False
    pairs = [(x, y) for a, b in zip(f.alternatives, g.alternatives, strict=True)
             for x, y in zip(a.captured, b.captured, strict=True)]
    return all(same(number, x, y) if isinstance(x, Bundle) and isinstance(y, Bundle) else x == y for x, y in pairs)


def pad(b: Builder, number: Numbers, v: Bundle[Leaf] | None, f: Bundle[Slot]) -> Iterator[Wire]:
    """The wires of `v` (nothing: of no function) for the places of the form `f` that are not known."""
    given = {} if v is None else {number(a): a for a in v.alternatives}
    if f.tag is not None and f.tag.known is None:
        yield _tag_wire(b, number, v, f)
    for a in f.alternatives:
        own = given.get(number(a))
        for k, s in enumerate(a.captured):
            x = None if own is None else own.captured[k]
            if isinstance(s, Bundle):
                assert x is None or isinstance(x, Bundle)
                yield from pad(b, number, x, s)
            elif s.known is None:
                assert not isinstance(x, Bundle)
                dims = f.dims[s.skip:]
                yield zero(b, array(dims, s.item)) if x is None else spread(b, x.wire, f.dims[s.skip:x.skip])


def _tag_wire(b: Builder, number: Numbers, v: Bundle[Leaf] | None, f: Bundle[Slot]) -> Wire:
    assert f.tag is not None
    if v is not None and v.tag is not None:
        return spread(b, v.tag.wire, f.dims[f.tag.skip:v.tag.skip])
    chosen = number(v.alternatives[0]) if v is not None and v.alternatives else 0
    return spread(b, b.const(chosen, I64), f.dims[f.tag.skip:])


def spread(b: Builder, w: Wire, dims: Sequence[Size]) -> Wire:
    """The same value under more dimensions."""
    t = b.type(w)
    if not dims:
        return w
    if not isinstance(t, Array):
        return b.fill(dims, w)
    body = Builder()
    value = body.input(t)
    body.input(I64)
    return b.loop(dims[0], body.net(spread(body, value, dims[1:])), [w])[0]
