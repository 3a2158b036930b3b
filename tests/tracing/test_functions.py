"""Python functions as programs: what they give is what Python and NumPy give for the same text."""

from __future__ import annotations

import dataclasses
import math
import pickle
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catad

X = np.array([0.3, -1.25, 2.0, 0.75])
Y = np.array([1.5, 0.25, -0.5, 3.0])
A = np.array([[1.0, 2.0, -1.0], [0.5, -3.0, 4.0]])


# ── operators ──────────────────────────────────────────────────────────────────────────────────────────────────

SCALARS: list[Callable[[Any, Any], Any]] = [
    lambda x, y: x + 2 * y - 1, lambda x, y: 3 / x - y / 2, lambda x, y: -x ** 2 + x ** 3.0 + y ** -2,
    lambda x, y: abs(x) ** 0.5 + 2 ** x, lambda x, y: x // y + x % y, lambda x, y: (x > y) * 2.0 + (x == x),
    lambda x, y: +x - (-y), lambda x, y: np.hypot(x, y) + np.arctan2(y, x), lambda x, y: np.maximum(x, y) * np.sign(x),
    lambda x, y: np.exp(x) * np.cos(y) - np.tanh(x * y), lambda x, y: np.log1p(x * x) + np.sqrt(y * y),
    lambda x, y: round(x) + math.floor(y) + math.ceil(x), lambda x, y: np.square(x) + np.log2(y * y) + np.exp2(x),
    lambda x, y: np.where((x > 0) & ~(y > 1) | (x < -1), x, y), lambda x, y: np.arcsin(x / 10) + np.cbrt(y),
    lambda x, y: min([1.5, 2.5]) * x + sum([x, y, x]), lambda x, y: np.float64(2.0) * x + np.pi * y,
]


@pytest.mark.parametrize("k", range(len(SCALARS)))
@pytest.mark.parametrize(("x", "y"), [(0.75, 2.5), (-1.5, 0.5), (3.0, -2.0)])
def test_scalar_expressions_mean_what_they_mean_in_python(k: int, x: float, y: float) -> None:
    f = SCALARS[k]

    @catad.function
    def traced(x: catad.f64, y: catad.f64) -> catad.f64:
        return f(x, y)

    assert traced(x, y) == pytest.approx(float(f(x, y)), rel=1e-13)


WHOLE: list[Callable[[int, int], Any]] = [
    lambda a, b: a + b * 2 - 3, lambda a, b: a // b, lambda a, b: a % b, lambda a, b: a ** 3, lambda a, b: (a & b) | 9,
    lambda a, b: a ^ b, lambda a, b: ~a, lambda a, b: a << 2, lambda a, b: a >> 1, lambda a, b: abs(-a) + (-b)]


@given(st.integers(0, len(WHOLE) - 1), st.integers(-1000, 1000), st.integers(-50, 50).filter(bool))
@settings(max_examples=60, deadline=None)
def test_whole_numbers(k: int, a: int, b: int) -> None:
    assert WHOLE_TRACED[k](a, b) == WHOLE[k](a, b)


def _whole(f: Callable[..., Any]) -> Any:
    @catad.function
    def traced(a: catad.i64, b: catad.i64) -> catad.i64:
        return f(a, b)
    return traced


WHOLE_TRACED = [_whole(f) for f in WHOLE]


def test_division_of_whole_numbers_is_a_float() -> None:
    @catad.function
    def f(a: int, b: int):  # type: ignore[no-untyped-def]
        return a / b, a * 0.5, b ** -1, 2.0 - a

    assert f(7, 2) == (3.5, 3.5, 0.5, -5.0)


