"""Computed fields, totals, required_if: values that follow from others, and what is asked because of them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from forms.answers import typed_from_answers
from forms.build import build_form, parse_page
from forms.checks import run_checks
from forms.exporting import computed_answers, exported_answers
from forms.leaves import BLANK, Answer
from forms.model import Questionnaire
from forms.routing import route

Load = Callable[[str], Questionnaire]


def told(**values: Any) -> dict[str, Answer]:
    return {
        name: Answer(None, "dont_know") if value == "?" else Answer(value, "answered") for name, value in values.items()
    }


@pytest.mark.parametrize(
    ("staff", "rd", "share"),
    [
        (3, 1, Answer(Decimal("33.3"), "answered")),
        (8, 1, Answer(Decimal("12.5"), "answered")),
        (16, 1, Answer(Decimal("6.3"), "answered")),  # 6.25: halves go up
        (4, 1, Answer(Decimal("25.0"), "answered")),
        (4, 0, Answer(Decimal("0.0"), "answered")),
        (0, 0, BLANK),
        (4, "?", BLANK),
    ],
)
def test_a_share(everything: Questionnaire, staff: int, rd: Any, share: Answer) -> None:
    assert computed_answers(everything, told(x03_staff=staff, x03_rd=rd))["x03_share"] == share
    assert exported_answers(everything, told(x03_staff=staff, x03_rd=rd))["x03_share"] == share


def test_every_kind_of_computed_value(everything: Questionnaire) -> None:
    made = computed_answers(everything, told(x03_staff=300, x04="no"))
    assert made["x03_large"] == Answer(True, "answered")
    assert made["x15_users"] == BLANK and made["x15_size"] == BLANK


def test_nobody_posts_a_computed_value(everything: Questionnaire) -> None:
    page = parse_page(everything, "unit", "zh", {"x03_share": ["99"], "x03_staff": ["4"]})
    assert "x03_share" not in page.answers and "x03_share" not in page.errors
    assert "x03_share" not in build_form(everything, "unit", "zh")()
    answers = told(x03_staff=4, x03_rd=1, x03_share=Decimal(99))
    assert computed_answers(everything, answers)["x03_share"] == Answer(Decimal("25.0"), "answered")
    assert "x03_share" not in typed_from_answers(everything, "unit", answers)
    assert "required_x03_share" not in {finding.check_id for finding in run_checks(everything, {})}


PARTS = """\
pages:
  - id: p
    title: {zh: 页, en: Page}
    questions:
      - {id: G, text: {zh: 有吗, en: Any}, type: sel1, dont_know: true,
         choices: [{code: y, label: {zh: 有, en: "Yes"}}, {code: n, label: {zh: 无, en: "No"}}]}
  - id: q
    title: {zh: 页, en: Page}
    relevant: "${g} = 'y'"
    questions:
      - id: Q
        text: {zh: 数, en: Numbers}
        parts:
          - {id: all, type: int, label: {zh: 合计, en: All}, unit: {zh: 人, en: persons}, total_of: [a, b]}
          - {id: a, type: int, label: {zh: 甲, en: A}, dont_know: true}
          - {id: b, type: int, label: {zh: 乙, en: B}, required_if: "${q_a} > 3 and ${g} = 'y'"}
          - {id: twice, type: computed, label: {zh: 倍, en: Twice}, gives: int, value: "2 * ${q_all}"}
          - {id: more, type: computed, label: {zh: 加, en: More}, gives: int, value: "${q_twice} + 1"}
  - id: r
    title: {zh: 页, en: Page}
    relevant: "${q_more} > 20"
    questions:
      - {id: R, text: {zh: 数, en: Number}, type: int}
