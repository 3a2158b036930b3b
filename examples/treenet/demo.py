"""A recursive network learns arithmetic modulo 3 from expressions of up to seven operators, and is asked larger ones.

    python examples/treenet/demo.py [--steps N] [--seed K] [--out DIR]

Expressions are values of a recursive type, the network is a `def rec` on it, and its training one native function.
Checks values, loss and gradient against recursion in Python, with backpropagation through structure by hand.
"""

from __future__ import annotations

import importlib.util
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from problem import HERE, LARGE, PARTS, SMALL, Tree, Vector, Weights, by_hand, depth, learnt, leaves, some, start, value

import catad

sys.path.insert(0, str(HERE.parent))
from report import Report, arguments, best_time, duration, plots

COUNT, ASKED = 4000, 500          # learnt from; asked of each size


def witnesses(report: Report, program: Any, trees: list[Tree]) -> None:
    """Values, loss and gradient against Python and NumPy."""
    labels = program.values(trees)
    report.check("values against Python", f"{len(trees)} expressions", list(labels) == [value(tree) for tree in trees])
    w, batch = start(1), slice(COUNT // PARTS)
    loss, gradient = catad.value_and_grad(program.loss, argnums="w")(w, trees[batch], labels[batch])
    expected, slope = by_hand(w, trees[batch], labels[batch])
    report.below("loss against recursion in NumPy", abs(loss - expected), 1e-13)
    gap = max(float(np.abs(a - b).max()) for a, b in zip(leaves(gradient), leaves(slope), strict=True))
    report.below("its gradient against backpropagation by hand", gap, 1e-14)


def training(report: Report, program: Any, trees: list[Tree], steps: int, seed: int) -> tuple[Weights, Vector, float]:
    """Weights, losses, and the time of a step."""
    labels = program.values(trees)
    learnt(trees, labels, 1)
    begin = time.perf_counter()
    w, losses = learnt(trees, labels, steps, seed=seed)
    spent = time.perf_counter() - begin
    size = sum(x.size for x in leaves(w))
    report.row("training", f"{steps} steps of AdamW on {COUNT // PARTS} of {COUNT} expressions, {size} weights, "
                           f"in {duration(spent)}")
    report.check("loss", f"{losses[0]:.2f} at the start, {losses[-PARTS:].mean():.2g} in the last {PARTS} steps",
                 losses[-PARTS:].mean() < 0.05)
    right = float((program.found(w, trees) == labels).mean())
    report.check("right, learnt from", f"{100 * right:.1f} %", right > 0.99)
    return w, losses, spent / steps


def questions(report: Report, program: Any, w: Weights, trees: list[Tree]) -> dict[int, tuple[float, float]]:
    """By number of operators: the share that is right, and of the commonest value, for expressions not learnt from."""
    known, rng, out = frozenset(map(repr, trees)), random.Random(77), {}
    for operators in (*range(2, SMALL.stop), *LARGE):
        asked = some(rng, ASKED, range(operators, operators + 1), known)
        truth = program.values(asked)
        right, common = float((program.found(w, asked) == truth).mean()), float(np.bincount(truth).max() / ASKED)
        out[operators] = (right, common)
        if operators == SMALL.stop - 1 or operators in LARGE:
            deep = np.mean([depth(tree) for tree in asked])
            report.check(f"right, {operators} operators, not seen", f"{100 * right:.1f} %, mean depth {deep:.1f}; "
                         f"commonest value {100 * common:.0f} %",
                         right > (0.95 if operators in SMALL else common + 0.2))
    return out


# ── times ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def columns(trees: list[Tree]) -> tuple[Vector, ...]:
    """What kind each node is, its digit, its left and right part, children first, padded; and the roots."""
    names = ("Digit", "Neg", "Add", "Mul")

    def rows(tree: Tree, out: list[list[int]]) -> int:
        (name, parts), = tree.items()
        if name == "Digit":
            out.append([0, parts, 0, 0])
        else:
            places = [rows(part, out) for part in ((parts,) if name == "Neg" else parts)]
            out.append([names.index(name), 0, places[0], places[-1]])
        return len(out) - 1

    every: list[list[list[int]]] = [[] for _ in trees]
    roots = np.array([rows(tree, out) for tree, out in zip(trees, every, strict=True)])
    length = max(map(len, every))
    table = np.array([out + [[0, 0, 0, 0]] * (length - len(out)) for out in every])
    return (*np.moveaxis(table, 2, 0), roots)


def in_jax(w: Weights, trees: list[Tree], labels: Any) -> Callable[[], object]:
    """Loss and gradient by JAX, compiled: a scan over the nodes of all trees side by side, each by every operator."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    kinds, digits, lefts, rights, roots = map(jnp.array, columns(trees))
    number, length = kinds.shape
    everyone = jnp.arange(number)

    def loss(w: Any) -> jax.Array:
        def step(h: jax.Array, i: jax.Array) -> tuple[jax.Array, None]:
            a, b = h[everyone, lefts[:, i]], h[everyone, rights[:, i]]
            by = [w["digits"][digits[:, i]], jnp.tanh(a @ w["neg"]["inner"].T + w["neg"]["bias"])]
            by += [jnp.tanh(a @ p["left"].T + b @ p["right"].T + p["bias"]) for p in (w["add"], w["mul"])]
            return h.at[:, i].set(jnp.stack(by)[kinds[:, i], everyone]), None

        h, _ = jax.lax.scan(step, jnp.zeros((number, length, w["digits"].shape[1])), jnp.arange(length))
        scores = h[everyone, roots] @ w["out"]["weight"].T + w["out"]["bias"]
        return -jax.nn.log_softmax(scores)[everyone, jnp.array(labels)].mean()

    compiled = jax.jit(jax.value_and_grad(loss))
    return lambda: jax.block_until_ready(compiled(w))


def compare(report: Report, program: Any, trees: list[Tree], step: float) -> None:
    batch = trees[:COUNT // PARTS]
    w, labels = start(1), program.values(batch)
    both = catad.value_and_grad(program.loss, argnums="w")
    kept = both.convert("es", batch)
    times = [f"catad {duration(step)} in training, {duration(best_time(lambda: both(w, kept, labels)))} from Python, "
             f"{duration(best_time(lambda: both(w, batch, labels)))} with the trees converted each time"]
    if importlib.util.find_spec("jax"):
        call = in_jax(w, batch, labels)
        result: Any = call()
        report.below("JAX, loss", abs(float(result[0]) - both(w, batch, labels)[0]), 1e-13)
        times.append(f"JAX {duration(best_time(call))}")
    times.append(f"NumPy {duration(best_time(lambda: by_hand(w, batch, labels)))}")
    report.row(f"gradient for {len(batch)} expressions", ", ".join(times))


def picture(program: Any, w: Weights, losses: Vector, found: dict[int, tuple[float, float]], path: Path) -> None:
    """The loss; what is right, by size; the vectors of expressions in the plane that holds most of them."""
    plt = plots()
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 4.4))
    left.semilogy(losses[:len(losses) // PARTS * PARTS].reshape(-1, PARTS).mean(axis=1), color="C0")
    left.set(title="Cross entropy", xlabel="times through the expressions")
    sizes = list(found)
    middle.axvspan(0, SMALL.stop - 0.5, color="0.92", label="sizes learnt from")
    middle.plot(sizes, [100 * found[k][0] for k in sizes], "o-", label="network")
    middle.plot(sizes, [100 * found[k][1] for k in sizes], ".--", color="0.5", label="commonest value")
    middle.set(title="Right for expressions not seen, %", xlabel="operators", ylim=(0, 103), xlim=(0, None))
    middle.legend(loc="lower right")
    trees = some(random.Random(5), 500, SMALL)
    x, truth = program.vectors(w, trees), program.values(trees)
    x = x - x.mean(axis=0)
    plane = x @ np.linalg.svd(x, full_matrices=False)[2][:2].T
    for k in range(3):
        right.plot(*plane[truth == k].T, ".", markersize=4, alpha=0.6, label=f"value {k}")
    right.set(title="Vectors of expressions, principal plane")
    right.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=76)


def main(argv: list[str] | None = None) -> int:
    parser = arguments(__doc__)
    parser.add_argument("--steps", type=int, default=2000, help="steps of training (default: 2000)")
    parser.add_argument("--seed", type=int, default=0, help="of the first weights (default: 0)")
    options = parser.parse_args(argv)
    report = Report("Arithmetic modulo 3, learnt from expressions")
    program = catad.load(HERE / "treenet.cad")
    trees = some(random.Random(3), COUNT, SMALL)
    witnesses(report, program, trees)
    w, losses, step = training(report, program, trees, options.steps, options.seed)
    found = questions(report, program, w, trees)
    compare(report, program, trees, step)
    options.out.mkdir(parents=True, exist_ok=True)
    picture(program, w, losses, found, options.out / "treenet.png")
    return report.finish(options.out / "treenet.png")


if __name__ == "__main__":
    sys.exit(main())
