"""Kernels called from C: the header compiles, the library exports its functions only, results and errors arrive."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from catad.backends.llvm import aot
from catad.backends.llvm.signature import Port, Signature
from catad.backends.llvm.target import host, target

from catad.source import CatadError

from .kernels import ADD, ADD_SIGNATURE, MIXED, MIXED_SIGNATURE, SQUARE, SQUARE_SIGNATURE

CC = aot.compiler()
needs_compiler = pytest.mark.skipif(CC is None, reason="no C compiler")

MAIN = r"""
#include <stdio.h>
#include <stdlib.h>
#include "lib.h"
int main(void) {
  double y = 0, a[3] = {1, 2, 3}, b[3] = {10, 20, 30}, c[3];
  cad_failure why = {0, 0, 0};
  int64_t dims[3];
  int code = cad_square(3.0, &y, NULL);
  printf("%d %g\n", code, y);
  code = cad_add_shape(a, 3, b, 3, dims, NULL);
  printf("%d %d\n", code, (int)dims[0]);
  code = cad_add(a, 3, b, 3, c, 3, NULL);
  printf("%d %g %g %g\n", code, c[0], c[1], c[2]);
  code = cad_add(a, 3, b, 2, c, 3, &why);
  printf("%d %d %d %d\n", code, (int)why.site, (int)why.a, (int)why.b);
  code = cad_add(a, 3, b, 3, c, 2, &why);
  printf("%d %d %d %d\n", code, (int)why.site, (int)why.a, (int)why.b);
  float twice, *z; int64_t minus, n, m[6] = {1, 2, 3, 4, 5, 6}, o[6]; bool no;
  code = cad_mixed(1.5f, 4, true, m, 2, 3, &twice, &minus, &no, &z, &n, o, 2, 3, NULL);
  printf("%d %g %d %d %d %g %d\n", code, twice, (int)minus, no, (int)n, z[3], (int)o[5]);
  free(z);
  code = cad_mixed(1.5f, -4, true, m, 2, 3, &twice, &minus, &no, &z, &n, o, 2, 3, &why);
  printf("%d %d\n", code, (int)why.site);
  return 0;
}
"""
EXPECTED = "0 9\n0 3\n0 11 22 33\n502 7 3 2\n502 -1 3 2\n0 3 -4 0 4 1.5 6\n507 3\n"
SIGNATURES = [("square", SQUARE, SQUARE_SIGNATURE), ("add", ADD, ADD_SIGNATURE), ("mixed", MIXED, MIXED_SIGNATURE)]


@needs_compiler
@pytest.mark.parametrize("name", ["host", "x86-64-v2"])
def test_called_from_c(tmp_path: Path, name: str) -> None:
    machine = target(name)
    if machine.triple.split("-")[0] != host().triple.split("-")[0]:
        pytest.skip("another architecture")
    objects = [aot.object_file(text, n, s, machine) for n, text, s in SIGNATURES]
    aot.shared_library(tmp_path / "libcad.so", objects)
    declared = [(f"cad_{n}", s, f"The kernel {n}. */ or so") for n, _, s in SIGNATURES]
    (tmp_path / "lib.h").write_text(aot.header(declared))
    (tmp_path / "main.c").write_text(MAIN)
    subprocess.run([str(CC), "-std=c99", "-Wall", "-Wextra", "-Werror", "main.c", "-L.", "-lcad", "-Wl,-rpath,.", "-o",
                    "main"], cwd=tmp_path, check=True)
    done = subprocess.run(["./main"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == EXPECTED
    nm = shutil.which("nm")
    if nm:
        said = subprocess.run([nm, "-D", "--defined-only", "libcad.so"], cwd=tmp_path, capture_output=True, text=True,
                              check=True).stdout
        names = {line.split()[-1] for line in said.splitlines() if "cad" in line or "." in line.split()[-1]}
        assert names == {"cad_square", "cad_add", "cad_add_shape", "cad_mixed", "cad_mixed_shape"}


def test_header_names() -> None:
    """Reserved, repeated and unusual names become different C names."""
    s = Signature((Port("f64", name="double"), Port("f64", name="x'"), Port("f64", 1, name="x_"), Port("bool")),
                  (Port("i64", 2, dynamic=True), Port("f64", name="double")))
    text = aot.header([("cad_f", s, "")])
    assert ("int cad_f(double double_, double x_, const double *x__, int64_t x___0, bool x3, int64_t **y0, "
            "int64_t *y0_0, int64_t *y0_1, double *double__, cad_failure *why);") in text


def test_without_a_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(CatadError) as e:
        aot.shared_library(tmp_path / "x.so", [])
    assert e.value.code == "E0702"


@needs_compiler
def test_a_linker_that_refuses(tmp_path: Path) -> None:
    with pytest.raises(CatadError, match="could not link") as e:
        aot.shared_library(tmp_path / "x.so", [b"not an object"])
    assert e.value.code == "E0702"
