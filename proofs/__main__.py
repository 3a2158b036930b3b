"""Longer runs: `python -m catad.proofs [--programs N] [--garbage N] [--nets N] [--mutants] [--seed S] [--processes P]`.

    --programs   random programs, each way of running and each mode of each; --seed goes on where one was stopped
    --garbage    so many inputs of each kind that are no programs, or hardly: an answer from each door
    --nets       every law on random nets, exactly and in floats
    --mutants    each seeded wrong rule, and the check that noticed it
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from catad.proofs.garbage import feed
from catad.proofs.mutants import CHECKS as MUTANT_CHECKS
from catad.proofs.mutants import MUTANTS, killer
from catad.proofs.sweep import sweep

from catad.functors.kit import standard_kit


def random_nets(count: int, seed: int) -> int:
    """Failures of the laws on random nets."""
    failed = 0
    for check in MUTANT_CHECKS:
        for k in range(seed, seed + count):
            broken = check.run(standard_kit(), k)
            if broken is not None:
                failed += 1
                print(f"seed {k} breaks {check.name}: {broken}")
    return failed


def mutants() -> int:
    """Wrong rules that nothing noticed."""
    survivors = 0
    for m in MUTANTS.values():
        found = killer(m)
        survivors += found is None
        print(f"{m.name:28} {'SURVIVES' if found is None else 'noticed by ' + found[0]:44} {m.fault}")
    return survivors


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m catad.proofs", description="Longer runs of the proofs.")
    parser.add_argument("--programs", type=int, default=0, metavar="N")
    parser.add_argument("--garbage", type=int, default=0, metavar="N")
    parser.add_argument("--nets", type=int, default=0, metavar="N")
    parser.add_argument("--mutants", action="store_true")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, metavar="P")
    parser.add_argument("--failures", type=Path, metavar="FOLDER", help="where failing programs are written")
    args = parser.parse_args()
    bad = random_nets(args.nets, args.seed) + (feed(args.seed, args.garbage) if args.garbage else 0)
    if args.programs:
        bad += len(sweep(args.seed, args.programs, processes=args.processes, folder=args.failures).failures)
    bad += mutants() if args.mutants else 0
    print("nothing failed" if not bad else f"{bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
