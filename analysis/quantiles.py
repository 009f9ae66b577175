"""Quantiles of a weighted distribution by domain, with intervals from the share of units below them (Woodruff)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from analysis.cells import Codes
from analysis.constants import by_domain, own_rows
from analysis.design import Expr
from analysis.distributions import Distributions, distributions
from analysis.estimates import Estimates
from analysis.estimation import run
from analysis.estimators import By, Y, domains, outcomes, restriction
from analysis.fixedpoint import Floats
from analysis.frames import Asked
from analysis.measures import Variable
from analysis.quantile_rules import Rule, by_steps, rule_of
from analysis.replicated_quantiles import replicate_frame, replicate_quantiles
from analysis.replicates import replicate_covariance
from analysis.survey import Survey
from analysis.woodruff import OF_REPLICATES, Question, woodruff_frame
from uptake.contract.errors import EstimationError

Groups = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """The quantiles of one variable: their shares as variables of their own, the domains of each grouping counted."""

    answer: Estimates
    shares: tuple[Variable, ...]
    sizes: tuple[int, ...]
    theta: Floats | None  # the quantiles (P, R) of every replicate, where the interval is made of them


def quantile(
    s: Survey, y: Y, p: float | Sequence[float] = 0.5, *, rule: Rule = "math", by: By = None,
    where: str | Expr | None = None, interval: str = "mean", level: float = 0.95, df: float | None = None,
) -> Estimates:  # fmt: skip
    """Estimate quantiles: the value that a share p of the population does not exceed.

    math: the smallest y whose share F(y) = sum_{y_k <= y} w / sum w reaches p; school: the midpoint to the next value
    where the share is p exactly; hf4 to hf9: Hyndman and Fan's interpolations over weights. Interval (Woodruff): that
    of the share F(q) on its own scale, each end taken back to a value by the same rule; se = (high - low) / (2 t).

    It does not cover nonresponse or rounding of answers: where many units give the same value both limits may be that
    value. Rows whose y is NULL leave the base and, unlike with means, the degrees of freedom too (as in R).

    y: numeric columns or `Expr`; p: probabilities between 0 and 1, ends excluded; rule: see above; by, where, level,
    df: as in `mean`; interval: mean, xlogit, asin, beta, or another of `proportion_interval`; with
    replicate weights also "quantile": se from the replicates' own quantiles, estimate -/+ t se.
    Returns Estimates with a column `p`, named `y@p`; V of several quantiles is that of their shares, scaled to se. A
    limit whose share lies outside 0 to 1 is NaN, with a reason. Raises EstimationError for an unknown rule, interval
    or p.
    Agrees with R survey's svyquantile to 1e-9 (rules math, school, hf7; see docs/methods/quantile.md).

    >>> import pandas as pd
    >>> from analysis import Survey, SurveyDesign
    >>> rows = pd.DataFrame({"y": [1, 2, 2, 3, 5, 8, 9, 12], "w": [1.0] * 8})
    >>> found = quantile(Survey(rows, SurveyDesign(weights="w")), "y", [0.5, 0.75], rule="school").frame
    >>> found.estimate.tolist(), found.ci_low.tolist()
    ([4.0, 8.5], [1.0, 2.0])
    """
    rule_of(rule)
    question = Question(_probabilities(p), rule, interval, level, df)
    groups, inside = domains(by), restriction(s, where)
    parts = [_part(s, item, groups, inside, question) for item in outcomes(s, y)]
    if len(parts) == 1:
        return parts[0].answer
    variables = tuple(share for part in parts for share in part.shares)
    shares = run(s, Asked("joint", variables, groups, inside, "t", level, "each", df, covariance=True))
    return _together(s, parts, shares.vcov, len(question.probabilities))


def _probabilities(p: float | Sequence[float]) -> tuple[float, ...]:
    found = (p,) if isinstance(p, int | float) else tuple(p)
    wrong = [one for one in found if not 0 < one < 1]
    if wrong or not found:
        says = f"p is {wrong[0]:g}" if wrong else "no p is named"
        raise EstimationError(f"{says} - a quantile needs a share between 0 and 1, such as 0.5.", code="PROBABILITY")
    return tuple(float(one) for one in found)


def _part(s: Survey, y: Expr, groups: Groups, where: Expr | None, question: Question) -> Part:
    found, known = distributions(s, y, groups, where, steps=by_steps(question.rule)), f"({y.sql}) IS NOT NULL"
    if not any(len(one.values) for each in found for one in each.each):
        raise EstimationError(
            f'no row of the domain has a value of "{y.name}" - check the condition and the column.', code="EMPTY_DOMAIN"
        )
    values = [_values(each, question) for each in found]
    variables = tuple(
        Variable(f"{y.name}@{p:g}", _below(s, y, each, at[:, j]))
        for each, at in zip(found, values, strict=True)
        for j, p in enumerate(question.probabilities)
    )
    # The rows without a value leave the domain here, not only the base: R counts its degrees of freedom without them.
    inside = Expr("where", f"({where.sql}) AND {known}" if where else known)
    ci, level, df = "korn-graubard", question.level, question.df
    shares = run(s, Asked("proportion", variables, groups, inside, ci, level, "each", df, covariance=True))
    answer = _answer(shares, found, np.concatenate(values), question)
    theta = None
    if question.interval == OF_REPLICATES:
        theta = replicate_quantiles(s, y, groups, inside, question)
        frame, vcov = replicate_frame(s, theta, answer.frame, question)
        answer = Estimates(frame, vcov, replace(answer.meta, ci_method="t"))
    lost = _missing(y, found[0])
    answer = replace(answer, meta=replace(answer.meta, warnings=(*answer.meta.warnings, *lost)))
    own = tuple(replace(variable, kind="proportion", where=known) for variable in variables)
    return Part(answer, own, tuple(len(each.labels) for each in found), theta)


def _values(each: Distributions, question: Question) -> Floats:
    """Return the quantiles (domains, probabilities); NaN where a domain has no value."""
    rule, exact = rule_of(question.rule), [Fraction(repr(p)) for p in question.probabilities]
    rows = [[rule(one, p) if len(one.values) else math.nan for p in exact] for one in each.each]
    return np.array(rows, dtype=np.float64).reshape(len(each.each), len(exact))


def _below(s: Survey, y: Expr, each: Distributions, values: Floats) -> str:
    limit = by_domain(s.source, each.columns, each.labels, values)
    value = f"CAST(({y.sql}) AS DOUBLE)"
    return f"CASE WHEN {value} <= {limit} THEN 1 WHEN {value} > {limit} THEN 0 END"


def _answer(shares: Estimates, found: tuple[Distributions, ...], values: Floats, question: Question) -> Estimates:
    """Turn the shares below the quantiles into the quantiles' own frame and covariance."""
    step = len(question.probabilities)
    rows = own_rows([len(each.labels) for each in found], step, width=step * len(found)).reshape(-1)
    own = shares.frame.iloc[rows].reset_index(drop=True)
    frame = woodruff_frame(own, found, values.reshape(-1), question)
    vcov = _scaled(shares.vcov, rows, frame["se"].to_numpy(dtype=np.float64))
    meta = replace(shares.meta, estimator="quantile", ci_method=f"woodruff-{question.interval}")
    return Estimates(frame, vcov, meta)


