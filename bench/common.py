"""One way to measure, for every comparison in this folder.

    compare : sides (name → call) → for each peer the ratio  peer / ours,  median and range over rounds

A round visits the sides in turn (A B C A B C …): for each a short burst of calls, of which the shortest counts. So a
busy neighbour meets all sides alike, and the ratio of two sides is taken within a round before anything is summarised.
Before timing, the answers must agree. A ratio above 1 says that catad takes less time. Absolute times are printed for
orientation only: they belong to the machine and the moment.

Importing this module restricts everyone to one thread, so import it before NumPy, JAX or Numba:
OMP/OPENBLAS/MKL/NUMEXPR/NUMBA_NUM_THREADS=1 for BLAS and Numba, NPROC=1 (the size of XLA's thread pool) and
XLA_FLAGS=--xla_cpu_multi_thread_eigen=false for JAX; JAX_ENABLE_X64=1, JAX_PLATFORMS=cpu and no compilation cache.
catad is single-threaded; its object cache is off (CATAD_CACHE=off), so that compilation is measured where it is.
"""

from __future__ import annotations

import os

SETTINGS = {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "NUMEXPR_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1", "NPROC": "1", "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "JAX_ENABLE_X64": "1", "JAX_PLATFORMS": "cpu", "JAX_ENABLE_COMPILATION_CACHE": "0", "CATAD_CACHE": "off",
}
os.environ.update(SETTINGS)

import argparse  # noqa: E402
import importlib  # noqa: E402
import json  # noqa: E402
import platform  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable, Iterator, Mapping, Sequence  # noqa: E402
from dataclasses import asdict, dataclass, field  # noqa: E402
from importlib import metadata  # noqa: E402
from pathlib import Path  # noqa: E402
from statistics import median  # noqa: E402
from typing import Any  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

Call = Callable[[], object]
OURS = "catad"


