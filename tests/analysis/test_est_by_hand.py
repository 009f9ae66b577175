"""Estimators against arithmetic done by hand: small data drawn as tables, the sums in comments."""

from __future__ import annotations

import math
from io import StringIO

import numpy as np
import pandas as pd
import pytest

from analysis import (
    Expr,
    PostStrata,
    ReplicateWeights,
    Survey,
    SurveyDesign,
    counts,
    mean,
    proportion,
    proportions,
    ratio,
    total,
)  # fmt: skip


def drawn(text: str) -> pd.DataFrame:
    return pd.read_csv(StringIO(text), sep=r"\s+")


# Stratum a: N = 10, n = 4, w = 2.5; stratum b: N = 6, n = 2, w = 3.
STRATIFIED = drawn("""
h  N   w   y  x  d
a 10 2.5   1  2  u
a 10 2.5   0  4  u
a 10 2.5   1  6  v
a 10 2.5   1  8  v
b  6 3.0   0  1  u
b  6 3.0   1  5  v
""")
# Population sizes 4 and 6 PSUs, 2 of each drawn.
CLUSTERED = drawn("""
h  psu  M   w  y
a    1  4   6  3
a    1  4   6  5
a    2  4   6  1
b    1  6   6  2
b    2  6   6  8
b    2  6   6  6
""")


def stratified(**changes: object) -> Survey:
    return Survey(STRATIFIED, SurveyDesign(**({"weights": "w", "strata": "h", "fpc": "N"} | changes)))  # type: ignore[arg-type]


def test_stratified_proportion() -> None:
    row = proportion(stratified(), "y", ci="mean").frame.iloc[0]
    # p = (2.5*3 + 3*1)/16 = 10.5/16. V = sum (N_h/N)^2 (1-f) s^2/n:
    # a: s^2 = (3 - 9/4)/3 = .25, (10/16)^2 * .6 * .25/4; b: s^2 = .5, (6/16)^2 * (2/3) * .5/2.
    variance = (10 / 16) ** 2 * 0.6 * 0.25 / 4 + (6 / 16) ** 2 * (2 / 3) * 0.5 / 2
    assert row.estimate == pytest.approx(10.5 / 16, rel=1e-12)
    assert row.se == pytest.approx(math.sqrt(variance), rel=1e-12)
    assert (row.df, row.n, row.n_population) == (4, 6, pytest.approx(16))
    assert row.ci_high - row.estimate == pytest.approx(2.7764451051977987 * math.sqrt(variance), rel=1e-12)  # t_.975(4)


def test_stratified_total_without_fpc() -> None:
    row = total(stratified(fpc=None), "x").frame.iloc[0]
    # a: values 2 4 6 8, s^2 = 20/3; V = (2.5^2 * 4) * 20/3. b: values 1 5, s^2 = 8; V = 9 * 2 * 8.
    assert row.estimate == pytest.approx(2.5 * 20 + 3 * 6, rel=1e-12)
    assert row.se == pytest.approx(math.sqrt(25 * 20 / 3 + 144), rel=1e-12)


def test_a_domain_keeps_the_units_outside_it_with_score_zero() -> None:
    row = total(stratified(), Expr("x in u", "x"), where="d = 'u'").frame.iloc[0]
    # a: scores 5, 10, 0, 0: sum 15, squares 125, 4/3*(125 - 225/4)*.6; b: 3, 0: 2*(9 - 9/2)*(2/3).
    variance = 0.6 * 4 / 3 * (125 - 225 / 4) + (2 / 3) * 2 * (9 - 9 / 2)
    assert row.estimate == pytest.approx(18, rel=1e-12)
    assert row.se == pytest.approx(math.sqrt(variance), rel=1e-12)
    assert row.df == 1  # three units in the domain, two strata
    by = total(stratified(), "x", by="d").frame
    assert by.se[0] == pytest.approx(row.se, rel=1e-12)


