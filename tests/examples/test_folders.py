"""What every example has: a program (in .cad, whose tests pass, or in Python), a demo, words, a picture, and a line in
the index."""

from __future__ import annotations

from pathlib import Path

import pytest

from catad.cli import main

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
FOLDERS = sorted(path.parent for path in EXAMPLES.glob("*/demo.py"))
PROGRAMS = sorted(path for path in EXAMPLES.glob("*/*.cad") if "-- >" in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.name))
def test_an_example_is_complete(folder: Path) -> None:
    words = (folder / "README.md").read_text(encoding="utf-8")
    assert f"({folder.name}.png)" in words and (folder / f"{folder.name}.png").stat().st_size < 60_000
    problem = (folder / "problem.py").read_text(encoding="utf-8")
    assert (folder / f"{folder.name}.cad").exists() or "@catad.function" in problem
    assert f"]({folder.name}/README.md)" in (EXAMPLES / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: str(path.stem))
def test_the_tests_in_comments_pass(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", str(program)]) == 0, capsys.readouterr().err
    assert main(["fmt", "--check", str(program)]) == 0
