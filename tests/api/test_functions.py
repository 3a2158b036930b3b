"""Functions from Python: calls, names, errors, transforms in every order, what they show of themselves."""

from __future__ import annotations

import inspect
import math
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import catad
from catad import CatadError, Function, Program

TEXT = """
-- The Rosenbrock function.
def ros (p : (f64, f64)) : f64 = (1 - p.0)^2 + 100 * (p.1 - p.0^2)^2

def lse [n] (x : [n]f64) : f64 =
  let m = maximum x in m + log (sum (for i < n -> exp (x[i] - m)))

def area (b : {w : f64, h : f64}) : f64 = b.w * b.h
def pairs [n] (x : [n](f64, i64)) : [n]{a : f64} = for i < n -> {a = x[i].0 * f64 x[i].1}
def sim (steps : i64) : [steps]f64 = for i < steps -> f64 i * 0.5
def twice (f : f64 -> f64) (x : f64) : f64 = f (f x)
def scaled (x : f64) (k : f64) : f64 = k * x * x
def count (k : i64) : i64 = k + 1
def mat [n, m] (a : [n, m]f64) (x : [m]f64) : [n]f64 = for i < n -> sum (for j < m -> a[i, j] * x[j])
def pick [n] (x : [n]f64) (i : i64) : f64 = x[i]
def tri [d] (x : [d]f64) (l : [d * (d - 1) / 2]f64) : f64 = sum (for i < d -> exp x[i]) * sum (map sin l)
def half (x : f32) : f32 = x * 0.5
def flip (b : bool) : bool = !b
def answer = 42.0
"""


@pytest.fixture(scope="module")
def program() -> Program:
    return catad.compile(TEXT, name="test.cad")


@pytest.fixture(params=["reference", "llvm"])
def on(request: pytest.FixtureRequest) -> Callable[[Function], Function]:
    return lambda f: f.with_backend(request.param)


def fails(code: str, words: str, call: Callable[[], Any]) -> None:
    with pytest.raises(CatadError) as caught:
        call()
    assert caught.value.code == code and words in str(caught.value)


# ── calls ──────────────────────────────────────────────────────────────────────────────────────────────────────

def test_values_in_and_out(program: Program, on: Callable[[Function], Function]) -> None:
    assert on(program.ros)((1.0, 2)) == 100.0
    assert on(program.lse)([1.0, 2.0]) == pytest.approx(math.log(math.e + math.e**2))
    assert on(program.area)({"w": 2, "h": 3.0}) == 6.0
    assert on(program.pairs)(([1.0, 2.0], [3, 4]))["a"].tolist() == [3.0, 8.0]
    assert on(program.sim)(3).tolist() == [0.0, 0.5, 1.0] and on(program.sim)(0).shape == (0,)
    assert on(program.mat)(np.ones((2, 3)), [1, 2, 3]).tolist() == [6.0, 6.0]
    assert on(program.half)(3) == 1.5 and on(program.flip)(True) is False and on(program.count)(2) == 3
    assert on(program.answer)() == 42.0


def test_kinds_of_results(program: Program, on: Callable[[Function], Function]) -> None:
    """Scalars are Python's own, arrays are fresh, contiguous, writable and of the exact dtype."""
    assert type(on(program.count)(1)) is int and type(on(program.scaled)(1.0, 2.0)) is float
    out = on(program.sim)(3)
    assert out.dtype == np.float64 and out.flags.c_contiguous and out.flags.writeable


