"""Math functions of native code: accuracy against mpmath, special values against the reference, every width alike."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from catad.backends.llvm.engine import Loaded
from catad.backends.llvm.math import BOUNDS, FUNCTIONS, definitions, externals, symbol
from catad.backends.llvm.math.loops import arrays, load
from catad.backends.llvm.target import BASELINES, Target, host, target
from catad.backends.reference.floats import FLOAT_ROWS

from catad.ops import ROWS

N = 150
RNG = np.random.default_rng(20240229)


def uniform(a: float, b: float) -> Any:
    return RNG.uniform(a, b, N)


def spread(a: float, b: float, signed: bool = True) -> Any:
    """Powers of ten between 10^a and 10^b, of both signs."""
    return 10 ** RNG.uniform(a, b, N) * (RNG.choice([-1.0, 1.0], N) if signed else 1.0)


def near(*points: float) -> Any:
    """The floats around some points, where reductions change branch."""
    steps = np.arange(-3, 4)
    return np.concatenate([np.array(p) + steps * np.spacing(abs(p) or 1e-300) for p in points])


PI = math.pi
HARD: dict[str, list[Any]] = {
    "exp": [uniform(-708, 709.7), uniform(-1, 1), near(0.0, math.log(2) / 2, -math.log(2) / 2, 709.782)],
    "expm1": [uniform(-40, 709), uniform(-2, 2), spread(-20, 0), near(0.34657359, -0.34657359)],
    "log": [spread(-307, 307, False), uniform(0.5, 2), near(1.0, math.sqrt(0.5), math.sqrt(2)),
            spread(-320, -308, False)],
    "log1p": [spread(-20, 300, False), uniform(-0.999, 1), spread(-20, -1), near(-0.29289, 0.41421)],
    "sin": [uniform(-3.2, 3.2), uniform(-3e5, 3e5), spread(-20, 0), uniform(3e5, 1e10),
            near(PI, 2 * PI, 1000 * PI, PI / 2)],
    "cos": [uniform(-3.2, 3.2), uniform(-3e5, 3e5), uniform(1, 2), near(PI / 2, 3 * PI / 2, 1001 * PI / 2, PI)],
    "tan": [uniform(-3.2, 3.2), uniform(-3e5, 3e5), spread(-20, 0), near(PI / 4, PI, PI / 2, 3 * PI / 4)],
    "asin": [uniform(-1, 1), spread(-20, 0), uniform(0.49, 0.51), near(0.5)],
    "acos": [uniform(-1, 1), uniform(0.49, 0.51), uniform(0.99, 1), spread(-20, 0)],
    "atan": [uniform(-3, 3), spread(-20, 20), near(1.0, 0.41421356, 2.41421356)],
    "sinh": [uniform(-3, 3), uniform(-709, 709), spread(-20, 0)],
    "cosh": [uniform(-3, 3), uniform(-709, 709)],
    "tanh": [uniform(-3, 3), uniform(-20, 20), spread(-20, 0), near(0.55, 0.1732867)],
    "sech2": [uniform(-3, 3), uniform(-350, 350)],
    "asinh": [uniform(-3, 3), spread(-20, 20), spread(100, 300)],
    "acosh": [uniform(1, 3), uniform(1, 1.001), spread(0.1, 300, False)],
    "atanh": [uniform(-1, 1), spread(-20, 0)],
    "erf": [uniform(-1.2, 1.2), uniform(-6, 6), spread(-20, 0), near(1.0)],
    "erfc": [uniform(-6, 6), uniform(0, 26.5), uniform(-1, 1), near(0.5)],
    "sqrt": [spread(-300, 300, False)],
    "cbrt": [spread(-300, 300), spread(-320, -300)],
    "lgamma": [uniform(0.1, 30), spread(0, 10, False)],
    "digamma": [uniform(0.1, 30), spread(-20, 10, False), uniform(-5, 0)],
    "hypot": [(spread(-20, 20), spread(-20, 20)), (spread(140, 160), spread(140, 160))],
    "atan2": [(spread(-3, 3), spread(-3, 3)), (spread(-20, 20), spread(-20, 20)), (uniform(-1, 1), uniform(-1, 1))],
    "pow": [(spread(-3, 3, False), uniform(-30, 30)), (uniform(0.9, 1.1), uniform(-5000, 5000))],
}
EXACT: dict[str, Callable[..., Any]] = {
    "sech2": lambda x: mp.sech(x) ** 2, "lgamma": lambda x: mp.log(abs(mp.gamma(x))), "pow": mp.power,
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
}
RELATIVE_TO_ONE = ("digamma", "lgamma")                  # they have zeros; the bound is for max(|y|, 1)
FLOOR = {"f64": 2.3e-308, "f32": 1.2e-38}                # below, results are rounded coarsely (or flushed: exp)


@cache
def _module(name: str, kind: str, lanes: int) -> Loaded:
    return load(sorted(HARD), kind, lanes, target(name))


def _worst(row: str, kind: str, call: Callable[..., Any]) -> tuple[float, Any]:
    worst: tuple[float, Any] = (0.0, None)
    dtype = np.float64 if kind == "f64" else np.float32
    exact = EXACT.get(row) or getattr(mp, row)
    for domain in HARD[row]:
        with np.errstate(over="ignore"):
            xs = [np.asarray(x).astype(dtype) for x in (domain if isinstance(domain, tuple) else (domain,))]
        keep = np.all([np.isfinite(x) for x in xs], axis=0)
        xs = [x[keep] for x in xs]
        y = call(*xs)
        for point in zip(y, *xs, strict=True):
            error = _ulps(row, kind, exact, *map(float, point))
            worst = max(worst, (error, point), key=lambda w: w[0])
    return worst


def _ulps(row: str, kind: str, exact: Callable[..., Any], y: float, *x: float) -> float:
    with mp.workdps(40):
        try:
            truth = exact(*map(mp.mpf, x))
        except (ValueError, ZeroDivisionError):
            return 0.0
        if not isinstance(truth, mp.mpf):                # complex: outside of the real domain
            return 0.0 if math.isnan(y) else math.inf
        size = abs(float(truth))
        least = 6 * FLOOR[kind] if row == "sech2" else FLOOR[kind]
        if not least < size < (1.79e308 if kind == "f64" else 3.4e38):
            return 0.0
        if row in RELATIVE_TO_ONE:
            size = max(size, 1.0)
        unit = float(np.spacing(np.float64(size) if kind == "f64" else np.float32(size)))
        return float(abs(mp.mpf(y) - truth) / unit) if math.isfinite(y) else math.inf


def test_every_float_row_is_there() -> None:
    """A row that appears in the table of primitives without a native function fails here."""
    others = {"maximum", "minimum"}
    wanted = {r.name for r in ROWS.values() if r.equation} | {"sign", "floor", "ceil", "round", "trunc"}
    assert wanted - others <= set(FUNCTIONS)
    assert set(HARD) == {r for r, f in FUNCTIONS.items() if f.f64 > 0.5 or r == "sqrt"} - {"polygamma"}


@pytest.mark.parametrize("kind", ["f64", "f32"])
@pytest.mark.parametrize("row", sorted(HARD))
def test_accuracy_on_this_machine(row: str, kind: str) -> None:
    """The stated bound holds. Fails when a coefficient or a part of π or ln 2 is changed in its last digits."""
    call = arrays(row, kind, _module("host", kind, host().lanes(kind)))
    error, where = _worst(row, kind, call)
    assert error <= BOUNDS[row][kind == "f32"], where


@pytest.mark.parametrize("row", sorted(HARD))
def test_accuracy_without_fused_multiply_add(row: str) -> None:
    """Exact products are split there; half an ulp more is allowed."""
    if host().triple.split("-")[0] != "x86_64":
        pytest.skip("runs x86-64 code")
    error, where = _worst(row, "f64", arrays(row, "f64", _module("x86-64-v2", "f64", 2)))
    assert error <= BOUNDS[row][0] + 0.5, where


INF = math.inf
SPECIAL = [0.0, -0.0, 1.0, -1.0, INF, -INF, math.nan, 5e-324, -5e-324, 1e-310, -1e-310, 1.7976931348623157e308,
           -1.7976931348623157e308, 1e22, -1e22, 0.5, -0.5, 2.0, -2.0, -3.0, 709.7, 709.8, 710.3, -709.8, 710.48,
           -707.9, -745.0, 1e-20, -1e-20, 1e-300, 3e5, 4e5, 27.5, -26.9, 1e160, -1e160, 2.2250738585072014e-308]
FLUSHED = {"exp": 2.3e-308, "erfc": 2.3e-308, "sech2": 1.4e-307}       # results below are 0 (language.md, Numbers)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("row", sorted(r for r, f in FUNCTIONS.items() if f.args in ("F", "FF")))
@pytest.mark.parametrize("lanes", [1, 8])
def test_special_values_agree_with_the_reference(row: str, lanes: int) -> None:
    """Infinities, NaN, signed zeros, subnormals, both sides of overflow."""
    call = arrays(row, "f64", _special(lanes))
    two = FUNCTIONS[row].args == "FF"
    xs = [np.repeat(SPECIAL, len(SPECIAL)), np.tile(SPECIAL, len(SPECIAL))] if two else [np.array(SPECIAL)]
    for y, *x in zip(call(*xs), *xs, strict=True):
        truth = FLOAT_ROWS[row](*map(float, x))
        if 0 < abs(truth) < FLUSHED.get(row, 0):
            truth = 0.0
        assert _alike(float(y), truth), (row, x, float(y), truth)


@cache
def _special(lanes: int) -> Loaded:
    return load(sorted(r for r, f in FUNCTIONS.items() if f.args in ("F", "FF")), "f64", lanes, host())


def _alike(y: float, truth: float) -> bool:
    if math.isnan(truth) or math.isnan(y):
        return math.isnan(truth) and math.isnan(y)
    if truth == 0 or math.isinf(truth) or math.isinf(y):
        return y == truth and math.copysign(1, y) == math.copysign(1, truth)
    return abs(y - truth) <= 10 * np.spacing(max(abs(truth), 1e-300)) + 1e-15 * (abs(truth) < 1) * abs(truth)


@pytest.mark.parametrize("kind", ["f64", "f32"])
def test_every_width_gives_the_same_bits(kind: str) -> None:
    """A lane never looks at its neighbours, and the tail runs the same code. Odd length, one far argument."""
    rows = ["exp", "log", "sin", "tanh", "erf", "pow", "cbrt", "digamma"]
    x = np.concatenate([np.linspace(0.1, 9, 30), [1e22], np.linspace(0.2, 3, 12)]).astype(
        np.float64 if kind == "f64" else np.float32)
    wide = {w: load(rows, kind, w, host()) for w in (1, 2, 8, 16)}
    for row in rows:
        args = (x,) if FUNCTIONS[row].args == "F" else (x, x)
        first = arrays(row, kind, wide[1])(*args)
        for w, loaded in wide.items():
            assert arrays(row, kind, loaded)(*args).tobytes() == first.tobytes(), (row, w)


def test_far_arguments_in_the_tail() -> None:
    """The guard of the fast range is in the tail too: without it sin 1e22 is garbage."""
    call = arrays("sin", "f64", _module("host", "f64", host().lanes64))
    for n in range(2 * host().lanes64 + 2):
        assert np.array_equal(call(np.full(n, 1e22)), np.full(n, math.sin(1e22)))


def test_exp_flushes_subnormal_results() -> None:
    """A subnormal weight costs a vector a microcode assist at every use."""
    call = arrays("exp", "f64", _module("host", "f64", host().lanes64))
    assert np.array_equal(call(np.array([-708.1, -740.0])), [0.0, 0.0])
    assert call(np.array([-707.9]))[0] > 2.2e-308


@pytest.mark.parametrize("name", sorted(BASELINES))
@pytest.mark.parametrize("lanes", [1, 2, 16])
def test_text_is_accepted_for_every_target(name: str, lanes: int) -> None:
    """Parses and verifies; without fused multiply-add none is written."""
    import llvmlite.binding as llvm

    machine: Target = BASELINES[name]
    for kind in ("f64", "f32"):
        text = definitions([symbol(r, kind, lanes) for r in FUNCTIONS], machine)
        llvm.parse_assembly(text).verify()
        assert ("llvm.fma" in text) == machine.fma


def test_externals_are_what_is_declared() -> None:
    assert externals([symbol("exp", "f64", 8)], host()) == ()
    assert externals(["@cad.sin.f64.8"], host()) == ("sin",)
    text = definitions(["cad.polygamma.f64.4"], host())
    for name in externals(["cad.polygamma.f64.4"], host()):
        assert f"declare double @{name}(" in text


@pytest.mark.parametrize("lanes", [1, 8])
def test_integer_powers(lanes: int) -> None:
    """0^0 = 1, negative exponents are reciprocals, the least integer is no trap."""
    call = arrays("powi", "f64", load(["powi"], "f64", lanes, host()))
    cases = [(0.0, 0, 1.0), (2.0, 10, 1024.0), (2.0, -1, 0.5), (-3.0, 3, -27.0), (0.0, -1, INF), (-0.0, -1, -INF),
             (math.nan, 0, 1.0), (1.5, 1, 1.5), (2.0, 1023, 2.0 ** 1023), (1.0, -(2 ** 63), 1.0), (INF, -2, 0.0),
             (-1.0, 2 ** 62 + 1, -1.0), (0.5, 2 ** 63 - 1, 0.0)]
    x, n, y = (np.array(c) for c in zip(*cases, strict=True))
    assert np.array_equal(call(x, n.astype(np.int64)), y)


def test_polygamma() -> None:
    """Against mpmath on both sides of 0, and the poles as in the reference."""
    call = arrays("polygamma", "f64", load(["polygamma"], "f64", 4, host()))
    m = np.array([0, 1, 2, 3, 5, 10, 1, 2, 1, 2, 4, 1, 30, 1])
    x = np.array([2.5, 0.3, 0.3, 7.0, 1.5, 3.0, -0.3, -2.6, 1e6, 40.0, -0.9, 1e-5, 2.0, 100.0])
    with mp.workdps(40):
        for y, k, v in zip(call(m, x), m, x, strict=True):
            truth = float(mp.polygamma(int(k), mp.mpf(float(v))))
            assert abs(y - truth) <= 60 * np.spacing(abs(truth)), (k, v, y, truth)
    poles = call(np.array([1, 2, 2, 2, 1, -1, 1]), np.array([-1.0, 0.0, -0.0, -3.0, math.inf, 1.0, math.nan]))
    expected = [FLOAT_ROWS["polygamma"](k, v) for k, v in
                [(1, -1.0), (2, 0.0), (2, -0.0), (2, -3.0), (1, math.inf), (-1, 1.0), (1, math.nan)]]
    assert np.array_equal(poles, expected, equal_nan=True)


def test_cosine_of_zero_is_one() -> None:
    """Exactly, at all multiples of π that are nearest to one: Jacobians show it."""
    import math

    import catad
    f = catad.compile("def f (x : f64) : (f64, f64) = (cos x, sin x)", entry="f")
    assert f(0.0) == (1.0, 0.0) and f(math.pi)[0] == -1.0 and f(2 * math.pi)[0] == 1.0 and f(math.pi / 2)[1] == 1.0
