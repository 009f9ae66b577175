"""Generalised linear models of a survey: statsmodels fits, the design gives the covariance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.design import Expr
from analysis.estimates import Estimates, Meta
from analysis.estimators import restriction
from analysis.faults import refuse
from analysis.fixedpoint import Floats
from analysis.formula import parse_formula
from analysis.intervals import t_quantile
from analysis.likelihood import (
    Data,
    Family,
    FamilyName,
    Fit,
    LinkName,
    check_support,
    family_of,
    fit,
    refuse_dependent,
    score_residuals,
    separated,
)
from analysis.microdata import degrees, score_covariance
from analysis.modelmatrix import ModelRows, model_rows
from analysis.survey import Survey, design_faults
from uptake.contract.errors import EstimationError, did_you_mean

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted model: `frame` with a row a coefficient, their design covariance `vcov`, and what it rests on.

    `frame` has the columns of Estimates, and t and p_value (two-sided, on `df`). `dispersion` is that of R's
    summary(svyglm); `pearson_variance` the weighted mean of the squared Pearson residuals. `influence` (n, p) holds
    what each row of the sample adds to the coefficients.
    """

    formula: str
    family: Family
    estimates: Estimates
    dispersion: float
    pearson_variance: float
    fitted: Fit
    data: ModelRows
    survey: Survey
    influence: Floats

    @property
    def frame(self) -> DataFrame:
        """The coefficients."""
        return self.estimates.frame

    @property
    def vcov(self) -> Floats:
        """The covariance (p, p) of the coefficients."""
        return self.estimates.vcov

    @property
    def meta(self) -> Meta:
        """Where the numbers come from; `meta.warnings` says what is odd."""
        return self.estimates.meta

    @property
    def df(self) -> float:
        """Degrees of freedom: those of the domain + 1 - coefficients."""
        return float(self.frame["df"].iloc[0])

    def wald_test(self, *terms: str) -> DataFrame:
        """Test that all coefficients of some terms (or named coefficients) are 0: F = b' V^-1 b / k on (k, df).

        Returns one row: term, statistic, ndf, ddf, p_value, reason. Agrees with R survey's regTermTest to 1e-6.
        """
        return wald_test(self, terms)

    def odds_ratios(self) -> DataFrame:
        """Return exp(b) with exp of the limits of each coefficient but the constant: odds ratios of a logit, rate
        ratios of a log link."""
        return exponentiated(self)


