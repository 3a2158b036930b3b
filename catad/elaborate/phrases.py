"""Pieces of .cad text that know how tightly they bind, and the few ways to put them together.

    infix("mul", infix("add", x, y), z)  =  (x + y) * z          parentheses only where the grammar needs them

Levels follow `grammar/cad.lark`, loosest first. A phrase may have a *path* still to be taken: a leaf of an array
of products, which can only be reached through an index (`xs[i].0`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["APPLIED", "ATOM", "INFIX", "OPEN", "POSTFIX", "Phrase", "apply", "block", "index", "infix", "listed",
           "prefix"]

(OPEN, UPDATE, PIPE, OR, AND, COMPARISON, SUM, PRODUCT, MATMUL, PREFIX, POWER, COMPOSED, APPLIED, POSTFIX,
 ATOM) = range(15)

# operator, level, least level on the left, least level on the right
INFIX = {
    "add": ("+", SUM, SUM, PRODUCT), "sub": ("-", SUM, SUM, PRODUCT),
    "mul": ("*", PRODUCT, PRODUCT, MATMUL), "corr": ("*", PRODUCT, PRODUCT, MATMUL),
    "div": ("/", PRODUCT, PRODUCT, MATMUL), "idiv": ("div", PRODUCT, PRODUCT, MATMUL),
    "imod": ("mod", PRODUCT, PRODUCT, MATMUL),
    **dict.fromkeys(("pow", "powi", "ipow"), ("^", POWER, COMPOSED, PREFIX)),
    "and": ("&&", AND, AND, COMPARISON), "or": ("||", OR, OR, AND),
    **{name: (op, COMPARISON, SUM, SUM) for name, op in (
        ("eq", "=="), ("ne", "!="), ("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">="))},
}


@dataclass(frozen=True, slots=True)
class Phrase:
    """Text and how tightly it binds; `path` holds what is left to do: "" for an index, ".0" for a projection.

    `natural` says that it is a whole number that is surely not negative.
    """

    text: str
    level: int = ATOM
    path: tuple[str, ...] = ()
    natural: bool = False

    def at(self, level: int) -> str:
        """The text, in parentheses unless it binds at least so tightly."""
        if self.level >= level:
            return self.text
        return f"({self.text})" if "\n" not in self.text else f"({indent(self.text, 1)})"

    @property
    def atomic(self) -> bool:
        """May it be written several times?"""
        return self.level >= POSTFIX and len(self.text) < 24 and "[" not in self.text and "(" not in self.text


def indent(text: str, by: int) -> str:
    """All lines but the first moved right."""
    return text.replace("\n", "\n" + " " * by)


def infix(row: str, left: Phrase, right: Phrase) -> Phrase:
    """`left op right`, where adding something negated is subtracting it."""
    if row in ("add", "sub") and right.level == PREFIX and right.text.startswith("-"):
        return infix("sub" if row == "add" else "add", left, Phrase(right.text[1:], POWER))
    op, level, least_left, least_right = INFIX[row]
    natural = row in ("add", "mul") and left.natural and right.natural
    return Phrase(f"{left.at(least_left)} {op} {right.at(least_right)}", level, natural=natural)


def prefix(op: str, item: Phrase) -> Phrase:
    return Phrase(op + item.at(POWER), PREFIX)


def apply(function: str, args: Sequence[Phrase]) -> Phrase:
    return Phrase(" ".join([function, *(a.at(POSTFIX) for a in args)]), APPLIED) if args else Phrase(function)


def index(item: Phrase, at: Sequence[str]) -> Phrase:
    """`item[i, j]`, taking projections of the path on the way."""
    if not item.path:
        return Phrase(f"{item.at(POSTFIX)}[{', '.join(at)}]", POSTFIX) if at else item
    text, path, pending, left = item.at(POSTFIX), list(item.path), list[str](), list(at)
    while path and (left or path[0]):
        step = path.pop(0)
        if step == "":
            pending.append(left.pop(0))
            continue
        text += (f"[{', '.join(pending)}]" if pending else "") + step
        pending.clear()
    pending += left
    text += f"[{', '.join(pending)}]" if pending else ""
    return Phrase(text, POSTFIX, tuple(path) if any(path) else ())


def project(item: Phrase, path: Sequence[str]) -> Phrase:
    """The leaf of `item` at a path of indices and projections."""
    return index(Phrase(item.text, item.level, tuple(path) if any(path) else ()), ())


def listed(items: Sequence[str]) -> str:
    """`(a, b, …)`, on several lines when long."""
    rows = [""]
    for k, item in enumerate(items):
        item += "," if k < len(items) - 1 else ""
        if rows[-1] and len(rows[-1]) + len(item) > 88:
            rows.append(item)
        else:
            rows[-1] += f" {item}" if rows[-1] else item
    return "(" + "\n ".join(rows) + ")"


def block(head: str, body: str, tail: str = "") -> str:
    """`head body tail` on one line when short, else with the body on lines of its own."""
    line = " ".join(x for x in (head, body, tail) if x)
    if "\n" not in line and len(line) <= 88:
        return line
    return f"{head}\n  {indent(body, 2)}" + (f"\n{tail}" if tail else "")
