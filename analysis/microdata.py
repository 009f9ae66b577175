"""The row path: exactly the columns that are needed, row by row in one canonical order, for what grouped sums cannot
give (trimming, continuous auxiliaries, quantiles, PPS, models).

Rows are ordered by ALL columns that are read. Rows that tie are identical, so sums in this order give the same digits
for any order of the input. `score_covariance` turns scores z_k = w_k u_k into the design's covariance; it takes the
survey's weighting steps into account, so whoever computes u_k needs to know nothing of them.

    rows = read_rows(survey, {"y": '"turnover"'}, by=("province",), where=None)
    z = np.where(rows.inside, rows.weight * (rows.values["y"] - mean), 0.0) / total_weight
    V = score_covariance(survey, rows, z[:, None])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from analysis.cells import Grouping, Stage, grouping, sampling_stages
from analysis.covariance import stage_covariance
from analysis.design import Expr, SurveyDesign
from analysis.engine import Named, Totals
from analysis.fixedpoint import Floats
from analysis.lonely import collapsed, settled
from analysis.replicate_columns import replicate_values
from analysis.source import quoted
from analysis.steps import Raw, numbers, residuals, sums_by

if TYPE_CHECKING:
    from analysis.survey import Survey

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Microdata:
    """Rows in canonical order, n of them.

    `weight` (n,); `inside` (n,) the rows of the domain; `values` name -> (n,), NaN where NULL; `totals` the rows seen
    as cells of one row each, so that what works on cells (domains, stages, faults) works on rows; `stages` of sampling,
    the first stage first; `raw` SQL -> (n,), the columns that the survey's weighting steps name; `drawn` (n,) the rows
    with a weight before or after these steps; `brought` (n, R) the replicate weights in the data, before these steps
    (`analysis.replicates` has those to use).
    """

    weight: Floats
    inside: Bools
    values: dict[str, Floats]
    totals: Totals
    stages: tuple[Stage, ...]
    raw: Raw
    drawn: Bools
    brought: Floats

    def __len__(self) -> int:
        return len(self.weight)

    def domains(self, columns: tuple[str, ...]) -> Grouping:
        """Return the domains that the values of some `by` columns form: a code a row, -1 where a value is missing."""
        return grouping(self.totals, columns, {c: f"up__by_{c}" for c in columns})

    def column(self, key: str) -> npt.NDArray[Any]:
        """Return a key column (`up__by_<name>`, `up__stratum`, `up__psu`) as it was read, masked where NULL."""
        return self.totals.keys[key]


def read_rows(
    survey: Survey, values: Mapping[str, str], *, by: Sequence[str] = (), where: Expr | None = None
) -> Microdata:
    """Read the rows of a survey in canonical order.

    values: name -> SQL of a number; by: columns that form domains; where: SQL condition of the domain.
    """
    design, source = survey.design, survey.source
    keys = (*survey.key_columns(), *((f"up__by_{c}", source.column(c)) for c in dict.fromkeys(by)))
    sizes = tuple((f"up__fpc_{i}", f"CAST({source.column(c)} AS DOUBLE)") for i, c in enumerate(design.stage_fpc))
    outcomes = tuple((f"up__x_{name}", f"CAST(({sql}) AS DOUBLE)") for name, sql in values.items())
    inside = f"CASE WHEN ({where.sql}) THEN TRUE ELSE FALSE END" if where else "TRUE"
    reads = {sql: f"up__raw_{i}" for i, sql in enumerate(dict.fromkeys(q for s in survey.steps for q in s.reads))}
    columns = (survey.weight_layer()[0], ("up__in", inside), *keys, *sizes, *outcomes)
    brought = replicate_values(survey)
    sql = _ordered((*columns, *((alias, sql) for sql, alias in reads.items()), *brought), source.text)
    found = source.columns(sql)
    totals, weight = _as_cells(design, found, keys, sql), _floats(found["up__w"])
    raw = {sql: found[alias] for sql, alias in reads.items()}
    drawn = (weight != 0) | (numbers(raw, survey.steps[0].before) != 0 if survey.steps else False)
    stages = sampling_stages(design, totals)
    return Microdata(
        weight=weight,
        inside=np.ma.filled(found["up__in"], False).astype(bool),
        values={name: _floats(found[f"up__x_{name}"]) for name in values},
        totals=totals,
        stages=collapsed(stages)[0] if design.lonely_psu == "collapse" else stages,
        raw=raw,
        drawn=drawn,
        brought=_columns(found, brought),
    )


def score_covariance(survey: Survey, rows: Microdata, scores: Floats, *, member: Bools | None = None) -> Floats:
    """Return V (P, P) of the sums of scores z (n, P) by Taylor linearisation, all stages.

    V = sum_h (1-f_h) n_h/(n_h-1) sum_i (z_hi - zbar_h)(z_hi - zbar_h)', and the same within PSUs, SSUs and so on where
    the design has more stages, of what the weighting steps leave of the scores, and the response phase. Scores of rows
    outside a domain are 0. member (n, P): which rows belong to each estimate, needed only by the lonely-PSU rule
    `average` and for strata that are lonely within a domain.
    """
    design, stages = survey.design, settled(survey.design, rows.stages)[0]
    if not any(step.in_variance for step in survey.steps):
        return design_covariance(stages, scores, design, member=member)
    return residual_covariance(survey, rows, *residuals(survey.steps, scores, rows.raw))


def residual_covariance(survey: Survey, rows: Microdata, left: Floats, phases: Sequence[Floats]) -> Floats:
    """Return V (P, P) of what the weighting steps leave of scores (n, P), and of the response phases."""
    design, stages = survey.design, settled(survey.design, rows.stages)[0]
    total = design_covariance(stages, left, design)  # rows outside a domain have residuals too
    for phase in phases:
        drawn = phase * np.sqrt(_overall_fraction(stages))[:, None]
        total = total + drawn.T @ drawn
    return total


def _overall_fraction(stages: tuple[Stage, ...]) -> Floats:
    """The share of each row's own variance that 1 - f leaves out: the product of the stages' fractions, a row."""
    last = stages[-1]
    own = last.fraction[last.parent_of_cell] if last.pi is None else last.pi[last.unit]
    return np.asarray(last.outer[last.parent_of_cell] * own)


def design_covariance(
    stages: tuple[Stage, ...], scores: Floats, design: SurveyDesign, *, member: Bools | None = None
) -> Floats:
    """Return V (P, P) of sums of scores (n, P) for rows with these stages; rows that are their own PSU have no unit."""
    if not len(stages[0].unit):
        return stage_covariance(scores, stages[0], design, member)
    total = np.zeros((scores.shape[1], scores.shape[1]))
    for stage in stages:
        units = len(stage.parent)
        present = sums_by(stage.unit, member.astype(np.float64), units) > 0 if member is not None else None
        total += stage_covariance(sums_by(stage.unit, scores, units), stage, design, present)
    return total


def degrees(rows: Microdata, code: npt.NDArray[np.intp], size: int, *, everywhere: bool = False) -> Floats:
    """Return df (size,): PSUs less strata that have rows of each domain, weight not zero; code -1 is no domain.

    Nonrespondents whose weight others carry count, as the sample was drawn with them. `everywhere` counts rows outside
    the domain of the question too.
    """
    first = rows.stages[0]
    here = (code >= 0) & rows.drawn & (rows.inside | everywhere)
    unit = first.unit if len(first.unit) else np.arange(len(rows))
    strata = _distinct(first.parent_of_cell[here], code[here], size)
    return _distinct(unit[here], code[here], size) - strata


def _distinct(unit: npt.NDArray[np.intp], code: npt.NDArray[np.intp], size: int) -> Floats:
    width = int(unit.max(initial=0)) + 1
    pairs = np.unique(code * width + unit)
    return np.bincount(pairs // width, minlength=size).astype(np.float64)


def _ordered(columns: Named, rows: str) -> str:
    picked = ", ".join(f"{sql} AS {quoted(alias)}" for alias, sql in columns)
    order = ", ".join(f"{quoted(alias)} NULLS LAST" for alias, _ in columns)
    return f"SELECT * FROM (SELECT {picked} FROM ({rows}) AS r) AS r ORDER BY {order}"


def _as_cells(design: SurveyDesign, found: dict[str, npt.NDArray[Any]], keys: Named, sql: str) -> Totals:
    """The rows as cells of one row each."""
    n = len(found["up__w"])
    sizes = [_floats(found[f"up__fpc_{i}"]) for i in range(len(design.stage_fpc))]
    counts = {f"up__null_{i}": np.isnan(size).astype(np.int64) for i, size in enumerate(sizes)}
    extremes = {f"up__{side}_{i}": size for i, size in enumerate(sizes) for side in ("low", "high")}
    return Totals(
        cells=n, keys={alias: found[alias] for alias, _ in keys}, sums={},
        counts={"up__rows": np.ones(n, dtype=np.int64), **counts}, reals={}, extremes=extremes, sql=sql,
    )  # fmt: skip


def _columns(found: dict[str, npt.NDArray[Any]], names: Named) -> Floats:
    if not names:
        return np.empty((len(found["up__w"]), 0))
    return np.stack([_floats(found[alias]) for alias, _ in names], axis=1)


def _floats(column: npt.NDArray[Any]) -> Floats:
    return np.asarray(np.ma.filled(np.ma.asarray(column).astype(np.float64), np.nan), dtype=np.float64)
