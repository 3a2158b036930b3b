"""Random expressions, the first weights, and the network by recursion in NumPy with its backpropagation by hand."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import catad

HERE = Path(__file__).resolve().parent
WIDTH = 16
SMALL, LARGE = range(1, 8), (8, 12, 16, 32, 64, 128)     # operators of what is learnt from; of larger expressions
RATE, DECAY, PARTS = 0.005, 0.05, 20

Vector = NDArray[np.float64]
Tree = dict[str, Any]
Weights = dict[str, Any]


def expression(rng: random.Random, operators: int) -> Tree:
    """Neg once in five; the other operators of the two sides are divided at random."""
    if operators == 0:
        return {"Digit": rng.randrange(3)}
    name = rng.choice(["Neg", "Add", "Add", "Mul", "Mul"])
    if name == "Neg":
        return {"Neg": expression(rng, operators - 1)}
    left = rng.randrange(operators)
    return {name: (expression(rng, left), expression(rng, operators - 1 - left))}


def some(rng: random.Random, count: int, operators: range, known: frozenset[str] = frozenset()) -> list[Tree]:
    """Expressions with so many operators, none of them among those that are known."""
    out: list[Tree] = []
    while len(out) < count:
        tree = expression(rng, rng.choice(operators))
        if repr(tree) not in known:
            out.append(tree)
    return out


def value(tree: Tree) -> int:
    """What Python says."""
    (name, parts), = tree.items()
    if name == "Digit":
        return int(parts)
    if name == "Neg":
        return -value(parts) % 3
    a, b = map(value, parts)
    return (a + b if name == "Add" else a * b) % 3


def depth(tree: Tree) -> int:
    (name, parts), = tree.items()
    return 0 if name == "Digit" else 1 + (depth(parts) if name == "Neg" else max(map(depth, parts)))


def start(seed: int, width: int = WIDTH) -> Weights:
    rng = np.random.default_rng(seed)

    def normal(rows: int, scale: float = 1.0) -> Vector:
        return scale * rng.normal(size=(rows, width)) / np.sqrt(width)

    def pair() -> Weights:
        return {"left": normal(width), "right": normal(width), "bias": np.zeros(width)}

    return {"digits": normal(3, 2.0), "neg": {"inner": normal(width), "bias": np.zeros(width)}, "add": pair(),
            "mul": pair(), "out": {"weight": normal(3), "bias": np.zeros(3)}}


def learnt(trees: list[Tree], labels: Any, steps: int, width: int = WIDTH, seed: int = 0) -> tuple[Weights, Vector]:
    """The weights after so many steps, and the loss before each."""
    train = catad.load(HERE / "treenet.cad").train
    weights, losses = train(steps, PARTS, RATE, DECAY, start(seed, width), trees, labels)
    return weights, losses


# ── witness ────────────────────────────────────────────────────────────────────────────────────────────────────────


def zeros(w: Any) -> Any:
    return {key: zeros(part) for key, part in w.items()} if isinstance(w, dict) else np.zeros_like(w)


def leaves(w: Any) -> list[Vector]:
    """The arrays in it, in the order of their names."""
    return [x for key in sorted(w) for x in leaves(w[key])] if isinstance(w, dict) else [w]


def upward(w: Weights, tree: Tree) -> tuple[Any, ...]:
    """The expression with the vector of every part: (name, vector, parts)."""
    (name, parts), = tree.items()
    if name == "Digit":
        return name, w["digits"][parts], parts
    if name == "Neg":
        a = upward(w, parts)
        return name, np.tanh(w["neg"]["inner"] @ a[1] + w["neg"]["bias"]), (a,)
    a, b = upward(w, parts[0]), upward(w, parts[1])
    p = w[name.lower()]
    return name, np.tanh(p["left"] @ a[1] + p["right"] @ b[1] + p["bias"]), (a, b)


def downward(w: Weights, node: tuple[Any, ...], change: Vector, g: Weights) -> None:
    """Backpropagation through structure (Goller and Küchler 1996): adds to g what the part says about the weights."""
    name, x, parts = node
    if name == "Digit":
        g["digits"][parts] += change
        return
    inner = change * (1 - x * x)
    p, q = w[name.lower()], g[name.lower()]
    q["bias"] += inner
    for side, part in zip(("inner",) if name == "Neg" else ("left", "right"), parts, strict=True):
        q[side] += np.outer(inner, part[1])
        downward(w, part, p[side].T @ inner, g)


def by_hand(w: Weights, trees: list[Tree], labels: Any) -> tuple[float, Weights]:
    """The loss and its gradient, in NumPy."""
    g, total = zeros(w), 0.0
    for tree, label in zip(trees, labels, strict=True):
        node = upward(w, tree)
        scores = w["out"]["weight"] @ node[1] + w["out"]["bias"]
        top = scores.max()
        odds = np.exp(scores - top)
        total += float(top + np.log(odds.sum()) - scores[label])
        change = (odds / odds.sum() - np.eye(3)[label]) / len(trees)
        g["out"]["weight"] += np.outer(change, node[1])
        g["out"]["bias"] += change
        downward(w, node, w["out"]["weight"].T @ change, g)
    return total / len(trees), g
