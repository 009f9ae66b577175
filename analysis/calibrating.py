"""Calibrate a survey to benchmarks: what must hold of them, the factors, and why none exist where none do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.auxiliaries import Auxiliaries, Margin, read_benchmarks
from analysis.calibrated import Calibration, Grid, grid, worst
from analysis.calibration import Problem, Solution, independent, solve
from analysis.distances import Distance, distance
from analysis.engine import Engine, TotalsRequest
from analysis.fixedpoint import Floats
from analysis.poststrata import free_name, with_factors
from analysis.source import Source, quoted, require_numbers
from analysis.steps import Raw, codes, numbers
from uptake.contract.errors import DesignError

if TYPE_CHECKING:
    from pandas import DataFrame

    from analysis.survey import Survey

AGREE = 1e-8  # sums of benchmarks closer than this share are the same number, written with other digits


@dataclass(frozen=True, slots=True)
class Wish:
    """How a survey shall be calibrated: distance, column of q, columns whose rows share a factor, levels left free."""

    distance: Distance
    q: str | None
    per: tuple[str, ...]
    partial: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What the sample holds of the auxiliaries: raw (cells,) with the weight d (cells,) and the rows of each."""

    raw: Raw
    weight: Floats
    rows: Floats


def wish(
    survey: Survey, method: str, bounds: tuple[float, float] | None, q: str | None, *, per: str | Sequence[str] | None,
    partial: bool,
) -> Wish:  # fmt: skip
    """Return the checked wish."""
    columns = () if per is None else ((per,) if isinstance(per, str) else tuple(per))
    survey.source.require([*columns, *([q] if q else [])], "the calibration")
    if q:
        require_numbers(survey.source, [q], "number", code="AUXILIARY_NOT_NUMERIC")
    strata = survey.design.stage_strata[0]
    nested = survey.design.nest and strata is not None and survey.design.psu in columns and strata not in columns
    return Wish(distance(method, bounds), q, (strata or "", *columns) if nested else columns, partial)


def calibrated(survey: Survey, benchmarks: DataFrame, wished: Wish) -> tuple[Source, Calibration]:
    """Return the source with the factors, and the step; see `Survey.calibrate`."""
    source = survey.source
    auxiliaries = read_benchmarks(benchmarks, source)
    scale = f"CAST({source.column(wished.q)} AS DOUBLE)" if wished.q else ""
    cluster = tuple(map(source.column, wished.per))
    known = known_cells(survey, (*auxiliaries.reads, *([scale] if scale else []), *cluster))
    refuse_missing(auxiliaries, known, scale)
    auxiliaries = matched(auxiliaries, known, partial=wished.partial)
    refuse_disagreement(auxiliaries, known)
    found = grid(auxiliaries, known.weight, known.raw, scale=scale, cluster=cluster)
    kept = tuple(independent_columns(auxiliaries, found))
    problem = _problem(auxiliaries, found.keeping(kept), kept, wished.distance)
    solution = solve(problem)
    if not solution.converged:
        _refuse_unreached(auxiliaries, problem, solution, kept, known)
    name = free_name(source, "calibration_factor")
    if cluster:
        labels = codes(known.raw, cluster)[1]
        factors = dict(zip(labels, solution.factors.tolist(), strict=True))
        made = with_factors(source, wished.per, factors, name)
    else:
        made = source.derive(f"*, {_factor_sql(auxiliaries, solution, kept, wished, scale)} AS {quoted(name)}")
    step = Calibration(
        name, auxiliaries, wished.distance, kept, survey.weight_layer()[0][1], quoted(name), scale, cluster
    )
    return made, step


