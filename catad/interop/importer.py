"""`import model` for `model.cad`: programs as modules of Python.

    install()      from then on, a name without a Python module is looked for as a .cad file on the same path

The module is the program: its entries are attributes. `catad stubgen` writes the types of such modules for editors.
"""

from __future__ import annotations

import importlib.machinery
import pathlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from types import ModuleType

from catad.api.program import load

__all__ = ["Finder", "install"]


class Finder(MetaPathFinder):
    """Finds `a/b.cad` for `a.b`."""

    def find_spec(self, name: str, path: Sequence[str] | None,
                  target: ModuleType | None = None) -> importlib.machinery.ModuleSpec | None:
        for folder in sys.path if path is None else path:
            file = pathlib.Path(folder or ".") / f"{name.rpartition('.')[2]}.cad"
            if file.is_file():
                return importlib.machinery.ModuleSpec(name, _Loader(file), origin=str(file))
        return None


class _Loader(Loader):
    """Fills a module with the entries of a program. Raises CatadError for what is wrong with it."""

    def __init__(self, file: pathlib.Path) -> None:
        self.file = file

    def exec_module(self, module: ModuleType) -> None:
        program = load(self.file)
        module.__file__, module.__doc__ = str(self.file), f"The program {self.file.name}."
        module.__dict__["__all__"] = list(program)
        module.__dict__["__program__"] = program
        module.__dict__.update({x: program[x] for x in program})


def install() -> None:
    """Make `import` find programs; Python's own modules go first, and a second call changes nothing.

    >>> import catad.interop.importer
    >>> catad.interop.importer.install()
    """
    if not any(isinstance(f, Finder) for f in sys.meta_path):
        sys.meta_path.append(Finder())