def test_ratio() -> None:
    row = ratio(stratified(), "y", "x").frame.iloc[0]
    r = 10.5 / 68  # sum w y / sum w x = (7.5 + 3)/(50 + 18)
    # e = y - r x, a: w^2 = 6.25, b: w^2 = 9
    e = [[1 - 2 * r, -4 * r, 1 - 6 * r, 1 - 8 * r], [-r, 1 - 5 * r]]
    variance = 0.6 * 4 * 6.25 * np.var(e[0], ddof=1) + (2 / 3) * 2 * 9 * np.var(e[1], ddof=1)
    assert row.estimate == pytest.approx(r, rel=1e-12)
    assert row.se == pytest.approx(math.sqrt(variance) / 68, rel=1e-11)


def test_clusters_one_stage_with_fpc() -> None:
    survey = Survey(CLUSTERED, SurveyDesign(weights="w", strata="h", psu="psu", fpc="M"))
    row = total(survey, "y").frame.iloc[0]
    # PSU totals of w y: a 48, 6; b 12, 84. V = (1-f) n/(n-1) sum (z - zbar)^2 = (1-f) 2 (difference^2/2)
    assert row.estimate == pytest.approx(150)
    assert row.se == pytest.approx(math.sqrt(0.5 * 42**2 + (2 / 3) * 72**2), rel=1e-12)
    assert row.df == 2


def test_a_second_stage_adds_what_varies_within_clusters() -> None:
    # One stratum, 2 of 4 PSUs, in each 2 of 5 units: w = 2 * 2.5 = 5.
    rows = drawn("psu ssu A B w y\n1 1 4 5 5 1\n1 2 4 5 5 3\n2 1 4 5 5 2\n2 2 4 5 5 8")
    survey = Survey(rows, SurveyDesign(weights="w", psu="psu", ssu="ssu", fpc=("A", "B")))
    # Stage 1: z = 20, 50, (1-.5) * 30^2. Stage 2: f_1 (1-.4) * difference^2 of z = 5 15 | 10 40.
    assert total(survey, "y").frame.se[0] == pytest.approx(math.sqrt(0.5 * 900 + 0.5 * 0.6 * (100 + 900)), rel=1e-12)


LONELY = drawn("""
h psu w y
a   1 2 4
a   2 2 6
b   1 3 5
""")


@pytest.mark.parametrize(
    ("rule", "variance"),
    # z = 8, 12 | 15. a: 2 * ((8-10)^2 + (12-10)^2) = 16. Mean of all z = 35/3.
    [("certainty", 16), ("remove", 16), ("adjust", 16 + (15 - 35 / 3) ** 2), ("average", 16 * 2)],
)
def test_lonely_psu_rules(rule: str, variance: float) -> None:
    design = SurveyDesign(weights="w", strata="h", psu="psu", lonely_psu=rule)  # type: ignore[arg-type]
    assert total(Survey(LONELY, design), "y").frame.se[0] == pytest.approx(math.sqrt(variance), rel=1e-12)
    # The same when every row is its own PSU.
    rows = SurveyDesign(weights="w", strata="h", lonely_psu=rule)  # type: ignore[arg-type]
    assert total(Survey(LONELY, rows), "y").frame.se[0] == pytest.approx(math.sqrt(variance), rel=1e-12)


def test_poststratification_centres_scores_within_cells() -> None:
    rows = drawn("g w y\np 2 1\np 2 3\np 2 5\nq 2 4\nq 2 8")
    fitted = Survey(rows, SurveyDesign(weights="w")).poststratify(
        pd.DataFrame({"g": ["p", "q"], "total": [9, 6]}), by="g"
    )
    found = total(fitted, "y").frame.iloc[0]
    # Weights 3 and 3: total 3*9 + 3*12 = 63; residuals 3*(-2 0 2) and 3*(-2 2): V = 5/4 * (72 + 72) (their sum is 0).
    assert found.estimate == pytest.approx(63, rel=1e-10)
    assert found.se == pytest.approx(math.sqrt(5 / 4 * 144), rel=1e-10)
    assert fitted.design.poststrata == PostStrata(("g",), "w")
    of_cells = counts(fitted, "g").frame
    assert of_cells.estimate.tolist() == pytest.approx([9, 6])
    assert of_cells.se.tolist() == pytest.approx([0, 0], abs=1e-9)


