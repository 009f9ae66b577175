"""Woodruff's interval of a quantile: the interval of the share below it, taken back to values by the same rule."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from analysis.distributions import Distributions
from analysis.fixedpoint import Floats
from analysis.intervals import Interval, proportion_interval, t_quantile
from analysis.quantile_rules import Distribution, Rule, rule_of

if TYPE_CHECKING:
    from pandas import DataFrame

OF_REPLICATES = "quantile"  # the interval that is made of the replicates' quantiles, not of shares


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of every variable: probabilities, rule, interval of the share, level, degrees of freedom."""

    probabilities: tuple[float, ...]
    rule: Rule
    interval: str
    level: float
    df: float | None


def woodruff_frame(
    shares: DataFrame, found: tuple[Distributions, ...], values: Floats, question: Question
) -> DataFrame:
    """Return the frame of quantiles.

    shares: the frame of the shares below each of them; found: the distributions, in the same order; values (P,): the
    quantiles themselves.
    """
    step = len(question.probabilities)
    each = [one for group in found for one in group.each for _ in range(step)]
    rows = shares[["estimate", "se", "n", "df", "ci_low", "ci_high"]].to_numpy(dtype=np.float64)
    limits = [_limits(at, row, question) for at, row in zip(each, rows, strict=True)]
    low, high = np.array([i.low for i in limits]), np.array([i.high for i in limits])
    t = np.array([t_quantile(question.level, df) if df > 0 else math.nan for df in shares["df"]])
    with np.errstate(divide="ignore", invalid="ignore"):
        se = (high - low) / (2 * t)
        cv = np.where(values != 0, se / values, np.nan)
    frame = shares.assign(
        estimate=values, se=se, ci_low=low, ci_high=high, ci_method=f"woodruff-{question.interval}", cv=cv,
        n_rows=np.repeat(np.concatenate([group.rows for group in found]), step),
        n_eff=np.nan, deff=np.nan, deff_wr=np.nan, reason=[i.reason for i in limits],
    )  # fmt: skip
    frame.insert(1, "p", list(question.probabilities) * (len(frame) // step))
    return frame


def _limits(at: Distribution, share: Floats, question: Question) -> Interval:
    p, se, n, df, low, high = (float(number) for number in share)
    # A share whose own interval has no width: every unit of the domain was drawn and answered.
    if low == high == p:
        return _ends(at, Interval(p, p), question)
    if question.interval == OF_REPLICATES:
        return Interval(math.nan, math.nan)  # filled in from the replicates
    found = proportion_interval(p, se, int(n), df, method=question.interval, level=question.level, rows=int(n))
    return found if found.reason else _ends(at, found, question)


def _ends(at: Distribution, share: Interval, question: Question) -> Interval:
    rule = rule_of(question.rule)
    low = math.nan if share.low < 0 else rule(at, Fraction(share.low))
    high = math.nan if share.high > 1 else rule(at, Fraction(share.high))
    lost = [side for side, end in (("lower", low), ("upper", high)) if math.isnan(end)]
    says = "both limits of the share lie" if len(lost) == 2 else f"the {''.join(lost)} limit of the share lies"
    return Interval(low, high, reason=f"{says} outside 0 to 1, where there is no value" if lost else "")
