"""What a notebook sees: the cell magic, and what objects show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import catad

CELL = """-- The square of a < b.
def square (x : f64) : f64 = x^2
def twice (f : f64 -> f64) (x : f64) : f64 = f (f x)
"""


class Shell:
    """As much of IPython as the extension uses."""

    def __init__(self) -> None:
        self.user_ns: dict[str, Any] = {}
        self.magics: dict[tuple[str, str], Callable[..., Any]] = {}

    def register_magic_function(self, f: Callable[..., Any], kind: str, name: str) -> None:
        self.magics[kind, name] = f

    def push(self, names: dict[str, Any]) -> None:
        self.user_ns.update(names)


@pytest.fixture
def shell() -> Shell:
    made = Shell()
    catad.load_ipython_extension(made)
    return made


def test_a_cell_defines_its_entries(shell: Shell) -> None:
    program = shell.magics["cell", "cad"]("", CELL)
    assert list(shell.user_ns) == ["square"] == list(program)
    assert shell.user_ns["square"](3.0) == 9.0


def test_a_cell_can_have_a_name(shell: Shell) -> None:
    assert shell.magics["cell", "cad"](" model ", CELL) is None
    assert shell.user_ns["model"].square(3.0) == 9.0


@pytest.mark.parametrize(("line", "cell", "code"), [("", "def f (x : f64) : f64 = y", "E0201"), ("a b", CELL, "E0602")])
def test_a_mistake_is_shown_and_defines_nothing(shell: Shell, line: str, cell: str, code: str) -> None:
    with pytest.raises(catad.CatadError) as e:
        shell.magics["cell", "cad"](line, cell)
    assert e.value.code == code and not shell.user_ns
    assert e.value._render_traceback_()[0].startswith(f"error[{code}]")


def test_the_real_thing() -> None:
    shell = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell()
    shell.run_line_magic("load_ext", "catad")
    shell.run_cell_magic("cad", "", CELL)
    assert shell.user_ns["square"](3.0) == 9.0


def test_a_program_is_a_table() -> None:
    html = catad.compile(CELL)._repr_html_()
    assert "square (x : f64) : f64" in html and "The square of a &lt; b." in html