def test_nonresponse_adjustment_by_class() -> None:
    rows = drawn("c w r y\nm 2 1 1\nm 2 0 0\nm 4 1 0\nk 3 1 1\nk 3 0 1")
    adjusted = Survey(rows, SurveyDesign(weights="w")).adjust_nonresponse(respondent="r", classes="c")
    # m: 8 over respondents' 6; k: 6 over 3. Weights 8/3, 16/3, 6: p = (8/3 + 6)/14.
    row = proportion(adjusted, "y").frame.iloc[0]
    assert row.estimate == pytest.approx((8 / 3 + 6) / 14, rel=1e-10)
    assert (row.n, row.n_population) == (3, pytest.approx(14))


def test_replicates_of_every_type_have_their_coefficient() -> None:
    rows = drawn("w y r1 r2 r3 r4\n1 2 2 0 2 0\n1 6 0 2 0 2\n1 4 2 2 0 0\n1 8 0 0 2 2")
    # Replicate totals: 2*2 + 2*4 = 12, 2*6 + 2*4 = 20, 4 + 16 = 20, 12 + 16 = 28; the full total is 20.
    squares = 64 + 0 + 0 + 64
    for kind, extra, factor in (
        ("BRR", {}, 1 / 4), ("Fay", {"rho": 0.5}, 1 / (4 * 0.25)), ("JK1", {}, 3 / 4), ("bootstrap", {}, 1 / 3),
        ("SDR", {}, 1.0), ("JKn", {"scale": 1.0, "rscales": (0.5, 0.5, 0.5, 0.5)}, 0.5),
    ):  # fmt: skip
        weights = ReplicateWeights(kind, prefix="r", **extra)  # type: ignore[arg-type]
        row = total(Survey(rows, SurveyDesign(weights="w", replicates=weights)), "y").frame.iloc[0]
        assert row.estimate == pytest.approx(20)
        assert row.se == pytest.approx(math.sqrt(factor * squares), rel=1e-12), kind


def test_replicates_centre_where_they_are_told_to() -> None:
    rows = drawn("w y r1 r2\n1 2 2 0\n1 6 2 4")
    # Totals 16, 24, the full one 8: around 8: 64 + 256; around their mean 20: 16 + 16.
    for mse, squares in ((True, 320), (False, 32)):
        weights = ReplicateWeights("other", prefix="r", scale=1.0, mse=mse)
        se = total(Survey(rows, SurveyDesign(weights="w", replicates=weights)), "y").frame.se[0]
        assert se == pytest.approx(math.sqrt(squares), rel=1e-12)


def test_missing_answers_leave_the_base_but_not_the_degrees_of_freedom() -> None:
    rows = pd.DataFrame({"w": [1.0] * 5, "y": [1, 0, None, 1, None]})
    found = proportion(Survey(rows, SurveyDesign(weights="w")), "y")
    row = found.frame.iloc[0]
    assert row.estimate == pytest.approx(2 / 3)
    assert (row.n, row.n_rows, row.df, row.n_population) == (3, 5, 4, pytest.approx(3))
    # z = (1/9, -2/9, 0, 1/9, 0): V = 5/4 * 6/81
    assert row.se == pytest.approx(math.sqrt(5 / 4 * 6 / 81), rel=1e-12)
    assert found.meta.warnings == ('OUTCOME_MISSING: "y" is missing in 2 rows of the domain, left out of the base.',)


