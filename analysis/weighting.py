"""Weigh the responses of a wave: nonresponse, post-stratification, and weights as exact whole numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from analysis.collapsing import Codes, Group, collapse, joined_groups, label
from analysis.matching import named, refuse_edited_sample, refuse_repeated, refuse_unmatched
from analysis.plan import FILE, DesignPlan, Nonresponse, Poststratify
from analysis.quality import weighting_quality
from uptake.contract.errors import DesignError, TableError, did_you_mean

if TYPE_CHECKING:
    from pandas import DataFrame, Series

RESOLVED = ("complete", "partial", "refused", "ineligible")  # the unit was reached and its eligibility is known
PRECISION = 1e11  # the smallest weight keeps a relative precision of 1e-11 as a whole number of 1 / scale
LARGEST_SUM = 2**62


@dataclass(frozen=True, slots=True)
class Weighed:
    """The result of stage 4: tables `weights` and `quality`, the scale of the weights, and the record of the steps."""

    weights: DataFrame
    quality: DataFrame
    weight_scale: int
    steps: tuple[Mapping[str, Any], ...]

    def metadata(self) -> dict[str, str]:
        """Return the facts that travel with the table `weights`."""
        return {"weight_scale": str(self.weight_scale), "steps": json.dumps(self.steps, ensure_ascii=False)}


def weigh(
    sample: DataFrame,
    responses: DataFrame,
    plan: DesignPlan,
    *,
    wave: str,
    frame: DataFrame | None = None,
) -> Weighed:
    """Weigh the responses of a wave.

    In nonresponse class c with base weights d: nonresponse_factor of a respondent = (D / D_known) (E_known / D_resp),
    where D is the sum of d over all units, D_known over units of known eligibility (complete, partial, refused,
    ineligible), E_known over the eligible ones of these, D_resp over respondents; that of an ineligible unit is
    D / D_known. Post-stratification: calibration_factor = N_cell / sum of response_weight in the cell.

    Ineligible units keep their weight, because the frame counts them: weights add up to the frame, respondents' weights
    to the eligible population. What makes units of one class differ in both response and answers is not corrected.

    sample, responses: the tables of the wave, one row a unit in both; plan: with `weighting`; frame: the table `frame`,
    needed when the post-strata are not strata columns. Returns Weighed. Raises TableError when the tables do not fit
    each other, DesignError when nobody of the sample responded or a column is unknown.
    """
    units = _units(sample, responses, plan, wave=wave)
    steps: list[Mapping[str, Any]] = [{"step": "base", "units": len(units), "sum": float(units["base_weight"].sum())}]
    units = _adjust_nonresponse(units, _nonresponse(plan), steps)
    units = _poststratify(units, plan, frame, steps)
    scale = _scale(units["_weight"])
    units = _fixed_point(units, scale)
    units = _variance_strata(units, plan.strata, steps)
    steps.append({"step": "fixed_point", "weight_scale": scale})
    quality = weighting_quality(units, plan.domains, wave=wave, frame=frame)
    return Weighed(_table(units, wave), quality, scale, tuple(steps))


def _nonresponse(plan: DesignPlan) -> Nonresponse:
    if plan.weighting and plan.weighting.nonresponse:
        return plan.weighting.nonresponse
    return Nonresponse(place=plan.place, classes=plan.strata)


def _units(sample: DataFrame, responses: DataFrame, plan: DesignPlan, *, wave: str) -> DataFrame:
    sample, responses = sample[sample["wave"] == wave], responses[responses["wave"] == wave]
    for name, table in (("sample", sample), ("responses", responses)):
        if table.empty:
            raise TableError(
                f'{name}: no row belongs to wave "{wave}". Give the table of that wave, or another --wave.'
            )
        refuse_repeated(table, "unit_id", name)
    refuse_unmatched(sample, responses)
    refuse_edited_sample(sample)
    units = sample.merge(responses[["unit_id", "disposition"]], on="unit_id", validate="one_to_one")
    used = plan.weighting.respondents if plan.weighting else ("complete",)
    return units.assign(
        respondent=units["disposition"].isin(used).astype(bool),
        eligible=(units["disposition"] != "ineligible").astype(bool),
        _known=units["disposition"].isin(RESOLVED).astype(bool),
    ).sort_values(["stratum", "unit_id"], ignore_index=True)


def _adjust_nonresponse(units: DataFrame, rule: Nonresponse, steps: list[Mapping[str, Any]]) -> DataFrame:
    _refuse_unknown(units, rule.classes, where=f"{FILE}, weighting: nonresponse")
    if not units["respondent"].any():
        raise DesignError(f"no unit of the sample of {len(units)} responded, so there is nothing to weigh. Wait for"
                          " answers, or check the dispositions.", code="no_respondents")  # fmt: skip
    cells = _cells(units, rule.classes)
    by_cell = units.assign(_cell=cells).groupby("_cell")["respondent"]
    responded, asked = _counted(by_cell.sum()), _counted(by_cell.size())

    def is_short(group: Group) -> bool:
        total = sum(responded[cell] for cell in group)
        return total < rule.min_respondents and total < sum(asked[cell] for cell in group)

    groups = collapse(responded, is_short=is_short)
    names = cells.map({cell: label(group) for cell, group in groups.items()})
    units = _with_factors(units.assign(nonresponse_class=names))
    steps.append({"step": "nonresponse", "classes": list(rule.classes), "min_respondents": rule.min_respondents,
                  "used": int(names.nunique()), "joined": joined_groups(groups)})  # fmt: skip
    return units


def _with_factors(units: DataFrame) -> DataFrame:
    base, known = units["base_weight"], units["_known"]
    by_class = units["nonresponse_class"]

    def summed(mask: Series) -> Series:
        return base.where(mask, 0.0).groupby(by_class).transform("sum")

    # Exactly 1 where all are of known eligibility, so that no rounding enters from a step that does nothing.
    unknown = (summed(known | True) / summed(known)).where(~known.groupby(by_class).transform("all"), 1.0)
    missing = summed(known & units["eligible"]) / summed(units["respondent"])
    factor = (unknown * missing).where(units["respondent"], unknown.where(~units["eligible"]))
    return units.assign(nonresponse_factor=factor, response_weight=base * factor)


def _poststratify(
    units: DataFrame, plan: DesignPlan, frame: DataFrame | None, steps: list[Mapping[str, Any]]
) -> DataFrame:
    rule = plan.weighting.poststratify if plan.weighting else None
    if rule is None:
        return units.assign(calibration_cell=None, calibration_factor=1.0, _weight=units["response_weight"],
                            _cell_total=math.nan)  # fmt: skip
    _refuse_unknown(units, rule.by, where=f"{FILE}, weighting: poststratify")
    totals = _frame_counts(units, plan, rule, frame)
    cells = _cells(units, rule.by)
    responded = _counted(units.assign(_cell=cells).groupby("_cell")["respondent"].sum())
    groups = collapse(
        totals, is_short=lambda group: sum(responded.get(cell, 0) for cell in group) < rule.min_respondents
    )
    names = cells.map({cell: label(group) for cell, group in groups.items()})
    N_cell = cells.map({cell: sum(totals[member] for member in group) for cell, group in groups.items()}).astype(float)
    factor = N_cell / units["response_weight"].groupby(names).transform("sum")
    steps.append({"step": "poststratify", "by": list(rule.by), "min_respondents": rule.min_respondents,
                  "used": int(names.nunique()), "joined": joined_groups(groups)})  # fmt: skip
    weighted = units["response_weight"].notna()
    return units.assign(calibration_cell=names, calibration_factor=factor.where(weighted),
                        _weight=units["response_weight"] * factor, _cell_total=N_cell)  # fmt: skip


def _frame_counts(units: DataFrame, plan: DesignPlan, rule: Poststratify, frame: DataFrame | None) -> dict[Codes, int]:
    """Count the frame's units by post-stratum, from the strata's N_h where these tell it."""
    if frame is not None:
        _refuse_unknown(frame, rule.by, where=f"{FILE}, weighting: poststratify (frame)")
        return _counted(_cells(frame, rule.by).value_counts())
    if not set(rule.by) <= set(plan.strata):
        outside = ", ".join(name for name in rule.by if name not in plan.strata)
        raise DesignError(f"{rule.place}: post-strata by {outside} need the counts of the frame, which was not given;"
                          " the sample knows the counts of strata only. Give the frame.",
                          code="frame_needed")  # fmt: skip
    strata = units.drop_duplicates("stratum")
    return _counted(strata.assign(_cell=_cells(strata, rule.by)).groupby("_cell")["N_h"].sum())


def _cells(table: DataFrame, columns: Sequence[str]) -> Series:
    """Return the codes of `columns` as one tuple a row."""
    import pandas as pd

    for column in columns:
        empty = table.loc[table[column].isna(), "unit_id"]
        if len(empty):
            raise DesignError(f'column "{column}" is empty for {named(empty)}; a unit without class cannot be weighted.'
                              " Fill it in the frame.", code="class_missing")  # fmt: skip
    codes = [table[column].astype("str").tolist() for column in columns]
    return pd.Series(list(zip(*codes, strict=True)), index=table.index, dtype=object)


def _counted(by_cell: Series) -> dict[Codes, int]:
    return {cast(Codes, cell): int(count) for cell, count in by_cell.items()}


def _refuse_unknown(table: DataFrame, columns: Sequence[str], *, where: str) -> None:
    known = [str(name) for name in table.columns]
    for column in columns:
        if column not in known:
            raise DesignError(f'{where}: there is no column "{column}".{did_you_mean(column, known)}'
                              " Name columns of the frame.", code="unknown_column")  # fmt: skip


def _scale(weights: Series) -> int:
    """Choose the power of two that gives the smallest weight its precision, and refuse a range that does not fit."""
    positive = weights.dropna()
    smallest = float(positive.min())
    scale = 1 << max(0, math.ceil(math.log2(PRECISION / smallest)))
    if float(positive.sum()) * scale >= LARGEST_SUM:
        raise DesignError(
            f"weights from {smallest:g} to {float(positive.max()):g} do not fit one exact scale of 64 bits. Look at the"
            " largest weights: a class with very few respondents makes them. Raise min_respondents.",
            code="weight_range",
        )
    return scale


def _fixed_point(units: DataFrame, scale: int) -> DataFrame:
    """Make weights whole numbers of 1 / scale; in a post-stratum they add up to the frame count exactly."""
    import numpy as np
    import pandas as pd

    exact = (units["_weight"] * scale).to_numpy(dtype=float)
    given = ~np.isnan(exact)
    whole = np.zeros(len(units), dtype=np.int64)
    whole[given] = np.rint(exact[given]).astype(np.int64)
    totals = units["_cell_total"].to_numpy(dtype=float)
    for rows in units[given].groupby("calibration_cell", sort=True).indices.values():
        members = np.flatnonzero(given)[rows]
        lacking = int(totals[members[0]]) * scale - int(whole[members].sum())
        # The rounding left over is spread over the cell's units in order: at most a few 1 / scale each.
        share, rest = divmod(lacking, len(members))
        whole[members] += share
        whole[members[:rest]] += 1
    counts = pd.Series(whole, index=units.index).astype("Int64").where(units["_weight"].notna())
    return units.assign(weight_units=counts, weight=counts.astype("Float64").astype(float) / scale)


def _variance_strata(units: DataFrame, strata: Sequence[str], steps: list[Mapping[str, Any]]) -> DataFrame:
    """Join strata with fewer than two weighted units to their neighbours; a stratum observed whole stays."""
    cells = _cells(units, (*strata, "stratum"))
    by_cell = units.assign(_cell=cells, _in=units["weight"].notna()).groupby("_cell")
    n, N = _counted(by_cell["_in"].sum()), _counted(by_cell["N_h"].first())

    def is_short(group: Group) -> bool:
        observed = sum(n[cell] for cell in group)
        return observed < 2 and observed < sum(N[cell] for cell in group)

    groups = collapse(n, is_short=is_short)

    def mapped(by_group: dict[Group, Any]) -> Series:
        return cells.map({cell: by_group[group] for cell, group in groups.items()})

    distinct = set(groups.values())
    steps.append({"step": "variance_strata", "used": len(distinct),
                  "joined": joined_groups(groups, width=len(strata))})  # fmt: skip
    return units.assign(
        sample_stratum=units["stratum"],
        stratum=mapped({group: _stratum_name(group) for group in distinct}),
        n_h=mapped({group: sum(n[cell] for cell in group) for group in distinct}),
        N_h=mapped({group: sum(N[cell] for cell in group) for group in distinct}),
    )


def _stratum_name(group: Group) -> str:
    first = group[0][-1]
    return first if len(group) == 1 else f"{first}+{len(group) - 1}"


_ORDER = ("wave", "unit_id", "stratum", "respondent", "eligible", "base_weight", "nonresponse_class",
          "nonresponse_factor", "response_weight", "calibration_cell", "calibration_factor", "weight", "weight_units",
          "n_h", "N_h", "sample_stratum")  # fmt: skip
_INNER = ("name", "selection", "disposition")


def _table(units: DataFrame, wave: str) -> DataFrame:
    kept = units.assign(wave=wave)
    others = [name for name in kept.columns if name not in _ORDER and name not in _INNER and not name.startswith("_")]
    return kept[[*_ORDER, *others]]
