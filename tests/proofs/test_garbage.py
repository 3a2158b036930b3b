"""Garbage gets diagnostics, from every door: a stretch of `python -m catad.proofs --garbage N`."""

from __future__ import annotations

from pathlib import Path

import pytest
from catad.proofs import garbage

from catad.cli import main
from catad.source import CatadError


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATAD_CACHE", "off")


@pytest.mark.parametrize("kind", garbage.KINDS)
def test_is_answered(kind: str) -> None:
    for seed in range(80):
        assert garbage.answer(kind, seed) is None, (seed, garbage.text_of(kind, seed))


def test_a_crash_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: object) -> None:
        raise ZeroDivisionError("in a pass")
    monkeypatch.setattr("catad.proofs.garbage.pipeline.load", dies)
    assert "ZeroDivisionError" in str(garbage.answer("words", 1))


def test_an_error_without_diagnostics_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object) -> None:
        raise CatadError(())
    monkeypatch.setattr("catad.proofs.garbage.pipeline.load", silent)
    assert "without diagnostics" in str(garbage.answer("words", 1))


@pytest.mark.parametrize("data", (b"\xff\xfe\x00d", b"\x00", b"def f = 1\x00", b"\xef\xbb\xbfdef f = 1", b"\r", b""))
@pytest.mark.parametrize("command", ("check", "fmt", "run", "doc", "draw", "test", "prove", "grad"))
def test_commands_read_any_bytes(command: str, data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "input.cad"
    path.write_bytes(data)
    try:
        code = main([command, str(path)])
    except SystemExit as stop:
        code = int(stop.code or 0)
    said = capsys.readouterr()
    assert code in (0, 1, 2) and "Traceback" not in said.out + said.err
