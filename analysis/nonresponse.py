"""Unit nonresponse: weights of the silent carried by respondents, and the phase of response in the variance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from analysis.design import Expr
from analysis.fixedpoint import Floats
from analysis.poststrata import cell_sums, free_name, with_factors
from analysis.source import Source, quoted
from analysis.steps import Raw, codes, numbers, over, sums_by
from uptake.contract.errors import DesignError, did_you_mean

if TYPE_CHECKING:
    from analysis.propensity import ResponsePropensity
    from analysis.survey import Survey

ResponseMethod = Literal["classes", "propensity"]
Phase = Literal["estimated", "known", "linearized", "fixed"]


@dataclass(frozen=True, slots=True)
class ResponseClasses:
    """The step: factor sum_c d / sum_c(d of respondents) for respondents of class c, 0 for the silent.

    With response rate p_c = sum_c(d of respondents) / sum_c d, z the scores with final weights, R 1 for a respondent
    and B_c = sum_c z / sum_c R d, the scores over the whole sample are z - d (R - p) B, and the response phase adds
    sum f (1 - p)(z - d B)^2 over respondents, f the sampling fraction (what 1 - f takes from the first phase). With
    rates taken as known B is 0: V_1(d e R / p) + sum_r d (1 - p)(e/p)^2 of METHODS 3.6.
    """

    factor: str
    columns: tuple[str, ...]
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
        """Return weights (n, R) with those of the silent carried by the respondents of their class."""
        if self.treatment == "fixed":  # the silent are gone: nobody can say what a replicate's rates would be
            return np.asarray(weights * numbers(raw, self.factor_sql)[:, None])
        code, labels = codes(raw, self.columns)
        answered = self._answered(raw)[:, None]
        everyone = sums_by(code, weights, len(labels))
        answering = sums_by(code, weights * answered, len(labels))
        if ((answering <= 0) & (everyone > 0)).any():
            raise DesignError(
                "a nonresponse class is left without respondents - nobody can carry its weight; merge small classes.",
                code="CLASS_WITHOUT_RESPONDENT",
            )
        return np.asarray(weights * answered * over(everyone, answering)[code])

    def residual(self, scores: Floats, raw: Raw) -> Floats:
        """Return z - d (R - p) B over the whole sample."""
        if self.treatment in ("fixed", "known"):
            return scores
        code, slope, rate = self._fit(scores, raw)
        before = np.nan_to_num(numbers(raw, self.before))
        return np.asarray(scores - (before * (self._answered(raw) - rate[code]))[:, None] * slope[code])

    def phase(self, scores: Floats, raw: Raw) -> Floats | None:
        """Return sqrt(1 - p)(z - d B) for respondents."""
        if self.treatment in ("fixed", "linearized"):
            return None
        code, slope, rate = self._fit(scores, raw)
        answered, before = self._answered(raw), np.nan_to_num(numbers(raw, self.before))
        away = scores if self.treatment == "known" else scores - before[:, None] * slope[code]
        return np.asarray(away * (np.sqrt(1 - rate[code]) * answered)[:, None])

    def _answered(self, raw: Raw) -> Floats:
        return np.ma.filled(np.ma.asarray(raw[self.respondent]), False).astype(np.float64)

    def _fit(self, scores: Floats, raw: Raw) -> tuple[np.ndarray, Floats, Floats]:
        """Return the class of each row, B (classes, P) and p (classes,)."""
        code, labels = codes(raw, self.columns)
        before = np.nan_to_num(numbers(raw, self.before))
        sums = sums_by(code, np.stack([before, before * self._answered(raw)], axis=1), len(labels))
        slope = over(sums_by(code, scores, len(labels)), sums[:, 1:])
        return code, slope, np.clip(over(sums[:, 1], sums[:, 0]), 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class ResponseWish:
    """Who responded, and by which classes or which formula the others are carried."""

    respondent: str | Expr
    classes: str | Sequence[str] | None
    formula: str | None
    method: str | None
    propensity_classes: int | None

    def __post_init__(self) -> None:
        given = "classes" if self.formula is None else "propensity"
        if self.method not in (None, "classes", "propensity"):
            raise DesignError(
                f'method is "{self.method}" - choose classes or propensity.'
                f"{did_you_mean(str(self.method), ('classes', 'propensity'))}",
                code="RESPONSE_METHOD",
            )
        both, neither = self.classes is not None and self.formula is not None, not (self.classes or self.formula)
        if both or neither or (self.method or given) != given:
            raise DesignError(
                "nonresponse is adjusted by classes= or by formula= (method propensity) - give the one that the method "
                "needs.",
                code="RESPONSE_METHOD",
            )


def response_adjusted(
    survey: Survey, wished: ResponseWish, phase: Phase
) -> tuple[Source, ResponseClasses | ResponsePropensity]:
    """Return the source with the factors, and the step; see `Survey.adjust_nonresponse`."""
    from analysis.propensity import propensity_adjusted, propensity_classes

    check_phase(phase)
    answered = answered_sql(survey, wished.respondent)
    if wished.formula is None:
        names = (wished.classes,) if isinstance(wished.classes, str) else tuple(wished.classes or ())
        return class_adjusted(survey, answered, names, phase)
    if wished.propensity_classes is None:
        return propensity_adjusted(survey, answered, wished.formula, phase)
    source, name = propensity_classes(survey, answered, wished.formula, wished.propensity_classes)
    return class_adjusted(survey.over(source), answered, (name,), phase)


def class_adjusted(
    survey: Survey, answered: str, columns: tuple[str, ...], phase: Phase
) -> tuple[Source, ResponseClasses]:
    """Return the source with the factors of classes, and the step."""
    everyone = cell_sums(survey, columns, "the nonresponse classes", "CLASS_MISSING")
    kept = survey.restricted(answered)
    answering = cell_sums(kept, columns, "the nonresponse classes", "CLASS_MISSING")
    silent = sorted(str(label) for label in everyone if answering.get(label, 0.0) <= 0)
    if silent:
        raise DesignError(
            f"class {silent[0]} has no respondent - nobody can carry its weight; merge it with a neighbouring class.",
            code="CLASS_WITHOUT_RESPONDENT",
        )
    factors = {label: everyone[label] / weight for label, weight in answering.items()}
    name = free_name(survey.source, "nonresponse_factor")
    if phase == "fixed":
        source = with_factors(kept.source, columns, factors, name)
    else:
        source = with_factors(survey.source, columns, factors, "up__class_factor").derive(
            f"* EXCLUDE (up__class_factor), CASE WHEN {answered} THEN up__class_factor ELSE 0 END AS {quoted(name)}"
        )
    before = survey.weight_layer()[0][1]
    own = tuple(map(source.column, columns))
    return source, ResponseClasses(name, own, answered, before, quoted(name), phase)


def answered_sql(survey: Survey, respondent: str | Expr) -> str:
    """Return the SQL condition of a respondent: true or false for every row."""
    if isinstance(respondent, str):
        survey.source.require([respondent], "the respondent flag")
    answered = respondent.sql if isinstance(respondent, Expr) else survey.source.column(respondent)
    return f"COALESCE(CAST(({answered}) AS BOOLEAN), FALSE)"


def check_phase(phase: str) -> None:
    """Refuse a treatment of the response phase that is not known."""
    if phase not in get_args(Phase):
        raise DesignError(
            f'phase is "{phase}" - choose one of {", ".join(get_args(Phase))}.{did_you_mean(phase, get_args(Phase))}',
            code="RESPONSE_PHASE",
        )
