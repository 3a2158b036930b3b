"""The standard library is read and checked by the definition: the same as all at once, and sound throughout."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from catad.core.show import show_definition
from catad.rules.equation import declarations
from catad.source import Source
from catad.source.deep import deep
from catad.syntax import parse, tree
from catad.syntax.format import format_file
from catad.syntax.outline import outline
from catad.types.check import check
from catad.types.demand import LibraryFile
from catad.types.files import CheckedFile
from catad.types.library import FOLDER, standard_module, standard_modules

FILES = sorted(FOLDER.glob("*.cad"))


def text(path: Path) -> Source:
    return Source(str(path), path.read_text(encoding="utf-8"))


def whole(path: Path) -> CheckedFile:
    file = CheckedFile(text(path), "prelude.", None)
    for d in parse(file.source).decls:
        file.declare(d)
    file.check_all()
    return file


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_an_outline_reads_what_the_parser_reads(path: Path) -> None:
    source = text(path)
    file = parse(source)
    for kind, head in ((tree.Def, "def"), (tree.TypeDecl, "type"), (tree.Import, "import")):
        want = [d for d in file.decls if isinstance(d, kind)]
        found = list(outline(kind, head, source).values())
        for a, b in zip(want, found, strict=True):
            assert a.span == b.span and getattr(a, "doc", "") == getattr(b, "doc", "")
            assert format_file(tree.File(source, (a,), ())) == format_file(tree.File(source, (b,), ()))


def test_equations_are_those_of_the_tables() -> None:
    folder = Path(__file__).parents[2] / "catad" / "ops"
    names = [d.name for name in ("scalar.cad", "array.cad") for d in parse(text(folder / name)).decls
             if isinstance(d, tree.Derivative)]
    assert list(declarations()) == names == [d.name for d in declarations().values()]


def test_the_prelude_on_demand_is_the_prelude() -> None:
    at_once = whole(FOLDER / "prelude.cad")
    assert not at_once.diagnostics
    file = LibraryFile(text(FOLDER / "prelude.cad"), "prelude.", None)
    assert not file.definitions
    with deep():
        for key in reversed(list(file.keys())):
            assert show_definition(file.definition(key)) == show_definition(at_once.definition(key))
    assert set(file.keys()) == set(at_once.keys())
    assert not file.diagnostics


@pytest.mark.parametrize("name", standard_modules())
def test_every_definition_of_the_library_is_sound(name: str) -> None:
    module = check(parse(Source("<user>", f'import "{name}" as m\ndef f (x : f64) : f64 = x\n')))
    keys = list(module.definitions)
    for key in keys:
        assert module.definitions[key].name
    assert {f"{Path(name).stem}.{d.name}" for d in parse(standard_module(name)).decls
            if isinstance(d, tree.Def)} <= set(keys)
    assert check(parse(standard_module(name))).own           # and as a file of its own, all at once


def test_only_what_is_used_is_checked() -> None:
    file = LibraryFile(text(FOLDER / "prelude.cad"), "prelude.", None)
    file.definition("prelude.hvp")
    assert set(file.definitions) == {"prelude.hvp", "prelude.grad"}
    with pytest.raises(KeyError):
        file.definition("prelude.nothing")


def test_a_failure_on_the_way_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    file = LibraryFile(text(FOLDER / "prelude.cad"), "prelude.", None)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as m:
        m.setattr("catad.types.files.define", interrupted)
        with pytest.raises(KeyboardInterrupt):
            file.definition("prelude.grad")
    assert file.definition("prelude.grad").body.type is not None
    assert not file.diagnostics


def test_threads_share_a_file() -> None:
    file = LibraryFile(text(FOLDER / "prelude.cad"), "prelude.", None)
    keys = list(file.keys())
    wrong: list[BaseException] = []

    def run(order: list[str]) -> None:
        try:
            for key in order:
                file.definition(key)
        except BaseException as e:
            wrong.append(e)

    threads = [threading.Thread(target=run, args=(order,)) for order in (keys, keys[::-1], keys[20:] + keys[:20])]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong and not file.diagnostics and len(file.definitions) == len(keys)