def glm(
    s: Survey, formula: str, family: FamilyName | str = "binomial", *, link: LinkName | None = None,
    where: str | Expr | None = None, level: float = 0.95,
) -> Model:  # fmt: skip
    """Fit a generalised linear model to the population that the sample stands for.

    beta solves sum w x (y - mu) (d mu / d eta) / V(mu) = 0; V(beta) = design variance of the sums of
    z = A^-1 w x (y - mu) (d mu / d eta) / V(mu), A = sum w x x' (d mu / d eta)^2 / V(mu): strata, clusters, population
    counts, lonely-PSU rule and weighting steps as for any total (Binder 1983). With replicate weights the model is
    fitted again with each.

    It does not tell causes from companions, and nothing of rows that are left out because an answer is missing.

    formula: see `parse_formula`; a text column is coded, its first level left out; family: binomial, gaussian, poisson,
    gamma and the quasi names ("logit", "linear"); link: another than the usual; where: SQL condition or column; level:
    of the intervals b -/+ t(df) se, df = PSUs less strata of the rows used + 1 - coefficients.
    Returns Model. Raises EstimationError: unknown columns, dependent columns, impossible answers, no fit. Separation
    (answers told without exception) is a warning; such coefficients have no interval.
    Agrees with R survey's svyglm to 1e-6.

    >>> import pandas as pd
    >>> from analysis import Survey, SurveyDesign
    >>> rows = pd.DataFrame({"y": [1, 0, 1, 1, 0, 0, 1, 0], "x": [3.0, 1, 4, 1, 5, 2, 6, 2], "w": [5.0] * 8})
    >>> model = glm(Survey(rows, SurveyDesign(weights="w")), "y ~ x")
    >>> model.frame[["name", "estimate", "se"]].round(4).values.tolist()
    [['intercept', -1.0479, 1.6169], ['x', 0.3519, 0.4743]]
    """
    if not 0 < level < 1:
        raise EstimationError(f"level is {level} - a confidence level is between 0 and 1, such as 0.95.", code="LEVEL")
    chosen, condition = family_of(family, link), restriction(s, where)
    data = model_rows(s, parse_formula(formula), condition, {})
    warnings = [*s.notes, *refuse(design_faults(s, data.rows.totals))]
    check_support(data.y, chosen)
    refuse_dependent(data.x, data.weight, data.matrix.names)
    pieces = Data(data.y, data.x, data.weight, data.offset)
    fitted = fit(pieces, chosen)
    lost = separated(pieces, fitted, chosen)
    if lost:
        fitted = fit(pieces, chosen, runaway=True)
    elif not fitted.converged:
        raise EstimationError(
            f"the model has not settled after {fitted.iterations} rounds - its coefficients are not to be trusted; "
            "rescale or take out columns, or choose another link.",
            code="NO_CONVERGENCE",
        )
    influence = np.zeros((len(data.rows), data.x.shape[1]))
    influence[data.used] = (data.x * score_residuals(pieces, fitted, chosen)[:, None]) @ fitted.inverse
    member = np.repeat(data.used[:, None], data.x.shape[1], axis=1)
    vcov = score_covariance(s, data.rows, influence, member=member)
    df = float(degrees(data.rows, np.where(data.used, 0, -1), 1)[0])
    whole = float(degrees(replace(data.rows, inside=np.ones(len(data.rows), dtype=bool)),
                          np.zeros(len(data.rows), dtype=np.intp), 1)[0])  # fmt: skip
    warnings += _told(data, lost)
    frame = coefficient_frame(data, fitted.beta, vcov, df + 1 - data.x.shape[1], level=level, lost=lost)
    meta = Meta(
        "glm", "t", level, tuple(warnings), s.weighting().exponent, "", data.rows.totals.sql, len(data.rows), whole
    )
    return Model(
        formula, chosen, Estimates(frame, vcov, meta), *_dispersions(data, fitted, chosen), fitted, data, s, influence
    )


def _told(data: ModelRows, lost: Sequence[int]) -> list[str]:
    told = []
    missing = data.n_rows - int(data.used.sum())
    if missing:
        rows = "1 row of the domain lacks" if missing == 1 else f"{missing:,} rows of the domain lack"
        told.append(f"OUTCOME_MISSING: {rows} the answer or what should explain it, left out of the model.")
    if lost:
        names = ", ".join(f'"{data.matrix.names[j]}"' for j in lost)
        told.append(
            f"SEPARATION: some of the answers are told without exception by {names} - such coefficients have no limit "
            "and no interval; join levels, or take the column out."
        )
    return told


def _dispersions(data: ModelRows, fitted: Fit, family: Family) -> tuple[float, float]:
    """Return (R's dispersion, weighted mean of squared Pearson residuals).

    R takes the weighted variance of (y - mu)/sqrt(V) n/(n-1), times the mean weight of the used rows over that of the
    domain.
    """
    w, n = data.weight, len(data.y)
    with np.errstate(divide="ignore", invalid="ignore"):
        pearson = np.nan_to_num((data.y - fitted.mu) / np.sqrt(family.variance(fitted.mu)))
    domain = data.rows.weight[data.rows.inside & (data.rows.weight > 0)]
    spread = np.average((pearson - np.average(pearson, weights=w)) ** 2, weights=w)
    ratio = w.mean() / domain.mean()
    return float(spread * n / max(n - 1, 1) * ratio), float(np.average(pearson**2, weights=w))


