"""Formulas: read back as numbers they agree with the reference; what is no formula is refused with a code."""

import math

import numpy as np
import pytest
import sympy
from catad.backends import reference, symbolic
from catad.proofs.oracles import ORACLES

from catad.net.net import Entry, IfOp, Table
from catad.source import CatadError
from catad.types.size import Size
from catad.types.type import F64, I64, Array

from .helpers import build, float_types, table

N = Size.var("n")
VECTOR = Array(N, F64)


def norm_net():
    body = build(lambda b, x, i, s: b.prim("add", s, b.prim("powi", b.prim("index", x, i), b.const(2, I64))),
                 VECTOR, I64, F64)
    return build(lambda b, x: b.prim("sqrt", b.loop(N, body, [x], [b.const(0.0)], ["add"])[0]), VECTOR, sizes=["n"])


def test_formula_in_named_symbols() -> None:
    net = norm_net()
    program = Table({"norm": net}, {"norm": Entry((("v", VECTOR),), F64, ("n",))})
    a, b, c = (sympy.Symbol(f"v_{i}", real=True) for i in range(3))
    assert symbolic.formula(program, "norm", n=3) == sympy.sqrt(a**2 + b**2 + c**2)


@pytest.mark.parametrize("name", sorted(ORACLES))
def test_rows_as_formulas(name) -> None:
    """Substituting numbers into the formula gives what the reference gives."""
    import random
    types = float_types(name, len(ORACLES[name].domain))
    net = build(lambda b, *w: b.prim(name, *w), *types)
    point = ORACLES[name].gentle(random.Random(name))
    symbols = [x if isinstance(x, int) else sympy.Symbol(f"s{k}", real=True) for k, x in enumerate(point)]
    (formula,) = symbolic.run(table(net), "f", symbols)
    got = formula.subs({s: x for s, x in zip(symbols, point, strict=True) if not isinstance(s, int)}).evalf(25)
    (want,) = reference.run(table(net), "f", point)
    assert math.isclose(float(got), want, rel_tol=1e-13)


def relu(b, x):
    identity, zero = build(lambda b, x: x, F64), build(lambda b, x: b.const(0.0), F64)
    return b.box(IfOp(), [b.prim("gt", x, b.const(0.0)), x], [F64], [identity, zero])[0]


def test_unknown_branch_is_piecewise() -> None:
    x = sympy.Symbol("x0", real=True)
    got = symbolic.formula(table(build(relu, F64)), "f")
    assert got == sympy.Piecewise((x, x > 0), (0, True))
    assert symbolic.run(table(build(relu, F64)), "f", [sympy.Integer(-2)]) == (0,)


def test_constants_are_what_people_wrote() -> None:
    net = build(lambda b, x: b.prim("add", b.prim("mul", b.const(0.1), x), b.const(math.pi)), F64)
    x = sympy.Symbol("x0", real=True)
    assert symbolic.formula(table(net), "f") == x / 10 + sympy.pi


def test_arrays_of_expressions() -> None:
    net = build(lambda b, x, i, v: b.prim("add_at", x, i, v), VECTOR, I64, F64, sizes=["n"])
    x, y = sympy.symbols("x y", real=True)
    (got,) = symbolic.run(table(net), "f", [np.array([x, x], object), 1, y])
    assert list(got) == [x, x + y]


def code_of(f) -> str:
    with pytest.raises(CatadError) as e:
        f()
    return e.value.code


def test_refusals() -> None:
    x = sympy.Symbol("x", real=True)
    assert code_of(lambda: symbolic.formula(table(norm_net()), "f")) == "E0713"              # no size
    vector = build(lambda b, x: x, VECTOR, sizes=["n"])
    assert code_of(lambda: symbolic.formula(table(vector), "f", n=2)) == "E0713"             # no scalar
    index = build(lambda b, v, t: b.prim("index", v, b.prim("to_i64", t)), VECTOR, F64, sizes=["n"])
    assert code_of(lambda: symbolic.run(table(index), "f", [np.array([x, x], object), x])) == "E0712"
    assert symbolic.run(table(index), "f", [np.array([x, 2 * x], object), sympy.Rational(3, 2)]) == (2 * x,)
    most = build(lambda b, v: b.prim("argmax", v), VECTOR, sizes=["n"])
    assert code_of(lambda: symbolic.run(table(most), "f", [np.array([x, 2 * x], object)])) == "E0712"
    rounding = build(lambda b, t: b.prim("round", t), F64)
    assert code_of(lambda: symbolic.formula(table(rounding), "f")) == "E0711"
