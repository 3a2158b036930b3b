"""What the parser says to people: one diagnostic for each place where a text stops making sense.

In this order: a bracket without its partner explains everything after it; else the token found, what was
expected in its place, the word that began the unfinished form, and a hint for the usual slips (`hints`).
"""

from __future__ import annotations

from catad.source import Diagnostic, Label, Source, Span
from catad.syntax.hints import Slip, character, slip
from catad.syntax.lexing import BAD_NUMBER, BAD_STRING, END, Token
from catad.syntax.parser import Unexpected, acceptable
from catad.syntax.words import CLOSES, expected, found, spelled, structural

__all__ = ["lexical", "unexpected"]

_PARTNER = {"LPAR": "RPAR", "LSQB": "RSQB", "INDEX": "RSQB", "LBRACE": "RBRACE"}


# ── tokens that are none ───────────────────────────────────────────────────────────────────────────────────────

def lexical(source: Source, tokens: list[Token]) -> list[Diagnostic]:
    """What is wrong with the tokens of a declaration themselves; runs of bad characters count once, three suffice."""
    out: list[Diagnostic] = []
    last = -1
    for i, token in enumerate(tokens):
        if not token.kind.startswith("Bad"):
            continue
        if token.start != last and len(out) < 3:
            out.append(_lexical(source, token, tokens[i - 1] if i else None))
        last = token.end
    return out


def _lexical(source: Source, token: Token, before: Token | None) -> Diagnostic:
    span = Span(source, token.start, token.end)
    if token.kind == BAD_NUMBER:
        digits = token.text.rstrip("'")
        cut = next((i for i, c in enumerate(digits) if c.isalpha()), len(digits))
        hints = (f"for a product write  {digits[:cut]} * {digits[cut:]}",) if digits[cut:].isidentifier() else ()
        return Diagnostic("E0102", "a number runs into letters", (Label(span, "this is neither number nor name"),),
                          help=hints)
    if token.kind == BAD_STRING:
        return Diagnostic("E0101", "a string does not end on its line", (Label(span, "it begins here"),))
    hint = character(token, before)
    return Diagnostic("E0101", f"{_quoted(token.text)} is not part of the language", (Label(span),),
                      help=(hint,) if hint else ())


def _quoted(char: str) -> str:
    return f"`{char}`" if char.isprintable() and not char.isspace() else f"the character U+{ord(char):04X}"


# ── tokens in the wrong place ──────────────────────────────────────────────────────────────────────────────────

def unexpected(source: Source, tokens: list[Token], failure: Unexpected) -> Diagnostic:
    """What to say about the place at which the automaton stopped."""
    bracket = _bracket(source, tokens, failure.token)
    if bracket is not None:
        return bracket
    kinds = acceptable(failure.states) - {"PRIMITIVE"}         # for catad's own tables only
    place = sum(t.start < failure.token.start for t in tokens)
    mistake = slip(source, tokens, place, failure.token, kinds)
    token = failure.token
    if "DEF" in kinds and "EQUAL" not in kinds and place == 0:
        return Diagnostic("E0107", f"found {found(token)}, but expected a declaration",
                          (Label(_at(source, token), "a declaration begins with def, type, import or derivative"),),
                          help=mistake.help)
    wanted = mistake.wanted or expected(kinds)
    title = f"expected {wanted}, but the text ends here" if token.kind == END and not _more(source, token) \
        else f"expected {wanted}, but the declaration ends here" if token.kind == END \
        else f"expected {wanted}, found {found(token)}"
    labels = [Label(_at(source, token), _remark(mistake, wanted))]
    opener = _opener(failure.open_tokens, structural(kinds))
    if opener is not None:
        labels.append(Label(_at(source, opener[0]), f"this {found(opener[0])} needs {spelled(opener[1])}", False))
    return Diagnostic("E0105", title, tuple(labels), help=mistake.help)


def _more(source: Source, token: Token) -> bool:
    """Does another declaration follow?"""
    return any(line[:1].isalpha() for line in source.text[token.end:].split("\n"))


def _remark(mistake: Slip, wanted: str) -> str:
    return mistake.remark or f"expected {wanted}"


def _at(source: Source, token: Token) -> Span:
    return Span(source, token.start, token.end)


def _opener(open_tokens: list[Token], wanted: list[str]) -> tuple[Token, str] | None:
    """The word that began the form which needs the first of `wanted`, and that need."""
    for need in wanted[:1]:
        if need not in CLOSES:
            continue
        closed = 0
        for token in reversed(open_tokens):
            if token.kind == need:
                closed += 1
            elif token.kind in CLOSES[need]:
                if closed == 0:
                    return token, need
                closed -= 1
    return None


# ── brackets ───────────────────────────────────────────────────────────────────────────────────────────────────

def _bracket(source: Source, tokens: list[Token], at: Token) -> Diagnostic | None:
    """The bracket at fault, if the innermost one that is open at `at` has no partner, or `at` is a partner of none."""
    open_: list[Token] = []
    open_at: list[Token] | None = None
    for token in tokens:
        if open_at is None and token.start >= at.start:
            open_at = list(open_)
        if token.kind in _PARTNER:
            open_.append(token)
        elif token.kind in _PARTNER.values():
            if not open_:
                return _unopened(source, token) if token.start <= at.start else None
            if _PARTNER[open_[-1].kind] != token.kind:
                return _crossed(source, open_[-1], token, at)
            open_.pop()
    before = open_ if open_at is None else open_at
    if not before or before[-1] not in open_:
        return None
    opener = before[-1]
    labels = [Label(_at(source, opener), f"this {found(opener)} has no {spelled(_PARTNER[opener.kind])}")]
    if at.kind != END:
        labels.append(Label(_at(source, at), f"found {found(at)} before it", False))
    return Diagnostic("E0103", f"{found(opener)} is never closed", tuple(labels))


def _unopened(source: Source, token: Token) -> Diagnostic:
    return Diagnostic("E0103", f"{found(token)} closes nothing", (Label(_at(source, token), "nothing is open here"),))


def _crossed(source: Source, opener: Token, closer: Token, at: Token) -> Diagnostic | None:
    """`( … ]`: only if the automaton stopped within."""
    if not opener.start < at.start <= closer.start:
        return None
    return Diagnostic(
        "E0103", f"{found(opener)} is closed by {found(closer)}",
        (Label(_at(source, closer), f"expected {spelled(_PARTNER[opener.kind])}"),
         Label(_at(source, opener), "opened here", False)))
