"""Tests of independence: by hand, by what must hold, and by what they refuse."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import Survey, SurveyDesign, independence_test
from uptake.contract.errors import EstimationError


def table(counts: list[list[int]]) -> pd.DataFrame:
    """One row a unit of a table of counts: r = a, b ..., c = p, q ..."""
    rows = [
        {"r": "abcd"[i], "c": "pqrs"[j], "w": 2.0} for i, row in enumerate(counts) for j, n in enumerate(row)
        for _ in range(n)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def survey(rows: pd.DataFrame, **design: Any) -> Survey:
    return Survey(rows, SurveyDesign(weights="w", **design))


#        p   q   all          expected   p     q
#   a   30  10    40                a    20    20
#   b   20  40    60                b    30    30
#   X2 = 100/20 + 100/20 + 100/30 + 100/30 = 16.6667.
# Equal weights, rows drawn one by one: V is (diag p - pp') / (n - 1). The one contrast of a 2 x 2 table has
# Delta = c' D^-1 V D^-1 c / (c' D^-1 c / n), c = (1, -1, -1, 1): D^-1 (diag p - pp') D^-1 = D^-1 - 11', and c'1 = 0,
# so Delta = n/(n - 1) = 100/99.
HAND = [[30, 10], [20, 40]]


def test_second_order_by_hand() -> None:
    found = independence_test(survey(table(HAND)), "r", "c")
    assert found.statistic == pytest.approx((100 / 6) / (100 / 99), rel=1e-12)
    assert (found.ndf, found.ddf) == pytest.approx((1.0, 99.0))
    assert (found.rows, found.cols) == (("a", "b"), ("p", "q"))
    assert found.cell_proportions == pytest.approx(np.array([[0.3, 0.1], [0.2, 0.4]]))


def test_first_order_by_hand() -> None:
    found = independence_test(survey(table(HAND)), "r", "c", "Chisq")
    assert found.statistic == pytest.approx(100 / 6, rel=1e-12)
    # p of 16.5 on one degree of freedom: twice the normal tail beyond sqrt(16.5).
    assert found.p_value == pytest.approx(math.erfc(math.sqrt(16.5 / 2)), rel=1e-9)
    assert found.ndf == 1
    assert math.isnan(found.ddf)


def test_wald_by_hand() -> None:
    # Y_22 = N_22 - N_2. N_.2 / N = 2 (40 - 60*50/100) = 20. Its score of row k, with weight 2:
    # 2 [1(22) - (N_2./N) 1(.2) - (N_.2/N) 1(2.) + N_2. N_.2 / N^2] = 2 [1(22) - .6 1(.2) - .5 1(2.) + .3].
    #   ap: .6   aq: -.6   bp: -.4   bq: 2 (1 - .6 - .5 + .3) = .4
    # Sum z = 30*.6 - 10*.6 - 20*.4 + 40*.4 = 20; Sum z^2 = 40*.36 + 60*.16 = 24; V = 100/99 (24 - 400/100) = 20.20.
    found = independence_test(survey(table(HAND)), "r", "c", "Wald")
    assert found.statistic == pytest.approx(400 / (100 / 99 * 20), rel=1e-12)
    adjusted = independence_test(survey(table(HAND)), "r", "c", "adjWald")
    assert adjusted.statistic == pytest.approx(found.statistic, rel=1e-12)  # k = 1: nothing to adjust
    assert (adjusted.ndf, adjusted.ddf) == (1, 99)


counts = st.lists(st.lists(st.integers(2, 12), min_size=3, max_size=3), min_size=2, max_size=3)


@settings(max_examples=12, deadline=None)
@given(counts, st.integers(0, 10_000), st.sampled_from(["F", "Chisq", "Wald", "adjWald"]))
def test_what_must_hold(made: list[list[int]], seed: int, statistic: Any) -> None:
    rng = np.random.default_rng(seed)
    rows = table(made)
    rows["w"], rows["h"] = rng.uniform(1, 4, len(rows)).round(3), rng.integers(0, 2, len(rows))
    if rows.h.value_counts().min() < 2 or rows.h.nunique() < 2:
        return
    first = independence_test(survey(rows, strata="h"), "r", "c", statistic)
    turned = independence_test(survey(rows, strata="h"), "c", "r", statistic)
    mixed = rows.sample(frac=1, random_state=seed).assign(r=rows.r.map({"a": "z", "b": "y", "c": "x"}))
    renamed = independence_test(survey(mixed, strata="h"), "r", "c", statistic)
    heavier = independence_test(survey(rows.assign(w=rows.w * 1000), strata="h"), "r", "c", statistic)
    for other in (turned, renamed, heavier):
        assert (other.statistic, other.ndf, other.p_value) == pytest.approx(
            (first.statistic, first.ndf, first.p_value), rel=1e-6, abs=1e-12
        )


def test_the_order_of_rows_gives_the_same_digits() -> None:
    rows = table([[5, 7, 3], [9, 2, 6]]).assign(w=lambda t: 1 + np.arange(len(t)) % 7 / 3)
    first = independence_test(survey(rows), "r", "c")
    other = independence_test(survey(rows[::-1]), "r", "c")
    assert (first.statistic, first.p_value) == (other.statistic, other.p_value)


def test_missing_answers_leave_the_table_and_are_counted() -> None:
    rows = table(HAND)
    rows.loc[[0, 99], "c"] = None
    found = independence_test(survey(rows), "r", "c")
    assert found.warnings == ('OUTCOME_MISSING: 2 rows of the domain have no "r" or no "c", left out of the table.',)
    assert found.frame[["n", "n_rows"]].values.tolist() == [[98, 100]]


def test_a_cell_without_rows_counts_as_nobody() -> None:
    found = independence_test(survey(table([[5, 0, 3], [4, 6, 2]])), "r", "c")
    assert math.isfinite(found.p_value)
    assert found.cell_proportions[0, 1] == 0
    assert found.warnings == (
        "SMALL_EXPECTED: 5 cells have fewer than 5 expected rows - the p-value is rough; join small levels.",
    )


def test_wald_says_so_where_the_covariance_has_no_inverse() -> None:
    rows = table([[2, 0, 1], [0, 3, 2]]).assign(psu=lambda t: np.arange(len(t)) % 2)
    found = independence_test(survey(rows, psu="psu"), "r", "c", "Wald")
    assert math.isnan(found.p_value)
    assert found.reason == (
        "the covariance of the cells is singular (cells without rows, or fewer degrees of freedom than cells); use "
        'statistic="F"'
    )


def test_a_complete_count_has_nothing_to_test_against() -> None:
    rows = table(HAND).assign(N=100, w=1.0)
    found = independence_test(survey(rows, fpc="N"), "r", "c")
    assert math.isnan(found.p_value)
    assert found.frame["reason"].tolist() == [
        "the cells have no sampling variance, so there is nothing to test against"
    ]


@pytest.mark.parametrize(
    ("row", "options", "message"),
    [
        ("r", {"where": "c = 'p'"},
         '"c" has the one value "p" in the rows that are tested - independence of a constant says nothing; take an '
         "answer with at least two values, or a wider domain."),
        ("r", {"where": "c = 'z'"},
         'no row of the domain has both "r" and "c" - there is no table to test; check the condition.'),
        ("rr", {}, 'the test names the column "rr", which the data do not have. Did you mean "r"?'),
        ("r", {"statistic": "chisq"},
         'statistic is "chisq", which is not known - choose one of F, Chisq, Wald, adjWald. Did you mean "Chisq"?'),
    ],
)  # fmt: skip
def test_refusals(row: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(EstimationError) as refusal:
        independence_test(survey(table(HAND)), row, "c", **options)
    assert str(refusal.value) == message


def test_a_level_without_weight_is_no_level() -> None:
    rows = table(HAND)
    more = pd.concat([rows, pd.DataFrame({"r": ["z"], "c": ["p"], "w": [0.0]})])
    found = independence_test(survey(more), "r", "c")
    assert found.rows == ("a", "b")
    assert found.statistic == pytest.approx(independence_test(survey(rows), "r", "c").statistic, rel=0.02)
