"""Small areas: by hand, against metafor and a direct search of the likelihood, by simulation, by refusal."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import Estimates, Survey, SurveyDesign, fay_herriot, mean, proportion
from analysis.areamodel import AreaMethod, fit_areas, mean_squared_errors
from uptake.contract.errors import EstimationError

STORED: dict[str, Any] = json.loads(Path(__file__).with_name("small_area_reference.json").read_text(encoding="utf-8"))
Y = np.array([12.1, 9.4, 15.8, 11.2, 18.9, 7.3, 14.4, 10.8, 16.1, 13.0, 9.9, 20.3])
X = np.column_stack([np.ones(12), [3, 2, 5, 3, 7, 1, 5, 2, 6, 4, 3, 7]])
D = np.array([1.2, 0.5, 2.4, 0.9, 3.1, 0.4, 1.8, 0.7, 2.2, 1.5, 0.6, 2.9])


def direct(areas: int = 8, seed: int = 5) -> Estimates:
    """Direct estimates of areas a0, a1 ... with 6 to 12 rows each."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(6, 13, areas)
    rows = pd.DataFrame({"area": np.repeat([f"a{i}" for i in range(areas)], sizes), "w": 1.0})
    level = np.repeat(np.arange(areas) + rng.normal(size=areas) / 2, sizes)
    return mean(Survey(rows.assign(y=level + rng.normal(size=len(rows))), SurveyDesign(weights="w")), "y", by="area")


def known(areas: int = 8) -> pd.DataFrame:
    return pd.DataFrame({"area": [f"a{i}" for i in range(areas)], "x": np.arange(areas, dtype=float)})


@pytest.mark.parametrize("share", [1, 0.25])
@pytest.mark.parametrize(("method", "theirs"), [("reml", "REML"), ("ml", "ML"), ("moment", "PM")])
def test_the_fit_is_that_of_metafor(method: AreaMethod, theirs: str, share: float) -> None:
    stored, sampling = STORED[f"{theirs}-{share:g}"], D * share
    found = fit_areas(Y, X, sampling, method)
    assert found.area_variance == pytest.approx(stored["variance"][0], rel=1e-9, abs=1e-12)
    assert found.beta == pytest.approx(stored["beta"], rel=1e-9)
    assert np.sqrt(np.diag(found.beta_vcov)) == pytest.approx(stored["beta_se"], rel=1e-9)
    gamma = found.area_variance / (found.area_variance + sampling)
    assert gamma * Y + (1 - gamma) * (X @ found.beta) == pytest.approx(stored["eblup"], rel=1e-9)
    # Their squared error leaves out that A is estimated: g1 + g2.
    g3 = (1 - gamma) ** 2 / (found.area_variance + sampling) * found.variance_of_a
    errors = np.diag(mean_squared_errors(found, X, sampling)) - 2 * g3 + found.bias_of_a * (1 - gamma) ** 2
    assert errors == pytest.approx(stored["g1_g2"], rel=1e-8)


def test_the_variance_of_a() -> None:
    for method in ("reml", "ml", "moment"):
        found = fit_areas(Y, X, D / 4, method)
        v = found.area_variance + D / 4
        expected = 2 * 12 / (1 / v).sum() ** 2 if method == "moment" else 2 / (1 / v**2).sum()
        assert found.variance_of_a == pytest.approx(expected)
        moments = 2 * (12 * (1 / v**2).sum() - (1 / v).sum() ** 2) / (1 / v).sum() ** 3
        assert found.bias_of_a == pytest.approx({"reml": 0.0, "ml": found.bias_of_a, "moment": moments}[method])
    y, x = np.random.default_rng(8).normal(size=15) * 1.02, np.ones((15, 1))
    assert fit_areas(y, x, np.ones(15), "reml").area_variance == pytest.approx(max(np.var(y, ddof=1) - 1, 0))


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_the_fit_is_the_top_of_the_likelihood(method: AreaMethod) -> None:
    from scipy.optimize import minimize_scalar

    sampling = D / 4

    def below(a: float) -> float:
        v = a + sampling
        information = (X / v[:, None]).T @ X
        e = Y - X @ np.linalg.solve(information, (X / v[:, None]).T @ Y)
        restricted = np.linalg.slogdet(information)[1] if method == "reml" else 0.0
        return float(np.log(v).sum() + (e**2 / v).sum() + restricted)

    top = minimize_scalar(below, bounds=(1e-9, 20), method="bounded", options={"xatol": 1e-10}).x
    assert fit_areas(Y, X, sampling, method).area_variance == pytest.approx(top, rel=1e-5)


