"""Estimates from several imputed data sets become one, with the uncertainty of the imputation in it (Rubin's rules)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING, Literal

import numpy as np

from analysis.estimates import Estimates
from analysis.fixedpoint import Floats
from analysis.intervals import Interval, proportion_interval, t_interval
from uptake.contract.errors import EstimationError

if TYPE_CHECKING:
    from pandas import DataFrame

Degrees = Literal["barnard-rubin", "rubin"]


@dataclass(frozen=True, slots=True)
class _Pooled:
    """For each estimate: mean, within and between variance, total, df, fraction of missing information."""

    estimate: Floats
    within: Floats
    between: Floats
    vcov: Floats
    df: Floats
    missing: Floats


def combine_imputations(
    estimates: Sequence[Estimates], *, df: Degrees = "barnard-rubin", ci: str = "t", level: float = 0.95
) -> Estimates:
    """Combine the same estimates made from m imputed data sets.

    q = mean of q_j; U = mean of V_j; B = sum (q_j - q)(q_j - q)' / (m - 1); T = U + (1 + 1/m) B;
    r = (1 + 1/m) B / U; df_m = (m - 1)(1 + 1/r)^2 (Rubin 1987); with df_obs = (nu + 1)/(nu + 3) nu U/(U + B), nu the
    degrees of freedom of the design, df = 1/(1/df_m + 1/df_obs) (Barnard & Rubin 1999, who write U/T for U/(U + B); the
    latter is R's, and the difference is of order 1/m); missing_information = (r + 2/(df + 3))/(r + 1).

    It is only as good as the imputations: they must vary as much as the truth could, given what was answered. A single
    imputation, repeated, has B = 0 and tells nothing.

    estimates: m >= 2 results of one estimator, same rows in the same order; df: "rubin" leaves the design df out; ci:
    "t", or a method of `proportion_interval`; level: of the interval.
    Returns Estimates with the columns of the first, and within, between, missing_information and imputations.
    Raises EstimationError: fewer than two, or rows that differ. Agrees with R's mitools::MIcombine to 1e-10.

    >>> import pandas as pd
    >>> from analysis import Survey, SurveyDesign, mean
    >>> def once(last): return mean(Survey(pd.DataFrame({"y": [1.0, 2.0, 4.0, last], "w": 1.0}),
    ...                                    SurveyDesign(weights="w")), "y")
    >>> both = combine_imputations([once(3.0), once(5.0)]).frame
    >>> both[["estimate", "se", "within", "between"]].round(4).values.tolist()
    [[2.75, 0.9014, 0.625, 0.125]]
    """
    if df not in ("barnard-rubin", "rubin"):
        raise EstimationError(f'df is "{df}" - choose "barnard-rubin" or "rubin".', code="DEGREES")
    made = list(estimates)
    if len(made) < 2:
        raise EstimationError(
            f"{len(made)} set of estimates is given - the spread between imputations needs at least two; impute again "
            "with another seed.",
            code="TOO_FEW_IMPUTATIONS",
        )
    _refuse_unlike(made)
    pooled = _pool(made, barnard_rubin=df == "barnard-rubin")
    frame = _frame(made, pooled, ci, level)
    warnings = tuple(dict.fromkeys(w for one in made for w in one.meta.warnings))
    meta = replace(
        made[0].meta, ci_method=ci, conf_level=level, warnings=(*warnings, *_same(pooled)), totals_digest="", sql=""
    )
    return Estimates(frame, pooled.vcov, meta)


def _refuse_unlike(made: list[Estimates]) -> None:
    """The domains must be the same; names may tell the imputations apart (y_1, y_2), not stand in another order."""
    first = made[0]
    names = list(first.frame["name"].astype(str))
    domains = _domains(first)
    for number, other in enumerate(made[1:], start=2):
        theirs = list(other.frame["name"].astype(str))
        moved = any(a != b and b in names for a, b in zip(names, theirs, strict=False))
        if _domains(other) != domains or moved or other.meta.estimator != first.meta.estimator:
            raise EstimationError(
                f"imputation {number} does not hold the estimates of the first in the same order - they cannot be "
                "averaged; ask every imputed data set the same question.",
                code="IMPUTATIONS_DIFFER",
            )


def _domains(one: Estimates) -> list[tuple[str, str]]:
    return list(zip(one.frame["domain_by"].astype(str), one.frame["domain_key"].astype(str), strict=True))


def _names(made: list[Estimates]) -> list[str]:
    """The common names; of y_1, y_2 ... what they have in common, y."""
    rows = zip(*(one.frame["name"].astype(str) for one in made), strict=True)
    return [row[0] if len(set(row)) == 1 else _shared_start(row).rstrip("_.- ") or row[0] for row in rows]


def _shared_start(names: tuple[str, ...]) -> str:
    return "".join(letters[0] for letters in takewhile(lambda these: len(set(these)) == 1, zip(*names, strict=False)))


def _pool(made: list[Estimates], *, barnard_rubin: bool) -> _Pooled:
    m = len(made)
    q = np.stack([one.frame["estimate"].to_numpy(dtype=float) for one in made])
    estimate = q.mean(axis=0)
    variances = [one.vcov for one in made]
    within, away = np.mean(variances, axis=0), q - estimate
    between = away.T @ away / (m - 1)
    u, b = np.diag(within).copy(), np.diag(between).copy()
    nu = np.min([one.frame["df"].to_numpy(dtype=float) for one in made], axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.where(b > 0, (1 + 1 / m) * b / u, 0.0)
        df = np.where(r > 0, (m - 1) * (1 + 1 / r) ** 2, math.inf)
        if barnard_rubin:
            observed = np.where(np.isinf(nu), math.inf, (nu + 1) / (nu + 3) * nu * u / (u + b))
            df = np.where(nu > 0, 1 / (1 / df + 1 / observed), nu)
        missing = np.where(np.isinf(df), 0.0, (r + 2 / (df + 3)) / (r + 1))
        missing = np.where(np.isinf(r), 1.0, missing)
    return _Pooled(estimate, u, b, within + (1 + 1 / m) * between, df, missing)


def _frame(made: list[Estimates], pooled: _Pooled, ci: str, level: float) -> DataFrame:
    first = made[0].frame
    variance = np.diag(pooled.vcov)
    se = np.sqrt(np.maximum(variance, 0.0))
    n = np.min([one.frame["n"].to_numpy() for one in made], axis=0)
    points = zip(pooled.estimate, se, n, pooled.df, strict=True)
    intervals = [_interval((float(q), float(e), int(k), float(df)), ci, level) for q, e, k, df in points]
    deff = {name: _design_effect(made, variance, name) for name in ("deff", "deff_wr")}
    with np.errstate(divide="ignore", invalid="ignore"):
        cv = np.where(pooled.estimate != 0, se / pooled.estimate, np.nan)
        n_eff = n / deff["deff_wr"]
    n_eff[np.isinf(n_eff)] = np.nan
    weights = np.mean([one.frame["n_population"].to_numpy(dtype=float) for one in made], axis=0)
    return first.assign(
        name=_names(made), estimate=pooled.estimate, se=se, ci_low=[i.low for i in intervals],
        ci_high=[i.high for i in intervals], conf_level=level, ci_method=ci, df=pooled.df, n=n, n_eff=n_eff, **deff,
        cv=cv, n_population=weights, reason=[i.reason for i in intervals], within=pooled.within,
        between=pooled.between, missing_information=pooled.missing, imputations=len(made),
    )  # fmt: skip


def _design_effect(made: list[Estimates], variance: Floats, name: str) -> Floats:
    """Return T over the mean of the simple-random-sampling variances that the design effects rest on."""
    with np.errstate(divide="ignore", invalid="ignore"):
        simple = np.mean([np.diag(one.vcov) / one.frame[name].to_numpy(dtype=float) for one in made], axis=0)
        return np.asarray(variance / simple)


def _interval(at: tuple[float, float, int, float], ci: str, level: float) -> Interval:
    estimate, se, n, df = at
    if ci != "t":
        return proportion_interval(estimate, se, n, df, method=ci, level=level)
    if se == 0:
        return Interval(math.nan, math.nan, reason="the standard error is 0, where the t interval has no width")
    return t_interval(estimate, se, df, level)


def _same(pooled: _Pooled) -> tuple[str, ...]:
    if (pooled.between[~np.isnan(pooled.between)] > 0).any():
        return ()
    return ("IMPUTATIONS_EQUAL: the imputed data sets give the same numbers - the uncertainty of the imputation is not "
            "in the standard errors; impute with different seeds.",)  # fmt: skip
