"""The usual slips: what people who know other languages write, and how it is written here.

A hint is a guess from the tokens around the place where the parser stopped; it never changes what is accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from catad.source import Source
from catad.syntax.lexing import END, Token, keywords
from catad.syntax.words import OPEN_FORMS, spelled

__all__ = ["Slip", "character", "slip"]


@dataclass(frozen=True, slots=True)
class Slip:
    """What to say instead of, and besides, what was expected."""

    help: tuple[str, ...] = ()
    wanted: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class _Scene:
    """Where it happened: the tokens of the declaration, the index of the one found, what could have come."""

    text: str
    tokens: list[Token]
    place: int
    token: Token
    kinds: set[str]

    def around(self, offset: int) -> Token:
        i = self.place + offset
        return self.tokens[i] if 0 <= i < len(self.tokens) else Token(END, -1, -1, "")

    def pair(self) -> str:
        """The token found, with its neighbour if they touch: `=` and `>` make `=>`."""
        after = self.around(1)
        return self.token.text + (after.text if after.start == self.token.end else "")

    def ending(self) -> str:
        before = self.around(-1)
        return (before.text if before.end == self.token.start else "") + self.token.text

    def new_line(self) -> bool:
        """Does the token found stand first on its line, or after one name that does (`y = …`)?"""
        return "\n" in self.text[max(self.around(-1).end, 0):self.token.start]

    def name(self, *names: str) -> str:
        """Which of these names occurs before, nearest first."""
        for token in reversed(self.tokens[max(self.place - 40, 0):self.place + 1]):
            if token.kind == "NAME" and token.text in names:
                return token.text
        return ""

    @property
    def operand_before(self) -> bool:
        return bool({"STAR", "INDEX"} & self.kinds)


def slip(source: Source, tokens: list[Token], place: int, token: Token, kinds: set[str]) -> Slip:
    """The first hint that fits, or an empty one."""
    scene = _Scene(source.text, tokens, place, token, kinds)
    for rule in _RULES:
        found = rule(scene)
        if found is not None:
            return found
    return Slip()


def _say(*help: str) -> Slip:
    return Slip(help)


# ── signs of other languages ───────────────────────────────────────────────────────────────────────────────────

_PAIRS = {
    "=>": "the arrow of a lambda and of a case is  ->", "**": "power is  x ^ y", "//": "integer division is  div",
    "/=": "different is  !=", "<>": "different is  !=", ":=": "a name gets its value with  let x = e in …",
    "::": "a type is given with one colon:  x : f64", "++": "arrays are joined with  concat", "||": "or is  a || b",
    "<-": "a name gets its value with  let x = e in …", "+=": "values do not change: give the new one a name with let",
    "-=": "values do not change: give the new one a name with let", "->": "",
}
_LOGIC = {"and": "and is  a && b", "or": "or is  a || b", "not": "not is  !a"}


def _sign(s: _Scene) -> Slip | None:
    for text in (s.pair(), s.ending()):
        if _PAIRS.get(text) and text not in ("||", "->"):
            return _say(_PAIRS[text])
    return None


def _foreign_word(s: _Scene) -> Slip | None:
    before = s.around(-1).text if s.around(-1).text in _LOGIC else s.around(-2).text
    if before in _LOGIC and s.token.kind in ("LT", "LE", "GT", "GE", "EQ", "NE", "THEN"):
        return _say(_LOGIC[before])
    word = s.name("fn", "fun", "lambda", "elif", "elsif", "elseif", "where", "return", "match", "begin")
    if word in ("fn", "fun", "lambda") and s.token.kind in ("EQUAL", "ARROW", "COLON", "PLUS", "STAR", "COMMA"):
        return _say(r"a function is written  \x -> e")
    if word.startswith("els") or word == "elif":
        return _say("write  else if")
    if word == "where":
        return _say("there is no where: name things before they are used, with  let x = e in …")
    if word == "return":
        return _say("the value of a definition is its expression:  def f (x : f64) : f64 = x + 1")
    if word == "match":
        return _say("write  case e of | A x -> … | B y -> …")
    return None


# ── forms of the language, a little wrong ──────────────────────────────────────────────────────────────────────

def _let_without_in(s: _Scene) -> Slip | None:
    if "IN" not in s.kinds:
        return None
    if s.token.kind == "EQUAL" and s.around(-1).kind == "NAME" \
            and "\n" in s.text[s.around(-2).end:s.around(-1).start]:
        return Slip(("each binding has its own let and in:  let x = 1 in let y = 2 in x + y",), "`in`")
    if s.token.kind in (END, "LET") or s.new_line():
        return Slip(("a let is written  let x = e in …",), "`in`")
    return None


def _if_without_else(s: _Scene) -> Slip | None:
    if "ELSE" in s.kinds and s.token.kind not in ("EQUAL", *OPEN_FORMS):
        return Slip(("an if has a value in both cases:  if c then a else b",), "`else`")
    return None


def _equality(s: _Scene) -> Slip | None:
    if s.token.kind == "EQUAL" and s.around(-1).kind == "NAME" and s.around(-2).kind == "EQUAL":
        name = s.around(-1).text
        return Slip((f"there are no statements; a name for a value is  let {name} = e in …",), "",
                    "`=` defines, it does not compare")
    if s.token.kind == "EQUAL" and s.operand_before and "EQUAL" not in s.kinds:
        return Slip(("equality is  ==",), "", "`=` defines, it does not compare") if s.pair() != "=>" else None
    return None


def _chained(s: _Scene) -> Slip | None:
    if s.token.kind in ("LT", "LE", "GT", "GE", "EQ", "NE") and "AND" in s.kinds:
        return Slip(("comparisons do not chain; write  a < b && b < c",), "", "a second comparison")
    if s.token.kind in ("FORWARDS", "BACKWARDS") and s.operand_before:
        return _say("put parentheses where  <<  meets  >>")
    return None


def _argument(s: _Scene) -> Slip | None:
    if s.operand_before and s.token.kind in OPEN_FORMS:
        word = s.token.text
        name, form = ("a lambda", r"\x -> …") if word == "\\" else (word, f"{word} …")
        return Slip((f"as an argument it stands in parentheses:  f ({form})",), "", f"{name} cannot stand here")
    if s.token.kind == "BAR" and s.operand_before:
        return _say("or is  a || b,  of bits  bor a b;  the arms of a case begin with  |")
    return None


def _loops(s: _Scene) -> Slip | None:
    if (s.around(-2).kind == "FOR" and s.token.kind in ("IN", "EQUAL", "LE")) or s.around(-1).kind == "FOR":
        return _say("a for counts from 0:  for i < n -> e")
    if s.token.kind == "DO" and "ARROW" in s.kinds:
        return _say("for makes an array:  for i < n -> e;  a loop with a state is  loop x = e0 for i < n do e")
    if s.token.kind == "ARROW" and "DO" in s.kinds:
        return _say("what a loop repeats comes after do:  loop x = e0 for i < n do e")
    if s.token.kind == "ARROW" and s.around(-2).kind == "LT" and s.operand_before:
        return _say(f"an array of values is  for {s.around(-3).text} < {s.around(-1).text} -> e,  "
                    "as an argument in parentheses:  sum (for i < n -> e)")
    return None


def _types(s: _Scene) -> Slip | None:
    end, sizes = -1, list[str]()
    while s.around(end).kind == "RSQB" and s.around(end - 2).kind in ("LSQB", "INDEX"):
        sizes.append(s.around(end - 1).text)
        end -= 3
    if s.token.kind == "RSQB" and s.around(-1).kind in ("LSQB", "INDEX"):
        end, sizes = -2, ["n"]
    if sizes and s.around(end).kind == "NAME" and s.around(end - 1).kind == "COLON":
        return _say(f"an array type has its size first:  [{', '.join(reversed(sizes))}]{s.around(end).text}")
    if s.token.kind == "ARROW" and s.around(-1).kind == "RPAR" and {"EQUAL", "COLON"} <= s.kinds:
        return _say("the type of the result comes after a colon:  def f (x : f64) : f64 = …")
    if s.token.kind == "NAME" and s.kinds == {"STRING"}:
        return _say(f'an import is written  import "std/{s.token.text}.cad" as {s.token.text}')
    return None


def _brackets(s: _Scene) -> Slip | None:
    if s.token.kind == "COLON" and "DOTDOT" in s.kinds:
        return _say("a slice is  a[i..j]")
    if s.token.kind == "COLON" and s.around(-2).kind in ("LBRACE", "COMMA") and "EQUAL" in s.kinds:
        return _say("a record is written  {x = 1, y = 2};  its type  {x : f64, y : f64}")
    if s.token.kind == "DOTDOT":
        return _say("a slice is  a[i..j], and its bracket touches the array")
    if s.token.kind == "PROJ":
        return _say(f"a number has a digit before its point:  0{s.token.text}")
    if s.token.kind == "STRING":
        return _say("there are no strings but the path of an import")
    return None


def _imported_constructor(s: _Scene) -> Slip | None:
    """`| m.Some x -> …`"""
    if s.token.kind == "FIELD" and s.around(-1).kind == "NAME" and s.token.text[1:2].isupper():
        return _say(f"in a case constructors of an import stand by themselves:  {s.token.text[1:]}")
    return None


def _words(s: _Scene) -> Slip | None:
    if s.token.kind == "NAME" and s.kinds == {"BAR"}:
        return _say("each arm of a case begins with  |")
    if s.token.kind == "REC":
        return _say("only definitions can be recursive:  def rec f …;  within one, use loop")
    if s.token.text in keywords() and "NAME" in s.kinds and not s.operand_before and s.token.kind not in OPEN_FORMS:
        return Slip((), "", f"{spelled(s.token.kind)} is a word of the language and cannot be a name")
    return None


def _top_level(s: _Scene) -> Slip | None:
    if s.place or "DEF" not in s.kinds:
        return None
    if s.token.kind == "LET":
        return _say("outside of definitions, use def:  def x = 1")
    if s.token.kind == "NAME":
        return _say(f"a definition is written  def {s.token.text} … = …")
    return None


_RULES: tuple[Callable[[_Scene], Slip | None], ...] = (
    _top_level, _sign, _foreign_word, _loops, _let_without_in, _equality, _if_without_else, _chained, _argument,
    _types, _brackets, _imported_constructor, _words)


# ── characters ─────────────────────────────────────────────────────────────────────────────────────────────────

_CHARACTERS = {
    "&": "and is  a && b,  of bits  band a b", "%": "the remainder is  a mod b", "#": "a comment begins with  --",
    ";": "there are no statements:  let x = e in …;  items are parted by commas", "~": "not is  !a,  of bits  bnot a",
    "$": "apply with parentheses, or the other way round:  x |> f", "?": "write  if c then a else b",
    "`": "an operator in letters is only  div  or  mod", "λ": r"a function is written  \x -> e", "→": "write  ->",
    "−": "this is a typographic minus; write  -", "–": "this is a dash; write  -", "×": "write  *", "·": "write  *",
    "÷": "write  /", "≤": "write  <=", "≥": "write  >=", "≠": "write  !=", "∘": "write  <<", "⊗": "write  *",
    "“": 'write  "', "”": 'write  "', "’": "write  '", "′": "write  '", "\xa0": "this is a no-break space",
    "\ufeff": "this is a byte order mark", "π": "write  pi", "∑": "write  sum (for i < n -> …)", "√": "write  sqrt x",
}


def character(token: Token, before: Token | None) -> str:
    """A hint for a character that begins no token."""
    if token.text == "." and before is not None and before.kind == "INT" and before.end == token.start:
        return f"a number has a digit after its point:  {before.text}.0"
    if token.text == ".":
        return "functions are composed with  <<  and  >>"
    hint = _CHARACTERS.get(token.text, "")
    if not hint and token.text.isalpha():
        return "names are made of the letters A-Z and a-z, digits and _"
    return hint
