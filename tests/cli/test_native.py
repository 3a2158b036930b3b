"""Native code for other programs: what C sees is what Python sees."""

from __future__ import annotations

import pathlib
import shutil
import subprocess

import pytest

from catad.cli import main

cc = pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")

TEXT = """
def loss [n] (line : {slope : f64, height : f64}) (x : [n]f64) (y : [n]f64) : f64 =
  sum (for i < n -> (line.slope * x[i] + line.height - y[i])^2)

def kinds (double : f32) (s : i64) (flag : bool) : (f32, i64, bool) = (double * 0.5, s + 1, !flag)
def outer [n, m] (x : [n]f64) (y : [m]f64) : [n, m]f64 = for i < n, j < m -> x[i] * y[j]
def steps (k : i64) : [k]f64 = for i < k -> f64 i
def triangle [d] (x : [d]f64) (p : [d * (d - 1) / 2]f64) : f64 = sum x + sum p
def at [n] (x : [n]f64) (i : i64) : f64 = x[i]
"""

CALLS = {
    ("loss", ()): ("double x[] = {0, 1, 2}, y[] = {1, 3, 5}, r;",
                   "cad_loss(0, 1, x, 3, y, 3, &r, NULL)", 'printf("%g", r)', "14"),
    ("loss", ("--grad=line",)): ("double x[] = {0, 1, 2}, y[] = {1, 3, 5}, h, s;",
                                 "cad_grad_loss(0, 1, x, 3, y, 3, &h, &s, NULL)", 'printf("%g %g", h, s)', "-12 -16"),
    ("kinds", ()): ("float a; int64_t b; bool c;", "cad_kinds(3.0f, 41, false, &a, &b, &c, NULL)",
                    'printf("%g %d %d", a, (int)b, c)', "1.5 42 1"),
    ("outer", ()): ("double x[] = {1, 2}, y[] = {3, 4, 5}, r[6];", "cad_outer(x, 2, y, 3, r, 2, 3, NULL)",
                    'for (int i = 0; i < 6; i++) printf("%g ", r[i])', "3 4 5 6 8 10 "),
    ("steps", ()): ("double r[4];", "cad_steps(4, r, 4, NULL)", 'printf("%g %g", r[0], r[3])', "0 3"),
    ("triangle", ()): ("double x[] = {1, 2, 3}, p[] = {4, 5, 6}, r;",
                       "cad_triangle(x, 3, p, 3, &r, NULL)", 'printf("%g", r)', "21"),
    ("at", ()): ("double x[] = {1, 2}, r;", "cad_at(x, 2, 7, &r, NULL)", "(void)r", ""),
}


@pytest.fixture
def program(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.cad").write_text(TEXT)
    return tmp_path


@cc
@pytest.mark.parametrize(("entry", "flags"), list(CALLS))
def test_called_from_c(program: pathlib.Path, entry: str, flags: tuple[str, ...]) -> None:
    """Fails when header and code disagree about the cells."""
    data, call, show, expected = CALLS[entry, flags]
    assert main(["build", "p.cad", entry, *flags, "--emit", "header", "-o", "p.h"]) == 0
    assert main(["build", "p.cad", entry, *flags, "--emit", "so", "-o", "libp.so"]) == 0
    (program / "main.c").write_text('#include "p.h"\n#include "p.h"\n#include <stdio.h>\nint main(void) { ' + data +
                                    f" int e = {call}; {show}; return e ? e - 500 : 0; }}\n")
    subprocess.run(["cc", "-std=c99", "-Wall", "-Werror", "-o", "main", "main.c", "libp.so", "-Wl,-rpath,.", "-lm"],
                   check=True)
    result = subprocess.run(["./main"], capture_output=True, text=True, check=False)
    assert (result.stdout, result.returncode) == (expected, 1 if entry == "at" else 0)


def test_an_object_file(program: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "p.cad", "at", "--emit", "obj"]) == 0
    assert (program / "at.o").stat().st_size > 0 and "wrote at.o" in capsys.readouterr().err


def test_without_a_c_compiler(program: pathlib.Path, monkeypatch: pytest.MonkeyPatch,
                              capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", str(program))
    monkeypatch.delenv("CC", raising=False)
    assert main(["build", "p.cad", "at", "--emit", "so"]) == 1
    assert "E0702" in capsys.readouterr().err
