"""Who lends an answer to whom: random donors and ratios within cells, from the narrowest cell that has enough."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.fixedpoint import Floats

Rows = npt.NDArray[np.intp]
NOBODY = -1


@dataclass(frozen=True, slots=True)
class Cell:
    """A way of forming cells: the names of its columns, and the label of every row (None: not in any)."""

    name: str
    label: npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Matches:
    """Recipients in the order they were served: rows, donors, cells and label of each; how many could lend by cells."""

    rows: Rows
    donors: Rows
    cells: list[str]
    labels: list[str]
    available: dict[str, int]


def hot_deck_rows(
    recipients: Rows, donors: Rows, cells: list[Cell], rng: np.random.Generator, rule: tuple[int, int, bool]
) -> Matches:
    """Give every recipient a donor of its cell at random, each donor at most `uses` times in all.

    The donors of a cell are shuffled and lend in turn, so that none lends a second time before each has lent once.
    rule: (uses, fewest, bootstrap); bootstrap draws the donors of the cell with replacement first.
    """
    uses, fewest, bootstrap = rule
    left = dict.fromkeys(donors.tolist(), uses)
    served: list[tuple[int, int, str, str]] = []
    available: dict[str, int] = {}
    for cell, label, waiting, givers in _in_their_turn(recipients, donors, cells, served):
        pool = [donor for donor in givers if left[donor] > 0]
        if len(pool) < fewest:
            continue
        lenders = rng.choice(pool, len(pool)).tolist() if bootstrap else pool
        for recipient, donor in zip(waiting, _in_turn(lenders, left, rng), strict=False):
            served.append((recipient, donor, cell.name, label))
            left[donor] -= 1
        available[cell.name] = available.get(cell.name, 0) + len(pool)
    return _matches(served, available)


def ratio_rows(
    recipients: Rows, pairs: Rows, cells: list[Cell], rng: np.random.Generator,
    rule: tuple[tuple[Floats, Floats, Floats], int, bool],
) -> tuple[Matches, Floats]:  # fmt: skip
    """Give every recipient the ratio of its cell, or with bootstrap that of one unit drawn in proportion to w x.

    rule: ((y, x, w), fewest, bootstrap), y now and x before.
    """
    (y, x, w), fewest, bootstrap = rule
    served: list[tuple[int, int, str, str]] = []
    ratios: list[float] = []
    available: dict[str, int] = {}
    for cell, label, waiting, givers in _in_their_turn(recipients, pairs, cells, served):
        pool = np.array(givers, dtype=np.intp)
        if len(pool) < fewest or not float((w * x)[pool].sum()) > 0:
            continue
        lenders = rng.choice(pool, len(pool)) if bootstrap else pool
        if bootstrap and not float((w * x)[lenders].sum()) > 0:
            lenders = pool
        for recipient in waiting:
            giver = NOBODY
            if bootstrap:
                weight = (w * x)[lenders]
                giver = int(rng.choice(lenders, p=weight / weight.sum()))
            ratios.append(y[giver] / x[giver] if bootstrap else float((w * y)[pool].sum() / (w * x)[pool].sum()))
            served.append((recipient, giver, cell.name, label))
        available[cell.name] = available.get(cell.name, 0) + len(pool)
    return _matches(served, available), np.array(ratios)


def _in_their_turn(
    recipients: Rows, donors: Rows, cells: list[Cell], served: list[tuple[int, int, str, str]]
) -> Iterator[tuple[Cell, str, list[int], list[int]]]:
    """Yield each cell, narrowest first, with who still waits and who could lend; the caller appends to `served`."""
    for cell in cells:
        done = {row for row, *_ in served}
        waiting = _by_label([row for row in recipients.tolist() if row not in done], cell)
        givers = _by_label(donors.tolist(), cell) if waiting else {}
        for label in sorted(waiting):
            yield cell, label, waiting[label], givers.get(label, [])


def _by_label(rows: list[int], cell: Cell) -> dict[str, list[int]]:
    made: dict[str, list[int]] = {}
    for row in rows:
        if cell.label[row] is not None:
            made.setdefault(cell.label[row], []).append(row)
    return made


def _in_turn(lenders: list[int], left: dict[int, int], rng: np.random.Generator) -> Iterator[int]:
    """Yield lenders in random order, round after round, while any may still lend."""
    while any(left[donor] > 0 for donor in lenders):
        for donor in rng.permutation(lenders).tolist():
            if left[donor] > 0:
                yield donor


def _matches(served: list[tuple[int, int, str, str]], available: dict[str, int]) -> Matches:
    rows, donors = ([entry[i] for entry in served] for i in (0, 1))
    names, labels = ([str(entry[i]) for entry in served] for i in (2, 3))
    return Matches(np.array(rows, dtype=np.intp), np.array(donors, dtype=np.intp), names, labels, available)
