"""A definition checked as it grows, for front ends that make its tree step by step.

    begin d ; open … close ; bind x = e        the scopes and variables of d's body, as they come
    infer e : type                             what `e` is where we are now, or the diagnostic of what is wrong with it

The types are those that `catad.types.check` finds for the finished tree, by the same rules; nothing else is kept.
"""

from __future__ import annotations

from contextlib import ExitStack

from catad.source import CatadError, Source, Span
from catad.syntax import tree
from catad.types.annotate import resolve
from catad.types.check import Load, Run, prelude
from catad.types.define import header, opened
from catad.types.files import CheckedFile
from catad.types.infer import context
from catad.types.sizes import of_let
from catad.types.type import Type

__all__ = ["Session"]


class Session:
    """The state of checking one definition of a file that exists only as far as it was told."""

    def __init__(self, source: Source, load: Load) -> None:
        self.run = Run(load, prelude())
        self.world = CheckedFile(source, "", prelude())
        self.context = context(self.world)
        self.scopes: list[ExitStack] = []

    def imports(self, path: str, alias: str, span: Span) -> tree.Import:
        """An import for the rest of the definition. Raises what checking that file raises."""
        d = tree.Import(span, path, span, alias)
        self.run.imported(self.world, d)
        diagnostics = [x for f in self.run.finished for x in f.diagnostics]
        if diagnostics:
            raise CatadError(diagnostics)
        return d

    def begin(self, d: tree.Def) -> list[Type]:
        """Enter a definition's body; the types of its parameters. Raises E02xx, E03xx for its header."""
        c = self.context
        params = header(c, d)
        if d.result is not None:
            resolve(c, d.result)
        stack = ExitStack()
        stack.enter_context(opened(c, d, params))
        self.scopes.append(stack)
        return [t for _, t in params]

    def open(self) -> None:
        """Enter the body of a function, loop or branch."""
        stack = ExitStack()
        stack.enter_context(self.context.opened())
        self.scopes.append(stack)

    def close(self) -> None:
        """Leave the innermost body; what was bound there is gone."""
        self.scopes.pop().close()

    def infer(self, e: tree.Expr) -> Type:
        """The type of an expression here; a literal's may still be open."""
        return self.context.known(self.context.infer(e).type)

    def check(self, e: tree.Expr, t: Type) -> None:
        """Raises E02xx or E03xx when an expression is not of this type."""
        self.context.check(e, t)

    def known(self, t: Type) -> Type:
        """A type as far as it is determined by now."""
        return self.context.known(t)

    def bind(self, name: str, t: Type, span: Span, bound: tree.Expr | None = None) -> None:
        """A variable of this type in the innermost body, let-bound to `bound` if that is given."""
        c = self.context
        c.bind(name, t, span, None if bound is None else of_let(c, bound, t))
        self.scopes[-1].callback(c.unbind, [name])

    def show(self, t: Type) -> str:
        return self.context.show(t)