def known_cells(survey: Survey, columns: tuple[str, ...]) -> Known:
    """Group the rows that have a weight by the auxiliaries; sums are exact, so any order of rows gives the same."""
    keys = tuple((f"up__a{i}", sql) for i, sql in enumerate(dict.fromkeys(columns)))
    request = TotalsRequest(
        layers=(survey.weight_layer(),), keys=keys, sums=(("up__sum", "up__k"),), counts=(("up__n", "up__k <> 0"),)
    )
    totals = Engine(survey.source).totals(request)
    here = totals.counts["up__n"] > 0
    weight = np.ldexp(totals.sums["up__sum"].to_float(), -survey.weighting().exponent)
    raw = {sql: np.ma.asarray(totals.keys[alias])[here] for alias, sql in keys}
    return Known(raw, weight[here], totals.counts["up__n"][here].astype(np.float64))


def _problem(auxiliaries: Auxiliaries, found: Grid, kept: tuple[int, ...], by: Distance) -> Problem:
    return Problem(found.x, found.d, auxiliaries.totals[list(kept)], found.q, by)


def _factor_sql(auxiliaries: Auxiliaries, solution: Solution, kept: tuple[int, ...], wished: Wish, scale: str) -> str:
    coefficients = np.zeros(len(auxiliaries.totals))
    coefficients[list(kept)] = solution.coefficients
    predictor = auxiliaries.predictor(coefficients)
    return wished.distance.sql(f"{scale} * ({predictor})" if scale else predictor)


def refuse_missing(auxiliaries: Auxiliaries, known: Known, scale: str) -> None:
    """Refuse rows with weight that lack an auxiliary."""
    said = {margin.sql: margin.name for margin in auxiliaries.margins}
    for sql, column in known.raw.items():
        missing = np.ma.getmaskarray(column)
        if sql == scale or any(m.sql == sql and not m.levels for m in auxiliaries.margins):
            missing = ~np.isfinite(numbers(known.raw, sql))
        if missing.any():
            rows = int(known.rows[missing].sum())
            raise DesignError(
                f'"{said.get(sql, sql)}" is missing in {rows:,} row{"s" if rows > 1 else ""} with weight - a unit '
                "whose auxiliary is unknown cannot be calibrated; fill it in, or leave the benchmark out.",
                code="AUXILIARY_MISSING",
            )
    if scale and (numbers(known.raw, scale) <= 0).any():
        raise DesignError("q is zero or below in a row - it must be above zero; correct it.", code="CALIBRATION_Q")


def matched(auxiliaries: Auxiliaries, known: Known, *, partial: bool) -> Auxiliaries:
    """Refuse levels without benchmark and benchmarks without sample; leave out levels that are empty in both."""
    margins = []
    for margin in auxiliaries.margins:
        margins.append(_matched_levels(margin, known) if margin.levels else margin)
    matched = Auxiliaries(tuple(margin for margin in margins if margin.totals))
    if not partial:
        for margin in matched.margins:
            _refuse_free_levels(margin, matched, known)
    return matched


def _matched_levels(margin: Margin, known: Known) -> Margin:
    seen = set(known.raw[margin.sql].tolist())
    for level, total in zip(margin.levels, margin.totals, strict=True):
        where = f'{margin.name} = "{level}"'
        if level in seen and not total > 0:
            raise DesignError(
                f"{where} is in the sample but its total is {total:g} - units of a code that nobody has cannot be "
                "weighted; correct the code or the total.",
                code="LEVEL_TOTAL_ZERO",
            )
        if level not in seen and total != 0:
            raise DesignError(
                f"{where} has a total of {total:,g} but nobody in the sample - nobody can stand for them; merge it "
                "with a neighbouring level.",
                code="LEVEL_NOT_IN_SAMPLE",
            )
    both = [(level, t) for level, t in zip(margin.levels, margin.totals, strict=True) if level in seen]
    return Margin(margin.name, margin.sql, tuple(level for level, _ in both), tuple(total for _, total in both))


def free_levels(margin: Margin, known: Known) -> list[str]:
    """Return the levels of the sample that have no benchmark."""
    return sorted(set(map(str, known.raw[margin.sql].tolist())) - set(margin.levels)) if margin.levels else []


