"""The quality of a wave in numbers: outcomes of asking, response rates, item nonresponse, spread of weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Row: TypeAlias = tuple[str, str, str, float]
OUTCOMES = ("complete", "partial", "refused", "not_contacted", "ineligible", "unknown")
STATE = "_state"
ALL = "all"


def weighting_quality(
    units: DataFrame, domains: Sequence[str], *, wave: str, frame: DataFrame | None = None
) -> DataFrame:
    """Return the `quality` rows of stage 4 for the whole sample and for every value of the domain columns.

    response_rate = respondents / (known eligible + e x unknown eligibility), e = known eligible / known (the standard
    rate known as AAPOR RR3 with this e), unweighted and with base weights; kish_deff = n sum w^2 / (sum w)^2 over
    respondents, the loss of precision by unequal weights alone.

    units: the weighted sample with `disposition`; domains: frame columns; frame: for n_frame, left out without it.
    """
    rows = list(_domain_rows(units, ALL, ALL))
    rows.append(("n_frame", ALL, ALL, float(units.drop_duplicates("stratum")["N_h"].sum())))
    for column in domains:
        if column not in units.columns:
            continue  # a crossed domain, or one of the answers: neither has a response rate
        for key, part in units.groupby(column, sort=True):
            rows += _domain_rows(part, column, str(key))
        if frame is not None and column in frame.columns:
            counts = frame[column].astype("str").value_counts().sort_index()
            rows += [("n_frame", column, str(key), float(count)) for key, count in counts.items()]
    return _table(rows, wave)


def _domain_rows(units: DataFrame, domain_by: str, domain_key: str) -> Iterator[Row]:
    ones = units["base_weight"] * 0 + 1
    values = {"n_sample": float(len(units)), "n_respondents": float(units["respondent"].sum())}
    values |= {f"n_{outcome}": float((units["disposition"] == outcome).sum()) for outcome in OUTCOMES}
    values["response_rate_unweighted"] = _response_rate(units, ones)
    values["response_rate_weighted"] = _response_rate(units, units["base_weight"])
    weights = units.loc[units["respondent"], "weight"]
    if len(weights):
        values["kish_deff"] = float(len(weights) * (weights**2).sum() / weights.sum() ** 2)
    for item, value in values.items():
        yield item, domain_by, domain_key, value


def _response_rate(units: DataFrame, weights: Series) -> float:
    known = float(weights[units["_known"]].sum())
    eligible = float(weights[units["_known"] & units["eligible"]].sum())
    unknown = float(weights[~units["_known"]].sum())
    base = eligible + (eligible / known if known else 1.0) * unknown
    return float(weights[units["respondent"]].sum()) / base if base else float("nan")


def item_quality(answers: DataFrame, *, wave: str) -> DataFrame:
    """Return the share of don't-know and of blank answers among the respondents who came to each field (unweighted).

    answers: the rows of respondents with their `<field>_state` columns.
    """
    rows: list[Row] = []
    for column in sorted(name for name in answers.columns if name.endswith(STATE)):
        states = answers[column].dropna()
        states = states[states != "not_applicable"]
        field = column.removesuffix(STATE)
        if len(states) and field in answers.columns:
            rows.append((f"item_dk_rate:{field}", ALL, ALL, float((states == "dont_know").mean())))
            rows.append((f"item_blank_rate:{field}", ALL, ALL, float(states.isin(["blank", "refused"]).mean())))
    return _table([*rows, *_editing_rows(answers)], wave)


def _editing_rows(answers: DataFrame) -> Iterator[Row]:
    """Give the share of answers that were imputed, and of responses with a soft check that was confirmed."""
    states = answers[[name for name in answers.columns if name.endswith(STATE)]]
    asked = states.notna() & (states != "not_applicable")
    if asked.to_numpy().sum():
        imputed = float((states == "imputed").to_numpy().sum())
        yield "imputation_rate", ALL, ALL, imputed / float(asked.to_numpy().sum())
    confirmed = [name for name in answers.columns if name.startswith("confirmed_")]
    if confirmed and len(answers):
        yield "confirmed_rate", ALL, ALL, float(answers[confirmed].fillna(False).astype(bool).any(axis=1).mean())


def _table(rows: Sequence[Row], wave: str) -> DataFrame:
    import pandas as pd

    table = pd.DataFrame(list(rows), columns=["item", "domain_by", "domain_key", "value"])
    table.insert(0, "wave", wave)
    return table


def data_quality(data: DataFrame, *, weight: str, wave: str) -> DataFrame:
    """Return what own data tell of their quality: rows with a weight, the weighted count, and Kish's deff."""
    weights = data[weight].astype(float)
    used = weights[weights > 0]
    rows: list[Row] = [
        ("n_respondents", ALL, ALL, float(len(used))),
        ("n_weighted", ALL, ALL, float(used.sum())),
        ("kish_deff", ALL, ALL, float(len(used) * (used**2).sum() / used.sum() ** 2) if len(used) else float("nan")),
    ]
    return _table(rows, wave)
