"""The commands from end to end: exit codes, what goes to which stream, JSON, start-up time."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from catad.cli import main
from catad.source.codes import codes

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOOD = """-- A weighted sum of squares.
def loss [n] (x : [n]f64) (k : f64) : f64 =
  k * sum (for i < n -> x[i]^2)

def area (b : {w : f64, h : f64}) : f64 = b.w * b.h
def undefined (x : f64) : f64 = log x

-- > loss [1.0, 2.0] 2.0
-- = 10.0
-- > area
-- >   {w = 2.0, h = 3.0}
-- = 6.0
-- > [1.0, 2.0][5]
-- ! E0501
"""
REFERENCE = ["--backend", "reference"]
Run = Callable[..., SimpleNamespace]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def go(*argv: str) -> SimpleNamespace:
        code = main(list(argv))
        out, err = capfd.readouterr()
        return SimpleNamespace(code=code, out=out, err=err)
    return go


@pytest.fixture
def good(tmp_path: pathlib.Path) -> str:
    path = tmp_path / "good.cad"
    path.write_text(GOOD)
    return str(path)


@pytest.fixture
def bad(tmp_path: pathlib.Path) -> str:
    path = tmp_path / "bad.cad"
    path.write_text("def f (x : f64) : f64 = y\n\ndef g (x : f64) : i64 = x\n")
    return str(path)


# ── check ──────────────────────────────────────────────────────────────────────────────────────────────────────

def test_check(run: Run, good: str, bad: str) -> None:
    result = run("check", good)
    assert (result.code, result.out, result.err) == (0, "", "")
    result = run("check", good, bad)
    assert result.code == 1 and result.out == "" and "bad.cad:1:25" in result.err
    assert "\x1b[" not in result.err and "2 errors" in result.err


def test_check_as_json(run: Run, bad: str) -> None:
    result = run("check", "--json", bad)
    assert result.code == 1 and result.err == ""
    assert all(d["code"] in codes() for d in json.loads(result.out)["diagnostics"])


def test_color_when_asked_for(run: Run, bad: str) -> None:
    assert "\x1b[" in run("check", "--color", "always", bad).err


def test_other_errors_as_json(run: Run, bad: str) -> None:
    result = run("run", bad, "f", "1", "--json")
    assert result.out == "" and [json.loads(line) for line in result.err.splitlines()]


# ── run, eval ──────────────────────────────────────────────────────────────────────────────────────────────────

def test_run(run: Run, good: str) -> None:
    assert run("run", good, "loss", "[1, 2]", "2", *REFERENCE).out == "10.0\n"
    assert run("run", good, "loss", "k=-1e0", "x=[1,2]", *REFERENCE).out == "-5.0\n"
    assert run("run", good, *REFERENCE, "area", '{"w": 2, "h": 3}').out == "6.0\n"
    assert run("run", good, "undefined", "-1", *REFERENCE).out == '"nan"\n'
    assert run("run", good, "undefined", "0", *REFERENCE).out == '"-inf"\n'


def test_run_with_derivatives(run: Run, good: str) -> None:
    result = run("run", good, "loss", "[1, 2]", "2", "--grad", *REFERENCE)
    assert json.loads(result.out) == {"value": 10.0, "gradient": {"x": [4.0, 8.0], "k": 5.0}}
    result = run("run", good, "loss", "[1, 2]", "2", "--grad=k", *REFERENCE)
    assert json.loads(result.out) == {"value": 10.0, "gradient": {"k": 5.0}}
    result = run("run", good, "area", '{"w": 2, "h": 3}', "--grad", *REFERENCE)
    assert json.loads(result.out)["gradient"] == {"b": {"h": 2.0, "w": 3.0}}
    result = run("run", good, "loss", "[1, 2]", "2", "--jet", "3", "--along", "x", *REFERENCE)
    assert json.loads(result.out) == {"value": 10.0, "coefficients": [12.0, 4.0, 0.0]}


def test_run_natively(run: Run, good: str) -> None:
    assert run("run", good, "loss", "[1, 2]", "2").out == "10.0\n"


def test_options_of_running(run: Run, good: str) -> None:
    assert run("run", good, "loss", "[1, 2]", "2", "--strict").out == "10.0\n"
    result = run("eval", "inf - inf", "--check", "nan")
    assert result.code == 1 and "E0510" in result.err and "inf - inf is nan" in result.err and result.out == ""
    result = run("run", good, "loss", "[1e200]", "1", "--grad", "--check=inf")
    assert result.code == 1 and "an infinity is made here" in result.err
    assert run("eval", "1 / 0.5", "--backend", "check-inf").out == "2.0\n"
    assert "did you mean" not in run("eval", "1", "--check", "nothing").out
    strict, free = (run("build", good, "loss", "--emit", "llvm", *options).out for options in (["--strict"], []))
    assert "contract" in free and "contract" not in strict


def test_run_with_files(run: Run, good: str, tmp_path: pathlib.Path) -> None:
    np.save(tmp_path / "x.npy", np.array([1.0, 2.0]))
    np.savez(tmp_path / "all.npz", x=np.array([1.0, 2.0]), k=np.array(2.0))
    assert run("run", good, "loss", f"@{tmp_path}/x.npy", "2", *REFERENCE).out == "10.0\n"
    assert run("run", good, "loss", f"@{tmp_path}/all.npz", *REFERENCE).out == "10.0\n"


@pytest.mark.parametrize(("argv", "code", "words"), [
    (["loss", "[1, 2]"], 1, "`k` not given"), (["lose", "1"], 1, "did you mean `loss`?"), (["[1]", "2"], 1, "E0602"),
    (["loss", "[1, 2]", "k=true"], 1, "E0605"), (["loss", "[1, 2", "2"], 1, "E0612"),
    (["loss", "@none.json"], 1, "E0601"),
    (["loss", "[1]", "1", "--backend", "cuda"], 1, "E0611"), (["loss", "[1]", "1", "--grad=z"], 1, "E0609"),
    (["loss", "[1]", "1", "--gard"], 2, "did you mean --grad?"),
])
def test_run_wrongly(run: Run, good: str, argv: list[str], code: int, words: str) -> None:
    result = run("run", good, *argv)
    assert result.code == code and words in result.err and result.out == "" and "Traceback" not in result.err


def test_eval(run: Run, good: str) -> None:
    assert run("eval", "1 + 2", *REFERENCE).out == "3\n"
    assert run("eval", "loss [3.0] 2.0", "-f", good, *REFERENCE).out == "18.0\n"
    assert run("eval", "(1.5, {a = true, b = [1, 2]})", *REFERENCE).out == '[1.5, {"a": true, "b": [1, 2]}]\n'
    result = run("eval", "1 +")
    assert result.code == 1 and "error[E01" in result.err
    assert "is a function" in run("eval", r"\x -> x + 1.0").err
    assert "E0603" in run("eval", r"\(f : f64 -> f64) -> f 1.0").err


# ── grad, build, draw, fmt ─────────────────────────────────────────────────────────────────────────────────────

def test_grad(run: Run, good: str, tmp_path: pathlib.Path) -> None:
    result = run("grad", good, "loss", "--wrt", "k")
    assert result.code == 0 and "def grad_loss [n] (x : [n]f64) (k : f64) : f64 =" in result.out
    (tmp_path / "d.cad").write_text(result.out)
    assert run("run", str(tmp_path / "d.cad"), "[1, 2]", "7", *REFERENCE).out == "5.0\n"
    assert "jet2_loss" in run("grad", good, "loss", "--kind", "jet", "--order", "2").out


def test_build(run: Run, good: str, tmp_path: pathlib.Path) -> None:
    assert "loss" in run("build", good, "loss", "--emit", "net").out
    assert "def loss [n]" in run("build", good, "--emit", "core").out
    assert run("build", good, "loss", "--grad", "--emit", "net", "-o", str(tmp_path / "n.txt")).out == ""
    assert (tmp_path / "n.txt").read_text()
    assert "define" in run("build", good, "loss", "--emit", "llvm").out
    result = run("build", good, "loss", "--emit", "net", "-o", str(tmp_path / "no" / "n.txt"))
    assert result.code == 1 and "cannot write" in result.err


def test_draw(run: Run, good: str, tmp_path: pathlib.Path) -> None:
    assert "<svg" in run("draw", good, "loss").out
    run("draw", good, "--grad", "loss", "-o", str(tmp_path / "x.svg"))
    assert "<svg" in (tmp_path / "x.svg").read_text()


def test_fmt(run: Run, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "f.cad"
    path.write_text("def   f (x:f64):f64=x\n")
    assert run("fmt", "--check", str(path)).code == 1
    assert run("fmt", str(path)).code == 0 and path.read_text() == "def f (x : f64) : f64 = x\n"
    assert run("fmt", str(path), "--check").code == 0
    path.write_text("def f (")
    assert run("fmt", str(path)).code == 1 and path.read_text() == "def f ("


# ── test, explain ──────────────────────────────────────────────────────────────────────────────────────────────

def test_comment_tests(run: Run, good: str, tmp_path: pathlib.Path) -> None:
    result = run("test", good)
    assert (result.code, result.out, result.err) == (0, "3 passed\n", "")


@pytest.mark.parametrize(("test", "code"), [
    ("-- > 1.0\n-- = 2.0", "E0613"), ("-- > 1.0\n-- ! E0501", "E0613"), ("-- > [1.0][3]\n-- = 1.0", "E0501"),
    ("-- > 1.0", "E0614"), ("-- = 1.0", "E0614"), ("-- > nothing\n-- = 1.0", "E02"),
])
def test_failing_comment_tests(run: Run, tmp_path: pathlib.Path, test: str, code: str) -> None:
    path = tmp_path / "t.cad"
    path.write_text(f"def f (x : f64) : f64 = x\n{test}\n")
    result = run("test", str(path))
    assert result.code == 1 and code in result.err


def test_a_test_may_expect_an_error_of_checking(run: Run, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "t.cad"
    path.write_text("def f (x : f64) : f64 = x\n-- > nothing\n-- ! E0201\n-- > f 1.0\n-- = 1.0\n")
    result = run("test", str(path))
    assert result.out == "2 passed\n", result.err


def test_prove(run: Run, good: str) -> None:
    result = run("prove", good, "area", "--samples", "2")
    assert result.code == 0 and "area" in result.out and "loss" not in result.out and " 0 failed" in result.out
    assert run("prove", good, "are").code == 1


def test_explain(run: Run) -> None:
    assert run("explain", "e0606").out.startswith("# E0606: ")
    assert all(code in run("explain").out for code in list(codes())[:3])
    result = run("explain", "E0660")
    assert result.code == 2 and "there is no code" in result.err


# ── the process ────────────────────────────────────────────────────────────────────────────────────────────────

def python(*argv: str, stdin: str | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-P", *argv], capture_output=True, text=True, input=stdin, timeout=60,
                          env={**os.environ, "PYTHONPATH": str(ROOT), **env})


def test_standard_input() -> None:
    result = python("-m", "catad", "check", "-", stdin="def f (x : f64) : f64 = y")
    assert result.returncode == 1 and "<stdin>:1:25" in result.stderr
    result = python("-m", "catad", "fmt", "-", stdin="def f (x:f64):f64=x")
    assert result.stdout == "def f (x : f64) : f64 = x\n"


HEAVY = {"lark", "numpy", "sympy", "scipy", "llvmlite", "mpmath", "matplotlib"}


def imported(result: subprocess.CompletedProcess[str]) -> set[str]:
    return {line.split("|")[-1].strip().split(".")[0] for line in result.stderr.splitlines() if "|" in line}


def test_importing_catad_is_light() -> None:
    """Fails when `import catad` pulls in a library, or most of ourselves."""
    result = python("-X", "importtime", "-c", "import catad; dir(catad)")
    assert result.returncode == 0 and not imported(result) & HEAVY
    assert "catad.api" not in result.stderr


def test_checking_needs_the_parser_only(good: str) -> None:
    result = python("-X", "importtime", "-m", "catad", "check", good)
    assert result.returncode == 0 and not imported(result) & (HEAVY - {"lark"})


def test_compiling_waits_for_the_first_call() -> None:
    code = "import catad; f = catad.compile('def f (x : f64) : f64 = sin x', entry='f'); catad.grad(f)"
    result = python("-X", "importtime", "-c", code)
    assert result.returncode == 0 and not imported(result) & {"llvmlite", "sympy", "scipy", "mpmath"}


def test_a_full_disk_is_not_our_mistake(good: str) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    with open("/dev/full", "w") as full:
        result = subprocess.run([sys.executable, "-P", "-m", "catad", "explain"], stdout=full, stderr=subprocess.PIPE,
                                text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False, timeout=60)
    assert result.returncode == 1 and "No space left" in result.stderr and "Traceback" not in result.stderr


def test_only_so_many_errors(run: Run, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "many.cad"
    path.write_text("".join(f"def f{k} (x : f64) : f64 = y\n" for k in range(120)))
    result = run("check", str(path))
    assert result.err.count("error[") == 50 and "… and 70 more" in result.err
    assert len(json.loads(run("check", "--json", str(path)).out)["diagnostics"]) == 120


def test_a_mistake_of_ours_is_reported_as_one(good: str, tmp_path: pathlib.Path) -> None:
    """Exit code 70, no traceback, a reproducer that holds the program."""
    break_it = ("import catad.types.check as c\ndef broken(*a, **k): raise KeyError('boom')\nc.check = broken\n"
                "import sys; from catad.cli import main; sys.exit(main(sys.argv[1:]))")
    result = python("-c", break_it, "check", good, TMPDIR=str(tmp_path))
    assert result.returncode == 70 and "Traceback" not in result.stderr and "KeyError" in result.stderr
    (reproducer,) = tmp_path.glob("catad-*/reproducer.cad")
    assert str(reproducer) in result.stderr and "def loss" in reproducer.read_text()
    assert "Traceback" in python("-c", break_it, "check", good, CATAD_DEBUG="1").stderr


def test_eval_speaks_of_what_was_typed(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The definition that the expression becomes is not shown, and lines count from its first."""
    path = tmp_path / "lib.cad"
    path.write_text("def last [n] (x : [n]f64) : f64 = x[n]\n", encoding="utf-8")
    for words, place, hidden in ((["eval", "foo 2"], "<expression>:1:1", "def it"),
                                 (["eval", "\\x -> x + 1.0"], "<expression>:1:1", "def it"),
                                 (["eval", "1 +"], "<expression>:1:4", "def it"),
                                 (["eval", "-f", str(path), "last [1.0]"], "lib.cad:1:35", "def it"),
                                 (["eval", "-f", str(path), "lst [1.0]"], "<expression>:1:1", "def last")):
        assert main(words) == 1
        said = capsys.readouterr().err
        assert place in said and hidden not in said, said


@pytest.mark.parametrize("other", [["--strict"], ["--check", "nan"]])
def test_a_backend_stands_alone(other: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "1.0", "--backend", "llvm", *other]) == 1
    assert "E0611" in capsys.readouterr().err
