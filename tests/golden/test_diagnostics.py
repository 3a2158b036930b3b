"""What the compiler says: each wrong program in `errors/` with its rendered diagnostics beside it, at least one for
every code that a text can cause.

After a change of wording:  CATAD_ACCEPT=1 pytest tests/golden/test_diagnostics.py  writes them again; read the diff.
"""

from __future__ import annotations

import os
import pathlib

import pytest

from catad.api.program import Program
from catad.source import CatadError, Diagnostic, Source
from catad.source.codes import codes
from catad.source.render import render
from catad.types.library import FOLDER as LIBRARY

FOLDER = pathlib.Path(__file__).resolve().parent / "errors"
FILES = sorted(FOLDER.glob("*.cad"))

# Codes that no text alone can cause, and the room whose tests cover them.
ELSEWHERE = {
    "E0402": "api", "E0403": "functors", "E0404": "elaborate", "E0509": "runtime", "E0510": "api",
    **dict.fromkeys((c for c in codes() if c.startswith("E06")), "doors"),
    **dict.fromkeys((c for c in codes() if c.startswith("E07")), "backends"),
    **dict.fromkeys((c for c in codes() if c.startswith("E09")), "internal"),
}


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATAD_CACHE", "off")


def diagnostics(path: pathlib.Path, backend: str = "llvm") -> tuple[Diagnostic, ...]:
    """What a file gets: from checking it, else from compiling its `main`, else from running that."""
    try:
        program = Program(Source(str(path), path.read_text(encoding="utf-8")), root=path.parent)
        if "main" in program:
            f = program["main"].with_backend(backend)
            f(*(0.0 if str(t) == "f64" else 0 if str(t) == "i64" else False for _, t in f.entry.params))
    except CatadError as exc:
        return exc.diagnostics
    return ()


def rendered(found: tuple[Diagnostic, ...]) -> str:
    text = "\n\n".join(render(d, width=100) for d in found)
    return text.replace(f"{FOLDER}/", "").replace(f"{LIBRARY}/", "std/") + "\n"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_diagnostic(path: pathlib.Path) -> None:
    found = diagnostics(path)
    text, beside = rendered(found), path.with_suffix(".txt")
    if os.environ.get("CATAD_ACCEPT") == "1":
        beside.write_text(text, encoding="utf-8")
    assert path.stem.split("_")[0] in {d.code for d in found}, text
    assert text == beside.read_text(encoding="utf-8")


STOPPING = [p for p in FILES if p.stem.startswith("E05") and "memory" not in p.stem]    # the reference takes its time


@pytest.mark.parametrize("path", STOPPING, ids=lambda p: p.stem)
def test_the_reference_stops_with_the_same_code(path: pathlib.Path) -> None:
    assert [d.code for d in diagnostics(path, "reference")] == [path.stem.split("_")[0]]


def test_every_code_is_covered() -> None:
    here = {p.stem.split("_")[0] for p in FILES}
    assert sorted(set(codes()) - here - set(ELSEWHERE)) == []
    assert sorted(here & set(ELSEWHERE)) == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_nothing_leaks_from_within(path: pathlib.Path) -> None:
    """People read no Python and no names that the compiler made."""
    text = path.with_suffix(".txt").read_text(encoding="utf-8")
    assert not any(word in text for word in ("Traceback", "TypeVar(", "Array(", "Size(", "$", "E09"))
