"""Indicators made of several answers: any of them, all of them, and an index of several estimates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from analysis.contrasts import Combined, assembled, digest, require_covariance
from analysis.design import Expr
from analysis.estimates import Estimates
from analysis.fixedpoint import Floats
from analysis.references import Reference, rows_named
from analysis.source import quoted
from uptake.contract.errors import EstimationError, did_you_mean

if TYPE_CHECKING:
    from pandas import DataFrame

Aggregate = Literal["arithmetic", "geometric"]
_AGGREGATES = ("arithmetic", "geometric")


def any_of(answers: Sequence[str | Expr], *, name: str | None = None) -> Expr:
    """Return the 0/1 statement that at least one of several 0/1 answers is yes.

    One yes suffices whatever else is unknown; no only where all are no; otherwise NULL (unknown: a yes may be missing).

    answers: column names or `Expr`. Returns an `Expr` for `proportion`, `penetration` and the others; a value other
    than 0 and 1 is handed on, so that they refuse it. Raises EstimationError without answers.

    >>> any_of(["chatbot", "agent"]).name
    'any of chatbot, agent'
    """
    return _statement("any", answers, name, decisive=1)


def all_of(answers: Sequence[str | Expr], *, name: str | None = None) -> Expr:
    """Return the 0/1 statement that every one of several 0/1 answers is yes.

    One no suffices for no whatever else is unknown; yes only where all are yes; otherwise NULL. Else as `any_of`.

    >>> all_of(["chatbot", "agent"], name="both").name
    'both'
    """
    return _statement("all", answers, name, decisive=0)


def _statement(kind: str, answers: Sequence[str | Expr], name: str | None, *, decisive: int) -> Expr:
    if not answers or isinstance(answers, str):
        raise EstimationError(
            f"{kind}_of needs a list of answers - name at least one column, in a list.", code="NOTHING_ASKED"
        )
    items = [a if isinstance(a, Expr) else Expr(a, quoted(a)) for a in answers]
    values = [f"CAST(({item.sql}) AS DOUBLE)" for item in items]
    odd = " ".join(f"WHEN {value} NOT IN (0, 1) THEN {value}" for value in values)
    one = " OR ".join(f"{value} = {decisive}" for value in values)
    rest = " AND ".join(f"{value} = {1 - decisive}" for value in values)
    sql = f"CASE {odd} WHEN {one} THEN {decisive} WHEN {rest} THEN {1 - decisive} END"
    return Expr(name or f"{kind} of {', '.join(item.name for item in items)}", sql)


def index(
    estimates: Estimates, weights: Mapping[Reference, float], *, aggregate: Aggregate = "arithmetic",
    name: str = "index", level: float | None = None, df: float | None = None,
) -> Estimates:  # fmt: skip
    """Combine several estimates into one number, in every domain.

    arithmetic: I = sum v_j theta_j; geometric: I = exp(sum v_j log theta_j); v_j = weights scaled to add up to 1.
    V = g'V(theta)g with g_j = v_j, or I v_j / theta_j; interval I -/+ t(df) se.

    It does not cover the choice of the weights, which is part of the result: `meta.weights_digest` records it.

    estimates: with their covariance; weights: by name, used in each domain (or by any reference of `contrast`, for one
    index of named rows), none below 0; df: default that of the whole design. Returns Estimates, one row a domain.
    Raises EstimationError for a weight below 0, a name that none of the estimates has, estimates without covariance.
    Agrees with R survey's svycontrast to 1e-9.

    >>> import pandas as pd
    >>> from analysis import Survey, SurveyDesign, mean
    >>> rows = pd.DataFrame({"a": [1.0, 2.0, 3.0, 2.0], "b": [4.0, 5.0, 3.0, 4.0], "w": [5.0] * 4})
    >>> means = mean(Survey(rows, SurveyDesign(weights="w")), ["a", "b"])
    >>> found = index(means, {"a": 1, "b": 3}, aggregate="geometric").frame
    >>> round(float(found.estimate[0]), 4)
    3.3636
    """
    require_covariance(estimates.frame, estimates.vcov)
    shares = _shares(weights)
    _refuse_aggregate(aggregate)
    at = estimates.frame["estimate"].to_numpy(dtype=np.float64)
    each = _domains(estimates.frame, list(weights))
    made = [_combined(name, at, rows, shares, aggregate) for _, rows in each]
    level = estimates.meta.conf_level if level is None else level
    df = estimates.meta.df_design if df is None else df
    frame, vcov = assembled(estimates.frame, estimates.vcov, made, level=level, df=df)
    record = digest({str(key): float(share) for key, share in zip(weights, shares, strict=True)})
    meta = replace(
        estimates.meta, estimator=f"{aggregate} index", ci_method="t", conf_level=level, weights_digest=record
    )
    return Estimates(_with_domains(frame, estimates.frame, [first for first, _ in each]), vcov, meta)


def _shares(weights: Mapping[Reference, float]) -> Floats:
    values = np.array(list(weights.values()), dtype=np.float64)
    wrong = [str(key) for key, value in weights.items() if not 0 <= value < np.inf]
    if wrong or not values.sum() > 0:
        says = f'the weight of "{wrong[0]}" is below 0 or not a number' if wrong else "the weights add up to nothing"
        raise EstimationError(f"{says} - an index weighs its parts by numbers of 0 or more.", code="INDEX_WEIGHT")
    return np.asarray(values / values.sum())


def _refuse_aggregate(aggregate: str) -> None:
    if aggregate not in _AGGREGATES:
        raise EstimationError(
            f'the aggregate "{aggregate}" is not known - choose arithmetic or geometric.'
            f"{did_you_mean(aggregate, _AGGREGATES)}",
            code="UNKNOWN_AGGREGATE",
        )


def _domains(frame: DataFrame, keys: list[Reference]) -> list[tuple[int | None, list[int]]]:
    """Return the rows of each index, and the row whose domain it shares (None: the rows are of several domains)."""
    if not set(map(str, keys)) <= set(frame["name"].astype(str)):
        return [(None, rows_named(frame, keys))]
    groups = frame.groupby([frame["domain_by"], frame["domain_key"]], sort=False).indices
    found: list[tuple[int | None, list[int]]] = []
    for rows in groups.values():
        part = frame.iloc[rows]
        found.append((int(rows[0]), [int(rows[place]) for place in rows_named(part, [str(key) for key in keys])]))
    return found


def _combined(name: str, at: Floats, rows: list[int], shares: Floats, aggregate: str) -> Combined:
    gradient, values = np.zeros(len(at)), at[rows]
    used = shares > 0
    if aggregate == "arithmetic":
        np.add.at(gradient, rows, shares)
        value = float(shares[used] @ values[used])
        reason = "a part of the index has no estimate"
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            value = float(np.exp(shares[used] @ np.log(values[used])))
            np.add.at(gradient, rows, np.where(used, value * shares / values, 0.0))
        reason = "a part of the index is missing or not above zero, where a geometric index does not exist"
        value = value if (values[used] > 0).all() else np.nan
    return Combined(name, value, gradient, "" if np.isfinite(value) else reason)


def _with_domains(frame: DataFrame, parts: DataFrame, first: list[int | None]) -> DataFrame:
    """Give each index the domain of its parts."""
    shared = [row for row in first if row is not None]
    if len(shared) < len(first):
        return frame.drop(columns=["t", "p_value"])
    own = [c for c in parts.columns[: parts.columns.get_loc("estimate")] if c not in ("name", "p", "definition")]
    labels = parts.iloc[shared][own].reset_index(drop=True)
    rest = frame.drop(columns=["name", "domain_by", "domain_key", "t", "p_value"])  # no index is tested against 0
    labels.insert(0, "name", frame["name"])
    return labels.join(rest)