def test_refusals_are_the_same_before_and_after_compiling(program: Program, on: Callable[[Function], Function]) -> None:
    """Fails when the native entry takes what the general way refuses."""
    f = on(program.scaled)
    for _ in range(2):
        fails("E0605", "`x`", lambda: f(True, 1.0))
        fails("E0606", "`k`", lambda: f(1.0, np.float32(1)))
        fails("E0606", "`x`", lambda: f(np.int64(1), 1.0))
        fails("E0604", "`k` not given", lambda: f(1.0))
        fails("E0604", "3 arguments given", lambda: f(1.0, 2.0, 3.0))
        assert f(1, 2) == f(x=1.0, k=2.0) == f(np.float64(1), 2.0) == 2.0
    g = on(program.mat)
    for _ in range(2):
        fails("E0606", "array of f32", lambda: g(np.ones((2, 3), np.float32), np.ones(3)))
        fails("E0607", "[n, m]", lambda: g(np.ones(3), np.ones(3)))
        fails("E0607", "expected m = 3, found 2", lambda: g(np.ones((2, 3)), np.ones(2)))
        assert g(np.ones((3, 2)).T, np.ones(3)).tolist() == [3.0, 3.0]
    h = on(program.count)
    for _ in range(2):
        fails("E0605", "1.5", lambda: h(1.5))
        fails("E0605", "bool", lambda: h(True))
        assert h(1) == 2


def test_arguments(program: Program) -> None:
    f = program.scaled
    assert f(2.0, k=3.0) == f(k=3.0, x=2.0) == 12.0
    fails("E0604", "no parameter `kk`", lambda: f(1.0, kk=2.0))
    fails("E0604", "did you mean `k`?", lambda: f(1.0, kk=2.0))
    fails("E0604", "given twice", lambda: f(1.0, x=2.0))
    fails("E0604", "it takes one tuple: ros((…, …))", lambda: program.ros(1.0, 2.0))
    fails("E0607", "cannot be -1", lambda: program.sim(-1))


def test_errors_while_running_name_the_place(program: Program, on: Callable[[Function], Function]) -> None:
    fails("E0501", "x[i]", lambda: on(program.pick)([1.0], 3))


def test_records_keep_their_class(program: Program) -> None:
    class Box(NamedTuple):
        h: float
        w: float

    value, gradient = catad.value_and_grad(program.area)(Box(2.0, 3.0))
    assert value == 6.0 and gradient == Box(3.0, 2.0) and type(gradient) is Box
    assert catad.grad(program.area)({"h": 2.0, "w": 3.0}) == {"h": 3.0, "w": 2.0}


# ── programs ───────────────────────────────────────────────────────────────────────────────────────────────────

def test_entries(program: Program) -> None:
    assert "ros" in program and "twice" not in program and len(program) == len(list(program)) == 13
    assert program["ros"] is program.ros and "ros" in dir(program)
    assert "lse [n] (x : [n]f64) : f64" in repr(program)
    fails("E0603", "f64 -> f64", lambda: program["twice"])
    fails("E0602", "did you mean `ros`?", lambda: program["rose"])
    with pytest.raises(AttributeError, match="no entry `nothing`"):
        _ = program.nothing
    assert not hasattr(program, "_private")
    fails("E0602", "none is called `main`", lambda: program.main_name)


def test_compile_one_entry() -> None:
    f = catad.compile("def main (x : f64) : f64 = x", entry="main")
    assert isinstance(f, Function) and f(1.0) == 1.0
    assert catad.compile("def only (x : f64) : f64 = x").main_name == "only"


def test_errors_of_the_program_are_catad_errors() -> None:
    for text in ("def f (x : f64) : i64 = x", "def f (x", "def f (x : f64) : f64 = y"):
        with pytest.raises(CatadError) as caught:
            catad.compile(text)
        assert "<text>:1:" in str(caught.value)


def test_files(tmp_path: Any) -> None:
    (tmp_path / "lib.cad").write_text("def sq (x : f64) : f64 = x * x\n")
    (tmp_path / "use.cad").write_text('import "lib.cad" as lib\ndef main (x : f64) : f64 = lib.sq x + 1\n')
    assert catad.load(tmp_path / "use.cad").main(2.0) == 5.0
    fails("E0601", "missing.cad", lambda: catad.load(tmp_path / "missing.cad"))
    (tmp_path / "model.cad").write_text("def f : f64 = 1.0")
    for slip in ("modle.cad", "model"):
        fails("E0601", f"did you mean {tmp_path / 'model.cad'}?", lambda slip=slip: catad.load(tmp_path / slip))
    (tmp_path / "bytes.cad").write_bytes(b"\xff\xfe")
    fails("E0601", "not UTF-8", lambda: catad.load(tmp_path / "bytes.cad"))


