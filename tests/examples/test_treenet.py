"""The network over trees: values, loss and gradient against recursion in NumPy; a short run learns."""

from __future__ import annotations

import random
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import catad


@pytest.fixture(scope="module")
def treenet(example: Callable[[str], ModuleType]) -> ModuleType:
    return example("treenet")


@pytest.fixture(scope="module")
def program(treenet: ModuleType) -> Any:
    return catad.load(treenet.HERE / "treenet.cad")


def test_values(treenet: ModuleType, program: Any) -> None:
    trees = treenet.some(random.Random(1), 50, range(12))
    assert list(program.values(trees)) == [treenet.value(tree) for tree in trees]


def test_what_is_held_out_is_new(treenet: ModuleType) -> None:
    known = frozenset(map(repr, treenet.some(random.Random(1), 50, range(3))))
    new = treenet.some(random.Random(1), 20, range(3), known)
    assert len(new) == 20 and known.isdisjoint(map(repr, new))


@pytest.mark.parametrize("operators", [0, 1, 9])
def test_loss_and_gradient(treenet: ModuleType, program: Any, operators: int) -> None:
    trees = treenet.some(random.Random(2), 6, range(operators + 1))
    labels, w = [treenet.value(tree) for tree in trees], treenet.start(3, 5)
    value, gradient = catad.value_and_grad(program.loss, argnums="w")(w, trees, labels)
    expected, slope = treenet.by_hand(w, trees, labels)
    assert value == pytest.approx(expected, rel=1e-13)
    for ours, theirs in zip(treenet.leaves(gradient), treenet.leaves(slope), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-14)


def test_vectors(treenet: ModuleType, program: Any) -> None:
    w, trees = treenet.start(4, 5), treenet.some(random.Random(5), 8, range(10))
    np.testing.assert_allclose(program.vectors(w, trees), [treenet.upward(w, tree)[1] for tree in trees], atol=1e-14)


def test_a_short_run_learns(treenet: ModuleType, program: Any) -> None:
    trees = treenet.some(random.Random(6), 400, range(3))
    labels = program.values(trees)
    w, losses = treenet.learnt(trees, labels, 600, 8)
    assert losses[0] == pytest.approx(treenet.by_hand(treenet.start(0, 8), trees[:20], labels[:20])[0], rel=1e-12)
    assert losses[-20:].mean() < 0.3 < 0.8 < losses[0]
    assert (program.found(w, trees) == labels).mean() > 0.9
