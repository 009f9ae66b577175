"""Hadamard matrices: square tables of +1 and -1 whose rows are orthogonal, of the smallest order that can be built."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Signs = npt.NDArray[np.int8]


def hadamard(least: int) -> Signs:
    """Return H (m, m) of +1 and -1 with H H' = m I, first row and first column all +1, m >= `least` the smallest built.

    Orders are those of Sylvester (doubling) and of Paley's two constructions over a prime field, and their products:
    1, 2, 4, 8, 12, 16, 20, 24, 28 ... Orders that need other constructions (92, 116, 156 ...) are passed over, which
    costs some replicates more and nothing else.

    Source: Sylvester (1867); Paley (1933).

    >>> hadamard(3)
    array([[ 1,  1,  1,  1],
           [ 1, -1,  1, -1],
           [ 1,  1, -1, -1],
           [ 1, -1, -1,  1]], dtype=int8)
    """
    order = max(least, 1)
    while not _buildable(order):
        order += 1
    return _normalized(_built(order))


@lru_cache(maxsize=4096)
def _buildable(order: int) -> bool:
    if order in (1, 2) or _paley_one(order) or _paley_two(order):
        return True
    if order % 4:
        return False
    return any(order % part == 0 and _buildable(part) and _buildable(order // part) for part in _parts(order))


def _parts(order: int) -> list[int]:
    """The factors worth trying: 2 first, then those of whom both halves are multiples of 4."""
    return [2, *range(4, int(order**0.5) + 1, 4)]


def _built(order: int) -> Signs:
    if order == 1:
        return np.ones((1, 1), dtype=np.int8)
    if order == 2:
        return np.array([[1, 1], [1, -1]], dtype=np.int8)
    if order % 2 == 0 and _buildable(order // 2):
        return np.kron(_built(2), _built(order // 2)).astype(np.int8)
    if _paley_one(order):
        return _first_paley(order - 1)
    if _paley_two(order):
        return _second_paley(order // 2 - 1)
    part = next(p for p in _parts(order) if order % p == 0 and _buildable(p) and _buildable(order // p))
    return np.kron(_built(part), _built(order // part)).astype(np.int8)


def _normalized(matrix: Signs) -> Signs:
    """Change signs of rows and columns so that the first of each is +1."""
    rows = matrix * matrix[:, :1]
    return (rows * rows[:1]).astype(np.int8)


def _paley_one(order: int) -> bool:
    return order % 4 == 0 and _prime(order - 1)


def _paley_two(order: int) -> bool:
    return order % 4 == 0 and (order // 2 - 1) % 4 == 1 and _prime(order // 2 - 1)


def _prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))


def _characters(q: int) -> npt.NDArray[np.int64]:
    """Return Q (q, q): +1 where the difference of the places is a square modulo q, -1 where not, 0 on the diagonal."""
    signs = np.full(q, -1, dtype=np.int64)
    signs[np.arange(1, q, dtype=np.int64) ** 2 % q] = 1
    signs[0] = 0
    places = np.arange(q)
    return np.asarray(signs[(places[:, None] - places[None, :]) % q])


def _bordered(q: int, below: int) -> npt.NDArray[np.int64]:
    """Return Q with a first row of +1 and a first column of `below`, 0 in the corner."""
    made = np.zeros((q + 1, q + 1), dtype=np.int64)
    made[0, 1:], made[1:, 0], made[1:, 1:] = 1, below, _characters(q)
    return made


def _first_paley(q: int) -> Signs:
    return (np.eye(q + 1, dtype=np.int64) + _bordered(q, -1)).astype(np.int8)


def _second_paley(q: int) -> Signs:
    inner, diagonal = _bordered(q, 1), np.eye(q + 1, dtype=np.int64)
    made = np.kron(inner, np.array([[1, 1], [1, -1]])) + np.kron(diagonal, np.array([[1, -1], [-1, -1]]))
    return made.astype(np.int8)
