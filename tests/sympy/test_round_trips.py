"""Formulas to programs and back: values are those of SymPy, derivatives those of sympy.diff."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy.logic.boolalg import Boolean

import catad

X, Y = sp.symbols("x y", real=True)
N, I, J, K = sp.symbols("n i j k", integer=True)
V = sp.IndexedBase("v", shape=(N,))
POINT = {X: 0.75, Y: 1.5}

UNARY = ["sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "exp", "log",
         "erf", "erfc", "sign", "floor", "ceiling", "gamma", "loggamma", "digamma", "factorial", "sec", "csc", "cot",
         "sech", "csch", "coth", "acot", "asech", "acsch", "sqrt", "Abs", "erfinv", "sinc", "Heaviside", "asec", "acsc",
         "acoth"]
INSIDE = {"acosh": X + 1, "acoth": X + 1, "asec": X + 1, "acsc": X + 1}


def agrees(found: Any, e: Any, point: dict[Any, float], rel: float = 1e-12) -> None:
    assert found == pytest.approx(float(sp.N(e.subs(point), 20)), rel=rel)


@pytest.mark.parametrize("name", UNARY)
def test_functions(name: str) -> None:
    e = getattr(sp, name)(INSIDE.get(name, X))
    agrees(catad.from_sympy(e, [X])(0.75), e, POINT)


def test_the_inverse_of_erfc() -> None:
    """SymPy has no numbers for it."""
    assert math.erfc(catad.from_sympy(sp.erfcinv(X), [X])(0.75)) == pytest.approx(0.75)


@pytest.mark.parametrize("e", [
    sp.atan2(X, Y), sp.Max(X, Y, 1), sp.Min(X, Y, 1), sp.Mod(X, Y), sp.Mod(-X, Y), sp.beta(X, Y), sp.polygamma(2, X),
    X**Y, X**sp.Rational(2, 3), X**-3, 2**X, X**sp.Rational(-3, 2), sp.Rational(1, 3) * X - Y / 7, -X * Y - 3 * Y,
    sp.pi * X + sp.E * Y + sp.EulerGamma + sp.GoldenRatio, sp.log(X, 2), 1 / (X + Y)**2, sp.Float("0.1") * X,
    sp.Piecewise((X, X > Y), (Y**2, sp.Ne(X, Y) & (X > 0)), (0, True)), sp.Piecewise((X, X > Y), (2, Y > 0)),
    sp.Piecewise((1, (X > Y) | ~(Y > 1)), (-X, True)), sp.Piecewise((X, sp.Xor(X > 1, Y > 1)), (Y, True)),
    sp.Heaviside(X - Y, 1), sp.expand((X + Y)**6), sp.sin(X + Y)**2 + (X + Y)**3 * sp.cos(X + Y),
    sp.factor(X**2 - Y**2) / (X - Y)**2, sp.sqrt(sp.sqrt(X) + sp.exp(-Y**2)), (X > Y).subs(X, X * X),
    sp.ITE(X > 1, Y > 1, Y < 1), sp.Piecewise((1, X > Y), (2, True)) * X,
], ids=str)
def test_formulas(e: Any) -> None:
    f = catad.from_sympy(e, [X, Y])
    if isinstance(e, Boolean):
        assert f(0.75, 1.5) == bool(e.subs(POINT))
    else:
        agrees(f(0.75, 1.5), e, POINT)


def leaves() -> Any:
    return st.one_of(st.sampled_from([X, Y]), st.integers(-5, 5).map(sp.Integer),
                     st.fractions(min_value=-3, max_value=3, max_denominator=9).map(lambda q: sp.Rational(str(q))))


def grown(inner: Any) -> Any:
    two = st.tuples(inner, inner)
    return st.one_of(
        two.map(lambda p: p[0] + p[1]), two.map(lambda p: p[0] * p[1]), two.map(lambda p: p[0] - p[1]),
        inner.map(lambda a: a / (2 + sp.sin(a)**2)), inner.map(lambda a: a**2), inner.map(sp.sin), inner.map(sp.tanh),
        inner.map(lambda a: sp.exp(-a**2)), inner.map(lambda a: sp.sqrt(1 + a**2)), inner.map(sp.atan),
        st.tuples(inner, inner, inner).map(lambda p: sp.Piecewise((p[0], X > Y), (p[1], p[2] > 1), (p[0], True))))


@given(st.recursive(leaves(), grown, max_leaves=12), st.integers(-20, 20), st.integers(-20, 20))
@settings(max_examples=60, deadline=None)
def test_there_and_back(e: Any, a: int, b: int) -> None:
    """The formula of the program of a formula has its values; so have the derivatives."""
    point = {X: a / 16 + 1 / 32, Y: b / 16}
    want = sp.N(e.subs(point), 25)
    if not want.is_real or abs(want) > 1e9:
        return
    f = catad.from_sympy(e, [X, Y])
    assert f(*point.values()) == pytest.approx(float(want), rel=1e-9, abs=1e-9)
    back = f.to_sympy()
    assert float(sp.N(back.subs(point), 25)) == pytest.approx(float(want), rel=1e-12, abs=1e-12)
    slope = sp.N(sp.diff(e, X).subs(point), 25)
    if slope.is_real and abs(slope) < 1e9 and not e.has(sp.Piecewise):
        assert catad.grad(f)(*point.values()) == pytest.approx(float(slope), rel=1e-8, abs=1e-8)


# ── arrays ─────────────────────────────────────────────────────────────────────────────────────────────────────

def test_sums_and_products() -> None:
    v = np.array([0.5, 2.0, -1.5, 3.0])
    total = sp.Sum(V[I]**2 * X * I, (I, 1, N - 1))
    assert catad.from_sympy(total, [V, X])(v, 2.0) == pytest.approx(sum(2 * i * v[i]**2 for i in range(1, 4)))
    double = sp.Sum(V[I] * V[J], (J, 0, I), (I, 0, N - 1))
    assert catad.from_sympy(double, [V])(v) == pytest.approx(sum(v[i] * v[j] for i in range(4) for j in range(i + 1)))
    assert catad.from_sympy(sp.Product(V[I] + 1, (I, 0, N - 1)), [V])(v) == pytest.approx(np.prod(v + 1))
    assert catad.from_sympy(sp.Sum(1 / I**2, (I, 1, K)), [K])(10) == pytest.approx(sum(1 / i**2 for i in range(1, 11)))
    assert catad.from_sympy(sp.Sum(I, (I, 1, K)), [K])(10) == 55
    unknown = sp.IndexedBase("w")
    assert catad.from_sympy(unknown[0, 1] * K, [unknown, K])([[1.0, 2.0]], 3) == 6.0


def test_gradients_of_sums_are_those_of_sympy() -> None:
    loss = sp.Sum((X * V[I] + Y - sp.sin(V[I]))**2, (I, 0, N - 1))
    f = catad.from_sympy(loss, [X, Y, V])
    v = np.array([0.5, 2.0, -1.5])
    for k, s in enumerate((X, Y)):
        want = catad.from_sympy(sp.diff(loss, s), [X, Y, V])
        assert catad.grad(f, argnums=k)(0.3, 0.7, v) == pytest.approx(want(0.3, 0.7, v))


def test_derivatives_that_stay_are_taken_by_the_compiler() -> None:
    body = sp.Piecewise((X**3 * Y, X > 0), (0, True))
    with sp.evaluate(False):
        e = sp.Derivative(body, (X, 2)) + 1
    unevaluated = catad.from_sympy(sp.Tuple(e)[0], [X, Y])
    assert unevaluated(0.5, 2.0) == pytest.approx(6 * 0.5 * 2 + 1)
    from catad.sympy.arguments import parameters
    from catad.sympy.writing import Writer
    writer = Writer(parameters([X, Y], []))
    assert writer.write(sp.Derivative(sp.sin(X) * Y, (X, 2), Y)).text.count("diff") == 3


def test_matrices() -> None:
    a, b = sp.MatrixSymbol("a", N, K), sp.MatrixSymbol("b", K, N)
    s = sp.MatrixSymbol("s", N, N)
    p, q = np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(3, 2) - 2
    m = np.array([[2.0, 1.0], [0.5, 3.0]])
    f = catad.from_sympy(a * b + 2 * b.T * a.T - sp.Identity(N), [a, b])
    np.testing.assert_allclose(f(p, q), p @ q + 2 * q.T @ p.T - np.eye(2))
    g = catad.from_sympy((sp.Trace(s), sp.Determinant(s), s.inverse(), s**3, s[0, 1] * X), [s, X])
    trace, det, inverse, cube, entry = g(m, 2.0)
    assert (trace, det, entry) == (5.0, pytest.approx(5.5), 2.0)
    np.testing.assert_allclose(inverse, np.linalg.inv(m))
    np.testing.assert_allclose(cube, np.linalg.matrix_power(m, 3))
    h = catad.from_sympy(sp.HadamardProduct(s, s), [s])
    np.testing.assert_allclose(h(m), m * m)


def test_results_of_every_shape() -> None:
    f = catad.from_sympy({"m": sp.Matrix([[X, Y], [1, X * Y]]), "a": sp.Array([X, 2]), "t": (X, [Y, 3])})
    found = f(2.0, 3.0)
    assert found["m"].tolist() == [[2.0, 3.0], [1.0, 6.0]] and found["a"].tolist() == [2.0, 2.0]
    assert found["t"][0] == 2.0 and found["t"][1].tolist() == [3.0, 3.0]


def test_arguments_of_every_shape() -> None:
    a, b, c = sp.symbols("a b c")
    f = catad.from_sympy(X + 10 * a + 100 * b + 1000 * c + 10_000 * Y, [X, (a, Y), sp.Matrix([b, c])])
    assert f.signature == "f (x : f64) (v1 : (f64, f64)) (v2 : [2]f64) : f64"
    assert f(1.0, (2.0, 5.0), [3.0, 4.0]) == 54321.0
    grid = sp.Matrix(2, 2, sp.symbols("p:4"))
    assert catad.from_sympy(sp.det(grid), [grid])([[1.0, 2.0], [3.0, 4.0]]) == pytest.approx(-2.0)
    assert catad.from_sympy(a - b, [[a, b]])([5.0, 3.0]) == 2.0
    alpha, one = sp.symbols(r"\alpha x_{1}")
    assert catad.from_sympy(alpha / one, [alpha, one])(3.0, 2.0) == 1.5
    beta, let = sp.symbols("sum let")
    assert catad.from_sympy(beta * let + sp.Sum(V[I], (I, 0, N - 1)), [beta, let, V])(2.0, 3.0, [4.0]) == 10.0


def test_what_occurs_twice_is_written_once() -> None:
    e, want = X, 0.25
    for _ in range(9):                                     # a tree with 2⁹ leaves
        e, want = sp.sin(e) + sp.cos(e), math.sin(want) + math.cos(want)
    f = catad.from_sympy(e, [X])
    assert len(f.sources[0].text) < 600
    assert f(0.25) == pytest.approx(want)


def test_deep_formulas() -> None:
    e = X
    for _ in range(150):
        e = sp.sin(e)
    want = 0.75
    for _ in range(150):
        want = math.sin(want)
    assert catad.from_sympy(e, [X])(0.75) == pytest.approx(want)


# ── refusals ───────────────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize(("make", "code"), [
    (lambda: catad.from_sympy(sp.Function("g")(X)), "E0638"), (lambda: catad.from_sympy(sp.I * X), "E0638"),
    (lambda: catad.from_sympy(sp.Integral(sp.exp(X * X), X)), "E0638"), (lambda: catad.from_sympy(sp.zoo), "E0638"),
    (lambda: catad.from_sympy(sp.Sum(1 / I, (I, 1, sp.oo))), "E0638"), (lambda: catad.from_sympy("x +"), "E0638"),
    (lambda: catad.from_sympy(sp.polygamma(X, Y)), "E0638"), (lambda: catad.from_sympy(object()), "E0638"),
    (lambda: catad.from_sympy(sp.Sum(I, (I, 0, X)), [X]), "E0638"), (lambda: catad.from_sympy(V[X], [V, X]), "E0638"),
    (lambda: catad.from_sympy(sp.besselj(1, X)), "E0638"), (lambda: catad.from_sympy(X + Y, [X]), "E0639"),
    (lambda: catad.from_sympy(X, ["x"]), "E0639"), (lambda: catad.from_sympy(X, [(X, 1)]), "E0639"),
])
def test_what_is_no_program_is_refused(make: Any, code: str) -> None:
    with pytest.raises(catad.CatadError) as e:
        make()
    assert e.value.code == code, str(e.value)


PROGRAM = catad.compile("""
def halve (x : f64) : f64 = loop s = x while s > 1.0 do s / 2
def mixed [n] (p : {slope : f64, at : [n]f64}) (k : i64) : {s : f64, m : [n, n]f64, t : (f64, [n]f64)} =
  {s = p.slope^k, m = for i < n, j < n -> p.at[i] * p.at[j], t = (sum p.at, p.at)}