def _refuse_free_levels(margin: Margin, auxiliaries: Auxiliaries, known: Known) -> None:
    """A single level without a benchmark is what the others leave of the population, if its size is known."""
    free = free_levels(margin, known)
    if not free:
        return
    sizes = [total for _, total in _sizes(auxiliaries, known)]
    if len(free) == 1 and sizes:
        left = sizes[0] - sum(margin.totals)
        if left > 0:
            return
        raise DesignError(
            f'the benchmarks of "{margin.name}" add up to {sum(margin.totals):,.10g} of {sizes[0]:,.10g} units - '
            f'nothing is left for "{free[0]}", which is in the sample; correct the totals.',
            code="MARGINS_DISAGREE",
        )
    raise DesignError(
        f'{margin.name} = "{free[0]}" is in the sample but has no benchmark - its units could be weighted to anything; '
        "add its total, or set partial=True to leave such levels free.",
        code="LEVEL_WITHOUT_BENCHMARK",
    )


def _sizes(auxiliaries: Auxiliaries, known: Known) -> list[tuple[str, float]]:
    """The number of units as each complete margin says it."""
    return [
        (margin.name if margin.sql else "the number of units", math.fsum(margin.totals))
        for margin in auxiliaries.margins
        if (margin.levels and not free_levels(margin, known)) or not margin.sql
    ]


def refuse_disagreement(auxiliaries: Auxiliaries, known: Known) -> None:
    """Refuse complete margins that do not add up to the same number of units."""
    sizes = _sizes(auxiliaries, known)
    for name, total in sizes[1:]:
        if abs(total - sizes[0][1]) > AGREE * abs(sizes[0][1]):
            raise DesignError(
                f'the benchmarks of "{sizes[0][0]}" add up to {sizes[0][1]:,.10g} and those of "{name}" to '
                f"{total:,.10g} - both count the same units, so no weights can reach both; correct one of them.",
                code="MARGINS_DISAGREE",
            )


def independent_columns(auxiliaries: Auxiliaries, found: Grid) -> list[int]:
    """Return the columns that are not sums of others; refuse one whose total is not that sum of totals."""
    kept, by = independent(found.x, found.d)
    totals, names = auxiliaries.totals, auxiliaries.names
    for j in sorted(set(range(len(names))) - set(kept)):
        if not found.x[:, j].any():
            implied, says = 0.0, "is 0 in every row of the sample"
        else:
            implied = float(by[:, j] @ totals[kept])
            parts = [names[k] for k, c in zip(kept, by[:, j], strict=True) if abs(c) > AGREE]
            says = f"is made of {', '.join(parts)} in every row of the sample"
        if abs(totals[j] - implied) > AGREE * (abs(totals[j]) + abs(implied)):
            raise DesignError(
                f"{names[j]} {says}, whose totals make {implied:,.10g}, but its own total is {totals[j]:,.10g} - no "
                "weights can reach both; take one of them out or correct it.",
                code="CALIBRATION_SINGULAR",
            )
    return kept


def _refuse_unreached(
    auxiliaries: Auxiliaries, problem: Problem, solution: Solution, kept: tuple[int, ...], known: Known
) -> None:
    names = tuple(auxiliaries.names[j] for j in kept)
    raise DesignError(
        f"calibration by method {problem.distance.method} does not reach its totals: "
        f"{worst(problem, solution.misfit, names)}{_binding(problem, solution, known)} - "
        "widen the bounds, leave a benchmark out or correct it.",
        code="CALIBRATION_NOT_CONVERGED",
    )


def _binding(problem: Problem, solution: Solution, known: Known) -> str:
    """Say which bound stops it, and for how many units."""
    if not problem.distance.bounded:
        return ""
    parts = []
    rows = known.rows if len(known.rows) == len(solution.factors) else np.ones(len(solution.factors))
    for word, bound in (("lower", float(problem.distance.low)), ("upper", float(problem.distance.high))):
        here = int(rows[np.abs(solution.factors - bound) <= BINDS * max(1.0, abs(bound))].sum())
        if here:
            parts.append(f"the {word} bound {bound:g} binds for {here:,} of {int(rows.sum()):,} units")
    return f"; {' and '.join(parts)}" if parts else ""


BINDS = 1e-3
