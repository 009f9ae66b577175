"""Stage 5: every indicator, in every definition, for every domain, with covariance, release status and verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from analysis.answers import refuse_uncountable, unknown_notes
from analysis.assessing import ALL, assess_targets
from analysis.design import Expr
from analysis.indicators import Indicator
from analysis.plan import DesignPlan
from analysis.prepared import DomainKeys, Prepared, domain_column, prepare
from analysis.quality import data_quality, item_quality
from analysis.readings import Measured, column_kinds, measured_definitions, with_structural_zeros
from analysis.release import release
from analysis.targets import Target
from uptake.contract.errors import EstimationError
from uptake.contract.tables import ESTIMATES, QUALITY

if TYPE_CHECKING:
    from pandas import DataFrame

    from analysis.estimates import Estimates
    from analysis.survey import Survey

Key: TypeAlias = tuple[str, str, str, str]  # indicator, definition, domain_by, domain_key
_BELOW = "denominator"


@dataclass(frozen=True, slots=True)
class EstimateTables:
    """The tables of stage 5, and what the engine warned of."""

    estimates: DataFrame
    estimates_vcov: DataFrame
    assessments: DataFrame
    quality: DataFrame
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Pass:
    """Definitions of one kind and base that the engine computes together, and what it returned."""

    measured: tuple[Measured, ...]
    domains: tuple[str, ...]
    result: Estimates

    def warnings(self) -> list[str]:
        """Return what the engine warned of, without the gaps that a reading leaves on purpose."""
        meant = tuple(f'"{_name(item)}' for item in self.measured if item.definition.dont_know == "out")
        given = self.result.meta.warnings
        return [
            text for text in given if not (text.startswith("OUTCOME_MISSING") and any(name in text for name in meant))
        ]

    def rows(self) -> list[Key]:
        """Return which estimate each row of the result is."""
        named = {_name(item): (item.definition.indicator, item.definition.id) for item in self.measured}
        columns = {domain_column(name): name for name in self.domains} | {ALL: ALL}
        frame = self.result.frame
        names = [named[str(name).removesuffix(f"/{_BELOW}")] for name in frame["name"]]
        domains = [columns[str(domain)] for domain in frame["domain_by"]]
        keys = [str(key) for key in frame["domain_key"]]
        return [(*name, by, key) for name, by, key in zip(names, domains, keys, strict=True)]


def estimate(
    responses: DataFrame,
    weights: DataFrame | None,
    plan: DesignPlan,
    indicators: Sequence[Indicator],
    targets: Sequence[Target] = (),
    *,
    wave: str,
    quality: DataFrame | None = None,
    domain_keys: DomainKeys | None = None,
) -> EstimateTables:
    """Estimate every indicator of a wave.

    Each definition becomes a proportion, mean, total or ratio (docs/methods), estimated for the whole and for every
    domain in one grouped pass a kind, so that their covariances are known; then `release` decides what may be
    published and `assess_targets` compares the targets. Domains without respondents stay as suppressed rows.

    Covariances between estimates of different kinds (a proportion and a ratio) or of different bases are not given.

    responses, weights: tables of the wave; for own data the file as it is, and None or a table with weights to be
    joined by plan.unit_id; plan, indicators, targets: of the study; quality: rows of stage 4, passed on;
    domain_keys: codes by domain column that get a row even if no unit has them.
    Returns EstimateTables. Raises TableError, DesignError, EstimationError or StudyError, each with what to change.
    """
    from analysis.survey import Survey

    indicators = tuple(indicators)
    domains = tuple(dict.fromkeys(name for item in indicators for name in _domains(item, plan)))
    ready = prepare(responses, weights, plan, wave=wave, domains=domains, domain_keys=domain_keys or {})
    data = with_structural_zeros(ready.data, indicators)
    kinds = column_kinds(data)
    measured = measured_definitions(indicators, kinds, base=ready.base)
    survey = Survey(data, ready.design)
    refuse_uncountable(survey.source, measured, kinds)
    passes = _passes(survey, plan, indicators, measured)
    rates = frozenset(item.definition.indicator for item in measured if item.rate)
    sized = frozenset(item.id for item in indicators if item.size is not None)
    order = _order(measured, {item.id: _domains(item, plan) for item in indicators}, ready)
    table, vcov = _assembled(passes, order, measured, plan, wave)
    table = release(table, plan.release, rates=rates)[[column.name for column in ESTIMATES.columns]]
    notes = unknown_notes(survey.source, measured) if plan.own_data else ()
    warnings = tuple(dict.fromkeys([*ready.notes, *notes, *(text for one in passes for text in one.warnings())]))
    assessments = assess_targets(table, targets, wave=wave, rates=rates, sized=sized)
    return EstimateTables(table, vcov, assessments, _quality(ready, plan, quality, wave), warnings)


def _domains(indicator: Indicator, plan: DesignPlan) -> tuple[str, ...]:
    return plan.domains if indicator.domains is None else indicator.domains


def _name(item: Measured) -> str:
    return f"{item.definition.indicator} {item.definition.id}"


def _passes(
    survey: Survey, plan: DesignPlan, indicators: tuple[Indicator, ...], measured: tuple[Measured, ...]
) -> list[_Pass]:
    domains = {item.id: _domains(item, plan) for item in indicators}
    together: dict[tuple[object, ...], list[Measured]] = {}
    for item in measured:
        together.setdefault((item.quantity, item.rate, item.base, domains[item.definition.indicator]), []).append(item)
    made = []
    for group in together.values():
        by = domains[group[0].definition.indicator]
        made.append(_Pass(tuple(group), by, _computed(survey, plan, group, by)))
    return made


def _computed(survey: Survey, plan: DesignPlan, group: Sequence[Measured], domains: tuple[str, ...]) -> Estimates:
    from analysis.estimators import mean, proportion, ratio, total

    first = group[0]
    _refuse_empty_base(survey, first)
    by = [(), *((domain_column(name),) for name in domains)]
    where = Expr("base", first.base) if first.base else None
    y = [Expr(_name(item), item.numerator) for item in group]
    if first.quantity == "proportion":
        return proportion(survey, y, by=by, where=where, ci=plan.ci_method, level=plan.conf_level)
    if first.quantity == "mean":
        return mean(survey, y, by=by, where=where, level=plan.conf_level)
    if first.quantity == "total":
        return total(survey, y, by=by, where=where, level=plan.conf_level)
    below = [Expr(_BELOW, item.denominator or "1") for item in group]
    ci = plan.ci_method if first.rate else "t"
    return ratio(survey, y, below, by=by, where=where, ci=ci, level=plan.conf_level)


def _refuse_empty_base(survey: Survey, item: Measured) -> None:
    """Refuse a base that nobody belongs to: nearly always a condition with a wrong code."""
    if item.definition.where is None:
        return
    count = survey.source.columns(f"SELECT COUNT(*) AS n FROM ({survey.source.text}) AS r WHERE {item.base}")["n"][0]
    if not count:
        raise EstimationError(
            f'{item.definition.where.place}: the base of indicator "{item.definition.indicator}",'
            f" {item.definition.where.value}, holds no respondent, so nothing can be estimated. Check its codes; if it"
            " is right, leave the indicator out of this wave.",
            code="empty_base",
        )


def _order(measured: tuple[Measured, ...], domains: dict[str, tuple[str, ...]], ready: Prepared) -> list[Key]:
    """Return every row the table must have: indicators as published, the whole first, domains by their codes."""
    return [
        (item.definition.indicator, item.definition.id, by, key)
        for item in measured
        for by in (ALL, *domains[item.definition.indicator])
        for key in ((ALL,) if by == ALL else ready.keys[by])
    ]


_NUMBERS = ("estimate", "se", "ci_low", "ci_high", "df", "n_eff", "deff", "cv", "n_population")


def _assembled(
    passes: Sequence[_Pass], order: Sequence[Key], measured: Sequence[Measured], plan: DesignPlan, wave: str
) -> tuple[DataFrame, DataFrame]:
    import pandas as pd

    row_of = {key: row for row, key in enumerate(order)}
    numbers = {name: np.full(len(order), np.nan) for name in _NUMBERS}
    n = np.zeros(len(order), dtype=np.int64)
    triangles = []
    for one in passes:
        at = np.array([row_of.get(key, -1) for key in one.rows()])
        kept = at >= 0
        for name, column in numbers.items():
            column[at[kept]] = one.result.frame[name].to_numpy(dtype=float)[kept]
        n[at[kept]] = one.result.frame["n"].to_numpy(dtype=np.int64)[kept]
        if one.result.vcov.size:  # left out where estimates are too many, which a note says
            triangles.append(_triangle(at[kept], one.result.vcov[np.ix_(kept, kept)]))
    # Against a simple random sample without any variance (a constant counted) there is no design effect to print.
    no_effect = ~np.isfinite(numbers["deff"])
    numbers["deff"][no_effect] = np.nan
    numbers["n_eff"][no_effect & (numbers["n_eff"] == 0)] = np.nan
    by_key = {(item.definition.indicator, item.definition.id): item for item in measured}
    kinds = [by_key[key[:2]] for key in order]
    table = pd.DataFrame(order, columns=["indicator", "definition", "domain_by", "domain_key"]).assign(
        wave=wave,
        definition_version=[item.definition.version for item in kinds],
        **numbers,
        n=n,
        conf_level=plan.conf_level,
        ci_method=[plan.ci_method if item.rate else "t" for item in kinds],
    )
    return table, _vcov(triangles, wave)


def _triangle(at: Any, vcov: Any) -> tuple[Any, Any, Any]:
    """Return rows, columns and values of the covariances that are given and not zero, each pair once."""
    row, column = np.nonzero(np.isfinite(vcov) & (vcov != 0) & (at[:, None] <= at[None, :]))
    return at[row], at[column], vcov[row, column]


def _vcov(triangles: Sequence[tuple[Any, Any, Any]], wave: str) -> DataFrame:
    import pandas as pd

    none: Any = (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))
    row, column, covariance = (np.concatenate(parts) for parts in zip(*(triangles or [none]), strict=True))
    made = pd.DataFrame({"wave": wave, "row": row, "column": column, "covariance": covariance})
    return made.sort_values(["row", "column"], ignore_index=True)


def _quality(ready: Prepared, plan: DesignPlan, quality: DataFrame | None, wave: str) -> DataFrame:
    import pandas as pd

    if plan.own_data:
        made = data_quality(ready.data, weight=str(plan.weights), wave=wave)
    else:
        made = item_quality(ready.data[ready.data["respondent"].astype(bool)], wave=wave)
    columns = [column.name for column in QUALITY.columns]
    parts = [part[columns] for part in (quality, made) if part is not None and len(part)]
    return pd.concat(parts, ignore_index=True) if parts else made[columns]
