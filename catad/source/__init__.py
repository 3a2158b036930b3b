"""Source files, spans in them, and what the compiler says to people about them.

A diagnostic is data: a code, a title, labelled spans, notes and help. Rendering it (for a terminal, as JSON)
is the business of `catad.source.render`; the long text behind a code is in `catad.source.codes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["CatadError", "Diagnostic", "Label", "Source", "Span", "error"]


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A named text. Compared by identity: two files of one content are two sources."""

    name: str
    text: str

    def line_column(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column (in code points) of an offset."""
        line = self.text.count("\n", 0, offset) + 1
        return line, offset - (self.text.rfind("\n", 0, offset) + 1) + 1


@dataclass(frozen=True, slots=True)
class Span:
    """The half-open range [start, end) of code points of a source."""

    source: Source
    start: int
    end: int

    def to(self, other: Span) -> Span:
        return Span(self.source, min(self.start, other.start), max(self.end, other.end))

    @property
    def text(self) -> str:
        return self.source.text[self.start:self.end]

    def __repr__(self) -> str:
        line, column = self.source.line_column(self.start)
        return f"{self.source.name}:{line}:{column}"


@dataclass(frozen=True, slots=True)
class Label:
    """A span with a remark; the primary one is where the reader should look first."""

    span: Span
    text: str = ""
    primary: bool = True


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing to tell the user. `code` is a key of `catad.source.codes.CODES`."""

    code: str
    title: str
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    severity: str = "error"


class CatadError(ValueError):
    """What every door of catad raises for a user's mistake; carries one or more diagnostics.

    `str(e)` is the rendered text, so that an uncaught error in Python already reads well.
    """

    def __init__(self, diagnostics: Diagnostic | Iterable[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = (
            (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics))
        super().__init__(self.diagnostics[0].title if self.diagnostics else "error")

    @property
    def code(self) -> str:
        return self.diagnostics[0].code

    def __str__(self) -> str:
        from catad.source.render import render
        return "\n\n".join(render(d) for d in self.diagnostics)

    def _render_traceback_(self) -> list[str]:
        """IPython shows this instead of a traceback."""
        return str(self).splitlines()


def error(code: str, title: str, span: Span | None = None, text: str = "", *,
          others: Sequence[tuple[Span, str]] = (), notes: Sequence[str] = (), help: Sequence[str] = ()) -> CatadError:
    """The common case: one primary label and perhaps some secondary ones."""
    labels = ((Label(span, text),) if span is not None else ()) + tuple(Label(s, t, False) for s, t in others)
    return CatadError(Diagnostic(code, title, labels, tuple(notes), tuple(help)))
