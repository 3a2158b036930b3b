"""A text cut into its declarations by their first words, each read when it is asked for.

    outline(t.Def, "def", source)[x]  =  the declaration of x in parse(source)

For the texts that come with the compiler: a program uses a few of their definitions, and pays for those. A mistake in
a declaration is raised when that one is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from catad.source import Source
from catad.syntax import tree as t
from catad.syntax.reading import read_declaration

__all__ = ["Outline", "outline"]

_HEAD = re.compile(r"^(def|type|import|derivative|primitive)\b(?:[ \t]+(?:rec[ \t]+)?([^\W\d][\w']*))?", re.MULTILINE)

D = TypeVar("D", bound=t.Decl)


@dataclass(frozen=True, slots=True)
class _Piece:
    source: Source
    start: int
    end: int


class Outline(Mapping[str, D], Generic[D]):
    """Declarations by name, in the order of the text; those without a name are called by their number."""

    def __init__(self, pieces: Mapping[str, _Piece], kind: type[D]) -> None:
        self.kind = kind
        self._pieces = pieces
        self._found: dict[str, D] = {}

    def __getitem__(self, name: str) -> D:
        found = self._found.get(name)
        if found is None:
            piece = self._pieces[name]
            decl = read_declaration(piece.source, piece.start, piece.end)
            assert isinstance(decl, self.kind)
            found = self._found.setdefault(name, decl)
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._pieces

    def __iter__(self) -> Iterator[str]:
        return iter(self._pieces)

    def __len__(self) -> int:
        return len(self._pieces)


def outline(kind: type[D], head: str, *sources: Source) -> Outline[D]:
    """The declarations that begin with this word."""
    pieces: dict[str, _Piece] = {}
    for source in sources:
        found = list(_HEAD.finditer(source.text))
        ends = [*(m.start() for m in found[1:]), len(source.text)]
        for m, end in zip(found, ends, strict=True):
            if m.group(1) == head:
                pieces[m.group(2) or str(len(pieces))] = _Piece(source, m.start(), end)
    return Outline(pieces, kind)
