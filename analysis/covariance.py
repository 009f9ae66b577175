"""From the scores of sampled units to their covariance: one stage's term, and what units alone in a stratum add."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.cells import Codes, Stage
from analysis.design import LonelyRule, SurveyDesign
from analysis.fixedpoint import Floats
from analysis.products import crossed
from analysis.unequal import pps_covariance

Bools = npt.NDArray[np.bool_]


def needs_presence(design: SurveyDesign) -> bool:
    """Whether the lonely-PSU rule asks which units have rows of which estimate (under PPS all count, as in R)."""
    return design.pps is None and (design.lonely_psu == "average" or design.adjust_domain_lonely)


def stage_covariance(scores: Floats, stage: Stage, design: SurveyDesign, present: Bools | None = None) -> Floats:
    """Return one stage's part of V (P, P).

    V = sum_h a_h sum_i (1-f_hi) n_h/(n_h-1) (z_hi - c_h)(z_hi - c_h)', a_h the sampling fractions of the stages before,
    f_hi = f_h (under Brewer's method pi_hi), c_h the mean of the stratum; of strata with one unit see `lonely_psu`. The
    other PPS methods have matrices of their own.

    scores (units, P): sums of scores of each unit; present (units, P): which units have rows of which estimate.
    """
    if design.pps is not None and design.pps.method != "brewer":
        return pps_covariance(scores, stage, design.pps)
    parent = _unit_parents(stage)
    sums = _sums(scores, parent, len(stage.n))
    alone = lonely(stage)
    odd = _domain_lonely(stage, design, present)
    centred = scores - _centres(sums, stage, alone, odd, design.lonely_psu)[parent]
    centred *= np.sqrt(_scale(stage, parent, alone, design.lonely_psu))[:, None]
    if design.lonely_psu == "average":
        if odd is not None:
            centred[odd[parent]] = 0.0
        centred *= np.sqrt(_average(stage, alone[:, None] if odd is None else alone[:, None] | odd, present))[parent]
    return crossed(centred, parent)


def why_unknown(design: SurveyDesign) -> str:
    """Return the reason to give where a variance of this design is NaN although the estimate is a number."""
    if design.pps is not None:
        return "the variance estimate is below zero, which says nothing; the form YG or the method brewer may help"
    if design.lonely_psu == "average":
        return "strata that are lonely have none beside them that is not, so there is no average variance to take"
    return ""


def lonely(stage: Stage) -> Bools:
    """Return (parents,) which strata have one sampled unit although there are more."""
    fraction = stage.fraction
    if stage.pi is not None:
        fraction = np.ones(len(stage.n))
        np.minimum.at(fraction, _unit_parents(stage), stage.pi)
    return np.asarray((stage.n == 1) & (fraction < 1))


def lonely_term(sums: Floats, stage: Stage, rule: LonelyRule) -> Floats:
    """Return what strata with one sampled row add under the rule `adjust`: (1-f)(z - zbar)^2, zbar over all rows."""
    alone = lonely(stage)
    if rule != "adjust" or not alone.any():
        return np.zeros((sums.shape[1], sums.shape[1]))
    away = sums[alone] - sums.sum(axis=0) / stage.n.sum()
    away *= np.sqrt(1 - stage.fraction)[alone][:, None]
    return np.asarray(away.T @ away)


def average_factor(present: Bools, alone: Bools) -> Floats:
    """Return (P, P) factors strata/usable strata of the rule `average`; present (strata, P), alone (strata, 1 or P)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = present.sum(axis=0) / (present & ~alone).sum(axis=0)
    factor[np.isinf(factor)] = np.nan  # no stratum is usable
    return np.sqrt(np.outer(factor, factor))


def _unit_parents(stage: Stage) -> Codes:
    return stage.parent if len(stage.unit) else stage.parent_of_cell


def _centres(sums: Floats, stage: Stage, alone: Bools, odd: Bools | None, rule: LonelyRule) -> Floats:
    """What the scores of each stratum are measured from: its mean; under `adjust` the mean of all units if alone."""
    centres = sums / stage.n[:, None]
    if rule == "adjust":
        whole = sums.sum(axis=0) / stage.n.sum()
        centres[alone] = whole
        if odd is not None:
            centres = np.where(odd, whole, centres)
    return np.asarray(centres)


def _scale(stage: Stage, parent: Codes, alone: Bools, rule: LonelyRule) -> Floats:
    """What the squares of each unit are multiplied with: a (1-f) n/(n-1); strata with one unit count under `adjust`."""
    rest = 1 - (stage.fraction[parent] if stage.pi is None else stage.pi)
    spread = np.where(stage.n > 1, stage.n / np.maximum(stage.n - 1, 1), 0.0)
    if rule == "adjust":
        spread[alone] = 1.0
    return np.asarray((stage.outer * spread)[parent] * rest)


def _domain_lonely(stage: Stage, design: SurveyDesign, present: Bools | None) -> Bools | None:
    """Return (parents, P) which strata of several units keep one of them in a domain, where that is asked for."""
    if not design.adjust_domain_lonely or present is None:
        return None
    kept = _sums(present.astype(np.float64), _unit_parents(stage), len(stage.n))
    return np.asarray((kept == 1) & ((stage.n > 1) & (stage.fraction < 1))[:, None])


def _average(stage: Stage, alone: Bools, present: Bools | None) -> Floats:
    """Return what the rule `average` multiplies the variance of each stratum with, (parents, P or 1).

    That is strata / usable strata of the same unit above (at the first stage of all), counted where the estimate has
    rows. NaN where a unit above has no usable stratum: then there is no average to take.
    """
    there = np.ones((len(stage.n), 1))
    if present is not None:
        there = np.where(_sums(present.astype(np.float64), _unit_parents(stage), len(stage.n)) > 0, 1.0, 0.0)
    counts = np.zeros((2, int(stage.family.max(initial=0)) + 1, max(there.shape[1], alone.shape[1])))
    np.add.at(counts[0], stage.family, there)
    np.add.at(counts[1], stage.family, there * ~alone)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(counts[0] > 0, counts[0] / counts[1], 0.0)
    factor[np.isinf(factor)] = np.nan
    return np.asarray(factor[stage.family])


def _sums(values: Floats, code: Codes, size: int) -> Floats:
    """Add (units, P) by code; every code has a unit."""
    if len(code) > 1 and (code[1:] < code[:-1]).any():
        order = np.argsort(code, kind="stable")
        values, code = values[order], code[order]
    return np.asarray(np.add.reduceat(values, np.searchsorted(code, np.arange(size)), axis=0))
