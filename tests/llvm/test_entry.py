"""The Python function of a kernel: compiled and through ctypes, with one meaning."""

from __future__ import annotations

import array
import gc
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from catad.backends.llvm import entry, runtime
from catad.backends.llvm.engine import Loaded, link
from catad.backends.llvm.signature import Signature
from catad.backends.llvm.target import host

from catad.source import CatadError

from .kernels import (
    ADD,
    ADD_SIGNATURE,
    MIXED,
    MIXED_SIGNATURE,
    SPIN,
    SPIN_SIGNATURE,
    SQUARE,
    SQUARE_SIGNATURE,
)

KERNELS = {"square": (SQUARE, SQUARE_SIGNATURE), "add": (ADD, ADD_SIGNATURE), "mixed": (MIXED, MIXED_SIGNATURE),
           "spin": (SPIN, SPIN_SIGNATURE)}


class Stopped(Exception):
    """What the tests' `fail` raises."""


def fail(error: int, site: int, a: int, b: int) -> Any:
    raise Stopped(error, site, a, b)


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    """All kernels and their entries in one module."""
    text, names = [], []
    for i, (name, (kernel, signature)) in enumerate(KERNELS.items()):
        text += [kernel, entry.entry_ir(name, signature, declarations=i == 0)]
        names += entry.exports(name)
    return link("\n".join(text), functions=names, target=host(), symbols=entry.symbols(host()))


Maker = Callable[..., Callable[..., Any]]


@pytest.fixture(params=["compiled", "ctypes"])
def make(request: pytest.FixtureRequest, loaded: Loaded) -> Maker:
    way = entry.make if request.param == "compiled" else runtime.caller

    def maker(name: str, **options: Any) -> Callable[..., Any]:
        return way(loaded, name, KERNELS[name][1], fail=fail, **options)  # type: ignore[operator, no-any-return]
    return maker


def test_scalars(make: Maker) -> None:
    """Floats, integers and NumPy's scalars of the same type; nothing else."""
    f = make("square")
    assert f(3.0) == 9.0 and type(f(3.0)) is float
    assert f(3) == 9.0 and f(np.float64(1.5)) == 2.25 and f(np.array(2.0)) == 4.0
    assert f(2 ** 53 + 1) == float(2 ** 53) ** 2
    assert f(-0.0) == 0.0 and f(float("inf")) == float("inf")


@pytest.mark.parametrize(("args", "code", "words"), [
    ((), "E0604", "one argument"), ((1.0, 2.0), "E0604", "not 2"), (("1",), "E0605", "`x` wants a number"),
    ((True,), "E0605", "truth value"), ((None,), "E0605", "None"), ((np.float32(1),), "E0606", "float32"),
    ((10 ** 400,), "E0605", "too large"), ((1j,), "E0605", "complex"), ((np.zeros(3),), "E0605", "1 dimension"),
])
def test_wrong_scalars(make: Maker, args: tuple[Any, ...], code: str, words: str) -> None:
    """The message names the parameter and both types."""
    with pytest.raises(CatadError, match=words) as e:
        make("square")(*args)
    assert e.value.code == code


def test_arrays(make: Maker) -> None:
    """Results are fresh arrays; lists, buffers, strides and subclasses are copied to what the kernel reads."""
    f = make("add")
    a = np.arange(5.0)
    y = f(a, a)
    assert np.array_equal(y, 2 * a) and y.flags.owndata and y.dtype == np.float64
    assert not np.shares_memory(f(a, a), y)
    assert np.array_equal(f([1, 2, 3], [0.5, 0, 0]), [1.5, 2, 3])
    assert np.array_equal(f(a[::-1], a[::-1]), 2 * a[::-1])
    assert np.array_equal(f(array.array("d", [1.0]), memoryview(np.ones(1))), [2.0])
    assert np.array_equal(f(np.asfortranarray(np.ones((2, 2)))[:, 0], np.ones(2)), [2.0, 2.0])
    assert np.array_equal(f(np.ones(3).view(np.recarray), np.ones(3)), [2.0] * 3)
    big = np.arange(4.0).astype(">f8")
    assert np.array_equal(f(big, big), 2 * np.arange(4.0))
    odd = np.frombuffer(b"\0" + np.ones(3).tobytes(), np.uint8)[1:].view(np.float64)   # not aligned
    assert np.array_equal(f(odd, odd), [2.0] * 3)
    assert f(np.zeros(0), []).shape == (0,)
    frozen = np.ones(2)
    frozen.flags.writeable = False
    assert np.array_equal(f(frozen, frozen), [2.0, 2.0])


