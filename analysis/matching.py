"""Refuse tables that do not fit each other or themselves: missing, extra and repeated units, designs edited by hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from uptake.contract.errors import TableError

if TYPE_CHECKING:
    from pandas import DataFrame, Series

CLOSE = 1e-6  # how far base weights may add up beside the frame count, relative


def named(ids: Series) -> str:
    """Return the first of some units and how many more there are: `unit "A" (and 3 more)`."""
    more = ids.nunique() - 1
    return f'unit "{ids.iloc[0]}"' + (f" (and {more:,} more)" if more else "")


def refuse_repeated(table: DataFrame, unit_id: str, name: str) -> None:
    """Refuse a unit that stands in several rows; units without an id cannot be compared."""
    if unit_id not in table.columns:
        return
    repeated = table.loc[table[unit_id].notna() & table[unit_id].duplicated(), unit_id]
    if len(repeated):
        raise TableError(f"{name}: {named(repeated)} stands in more than one row, so it would count twice. Keep one"
                         f" row a unit (`{unit_id}`).")  # fmt: skip


def refuse_unmatched(sample: DataFrame, responses: DataFrame) -> None:
    """Refuse a unit of the sample without a row of responses, and the other way round."""
    absent = sample.loc[~sample["unit_id"].isin(responses["unit_id"]), "unit_id"]
    if len(absent):
        raise TableError(f"responses: {named(absent)} of the sample has no row; nonrespondents count too. Export again:"
                         " every assigned unit gets a row with its disposition.")  # fmt: skip
    strange = responses.loc[~responses["unit_id"].isin(sample["unit_id"]), "unit_id"]
    if len(strange):
        raise TableError(f"responses: {named(strange)} is not in the sample, so it has no weight. Give the sample that"
                         " was asked.")  # fmt: skip


def refuse_edited_sample(sample: DataFrame) -> None:
    """Refuse a sample whose columns contradict each other, as an edit by hand leaves them.

    In each stratum N_h and n_h are one value, n_h rows stand there, and their base weights add up to N_h.
    """
    bad = sample[~((sample["base_weight"] > 0) & (sample["base_weight"] < float("inf")))]
    if len(bad):
        raise TableError(f"sample: {named(bad['unit_id'])} has the base weight {bad['base_weight'].iloc[0]:g}; it must"
                         " be a number above zero. Draw again instead of editing the sample.")  # fmt: skip
    by = sample.groupby("stratum", sort=True)
    for column in ("N_h", "n_h"):
        values = by[column].agg(["min", "max"])
        uneven = values[values["min"] != values["max"]]
        if len(uneven):
            low, high = uneven.iloc[0]
            _refuse_stratum(uneven.index[0], f"{column} runs from {low} to {high}, but it is one count a stratum")
    rows, n, N = by.size(), by["n_h"].first(), by["N_h"].first()
    for h in rows.index[rows != n][:1]:
        _refuse_stratum(h, f"n_h says that {n[h]} units were drawn, but {rows[h]} rows stand there")
    total = by["base_weight"].sum()
    for h in N.index[(total - N).abs() > CLOSE * N][:1]:
        _refuse_stratum(h, f"the base weights add up to {total[h]:g}, but N_h is {N[h]}")


def _refuse_stratum(stratum: object, says: str) -> None:
    raise TableError(f'sample: in stratum "{stratum}" {says}. Draw again instead of editing the sample.')


def refuse_edited_weights(weights: DataFrame, answers: DataFrame, *, wave: str) -> None:
    """Refuse weights that were not made from these answers, or were changed since.

    weights, answers: the rows of the wave; every unit stands in both, and weight = weight_units / one scale.
    """
    refuse_repeated(weights, "unit_id", "weights")
    refuse_repeated(answers, "unit_id", "responses")
    where = f'weights and responses of wave "{wave}" do not fit each other'
    for one, other, says in (
        (weights, answers, "is in the weights but not in the responses"),
        (answers, weights, "is in the responses but not in the weights"),
    ):
        absent = one.loc[~one["unit_id"].isin(other["unit_id"]), "unit_id"]
        if len(absent):
            raise TableError(f"{where}: {named(absent)} {says}. Run `uptake weigh` on these responses.")
    given = weights[weights["weight"].notna()]
    if given.empty:
        raise TableError(f"{where}: no unit has a weight. Run `uptake weigh` on these responses.")
    _refuse_edited_rows(given)


def _refuse_edited_rows(given: DataFrame) -> None:
    scales = given["weight_units"].astype(float) / given["weight"]
    scale = 2.0 ** round(math.log2(max(float(scales.median()), 1.0)))
    edited = given[~((scales / scale - 1).abs() < CLOSE)]
    if len(edited):
        raise TableError(f"weights: the weight of {named(edited['unit_id'])} is not its weight_units divided by the"
                         " scale of the table, so one of the two was changed. Run `uptake weigh` again.")  # fmt: skip
    by = given.groupby("stratum", sort=True)
    rows, N = by.size(), by["N_h"].min()
    if (rows > N).any():
        stratum = str((rows > N).idxmax())
        raise TableError(f'weights: in stratum "{stratum}" N_h is {N[stratum]}, but {rows[stratum]} units have a'
                         " weight. Run `uptake weigh` again instead of editing its table.")  # fmt: skip
    cells = given["calibration_cell"]
    if cells.notna().any() and cells.isna().any():
        raise TableError(f"weights: {named(given.loc[cells.isna(), 'unit_id'])} has no calibration_cell, but others"
                         " have one. Run `uptake weigh` again instead of editing its table.")  # fmt: skip
