"""Called nets as functions of the module: linear code for calls of calls, values, storage handed over, failures."""

import signal
import threading
import time

import numpy as np
import pytest
from catad.backends.llvm import compile, inlining, translate
from catad.backends.llvm.engine import Options
from catad.backends.reference import run

from catad.net.build import Builder
from catad.net.net import BindSize, Call, Net, Table
from catad.pipeline import derive, elaborate, load, prepare
from catad.rewrite.normalise import binds_sizes
from catad.source import CatadError, Source
from catad.types.size import Size
from catad.types.type import F64, I64

from ..rewrite.programs import SOURCE, program
from .nets import SPAN, VECTOR, M, N, code, each, net, of

NO_CACHE = Options(cached=False)
Q = Size.var("q")


@pytest.fixture
def functions(monkeypatch):
    """Whatever is called becomes a function."""
    monkeypatch.setattr(inlining, "_SMALL", -1)
    monkeypatch.setattr(inlining, "_WHOLE", -1)
    monkeypatch.setattr(inlining, "_ONCE", 0)


def ready(text, name="main", argnums=()):
    table = elaborate(load(Source("test.cad", text)))
    if argnums:
        table, name = derive(table, name, "grad", argnums=argnums, single=False)
    return prepare(table, name), name


def doubling(depth):
    """Thirty of these would be 2^30 boxes if calls were unfolded."""
    lines = ["def g0 (x : f64) (y : f64) : f64 = 0.5 * sin (x * y) + 0.1 * cos x"]
    lines += [f"def g{k} (x : f64) (y : f64) : f64 = g{k - 1} (g{k - 1} x y) (y + {k}.0 / 64.0)"
              for k in range(1, depth + 1)]
    return "\n".join([*lines, f"def main (x : f64) (y : f64) : f64 = g{depth} x y"])


@pytest.mark.parametrize("argnums", [(), (0, 1)])
def test_calls_of_calls_are_linear(argnums):
    """The text grows by as much from 22 to 30 as from 14 to 22; it does not double."""
    lines = [translate(*ready(doubling(k), argnums=argnums)).text.count("\n") for k in (14, 22, 30)]
    assert lines[2] - lines[1] < 1.2 * (lines[1] - lines[0]) + 100 and lines[2] < 30_000


@pytest.mark.parametrize("argnums", [(), (0, 1)])
def test_calls_of_calls_are_right(argnums):
    table, name = ready(doubling(11), argnums=argnums)
    f = compile(table, name, options=NO_CACHE)
    assert f.module.functions
    np.testing.assert_allclose(f(0.3, 0.7), np.squeeze(run(table, name, [0.3, 0.7])), rtol=1e-9)


def test_calls_of_calls_can_be_interrupted():
    """2^30 evaluations without a loop; the signal arrives after a tenth of a second."""
    table, name = ready(doubling(30))
    f = compile(table, name, options=NO_CACHE)

    def handler(*_):
        raise TimeoutError
    old = signal.signal(signal.SIGUSR1, handler)
    timer = threading.Timer(0.1, lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1))
    try:
        timer.start()
        start = time.perf_counter()
        with pytest.raises((TimeoutError, KeyboardInterrupt)):
            f(0.3, 0.7)
        assert time.perf_counter() - start < 5
    finally:
        timer.cancel()
        signal.signal(signal.SIGUSR1, old)


def along(calls):
    """Each trip calls a definition that reads one entry of an array of n entries, `calls` times."""
    long = "".join(f"  let t = 0.5 * sin (t + 0.0{k} * x[i]) + 0.1 * s in\n" for k in range(120))
    body = " + ".join(f"entry x i (s + {k}.0)" for k in range(calls))
    return ("def entry [n] (x : [n]f64) (i : i64) (s : f64) : f64 =\n  let t = s in\n" + long + "  t\n"
            f"def main [n] (x : [n]f64) (s : f64) : f64 = sum (for i < n -> {body})\n")


def test_accumulators_are_handed_over():
    """The gradient adds to one array in place, through the calls: no call copies or clears it."""
    table, name = ready(along(12), argnums=(0,))
    m = translate(table, name)
    back = [f for f in m.functions if "bwd" in f.kernel.name]
    assert len(back) == 1 and any(t is not None for t in back[0].ties)
    assert "copy" not in m.kernel_text and "fill" not in m.kernel_text.split("kernel ")[0]
    f = compile(table, name, options=NO_CACHE)
    x = np.random.default_rng(0).standard_normal(5)
    np.testing.assert_allclose(f(x, 0.1), run(table, name, [x, 0.1])[0], rtol=1e-9)


@pytest.mark.parametrize("seed", range(15))
def test_random_functions(seed, functions):
    """Programs of random boxes, called at two sizes, from a net that keeps using what it passes."""
    n = program(seed, 12, 2)
    b = Builder()
    b.sizes.extend("nm")
    args = [b.input(t) for t in SOURCE]
    sizes = tuple((x, {"n": N, "m": M}[x]) for x in n.sizes)
    first = b.box(Call("g", sizes), args, n.target)
    again = list(args)
    for t, w in zip(n.target, first, strict=True):
        again = [w if b.type(a) == t and a in (args[3], args[6], args[0]) else a for a in again]
    second = b.box(Call("g", sizes), again, n.target)
    table = Table({"f": b.net(*first, *second, args[3]), "g": n})
    f = compile(table, "f", options=NO_CACHE, lanes=[None, 1, 4][seed % 3])
    assert bool(f.module.functions) != binds_sizes(n)
    rng = np.random.default_rng(seed)
    for rows, columns in ((0, 0), (2, 3), (9, 4)):
        given = [*rng.standard_normal(2).tolist(), int(rng.integers(-2, 4)), rng.standard_normal(rows),
                 rng.standard_normal(rows), rng.standard_normal(columns), rng.standard_normal((rows, columns))]
        compare(table, f, given)


