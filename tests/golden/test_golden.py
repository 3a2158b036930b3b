"""Every program in this folder gives the values that stand in its comments, natively and on the reference."""

from __future__ import annotations

import pathlib

import pytest

from tests.golden.runner import golden, problems

HERE = pathlib.Path(__file__).resolve().parent
FILES = sorted(HERE.glob("*.cad"))


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATAD_CACHE", "off")


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_program(path: pathlib.Path) -> None:
    found = problems(path)
    assert not found, "\n" + "\n".join(found)


def test_there_are_many() -> None:
    assert len(FILES) >= 130


def test_a_wrong_value_is_seen(tmp_path: pathlib.Path) -> None:
    """The runner itself: each way of running notices."""
    path = tmp_path / "wrong.cad"
    path.write_text("def f (x : f64) : f64 = 2 * x\n-- > f 1.5\n-- = 3.1\n-- > f 2.0\n-- ! E0501\n")
    found = problems(path)
    assert [p.split(":")[0] for p in found] == ["arguments", "native", "reference", "native", "reference"]


def test_numbers_become_arguments(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "args.cad"
    path.write_text("def f (x : f64) (k : i64) : f64 = x^k\n-- > f 1.5 2\n-- = 2.25\n-- > f 2 3\n-- = 8.0\n")
    from catad.source.files import read
    g = golden(read(path), tmp_path)
    assert g.constants == (1.5, 2)
