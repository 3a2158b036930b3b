"""Values on the command line, and flags that look like values."""

from __future__ import annotations

import json
import math
import pathlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catad.cli import jsontext
from catad.cli.arguments import parse_arguments as parse_flags
from catad.cli.literals import parse_arguments, show
from catad.source import CatadError


def one(text: str) -> Any:
    (value,), named = parse_arguments([text])
    assert not named
    return value


@pytest.mark.parametrize(("text", "value"), [
    ("1", 1), (" -1.5e3", -1500.0), ("[[1, 2], [3, 4]]", [[1, 2], [3, 4]]), ("true", True), ('{"w": 1}', {"w": 1}),
    ("inf", math.inf), ('["-inf", 1]', [-math.inf, 1]), ("[Infinity]", [math.inf]), (" -inf", -math.inf),
])
def test_literals(text: str, value: Any) -> None:
    assert one(text) == value and type(one(text)) is type(value)


def test_nan() -> None:
    assert all(math.isnan(one(t)) for t in ("nan", '"nan"', "NaN"))


def test_named_arguments() -> None:
    assert parse_arguments(["1", "x=[2]", "x'=3"]) == ([1], {"x": [2], "x'": 3})
    with pytest.raises(CatadError, match="twice"):
        parse_arguments(["x=1", "x=2"])


def test_files(tmp_path: pathlib.Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(3.0))
    np.savez(tmp_path / "b.npz", x=np.ones(2), y=np.zeros(1))
    (tmp_path / "c.json").write_text('{"w": "inf"}')
    assert one(f"@{tmp_path}/a.npy").tolist() == [0.0, 1.0, 2.0]
    assert one(f"@{tmp_path}/c.json") == {"w": math.inf}
    args, named = parse_arguments([f"@{tmp_path}/b.npz"])
    assert not args and named["x"].tolist() == [1.0, 1.0] and named["y"].tolist() == [0.0]
    assert parse_arguments([f"y=@{tmp_path}/b.npz"])[1]["y"].tolist() == [0.0]


@pytest.mark.parametrize(("text", "code"), [
    ("[1, 2", "E0612"), ("hello", "E0612"), ('"hello"', "E0612"), ('{"x": "y"}', "E0612"), ("@missing.json", "E0601"),
    ("@missing.npy", "E0601"), ("@missing.npz", "E0601"), ("", "E0612"), ("[" * 100_000, "E0612"),
])
def test_what_is_no_value(text: str, code: str) -> None:
    with pytest.raises(CatadError) as caught:
        parse_arguments([text])
    assert caught.value.code == code


VALUES = st.recursive(st.one_of(st.floats(allow_nan=False), st.integers(), st.booleans()), lambda inner: st.one_of(
    st.lists(inner, max_size=3), st.dictionaries(st.text("abc", min_size=1), inner, max_size=3)), max_leaves=8)


@given(VALUES)
def test_reading_what_was_written(value: Any) -> None:
    """Fails when a non-finite float is written as something JSON has not."""
    json.loads(show(value), parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert one(show(value)) == value


def test_values_that_look_like_flags() -> None:
    args = parse_flags(["run", "f.cad", "loss", "-1e5", "-.5", "-inf", "x=-1", "--grad", "2"])
    assert [a.strip() for a in args.arguments] == ["loss", "-1e5", "-.5", "-inf", "x=-1", "2"] and args.grad == ""
    assert parse_flags(["run", "--grad=x,y", "f.cad"]).grad == "x,y"
    assert parse_flags(["run", "f.cad"]).grad is None
    assert parse_flags(["--color", "never", "check", "f.cad"]).color == "never"
    assert parse_flags(["check", "f.cad", "--color", "never"]).color == "never"


@pytest.mark.parametrize(("argv", "words"), [
    (["draw", "f.cad", "f", "--grad", "x"], "did you mean --grad=x?"),
    (["chekc", "f"], "did you mean check?"), (["run", "f.cad", "--garda"], "did you mean --grad?"),
    (["build", "f.cad", "--emit", "llmv"], "did you mean llvm?"), (["check"], "FILE"), ([], "which command"),
    (["draw", "--bogus", "f"], "--bogus"),
])
def test_wrong_use(argv: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        parse_flags(argv)
    assert left.value.code == 2 and words in capsys.readouterr().err


@pytest.mark.parametrize("value", [
    [[1.5, {"a": [], "b": {}}], "x\\\"]y", None, True, -2e-3], {"Nil": [], "é": [{"k": 1}]}, [], 3.5])
def test_deep_json_is_json(value: Any) -> None:
    """The reader and the writer for deep values agree with `json`, at the bottom of many brackets and at the top."""
    deep, wrapped = value, json.dumps(value, ensure_ascii=False)
    for _ in range(1000):
        deep, wrapped = {"a": [deep]}, f'{{ "a" :[{wrapped} ] }}'
    found = jsontext.loads(wrapped)
    assert jsontext.dumps(found) == wrapped.replace("{ ", "{").replace(" :", ": ").replace(" ]", "]").replace(" }", "}")
    for _ in range(1000):
        found = found["a"][0]
    assert found == value and jsontext.loads(jsontext.dumps(value)) == value


@pytest.mark.parametrize("text", ["[" * 100_000, "[" * 1000 + "]" * 999, "[" * 1000 + "1 2" + "]" * 1000,
                                  "[" * 1000 + "1," + "]" * 1000, "[" * 1000 + "]" * 1001, "{" * 1000,
                                  "[" * 1000 + '{1: 2}' + "]" * 1000, "[" * 1000 + '"a' + "]" * 1000])
def test_deep_json_that_is_wrong(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        jsontext.loads(text)
