"""Where comments belong: each to the token it follows on its line, or else to the token it precedes.

The formatter prints the tokens of a text in their order, so handing each token's comments out with it keeps every
comment in its place. The cursor is patient: tokens that the formatter leaves out (parentheses around a pattern)
pass their comments on to the next one.
"""

from __future__ import annotations

from catad.source import Source
from catad.syntax.layout import Doc, note
from catad.syntax.lexing import Token, lex
from catad.syntax.tree import Comment

__all__ = ["Comments"]

class Comments:
    """A cursor over the tokens of a source and the comments between them."""

    def __init__(self, source: Source, comments: tuple[Comment, ...]) -> None:
        self.text = source.text
        self.tokens: list[Token] = lex(source)[0]
        self.index = {token.start: i for i, token in enumerate(self.tokens)}
        self.leading: list[list[Comment]] = [[] for _ in range(len(self.tokens) + 1)]
        self.trailing: list[list[Comment]] = [[] for _ in range(len(self.tokens) + 1)]
        self.place = 0
        self.waiting: list[Comment] = []
        self._assign(comments)

    def _assign(self, comments: tuple[Comment, ...]) -> None:
        i = 0
        for comment in comments:
            while i < len(self.tokens) and self.tokens[i].start < comment.span.start:
                i += 1
            behind = i > 0 and "\n" not in self.text[self.tokens[i - 1].end:comment.span.start]
            (self.trailing[i - 1] if behind else self.leading[i]).append(comment)

    def sync(self, offset: int) -> None:
        """The node that begins at an offset is printed next: go to its first token."""
        i = self.index.get(offset, -1)
        if i > self.place:
            self._skip(i)

    def take(self, word: str) -> tuple[list[Doc], list[Doc]]:
        """The comments before and behind the next token, which is spelled so."""
        i = self.place
        while i < len(self.tokens) and self.tokens[i].text != word and self._left_out(i):
            i += 1
        if i >= len(self.tokens) or self.tokens[i].text != word:
            return [], []
        self._skip(i)
        self.place = i + 1
        before, self.waiting = [self._own(c) for c in (*self.waiting, *self.leading[i])], []
        return before, [note(c.text, False, False) for c in self.trailing[i]]

    def _left_out(self, i: int) -> bool:
        """May the formatter leave this token out? `(p)`, `{x = x}`, `| A`."""
        return self.tokens[i].text in ("(", ")", "|", "=") or (i > 0 and self.tokens[i - 1].text == "=")

    def _skip(self, i: int) -> None:
        for j in range(self.place, i):
            self.waiting += [*self.leading[j], *self.trailing[j]]
        self.place = i

    def start(self, offset: int) -> list[Comment]:
        """Go to the token at an offset (the first of a declaration); the comments before it that were not printed."""
        i = self.index.get(offset, len(self.tokens))
        self._skip(i)
        found = [*self.waiting, *self.leading[i]]
        self.waiting, self.leading[i] = [], []
        return found

    def rest(self) -> list[Comment]:
        """What is left at the end of the text."""
        return self.start(-1)

    def _own(self, comment: Comment) -> Doc:
        return note(comment.text, True, self.after_blank(comment.span.start))

    def empty_line(self) -> bool:
        """Does the next token follow an empty line (and no comment, which would bring its own)?"""
        if self.place >= len(self.tokens) or self.leading[self.place]:
            return False
        return self.after_blank(self.tokens[self.place].start)

    def after_blank(self, offset: int) -> bool:
        """Does this offset begin its line, and is the line before empty?"""
        if not self.begins_line(offset):
            return False
        begin = self.text.rfind("\n", 0, offset)
        return begin > 0 and not self.text[self.text.rfind("\n", 0, begin) + 1:begin].strip()

    def begins_line(self, offset: int) -> bool:
        """Does only white space stand before an offset on its line?"""
        if offset > len(self.text):
            return False
        while offset > 0 and self.text[offset - 1] in " \t\r\f":
            offset -= 1
        return offset > 0 and self.text[offset - 1] == "\n"
