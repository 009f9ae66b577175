"""Replicates made here against arithmetic on paper and against Taylor linearisation of the same design."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analysis import ReplicateWeights, Survey, SurveyDesign, mean, proportion, ratio, total
from analysis.hadamard import hadamard

# stratum a: PSU totals of w*y are 10, 20, 40; stratum b: 30, 50
ROWS = pd.DataFrame(
    {"h": list("aaabb"), "c": [1, 2, 3, 1, 2], "w": [10.0] * 5, "y": [1.0, 2, 4, 3, 5], "N": [6, 6, 6, 4, 4]}
)
PAIRS = pd.DataFrame({"h": list("aabb"), "c": [1, 2, 1, 2], "w": [2.0] * 4, "y": [1.0, 4, 3, 5], "x": [1.0, 2, 5, 3]})
PLAIN = SurveyDesign(weights="w", strata="h", psu="c")


def se(survey: Survey, y: str = "y") -> float:
    return float(total(survey, y).frame.se[0])


def test_jackknife_of_strata_drops_one_psu_at_a_time() -> None:
    # a: mean of PSU totals 70/3; dropping 10 gives 90, 20 gives 75, 40 gives 45; deviations from 70: 20, 5, -25,
    # (n-1)/n = 2/3: 2/3 (400 + 25 + 625) = 700. b: dropping gives 100 or 60, deviations 20, -20, 1/2 (800) = 400.
    survey = Survey(ROWS, PLAIN).replicate("jkn")
    assert math.isclose(se(survey), math.sqrt(1100))
    table = survey.replicate_weights()
    assert table.frame.filter(like="replicate_").to_numpy().tolist() == [
        [0, 15, 15, 10, 10], [15, 0, 15, 10, 10], [15, 15, 0, 10, 10], [10, 10, 10, 0, 20], [10, 10, 10, 20, 0],
    ]  # fmt: skip
    assert (table.scale, table.rscales.tolist(), table.df) == (1.0, [2 / 3] * 3 + [1 / 2] * 2, 3)


def test_jackknife_has_the_population_counts_in_its_coefficients() -> None:
    # f = 3/6 and 2/4: half of the variance.
    survey = Survey(ROWS, SurveyDesign(weights="w", strata="h", psu="c", fpc="N")).replicate("jkn")
    assert math.isclose(se(survey), math.sqrt(550))


def test_a_stratum_sampled_whole_makes_no_replicate() -> None:
    rows = ROWS.assign(N=[3, 3, 3, 4, 4])
    survey = Survey(rows, SurveyDesign(weights="w", strata="h", psu="c", fpc="N")).replicate("jkn")
    assert survey.replicate_weights().rscales.tolist() == [0.25, 0.25]
    assert math.isclose(se(survey), math.sqrt(200))


def test_jackknife_without_strata_has_one_scale() -> None:
    # totals 10 20 40 30 50, mean 30: 4/5 sum (150 - 5/4 (150 - z) )^2 = 4/5 (25/16) (400 + 100 + 100 + 0 + 400) = 1250
    rows = ROWS.assign(c=range(5))
    survey = Survey(rows, SurveyDesign(weights="w", psu="c")).replicate("jk1")
    assert math.isclose(se(survey), math.sqrt(1250))
    assert survey.replicate_weights().scale == 4 / 5


def test_half_samples_compare_the_two_psus_of_each_stratum() -> None:
    # a: totals 2 and 8, b: 6 and 10: V = (8 - 2)^2 + (10 - 6)^2 = 52 for BRR and for any rho of Fay.
    for survey in (
        Survey(PAIRS, PLAIN).replicate("brr"), Survey(PAIRS, PLAIN).replicate("fay", rho=0.3),
        Survey(PAIRS, PLAIN).replicate("brr", replicates=20),
    ):  # fmt: skip
        assert math.isclose(se(survey), math.sqrt(52))
    table = Survey(PAIRS, PLAIN).replicate("brr").replicate_weights()
    assert table.scale == 1 / 4
    assert sorted(set(table.frame.filter(like="replicate_").to_numpy().ravel())) == [0.0, 4.0]
    fay = Survey(PAIRS, PLAIN).replicate("fay", rho=0.3).replicate_weights()
    assert math.isclose(fay.scale, 1 / (4 * 0.49))
    assert np.allclose(sorted(set(fay.frame.filter(like="replicate_").round(9).to_numpy().ravel())), [0.6, 3.4])


def test_fay_without_shrinking_is_brr_digit_for_digit() -> None:
    brr = ratio(Survey(PAIRS, PLAIN).replicate("brr"), "y", "x").frame.se[0]
    assert brr == ratio(Survey(PAIRS, PLAIN).replicate("fay", rho=0.0), "y", "x").frame.se[0]


def test_successive_differences_go_round_the_order_of_the_sample() -> None:
    # in the order o: 10, 20, 50, 40: differences 10, 30, -10, and back -30: half of 100 + 900 + 100 + 900 is 1000
    rows = pd.DataFrame({"c": [3, 1, 4, 2], "w": [10.0] * 4, "y": [2.0, 1, 4, 5], "o": [2, 1, 4, 3], "N": [8] * 4})
    design = SurveyDesign(weights="w", psu="c")
    assert math.isclose(se(Survey(rows, design).replicate("sdr", order_by="o")), math.sqrt(1000))
    with_counts = SurveyDesign(weights="w", psu="c", fpc="N")
    assert math.isclose(se(Survey(rows, with_counts).replicate("sdr", order_by="o")), math.sqrt(500))
    # the same by labels 1 2 3 4: 10, 50, 20, 40: differences 40, -30, 20, -30: half of 1600 + 900 + 400 + 900
    assert math.isclose(se(Survey(rows, design).replicate("sdr", order_by="c")), math.sqrt(1900))


def test_successive_differences_of_strata_have_a_ring_each() -> None:
    # strata of two: (8-2)^2 + (10-6)^2, as with half-samples
    assert math.isclose(se(Survey(PAIRS, PLAIN).replicate("sdr", order_by=["h", "c"])), math.sqrt(52))


def test_bootstrap_factors_are_those_of_rao_and_wu() -> None:
    # n = 3 draws m = 2: without counts the factors are (3/2) r: 0, 1.5 or 3; with f = 1/2: 1 - s + s (3/2) r
    survey = Survey(ROWS, PLAIN).replicate("rao-wu", replicates=40, seed=3)
    table = survey.replicate_weights()
    of_a = table.frame[table.frame.h == "a"].filter(like="replicate_").to_numpy() / 10
    assert set(of_a.ravel()) == {0.0, 1.5, 3.0}
    assert np.allclose(of_a.sum(axis=0), 3)
    assert table.scale == 1 / 40
    counted = Survey(ROWS, SurveyDesign(weights="w", strata="h", psu="c", fpc="N")).replicate(
        "rao-wu", replicates=40, seed=3
    )
    s = math.sqrt(0.5)
    found = counted.replicate_weights().frame
    assert np.allclose(found[found.h == "a"].filter(like="replicate_").to_numpy() / 10, 1 - s + s * of_a)


def test_the_centre_is_the_estimate_unless_the_mean_of_the_replicates_is_asked_for() -> None:
    # ratio y/x, drop one of the two PSUs a time (JK1 of PAIRS' first stratum): 1/1, 4/2 and 5/3
    rows = PAIRS.iloc[:2]
    design = SurveyDesign(weights="w", psu="c")
    away = np.array([4 / 2 - 5 / 3, 1 - 5 / 3])
    assert math.isclose(
        float(ratio(Survey(rows, design).replicate("jk1"), "y", "x").frame.se[0]), math.sqrt((away**2).sum() / 2)
    )
    away = np.array([2 - 1.5, 1 - 1.5])
    assert math.isclose(
        float(ratio(Survey(rows, design).replicate("jk1", mse=False), "y", "x").frame.se[0]),
        math.sqrt((away**2).sum() / 2),
    )


def test_the_table_with_its_declaration_gives_the_same_numbers() -> None:
    survey = Survey(PAIRS.assign(g=[1, 0, 1, 1]), PLAIN).replicate("jkn", mse=False)
    table = survey.replicate_weights()
    rows = PAIRS.assign(g=[1, 0, 1, 1]).merge(table.frame.drop(columns="weight"), on=["h", "c"])
    again = Survey(rows, SurveyDesign(weights="w", replicates=table.declaration))
    assert isinstance(again.design.replicates, ReplicateWeights)
    for ask in (lambda s: proportion(s, "g", by="h"), lambda s: ratio(s, "y", "x"), lambda s: mean(s, ["x", "y"])):
        one, two = ask(survey), ask(again)
        assert np.allclose(one.vcov, two.vcov, rtol=1e-12, equal_nan=True)
    assert mean(survey, "y").meta.df_design == mean(again, "y").meta.df_design == 2


def test_hadamard_matrices_are_orthogonal_with_a_first_row_of_ones() -> None:
    for least in (1, 2, 3, 5, 12, 13, 20, 21, 28, 29, 36, 44, 60, 76, 84, 93, 140):
        signs = hadamard(least).astype(int)
        order = len(signs)
        assert order >= least and (signs[0] == 1).all() and (signs[:, 0] == 1).all()
        assert (signs @ signs.T == order * np.eye(order)).all()


@pytest.mark.parametrize(("least", "order"), [(3, 4), (9, 12), (17, 20), (25, 28), (33, 36), (45, 48), (49, 56)])
def test_hadamard_orders_are_close_together(least: int, order: int) -> None:
    assert len(hadamard(least)) == order
