"""Independence tests and models against R survey where the shared reference has none: Wald, links, interactions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import Survey, SurveyDesign, glm, independence_test

STORED: dict[str, Any] = json.loads(Path(__file__).with_name("models_reference.json").read_text(encoding="utf-8"))
TESTS = {
    "ent-industry": ("enterprises", "y_any", "industry", None),
    "ent-domain": ("enterprises", "y_agent", "size", "exporter = 'Y'"),
    "group-sector": ("groups", "y_any", "sector", None),
}
MODELS = {
    "poisson": ("enterprises", "emp ~ size + exporter", "poisson", None, None),
    "poisson-offset": ("enterprises", "y_any ~ size + offset(log(emp))", "quasipoisson", None, None),
    "probit": ("enterprises", "y_any ~ exporter * size", "binomial", "probit", None),
    "cloglog-domain": ("enterprises", "y_any ~ exporter + log(emp)", "binomial", "cloglog", "size <> 'L'"),
    "gamma-log": ("enterprises", "emp ~ exporter + size", "gamma", None, None),
    "gaussian-group": ("groups", "score ~ size2 + sector", "gaussian", None, None),
    "logit-JKn": ("jackknife", "y_any ~ exporter", "binomial", None, None),
}


@pytest.fixture(scope="module")
def surveys(shared: Path) -> dict[str, Survey]:
    """The two designs of the generator, and the first with a jackknife."""
    data = shared / "reference" / "data"
    rows = SurveyDesign(weights="w", strata="stratum", fpc="N_h")
    stages = SurveyDesign(weights="w", strata="stratum", psu="group_id", ssu="branch_id", fpc=("fpc1", "fpc2"))
    enterprises = Survey(pd.read_csv(data / "a_ent.csv"), rows)
    return {
        "enterprises": enterprises,
        "groups": Survey(pd.read_csv(data / "a_group.csv"), stages),
        "jackknife": enterprises.replicate(method="jkn", mse=True),
    }


@pytest.mark.parametrize("statistic", ["F", "Chisq", "Wald", "adjWald"])
@pytest.mark.parametrize("name", list(TESTS))
def test_independence_is_that_of_r(surveys: dict[str, Survey], name: str, statistic: Any) -> None:
    which, row, col, where = TESTS[name]
    found, stored = independence_test(surveys[which], row, col, statistic, where=where), STORED[f"{name}-{statistic}"]
    assert found.statistic == pytest.approx(stored["statistic"][0], rel=1e-9)
    assert [found.ndf, found.ddf][: len(stored["parameter"])] == pytest.approx(stored["parameter"], rel=1e-9)
    assert found.p_value == pytest.approx(stored["p_value"][0], rel=1e-8)


@pytest.mark.parametrize("name", list(MODELS))
def test_models_are_those_of_r(surveys: dict[str, Survey], name: str) -> None:
    which, formula, family, link, where = MODELS[name]
    found, stored = glm(surveys[which], formula, family, link=link, where=where).frame, STORED[name]
    assert found["estimate"].to_numpy() == pytest.approx(stored["estimate"], rel=1e-7)
    assert found["se"].to_numpy() == pytest.approx(stored["se"], rel=1e-6, abs=1e-12)
    assert found["df"].iloc[0] == stored["df"][0]


def test_a_coefficient_that_rests_on_units_that_are_all_in_the_sample_has_no_interval(
    surveys: dict[str, Survey],
) -> None:
    # Size L is taken whole: its logit is that of the population.
    frame = glm(surveys["enterprises"], "y_any ~ size").frame
    assert frame["reason"].tolist() == [
        "there is no sampling error (every unit it rests on is in the sample, or all are alike): no interval", "", "",
    ]  # fmt: skip
    assert np.isnan(frame[["ci_low", "ci_high", "t", "p_value"]].iloc[0].to_numpy(dtype=float)).all()
