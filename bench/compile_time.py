"""From text to a callable gradient, beside JAX's jit of the gradient of the same function.

    python bench/compile_time.py [--quick] [--json FILE]

Each measurement is a fresh process without any cache, in turn catad, JAX, catad, JAX …; it ends when the first gradient is
there. Three ways: `cold` counts all from the start of the interpreter, imports too; `loaded` starts when the modules
are imported and JAX's backend is up; `warm` starts after another program was compiled in the process. CPU time (all threads of
the process) is what is compared, because it does not grow when the machine is busy; the wall-clock ratio stands beside it.
Programs without a JAX spelling (the other examples) are given for catad alone. Goal: a third of JAX's time.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from common import OURS, ROOT, Report, agrees, main, peer, row
from programs import BY_NAME, PROGRAMS

WAYS = ("cold", "loaded", "warm")
GMM = "gmm d=10 k=25"
QUICK = ("scalar", "network 8-32-32-1, 64 points", GMM)
Child = dict[str, Any]


# ── the child: one program, one side, one way ───────────────────────────────────────────────────────────────────


def child(name: str, side: str, way: str) -> Child:
    start = (time.perf_counter() - since_start(), 0.0)
    make, warm = catad_side(name, way != "cold") if side == OURS else jax_side(name)
    if way == "warm":
        warm()
    if way != "cold":
        start = clocks()
    answer = make()
    wall, cpu = (b - a for a, b in zip(start, clocks(), strict=True))
    return {"wall": wall, "cpu": cpu, "answer": [a.tolist() for a in flat(answer)]}


def clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def since_start() -> float:
    """Seconds since this process began."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        import os
        return float(Path("/proc/uptime").read_text().split()[0]) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return time.process_time()


def catad_side(name: str, everything: bool = True) -> tuple[Callable[[], Any], Callable[[], Any]]:
    import pkgutil

    import catad
    if everything:
        import llvmlite.binding  # noqa: F401
        for module in pkgutil.walk_packages(catad.__path__, "catad."):
            if "__main__" not in module.name:
                importlib.import_module(module.name)
    text, entry, args = case(name)

    def make() -> Any:
        g = catad.grad(catad.compile(text, entry=entry))
        if args:
            return g(*args)
        return g.compiled and 0.0
    return make, lambda: catad.grad(catad.compile("def f (x : f64) : f64 = sin x * x", entry="f"))(1.0)


def jax_side(name: str) -> tuple[Callable[[], Any], Callable[[], Any]]:
    import jax
    import jax.numpy as jnp
    _, _, args = case(name)
    values = jax.tree_util.tree_map(jnp.asarray, args)
    jax.block_until_ready(values)
    if name == GMM:
        from gmm import objective_jax
        (n, d), k = args[1].shape, len(args[0]["alpha"])
        f, values = objective_jax(jax, n, d, k, args[2], args[3]), values[:2]
    else:
        f = BY_NAME[name].jax(jax, jnp)
    return (lambda: jax.block_until_ready(jax.jit(jax.grad(f))(*values)),
            lambda: jax.block_until_ready(jax.jit(jax.grad(lambda x: jnp.sin(x) * x))(1.0)))


def case(name: str) -> tuple[str, str | None, tuple[Any, ...]]:
    """Text, entry and arguments of a program; no arguments for an example that has no JAX spelling."""
    import numpy as np
    if name in BY_NAME:
        program = BY_NAME[name]
        return program.text, program.entry, program.arguments(np.random.default_rng(0))
    if name == GMM:
        sys.path.insert(0, str(ROOT / "examples" / "gmm"))
        from problem import read
        p = read(ROOT / "examples" / "data" / "gmm_d10_K25.txt")
        return (ROOT / "examples" / "gmm" / "gmm.cad").read_text(encoding="utf-8"), "log_posterior", (
            p.start, p.x, p.gamma, p.m)
    path, _, entry = name.partition(": ")
    return (ROOT / "examples" / path).read_text(encoding="utf-8"), entry, ()


def flat(answer: Any) -> list[Any]:
    from common import leaves
    return list(leaves(answer))


# ── the parent ──────────────────────────────────────────────────────────────────────────────────────────────────


def run(report: Report) -> None:
    sides = [OURS, *(["jax"] if peer(report, "jax") else [])]
    for name in QUICK if report.quick else (*(p.name for p in PROGRAMS), GMM):
        for way in ("loaded",) if report.quick else WAYS:
            one(report, name, way, sides, 2 if report.quick else 3)
    for name in () if report.quick else others():
        one(report, name, "loaded", [OURS], 2)


def one(report: Report, name: str, way: str, sides: list[str], rounds: int) -> None:
    found: dict[str, list[Child]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side in sides:
            done = subprocess.run([sys.executable, __file__, "--child", name, side, way], capture_output=True, text=True)
            if done.returncode:
                report.fail(f"{name}, {side}: {done.stderr.strip().splitlines()[-1:]}")
                return
            found[side].append(json.loads(done.stdout))
    for side in sides[1:]:
        if not agrees(report, name, side, found[side][0]["answer"], found[OURS][0]["answer"], 1e-8):
            return
    walls = {side: [c["wall"] for c in found[side]] for side in sides}
    notes = {"wall: jax / catad": f"{median(walls['jax']) / median(walls[OURS]):.2f}"} if "jax" in walls else {}
    report.rows.append(row(f"{name}, {way}", {side: [c["cpu"] for c in found[side]] for side in sides}, notes))


def others() -> list[str]:
    """`file: entry` for each example beside gmm that has a definition with one float result to differentiate."""
    import catad
    from catad.source import CatadError
    names = []
    for path in sorted((ROOT / "examples").rglob("*.cad")):
        if path.name == "gmm.cad":
            continue
        program = catad.load(str(path))
        for entry in reversed(list(program)):
            try:
                catad.grad(program[entry])
            except CatadError:
                continue                                        # no float result, or its size is not in its arguments
            names.append(f"{path.relative_to(ROOT / 'examples')}: {entry}")
            break
    return names


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(child(*sys.argv[2:5])))
        sys.exit(0)
    sys.exit(main("text to gradient (CPU time)", __doc__, run))
