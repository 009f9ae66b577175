"""The one verdict: bounds against an independent computation, every word by hand, and what is lacking."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.verdict import Bounds, Headline, Reading, is_due, one_sided_bounds, path_to_target, verdict

# p = 0.75, simple random sample of 400: se^2 = 0.1875 / 399, so p (1 - p) / se^2 = 399 and n_eff = 399 (t ratio 1)
HEADLINE = Headline(
    estimate=0.75, se=math.sqrt(0.1875 / 399), df=399.0, n=400, ci_low=0.705, ci_high=0.79, n_population=20000.0
)


def test_bounds_are_those_of_korn_and_graubard() -> None:
    made = one_sided_bounds(HEADLINE, 0.70)
    x, n = 0.75 * 399, 399.0
    assert made.lower == pytest.approx(stats.beta.ppf(0.05, x, n - x + 1), rel=1e-9)
    assert made.upper == pytest.approx(stats.beta.ppf(0.95, x + 1, n - x), rel=1e-9)
    assert made.p_value == pytest.approx(stats.beta.cdf(0.70, x, n - x + 1), rel=1e-9)


def test_few_degrees_of_freedom_widen_the_bounds() -> None:
    wide = one_sided_bounds(replace(HEADLINE, df=8.0), 0.70)
    n = 399 * (stats.t.ppf(0.95, 399) / stats.t.ppf(0.95, 8)) ** 2
    assert wide.lower == pytest.approx(stats.beta.ppf(0.05, 0.75 * n, n - 0.75 * n + 1), rel=1e-9)


def test_everyone_or_no_one_still_has_a_bound() -> None:
    every = one_sided_bounds(replace(HEADLINE, estimate=1.0, se=0.0, n=50, df=49.0), 0.90)
    # n_eff = n = 50, x = 50: lower = 0.05^(1/50), p-value = 0.9^50
    assert every.lower == pytest.approx(0.05 ** (1 / 50), rel=1e-9) and every.upper == 1.0
    assert every.p_value == pytest.approx(0.9**50, rel=1e-9)
    none = one_sided_bounds(replace(HEADLINE, estimate=0.0, se=0.0, n=50, df=49.0), 0.90)
    assert none.lower == 0.0 and none.upper == pytest.approx(1 - 0.05 ** (1 / 50), rel=1e-9) and none.p_value == 1.0


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.floats(0.01, 0.99), st.floats(0.001, 0.2), st.integers(10, 5000), st.integers(1, 400), st.floats(0.05, 0.95))
def test_bound_and_p_value_never_contradict_each_other(p: float, se: float, n: int, df: int, target: float) -> None:
    made = one_sided_bounds(replace(HEADLINE, estimate=p, se=se, n=n, df=float(df)), target)
    if abs(made.lower - target) > 1e-9:
        assert (made.p_value < 0.05) == (made.lower > target)
    assert 0 <= made.lower <= p <= made.upper <= 1


ONE = (Reading("PEN-01/headline", 0.75),)


@pytest.mark.parametrize(
    ("bounds", "readings", "due", "word"),
    [
        (Bounds(0.71, 0.79, 0.01), ONE, False, "not_due"),
        (Bounds(0.71, 0.79, 0.01), ONE, True, "above"),
        (Bounds(0.70, 0.79, 0.05), ONE, True, "cannot_tell"),
        (Bounds(0.61, 0.69, 0.99), (Reading("a", 0.65),), True, "below"),
        (Bounds(0.61, 0.70, 0.99), (Reading("a", 0.65),), True, "cannot_tell"),
        (Bounds(0.71, 0.79, 0.01), (*ONE, Reading("PEN-04/headline", 0.41)), True, "depends_on_definition"),
        (Bounds(0.66, 0.72, 0.40), (Reading("a", 0.69), Reading("dk_yes", 0.73)), True, "depends_on_definition"),
        # A reading of exactly 70 % does not exceed 70 %.
        (Bounds(0.71, 0.79, 0.01), (*ONE, Reading("b", 0.70)), True, "depends_on_definition"),
        (Bounds(0.71, 0.79, 0.01), (*ONE, Reading("b", math.nan)), True, "above"),
        (Bounds(math.nan, math.nan, math.nan), ONE, True, "cannot_tell"),
        (Bounds(0.71, 0.79, 0.01), (*ONE, Reading("PEN-04/headline", 0.41)), False, "not_due"),
    ],
)
def test_every_verdict(bounds: Bounds, readings: tuple[Reading, ...], due: bool, word: str) -> None:
    assert verdict(bounds, readings, target=0.70, due=due) == word


def test_a_target_is_due_from_its_deciding_wave_on() -> None:
    assert [is_due(wave, "2027Q4") for wave in ("2026Q4", "2027Q3", "2027Q4", "2028Q1", "2027", "pilot")] == [
        False, False, True, True, True, False]  # fmt: skip


def test_what_is_lacking_by_hand() -> None:
    headline = replace(HEADLINE, estimate=0.58, ci_low=0.55, ci_high=0.61)
    path = path_to_target(headline, target=0.70, wave="2026Q4", deciding_wave="2027Q4")
    # (0.70 - 0.58) x 20,000 = 2,400, from (0.70 - 0.61) to (0.70 - 0.55); one year is left
    assert (path.units_lacking, path.units_lacking_low, path.units_lacking_high) == pytest.approx((2400, 1800, 3000))
    assert path.required_per_year == pytest.approx(0.12)
    later = path_to_target(headline, target=0.90, wave="2026Q4", deciding_wave="2030Q4")
    assert later.required_per_year == pytest.approx(0.32 / 4)
    reached = path_to_target(HEADLINE, target=0.70, wave="2026Q4", deciding_wave="2027Q4")
    assert (reached.units_lacking, reached.units_lacking_low, reached.required_per_year) == (0, 0, 0)
    assert math.isnan(path_to_target(HEADLINE, target=0.70, wave="2027Q4", deciding_wave="2027Q4").required_per_year)