ARRAYS: list[Callable[[Any, Any], Any]] = [
    lambda x, y: (x - y) ** 2, lambda x, y: 2 * x + 1, lambda x, y: np.sin(x) * y, lambda x, y: np.where(x > y, x, 0.0),
    lambda x, y: x @ y, lambda x, y: np.sum(x * y), lambda x, y: x.mean() + np.var(y) + np.std(x), lambda x, y: x[::-1],
    lambda x, y: x[1:-1] + y[:2], lambda x, y: x[-1] - y[-2], lambda x, y: np.concatenate([x, y]), lambda x, y: x.max(),
    lambda x, y: np.cumsum(x), lambda x, y: np.sort(x), lambda x, y: x[np.argsort(y)], lambda x, y: np.outer(x, y),
    lambda x, y: np.linalg.norm(x) + np.linalg.norm(y), lambda x, y: np.clip(x, -0.5, 1.0), lambda x, y: np.argmin(y),
    lambda x, y: np.outer(x, y).sum(axis=0), lambda x, y: np.outer(x, y).max(axis=1), lambda x, y: np.all(x > -2.0),
    lambda x, y: np.outer(x, y).T[1:, 2], lambda x, y: np.prod(np.outer(x, y)), lambda x, y: np.zeros_like(x) + y,
    lambda x, y: np.linalg.solve(np.outer(x, x) + np.diag(np.ones_like(x)), y), lambda x, y: np.dot(x, y) + x.dot(y),
    lambda x, y: np.mean(np.outer(x, y), axis=0), lambda x, y: np.outer(x, y).ravel(), lambda x, y: np.minimum(x, 0.5),
]


@pytest.mark.parametrize("k", range(len(ARRAYS)))
def test_arrays_mean_what_they_mean_in_numpy(k: int) -> None:
    f = ARRAYS[k]

    @catad.function
    def traced(x: catad.Array["n"], y: Annotated[Any, "[n]f64"]):  # type: ignore[no-untyped-def]  # noqa: F821, UP037
        return f(x, y)

    np.testing.assert_allclose(traced(X, Y), f(X, Y), rtol=1e-12)


def test_special_functions_of_scipy() -> None:
    special = pytest.importorskip("scipy.special")

    @catad.function
    def f(x: "[n]f64"):  # type: ignore[no-untyped-def, name-defined, syntax]  # noqa: F722
        return special.erf(x), special.gammaln(x + 3), special.psi(x + 3), special.expit(x), special.xlogy(x, x + 3)

    for found, g in zip(f(X), (special.erf, lambda x: special.gammaln(x + 3), lambda x: special.psi(x + 3),
                               special.expit, lambda x: special.xlogy(x, x + 3)), strict=True):
        np.testing.assert_allclose(found, g(X), rtol=1e-12)


# ── loops, branches, folds ─────────────────────────────────────────────────────────────────────────────────────

@catad.function
def forms(x: "[n]f64", k: catad.i64):  # type: ignore[no-untyped-def, name-defined, syntax]  # noqa: F722
    n = x.shape[0]
    doubled = catad.array(2 * x[i] for i in catad.range(n))
    total = catad.sum(x[i] * x[j] for i in catad.range(n) for j in catad.range(n - 1))
    powers = catad.loop(k, lambda i, s: (s[0] * 2, s[1] + s[0]), (1, 0))
    halved = catad.while_loop(lambda s: s > 1.0, lambda s: s / 2, 100.0)
    side = catad.cond(k > 3, lambda: catad.sum(x), lambda: x[0] * k)
    folded = catad.fold(lambda s, v: 2 * s + v, 0.0, x)
    scanned = catad.scan(lambda s, v: s + v, 1.0, x)
    counts = catad.accumulate(catad.array([0.0, 0.0]), n, lambda i: (i % 2, x[i]))
    moved = x.at[1].set(9.0).at[-1].add(1.0)
    triangle = catad.sum(x[j] for i in catad.range(n) for j in catad.range(i))
    return doubled, total, powers, halved, side, folded, scanned, counts, moved, triangle


