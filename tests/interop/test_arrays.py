"""Arrays of other libraries, broadcasting, and programs as modules."""

from __future__ import annotations

import importlib
import pathlib
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import catad
from catad.api.stubs import stub
from catad.cli import main
from catad.interop.importer import Finder, install

PROGRAM = catad.compile("""
def total [n] (x : [n]f64) : f64 = sum x
def double [n] (x : [n]f64) : [n]f64 = scale 2.0 x
def mixed (x : f64) (k : i64) : (f64, bool) = (x^k, x > 1)
def plus (x : f64) (y : f64) : f64 = x + y
""")


class Foreign:
    """An array that says nothing but DLPack."""

    def __init__(self, a: np.ndarray[Any, Any]) -> None:
        self.a = a

    def __dlpack__(self, **options: Any) -> Any:
        return self.a.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self.a.__dlpack_device__()


def test_arrays_come_and_go_by_dlpack() -> None:
    assert PROGRAM.total(Foreign(np.array([1.0, 2.0, 4.0]))) == 7.0
    assert np.from_dlpack(PROGRAM.double(np.array([1.0, 2.0]))).tolist() == [2.0, 4.0]
    jax = pytest.importorskip("jax")
    with pytest.raises(catad.CatadError) as e:
        PROGRAM.total(jax.numpy.ones(3, "float32"))
    assert e.value.code == "E0606"


@pytest.mark.parametrize(("shapes", "numbers"), [(((2, 1), (3,)), False), (((), (4,)), False), (((), ()), True),
                                                 (((0,), ()), False), (((2, 3, 4), (3, 1)), False)])
def test_vectorize_broadcasts_as_numpy_does(shapes: Any, numbers: bool) -> None:
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=s) for s in shapes)
    found = catad.vectorize(PROGRAM.plus)(x, y)
    np.testing.assert_allclose(found, x + y)
    assert np.ndim(found) == np.ndim(x + y) and (not numbers or isinstance(found, float))


def test_vectorize_of_several_results_and_types() -> None:
    f = catad.vectorize(PROGRAM.mixed)
    powers, large = f(np.array([[0.5], [2.0]]), np.array([1, 2, 3]))
    np.testing.assert_allclose(powers, np.array([[0.5], [2.0]]) ** np.array([1, 2, 3]))
    assert large.tolist() == [[False] * 3, [True] * 3] and (f.nin, f.nout) == (2, 2)
    assert catad.vectorize(catad.grad(PROGRAM.plus))([1, 2], 3).tolist() == [1.0, 1.0]


@pytest.mark.parametrize(("make", "code"), [
    (lambda: catad.vectorize(PROGRAM.total), "E0609"),
    (lambda: catad.vectorize(PROGRAM.plus)(np.zeros(2), np.zeros(3)), "E0607"),
    (lambda: catad.vectorize(PROGRAM.plus)("a", 1.0), "E0606"), (lambda: catad.vectorize(PROGRAM.plus)(1.0), "E0604"),
])
def test_vectorize_refuses(make: Any, code: str) -> None:
    with pytest.raises(catad.CatadError) as e:
        make()
    assert e.value.code == code


# ── modules and stubs ──────────────────────────────────────────────────────────────────────────────────────────

TEXT = """-- How far a line is from points.
def misfit [n] (line : {slope : f64, height : f64}) (x : [n]f64) (k : i64) : (f64, bool) =
  (sum x * line.slope ^ k, line.height > 0)
def pairs [n] (x : [n]{a : f64, b : i64}) : [n]f32 = for i < n -> f32 x[i].a
type shape = Circle f64 | Dot
def area (s : shape) (x' : f64) : f64 = case s of | Circle r -> r * x' | Dot -> 0.0
def nothing (u : ()) : f64 = 1.0
"""


@pytest.fixture
def model(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    (tmp_path / "a_model.cad").write_text(TEXT)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", [f for f in sys.meta_path if not isinstance(f, Finder)])
    monkeypatch.delitem(sys.modules, "a_model", raising=False)
    return tmp_path


def test_programs_as_modules(model: pathlib.Path) -> None:
    install()
    install()
    module = importlib.import_module("a_model")
    assert module.misfit({"slope": 2.0, "height": 1.0}, [1.0, 2.0], 2) == (12.0, True)
    assert module.__all__ == ["misfit", "pairs", "area", "nothing"] and module.__file__ == str(model / "a_model.cad")
    assert sum(isinstance(f, Finder) for f in sys.meta_path) == 1
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("no_such_model")
    (model / "b_model.cad").write_text("def f (x : f64) : f64 = y")
    with pytest.raises(catad.CatadError):
        importlib.import_module("b_model")


def test_stubs_are_what_a_type_checker_reads(model: pathlib.Path) -> None:
    assert main(["stubgen", str(model / "a_model.cad")]) == 0
    text = (model / "a_model.pyi").read_text()
    assert text == stub(catad.load(model / "a_model.cad"), "a_model.cad")
    compile(text, "a_model.pyi", "exec")
    user = model / "user.py"
    user.write_text("import numpy as np\nimport a_model\n\n"
                    "value, flag = a_model.misfit({'slope': 2.0, 'height': 1.0}, np.zeros(3), 2)\n"
                    "reveal_type(value)\nreveal_type(flag)\nreveal_type(a_model.pairs.source)\n"
                    "a_model.misfit(1.0, np.zeros(3), 2)\n")
    found = subprocess.run([sys.executable, "-m", "mypy", "--ignore-missing-imports", "--follow-imports=silent",
                            "--cache-dir", str(model / "cache"), "user.py"], cwd=model, capture_output=True, text=True,
                           env={"MYPYPATH": str(model), "PATH": "", "PYTHONPATH": ""}, timeout=300)
    assert 'Revealed type is "float"' in found.stdout.replace("builtins.", ""), found.stdout + found.stderr
    assert 'Revealed type is "bool"' in found.stdout.replace("builtins.", "")
    assert 'user.py:8: error: Argument 1' in found.stdout


def test_the_stub_on_standard_output(model: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stubgen", str(model / "a_model.cad"), "-o", "-"]) == 0
    shown = capsys.readouterr().out
    assert "class _misfit(Function):" in shown and "How far a line is from points." in shown
    assert "x_prime: float" in shown and "    slope: float" in shown
