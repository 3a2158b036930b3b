"""What people call the tokens: `LPAR` is `(`, what may begin an operand is "an expression".

    expected({IN, PLUS, STAR, NAME, …})  =  "`in`"          what closes a form says more than how it could go on
"""

from __future__ import annotations

from functools import cache

from catad.syntax.lexing import END, Token
from catad.syntax.tables import tables

__all__ = ["CLOSES", "OPEN_FORMS", "expected", "found", "spelled", "structural"]

OPEN_FORMS = frozenset({"LAMBDA", "LET", "IF", "CASE", "FOR", "LOOP", "ACCUMULATE"})
_ATOMS = frozenset({"NAME", "INT", "FLOAT", "TRUE", "FALSE", "LPAR", "LSQB", "LBRACE", "ASSERT", "TRACE"})
_PREFIXES = frozenset({"MINUS", "NOT"})
_OPERATORS = frozenset({
    "PIPE", "OR", "AND", "EQ", "NE", "LT", "LE", "GT", "GE", "PLUS", "MINUS", "STAR", "SLASH", "DIV", "MOD", "AT",
    "CARET", "FORWARDS", "BACKWARDS", "WITH"})
_POSTFIX = frozenset({"PROJ", "FIELD", "INDEX"})
_DECLARATIONS = frozenset({"DEF", "TYPE", "IMPORT", "DERIVATIVE"})
_TYPES = frozenset({"NAME", "LPAR", "LBRACE", "LSQB"})
_PATTERNS = frozenset({"NAME", "LPAR", "LBRACE"})

# What a form still needs, and the words that began it.
CLOSES: dict[str, frozenset[str]] = {
    "IN": frozenset({"LET"}), "THEN": frozenset({"IF"}), "ELSE": frozenset({"IF"}), "OF": frozenset({"CASE"}),
    "DO": frozenset({"LOOP", "ACCUMULATE"}), "ARROW": frozenset({"LAMBDA", "FOR", "BAR"}),
    "RPAR": frozenset({"LPAR"}), "RSQB": frozenset({"LSQB", "INDEX"}), "RBRACE": frozenset({"LBRACE"}),
}


@cache
def _literals() -> dict[str, str]:
    return {t.name: t.literal for t in tables().terminals if t.literal is not None}


def spelled(kind: str) -> str:
    """A kind of token, as the reader would write it."""
    special = {"NAME": "a name", "INT": "a number", "FLOAT": "a number", "STRING": 'a path in quotes, "…"',
               "INDEX": "`[`", "FIELD": "a field", "PROJ": "a projection", END: "the end of the text"}
    return special.get(kind) or f"`{_literals()[kind]}`"


def found(token: Token) -> str:
    """A token, as the reader wrote it."""
    if token.kind == END:
        return "the end"
    shown = "".join(c if c.isprintable() else "\ufffd" for c in token.text[:40])
    return f"`{shown if len(token.text) <= 40 else shown[:39] + '…'}`"


def structural(kinds: set[str]) -> list[str]:
    """Of what may come after a whole expression or type, what would close or continue the form around it."""
    order = [*CLOSES, "COMMA", "COLON", "EQUAL", "BAR", "FOR", "WHILE", "DOTDOT", "AS", "STRING", "REC"]
    return [k for k in order if k in kinds]


def expected(kinds: set[str]) -> str:
    """What may come, in words, most telling first and not more than a few."""
    if {"STAR", "INDEX"} & kinds:                               # after an operand
        rest = [spelled(k) for k in structural(kinds - _ATOMS - OPEN_FORMS)]
        if {"FOR", "WHILE"} <= kinds:
            rest = [*rest, "`for`", "`while`"] if "`for`" not in rest else rest
        return _list(rest) if rest else "an operator or an argument"
    if "INT" in kinds:
        rest = [spelled(k) for k in structural(kinds - _ATOMS - OPEN_FORMS)]
        return _list(["an expression", *rest])
    if "PRIME" in kinds:                                        # after a type
        return _list([spelled(k) for k in structural(kinds - _TYPES)] or ["a type"])
    if kinds >= _DECLARATIONS:
        return "a declaration (`def`, `type`, `import` or `derivative`)"
    if kinds >= _PATTERNS:
        return _list([_place(kinds), *(spelled(k) for k in structural(kinds - _TYPES))])
    return _list([spelled(k) for k in sorted(kinds - {"INDEX"}, key=_rank)])


def _place(kinds: set[str]) -> str:
    """Name, parenthesis or brace may begin: a parameter, a type, a pattern?"""
    if {"COLON", "EQUAL"} & kinds or "ARROW" in kinds:
        return "a parameter"
    return "a type" if "LSQB" in kinds else "a name or a pattern"


def _rank(kind: str) -> tuple[bool, str]:
    return kind != "NAME", kind


def _list(words: list[str]) -> str:
    words = list(dict.fromkeys(words))[:5]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
