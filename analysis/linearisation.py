"""Taylor linearisation: the covariance of all estimates from cluster totals of their scores, stage by stage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.cells import Codes, Stage
from analysis.covariance import needs_presence, stage_covariance
from analysis.design import SurveyDesign
from analysis.fixedpoint import Floats
from analysis.points import Layout, Points


@dataclass(frozen=True, slots=True)
class PostCells:
    """Post-strata: the code of each cell of the totals, how many there are, and the alias of the plain weight."""

    code: Codes
    size: int
    constant: str


def clustered(
    layout: Layout, estimates: Points, stages: tuple[Stage, ...], design: SurveyDesign, cells: PostCells | None
) -> Floats:
    """Return V (P, P) of a design with clusters.

    V = sum_h (1-f_h) n_h/(n_h-1) sum_i (z_hi - zbar_h)(z_hi - zbar_h)' + sum_hi f_h (1-f_hi) m_hi/(m_hi-1) (the same
    within the PSU) + sum_hij f_h f_hi (1-f_hij) ... (within the SSU), and so on; a later stage may have strata of its
    own within the unit. PSUs without a row in the domain stay with score 0. Agrees with R survey's svyrecvar to 1e-12.
    """
    total = np.zeros((layout.size, layout.size))
    for stage in stages:
        # Fitted weights tie all strata together: after them every stratum is estimated, as in R.
        asked = cells is None and needs_presence(design)
        present = base_presence(layout, stage.unit, len(stage.parent)) if asked else None
        total += stage_covariance(unit_scores(layout, estimates, stage, cells), stage, design, present)
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


def presence(layout: Layout, at: Codes, rows: int) -> Floats:
    """Return 1 where a code has rows of the domain with a weight above zero, else 0: (rows, P)."""
    counts = layout.totals.counts["up__n_in"].astype(np.float64)
    blocks = [np.repeat(layout.spread(counts, at, rows, g) > 0, len(layout.scored), axis=1) for g in layout.groupings]
    return np.concatenate(blocks, axis=1).astype(np.float64)


def base_presence(layout: Layout, at: Codes, rows: int) -> npt.NDArray[np.bool_]:
    """Return whether a code has rows that each estimate is made of, those with an answer: (rows, P)."""
    blocks = []
    for grouping in layout.groupings:
        counts = {s.base: layout.totals.counts[s.base].astype(np.float64) for s in layout.scored}
        there = {base: layout.spread(count, at, rows, grouping) > 0 for base, count in counts.items()}
        blocks.append(np.stack([there[s.base] for s in layout.scored], axis=2).reshape(rows, -1))
    return np.concatenate(blocks, axis=1)
