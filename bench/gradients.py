"""Values and gradients of the small programs of programs.py beside JAX's compiled ones.

    python bench/gradients.py [--quick] [--json FILE]

Each call is made from Python with arrays at hand (JAX gets its own) and waits for the result.
"""

from __future__ import annotations

import sys

from common import OURS, Report, compare, main, peer, waiting
from programs import PROGRAMS, Program

import catad  # isort: skip
import numpy as np  # isort: skip


def run(report: Report) -> None:
    jax = peer(report, "jax")
    if jax:
        for program in PROGRAMS[:4] if report.quick else PROGRAMS:
            one(report, jax, program)


def one(report: Report, jax: object, program: Program) -> None:
    args = program.arguments(np.random.default_rng(0))
    value = catad.compile(program.text, entry=program.entry)
    both = catad.value_and_grad(value)
    f = program.jax(jax, jax.numpy)                                              # type: ignore[attr-defined]
    theirs = jax.tree_util.tree_map(jax.numpy.asarray, args)                     # type: ignore[attr-defined]
    compare(report, f"{program.name}, value", {
        OURS: lambda: value(*args), "jax": waiting(jax, jax.jit(f), *theirs)})   # type: ignore[attr-defined]
    compare(report, f"{program.name}, value and gradient", {
        OURS: lambda: both(*args),
        "jax": waiting(jax, jax.jit(jax.value_and_grad(f)), *theirs)})           # type: ignore[attr-defined]


if __name__ == "__main__":
    sys.exit(main("gradients", __doc__, run))
