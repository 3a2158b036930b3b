"""The LALR(1) automaton: tokens in, what the builder makes of them out.

Its stack is a list, so nesting of any depth parses; how deep a program may be nested is decided afterwards
(`catad.syntax.depth`), on the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from catad.source import Source
from catad.syntax.build import Builder
from catad.syntax.lexing import END, Token
from catad.syntax.tables import tables

__all__ = ["Unexpected", "acceptable", "run"]


class Unexpected(Exception):
    """The automaton cannot go on: the token it stopped at, its states before, and the tokens on its stack."""

    def __init__(self, token: Token, states: list[int], open_tokens: list[Token]) -> None:
        super().__init__(token.kind)
        self.token = token
        self.states = states
        self.open_tokens = open_tokens


def run(source: Source, tokens: Sequence[Token], end: int, start: str) -> Any:
    """Parse as the start symbol `start`; `end` is the offset at which the text is over."""
    t = tables()
    builder = Builder(source)
    steps: list[tuple[str, int, Callable[..., Any] | None]] = [
        (r.origin, r.size, None if r.name is None else getattr(builder, r.name)) for r in t.rules]
    action, goto, accept = t.action, t.goto, t.end[start]
    states, values = [t.start[start]], list[Any]()
    for token in (*tokens, Token(END, end, end, "")):
        kind = token.kind
        while True:
            row = action[states[-1]]
            entry = row.get(kind)
            if entry is None:
                if kind == "INDEX" and "LSQB" in row:        # nothing to index here: it begins an array or a size
                    kind = "LSQB"
                    continue
                raise Unexpected(token, *_before(tokens, token, start))
            if entry > 0:
                states.append(entry - 1)
                values.append(token)
                break
            origin, size, build = steps[-entry - 1]
            if build is None:
                states[-1] = goto[states[-2]][origin]
                continue
            if size:
                arguments = values[-size:]
                del states[-size:], values[-size:]
                values.append(build(*arguments))
            else:
                values.append(build())
            states.append(goto[states[-1]][origin])
            if kind == END and states[-1] == accept:
                return values[-1]
    raise AssertionError("the end is a token too")


def _before(tokens: Sequence[Token], last: Token, start: str) -> tuple[list[int], list[Token]]:
    """The states and tokens on the stack when `last` came into view.

    An LALR automaton may reduce before it notices that a token is wrong, and then has forgotten what could have
    stood there; so the way to that point is gone again, without building anything.
    """
    t = tables()
    states = [t.start[start]]
    symbols: list[Token | None] = []
    for token in tokens:
        if token.start >= last.start:
            break
        while True:
            row = t.action[states[-1]]
            entry = row.get(token.kind) or row["LSQB"]
            if entry > 0:
                states.append(entry - 1)
                symbols.append(token)
                break
            rule = t.rules[-entry - 1]
            if rule.size:
                del states[-rule.size:], symbols[-rule.size:]
            states.append(t.goto[states[-1]][rule.origin])
            symbols.append(None)
    return states, [s for s in symbols if s is not None]


def acceptable(states: list[int]) -> set[str]:
    """The terminals that the automaton would really shift in these states (or END, if it would accept)."""
    return {kind for kind in tables().action[states[-1]] if _shifts(kind, states)}


def _shifts(kind: str, states: list[int]) -> bool:
    t = tables()
    rest, top = len(states), list[int]()        # the stack is states[:rest] + top, without copying what is deep
    while True:
        entry = t.action[top[-1] if top else states[rest - 1]].get(kind)
        if entry is None:
            return False
        if entry > 0:
            return True
        rule = t.rules[-entry - 1]
        drop = min(rule.size, len(top))
        if drop:
            del top[-drop:]
        rest -= rule.size - drop
        top.append(t.goto[top[-1] if top else states[rest - 1]][rule.origin])
        if kind == END and top[-1] in t.end.values():
            return True
