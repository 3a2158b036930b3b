"""A diagnostic as text for people.

    error[E0213]: these two sizes differ
      ┌─ regress.cad:7:18
    4 │ def residual [n, m] (x : [n]f64) (w : [m]f64) : [n]f64 =
      │                          - x has n entries   - w has m entries
    7 │   for i < n -> dot x w - y[i]
      │                ^^^^^^^ dot needs two arrays of one size
      = help: if w should have as many entries as x, declare it  w : [n]f64

`^` underlines where to look first, `-` what else belongs to it. The same diagnostic always gives the same text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from catad.source import Diagnostic, Label, Source
from catad.source.json import to_json
from catad.source.lines import Line, cells, place, window

__all__ = ["render", "to_json"]

_CODES = {"error": "1;31", "warning": "1;33", "primary": "1;31", "secondary": "1;34", "frame": "34", "title": "1"}


@dataclass(frozen=True, slots=True)
class _Ink:
    """Paints when asked to."""

    color: bool

    def __call__(self, style: str, text: str) -> str:
        code = _CODES.get(style)
        return f"\x1b[{code}m{text}\x1b[0m" if self.color and code and text else text


@dataclass(frozen=True, slots=True)
class _Mark:
    """The part of a label that lies on one line: code points [start, end) of it."""

    line: int
    start: int
    end: int
    text: str
    primary: bool


def render(d: Diagnostic, *, color: bool = False, width: int = 100) -> str:
    """The text of a diagnostic, without a newline at its end; `width` cells are the page."""
    ink = _Ink(color)
    excerpts = list(_excerpts(d.labels))
    gutter = max((len(str(mark.line)) for _, marks in excerpts for mark in marks), default=0)
    title, *rest = d.title.split("\n")
    out = [ink(d.severity, f"{d.severity}[{d.code}]") + ink("title", f": {title}"), *rest]
    for source, marks in excerpts:
        out += _excerpt(source, d.labels, marks, gutter, width, ink)
    for kind, texts in (("note", d.notes), ("help", d.help)):
        for text in texts:
            out += _remark(kind, text, gutter, ink)
    return "\n".join(out)


def _remark(kind: str, text: str, gutter: int, ink: _Ink) -> Iterator[str]:
    first, *rest = text.split("\n")
    yield f"{' ' * gutter} {ink('frame', '=')} {ink('title', kind)}: {first}"
    for line in rest:
        yield " " * (gutter + 5 + len(kind)) + line


# ── which lines ────────────────────────────────────────────────────────────────────────────────────────────────

def _excerpts(labels: tuple[Label, ...]) -> Iterator[tuple[Source, list[_Mark]]]:
    """The files that labels are in, the one to look at first foremost, each with what to mark in it."""
    ordered = sorted(labels, key=lambda label: not label.primary)
    for source in dict.fromkeys(label.span.source for label in ordered):
        marks = [m for label in labels if label.span.source is source for m in _marks(label)]
        yield source, sorted(marks, key=lambda m: (m.line, m.start, m.end))


def _marks(label: Label) -> Iterator[_Mark]:
    """A span within a line is one mark; one over several lines is a mark on its first and one on its last line."""
    text, start = label.span.source.text, min(label.span.start, len(label.span.source.text))
    end = min(max(label.span.end, start), len(text))
    while end > start and text[end - 1] in "\r\n":
        end -= 1
    first, last = text.count("\n", 0, start) + 1, text.count("\n", 0, end) + 1
    begin = text.rfind("\n", 0, start) + 1
    if first == last:
        yield _Mark(first, start - begin, end - begin, label.text, label.primary)
        return
    yield _Mark(first, start - begin, len(_raw(text, begin)), "", label.primary)
    begin = text.rfind("\n", 0, end) + 1
    indent = len(text[begin:end]) - len(text[begin:end].lstrip())
    yield _Mark(last, indent, end - begin, label.text, label.primary)


def _raw(text: str, begin: int) -> str:
    end = text.find("\n", begin)
    return text[begin:len(text) if end < 0 else end].removesuffix("\r")


def _excerpt(source: Source, labels: tuple[Label, ...], marks: list[_Mark], gutter: int, width: int,
             ink: _Ink) -> Iterator[str]:
    here = [label for label in labels if label.span.source is source]
    main = next((label for label in here if label.primary), here[0])
    line, column = source.line_column(min(main.span.start, len(source.text)))
    yield f"{' ' * gutter} {ink('frame', '┌─')} {source.name}:{line}:{column}"
    starts: dict[int, int] = {}
    at, number = 0, 1
    for wanted in sorted({m.line for m in marks}):
        while number < wanted:
            at, number = source.text.index("\n", at) + 1, number + 1
        starts[wanted] = at
    for number, at in starts.items():
        on_line = [m for m in marks if m.line == number]
        shown, rows = _line(place(_raw(source.text, at)), on_line, max(width - gutter - 3, 20), ink)
        yield f"{ink('frame', f'{number:>{gutter}} │')} {shown}".rstrip()
        for row in rows:
            yield f"{' ' * gutter} {ink('frame', '│')} {row}".rstrip()


# ── one line and what is under it ──────────────────────────────────────────────────────────────────────────────

@dataclass(frozen=True, slots=True)
class _Placed:
    """A mark in cells of the printed line."""

    start: int
    end: int
    text: str
    style: str


def _line(line: Line, marks: list[_Mark], room: int, ink: _Ink) -> tuple[str, list[str]]:
    """A line as printed, and the rows of marks and remarks under it."""
    focus = next((m for m in marks if m.primary), marks[0])
    shown, shift = window(line, line.column(focus.start), line.column(focus.end), room)
    seen = cells(shown)
    placed: list[_Placed] = []
    for m in marks:
        start = min(max(line.column(m.start) - shift, 0), seen)
        end = min(max(line.column(m.end) - shift, start + 1), max(seen, start + 1))
        placed.append(_Placed(start, end, m.text, "primary" if m.primary else "secondary"))
    beside = _beside(placed)
    rows = [_underline(placed, beside, ink)]
    waiting = [p for p in placed if p.text and p not in beside]
    while waiting:
        *waiting, last = waiting
        stems = [(p.start, "│", p.style) for p in waiting if p.start < last.start]
        rows.append(_row([*stems, (last.start, last.text, last.style)], ink))
    return shown, rows


def _beside(placed: list[_Placed]) -> list[_Placed]:
    """The marks whose remarks fit on the row of the marks itself, before the next mark or at the end."""
    out: list[_Placed] = []
    for i, p in enumerate(placed):
        others = [q for q in placed[:i] + placed[i + 1:] if q.end > p.start]
        limit = min((q.start for q in others), default=None)
        if p.text and (limit is None or p.end + 1 + cells(p.text) + 2 <= limit):
            out.append(p)
    return out


def _underline(placed: list[_Placed], beside: Iterable[_Placed], ink: _Ink) -> str:
    """The row of `^^^` and `---`; where two overlap the primary one is seen."""
    row: dict[int, str] = {}
    for style in ("secondary", "primary"):
        row.update({c: style for p in placed if p.style == style for c in range(p.start, p.end)})
    parts: list[tuple[int, str, str]] = []
    for cell in sorted(row):
        sign = "^" if row[cell] == "primary" else "-"
        if parts and parts[-1][2] == row[cell] and parts[-1][0] + len(parts[-1][1]) == cell:
            parts[-1] = (parts[-1][0], parts[-1][1] + sign, row[cell])
        else:
            parts.append((cell, sign, row[cell]))
    parts += [(p.end + 1, p.text, p.style) for p in beside]
    return _row(sorted(parts), ink)


def _row(parts: list[tuple[int, str, str]], ink: _Ink) -> str:
    """Texts at cells, ascending; one that comes too late follows the one before. Multi-line remarks hang."""
    out, at = "", 0
    for start, text, style in parts:
        out += " " * max(start - at, 0)
        out += ink(style, " ".join(text.split("\n")))
        at = max(start, at) + cells(text)
    return out
