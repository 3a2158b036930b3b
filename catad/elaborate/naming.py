"""Names for text: legal, fresh, and never those that the text itself relies on.

    size_term : Size → i64 expression            d*(d-1)/2  ↦  (d^2 - d) div 2
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from catad.elaborate.phrases import ATOM, PREFIX, PRODUCT, SUM, Phrase
from catad.net.build import rename_sizes
from catad.net.net import Entry, Net
from catad.ops import ROWS
from catad.types.size import Size
from catad.types.type import I64, subst

__all__ = ["Names", "legal", "size_term", "well_named"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*'*")
_WORDS = frozenset(re.findall(r"\w+", """
    def rec let in if then else case of for loop while do with accumulate import as type derivative primitive true false
    assert trace div mod f64 f32 i64 bool sum product all any inf nan""")) | ROWS.keys()


def legal(name: str) -> str:
    """A name of the language that resembles this one."""
    if _NAME.fullmatch(name):
        return name
    primes = len(name) - len(name.rstrip("'"))
    text = re.sub(r"[^A-Za-z0-9_]+", "_", name[:len(name) - primes]).strip("_") or "x"
    return ("x" + text if text[0].isdigit() else text) + "'" * primes


class Names:
    """The names in use in one definition."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken) | _WORDS
        self._next: dict[str, int] = {}
        self._log: list[tuple[str, str, int | None]] = []

    def take(self, name: str) -> None:
        self._taken.add(name)

    def fresh(self, hint: str) -> str:
        """`hint`, or `hint` with the first number that makes it new."""
        before = self._next.get(hint)
        name = hint
        while name in self._taken:
            k = self._next[hint] = self._next.get(hint, 0) + 1
            name = f"{hint}{k}" if "'" not in hint else f"{hint.rstrip(chr(39))}{k}'"
        self._taken.add(name)
        self._log.append((name, hint, before))
        return name

    def lasting(self, hint: str) -> str:
        """A fresh name that stays taken after `inner`."""
        name = self.fresh(hint)
        self._log.pop()
        return name

    @contextmanager
    def inner(self) -> Iterator[None]:
        """Names made within are free again afterwards: siblings may call their index `i`."""
        mark = len(self._log)
        yield
        while len(self._log) > mark:
            name, hint, before = self._log.pop()
            self._taken.discard(name)
            if before is None:
                self._next.pop(hint, None)
            else:
                self._next[hint] = before


def well_named(net: Net, entry: Entry) -> tuple[Net, Entry]:
    """The same with sizes at the boundary renamed where their names are not legal or would hide a function."""
    numbers = {x for x, t in entry.params if t == I64}
    names = Names(numbers)
    new: dict[str, Size] = {}
    for s in net.sizes:
        if s not in numbers:
            fresh = names.fresh(legal(s))
            if fresh != s:
                new[s] = Size.var(fresh)
    if not new:
        return net, entry
    params = tuple((x, subst(t, {}, new)) for x, t in entry.params)
    sizes = tuple(str(new.get(s, s)) for s in entry.sizes)
    return rename_sizes(net, new), replace(entry, params=params, result=subst(entry.result, {}, new), sizes=sizes)


def size_term(size: Size, bound: Mapping[str, str]) -> Phrase:
    """The value of a size. `bound` says how to write sizes that a wire gives."""
    constant = size.constant
    if constant is not None:
        return Phrase(str(constant), ATOM if constant >= 0 else PREFIX)
    used = {x: bound[x] for x in size.variables if x in bound}
    named = size.subst({x: Size.var(text) for x, text in used.items()})
    if named.variable is not None:
        return Phrase(named.variable)
    common = 1
    for _, c in named.terms:
        common = common * c.denominator // _gcd(common, c.denominator)
    if common == 1:
        return Phrase(str(named), SUM)
    return Phrase(f"({named * common}) div {common}", PRODUCT)


def _gcd(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a
