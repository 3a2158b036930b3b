"""Columns that never meet in a row share a colour, and are found by one product.

    J · seed_c  =  Σ of the columns of colour c        (Curtis, Powell, Reid 1974; greedy, fullest columns first)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["color", "expand", "seeds"]


def color(pattern: Any) -> NDArray[np.int64]:
    """A colour (0, 1, …) for each column of a sparse matrix: two columns with an entry in one row differ.

    >>> from scipy.sparse import csr_matrix
    >>> color(csr_matrix([[1, 1, 0], [0, 1, 1]])).tolist()
    [1, 0, 1]
    """
    columns = pattern.tocsc()
    starts, rows = columns.indptr.tolist(), columns.indices.tolist()
    taken = [0] * pattern.shape[0]                          # for each row, the set of colours met so far, as bits
    out = np.zeros(pattern.shape[1], dtype=np.int64)
    for j in np.argsort(-np.diff(columns.indptr), kind="stable").tolist():
        mine = rows[starts[j]:starts[j + 1]]
        forbidden = 0
        for i in mine:
            forbidden |= taken[i]
        bit = ~forbidden & (forbidden + 1)                  # the lowest colour that is free
        for i in mine:
            taken[i] |= bit
        out[j] = bit.bit_length() - 1
    return out


def seeds(colors: NDArray[np.int64]) -> NDArray[np.float64]:
    """One row for each colour: the sum of the unit vectors of that colour."""
    out = np.zeros((int(colors.max(initial=-1)) + 1, len(colors)))
    out[colors, np.arange(len(colors))] = 1.0
    return out


def expand(pattern: Any, colors: NDArray[np.int64], products: NDArray[np.float64]) -> Any:
    """The sparse matrix from its products with the seeds, [colours, rows]."""
    from scipy.sparse import csr_matrix
    rows = np.repeat(np.arange(pattern.shape[0]), np.diff(pattern.indptr))
    data = products[colors[pattern.indices], rows]
    return csr_matrix((data, pattern.indices.copy(), pattern.indptr.copy()), shape=pattern.shape)
