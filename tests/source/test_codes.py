"""The catalogue of codes."""

from __future__ import annotations

import re
from pathlib import Path

from catad.source.codes import codes, explain

ROOT = Path(__file__).resolve().parents[2]


def test_every_code_is_explained() -> None:
    assert all(re.fullmatch(r"E0\d{3}", c) for c in codes())
    assert all(entry.title and entry.explanation.strip() for entry in codes().values())
    text = explain("e0105")
    assert text is not None and text.startswith("# E0105: ")
    assert explain("E9999") is None


def test_every_syntax_code_in_the_sources_is_in_the_catalogue() -> None:
    texts = [p.read_text("utf-8") for p in (ROOT / "catad" / "syntax").glob("*.py")]
    used = {c for text in texts for c in re.findall(r'"(E\d{4})"', text)}
    assert used and used <= set(codes())
