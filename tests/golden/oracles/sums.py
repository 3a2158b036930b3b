"""Declared sums: the values in `sums_*.cad`, one list for each program, in the order of its tests."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def sums_machine() -> list[Any]:
    x, y, c = 0.7, -1.2, 2.5
    return [np.sin(c * x) + x * y, [c * np.cos(c * x) + y, x], x * np.cos(c * x)]


def sums_optional() -> list[Any]:
    return [2.0, None, None, None, (2 + 2 * 3.0) / 3, 0.5 / np.sqrt(8 / 2) / 2]


def sums_automaton() -> list[Any]:
    return [float("-42.75"), (102.0, math.nan, math.nan, math.nan)]
