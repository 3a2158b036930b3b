"""Where control flow meets, functions join: branches, loops, and calls of one of several functions.

    (if c then f else g) x     =   case tag of f ⟨…⟩ -> f x | g ⟨…⟩ -> g x        tag chosen by c
    loop f = z for i < n do e  =   the same loop over the tag and what is captured, for the least set of
                                   alternatives that holds z and is closed under e

A captured wire that all sides take from outside stays outside: it is neither a result of the branch nor carried.
The set of alternatives of a loop grows until it is stable. A function that captures the state itself has no such set:
it would be a tower that grows with every trip (E0401).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from catad.net.build import Builder
from catad.net.net import Assert, IfOp, Loop, Op, While, Wire
from catad.net.zero import zero
from catad.rewrite.bubble import Bubble
from catad.rewrite.bundle import (
    Alternative,
    Bundle,
    Leaf,
    Numbers,
    Slot,
    absent,
    fill,
    form,
    join,
    mapped,
    multiplicity,
    open_types,
    pad,
    same,
    widened,
)
from catad.rewrite.leafwise import Value, asserted
from catad.source import CatadError, Span, error
from catad.types.size import Size
from catad.types.type import I64, Fun, Type, dims, flatten, leaf

__all__ = ["Arm", "Site", "Step", "branches", "counted", "dispatch", "unbounded"]

Goal = Bundle[Slot] | Type                                    # the form of a result: of a function, or a plain wire
Arm = Callable[[Bubble], Sequence[Value]]
Call = Callable[[Builder, Alternative[Leaf], Sequence[Value]], Sequence[Value]]
Run = Callable[[Sequence[Goal]], tuple[Bubble, Sequence[Value]]]
Step = Callable[[Bubble, Sequence[Value]], Sequence[Value]]   # bound values of a bubble to its results


@dataclass(frozen=True, slots=True)
class Site:
    """Where boxes are made, and what they are made for."""

    b: Builder
    number: Numbers
    span: Span | None
    reason: str = ""


def branches(at: Site, cond: Wire, arms: Sequence[Arm]) -> list[Value]:
    """An `if`, of two arms."""
    inner = [Bubble(at.b) for _ in arms]
    outs = [[x.leaving(v, at.span) for v in arm(x)] for arm, x in zip(arms, inner, strict=True)]
    goals = _goals(inner[0], outs[0])
    for bubble, out in zip(inner[1:], outs[1:], strict=True):
        goals = _joined(at, goals, _goals(bubble, out))
    made = _box(at, IfOp(), [cond], inner, [_open(at, x.b, out, goals) for x, out in zip(inner, outs, strict=True)], [])
    return _closed(goals, iter(made))


def dispatch(at: Site, f: Bundle[Leaf], args: Sequence[Value], call: Call) -> list[Value]:
    """The results of the function that the tag tells, found by halving."""
    if len(f.alternatives) < 2:
        return _only(at, f, args, call)
    middle = len(f.alternatives) // 2
    assert f.tag is not None
    first = at.b.const(at.number(f.alternatives[middle]), I64)
    cond = at.b.prim("lt", f.tag.wire, first, span=at.span)

    def arm(half: tuple[Alternative[Leaf], ...]) -> Arm:
        def run(inner: Bubble) -> Sequence[Value]:
            g = inner.enter(Bundle(f.type, (), f.tag if len(half) > 1 else None, half))
            assert isinstance(g, Bundle)
            return dispatch(replace(at, b=inner.b), g, [inner.enter(a) for a in args], call)
        return run
    return branches(at, cond, [arm(f.alternatives[:middle]), arm(f.alternatives[middle:])])


def _only(at: Site, f: Bundle[Leaf], args: Sequence[Value], call: Call) -> list[Value]:
    """The one alternative; a tag is looked at all the same. Of no function: zeros."""
    if f.alternatives:
        out, number = list(call(at.b, f.alternatives[0], args)), at.number(f.alternatives[0]) if f.tag else 0
    else:
        out, number = [_nothing(at.b, t) for t in flatten(f.type.result)], 0
    if f.tag is None:
        return out
    cond = at.b.prim("eq", f.tag.wire, at.b.const(number, I64), span=at.span)
    return [asserted(at.b, at.number, cond, v, at.span) if isinstance(v, Bundle)
            else at.b.box(Assert(), [cond, v], [at.b.type(v)], span=at.span)[0] for v in out]


def _nothing(b: Builder, t: Type) -> Value:
    item = leaf(t)
    return absent(item, dims(t)) if isinstance(item, Fun) else zero(b, t)


# ── loops ───────────────────────────────────────────────────────────────────────────────────────────────────────

def counted(at: Site, op: Loop, inits: Sequence[Value], step: Step) -> list[Value]:
    """A counted loop: finals, then what is collected. The body gets the index and the states."""
    def run(goals: Sequence[Goal]) -> tuple[Bubble, Sequence[Value]]:
        inner = Bubble(at.b)
        index = inner.b.input(I64)
        return inner, [inner.leaving(v, at.span) for v in step(inner, [index, *_states(inner, goals)])]

    goals, inner, out = _stable(at, inits, run)
    k = len(inits)
    rows = [widened(g) if isinstance(g, Bundle) else g for g in _goals(inner, out[k:])]
    kinds = [c.kind for c, g in zip(op.carries, goals, strict=True) for _ in _types(g)]
    results = _open(at, inner.b, out, [*goals, *rows])
    body = inner.close(results, inner.captured)
    wires = iter(at.b.loop(op.size, body, inner.captured, _open(at, at.b, inits, goals), kinds, op.down, at.span,
                           at.reason))
    return _closed([*goals, *(_collected(g, op.size) for g in rows)], wires)


def unbounded(at: Site, inits: Sequence[Value], cond: Step, step: Step) -> list[Value]:
    """A loop that a condition ends; both get the states."""
    def run(goals: Sequence[Goal]) -> tuple[Bubble, Sequence[Value]]:
        inner = Bubble(at.b)
        return inner, [inner.leaving(v, at.span) for v in step(inner, _states(inner, goals))]

    goals, inner, out = _stable(at, inits, run)
    asks = Bubble(at.b)
    answer = cond(asks, _states(asks, goals))
    outs = [[w for w in answer if not isinstance(w, Bundle)], _open(at, inner.b, out, goals)]
    return _closed(goals, iter(_box(at, While(), [], [asks, inner], outs, _open(at, at.b, inits, goals))))


def _stable(at: Site, inits: Sequence[Value], run: Run) -> tuple[list[Goal], Bubble, Sequence[Value]]:
    """The forms of the states: at first those of the initial values, then grown by what the body makes of them."""
    goals: list[Goal] = [form(v, lambda w: w) if isinstance(v, Bundle) else at.b.type(v) for v in inits]
    functions = sum(isinstance(g, Bundle) for g in goals)
    height, trips = 0, 0
    while True:
        inner, out = run(goals)
        if not functions:
            return goals, inner, out
        grown = _joined(at, goals, _goals(inner, out[:len(goals)]))
        if all(same(at.number, g, h) for g, h in zip(goals, grown, strict=True)
               if isinstance(g, Bundle) and isinstance(h, Bundle)):
            return goals, inner, out
        tallest = max((multiplicity(at.number, g) for g in grown if isinstance(g, Bundle)), key=lambda p: p[0])
        height, trips = height or tallest[0], trips + 1
        if tallest[0] > height * (functions + 1) or trips > 8 + 4 * functions:
            raise tower(at.span, tallest[1])
        goals = grown


def tower(span: Span | None, place: Span | None) -> CatadError:
    return error("E0401", "a function grows with every trip of a loop", span, "this loop carries the function",
                 others=[] if place is None else [(place, "this function captures the one of the trip before")],
                 help=["carry what the function is made of, and make the function from it where it is called"])


# ── results ─────────────────────────────────────────────────────────────────────────────────────────────────────

def _goals(inner: Bubble, out: Sequence[Value]) -> list[Goal]:
    return [inner.form(v) if isinstance(v, Bundle) else inner.b.type(v) for v in out]


def _joined(at: Site, goals: Sequence[Goal], others: Sequence[Goal]) -> list[Goal]:
    return [join(at.number, g, h) if isinstance(g, Bundle) and isinstance(h, Bundle) else g
            for g, h in zip(goals, others, strict=True)]


def _types(g: Goal) -> list[Type]:
    return open_types(g) if isinstance(g, Bundle) else [g]


def _open(at: Site, b: Builder, values: Sequence[Value], goals: Sequence[Goal]) -> list[Wire]:
    """The wires for what is not known of the goals."""
    out: list[Wire] = []
    for v, g in zip(values, goals, strict=True):
        if isinstance(v, Bundle):
            assert isinstance(g, Bundle)
            out += pad(b, at.number, v, g)
        else:
            out.append(v)
    return out


def _closed(goals: Sequence[Goal], wires: Iterator[Wire]) -> list[Value]:
    """And back."""
    return [fill(g, wires) if isinstance(g, Bundle) else next(wires) for g in goals]


def _collected(g: Goal, size: Size) -> Goal:
    """The form of an array of what a body makes."""
    if not isinstance(g, Bundle):
        return g
    return mapped(lambda s, item, _: Slot(item, s.skip + 1 if s.known is not None else 0, s.known), g, (size, *g.dims))


def _states(inner: Bubble, goals: Sequence[Goal]) -> list[Value]:
    """The states as a bubble sees them: bound wires, and what is known."""
    return [inner.state(g) if isinstance(g, Bundle) else inner.b.input(g) for g in goals]


def _box(at: Site, op: Op, first: Sequence[Wire], inner: Sequence[Bubble], outs: Sequence[Sequence[Wire]],
         last: Sequence[Wire]) -> Sequence[Wire]:
    """A box of several bubbles, over the union of what they capture."""
    union = tuple(dict.fromkeys(w for bubble in inner for w in bubble.captured))
    nets = [bubble.close(out, union) for bubble, out in zip(inner, outs, strict=True)]
    return at.b.box(op, [*first, *union, *last], nets[-1].target, nets, at.span, at.reason)
