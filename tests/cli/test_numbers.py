"""`--backend exact`, `mp`, `mod`, `symbolic`: arguments and results that are no floats."""

from __future__ import annotations

import pathlib

import pytest

from catad.cli import main

PROGRAM = """
def f (x : f64) (y : f64) : f64 = x^2 / 3 + y
def g (x : f64) : f64 = exp x
def s [n] (x : [n]f64) (k : i64) : f64 = sum x * f64 k
def r (p : {a : f64, b : [2]f64}) : {a : f64, c : (f64, bool)} = {a = p.a / 3, c = (p.b[0] * p.b[1], p.a > 1)}
"""


@pytest.mark.parametrize(("arguments", "shown"), [
    (["f", "1/2", "0.1", "--backend", "exact"], '"11/60"'), (["f", "2", "2/3", "--backend=exact"], "2"),
    (["s", '["1/3", 0.5]', "6", "--backend", "exact"], "5"),
    (["r", '{"a": "1/2", "b": [3, "1/7"]}', "--backend", "exact"], '{"a": "1/6", "c": ["3/7", false]}'),
    (["f", "1/2", "0.1", "--backend", "exact", "--grad"], '{"value": "11/60", "gradient": {"x": "1/3", "y": 1}}'),
    (["f", "1/2", "0.1", "--backend", "exact", "--jet", "2"], '{"value": "11/60", "coefficients": ["1/3", "1/3"]}'),
    (["g", "1", "--backend", "mp:30"], '"2.71828182845904523536028747135"'),
    (["f", "2", "1/2", "--backend", "mod:7"], "3"), (["f", "2", "a", "--backend", "symbolic"], '"a + 4/3"'),
    (["f", "--backend", "symbolic"], '"x**2/3 + y"'), (["s", "n=2", "k=3", "--backend", "symbolic"], '"3*x_0 + 3*x_1"'),
    (["f", "1", "2", "--backend", "reference"], "2.3333333333333335"),
])
def test_values(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str], arguments: list[str], shown: str) -> None:
    (tmp_path / "p.cad").write_text(PROGRAM)
    assert main(["run", str(tmp_path / "p.cad"), *arguments]) == 0
    assert capsys.readouterr().out.strip() == shown


@pytest.mark.parametrize(("arguments", "code"), [
    (["g", "1", "--backend", "exact"], "E0711"), (["f", "1/0", "1", "--backend", "exact"], "E0612"),
    (["f", "1/2", "1"], "E0612"), (["f", "1/7", "1", "--backend", "mod:7"], "E0714"),
    (["f", "1", "1", "--backend", "mod:6"], "E0611"), (["f", "1", "1", "--backend", "mp:x"], "E0611"),
    (["f", "1", "1", "--backend", "exact:2"], "E0611"), (["s", "--backend", "symbolic"], "E0713"),
    (["f", "a", "1", "--backend", "exact"], "E0612"),
])
def test_refusals(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: str) -> None:
    (tmp_path / "p.cad").write_text(PROGRAM)
    assert main(["run", str(tmp_path / "p.cad"), *arguments]) == 1
    assert f"error[{code}]" in capsys.readouterr().err


def test_an_expression_in_other_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "1.0 / 3.0 + 1.0 / 6.0", "--backend", "exact"]) == 0
    assert capsys.readouterr().out.strip() == '"1/2"'
