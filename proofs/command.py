"""`catad prove FILE`: the laws of derivatives, examined on each entry of a program, and reported in words.

    prove_file(path) -> 0 if every law held wherever it applies, else 1

What fails is shrunk: smaller sizes, rounder numbers, as long as the law still fails.
"""

from __future__ import annotations

import json as json_format
import random
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

import numpy as np
from catad.proofs.examine import CHECKS, Checker, Entrywise, Failure, Skip, inapplicable
from catad.proofs.samples import Sample, smaller, wires

from catad import pipeline
from catad.functors.kit import Kit
from catad.net.net import Entry, Table
from catad.source import CatadError
from catad.source.files import read

__all__ = ["Finding", "prove_file", "prove_table"]

WORDS = {
    "adjoint": "reverse is the adjoint of forward",
    "forward from reverse": "reverse applied twice is forward",
    "taylor": "Taylor coefficients 1 to 3 are nested derivatives",
    "difference quotient": "forward is the limit of difference quotients",
    "exact": "adjoint exactly, over the rationals",
    "native": "machine code agrees with the reference",
}
SHRINKS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """What one check says of one entry: "held", "failed" or "skipped"."""

    entry: str
    check: str
    verdict: str
    samples: int = 0
    reason: str = ""
    failure: Failure | None = None
    at: Sample | None = None


def prove_file(path: str, *, entries: Sequence[str] | None = None, samples: int = 5, seed: int = 0,
               json: bool = False, out: TextIO | None = None) -> int:
    """Examine the definitions of a file. Raises CatadError when the file does not compile."""
    stream = sys.stdout if out is None else out
    table = pipeline.elaborate(pipeline.load(read(path)))
    names = list(table.entries) if entries is None else list(entries)
    findings: list[Finding] = []
    for name in names:
        new = list(prove_table(table, name, samples=samples, seed=seed))
        findings += new
        if json:
            stream.writelines(json_format.dumps(as_json(table.entries.get(name), f), ensure_ascii=False) + "\n"
                              for f in new)
        else:
            stream.write(words(name, table.entries.get(name), new))
    failed = sum(f.verdict == "failed" for f in findings)
    if not json:
        held = sum(f.verdict == "held" for f in findings)
        stream.write(f"{held} laws held, {failed} failed" + (f" ({samples} samples each)\n" if held else "\n"))
    return 1 if failed else 0


def prove_table(table: Table, name: str, *, samples: int = 5, seed: int = 0, kit: Kit | None = None,
                native: bool = True) -> Iterable[Finding]:
    """Examine one entry of a table."""
    if name not in table.entries:
        yield Finding(name, "", "failed", reason="there is no entry of this name")
        return
    reason = inapplicable(table.entries[name])
    if reason is not None:
        yield Finding(name, "", "skipped", reason=reason)
        return
    e = Entrywise(table, name, kit, native)
    rng = random.Random(f"{seed} {name}")
    try:
        points = [e.good_sample(rng) for _ in range(samples)]
    except Skip as s:
        yield Finding(name, "", "skipped", reason=str(s))
        return
    except CatadError as fault:
        yield Finding(name, "", "skipped", reason=f"{fault.diagnostics[0].code} {fault.diagnostics[0].title}")
        return
    for label, check in CHECKS:
        yield _one(e, label, check, points, seed)


def _one(e: Entrywise, label: str, check: Checker, points: Sequence[Sample], seed: int) -> Finding:
    held, reason = 0, ""
    for s in points:
        try:
            failure = check(e, s, random.Random(seed))
        except Skip as skip:
            reason = str(skip)
            continue
        except CatadError as fault:
            reason = f"{fault.diagnostics[0].code} {fault.diagnostics[0].title}"
            continue
        if failure is not None:
            s, failure = shrunk(e, check, s, failure, seed)
            return Finding(e.name, label, "failed", held, failure.says, failure, s)
        held += 1
    return Finding(e.name, label, "held" if held else "skipped", held, "" if held else reason)


def shrunk(e: Entrywise, check: Checker, s: Sample, failure: Failure, seed: int) -> tuple[Sample, Failure]:
    """A simpler sample at which the check still fails."""
    tried = 0
    progress = True
    while progress and tried < SHRINKS:
        progress = False
        for simpler in smaller(e.entry, s):
            tried += 1
            if tried > SHRINKS:
                break
            try:
                still = check(e, simpler, random.Random(seed))
            except (Skip, CatadError):
                continue
            if still is not None:
                s, failure, progress = simpler, still, True
                break
    return s, failure


# ── the report

def words(name: str, entry: Entry | None, findings: Sequence[Finding]) -> str:
    """A heading and one line for each check."""
    only = findings[0]
    if not only.check:
        return f"{name}: {'not examined, ' if only.verdict == 'skipped' else ''}{only.reason}\n\n"
    width = max(len(WORDS[f.check]) for f in findings)
    lines = [f"{name}"]
    for f in findings:
        mark = {"held": "held", "failed": "FAILED", "skipped": "–"}[f.verdict]
        tail = f"  {f.reason}" if f.verdict == "skipped" else ""
        lines.append(f"  {WORDS[f.check]:<{width}}  {mark}{tail}")
        if f.failure is not None and f.at is not None and entry is not None:
            lines += counterexample(entry, f.failure, f.at)
    return "\n".join(lines) + "\n\n"


def counterexample(entry: Entry, failure: Failure, s: Sample) -> list[str]:
    at = ", ".join(f"{x} = {v}" for x, v in arguments(entry, s))
    return [f"    {failure.says}", f"    fails at {at}", f"    left  {text(failure.left)}",
            f"    right {text(failure.right)}"]


def arguments(entry: Entry, s: Sample) -> list[tuple[str, str]]:
    """Parameters with their values; several leaves of one in parentheses."""
    values = iter(s.values)
    out: list[tuple[str, str]] = []
    for x, t in entry.params:
        parts = [text(next(values)) for _ in wires(t)]
        out.append((x, parts[0] if len(parts) == 1 else "(" + ", ".join(parts) + ")"))
    return out


def text(x: Any) -> str:
    if isinstance(x, np.ndarray):
        return text(x.tolist())
    if isinstance(x, (list, tuple)):
        return "[" + ", ".join(map(text, x)) + "]"
    if isinstance(x, (bool, np.bool_)):
        return "true" if x else "false"
    return str(x) if isinstance(x, int) else f"{float(x):.12g}"


def as_json(entry: Entry | None, f: Finding) -> dict[str, Any]:
    out: dict[str, Any] = {"entry": f.entry, "check": f.check, "verdict": f.verdict, "samples": f.samples}
    if f.reason:
        out["reason"] = f.reason
    if f.failure is not None and f.at is not None and entry is not None:
        out |= {"at": dict(arguments(entry, f.at)), "sizes": dict(f.at.sizes), "left": text(f.failure.left),
                "right": text(f.failure.right)}
    return out
