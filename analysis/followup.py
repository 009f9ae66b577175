"""Follow-up of nonrespondents: a subsample of the silent is asked again and stands for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.cells import Codes
from analysis.design import Expr
from analysis.fixedpoint import Floats
from analysis.nonresponse import answered_sql
from analysis.poststrata import free_name
from analysis.source import Source, quoted
from analysis.steps import Raw, codes, numbers, over, sums_by
from uptake.contract.errors import DesignError

if TYPE_CHECKING:
    from analysis.survey import Survey

_WHOLE = "TRUE"  # the stratum of a design without strata


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The step: in stratum h the m_h silent units that were followed up get the factor k_h = n_2h / m_h, the rest 0.

    With d the weight before, z = d u: V = sum_h (1-f_h) n_h s_h^2 + sum_h n_2h (k_h - 1) s_2h^2, where s_2h^2 is the
    variance of z among the followed up and s_h^2 = (sum_resp z^2 + k_h sum_followed z^2 - n_h (zbar_h^2 - v_h))/(n_h -
    1), zbar_h the mean of the stratum, v_h = n_2h (k_h - 1) s_2h^2 / n_h^2. It is reached by scores of all n_h rows:
    for the silent the mean of the followed up, who keep a_h times their distance from it, a_h^2 = k_h + b_h^2, and b_h
    times it as the second phase, b_h^2 = n_2h (k_h - 1)/(m_h - 1).
    """

    factor: str
    columns: tuple[str, ...]
    respondent: str
    followed: str
    before: str
    factor_sql: str

    @property
    def in_variance(self) -> bool:
        """Whether the variance is other than with weights taken as given."""
        return True

    @property
    def reads(self) -> tuple[str, ...]:
        """The SQL of every column that the step must know of a row."""
        return (*self.columns, self.respondent, self.followed, self.before, self.factor_sql)

    def apply(self, weights: Floats, raw: Raw) -> Floats:
        """Return weights (n, R) with those of the silent carried by the followed up of their stratum."""
        code, size = self._strata(raw)
        answered, followed = _flag(raw, self.respondent)[:, None], _flag(raw, self.followed)[:, None]
        silent, carrying = sums_by(code, weights * (1 - answered), size), sums_by(code, weights * followed, size)
        if ((carrying <= 0) & (silent > 0)).any():
            raise DesignError(
                "a stratum is left without a followed-up unit - nobody can carry the weight of the silent; follow up "
                "more of them.",
                code="REPLICATE_CLASS_EMPTY",
            )
        return np.asarray(weights * (answered + followed * over(silent, carrying)[code]))

    def residual(self, scores: Floats, raw: Raw) -> Floats:
        """Return the scores (n, P) of the first phase."""
        code, followed, mean, factor, spread = self._fit(scores, raw)
        silent = 1 - _flag(raw, self.respondent)
        away = (over(scores, factor[:, None]) - mean[code]) * np.sqrt(factor + spread[code])[:, None]
        made = mean[code] * silent[:, None] + np.where(followed[:, None] > 0, away, 0.0)
        return np.asarray(np.where(silent[:, None] > 0, made, scores))

    def phase(self, scores: Floats, raw: Raw) -> Floats | None:
        """Return b_h (z - zbar_2h) for the followed up."""
        code, followed, mean, factor, spread = self._fit(scores, raw)
        away = over(scores, factor[:, None]) - mean[code]
        return np.asarray(np.where(followed[:, None] > 0, away, 0.0) * np.sqrt(spread[code])[:, None])

    def _strata(self, raw: Raw) -> tuple[Codes, int]:
        code, labels = codes(raw, self.columns)
        return code, len(labels)

    def _fit(self, scores: Floats, raw: Raw) -> tuple[Codes, Floats, Floats, Floats, Floats]:
        """Return the stratum of each row, who was followed up, zbar_2h (strata, P), k of each row, b_h^2 (strata,)."""
        code, size = self._strata(raw)
        followed, factor = _flag(raw, self.followed), np.nan_to_num(numbers(raw, self.factor_sql))
        silent = 1 - _flag(raw, self.respondent)
        counts = sums_by(code, np.stack([silent, followed], axis=1), size)
        top = sums_by(code, over(scores, factor[:, None]) * followed[:, None], size)
        spread = counts[:, 0] * (over(counts[:, 0], counts[:, 1]) - 1) / np.maximum(counts[:, 1] - 1, 1)
        return code, followed, over(top, counts[:, 1:]), factor, np.maximum(spread, 0.0)


