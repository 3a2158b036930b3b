"""What the parser says to people."""

from __future__ import annotations

from catad.source import Diagnostic, Label, Source, Span
from catad.syntax.lexing import Token
from catad.syntax.parser import Unexpected, acceptable


def lexical(source: Source, tokens: list[Token]) -> list[Diagnostic]:
    return [Diagnostic("E0101", "this character is not part of the language", (Label(Span(source, t.start, t.end)),))
            for t in tokens if t.kind.startswith("Bad")]


def unexpected(source: Source, tokens: list[Token], failure: Unexpected) -> Diagnostic:
    return Diagnostic("E0105", f"unexpected {failure.token.text!r}; expected {sorted(acceptable(failure.states))}",
                      (Label(Span(source, failure.token.start, failure.token.end)),))
