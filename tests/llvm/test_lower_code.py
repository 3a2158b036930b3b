"""What the code looks like: vectors in hot loops, no copies, no checks; and that every target accepts it."""

import re
import signal
import threading
import time

import numpy as np
import pytest
from catad.backends.llvm import translate
from catad.backends.llvm.engine import compile_object
from catad.backends.llvm.target import BASELINES, host, target

from catad.net.net import BindSize, Table
from catad.types.size import Size
from catad.types.type import F32, F64, I64, Array

from ..rewrite.programs import program
from .nets import VECTOR, D, M, N, agree, each, native, net, of

K = Size.var("k")


def module(n, name="x86-64-v4", **options):
    return translate(Table({"f": n}), "f", target=target(name), **options)


def hot(text, label):
    """The instructions of the loop whose label starts so."""
    found = re.search(rf"^{label}\d+:\n(.*?)br i1 %t\d+, label %{label}", text, re.S | re.M)
    assert found, text
    return found[1]


def axpy(b, a, x, y):
    return each(b, N, [a, x, y], lambda c, s, u, v, i: c.prim(
        "add", c.prim("mul", s, c.prim("index", u, i)), c.prim("index", v, i)))


def dot(b, x, y):
    return each(b, N, [x, y], lambda c, u, v, i, s: c.prim("add", s, c.prim(
        "mul", c.prim("index", u, i), c.prim("index", v, i))), [b.const(0.0)], ["add"])


def test_a_map_is_loads_arithmetic_and_stores():
    body = hot(module(net(axpy, F64, VECTOR, VECTOR, sizes="n")).text, "lanes")
    assert body.count("load <8 x double>") == 4 and body.count("store <8 x double>") == 2
    assert "load double" not in body and "insertelement" not in body and "call" not in body


def test_a_dot_product_has_four_accumulators():
    body = hot(module(net(dot, VECTOR, VECTOR, sizes="n")).text, "lanes")
    assert body.count("= phi <8 x double>") == 4 and body.count("load <8 x double>") == 8 and "store" not in body


def test_single_precision_has_twice_the_lanes():
    single = Array(N, F32)
    text = module(net(lambda b, x, y: each(b, N, [x, y], lambda c, u, v, i: c.prim(
        "mul", c.prim("index", u, i), c.prim("index", v, i))), single, single, sizes="n")).text
    assert "load <16 x float>" in hot(text, "lanes")


def test_a_map_of_exp_calls_the_vector_function():
    n = net(lambda b, x: each(b, N, [x], lambda c, u, i: c.prim("exp", c.prim("index", u, i))), VECTOR, sizes="n")
    text = module(n).text
    assert "call <8 x double> @cad.exp.f64.8" in text and "@cad.exp.f64.1(" not in text
    assert "call <4 x double> @cad.exp.f64.4" in module(n, "x86-64-v3").text
    assert "call <2 x double> @cad.exp.f64.2" in module(n, "aarch64").text


def mixture(b, x, mu, q):
    """Σ over points of the largest of k triangular forms: the shape of the Gaussian mixture's objective."""
    def point(c, xs, ms, qs, p, total):
        def component(e, xs, ms, qs, p, j):
            y, = each(e, D, [xs, ms, p, j], lambda g, u, v, p, j, i: g.prim(
                "sub", g.prim("index", u, p, i), g.prim("index", v, j, i)))

            def row(g, y, qs, j, i, acc):
                g.box(BindSize("r", True), [i], [])

                def entry(h, y, qs, j, i, k, s):
                    at = h.prim("add", h.prim("idiv", h.prim("mul", i, h.prim("sub", i, h.const(1, I64))),
                                              h.const(2, I64)), k)
                    return h.prim("add", s, h.prim("mul", h.prim("index", qs, j, at), h.prim("index", y, k)))
                t, = each(g, Size.var("r"), [y, qs, j, i], entry, [g.const(0.0)], ["add"])
                return g.prim("add", acc, g.prim("mul", t, t))
            return each(e, D, [y, qs, j], row, [e.const(0.0)], ["add"])
        terms, = each(c, K, [xs, ms, qs, p], component)
        return c.prim("add", total, c.prim("exp", c.prim("maximum", terms)))
    return each(b, N, [x, mu, q], point, [b.const(0.0)], ["add"])


MIXTURE = net(mixture, of(N, D), of(K, D), of(K, D * (D - 1) / 2), sizes="nkd")


def test_points_lie_in_lanes():
    """The outer loop; its rows are packed, its temporaries have a cell per lane, no index is checked."""
    m = module(MIXTURE)
    assert "rows side by side: b0" in m.schedule_text and len(m.lanes) == 1
    assert m.kernel_text.count("check") == 1                             # some component
    inner = m.text.split("define i32 @f.run")[1]
    assert "fadd contract <16 x double>" in inner and "sdiv" not in re.sub("sdiv exact", "", inner)


@pytest.mark.parametrize("lanes", [None, 1, 2, 4, 8])
def test_the_mixture_is_right(lanes):
    rng = np.random.default_rng(0)
    f = native(MIXTURE, lanes)
    for n, k, d in ((0, 1, 1), (3, 0, 2), (1, 1, 0), (5, 2, 3), (19, 3, 6)):
        agree(MIXTURE, f, [rng.standard_normal((n, d)), rng.standard_normal((k, d)),
                           0.3 * rng.standard_normal((k, d * (d - 1) // 2))], rtol=1e-9)


@pytest.mark.parametrize("name", BASELINES)
def test_every_target_takes_it(name):
    """Object code for machines that are not this one."""
    for n in (MIXTURE, net(dot, VECTOR, VECTOR, sizes="n"), program(3, 14, 2)):
        m = module(n, name)
        assert compile_object(m.text, m.target)


def test_offsets_advance_by_addition():
    """A column of a matrix: one add for each entry, no product."""
    def make(b, a, x):
        return each(b, N, [a], lambda c, rows, i, s: c.prim(
            "sub", c.prim("index", rows, i, c.const(0, I64)), s), [b.const(0.0)], ["state"])
    m = module(net(make, of(N, M + 1), of(M), sizes="nm"), lanes=1)
    body = hot(m.text, "loop")
    assert body.count("= phi i64") == 2


def test_a_long_loop_can_be_interrupted():
    """10^10 trips; the signal arrives after a tenth of a second."""
    n = net(lambda b, k, x: (b.box(BindSize("n", False), [k], []), each(b, N, [], lambda c, i, s: c.prim(
        "sin", s), [x], ["state"]))[1], I64, F64)
    f = native(n)

    def handler(*_):
        raise TimeoutError
    old = signal.signal(signal.SIGUSR1, handler)
    timer = threading.Timer(0.1, lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1))
    try:
        timer.start()
        start = time.perf_counter()
        with pytest.raises((TimeoutError, KeyboardInterrupt)):
            f(10**10, 0.5)
        assert time.perf_counter() - start < 5
    finally:
        timer.cancel()
        signal.signal(signal.SIGUSR1, old)


def test_assembly_of_this_machine():
    f = native(net(dot, VECTOR, VECTOR, sizes="n"))
    text = f.assembly()
    if host().avx512:
        assert text.count("vfmadd231pd") >= 4 and "zmm" in text