def kink (x : f64) : f64 = if x > 0 then log x else x^2
""")


def test_programs_as_formulas() -> None:
    a, b, s = sp.symbols("p_at_0 p_at_1 p_slope", real=True)
    found = PROGRAM.mixed.to_sympy(n=2, k=3)
    assert found == {"s": s**3, "m": sp.Matrix([[a * a, a * b], [a * b, b * b]]), "t": (a + b, sp.Array([a, b]))}
    x = sp.Symbol("x", real=True)
    assert PROGRAM.kink.to_sympy() == sp.Piecewise((sp.log(x), x > 0), (x**2, True))
    assert sp.diff(PROGRAM.kink.to_sympy(), x) == catad.grad(PROGRAM.kink).to_sympy()


def test_programs_that_are_no_formulas() -> None:
    with pytest.raises(catad.CatadError) as e:
        PROGRAM.halve.to_sympy()
    assert e.value.code == "E0712"
    with pytest.raises(catad.CatadError) as e:
        PROGRAM.mixed.to_sympy(n=2)
    assert e.value.code == "E0713"


def test_latex() -> None:
    assert PROGRAM.kink.latex().startswith(r"kink(x) = \begin{cases} \log{\left(x \right)} & \text{for}\: x > 0")
    assert "$" in (PROGRAM.kink._repr_latex_() or "")
    assert PROGRAM.halve._repr_latex_() is None and PROGRAM.mixed._repr_latex_() is None
    assert r"p_{at 0}" in PROGRAM.mixed.latex(n=2, k=3)
