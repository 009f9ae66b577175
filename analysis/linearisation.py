"""Taylor linearisation: the covariance of all estimates from cluster totals of their scores, stage by stage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.cells import Codes, Stage
from analysis.design import LonelyRule
from analysis.fixedpoint import Floats
from analysis.points import Layout, Points


@dataclass(frozen=True, slots=True)
class PostCells:
    """Post-strata: the code of each cell of the totals, how many there are, and the alias of the plain weight."""

    code: Codes
    size: int
    constant: str


def clustered(
    layout: Layout, estimates: Points, stages: tuple[Stage, ...], rule: LonelyRule, cells: PostCells | None
) -> Floats:
    """Return V (P, P) of a design with clusters.

    V = sum_h (1-f_h) n_h/(n_h-1) sum_i (z_hi - zbar_h)(z_hi - zbar_h)' + sum_hi f_h (1-f_hi) m_hi/(m_hi-1) (the same
    within the PSU) + sum_hij f_h f_hi (1-f_hij) ... (within the SSU), and so on; a later stage may have strata of its
    own within the unit. PSUs without a row in the domain stay with score 0. Agrees with R survey's svyrecvar to 1e-12.
    """
    total = np.zeros((layout.size, layout.size))
    for stage in stages:
        term = stage_term(unit_scores(layout, estimates, stage, cells), stage, stage.outer, rule)
        total += term * average_factor(layout, stage, rule)
    return total


def unit_scores(layout: Layout, estimates: Points, stage: Stage, cells: PostCells | None) -> Floats:
    """Return z (units, P): the weighted scores added up within each sampled unit of the stage."""
    scores = score_sums(layout, estimates, stage.unit, len(stage.parent))
    if cells is not None:
        scores -= constant_sums(layout, stage.unit, len(stage.parent), cells) @ slopes(layout, estimates, cells).T
    return scores


def score_sums(layout: Layout, estimates: Points, at: Codes, rows: int) -> Floats:
    """Return the scores added up by any code of the cells: (rows, P)."""
    scores = np.zeros((rows, layout.size))
    for grouping, offset in zip(layout.groupings, layout.offsets, strict=True):
        for j, scored in enumerate(layout.scored):
            which = slice(offset + j, offset + grouping.size * len(layout.scored), len(layout.scored))
            top = layout.spread(layout.totals.sums[scored.numerator].to_float(), at, rows, grouping)
            scores[:, which] = top * estimates.first[which]
            if scored.denominator is not None:
                bottom = layout.spread(layout.totals.sums[scored.denominator].to_float(), at, rows, grouping)
                scores[:, which] += bottom * estimates.second[which]
    return scores


def slopes(layout: Layout, estimates: Points, cells: PostCells) -> Floats:
    """Return beta (P, cells): the mean score of each post-stratum, which its known total takes out of the variance."""
    weight = np.bincount(cells.code, weights=layout.real(cells.constant), minlength=cells.size)
    return np.asarray((score_sums(layout, estimates, cells.code, cells.size) / weight[:, None]).T)


def constant_sums(layout: Layout, at: Codes, rows: int, cells: PostCells) -> Floats:
    """Return the weights added up by (code, post-stratum)."""
    flat = at * cells.size + cells.code
    sums = np.bincount(flat, weights=layout.real(cells.constant), minlength=rows * cells.size)
    return sums.astype(np.float64).reshape(rows, cells.size)


def stage_term(scores: Floats, stage: Stage, outer: Floats, rule: LonelyRule) -> Floats:
    """Return one stage's part of V: scores centred within their parent, scaled by outer (1-f) n/(n-1)."""
    usable = stage.n > 1
    scale = np.where(usable, outer * (1 - stage.fraction) * stage.n / np.maximum(stage.n - 1, 1), 0.0)
    first_units = np.searchsorted(stage.parent, np.arange(len(stage.n)))  # units are in the order of their parents
    sums = np.add.reduceat(scores, first_units, axis=0)
    centred = scores - (sums / stage.n[:, None])[stage.parent]
    centred *= np.sqrt(scale)[stage.parent][:, None]
    return _crossed(centred, scores, stage.parent, first_units) + lonely_term(sums, stage, outer, rule, len(scores))


def _crossed(centred: Floats, scores: Floats, parent: Codes, first_units: Codes) -> Floats:
    """Return centred' centred, leaving out the zeros of strata that lie in few of the domains (provinces, say).

    Strata with the same non-empty estimates are multiplied together, whenever that is less than half the work.
    """
    size = scores.shape[1]
    patterns, pattern = np.unique(np.logical_or.reduceat(scores != 0, first_units, axis=0), axis=0, return_inverse=True)
    rows = np.bincount(pattern[parent], minlength=len(patterns))
    if 2 * (rows * patterns.sum(axis=1) ** 2).sum() >= len(scores) * size**2:
        return np.asarray(centred.T @ centred)
    total = np.zeros((size, size))
    for number, used in enumerate(patterns):
        columns = np.flatnonzero(used)
        part = centred[np.ix_(pattern[parent] == number, columns)]
        total[np.ix_(columns, columns)] += part.T @ part
    return total


def lonely_term(sums: Floats, stage: Stage, outer: Floats, rule: LonelyRule, units: float) -> Floats:
    """Return what strata with one sampled unit add under the rule `adjust`: (1-f)(z - zbar)^2, zbar over all units."""
    lonely = (stage.n == 1) & (stage.fraction < 1)
    if rule != "adjust" or not lonely.any():
        return np.zeros((sums.shape[1], sums.shape[1]))
    away = sums[lonely] - sums.sum(axis=0) / units
    away *= np.sqrt(outer * (1 - stage.fraction))[lonely][:, None]
    return np.asarray(away.T @ away)


def average_factor(layout: Layout, stage: Stage, rule: LonelyRule) -> Floats | float:
    """Return (P, P) factors strata/usable strata of the rule `average`, counted where the domain has rows."""
    if rule != "average":
        return 1.0
    lonely = (stage.n == 1) & (stage.fraction < 1)
    present = presence(layout, stage.parent_of_cell, len(stage.n))
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = present.sum(axis=0) / present[~lonely].sum(axis=0)
    return np.sqrt(np.outer(factor, factor))


def presence(layout: Layout, at: Codes, rows: int) -> Floats:
    """Return 1 where a code has rows of the domain with a weight above zero, else 0: (rows, P)."""
    counts = layout.totals.counts["up__n_in"].astype(np.float64)
    blocks = [np.repeat(layout.spread(counts, at, rows, g) > 0, len(layout.scored), axis=1) for g in layout.groupings]
    return np.concatenate(blocks, axis=1).astype(np.float64)