def test_equal_variances_by_hand() -> None:
    # D = 1 everywhere, a constant only: the moment and REML estimate of A is s^2 - D.
    #   y = 0, 2, 4, 10: mean 4, s^2 = (16 + 4 + 0 + 36)/3 = 56/3, A = 53/3, gamma = 53/56.
    #   EBLUP of the last: 53/56*10 + 3/56*4 = 542/56.   Q = (A + D)/4 = 56/12.
    #   g1 = 53/56; g2 = (3/56)^2 * 56/12; Var(A) = 2/(4 (3/56)^2) = (56/3)^2/2; g3 = (3/56)^3 (56/3)^2/2 = 3/112.
    y, ones, d = np.array([0.0, 2, 4, 10]), np.ones((4, 1)), np.ones(4)
    for method in ("reml", "moment"):
        found = fit_areas(y, ones, d, method)
        assert found.area_variance == pytest.approx(53 / 3)
        assert found.bias_of_a == pytest.approx(0)
        mse = np.diag(mean_squared_errors(found, ones, d))
        assert mse == pytest.approx([53 / 56 + (3 / 56) ** 2 * 56 / 12 + 2 * 3 / 112] * 4)
    # ML divides by m: A = 14 - 1 = 13; its bias -tr(Q X'V^-2 X)/sum V^-2 = -(14/4)(4/14^2)/(4/14^2) = -14/4.
    found = fit_areas(y, ones, d, "ml")
    assert (found.area_variance, found.bias_of_a) == pytest.approx((13, -14 / 4))
    g1, g2, g3, left = 13 / 14, (1 / 14) ** 2 * 14 / 4, (1 / 14) ** 3 * 14**2 / 2, 1 / 14
    assert np.diag(mean_squared_errors(found, ones, d))[0] == pytest.approx(g1 + g2 + 2 * g3 + 14 / 4 * left**2)


def test_areas_with_and_without_a_sample() -> None:
    made = fay_herriot(direct(), known(10))
    frame = made.frame
    assert frame["source"].tolist() == ["model"] * 8 + ["synthetic"] * 2
    a, b = made.area_variance, made.coefficients["estimate"].to_numpy()
    inside = frame[:8]
    assert inside["gamma"].to_numpy() == pytest.approx(a / (a + inside["direct_se"] ** 2))
    assert inside["synthetic"].to_numpy() == pytest.approx(b[0] + b[1] * np.arange(8))
    assert inside["estimate"].to_numpy() == pytest.approx(
        inside["gamma"] * inside["direct"] + (1 - inside["gamma"]) * inside["synthetic"]
    )
    assert frame["estimate"][9] == pytest.approx(b[0] + 9 * b[1])
    v = 1 / (a + inside["direct_se"].to_numpy() ** 2)
    x = np.column_stack([np.ones(8), np.arange(8)])
    q = np.linalg.inv((x * v[:, None]).T @ x)
    assert frame["mse"][9] == pytest.approx(a + np.array([1, 9]) @ q @ np.array([1, 9]))
    assert frame["se"].to_numpy() == pytest.approx(np.sqrt(np.diag(made.vcov)))
    assert made.vcov[8, 9] == pytest.approx(np.array([1, 8]) @ q @ np.array([1, 9]))
    assert made.estimates.meta.warnings == (
        'AREA_SYNTHETIC: area "a8" and 1 more: no direct estimate: synthetic, from the regression alone.',
    )
    assert frame["n"].tolist()[8:] == [0, 0]


def test_an_area_without_spread_is_not_taken_for_exact() -> None:
    rng = np.random.default_rng(3)
    rows = pd.DataFrame({"area": np.repeat([f"a{i}" for i in range(8)], 10), "w": 1.0})
    rows["y"] = (rng.random(80) < np.repeat(np.linspace(0.2, 0.8, 8), 10)).astype(int)
    rows.loc[rows.area == "a7", "y"] = 1
    est = proportion(Survey(rows, SurveyDesign(weights="w")), "y", by="area")
    plain = fay_herriot(est, known())
    assert plain.frame["source"].tolist() == ["model"] * 7 + ["synthetic"]
    assert plain.frame["reason"][7] == "no standard error above 0: synthetic"
    smooth = fay_herriot(est, known(), smooth=True)
    assert smooth.frame["source"].tolist() == ["model"] * 8
    assert 0 < smooth.frame["gamma"][7] < 1
    # All areas have ten rows: the smoothed variance is their mean.
    expected = (est.frame["se"][:7] ** 2).mean()
    a = smooth.area_variance
    assert smooth.frame["gamma"].to_numpy() == pytest.approx(np.full(8, a / (a + expected)))


def test_a_variance_of_zero_between_areas_is_told() -> None:
    found = fay_herriot(direct(), known().assign(x=direct().frame["estimate"]))
    assert found.area_variance == 0
    assert found.estimates.meta.warnings[0].startswith("AREA_VARIANCE_ZERO: the variance between areas is estimated as")
    assert found.frame["estimate"].to_numpy() == pytest.approx(found.frame["synthetic"].to_numpy())


