"""Samples with unequal probabilities without replacement: by hand, against R, by what must hold, by refusal."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import Pps, Survey, SurveyDesign, counts, mean, proportion, proportions, ratio, total
from uptake.contract.errors import DesignError

SLICE = settings(max_examples=8, deadline=None, derandomize=True)
FULL = settings(max_examples=100, deadline=None, derandomize=True)

# Three units of one stratum, weights 1/pi:
#   unit  pi    y   z = y/pi
#   a     0.5   10  20
#   b     0.25   4  16
#   c     0.8   24  30            sum z = 66, mean 22, n = 3
THREE = pd.DataFrame({"u": ["a", "b", "c"], "pi": [0.5, 0.25, 0.8], "y": [10.0, 4.0, 24.0]})
JOINT = np.array([[0.5, 0.1, 0.35], [0.1, 0.25, 0.15], [0.35, 0.15, 0.8]])


def variance(pps: Pps, rows: pd.DataFrame = THREE, **more: Any) -> float:
    return float(total(Survey(rows, SurveyDesign(fpc="pi", pps=pps, **more)), "y").vcov[0, 0])


def test_brewer_by_hand() -> None:
    # 3/2 [0.5 (20-22)^2 + 0.75 (16-22)^2 + 0.2 (30-22)^2] = 1.5 [2 + 27 + 12.8] = 62.7
    assert variance(Pps("brewer")) == pytest.approx(62.7, rel=1e-9)


def test_overton_by_hand() -> None:
    # D_ij = 1 - (3 - (pi_i + pi_j)/2)/2: ab -0.3125, ac -0.175, bc -0.2375
    # 0.5*400 + 0.75*256 + 0.2*900 + 2 (-0.3125*320 - 0.175*600 - 0.2375*480) = 572 - 638 = -66: below zero
    found = total(Survey(THREE, SurveyDesign(fpc="pi", pps=Pps("overton"))), "y")
    assert math.isnan(found.frame.se[0])
    assert found.frame.reason[0] == (
        "the variance estimate is below zero, which says nothing; the form YG or the method brewer may help"
    )
    # With y = 10, 2, 24 (z = 20, 8, 30): 200 + 48 + 180 + 2 (-0.3125*160 - 0.175*600 - 0.2375*240) = 428 - 424 = 4
    assert variance(Pps("overton"), THREE.assign(y=[10.0, 2.0, 24.0])) == pytest.approx(4, rel=1e-9)


def test_hartley_rao_by_hand() -> None:
    # p2 = 0.3 given; D_ij = 1 - (3 - pi_i - pi_j + 0.3)/2: ab -0.275, ac 0, bc -0.125; z = 20, 8, 30
    # 428 + 2 (-0.275*160 + 0 - 0.125*240) = 428 - 148 = 280
    rows = THREE.assign(y=[10.0, 2.0, 24.0])
    assert variance(Pps("hartley_rao", p2bar=0.3), rows) == pytest.approx(280, rel=1e-9)
    # By default p2 is the mean of pi, 1.55/3: D_ij falls by (0.51667 - 0.3)/2 = 0.108333
    assert variance(Pps("hartley_rao"), rows) == pytest.approx(280 - 2 * 0.1083333333 * (160 + 600 + 240), rel=1e-7)


def test_horvitz_thompson_and_yates_grundy_by_hand() -> None:
    # Delta_ab = (0.1 - 0.125)/0.1 = -0.25, ac = (0.35 - 0.4)/0.35 = -1/7, bc = (0.15 - 0.2)/0.15 = -1/3; z = 20, 16, 30
    # HT: 0.5*400 + 0.75*256 + 0.2*900 + 2 (-80 - 600/7 - 160) = 572 - 480 - 1200/7 = -79.43: below zero, NaN
    # YG: 0.25 (20-16)^2 + (1/7)(20-30)^2 + (1/3)(16-30)^2 = 4 + 14.2857 + 65.3333 = 83.6190
    assert math.isnan(variance(Pps("joint", joint=JOINT)))
    assert variance(Pps("joint", joint=JOINT, variance="YG")) == pytest.approx(4 + 100 / 7 + 196 / 3, rel=1e-9)
    # with y = 10, 2, 24: z = 20, 8, 30: HT 200 + 48 + 180 + 2 (-40 - 600/7 - 80) = 428 - 240 - 1200/7
    assert variance(Pps("joint", joint=JOINT), THREE.assign(y=[10.0, 2.0, 24.0])) == pytest.approx(188 - 1200 / 7)
    # entries below the tolerance count as nothing: without ac, |Delta| = 1/7
    left = variance(Pps("joint", joint=JOINT, tolerance=0.15), THREE.assign(y=[10.0, 2.0, 24.0]))
    assert left == pytest.approx(188, rel=1e-9)


# 19 units in three strata, and the same as clusters of three rows. Numbers further down are those of R survey 4.1.1:
#   svydesign(ids=~1, strata=~h, fpc=~pi, data=units, pps="brewer"|"overton"|HR())
#   svydesign(ids=~unit+ssu, strata=~h, fpc=~pi+f, data=two, pps="brewer", nest=TRUE), f = 3/M
# R takes the probabilities of clusters in the order of the file but their totals in the order of their names, so its
# two-stage numbers hold for a sorted file only. Strata of Overton and HR() must be numbers there.
UNITS = pd.DataFrame({
    "h": ["s1"] * 6 + ["s2"] * 9 + ["s3"] * 4,
    "unit": [f"u{i:02d}" for i in range(19)],
    "pi": [
        0.301, 0.857, 0.251, 0.243, 0.38, 0.284, 0.636, 0.192, 0.817, 0.787,
        0.102, 0.533, 0.185, 0.306, 0.434, 0.463, 0.475, 0.842, 0.307,
    ],
    "y": [
        47.4, 47.9, 35.9, 34.0, 38.6, 32.7, 32.9, 36.6, 31.3, 49.2,
        20.8, 49.9, 32.5, 33.4, 23.8, 38.3, 37.0, 42.3, 33.6,
    ],
    "x": [
        50.8, 66.4, 53.7, 44.8, 58.6, 48.8, 55.3, 55.5, 46.5, 32.6,
        46.9, 55.0, 46.6, 54.0, 58.8, 45.1, 61.1, 64.6, 59.7,
    ],
    "b": [1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 0, 1],
    "d": list("uuvvvuuvuuvuvvvuuvv"),
})  # fmt: skip
TWO = UNITS.loc[UNITS.index.repeat(3), ["h", "unit", "pi", "d"]].reset_index(drop=True)
TWO = TWO.assign(
    ssu=[1, 2, 3] * 19, M=[5 + i // 3 % 4 for i in range(57)], y=[14 + i * i * 7 % 23 * 0.7 for i in range(57)]
)
METHODS = [Pps("brewer"), Pps("overton"), Pps("hartley_rao")]


def by_matrix(rows: pd.DataFrame, z: np.ndarray, method: str) -> float:
    """The definitions of reference/README.md written out with the whole matrix D."""
    value = 0.0
    for h in sorted(set(rows.h)):
        at = np.flatnonzero(rows.h == h)
        pi, n = rows.pi.to_numpy()[at], len(at)
        both = pi[:, None] + pi[None, :]
        p2 = pi.mean()
        delta = 1 - (n - both / 2) / (n - 1) if method == "overton" else 1 - (n - both + p2) / (n - 1)
        np.fill_diagonal(delta, 1 - pi)
        value += float(z[at] @ delta @ z[at])
    return value


@pytest.mark.parametrize("method", ["overton", "hartley_rao"])
def test_approximations_without_a_matrix_equal_those_with_one(method: Any) -> None:
    w, y = 1 / UNITS.pi.to_numpy(), UNITS.y.to_numpy()
    m = (w * y).sum() / w.sum()
    survey = Survey(UNITS.sample(frac=1, random_state=1), SurveyDesign(strata="h", fpc="pi", pps=Pps(method)))
    expected = by_matrix(UNITS, w * (y - m) / w.sum(), method)
    assert mean(survey, "y").vcov[0, 0] == pytest.approx(expected, rel=1e-9)
    inside = np.where(UNITS.d == "u", w * y, 0.0)
    assert total(survey, "y", where="d = 'u'").vcov[0, 0] == pytest.approx(by_matrix(UNITS, inside, method), rel=1e-9)


# SE of means of y, x; of totals; of the ratio y/x; of the means in domain u; of the total of y there; covariance of
# the means; df of the domain.
R_NUMBERS: dict[str, tuple[Any, ...]] = {
    "brewer": ((2.20470788994, 1.22776028596), (167.998916511, 348.326106499), 0.0355966636023,
               (2.05634851585, 1.50976046417), 172.657035907, 1.61957730525, 6),
    "overton": ((2.24165196448, 1.23417056629), (225.162734142, 433.560199265), 0.0363057259849,
                (2.05480964006, 1.47854596982), 168.884785707, 1.64616437624, 6),
    "hartley_rao": ((2.24867232705, 1.24347180416), (185.169796453, 374.629130743), 0.0362300054983,
                    (2.0563252357, 1.46407257074), 173.315003309, 1.68892543921, 6),
}  # fmt: skip


@pytest.mark.parametrize("pps", METHODS, ids=lambda pps: pps.method)
def test_r_gives_the_same_numbers_for_a_stratified_sample(pps: Pps) -> None:
    survey = Survey(UNITS, SurveyDesign(strata="h", fpc="pi", pps=pps))
    means, inside = mean(survey, ["y", "x"]), mean(survey, ["y", "x"], where="d = 'u'")
    found = (
        means.frame.se, total(survey, ["y", "x"]).frame.se, ratio(survey, "y", "x").frame.se[0], inside.frame.se,
        total(survey, "y", where="d = 'u'").frame.se[0], means.vcov[0, 1], inside.frame.df[0],
    )  # fmt: skip
    for ours, theirs in zip(found, R_NUMBERS[pps.method], strict=True):
        assert np.asarray(ours) == pytest.approx(np.asarray(theirs), rel=1e-9)


def test_r_gives_the_same_numbers_for_clusters_and_two_stages() -> None:
    two = SurveyDesign(strata="h", psu="unit", ssu="ssu", fpc=("pi", "M"), pps=Pps("brewer"))
    one = SurveyDesign(weights="w", strata="h", psu="unit", fpc="pi", pps=Pps("brewer"))
    rows = TWO.assign(w=TWO.M / 3 / TWO.pi).sample(frac=1, random_state=4)
    stored = {two: (0.882567963554, 1340.14861799, 1.31677774687), one: (0.861988487963, 1338.11748417, 1.27160653348)}
    for design, expected in stored.items():
        survey = Survey(rows, design)
        found = [mean(survey, "y"), total(survey, "y"), mean(survey, "y", where="d = 'u'")]
        assert [f.frame.se[0] for f in found] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("pps", METHODS, ids=lambda pps: pps.method)
def test_order_of_rows_changes_no_digit(pps: Pps) -> None:
    design = SurveyDesign(strata="h", fpc="pi", pps=pps)
    for estimate in (mean, total):
        first = estimate(Survey(UNITS, design), ["y", "x"], by=[(), ("d",)])
        again = estimate(Survey(UNITS.sample(frac=1, random_state=3), design), ["y", "x"], by=[(), ("d",)])
        assert (again.vcov == first.vcov).all()
        pd.testing.assert_frame_equal(again.frame, first.frame, check_exact=True)


def test_all_estimators_know_pps_and_their_covariances_fit() -> None:
    survey = Survey(UNITS, SurveyDesign(strata="h", probabilities="pi", pps=Pps("brewer")))
    parts = total(survey, "y", by="d")
    assert parts.vcov.sum() == pytest.approx(total(survey, "y").vcov[0, 0], rel=1e-9)
    shares, numbers = proportions(survey, "d"), counts(survey, "d")
    assert shares.vcov.sum() == pytest.approx(0, abs=1e-15)
    assert shares.frame.se[0] == pytest.approx(shares.frame.se[1], rel=1e-9)
    assert numbers.frame.estimate.sum() == pytest.approx((1 / UNITS.pi).sum(), rel=1e-9)
    assert proportion(survey, "b").frame.se[0] == pytest.approx(mean(survey, "b").frame.se[0], rel=1e-12)
    assert ratio(survey, "y", "x").frame.se[0] > 0
    assert mean(survey, "y").frame.df[0] == 16


def simple(n: int, N: int) -> np.ndarray:
    """The joint probabilities of a simple random sample of n out of N."""
    matrix = np.full((n, n), n * (n - 1) / (N * (N - 1)))
    np.fill_diagonal(matrix, n / N)
    return matrix


def check_equal_probabilities(values: list[float], more: int) -> None:
    n, N = len(values), len(values) + more
    rows = pd.DataFrame({"y": values, "pi": n / N, "N": N, "w": N / n})
    srs = total(Survey(rows, SurveyDesign(weights="w", fpc="N")), "y").vcov[0, 0]
    for pps in (Pps("brewer"), Pps("joint", joint=simple(n, N)), Pps("joint", joint=simple(n, N), variance="YG")):
        assert variance(pps, rows) == pytest.approx(srs, rel=1e-7, abs=1e-6)
    # With p2 = pi Hartley and Rao's D_ij is -(1 - f)/(n - 1), the exact one.
    p2 = n / N
    assert variance(Pps("hartley_rao", p2bar=p2), rows) == pytest.approx(srs, rel=1e-7, abs=1e-6)


VALUES = st.lists(st.floats(-100, 100).map(lambda v: round(v, 2)), min_size=3, max_size=8)


@SLICE
@given(VALUES, st.integers(1, 20))
def test_equal_probabilities_are_a_simple_random_sample(values: list[float], more: int) -> None:
    check_equal_probabilities(values, more)


@pytest.mark.proof
@FULL
@given(VALUES, st.integers(1, 20))
def test_equal_probabilities_are_a_simple_random_sample_in_full(values: list[float], more: int) -> None:
    check_equal_probabilities(values, more)


def test_a_joint_matrix_with_ids_does_not_ask_for_the_order_of_rows(tmp_path: Path) -> None:
    frame = pd.DataFrame(JOINT, index=list("abc"), columns=list("abc"))
    shuffled = frame.loc[list("cab"), list("bca")]
    plain = Pps("joint", joint=JOINT, variance="YG")
    keyed = Pps("joint", joint=shuffled, variance="YG")
    expected = variance(plain)
    for rows in (THREE, THREE.iloc[::-1], THREE.iloc[[1, 2, 0]]):
        assert variance(keyed, rows, unit_id="u") == pytest.approx(expected, rel=1e-12)
        assert variance(keyed, rows, psu="u") == pytest.approx(expected, rel=1e-12)
    shuffled.to_csv(tmp_path / "ids.csv")
    np.savetxt(tmp_path / "plain.csv", JOINT, delimiter=",", fmt="%.17g")
    assert variance(Pps("joint", joint=tmp_path / "ids.csv", variance="YG"), unit_id="u") == pytest.approx(expected)
    assert variance(Pps("joint", joint=tmp_path / "plain.csv", variance="YG")) == pytest.approx(expected)
    # More rows than the sample has units are no harm where there are ids.
    wide = pd.DataFrame(np.pad(JOINT, (0, 1), constant_values=0.05), index=list("abcx"), columns=list("abcx"))
    wide.loc["x", "x"] = 0.3
    assert variance(Pps("joint", joint=wide, variance="YG"), unit_id="u") == pytest.approx(expected)


def test_two_stages_by_brewer_add_what_the_second_one_costs() -> None:
    first = SurveyDesign(weights="w", strata="h", psu="unit", fpc="pi", pps=Pps("brewer"))
    rows = TWO.assign(w=TWO.M / 3 / TWO.pi, f=3 / TWO.M)
    both = SurveyDesign(strata="h", psu="unit", ssu="ssu", fpc=("pi", "M"), pps=Pps("brewer"))
    # sum over PSUs of pi_i (1 - 3/M) 3/2 sum_j (z_j - mean)^2, z = w y
    z = (rows.w * rows.y).to_numpy().reshape(19, 3)
    inner = (rows.pi * (1 - rows.f)).to_numpy().reshape(19, 3)[:, 0] * 1.5 * z.var(axis=1) * 3
    one, two = (total(Survey(rows, d), "y").vcov[0, 0] for d in (first, both))
    assert two == pytest.approx(one + inner.sum(), rel=1e-9)
    by_share = SurveyDesign(strata="h", psu="unit", ssu="ssu", fpc=("pi", "f"), pps=Pps("brewer"))
    assert total(Survey(rows, by_share), "y").vcov[0, 0] == pytest.approx(two, rel=1e-9)


def test_units_taken_for_certain_add_nothing_of_their_own() -> None:
    sure = THREE.assign(pi=[1.0, 0.25, 0.8])
    # z = 10, 16, 30, mean 56/3: 3/2 [0 + 0.75 (16 - 18.667)^2 + 0.2 (30 - 18.667)^2]
    assert variance(Pps("brewer"), sure) == pytest.approx(1.5 * (0.75 * (8 / 3) ** 2 + 0.2 * (34 / 3) ** 2), rel=1e-9)


BAD: list[tuple[str, np.ndarray, str]] = [
    ("JOINT_NOT_SQUARE", JOINT[:2], "the joint matrix is 2 x 3 - it has one row and one column a unit; "
     "give the square matrix of the sampled units."),
    ("JOINT_ASYMMETRIC", JOINT + np.triu(np.full((3, 3), 0.01), 1), "the joint probability of units 1 and 2 is 0.11, "
     "which differs from its mirror image - a variance made from it would mean nothing; correct the matrix."),
    ("JOINT_ZERO", np.where(JOINT == 0.1, 0.0, JOINT), "the joint probability of units 1 and 2 is 0, which is not above"
     " zero, so the two could never be drawn together - a variance made from it would mean nothing; correct the "
     "matrix."),
    ("JOINT_ABOVE_SINGLE", np.where(JOINT == 0.1, 0.3, JOINT), "the joint probability of units 1 and 2 is 0.3, which is"
     " above the probability of one - a variance made from it would mean nothing; correct the matrix."),
    ("JOINT_NOT_FINITE", np.where(JOINT == 0.1, np.nan, JOINT), "the joint probability of units 1 and 2 is nan, which "
     "is missing or not finite - a variance made from it would mean nothing; correct the matrix."),
]  # fmt: skip


@pytest.mark.parametrize(("code", "matrix", "message"), BAD, ids=[code for code, *_ in BAD])
def test_what_cannot_be_a_matrix_of_joint_probabilities_is_refused(code: str, matrix: np.ndarray, message: str) -> None:
    with pytest.raises(DesignError) as caught:
        Pps("joint", joint=matrix)
    assert (caught.value.code, str(caught.value)) == (code, message)


def refused(rows: pd.DataFrame = THREE, **design: Any) -> tuple[str, str]:
    with pytest.raises(DesignError) as caught:
        total(Survey(rows, SurveyDesign(**design)), "y")
    return str(caught.value.code), str(caught.value)


def test_a_matrix_of_other_units_is_refused() -> None:
    other = JOINT + np.diag([0.1, 0.0, 0.0])
    assert refused(fpc="pi", pps=Pps("joint", joint=other)) == (
        "JOINT_DIAGONAL",
        'the joint matrix has 0.6 on its diagonal for unit "1", whose inclusion probability is 0.5 - they are one and '
        "the same number; give the matrix of this sample, in the order of its rows or with ids.",
    )
    assert refused(THREE[:2], fpc="pi", pps=Pps("joint", joint=JOINT)) == (
        "JOINT_SIZE",
        "the joint matrix is of 3 units but the data have 2 rows - without ids row i belongs to unit i; give the "
        "matrix of this sample, or one with ids.",
    )
    keyed = Pps("joint", joint=pd.DataFrame(JOINT, index=list("abx"), columns=list("abx")))
    assert refused(fpc="pi", unit_id="u", pps=keyed) == (
        "JOINT_UNIT_MISSING",
        'the joint matrix has no row for unit "c" - every sampled unit needs its joint probabilities; add it, or '
        "correct its id.",
    )
    assert refused(fpc="pi", pps=keyed) == (
        "JOINT_IDS",
        "the joint matrix has ids but the design names no unit_id - its rows cannot be found; name the column of the "
        "ids.",
    )
    assert refused(THREE.assign(u="a"), fpc="pi", unit_id="u", pps=keyed) == (
        "DUPLICATE_UNIT",
        'unit "a" stands in 3 rows - its joint probabilities would count twice; keep one row a unit.',
    )
    assert refused(fpc="pi", psu="u", pps=Pps("joint", joint=JOINT)) == (
        "JOINT_IDS",
        "the joint matrix has no ids but the sampled units are clusters - whose row is whose cannot be told; give a "
        "frame whose index and columns are the ids of the PSUs.",
    )
    with pytest.raises(DesignError, match="does not have each id once as row and once as column"):
        Pps("joint", joint=pd.DataFrame(JOINT, index=list("abc"), columns=list("abx")))


def test_a_pps_design_without_what_it_needs_is_refused() -> None:
    assert refused(weights="y", pps=Pps("brewer")) == (
        "PPS_NO_PROBABILITY",
        "pps is brewer but no inclusion probabilities are named - the variance is made of them; name their column as "
        "fpc or probabilities.",
    )
    assert refused(TWO, psu="unit", ssu="ssu", fpc=("pi", "M"), pps=Pps("overton"))[0] == "PPS_STAGES"
    assert refused(UNITS, strata="h", fpc="pi", pps=Pps("hartley_rao", p2bar=0.3)) == (
        "PPS_P2BAR",
        "p2bar is one number but there are 3 strata - each has its own sum of squared probabilities; give a mapping "
        "from the stratum to its number.",
    )
    assert refused(UNITS, strata="h", fpc="pi", pps=Pps("hartley_rao", p2bar={"s1": 0.3, "s3": 0.2})) == (
        "PPS_P2BAR",
        'p2bar has no number for stratum "s2" - Hartley-Rao needs one a stratum; add it.',
    )
    for wrong, code in (("sampford", "PPS_METHOD"), ("joint", "PPS_JOINT")):
        with pytest.raises(DesignError) as caught:
            Pps(wrong)  # type: ignore[arg-type]
        assert caught.value.code == code


def test_probabilities_that_are_none_are_refused_by_stratum() -> None:
    rows = THREE.assign(w=1 / THREE.pi)
    assert refused(rows.assign(pi=[0.5, 0.0, 0.8]), weights="w", fpc="pi", pps=Pps("brewer")) == (
        "PROBABILITY_OUT_OF_RANGE",
        'stratum "the whole sample": column "pi" runs from 0 to 0.8 - PPS needs the inclusion probability of each '
        "unit, above 0 and at most 1; correct it.",
    )
    assert refused(rows.assign(pi=[0.5, 1.4, 0.8]), weights="w", fpc="pi", pps=Pps("brewer"))[0] == (
        "PROBABILITY_OUT_OF_RANGE"
    )
    split = pd.concat([rows, rows[:1].assign(pi=0.3)])
    assert refused(split, weights="w", psu="u", fpc="pi", pps=Pps("brewer")) == (
        "PROBABILITY_VARIES_IN_UNIT",
        'stratum "the whole sample": column "pi" runs from 0.3 to 0.5 within one sampled unit - a unit has one '
        "inclusion probability; correct it.",
    )


def test_a_lonely_unit_of_a_method_of_pairs_has_its_own_sentence() -> None:
    rows = pd.concat([UNITS, UNITS[:1].assign(h="s9", unit="z")])
    assert refused(rows, strata="h", fpc="pi", pps=Pps("overton"), lonely_psu="adjust") == (
        "LONELY_PSU",
        'stratum "s9": only one PSU was sampled - pairs of units make the variance of this PPS method; declare '
        "lonely_psu as certainty or collapse, or use the method brewer.",
    )
    certain = Survey(rows, SurveyDesign(strata="h", fpc="pi", pps=Pps("overton"), lonely_psu="certainty"))
    assert total(certain, "y").vcov[0, 0] == pytest.approx(
        total(Survey(UNITS, SurveyDesign(strata="h", fpc="pi", pps=Pps("overton"))), "y").vcov[0, 0], rel=1e-9
    )
    joined = Survey(rows, SurveyDesign(strata="h", fpc="pi", pps=Pps("brewer"), lonely_psu="collapse"))
    assert any(w.startswith("STRATA_COLLAPSED") for w in total(joined, "y").meta.warnings)


def test_a_joint_matrix_knows_the_variance_of_a_unit_alone_in_its_stratum() -> None:
    pps = Pps("joint", joint=JOINT, variance="YG")
    rows = THREE.assign(h=["s", "s", "t"])
    assert variance(pps, rows, strata="h") == pytest.approx(variance(pps), rel=1e-12)
    assert total(Survey(rows, SurveyDesign(strata="h", fpc="pi", pps=pps)), "y").frame.df[0] == 1