def compare(table, f, args):
    try:
        want = run(table, "f", args)
    except CatadError:
        return                                            # what fails unused may or may not fail
    for x, y in zip(want, f(*args), strict=True):
        finite = np.isfinite(x) & (np.abs(x) < 1e100)
        np.testing.assert_allclose(np.where(finite, y, 0.0), np.where(finite, x, 0.0), rtol=1e-7, atol=1e-7)


def adder() -> Net:
    """acc[i] += x[i], with a temporary of its own."""
    def make(b, x, acc):
        twice, = each(b, N, [x], lambda c, xs, i: c.prim("mul", c.const(2.0), c.prim("index", xs, i)))
        again, = each(b, N, [twice], lambda c, xs, i, s: c.prim("add", s, c.prim("index", xs, i)), [b.const(0.0)],
                      ["add"])
        done, = each(b, N, [twice], lambda c, xs, i, a: c.prim("add_at", a, i, c.prim("index", xs, i)), [acc], ["add"])
        return [done, again]
    return net(make, VECTOR, VECTOR, sizes="n")


def test_sizes_storage_and_workspace(functions):
    """At other sizes, in a loop; the caller's own array is copied once, its temporaries are not."""
    def make(b, x, y):
        def body(c, ys, i, acc):
            return c.box(Call("g", (("n", M),)), [ys, acc], [of(M), F64])
        total, sums = each(b, N, [y], body, [y], ["state"])
        u, _ = b.box(Call("g", (("n", N),)), [x, x], [VECTOR, F64])
        return [total, sums, u]
    table = Table({"f": net(make, VECTOR, of(M), sizes="nm"), "g": adder()})
    f = compile(table, "f", options=NO_CACHE)
    for n, m in ((0, 0), (1, 5), (7, 300), (300, 7)):
        x, y = np.random.default_rng(0).standard_normal(n), np.random.default_rng(1).standard_normal(m)
        for want, got in zip(run(table, "f", [x, y]), f(x, y), strict=True):
            np.testing.assert_allclose(got, want, atol=1e-12)
    assert f.kernel_text.split("kernel f")[1].count("copy") == 2
    assert f.schedule_text.count("output 0 in argument 1") == 1


def test_workspace_of_sizes_found_while_running(functions):
    """The size of the call is bound in a trip: its workspace comes from the arena."""
    def make(b, ks):
        def body(c, at, i, s):
            c.box(BindSize("q", True), [c.prim("index", at, i)], [])
            a, = each(c, Q, [], lambda e, j: e.prim("to_f64", j))
            _, t = c.box(Call("g", (("n", Q),)), [a, a], [of(Q), F64])
            return c.prim("add", s, t)
        return each(b, N, [ks], body, [b.const(0.0)], ["add"])
    table = Table({"f": net(make, of(N, leaf=I64), sizes="n"), "g": adder()})
    f = compile(table, "f", options=NO_CACHE)
    assert f.module.functions
    ks = np.array([3, 0, 700, -5, 9])
    np.testing.assert_allclose(f(ks), run(table, "f", [ks])[0])


def test_failures_come_through(functions):
    """From two calls down, with the place of the failing box."""
    inner = net(lambda b, x, i: b.prim("index", x, i, span=SPAN), VECTOR, I64, sizes="n")
    outer = net(lambda b, x, i: b.box(Call("h", (("n", N),)), [x, b.prim("add", i, i)], [F64]), VECTOR, I64, sizes="n")
    main = net(lambda b, x, i: b.box(Call("g", (("n", N),)), [x, i], [F64]), VECTOR, I64, sizes="n")
    f = compile(Table({"f": main, "g": outer, "h": inner}), "f", options=NO_CACHE)
    assert len(f.module.functions) == 2
    assert f(np.arange(5.0), 2) == 4.0
    assert code(lambda: f(np.arange(5.0), 3)) == ("E0501", SPAN)


def test_scalars_of_every_kind(functions):
    from catad.types.type import BOOL, F32
    g = net(lambda b, x, y, k, c: [c, b.prim("add", k, k), b.prim("neg", y), b.prim("mul", x, x)], F64, F32, I64, BOOL)
    types = [BOOL, I64, F32, F64]
    f = net(lambda b, x, y, k, c: b.box(Call("g", ()), [x, y, k, c], types), F64, F32, I64, BOOL)
    native = compile(Table({"f": f, "g": g}), "f", options=NO_CACHE)
    assert native.module.functions
    assert native(1.5, 2.5, -3, True) == (True, -6, -2.5, 2.25)


def test_mutual_recursion_is_refused():
    f = net(lambda b, x: b.box(Call("g", ()), [x], [F64], span=SPAN), F64)
    g = net(lambda b, x: b.box(Call("f", ()), [x], [F64], span=SPAN), F64)
    assert code(lambda: translate(Table({"f": f, "g": g}), "f")) == ("E0721", SPAN)