@pytest.mark.parametrize(("bad", "code", "words"), [
    (np.ones(3, np.float32), "E0606", "`b` wants f64 .*float32"), (np.ones(3, np.int64), "E0606", "int64"),
    (np.ones((3, 1)), "E0607", "1 dimension, and got one with 2"), (1.0, "E0605", "`b` wants an array"),
    ("abc", "E0605", "text"), ([1, "x", 2], "E0605", "`b`"), ([[1.0], [2.0, 3.0], []], "E0605", "cannot be read"),
    ([True, False, True], "E0605", "bool"), (np.ones(3, object), "E0606", "object"), ({}, "E0605", "dict"),
])
def test_wrong_arrays(make: Maker, bad: Any, code: str, words: str) -> None:
    with pytest.raises(CatadError, match=words) as e:
        make("add")(np.ones(3), bad)
    assert e.value.code == code


def test_errors_of_the_kernel_reach_fail(make: Maker) -> None:
    """With the site and both numbers."""
    with pytest.raises(Stopped) as e:
        make("add")(np.ones(3), np.ones(2))
    assert e.value.args == (502, 7, 3, 2)


def test_every_kind(make: Maker) -> None:
    """f32, i64, bool, two dimensions, an output whose size is known only afterwards; results are a tuple."""
    f = make("mixed")
    a = np.arange(6).reshape(2, 3)
    x, k, b, z, copy = f(1.25, 3, True, a)
    assert (x, k, b) == (2.5, -3, False) and type(b) is bool and type(k) is int
    assert np.array_equal(z, np.full(3, 1.25, np.float32)) and z.dtype == np.float32 and z.flags.owndata
    assert np.array_equal(copy, a) and copy.shape == (2, 3)
    assert f(0.1, 0, False, a)[0] == float(np.float32(0.1)) * 2 and f(0.1, 0, False, a)[3].shape == (0,)
    assert f(np.float32(2), np.int64(1), np.bool_(True), [[1, 2]])[:3] == (4.0, -1, False)
    for args, words in (((1.0, 2.0, True, a), "`k` wants an integer"), ((1.0, 1, 1, a), "`b` wants a truth value"),
                        ((1.0, 2 ** 63, True, a), "range of i64"), ((1.0, True, True, a), "`k`"),
                        ((1.0, 1, True, [[1.5]]), "`a`")):
        with pytest.raises(CatadError, match=words):
            f(*args)


def test_the_budget_is_kept(make: Maker) -> None:
    """Workspace, outputs and arena count; a refusal is an error, and small calls go on working."""
    f = make("add", limit=10_000)
    assert f(np.ones(100), np.ones(100)).sum() == 200
    with pytest.raises(Stopped) as e:
        f(np.ones(1000), np.ones(1000))
    assert e.value.args[:2] == (507, -1)
    assert f(np.ones(100), np.ones(100)).sum() == 200
    g = make("mixed", limit=10_000)
    with pytest.raises(Stopped) as e:
        g(1.0, 5000, True, [[1]])
    assert e.value.args[:3] == (507, 3, 20_000)
    with pytest.raises(Stopped):
        g(1.0, 2 ** 40, True, [[1]])
    assert g(1.0, 2, True, [[1]])[3].shape == (2,)


def test_results_may_be_dropped_and_kept(make: Maker) -> None:
    """Reference counts are right: nothing leaks, nothing is freed early."""
    f, g = make("add"), make("mixed")
    a, m = np.ones(3), np.ones((2, 2), np.int64)
    kept = [f(a, a) for _ in range(50)]
    before = sys.getrefcount(a), sys.getrefcount(m)
    for _ in range(200):
        g(1.0, 1, True, m)
        f(a, [1, 2, 3])
        with pytest.raises(Stopped):
            f(a, a[:2])
    gc.collect()
    after = sys.getrefcount(a), sys.getrefcount(m)
    assert after == before
    assert all(np.array_equal(k, [2.0] * 3) for k in kept)
    counts = {sys.getrefcount(kept[i]) for i in range(len(kept))}
    assert counts == {2}


