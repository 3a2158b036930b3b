"""How diagnostics leave the process: rendered for people, or as JSON, one object on each line."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from typing import TextIO

from catad.source import CatadError, Diagnostic

__all__ = ["Report"]

_MOST = 50


class Report:
    """Writes to standard error."""

    def __init__(self, color: str = "auto", as_json: bool = False, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.as_json = as_json
        self.color = color == "always" or (color == "auto" and self.stream.isatty() and not os.environ.get("NO_COLOR"))

    def error(self, exc: CatadError) -> int:
        """Show the diagnostics of an error; returns the exit code that goes with it."""
        self.all(exc.diagnostics)
        return 70 if any(d.code.startswith("E09") for d in exc.diagnostics) else 1

    def all(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Show them, for people no more than they will read."""
        shown = diagnostics if self.as_json else diagnostics[:_MOST]
        for d in shown:
            self.show(d)
        if len(diagnostics) > len(shown):
            self.note(f"… and {len(diagnostics) - len(shown)} more")

    def show(self, d: Diagnostic) -> None:
        if self.as_json:
            from catad.source.render import to_json
            print(json.dumps(to_json(d)), file=self.stream)
            return
        from catad.source.render import render
        width = shutil.get_terminal_size((100, 24)).columns
        print(render(d, color=self.color, width=width), file=self.stream)

    def note(self, text: str) -> None:
        """Something for people only."""
        if not self.as_json:
            print(text, file=self.stream)