def _missing(y: Expr, first: Distributions) -> tuple[str, ...]:
    lost = int(first.rows.sum()) - sum(int(one.rows.sum()) for one in first.each)
    rows = "1 row" if lost == 1 else f"{lost:,} rows"
    return (f'OUTCOME_MISSING: "{y.name}" is missing in {rows} of the domain, left out of the base.',) if lost else ()


def _together(s: Survey, parts: list[Part], shares: Floats, step: int) -> Estimates:
    """Join the quantiles of several variables, ordered by domain, with the correlation of their shares."""
    import pandas as pd

    sizes, width = parts[0].sizes, sum(len(part.shares) for part in parts)
    offsets = np.cumsum([0, *(len(part.shares) for part in parts)])
    places = [own_rows(sizes, step, width=width, first=int(offset)) for offset in offsets[:-1]]
    rows = np.concatenate(places, axis=1).reshape(-1)
    order = np.argsort(np.concatenate([place.reshape(-1) for place in places]), kind="stable")
    frame = pd.concat([part.answer.frame for part in parts], ignore_index=True).iloc[order].reset_index(drop=True)
    warnings = tuple(dict.fromkeys(warning for part in parts for warning in part.answer.meta.warnings))
    meta = replace(parts[0].answer.meta, warnings=warnings)
    thetas = [part.theta for part in parts if part.theta is not None]
    if thetas:
        at = frame["estimate"].to_numpy(dtype=np.float64)
        return Estimates(frame, replicate_covariance(np.concatenate(thetas)[order], at, s.design), meta)
    return Estimates(frame, _scaled(shares, rows, frame["se"].to_numpy(dtype=np.float64)), meta)


def _scaled(shares: Floats, rows: Codes, se: Floats) -> Floats:
    """Return the covariance of quantiles: that of the shares below them, scaled to their standard errors."""
    if not len(shares):
        return shares
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(se == 0, 0.0, se / np.sqrt(np.diag(shares)[rows]))
        return np.asarray(shares[np.ix_(rows, rows)] * np.outer(slope, slope))
