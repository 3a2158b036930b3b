"""A program as a stub: what type checkers and editors should know of `import model` (`catad.interop.importer`).

    def misfit [n] (p : {slope : f64}) (x : [n]f64) : f64        class _misfit(Function):
                                                                     def __call__(self, p: _Slope, x: Vector) -> float
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator

from catad.api.program import Program
from catad.net.net import Entry
from catad.types.size import Size
from catad.types.type import BOOL, F32, F64, I64, Array, Data, Prod, Record, Scalar, Type

__all__ = ["stub"]

_ONE = Size.of(1)                # of arrays whose size no stub shows
_TAKEN = {F64: "float", F32: "float", I64: "int", BOOL: "bool"}
_ENTRIES = {F64: "np.float64", F32: "np.float32", I64: "np.int64", BOOL: "np.bool_"}


def stub(program: Program, name: str) -> str:
    """The text of a .pyi file.

    >>> import catad
    >>> print(stub(catad.compile("def f [n] (x : [n]f64) : f64 = sum x"), "model").splitlines()[-1])
    f: _f
    """
    writer = _Writer()
    classes = [line for x in program for line in writer.function(x, program.table.entries[x])]
    names = [f"{x}: _{x}" for x in program if not keyword.iskeyword(x) and x.isidentifier()]
    head = [f'"""The program {name}. Written by `catad stubgen`; do not edit."""', "",
            "from typing import Any, TypedDict", "", "import numpy as np", "from numpy.typing import NDArray", "",
            "from catad import Function", ""]
    return "\n".join([*head, *writer.records, *classes, *names]) + "\n"


class _Writer:
    """Writes classes; records become TypedDicts, one for each set of fields."""

    def __init__(self) -> None:
        self.records: list[str] = []
        self.known: dict[Record, str] = {}

    def function(self, name: str, entry: Entry) -> Iterator[str]:
        if keyword.iskeyword(name) or not name.isidentifier():
            return
        params = [f"{_legal(x)}: {self.taken(t)}" for x, t in entry.params]
        yield f"class _{name}(Function):"
        head = f"    def __call__({', '.join(['self', *params])}) -> {self.given(entry.result)}:"
        yield head + "  # type: ignore[override]"
        doc = entry.doc.replace("\\", "\\\\").replace('"""', "'''").strip()
        yield f'        """{doc}"""' if doc else "        ..."
        yield ""

    def taken(self, t: Type) -> str:
        """What is accepted for a type."""
        if isinstance(t, Array) and _entries(t) is not None:
            return f"NDArray[{_entries(t)}] | list[Any]"
        return self.given(t)

    def given(self, t: Type) -> str:
        """What comes back of a type."""
        match t:
            case Scalar():
                return _TAKEN[t]
            case Prod(items):
                return f"tuple[{', '.join(map(self.given, items)) or '()'}]"
            case Record():
                return self.record(t)
            case Array() if (entries := _entries(t)) is not None:
                return f"NDArray[{entries}]"
            case Array(_, item) if not isinstance(item, Data):
                return self.arrays(item)
        return "Any"

    def arrays(self, t: Type) -> str:
        """An array of products is a product of arrays."""
        match t:
            case Prod(items):
                return f"tuple[{', '.join(map(self.arrays, items)) or '()'}]"
            case Record(fields):
                return self.record(Record(tuple((x, Array(_ONE, f)) for x, f in fields)))
            case Array(_, item):
                return self.arrays(item)
            case Scalar():
                return f"NDArray[{_ENTRIES[t]}]"
        return "Any"

    def record(self, t: Record) -> str:
        if any(keyword.iskeyword(x) or not x.isidentifier() for x, _ in t.fields):
            return "dict[str, Any]"
        if t not in self.known:
            body = [f"    {x}: {self.given(f)}" for x, f in t.fields] or ["    ..."]
            self.known[t] = f"_Record{len(self.known) + 1}"
            self.records += [f"class {self.known[t]}(TypedDict):", *body, ""]
        return self.known[t]


def _entries(t: Type) -> str | None:
    while isinstance(t, Array):
        t = t.item
    return _ENTRIES.get(t) if isinstance(t, Scalar) else None


def _legal(x: str) -> str:
    return x.replace("'", "_prime") + ("_" if keyword.iskeyword(x) else "")
