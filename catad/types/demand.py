"""Files of the standard library: read and checked by the definition, when a program reaches one.

    module.definitions[key]     the same as if the whole library had been checked

They are sound (the tests check all of them), so nothing is lost by not looking; a program pays for what it uses.
The prelude is one such file for all programs of a process, hence the lock.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence

from catad.core.term import Definition, rule_key
from catad.source import Source, Span
from catad.source.deep import deep
from catad.syntax import tree
from catad.syntax.outline import outline
from catad.types.files import CheckedFile
from catad.types.scheme import Scheme

__all__ = ["Definitions", "LibraryFile"]


class LibraryFile(CheckedFile):
    """A file of the library."""

    def __init__(self, source: Source, prefix: str, prelude: CheckedFile | None) -> None:
        super().__init__(source, prefix, prelude)
        self.defs = outline(tree.Def, "def", source)
        self.types = outline(tree.TypeDecl, "type", source)
        self.rules = outline(tree.Derivative, "derivative", source)
        for t in self.types.values():
            self._constructors(t)
        self.lock = threading.RLock()

    def imports(self) -> Iterable[tree.Import]:
        return outline(tree.Import, "import", self.source).values()

    def scheme(self, name: str, span: Span) -> Scheme:
        found = self.schemes.get(name)
        if found is not None:
            return found
        with self.lock, deep():
            return super().scheme(name, span)

    def definition(self, key: str) -> Definition:
        name = key[len(self.prefix):]
        if key not in self.definitions and name in self.defs:
            self.scheme(name, Span(self.source, 0, 0))
        rule = next((d for x, d in self.rules.items() if rule_key(x) == name), None)
        if key not in self.definitions and rule is not None:
            with self.lock, deep():
                self.scheme(rule.name, rule.name_span)
                self._rule(rule)
        return self.definitions[key]

    def keys(self) -> Iterable[str]:
        """In the order of the text, whatever was asked for before."""
        return [self.prefix + name for name in self.defs]


class Definitions(Mapping[str, Definition]):
    """The definitions of some files by key, which is the prefix of the file and the name."""

    def __init__(self, files: Sequence[CheckedFile]) -> None:
        self.files = {f.prefix: f for f in files}

    def __getitem__(self, key: str) -> Definition:
        return self.files[key[:key.rfind(".") + 1]].definition(key)

    def __iter__(self) -> Iterator[str]:
        for f in self.files.values():
            yield from f.keys()

    def __len__(self) -> int:
        return sum(1 for _ in self)
