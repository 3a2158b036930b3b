"""The parser tables and their cache; the editor grammar that is made from the same terminals."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from catad.syntax import tables as module
from catad.syntax.editor import textmate
from catad.syntax.lexing import keywords

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    module.tables.cache_clear()
    yield tmp_path / "catad"
    module.tables.cache_clear()


def fresh() -> module.Tables:
    module.tables.cache_clear()
    return module.tables()


def test_cached_tables_are_the_tables(cache: Path) -> None:
    made = fresh()
    (file,) = cache.iterdir()
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    before = file.stat().st_mtime_ns
    assert fresh() == made
    assert file.stat().st_mtime_ns == before


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe\x00", b"{}", None])
def test_a_damaged_cache_is_made_anew(cache: Path, damage: bytes | None) -> None:
    made = fresh()
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:-100] if damage is None else damage)
    assert fresh() == made
    assert file.read_bytes() == whole


def test_no_cache_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    try:
        assert fresh().rules
    finally:
        module.tables.cache_clear()


def test_a_warm_start_does_not_import_lark(cache: Path) -> None:
    fresh()
    code = ("import sys; from catad.syntax import parse; from catad.source import Source\n"
            "parse(Source('f', 'def f = 1')); print('lark' in sys.modules)")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    out = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"


def test_the_guard_of_names_knows_every_keyword() -> None:
    text = (ROOT / "grammar" / "cad.lark").read_text(encoding="utf-8")
    guard = re.search(r"NAME: /\(\?!\(\?:([a-z|]+)\)", text)
    assert guard is not None and set(guard[1].split("|")) == set(keywords())


def test_the_editor_grammar_is_up_to_date() -> None:
    stored = json.loads((ROOT / "grammar" / "cad.tmLanguage.json").read_text(encoding="utf-8"))
    assert stored == textmate(), "run  python -m catad.syntax.editor > grammar/cad.tmLanguage.json"
    matches = " ".join(p["match"] for p in stored["patterns"])
    assert all(re.search(rf"\b{word}\b", matches) for word in keywords())