def test_several_groupings_in_one_pass_give_the_same_rows_and_one_covariance() -> None:
    survey = stratified()
    together = proportion(survey, ["y", Expr("large", "x > 4")], by=[(), ("d",), ("h",)])
    assert together.frame.domain_by.tolist() == ["all"] * 2 + ["d"] * 4 + ["h"] * 4
    assert together.frame.domain_key.tolist() == ["all", "all", "u", "u", "v", "v", "a", "a", "b", "b"]
    for by, rows in ((None, slice(0, 2)), ("d", slice(2, 6)), ("h", slice(6, 10))):
        alone = proportion(survey, ["y", Expr("large", "x > 4")], by=by)
        assert together.frame.se[rows].to_numpy() == pytest.approx(alone.frame.se.to_numpy(), rel=1e-12)
        assert together.vcov[rows, rows] == pytest.approx(alone.vcov, rel=1e-9, abs=1e-15)
    # The whole is the weighted mean of its parts: cov(p, sum W_d p_d) = var(p) with W fixed strata shares.
    share = np.array([10 / 16, 6 / 16])
    assert share @ together.vcov[[6, 8], 0] == pytest.approx(together.vcov[0, 0], rel=1e-12)


def test_covariance_of_overlapping_domains_equals_that_of_rows() -> None:
    found = total(stratified(), "x", by=[("d",), ("h",)])
    # Scores of x in u: a 5 10 0 0, b 3 0; of x in a: a 5 10 15 20 (sum 50), b 0 0.
    covariance = 0.6 * 4 / 3 * (25 + 100 - 15 * 50 / 4)
    assert found.vcov[0, 2] == pytest.approx(covariance, rel=1e-12)


def test_shares_and_counts_of_categories() -> None:
    shares = proportions(stratified(), "d").frame
    assert shares.name.tolist() == ["u", "v"]
    assert shares.estimate.tolist() == pytest.approx([8 / 16, 8 / 16])
    assert counts(stratified(), "h").frame.se.tolist() == [0.0, 0.0]  # strata sizes are fixed by the design


def test_categories_of_several_columns_are_named_by_column_and_value() -> None:
    rows = pd.DataFrame({"a": ["x", "y", "x", "x"], "b": [1, 2, 2, None], "w": [2.0] * 4})
    found = counts(Survey(rows, SurveyDesign(weights="w")), ["a", "b"]).frame
    assert found["name"].tolist() == ["a=x", "a=y", "b=1", "b=2"]
    assert found.estimate.tolist() == [6, 2, 2, 4]


def test_nearly_equal_large_values_keep_their_variance() -> None:
    # mean / sd = 1e9: squares in float64 would lose every digit.
    rows = pd.DataFrame({"w": [1.0] * 4, "y": [1e9 + 1, 1e9 + 2, 1e9 + 3, 1e9 + 4]})
    survey = Survey(rows, SurveyDesign(weights="w"))
    assert mean(survey, "y").frame.se[0] == pytest.approx(math.sqrt(5 / 3 / 4), rel=1e-6)
    assert total(survey, "y").frame.se[0] == pytest.approx(math.sqrt(4 * 5 / 3), rel=1e-6)


def test_weights_follow_from_population_counts_and_from_probabilities() -> None:
    from_counts = Survey(STRATIFIED.drop(columns="w"), SurveyDesign(strata="h", fpc="N"))
    assert mean(from_counts, "x").frame.se[0] == pytest.approx(mean(stratified(), "x").frame.se[0], rel=1e-12)
    chances = STRATIFIED.assign(p=1 / STRATIFIED.w)
    from_chances = Survey(chances, SurveyDesign(probabilities="p", strata="h", fpc="N"))
    assert total(from_chances, "x").frame.estimate[0] == pytest.approx(68, rel=1e-10)


def test_columns_that_differ_only_in_case_are_both_understood() -> None:
    rows = STRATIFIED.assign(n=[4, 4, 4, 4, 2, 2])[["n", "N", "w", "h", "y"]]
    found = proportion(Survey(rows, SurveyDesign(weights="w", strata="h", fpc="N")), "y")
    assert found.frame.se[0] == pytest.approx(proportion(stratified(), "y").frame.se[0], rel=1e-12)


def test_integer_weights_with_a_declared_scale_are_used_as_they_are() -> None:
    rows = STRATIFIED.assign(units=(STRATIFIED.w * 1024).astype("int64"))
    found = proportion(Survey(rows, SurveyDesign(weights="units", strata="h", fpc="N", weight_scale=1024)), "y")
    assert found.frame.estimate[0] == 10.5 / 16
    assert found.frame.n_population[0] == 16.0