def followed_up(survey: Survey, respondent: str | Expr, followed: str | Expr) -> tuple[Source, FollowUp]:
    """Return the source with the factors, and the step; see `Survey.follow_up`."""
    if survey.design.stages or survey.design.pps is not None:
        raise DesignError(
            "the follow-up of nonrespondents is built for samples of units by stratum, and this design has PSUs or "
            "unequal probabilities - its variance would be wrong; adjust the nonresponse by classes instead.",
            code="FOLLOW_UP_DESIGN",
        )
    answered, again = answered_sql(survey, respondent), answered_sql(survey, followed)
    strata = tuple(survey.source.column(name) for name in survey.design.stage_strata[:1] if name)
    _refuse_strata(survey, answered, again, strata)
    over_strata = f"OVER (PARTITION BY {', '.join(strata)})" if strata else "OVER ()"
    weight = survey.weight_layer()[0][1]
    silent = f"SUM(CASE WHEN {answered} THEN 0 ELSE {weight} END) {over_strata}"
    carrying = f"SUM(CASE WHEN {again} THEN {weight} ELSE 0 END) {over_strata}"
    name = free_name(survey.source, "followup_factor")
    factor = f"CASE WHEN {answered} THEN 1.0 WHEN {again} THEN {silent} / {carrying} ELSE 0.0 END"
    step = FollowUp(name, strata or (_WHOLE,), answered, again, weight, quoted(name))
    return survey.source.derive(f"*, {factor} AS {quoted(name)}"), step


def _refuse_strata(survey: Survey, answered: str, again: str, strata: tuple[str, ...]) -> None:
    """Refuse flags that contradict each other, strata without follow-up, and weights that differ within a stratum."""
    weight = survey.weight_layer()[0][1]
    key = f"CAST({strata[0]} AS VARCHAR)" if strata else "'the whole sample'"
    found = survey.source.columns(
        f"SELECT {key} AS h, COUNT(CASE WHEN {answered} AND {again} THEN 1 END) AS both, "
        f"COUNT(CASE WHEN NOT {answered} THEN 1 END) AS silent, COUNT(CASE WHEN {again} THEN 1 END) AS m, "
        f"MIN({weight}) AS low, MAX({weight}) AS high FROM ({survey.source.text}) AS r GROUP BY 1 ORDER BY 1"
    )
    rows = zip(*(found[name].tolist() for name in ("h", "both", "silent", "m", "low", "high")), strict=True)
    for stratum, both, silent, m, low, high in rows:
        if both:
            says = f"{both} units both responded and were followed up - only the silent are; correct one of the flags"
        elif silent and not m:
            says = f"{silent} units are silent and none of them was followed up - nobody stands for them; follow up 2"
        elif m == 1 and silent > 1:
            says = (
                f"one of {silent} silent units was followed up - the variance among them cannot be estimated; follow "
                "up at least 2, or merge the stratum with a neighbour"
            )
        elif silent and high > low * (1 + 1e-9):
            says = f"weights run from {low:g} to {high:g} - the method takes equal weights in a stratum; divide it"
        else:
            continue
        raise DesignError(f'stratum "{stratum}": {says}.', code="FOLLOW_UP_STRATUM")


def _flag(raw: Raw, sql: str) -> Floats:
    return np.ma.filled(np.ma.asarray(raw[sql]), False).astype(np.float64)
