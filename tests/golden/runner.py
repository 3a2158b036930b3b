"""Tests in comments, run in three ways: native with numbers as arguments, native as they stand, on the reference.

    -- > f 1.5 2        ⟶   def all__ (c_0 : f64) (c_1 : i64) = (f c_0 c_1, …)      called with 1.5, 2
    -- = 3.0

One entry holds all tests of a file: one compilation of each form serves them all. Numbers become parameters where the
program still checks (an integer that is an order of a jet does not), so that native code computes and folds nothing.
The expected values are read here, not by the compiler.
"""

from __future__ import annotations

import ast
import math
import pathlib
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from catad.api.program import Program
from catad.cli.comments import Test, close, read_tests
from catad.source import CatadError, Source
from catad.source.files import read

__all__ = ["Golden", "codes_of", "golden", "literal", "problems"]

_FLOAT = re.compile(r"(?<![\w.'])\d[\d_]*(?:\.\d[\d_]*(?:[eE][+-]?\d+)?|[eE][+-]?\d+)")
_NUMBER = re.compile(r"(?<![\w.'])\d[\d_]*(?:\.\d[\d_]*(?:[eE][+-]?\d+)?|[eE][+-]?\d+)?(?![\w.])")
_NAMES = {"true": True, "false": False, "nan": math.nan, "inf": math.inf, "pi": math.pi, "e": math.e}


@dataclass(frozen=True)
class Golden:
    """A file with tests of values in its comments, as a program with one entry for all of them."""

    program: Program
    constants: tuple[Any, ...]
    tests: tuple[Test, ...]
    abstracted: int                     # tests whose numbers are arguments


def literal(text: str) -> Any:
    """An expected value: numbers, `true`, `nan`, `inf`, arrays, tuples, records.

    >>> literal("([1.0, -inf], {x = true})")
    ([1.0, -inf], {'x': True})
    """
    python = re.sub(r"([A-Za-z_]\w*)\s*=", r'"\1":', text)
    return _value(ast.parse(python.strip(), mode="eval").body)


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return _NAMES[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.List(elts=items):
            values = [_value(x) for x in items]
            if values and all(isinstance(x, dict) for x in values):        # an array of records comes as one of arrays
                return {k: [x[k] for x in values] for k in values[0]}
            return values
        case ast.Tuple(elts=items):
            return tuple(_value(x) for x in items)
        case ast.Dict(keys=keys, values=values):
            return {_value(k): _value(v) for k, v in zip(keys, values, strict=True) if k is not None}
        case ast.BinOp(left=a, op=ast.Div(), right=b):
            return _value(a) / _value(b)
        case ast.BinOp(left=a, op=ast.Mult(), right=b):
            return _value(a) * _value(b)
    raise ValueError(f"not an expected value: {ast.unparse(node)}")


# ── one program for all tests of a file ────────────────────────────────────────────────────────────────────────

def _abstract(expression: str, level: int, params: list[tuple[str, Any]]) -> str:
    """The expression with its numbers replaced by parameters: 2 all, 1 those with a point, 0 none."""
    def replace(m: re.Match[str]) -> str:
        text = m[0].replace("_", "")
        name = f"c_{len(params)}__"
        whole = text.isdigit()
        params.append((name, int(text) if whole else float(text)))
        return name
    pattern = (None, _FLOAT, _NUMBER)[level]
    return expression if pattern is None else pattern.sub(replace, expression)


def golden(source: Source, root: pathlib.Path, *, abstract: bool = True) -> Golden:
    """The program of a file's tests; numbers are parameters where that checks."""
    tests = tuple(t for t in read_tests(source) if t.value is not None)
    levels = [2 if abstract else 0] * len(tests)
    while True:
        text, params, places = _text(source, tests, levels)
        try:
            program = Program(Source(source.name, text), root=root)
            break
        except CatadError as exc:
            if not _lower(exc, places, levels):
                raise
    return Golden(program, tuple(v for _, v in params), tests, sum(map(bool, levels)))


def _text(source: Source, tests: tuple[Test, ...],
          levels: list[int]) -> tuple[str, list[tuple[str, Any]], list[tuple[int, int]]]:
    params: list[tuple[str, Any]] = []
    bodies = [_abstract(t.expression, level, params) for t, level in zip(tests, levels, strict=True)]
    head = "".join(f" ({x} : {'i64' if isinstance(v, int) else 'f64'})" for x, v in params)
    text = f"{source.text}\ndef all__{head} =\n ("
    places: list[tuple[int, int]] = []
    for body in bodies:
        start = len(text)
        text += f"({body}),\n  "
        places.append((start, len(text)))
    return text + "true)\n", params, places


def _lower(exc: CatadError, places: list[tuple[int, int]], levels: list[int]) -> bool:
    """Abstract less in the tests where something does not check; False when nothing is left to do."""
    spans = [d.labels[0].span.start for d in exc.diagnostics if d.labels]
    hit = [k for k, (a, b) in enumerate(places) if levels[k] and any(a <= s < b for s in spans)]
    if not hit and any(levels) and any(s > places[0][0] - 40 for s in spans if places):
        hit = [k for k, level in enumerate(levels) if level]             # an error of the whole definition
    for k in hit:
        levels[k] -= 1
    return bool(hit)


# ── running ────────────────────────────────────────────────────────────────────────────────────────────────────

def problems(path: pathlib.Path, *, ways: tuple[str, ...] = ("arguments", "native", "reference")) -> list[str]:
    """What is wrong with a file's tests, one line each."""
    source, root = read(path), path.resolve().parent
    found: list[str] = []
    for way in ways:
        g = _golden(source, root, way == "arguments")
        if not g.tests:
            continue
        f = g.program["all__"]
        values = (f.reference if way == "reference" else f)(*g.constants)
        for test, value in zip(g.tests, values, strict=False):
            assert test.value is not None
            if not close(value, literal(test.value)):
                found.append(f"{way}: > {test.expression}\n    expected {test.value}\n    got      {value}")
    return found + codes_of(source, root)


@cache
def _golden(source: Source, root: pathlib.Path, abstract: bool) -> Golden:
    return golden(source, root, abstract=abstract)


def codes_of(source: Source, root: pathlib.Path) -> list[str]:
    """Tests that must stop while running, each an entry of its own."""
    tests = [t for t in read_tests(source) if t.code is not None]
    if not tests:
        return []
    text = source.text + "".join(f"\ndef stop_{k}__ =\n    {t.expression}" for k, t in enumerate(tests)) + "\n"
    program = Program(Source(source.name, text), root=root)
    found = []
    for k, test in enumerate(tests):
        for way in ("native", "reference"):
            f = program[f"stop_{k}__"]
            try:
                value = f() if way == "native" else f.reference()
                found.append(f"{way}: > {test.expression}\n    expected {test.code}\n    got      {value}")
            except CatadError as exc:
                if exc.code != test.code:
                    found.append(f"{way}: > {test.expression}\n    expected {test.code}\n    got      {exc}")
    return found
