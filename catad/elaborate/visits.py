"""Which children a node calls, and what it passes down to them: a recursive definition read without its results.

    visits : body of f  ↦  for each child, (is it called?, the arguments that change)

The term is the body with everything taken out that only serves the result. Where a condition depends on results of
calls both sides are visited. All definitions here are rewritings of core terms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catad.core import term as c
from catad.core.recursion import Calls, Part, Steps, branches, mentions, spine, subterms
from catad.source import Span
from catad.types.type import BOOL, I64, Data, Prod, Type

__all__ = ["ROOT", "Visits"]

ROOT = "root"                   # the operation that gives the index of a tree's root


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """The children that a definition calls, in a fixed order, and the term that says which are called at a node."""

    children: tuple[Steps, ...]
    inherited: tuple[int, ...]
    types: tuple[Type, ...]                 # of the inherited arguments; a tree is the index of its root
    term: c.Term

    @staticmethod
    def of(calls: Calls) -> Visits:
        d = calls.definition
        assert d.recursion is not None
        reader = _Reader(calls)
        term = reader.read(d.body)
        assert term is not None
        return Visits(reader.children, d.recursion.inherited, reader.types, term)


def is_tree(t: Type) -> bool:
    return isinstance(t, Data) and t.size is not None


class _Reader:
    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        d = calls.definition
        assert d.recursion is not None
        self.tree, self.inherited = d.recursion.tree, d.recursion.inherited
        self.types = tuple(I64 if is_tree(t) else t for t in (d.params[k][1] for k in self.inherited))
        self.children = tuple(dict.fromkeys(self.steps(call.args) for call in calls.calls))
        self.slot = Prod((BOOL, *self.types))
        self.type = Prod(tuple(self.slot for _ in self.children))

    def steps(self, args: Sequence[c.Term]) -> Steps:
        part = self.calls.part(args[self.tree])
        assert isinstance(part, Part)
        return part.steps

    def read(self, e: c.Term) -> c.Term | None:
        """The visits of a term; None where there are none."""
        chain: list[tuple[c.Let | c.BindSize, c.Term | None]] = []
        while isinstance(e, (c.Let, c.BindSize)):
            chain.append((e, self.read(e.bound if isinstance(e, c.Let) else e.extent)))
            e = e.body
        out = self._below(e)
        for b, own in reversed(chain):
            if out is not None and b.name not in self.calls.dependent:
                out = (c.Let(self.type, b.span, b.name, b.bound, out) if isinstance(b, c.Let) else
                       c.BindSize(self.type, b.span, b.name, b.extent, out, b.clamp))
            out = self._both(own, out)
        return out

    def _below(self, e: c.Term) -> c.Term | None:
        fn, args = spine(e)
        key = self.calls.definition.name
        if isinstance(fn, c.Global) and fn.name == key:
            out = None
            for a in args:
                out = self._both(out, self.read(a))
            return self._both(out, self._call(args, e.span))
        if isinstance(e, (c.If, c.Case)):
            return self._branches(e)
        out = None
        for x in subterms(e):
            out = self._both(out, self.read(x))
        return out

    def _call(self, args: Sequence[c.Term], span: Span) -> c.Term:
        me = self.steps(args)
        values = [c.Op(I64, span, ROOT, (args[k],)) if is_tree(args[k].type) else args[k] for k in self.inherited]
        slots = [c.Tuple(self.slot, span, (c.Lit(BOOL, span, True), *values)) if s == me else self._no_slot(span)
                 for s in self.children]
        return c.Tuple(self.type, span, tuple(slots))

    def _no_slot(self, span: Span) -> c.Term:
        return c.Tuple(self.slot, span, (c.Lit(BOOL, span, False), *(c.Op(t, span, "vzero", ()) for t in self.types)))

    def _none(self, span: Span) -> c.Term:
        return c.Tuple(self.type, span, tuple(self._no_slot(span) for _ in self.children))

    def _branches(self, e: c.If | c.Case) -> c.Term | None:
        first = e.cond if isinstance(e, c.If) else e.item
        before, inside = self.read(first), [self.read(b) for b in branches(e)]
        if all(v is None for v in inside):
            return before
        if mentions(first, self.calls.dependent, self.calls.definition.name):
            out = before
            for v in inside:
                out = self._both(out, v)
            return out
        full = [v if v is not None else self._none(e.span) for v in inside]
        if isinstance(e, c.If):
            return self._both(before, c.If(self.type, e.span, first, full[0], full[1]))
        arms = tuple((k, x, v) for (k, x, _), v in zip(e.arms, full, strict=False))
        other = full[-1] if e.other is not None else None
        return self._both(before, c.Case(self.type, e.span, first, arms, other))

    def _both(self, a: c.Term | None, b: c.Term | None) -> c.Term | None:
        """The visits of both; where both call a child they pass the same."""
        if a is None or b is None:
            return a if b is None else b
        x, y = f"visits#{id(a)}", f"visits#{id(b)}"
        left, right = c.Var(self.type, a.span, x), c.Var(self.type, b.span, y)
        slots = []
        for k in range(len(self.children)):
            one = c.Proj(self.slot, a.span, left, k)
            two = c.Proj(self.slot, b.span, right, k)
            slots.append(c.If(self.slot, a.span, c.Proj(BOOL, a.span, one, 0), one, two))
        pair = c.Tuple(self.type, a.span, tuple(slots))
        return c.Let(self.type, a.span, x, a, c.Let(self.type, b.span, y, b, pair))
