"""Documents and how they become lines: the algebra of Wadler's pretty printer, with comments.

    group(d)  is d on one line if it fits, else with all its own `line`s broken
    note(c)   a comment: it ends its line whatever stands around it, so it breaks the groups it is in

Law: the words of the result are the words of the document, in order. The walk is iterative: documents may be
nested as deep as the chains they print.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EMPTY", "HARD", "LINE", "SOFT", "Doc", "cat", "group", "lines", "nest", "note", "text"]


class Doc:
    __slots__ = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Text(Doc):
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class _Line(Doc):
    flat: str
    hard: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Note(Doc):
    """`own`: on a line of its own; else behind what is there. `blank`: an empty line goes before."""

    text: str
    own: bool
    blank: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Empty(Doc):
    """An empty line before this one, if nothing stands on it yet."""


@dataclass(frozen=True, slots=True, eq=False)
class _Nest(Doc):
    by: int
    doc: Doc


@dataclass(frozen=True, slots=True, eq=False)
class _Group(Doc):
    doc: Doc


@dataclass(frozen=True, slots=True, eq=False)
class _Cat(Doc):
    docs: tuple[Doc, ...]


LINE, SOFT, HARD, EMPTY = _Line(" ", False), _Line("", False), _Line("", True), _Empty()


def text(s: str) -> Doc:
    return _Text(s)


def note(s: str, own: bool, blank: bool) -> Doc:
    return _Note(s, own, blank)


def nest(by: int, *docs: Doc) -> Doc:
    return _Nest(by, cat(*docs))


def group(*docs: Doc) -> Doc:
    return _Group(cat(*docs))


def cat(*docs: Doc) -> Doc:
    return docs[0] if len(docs) == 1 else _Cat(docs)


_Item = tuple[int, bool, Doc]           # indentation, flat?, document


def lines(doc: Doc, width: int) -> str:
    """The text of a document; no line ends in blanks."""
    page = _Page(width)
    stack: list[_Item] = [(0, False, doc)]
    while stack:
        indent, flat, d = stack.pop()
        match d:
            case _Text(s):
                page.word(s, indent)
            case _Line(s, hard):
                page.space(s) if flat and not hard else page.newline(indent)
            case _Note():
                page.comment(d, indent)
            case _Empty():
                page.empty()
            case _Nest(by, inner):
                stack.append((indent + by, flat, inner))
            case _Group(inner):
                stack.append((indent, flat or _fits(width - page.column, inner, stack), inner))
            case _Cat(docs):
                stack.extend([(indent, flat, x) for x in reversed(docs)])
    return "".join(page.out)


class _Page:
    """The lines so far. After a comment nothing may follow on its line."""

    def __init__(self, width: int) -> None:
        self.out: list[str] = []
        self.column = 0
        self.blank = True           # nothing but indentation on this line yet
        self.closed = False         # the line ended in a comment

    def word(self, s: str, indent: int) -> None:
        if not s:
            return
        if self.closed:
            if s == "," and self.out[-2:-1] == ["  "]:         # the comma of an item goes before its comment
                self.out.insert(len(self.out) - 2, s)
                return
            self.newline(indent)
        self.out.append(s)
        self.column += len(s)
        self.blank = False

    def space(self, s: str) -> None:
        if not self.closed and not self.blank:
            self.out.append(s)
            self.column += len(s)

    def newline(self, indent: int) -> None:
        if self.blank and self.out:
            self.out.pop()
        else:
            self._strip()
            self.out.append("\n")
        self.out.append(" " * indent)
        self.column, self.blank, self.closed = indent, True, False

    def empty(self) -> None:
        if self.blank and len(self.out) > 1 and self.out[-2:-1] == ["\n"] and self.out[-3:-2] != ["\n"]:
            self.out.insert(len(self.out) - 1, "\n")

    def comment(self, c: _Note, indent: int) -> None:
        if c.own:
            if not self.blank or self.closed:
                self.newline(indent)
            if c.blank:
                self.empty()
            self.out.append(c.text)
        else:
            if self.closed:
                self.newline(indent)
            elif not self.blank:
                self._strip()
                self.out.append("  ")
            self.out.append(c.text)
        self.blank, self.closed = False, True

    def _strip(self) -> None:
        while self.out and self.out[-1] == " ":
            self.out.pop()


def _fits(room: int, doc: Doc, rest: list[_Item]) -> bool:
    """Would the document fit flat, with what follows it up to the next place where a line may end?

    Comments at its beginning do not count, for they go above it; nor does one at its end, which goes beside it.
    """
    inside: list[Doc] = [doc]
    behind = len(rest)
    begun = ended = False
    while room >= 0:
        if ended and not inside:
            return True
        if inside:
            d, flat = inside.pop(), True
        elif behind:
            behind -= 1
            _, flat, d = rest[behind]
            if isinstance(d, _Note) or (isinstance(d, _Line) and not flat):
                return True
            if not flat:
                verdict = _behind(room, d)
                if isinstance(verdict, bool):
                    return verdict
                room = verdict
                continue
        else:
            return True
        match d:
            case _Text(s) | _Line(s, False):
                if ended and s:
                    return False
                room -= len(s)
                begun = begun or bool(s)
            case _Line():
                return False
            case _Note(_, own):
                if begun and own:
                    return False
                ended = not own
            case _Nest(_, inner) | _Group(inner):
                inside.append(inner)
            case _Cat(docs):
                inside.extend(reversed(docs))
    return False


def _behind(room: int, doc: Doc) -> bool | int:
    """Room left after a document that stands behind, not flat; or a verdict where its first line ends."""
    stack: list[tuple[Doc, bool]] = [(doc, False)]
    while stack:
        if room < 0:
            return False
        d, flat = stack.pop()
        match d:
            case _Text(s):
                room -= len(s)
            case _Line(s, hard):
                if hard or not flat:
                    return True
                room -= len(s)
            case _Note():
                return True
            case _Nest(_, inner):
                stack.append((inner, flat))
            case _Group(inner):
                stack.append((inner, False))        # it may still break, so its first line is what counts
            case _Cat(docs):
                stack.extend((x, flat) for x in reversed(docs))
    return room if room >= 0 else False
