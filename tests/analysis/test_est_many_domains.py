"""Very many domains: the same standard errors as with covariances, computed a part at a time, and a note."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import (
    ReplicateWeights,
    Survey,
    SurveyDesign,
    chunks,
    estimation,
    mean,
    proportion,
    quantile,
    total,
    variance,
)  # fmt: skip
from uptake.contract.errors import EstimationError

RNG = np.random.default_rng(5)
ROWS = pd.DataFrame({"h": np.repeat([1, 2, 3], 40), "d": RNG.integers(0, 23, 120), "g": RNG.integers(0, 2, 120)})
ROWS = ROWS.assign(
    psu=ROWS.h * 10 + RNG.integers(0, 5, 120), w=RNG.integers(1, 9, 120), y=RNG.integers(0, 2, 120),
    x=RNG.normal(50, 9, 120).round(3),
)  # fmt: skip
DESIGNS = {
    "rows": Survey(ROWS, SurveyDesign(weights="w", strata="h")),
    "clusters": Survey(ROWS, SurveyDesign(weights="w", strata="h", psu="psu")),
    "average": Survey(ROWS, SurveyDesign(weights="w", strata="h", psu="psu", lonely_psu="average")),
    "cells": Survey(ROWS, SurveyDesign(weights="w", strata="h")).poststratify(
        pd.DataFrame({"g": [0, 1], "total": [300.0, 200.0]}), by="g"
    ),
    "replicates": Survey(ROWS, SurveyDesign(weights="w", strata="h", psu="psu")).replicate(method="jkn"),
    "centred replicates": Survey(
        ROWS.assign(r1=ROWS.w * (1 + (ROWS.psu % 2)), r2=ROWS.w * (2 - (ROWS.psu % 2)), r3=ROWS.w * (1 + ROWS.g)),
        SurveyDesign(weights="w", replicates=ReplicateWeights("bootstrap", prefix="r", mse=False)),
    ),
}
NOTE = (
    "COVARIANCE_LEFT_OUT: 24 estimates at once, more than 20 - each has its standard error, covariances between them "
    "are left out; contrasts need fewer domains at a time."
)


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("what", [proportion, mean, total, quantile, variance])
def test_parts_give_what_the_whole_gives(design: str, what: object, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "y" if what is proportion else "x"
    whole = what(DESIGNS[design], name, by=[(), ("d",)])  # type: ignore[operator]
    monkeypatch.setattr(estimation, "MOST_COVARIANCES", 20)
    monkeypatch.setattr(chunks, "MOST_COVARIANCES", 20)
    monkeypatch.setattr(chunks, "AT_ONCE", 7)
    parts = what(DESIGNS[design], name, by=[(), ("d",)])  # type: ignore[operator]
    assert whole.vcov.shape == (24, 24)
    assert parts.vcov.shape == (0, 0)
    pd.testing.assert_frame_equal(parts.frame, whole.frame, rtol=1e-10)
    assert any(warning.startswith("COVARIANCE_LEFT_OUT") for warning in parts.meta.warnings)
    if what in (mean, total):
        assert NOTE in parts.meta.warnings


def test_a_contrast_without_covariances_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimation, "MOST_COVARIANCES", 20)
    found = mean(DESIGNS["rows"], "x", by="d")
    with pytest.raises(EstimationError) as caught:
        found.contrast({"d": {"0": 1, "1": -1}})
    assert str(caught.value) == (
        "the covariances of these estimates were left out - a contrast needs them; estimate fewer domains at once, "
        "with covariance=True."
    )


def test_ten_thousand_domains_are_answered() -> None:
    rows = pd.DataFrame({"d": np.arange(30_000) % 10_000, "y": np.arange(30_000) % 7 < 3, "w": 2.0})
    found = proportion(Survey(rows, SurveyDesign(weights="w")), "y", by="d")
    assert len(found.frame) == 10_000
    assert found.frame.n.eq(3).all()
    inside = rows[rows.d == 4321]
    row = found.frame[found.frame.d == 4321].iloc[0]
    # z = (y - p)/3 in three rows, 0 elsewhere; V = n/(n-1) sum z^2
    assert row.estimate == pytest.approx(inside.y.mean())
    squares = ((inside.y - inside.y.mean()) ** 2).sum() / 9
    assert row.se == pytest.approx(np.sqrt(30_000 / 29_999 * squares))