@pytest.mark.parametrize("k", [0, 3, 5])
def test_loops_branches_and_folds(k: int) -> None:
    doubled, total, powers, halved, side, folded, scanned, counts, moved, triangle = forms(X, k)
    np.testing.assert_allclose(doubled, 2 * X)
    assert total == pytest.approx(X.sum() * X[:-1].sum())
    assert powers == (2**k, 2**k - 1)
    assert halved == 100 / 128
    assert side == pytest.approx(X.sum() if k > 3 else X[0] * k)
    assert folded == pytest.approx(8 * X[0] + 4 * X[1] + 2 * X[2] + X[3])
    np.testing.assert_allclose(scanned, 1 + np.cumsum(X))
    np.testing.assert_allclose(counts, [X[0] + X[2], X[1] + X[3]])
    np.testing.assert_allclose(moved, [X[0], 9.0, X[2], X[3] + 1])
    assert triangle == pytest.approx(sum(X[j] for i in range(4) for j in range(i)))


def test_python_loops_unroll_and_constants_are_taken() -> None:
    weights = np.array([1.0, 2.0, 3.0])

    @catad.function
    def f(x: "[3]f64", i: int):  # type: ignore[no-untyped-def, name-defined, syntax]  # noqa: F722
        s = 0.0
        for w, v in zip(weights, x, strict=True):
            s = s + w * v
        return s, weights @ x, catad.constant(weights)[i], len(x), [k * s for k in range(2)]

    s, dot, w, n, twice = f([1.0, 0.5, 2.0], 2)
    assert (s, dot, w, n) == (8.0, 8.0, 3.0, 3)
    np.testing.assert_allclose(twice, [0.0, 8.0])


def test_two_loops_in_one_array_are_one_row() -> None:
    @catad.function
    def f(x: "[n]f64", y: "[m]f64"):  # type: ignore[no-untyped-def, name-defined, syntax]  # noqa: F722
        return catad.array(a * b for a in [10.0, 1.0] for b in [1.0, 2.0]), \
            catad.array(x[i] * y[j] for i in catad.range(x.shape[0]) for j in catad.range(y.shape[0]))

    small, large = f(X, Y[:2])
    assert small.tolist() == [10.0, 20.0, 1.0, 2.0]
    np.testing.assert_allclose(large, np.outer(X, Y[:2]).ravel())


# ── derivatives ────────────────────────────────────────────────────────────────────────────────────────────────

@catad.function
def quartic(x: catad.f64, y: catad.f64) -> catad.f64:
    return x**4 * y + np.sin(x * y)


def test_derivatives_inside() -> None:
    @catad.function
    def f(x: catad.f64, v: "[n]f64"):  # type: ignore[no-untyped-def, name-defined, syntax]  # noqa: F722
        g = lambda t: t**3 * x                                                                     # noqa: E731
        return (catad.grad(g)(x), catad.grad(catad.grad(g))(2.0), catad.value_and_grad(g)(x), catad.jvp(g)(x, 2.0),
                catad.vjp(lambda w: w * w)(v, v), catad.jet(np.exp, 2)(x, np.array([1.0, 0.0])),
                catad.hessian(lambda w: catad.sum(w**3))(v), catad.jacobian(lambda w: w[::-1] * x)(v),
                catad.hvp(lambda w: catad.sum(w**3))(v, v), catad.grad(quartic, argnums=(0, 1))(x, 2.0),
                catad.grad(quartic, argnums="y")(x, 2.0), catad.vmap(g)(v), catad.hessian(g)(x),
                catad.jacobian(lambda t: catad.array([t, t * t]))(x))

    x = 1.5
    (first, second, both, forward, (w, pulled), jet, hessian, jacobian, product, pair, by_y, batch, again,
     column) = f(x, X)
    assert first == pytest.approx(3 * x**3) and second == pytest.approx(6 * 2 * x)
    assert both == (pytest.approx(x**4), pytest.approx(3 * x**3))
    assert forward == (pytest.approx(x**4), pytest.approx(6 * x**3))
    np.testing.assert_allclose(w, X**2)
    np.testing.assert_allclose(pulled, 2 * X**2)
    assert jet[0] == pytest.approx(np.exp(x))
    np.testing.assert_allclose(jet[1], [np.exp(x), np.exp(x) / 2])
    np.testing.assert_allclose(hessian, np.diag(6 * X))
    np.testing.assert_allclose(jacobian, x * np.eye(4)[::-1])
    np.testing.assert_allclose(product, 6 * X * X)
    assert pair == (pytest.approx(8 * x**3 + 2 * np.cos(2 * x)), pytest.approx(x**4 + x * np.cos(2 * x)))
    assert by_y == pytest.approx(pair[1])
    np.testing.assert_allclose(batch, X**3 * x)
    assert again == pytest.approx(6 * x * x)
    np.testing.assert_allclose(column, [1.0, 2 * x])


