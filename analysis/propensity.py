"""Nonresponse by propensity: a weighted logit of response, fitted by statsmodels, whose inverse adjusts the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.fixedpoint import Floats
from analysis.likelihood import Data, Fit, family_of, fit, refuse_dependent, separated
from analysis.modelmatrix import Column, ModelMatrix, ModelRows, model_rows
from analysis.nonresponse import Phase
from analysis.poststrata import free_name
from analysis.source import Source, literal, quoted
from analysis.steps import Raw, numbers
from uptake.contract.errors import DesignError

if TYPE_CHECKING:
    from analysis.survey import Survey

ROUNDS = 50
SETTLED = 1e-12


@dataclass(frozen=True, slots=True)
class ResponsePropensity:
    """The step: factor 1 / p for respondents, 0 for the silent; p = 1 / (1 + e^(-x'b)), sum d (R - p) x = 0.

    With z the scores with final weights and B = (sum d p (1-p) x x')^-1 sum_R (1-p) x z, the scores over the whole
    sample are z - d (R - p) x'B (p is estimated from it), and the response phase adds sum f (1-p)(z - d x'B)^2 over
    respondents. With classes as x this is the adjustment by classes.
    """

    factor: str
    columns: tuple[str, ...]
    coefficients: tuple[float, ...]
    respondent: str
    before: str
    factor_sql: str
    treatment: Phase

    @property
    def in_variance(self) -> bool:
        """Whether the variance is other than with weights taken as given."""
        return self.treatment != "fixed"

    @property
    def reads(self) -> tuple[str, ...]:
        """The SQL of every column that the step must know of a row."""
        return (*self.columns, self.respondent, self.before, self.factor_sql)

    def apply(self, weights: Floats, raw: Raw) -> Floats:
        """Return weights (n, R), each of the R with propensities of its own fit."""
        if self.treatment == "fixed":  # the silent are gone: nobody can say what a replicate's rates would be
            return np.asarray(weights * numbers(raw, self.factor_sql)[:, None])
        x, answered = self._x(raw), self._answered(raw)
        made = np.zeros_like(weights)
        for r in range(weights.shape[1]):
            p = _rates(x @ _refit(x, answered, weights[:, r], np.array(self.coefficients)))
            made[:, r] = weights[:, r] * answered / p
        return made

    def residual(self, scores: Floats, raw: Raw) -> Floats:
        """Return z - d (R - p) x'B over the whole sample."""
        if self.treatment in ("fixed", "known"):
            return scores
        fitted, p, answered = self._fitted(scores, raw)
        return np.asarray(scores - fitted * (answered - p)[:, None])

    def phase(self, scores: Floats, raw: Raw) -> Floats | None:
        """Return sqrt(1 - p)(z - d x'B) for respondents."""
        if self.treatment in ("fixed", "linearized"):
            return None
        fitted, p, answered = self._fitted(scores, raw)
        away = scores if self.treatment == "known" else scores - fitted
        return np.asarray(away * (np.sqrt(1 - p) * answered)[:, None])

    def _fitted(self, scores: Floats, raw: Raw) -> tuple[Floats, Floats, Floats]:
        """Return d x'B (n, P), p (n,) and R (n,)."""
        x, answered, before = self._x(raw), self._answered(raw), np.nan_to_num(numbers(raw, self.before))
        p = _rates(x @ np.array(self.coefficients))
        right = (x * (answered * (1 - p))[:, None]).T @ scores
        slope = np.linalg.lstsq((x * (before * p * (1 - p))[:, None]).T @ x, right, rcond=None)[0]
        return np.asarray(before[:, None] * (x @ slope)), p, answered

    def _x(self, raw: Raw) -> Floats:
        return np.nan_to_num(np.stack([numbers(raw, sql) for sql in self.columns], axis=1))

    def _answered(self, raw: Raw) -> Floats:
        return np.ma.filled(np.ma.asarray(raw[self.respondent]), False).astype(np.float64)


def propensity_adjusted(survey: Survey, answered: str, formula: str, phase: Phase) -> tuple[Source, ResponsePropensity]:
    """Return the source with the factors, and the step; see `Survey.adjust_nonresponse`."""
    fitted, data = response_model(survey, answered, formula)
    columns = tuple(_sql(column, data.matrix) for column in data.matrix.columns)
    rate = rate_sql(columns, fitted.beta)
    source = survey.restricted(answered).source if phase == "fixed" else survey.source
    name = free_name(source, "nonresponse_factor")
    made = source.derive(f"*, CASE WHEN {answered} THEN 1 / ({rate}) ELSE 0 END AS {quoted(name)}")
    before = survey.weight_layer()[0][1]
    coefficients = tuple(fitted.beta.tolist())
    return made, ResponsePropensity(name, columns, coefficients, answered, before, quoted(name), phase)


def propensity_classes(survey: Survey, answered: str, formula: str, size: int) -> tuple[Source, str]:
    """Return the source with a column of classes 1 to `size` of the fitted propensity, and its name.

    Classes hold equal numbers of sampled rows, as nearly as equal propensities (which are never parted) allow.
    """
    if size < 2:
        raise DesignError(
            f"propensity_classes is {size} - at least 2 classes make a difference; 5 are usual.", code="RESPONSE_METHOD"
        )
    fitted, data = response_model(survey, answered, formula)
    rate = rate_sql(tuple(_sql(column, data.matrix) for column in data.matrix.columns), fitted.beta)
    p = np.sort(_rates(data.x @ fitted.beta))
    distinct = np.unique(p)
    middles = (distinct[1:] + distinct[:-1]) / 2  # cuts lie between propensities that occur, never on one
    wanted = np.quantile(p, np.arange(1, size) / size)
    cuts = np.unique([middles[np.argmin(np.abs(middles - w))] for w in wanted]) if len(middles) else np.empty(0)
    name = free_name(survey.source, "propensity_class")
    cases = " ".join(f"WHEN ({rate}) < {cut!r} THEN {i}" for i, cut in enumerate(cuts.tolist(), 1))
    made = f"CASE {cases} ELSE {len(cuts) + 1} END" if cases else "1"
    return survey.source.derive(f"*, {made} AS {quoted(name)}"), name


def response_model(survey: Survey, answered: str, formula: str) -> tuple[Fit, ModelRows]:
    """Fit the weighted logit of response on what a formula names."""
    from analysis.formula import parse_formula

    flagged = survey.source.derive(f"*, CASE WHEN {answered} THEN 1 ELSE 0 END AS up__answered")
    parsed = parse_formula(f"up__answered ~ {formula.split('~')[-1]}")
    data = model_rows(survey.over(flagged), parsed, None)
    lost = data.n_rows - int(data.used.sum())
    if lost:
        raise DesignError(
            f"the formula of response needs columns that {lost:,} sampled row{'s' if lost > 1 else ''} "
            f"{'do' if lost > 1 else 'does'} not have - a unit without propensity cannot be adjusted; fill them in.",
            code="CLASS_MISSING",
        )
    if not data.y.any():
        raise DesignError(
            "no unit of the sample responded - there is nobody to weigh.", code="CLASS_WITHOUT_RESPONDENT"
        )
    refuse_dependent(data.x, data.weight, data.matrix.names)
    logit, pieces = family_of("binomial", None), Data(data.y, data.x, data.weight, data.offset)
    fitted = fit(pieces, logit)
    apart = separated(pieces, fitted, logit)
    if apart or not fitted.converged:
        names = ", ".join(f'"{data.matrix.names[j]}"' for j in apart) or "the columns"
        raise DesignError(
            f"response is told without exception by {names} - propensities of 0 or 1 cannot be inverted; join levels, "
            "or take the column out of the formula.",
            code="PROPENSITY_SEPARATED",
        )
    return fitted, data


def rate_sql(columns: tuple[str, ...], coefficients: Floats) -> str:
    """Return the SQL of p."""
    predictor = " + ".join(f"{b!r} * ({sql})" for b, sql in zip(coefficients.tolist(), columns, strict=True))
    return f"1 / (1 + EXP(-({predictor})))"


def _sql(column: Column, matrix: ModelMatrix) -> str:
    """A column of the model as the SQL of a number."""
    parts = []
    for key, level in column.parts:
        coded = matrix.factors[key]
        is_level = f"CASE WHEN {coded.sql} = {literal(coded.levels[level])} THEN 1 ELSE 0 END" if coded.levels else ""
        parts.append(f"({is_level or coded.sql})")
    return f"CAST({' * '.join(parts) or '1'} AS DOUBLE)"


def _rates(u: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(u, -700, 700))))


def _refit(x: Floats, answered: Floats, weight: Floats, start: Floats) -> Floats:
    """Solve sum w (R - p) x = 0 by Newton's method from the full sample's coefficients."""
    b = start
    for _ in range(ROUNDS):
        p = _rates(x @ b)
        score, hessian = x.T @ (weight * (answered - p)), (x * (weight * p * (1 - p))[:, None]).T @ x
        step = np.linalg.lstsq(hessian, score, rcond=None)[0]
        b = b + step
        if np.max(np.abs(step)) < SETTLED * (1 + np.max(np.abs(b))):
            return np.asarray(b)
    raise DesignError(
        "the propensity model has not settled - its classes are too small; use fewer columns.",
        code="PROPENSITY_SEPARATED",
    )
