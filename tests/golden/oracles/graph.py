"""Graphs: the values in `graph_*.cad`, one list for each program, in the order of its tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.golden.oracles.numerics import gradient, slope


def graph_shortest_paths() -> list[Any]:
    from scipy.sparse.csgraph import floyd_warshall
    inf = np.inf
    g = np.array([[0, 3, inf, 7], [8, 0, 2, inf], [5, inf, 0, 1], [2, inf, inf, 0]])
    d, before = floyd_warshall(g, return_predecessors=True)
    path, j = np.zeros((4, 4)), 0
    while j != 1:
        path[before[1, j], j] = 1
        j = before[1, j]
    return [d, path]


def graph_page_rank() -> list[Any]:
    move = np.zeros((4, 4))
    for i, j in [(0, 1), (0, 2), (1, 2), (2, 0), (3, 2), (3, 0)]:
        move[j, i] = 1
    move = move / move.sum(0)
    def rank(jump):
        return np.linalg.solve(np.eye(4) - (1 - jump) * move, np.full(4, 1 / 4) * jump)
    return [rank(0.15), slope(lambda j: rank(j)[2], 0.15)]


def graph_bellman_ford() -> list[Any]:
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import bellman_ford
    ends = [(3, 4), (0, 1), (1, 2), (0, 2), (2, 3), (1, 3), (4, 1)]
    w = [1.0, 4.0, -2.0, 3.0, 2.0, 5.0, 1.0]
    d, before = bellman_ford(csr_matrix((w, tuple(np.array(ends).T)), (5, 5)), indices=0, return_predecessors=True)
    used, j = [0.0] * 7, 4
    while j != 0:
        used[ends.index((before[j], j))] = 1.0
        j = before[j]
    return [d, used]


def graph_components() -> list[Any]:
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components
    k, label = connected_components(csr_matrix((np.ones(5), ([0, 5, 3, 2, 6], [3, 6, 4, 6, 5])), (8, 8)), False)
    return [[int(np.flatnonzero(label == c)[0]) for c in label], k]


def graph_resistance() -> list[Any]:
    ends = [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)]
    def resistance(c):
        l = np.zeros((4, 4), np.asarray(c).dtype)
        for (i, j), w in zip(ends, c, strict=True):
            b = np.zeros(4)
            b[i], b[j] = 1, -1
            l = l + w * np.outer(b, b)
        b = np.array([1.0, 0, -1, 0])
        return b[:3] @ np.linalg.solve(l[:3, :3], b[:3])
    c = np.array([1.0, 2.0, 1.0, 0.5, 1.0])
    return [resistance(c), gradient(resistance, c)]
