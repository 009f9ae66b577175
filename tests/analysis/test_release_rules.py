"""Release: every branch of the presentation standard on a row computed by hand."""

import math
from dataclasses import replace

import pandas as pd
import pytest

from analysis.plan import ReleaseRules
from analysis.release import REASONS, Precision, Release, release, release_amount, release_rate

RULES = ReleaseRules()
# p = 0.5, se = 0.02: n_eff = 0.25 / 0.0004 = 625; width 0.08 > 0.05; width / p = 0.16
GOOD = Precision(estimate=0.5, se=0.02, ci_low=0.46, ci_high=0.54, df=90.0, n=700, n_population=9000.0)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (GOOD, Release("publish")),
        (replace(GOOD, n=9), Release("suppress", "few_respondents")),
        (replace(GOOD, n_population=2.0), Release("suppress", "few_units", "few_units")),
        (replace(GOOD, n=2, n_population=2.0), Release("suppress", "few_respondents;few_units", "few_units")),
        (replace(GOOD, n=0, estimate=math.nan, n_population=math.nan), Release("suppress", "no_respondents")),
        (replace(GOOD, ci_low=math.nan), Release("suppress", "no_interval")),
        # n_eff = min(20, 625) = 20, and 0.25 / 0.0081 = 30.86 with n = 700 is enough
        (replace(GOOD, n=20), Release("suppress", "n_eff_below_30")),
        (replace(GOOD, se=0.0925), Release("suppress", "n_eff_below_30")),
        (replace(GOOD, se=0.09), Release("publish")),
        (replace(GOOD, ci_low=0.35, ci_high=0.65), Release("suppress", "wide_interval")),
        (replace(GOOD, ci_low=0.36, ci_high=0.65), Release("publish")),
        # p = 0.04: width 0.06, 0.06 / 0.04 = 1.5 > 1.3; with width 0.049 the ratio does not matter
        (replace(GOOD, estimate=0.04, ci_low=0.02, ci_high=0.08), Release("suppress", "wide_relative_interval")),
        (replace(GOOD, estimate=0.03, ci_low=0.011, ci_high=0.06), Release("publish")),
        # p = 0.96: the complement is 0.04
        (replace(GOOD, estimate=0.96, ci_low=0.92, ci_high=0.98), Release("caution", "wide_complement_interval")),
        (replace(GOOD, df=7.0), Release("caution", "df_below_8")),
        (replace(GOOD, df=8.0), Release("publish")),
        (replace(GOOD, estimate=1.0, se=0.0, ci_low=0.97, ci_high=1.0), Release("caution", "all_or_none")),
        (replace(GOOD, estimate=0.0, se=0.0, ci_low=0.0, ci_high=0.1, n=35), Release("caution", "all_or_none")),
        (replace(GOOD, estimate=1.0, se=0.0, ci_low=0.88, ci_high=1.0, n=29), Release("suppress", "n_eff_below_30")),
    ],
)
def test_rates(row: Precision, expected: Release) -> None:
    assert release_rate(row, RULES) == expected


AMOUNT = replace(GOOD, estimate=200.0, se=20.0, ci_low=160.0, ci_high=240.0)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (AMOUNT, Release("publish")),
        (replace(AMOUNT, se=30.0), Release("publish")),
        (replace(AMOUNT, se=31.0), Release("caution", "cv_above_15")),
        (replace(AMOUNT, se=71.0), Release("suppress", "cv_above_35")),
        (replace(AMOUNT, se=31.0, df=3.0), Release("caution", "cv_above_15;df_below_8")),
        (replace(AMOUNT, estimate=0.0), Release("suppress", "cv_above_35")),
        (replace(AMOUNT, n=3), Release("suppress", "few_respondents")),
    ],
)
def test_amounts(row: Precision, expected: Release) -> None:
    assert release_amount(row, RULES) == expected


def test_the_table_gets_status_reason_and_disclosure() -> None:
    rows = [GOOD, replace(GOOD, n=9), AMOUNT]
    names = ("estimate", "se", "ci_low", "ci_high", "df", "n", "n_population")
    table = pd.DataFrame([{name: getattr(row, name) for name in names} for row in rows])
    table["indicator"] = ["PEN-01", "PEN-01", "TOT-01"]
    made = release(table, RULES, rates=frozenset({"PEN-01"}))
    assert made["status"].tolist() == ["publish", "suppress", "publish"]
    assert made["reason"].tolist()[1] == "few_respondents" and made["reason"].isna().tolist() == [True, False, True]
    assert made["disclosure"].isna().all()


def test_every_code_has_its_words() -> None:
    used = {"few_respondents", "few_units", "no_respondents", "no_interval", "n_eff_below_30", "wide_interval",
            "wide_relative_interval", "wide_complement_interval", "df_below_8", "all_or_none", "cv_above_15",
            "cv_above_35", "zero_denominator"}  # fmt: skip
    assert set(REASONS) == used