def test_everything_of_a_function_is_there() -> None:
    assert quartic.signature == "quartic (x : f64) (y : f64) : f64"
    assert catad.grad(quartic)(1.0, 2.0) == pytest.approx(8 + 2 * math.cos(2))
    assert catad.jet(quartic, 2, argnums="x")(1.0, 2.0, [1.0, 0.0])[1][0] == pytest.approx(8 + 2 * math.cos(2))
    assert quartic.reference(1.0, 2.0) == quartic(x=1.0, y=2.0)
    assert quartic.fast(1.0, 2.0) == quartic(1.0, 2.0)
    assert "def quartic (x : f64) (y : f64) : f64" in quartic.source
    assert catad.compile(quartic.source, entry="quartic")(1.0, 2.0) == quartic(1.0, 2.0)
    assert quartic.draw().startswith("<svg") and quartic.ops()["sin"] == 1
    assert pickle.loads(pickle.dumps(quartic))(1.0, 2.0) == quartic(1.0, 2.0)
    assert catad.vmap(quartic, in_axes=(0, None))(X, 2.0).shape == (4,)


# ── calls ──────────────────────────────────────────────────────────────────────────────────────────────────────

PROGRAM = catad.compile("import \"std/linear.cad\" as linear\n\n-- The cube.\ndef cube (x : f64) : f64 = x^3\n\n"
                        "def pair [n] (p : {a : f64, b : [n]f64}) (k : i64) : (f64, {s : f64}) = "
                        "(p.a * f64 k, {s = linear.norm1 p.b})")


def test_calls_of_other_functions() -> None:
    slope = catad.grad(quartic)
    other = catad.compile("def cube (x : f64) : f64 = x * 2", entry="cube")

    @catad.function
    def f(x: catad.f64, v: "[n]f64"):  # type: ignore[no-untyped-def, name-defined, syntax]  # noqa: F722
        a, b = PROGRAM.pair({"a": x, "b": v}, k=2)
        return quartic(x, 2), PROGRAM.cube(x) + quartic(x, y=x), slope(x, 1.0), a, b["s"], other(x), PROGRAM.cube(2.0)

    x = 0.5
    q = lambda x, y: x**4 * y + math.sin(x * y)                                                    # noqa: E731
    assert f(x, X) == pytest.approx((q(x, 2), x**3 + q(x, x), 4 * x**3 + math.cos(x), 2 * x, np.abs(X).sum(), 1.0, 8.0))
    assert catad.grad(catad.function(_by_cube))(2.0) == pytest.approx(3 * 16 * 4)


def _by_cube(x: catad.f64) -> catad.f64:
    return PROGRAM.cube(x * x) if isinstance(x, float) else PROGRAM.cube(x) * PROGRAM["cube"](x)


def test_a_function_that_is_compiled_already_is_called_all_the_same() -> None:
    @catad.function
    def total(x: "[n]f64", k: int, b: float) -> float:  # type: ignore[name-defined, syntax]  # noqa: F722
        return catad.sum(x) * k + b

    assert total(X, 2, 0.0) == pytest.approx(2 * X.sum()) and total.fast is not None

    @catad.function
    def outer(x: "[n]f64", k: int, b: float):  # type: ignore[no-untyped-def, name-defined, syntax]  # noqa: F722
        return total(x, k, b), total(X[:2], 1, b), total(x, 3, 1.0), total(X, 2, 0.5)

    expected = [2 * X.sum() + 0.5, X[:2].sum() + 0.5, 3 * X.sum() + 1, 2 * X.sum() + 0.5]
    assert outer(X, 2, 0.5) == pytest.approx(tuple(expected))


