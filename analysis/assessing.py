"""Make the table `assessments`: each target against the estimates of its indicator, by the one verdict function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from analysis.indicators import HEADLINE
from analysis.targets import Target
from analysis.verdict import (
    ONE_SIDED_LEVEL,
    Headline,
    Reading,
    is_due,
    one_sided_bounds,
    path_to_target,
    verdict,
)
from uptake.contract.errors import Fault, StudyError, did_you_mean
from uptake.contract.tables import ASSESSMENTS

if TYPE_CHECKING:
    from pandas import DataFrame

Row: TypeAlias = Mapping[str, Any]
ALL = "all"


def assess_targets(
    estimates: DataFrame,
    targets: Sequence[Target],
    *,
    wave: str,
    rates: frozenset[str],
    sized: frozenset[str] = frozenset(),
) -> DataFrame:
    """Return the table `assessments`: one row a target and domain it is declared for (the whole, if none is).

    estimates: the table of the wave, with status; targets: of targets.yaml; rates: ids of indicators between 0 and 1;
    sized: those of them that are weighted by a size, for which no number of units is lacking.
    Returns the rows in the order of the targets. A suppressed headline has no bounds and the verdict `cannot_tell`
    (or `not_due`). Raises StudyError when a target names an indicator that was not estimated or is no rate.
    """
    import pandas as pd

    known = sorted({str(name) for name in estimates["indicator"]})
    _refuse_unknown(targets, known, rates)
    counted = estimates["n_population"].where(~estimates["indicator"].isin(sized))
    estimates = estimates.assign(n_population=counted)
    rows = [row for target in targets for row in _target_rows(estimates, target, wave)]
    return pd.DataFrame(rows, columns=[column.name for column in ASSESSMENTS.columns])


def _refuse_unknown(targets: Sequence[Target], known: Sequence[str], rates: frozenset[str]) -> None:
    faults = []
    for target in targets:
        for name in (target.indicator, *target.definition_range):
            what = f'target "{target.id}" names "{name}", which'
            if name not in known:
                text = f"{what} indicators.yaml does not have.{did_you_mean(name, known)} Name one of its indicators."
                faults.append(Fault(str(target.place), text))
            elif name not in rates:
                text = f"{what} is not a rate between 0 and 1, so no share can be its target. Name a proportion."
                faults.append(Fault(str(target.place), text))
    if faults:
        raise StudyError(faults)


def _target_rows(estimates: DataFrame, target: Target, wave: str) -> list[dict[str, Any]]:
    made = []
    for domain_by in (ALL, *target.scope):
        inside = estimates[estimates["domain_by"] == domain_by]
        for _, domain in inside.groupby("domain_key", sort=False):
            of_target = domain[(domain["indicator"] == target.indicator) & (domain["definition"] == HEADLINE)]
            for row in of_target.to_dict("records"):
                made.append(
                    _assessed({str(key): value for key, value in row.items()}, _readings(domain, target), target, wave)
                )
    return made


def _readings(domain: DataFrame, target: Target) -> tuple[Reading, ...]:
    """Return every definition computed for the domain; readings that may not be released do not speak."""
    names = {target.indicator, *target.definition_range}
    open_rows = domain[domain["indicator"].isin(names) & (domain["status"] != "suppress")]
    return tuple(
        Reading(f"{row['indicator']}/{row['definition']}", float(row["estimate"]))
        for row in open_rows.to_dict("records")
    )


def _assessed(row: Row, readings: tuple[Reading, ...], target: Target, wave: str) -> dict[str, Any]:
    headline = _headline(row)
    bounds = one_sided_bounds(headline, target.value)
    path = path_to_target(headline, target=target.value, wave=wave, deciding_wave=target.deciding_wave)
    low = min(readings, key=lambda reading: reading.estimate, default=None)
    high = max(readings, key=lambda reading: reading.estimate, default=None)
    return {
        "wave": wave,
        "target": target.id,
        "indicator": target.indicator,
        "definition_version": row.get("definition_version"),
        "target_value": target.value,
        "deciding_wave": target.deciding_wave,
        "domain_by": row.get("domain_by"),
        "domain_key": row.get("domain_key"),
        "estimate": headline.estimate,
        "one_sided_level": ONE_SIDED_LEVEL,
        "lower_bound": bounds.lower,
        "upper_bound": bounds.upper,
        "p_value": bounds.p_value,
        "definition_low": low.estimate if low else float("nan"),
        "definition_high": high.estimate if high else float("nan"),
        "range_low_definition": low.name if low else None,
        "range_high_definition": high.name if high else None,
        "verdict": verdict(bounds, readings, target=target.value, due=is_due(wave, target.deciding_wave)),
        "units_lacking": path.units_lacking,
        "units_lacking_low": path.units_lacking_low,
        "units_lacking_high": path.units_lacking_high,
        "required_per_year": path.required_per_year,
    }


def _headline(row: Row) -> Headline:
    """Return the numbers that are assessed; a suppressed estimate gives none away here either."""
    nan = float("nan")
    hidden = row.get("status") == "suppress"
    number = {name: nan if hidden else float(row.get(name, nan))
              for name in ("estimate", "se", "df", "ci_low", "ci_high", "n_population")}  # fmt: skip
    return Headline(n=0 if hidden else int(row.get("n", 0)), **number)