@dataclass(frozen=True)
class Ratio:
    """Peer / ours: the median over rounds, the smallest and the largest."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{short(self.median)} ({short(self.low)}–{short(self.high)})"


@dataclass(frozen=True)
class Row:
    """One comparison. `seconds` are medians of the shortest calls of the bursts."""

    case: str
    seconds: dict[str, float]
    ratios: dict[str, Ratio]
    notes: dict[str, str] = field(default_factory=dict)


@dataclass
class Report:
    """What one benchmark found; printed as a table, written as JSON."""

    name: str
    quick: bool
    rows: list[Row] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    ok: bool = True

    def remark(self, text: str) -> None:
        if text not in self.remarks:
            self.remarks.append(text)

    def fail(self, text: str) -> None:
        self.ok = False
        self.remark("FAILED: " + text)


# ── measuring ───────────────────────────────────────────────────────────────────────────────────────────────────


def burst(call: Call, seconds: float, loops: int) -> float:
    """The shortest of the samples that fit in `seconds`, each of `loops` calls; per call.

    Five samples at least, if they fit in 20 times as long: a peer that works on another thread may wait for a core.
    """
    best, samples, clock = float("inf"), 0, time.perf_counter
    end = clock() + seconds
    late = end + 19 * seconds
    repeat = range(loops)
    while True:
        start = clock()
        for _ in repeat:
            call()
        stop = clock()
        best, samples = min(best, stop - start), samples + 1
        if stop >= late or (samples >= 5 and stop >= end):
            return best / loops


def loops_for(call: Call, least: float = 20e-6) -> int:
    """So many calls that a sample is long beside the clock."""
    call()
    once = min(burst(call, 0.0, 1) for _ in range(3))
    return max(1, int(least / max(once, 1e-9)))


def interleave(sides: Mapping[str, Call], rounds: int, seconds: float,
               budget: float = 10.0) -> dict[str, list[float]]:
    """For each side the shortest call of each of its bursts; fewer rounds (three at least) if those take too long."""
    loops = {name: loops_for(call) for name, call in sides.items()}
    once = sum(max(seconds, burst(call, 0.0, loops[name])) for name, call in sides.items())
    rounds = min(rounds, max(3, int(budget / once)))
    found: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, call in sides.items():
            found[name].append(burst(call, seconds, loops[name]))
    return found


def ratio(peer: Sequence[float], ours: Sequence[float]) -> Ratio:
    quotients = [p / o for p, o in zip(peer, ours, strict=True)]
    return Ratio(median(quotients), min(quotients), max(quotients))


def row(case: str, found: Mapping[str, Sequence[float]], notes: Mapping[str, str] | None = None,
        base: str = OURS) -> Row:
    ratios = {name: ratio(times, found[base]) for name, times in found.items() if name != base}
    return Row(case, {name: median(times) for name, times in found.items()}, ratios, dict(notes or {}))


def compare(report: Report, case: str, sides: Mapping[str, Call], *, answers: Mapping[str, Any] | None = None,
            rtol: float = 1e-9, seconds: float = 0.004, base: str = OURS) -> None:
    """Check that the answers agree (those of the calls, unless given), then time the sides."""
    found = dict(answers) if answers is not None else {name: call() for name, call in sides.items()}
    agreed = [agrees(report, case, name, value, found[base], rtol) for name, value in found.items()]
    if not all(agreed):
        return
    report.rows.append(row(case, interleave(sides, 5 if report.quick else 15, seconds), base=base))


def agrees(report: Report, case: str, name: str, value: Any, reference: Any, rtol: float) -> bool:
    """Is the largest difference at most rtol of the largest entry? Each array on its own."""
    theirs, ours = list(leaves(value)), list(leaves(reference))
    if [a.shape for a in theirs] != [a.shape for a in ours]:
        report.fail(f"{case}: {name} answers with shapes {[a.shape for a in theirs]}, not {[a.shape for a in ours]}")
        return False
    for a, b in zip(theirs, ours, strict=True):
        error, scale = float(np.max(np.abs(a - b), initial=0.0)), float(np.max(np.abs(b), initial=0.0))
        if not error <= rtol * max(scale, 1e-300):
            report.fail(f"{case}: {name} differs by {error:.2e} of {scale:.2e}")
            return False
    return True


def leaves(value: Any) -> Iterator[np.ndarray[Any, np.dtype[np.float64]]]:
    """The arrays in nested tuples and dictionaries (by key)."""
    if isinstance(value, dict):
        for key in sorted(value):
            yield from leaves(value[key])
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from leaves(item)
    else:
        yield np.asarray(value, dtype=np.float64)


# ── peers ───────────────────────────────────────────────────────────────────────────────────────────────────────


def peer(report: Report, module: str) -> Any:
    """The module, or None with a remark."""
    try:
        return importlib.import_module(module)
    except ImportError:
        report.remark(f"{module.partition('.')[0]} is not installed: not compared")
        return None


def waiting(jax: Any, f: Callable[..., Any], *args: Any) -> Call:
    """A call of a jitted function that waits for the result."""
    ready: Callable[[object], object] = jax.block_until_ready
    return lambda: ready(f(*args))


# ── reporting ───────────────────────────────────────────────────────────────────────────────────────────────────


def cpu() -> str:
    """What the processor calls itself, and the widest vectors it has."""
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor() or platform.machine()
    fields = dict(line.split(":", 1) for line in info.read_text().split("\n\n")[0].splitlines() if ":" in line)
    about = {key.strip(): value.strip() for key, value in fields.items()}
    flags = about.get("flags", about.get("Features", "")).split()
    widest = next((f for f in ("avx512f", "avx2", "sse2", "asimd") if f in flags), "")
    return f"{about.get('model name', platform.machine())}, {os.cpu_count()} cores, {widest}"


def versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in ("catad", "llvmlite", "numpy", "scipy", "jax", "jaxlib", "numba"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "this checkout" if name == OURS else "absent"
    return found


def short(x: float) -> str:
    return f"{x:.3f}" if x < 0.0995 else f"{x:.2f}" if x < 9.995 else f"{x:.1f}" if x < 99.95 else f"{x:.0f}"


def duration(seconds: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{short(seconds / scale)} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def table(report: Report) -> tuple[list[str], list[list[str]]]:
    """Heads and lines: the case, our time, one column of ratios for each peer, then the notes."""
    bases = list(dict.fromkeys(n for r in report.rows for n in r.seconds if n not in r.ratios))
    peers = list(dict.fromkeys(name for r in report.rows for name in r.ratios))
    notes = list(dict.fromkeys(name for r in report.rows for name in r.notes))
    heads = ["case", *bases, *(f"{name} / {bases[0]}" for name in peers), *notes] if bases else ["case"]
    lines = [[r.case, *(duration(r.seconds[b]) if b in r.seconds else "" for b in bases),
              *(str(r.ratios[p]) if p in r.ratios else "–" for p in peers),
              *(r.notes.get(n, "") for n in notes)] for r in report.rows]
    return heads, lines


def show(report: Report) -> None:
    heads, lines = table(report)
    print(f"\n{report.name}: {cpu()}")
    print(", ".join(f"{name} {version}" for name, version in versions().items() if version != "absent"))
    print("one thread each; ratios are peer / catad, median (least–greatest) over rounds: above 1 catad is faster")
    if lines:
        try:
            print_rich(heads, lines)
        except ImportError:
            print_plain(heads, lines)
    for text in report.remarks:
        print(text)


def print_rich(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    grid = Table()
    for i, head in enumerate(heads):
        grid.add_column(head, justify="right" if i else "left", no_wrap=True)
    for line in lines:
        grid.add_row(*line)
    console = Console()
    (console if console.is_terminal else Console(width=200)).print(grid)


def print_plain(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    widths = [max(len(x) for x in column) for column in zip(heads, *lines, strict=True)]
    for line in (heads, *lines):
        cells = zip(line, widths, strict=True)
        print("  ".join(x.rjust(w) if i else x.ljust(w) for i, (x, w) in enumerate(cells)))


def to_json(report: Report) -> dict[str, Any]:
    load = os.getloadavg() if hasattr(os, "getloadavg") else None
    return {"benchmark": report.name, "quick": report.quick, "ok": report.ok, "cpu": cpu(),
            "system": platform.platform(), "versions": versions(), "settings": SETTINGS, "load": load,
            "rows": [asdict(r) for r in report.rows], "remarks": report.remarks}


def main(name: str, doc: str | None, run: Callable[[Report], None], argv: Sequence[str] | None = None) -> int:
    """The command line of one benchmark: [--quick] [--json FILE]; 1 when answers disagreed."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller cases, fewer rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found")
    options = parser.parse_args(argv)
    report = Report(name, options.quick)
    run(report)
    show(report)
    if options.json:
        options.json.write_text(json.dumps(to_json(report), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0 if report.ok else 1
