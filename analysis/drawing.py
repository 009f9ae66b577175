"""Draw a stratified systematic sample with permanent random numbers from a frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from analysis.experiments import Experiment, arms_of
from analysis.matching import named
from analysis.permanent import permanent_random
from analysis.plan import FILE, DesignPlan, Drawing, TakeAll
from analysis.planning import Stratum, allocate
from uptake.contract.errors import DesignError, did_you_mean

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Counts: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Marks: TypeAlias = NDArray[np.bool_]

SEPARATOR = "-"
TAKE_ALL_MARK = "T"
_OWN_COLUMNS = ("wave", "stratum", "selection", "base_weight", "n_h", "N_h")


def draw(frame: DataFrame, plan: DesignPlan, *, wave: str, secret: str = "") -> DataFrame:
    """Draw the sample of a wave.

    Inside stratum h the units are sorted by the implicit order, then by their permanent random number
    u = HMAC-SHA256(seed + secret, unit id) / 2^256 (first 53 bits); taken are the positions floor((r + k) N_h / n_h),
    k = 0 ... n_h - 1, with one random start r of the stratum from the same key. Every unit has the inclusion
    probability n_h / N_h and base_weight = N_h / n_h, so base weights add up to N_h.

    It does not rotate: on an unchanged frame and design the next wave draws the same units. The implicit order is not
    used by the variance, which treats a stratum as a simple random sample and is so a little too large.

    frame: one row a unit, with plan.unit_id, the strata, take-all and order columns; plan: with `drawing`;
    wave: name of the wave; secret: kept outside the study folder, it makes the draw unpredictable to readers of it.
    Returns the table `sample`, sorted by stratum and unit, with a column of arms for every experiment of the plan.
    Raises DesignError on an unknown column, a repeated or empty unit id, an empty stratum code, an n that the frame
    cannot carry, or an experiment whose column the frame has already.
    """
    drawing = _drawing(plan)
    _refuse_bad_frame(frame, plan, drawing)
    prepared = _prepared(frame, plan, drawing, seed=drawing.seed + secret)
    strata = _strata(prepared, plan)
    sizes = allocate(strata, drawing.allocation, n=drawing.n, min_n_h=drawing.min_n_h)
    starts = {stratum.key: permanent_random(drawing.seed + secret, f"start {stratum.key}") for stratum in strata}
    sample = _selected(prepared, sizes, starts, wave=wave)
    return _with_arms(sample, plan.experiments, key=drawing.seed + secret)


def _with_arms(sample: DataFrame, experiments: Sequence[Experiment], *, key: str) -> DataFrame:
    """Add the column of each experiment, filled stratum by stratum."""
    for experiment in experiments:
        arms: dict[str, str] = {}
        for stratum, units in sample.groupby("stratum")["unit_id"]:
            arms |= arms_of(experiment, units.tolist(), key=key, stratum=str(stratum))
        sample = sample.assign(**{experiment.column: sample["unit_id"].map(arms)})
    return sample


def _drawing(plan: DesignPlan) -> Drawing:
    if plan.drawing is None:
        raise DesignError(
            f'{FILE}: the study brings its own data ("weights"), so there is no sample to draw. Run `uptake estimate`.',
            code="no_drawing",
        )
    return plan.drawing


def _refuse_bad_frame(frame: DataFrame, plan: DesignPlan, drawing: Drawing) -> None:
    take_all = (drawing.take_all.column,) if drawing.take_all else ()
    _refuse_unknown_columns(frame, (plan.unit_id, *plan.strata, *take_all, *drawing.implicit_order, *plan.domains))
    _refuse_taken_columns(frame, plan.experiments)
    ids = frame[plan.unit_id]
    if frame.empty:
        raise DesignError("frame: it has no units, so there is no sample to draw. Give the list of all units.",
                          code="frame_empty")  # fmt: skip
    if ids.isna().any():
        row = int(ids.isna().to_numpy().argmax()) + 1
        raise DesignError(f'frame, row {row}: the unit id "{plan.unit_id}" is empty, so the unit could not be found'
                          " again. Give every unit an id.", code="unit_id_missing")  # fmt: skip
    repeated = ids[ids.duplicated()]
    if len(repeated):
        raise DesignError(f"frame: {named(repeated)} stands in more than one row, so it could be drawn twice. Keep one"
                          " row a unit.", code="unit_id_repeated")  # fmt: skip
    for column in (*plan.strata, *take_all):
        empty = frame[frame[column].isna()]
        if len(empty):
            raise DesignError(f'frame: the strata column "{column}" is empty for {named(empty[plan.unit_id])}; a unit'
                              " outside all strata cannot be drawn. Fill the column.",
                              code="stratum_missing")  # fmt: skip
    if drawing.take_all:
        _refuse_unknown_values(frame, drawing.take_all)


def _refuse_unknown_values(frame: DataFrame, take_all: TakeAll) -> None:
    known = sorted(frame[take_all.column].astype("str").unique().tolist())
    for value in take_all.values:
        if value not in known:
            raise DesignError(f'{take_all.place}: take_all names {take_all.column} "{value}", which no unit of the'
                              f" frame has.{did_you_mean(value, known)} It has: {', '.join(known[:20])}.",
                              code="take_all_value")  # fmt: skip


def _refuse_unknown_columns(frame: DataFrame, wanted: Sequence[str]) -> None:
    known = [str(name) for name in frame.columns]
    for column in (name for part in wanted for name in part.split("+")):
        if column not in known:
            raise DesignError(f'{FILE}: the frame has no column "{column}".{did_you_mean(column, known)} It has:'
                              f" {', '.join(known)}.", code="unknown_column")  # fmt: skip


def _refuse_taken_columns(frame: DataFrame, experiments: Sequence[Experiment]) -> None:
    for experiment in experiments:
        filled = experiment.column in frame and not frame[experiment.column].isin(["", None]).all()
        if filled or experiment.column in _OWN_COLUMNS:
            raise DesignError(f'{experiment.place}: the experiment "{experiment.id}" would write the column'
                              f' "{experiment.column}", which the sample has already. Give it a column of its own.',
                              code="experiment_column")  # fmt: skip


def _prepared(frame: DataFrame, plan: DesignPlan, drawing: Drawing, *, seed: str) -> DataFrame:
    """Add stratum, take-all mark and random number, and sort: from here the order of the frame's rows is forgotten."""
    kept = frame.drop(columns=[name for name in _OWN_COLUMNS if name in frame.columns])
    kept = kept.rename(columns={plan.unit_id: "unit_id"}).assign(unit_id=frame[plan.unit_id].astype("str"))
    take_all = _take_all(kept, drawing)
    key = stratum_keys(kept, plan.strata)
    if drawing.take_all and drawing.take_all.column not in plan.strata:
        key = key.where(~take_all, key + SEPARATOR + TAKE_ALL_MARK)
    kept = kept.assign(stratum=key, _take_all=take_all,
                       _random=[permanent_random(seed, unit) for unit in kept["unit_id"]])  # fmt: skip
    return kept.sort_values(["stratum", *drawing.implicit_order, "_random", "unit_id"], ignore_index=True)


