"""Decide what may be done with an estimate: publish it, publish it with caution, or not publish it."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from analysis.plan import ReleaseRules

if TYPE_CHECKING:
    from pandas import DataFrame

Status = Literal["publish", "caution", "suppress"]

# What the codes in `reason` and `disclosure` mean; docs/methods/release.md says it in words.
REASONS: Mapping[str, str] = {
    "no_respondents": "no respondent belongs to the base of the estimate",
    "zero_denominator": "the denominator of the ratio adds up to zero",
    "few_respondents": "fewer respondents than the rule asks for",
    "no_interval": "no interval can be given, for example because no degree of freedom is left",
    "n_eff_below_30": "effective sample size below 30",
    "wide_interval": "interval as wide as 30 points or wider",
    "wide_relative_interval": "interval wider than 130 % of the estimate",
    "wide_complement_interval": "interval wider than 130 % of 100 % minus the estimate",
    "df_below_8": "fewer than 8 degrees of freedom",
    "all_or_none": "every respondent of the base gave the same answer",
    "cv_above_35": "coefficient of variation above 35 %",
    "cv_above_15": "coefficient of variation above 15 %",
    "few_units": "fewer units in the population than the confidentiality rule asks for",
}
NARROW, WIDE, RELATIVE = 0.05, 0.30, 1.30
MIN_EFFECTIVE, MIN_DF = 30.0, 8.0
CV_CAUTION, CV_SUPPRESS = 0.15, 0.35


@dataclass(frozen=True, slots=True)
class Precision:
    """What the release rule looks at: one estimate with its interval and sizes (NaN where there is none)."""

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    df: float
    n: int
    n_population: float


@dataclass(frozen=True, slots=True)
class Release:
    """What may be done with an estimate, why (codes of REASONS joined by `;`), and the confidentiality finding."""

    status: Status
    reason: str = ""
    disclosure: str = ""


def release_rate(row: Precision, rules: ReleaseRules) -> Release:
    """Apply the presentation standard for proportions of the US National Center for Health Statistics (2017).

    With width = ci_high - ci_low and n_eff = min(n, p (1 - p) / se^2) (n at 0 and 100 %):
    suppress when n_eff < 30, when width >= 0.30, or when width > 0.05 and width / p > 1.30;
    caution when width > 0.05 and width / (1 - p) > 1.30, when df < 8, and at 0 or 100 %.

    Before it: suppress with fewer than min_respondents respondents, and with fewer than min_population_units units in
    the population (this is the confidentiality finding). It knows nothing of what could be subtracted from other
    published cells: there is no secondary suppression.

    row: a rate between 0 and 1 with its Korn-Graubard interval; rules: of design.yaml. Returns the release.

    >>> release_rate(Precision(0.5, 0.02, 0.46, 0.54, 90.0, 700, 9000.0), ReleaseRules()).status
    'publish'
    """
    return _first_floor(row, rules) or _nchs2017(row)


def release_amount(row: Precision, rules: ReleaseRules) -> Release:
    """Apply the classes of the coefficient of variation to a total, mean or ratio.

    cv = se / |estimate|: up to 15 % publish, up to 35 % caution, above suppress; df < 8 is caution. The same first
    checks as for rates. It does not look for a unit that dominates a total.

    row: an estimate that is not a rate; rules: of design.yaml. Returns the release.
    """
    return _first_floor(row, rules) or _cv_classes(row)


def _first_floor(row: Precision, rules: ReleaseRules) -> Release | None:
    confidential = 0 < row.n_population < rules.min_population_units - 1e-9
    disclosure = "few_units" if confidential else ""
    if row.n == 0 or math.isnan(row.estimate):
        return Release("suppress", "zero_denominator" if row.n > 0 else "no_respondents", disclosure)
    if row.n < rules.min_respondents or confidential:
        reasons = ["few_respondents"] if row.n < rules.min_respondents else []
        return Release("suppress", ";".join([*reasons, *([disclosure] if disclosure else [])]), disclosure)
    if math.isnan(row.ci_low) or math.isnan(row.ci_high):
        return Release("suppress", "no_interval")
    return None


def _nchs2017(row: Precision) -> Release:
    p, width = row.estimate, row.ci_high - row.ci_low
    if _effective_size(row) < MIN_EFFECTIVE:
        return Release("suppress", "n_eff_below_30")
    if width >= WIDE:
        return Release("suppress", "wide_interval")
    relative = width > NARROW and 0 < p < 1
    if relative and width / p > RELATIVE:
        return Release("suppress", "wide_relative_interval")
    caution = ["wide_complement_interval"] if relative and width / (1 - p) > RELATIVE else []
    caution += ["df_below_8"] if row.df < MIN_DF else []
    caution += ["all_or_none"] if p <= 0 or p >= 1 else []
    return Release("caution" if caution else "publish", ";".join(caution))


def _effective_size(row: Precision) -> float:
    p = row.estimate
    if p <= 0 or p >= 1 or row.se <= 0:
        return float(row.n)
    return min(float(row.n), p * (1 - p) / row.se**2)


def _cv_classes(row: Precision) -> Release:
    cv = row.se / abs(row.estimate) if row.estimate else math.inf
    if cv > CV_SUPPRESS:
        return Release("suppress", "cv_above_35")
    caution = ["cv_above_15"] if cv > CV_CAUTION else []
    caution += ["df_below_8"] if row.df < MIN_DF else []
    return Release("caution" if caution else "publish", ";".join(caution))


def release(estimates: DataFrame, rules: ReleaseRules, *, rates: frozenset[str]) -> DataFrame:
    """Return `estimates` with the columns status, reason and disclosure.

    estimates: one row an estimate, with estimate, se, ci_low, ci_high, df, n, n_population and indicator;
    rules: of design.yaml; rates: ids of the indicators that are rates between 0 and 1, the others are amounts.
    """
    releases = [_release_row(dict(row), rules, rates) for row in estimates.to_dict("records")]
    import pandas as pd

    columns = pd.DataFrame(
        {
            "status": [made.status for made in releases],
            "reason": [made.reason or None for made in releases],
            "disclosure": [made.disclosure or None for made in releases],
        },
        index=estimates.index,
        dtype="str",
    )
    return pd.concat([estimates.drop(columns=list(columns.columns), errors="ignore"), columns], axis=1)


def _release_row(row: Mapping[Hashable, object], rules: ReleaseRules, rates: frozenset[str]) -> Release:
    rule: Callable[[Precision, ReleaseRules], Release]
    rule = release_rate if row["indicator"] in rates else release_amount
    names = ("estimate", "se", "ci_low", "ci_high", "df", "n_population")
    numbers = {name: float(str(row[name])) for name in names}
    return rule(Precision(n=int(str(row["n"])), **numbers), rules)