def coefficient_frame(
    data: ModelRows, beta: Floats, vcov: Floats, df: float, *, level: float, lost: Sequence[int] = ()
) -> DataFrame:
    """Return the tidy frame of coefficients: b -/+ t(df) se, t and its two-sided p; NaN with a reason where none."""
    import pandas as pd
    from scipy.special import stdtr

    se = np.sqrt(np.maximum(np.diag(vcov), 0.0))
    reasons = [_reason(float(se[j]), df, j in lost) for j in range(len(beta))]
    open_ = np.array([bool(reason) for reason in reasons])
    t = np.divide(beta, se, out=np.full(len(beta), np.nan), where=~open_)
    half = t_quantile(level, df) * se if df > 0 else np.full(len(beta), np.nan)
    nan = np.full(len(beta), np.nan)
    p_value = np.where(open_, nan, 2 * stdtr(df, -np.abs(t))) if df > 0 else nan
    with np.errstate(divide="ignore", invalid="ignore"):
        cv = np.where(beta != 0, se / beta, np.nan)
    return pd.DataFrame(
        {
            "name": data.matrix.names, "domain_by": "all", "domain_key": "all", "estimate": beta, "se": se,
            "ci_low": np.where(open_, nan, beta - half), "ci_high": np.where(open_, nan, beta + half),
            "conf_level": level, "ci_method": "t", "df": df, "n": len(data.y), "n_rows": data.n_rows, "n_eff": nan,
            "deff": nan, "deff_wr": nan, "cv": cv, "n_population": float(data.weight.sum()), "t": t,
            "p_value": p_value, "reason": reasons,
        }
    )  # fmt: skip


def _reason(se: float, df: float, lost: bool) -> str:
    if lost:
        return "the answers are told without exception (separation), so the coefficient has no limit"
    if not df > 0:
        return f"{df:g} degrees of freedom are left"
    return "" if se > 0 else "the standard error is 0 or unknown"


def wald_test(model: Model, terms: Sequence[str]) -> DataFrame:
    """Test that the coefficients of some terms are all 0; see Model.wald_test."""
    import pandas as pd
    from scipy.special import fdtrc

    columns = model.data.matrix.columns
    known = list(dict.fromkeys([c.term for c in columns] + [c.name for c in columns]))
    for term in terms:
        if term not in known:
            raise EstimationError(
                f'the model has no term "{term}" - there is nothing to test; name one of its terms or coefficients.'
                f"{did_you_mean(term, known)}",
                code="TERM",
            )
    use = [j for j, column in enumerate(columns) if column.term in terms or column.name in terms]
    b, v, k, df, nan = model.fitted.beta[use], model.vcov[np.ix_(use, use)], len(use), model.df, math.nan
    reason = "" if df > 0 else f"{df:g} degrees of freedom are left"
    if not use:
        raise EstimationError("no term is named - there is nothing to test; name at least one.", code="TERM")
    size = np.sqrt(np.diag(v))
    if model.frame["reason"].iloc[use].ne("").any() or np.linalg.matrix_rank(v / np.outer(size, size)) < k:
        reason = reason or "the covariance of the coefficients is singular"
    f = nan if reason else float(b @ np.linalg.solve(v, b)) / k
    p = nan if reason else float(fdtrc(k, df, f))
    return pd.DataFrame({"term": [" + ".join(terms)], "statistic": [f], "ndf": [float(k)], "ddf": [df], "p_value": [p],
                         "reason": [reason]})  # fmt: skip


def exponentiated(model: Model) -> DataFrame:
    """Return exp of the coefficients and of their limits; see Model.odds_ratios."""
    if model.family.link not in ("logit", "log"):
        raise EstimationError(
            f'the link is "{model.family.link}" - exp of a coefficient means something for logit (odds ratios) and log '
            "(rate ratios) only; look at the coefficients themselves, or at margins.",
            code="LINK",
        )
    frame = model.frame[model.frame["name"] != "intercept"].reset_index(drop=True)
    grown = {name: np.exp(frame[name].to_numpy(dtype=float)) for name in ("estimate", "ci_low", "ci_high")}
    made = frame.assign(**grown, se=grown["estimate"] * frame["se"])
    return made[["name", "estimate", "se", "ci_low", "ci_high", "conf_level", "df", "t", "p_value", "n", "reason"]]
