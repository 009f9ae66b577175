"""The variance of a survey whose weights were adjusted: scores of rows, taken back through every weighting step."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.fixedpoint import Floats
from analysis.frames import Asked
from analysis.microdata import Microdata, degrees, read_rows, residual_covariance, score_covariance
from analysis.points import Layout, Points
from analysis.steps import residuals
from analysis.survey import Survey
from uptake.contract.errors import EstimationError

MOST_SCORES = 300_000_000  # numbers in the matrix rows x estimates, 2.4 GB
NOTHING_LEFT = 1e-9  # residuals below this share of the scores are rounding: the weights reproduce the number


def needs_rows(survey: Survey) -> bool:
    """Whether steps other than one post-stratification (which goes by cells) change the variance."""
    return survey.design.poststrata is None and any(step.in_variance for step in survey.steps)


def stepwise(
    survey: Survey, asked: Asked, layout: Layout, found: Points
) -> tuple[Floats, Floats, npt.NDArray[np.bool_], float]:
    """Return V (P, P), df (P,), which estimates (P,) the weights were fitted to, and df of the whole design.

    Scores z = first * w y + second * w x over the rows of each domain; V as `score_covariance` says. Rows whose weight
    an adjustment set to 0 (nonrespondents of a domain known for them) count in the degrees of freedom.
    """
    rows = _rows(survey, asked)
    _refuse_too_many(len(rows), layout.size)
    scores = _scores(rows, asked, layout, found)
    if any(taking.in_variance for taking in survey.steps):
        left, phases = residuals(survey.steps, scores, rows.raw)
        vcov, known = residual_covariance(survey, rows, left, phases), _nothing_left(left, phases, scores)
    else:
        vcov, known = score_covariance(survey, rows, scores), np.zeros(layout.size, dtype=bool)
    vcov[known, :] = 0.0
    vcov[:, known] = 0.0
    step = len(asked.variables)
    df = [np.repeat(degrees(rows, rows.domains(g.columns).code, g.size), step) for g in layout.groupings]
    whole = degrees(rows, np.zeros(len(rows), dtype=np.intp), 1, everywhere=True)
    return vcov, np.concatenate(df), known, float(whole[0])


def _nothing_left(left: Floats, phases: list[Floats], scores: Floats) -> npt.NDArray[np.bool_]:
    """Which estimates (P,) the steps explain wholly: what is left of their scores is rounding."""
    size = NOTHING_LEFT * np.sqrt((scores**2).sum(axis=0))
    small = [np.sqrt((part**2).sum(axis=0)) <= size for part in (left, *phases)]
    return np.asarray(np.all(small, axis=0) & (size > 0))


def _rows(survey: Survey, asked: Asked) -> Microdata:
    expressions = dict.fromkeys(e for v in asked.variables for e in v.conditions)
    by = [c for group in asked.by for c in group]
    return read_rows(survey, {e: e for e in expressions}, by=by, where=asked.where)


def _scores(rows: Microdata, asked: Asked, layout: Layout, found: Points) -> Floats:
    """Return z (n, P) = w (first y + second x) over the rows of each domain and base."""
    scores = np.zeros((len(rows), layout.size))
    step = len(asked.variables)
    every = tuple(e for v in asked.variables for e in v.expressions) if asked.missing == "listwise" else ()
    first, second = _coefficients(layout, found)
    for grouping, offset in zip(layout.groupings, layout.offsets, strict=True):
        code = rows.domains(grouping.columns).code
        for j, variable in enumerate(asked.variables):
            inside = np.flatnonzero(rows.inside & (code >= 0) & _known(rows, (*variable.conditions, *every)))
            at = offset + code[inside] * step + j
            below = rows.values[variable.denominator][inside] if variable.denominator else 1.0
            score = first[at] * rows.values[variable.numerator][inside] + second[at] * below
            scores[inside, at] = rows.weight[inside] * score
    return scores


def _coefficients(layout: Layout, found: Points) -> tuple[Floats, Floats]:
    """Return the coefficients (P,) of numerator and denominator in the unit of the data."""
    domains = sum(grouping.size for grouping in layout.groupings)
    top = [2.0 ** layout.powers[s.numerator] for s in layout.scored]
    bottom = [2.0 ** layout.powers[s.denominator] if s.denominator else 0.0 for s in layout.scored]
    return found.first * np.tile(top, domains), found.second * np.tile(bottom, domains)


def _known(rows: Microdata, expressions: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    missing = np.zeros(len(rows), dtype=bool)
    for expression in expressions:
        missing |= np.isnan(rows.values[expression])
    return ~missing


def _refuse_too_many(rows: int, estimates: int) -> None:
    if rows * estimates > MOST_SCORES:
        raise EstimationError(
            f"{estimates:,} estimates from {rows:,} rows with adjusted weights are asked for at once - their scores "
            "have no room; estimate fewer domains at a time.",
            code="TOO_MANY_ESTIMATES",
        )
