"""The row path gives what the grouped pass gives, in one canonical order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import PostStrata, Survey, SurveyDesign, mean, total
from analysis.design import Expr
from analysis.microdata import degrees, read_rows, score_covariance


def sample(seed: int = 1, n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    psu = rng.integers(0, 12, n)
    rows = pd.DataFrame({"psu": psu, "h": psu % 3, "y": rng.normal(50, 9, n), "d": rng.choice(list("ab"), n)})
    rows["ssu"] = rows["psu"] * 100 + rng.integers(0, 4, n)
    rows["w"] = rng.uniform(1, 30, n)
    sampled = rows.groupby("psu")["ssu"].transform("nunique")
    return rows.assign(N1=40, N2=sampled + 3, cell=rng.choice(["x", "y", "z"], n), N=500)


DESIGNS: dict[str, dict[str, Any]] = {
    "elements": {"strata": "h", "fpc": "N"},
    "clusters": {"strata": "h", "psu": "psu", "fpc": "N1"},
    "two stages": {"strata": "h", "psu": "psu", "ssu": "ssu", "fpc": ("N1", "N2")},
    "post-strata": {"strata": "h", "psu": "psu", "poststrata": PostStrata("cell")},
    "elements, post-strata": {"strata": "h", "fpc": "N", "poststrata": PostStrata("cell")},
}


@pytest.mark.parametrize("name", DESIGNS)
def test_scores_of_rows_have_the_covariance_of_the_grouped_pass(name: str) -> None:
    survey = Survey(sample(), SurveyDesign(weights="w", **DESIGNS[name]))
    rows = read_rows(survey, {"y": '"y"'}, by=("d",))
    domains = rows.domains(("d",))
    inside = domains.code[:, None] == np.arange(domains.size)
    w, y = rows.weight, rows.values["y"]
    size = (w[:, None] * inside).sum(axis=0)
    means = (w[:, None] * inside * y[:, None]).sum(axis=0) / size
    z = w[:, None] * inside * (y[:, None] - means) / size
    grouped = mean(survey, "y", by="d")
    assert means == pytest.approx(grouped.frame["estimate"].to_numpy(), rel=1e-12)
    assert score_covariance(survey, rows, z) == pytest.approx(grouped.vcov, rel=1e-9, abs=1e-12)
    assert degrees(rows, domains.code, domains.size).tolist() == grouped.frame["df"].tolist()


def test_rows_outside_the_domain_stay_with_score_zero() -> None:
    survey = Survey(sample(), SurveyDesign(weights="w", strata="h", psu="psu"))
    rows = read_rows(survey, {"y": '"y"'}, where=Expr("where", "d = 'a'"))
    z = np.where(rows.inside, rows.weight * rows.values["y"], 0.0)
    expected = total(survey, "y", where="d = 'a'").frame["se"][0]
    assert np.sqrt(score_covariance(survey, rows, z[:, None]))[0, 0] == pytest.approx(expected, rel=1e-12)


def test_any_order_of_the_rows_gives_the_same_rows() -> None:
    data, design = sample(), SurveyDesign(weights="w", strata="h", psu="psu")
    data = pd.concat([data, data.iloc[:20]])  # some rows tie
    one = read_rows(Survey(data, design), {"y": '"y"'}, by=("d",))
    other = read_rows(Survey(data.sample(frac=1, random_state=3), design), {"y": '"y"'}, by=("d",))
    assert one.weight.tobytes() == other.weight.tobytes()
    assert one.values["y"].tobytes() == other.values["y"].tobytes()
    assert one.domains(("d",)).code.tolist() == other.domains(("d",)).code.tolist()
    assert one.stages[0].unit.tolist() == other.stages[0].unit.tolist()


def test_missing_values_are_nan_and_missing_domains_none() -> None:
    data = pd.DataFrame({"y": [1.0, None, 3.0], "d": ["a", None, "b"], "w": [1.0, 2.0, 3.0]})
    rows = read_rows(Survey(data, SurveyDesign(weights="w")), {"y": '"y"'}, by=("d",))
    assert rows.weight.tolist() == [1.0, 2.0, 3.0]
    assert np.isnan(rows.values["y"]).tolist() == [False, True, False]
    assert rows.domains(("d",)).code.tolist() == [0, -1, 1]
