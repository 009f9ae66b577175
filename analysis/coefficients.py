"""Coefficients as a tidy frame: intervals, t, Wald tests of several of them, odds ratios."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.fixedpoint import Floats
from analysis.intervals import t_quantile
from uptake.contract.errors import EstimationError, did_you_mean

if TYPE_CHECKING:
    from pandas import DataFrame

EXACT = 1e-10  # a standard error below this share of an estimate is rounding: its units were all in the sample
SEPARATED = "the answers are told without exception (separation), so the coefficient has no limit"


@dataclass(frozen=True, slots=True)
class Sizes:
    """Rows used, rows of the domain with a weight, and the weight of the rows used."""

    n: int
    n_rows: int
    population: float


@dataclass(frozen=True, slots=True)
class Base:
    """What every row of a frame shares: sizes, degrees of freedom, confidence level."""

    sizes: Sizes
    df: float
    level: float


def coefficient_frame(
    names: Sequence[str], beta: Floats, vcov: Floats, base: Base, lost: Sequence[int] = ()
) -> DataFrame:
    """Return the tidy frame of estimates b: b -/+ t(df) se, t and its two-sided p; NaN with a reason where none.

    lost: numbers of the coefficients that have no limit.
    """
    import pandas as pd
    from scipy.special import stdtr

    df, sizes = base.df, base.sizes
    se = np.sqrt(np.maximum(np.diag(vcov), 0.0))
    reasons = [_reason(float(b), float(e), df, lost=j in lost) for j, (b, e) in enumerate(zip(beta, se, strict=True))]
    given = np.array([not reason for reason in reasons])
    nan = np.full(len(beta), np.nan)
    t = np.divide(beta, se, out=nan.copy(), where=given)
    half = np.where(given, t_quantile(base.level, df) * se, np.nan) if df > 0 else nan
    with np.errstate(divide="ignore", invalid="ignore"):
        cv = np.where(beta != 0, se / beta, np.nan)
    return pd.DataFrame(
        {
            "name": list(names), "domain_by": "all", "domain_key": "all", "estimate": beta, "se": se,
            "ci_low": beta - half, "ci_high": beta + half, "conf_level": base.level, "ci_method": "t", "df": df,
            "n": sizes.n, "n_rows": sizes.n_rows, "n_eff": nan, "deff": nan, "deff_wr": nan, "cv": cv,
            "n_population": sizes.population, "t": t, "p_value": 2 * stdtr(df, -np.abs(t)) if df > 0 else nan,
            "reason": reasons,
        }
    )  # fmt: skip


def _reason(estimate: float, se: float, df: float, *, lost: bool) -> str:
    if lost:
        return SEPARATED
    if math.isnan(se) or math.isnan(estimate):
        return "the standard error cannot be computed"
    if se <= EXACT * abs(estimate):
        return "there is no sampling error (every unit it rests on is in the sample, or all are alike): no interval"
    return "" if df > 0 else f"{df:g} degrees of freedom are left"


def wald_frame(frame: DataFrame, vcov: Floats, columns: Sequence[tuple[str, str]], terms: Sequence[str]) -> DataFrame:
    """Test that the coefficients of some terms are all 0: F = b' V^-1 b / k on (k, df).

    columns: name and term of each coefficient; terms: names of either.
    """
    import pandas as pd
    from scipy.special import fdtrc

    _refuse_unknown_terms(columns, terms)
    use = [j for j, own in enumerate(columns) if own[0] in terms or own[1] in terms]
    b, v, k = frame["estimate"].to_numpy(dtype=float)[use], vcov[np.ix_(use, use)], len(use)
    df, nan = float(frame["df"].iloc[0]), math.nan
    reason = next((str(told) for told in frame["reason"].iloc[use] if told), "")
    if not reason:
        size = np.sqrt(np.diag(v))
        singular = np.linalg.matrix_rank(v / np.outer(size, size)) < k
        reason = "the covariance of the coefficients is singular" if singular else ""
    f = nan if reason else float(b @ np.linalg.solve(v, b)) / k
    p = nan if reason else float(fdtrc(k, df, f))
    return pd.DataFrame({"term": [" + ".join(terms)], "statistic": [f], "ndf": [float(k)], "ddf": [df], "p_value": [p],
                         "reason": [reason]})  # fmt: skip


def _refuse_unknown_terms(columns: Sequence[tuple[str, str]], terms: Sequence[str]) -> None:
    known = list(dict.fromkeys([*(term for _, term in columns), *(name for name, _ in columns)]))
    if not terms:
        raise EstimationError("no term is named - there is nothing to test; name at least one.", code="TERM")
    for term in terms:
        if term not in known:
            raise EstimationError(
                f'the model has no term "{term}" - there is nothing to test; name one of its terms or coefficients.'
                f"{did_you_mean(term, known)}",
                code="TERM",
            )


def exponentiated(frame: DataFrame, link: str) -> DataFrame:
    """Return exp of the coefficients but the constant, and of their limits; se by the delta method."""
    if link not in ("logit", "log"):
        raise EstimationError(
            f'the link is "{link}" - exp of a coefficient means something for logit (odds ratios) and log (rate '
            "ratios) only; look at the coefficients themselves, or at margins.",
            code="LINK",
        )
    kept = frame[frame["name"] != "intercept"].reset_index(drop=True)
    grown = {name: np.exp(kept[name].to_numpy(dtype=float)) for name in ("estimate", "ci_low", "ci_high")}
    made = kept.assign(**grown, se=grown["estimate"] * kept["se"])
    return made[["name", "estimate", "se", "ci_low", "ci_high", "conf_level", "df", "t", "p_value", "n", "reason"]]
