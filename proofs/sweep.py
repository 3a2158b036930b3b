"""Many random programs, each through every way of running and every mode: `python -m catad.proofs --programs N`.

    one(seed) -> Verdict       program `seed`: agrees, or what fails, shrunk to a small program
    sweep(first, count) -> Report

A seed is a program for ever as long as the generator stays: a sweep that was stopped goes on at the seed it names.
Worker processes share nothing; what fails is written to a file as a program with its inputs and the two sides.
"""

from __future__ import annotations

import gc
import multiprocessing
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from catad.proofs.agree import Case, disagreement
from catad.proofs.choice import Choice
from catad.proofs.generate import Program, program
from catad.proofs.shrink import Recorded, Replayed, shrunk

from catad.source import CatadError
from catad.source.deep import deep

__all__ = ["Report", "Verdict", "one", "sweep"]

SIZES = (2, 4, 6, 8, 10, 12, 14, 20)                    # mostly small: faults show there, and there are more of them
CHUNK = 50


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of one program: nothing, or the failure and the smallest program that still shows it."""

    seed: int
    failure: str = ""
    text: str = ""


@dataclass
class Report:
    """How many programs agreed, which did not, and the seed at which to go on."""

    programs: int = 0
    failures: list[Verdict] = field(default_factory=list)
    next: int = 0


def made(c: Choice, seed: int) -> tuple[Program, bool]:
    """Program `seed`, and whether it keeps to ring operations."""
    ring = seed % 3 == 0
    return program(c, ring=ring, kinks=seed % 3 == 2, size=SIZES[seed // 3 % len(SIZES)]), ring


def fault(p: Program, seed: int, ring: bool) -> str:
    """What disagrees, as the name of the law and the two sides; empty when nothing does."""
    try:
        with deep():
            failure = disagreement(Case(p, seed, careful=seed % 8 == 0), ring)
    except CatadError as e:
        return f"{e.diagnostics[0].code} {e.diagnostics[0].title}"
    except Exception as e:                              # the compiler died: the worst of all answers
        return f"{type(e).__name__}: {e}"
    return "" if failure is None else f"{failure.check}: {failure.says}\n{failure.left}\n{failure.right}"


def one(seed: int, shrink: bool = True) -> Verdict:
    record = Recorded(seed)
    p, ring = made(record, seed)
    found = fault(p, seed, ring)
    if not found:
        return Verdict(seed)
    if shrink:
        kind = _kind(found)
        small = shrunk(record.made, lambda xs: _kind(fault(*_again(xs, seed))) == kind)
        p, _, ring = _again(small, seed)
        found = fault(p, seed, ring)
    return Verdict(seed, found, written(p, found))


def _again(choices: Sequence[int], seed: int) -> tuple[Program, int, bool]:
    p, ring = made(Replayed(choices), seed)
    return p, seed, ring


def _kind(found: str) -> str:
    """Failures of one kind: the same law, or the same error."""
    return found.split("\n")[0].split(":")[0].split(" ")[0]


def written(p: Program, found: str) -> str:
    """The failing program as a file: what fails, and its inputs, as comments."""
    lines = [*found.splitlines(), *(f"{_value(x)}" for x in p.args)]
    return "".join(f"-- {line[:2000]}\n" for line in lines) + "\n" + p.text


def _value(x: object) -> str:
    return str(x.tolist()) if isinstance(x, np.ndarray) else str(x)


def sweep(first: int, count: int, *, processes: int = 1, folder: Path | None = None, progress: bool = True) -> Report:
    """Programs first … first + count - 1. Failing ones are written to `folder` as seed-N.cad."""
    report, start = Report(next=first), time.monotonic()
    try:
        for verdicts in _chunks(first, count, processes):
            for v in verdicts:
                report.programs += 1
                if v.failure:
                    report.failures.append(v)
                    _keep(v, folder)
            report.next += len(verdicts)
            if progress:
                _show(report, count, time.monotonic() - start)
    except KeyboardInterrupt:
        print(f"\nstopped: --seed {report.next} goes on", file=sys.stderr)
    return report


def _chunks(first: int, count: int, processes: int) -> Iterator[list[Verdict]]:
    """Verdicts in order of seeds, some at a time."""
    seeds = range(first, first + count)
    parts = [seeds[k:k + CHUNK] for k in range(0, count, CHUNK)]
    if processes <= 1:
        yield from map(_part, parts)
        return
    # Workers are fresh processes and are replaced now and then: machine code that was linked stays mapped.
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, maxtasksperchild=40) as pool:
        yield from pool.imap(_part, parts)


def _part(seeds: Sequence[int]) -> list[Verdict]:
    gc.disable()                                        # a tenth of the time; circles are collected between chunks
    try:
        return list(map(one, seeds))
    finally:
        gc.collect()
        gc.enable()


def _keep(v: Verdict, folder: Path | None) -> None:
    print(f"\nprogram {v.seed} fails\n{v.text}", file=sys.stderr)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"seed-{v.seed}.cad").write_text(v.text, encoding="utf-8")


def _show(report: Report, count: int, seconds: float) -> None:
    done = report.programs
    width, rate = 30, done / max(seconds, 1e-9)
    bar = ("#" * (width * done // count)).ljust(width, ".")
    print(f"\r[{bar}] {done}/{count}  {rate:.1f}/s  {len(report.failures)} failed  next seed {report.next} ",
          end="" if done < count else "\n", file=sys.stderr, flush=True)
