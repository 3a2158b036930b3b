"""Games of indices: the values in `games_*.cad`, one list for each program, in the order of its tests."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def games_permutations() -> list[Any]:
    from itertools import permutations

    from sympy.combinatorics import Permutation
    p = Permutation([1, 0, 3, 4, 2, 5])
    every = [list(x) for x in permutations(range(4))]
    return [(np.argsort([2, 0, 3, 1, 4]), [0, 1, 2, 3, 4]), (p.cycles, p.signature()),
            (every[every.index([1, 3, 2, 0]) + 1], every[1])]


def games_bits() -> list[Any]:
    def xorshift(x):
        x ^= x << 13 & 2**64 - 1
        x ^= x >> 7
        return x ^ (x << 17 & 2**64 - 1)
    x = 88172645463325252
    for _ in range(3):
        x = xorshift(x)
    return [((255).bit_count(), (1023456789).bit_count(), 64), [0, 1, 3, 2, 6, 7, 5, 4], True,
            pow(7, 123456789, 1000003), x - 2**64 if x >= 2**63 else x]


def games_life() -> list[Any]:
    from scipy.ndimage import convolve
    x = np.zeros((6, 6), int)
    x[[0, 1, 2, 2, 2], [1, 2, 0, 1, 2]] = 1
    def step(x):
        around = convolve(x, [[1, 1, 1], [1, 0, 1], [1, 1, 1]], mode="wrap")
        return ((around == 3) | (x == 1) & (around == 2)).astype(int)
    return [step(x), True, 5]


def games_primes() -> list[Any]:
    from sympy import divisor_sigma, primefactors, primepi
    return [int(primepi(999)), max(primefactors(600851475143)),
            sum(i for i in range(1, 501) if divisor_sigma(i) == 2 * i)]


def games_squares() -> list[Any]:
    m = np.zeros((4, 4), int)
    order = [0, 1, 2, 3, 7, 11, 15, 14, 13, 12, 8, 4, 5, 6, 10, 9]
    m.flat[order] = range(16)
    sums = [65] * 5
    return [[[8, 1, 6], [3, 5, 7], [4, 9, 2]], (sums, sums, 65), m,
            sum(math.comb(i, j) % 2 for i in range(16) for j in range(16))]
