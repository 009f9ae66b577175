"""Fill in single answers that are missing: from a donor of the same cell, or from last wave's value; flagged, told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias
from zlib import crc32

import numpy as np
import numpy.typing as npt

from analysis.donors import Cell, hot_deck_rows, ratio_rows
from analysis.fixedpoint import Floats
from uptake.contract.errors import EstimationError, did_you_mean

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Method = Literal["hot_deck", "ratio"]
Rows: TypeAlias = npt.NDArray[np.intp]
STATES = ("blank", "refused")
IMPUTED, ANSWERED = "imputed", "answered"
NEVER = ("not_applicable",)  # the question was not asked: there is nothing to fill in


@dataclass(frozen=True, slots=True)
class Imputed:
    """Imputed tables and how they came about.

    `tables` has one table a data set, each with the rows, order and columns of the responses, `<field>_state` and
    `<field>_imputed`. `report` has a row for each data set, field and level of cells: dataset, field, cells, imputed,
    donors, most_uses; cells "none" are the answers left missing. `donors` has a row an imputed answer: dataset, field,
    unit_id, donor_id (empty for a ratio of a cell), cells, cell.
    """

    tables: tuple[DataFrame, ...]
    report: DataFrame
    donors: DataFrame
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Task:
    """What is to be done, as checked."""

    fields: tuple[str, ...]
    cells: tuple[str, ...]
    kept: int
    states: tuple[str, ...]
    uses: int
    fewest: int
    unit_id: str


def impute(
    responses: DataFrame, fields: str | Sequence[str], *, seed: int, cells: str | Sequence[str] = (),
    method: Method = "hot_deck", datasets: int = 1, previous: DataFrame | None = None, weight: str | None = None,
    donor_uses: int = 3, fewest: int | None = None, keep_cells: int = 0, states: Sequence[str] = STATES,
    unit_id: str = "unit_id",
) -> Imputed:  # fmt: skip
    """Impute missing answers to some fields.

    hot_deck: a unit that answered all of the fields, drawn at random from the cell, lends its answers; ratio: R times
    the unit's value of the previous wave, R = sum w y / sum w y_previous over the units of the cell with both. With
    several data sets the donors of a cell are first drawn with replacement (approximate Bayesian bootstrap, Rubin &
    Schenker 1986) and a ratio is that of one of them, drawn in proportion to w y_previous: combine the estimates with
    `combine_imputations`.

    It is right only so far as those who did not answer are like those of the cell who did. A single data set
    understates every standard error. Answers never asked for (not_applicable) stay.

    responses: one row a unit, `<field>` and, where known, `<field>_state`; fields: imputed together, from one donor;
    seed: any whole number; the draw does not depend on the order of the rows; cells: columns that form cells; where a
    cell has too few donors the last column is dropped, then the one before, down to the first `keep_cells`; datasets:
    m; previous: a table of the last wave with `unit_id` and the fields; weight: column of weights; donor_uses: times a
    donor may lend in a data set; fewest: donors a cell must have (default 1, for ratios 5); states: which states are
    missing (a row without state is missing if its value is).
    Returns Imputed; an answer without donor stays missing and is counted. Raises EstimationError: unknown columns,
    repeated units, text under "ratio".
    Checked by hand and by simulation (unbiasedness within cells, coverage with `combine_imputations`).

    >>> import pandas as pd
    >>> rows = pd.DataFrame({"unit_id": ["a", "b", "c", "d"], "size": list("SSLL"), "staff": [3.0, None, 90.0, 80.0]})
    >>> made = impute(rows, "staff", cells="size", seed=1)
    >>> made.tables[0].staff.tolist(), made.donors[["unit_id", "donor_id"]].values.tolist()
    ([3.0, 3.0, 90.0, 80.0], [['b', 'a']])
    """
    names = (fields,) if isinstance(fields, str) else tuple(fields)
    columns = (cells,) if isinstance(cells, str) else tuple(cells)
    least = fewest if fewest is not None else (5 if method == "ratio" else 1)
    task = _Task(names, columns, keep_cells, tuple(states), donor_uses, least, unit_id)
    _check(responses, task, weight, datasets)
    order = np.argsort(responses[unit_id].astype(str).to_numpy(dtype=object), kind="stable")
    w = np.ones(len(responses)) if weight is None else responses[weight].to_numpy(dtype=float)
    work = _Work(responses, task, order, w)
    draw = _drawn_from_donors(work) if method == "hot_deck" else _drawn_from_ratios(work, previous)
    return _made(work, draw, seed, datasets)


@dataclass(frozen=True, slots=True)
class _Work:
    """The table under way: its task, the row numbers in the order of the unit ids, the weights."""

    table: DataFrame
    task: _Task
    order: Rows
    weight: Floats

    def missing(self, field: str) -> npt.NDArray[np.bool_]:
        """Which rows lack an answer that should be filled in."""
        empty = self.table[field].isna().to_numpy()
        if f"{field}_state" not in self.table.columns:
            return np.asarray(empty)
        state = self.table[f"{field}_state"].astype("str")
        unknown = state.isna().to_numpy() & empty
        return np.asarray((state.isin(self.task.states).to_numpy() & ~state.isin(NEVER).to_numpy()) | unknown)

    def answered(self, field: str) -> npt.NDArray[np.bool_]:
        """Which rows have an answer of their own to lend."""
        known = self.table[field].notna().to_numpy() & ~self.missing(field)
        if f"{field}_imputed" in self.table.columns:
            known &= ~self.table[f"{field}_imputed"].fillna(False).to_numpy(dtype=bool)
        if f"{field}_state" in self.table.columns:
            known &= self.table[f"{field}_state"].astype("str").fillna(ANSWERED).eq(ANSWERED).to_numpy()
        return np.asarray(known)

    def cells(self) -> list[Cell]:
        """The codes of the cells, narrowest first: dropping columns from the last, at most down to `kept`."""
        made = []
        for size in range(len(self.task.cells), self.task.kept - 1, -1):
            columns = self.task.cells[:size]
            labels = np.full(len(self.table), "", dtype=object)
            for column in columns:
                text = self.table[column].astype("str").to_numpy(dtype=object)
                labels = np.array([f"{a} / {b}" if a else str(b) for a, b in zip(labels, text, strict=True)], object)
            for column in columns:
                labels[self.table[column].isna().to_numpy()] = None
            made.append(Cell(" x ".join(columns) or "all", labels))
        return made


@dataclass(frozen=True, slots=True)
class _Filled:
    """What was found for one field in one data set: rows, values, donors (-1: none), the cells they rest on."""

    rows: Rows
    values: Series | Floats
    donors: Rows
    cells: list[str]
    labels: list[str]
    available: dict[str, int]


Draw: TypeAlias = Callable[[np.random.Generator, bool], dict[str, _Filled]]


def _check(table: DataFrame, task: _Task, weight: str | None, datasets: int) -> None:
    wanted = [*task.fields, *task.cells, task.unit_id, *([weight] if weight else [])]
    for name in wanted:
        if name not in table.columns:
            raise EstimationError(
                f'the imputation names the column "{name}", which the responses do not have.'
                f"{did_you_mean(name, [str(c) for c in table.columns])}",
                code="COLUMN_NOT_FOUND",
            )
    twice = table[task.unit_id][table[task.unit_id].duplicated()]
    if len(twice):
        raise EstimationError(
            f'unit "{twice.iloc[0]}" stands in several rows - a donor would be drawn twice as often; give one row a '
            "unit, of one wave.",
            code="DUPLICATE_UNIT",
        )
    for name, value, low in (("datasets", datasets, 1), ("donor_uses", task.uses, 1), ("fewest", task.fewest, 1)):
        if value < low:
            raise EstimationError(f"{name} is {value} - it must be at least {low}.", code="IMPUTATION")
    if not task.fields:
        raise EstimationError("no field is to be imputed - name at least one.", code="NOTHING_ASKED")


def _drawn_from_donors(work: _Work) -> Draw:
    task, cells = work.task, work.cells()
    lacking = {field: work.missing(field) for field in task.fields}
    anyone = np.any(list(lacking.values()), axis=0)
    able = np.all([work.answered(field) for field in task.fields], axis=0)
    recipients, donors = work.order[anyone[work.order]], work.order[able[work.order]]

    def draw(rng: np.random.Generator, bootstrap: bool) -> dict[str, _Filled]:
        found = hot_deck_rows(recipients, donors, cells, rng, (task.uses, task.fewest, bootstrap))
        filled = {}
        for field in task.fields:
            here = np.array([i for i, row in enumerate(found.rows) if lacking[field][row]], dtype=np.intp)
            givers = found.donors[here]
            filled[field] = _Filled(
                found.rows[here], work.table[field].iloc[givers], givers, [found.cells[i] for i in here],
                [found.labels[i] for i in here], found.available,
            )  # fmt: skip
        return filled

    return draw


def _drawn_from_ratios(work: _Work, previous: DataFrame | None) -> Draw:
    if previous is None:
        raise EstimationError(
            'method="ratio" multiplies the value of the last wave, and no `previous` table is given - give it, or use '
            'method="hot_deck".',
            code="PREVIOUS_MISSING",
        )
    task, cells = work.task, work.cells()
    before = {field: _before(work, previous, field) for field in task.fields}

    def draw(rng: np.random.Generator, bootstrap: bool) -> dict[str, _Filled]:
        filled = {}
        for field in task.fields:
            last, now = before[field], work.table[field].to_numpy(dtype=float, na_value=np.nan)
            both = work.answered(field) & ~np.isnan(last)
            wanted = work.missing(field) & ~np.isnan(last)
            recipients, pairs = work.order[wanted[work.order]], work.order[both[work.order]]
            amounts = (np.where(both, now, np.nan), last, work.weight)
            found, ratio = ratio_rows(recipients, pairs, cells, rng, (amounts, task.fewest, bootstrap))
            filled[field] = _Filled(
                found.rows, ratio * last[found.rows], found.donors, found.cells, found.labels, found.available
            )
        return filled

    return draw


def _before(work: _Work, previous: DataFrame, field: str) -> Floats:
    """The values of the last wave in the order of the rows; NaN where the unit was not there."""
    import pandas as pd

    for name in (work.task.unit_id, field):
        if name not in previous.columns:
            raise EstimationError(
                f'the previous wave has no column "{name}" - the ratio to its value needs it; give the table of that '
                "wave's responses.",
                code="COLUMN_NOT_FOUND",
            )
    if previous[work.task.unit_id].duplicated().any():
        raise EstimationError(
            "a unit stands in several rows of the previous wave - its last value is not one; give one row a unit.",
            code="DUPLICATE_UNIT",
        )
    if not (pd.api.types.is_numeric_dtype(work.table[field]) and pd.api.types.is_numeric_dtype(previous[field])):
        raise EstimationError(
            f'"{field}" is not a number - a ratio to its last value does not exist; use method="hot_deck".',
            code="NOT_NUMERIC",
        )
    last = previous.set_index(work.task.unit_id)[field].reindex(work.table[work.task.unit_id])
    return np.asarray(last.to_numpy(dtype=float, na_value=np.nan))


def _made(work: _Work, draw: Draw, seed: int, datasets: int) -> Imputed:
    import pandas as pd

    from analysis.imputed_tables import donor_rows, report_rows, warnings_of, with_values

    tables, report, donors = [], [], []
    for number in range(1, datasets + 1):
        filled = draw(np.random.default_rng([seed, number, crc32(" ".join(work.task.fields).encode())]), datasets > 1)
        table = work.table.copy()
        for field, found in filled.items():
            wanted = work.missing(field)
            table = with_values(table, field, found.rows, found.values, wanted)
            left = int(wanted.sum()) - len(found.rows)
            report += report_rows(number, field, found.cells, found.donors, (found.available, left))
            ids = work.table[work.task.unit_id]
            donors += donor_rows(number, field, ids, found.rows, (found.donors, found.cells, found.labels))
        tables.append(table)
    said = pd.DataFrame(report, columns=["dataset", "field", "cells", "imputed", "donors", "most_uses"])
    given = pd.DataFrame(donors, columns=["dataset", "field", "unit_id", "donor_id", "cells", "cell"])
    return Imputed(tuple(tables), said, given, warnings_of(said, work.task.cells))
