"""One file being checked: its declarations, its imports, and the types of its definitions, found on demand.

Definitions may stand in any order: a name that is not checked yet is checked when it is first used, so they
are finished, and listed, in the order of their dependencies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from catad.core.term import Definition
from catad.source import CatadError, Diagnostic, Source, Span, error
from catad.syntax import tree
from catad.types.builtins import BUILTINS
from catad.types.context import World, suggest
from catad.types.data import declared
from catad.types.define import define
from catad.types.derivative import derivative
from catad.types.infer import context
from catad.types.scheme import Scheme
from catad.types.unfit_types import mentioned

__all__ = ["CheckedFile"]


class CheckedFile:
    """The world of the definitions of one file. `prefix` keeps the keys of different files apart."""

    def __init__(self, source: Source, prefix: str, prelude: CheckedFile | None) -> None:
        self.source = source
        self._prefix = prefix
        self.prelude = prelude
        self.aliases: dict[str, CheckedFile] = {}
        self.opened: list[CheckedFile] = []
        self.missing: set[str] = set()                       # aliases of imports that failed
        self.declared: dict[str, tree.Def] = {}
        self.declared_types: dict[str, tree.TypeDecl] = {}
        self.declared_rules: dict[str, tree.Derivative] = {}
        self.defs: Mapping[str, tree.Def] = self.declared
        self.types: Mapping[str, tree.TypeDecl] = self.declared_types
        self.rules: Mapping[str, tree.Derivative] = self.declared_rules
        self.constructors: dict[str, tree.TypeDecl] = {}
        self.refusals: dict[str, CatadError] = {}            # types that are declared wrongly
        self.schemes: dict[str, Scheme] = {}
        self.stack: list[str] = []
        self.definitions: dict[str, Definition] = {}
        self.diagnostics: list[Diagnostic] = []

    @property
    def prefix(self) -> str:
        return self._prefix

    # ── the world of a definition ──────────────────────────────────────────────────────────────────────────────

    def value(self, name: str, span: Span) -> Scheme | None:
        """What a name means: own, then imported, then of the prelude."""
        if name in self.defs:
            return self.scheme(name, span)
        found = [f for f in self.opened if f.exports(name)]
        if len(found) > 1:
            raise error("E0218", f"`{name}` is imported twice", span, "ambiguous",
                        notes=[f"both {found[0].source.name} and {found[1].source.name} define it"],
                        help=['give one import a name: `import "…" as m`, then `m.' + name + "`"])
        if found:
            return found[0].exported(name, span)
        if self.prelude is not None and self.prelude.exports(name, True):
            return self.prelude.exported(name, span)
        return Scheme.wrong(name, span) if "" in self.missing and name not in BUILTINS else None

    def member(self, alias: str, name: str, span: Span) -> Scheme | None:
        """`alias.name`, or None when there is no such import."""
        if alias in self.missing:
            return Scheme.wrong(name, span)
        file = self.aliases.get(alias)
        if file is None:
            return None
        if not file.exports(name):
            raise error("E0201", f"`{alias}` has no `{name}`", span, "unknown name",
                        notes=[f"`{alias}` is {file.source.name}"],
                        help=suggest(name, [*file.defs, *file.constructors]))
        return file.exported(name, span)

    def library(self, name: str) -> Scheme:
        """A definition of the prelude that an operator needs."""
        file = self.prelude or self
        scheme = file.exported(name, Span(self.source, 0, 0))
        assert scheme is not None, name
        return scheme

    def exports(self, name: str, through: bool = False) -> bool:
        return name in self.defs or (through and any(f.exports(name, True) for f in self.opened))

    def exported(self, name: str, span: Span) -> Scheme | None:
        if name in self.defs:
            return self.scheme(name, span)
        return next((f.exported(name, span) for f in self.opened if f.exports(name, True)), None)

    def declared_type(self, name: str) -> tuple[tree.TypeDecl, World] | None:
        """The declaration of a type, own or imported; `alias.name` is that of an import."""
        alias, point, member = name.partition(".")
        if point:
            file = self.aliases.get(alias)
            return None if file is None or member not in file.types else (file.types[member], file)
        if name in self.types:
            return self.types[name], self
        places = [*self.opened, *([self.prelude] if self.prelude is not None else [])]
        return next((t for f in places if (t := f.declared_type(name)) is not None), None)

    def constructor(self, name: str, alias: str | None = None) -> tuple[tree.TypeDecl, World] | None:
        """The declaration of a constructor, own or imported."""
        if alias is not None:
            file = self.aliases.get(alias)
            return None if file is None or name not in file.constructors else (file.constructors[name], file)
        if name in self.constructors:
            return self.constructors[name], self
        places = [*self.opened, *([self.prelude] if self.prelude is not None else [])]
        return next((t for f in places if (t := f.constructor(name)) is not None), None)

    def refused(self, name: str) -> CatadError | None:
        """What is wrong with the declaration of a type of this file, once it is known."""
        return self.refusals.get(name)

    def constructor_names(self) -> Iterable[str]:
        yield from self.constructors
        for f in self.opened:
            yield from f.constructor_names()

    def value_names(self) -> Iterable[str]:
        yield from self.defs
        for f in self.opened:
            yield from f.defs
        if self.prelude is not None:
            yield from self.prelude.value_names()

    def qualified(self, name: str) -> Iterable[str]:
        """`alias.name` for each import that has this definition or constructor."""
        return (f"{x}.{name}" for x, f in self.aliases.items() if f.exports(name) or name in f.constructors)

    def type_names(self) -> Iterable[str]:
        yield from self.types
        for f in self.opened:
            yield from f.types
        for alias, f in self.aliases.items():
            yield from (f"{alias}.{name}" for name in f.types)

    def unread(self, name: str) -> bool:
        """Is it of an import that failed, which is an error already?"""
        return name.partition(".")[0] in self.missing and "." in name

    # ── checking ───────────────────────────────────────────────────────────────────────────────────────────────

    def scheme(self, name: str, span: Span) -> Scheme:
        """The scheme of an own definition, checked now if it was not before."""
        if name in self.schemes:
            return self.schemes[name]
        if name in self.stack:
            raise self._cycle(name, span)
        self.stack.append(name)
        key = self.prefix + name
        try:
            outcome = define(self, self.defs[name], key)
        finally:
            self.stack.pop()
        if outcome.error is not None:
            self.report(outcome.error)
        if outcome.definition is not None:
            self.definitions[key] = outcome.definition
        self.schemes[name] = outcome.scheme                  # last: who sees it may take the definition
        return outcome.scheme

    def _cycle(self, name: str, span: Span) -> CatadError:
        cycle = self.stack[self.stack.index(name):]
        others = [(self.defs[x].name_span, f"`{x}` is defined here") for x in cycle]
        if len(cycle) == 1:
            return error("E0208", "this definition uses itself", span, f"`{name}` within `{name}`", others=others,
                         help=[f"recursion on a tree is written `def rec {name} …`",
                               "other repetition is written with `loop`"])
        path = " → ".join([*cycle, name])
        return error("E0207", f"these definitions need each other: {path}", span, "closes the circle",
                     others=others, help=["recursion on a tree is that of one definition, `def rec`",
                                          "other repetition is written with `loop`"])

    def declare(self, d: tree.Decl) -> None:
        """Enter a declaration; imports are entered by the caller."""
        if isinstance(d, tree.Def):
            if d.name in self.defs:
                self.report(error("E0209", f"`{d.name}` is defined twice", d.name_span, "again here",
                                  others=[(self.defs[d.name].name_span, "first here")]))
            else:
                self.declared[d.name] = d
        elif isinstance(d, tree.TypeDecl):
            if d.name in self.types:
                self.report(error("E0209", f"the type `{d.name}` is declared twice", d.name_span, "again here",
                                  others=[(self.types[d.name].name_span, "first here")]))
            names = (*d.params, *d.sizes)
            twice = next((x for k, x in enumerate(names) if x in names[:k]), None)
            if twice is not None:
                self.report(error("E0209", f"`{twice}` is the name of two parameters", d.name_span,
                                  "in this declaration"))
            self.declared_types.setdefault(d.name, d)
            self._constructors(d)
        elif isinstance(d, tree.Derivative):
            if d.name in self.rules:
                self.report(error("E0209", f"`{d.name}` has two derivatives", d.name_span, "again here",
                                  others=[(self.rules[d.name].name_span, "first here")]))
            self.declared_rules.setdefault(d.name, d)

    def _constructors(self, d: tree.TypeDecl) -> None:
        for (x, _), place in zip(d.constructors, d.places, strict=True):
            if x in self.constructors:
                self.report(error("E0209", f"two constructors are called `{x}`", place, "again here",
                                  others=[(self.constructors[x].place(x), "first here")]))
            self.constructors.setdefault(x, d)

    def check_all(self) -> None:
        c = context(self)
        for t in self._types_in_order():
            problem = declared(c, self, t)
            if problem is not None:
                self.refusals[t.name] = problem              # which is then that of all types that hold it
                self.report(problem)
        for name, d in self.defs.items():
            self.scheme(name, d.name_span)
        for rule in self.rules.values():
            try:
                self._rule(rule)
            except CatadError as e:
                self.report(e)

    def _types_in_order(self) -> list[tree.TypeDecl]:
        """Each after those that it mentions: what is wrong with them is known then."""
        done: dict[str, tree.TypeDecl] = {}
        stack = [(x, False) for x in reversed(list(self.types))]
        seen: set[str] = set()
        while stack:
            name, complete = stack.pop()
            if complete:
                done[name] = self.types[name]
            elif name not in seen:
                seen.add(name)
                stack.append((name, True))
                stack += [(x, False) for x in mentioned(self.types[name]) if x in self.types]
        return list(done.values())

    def _rule(self, d: tree.Derivative) -> None:
        """The derivative that a definition carries."""
        if d.name not in self.defs:
            raise error("E0201", f"there is no definition `{d.name}` in this file", d.name_span, "its derivative",
                        help=suggest(d.name, self.defs))
        key = self.prefix + d.name
        if key in self.definitions:
            rule = derivative(self, d, self.definitions[key], self.schemes[d.name])
            self.definitions[rule.name] = rule

    def report(self, e: CatadError) -> None:
        self.diagnostics.extend(d for d in e.diagnostics if d not in self.diagnostics)

    def own(self) -> tuple[str, ...]:
        return tuple(self.prefix + x for x in self.defs)

    def definition(self, key: str) -> Definition:
        """What is known of a key. Raises KeyError."""
        return self.definitions[key]

    def keys(self) -> Iterable[str]:
        """The keys of the sound definitions."""
        return self.definitions
