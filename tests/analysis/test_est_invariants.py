"""What must always hold: row order, names of strata, unit of weights, complements, parts and wholes."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import Survey, SurveyDesign, mean, proportion, proportion_interval, total
from analysis.intervals import _METHODS

SLICE = settings(max_examples=10, deadline=None, derandomize=True)
METHODS = tuple(_METHODS)
SHARES = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(1e-6, 1 - 1e-6))
ERRORS = st.one_of(st.just(0.0), st.floats(1e-6, 0.2))
MANY = settings(max_examples=200, deadline=None, derandomize=True)


@st.composite
def samples(draw: st.DrawFn) -> pd.DataFrame:
    """A stratified sample: 2-4 strata of 2-6 rows, weights over three orders of magnitude, some answers missing."""
    rows = []
    for h in range(draw(st.integers(2, 4))):
        size = draw(st.integers(2, 6))
        weight = draw(st.floats(0.5, 500))
        for i in range(size):
            answer = draw(st.sampled_from([0, 1, 0, 1, None]))
            size_of_unit, domain = draw(st.floats(-1e3, 1e4)), draw(st.sampled_from("uv"))
            rows.append((f"h{h}", i // 2, weight, size + 40, answer, size_of_unit, domain))
    frame = pd.DataFrame(rows, columns=["h", "psu", "w", "N", "y", "x", "d"])
    frame.loc[0, "y"], frame.loc[1, "y"] = 1, 0
    return frame


ELEMENT = SurveyDesign(weights="w", strata="h", fpc="N")


@SLICE
@given(samples(), st.randoms(use_true_random=False))
def test_order_of_rows_changes_no_digit(rows: pd.DataFrame, random: object) -> None:
    order = list(rows.index)
    random.shuffle(order)  # type: ignore[attr-defined]
    first, again = (proportion(Survey(r, ELEMENT), "y", by=[(), ("d",)]).frame for r in (rows, rows.loc[order]))
    pd.testing.assert_frame_equal(first, again, check_exact=True)


@SLICE
@given(samples())
def test_names_of_strata_mean_nothing(rows: pd.DataFrame) -> None:
    renamed = rows.assign(h=rows.h.map(lambda name: "z" + name[::-1]))
    first, again = (mean(Survey(r, ELEMENT), ["y", "x"]) for r in (rows, renamed))
    assert again.frame.estimate.to_numpy() == pytest.approx(first.frame.estimate.to_numpy(), rel=1e-12)
    assert again.vcov == pytest.approx(first.vcov, rel=1e-9, abs=1e-12)


@SLICE
@given(samples(), st.sampled_from([1e-3, 0.1, 7.0, 1000.0]))
def test_unit_of_weights_moves_totals_and_nothing_else(rows: pd.DataFrame, unit: float) -> None:
    scaled = rows.assign(w=rows.w * unit)
    first, again = (proportion(Survey(r, ELEMENT), "y").frame.iloc[0] for r in (rows, scaled))
    for name in ("estimate", "se", "ci_low", "ci_high", "df", "n_eff", "deff_wr"):
        assert again[name] == pytest.approx(first[name], rel=1e-7, abs=1e-12, nan_ok=True), name
    one, other = (total(Survey(r, ELEMENT), "x").frame.iloc[0] for r in (rows, scaled))
    assert other.estimate == pytest.approx(one.estimate * unit, rel=1e-8, abs=1e-6 * unit)
    assert other.se == pytest.approx(one.se * unit, rel=1e-7, abs=1e-6 * unit)


@SLICE
@given(samples())
def test_yes_and_no_have_one_standard_error_and_mirrored_intervals(rows: pd.DataFrame) -> None:
    rows = rows.assign(no=1 - rows.y)
    frame = proportion(Survey(rows, ELEMENT), ["y", "no"])
    yes, no = frame.frame.iloc[0], frame.frame.iloc[1]
    assert yes.estimate + no.estimate == pytest.approx(1, rel=1e-12)
    assert yes.se == pytest.approx(no.se, rel=1e-9, abs=1e-12)
    assert yes.ci_low == pytest.approx(1 - no.ci_high, abs=1e-9, nan_ok=True)
    assert frame.vcov[0, 1] == pytest.approx(-frame.vcov[0, 0], rel=1e-9, abs=1e-15)


@SLICE
@given(samples())
def test_domains_add_up_to_the_whole_and_its_variance(rows: pd.DataFrame) -> None:
    for design in (ELEMENT, SurveyDesign(weights="w", strata="h", psu="psu", lonely_psu="adjust")):
        found = total(Survey(rows, design), "x", by=[(), ("d",)])
        assert found.frame.estimate[1:].sum() == pytest.approx(found.frame.estimate[0], rel=1e-9, abs=1e-6)
        assert found.vcov[1:, 1:].sum() == pytest.approx(found.vcov[0, 0], rel=1e-7, abs=1e-6)
        assert np.linalg.eigvalsh(found.vcov).min() >= -1e-9 * max(abs(found.vcov).max(), 1)


@SLICE
@given(samples())
def test_rows_as_clusters_of_one_give_the_same_variance(rows: pd.DataFrame) -> None:
    single = rows.assign(unit=range(len(rows)))
    elements = mean(Survey(single, ELEMENT), ["x", "y"], by="d")
    clusters = mean(Survey(single, SurveyDesign(weights="w", strata="h", psu="unit", fpc="N")), ["x", "y"], by="d")
    assert clusters.vcov == pytest.approx(elements.vcov, rel=1e-7, abs=1e-9, nan_ok=True)
    assert clusters.frame.df.tolist() == elements.frame.df.tolist()


@MANY
@given(SHARES, ERRORS, st.integers(2, 5000), st.floats(1, 500), st.sampled_from(METHODS))
def test_an_interval_holds_its_estimate_or_says_why_there_is_none(
    p: float, se: float, n: int, df: float, method: str
) -> None:
    found = proportion_interval(p, se, n, df, method=method)
    if found.reason:
        assert math.isnan(found.low)
        assert math.isnan(found.high)
        return
    assert found.low < found.high
    assert found.low <= p + 1e-9
    assert p - 1e-9 <= found.high
    if method not in ("mean", "wald"):
        assert found.low >= -1e-12
        assert found.high <= 1 + 1e-12


@MANY
@given(st.integers(2, 5000), st.floats(1, 500), st.sampled_from(METHODS), st.sampled_from([0.0, 1.0]))
def test_no_interval_at_nought_or_all_has_width_zero(n: int, df: float, method: str, p: float) -> None:
    found = proportion_interval(p, 0.0, n, df, method=method)
    assert found.reason or found.high - found.low > 1e-9


@MANY
@given(
    st.floats(0.05, 0.95), st.floats(0.01, 0.05), st.integers(50, 500), st.integers(5, 200), st.sampled_from(METHODS)
)
def test_more_confidence_is_never_narrower(p: float, se: float, n: int, df: int, method: str) -> None:
    narrow, wide = (proportion_interval(p, se, n, df, method=method, level=level) for level in (0.8, 0.99))
    assert wide.low <= narrow.low
    assert narrow.high <= wide.high
