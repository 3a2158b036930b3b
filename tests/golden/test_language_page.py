"""The language reference: its examples hold, and the parts made from the code are up to date."""

from __future__ import annotations

import importlib.util
import pathlib
import re
import types

import pytest

from catad.api.program import Program
from catad.source import CatadError, Source
from tests.golden.runner import problems

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "language.md").read_text(encoding="utf-8")
BLOCKS = [(m[1], m[2]) for m in re.finditer(r"^```cad([^\n]*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)]


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATAD_CACHE", "off")


@pytest.fixture(scope="module")
def generate() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("generate_docs", DOCS / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("k", range(len(BLOCKS)))
def test_example(k: int, tmp_path: pathlib.Path) -> None:
    label, text = BLOCKS[k]
    if label.startswith("-error"):
        with pytest.raises(CatadError) as e:
            program = Program(Source("example.cad", text), root=tmp_path)
            f = program["main"]
            f(*(False if str(t) == "bool" else 0.0 for _, t in f.entry.params))
        assert e.value.code == label.split()[1]
        return
    path = tmp_path / "example.cad"
    path.write_text(text, encoding="utf-8")
    found = problems(path, ways=("arguments", "reference"))
    assert not found, "\n" + "\n".join(found)
    assert "-- >" in text


def test_generated_parts_are_up_to_date(generate: types.ModuleType) -> None:
    """Run `python docs/generate.py` when this fails."""
    assert generate.language(PAGE) == PAGE
    assert generate.errors() == (DOCS / "errors.md").read_text(encoding="utf-8")


def test_every_operator_and_function_is_on_the_page(generate: types.ModuleType) -> None:
    table = generate.operators()
    for mark in ("|>", "||", "&&", "==", "+", "*", "/", "div", "mod", "@", "^", ">>", "<<", "!"):
        assert f"`{mark}`".replace("|", "\\|") in table, mark
    assert "logsumexp" in PAGE and "`std/linear.cad`" in PAGE and "`polygamma`" in PAGE