def stratum_keys(table: DataFrame, columns: Sequence[str]) -> Series:
    """Return the codes of `columns` joined to one key a row, such as `110000-3`."""
    key = table[columns[0]].astype("str")
    for column in columns[1:]:
        key = key + SEPARATOR + table[column].astype("str")
    return key


def _take_all(frame: DataFrame, drawing: Drawing) -> Series:
    if drawing.take_all is None:
        return frame["unit_id"].isna()
    return frame[drawing.take_all.column].astype("str").isin(drawing.take_all.values)


def _strata(prepared: DataFrame, plan: DesignPlan) -> list[Stratum]:
    made = []
    for key, units in prepared.groupby("stratum", sort=True):
        codes = tuple((column, str(units[column].iloc[0])) for column in plan.strata)
        made.append(Stratum(str(key), codes, len(units), bool(units["_take_all"].all())))
    return made


def _selected(prepared: DataFrame, sizes: dict[str, int], starts: dict[str, float], *, wave: str) -> DataFrame:
    N_h = prepared.groupby("stratum")["unit_id"].transform("size").to_numpy().astype(np.int64)
    position = prepared.groupby("stratum").cumcount().to_numpy().astype(np.int64)
    n_h = prepared["stratum"].map(sizes).to_numpy().astype(np.int64)
    start = prepared["stratum"].map(starts).to_numpy().astype(float)
    taken = _systematic(position, n_h, N_h, start)
    drawn = prepared[taken].drop(columns=["_take_all", "_random"])
    made = drawn.assign(
        wave=wave,
        selection=np.where(n_h == N_h, "take_all", "sampled")[taken],
        base_weight=(N_h / np.maximum(n_h, 1))[taken],
        n_h=n_h[taken],
        N_h=N_h[taken],
    )
    first = [
        "wave",
        "unit_id",
        *(["name"] if "name" in drawn else []),
        "stratum",
        "selection",
        "base_weight",
        "n_h",
        "N_h",
    ]
    return made[[*first, *(name for name in made.columns if name not in first)]].sort_values(
        ["stratum", "unit_id"], ignore_index=True
    )


def _systematic(position: Counts, n_h: Counts, N_h: Counts, start: Floats) -> Marks:
    """Mark position i of a stratum when some k has floor((start + k) N_h / n_h) = i.

    That is so exactly when ceil(i n_h / N_h - start) < (i + 1) n_h / N_h - start; whole numbers are compared where
    the stratum is taken whole, so that no rounding can lose a unit.
    """
    before = np.ceil(position * n_h / N_h - start)
    after = np.ceil((position + 1) * n_h / N_h - start)
    marks: Marks = (after > before) | (n_h == N_h)
    return marks