# ── transforms ─────────────────────────────────────────────────────────────────────────────────────────────────

def test_transforms_compose(program: Program, on: Callable[[Function], Function]) -> None:
    f = on(program.scaled)
    assert catad.grad(f)(3.0, 2.0) == 12.0 and catad.grad(f, "k")(3.0, 2.0) == 9.0
    assert catad.grad(f, (0, 1))(3.0, 2.0) == (12.0, 9.0) and catad.grad(f, (0,))(3.0, 2.0) == (12.0,)
    assert catad.grad(catad.grad(f), "k")(3.0, 2.0) == 6.0
    assert catad.grad(catad.grad(catad.grad(f)))(3.0, 2.0) == 0.0
    assert catad.jvp(f)(3.0, 2.0, (1.0, 0.5)) == (18.0, 16.5)
    assert catad.vjp(f, -1)(3.0, 2.0, 2.0) == (18.0, 18.0)
    value, coefficients = catad.jet(f, 2, "x")(3.0, 2.0, [1.0, 0.0])
    assert value == 18.0 and coefficients.tolist() == [12.0, 2.0]
    assert catad.vmap(catad.grad(f), in_axes=(0, None))([1.0, 2.0], 3.0).tolist() == [6.0, 12.0]


def test_second_order(program: Program, on: Callable[[Function], Function]) -> None:
    ros = on(program.ros)
    assert catad.hessian(ros)((1.0, 2.0)) == ((402.0, -400.0), (-400.0, 200.0))
    assert catad.hvp(ros)((1.0, 2.0), (1.0, 0.0)) == (402.0, -400.0)
    h = catad.hessian(on(program.lse))([1.0, 2.0, 3.0])
    assert np.allclose(h, h.T) and np.allclose(h.sum(0), 0) and h.shape == (3, 3)
    j = catad.jacobian(on(program.mat), "x")(np.arange(6.0).reshape(2, 3), np.ones(3))
    assert j.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


SIZED = """
def h (k : i64) (x : [k]f64) : f64 = sum x * f64 k
def told (k : i64) (x : [k]f64) : i64 = length x
def scaled (k : i64) (x : [k]f64) : [k]f64 = for i < k -> x[i] * f64 k
def longer (k : i64) (x : [k + 1]f64) : f64 = sum x * f64 k
def g (k : i64) (x : f64) : [k]f64 = for i < k -> x * f64 i
def f (k : i64) (x : f64) : f64 = sum (g k x)
"""
X = np.array([[1.0, 2.0], [3.0, 4.0]])


def test_a_batch_binds_sizes_for_each_of_its_entries(on: Callable[[Function], Function]) -> None:
    m = catad.compile(SIZED)
    assert on(catad.vmap(m.f))([2, 3], [1.0, 2.0]).tolist() == [1.0, 6.0]
    assert on(catad.vmap(catad.vmap(m.f)))([[2, 3]], [[1.0, 2.0]]).tolist() == [[1.0, 6.0]]
    assert on(catad.vmap(catad.grad(m.f, "x")))([2, 3], [1.0, 2.0]).tolist() == [1.0, 3.0]
    assert on(catad.jacobian(catad.vmap(m.f), "x"))([2, 3], [1.0, 2.0]).tolist() == [[1.0, 0.0], [0.0, 3.0]]
    assert on(catad.vmap(m.g, (None, 0)))(3, [1.0, 2.0]).tolist() == [[0.0, 1.0, 2.0], [0.0, 2.0, 4.0]]
    fails("E0506", "negative", lambda: on(catad.vmap(m.f))([2, -1], [1.0, 2.0]))


@pytest.mark.parametrize(("name", "size", "value"), [
    ("h", 2, [6.0, 14.0]), ("told", 2, [2, 2]), ("scaled", 2, (2 * X).tolist()), ("longer", 1, [3.0, 7.0])])
