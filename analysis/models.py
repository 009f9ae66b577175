"""Generalised linear models of a survey: statsmodels fits, the design gives the covariance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from analysis.coefficients import Base, Sizes, coefficient_frame, exponentiated, wald_frame
from analysis.design import Expr
from analysis.estimates import Estimates, Meta
from analysis.estimators import restriction
from analysis.fixedpoint import Floats
from analysis.formula import parse_formula
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
    separated,
)
from analysis.modelmatrix import ModelRows, model_rows
from analysis.modelspread import ModelSpread, model_spread
from analysis.survey import Survey
from uptake.contract.errors import EstimationError

if TYPE_CHECKING:
    from pandas import DataFrame

SHOWN = 5  # names in a sentence
Kind = Literal["effect", "mean"]
Covariates = Literal["sampled", "fixed"]


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted model: `frame` with a row a coefficient, their design covariance `vcov`, and what it rests on.

    `frame` has the columns of Estimates, and t and p_value (two-sided, on `df`). `dispersion` is that of R's
    summary(svyglm), which multiplies by the rows where there are replicate weights; `pearson_variance` is the weighted
    mean of the squared Pearson residuals. `spread` holds what each row of the sample adds to the coefficients.
    """

    formula: str
    family: Family
    estimates: Estimates
    dispersion: float
    pearson_variance: float
    fitted: Fit
    data: ModelRows
    survey: Survey
    spread: ModelSpread

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
        columns = [(column.name, column.term) for column in self.data.matrix.columns]
        return wald_frame(self.frame, self.vcov, columns, terms)

    def odds_ratios(self) -> DataFrame:
        """Return exp(b) with exp of the limits of each coefficient but the constant: odds ratios of a logit, rate
        ratios of a log link."""
        return exponentiated(self.frame, self.family.link)

    def margins(
        self, *what: str, kind: Kind = "effect", covariates: Covariates = "sampled", level: float = 0.95
    ) -> Estimates:
        """Return average marginal effects, or predictive margins (`kind="mean"`); see `analysis.margins.margins`."""
        from analysis.margins import margins

        return margins(self, what, kind=kind, covariates=covariates, level=level)


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
    data = model_rows(s, parse_formula(formula), condition)
    warnings = [*s.notes, *data.warnings]
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
    spread = model_spread(s, data, fitted, chosen)
    warnings += [*_told(data, lost), *spread.warnings]
    base = Base(Sizes(len(data.y), data.n_rows, float(data.weight.sum())), spread.df + 1 - data.x.shape[1], level)
    frame = coefficient_frame(data.matrix.names, fitted.beta, spread.vcov, base, lost)
    meta = Meta(
        estimator="glm", ci_method="t", conf_level=level, warnings=tuple(warnings),
        weight_scale_exponent=s.weighting().exponent, totals_digest="", sql=data.rows.totals.sql,
        n_rows=len(data.rows), df_design=spread.df_design,
    )  # fmt: skip
    made = Estimates(frame, spread.vcov, meta)
    return Model(formula, chosen, made, *_dispersions(s, data, fitted, chosen), fitted, data, s, spread)


def _told(data: ModelRows, lost: Sequence[int]) -> list[str]:
    told = []
    missing = data.n_rows - int(data.used.sum())
    if missing:
        rows = "1 row of the domain lacks" if missing == 1 else f"{missing:,} rows of the domain lack"
        told.append(f"OUTCOME_MISSING: {rows} the answer or what should explain it, left out of the model.")
    if lost:
        names = ", ".join(f'"{data.matrix.names[j]}"' for j in lost[:SHOWN])
        names += f" and {len(lost) - SHOWN} more" if len(lost) > SHOWN else ""
        told.append(
            f"SEPARATION: some of the answers are told without exception by {names} - such coefficients have no limit "
            "and no interval; join levels, or take the column out."
        )
    return told


def _dispersions(s: Survey, data: ModelRows, fitted: Fit, family: Family) -> tuple[float, float]:
    """Return (R's dispersion, weighted mean of squared Pearson residuals r = (y - mu)/sqrt(V)).

    R takes the weighted variance of r, with n/(n-1), times the mean weight of the used rows over that of the domain;
    with replicate weights the weighted mean of r^2 times sum of the weights used over their mean in the domain.
    """
    w, n = data.weight, len(data.y)
    with np.errstate(divide="ignore", invalid="ignore"):
        pearson = np.nan_to_num((data.y - fitted.mu) / np.sqrt(family.variance(fitted.mu)))
    square = float(np.average(pearson**2, weights=w))
    domain = data.rows.weight[data.rows.inside & (data.rows.weight > 0)]
    if s.design.replicates is not None:
        return square * float(w.sum() / domain.mean()), square
    spread = np.average((pearson - np.average(pearson, weights=w)) ** 2, weights=w)
    return float(spread * n / max(n - 1, 1) * (w.mean() / domain.mean())), square
