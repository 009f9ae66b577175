"""Percentages and amounts of money: what is read, in which unit, what is shown back, what is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from forms.answers import shown_value
from forms.build import parse_page
from forms.leaves import Answer
from forms.model import Questionnaire

READ = [
    ("x07", "12.5", "12.5"), ("x07", "12.5%", "12.5"), ("x07", "１２．５％", "12.5"), ("x07", " 0 ", "0.0"),
    ("x07", "100", "100.0"), ("x07", "7 %", "7.0"),
    ("x05_software", "1200", "1200.00"), ("x05_software", "1.2亿", "12000.00"), ("x05_software", "500万元", "500.00"),
    ("x05_software", "12000元", "1.20"), ("x05_software", "1,200.5", "1200.50"), ("x05_software", "-3", "-3.00"),
    ("x06", "3", "3.0000"), ("x06", "3亿", "3.0000"), ("x06", "5000万", "0.5000"), ("x06", "12000元", "0.0001"),
    ("x06", "1.2万亿", "12000.0000"), ("x06", "0.0001", "0.0001"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "typed", "value"), READ)
def test_what_is_typed_is_read_in_the_unit_of_the_box(
    everything: Questionnaire, name: str, typed: str, value: str
) -> None:
    if value == "0.0001" and typed == "12000元":
        value = "refused"  # 0.00012 亿元 has more places than are kept
    page = parse_page(everything, "use", "zh", {name: [typed]})
    if value == "refused":
        assert page.errors[name] == "“12000元”的小数位过多。最多保留 4 位小数，如 12.0000。"
        return
    assert page.answers[name] == Answer(Decimal(value), "answered")
    assert str(page.answers[name].value) == value


@pytest.mark.parametrize(
    ("name", "typed", "shown"),
    [
        ("x06", "5000万", "“5000万”已读作 0.5000 亿元"),
        ("x05_software", "1.2亿", "“1.2亿”已读作 12,000.00 万元"),
        ("x05_software", "12000元", "“12000元”已读作 1.20 万元"),
    ],
)
def test_another_unit_is_shown_back(everything: Questionnaire, name: str, typed: str, shown: str) -> None:
    assert parse_page(everything, "use", "zh", {name: [typed]}).readings == {name: shown}


@pytest.mark.parametrize(
    ("typed", "zh"),
    [
        ("12.55", "“12.55”的小数位过多。最多保留 1 位小数，如 12.0。"),
        ("100.1", "“100.1”大于可填的最大值 100。请核对单位，填 100 或更小的数。"),
        ("-0.1", "“-0.1”小于可填的最小值 0。请填 0 或更大的数。"),
        ("1万", "“1万”读不成一个百分数。请只填百分号前的数，如 12.5 表示 12.5%；没有请填 0。"),
        ("12%%", "“12%%”读不成一个百分数。请只填百分号前的数，如 12.5 表示 12.5%；没有请填 0。"),
        ("1/8", "“1/8”读不成一个百分数。请只填百分号前的数，如 12.5 表示 12.5%；没有请填 0。"),
    ],
)
def test_a_percentage_is_refused_in_words(everything: Questionnaire, typed: str, zh: str) -> None:
    assert parse_page(everything, "use", "zh", {"x07": [typed]}).errors == {"x07": zh}


def test_amounts_are_shown_with_their_unit(everything: Questionnaire) -> None:
    fields = everything.fields
    assert shown_value(fields["x06"], Answer(Decimal("1234.5"), "answered"), "en") == "1,234.5000 hundred million yuan"
    assert shown_value(fields["x07"], Answer(Decimal("12.5"), "answered"), "zh") == "12.5 %"
    assert shown_value(fields["x05_all"], Answer(Decimal("0.00"), "answered"), "zh") == "0.00 万元"
