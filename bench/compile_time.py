"""From text to a callable gradient, beside JAX's jit of the gradient of the same function.

    python bench/compile_time.py [--quick] [--json FILE]

Each measurement is a fresh process without any cache, in turn catad, JAX, catad, JAX …; it ends when the first gradient
is there. Three ways: `loaded` starts when the modules are imported and JAX's backend is up; `warm` starts after another
program was compiled in the process; `cold` counts all from the start of the interpreter, imports too. CPU time (all
threads of the process) is what is compared, because it does not grow when the machine is busy; the wall-clock ratio
stands beside it. Programs without a JAX spelling (the other examples) are given for catad alone. The goal is a third of
JAX's time.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from common import OURS, ROOT, Report, agrees, leaves, main, peer, row
from programs import BY_NAME, PROGRAMS

WAYS = ("loaded", "warm", "cold")
GMM = "gmm d=10 k=25"
PACKAGES = ("catad", "llvmlite", "lark", "jax", "jaxlib")
QUICK = ("scalar", "network 8-32-32-1, 64 points", GMM)
Child = dict[str, Any]


# ── the child: one program, one side, one way ───────────────────────────────────────────────────────────────────


def child(name: str, side: str, way: str, modules: str = "") -> Child:
    """`modules` are those that a gradient needs: imports that happen on the way are not counted, except in `cold`."""
    start = (time.perf_counter() - since_start(), 0.0)
    for module in modules.split():
        importlib.import_module(module)
    make, warm = (catad_side if side == OURS else jax_side)(name)
    if way == "warm":
        warm()
    if way != "cold":
        start = clocks()
    answer = make()
    wall, cpu = (b - a for a, b in zip(start, clocks(), strict=True))
    return {"wall": wall, "cpu": cpu, "answer": [a.tolist() for a in leaves(answer)],
            "modules": [m for m in sys.modules if m.partition(".")[0] in PACKAGES]}


def clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def since_start() -> float:
    """Seconds since this process began."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        return float(Path("/proc/uptime").read_text().split()[0]) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return time.process_time()


def catad_side(name: str) -> tuple[Callable[[], Any], Callable[[], Any]]:
    import catad
    text, entry, args = case(name)

    def make() -> Any:
        g = catad.grad(catad.compile(text)[entry])
        if args:
            return g(*args)
        g.compiled                                              # noqa: B018  (compiles)
        return 0.0
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


def case(name: str) -> tuple[str, str, tuple[Any, ...]]:
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


# ── the parent ──────────────────────────────────────────────────────────────────────────────────────────────────


def run(report: Report) -> None:
    sides = [OURS, *(["jax"] if peer(report, "jax") else [])]
    with tempfile.TemporaryDirectory() as folder:
        spawn = Spawn(folder)
        modules = {side: " ".join(spawn(QUICK[0], side, "cold", "")["modules"]) for side in sides}
        for name in QUICK if report.quick else (*(p.name for p in PROGRAMS), GMM):
            for way in WAYS if name in QUICK and not report.quick else WAYS[:1]:
                one(report, spawn, name, way, modules, 2 if report.quick else 3)
        for name in () if report.quick else others():
            one(report, spawn, name, WAYS[0], {OURS: modules[OURS]}, 2)


@dataclass(frozen=True)
class Spawn:
    """Fresh interpreters that share compiled Python files, which lie in `folder`, and nothing else."""

    folder: str

    def __call__(self, *arguments: str) -> Child:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": self.folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        done = subprocess.run([sys.executable, __file__, "--child", *arguments], capture_output=True, text=True,
                              env=environment, timeout=120)
        if done.returncode:
            raise RuntimeError(done.stderr.strip().rpartition("\n")[2])
        found: Child = json.loads(done.stdout)
        return found


def one(report: Report, spawn: Spawn, name: str, way: str, modules: dict[str, str], rounds: int) -> None:
    sides = list(modules)
    found: dict[str, list[Child]] = {side: [] for side in sides}
    try:
        for _ in range(rounds):
            for side in sides:
                found[side].append(spawn(name, side, way, "" if way == "cold" else modules[side]))
    except (RuntimeError, subprocess.TimeoutExpired) as exc:
        report.fail(f"{name}, {way}: {exc}")
        return
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
        print(json.dumps(child(*sys.argv[2:6])))
        sys.exit(0)
    sys.exit(main("text to gradient (CPU time)", __doc__, run))
