"""Dynamic programming: the values in `dp_*.cad`, one list for each program, in the order of its tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.golden.oracles.numerics import gradient


def dp_edit_distance() -> list[Any]:
    from functools import cache
    def distance(x, y):
        @cache
        def d(i, j):
            if not i or not j:
                return i + j
            return min(d(i - 1, j) + 1, d(i, j - 1) + 1, d(i - 1, j - 1) + (x[i - 1] != y[j - 1]))
        return d(len(x), len(y))
    return [distance("kitten", "sitting"), distance("saturday", "sunday"), 2]


def dp_soft_time_warping() -> list[Any]:
    x, y = np.array([0.0, 1.0, 2.0, 1.0]), np.array([0.1, 0.9, 1.1, 2.2, 1.0])
    def paths(i, j):                                   # every way from one corner to the other
        if (i, j) == (0, 0):
            yield [(0, 0)]
            return
        for a, b in ((i - 1, j), (i, j - 1), (i - 1, j - 1)):
            if a >= 0 and b >= 0:
                for p in paths(a, b):
                    yield [*p, (i, j)]
    every = list(paths(3, 4))
    def warp(x):
        return -0.5 * np.log(sum(np.exp(-sum((x[i] - y[j]) ** 2 for i, j in p) / 0.5) for p in every))
    return [warp(x), gradient(warp, x)]


def dp_viterbi() -> list[Any]:
    from itertools import product
    prior, move, emit = [0.6, 0.4], [[0.7, 0.3], [0.4, 0.6]], [[0.5, 0.4, 0.1], [0.1, 0.3, 0.6]]
    def best(seen):
        def chance(path):
            p = prior[path[0]] * emit[path[0]][seen[0]]
            for a, b, s in zip(path[:-1], path[1:], seen[1:], strict=True):
                p *= move[a][b] * emit[b][s]
            return p
        return list(max(product((0, 1), repeat=len(seen)), key=chance))
    return [best([0, 1, 2, 2, 0]), best([2, 0, 0, 1])]


def dp_random_field() -> list[Any]:
    from itertools import product
    move, score = np.array([[0.5, -0.2], [0.1, 0.3]]), np.array([[1.0, 0.2], [-0.5, 0.4], [0.3, 0.9]])
    paths = list(product((0, 1), repeat=3))
    weight = np.array([np.exp(sum(score[t, s] for t, s in enumerate(p)) + move[p[0], p[1]] + move[p[1], p[2]])
                       for p in paths])
    chance = weight / weight.sum()
    states, moves = np.zeros((3, 2)), np.zeros((2, 2))
    for p, c in zip(paths, chance, strict=True):
        for t, s in enumerate(p):
            states[t, s] += c
        moves[p[0], p[1]] += c
        moves[p[1], p[2]] += c
    return [np.log(weight.sum()), states, moves]


def dp_knapsack() -> list[Any]:
    from itertools import product
    w, v = np.array([3, 4, 5, 9, 4]), np.array([3.0, 4.0, 4.5, 10.0, 4.25])
    load = max((np.array(s) for s in product((0, 1), repeat=5) if w @ s <= 11), key=lambda s: v @ s)
    return [v @ load, load.astype(float)]


def dp_matrix_chain() -> list[Any]:
    from functools import cache
    d = [30, 35, 15, 5, 10, 20, 25]
    @cache
    def cost(i, j):
        return 0 if i == j else min(cost(i, k) + cost(k + 1, j) + d[i] * d[k + 1] * d[j + 1] for k in range(i, j))
    @cache
    def ways(amount, coins):
        if amount == 0:
            return 1
        if amount < 0 or not coins:
            return 0
        return ways(amount - coins[0], coins) + ways(amount, coins[1:])
    return [cost(0, 5), ways(100, (1, 2, 5, 10, 20, 50))]