def test_functions_from_one_factory_are_different() -> None:
    def scaled(k: float) -> Any:
        @catad.function
        def f(x: catad.f64) -> catad.f64:
            return k * x
        return f

    two, three = scaled(2.0), scaled(3.0)

    @catad.function
    def both(x: catad.f64):  # type: ignore[no-untyped-def]
        return two(x), three(x), two(three(x))

    assert both(1.0) == (2.0, 3.0, 6.0)


def test_functions_for_the_library() -> None:
    """Their parameters have the types that the other arguments give."""
    optimise, ode = catad.math.optimise, catad.math.ode

    @catad.function
    def f(a: float, x: "[n]f64"):  # type: ignore[no-untyped-def, name-defined, syntax]  # noqa: F722
        least = optimise.newton(lambda v: catad.sum((v[i] - i)**2 for i in catad.range(v.shape[0])), 1, x)
        q, _ = ode.rk4(lambda t, s: (s[1], -s[0]), 0.0, 1.0, 100, (1.0, 0.0))
        return least, q, catad.math.map(lambda v: a * v, x)

    least, q, twice = f(2.0, X)
    assert q == pytest.approx(math.cos(1), rel=1e-8)
    np.testing.assert_allclose(least, np.arange(4.0), atol=1e-12)
    np.testing.assert_allclose(twice, 2 * X)


def test_the_library() -> None:
    m = catad.math

    @catad.function
    def f(x: "[n]f64"):  # type: ignore[no-untyped-def, name-defined, syntax]  # noqa: F722
        return m.softmax(x), m.linear.norm1(x), m.sin(x), m.lgamma(3), m.polygamma(1, x[0]), m.sigmoid(0.0)

    soft, norm, sines, gamma, trigamma, half = f(X)
    np.testing.assert_allclose(soft, np.exp(X) / np.exp(X).sum())
    np.testing.assert_allclose(sines, np.sin(X))
    assert (norm, gamma, half) == (pytest.approx(np.abs(X).sum()), pytest.approx(math.log(2)), 0.5)
    assert trigamma == pytest.approx(12.245362134, rel=1e-6)
    assert "softmax" in dir(m)


# ── structure ──────────────────────────────────────────────────────────────────────────────────────────────────

@dataclasses.dataclass(frozen=True)
class Line:
    slope: catad.f64
    height: catad.f64

    def at(self, x: Any) -> Any:
        return self.slope * x + self.height


class Box(NamedTuple):
    w: float
    corners: catad.Array[2]  # type: ignore[type-arg, valid-type]


@catad.function
def misfit(line: Line, x: "[n]f64", y: "[n]f64") -> float:  # type: ignore[name-defined, syntax]  # noqa: F722
    """How far a line is from points."""
    return np.mean((line.at(x) - y)**2)


def test_records() -> None:
    line = Line(2.0, 1.0)
    assert misfit.__doc__ == "How far a line is from points."
    assert misfit(line, X, Y) == pytest.approx(np.mean((2 * X + 1 - Y)**2))
    g = catad.grad(misfit)(line, X, Y)
    assert isinstance(g, Line) and g.height == pytest.approx(2 * np.mean(2 * X + 1 - Y))

    @catad.function
    def step(line: Line, x: "[n]f64", y: "[n]f64", rate: float = 0.5):  # type: ignore[no-untyped-def, name-defined, syntax]  # noqa: F722
        g = catad.grad(misfit)(line, x, y)
        return dataclasses.replace(line, height=line.height - rate * g.height)

    assert step(line, X, Y) == Line(2.0, pytest.approx(1 - 0.5 * g.height))
    assert step(line, X, Y, rate=0.0) == line
    assert pickle.loads(pickle.dumps(step.with_backend("reference")))(line, X, Y).slope == 2.0


