"""Fit the 27 NIST nonlinear regression problems from both start points, and count the digits that are right.

    python examples/nist/demo.py [--only NAME,…] [--out DIR]

Models are in `nist.cad`. Each is fitted by SciPy's trust-region solvers with exact Jacobians, then polished by Newton's
method with exact second derivatives. NIST certifies 11 digits. Exit code 0 when from start 2 every problem reaches
8 digits in all parameters, and the delicate ones (ENSO, Lanczos3) reach 10.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from problem import HERE, Fit, Problem, fit, read
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

import catad

DIGITS, DELICATE = 8.0, {"ENSO": 10.0, "Lanczos3": 10.0}
SHOWN = ("Gauss3", "Thurber", "ENSO", "MGH17", "BoxBOD", "Hahn1")


def fit_all(problems: Sequence[Problem], console: Console) -> dict[str, tuple[Fit, Fit]]:
    """Every problem from start 1 and from start 2, with a progress bar."""
    columns = (TextColumn("{task.fields[name]:9}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    found = {}
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("fit", total=len(problems), name="")
        for p in problems:
            progress.update(task, name=p.name)
            r = p.residuals()
            found[p.name] = (fit(p, r, p.starts[0]), fit(p, r, p.starts[1]))
            progress.advance(task)
    return found


def table(problems: Sequence[Problem], found: dict[str, tuple[Fit, Fit]]) -> Table:
    """Digits of the worst parameter and of the residual sum of squares, against the certified values."""
    out = Table(title="Correct digits of the worst parameter (of 11 that are certified, rounded: 10.3 may be all)")
    for name, style in (("problem", "left"), ("difficulty", "left")):
        out.add_column(name, justify=style)                                             # type: ignore[arg-type]
    for start in (2, 1):
        for name in (f"start {start}: solver", "polished", "squares", "evaluations + Newton"):
            out.add_column(name, justify="right")
    for p in problems:
        cells = []
        for k in (1, 0):
            f = found[p.name][k]
            mark = "green" if f.digits >= needed(p) else "red"
            cells += [f"{f.rough:.1f}", f"[{mark}]{f.digits:.1f}[/]", f"{f.square_digits:.1f}",
                      f"{f.evaluations} + {f.newton}"]
        out.add_row(p.name, p.level.lower(), *cells)
    return out


def needed(p: Problem) -> float:
    return DELICATE.get(p.name, DIGITS)


def picture(problems: Sequence[Problem], found: dict[str, tuple[Fit, Fit]], path: Path) -> None:
    """A few data sets with the models at what was found."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    models = catad.load(HERE / "nist.cad")
    chosen = [p for p in problems if p.name in SHOWN] or [p for p in problems if len(p.x) == 1][:6]
    if not chosen:
        return
    figure, axes = plt.subplots(-(-len(chosen) // 3), 3, figsize=(13, 3.6 * -(-len(chosen) // 3)), squeeze=False)
    for panel, p in zip(axes.flat, chosen, strict=False):
        grid = np.linspace(p.x[0].min(), p.x[0].max(), 600)
        curve = catad.vmap(models[p.name.lower()], in_axes=(None, 0))
        panel.plot(p.x[0], p.y, ".", color="0.55", markersize=4)
        panel.plot(grid, curve(tuple(found[p.name][1].parameters), grid), color="C1", linewidth=1.4)
        panel.set_title(f"{p.name}: {len(p.certified)} parameters, {found[p.name][1].digits:.1f} digits")
    for panel in axes.flat[len(chosen):]:
        panel.axis("off")
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="problems to fit, separated by commas (default: all 27)")
    parser.add_argument("--out", type=Path, default=Path("out"), help="where the picture goes (default: out)")
    options = parser.parse_args(argv)
    console = Console(width=None if sys.stdout.isatty() else 140)
    wanted = {name.lower() for name in options.only.split(",") if name}
    problems = [p for p in read() if not wanted or p.name.lower() in wanted]
    if len(problems) != (len(wanted) or len(problems)):
        console.print(f"[red]there is no problem {', '.join(sorted(wanted - {p.name.lower() for p in problems}))}[/]")
        return 2

    found = fit_all(problems, console)
    console.print(table(problems, found))
    counts = [sum(found[p.name][k].digits >= needed(p) for p in problems) for k in (1, 0)]
    console.print(f"all parameters to {DIGITS:.0f} digits or more ({', '.join(DELICATE)} to 10): "
                  f"from start 2 {counts[0]} of {len(problems)}, from start 1 {counts[1]} of {len(problems)}")
    picture(problems, found, options.out / "nist_fits.png")
    console.print(f"picture: {options.out / 'nist_fits.png'}")
    return 0 if counts[0] == len(problems) else 1


if __name__ == "__main__":
    sys.exit(main())
