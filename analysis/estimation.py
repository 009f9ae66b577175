"""From a question to its answer: measures, one grouped pass, variance, degrees of freedom, intervals, frame."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis.cells import Stage, grouping
from analysis.chunks import MOST_COVARIANCES, Ground, by_chunks, left_out, no_covariances
from analysis.covariance import why_unknown
from analysis.degrees import design_degrees, domain_degrees, ruled_degrees
from analysis.elements import elements
from analysis.engine import Named, Totals, TotalsRequest
from analysis.estimates import Estimates, Meta
from analysis.faults import refuse
from analysis.fixedpoint import Floats, check_weight_range
from analysis.frames import Asked, Spread, tidy_frame
from analysis.linearisation import PostCells, clustered, presence
from analysis.lonely import variance_stages
from analysis.measures import Measures, Outcome
from analysis.points import Layout, Points, points
from analysis.refusals import not_binary, not_finite, not_numeric
from analysis.replicate_pass import replicated
from analysis.replicates import Replicated
from analysis.source import INTEGERS, is_numeric
from analysis.stepwise import needs_rows, stepwise
from analysis.survey import Survey, design_faults, design_totals
from uptake.contract.errors import EstimationError

SMALLEST_VALUE = 1e-140  # squares of less leave the range of float64
MOST_ESTIMATES = 10_000  # where rows are needed: their covariance matrix has 800 MB


@dataclass(frozen=True, slots=True)
class Work:
    """One question under way: the request in its parts, the cells it gave, the point estimates."""

    survey: Survey
    asked: Asked
    measures: Measures
    layers: tuple[Named, ...]
    keys: tuple[Named, Named]  # of the design, of the domains
    layout: Layout
    found: Points


def run(survey: Survey, asked: Asked) -> Estimates:
    """Answer the question."""
    return answered(survey, asked)[0]


def answered(survey: Survey, asked: Asked) -> tuple[Estimates, Replicated | None]:
    """Answer the question; with replicate weights return the estimates of every replicate too."""
    if not 0 < asked.level < 1:
        raise EstimationError(
            f"level is {asked.level} - a confidence level is between 0 and 1, such as 0.95.", code="LEVEL"
        )
    survey.source.require([c for group in asked.by for c in group], "by", estimating=True)
    measures = _measures(survey, asked)
    keys = _keys(survey, asked)
    layers = measures.layers(survey.weight_layer(), asked.where)
    totals = design_totals(survey, _request(survey, asked, measures, layers, keys))
    warnings = [*survey.notes, *refuse(design_faults(survey, totals))]
    _refuse_odd(asked, measures, totals)
    layout = _layout(asked, measures, totals)
    found = points(layout)
    _refuse_empty(asked, layout, found)
    warnings += _missing_warnings(layout, asked, found)
    spread = _spread(Work(survey, asked, measures, layers, keys, layout, found))
    spread = replace(spread, df=ruled_degrees(survey.design, layout, spread.df, spread.df_design))
    meta = Meta(
        asked.kind, asked.ci, asked.level, (*warnings, *spread.notes), measures.exponent, totals.digest, totals.sql,
        int(totals.counts["up__rows"].sum()), spread.df_design,
    )  # fmt: skip
    vcov = spread.vcov if spread.vcov.ndim == 2 else no_covariances()
    return Estimates(tidy_frame(asked, layout, found, spread), vcov, meta), spread.replicated


def _measures(survey: Survey, asked: Asked) -> Measures:
    weighting = survey.weighting()
    squares = not survey.design.stages and survey.design.replicates is None and not needs_rows(survey)
    check_weight_range(
        survey.design.weights or "", weighting.smallest, weighting.largest,
        exponent=weighting.exponent, rows=weighting.rows, squares=squares,
    )  # fmt: skip
    expressions = list(dict.fromkeys(e for v in asked.variables for e in v.expressions))
    outcomes = _outcomes(survey, asked, expressions)
    strict = asked.kind == "proportion" and not asked.categories
    measures = Measures(
        weighting.exponent, weighting.rows, squares, weighting.zero > 0, asked.where is not None, strict, outcomes
    )
    if survey.design.poststrata is not None:
        measures.add_constant()
    everything = tuple(expressions) if asked.missing == "listwise" else ()
    for variable in asked.variables:
        measures.add(variable, variable.kind or asked.kind, everything)
    return measures


def _outcomes(survey: Survey, asked: Asked, expressions: list[str]) -> dict[str, Outcome]:
    """Look at each outcome once: is it numeric, is it 0/1, is it ever missing, how large is it with its weight."""
    if asked.categories:
        return _answers(survey, dict.fromkeys(expressions, "VARCHAR"))
    types = survey.source.expression_types({f"e{i}": e for i, e in enumerate(expressions)})
    names = {e: v.name for v in asked.variables for e in v.expressions}
    for i, expression in enumerate(expressions):
        if not is_numeric(types[f"e{i}"]):
            raise not_numeric(names[expression])
    if asked.kind == "proportion":
        return _answers(survey, {e: types[f"e{i}"] for i, e in enumerate(expressions)})
    outcomes = _amounts(survey, asked, types, expressions)
    for variable in asked.variables:
        if variable.kind == "proportion" and not outcomes[variable.numerator].binary:
            raise not_binary(variable.name)
    return outcomes


def _amounts(survey: Survey, asked: Asked, types: dict[str, str], expressions: list[str]) -> dict[str, Outcome]:
    """Look at amounts: their range with the weights, unless they are known to be 0 and 1 and stand in no product."""
    paired = {e for v in asked.variables if v.denominator for e in v.expressions}
    whole = {e: types[f"e{i}"] for i, e in enumerate(expressions) if types[f"e{i}"] in INTEGERS and e not in paired}
    sure = {e: outcome for e, outcome in _answers(survey, whole).items() if outcome.sure} if whole else {}
    rest = [e for e in expressions if e not in sure]
    names = {e: v.name for v in asked.variables for e in v.expressions}
    return {**sure, **(_ranges(survey, rest, names) if rest else {})}


def _answers(survey: Survey, types: dict[str, str]) -> dict[str, Outcome]:
    """Look at 0/1 outcomes: a Parquet file answers for its columns from its statistics, without reading a row.

    Of numbers with decimals the ends say nothing (0.5 lies between 0 and 1): those are counted in the pass itself.
    """
    numbered = list(enumerate(types))
    picked = "".join(f", COUNT({e}) AS n{i}, MIN({e}) AS a{i}, MAX({e}) AS b{i}" for i, e in numbered)
    found = survey.source.columns(f"SELECT COUNT(*) AS n{picked} FROM ({survey.source.text}) AS r")
    rows = int(found["n"][0])
    return {
        e: Outcome(
            0, 0, True, int(found[f"n{i}"][0]) == rows,
            types[e] in INTEGERS and bool(found[f"a{i}"][0] in (0, 1) and found[f"b{i}"][0] in (0, 1)),
        )
        for i, e in numbered
    }  # fmt: skip


def _ranges(survey: Survey, expressions: list[str], names: dict[str, str]) -> dict[str, Outcome]:
    weight = survey.weight_layer()[0][1]
    picked = ", ".join(
        f"MAX(ABS(x{i} * w)) AS a{i}, MAX(x{i} * x{i} * w) AS b{i}, "
        f"COUNT(CASE WHEN x{i} NOT IN (0, 1) THEN 1 END) AS c{i}, COUNT(x{i}) AS k{i}"
        for i in range(len(expressions))
    )
    values = ", ".join(f"CAST(({e}) AS DOUBLE) AS x{i}" for i, e in enumerate(expressions))
    found = survey.source.columns(
        f"SELECT COUNT(*) AS n, {picked} FROM (SELECT {weight} AS w, {values} FROM ({survey.source.text}) AS r) AS r"
    )
    known = {k: float(np.ma.filled(np.ma.asarray(v).astype(np.float64), 0.0)[0]) for k, v in found.items()}
    outcomes = {
        e: Outcome(known[f"a{i}"], known[f"b{i}"], known[f"c{i}"] == 0, known[f"k{i}"] == known["n"])
        for i, e in enumerate(expressions)
    }
    for expression, outcome in outcomes.items():
        if 0 < outcome.largest < SMALLEST_VALUE:
            raise EstimationError(
                f'"{names[expression]}" holds nothing larger than {outcome.largest:.3g} with its weight - its squares '
                "are too small to compute with; give it in a larger unit.",
                code="VALUE_RANGE",
            )
        if not math.isfinite(outcome.largest_square):
            raise not_finite(names[expression])
    return outcomes


def _refuse_odd(asked: Asked, measures: Measures, totals: Totals) -> None:
    """Refuse a proportion of something that is not 0 or 1."""
    names = {e: v.name for v in asked.variables for e in v.expressions}
    for expression, alias in measures.unsure.items():
        if totals.counts[f"{alias}__odd"].any():
            raise not_binary(names[expression])


def _keys(survey: Survey, asked: Asked) -> tuple[Named, Named]:
    """Return (keys of the design, keys of the domains)."""
    by = tuple((f"up__by_{c}", survey.source.column(c)) for c in dict.fromkeys(c for group in asked.by for c in group))
    return survey.key_columns(), by


def _request(
    survey: Survey, asked: Asked, measures: Measures, layers: tuple[Named, ...], keys: tuple[Named, Named]
) -> TotalsRequest:
    constant = "up__u0" if survey.design.poststrata is not None else None
    products = measures.products(every=asked.covariance, constant=constant) if measures.squares else ()
    return TotalsRequest(
        layers=layers, keys=(*keys[0], *keys[1]), sums=(*measures.sums(), *products), counts=measures.counts()
    )


def _layout(asked: Asked, measures: Measures, totals: Totals) -> Layout:
    aliases = {c: f"up__by_{c}" for group in asked.by for c in group}
    groupings = tuple(grouping(totals, columns, aliases) for columns in asked.by)
    return Layout(groupings, tuple(measures.scored), measures.powers, totals)


def _refuse_too_many(layout: Layout) -> None:
    if layout.size <= MOST_ESTIMATES:
        return
    widest = max(layout.groupings, key=lambda group: group.size)
    names = " and ".join(f'"{column}"' for column in widest.columns)
    raise EstimationError(
        f"{layout.size:,} estimates are asked for at once, {widest.size:,} domains by {names} - more than "
        f"{MOST_ESTIMATES:,} have no room for their covariances; join codes to fewer domains, or estimate fewer at a "
        "time.",
        code="TOO_MANY_ESTIMATES",
    )


def _refuse_empty(asked: Asked, layout: Layout, found: Points) -> None:
    if not found.n_in.any():
        where = f" ({asked.where.sql})" if asked.where else ""
        raise EstimationError(
            f"no row of the sample is in the domain{where} - check the condition and its codes.", code="EMPTY_DOMAIN"
        )
    step = len(asked.variables)
    for j, variable in enumerate(asked.variables):
        if variable.denominator is None:
            continue
        alive = found.n[j::step] > 0
        if alive.any() and not any(found.bottom[p * step + j] for p in np.flatnonzero(alive)):
            raise EstimationError(
                f'the denominator of "{variable.name}" adds up to zero - the ratio does not exist; check the column.',
                code="ZERO_DENOMINATOR",
            )


def _missing_warnings(layout: Layout, asked: Asked, found: Points) -> list[str]:
    warnings = []
    for j, variable in enumerate(asked.variables):
        step, first = len(asked.variables), layout.groupings[0].size * len(asked.variables)
        lost = int((found.n_in[j:first:step] - found.n[j:first:step]).sum())
        if lost:
            rows = "1 row" if lost == 1 else f"{lost:,} rows"
            warnings.append(
                f'OUTCOME_MISSING: "{variable.name}" is missing in {rows} of the domain, left out of the base.'
            )
    return warnings


def _spread(work: Work) -> Spread:
    survey, layout, found = work.survey, work.layout, work.found
    if survey.design.replicates is not None:
        return _from_replicates(work)
    if needs_rows(survey):
        _refuse_too_many(layout)
        return _from_rows(work)
    stages, notes = variance_stages(survey.design, layout.totals)
    whole = design_degrees(stages[0], _rows_with_weight(layout.totals))
    ground = Ground(stages, _post_cells(survey, layout), whole, notes)
    if layout.size > MOST_COVARIANCES:
        return by_chunks(layout, found, ground, lambda *part: _taylor(survey, *part))
    return _taylor(survey, layout, found, ground)


def _taylor(survey: Survey, layout: Layout, found: Points, ground: Ground) -> Spread:
    if survey.design.stages:
        vcov = clustered(layout, found, ground.stages, survey.design, ground.cells)
    else:
        vcov = elements(layout, found, ground.stages[0], survey.design.lonely_psu, ground.cells)
    first = ground.stages[0]
    return Spread(
        _clean(vcov, found), domain_degrees(layout, first), ground.df_design, np.full(layout.size, np.nan),
        _enumerated(survey, layout, first, found), notes=ground.notes, unknown=why_unknown(survey.design),
        rows=_sample_rows(survey),
    )  # fmt: skip


def _from_rows(work: Work) -> Spread:
    vcov, df, fitted, whole = stepwise(work.survey, work.asked, work.layout, work.found)
    nowhere, size = np.zeros(work.layout.size, dtype=bool), work.layout.size
    notes = variance_stages(work.survey.design, work.layout.totals)[1]
    return Spread(
        _clean(vcov, work.found), df, whole, np.full(size, np.nan), nowhere, fitted, notes,
        why_unknown(work.survey.design), rows=_sample_rows(work.survey),
    )  # fmt: skip


def _sample_rows(survey: Survey) -> int | None:
    """How many rows a calibrated survey has, domains or not: R keeps them all, and its beta interval counts them."""
    if not any(step.in_variance for step in survey.steps):
        return None
    return survey.weighting().rows - survey.weighting().zero


def _enumerated(survey: Survey, layout: Layout, stage: Stage, found: Points) -> npt.NDArray[np.bool_]:
    """Mark estimates whose strata are all sampled whole, every row with an answer (element samples only)."""
    if survey.design.stages:
        return np.zeros(layout.size, dtype=bool)
    sampled = presence(layout, stage.parent_of_cell, len(stage.n))[stage.fraction < 1]
    return np.asarray(~sampled.any(axis=0) & (found.n == found.n_in) & (found.n > 0))


def _from_replicates(work: Work) -> Spread:
    found = work.found
    again = replicated(work.survey, work.asked, work.layout)
    with np.errstate(divide="ignore", invalid="ignore"):
        logits = np.log(again.theta / (1 - again.theta))
        full = np.log(found.estimate / (1 - found.estimate))
        se_logit = np.sqrt(again.variance_of(logits, full))
    nowhere = np.zeros(work.layout.size, dtype=bool)
    if work.layout.size > MOST_COVARIANCES:
        vcov, notes = again.variance_of(again.theta, found.estimate), left_out(work.layout)
    else:
        vcov, notes = _clean(again.covariance(found.estimate), found), ()
    return Spread(vcov, again.df, again.df_design, se_logit, nowhere, notes=notes, replicated=again)


def _post_cells(survey: Survey, layout: Layout) -> PostCells | None:
    if survey.design.poststrata is None:
        return None
    columns = survey.design.poststrata.columns
    cells = grouping(layout.totals, columns, {c: f"up__cell_{c}" for c in columns})
    if (cells.code < 0).any():
        raise EstimationError(
            "a row has no post-stratum - fill in the columns " + ", ".join(columns) + ".", code="POSTSTRATUM_MISSING"
        )
    return PostCells(cells.code, cells.size, "up__u0")


def _rows_with_weight(totals: Totals) -> Floats:
    rows = totals.counts["up__rows"].astype(np.float64)
    return rows - totals.counts["up__zero_weight"] if "up__zero_weight" in totals.counts else rows


def _clean(vcov: Floats, found: Points) -> Floats:
    """Rounding may leave a variance of -1e-40 where it is 0; a domain without rows has none at all."""
    diagonal = np.einsum("ii->i", vcov)
    diagonal[diagonal < 0] = 0.0
    empty = found.n == 0
    vcov[empty, :] = np.nan
    vcov[:, empty] = np.nan
    return vcov