def test_sizes_that_a_batch_gives_are_checked(on: Callable[[Function], Function], name: str, size: int,
                                              value: list[float]) -> None:
    """Fails when a size parameter of the batch is taken for the size itself: `h` at [5, 7] gave [15, 49]."""
    v = on(catad.vmap(getattr(catad.compile(SIZED), name)))
    for f in (v, on(catad.compile(v.source, entry=f"vmap_{name}"))):
        assert f([size, size], X).tolist() == value
    for wrong in ([size, size + 1], [5, 7], [0, 0]):
        fails("E0502", "", lambda wrong=wrong: v(wrong, X))                           # type: ignore[misc]
        with pytest.raises(CatadError):
            f(wrong, X)


def test_a_batch_of_results_has_one_shape() -> None:
    m = catad.compile(SIZED)
    fails("E0609", "leave `k` as it is", lambda: catad.vmap(m.g))


def test_transforms_are_made_once(program: Program) -> None:
    assert catad.grad(program.ros) is catad.grad(program.ros)
    assert catad.grad(program.scaled, 0) is not catad.grad(program.scaled, 1)


def test_wrong_transforms(program: Program) -> None:
    fails("E0610", "mat gives [n]f64", lambda: catad.grad(program.mat))
    fails("E0609", "no derivative flows", lambda: catad.grad(program.pick, "i"))
    fails("E0609", "no parameter 5", lambda: catad.grad(program.scaled, 5))
    fails("E0609", "no parameter 'z'", lambda: catad.grad(program.scaled, "z"))
    fails("E0609", "different parameters", lambda: catad.grad(program.scaled, (0, 0)))
    fails("E0609", "different parameters", lambda: catad.grad(program.scaled, ()))
    fails("E0609", "carries a derivative", lambda: catad.jvp(program.count))
    fails("E0609", "order", lambda: catad.jet(program.scaled, -1))
    fails("E0609", "each of 2", lambda: catad.vmap(program.scaled, (0,)))
    fails("E0609", "axis 0", lambda: catad.vmap(program.scaled, (None, None)))
    fails("E0609", "outermost", lambda: catad.vmap(program.scaled, 1))
    fails("E0609", "takes a catad function", lambda: catad.grad(math.sin))            # type: ignore[arg-type]
    fails("E0611", "no backend `jax`", lambda: program.ros.with_backend("jax"))


# ── what they show ─────────────────────────────────────────────────────────────────────────────────────────────

def test_a_function_describes_itself(program: Program) -> None:
    f = program.ros
    assert f.__name__ == "ros" and f.__doc__ == "The Rosenbrock function."
    assert f.signature == "ros (p : (f64, f64)) : f64" and f.signature in repr(f)
    assert list(inspect.signature(program.mat).parameters) == ["a", "x"]
    g = catad.grad(program.lse)
    assert g.signature == "grad_lse [n] (x : [n]f64) : [n]f64" and g.__doc__ == "Gradient of lse"
    assert "<svg" in f.draw()
    assert f._repr_svg_() == f.draw()
    assert f.ops()["mul"] >= 1


def test_the_source_of_a_derivative_is_a_program(program: Program) -> None:
    """The text means what the net means."""
    cases: list[tuple[Function, tuple[Any, ...]]] = [
        (catad.grad(program.ros), ((1.5, 2.0),)), (catad.hessian(program.lse), ([1.0, 2.0, 4.0],)),
        (catad.vjp(program.mat), (np.arange(6.0).reshape(2, 3), [1.0, 2.0, 3.0], [1.0, -1.0])),
        (catad.vjp(program.pairs), (([1.0, 2.0], [3, 4]), {"a": [1.0, 0.5]})),
        (catad.jet(program.scaled, 3), (1.0, 2.0, ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]))),
        (program.sim, (4,)), (catad.grad(program.tri, (0, 1)), ([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])),
    ]
    for f, args in cases:
        again = catad.compile(f.source, entry=f.__name__)
        same(f.with_backend("reference")(*args), again.with_backend("reference")(*args))


