"""The state of checking one definition, and the few things every rule does with it.

Rules are functions `(Context, tree) -> core term`; the term's type may hold unknowns until `finish.py`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from catad.core import term as core
from catad.source import CatadError, Span, error
from catad.syntax import tree
from catad.types.fault import escaped, explain
from catad.types.measure import Measure
from catad.types.meta import Escape, Fault, Why, Wrong
from catad.types.pending import Cast
from catad.types.scheme import Scheme
from catad.types.scope import Local, Names, Scope
from catad.types.show import show
from catad.types.size import Size
from catad.types.type import I64, Scalar, Type, TypeVar
from catad.types.unify import Unifier

if TYPE_CHECKING:
    from catad.types.own import Own

__all__ = ["Context", "Expansion", "World", "suggest"]


class World(Protocol):
    """What a definition sees of its file and of what the file imports."""

    def value(self, name: str, span: Span) -> Scheme | None: ...
    def member(self, alias: str, name: str, span: Span) -> Scheme | None: ...
    def library(self, name: str) -> Scheme: ...
    @property
    def prefix(self) -> str: ...
    def declared_type(self, name: str) -> tuple[tree.TypeDecl, World] | None: ...
    def constructor(self, name: str, alias: str | None = None) -> tuple[tree.TypeDecl, World] | None: ...
    def refused(self, name: str) -> CatadError | None: ...
    def constructor_names(self) -> Iterable[str]: ...
    def value_names(self) -> Iterable[str]: ...
    def qualified(self, name: str) -> Iterable[str]: ...
    def type_names(self) -> Iterable[str]: ...
    def unread(self, name: str) -> bool: ...


_ELSEWHERE = {
    "not": "not is `!a`", "and": "and is `a && b`", "or": "or is `a || b`", "ln": "the natural logarithm is `log`",
    "pow": "power is `x ^ y`", "power": "power is `x ^ y`", "len": "the size in the type, `[n]f64`, or `length xs`",
    "range": "the array 0, 1, … is `iota n`, or write `for i < n -> …`", "fabs": "the absolute value is `abs`",
    "int": "conversion to a whole number is `i64 x`", "float": "conversion to a float is `f64 n`",
    "True": "it is written `true`", "False": "it is written `false`", "PI": "it is written `pi`",
    "foldl": "the left fold is `reduce f z xs`", "print": "programs have no output; `catad run` prints a value",
}


def suggest(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """`did you mean` as help lines, or how other languages' words are said here; none when nothing is near."""
    if name in _ELSEWHERE:
        return (_ELSEWHERE[name],)
    names = sorted(set(known))
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.7) or [x for x in names if _swapped(name, x)][:1]
    return tuple(f"did you mean `{x}`?" for x in near)


def _swapped(a: str, b: str) -> bool:
    """Do two names differ by the order of two neighbours?"""
    return len(a) == len(b) > 2 and any(
        b == a[:k] + a[k + 1] + a[k] + a[k + 2:] for k in range(len(a) - 1) if a[k] != a[k + 1])


@dataclass(frozen=True, slots=True)
class Expansion:
    """A declared type that is being looked into, at these arguments."""

    key: str
    declaration: tree.TypeDecl
    values: tuple[Type, ...]


