"""Trees that import each other without being files, and how the checker reads them.

    Module = (tree, what its imports stand for, the folder of the others)
"""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from catad.source import Source
from catad.syntax import tree
from catad.types.check import load_file

__all__ = ["Loader", "Module"]


@dataclass(frozen=True, slots=True, eq=False)
class Module:
    """A tree; `name` is the definition in it that is meant."""

    file: tree.File
    name: str
    imports: Mapping[str, Module] = field(default_factory=dict)
    root: pathlib.Path | None = None


class Loader:
    """What an import of a source means: a tree, or a file in its folder."""

    def __init__(self) -> None:
        self._modules: dict[tuple[Source, str], tree.File] = {}
        self._roots: dict[Source, pathlib.Path] = {}

    def add(self, source: Source, path: str, module: Module) -> None:
        """`path` in `source` stands for a module; likewise for its own imports."""
        if (source, path) in self._modules:
            return
        self._modules[source, path] = module.file
        if module.root is not None:
            self._roots[module.file.source] = module.root
        for inner, m in module.imports.items():
            self.add(module.file.source, inner, m)

    def __call__(self, path: str, importing: Source) -> Source | tree.File:
        found = self._modules.get((importing, path))
        if found is not None:
            return found
        root = self._roots.get(importing)
        if root is not None and (root / path).exists():
            return Source(str(root / path), (root / path).read_text(encoding="utf-8"))
        return load_file(path, importing)
