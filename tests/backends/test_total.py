"""Totality: every row of the table has a meaning, a judge if it is a float function, and an answer in each domain."""

import pytest
from catad.backends.exact.longfloats import LongFloats
from catad.backends.exact.rationals import RATIONALS
from catad.backends.exact.residues import Residues
from catad.backends.reference import FLOATS
from catad.backends.reference.arrays import ARRAY_ROWS
from catad.backends.reference.domain import Fault
from catad.backends.reference.series import RULES
from catad.backends.symbolic.expressions import EXPRESSIONS
from catad.proofs.oracles import ORACLES

from catad.ops import ROWS
from catad.source.codes import codes
from catad.types.type import BOOL, F32, F64, I64

SCALAR = [r for r in ROWS.values() if r.name not in ARRAY_ROWS and r.name != "select"]
EXACTLY = {"add", "sub", "neg", "mul", "corr", "abs", "max", "min", "sign", "floor", "ceil", "round", "trunc",
           "to_f64", "to_f32"}                                  # tested without mpmath: their meaning is a comparison
CHOICES = {"F": (F64, F32), "N": (F64, F32, I64), "I": (I64,), "B": (BOOL,), "S": (F64, F32, I64, BOOL)}


def typings(row):
    """All typings of a scalar row (its F, N and S agree)."""
    free = next((k for k in row.args if k in "FNS"), row.args[0])
    for t in CHOICES[free]:
        yield [t if k in "FNS" else CHOICES[k][0] for k in row.args]


@pytest.mark.parametrize("row", SCALAR, ids=lambda r: r.name)
def test_every_row_has_a_meaning(row) -> None:
    for types in typings(row):
        assert callable(FLOATS.row(row.name, types))
        assert callable(LongFloats(20).row(row.name, types))


@pytest.mark.parametrize("domain", [RATIONALS, Residues(7), EXPRESSIONS], ids=lambda d: d.name)
@pytest.mark.parametrize("row", SCALAR, ids=lambda r: r.name)
def test_every_domain_answers_or_refuses(domain, row) -> None:
    for types in typings(row):
        try:
            assert callable(domain.row(row.name, types))
        except Fault as fault:
            assert fault.code == "E0711" and row.name in fault.title


@pytest.mark.parametrize("row", [r for r in SCALAR if r.result_kind in ("same", "float") and set(r.args) & set("FN")],
                         ids=lambda r: r.name)
def test_every_float_function_has_a_judge(row) -> None:
    assert row.name in ORACLES or row.name in EXACTLY


@pytest.mark.parametrize("row", [r for r in SCALAR if set(r.args) & set("FN") and r.result_kind != "B"],
                         ids=lambda r: r.name)
def test_every_float_row_acts_on_series(row) -> None:
    assert row.name in RULES


def test_array_rows_are_rows() -> None:
    assert set(ARRAY_ROWS) <= set(ROWS)
    assert {r.name for r in ROWS.values() if set(r.args) & set("AJV")} == set(ARRAY_ROWS)


def test_codes_are_explained() -> None:
    for code in (*(f"E050{k}" for k in range(1, 10)), "E0510", "E0711", "E0712", "E0713", "E0714"):
        assert len(codes()[code].explanation) > 100
