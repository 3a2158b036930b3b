"""The door of this room: a surface tree to a typed core module, or every error found in it.

    check : File → Module        one key for each definition: own ones by name, others by file and name
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path, PurePath

from catad.core.term import Module
from catad.source import CatadError, Diagnostic, Source, error
from catad.source.deep import deep
from catad.syntax import parse, tree
from catad.types.demand import Definitions, LibraryFile
from catad.types.files import CheckedFile
from catad.types.library import FOLDER, STANDARD, standard_module, standard_modules

__all__ = ["Load", "Run", "check", "load_file", "prelude"]

Load = Callable[[str, Source], Source | tree.File]       # a tree where there is no text in .cad


def load_file(path: str, importing: Source) -> Source:
    """An imported file, found beside the importing one. Raises OSError."""
    near = os.path.normpath(Path(importing.name).parent / path)      # one name for one file: circles are seen
    return Source(near, Path(near).read_text(encoding="utf-8"))


def check(file: tree.File, *, load: Load = load_file) -> Module:
    """Check a file and what it imports. Raises CatadError with all diagnostics, in order of position."""
    with deep():
        run = Run(load, prelude())
        checked = run.file(file, "")
        diagnostics = [d for f in run.finished for d in f.diagnostics]
        if diagnostics:
            raise CatadError(_in_order(diagnostics))
        return Module(Definitions([prelude(), *run.finished]), checked.own())


def _in_order(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    def place(d: Diagnostic) -> int:
        return d.labels[0].span.start if d.labels else 0
    diagnostics = list(dict.fromkeys(diagnostics))          # a type is wrong wherever it is used: said once
    names: list[str] = []
    for d in diagnostics:
        name = d.labels[0].span.source.name if d.labels else ""
        if name not in names:
            names.append(name)
    return sorted(diagnostics, key=lambda d: (names.index(d.labels[0].span.source.name if d.labels else ""), place(d)))


@cache
def prelude() -> LibraryFile:
    """The prelude, one for all programs. It imports nothing."""
    path = FOLDER / "prelude.cad"
    return LibraryFile(Source(str(path), path.read_text(encoding="utf-8")), "prelude.", None)


def _import_help(path: str, standard: bool) -> list[str]:
    if not standard:
        return ["paths are relative to this file; the standard library is imported as `std/…`"]
    near = difflib.get_close_matches(path, standard_modules(), 1)
    return [f'did you mean "{near[0]}"?' if near else f"it has {', '.join(standard_modules())}"]


# ── imports ────────────────────────────────────────────────────────────────────────────────────────────────────

class Run:
    """The files of one check; each is checked once, after those that it imports."""

    def __init__(self, load: Load, prelude: CheckedFile | None) -> None:
        self.load = load
        self.prelude = prelude
        self.known: dict[str, CheckedFile] = {}
        self.open: list[str] = []
        self.prefixes: set[str] = set()
        self.finished: list[CheckedFile] = []

    def file(self, file: tree.File, prefix: str, key: str | None = None) -> CheckedFile:
        """Check a file; `key` is what it is known by, its name if not given."""
        key = file.source.name if key is None else key
        checked = CheckedFile(file.source, prefix, self.prelude)
        self.open.append(key)
        for d in file.decls:
            if isinstance(d, tree.Import):
                try:
                    self.imported(checked, d)
                except CatadError as e:
                    checked.report(e)
                    checked.missing.add(d.alias or "")
            else:
                checked.declare(d)
        checked.check_all()
        self.open.pop()
        self.known[key] = checked
        self.finished.append(checked)
        return checked

    def library(self, source: Source, prefix: str) -> CheckedFile:
        """A file of the standard library: its imports now, its definitions on demand."""
        file = LibraryFile(source, prefix, self.prelude)
        for d in file.imports():
            self.imported(file, d)
        self.known[source.name] = file
        self.finished.append(file)
        return file

    def imported(self, into: CheckedFile, d: tree.Import) -> None:
        target = self.target(into, d)
        if d.alias is None:
            into.opened.append(target)
            return
        if d.alias in into.aliases:
            raise error("E0209", f"two imports are called `{d.alias}`", d.span, "again here")
        into.aliases[d.alias] = target

    def target(self, into: CheckedFile, d: tree.Import) -> CheckedFile:
        standard = d.path.startswith(STANDARD)
        try:
            found = standard_module(d.path) if standard else self.load(d.path, into.source)
        except (OSError, UnicodeDecodeError) as e:
            reason = e.strerror if isinstance(e, OSError) and e.strerror else "it is not a text in UTF-8"
            raise error("E0215", f'cannot read "{d.path}"', d.path_span, reason,
                        help=_import_help(d.path, standard)) from None
        key = d.path if isinstance(found, tree.File) else found.name
        if key in self.open:
            raise error("E0216", "these files import each other", d.path_span, "closes the circle",
                        notes=[" → ".join([*self.open[self.open.index(key):], key])],
                        help=["move what both need to a third file"])
        known = self.known.get(key)
        if known is not None:
            return known
        prefix = self.prefix(d.path)
        if isinstance(found, tree.File):
            return self.file(found, prefix, key)
        return self.library(found, prefix) if standard else self.file(parse(found), prefix)

    def prefix(self, path: str) -> str:
        """A prefix for keys that no other file has."""
        stem, k = PurePath(path).stem, 0
        prefix = f"{stem}."
        while prefix in self.prefixes or (prefix == "prelude." and self.prelude is not None):
            k += 1
            prefix = f"{stem}_{k}."
        self.prefixes.add(prefix)
        return prefix

