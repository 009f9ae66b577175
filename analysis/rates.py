"""Penetration: the share of units, or of their size, for which a criterion holds."""

from __future__ import annotations

from analysis.design import Expr
from analysis.estimates import Estimates
from analysis.estimators import By, Y, domains, named, outcomes, restriction
from analysis.frames import Asked
from analysis.survey import Survey
from analysis.unanswered import Missing, Rate, estimated_rates


def penetration(
    s: Survey, criterion: Y, *, size: str | Expr | None = None, by: By = None, where: str | Expr | None = None,
    ci: str = "korn-graubard", level: float = 0.95, missing: Missing = "out", df: float | None = None,
    covariance: bool = True,
) -> Estimates:  # fmt: skip
    """Estimate the share of units for which a criterion holds, or the share of their size (staff, turnover).

    Of units: p = sum w y / sum w. Of size x: R = sum w y x / sum w x, a ratio, over rows where both are known. `any_of`
    and `all_of` make a criterion of several answers.

    It does not cover nonresponse bias; and a share of size is ruled by the largest units: look at its n_eff.

    criterion: 0/1 columns or `Expr`; size: a column of 0 or more; by, where, level, df, covariance: as in `mean`; ci:
    see `proportion_interval`; missing: what an unknown answer counts as. "out" (or "each"): outside the base;
    "listwise": outside wherever one of several is unknown; "in_base": in the base, as not yes; "bounds": two rows, all
    unknown as no and all as yes (column `definition`), with `bounds_low` and `bounds_high`, the outer limits of both.
    Returns Estimates. Raises EstimationError for a criterion that is not 0/1, a size below zero, an unknown rule.
    Agrees with R survey's svymean and svyratio to 1e-9.

    >>> import pandas as pd
    >>> from analysis import Survey, SurveyDesign
    >>> rows = pd.DataFrame({"ai": [1, 0, 1, None], "staff": [90, 10, 50, 50], "w": [2.0] * 4})
    >>> survey = Survey(rows, SurveyDesign(weights="w"))
    >>> [round(float(v), 3) for v in penetration(survey, "ai", missing="bounds").frame.estimate]
    [0.5, 0.75]
    >>> round(float(penetration(survey, "ai", size="staff").frame.estimate[0]), 3)
    0.933
    """
    weight = None if size is None else named(s, size)
    rates = [Rate(item, weight) for item in outcomes(s, criterion)]
    asked = Asked("proportion", (), domains(by), restriction(s, where), ci, level, "each", df, covariance)
    return estimated_rates(s, rates, missing, asked)
