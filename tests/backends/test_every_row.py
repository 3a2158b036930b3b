"""Every row in every kind of number: the right value, or E0711; and the table says which.

The judge of a value is mpmath or SymPy, or the definition in Python's own arithmetic.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import pytest
import sympy
from catad.backends.exact.longfloats import LongFloats
from catad.backends.exact.rationals import RATIONALS
from catad.backends.exact.residues import Residues
from catad.backends.reference import FLOATS
from catad.backends.reference.arrays import ARRAY_ROWS
from catad.backends.reference.domain import Fault
from catad.backends.symbolic.expressions import EXPRESSIONS
from catad.proofs.oracles import ORACLES

from catad.ops import ROWS
from catad.ops.samples import SAMPLES
from catad.types.type import BOOL, F64, I64

P = 10_007
DOMAINS = [FLOATS, LongFloats(40), RATIONALS, Residues(P), EXPRESSIONS]
SCALAR = [r for r in ROWS.values() if r.name not in ARRAY_ROWS and r.name != "select"]
TYPES = {"F": F64, "N": F64, "S": F64, "I": I64, "B": BOOL}

# Rows whose meaning is arithmetic or comparison, on Python's own rationals.
PLAIN: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "neg": lambda a: -a, "mul": lambda a, b: a * b,
    "corr": lambda a, b: a * b, "div": lambda a, b: a / b, "abs": abs, "max": max, "min": min,
    "sign": lambda a: (a > 0) - (a < 0), "floor": math.floor, "ceil": math.ceil, "round": round, "trunc": math.trunc,
    "powi": lambda a, n: a**n, "eq": lambda a, b: a == b, "ne": lambda a, b: a != b, "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b, "gt": lambda a, b: a > b, "ge": lambda a, b: a >= b, "isnan": lambda a: False,
    "isinf": lambda a: False, "to_f64": lambda a: a, "to_f32": lambda a: a, "to_i64": math.trunc,
    "and": lambda a, b: a and b, "or": lambda a, b: a or b, "not": lambda a: not a, "idiv": lambda a, b: a // b,
    "imod": lambda a, b: a % b, "ipow": lambda a, b: a**b, "band": lambda a, b: a & b, "bor": lambda a, b: a | b,
    **{x: lambda b, f=f: Fraction(f(b)) for x, f in SAMPLES.items()},          # fixed sequences of floats
    "bxor": lambda a, b: a ^ b, "bnot": lambda a: ~a, "shl": lambda a, b: a << b, "shr": lambda a, b: a >> b,
}


def point(row: Any, rng: random.Random) -> list[Any]:
    """Arguments that floats hold exactly."""
    oracle = ORACLES.get(row.name)
    if oracle is not None and row.name not in PLAIN:
        return [x if isinstance(x, int) else round(x * 64) / 64 or 0.5 for x in oracle.gentle(rng)]
    choices = {F64: lambda: Fraction(rng.choice([-1, 1]) * rng.randint(1, 200), 16), I64: lambda: rng.randint(1, 5),
               BOOL: lambda: rng.random() < 0.5}
    return [choices[TYPES[k]]() for k in row.args]


def judged(row: Any, args: list[Any]) -> Any:
    if row.name in PLAIN:
        return PLAIN[row.name](*args)
    with mpmath.workdps(60):
        return ORACLES[row.name].value(tuple(args))


def residue(x: Any) -> int:
    x = Fraction(x)
    return x.numerator * pow(x.denominator, -1, P) % P


@pytest.mark.parametrize("row", SCALAR, ids=lambda r: r.name)
@pytest.mark.parametrize("domain", DOMAINS, ids=lambda d: d.name)
def test_the_right_value_or_the_code(domain: Any, row: Any) -> None:
    rng = random.Random(row.name)
    types = [TYPES[k] for k in row.args]
    for _ in range(5):
        args = point(row, rng)
        if domain.name not in row.domains:
            with pytest.raises(Fault) as refused:
                domain.row(row.name, types)
            assert refused.value.code == "E0711"
            return
        got = domain.row(row.name, types)(*(domain.enter(float(a) if domain is FLOATS and t == F64 else a, t)
                                            for a, t in zip(args, types, strict=True)))
        check(domain, row, got, judged(row, args))


def check(domain: Any, row: Any, got: Any, want: Any) -> None:
    if isinstance(want, (bool, int)) and row.result_kind in ("B", "I"):
        assert got == want
    elif domain.name == "modular":
        assert got == residue(want)
    elif domain.name == "exact":
        assert got == want
    elif domain.name == "symbolic":
        assert float(sympy.sympify(got).evalf(30)) == pytest.approx(float(want), rel=1e-14)
    elif domain.name == "long-float":
        with mpmath.workdps(60):
            exact = mpmath.mpf(want.numerator) / want.denominator if isinstance(want, Fraction) else mpmath.mpf(want)
            assert abs(got - exact) <= abs(exact) * mpmath.mpf(10)**-38
    else:
        assert got == pytest.approx(float(want), rel=1e-13)


def test_the_table_knows_every_domain() -> None:
    """What `Row.domains` says of rows of arrays is what reductions of formulas and residues do."""
    assert set(ROWS["add"].domains) == {d.name for d in DOMAINS}
    assert ROWS["exp"].domains == ("floating-point", "long-float", "symbolic")
    assert ROWS["idiv"].domains == ROWS["add"].domains
    assert "modular" not in ROWS["maximum"].domains
