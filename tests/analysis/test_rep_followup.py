"""The follow-up of nonrespondents by hand, by what must hold, and by simulation with known truth."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import Survey, SurveyDesign, mean, proportion, ratio, total
from uptake.contract.errors import DesignError

# n = 8 of N = 40: four answered (1, 3, 2, 4), of the four silent two were followed up (5, 9): k = 2.
ROWS = pd.DataFrame(
    {
        "w": [5.0] * 8, "N": [40] * 8, "r": [1, 1, 1, 1, 0, 0, 0, 0], "f": [0, 0, 0, 0, 1, 1, 0, 0],
        "y": [1.0, 3, 2, 4, 5, 9, None, None], "x": [1.0, 1, 2, 2, 3, 4, None, None],
    }
)  # fmt: skip


def asked(rows: pd.DataFrame, **design: Any) -> Survey:
    return Survey(rows, SurveyDesign(weights="w", **design)).follow_up(respondent="r", followed="f")


def hansen_hurwitz(rows: pd.DataFrame, y: str, N: float) -> tuple[float, float]:
    """Mean and its variance as in Cochran (1977), 13.6, for one stratum, in the unit of the mean."""
    n, n2 = len(rows), int((rows.r == 0).sum())
    first, again = rows[rows.r == 1][y].to_numpy(), rows[rows.f == 1][y].to_numpy()
    k = n2 / max(len(again), 1)
    estimate = (first.sum() + k * again.sum()) / n
    s2 = again.var(ddof=1) if len(again) > 1 else 0.0
    v2 = n2 * (k - 1) * s2 / n**2
    spread = ((first**2).sum() + k * (again**2).sum() - n * (estimate**2 - v2)) / (n - 1)
    return estimate, (1 - n / N) * spread / n + v2


def test_the_mean_and_its_variance_by_hand() -> None:
    # (10 + 2 x 14)/8 = 4.75; s2^2 = 8; v2 = 4 (2 - 1) 8 / 64 = 0.5; s^2 = (30 + 2 x 106 - 8 (22.5625 - 0.5))/7 = 65.5/7
    row = mean(asked(ROWS, fpc="N"), "y").frame.iloc[0]
    assert row.estimate == 4.75
    assert math.isclose(row.se**2, 0.8 * 65.5 / 7 / 8 + 0.5)
    assert math.isclose(mean(asked(ROWS), "y").frame.se[0] ** 2, 65.5 / 7 / 8 + 0.5)
    assert math.isclose(total(asked(ROWS, fpc="N"), "y").frame.se[0] ** 2, 1600 * (0.8 * 65.5 / 7 / 8 + 0.5))


def test_the_ratio_takes_the_scores_in_place_of_the_answers() -> None:
    found = ratio(asked(ROWS, fpc="N"), "y", "x").frame.iloc[0]
    x = (6 + 2 * 7) / 8
    assert found.estimate == 4.75 / x
    scores = ROWS.assign(u=ROWS.y - found.estimate * ROWS.x)
    assert math.isclose(found.se**2, hansen_hurwitz(scores, "u", 40)[1] / x**2)


def test_when_all_of_the_silent_are_followed_up_it_is_the_plain_sample() -> None:
    rows = ROWS.assign(f=1 - ROWS.r, y=[1.0, 3, 2, 4, 5, 9, 7, 8])
    plain = Survey(rows, SurveyDesign(weights="w", fpc="N"))
    one, two = mean(asked(rows, fpc="N"), "y").frame.iloc[0], mean(plain, "y").frame.iloc[0]
    assert math.isclose(one.estimate, two.estimate) and math.isclose(one.se, two.se) and one.df == two.df


def test_in_a_census_only_the_follow_up_has_an_error() -> None:
    # N = n: the first phase is gone and n^2 v2 = 4 (2 - 1) 8 is left of the total.
    rows = ROWS.assign(w=1.0, N=8)
    assert math.isclose(total(asked(rows, fpc="N"), "y").frame.se[0] ** 2, 32)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_stratified_sample_is_the_sum_of_its_strata(data: st.DataObject) -> None:
    parts, expected, variance = [], 0.0, 0.0
    for h in range(data.draw(st.integers(1, 3))):
        n, n2 = data.draw(st.integers(4, 9)), data.draw(st.integers(2, 3))
        m, N = data.draw(st.integers(2, n2)), n + data.draw(st.integers(0, 30))
        y = data.draw(st.lists(st.integers(0, 9), min_size=n, max_size=n))
        rows = pd.DataFrame({"h": h, "N": N, "w": N / n, "y": np.array(y, dtype=float), "i": range(n)})
        rows = rows.assign(r=(rows.i >= n2).astype(int), f=(rows.i < m).astype(int))
        rows.loc[(rows.r == 0) & (rows.f == 0), "y"] = np.nan
        parts.append(rows)
        one, own = hansen_hurwitz(rows, "y", N)
        expected, variance = expected + N * one, variance + N**2 * own
    everything = pd.concat(parts).sample(frac=1, random_state=1)
    found = total(asked(everything, strata="h", fpc="N"), "y").frame.iloc[0]
    assert math.isclose(found.estimate, expected, rel_tol=1e-9, abs_tol=1e-9)
    assert math.isclose(found.se**2, max(variance, 0.0), rel_tol=1e-8, abs_tol=1e-8)


def simulated(rounds: int) -> tuple[float, float, float, float]:
    """Bias of the mean in its standard errors, mean estimated over true variance, coverage of all of the silent and
    of respondents alone. Two strata of 300 and 500; those who would stay silent say yes less often."""
    random = np.random.default_rng(11)
    frame = pd.DataFrame({"h": np.repeat(["a", "b"], [300, 500])})
    frame["r"] = (random.random(800) < np.where(frame.h == "a", 0.7, 0.5)).astype(int)
    frame["y"] = (random.random(800) < np.where(frame.r == 1, 0.7, 0.4)).astype(float)
    truth, found = frame.y.mean(), []
    for _ in range(rounds):
        parts = []
        for _h, units in frame.groupby("h"):
            rows = units.sample(60, random_state=random).assign(N=len(units), w=len(units) / 60)
            silent = rows.index[rows.r == 0]
            again = random.choice(silent, size=max(len(silent) // 3, 2), replace=False)
            parts.append(rows.assign(f=rows.index.isin(again).astype(int)))
        rows = pd.concat(parts)
        rows.loc[(rows.r == 0) & (rows.f == 0), "y"] = np.nan
        row = proportion(asked(rows, strata="h", fpc="N"), "y").frame.iloc[0]
        naive = rows[rows.r == 1].y.mean()
        found.append((row.estimate, row.se**2, row.ci_low <= truth <= row.ci_high, abs(naive - truth) <= 2 * row.se))
    estimates, variances, covered, biased = np.array(found, dtype=float).T
    bias = (estimates.mean() - truth) / (estimates.std(ddof=1) / math.sqrt(rounds))
    return float(bias), float(variances.mean() / estimates.var(ddof=1)), float(covered.mean()), float(biased.mean())


def test_simulated_samples_are_unbiased_and_covered() -> None:
    bias, variance, coverage, naive = simulated(60)
    assert abs(bias) < 3.5 and 0.6 < variance < 1.7 and coverage >= 0.85 and naive < coverage


@pytest.mark.proof
def test_many_simulated_samples_are_unbiased_and_covered() -> None:
    bias, variance, coverage, naive = simulated(1500)
    assert abs(bias) < 3.5 and 0.92 < variance < 1.08 and coverage >= 0.94 and naive < 0.8


REFUSALS = [
    (ROWS.assign(f=[1, 0, 0, 0, 1, 1, 0, 0]), {}, "FOLLOW_UP_STRATUM",
     'stratum "the whole sample": 1 units both responded and were followed up - only the silent are; correct one of '
     "the flags."),
    (ROWS.assign(f=0), {}, "FOLLOW_UP_STRATUM",
     'stratum "the whole sample": 4 units are silent and none of them was followed up - nobody stands for them; follow '
     "up 2."),
    (ROWS.assign(f=[0, 0, 0, 0, 1, 0, 0, 0]), {}, "FOLLOW_UP_STRATUM",
     'stratum "the whole sample": one of 4 silent units was followed up - the variance among them cannot be estimated; '
     "follow up at least 2, or merge the stratum with a neighbour."),
    (ROWS.assign(w=range(1, 9)), {}, "FOLLOW_UP_STRATUM",
     'stratum "the whole sample": weights run from 1 to 8 - the method takes equal weights in a stratum; divide it.'),
    (ROWS.assign(c=range(8)), {"psu": "c"}, "FOLLOW_UP_DESIGN",
     "the follow-up of nonrespondents is built for samples of units by stratum, and this design has PSUs or unequal "
     "probabilities - its variance would be wrong; adjust the nonresponse by classes instead."),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "design", "code", "message"), REFUSALS)
def test_refusals(rows: pd.DataFrame, design: dict[str, Any], code: str, message: str) -> None:
    with pytest.raises(DesignError) as refusal:
        asked(rows, **design)
    assert (refusal.value.code, str(refusal.value)) == (code, message)
