"""What mistakes in traced functions are told: each of `mistakes.py`, with the text beside it.

After a change of wording:  CATAD_ACCEPT=1 pytest tests/tracing/test_mistakes.py  writes it again; read the diff.
"""

from __future__ import annotations

import importlib.util
import linecache
import os
import pathlib
import re
from typing import Any

import pytest

import catad
from catad.source import CatadError
from catad.source.codes.python import CODES

FOLDER = pathlib.Path(__file__).resolve().parent


def _load() -> Any:
    spec = importlib.util.spec_from_file_location("mistakes", FOLDER / "mistakes.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MISTAKES = _load()
NAMES = [x for x in re.findall(r"^def (\w+)", (FOLDER / "mistakes.py").read_text(), re.M)
         if x not in ("keeps", "decides_nothing")]


def said(name: str) -> CatadError:
    with pytest.raises(CatadError) as e:
        f = getattr(MISTAKES, name)
        f() if name == "outside" else f.signature
    return e.value


def test_what_is_said() -> None:
    texts = []
    for name in NAMES:
        text = str(said(name)).replace(f"{FOLDER}{os.sep}", "")
        texts.append(re.sub(r"/\S*/stdlib/", "std/", text))
    text = "\n\n".join(texts) + "\n"
    beside = FOLDER / "mistakes.txt"
    if os.environ.get("CATAD_ACCEPT") == "1":
        beside.write_text(text, encoding="utf-8")
    assert text == beside.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_every_mistake_is_placed_in_python(name: str) -> None:
    """At the lines of the function; without a place where nothing is being traced."""
    e = said(name)
    for label in e.diagnostics[0].labels[:1]:
        lines = label.span.source.text[:label.span.start].count("\n")
        definition = [k for k, line in enumerate(label.span.source.text.split("\n")) if line.startswith(f"def {name}(")]
        assert definition and definition[0] <= lines <= definition[0] + 5, str(e)
    assert "E09" not in str(e)


def test_every_code_is_met() -> None:
    formulas = {"E0638", "E0639"}                          # tests/sympy
    assert set(CODES) - formulas <= {said(name).code for name in NAMES}


def test_other_errors_of_python_stay_what_they_are() -> None:
    @catad.function
    def f(x: catad.f64) -> catad.f64:
        return {}["key"] + x

    with pytest.raises(KeyError):
        f(1.0)
    with pytest.raises(KeyError):                           # and may be asked again
        f.signature  # noqa: B018


def test_attributes_may_be_asked_for() -> None:
    """`hasattr` says no, as do the protocols of Python and NumPy; who goes on without gets no error."""
    seen: list[Any] = []

    @catad.function
    def f(x: "[n]f64") -> catad.f64:  # noqa: F722
        seen[:] = [hasattr(x, "astype"), hasattr(x, "sum"), getattr(x, "lenght", 3), hasattr(x, "__array_interface__")]
        return x.sum()

    assert f([1.0, 2.0]) == 3.0 and seen == [False, True, 3, False]


def test_without_a_source() -> None:
    """A text that was never in a file: the line is right, its text is not there."""
    scope: dict[str, Any] = {"catad": catad}
    exec(compile("@catad.function\ndef f(x: catad.f64):\n    y = x\n    return y > 0 and y\n", "<cell>", "exec"), scope)
    with pytest.raises(CatadError) as e:
        scope["f"](1.0)
    assert e.value.code == "E0630" and "<cell>:4:" in str(e.value)


def test_in_a_notebook() -> None:
    """Where the interpreter knows the text of a cell, it is shown."""
    text = "@catad.function\ndef f(x: catad.f64):\n    return bool(x)\n"
    linecache.cache["<cell 7>"] = (len(text), None, text.splitlines(keepends=True), "<cell 7>")
    scope: dict[str, Any] = {"catad": catad}
    exec(compile(text, "<cell 7>", "exec"), scope)
    with pytest.raises(CatadError) as e:
        scope["f"](1.0)
    assert "bool(x)" in str(e.value)
