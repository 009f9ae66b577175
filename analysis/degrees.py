"""Degrees of freedom: sampled PSUs with members of the domain, less their strata."""

from __future__ import annotations

import numpy as np

from analysis.cells import Stage
from analysis.design import SurveyDesign
from analysis.fixedpoint import Floats
from analysis.linearisation import presence
from analysis.lonely import variance_stages
from analysis.points import Layout


def domain_degrees(layout: Layout, stage: Stage) -> Floats:
    """Return df (P,): PSUs with rows of the domain minus strata with rows of the domain (R's degf of a subset).

    A row with a weight of zero counts for nothing; a row whose outcome is missing counts.
    """
    strata = presence(layout, stage.parent_of_cell, len(stage.n)).sum(axis=0)
    if len(stage.unit):
        units = presence(layout, stage.unit, len(stage.parent)).sum(axis=0)
    else:
        units = np.concatenate([np.repeat(layout.counted("up__n_in", g), len(layout.scored)) for g in layout.groupings])
    return np.asarray(units - strata, dtype=np.float64)


def ruled_degrees(design: SurveyDesign, layout: Layout, df: Floats, whole: float) -> Floats:
    """Return df (P,) by the rule that the design declares; `df` by the rule "domain", `whole` of the design.

    "strata" counts all sampled PSUs of the strata that have rows of the domain, less those strata (Stata); "design" is
    the whole sample for every domain (SAS). A domain without rows has none under any rule.
    """
    if design.degrees == "domain":
        return df
    if design.degrees == "design" or design.replicates is not None:
        ruled = np.full(layout.size, whole)
    else:
        stage = variance_stages(design, layout.totals)[0][0]
        ruled = presence(layout, stage.parent_of_cell, len(stage.n)).T @ (stage.n - 1)
    empty = np.concatenate(
        [np.repeat(layout.counted("up__n_in", g) == 0, len(layout.scored)) for g in layout.groupings]
    )
    return np.where(empty, df, ruled)


def design_degrees(stage: Stage, rows_with_weight: Floats) -> float:
    """Return df of the whole design: PSUs with weight minus strata with weight. `rows_with_weight` is by cell."""
    here = rows_with_weight > 0
    strata = len(np.unique(stage.parent_of_cell[here]))
    units = float(len(np.unique(stage.unit[here]))) if len(stage.unit) else float(rows_with_weight.sum())
    return units - strata
