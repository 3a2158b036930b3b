"""A diagnostic as plain data, for editors and other programs.

Lines and columns count from 1, in code points; offsets from 0; ends are exclusive.
"""

from __future__ import annotations

from typing import Any

from catad.source import Diagnostic, Label

__all__ = ["to_json"]


def to_json(d: Diagnostic) -> dict[str, Any]:
    """What `json.dumps` needs: strings, numbers, lists and dicts only."""
    return {
        "code": d.code,
        "severity": d.severity,
        "title": d.title,
        "message": _message(d),
        "spans": [_span(label) for label in d.labels],
        "notes": list(d.notes),
        "help": list(d.help),
    }


def _message(d: Diagnostic) -> str:
    """Title and primary remark in one line, for readers that show only that."""
    remark = next((label.text for label in d.labels if label.primary and label.text), "")
    return f"{d.title}: {remark}" if remark else d.title


def _span(label: Label) -> dict[str, Any]:
    span = label.span
    return {
        "file": span.source.name,
        "start": _place(label, span.start),
        "end": _place(label, span.end),
        "label": label.text,
        "primary": label.primary,
    }


def _place(label: Label, offset: int) -> dict[str, int]:
    line, column = label.span.source.line_column(offset)
    return {"line": line, "column": column, "offset": offset}