"""


def test_a_total_is_the_sum_of_its_parts(load: Load) -> None:
    questionnaire = load(PARTS)
    (finding,) = run_checks(questionnaire, told(g="y", q_all=1200, q_a=1, q_b=1000), page="q")
    assert (finding.check_id, finding.severity, finding.fields) == ("total_q_all", "hard", ("q_all",))
    assert finding.message["zh"] == ("“合计”填报的是 1,200 人，各分项相加是 1,001 人。请改正其中有误的数，使两者相等。")
    assert finding.message["en"] == (
        "“All” is given as 1,200 persons, but its parts add up to 1,001 persons. Correct whichever is wrong, so that"
        " the two agree."
    )
    assert run_checks(questionnaire, told(g="y", q_all=1001, q_a=1, q_b=1000), page="q") == ()


def test_a_total_says_nothing_while_a_part_is_missing(load: Load) -> None:
    questionnaire = load(PARTS)
    assert run_checks(questionnaire, told(g="y", q_all=7, q_a="?", q_b=1), page="q") == ()
    assert run_checks(questionnaire, told(g="y", q_all=7, q_a=3), page="q") == ()


def test_required_if(load: Load) -> None:
    questionnaire = load(PARTS)

    def missing(**values: Any) -> list[str]:
        return [finding.check_id for finding in run_checks(questionnaire, told(**values)) if finding.missing]

    assert missing(g="y", q_all=4, q_a=4) == ["required_q_b"]
    assert missing(g="y", q_all=3, q_a=3) == []
    assert missing(g="y", q_all=3, q_a="?") == []  # unknown: not required
    assert missing(g="n") == []


def test_computed_values_of_computed_values_route(load: Load) -> None:
    questionnaire = load(PARTS)
    assert route(questionnaire, told(g="y", q_all=10)).pages == ("p", "q", "r")
    assert "r" in route(questionnaire, told(g="y", q_all=9)).away
    assert "r" not in route(questionnaire, told(g="y")).away  # q_all may still be answered
    assert route(questionnaire, told(g="n")).away == ("q_all", "q_a", "q_b", "q_twice", "q_more", "r")
    assert exported_answers(questionnaire, told(g="n", q_all=3))["q_more"] == Answer(None, "not_applicable")


def test_a_value_that_will_stay_unknown_is_settled(load: Load) -> None:
    questionnaire = load(PARTS.replace('value: "2 * ${q_all}"', 'value: "2 * ${q_a}"'))
    way = route(questionnaire, told(g="y", q_a="?"))
    assert "r" in way.away


TWO = """\
pages:
  - id: p
    title: {zh: 页, en: Page}
    questions:
      - {id: G, text: {zh: 数, en: Number}, type: int}
      - {id: A, text: {zh: 倍, en: Twice}, type: computed, gives: int, value: "2 * ${g}"}
      - {id: B, text: {zh: 加, en: More}, type: computed, gives: int, value: "${a} + 1"}
  - id: q
    title: {zh: 页, en: Page}
    relevant: "${g} > 5"
    questions:
      - {id: Q, text: {zh: 数, en: Number}, type: int, required: false}
      - {id: C, text: {zh: 数, en: Number}, type: computed, gives: int, value: "${b} + 1"}
checks:
  - {id: small, severity: soft, rule: "${c} < 20", message: {zh: "${c}，${b}", en: "${c} and ${b}"}}
"""


def test_computed_questions_of_one_page_follow_one_another(load: Load) -> None:
    made = computed_answers(load(TWO), told(g=7))
    assert made == {"a": Answer(14, "answered"), "b": Answer(15, "answered"), "c": Answer(16, "answered")}


def test_a_computed_field_that_is_not_asked_has_no_value(load: Load) -> None:
    questionnaire = load(TWO)
    assert "c" not in computed_answers(questionnaire, told(g=3))
    assert exported_answers(questionnaire, told(g=3))["c"] == Answer(None, "not_applicable")
    away = load(TWO.replace("${g} > 5", "${g} < 5"))
    assert run_checks(away, told(g=40)) == ()  # b is 81, but c is not asked
    (finding,) = run_checks(questionnaire, told(g=40))
    assert finding.message["en"] == "82 and 81"
