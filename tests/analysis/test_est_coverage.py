"""Coverage with known truth: the simulation counts what the estimators print, and the default interval holds."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import proportion
from benchmarks import coverage

MODELS = {
    "clusters": lambda p, n: coverage.clusters((6, 3, 8), p, n, np.random.default_rng(1)),
    "elements": lambda p, n: coverage.elements((4, 50), p, n, np.random.default_rng(2)),
    "agencies": lambda p, n: coverage.agencies(coverage.register(), p, n, np.random.default_rng(3)),
}


@pytest.fixture
def agencies() -> None:
    if not coverage.REGISTER.exists():
        pytest.skip("shared/realdata/library_frame is not beside the checkout")


@pytest.mark.usefixtures("agencies")
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("p", [0.03, 0.70])
def test_the_simulation_computes_what_the_estimator_prints(name: str, p: float) -> None:
    samples = MODELS[name](p, 3)
    estimates, errors, df = coverage.errors(samples)
    for i in range(3):
        row = proportion(samples.survey(i), "y").frame.iloc[0]
        assert estimates[i] == pytest.approx(row.estimate, rel=1e-12)
        assert errors[i] == pytest.approx(row.se, rel=1e-9, abs=1e-15)
        assert df == row.df
        found = coverage.proportion_interval(float(estimates[i]), float(errors[i]), int(row.n), df)
        assert (found.low, found.high) == pytest.approx((row.ci_low, row.ci_high), rel=1e-7, abs=1e-12)


@pytest.mark.usefixtures("agencies")
@pytest.mark.parametrize("name", MODELS)
def test_the_default_interval_holds_the_truth_in_a_slice(name: str) -> None:
    cells = {p: coverage.counted(MODELS[name](p, 400)) for p in coverage.SHARES}
    assert {p: cell.covered for p, cell in cells.items() if cell.covered < 0.925} == {}  # 0.945 less two of its noise


@pytest.mark.proof
@pytest.mark.usefixtures("agencies")
def test_the_default_interval_covers_945_of_1000_in_every_cell() -> None:
    found = coverage.designs(20_000)
    assert len(found) == 4
    assert {(n, p): c.covered for n, own in found.items() for p, c in own.items() if c.covered < coverage.ASKED} == {}


def test_the_page_says_that_no_cell_is_short() -> None:
    text = coverage.PAGE.read_text(encoding="utf-8")
    assert text.count("|\n") == 22
    assert "short" not in text