def test_threads_share_a_function(make: Maker) -> None:
    """Large calls let the interpreter lock go and meet in the cached workspace."""
    f = make("add")
    xs = [np.full(60_000, float(i)) for i in range(4)]
    wrong: list[int] = []

    def work(i: int) -> None:
        for _ in range(30):
            if not np.array_equal(f(xs[i], xs[i]), 2 * xs[i]):
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_control_c_stops_a_run(make: Maker) -> None:
    """The kernel polls; the pending signal becomes KeyboardInterrupt, promptly, and the function survives."""
    f = make("spin")
    assert f(3) == 2
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    start = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            f(2 ** 62)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - start < 5
    assert f(3) == 2


def test_code_lives_as_long_as_its_function(loaded: Loaded) -> None:
    """The function owns the code, and goes when nobody holds it: no cycle keeps it."""
    text = SQUARE.replace("@square", "@own") + entry.entry_ir("own", SQUARE_SIGNATURE)
    own = link(text, functions=entry.exports("own"), target=host(), symbols=entry.symbols(host()))
    ref = weakref.ref(own) if hasattr(own, "__weakref__") else None
    f = entry.make(own, "own", SQUARE_SIGNATURE, fail=fail, title="own", doc="own(x)\n--\n\nThe square.")
    assert (f.__name__, f.__doc__) == ("own", "The square.")
    del own
    gc.collect()
    assert f(3.0) == 9.0 and f(3) == 9.0 and f(np.array(3.0)) == 9.0
    gone = weakref.ref(f)
    del f
    assert gone() is None
    assert ref is None or ref() is None


def test_own_slow_path(loaded: Loaded) -> None:
    """Whoever embeds a function may convert by himself."""
    f = entry.make(loaded, "square", SQUARE_SIGNATURE, fail=fail, slow=lambda *a: ("slow", a))
    assert f("x") == ("slow", ("x",)) and f(2.0) == 4.0


def test_memory_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATAD_MEMORY", "8G")
    assert entry.budget() == 8 << 30
    monkeypatch.setenv("CATAD_MEMORY", "1000")
    assert entry.budget() == 1000
    monkeypatch.setenv("CATAD_MEMORY", "much")
    with pytest.raises(CatadError):
        entry.budget()
    monkeypatch.delenv("CATAD_MEMORY")
    assert entry.budget() > 1 << 28


def test_a_scalar_entry_needs_no_numpy() -> None:
    """A cold start of a scalar program does not pay for importing NumPy."""
    code = ("import sys, catad\nfrom catad.backends.llvm import entry\nfrom catad.backends.llvm.engine import link\n"
            "from catad.backends.llvm.target import host\nfrom catad.backends.llvm.signature import Port, Signature\n"
            f"K = {SQUARE!r}\ns = Signature((Port('f64'),), (Port('f64'),))\n"
            "l = link(K + entry.entry_ir('square', s), functions=entry.exports('square'), target=host(),"
            " symbols=entry.symbols(host()))\n"
            "assert entry.make(l, 'square', s, fail=print)(3.0) == 9.0\nassert 'numpy' not in sys.modules\n")
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_calls_are_cheap(loaded: Loaded) -> None:
    """Far below what an interpreter of the signature would cost; generous, since machines are shared."""
    f = entry.make(loaded, "square", SQUARE_SIGNATURE, fail=fail)
    g = entry.make(loaded, "add", ADD_SIGNATURE, fail=fail)
    a = np.ones(4)

    def cost(call: Callable[[], Any]) -> float:
        best = 1.0
        for _ in range(20):
            start = time.perf_counter()
            for _ in range(1000):
                call()
            best = min(best, (time.perf_counter() - start) / 1000)
        return best

    assert cost(lambda: f(2.0)) < 0.5e-6
    assert cost(lambda: g(a, a)) < 1.5e-6


def test_signature_cells() -> None:
    s: Signature = MIXED_SIGNATURE
    assert [c for c, _ in s.input_cells()] == [0, 1, 2, 3]
    assert [c for c, _ in s.output_cells()] == [6, 7, 8, 9, 11] and s.cells == 14
