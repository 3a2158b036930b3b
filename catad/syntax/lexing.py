"""Text to tokens and comments, by the terminals of the grammar: one regular expression, one walk.

Law: the tokens, the comments and the blanks between them are the text. What fits no terminal becomes a token of
kind `Bad…`, so that lexing is total; the parser turns it into a diagnostic.

Only `[` depends on where it stands: `INDEX` touches what is before it, and the parser reads it as `LSQB` where
nothing can be indexed (`: [n][m]f64`).
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from catad.source import Source, Span
from catad.syntax.tables import tables
from catad.syntax.tree import Comment

__all__ = ["BAD", "BAD_NUMBER", "BAD_STRING", "END", "Token", "keywords", "lex"]

END = "$END"
BAD = "BadCharacter"
BAD_NUMBER = "BadNumber"
BAD_STRING = "BadString"
_WORD, _MARK = "Word", "Mark"                       # found by one group each, and told apart by their text

# A number that runs into letters (`2x`, `1.5e`), and a string without its end: found before they fall to pieces.
_NUMBER = r"[0-9][0-9_]*+(?:\.[0-9][0-9_]*+)?+(?:[eE][+-]?[0-9]++)?+[A-Za-z_'][A-Za-z0-9_']*"
_STRING = r'"[^"\n]*'


class Token(NamedTuple):
    kind: str
    start: int
    end: int
    text: str


@cache
def keywords() -> frozenset[str]:
    """The words of the grammar that cannot be names."""
    return frozenset(t.literal for t in tables().terminals if t.literal is not None and t.word)


@cache
def _master() -> re.Pattern[str]:
    """What is spelled in one way only, keyword or mark, needs no group of its own: its text says what it is."""
    terminals = tables().terminals
    special = ("NAME", "FLOAT")
    words = "|".join(t.regexp for t in terminals if t.word)
    marks = "|".join(t.regexp for t in terminals if t.literal is not None and not t.word)
    patterns = [t for t in terminals if t.literal is None and not t.ignored]
    groups = [f"(?P<{t.name}>{t.regexp})" for t in terminals if t.ignored]
    groups += [f"(?P<{t.name}>{t.regexp})" for t in patterns if t.name == "NAME"]
    groups += [f"(?P<{_WORD}>(?:{words})(?![A-Za-z0-9_']))"]
    groups += [f"(?P<{t.name}>{t.regexp}(?![A-Za-z0-9_']))" for t in patterns if t.name == "FLOAT"]
    groups += [f"(?P<{BAD_NUMBER}>{_NUMBER})"]
    groups += [f"(?P<{t.name}>{t.regexp})" for t in patterns if t.name not in special]
    groups += [f"(?P<{_MARK}>{marks})", f"(?P<{BAD_STRING}>{_STRING})", rf"(?P<{BAD}>[\s\S])"]
    return re.compile("|".join(groups))


@cache
def _spelled() -> dict[str, str]:
    """The kinds of keywords and marks."""
    return {t.literal: t.name for t in tables().terminals if t.literal is not None}


def lex(source: Source, start: int = 0, end: int | None = None) -> tuple[list[Token], list[Comment]]:
    """The tokens of a text (or of some lines of it), and its comments (without the blanks at their ends), in order."""
    text = source.text
    tokens: list[Token] = []
    comments: list[Comment] = []
    spelled = _spelled()
    if start == 0 and text.startswith("\ufeff"):
        start = 1
    for match in _master().finditer(text, start, len(text) if end is None else end):
        kind = match.lastgroup
        if kind == "BLANK":
            continue
        start, end = match.span()
        found = match.group()
        if kind == "COMMENT":
            found = found.rstrip()
            comments.append(Comment(Span(source, start, start + len(found)), found))
        else:
            assert kind is not None
            tokens.append(Token(spelled[found] if kind in (_WORD, _MARK) else kind, start, end, found))
    return tokens, comments
