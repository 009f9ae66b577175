"""Numbers as people type them: what is read, and what is refused because it could be read in two ways."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.numbers import read_number, show_number


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("0", "0"),
        ("007", "7"),
        (" 12 ", "12"),
        ("+5", "5"),
        ("-3", "-3"),
        ("−3", "-3"),
        ("－３", "-3"),
        ("１２３", "123"),
        ("12.50", "12.50"),
        ("１２．５", "12.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1,234,567", "1234567"),
        ("1，234，567", "1234567"),
        ("12,3456", "123456"),
        ("1 234", "1234"),
        ("1\u3000234", "1234"),
        ("1,234.5", "1234.5"),
        ("1.2万", "12000"),
        ("３ 亿", "300000000"),
        ("2万亿", "2000000000000"),
        ("0.5亿", "50000000"),
    ],
)
def test_numbers_are_read_as_meant(typed: str, value: str) -> None:
    number = read_number(typed)
    assert number is not None
    assert number.value == Decimal(value)


@pytest.mark.parametrize(
    "typed",
    [
        "1e5", "1E5", "0x1f", "NaN", "nan", "Infinity", "-inf", "1_000", "1,5", "1,23",
        "12,34,56", "1,234,5", "1..2", "1.2.3",
        "--1", "1-", "one", "十二", "12人", "万", "亿万", "12%", "1/2", "½", "²", "10²", "①", "٣",
        "१२", "\u200f12", "12\u202e", "1\u200b2",
        "1\x002", "\x00", "", " ", ",", ".", "-", "1" * 61, "9" * 19, "=1+1", "1;2", "１e５", "𝟙e𝟝", "\ud800",
    ],
)  # fmt: skip
def test_what_can_be_read_in_two_ways_is_refused(typed: str) -> None:
    assert read_number(typed) is None


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_without_an_error(typed: str) -> None:
    number = read_number(typed)
    assert number is None or number.value.is_finite()


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_a_number_shown_is_read_as_the_same_number(value: int) -> None:
    number = read_number(show_number(value))
    assert number is not None
    assert number.value == value
