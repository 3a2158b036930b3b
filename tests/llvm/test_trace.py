"""`trace` in native code shows what the reference shows, in its order: in loops, branches, functions, derivatives."""

from __future__ import annotations

import ctypes
import gc
import io
import sys
import threading

import numpy as np
import pytest
from catad.backends.llvm import aot, translate

import catad

TEXT = """
def chain (x : f64) (n : i64) : f64 = let y = trace (x * 2) in loop s = y for i < n do trace (s + f64 i)
def before [n] (x : [n]f64) : [n]f64 =
  let (y, z) = (trace x, x with [0] = 9.0) in
  let w = trace z with [1] = y[0] in
  trace w
def kinds [n] (x : [n]f32) (p : bool) : f32 =
  (trace (x[0], n, p, x[0] > 1, [[1, 2], [3, 4]], (for i < n -> 2.5), transpose [x, x], map (\\t -> t > 1) x)).0
def taken [n] (x : [n]f64) : f64 = sum (for i < n -> if x[i] > 0 then trace (x[i] * x[i]) else 0.0)
def nested [n] (x : [n, 3]f64) : [n, 3]f64 = for i < n, j < 3 -> trace x[i, j] + 1
def halves (x : f64) : f64 = loop y = x while y > 1 do trace (y / 2)
def late (x : f64) : f64 = let k = i64 x in sum (trace (for i < k -> f64 i))
def unit [n] (x : [n]f64) : [n]f64 = let s = norm (trace x) in for i < n -> x[i] / trace s
def twice [n] (x : [n]f64) : f64 = dot (unit x) (unit (unit x))
"""
PROGRAM = catad.compile(TEXT)
X = np.array([1.5, -2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0])
CALLS = {"chain": (1.5, 3), "before": (X,), "kinds": (np.float32([0.1, 2]), True), "taken": (X,),
         "nested": (np.arange(30.0).reshape(10, 3),), "halves": (9.0,), "late": (3.5,), "unit": (X,), "twice": (X,)}


def shown(f: catad.Function, *args: object) -> str:
    keep, sys.stderr = sys.stderr, io.StringIO()
    try:
        f(*args)
        return sys.stderr.getvalue()
    finally:
        sys.stderr = keep


@pytest.mark.parametrize("backend", ["llvm", "strict"])
@pytest.mark.parametrize("name", CALLS)
def test_the_lines_of_the_reference(name: str, backend: str) -> None:
    """Fails when a loop with a trace runs in lanes, or an array is shown after it was overwritten in place."""
    f, args = PROGRAM[name].with_backend(backend), CALLS[name]
    lines = shown(f, *args)
    assert lines == shown(f.with_backend("reference"), *args) and lines.startswith("<text>:")
    np.testing.assert_array_equal(f(*args), PROGRAM[name].with_backend("reference")(*args))


@pytest.mark.parametrize("name", ["chain", "taken", "halves", "twice"])
def test_derivatives_show_what_the_reference_shows(name: str) -> None:
    f = catad.value_and_grad(PROGRAM[name])
    assert shown(f, *CALLS[name]) == shown(f.with_backend("reference"), *CALLS[name])


def test_a_line() -> None:
    assert shown(PROGRAM.chain, 1.5, 1).splitlines() == ["<text>:2:54: x * 2 = 3.0", "<text>:2:95: s + f64 i = 3.0"]
    assert shown(PROGRAM.late, 3.5) == "<text>:12:57: for i < k -> f64 i = [0. 1. 2.]\n"
    assert shown(PROGRAM.late, -1.0).endswith("= []\n")


def test_the_callback_lives_as_long_as_the_function() -> None:
    f = catad.compile("def f (x : f64) : f64 = trace x", entry="f")
    fast = f.compiled
    del f
    gc.collect()
    assert fast(2.5) == 2.5


class Broken(io.StringIO):
    """A stream that fails, or is interrupted, when it is written to."""

    def __init__(self, failure: type[BaseException]) -> None:
        super().__init__()
        self.failure = failure

    def write(self, text: str) -> int:
        raise self.failure


def test_streams_that_fail_and_interruptions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Broken(BrokenPipeError))
    assert PROGRAM.chain(1.5, 2) == 4.0
    monkeypatch.setattr(sys, "stderr", Broken(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        PROGRAM.chain(1.5, 2)
    monkeypatch.setattr(sys, "stderr", None)
    assert PROGRAM.chain(1.5, 2) == 4.0


def test_from_threads_without_the_interpreter_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large arrays are computed without the lock; the callback takes it."""
    f = catad.compile("def f [n] (x : [n]f64) : f64 = trace (sum (map exp x))", entry="f")
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    x = np.zeros(200_000)
    f(x)
    threads = [threading.Thread(target=f, args=(x,)) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert stream.getvalue().count(" = 200000.0\n") == 9


@pytest.mark.skipif(aot.compiler() is None, reason="no C compiler")
def test_code_for_c_shows_nothing_and_exports_nothing(tmp_path: object, capfd: pytest.CaptureFixture[str]) -> None:
    from pathlib import Path
    assert isinstance(tmp_path, Path)
    f = PROGRAM.chain
    module = translate(f.prepared, f.key)
    code = aot.object_file(module.text, module.symbol, module.signature, module.target, c_name="cad_chain")
    aot.shared_library(tmp_path / "chain.so", [code])
    y = ctypes.c_double()
    library = ctypes.CDLL(str(tmp_path / "chain.so"))
    assert not hasattr(library, "chain.show")
    run = library.cad_chain
    run.argtypes = [ctypes.c_double, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p]
    assert run(1.5, 2, ctypes.byref(y), None) == 0 and y.value == 4.0
    assert capfd.readouterr().err == ""
