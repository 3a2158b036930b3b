"""A `Loop` box as text, in the narrowest form of the language that says it.

    no carries                                    for i < n -> e
    one "add" carry s with body s + e             sum (for i < n -> e)           likewise product, all, any
    one "add" carry a with body add_at a i e      accumulate a for i < n do (i, e)
    a while                                       loop (s, …) = (s0, …) while c do (…)
    anything else                                 loop (s, …, xs, …) = (s0, …, zeros, …) for i < n do (…)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from catad.elaborate import phrases as p
from catad.elaborate.naming import Names
from catad.elaborate.phrases import Phrase
from catad.net.net import Box, Loop, Net, Prim, Wire
from catad.types.size import Size
from catad.types.type import BOOL, F32, I64, Array, Type, dims, leaf

__all__ = ["Finish", "Writer", "write_loop", "write_while"]

Finish = Callable[[Sequence[Phrase], Sequence[Type]], Phrase]

_SUMS = {"add": "sum", "mul": "product", "and": "all", "or": "any"}
_UNITS = {"add": ("0", "0.0", "f32 0.0"), "mul": ("1", "1.0", "f32 1.0"), "and": ("true",), "or": ("false",)}


class Writer(Protocol):
    """What writing a loop needs from the writer of the net around it."""

    names: Names

    def body(self, net: Net, inputs: Sequence[Phrase], finish: Finish, keep: bool = False,
             outputs: Sequence[Wire] | None = None) -> Phrase: ...
    def let(self, phrase: Phrase, lines: list[str], hint: str = "t") -> Phrase: ...
    def plain(self, phrase: Phrase, t: Type) -> Phrase: ...
    def group(self, out: Sequence[Phrase], types: Sequence[Type]) -> Phrase: ...
    def pattern(self, whole: Phrase, wanted: Sequence[bool], lines: list[str]) -> list[Phrase]: ...
    def extent(self, size: Size) -> str: ...


def write_loop(w: Writer, box: Box, args: Sequence[Phrase], net: Net, lines: list[str],
               wanted: Sequence[bool]) -> list[Phrase]:
    """The phrases of the loop's targets; what they need is added to `lines`."""
    op = box.op
    assert isinstance(op, Loop)
    k = len(op.carries)
    outer = len(args) - k
    held = [a if a.path else w.let(a, lines) for a in args[:outer]]
    inits = [w.plain(a, t) for a, t in zip(args[outer:], net.type_of(box.sources[outer:]), strict=True)]
    (body,) = box.bubbles
    last = _combines(op.carries[0].kind, body, outer) if k == len(body.outputs) == 1 else None
    with w.names.inner():
        if k == 0:
            whole = _map(w, op, body, held)
        elif last is None:
            whole = _general(w, op, body, held, inits)
        else:
            whole = (_accumulate if last.op == Prim("add_at") else _reduce)(w, op, body, held, inits[0], last)
    if len(body.outputs) == 1:
        return [whole]
    if k:
        return w.pattern(whole, wanted, lines)
    name = w.let(whole, lines, "xs")                                  # an array of tuples
    return [p.project(name, ("", f".{j}", *("" for _ in dims(t)))) for j, t in enumerate(body.target)]


def write_while(w: Writer, box: Box, args: Sequence[Phrase], net: Net, lines: list[str],
                wanted: Sequence[bool]) -> list[Phrase]:
    """The same for a loop that a condition ends."""
    n = len(args) - len(box.targets)
    held = [a if a.path else w.let(a, lines) for a in args[:n]]
    inits = [w.plain(a, t) for a, t in zip(args[n:], net.type_of(box.sources[n:]), strict=True)]
    with w.names.inner():
        states = [Phrase(w.names.fresh("s")) for _ in inits]
        cond = w.body(box.bubbles[0], [*held, *states], w.group)
        body = w.body(box.bubbles[1], [*held, *states], w.group)
    names, first = _several(states), _several(inits)
    head = p.block(f"loop {names} = {first} while", cond.text, "do")
    whole = Phrase(p.block(head, body.text), p.OPEN)
    return [whole] if len(box.targets) == 1 else w.pattern(whole, wanted, lines)


def _several(items: Sequence[Phrase]) -> str:
    return items[0].text if len(items) == 1 else f"({', '.join(x.text for x in items)})"


