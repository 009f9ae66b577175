"""The tables that imputation leaves: the responses with values and flags, the report, the donors, the warnings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Rows = npt.NDArray[np.intp]
NOT_FOUND = "none"


def with_values(table: DataFrame, field: str, rows: Rows, values: Any, wanted: npt.NDArray[np.bool_]) -> DataFrame:
    """Return the table with imputed values, `<field>_state` and `<field>_imputed`; whole-number columns stay whole.

    wanted: the rows whose answer was missing; those without donor keep their state.
    """
    import pandas as pd

    column = table[field].copy()
    found = pd.Series(np.asarray(values) if not hasattr(values, "array") else values.array, dtype=None)
    if pd.api.types.is_integer_dtype(column.dtype):
        found = pd.Series(np.rint(found.to_numpy(dtype=float)).astype(np.int64), dtype=column.dtype)
    column.iloc[rows] = found.array
    flags = np.zeros(len(table), dtype=bool)
    flags[rows] = True
    state = f"{field}_state"
    if state in table.columns:
        states = table[state].astype("str").astype(object)
    else:
        states = pd.Series(np.where(wanted, "blank", "answered"), index=table.index, dtype=object)
    states.iloc[rows] = "imputed"
    earlier = f"{field}_imputed"
    if earlier in table.columns:
        flags |= table[earlier].fillna(False).to_numpy(dtype=bool)
    made = table.copy()
    made[field], made[state], made[earlier] = column, states.astype("str"), flags
    return made


def report_rows(
    number: int, field: str, cells: list[str], donors: Rows, rest: tuple[dict[str, int], int]
) -> list[tuple[int, str, str, int, int, int]]:
    """Return a row for each level of cells, and one for what was left missing."""
    available, left = rest
    made = []
    for name in dict.fromkeys(cells):
        givers = Counter(d for d, c in zip(donors.tolist(), cells, strict=True) if c == name and d >= 0)
        made.append((number, field, name, cells.count(name), available[name], max(givers.values(), default=0)))
    return [*made, (number, field, NOT_FOUND, left, 0, 0)] if left else made


def donor_rows(
    number: int, field: str, ids: Series, rows: Rows, found: tuple[Rows, list[str], list[str]]
) -> list[tuple[int, str, object, object, str, str]]:
    """Return a row an imputed answer, in the order of the unit ids."""
    donors, cells, labels = found
    made = [
        (number, field, ids.iloc[row], ids.iloc[giver] if giver >= 0 else None, cell, label)
        for row, giver, cell, label in zip(rows.tolist(), donors.tolist(), cells, labels, strict=True)
    ]
    return sorted(made, key=lambda entry: str(entry[2]))


def warnings_of(report: DataFrame, cells: tuple[str, ...]) -> tuple[str, ...]:
    """Return what a reader must know: cells that were collapsed, answers left missing, of the first data set."""
    narrow = " x ".join(cells) or "all"
    told = []
    for entry in report[report["dataset"] == 1].itertuples(index=False):
        answers = "1 answer" if entry.imputed == 1 else f"{entry.imputed:,} answers"
        if entry.cells == NOT_FOUND:
            stays = "stays" if entry.imputed == 1 else "stay"
            told.append(f'NO_DONOR: "{entry.field}": {answers} found no donor and {stays} missing.')
        elif entry.cells != narrow:
            told.append(
                f'CELLS_COLLAPSED: "{entry.field}": {answers} came from cells of {entry.cells}, as those of {narrow} '
                "had too few donors."
            )
    return tuple(told)
