"""Numbers are rounded once, half up on the decimal value, and printed with true minus, en dash and comma."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.numbers import count, interval, percent, rate_decimals, show, three_figures


@pytest.mark.parametrize(
    ("value", "decimals", "printed"),
    [
        (0.6185, 1, "61.9"),  # 61.85: half up; the float 0.6185*100 is 61.850000000000001 or 61.849999999999994
        (0.6995, 1, "70.0"),
        (0.69949, 1, "69.9"),
        (0.005, 0, "1"),
        (0.0, 1, "0.0"),
        (1.0, 1, "100.0"),
        (0.125, 0, "13"),
        (-0.0125, 1, "−1.3"),
    ],
)
def test_a_fraction_is_printed_as_per_cent(value: float, decimals: int, printed: str) -> None:
    assert percent(value, decimals) == printed


@pytest.mark.parametrize(
    ("value", "printed"),
    [(1234567.8, "1,230,000"), (1235000, "1,240,000"), (987.5, "988"), (99.6, "100"), (4716, "4,720"),
     (-4716, "−4,720"), (0, "0"), (12.4, "12"), (999_500, "1,000,000")],
)  # fmt: skip
def test_an_estimated_count_has_three_significant_figures(value: float, printed: str) -> None:
    assert count(value) == printed


def test_a_negative_zero_has_no_sign() -> None:
    assert show(Decimal("-0.04"), 1) == "0.0"
    assert show(Decimal("-0.04"), 1, sign=True) == "0.0"


def test_an_interval_with_a_minus_is_joined_by_a_word() -> None:
    assert interval("59.9", "63.7", "zh") == "59.9–63.7"
    assert interval("−1.2", "3.4", "en") == "−1.2 to 3.4"
    assert interval("−1.2", "3.4", "zh") == "−1.2 至 3.4"


def test_a_small_effective_sample_prints_whole_per_cents() -> None:
    assert [rate_decimals(n_eff) for n_eff in (399.9, 400.0, None, float("nan"))] == [0, 1, 1, 1]


@settings(derandomize=True, max_examples=300)
@given(st.integers(0, 10**6), st.integers(0, 3))
def test_printing_equals_decimal_arithmetic_on_the_written_number(millionths: int, decimals: int) -> None:
    written = Decimal(millionths) / 10**6
    wanted = (written * 100).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    assert Decimal(percent(float(written), decimals)) == wanted


@settings(derandomize=True, max_examples=300)
@given(st.integers(100, 10**12))
def test_three_figures_stay_within_half_a_unit_of_the_third(value: int) -> None:
    rounded = three_figures(Decimal(value))
    unit = Decimal(10) ** (Decimal(value).adjusted() - 2)
    assert abs(rounded - value) <= unit / 2
    assert len(str(int(rounded)).rstrip("0")) <= 3
