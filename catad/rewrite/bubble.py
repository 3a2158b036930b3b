"""A bubble under construction: values enter it through the wall, and leave it as results.

    inside ──▶ outside      a function that leaves keeps the wires that came from outside; the others become results

What leaves may not mention a size that is bound inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from catad.net.build import Builder
from catad.net.net import BindSize, Net, Wire
from catad.net.sizes import free_sizes
from catad.rewrite.bundle import Alternative, Bundle, Leaf, Slot, form, mapped, mentioned, open_types
from catad.rewrite.leafwise import Value
from catad.rewrite.unchecked import Draft
from catad.source import Span, error
from catad.types.type import Type, array, type_sizes

__all__ = ["Bubble"]


class Bubble:
    """A bubble being rebuilt; each wire passes the wall once."""

    def __init__(self, outer: Builder) -> None:
        self.outer = outer
        self.b = Draft()
        self._inside: dict[Wire, Wire] = {}
        self._outside: dict[Wire, Wire] = {}

    def enter(self, v: Value) -> Value:
        if isinstance(v, Bundle):
            return mapped(lambda leaf, _, __: Leaf(self._wire(leaf.wire), leaf.skip), v, again=True)
        return self._wire(v)

    def _wire(self, w: Wire) -> Wire:
        if w not in self._inside:
            inner = self._inside[w] = self.b.wire(self.outer.type(w))
            self._outside[inner] = w
        return self._inside[w]

    def bound(self, types: Sequence[Type]) -> list[Wire]:
        return [self.b.input(t) for t in types]

    def leaving(self, v: Value, span: Span | None) -> Value:
        """The value where it may leave the bubble; raises E0303 for a size that is bound inside."""
        inside = {box.op.name for box in self.b.boxes if isinstance(box.op, BindSize)} if isinstance(v, Bundle) else ()
        return _free(v, frozenset(inside), span) if inside and isinstance(v, Bundle) else v

    def form(self, v: Bundle[Leaf]) -> Bundle[Slot]:
        """What of a function is not known outside."""
        return form(v, self._outside.get)

    def state(self, f: Bundle[Slot]) -> Bundle[Leaf]:
        """A function of this form that is bound here: what is known is captured, the rest are inputs."""
        return mapped(lambda s, item, dims: Leaf(
            self._wire(s.known) if s.known is not None else self.b.input(array(dims[s.skip:], item)), s.skip), f)

    @property
    def captured(self) -> tuple[Wire, ...]:
        return tuple(self._inside)

    def close(self, outputs: Sequence[Wire], order: Sequence[Wire]) -> Net:
        self.b.inputs[:0] = [self._wire(w) for w in order]
        return self.b.net(*outputs)


def _free(v: Bundle[Leaf], inside: frozenset[str], span: Span | None) -> Bundle[Leaf]:
    """The functions without sizes that are known inside only."""
    return replace(v, alternatives=tuple([_without(v, a, inside, span) for a in v.alternatives]))


def _without(v: Bundle[Leaf], a: Alternative[Leaf], inside: frozenset[str], span: Span | None) -> Alternative[Leaf]:
    one = form(replace(v, alternatives=(a,)), lambda w: None)
    if inside.isdisjoint({*mentioned(one), *(x for t in open_types(one) for s in type_sizes(t) for x in s.variables)}):
        return a
    if a.again is not None:
        return _without(v, a.again, inside, span)
    if any(isinstance(x, Bundle) for x in a.captured) and inside.isdisjoint(free_sizes(a.body)):
        return replace(a, captured=tuple([_free(x, inside, span) if isinstance(x, Bundle) else x for x in a.captured]))
    place = [] if a.span is None or a.span == span else [(a.span, "this function captures it")]
    raise error("E0303", "a function would take a size out of its scope", span,
                "the size of an array is known in here only", others=place,
                help=["compute the size outside, or call the function in here"])
