"""The product of a tall matrix with itself, without multiplying the zeros of strata that lie in few domains."""

from __future__ import annotations

import numpy as np

from analysis.cells import Codes
from analysis.fixedpoint import Floats


def crossed(rows: Floats, parent: Codes) -> Floats:
    """Return rows' rows (P, P), rows (units, P), parent (units,) the stratum of each.

    Where provinces are domains, a stratum has scores in the few columns of its own province. Strata with the same
    non-empty columns are multiplied together, whenever that is less than half the work; numbers that are NaN spread to
    the whole of their column, as in the plain product.

    >>> crossed(np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 3.0]]), np.array([0, 0, 1])).tolist()
    [[5.0, 0.0], [0.0, 9.0]]
    """
    units, size = rows.shape
    filled = rows != 0
    if 4 * np.count_nonzero(filled) >= units * size or np.isnan(rows).any():
        return np.asarray(rows.T @ rows)
    used = np.zeros((int(parent.max(initial=0)) + 1, size), dtype=bool)
    at, column = np.nonzero(filled)
    used[parent[at], column] = True
    kinds, kind = np.unique(used, axis=0, return_inverse=True)
    mine = kind.reshape(-1)[parent]
    if 2 * (np.bincount(mine, minlength=len(kinds)) * kinds.sum(axis=1) ** 2).sum() >= units * size**2:
        return np.asarray(rows.T @ rows)
    total = np.zeros((size, size))
    for number, own in enumerate(kinds):
        columns = np.flatnonzero(own)
        part = rows[np.ix_(mine == number, columns)]
        total[np.ix_(columns, columns)] += part.T @ part
    return total
