"""A definition within itself: `def rec f … : r = … f …`.

Inside its body `f` has the one type that it is declared with, at its own type and size variables. A recursive result
that is a tree has a number of nodes that is not known before the recursion is understood (`recursion.py`); until then
it has a name.
"""

from __future__ import annotations

from collections.abc import Sequence

from catad.core import term as core
from catad.source import Span
from catad.syntax import tree
from catad.types.context import Context
from catad.types.join import free
from catad.types.meta import Why
from catad.types.pending import Later
from catad.types.size import Size
from catad.types.type import Data, Fun, Type, TypeVar, holds_function, holds_tree

__all__ = ["Own", "body", "own"]


class Own:
    """The definition being checked, as its body sees it; `types` and `sizes` are its variables, once they are known."""

    def __init__(self, name: str, key: str, params: dict[str, Type], result: Type, span: Span) -> None:
        self.name, self.key, self.params, self.result, self.span = name, key, params, result, span
        self.used = False
        self.types: tuple[str, ...] = ()
        self.sizes: tuple[str, ...] = ()

    def term(self, c: Context, where: Span) -> core.Term:
        """The definition as a function. Whether a tree is a part of a parameter is asked later, not by its size."""
        self.used = True
        params = [free(c, t) for t in self.params.values()]

        def build(parts: tuple[core.Term, ...], t: Type) -> core.Term:
            types = tuple((x, TypeVar(x)) for x in self.types)
            return core.Global(t, where, self.key, types, tuple((x, Size.var(x)) for x in self.sizes))
        return Later(_function(params, self.result), where, (), build)

    def why(self, k: int) -> Why | None:
        return Why(self.span, f"its parameter `{list(self.params)[k]}`") if k < len(self.params) else None


def _function(params: Sequence[Type], result: Type) -> Type:
    for p in reversed(params):
        result = Fun(p, result)
    return result


def own(c: Context, d: tree.Def, key: str, params: Sequence[tuple[str, Type]], result: Type | None) -> Own:
    """What the body of a recursive definition may call. Raises E0208."""
    if result is None or d.result is None:
        raise c.fail("E0208", "the result of a recursive definition must be declared", d.name_span,
                     "its type is needed", help=[f"write it before the `=`: `def rec {d.name} … : f64 = …`"])
    if isinstance(result, Data) and result.size is not None:
        result = result.resized(Size.var(c.names.fresh(f"${d.name}")))
    elif holds_tree(result):
        raise c.fail("E0208", "a recursive definition cannot make a tree beside other things", d.result.span,
                     "it gives a tree alone, or no tree", help=["write one definition for each"])
    if holds_function(result):
        raise c.fail("E0208", "a recursive definition cannot give a function", d.result.span, "this holds a function",
                     help=["make the arguments of that function parameters"])
    return Own(d.name, key, dict(params), result, d.name_span)


def body(c: Context, d: tree.Def, own: Own, why: Why | None) -> core.Term:
    """The body at the declared result; that of a recursive tree is not compared in its number of nodes."""
    if not holds_tree(own.result):
        return c.check(d.body, own.result, why)
    term = c.check(d.body, free(c, own.result), why)
    return core.Pad(own.result, term.span, term) if own.used else term