class Context:
    """Unknowns, names in scope, open scopes."""

    def __init__(self, world: World, infer: Callable[[Context, tree.Expr], core.Term],
                 check: Callable[[Context, tree.Expr, Type, Why | None], core.Term]) -> None:
        self.world = world
        self.unifier = Unifier()
        self.names = Names()
        self.scopes: list[Scope] = []
        self.env: dict[str, list[Local]] = {}
        self.atoms: dict[str, Local] = {}                  # i64 variables by unique name
        self.size_names: dict[str, Span] = {}              # declared size binders
        self.size_params: dict[str, Span] = {}             # i64 parameters, which may be used as sizes
        self.size_types: dict[str, Type] = {}              # their types, i64 or not known yet
        self.used_sizes: set[str] = set()                  # those that are
        self.broken = False                                # uses a definition that failed
        self.bound: list[str] = []                         # the names bound now, innermost last
        self.mistakes: list[CatadError] = []               # what went wrong in bindings so far
        self.type_variables: dict[str, Type] = {}
        self.type_sizes: dict[str, Size] = {}              # what the sizes of a declared type stand for, within it
        self.defaults: list[tuple[Type, int]] = []         # unknowns to narrow before they are generalised
        self.expanding: list[Expansion] = []               # declared types being expanded
        self.expanded: dict[tuple[str, tuple[Type, ...]], Type] = {}   # those that take sizes only, and hold no trees
        self.measure = Measure()
        self.trees = 0                                     # how many numbers of nodes were asked for
        self.header: tree.Pattern | None = None            # the parameter whose type is being read
        self.own: Own | None = None                        # the recursive definition that is being checked
        self.node_counts: dict[str, Span] = {}             # the numbers of nodes of trees among the parameters
        self._infer, self._check = infer, check

    # ── rules call rules ───────────────────────────────────────────────────────────────────────────────────────

    def infer(self, e: tree.Expr) -> core.Term:
        return self._infer(self, e)

    def check(self, e: tree.Expr, expected: Type, why: Why | None = None) -> core.Term:
        return self._check(self, e, expected, why)

    # ── agreement ──────────────────────────────────────────────────────────────────────────────────────────────

    def coerce(self, term: core.Term, expected: Type, why: Why | None = None) -> core.Term:
        """`term` at the expected type: the same up to sizes that a Guard compares when the program runs."""
        found = term.type
        self.unifier.here = term.span
        try:
            self.unifier.unify(found, expected)
        except Fault as fault:
            raise explain(self.unifier, fault, term.span, found, expected, why, self.spans) from None
        p, q = self.unifier.prune(found), self.unifier.prune(expected)
        self.broken |= isinstance(p, Wrong)
        if p is q or isinstance(q, (Scalar, TypeVar)):
            return term
        return Cast(expected, term.span, term)

    def require(self, term: core.Term, bits: int, why: Why) -> None:
        """Demand that the type of a term lies in a set of kinds."""
        try:
            self.unifier.require(term.type, bits, why)
        except Fault as fault:
            raise explain(self.unifier, fault, term.span, term.type, term.type, why, self.spans) from None

    def known(self, t: Type) -> Type:
        """The head of a type, after trying everything that might determine it."""
        p = self.unifier.prune(t)
        if not isinstance(p, Scalar) and self.unifier.postponed:
            self.unifier.progress()
            p = self.unifier.prune(p)
        return p

    def show(self, t: Type) -> str:
        return show(self.unifier, t)

    def fail(self, code: str, title: str, span: Span, text: str = "", *, others: Sequence[tuple[Span, str]] = (),
             notes: Sequence[str] = (), help: Sequence[str] = ()) -> CatadError:
        return error(code, title, span, text, others=others, notes=notes, help=help)

    def spans(self, size: str) -> tuple[Span, str] | None:
        """Where a size variable comes from."""
        if size in self.unifier.bound:
            return self.unifier.bound[size][1], f"the size {size} is computed here"
        if size in self.node_counts:
            return self.node_counts[size], f"{size[1:]} is its number of nodes"
        if size in self.size_names:
            return self.size_names[size], f"the size {size} is declared here"
        if size in self.size_params:
            return self.size_params[size], f"the size {size} is this parameter"
        return None

    def nodes(self, name: str) -> Size:
        """The number of nodes of a tree: a parameter brings its own, any other is to be found."""
        self.trees += 1
        if self.header is None:
            return self.unifier.size(hidden=True)
        size = self.names.fresh(f"${name}")
        self.node_counts[size] = self.header.span
        return Size.var(size)

    # ── scopes and names ───────────────────────────────────────────────────────────────────────────────────────

    @property
    def scope(self) -> Scope:
        return self.scopes[-1]

    @contextmanager
    def opened(self) -> Iterator[Scope]:
        """A new innermost scope; the caller closes its term with `leave`."""
        self.unifier.depth += 1
        scope = Scope(self.unifier.depth)
        self.scopes.append(scope)
        try:
            yield scope
        finally:
            self.scopes.pop()
            self.unifier.depth -= 1

    def leave(self, scope: Scope, body: core.Term, where: str) -> core.Term:
        """The closed scope, called outside of it; its type may not mention a size bound inside."""
        try:
            self.unifier.lower(body.type, self.unifier.depth)
        except Escape as e:
            raise escaped(self.unifier, e, body.span, body.type, where) from None
        return scope.close(body)

    def bind(self, name: str, t: Type, span: Span, poly: Size | None = None, unique: str | None = None) -> Local:
        """A new variable in scope, shadowing others of its name until `unbind`."""
        local = Local(unique or self.names.fresh(name), t, span, poly, self.scope)
        self.env.setdefault(name, []).append(local)
        self.bound.append(name)
        self.atoms[local.name] = local
        return local

    def unbind(self, names: Iterable[str]) -> None:
        """The variables that were bound last go; names may come in any order."""
        for name in names:
            self.env[name].pop()
            self.bound.pop()

    def local(self, name: str) -> Local | None:
        stack = self.env.get(name)
        return stack[-1] if stack else None

    def value_names(self) -> list[str]:
        return [*(n for n, s in self.env.items() if s), *self.size_names, *self.world.value_names()]

    def i64(self, e: tree.Expr, text: str) -> core.Term:
        """An expression that must be a whole number."""
        return self.check(e, I64, Why(e.span, text))
