"""`catad test FILE…`: the tests that stand in comments, run natively and by the reference.

    -- > dot [1.0, 2.0] [3.0, 4.0]          an expression in the scope of the file; more `-- >` lines continue it
    -- = 11.0                               its value, an expression too, within 1e-9 relatively
    -- ! E0501                              or the code with which it stops

Each expression and each value becomes a definition without parameters behind the text of the file; all tests
of a file are checked together, and one by one only when that fails.
"""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catad.cli.literals import show
from catad.cli.report import Report
from catad.source import CatadError, Source, Span, error
from catad.source.files import read, root_of

if TYPE_CHECKING:
    from catad.api.program import Program

__all__ = ["Test", "close", "read_tests", "run"]

BACKENDS = ("reference", "llvm")
TOLERANCE = 1e-9
_LINE = re.compile(r"^[ \t]*--[ \t]*([>=!])[ \t]?(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Test:
    """An expression with the value (an expression) or the code it should give."""

    expression: str
    value: str | None
    code: str | None
    span: Span

    __test__ = False                    # not for pytest


def read_tests(source: Source) -> list[Test]:
    """The tests of a file, in order; a diagnostic for one without an outcome, or an outcome without a test."""
    tests: list[Test] = []
    lines: list[tuple[str, Span]] = []
    for match in _LINE.finditer(source.text):
        mark, text, span = match[1], match[2].strip(), Span(source, match.start(2), match.end())
        if mark == ">":
            lines.append((text, span))
            continue
        if not lines:
            raise error("E0614", f"`-- {mark}` follows no `-- >`", span)
        whole = lines[0][1].to(lines[-1][1])
        tests.append(Test("\n    ".join(t for t, _ in lines), text if mark == "=" else None,
                          text.split()[0] if mark == "!" and text else None, whole))
        lines = []
    if lines:
        raise error("E0614", "this test has no outcome", lines[0][1],
                    help=["say what it gives, `-- = value`, or how it stops, `-- ! E0501`"])
    return tests


def run(args: argparse.Namespace, report: Report) -> int:
    passed = failed = worst = 0
    for path in args.files:
        try:
            source = read(path)
            tests = read_tests(source)
            failures = list(_failures(source, path, tests))
        except CatadError as exc:
            worst = max(worst, report.error(exc))
            continue
        for failure in failures:
            worst = max(worst, report.error(failure))
        passed += len(tests) - len(failures)
        failed += len(failures)
    print(f"{passed} passed, {failed} failed" if failed else f"{passed} passed")
    return worst


# ── running ────────────────────────────────────────────────────────────────────────────────────────────────────

def _failures(source: Source, path: str, tests: Sequence[Test]) -> Iterable[CatadError]:
    together = _program(source, path, tests)
    if isinstance(together, CatadError) and isinstance(alone := _program(source, path, []), CatadError):
        raise alone                                       # the file itself does not check: said once
    for k, test in enumerate(tests):
        try:
            if isinstance(together, CatadError):
                _run_alone(source, path, test)
            else:
                _run_test(together, k, test)
        except CatadError as exc:
            yield exc


def _program(source: Source, path: str, tests: Sequence[Test]) -> Program | CatadError:
    """The file with a definition for each expression and value, or what is wrong with it."""
    from catad.api.program import Program
    parts = [source.text, ""]
    for k, t in enumerate(tests):
        parts.append(f"def test_{k}__ =\n    {t.expression}")
        if t.value is not None:
            parts.append(f"def value_{k}__ =\n    {t.value}")
    try:
        return Program(Source(source.name, "\n".join(parts) + "\n"), root=root_of(path))
    except CatadError as exc:
        return exc


def _run_alone(source: Source, path: str, test: Test) -> None:
    program = _program(source, path, [test])
    if not isinstance(program, CatadError):
        _run_test(program, 0, test)
    elif test.code not in {d.code for d in program.diagnostics}:
        raise program


def _run_test(program: Program, k: int, test: Test) -> None:
    for backend in BACKENDS:
        if test.value is None:
            _expect_code(program, k, test, backend)
        else:
            _expect_value(program, k, test, backend)


def _expect_code(program: Program, k: int, test: Test, backend: str) -> None:
    try:
        value = program[f"test_{k}__"].with_backend(backend)()
    except CatadError as exc:
        if test.code not in {d.code for d in exc.diagnostics}:
            raise
        return
    raise error("E0613", f"expected {test.code}, but the {_NAMES[backend]} gives {show(value)}", test.span)


def _expect_value(program: Program, k: int, test: Test, backend: str) -> None:
    value = program[f"test_{k}__"].with_backend(backend)()
    wanted = program[f"value_{k}__"].with_backend("reference")()
    if not close(value, wanted):
        raise error("E0613", f"expected {_short(wanted)}, but the {_NAMES[backend]} gives {_short(value)}", test.span)


_NAMES = {"llvm": "native code", "reference": "reference"}


def _short(value: Any) -> str:
    text = show(value)
    return text if len(text) <= 200 else text[:197] + "…"


def close(a: Any, b: Any, tolerance: float = TOLERANCE) -> bool:
    """Equal structure, equal integers and truth values, floats within the tolerance (NaN is NaN)."""
    if hasattr(a, "tolist"):
        a = a.tolist()
    if hasattr(b, "tolist"):
        b = b.tolist()
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(close(x, y, tolerance) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(close(a[x], b[x], tolerance) for x in a)
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return (a == b or (math.isnan(a) and math.isnan(b)) or
                (math.isfinite(a) and math.isfinite(b) and abs(a - b) <= tolerance * max(1.0, abs(a), abs(b))))
    return False
