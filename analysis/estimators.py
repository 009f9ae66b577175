"""The estimators: proportion, mean, total, ratio, counts and proportions of categories, each by domain."""

from __future__ import annotations

import math
from collections.abc import Sequence

from analysis.design import Expr
from analysis.estimates import Estimates
from analysis.estimation import run
from analysis.frames import Asked, key_of
from analysis.measures import Variable
from analysis.source import literal
from analysis.survey import Survey
from analysis.unanswered import Missing, Rate, base_rule, estimated_rates
from uptake.contract.errors import EstimationError

Y = str | Expr | Sequence[str | Expr]
Columns = str | Sequence[str]
By = str | Sequence[str] | Sequence[Sequence[str]] | None


def proportion(
    s: Survey, y: Y, *, by: By = None, where: str | Expr | None = None, ci: str = "korn-graubard", level: float = 0.95,
    missing: Missing = "each", df: float | None = None, covariance: bool = True,
) -> Estimates:  # fmt: skip
    """Estimate the share of units of which a 0/1 statement is true.

    p = sum w y / sum w over rows where y is known; z = w (y - p) / sum w; see docs/methods/proportion.md.

    It does not cover nonresponse bias or wrong answers; rows whose y is NULL leave the base (a warning counts them).

    y: column names or `Expr` with values 0/1 or true/false; by: a column, several (crossed), or a list of tuples
    (several ways of forming domains in one pass, () being the whole population); where: SQL condition or column;
    ci: see `proportion_interval`;
    missing: "each" (or "out") leaves a NULL outside the base of its y, "listwise" a row with any; "in_base" counts NULL
    as not yes, "bounds" both ways (see `penetration`); df: overrides the degrees of freedom.
    Returns Estimates. Raises DesignError or EstimationError with a code. Agrees with R survey's svymean and svyciprop
    to 1e-9.

    >>> import pandas as pd
    >>> from analysis import Survey, SurveyDesign
    >>> rows = pd.DataFrame({"y": [1, 0, 1, 1, 0, 1], "w": [10.0] * 6, "h": list("aaabbb"), "N": [30] * 6})
    >>> est = proportion(Survey(rows, SurveyDesign(weights="w", strata="h", fpc="N")), "y")
    >>> round(float(est.frame.estimate[0]), 4), round(float(est.frame.se[0]), 4), float(est.frame.df[0])
    (0.6667, 0.2236, 4.0)
    """
    asked = Asked("proportion", (), domains(by), restriction(s, where), ci, level, "each", df, covariance)
    return estimated_rates(s, [Rate(item, None) for item in outcomes(s, y)], missing, asked)


def mean(
    s: Survey, y: Y, *, by: By = None, where: str | Expr | None = None, level: float = 0.95,
    missing: Missing = "each", df: float | None = None, covariance: bool = True,
) -> Estimates:  # fmt: skip
    """Estimate means: sum w y / sum w over rows where y is known; interval estimate -/+ t(df) se.

    It does not cover nonresponse bias. Arguments as in `proportion`, y numeric. Agrees with R survey's svymean to 1e-9.

    >>> import pandas as pd
    >>> from analysis import Survey, SurveyDesign
    >>> rows = pd.DataFrame({"y": [1.0, 2.0, 3.0, 4.0], "w": [5.0] * 4})
    >>> round(float(mean(Survey(rows, SurveyDesign(weights="w")), "y").frame.se[0]), 6)
    0.645497
    """
    rule, groups = base_rule(missing), domains(by)
    return run(s, Asked("mean", _variables(s, y), groups, restriction(s, where), "t", level, rule, df, covariance))


def total(
    s: Survey, y: Y, *, by: By = None, where: str | Expr | None = None, level: float = 0.95,
    missing: Missing = "each", df: float | None = None, covariance: bool = True,
) -> Estimates:  # fmt: skip
    """Estimate totals: sum w y over rows where y is known.

    It does not fill missing answers: rows whose y is NULL are left out, so the total is that of units that answered.
    Arguments as in `mean`. Agrees with R survey's svytotal to 1e-9.
    """
    rule, groups = base_rule(missing), domains(by)
    return run(s, Asked("total", _variables(s, y), groups, restriction(s, where), "t", level, rule, df, covariance))


