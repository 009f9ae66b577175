"""Estimates of several kinds and domains together, with one covariance matrix: what contrasts of them are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from analysis.design import Expr
from analysis.estimates import Estimates
from analysis.estimation import run
from analysis.estimators import By, domains, named, restriction
from analysis.frames import Asked
from analysis.measures import Variable
from analysis.survey import Survey
from uptake.contract.errors import EstimationError, did_you_mean

Statistic = Literal["mean", "proportion", "total", "ratio"]
_STATISTICS = ("mean", "proportion", "total", "ratio")


@dataclass(frozen=True, slots=True)
class Component:
    """One quantity of a joint estimate: a mean, proportion, total or ratio (y over `den`) of the rows of `where`.

    >>> Component("ratio", "staff_ai", "staff", where="region = 'north'").den
    'staff'
    """

    stat: Statistic
    y: str | Expr
    den: str | Expr | None = None
    where: str | Expr | None = None

    def __post_init__(self) -> None:
        if self.stat not in _STATISTICS:
            raise EstimationError(
                f'a component is a "{self.stat}" - choose one of {", ".join(_STATISTICS)}.'
                f"{did_you_mean(self.stat, _STATISTICS)}",
                code="UNKNOWN_STATISTIC",
            )
        if (self.den is None) == (self.stat == "ratio"):
            fault = "has no denominator" if self.den is None else "has a denominator"
            change = "name it as den" if self.den is None else "only a ratio has one; leave den out"
            raise EstimationError(f"a component of kind {self.stat} {fault} - {change}.", code="COMPONENT_DENOMINATOR")


def jointly(
    s: Survey, components: Mapping[str, Component], *, by: By = None, where: str | Expr | None = None,
    level: float = 0.95, df: float | None = None,
) -> Estimates:  # fmt: skip
    """Estimate several quantities at once, each of its own kind and domain, with the covariance of all of them.

    theta_j = sum w y / sum w, sum w y, or sum w y / sum w x over the rows of its domain in which it is known;
    V = the design's variance of the scores (z_1, ..., z_J), scored 0 outside the domain of each.

    It does not cover what the single estimators do not cover. Degrees of freedom are those of the whole design (of the
    whole of `where` or `by`, where given), because one number must serve all components.

    components: name -> Component; by, where, level, df: as in `mean`, and common to all. Returns Estimates whose names
    are the keys, ready for `contrast`. Raises EstimationError for a denominator missing or too many, DesignError as the
    estimators do. Agrees with R survey (svyrecvar of the joint scores, svrVar with replicates) to 1e-9.

    >>> import pandas as pd
    >>> from analysis import Survey, SurveyDesign
    >>> rows = pd.DataFrame({"y": [1, 0, 1, 1, 0, 1], "w": [10.0] * 6, "h": list("aaabbb")})
    >>> survey = Survey(rows, SurveyDesign(weights="w", strata="h"))
    >>> parts = {"a": Component("mean", "y", where="h = 'a'"), "b": Component("mean", "y", where="h = 'b'")}
    >>> found = jointly(survey, parts).contrast({"a-b": {"a": 1, "b": -1}, "a/b": ("ratio", "a", "b")})
    >>> [round(float(v), 4) for v in found.frame["se"]]
    [0.4714, 0.7071]
    """
    if not components:
        raise EstimationError("nothing is to be estimated - name at least one component.", code="NOTHING_ASKED")
    variables = tuple(_variable(s, name, component) for name, component in components.items())
    return run(
        s, Asked("joint", variables, domains(by), restriction(s, where), "t", level, "each", df, covariance=True)
    )


def _variable(s: Survey, name: str, component: Component) -> Variable:
    where = restriction(s, component.where)
    below = None if component.den is None else named(s, component.den).sql
    kind = component.stat
    return Variable(name, named(s, component.y).sql, below, kind=kind, where=where.sql if where else None)