def _combines(kind: str, body: Net, outer: int) -> Box | None:
    """The last box, when all the body does with its one carry is to combine it there."""
    carry = body.inputs[outer + 1]
    makers = [b for b in body.boxes if body.outputs[0] in b.targets]
    if len(makers) != 1:
        return None
    (last,) = makers
    if sum(b.sources.count(carry) for b in body.boxes) != 1 or carry in body.outputs:
        return None
    if last.op == Prim("add_at") and kind == "add" and len(last.sources) > 2 and last.sources[0] == carry:
        return last
    if kind in _SUMS and last.op == Prim(kind) and not dims(body.wires[carry]) and carry in last.sources:
        return last
    return None


def _map(w: Writer, op: Loop, body: Net, held: list[Phrase]) -> Phrase:
    i = w.names.fresh("i")
    inner = w.body(body, [*held, Phrase(i, natural=True)], w.group)
    return Phrase(p.block(f"for {i} < {w.extent(op.size)} ->", inner.text), p.OPEN)


def _reduce(w: Writer, op: Loop, body: Net, held: list[Phrase], init: Phrase, last: Box) -> Phrase:
    kind = op.carries[0].kind
    carry = body.inputs[len(held) + 1]
    (value,) = [s for s in last.sources if s != carry]
    i = w.names.fresh("i")
    inner = w.body(body, [*held, Phrase(i, natural=True), Phrase("_")], w.group, outputs=[value])
    items = Phrase(p.block(f"for {i} < {w.extent(op.size)} ->", inner.text), p.OPEN)
    total = p.apply(_SUMS[kind], [items])
    return total if init.text in _UNITS[kind] else p.infix(kind, init, total)


def _accumulate(w: Writer, op: Loop, body: Net, held: list[Phrase], init: Phrase, last: Box) -> Phrase:
    i = w.names.fresh("i")

    def pair(out: Sequence[Phrase], types: Sequence[Type]) -> Phrase:
        at = w.group(out[:-1], types[:-1])
        return Phrase(f"({at.text}, {w.plain(out[-1], types[-1]).text})")

    inner = w.body(body, [*held, Phrase(i, natural=True), Phrase("_")], pair, outputs=last.sources[1:])
    head = f"accumulate {init.at(p.PIPE)} for {i} < {w.extent(op.size)} do"
    return Phrase(p.block(head, inner.text), p.OPEN)


def _general(w: Writer, op: Loop, body: Net, held: list[Phrase], inits: list[Phrase]) -> Phrase:
    """Collected arrays become state too, written entry by entry."""
    k = len(inits)
    carried = [Phrase(w.names.fresh("s")) for _ in inits]
    arrays = [Phrase(w.names.fresh("xs")) for _ in body.outputs[k:]]
    zeros = [Phrase(_zero(w, Array(op.size, t)), p.OPEN) for t in body.target[k:]]
    trip, i = w.names.fresh("i"), ""
    if op.down:
        i, trip = trip, w.names.fresh("k")
    inner_index = i or trip

    def step(out: Sequence[Phrase], types: Sequence[Type]) -> Phrase:
        kept = [w.plain(o, t) for o, t in zip(out[:k], types[:k], strict=True)]
        written = [Phrase(f"{a.text} with [{inner_index}] = {w.plain(o, t).at(p.PIPE)}", p.UPDATE)
                   for a, o, t in zip(arrays, out[k:], types[k:], strict=True)]
        items = kept + written
        return items[0] if len(items) == 1 else Phrase(p.listed([x.text for x in items]))

    inner = w.body(body, [*held, Phrase(inner_index, natural=True), *carried], step)
    text = f"let {i} = {w.extent(op.size)} - 1 - {trip} in\n{inner.text}" if op.down else inner.text
    state, start = carried + arrays, inits + zeros
    names, first = (state[0].text, start[0].text) if len(state) == 1 else (
        f"({', '.join(s.text for s in state)})", p.listed([s.text for s in start]))
    rest = f"for {trip} < {w.extent(op.size)} do"
    head = f"loop {names} = {first} {rest}"
    if "\n" in first or len(head) > 100:
        head = f"loop {names} =\n    {p.indent(first, 4)}\n  {rest}"
    return Phrase(p.block(head, text), p.OPEN)


def _zero(w: Writer, t: Type) -> str:
    """Zeros of a wire type."""
    item = leaf(t)
    value = "false" if item == BOOL else "0" if item == I64 else "f32 0.0" if item == F32 else "0.0"
    if not dims(t):
        return value
    with w.names.inner():
        binders = ", ".join(f"{w.names.fresh('i')} < {w.extent(s)}" for s in dims(t))
    return f"for {binders} -> {value}"
