"""Loops that a condition ends, natively: states in registers and in place, and a stop from outside."""

from __future__ import annotations

import signal
import threading
import time

import numpy as np
import pytest
from catad.backends import llvm
from catad.backends.reference import run

from catad.net.canonical import equal
from catad.net.net import Box, Net, Table, While
from catad.net.text import parse_net, print_net
from catad.pipeline import elaborate, load, prepare
from catad.source import Source


def prepared(text: str) -> Table:
    return prepare(elaborate(load(Source("w.cad", text))), "f")


def whiles(net: Net) -> list[Box]:
    inside = [b for box in net.boxes for n in box.bubbles for b in whiles(n)]
    return [b for b in net.boxes if isinstance(b.op, While)] + inside


def test_arrays_are_updated_in_place():
    """Fails when the state is copied in each trip: there would be a loop of n trips in the body."""
    table = prepared("def f [n] (x : [n]f64) : [n]f64 =\n"
                     "  (loop (a, i) = (x, 0) while i < n do (a with [i] = a[i] * 2, i + 1)).0")
    compiled = llvm.compile(table, "f")
    x = np.arange(5.0)
    np.testing.assert_array_equal(compiled(x), 2 * x)
    inner = compiled.kernel_text.split("repeat", 1)[1]
    assert "copy" not in inner and "leave unless" in inner
    np.testing.assert_array_equal(x, np.arange(5.0))


def test_states_that_change_places():
    table = prepared("def f [n] (x : [n]f64) (y : [n]f64) (k : i64) : ([n]f64, [n]f64) =\n"
                     "  let r = loop (a, b, i) = (x, y, 0) while i < k do (b, a, i + 1) in (r.0, r.1)")
    x, y = np.arange(3.0), np.arange(3.0) + 7
    for k in range(4):
        for got, want in zip(llvm.compile(table, "f")(x, y, k), run(table, "f", [x, y, k]), strict=True):
            np.testing.assert_array_equal(got, want)


def test_inside_a_map():
    """A loop around it does not run in lanes, but gives the right values."""
    table = prepared("def f [n] (x : [n]f64) : [n]f64 = for i < n -> loop y = x[i] while y < 10 do y * y + x[0]")
    x = np.linspace(1.1, 20, 37)
    np.testing.assert_allclose(llvm.compile(table, "f")(x), run(table, "f", [x])[0], rtol=1e-12)


def test_what_nobody_needs_goes():
    """A state that neither the condition nor a result depends on; one that stands still; a loop that never runs."""
    table = prepared("def f (x : f64) : f64 =\n"
                     "  (loop (a, b, c, d) = (x, 1.0, x, 2.0) while a < 9 do (a * c + 1, b + a, c, d + b)).0")
    (box,) = whiles(table.nets["f"])
    assert len(box.targets) == 1
    assert not whiles(prepared("def f (x : f64) : f64 = loop y = x while false do y + 1").nets["f"])


def test_it_is_not_moved_out_of_a_branch():
    table = prepared("def f [n] (x : [n]f64) : f64 =\n"
                     "  sum (for i < n -> if x[i] > 0 then x[i] * (loop y = x[0] while y < 1 do y * 2) else 0.0)")
    x = np.array([-1.0, -2.0])
    assert llvm.compile(table, "f")(x) == 0.0


def test_text():
    net = prepared("def f [n] (x : [n]f64) (c : f64) : f64 =\n"
                   "  loop y = c while y < x[0] do (loop z = y while z < c do z * 2 + x[0])").nets["f"]
    again = parse_net(print_net(net))
    assert equal(net, again) and print_net(again) == print_net(net)


def test_it_can_be_interrupted():
    f = llvm.compile(prepared("def f (x : f64) : f64 = loop y = x while y < 2 do y * 0.5 + 0.5"), "f")

    def handler(*_):
        raise TimeoutError
    old = signal.signal(signal.SIGUSR1, handler)
    timer = threading.Timer(0.1, lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1))
    try:
        timer.start()
        start = time.perf_counter()
        with pytest.raises((TimeoutError, KeyboardInterrupt)):
            f(0.5)
        assert time.perf_counter() - start < 5
    finally:
        timer.cancel()
        signal.signal(signal.SIGUSR1, old)
