"""Where in the Python source something was asked for: the span of the expression that a frame is executing.

    here : ()  →  Span                the innermost frame that is neither ours nor NumPy's
    parts : Span → spans of operands  `x * y`: those of `x` and of `y`

The interpreter knows the columns of each instruction (PEP 657). Where there is no source (a text run by `exec`), spans
still have the right line, of an empty text.
"""

from __future__ import annotations

import ast
import linecache
import os
import sys
from itertools import islice
from types import CodeType, FrameType

from catad.source import Source, Span

__all__ = ["Sites"]

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def _foreign() -> tuple[str, ...]:
    import numpy as np
    backends = os.path.join(os.path.dirname(os.path.dirname(_OURS)), "backends") + os.sep      # in a checkout
    return (_OURS, backends, os.path.dirname(os.path.abspath(np.__file__)) + os.sep)


class Sites:
    """The Python sources met while tracing one function."""

    def __init__(self) -> None:
        self._sources: dict[str, tuple[Source, list[int]]] = {}
        self._parts: dict[Span, tuple[Span, ...]] = {}
        self._spans: dict[tuple[CodeType, int], Span] = {}
        self._skip = _foreign()

    def source(self, filename: str, names: dict[str, object] | None = None) -> Source:
        """The text of a Python file, an empty one of enough lines where there is none."""
        return self._lines(filename, names)[0]

    def _lines(self, filename: str, names: dict[str, object] | None = None) -> tuple[Source, list[int]]:
        if filename not in self._sources:
            lines = linecache.getlines(filename, names)
            text = "".join(lines) or "\n" * 100_000
            starts = [0]
            for line in lines or ["\n"] * 100_000:
                starts.append(starts[-1] + len(line))
            self._sources[filename] = Source(filename, text), starts
        return self._sources[filename]

    def here(self) -> Span:
        """The expression being executed by the user's code."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename.startswith(self._skip):
            frame = frame.f_back
        return self.of_frame(frame or sys._getframe(1))

    def of_frame(self, frame: FrameType) -> Span:
        code, at = frame.f_code, frame.f_lasti // 2
        if (code, at) not in self._spans:
            line, end_line, column, end_column = next(islice(code.co_positions(), at, None), (None,) * 4)
            source, starts = self._lines(code.co_filename, frame.f_globals)
            first = line or code.co_firstlineno
            start = self._offset(source, starts, first, column or 0)
            end = start if end_column is None else self._offset(source, starts, end_line or first, end_column)
            self._spans[code, at] = Span(source, start, end)
        return self._spans[code, at]

    def of_definition(self, code: CodeType, names: dict[str, object]) -> Span:
        """The name in `def name(…)`."""
        source, starts = self._lines(code.co_filename, names)
        start = self._offset(source, starts, code.co_firstlineno, 0)
        for word in (f"def {code.co_name}(", f"def {code.co_name}", "lambda"):
            at = source.text.find(word, start)
            if at >= 0:
                begin = at + (4 if word.startswith("def") else 0)
                length = len(code.co_name) if word.startswith("def") else len(word)
                return Span(source, begin, begin + length)
        return Span(source, start, start)

    def annotations(self, code: CodeType) -> dict[str, Span]:
        """The annotations of a function's parameters, and under `return` that of its result."""
        source, starts = self._lines(code.co_filename)
        try:
            module = ast.parse(source.text)
        except (SyntaxError, ValueError):
            return {}
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef) and node.name == code.co_name and code.co_firstlineno in (
                    node.lineno, *(d.lineno for d in node.decorator_list)):
                a = node.args
                found = {x.arg: x.annotation for x in (*a.posonlyargs, *a.args, *a.kwonlyargs)}
                return {x: Span(source, self._offset(source, starts, t.lineno, t.col_offset),
                                self._offset(source, starts, t.end_lineno or t.lineno, t.end_col_offset or 0))
                        for x, t in {**found, "return": node.returns}.items() if t is not None}
        return {}

    @staticmethod
    def _offset(source: Source, starts: list[int], line: int, column: int) -> int:
        """Columns are counted in bytes of UTF-8."""
        if line >= len(starts):
            return len(source.text)
        text = source.text[starts[line - 1]:starts[line]]
        if text == "\n":                                   # no source: there are no columns
            return starts[line - 1]
        if not text.isascii():
            column = len(text.encode("utf-8")[:column].decode("utf-8", "ignore"))
        return min(starts[line - 1] + column, len(source.text))

    def parts(self, span: Span) -> tuple[Span, ...]:
        """The operands or arguments of an expression; none where the text is not one."""
        if span not in self._parts:
            self._parts[span] = tuple(_operands(span))
        return self._parts[span]


def _operands(span: Span) -> list[Span]:
    text = span.text
    if not text.isascii() or "\n" in text or len(text) > 500:
        return []
    try:
        e = ast.parse(f"({text})", mode="eval").body
    except (SyntaxError, ValueError):
        return []
    match e:
        case ast.BinOp(left=a, right=b):
            found: list[ast.expr] = [a, b]
        case ast.Compare(left=a, comparators=[b]):
            found = [a, b]
        case ast.Call(args=args):
            found = list(args)
        case ast.UnaryOp(operand=a):
            found = [a]
        case _:
            return []
    start = span.start - 1
    return [Span(span.source, start + x.col_offset, start + (x.end_col_offset or 0)) for x in found]
