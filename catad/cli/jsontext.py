"""JSON of any depth: `json` for what is shallow, a stack for what is not (lists and trees may be long).

    loads : text → value        dumps : value → text        the same as those of `json`
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["dumps", "loads", "mapped"]

SHALLOW = 500                   # levels that `json`, which recurses in C, is trusted with
_MARK = re.compile(r'[ \t\n\r]*("(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+|"|$)')
_CLOSED = {"[": "]", "{": "}"}


def loads(text: str, parse_float: Callable[[str], Any] = float) -> Any:
    """The value of a text, `parse_float` of its decimal numbers. Raises json.JSONDecodeError."""
    depth = most = 0
    for mark in _MARK.finditer(text):
        if mark[1] in ("[", "{"):
            depth += 1
            most = max(most, depth)
        elif mark[1] in ("]", "}"):
            depth -= 1
    return json.loads(text, parse_float=parse_float) if most <= SHALLOW else _Reader(text, parse_float).read()


class _Reader:
    """Containers on a stack; each waits for its next item."""

    def __init__(self, text: str, parse_float: Callable[[str], Any]) -> None:
        self.text, self.at, self.parse_float = text, 0, parse_float

    def read(self) -> Any:
        stack: list[Any] = []
        keys: list[str] = []
        while True:
            mark = self.mark()
            if mark in _CLOSED:
                value: Any = [] if mark == "[" else {}
                stack.append(value)
                if not self.next_is(_CLOSED[mark]):
                    self.key(value, keys)
                    continue
                stack.pop()
            else:
                value = self.scalar(mark)
            while stack:                                       # the value goes into its container, which may end there
                self.put(stack[-1], value, keys)
                end = "]" if isinstance(stack[-1], list) else "}"
                mark = self.mark()
                if mark == ",":
                    self.key(stack[-1], keys)
                    break
                if mark != end:
                    raise self.wrong("Expecting ',' delimiter")
                value = stack.pop()
            else:
                if self.mark():
                    raise self.wrong("Extra data")
                return value

    def mark(self) -> str:
        found = _MARK.match(self.text, self.at)
        if found is None:
            raise self.wrong("Expecting value")
        self.at = found.end()
        return str(found[1])

    def next_is(self, mark: str) -> bool:
        before = self.at
        if self.mark() == mark:
            return True
        self.at = before
        return False

    def scalar(self, mark: str) -> Any:
        try:
            return json.loads(mark, parse_float=self.parse_float)
        except json.JSONDecodeError as exc:
            raise self.wrong(exc.msg) from None

    def key(self, container: Any, keys: list[str]) -> None:
        """The name of the next item of an object."""
        if isinstance(container, dict):
            name = self.scalar(self.mark())
            if not isinstance(name, str) or self.mark() != ":":
                raise self.wrong("Expecting a name and ':'")
            keys.append(name)

    def put(self, container: Any, value: Any, keys: list[str]) -> None:
        if isinstance(container, list):
            container.append(value)
        else:
            container[keys.pop()] = value

    def wrong(self, message: str) -> json.JSONDecodeError:
        return json.JSONDecodeError(message, self.text, self.at)


def dumps(value: Any) -> str:
    """The text of lists, dictionaries with names, and scalars, in one line."""
    return "".join(_pieces(value))


def mapped(value: Any, f: Callable[[Any], Any]) -> Any:
    """The value with `f` applied to what is no list, tuple or dictionary; tuples become lists."""
    out: list[Any] = [None]
    todo: list[tuple[Any, Any, Any]] = [(value, out, 0)]
    while todo:
        v, into, at = todo.pop()
        if isinstance(v, (list, tuple)):
            into[at] = new = [None] * len(v)
            todo += [(x, new, k) for k, x in enumerate(v)]
        elif isinstance(v, dict):
            into[at] = named = dict.fromkeys(v)
            todo += [(x, named, k) for k, x in v.items()]
        else:
            into[at] = f(v)
    return out[0]


def _pieces(value: Any) -> Iterator[str]:
    """Pieces of text; what is still to be written is on a stack, texts as tuples of one."""
    todo: list[Any] = [value]
    while todo:
        v = todo.pop()
        if isinstance(v, tuple):
            yield v[0]
        elif isinstance(v, list) and any(isinstance(x, (list, dict)) for x in v):
            todo.append(("]",))
            for k in range(len(v) - 1, -1, -1):
                todo += [v[k], (", " if k else "[",)]
        elif isinstance(v, dict) and v:
            todo.append(("}",))
            for k, (x, item) in reversed(list(enumerate(v.items()))):
                todo += [item, (f"{', ' if k else '{'}{json.dumps(x, ensure_ascii=False)}: ",)]
        else:
            yield json.dumps(v, allow_nan=False, ensure_ascii=False)
