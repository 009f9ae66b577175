"""Quantiles and variances of answers: by hand, by what must hold, by refusal."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import ReplicateWeights, Survey, SurveyDesign, mean, proportion, proportion_interval, quantile, variance
from analysis.quantile_rules import Distribution, rule_of
from uptake.contract.errors import EstimationError

RULES = ("math", "school", "hf4", "hf5", "hf6", "hf7", "hf8", "hf9")
EVEN = pd.DataFrame(
    {"y": [1.0, 2, 3, 4, 5, 6, 7, 8], "w": [1.0] * 8, "h": list("aaaabbbb"), "x": [3.0, 1, 4, 1, 5, 9, 2, 6]}
)
SURVEY = Survey(EVEN, SurveyDesign(weights="w"))


@pytest.mark.parametrize(
    "rule, p, value",
    [
        # Eight values of weight 1: shares 1/8 ... 8/8. p = 0.5 is reached exactly by the fourth.
        ("math", 0.5, 4), ("school", 0.5, 4.5), ("math", 0.51, 5), ("school", 0.51, 5), ("math", 0.01, 1),
        # Hyndman and Fan with equal weights, p = 0.3: positions np = 2.4, np + 1/2 = 2.9, (n+1)p = 2.7,
        # (n-1)p + 1 = 3.1, (n + 1/3)p + 1/3 = 2.8333, (n + 1/4)p + 3/8 = 2.85.
        ("hf4", 0.3, 2.4), ("hf5", 0.3, 2.9), ("hf6", 0.3, 2.7), ("hf7", 0.3, 3.1), ("hf8", 0.3, 17 / 6),
        ("hf9", 0.3, 2.85), ("hf6", 0.99, 8), ("hf5", 0.01, 1),
    ],
)  # fmt: skip
def test_rules_by_hand(rule: str, p: float, value: float) -> None:
    assert quantile(SURVEY, "y", p, rule=rule).frame.estimate[0] == pytest.approx(value, rel=1e-12)  # type: ignore[arg-type]


def test_woodruff_takes_the_interval_of_the_share_back_to_values() -> None:
    # q = 4, share below it 0.5 with se sqrt(0.25 / 7) = 0.18898; t(7) = 2.36462: share 0.0531 to 0.9469 -> 1 and 8.
    found = quantile(SURVEY, "y", 0.5).frame.iloc[0]
    share = proportion(Survey(EVEN.assign(low=EVEN.y <= 4), SurveyDesign(weights="w")), "low", ci="mean").frame.iloc[0]
    assert (share.ci_low, share.ci_high) == (pytest.approx(0.0531, abs=1e-4), pytest.approx(0.9469, abs=1e-4))
    assert (found.ci_low, found.ci_high, found.se) == (1, 8, pytest.approx(7 / (2 * 2.364624251592784)))
    assert (found["name"], found.p, found.ci_method, found.n) == ("y@0.5", 0.5, "woodruff-mean", 8)


def test_a_limit_beyond_the_shares_is_empty_and_says_so() -> None:
    found = quantile(SURVEY, "y", [0.1, 0.5], level=0.99).frame
    assert math.isnan(found.ci_low[0])
    assert not math.isnan(found.ci_high[0])
    assert math.isnan(found.se[0])
    assert found.reason.tolist() == [
        "the lower limit of the share lies outside 0 to 1, where there is no value",
        "both limits of the share lie outside 0 to 1, where there is no value",
    ]


@pytest.mark.parametrize("interval", ["beta", "xlogit", "asin", "korn-graubard"])
def test_other_scales_stay_within_the_values(interval: str) -> None:
    found = quantile(SURVEY, "y", 0.5, interval=interval).frame.iloc[0]
    limits = proportion_interval(0.5, math.sqrt(0.25 / 7), 8, 7, method=interval)
    assert found.ci_low == math.ceil(8 * limits.low)
    assert found.ci_high == math.ceil(8 * limits.high)


def test_domains_and_gaps() -> None:
    rows = EVEN.assign(y=[1.0, None, 3, 4, 5, 6, None, 8], d=["u", "u", "u", "v", "v", "v", "v", None])
    found = quantile(Survey(rows, SurveyDesign(weights="w")), "y", [0.5, 0.9], by=[(), ("d",)])
    frame = found.frame
    assert frame["domain_key"].tolist() == ["all", "all", "u", "u", "v", "v"]
    assert frame.estimate.tolist() == [4, 8, 1, 3, 5, 6]
    assert frame.n.tolist() == [6, 6, 2, 2, 3, 3]
    assert frame.n_rows.tolist() == [8, 8, 3, 3, 4, 4]
    assert frame.df.tolist() == [5, 5, 1, 1, 2, 2]  # rows without a value are no longer in the domain
    assert 'OUTCOME_MISSING: "y" is missing in 2 rows of the domain, left out of the base.' in found.meta.warnings


def test_each_domain_is_what_it_is_alone() -> None:
    survey = Survey(EVEN.assign(d=list("uvuvuvuv"), e=[1, 1, 2, 2, 1, 1, 2, 2]), SurveyDesign(weights="w", strata="h"))
    crossed = quantile(survey, ["y", "x"], [0.4, 0.6], by=("d", "e"))
    assert crossed.frame["name"].tolist()[:4] == ["y@0.4", "y@0.6", "x@0.4", "x@0.6"]
    for i, row in enumerate(crossed.frame.itertuples()):
        name, p = row.name.split("@")
        alone = quantile(survey, name, float(p), where=f"d = '{row.d}' AND e = {row.e}")
        for column in ("estimate", "ci_low", "ci_high", "se", "n", "df"):
            left, right = crossed.frame[column][i], alone.frame[column][0]
            assert left == pytest.approx(right, nan_ok=True), (row.domain_key, name, column)


def test_the_covariance_of_quantiles_is_that_of_their_shares() -> None:
    rows = pd.DataFrame({"y": np.arange(40.0), "x": np.arange(40.0)[::-1], "w": [1.0] * 40})
    found = quantile(Survey(rows, SurveyDesign(weights="w")), ["y", "x"], [0.4, 0.6])
    assert np.sqrt(np.diag(found.vcov)) == pytest.approx(found.frame.se.to_numpy())
    # Shares .4 and .6 of one sample: correlation sqrt(.4 .4 / (.6 .6)) = 2/3; of a mirrored variable, minus as much.
    correlation = found.vcov / np.outer(found.frame.se, found.frame.se)
    assert correlation[0, 1] == pytest.approx(2 / 3)
    assert correlation[0, 3] == pytest.approx(-1, abs=0.02)  # y <= 15 against x <= 23, its complement
    assert found.contrast({"range": {"y@0.6": 1, "y@0.4": -1}}).frame.estimate[0] == 8


def test_a_census_has_no_error_and_a_flat_share_has_no_interval() -> None:
    whole = Survey(EVEN.assign(N=4), SurveyDesign(weights="w", strata="h", fpc="N"))
    found = quantile(whole, "y", 0.5).frame.iloc[0]
    assert (found.ci_low, found.ci_high, found.se, found.reason) == (4, 4, 0, "")
    part = Survey(EVEN.assign(N=9), SurveyDesign(weights="w", strata="h", fpc="N"))
    flat = quantile(part, "y", 0.5).frame.iloc[0]  # all of stratum a lie below, none of b: the share has no error
    assert math.isnan(flat.ci_low)
    assert flat.reason == "the standard error is 0, where the mean interval has no width"


def test_ties_among_decimal_weights_are_seen_exactly() -> None:
    rows = pd.DataFrame({"y": np.arange(10.0), "w": [0.1] * 10})
    found = quantile(Survey(rows, SurveyDesign(weights="w")), "y", [0.1, 0.3, 0.7, 0.9], rule="school").frame
    assert found.estimate.tolist() == [0.5, 2.5, 6.5, 8.5]


def test_sums_of_decimal_weights_are_equal_to_p_within_their_rounding() -> None:
    # .1 + .2 and .3 are not the same binary number, nor are their whole numbers of units: both are three tenths.
    for weights in ([0.1, 0.2, 0.7], [0.2, 0.1, 0.7], [0.07, 0.23, 0.7], [0.11, 0.19, 0.7], [0.13, 0.17, 0.7]):
        rows = pd.DataFrame({"y": [1.0, 2, 3], "w": weights})
        found = quantile(Survey(rows, SurveyDesign(weights="w")), "y", 0.3, rule="school").frame
        assert found.estimate[0] == 2.5, weights


def test_a_share_that_is_reached_within_rows_that_tie_is_their_value() -> None:
    at = Distribution.of(np.array([1.0, 1, 2]), np.array([2, 1, 1]) << 40, np.array([1, 1, 1]))
    assert [rule_of("school")(at, Fraction(k, 4)) for k in (1, 2, 3)] == [1, 1, 1.5]


def test_of_rows_that_tie_the_heaviest_stands_first() -> None:
    # knots C_{i-1} / C_{n-1} of (1, weight 3), (1, weight 1), (2, weight 2): 0, 3/4, 1
    rows = pd.DataFrame({"y": [1.0, 1, 2], "w": [1.0, 3, 2]})
    assert quantile(Survey(rows, SurveyDesign(weights="w")), "y", 0.75, rule="hf7").frame.estimate[0] == 1


def test_different_values_beyond_64_bits_are_summed_exactly() -> None:
    rows = pd.DataFrame({"y": [1.0, 2, 3] * 40, "d": ["u", "v"] * 60, "w": [2.0**20, 1.0, 3.0] * 40})
    found = quantile(Survey(rows, SurveyDesign(weights="w")), "y", [0.9999], by=[(), ("d",)])
    assert found.frame.estimate.tolist() == [1, 1, 1]
    assert found.frame.n.tolist() == [120, 60, 60]


VALUES = st.lists(st.tuples(st.integers(-5, 5), st.integers(1, 4)), min_size=1, max_size=30)


@settings(deadline=None, max_examples=150)
@given(VALUES, st.sampled_from(RULES), st.fractions(Fraction(1, 50), Fraction(49, 50)))
def test_rows_taken_one_by_one_give_the_same_as_grouped_rows(
    rows: list[tuple[int, int]], rule: str, p: Fraction
) -> None:
    ordered = sorted(rows, key=lambda row: (row[0], -row[1]))
    values, weight = np.array(ordered, dtype=float).T
    single = Distribution.of(values, weight.astype(np.int64) << 40, np.ones(len(values), dtype=np.int64))
    pairs = sorted(set(ordered), key=lambda row: (row[0], -row[1]))
    grouped = Distribution.of(
        np.array([v for v, _ in pairs], dtype=float), np.array([w for _, w in pairs], dtype=np.int64) << 40,
        np.array([ordered.count(pair) for pair in pairs], dtype=np.int64),
    )  # fmt: skip
    one, other = rule_of(rule)(single, p), rule_of(rule)(grouped, p)
    assert one == pytest.approx(other, rel=1e-12, abs=1e-12)
    assert values.min() <= one <= values.max()


@settings(deadline=None, max_examples=100)
@given(VALUES, st.sampled_from(RULES), st.fractions(Fraction(1, 50), Fraction(24, 50)))
def test_quantiles_rise_with_p(rows: list[tuple[int, int]], rule: str, p: Fraction) -> None:
    values, weight = np.array(sorted(rows, key=lambda row: (row[0], -row[1])), dtype=float).T
    at = Distribution.of(values, weight.astype(np.int64) << 40, np.ones(len(values), dtype=np.int64))
    assert rule_of(rule)(at, p) <= rule_of(rule)(at, p + Fraction(1, 2)) + 1e-12


def test_sums_beyond_64_bits_stay_exact() -> None:
    at = Distribution.of(np.array([1.0, 2, 3]), np.array([2**60] * 3), np.array([5, 1, 5]))
    assert at.total == 11 * 2**60
    assert [rule_of("math")(at, Fraction(k, 11)) for k in (5, 6, 7)] == [1, 2, 3]


@settings(deadline=None, max_examples=20)
@given(st.permutations(range(8)), st.sampled_from(["math", "hf7"]))
def test_the_order_of_rows_changes_no_digit(order: list[int], rule: str) -> None:
    rows = EVEN.assign(y=[1.0, 1, 1, 4, 4, 6, 7, 8], w=[0.3, 0.7, 1.9, 2.0, 0.1, 1.1, 1.3, 0.9])
    first = quantile(Survey(rows, SurveyDesign(weights="w", strata="h")), "y", [0.2, 0.5], rule=rule)  # type: ignore[arg-type]
    again = quantile(Survey(rows.iloc[order], SurveyDesign(weights="w", strata="h")), "y", [0.2, 0.5], rule=rule)  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(first.frame, again.frame, check_exact=True)
    assert np.array_equal(first.vcov, again.vcov, equal_nan=True)


def test_replicates_may_give_their_own_quantiles() -> None:
    # Two half-samples: the first weighs rows 1-4 double, the second rows 5-8; medians 3 and 6, full sample 4.
    halves = EVEN.assign(r1=[2.0] * 4 + [0.0] * 4, r2=[0.0] * 4 + [2.0] * 4)
    design = SurveyDesign(weights="w", replicates=ReplicateWeights("BRR", prefix="r", mse=True, df=1))
    found = quantile(Survey(halves, design), "y", 0.5, interval="quantile").frame.iloc[0]
    # first half-sample 1..4: share 1/2 at 2; second 5..8: at 6. V = ((2-4)^2 + (6-4)^2) / 2 = 4
    assert (found.estimate, found.se, found.ci_method) == (4, pytest.approx(2), "t")


def test_the_variance_of_an_answer_and_of_several() -> None:
    # x: mean 31/8; S2 = 8/7 mean (x - m)^2
    found = variance(SURVEY, ["y", "x"])
    wanted = np.cov(EVEN.y, EVEN.x)
    assert found.frame["name"].tolist() == ["y:y", "x:y", "y:x", "x:x"]
    assert found.frame.estimate.tolist() == pytest.approx(wanted.reshape(-1).tolist())
    squares = (EVEN.x - EVEN.x.mean()) ** 2
    alone = variance(SURVEY, "x").frame.iloc[0]
    assert (alone["name"], alone.estimate) == ("x", pytest.approx(EVEN.x.var()))
    assert alone.se == pytest.approx(8 / 7 * math.sqrt(squares.var() / 8))
    assert found.vcov[3, 3] == pytest.approx(alone.se**2)
    assert found.vcov[1, 1] == pytest.approx(found.vcov[1, 2])


def test_variances_by_domain_are_those_of_the_domain_alone() -> None:
    survey = Survey(EVEN.assign(d=list("uvuvuvuv")), SurveyDesign(weights="w", strata="h"))
    found = variance(survey, "x", by=[("d",), ()])
    for i, where in enumerate(["d = 'u'", "d = 'v'", None]):
        alone = variance(survey, "x", where=where).frame
        for column in ("estimate", "se", "ci_low", "n", "df"):
            assert found.frame[column][i] == pytest.approx(alone[column][0], rel=1e-12), (where, column)


def test_replicates_take_the_mean_anew() -> None:
    # Two replicates over two values 0 and 6: the first sees only 0 (variance 0), the second weighs 0.5 and 1.5:
    # mean 4.5, mean square 27, 27 - 20.25 = 6.75; full sample 9; times n/(n-1) = 2. V = 1/2 ((0-18)^2 + (13.5-18)^2)
    rows = pd.DataFrame({"y": [0.0, 6.0], "w": [1.0, 1.0], "r1": [2.0, 0.0], "r2": [0.5, 1.5]})
    design = SurveyDesign(weights="w", replicates=ReplicateWeights("BRR", prefix="r", mse=True, df=1))
    found = variance(Survey(rows, design), "y").frame.iloc[0]
    assert (found.estimate, found.se) == (pytest.approx(18), pytest.approx(math.sqrt((18**2 + 4.5**2) / 2)))


def test_one_row_has_no_variance_and_says_so() -> None:
    survey = Survey(EVEN.assign(d=["u"] + ["v"] * 7), SurveyDesign(weights="w"))
    found = variance(survey, "x", by="d").frame
    assert math.isnan(found.estimate[0])
    assert found.reason.tolist() == ["one row is too few for a variance", ""]
    assert found.n.tolist() == [1, 7]


@pytest.mark.parametrize("kind", ["date", "time", "number", "truth", "text", "category"])
def test_domains_may_be_coded_in_any_type(kind: str) -> None:
    codes = {
        "date": [datetime.date(2026, 1, 1 + i % 2) for i in range(8)], "truth": [i % 2 == 1 for i in range(8)],
        "time": pd.to_datetime(["2026-01-01 10:30", "2026-01-02 11:45"] * 4), "number": [0.5, 1.25] * 4,
        "text": ["it's", 'a "b"'] * 4, "category": pd.Categorical(list("uvuvuvuv")),
    }  # fmt: skip
    survey = Survey(EVEN.assign(d=codes[kind]), SurveyDesign(weights="w"))
    found, spread = quantile(survey, "y", 0.5, by="d").frame, variance(survey, "x", by="d").frame
    assert sorted(found.estimate) == [3, 4]
    assert found.n.tolist() == spread.n.tolist() == [4, 4]
    assert sorted(spread.estimate) == pytest.approx(sorted([EVEN.x[0::2].var(), EVEN.x[1::2].var()]))


def test_an_answer_that_is_everywhere_the_same_does_not_vary() -> None:
    survey = Survey(EVEN.assign(flat=[0.1] * 4 + [0.3] * 4, w=[0.7, 1.3] * 4), SurveyDesign(weights="w", strata="h"))
    found = variance(survey, ["flat", "x"], by="h").frame
    assert found.estimate[[0, 1, 2, 4]].tolist() == [0, 0, 0, 0]
    assert found.reason[0] == "every answer is the same, which says nothing of how much others vary"
    assert math.isnan(found.ci_low[0])
    assert found.estimate[3] > 1


def test_an_answer_that_nobody_gave_is_refused_or_empty() -> None:
    survey = Survey(EVEN.assign(none=None, some=[None] * 4 + [1.0, 2, 3, 4]), SurveyDesign(weights="w", strata="h"))
    found = variance(survey, "some", by="h")
    assert found.frame.reason[0] == "no row of the sample is in this domain's base"
    assert found.meta.warnings == ('OUTCOME_MISSING: "some" is missing in 4 rows of the domain, left out of the base.',)
    assert quantile(survey, "some", by="h").frame.n.tolist() == [0, 4]
    assert variance(survey, "none").frame.n.tolist() == [0]


REFUSALS: list[tuple[Callable[[], object], str, str]] = [
    (
        lambda: quantile(SURVEY, "y", 1.5), "PROBABILITY",
        "p is 1.5 - a quantile needs a share between 0 and 1, such as 0.5.",
    ),
    (
        lambda: quantile(SURVEY, "y", []), "PROBABILITY",
        "no p is named - a quantile needs a share between 0 and 1, such as 0.5.",
    ),
    (
        lambda: quantile(SURVEY, "y", 0.5, rule="hf10"), "UNKNOWN_QUANTILE_RULE",  # type: ignore[arg-type]
        'the quantile rule "hf10" is not known - choose one of math, school, hf4, hf5, hf6, hf7, hf8, hf9.',
    ),
    (
        lambda: quantile(SURVEY, "h"), "NOT_NUMERIC",
        "\"h\" is text, not a number - name a numeric column or a condition such as column = 'value'.",
    ),
    (
        lambda: quantile(SURVEY, "y", interval="quantile"), "NO_REPLICATES",
        'interval="quantile" takes the quantiles of replicates, and the design has no replicate weights - use '
        'interval="mean", or make replicates first.',
    ),
    (
        lambda: quantile(Survey(EVEN.assign(x=[math.inf] + [1.0] * 7), SURVEY.design), "x"), "NOT_FINITE",
        '"x" holds a value that is not a finite number - set it to missing or correct it.',
    ),
    (
        lambda: quantile(SURVEY, "y", where="y > 99"), "EMPTY_DOMAIN",
        'no row of the domain has a value of "y" - check the condition and the column.',
    ),
]  # fmt: skip


@pytest.mark.parametrize("call, code, message", REFUSALS, ids=[case[1] for case in REFUSALS])
def test_refusals_say_what_to_change(call: Callable[[], object], code: str, message: str) -> None:
    with pytest.raises(EstimationError) as caught:
        call()
    assert (str(caught.value), caught.value.code) == (message, code)


def test_a_median_of_a_symmetric_answer_is_its_mean() -> None:
    assert quantile(SURVEY, "y", 0.5, rule="hf7").frame.estimate[0] == mean(SURVEY, "y").frame.estimate[0]
