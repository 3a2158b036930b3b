"""The LALR(1) tables of `grammar/cad.lark`: made by lark once, then kept in the user's cache directory.

    action[state][terminal]  =  s + 1   shift, go to s      |  -(r + 1)   reduce by rule r
    goto[state][nonterminal] =  s

Law: the tables are a function of the grammar's text (and of `FORMAT`), which is what names the cached file. A
cache that is missing, foreign, damaged or not writable costs the time to ask lark again, and nothing else. The
file is JSON: reading it can run no code.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from catad.grammar import grammar_text

__all__ = ["Rule", "Tables", "Terminal", "tables"]

FORMAT = 2
STARTS = ("file", "expression", "type_expression")


@dataclass(frozen=True, slots=True)
class Rule:
    """`origin` is produced from `size` symbols; `name` is its alias, or None to pass its only symbol on."""

    origin: str
    size: int
    name: str | None


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal, in the order in which to try them; `word` if it is spelled like a name (a keyword)."""

    name: str
    regexp: str
    literal: str | None
    ignored: bool

    @property
    def word(self) -> bool:
        return self.literal is not None and self.literal.isalpha()


@dataclass(frozen=True, slots=True)
class Tables:
    action: list[dict[str, int]]
    goto: list[dict[str, int]]
    rules: tuple[Rule, ...]
    start: dict[str, int]
    end: dict[str, int]
    terminals: tuple[Terminal, ...]


@cache
def tables() -> Tables:
    """The tables, from the cache when it has them."""
    text = grammar_text()
    digest = hashlib.sha256(f"{FORMAT}\n{text}".encode()).hexdigest()
    directory = _directory()
    data = None if directory is None else _read(directory / f"syntax-{digest[:32]}.json", digest)
    if data is None:
        data = _generate(text)
        if directory is not None:
            _write(directory, f"syntax-{digest[:32]}.json", digest, data)
    return _tables(data)


def _tables(data: dict[str, Any]) -> Tables:
    intern = sys.intern
    return Tables(
        [{intern(k): v for k, v in row.items()} for row in data["action"]],
        [{intern(k): v for k, v in row.items()} for row in data["goto"]],
        tuple(Rule(intern(o), n, a) for o, n, a in data["rules"]),
        data["start"], data["end"],
        tuple(Terminal(intern(n), r, lit, ign) for n, r, lit, ign in data["terminals"]))


_Rows = dict[int, dict[str, int]]


# ── asking lark ────────────────────────────────────────────────────────────────────────────────────────────────

def _generate(text: str) -> dict[str, Any]:
    from lark import Lark
    from lark.grammar import Rule as LarkRule
    from lark.lexer import TerminalDef

    lark = Lark(text, parser="lalr", start=list(STARTS), keep_all_tokens=True, maybe_placeholders=False)
    data, memo = lark.memo_serialize([TerminalDef, LarkRule])       # what lark's own stand-alone generator reads
    table = data["parser"]["parser"]
    ignored = set(data["parser"]["lexer_conf"]["ignore"])
    numbers: dict[int, int] = {}
    rules: list[tuple[str, int, str | None]] = []
    for reference in data["rules"]:
        rule = memo[reference["@"]]
        numbers[reference["@"]] = len(rules)
        expansion, alias = rule["expansion"], rule["alias"]
        passes = alias is None and rule["options"]["expand1"] and len(expansion) == 1
        origin = rule["origin"]["name"]
        rules.append((origin, len(expansion), None if passes else alias or origin))
    action, goto = _split(table, numbers)
    place = _numbered([table["start_states"][s] for s in STARTS], action, goto)
    return {
        "action": [{k: v if v < 0 else place[v - 1] + 1 for k, v in action[s].items()} for s in place],
        "goto": [{k: place[v] for k, v in goto[s].items()} for s in place],
        "rules": rules,
        "start": {s: place[table["start_states"][s]] for s in STARTS},
        "end": {s: place[table["end_states"][s]] for s in STARTS},
        "terminals": _terminals([memo[r["@"]] for r in data["parser"]["lexer_conf"]["terminals"]], ignored),
    }


def _numbered(starts: list[int], action: _Rows, goto: _Rows) -> dict[int, int]:
    """New numbers for the states, in the order of a walk from the start: lark's own vary from run to run."""
    place = {s: i for i, s in enumerate(starts)}
    queue = list(starts)
    for state in queue:
        after = [v - 1 for v in action[state].values() if v > 0] + list(goto[state].values())
        for s in after:
            if s not in place:
                place[s] = len(place)
                queue.append(s)
    return place


def _split(table: dict[str, Any], numbers: dict[int, int]) -> tuple[_Rows, _Rows]:
    """Separate terminals (upper case) from nonterminals in lark's rows."""
    action: _Rows = {}
    goto: _Rows = {}
    for state, row in table["states"].items():
        named = {table["tokens"][number]: entry for number, entry in row.items()}
        action[state] = {name: -numbers[argument["@"]] - 1 if reduces else argument + 1
                       for name, (reduces, argument) in sorted(named.items()) if name.isupper()}
        goto[state] = {name: argument for name, (_, argument) in sorted(named.items()) if not name.isupper()}
    return action, goto


def _terminals(terminals: list[dict[str, Any]], ignored: set[str]) -> list[tuple[str, str, str | None, bool]]:
    """In lark's order of preference: priority, then the longest, so that `<=` is tried before `<`."""
    import re

    def key(t: dict[str, Any]) -> tuple[int, int, int, str]:
        value = t["pattern"]["value"]
        literal = t["pattern"]["__type__"] == "PatternStr"
        return -t["priority"], -(len(value) if literal else t["pattern"]["_width"][1]), -len(value), t["name"]

    out: list[tuple[str, str, str | None, bool]] = []
    for t in sorted(terminals, key=key):
        value = t["pattern"]["value"]
        literal = value if t["pattern"]["__type__"] == "PatternStr" else None
        out.append((t["name"], value if literal is None else re.escape(value), literal, t["name"] in ignored))
    return out


# ── the cache ──────────────────────────────────────────────────────────────────────────────────────────────────

def _directory() -> Path | None:
    """`$XDG_CACHE_HOME/catad`, or None where there is no home at all."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "catad"
    except RuntimeError:
        return None


def _read(path: Path, digest: str) -> dict[str, Any] | None:
    """The tables in `path`, if it is what `_write` left there."""
    try:
        head, _, payload = path.read_text(encoding="utf-8").partition("\n")
        if head != f"{digest} {hashlib.sha256(payload.encode()).hexdigest()}":
            return None
        data: dict[str, Any] = json.loads(payload)
        return data
    except (OSError, ValueError):
        return None


def _write(directory: Path, name: str, digest: str, data: dict[str, Any]) -> None:
    """Leave a whole file or none: it is written under another name and then moved."""
    payload = json.dumps(data, separators=(",", ":"))
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=name, dir=directory)
    except OSError:
        return
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{digest} {hashlib.sha256(payload.encode()).hexdigest()}\n{payload}")
        os.replace(temporary, directory / name)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
