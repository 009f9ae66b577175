"""Penetration, criteria of several answers and rules for missing answers: by hand, by property, by refusal."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import Expr, Survey, SurveyDesign, all_of, any_of, mean, penetration, proportion, ratio, total
from uptake.contract.errors import EstimationError

ROWS = pd.DataFrame(
    {
        "h": list("aaaabbbb"), "w": [2.0] * 4 + [3.0] * 4, "d": list("uuvvuvuv"), "word": list("yynnyynn"),
        "bot": [1, 0, None, 1, 0, 0, 1, None], "agent": [0, 0, 0, 1, None, 0, 1, 1],
        "staff": [90, 5, 10, 40, 3, 8, 70, 2],
    }
)  # fmt: skip
SURVEY = Survey(ROWS, SurveyDesign(weights="w", strata="h"))


def test_an_unknown_answer_counts_as_the_rule_says() -> None:
    # weights of bot: yes 2 + 2 + 3 = 7, no 2 + 3 + 3 = 8, unknown 2 + 3 = 5, all 20
    out, counted = penetration(SURVEY, "bot"), penetration(SURVEY, "bot", missing="in_base")
    assert (out.frame.estimate[0], out.frame.n[0]) == (pytest.approx(7 / 15), 6)
    assert (counted.frame.estimate[0], counted.frame.n[0]) == (pytest.approx(7 / 20), 8)
    assert counted.meta.warnings == ('OUTCOME_MISSING: "bot" is missing in 2 rows of the domain, counted as not yes.',)
    both = penetration(SURVEY, "bot", missing="bounds")
    assert both.frame["definition"].tolist() == ["missing_no", "missing_yes"]
    assert both.frame.estimate.tolist() == pytest.approx([7 / 20, 12 / 20])
    assert both.frame.bounds_low.tolist() == [both.frame.ci_low[0]] * 2
    assert both.frame.bounds_high.tolist() == [both.frame.ci_high[1]] * 2
    assert both.contrast({"gap": {("bot", "missing_yes"): 1, ("bot", "missing_no"): -1}}).frame.estimate[0] == 0.25
    assert both.meta.warnings[-1].endswith("counted as no in one row and as yes in the other.")


def test_unknown_answers_are_counted_where_they_are_asked_for() -> None:
    found = penetration(SURVEY, "bot", where="h = 'a'", missing="in_base")
    assert found.meta.warnings == ('OUTCOME_MISSING: "bot" is missing in 1 row of the domain, counted as not yes.',)


def test_listwise_takes_the_rows_in_which_all_are_known() -> None:
    found = penetration(SURVEY, ["bot", "agent"], missing="listwise").frame
    assert found.n.tolist() == [5, 5]
    assert penetration(SURVEY, ["bot", "agent"]).frame.n.tolist() == [6, 7]


def test_in_base_is_the_proportion_of_the_filled_column() -> None:
    found = proportion(SURVEY, ["bot", "agent"], by="d", missing="in_base")
    filled = proportion(Survey(ROWS.fillna({"bot": 0, "agent": 0}), SURVEY.design), ["bot", "agent"], by="d")
    pd.testing.assert_frame_equal(found.frame, filled.frame)
    assert np.array_equal(found.vcov, filled.vcov)


def test_a_share_of_size_is_a_ratio_over_known_answers() -> None:
    known = ROWS.bot.notna()
    wanted = (ROWS.w * ROWS.bot * ROWS.staff)[known].sum() / (ROWS.w * ROWS.staff)[known].sum()
    found = penetration(SURVEY, "bot", size="staff", by=[(), ("d",)])
    assert found.frame.estimate[0] == pytest.approx(wanted)
    assert found.frame["name"].tolist() == ["bot, by staff"] * 3
    same = ratio(
        SURVEY, Expr("top", "bot * staff"), Expr("below", "CASE WHEN bot IS NOT NULL THEN staff END"), by=[(), ("d",)]
    )
    assert found.frame[["estimate", "se", "df", "n"]].to_numpy() == pytest.approx(
        same.frame[["estimate", "se", "df", "n"]].to_numpy()
    )
    assert found.frame.ci_low.between(0, 1).all()
    bounds = penetration(SURVEY, "bot", size="staff", missing="bounds").frame
    assert bounds.estimate.tolist() == pytest.approx(
        [(ROWS.w * ROWS.bot.fillna(v) * ROWS.staff).sum() / (ROWS.w * ROWS.staff).sum() for v in (0, 1)]
    )


def test_all_yes_and_all_no_have_intervals_with_a_width() -> None:
    rows = ROWS.assign(yes=1, no=0)
    for size in (None, "staff"):
        found = penetration(Survey(rows, SURVEY.design), ["yes", "no"], size=size, by="d").frame
        assert (found.ci_high - found.ci_low > 0.2).all()
        assert found.reason.eq("").all()


@pytest.mark.parametrize("values", list(itertools.product([0, 1, None], repeat=2)))
def test_any_and_all_follow_three_valued_logic(values: tuple[int | None, int | None]) -> None:
    rows = pd.DataFrame({"a": [values[0], 0, 1], "b": [values[1], 0, 1], "w": 1.0})
    survey = Survey(rows.astype("Float64"), SurveyDesign(weights="w"))
    known = [v for v in values if v is not None]
    anyone = 1 if 1 in known else (None if None in values else 0)
    everyone = 0 if 0 in known else (None if None in values else 1)
    for statement, wanted in ((any_of(["a", "b"]), anyone), (all_of(["a", "b"]), everyone)):
        found = total(survey, statement).frame.iloc[0]
        assert (found.estimate, found.n) == ((wanted or 0) + 1, 2 if wanted is None else 3), statement.name


def test_a_statement_takes_truth_values_and_expressions_and_hands_on_what_is_neither() -> None:
    rows = ROWS.assign(flag=ROWS.staff > 30)
    survey = Survey(rows, SURVEY.design)
    made = any_of(["flag", Expr("big", "staff > 60")], name="flagged")
    assert mean(survey, made).frame.estimate[0] == mean(survey, "flag").frame.estimate[0]
    with pytest.raises(EstimationError, match="holds values other than 0 and 1"):
        proportion(survey, any_of(["staff", "agent"]))


@settings(deadline=None, max_examples=20)
@given(st.lists(st.sampled_from([0, 1, None]), min_size=8, max_size=8).filter(lambda y: 0 in y and 1 in y))
def test_bounds_hold_what_lies_between_them(answers: list[int | None]) -> None:
    survey = Survey(ROWS.assign(y=pd.array(answers, dtype="Int64")), SURVEY.design)
    low, high = penetration(survey, "y", missing="bounds").frame.estimate
    assert low <= penetration(survey, "y").frame.estimate[0] + 1e-12
    assert penetration(survey, "y").frame.estimate[0] <= high + 1e-12
    assert penetration(survey, "y", missing="in_base").frame.estimate[0] == low


REFUSALS: list[tuple[Callable[[], object], str, str]] = [
    (
        lambda: penetration(SURVEY, "bot", missing="in_bas"), "MISSING_RULE",  # type: ignore[arg-type]
        'the rule for missing answers "in_bas" is not known - choose one of each, out, listwise, in_base, bounds. '
        'Did you mean "in_base"?',
    ),
    (
        lambda: mean(SURVEY, "staff", missing="bounds"), "MISSING_RULE",
        'missing="bounds" counts an unknown answer as no or yes - only a proportion has these; use "out" or "listwise" '
        "here.",
    ),
    (
        lambda: penetration(SURVEY, "staff", size="staff"), "NOT_BINARY",
        '"staff" holds values other than 0 and 1 - a proportion counts how often a statement is true; use mean(), or a '
        "condition such as column > 0.",
    ),
    (
        lambda: penetration(SURVEY, "bot", size=Expr("loss", "-staff")), "SIZE_NEGATIVE",
        'the size "loss" is below zero in 8 rows - a share of it would not lie between 0 and 1; correct the column.',
    ),
    (
        lambda: penetration(SURVEY, "word", missing="in_base"), "NOT_NUMERIC",
        "\"word\" is text, not a number - name a numeric column or a condition such as column = 'value'.",
    ),
    (
        lambda: penetration(SURVEY, "bot", size="word"), "NOT_NUMERIC",
        "\"word\" is text, not a number - name a numeric column or a condition such as column = 'value'.",
    ),
    (lambda: any_of([]), "NOTHING_ASKED", "any_of needs a list of answers - name at least one column, in a list."),
    (lambda: all_of("bot"), "NOTHING_ASKED", "all_of needs a list of answers - name at least one column, in a list."),
    (lambda: penetration(SURVEY, []), "NOTHING_ASKED", "nothing is to be estimated - name at least one column."),
]  # fmt: skip


@pytest.mark.parametrize("call, code, message", REFUSALS, ids=[f"{c[1]}-{i}" for i, c in enumerate(REFUSALS)])
def test_refusals_say_what_to_change(call: Callable[[], object], code: str, message: str) -> None:
    with pytest.raises(EstimationError) as caught:
        call()
    assert (str(caught.value), caught.value.code) == (message, code)


def test_one_row_and_no_rows_are_answered_with_a_reason() -> None:
    found = penetration(
        Survey(ROWS.assign(d=["x", *"uuuvvvv"], bot=[1, 0, 1, 0, *[None] * 4]), SURVEY.design), "bot", by="d"
    )
    assert found.frame.n.tolist() == [3, 0, 1]
    assert found.frame.reason.tolist()[1:] == [
        "no row of the sample is in this domain's base",
        "0 degrees of freedom: the domain has no more sampled units than strata",
    ]
    assert math.isnan(found.frame.estimate[1])