def test_the_order_of_areas_and_their_types_do_not_matter() -> None:
    first = fay_herriot(direct(), known()).frame.set_index("area")["estimate"]
    turned = fay_herriot(direct(), known()[::-1]).frame.set_index("area")["estimate"]
    assert turned[first.index].to_numpy() == pytest.approx(first.to_numpy(), rel=1e-12)


def simulated(rounds: int, method: AreaMethod) -> tuple[np.ndarray, np.ndarray]:
    """True and mean estimated MSE of 15 areas whose truth is known."""
    rng = np.random.default_rng(8)
    x = np.column_stack([np.ones(15), np.linspace(-1, 1, 15)])
    d = np.repeat([0.3, 0.6, 1.0, 1.5, 2.0], 3)
    true, told = np.zeros(15), np.zeros(15)
    for _ in range(rounds):
        theta = x @ [1, 2] + rng.normal(size=15)
        y = theta + rng.normal(size=15) * np.sqrt(d)
        found = fit_areas(y, x, d, method)
        gamma = found.area_variance / (found.area_variance + d)
        true += (gamma * y + (1 - gamma) * (x @ found.beta) - theta) ** 2 / rounds
        told += np.diag(mean_squared_errors(found, x, d)) / rounds
    return true, told


@pytest.mark.parametrize("method", ["reml", "moment"])
def test_the_mse_is_about_the_true_one(method: AreaMethod) -> None:
    true, told = simulated(1500, method)
    assert told.mean() / true.mean() == pytest.approx(1, abs=0.08)


@pytest.mark.proof
@pytest.mark.parametrize(("method", "away"), [("reml", 0.16), ("ml", 0.25), ("moment", 0.19)])
def test_the_mse_is_the_true_one_in_every_group_of_areas(method: AreaMethod, away: float) -> None:
    true, told = simulated(20_000, method)
    ratio = told.reshape(5, 3).mean(axis=1) / true.reshape(5, 3).mean(axis=1)
    assert np.abs(ratio - 1).max() < away


@pytest.mark.parametrize(
    ("x", "options", "message"),
    [
        (known(7), {}, 'the area "a7" has a direct estimate but no row in x - its covariates are unknown; add it.'),
        (pd.concat([known(), known(1)]), {}, 'x has several rows for the area "a0" - give one.'),
        (known().rename(columns={"area": "aera"}), {},
         'x has no column "area" - it needs the columns of the areas and the covariates. Did you mean "aera"?'),
        (known().assign(x=lambda t: t.x.where(t.x != 3)), {},
         'the covariate "x" is missing for the area "a3" - its estimate cannot be made; fill it in.'),
        (known().assign(x="many"), {},
         'the covariate "x" is not a number - a regression needs numbers; make indicators of its codes, or name the '
         "covariates."),
        (known().assign(z=lambda t: 2 * t.x + 1), {},
         'the covariate "z" is made up of the others in the areas with a sample - its coefficient cannot be told; take '
         "it out."),
        (known(), {"method": "rml"}, 'method is "rml" - choose one of reml, ml, moment. Did you mean "reml"?'),
        (known().assign(**{f"z{i}": np.arange(8.0) ** (i + 2) for i in range(5)}), {},
         "8 areas have a usable direct estimate and the model has 7 coefficients and a variance - too few to fit; take "
         "covariates out, or use larger samples."),
        (known(), {"name": "z"}, 'the estimates hold no variable "z" - nothing can be modelled; name one of them.'),
    ],
)  # fmt: skip
def test_refusals(x: pd.DataFrame, options: dict[str, Any], message: str) -> None:
    with pytest.raises(EstimationError) as refusal:
        fay_herriot(direct(), x, **options)
    assert str(refusal.value) == message


def test_estimates_that_are_not_of_areas_are_refused() -> None:
    rows = pd.DataFrame({"y": [1.0, 2.0, 4.0], "w": 1.0})
    with pytest.raises(EstimationError, match="not those of one set of areas"):
        fay_herriot(mean(Survey(rows, SurveyDesign(weights="w")), "y"), known())


def test_provinces_by_industry_are_areas() -> None:
    rng = np.random.default_rng(6)
    rows = pd.DataFrame({"p": np.repeat(list("ABC"), 60), "i": np.tile(np.repeat(["m", "s", "t"], 20), 3), "w": 1.0})
    rows["y"] = rng.normal(size=180)
    est = mean(Survey(rows, SurveyDesign(weights="w")), "y", by=("p", "i"))
    cells = est.frame[["p", "i"]].assign(x=rng.normal(size=9))
    frame = fay_herriot(est, cells).frame
    assert frame["domain_key"].tolist() == est.frame["domain_key"].tolist()
    assert frame["domain_by"].unique().tolist() == ["p*i"]
    assert not math.isnan(frame["se"].sum())
