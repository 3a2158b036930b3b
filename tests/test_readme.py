"""What README.md shows is what happens."""

from __future__ import annotations

import pathlib
import re
import runpy

import pytest

from catad.cli import main
from tests import documents
from tests.documents import ROOT, run_session

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return documents.blocks(README, language)


@pytest.fixture
def model(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.chdir(tmp_path)
    program = next(b for b in blocks("") if b.startswith("-- "))
    (tmp_path / "model.cad").write_text(program)
    return tmp_path


def test_the_program_passes_its_own_test(model: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "model.cad"]) == 0
    assert main(["fmt", "--check", "model.cad"]) == 0
    assert capsys.readouterr().out == "1 passed\n"


def test_the_python_runs_and_gives_what_it_says(model: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, *_ = blocks("python")
    scope: dict[str, object] = {}
    for line in code.splitlines():
        statement, _, said = line.partition("  # ")
        if said.startswith("{"):
            assert eval(statement, scope) == eval(said)
        else:
            exec(statement, scope)
    assert "def grad_loss [n]" in capsys.readouterr().out


def test_scipy_takes_it(model: pathlib.Path) -> None:
    first, _, second = blocks("python")
    scope: dict[str, object] = {}
    exec(first, scope)
    exec(second, scope)
    said = eval(second.split("  # ")[1].splitlines()[0])
    assert eval("r.structured(least_squares(r.fun, r.x0, jac=r.jac).x)", scope) == pytest.approx(said, abs=1e-9)


def test_a_python_function_is_a_program(tmp_path: pathlib.Path) -> None:
    _, traced, _ = blocks("python")
    (tmp_path / "swing.py").write_text(f"import catad\nimport numpy as np\n\n{traced}")
    scope = runpy.run_path(str(tmp_path / "swing.py"))
    call, said = traced.strip().splitlines()[-1].split("#")
    assert eval(call, scope) == pytest.approx(float(said), rel=1e-12)


def test_the_commands_print_what_it_says(model: pathlib.Path, capsys: pytest.CaptureFixture[str],
                                         monkeypatch: pytest.MonkeyPatch) -> None:
    run_session(next(b for b in blocks("") if b.startswith("$ ")), capsys, monkeypatch)


def test_every_command_is_listed() -> None:
    from catad.cli.arguments import COMMANDS
    table = README.split("| command |")[1].split("\n\n")[0]
    assert set(re.findall(r"`(\w+)", "\n".join(r.split("|")[1] for r in table.splitlines()[2:]))) == set(COMMANDS)
