"""Quantiles of every replicate: the rule applied to each replicate's weights, for an interval without Woodruff."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from analysis.cells import Codes
from analysis.design import Expr
from analysis.fixedpoint import Floats
from analysis.intervals import t_interval
from analysis.microdata import read_rows
from analysis.quantile_rules import Distribution, rule_of
from analysis.replicates import replicate_covariance, replicate_thetas
from analysis.survey import Survey
from analysis.woodruff import Question
from uptake.contract.errors import EstimationError

if TYPE_CHECKING:
    from pandas import DataFrame

BITS = 2.0**40  # the largest weight of a replicate as an integer


def replicate_frame(s: Survey, theta: Floats, frame: DataFrame, question: Question) -> tuple[DataFrame, Floats]:
    """Return the frame with standard errors from the replicates' own quantiles, interval estimate -/+ t se, and V."""
    value = frame["estimate"].to_numpy(dtype=np.float64)
    vcov = replicate_covariance(theta, value, s.design)
    se = np.sqrt(np.diag(vcov))
    limits = [t_interval(*at, question.level) for at in zip(value, se, frame["df"], strict=True)]
    cv = np.divide(se, value, out=np.full(len(value), np.nan), where=value != 0)
    low, high, reason = ([getattr(limit, side) for limit in limits] for side in ("low", "high", "reason"))
    return frame.assign(se=se, ci_low=low, ci_high=high, ci_method="t", cv=cv, reason=reason), vcov


def replicate_quantiles(
    s: Survey, y: Expr, groups: Sequence[tuple[str, ...]], where: Expr | None, question: Question
) -> Floats:
    """Return the quantiles (P, R) of every domain in every replicate."""
    if s.design.replicates is None:
        raise EstimationError(
            'interval="quantile" takes the quantiles of replicates, and the design has no replicate weights - use '
            'interval="mean", or make replicates first.',
            code="NO_REPLICATES",
        )
    rows = read_rows(s, {"y": y.sql}, by=list(dict.fromkeys(c for group in groups for c in group)), where=where)
    values = rows.values["y"]
    order = np.lexsort((-rows.weight, values))
    order = order[rows.inside[order] & ~np.isnan(values[order]) & (rows.weight[order] != 0)]
    codes = [rows.domains(group) for group in groups]
    places = [order[each.code[order] == d] for each in codes for d in range(each.size)]

    def theta(weight: Floats) -> Floats:
        return np.concatenate([_quantiles(values, weight, place, question) for place in places])

    return replicate_thetas(s, rows, theta)


def _quantiles(values: Floats, weight: Floats, rows: Codes, question: Question) -> Floats:
    """Return the quantiles (probabilities,) of one domain under one replicate's weights; `rows` are in order."""
    rule, used = rule_of(question.rule), rows[weight[rows] > 0]
    if not len(used):
        return np.full(len(question.probabilities), math.nan)
    whole = np.rint(weight[used] / weight[used].max() * BITS).astype(np.int64)
    at = Distribution.of(values[used], whole, np.ones(len(used), dtype=np.int64))
    return np.array([rule(at, Fraction(repr(p))) for p in question.probabilities])
