"""A checked program and its entries.

    load, compile : text → Program,   Program["f"] : Function
"""

from __future__ import annotations

import difflib
import os
import pathlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, overload

from catad.api.engine import backend_of
from catad.api.function import Function, signature_text
from catad.api.values import callable_type
from catad.crash import internal
from catad.net.net import Entry, Table
from catad.source import CatadError, Source, error
from catad.source.files import read, root_of

if TYPE_CHECKING:
    from catad.syntax.tree import File
    from catad.tracing.modules import Module

__all__ = ["Program", "compile", "load"]

_Path = str | os.PathLike[str]


class Program:
    """What a file defines. Entries are attributes and items; nothing is compiled before it is called.

    >>> import catad
    >>> p = catad.compile("def sq (x : f64) : f64 = x * x def half (x : f64) : f64 = x / 2")
    >>> list(p), p.sq(3.0), p["half"](5.0)
    (['sq', 'half'], 9.0, 2.5)
    >>> p
    Program of 2 entries
      sq (x : f64) : f64
      half (x : f64) : f64
    """

    def __init__(self, source: Source, *, root: pathlib.Path | None = None, backend: str = "llvm") -> None:
        from catad import pipeline
        self._source, self._root, self._backend = source, root, backend
        self._lock = threading.RLock()
        self._functions: dict[str, Function] = {}
        self._tree: File | None = None
        with internal(f"checking {source.name}", [source]):
            self._module = pipeline.load(source, root=None if root is None else str(root))
        with internal(f"elaborating {source.name}", [source]):
            self._table: Table = pipeline.elaborate(self._module)
        entries = self._table.entries
        self._names = tuple(x for x in self._module.own if x in entries and _callable(entries[x]))

    @property
    def table(self) -> Table:
        """All nets of the program."""
        return self._table

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __getitem__(self, name: str) -> Function:
        with self._lock:
            if name not in self._functions:
                if name not in self._table.entries:
                    raise self._missing(name)
                self._functions[name] = Function(self._table, name, backend=self._backend, sources=(self._source,),
                                                 origin=lambda: self._definition(name))
            return self._functions[name]

    def _definition(self, name: str) -> Module:
        """A definition, as a tree that traced functions import."""
        from catad.syntax import parse
        from catad.tracing.modules import Module
        with self._lock:
            if self._tree is None:
                self._tree = parse(self._source)
            return Module(self._tree, name, root=self._root)

    def __getattr__(self, name: str) -> Function:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            found = self.__dict__[name] = self[name]
            return found
        except CatadError as exc:
            if exc.code == "E0602":
                raise AttributeError(str(exc)) from None
            raise

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self._source, self._root, self._backend)

    def __dir__(self) -> list[str]:
        return sorted({*self._names, "main_name", "table"})

    def __repr__(self) -> str:
        lines = [signature_text(x, self._table.entries[x]) for x in self._names]
        return "\n  ".join([f"Program of {len(lines)} entr{'y' if len(lines) == 1 else 'ies'}", *lines])

    def _repr_html_(self) -> str:
        """A table of the entries, for notebooks."""
        from html import escape
        rows = [f"<tr><td style='text-align:left'><code>{escape(signature_text(x, e))}</code></td>"
                f"<td style='text-align:left'>{escape(e.doc.partition(chr(10))[0])}</td></tr>"
                for x in self._names for e in [self._table.entries[x]]]
        return f"<table>{''.join(rows)}</table>"

    @property
    def main_name(self) -> str:
        """The entry that is meant when none is named: `main`, or the only one."""
        if "main" in self._names:
            return "main"
        if len(self._names) == 1:
            return self._names[0]
        raise error("E0602", f"{self._source.name} has {len(self._names)} entries and none is called `main`",
                    help=[f"name one of {', '.join(self._names)}" if self._names else
                          "define a function whose types hold no type variables and no functions"])

    def core(self) -> str:
        """The typed core of the program's own definitions, as text."""
        from catad.core.show import show
        with internal("printing the typed core", [self._source]):
            return show(self._module)

    def _missing(self, name: str) -> CatadError:
        best = difflib.get_close_matches(name, self._names, 1)
        return error("E0602", f"{self._source.name} has no entry `{name}`",
                     help=[f"did you mean `{best[0]}`?"] if best else
                     [f"it has {', '.join(self._names)}"] if self._names else ["it has none"])


def _again(source: Source, root: pathlib.Path | None, backend: str) -> Program:
    return Program(source, root=root, backend=backend)


def _callable(entry: Entry) -> bool:
    return callable_type(entry.result) and all(callable_type(t) for _, t in entry.params)


def load(path: str | os.PathLike[str], *, strict: bool = False, check: str | None = None) -> Program:
    """The program in a .cad file; imports are relative to it. Options as for `compile`.

    >>> import catad, pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "cube.cad"
    >>> _ = file.write_text("def cube (x : f64) : f64 = x^3")
    >>> catad.load(file).cube(2.0)
    8.0
    """
    return Program(read(path), root=root_of(path), backend=backend_of(strict, check))


@overload
def compile(text: str, entry: None = None, *, name: str = ..., root: _Path | None = ..., strict: bool = ...,
            check: str | None = ...) -> Program: ...
@overload
def compile(text: str, entry: str, *, name: str = ..., root: _Path | None = ..., strict: bool = ...,
            check: str | None = ...) -> Function: ...


def compile(text: str, entry: str | None = None, *, name: str = "<text>", root: _Path | None = None,
            strict: bool = False, check: str | None = None) -> Program | Function:
    """The program in a text, or one function of it when `entry` names one.

    `name` stands for the file in messages; imports are relative to `root`, the current folder if not given. `strict`:
    no sum is regrouped, no multiplication contracted with an addition. `check="nan"` runs by the reference and stops
    at the operation that makes the first NaN, in a value or a derivative; "inf" for infinities too.

    >>> import catad
    >>> norm = catad.compile("def norm [n] (x : [n]f64) : f64 = sqrt (sum (for i < n -> x[i]^2))", entry="norm")
    >>> norm([3.0, 4.0])
    5.0
    """
    if not isinstance(text, str):
        raise error("E0605", f"compile takes the text of a program, a str; found a {type(text).__name__}",
                    help=["catad.load takes a path"])
    program = Program(Source(name, text), root=pathlib.Path(root or ".").resolve(), backend=backend_of(strict, check))
    return program if entry is None else program[entry]