def test_tuples_and_named_tuples() -> None:
    @catad.function
    def f(p: tuple[float, tuple[int, bool]], b: Box):  # type: ignore[no-untyped-def]
        x, (k, flag) = p
        return b._replace(w=b.w * x + k), catad.where(flag, 1.0, b.corners[1]), {"k": k, "both": (x, b.w)}

    box, chosen, rest = f((2.0, (3, False)), Box(1.0, np.array([4.0, 5.0])))
    assert isinstance(box, Box) and box.w == 5.0 and chosen == 5.0
    assert rest == {"both": (2.0, 1.0), "k": 3}


def test_parameters_may_have_names_of_the_language() -> None:
    @catad.function
    def normal(x: "[n]f64", mean: float, std: float, sum: float, e: float = 1.0):  # type: ignore[no-untyped-def, name-defined, syntax]  # noqa: F722
        return catad.sum((x[i] - mean) / std for i in catad.range(x.shape[0])) + sum * e * catad.math.mean(x)

    assert normal(X, 0.5, 2.0, 1.0) == pytest.approx(((X - 0.5) / 2).sum() + X.mean())
    assert normal.signature.startswith("normal [n] (x : [n]f64) (mean : f64)")


def test_a_size_can_be_a_parameter() -> None:
    @catad.function
    def grid(n: catad.i64, h: float) -> "[n]f64":  # type: ignore[name-defined, syntax]  # noqa: F722
        return catad.array(h * i for i in catad.range(n))

    assert grid(3, 0.5).tolist() == [0.0, 0.5, 1.0]
    assert grid.signature == "grid (n : i64) (h : f64) : [n]f64"


def test_ten_thousand_operations() -> None:
    @catad.function
    def long(x: catad.f64) -> catad.f64:
        y = x
        for _ in range(10_000):
            y = y + x
        return y

    assert long(1.0) == 10_001.0


def test_each_instruction_has_its_place() -> None:
    """A run-time error points at the expression in this file."""
    @catad.function
    def f(x: "[n]f64", i: int) -> float:  # type: ignore[name-defined, syntax]  # noqa: F722
        return 1.0 + x[i] * 2

    with pytest.raises(catad.CatadError) as e:
        f(X, 7)
    assert e.value.code == "E0501"
    (label,) = e.value.diagnostics[0].labels
    assert label.span.text == "x[i]" and label.span.source.name == __file__


SUMS = catad.compile("""
type shape a [n] = Points [n]a | Two (a, a) | Nothing
type tree = Leaf f64 | Node {l : tree, r : tree}

def tot [n] (x : [n]f64) (s : shape f64 [n]) : f64 =
  case s of | Points y -> dot x y | Two p -> p.0 * p.1 | Nothing -> x[0]
def all_of [n, k] (s : [k]shape f64 [n]) (x : [n]f64) : f64 = sum (for i < k -> tot x s[i])
def inside [n] (s : {a : (shape f64 [n], f64)}) (x : [n]f64) : f64 = tot x s.a.0 * s.a.1
def rec total (t : tree) (x : f64) : f64 = case t of | Leaf y -> y * x | Node n -> total n.l x * total n.r x
""")


@pytest.mark.parametrize("use", [
    lambda x: SUMS.tot(x, {"Points": x}), lambda x: SUMS.tot(x, {"Two": (x[0], 3.0)}), lambda x: SUMS.tot(x, "Nothing"),
    lambda x: SUMS.tot(x, {"Nothing": ()}), lambda x: SUMS.all_of([{"Points": x}, "Nothing"], x),
    lambda x: SUMS.inside({"a": ({"Two": (x[0], x[1])}, 2.0)}, x),
    lambda x: SUMS.total({"Node": {"l": {"Leaf": x[0]}, "r": {"Node": {"l": {"Leaf": x[1]}, "r": {"Leaf": 2.0}}}}},
                         x[2]),
])
def test_sums_are_given_as_outside(use: Callable[[Any], Any]) -> None:
    @catad.function
    def f(x: "[4]f64") -> catad.f64:  # noqa: F722
        return use(x)

    assert f(X) == pytest.approx(use(X), rel=1e-14)
    assert catad.grad(f)(X) == pytest.approx([
        (use(X + h) - use(X - h)) / 2e-6 for h in 1e-6 * np.eye(4)], rel=1e-6, abs=1e-8)
