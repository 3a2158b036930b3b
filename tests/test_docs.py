"""What the documents in docs/ show is what happens, and what they point to exists."""

from __future__ import annotations

import importlib.util
import pathlib
import re
from typing import Any

import pytest

from tests.documents import ROOT, blocks, run_python, run_session

TOUR = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")
DOCUMENTS = [*sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("*.md"))]


@pytest.fixture
def spring(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A folder with the files of the tour."""
    monkeypatch.chdir(tmp_path)
    program = next(b for b in blocks(TOUR, "") if b.startswith("-- "))
    (main,) = blocks(TOUR, "c")
    (tmp_path / "spring.cad").write_text(program, encoding="utf-8")
    (tmp_path / "main.c").write_text(main, encoding="utf-8")
    return tmp_path


def test_the_commands_of_the_tour(spring: pathlib.Path, capsys: pytest.CaptureFixture[str],
                                  monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = [b for b in blocks(TOUR, "") if b.startswith("$ ")]
    assert len(sessions) > 5
    for session in sessions:
        run_session(session, capsys, monkeypatch)
    assert texts((spring / "swing.svg").read_text(encoding="utf-8")) == texts(
        (ROOT / "docs" / "swing.svg").read_text(encoding="utf-8")), "catad draw spring.cad swing -o docs/swing.svg"


def texts(svg: str) -> list[str]:
    """What a picture says, wherever it says it."""
    found = sorted(re.findall(r"<text[^>]*>([^<]*)<", svg))
    assert found
    return found


def test_the_python_of_the_tour(spring: pathlib.Path) -> None:
    scope: dict[str, Any] = {}
    for block in blocks(TOUR, "python"):
        run_python(block, scope)


def test_the_page_on_python() -> None:
    scope: dict[str, Any] = {}
    for block in blocks((ROOT / "docs" / "python.md").read_text(encoding="utf-8"), "python"):
        if "import jax" not in block or importlib.util.find_spec("jax"):
            run_python(block, scope)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_what_is_pointed_to_exists(path: pathlib.Path) -> None:
    """Links to files, and files and folders of the repository named in backquotes."""
    text = path.read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```$|`[^`\n]*`", "", text, flags=re.MULTILINE | re.DOTALL)
    links = [x for x in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", prose) if ":" not in x]
    named = re.findall(r"`((?:catad|backends|docs|tests|proofs|grammar|bench|examples)/[\w/.]*)`", text)
    missing = [x for x in links if not (path.parent / x).exists()] + [x for x in named if not (ROOT / x).exists()]
    assert not missing


def test_the_index_lists_all_documents() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert all(f"]({p.name})" in index for p in (ROOT / "docs").glob("*.md") if p.name != "README.md")


def test_the_python_of_the_solvers() -> None:
    scope: dict[str, Any] = {}
    for block in blocks((ROOT / "docs" / "solvers.md").read_text(encoding="utf-8"), "python"):
        run_python(block, scope)