def ratio(
    s: Survey, num: Y, den: Y, *, by: By = None, where: str | Expr | None = None, ci: str = "t", level: float = 0.95,
    df: float | None = None, covariance: bool = True,
) -> Estimates:  # fmt: skip
    """Estimate ratios of totals: sum w num / sum w den over rows where both are known; z = w (num - R den) / sum w den.

    A size-weighted rate is the ratio of (y * size) to size. With `ci` of `proportion_interval` the ratio must lie
    between 0 and 1. `num` and `den` are of equal length, or one `den` serves all. Agrees with R's svyratio to 1e-9.
    """
    tops, bottoms = _list(num), _list(den)
    bottoms = bottoms * len(tops) if len(bottoms) == 1 else bottoms
    if len(tops) != len(bottoms):
        raise EstimationError(
            f"{len(tops)} numerators but {len(bottoms)} denominators - give one denominator for each, or one for all.",
            code="RATIO_LENGTH",
        )
    pairs = [(named(s, a), named(s, b)) for a, b in zip(tops, bottoms, strict=True)]
    variables = tuple(Variable(f"{a.name}/{b.name}", a.sql, b.sql) for a, b in pairs)
    return run(s, Asked("ratio", variables, domains(by), restriction(s, where), ci, level, "each", df, covariance))


def counts(
    s: Survey, col: Columns, *, by: By = None, where: str | Expr | None = None, level: float = 0.95,
    df: float | None = None, covariance: bool = True,
) -> Estimates:  # fmt: skip
    """Estimate how many units of the population have each value of a column.

    Names are the values, sorted; of several columns `column=value`. Arguments as in `total`.
    """
    levels, groups, inside = _levels(s, col), domains(by), restriction(s, where)
    return run(s, Asked("total", levels, groups, inside, "t", level, "each", df, covariance, categories=True))


def proportions(
    s: Survey, col: Columns, *, by: By = None, where: str | Expr | None = None, ci: str = "korn-graubard",
    level: float = 0.95, df: float | None = None, covariance: bool = True,
) -> Estimates:  # fmt: skip
    """Estimate the share of each value of a column among rows that have one; names as in `counts`."""
    levels, groups, inside = _levels(s, col), domains(by), restriction(s, where)
    return run(s, Asked("proportion", levels, groups, inside, ci, level, "each", df, covariance, categories=True))


def _list(y: Y) -> list[str | Expr]:
    return [y] if isinstance(y, str | Expr) else list(y)


def named(s: Survey, y: str | Expr) -> Expr:
    """Return an outcome as SQL: an expression as it is, a column by its name."""
    if isinstance(y, Expr):
        return y
    s.source.require([y], "the estimate", estimating=True)
    return Expr(y, s.source.column(y))


def outcomes(s: Survey, y: Y) -> tuple[Expr, ...]:
    """Return the outcomes that are asked for as SQL, one or several."""
    found = tuple(named(s, one) for one in _list(y))
    if not found:
        raise EstimationError("nothing is to be estimated - name at least one column.", code="NOTHING_ASKED")
    return found


def _variables(s: Survey, y: Y) -> tuple[Variable, ...]:
    return tuple(Variable(e.name, e.sql) for e in outcomes(s, y))


def restriction(s: Survey, where: str | Expr | None) -> Expr | None:
    """Return the condition of the rows of interest: a column, or an SQL condition."""
    if where is None or isinstance(where, Expr):
        return where
    return Expr("where", s.source.column(where)) if where in s.source.types else Expr("where", where)


def domains(by: By) -> tuple[tuple[str, ...], ...]:
    """Return the ways of forming domains: none, a column, columns crossed, or a list of these."""
    if by is None:
        return ((),)
    if isinstance(by, str):
        return ((by,),)
    parts = list(by)
    if parts and all(isinstance(part, str) for part in parts):
        return (tuple(str(part) for part in parts),)
    return tuple((part,) if isinstance(part, str) else tuple(part) for part in parts)


def _levels(s: Survey, col: Columns) -> tuple[Variable, ...]:
    if isinstance(col, str):
        return tuple(Variable(key_of(v), sql) for v, sql in _values(s, col))
    return tuple(Variable(f"{one}={key_of(v)}", sql) for one in col for v, sql in _values(s, one))


def _values(s: Survey, col: str) -> list[tuple[object, str]]:
    """Return the values of a column, sorted, each with the SQL of having it."""
    s.source.require([col], "the estimate", estimating=True)
    name = s.source.column(col)
    found = s.source.columns(
        f"SELECT DISTINCT {name} AS v FROM ({s.source.text}) AS r WHERE {name} IS NOT NULL ORDER BY 1"
    )["v"].tolist()
    if not found:
        raise EstimationError(
            f'column "{col}" is missing in every row - there is nothing to count.', code="EMPTY_DOMAIN"
        )
    having = "CASE WHEN {0} IS NULL THEN NULL WHEN {0} = {1} THEN 1 ELSE 0 END"
    return [(v, having.format(name, literal(v))) for v in found if not _nan(v)]


def _nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)