def same(a: Any, b: Any) -> None:
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        for k in a:
            same(a[k], b[k])
    elif isinstance(a, tuple):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            same(x, y)
    else:
        assert np.allclose(a, b, rtol=1e-12, atol=0)


def test_threads_compile_once() -> None:
    f = catad.compile("def f (x : f64) : f64 = x * sin x", entry="f")
    found: list[float] = []
    threads = [threading.Thread(target=lambda: found.append(f(2.0))) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(found) == 8 and np.allclose(found, 2.0 * math.sin(2.0), rtol=1e-15)


def test_the_native_entry_is_offered(program: Program) -> None:
    assert program.scaled.fast(2.0, 3.0) == 12.0
    program.scaled(2.0, 3.0)
    fails("E0611", "no native entry", lambda: program.scaled.with_backend("reference").fast)


def test_a_derivative_of_ones_own_is_used_from_python_too() -> None:
    """`round` has derivative 0; the rule says 1. So do transforms of transforms, and parts of results."""
    p = catad.compile("""
        def through (x : f64) : f64 = round x
        derivative through (x) = y : y' = x'
        def f (x : f64) : f64 = through x * x""")
    assert catad.grad(p.f)(2.6) == 3.0 + 2.6
    assert catad.grad(catad.grad(p.f))(2.6) == 2.0 == catad.hvp(p.f)(2.6, 1.0)
    assert catad.jacobian(p.f)(2.6) == 3.0 + 2.6 == catad.jvp(p.f)(2.6, 1.0)[1]
    assert catad.jet(p.f, 2)(2.6, [1.0, 0.0])[1].tolist() == [5.6, 1.0]


def test_a_number_may_be_part_of_the_size_of_an_entrys_argument() -> None:
    f = catad.compile("def f [n] (k : i64) (x : [n + k]f64) (y : [n]f64) : f64 = sum (for i < n -> x[i + k] * y[i])",
                      entry="f")
    assert f(1, [1.0, 2.0, 3.0], [1.0, 1.0]) == 5.0 == f.reference(1, [1.0, 2.0, 3.0], [1.0, 1.0])
    assert catad.grad(f, argnums=1)(1, [1.0, 2.0, 3.0], [4.0, 5.0]).tolist() == [0.0, 4.0, 5.0]
    fails("E0607", "expected k + n = 4", lambda: f(2, [1.0, 2.0, 3.0], [1.0, 1.0]))
    with pytest.raises(CatadError) as e:                    # from elsewhere, where nobody looked before
        f.fast(2, np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0]))
    assert e.value.diagnostics[0].code == "E0502"


def test_derivatives_of_definitions_that_give_functions() -> None:
    """`def f (a : f64) : f64 -> f64` is called with both arguments, and so are its derivatives."""
    p = catad.compile("def power (a : f64) : f64 -> f64 = \\x -> a * x^2\ndef use (a : f64) : f64 = power a 3.0\n"
                      "def sine : f64 -> f64 = sin\n"
                      "def two [n] (w : [n]f64) : (f64, [n]f64) -> f64 -> f64 = \\(u, v) -> \\t -> u * dot w v * t")
    assert catad.grad(p.power, argnums=(0, 1))(2.0, 3.0) == (9.0, 12.0)
    assert catad.hessian(p.power, argnums=(0, 1))(2.0, 3.0) == ((0.0, 6.0), (6.0, 4.0))
    assert catad.vmap(p.power)([1.0, 2.0], [3.0, 4.0]).tolist() == [9.0, 32.0]
    assert catad.grad(p.use)(1.0) == 9.0 and catad.grad(p.sine)(0.0) == 1.0
    w, t = catad.grad(p.two, argnums=(0, 2))([1.0, 2.0], (3.0, [4.0, 5.0]), 2.0)
    assert (w.tolist(), t) == ([24.0, 30.0], 42.0)
    assert catad.compile(catad.grad(p.power).source).grad_power(2.0, 3.0) == 9.0
