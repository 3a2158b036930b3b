"""What the demos have in common: a table of what was found, checks that decide the exit code, times, and pictures."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


class Report:
    """Rows of a table, some of which are checks; `finish` prints them and gives the exit code."""

    def __init__(self, title: str) -> None:
        self.console = Console(width=None if Console().is_terminal else 120)
        self._table = Table(title=title, show_header=False)
        self._failed: list[str] = []

    def row(self, name: str, value: str) -> None:
        self._table.add_row(name, value, "")

    def check(self, name: str, value: str, holds: bool) -> None:
        """A row that must hold."""
        if not holds:
            self._failed.append(name)
        self._table.add_row(name, value, "[green]holds[/]" if holds else "[bold red]FAILS[/]")

    def below(self, name: str, value: float, limit: float) -> None:
        """A row with a number that must be below a limit; NaN is not."""
        self.check(name, f"{value:.2g} (below {limit:g})", value < limit)

    def finish(self, *pictures: Path) -> int:
        self.console.print(self._table)
        if pictures:
            self.console.print("pictures: " + ", ".join(map(str, pictures)), soft_wrap=True)
        for name in self._failed:
            self.console.print(f"[bold red]failed:[/] {name}")
        return 1 if self._failed else 0


def best_time(call: Callable[[], object], seconds: float = 0.4) -> float:
    """The shortest of many calls after a first one, in seconds."""
    call()
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


def duration(seconds: float) -> str:
    for unit, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= unit:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds / 1e-9:.3g} ns"


def arguments(description: str | None) -> argparse.ArgumentParser:
    """The options of every demo: where pictures go."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("out"), help="where the pictures go (default: out)")
    return parser


def plots() -> Any:
    """matplotlib.pyplot, drawing into files."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    return plt
