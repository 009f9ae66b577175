"""Honest refusals: the whole sentence, naming the stratum, column or value and what to change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis import (
    Expr,
    ReplicateWeights,
    Survey,
    SurveyDesign,
    mean,
    proportion,
    proportion_interval,
    ratio,
    total,
)  # fmt: skip
from uptake.contract.errors import DesignError, EstimationError, UptakeError

ROWS = pd.DataFrame(
    {
        "h": ["a", "a", "b", "b", "c"],
        "psu": [1, 2, 1, 2, 1],
        "N": [9, 9, 1, 1, 5],
        "w": [2.0, 3.0, 1.0, 4.0, 2.0],
        "y": [1, 0, 1, 1, 0],
        "word": ["yes", "no", "yes", "no", "yes"],
        "zero": [0, 0, 0, 0, 0],
        "wave": ["2026Q4"] * 5,
        "uscc": ["A", "B", "B", "C", "D"],
    }
)
FOUR = ROWS[ROWS.h != "c"].assign(N=9)


def asked(rows: pd.DataFrame = FOUR, what: Callable[..., Any] = proportion, **changes: Any) -> Callable[[], Any]:
    design = SurveyDesign(**({"weights": "w", "strata": "h"} | changes))
    return lambda: what(Survey(rows, design), "y")


REFUSALS: list[tuple[Callable[[], Any], str, str]] = [
    (
        asked(ROWS),
        "LONELY_PSU",
        'stratum "c": only one unit was sampled - its variance cannot be estimated; merge the stratum with a '
        "neighbour, or declare lonely_psu as certainty, adjust or average.",
    ),
    (
        asked(FOUR.assign(w=[2, None, 1, 4])),
        "WEIGHT_MISSING",
        'column "w": 1 row has no weight (row 2) - a unit without weight stands for nobody; fill it in or take '
        'the row out on purpose.',
    ),
    (
        asked(FOUR.assign(w=[2, -3, -1, 4])),
        "WEIGHT_NEGATIVE",
        'column "w": 2 rows have a weight below zero (the first is row 2) - a unit cannot stand for fewer '
        "than none; correct the weights.",
    ),
    (
        asked(FOUR.assign(w=0.0)),
        "WEIGHT_ZERO",
        'column "w": every weight is zero - the sample stands for nobody; name the right weight column.',
    ),
    (
        asked(ROWS[ROWS.h != "c"], fpc="N"),
        "FPC_TOO_SMALL",
        'stratum "b": column "N" says that the population has 1 units but 2 were sampled - correct the '
        'population count.',
    ),
    (
        asked(FOUR.assign(N=[9, 9, 0.5, 0.5]), fpc="N"),
        "FPC_MIXED_SCALE",
        'stratum "b": column "N" is 0.5 here and up to 9 elsewhere - give either population counts or '
        'sampling fractions, '
        "not both.",
    ),
    (
        asked(FOUR.assign(N=[9, 9, None, 9]), fpc="N"),
        "FPC_MISSING",
        'column "N": 1 row has no population count - give it for every row of the sample.',
    ),
    (
        asked(FOUR.assign(h=["a", None, "b", "b"])),
        "STRATUM_MISSING",
        'column "h": 1 row has no stratum id - without it the row belongs to no part of the design; fill it in.',
    ),
    (
        asked(psu="psu", nest=False),
        "PSU_NOT_NESTED",
        'column "psu": PSU "1" stands in the strata "a", "b" - if ids are numbered anew in each stratum '
        'declare nest as true, '
        'else correct the stratum.\ncolumn "psu": PSU "2" stands in the strata "a", "b" - if ids are '
        'numbered anew in each '
        "stratum declare nest as true, else correct the stratum.",
    ),
    (
        asked(strata="H"),
        "COLUMN_NOT_FOUND",
        'the design names the column "H", which the data do not have. Did you mean "h"?',
    ),
    (
        lambda: SurveyDesign(weights="w", probabilities="p"),
        "WEIGHT_AND_PROB",
        'both a weight ("w") and a selection probability ("p") are given - they may disagree; name only one of them.',
    ),
    (
        lambda: ReplicateWeights("Fay", prefix="r"),
        "FAY_RHO_MISSING",
        "replicate weights are of type Fay but rho is not given - the variance is divided by (1 - "
        "rho)^2 and cannot be "
        "computed; state rho (the data's documentation names it, often 0.3 or 0.5).",
    ),
    (
        lambda: proportion(Survey(FOUR, SurveyDesign(weights="w")), "y", where="word = 'maybe'"),
        "EMPTY_DOMAIN",
        "no row of the sample is in the domain (word = 'maybe') - check the condition and its codes.",
    ),
    (
        lambda: proportion(Survey(FOUR, SurveyDesign(weights="w")), "N"),
        "NOT_BINARY",
        '"N" holds values other than 0 and 1 - a proportion counts how often a statement is true; use '
        'mean(), or a condition '
        "such as column > 0.",
    ),
    (
        lambda: mean(Survey(FOUR, SurveyDesign(weights="w")), "word"),
        "NOT_NUMERIC",
        '"word" is text, not a number - name a numeric column or a condition such as column = \'value\'.',
    ),
    (
        lambda: ratio(Survey(FOUR, SurveyDesign(weights="w")), "y", "zero"),
        "ZERO_DENOMINATOR",
        'the denominator of "y/zero" adds up to zero - the ratio does not exist; check the column.',
    ),
    (
        lambda: total(Survey(FOUR, SurveyDesign(weights="w")), "yy"),
        "COLUMN_NOT_FOUND",
        'the estimate names the column "yy", which the data do not have. Did you mean "y"?',
    ),
    (
        lambda: proportion_interval(0.5, 0.1, 10, 5, method="wilsen"),
        "UNKNOWN_INTERVAL",
        'the interval "wilsen" is not known - choose one of korn-graubard, beta, logit, xlogit, wilson, '
        'likelihood, asin, mean, '
        'clopper-pearson, jeffreys, logit-glm, arcsine, wald. Did you mean "wilson"?',
    ),
    (
        lambda: Survey(FOUR, SurveyDesign(weights="w")).poststratify(
            pd.DataFrame({"h": ["a"], "total": [9]}), by="h"
        ),
        "POSTSTRATUM_NOT_IN_POPULATION",
        'h = "b" is in the sample but has no population total above zero - add its benchmark or correct the code.',
    ),
]  # fmt: skip


@pytest.mark.parametrize(("ask", "code", "message"), REFUSALS, ids=[str(code) for _, code, _ in REFUSALS])
def test_the_sentence_says_what_where_and_what_to_change(ask: Callable[[], Any], code: str, message: str) -> None:
    with pytest.raises((DesignError, EstimationError)) as refusal:
        ask()
    assert str(refusal.value) == message
    assert refusal.value.code == code


def test_a_class_without_respondents_is_named() -> None:
    survey = Survey(FOUR.assign(r=[1, 0, 1, 0]), SurveyDesign(weights="w"))
    with pytest.raises(DesignError, match="has no respondent - nobody can carry its weight; merge it"):
        survey.adjust_nonresponse(respondent="r", classes="word")


def test_all_faults_are_told_at_once() -> None:
    rows = FOUR.assign(w=[2, None, -1, 4], h=["a", "a", None, "b"])
    with pytest.raises(DesignError) as refusal:
        proportion(Survey(rows, SurveyDesign(weights="w", strata="h")), "y")
    assert [fault.where for fault in refusal.value.faults] == ['column "w"', 'column "w"', 'column "h"']


def test_a_sql_mistake_is_a_sentence_not_a_traceback() -> None:
    survey = Survey(FOUR, SurveyDesign(weights="w"))
    for wrong in ("y +", "nope > 1", "CAST(word AS INTEGER) > 1"):
        with pytest.raises(UptakeError, match="check the expression and the column names"):
            mean(survey, Expr("wrong", wrong))
    with pytest.raises(UptakeError, match="check the expression"):
        mean(survey, "y", where="word ==== 1")


def test_data_of_another_kind_are_refused_in_words() -> None:
    with pytest.raises(
        UptakeError, match="data is a list - give a pandas or Arrow table, the path of a Parquet or CSV"
    ):
        Survey([1, 2, 3], SurveyDesign(weights="w"))


def test_a_file_that_is_no_table_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").write_bytes(b"not a table")
    with pytest.raises(UptakeError, match=r"rows\.parquet"):
        Survey(tmp_path / "rows.parquet", SurveyDesign(weights="w"))


def test_check_lists_everything_that_is_wrong_or_unusual() -> None:
    design = SurveyDesign(weights="w", strata="h", unit_id="uscc", wave="wave")
    found = Survey(ROWS.assign(w=[2, 0, 1, 4, 2]), design).check()
    assert found[["severity", "code", "where"]].to_numpy().tolist() == [
        ["warn", "WEIGHT_ZERO", 'column "w"'],
        ["reject", "LONELY_PSU", 'stratum "c"'],
        ["reject", "DUPLICATE_UNIT", 'unit "B"'],
        ["info", "KISH", 'column "w"'],
        ["info", "DESIGN", "the design"],
    ]
    # n sum w^2 / (sum w)^2 = 5 * 25 / 81
    assert found.message.iloc[-2] == "5 rows, weights from 0 to 4 add up to 9, Kish design effect 1.5432"
    assert found.message.iloc[-1] == "5 units drawn in 3 strata, 0 of them whole; df 1"


def test_check_looks_at_replicate_weights_too() -> None:
    design = SurveyDesign(weights="w", replicates=ReplicateWeights("BRR", prefix="r"))
    found = Survey(FOUR.assign(r1=[1.0, 2, 3, 4], r2=[1.0, None, 3, 4]), design).check()
    assert found[["severity", "code"]].to_numpy().tolist() == [["reject", "REPLICATE_WEIGHT_MISSING"], ["info", "KISH"]]


def test_no_degrees_of_freedom_means_no_interval_and_a_reason() -> None:
    rows = pd.DataFrame({"h": list("aabb"), "d": list("uvuv"), "w": 1.0, "y": [1, 0, 0, 1]})
    row = proportion(Survey(rows, SurveyDesign(weights="w", strata="h")), "y", by="d").frame.iloc[0]
    assert row.df == 0
    assert pd.isna(row.ci_low)
    assert row.reason == "0 degrees of freedom: the domain has no more sampled units than strata"


def test_a_domain_without_answers_is_a_row_with_a_reason() -> None:
    rows = pd.DataFrame({"d": list("uuuv"), "w": 1.0, "y": [1, 0, 1, None]})
    frame = proportion(Survey(rows, SurveyDesign(weights="w")), "y", by="d").frame
    assert frame.domain_key.tolist() == ["u", "v"]
    assert frame.n.tolist() == [3, 0]
    assert frame[["estimate", "se", "ci_low", "ci_high"]].iloc[1].isna().all()
    assert frame.reason[1] == "no row of the sample is in this domain's base"


def test_a_frame_with_mixed_values_is_refused_in_words() -> None:
    rows = pd.DataFrame({"w": [1.0, 2.0], "y": pd.Series(["a", 1], dtype=object)})
    with pytest.raises(UptakeError, match=r"column y .*several kinds; give it one type"):
        Survey(rows, SurveyDesign(weights="w"))
