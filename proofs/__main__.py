"""Longer runs: `python -m catad.proofs [--programs N] [--nets N] [--mutants] [--seed S]`.

    --programs   random programs, every law that applies to each, machine code included
    --nets       every law on random nets, exactly and in floats
    --mutants    each seeded wrong rule, and the check that noticed it
"""

from __future__ import annotations

import argparse
import random
import sys

from catad.proofs.choice import Seeded
from catad.proofs.examine import CHECKS, Entrywise, Skip
from catad.proofs.generate import program
from catad.proofs.mutants import CHECKS as MUTANT_CHECKS
from catad.proofs.mutants import MUTANTS, killer

from catad import pipeline
from catad.functors.kit import standard_kit
from catad.source import Source


def random_programs(count: int, seed: int) -> int:
    """Failures among `count` random programs, each shown."""
    failed = 0
    for k in range(seed, seed + count):
        p = program(Seeded(k), ring=k % 2 == 0)
        e = Entrywise(pipeline.elaborate(pipeline.load(Source(f"<random {k}>", p.text))), "f")
        rng = random.Random(k)
        try:
            sample = e.good_sample(rng)
        except Skip:
            continue
        for name, check in CHECKS:
            try:
                failure = check(e, sample, rng)
            except Skip:
                continue
            if failure is not None:
                failed += 1
                print(f"program {k} fails {name}: {failure.left} is not {failure.right}\n{p.text}")
    return failed


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
    parser.add_argument("--nets", type=int, default=0, metavar="N")
    parser.add_argument("--mutants", action="store_true")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    args = parser.parse_args()
    bad = random_programs(args.programs, args.seed) + random_nets(args.nets, args.seed)
    bad += mutants() if args.mutants else 0
    print("nothing failed" if not bad else f"{bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
