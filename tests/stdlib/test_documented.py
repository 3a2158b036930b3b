"""Every module of the standard library: its own tests hold, every definition has a comment and most a test."""

from __future__ import annotations

import pathlib
import re

import pytest

import catad
from catad.source import CatadError
from catad.source.files import read
from catad.syntax import parse, tree
from catad.types.library import standard_modules
from tests.golden.runner import problems

FOLDER = pathlib.Path(catad.__file__).parent / "stdlib"
MODULES = sorted(p for p in FOLDER.glob("*.cad") if p.name != "prelude.cad")


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATAD_CACHE", "off")


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_the_tests_in_comments(path: pathlib.Path) -> None:
    found = problems(path, ways=("arguments", "reference"))
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_definitions_are_documented_and_tested(path: pathlib.Path) -> None:
    file = parse(read(path))
    tested = " ".join(re.findall(r"^-- > (.*)$", file.source.text, re.MULTILINE))
    for d in file.decls:
        if isinstance(d, tree.Def):
            assert d.doc, f"{path.name}: {d.name} has no comment"
            assert d.result is not None, f"{path.name}: {d.name} declares no result"
            internal = d.name.endswith(("_small", "_start"))
            assert internal or re.search(rf"\b{d.name}\b", tested), f"{path.name}: {d.name} has no test"


def test_modules_are_imported_by_name() -> None:
    assert standard_modules() == tuple(f"std/{p.name}" for p in MODULES)
    for module in standard_modules():
        catad.compile(f'import "{module}" as m\ndef main : f64 = 1.0')


def test_an_unknown_module_is_told() -> None:
    with pytest.raises(CatadError) as e:
        catad.compile('import "std/linaer.cad" as m')
    (d,) = e.value.diagnostics
    assert d.code == "E0215" and "std/linear.cad" in d.help[0]


def test_a_file_of_ones_own_may_have_the_name_of_a_module(tmp_path: pathlib.Path) -> None:
    (tmp_path / "linear.cad").write_text("def tr (x : f64) : f64 = 100 * x")
    (tmp_path / "main.cad").write_text(
        'import "linear.cad" as own\nimport "std/linear.cad" as linear\n'
        "def main (x : f64) : f64 = own.tr x + linear.tr [[x]]")
    assert catad.load(tmp_path / "main.cad").main(2.0) == 202.0
