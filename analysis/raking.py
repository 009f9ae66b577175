"""Rake a survey: post-stratify by one margin after the other until all of them hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.auxiliaries import Auxiliaries, read_benchmarks
from analysis.calibrated import Calibration, grid, worst
from analysis.calibrating import (
    Known,
    free_levels,
    independent_columns,
    known_cells,
    matched,
    refuse_disagreement,
    refuse_missing,
)
from analysis.calibration import Problem
from analysis.distances import Distance
from analysis.fixedpoint import Floats
from analysis.poststrata import free_name
from analysis.source import Source, quoted
from uptake.contract.errors import DesignError

if TYPE_CHECKING:
    from pandas import DataFrame

    from analysis.survey import Survey

SETTLED = 1e-12  # of |misfit| / (1 + |T|): a sweep that begins with less has nothing left to do


def raked(survey: Survey, benchmarks: DataFrame, most: int) -> tuple[Source, Calibration, str]:
    """Return the source with the factors, the step, and a warning if the sweeps did not settle; see `Survey.rake`."""
    source, by = survey.source, Distance("raking")
    auxiliaries = read_benchmarks(benchmarks, source)
    _refuse_numbers(auxiliaries)
    known = known_cells(survey, auxiliaries.reads)
    refuse_missing(auxiliaries, known, "")
    auxiliaries = matched(auxiliaries, known, partial=True)
    _refuse_open(auxiliaries, known)
    refuse_disagreement(auxiliaries, known)
    found = grid(auxiliaries, known.weight, known.raw, scale="", cluster=())
    kept = tuple(independent_columns(auxiliaries, found))
    problem = Problem(found.x, found.d, auxiliaries.totals, found.q, by)
    coefficients, settled = _sweeps(auxiliaries, problem, most)
    note = ""
    if not settled:
        furthest = worst(problem, problem.misfit(problem.factors(coefficients)), auxiliaries.names)
        note = (
            f"RAKE_NOT_CONVERGED: the weights were still moving in {'the only sweep' if most == 1 else 'the last of'}"
            f"{'' if most == 1 else f' {most:,} sweeps'}: {furthest}; allow more sweeps."
        )
    name = free_name(source, "raking_factor")
    made = source.derive(f"*, {by.sql(auxiliaries.predictor(coefficients))} AS {quoted(name)}")
    return made, Calibration(name, auxiliaries, by, kept, survey.weight_layer()[0][1], quoted(name)), note


def _sweeps(auxiliaries: Auxiliaries, problem: Problem, most: int) -> tuple[Floats, bool]:
    """Return b (p,), the logarithms of the factors of every level, and whether a sweep had nothing left to do."""
    b, g = np.zeros(len(problem.totals)), np.ones(len(problem.d))
    slices, start = [], 0
    for margin in auxiliaries.margins:
        slices.append(slice(start, start + len(margin.totals)))
        start += len(margin.totals)
    for _ in range(most):
        if problem.away(problem.misfit(g)) < SETTLED:
            return b, True
        for part in slices:
            x = problem.x[:, part]
            factor = problem.totals[part] / (x.T @ (problem.d * g))
            b[part] += np.log(factor)
            g = g * (x @ factor)
    return b, False


def _refuse_numbers(auxiliaries: Auxiliaries) -> None:
    for margin in auxiliaries.margins:
        if margin.sql and not margin.levels:
            raise DesignError(
                f'the benchmark of "{margin.name}" is the total of a number - raking sweeps over codes; use '
                'calibrate(method="raking"), or give its levels.',
                code="RAKE_NUMBER",
            )


def _refuse_open(auxiliaries: Auxiliaries, known: Known) -> None:
    for margin in auxiliaries.margins:
        free = free_levels(margin, known)
        if free:
            raise DesignError(
                f'{margin.name} = "{free[0]}" is in the sample but has no benchmark - a margin of a raking must be '
                "complete; add its total.",
                code="LEVEL_WITHOUT_BENCHMARK",
            )
