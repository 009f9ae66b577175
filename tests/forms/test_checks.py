"""What is missing, what cannot be, and what should be explained."""

from __future__ import annotations

import datetime
from collections.abc import Callable

from forms.build import parse_page
from forms.checks import run_checks
from forms.model import Answer, Given, Questionnaire


def numbers(**typed: int) -> dict[str, Answer]:
    return {name: Answer(value, "answered") for name, value in typed.items()}


def test_a_hard_rule_that_is_false_is_found_with_its_numbers(every_type: Questionnaire) -> None:
    found = [finding for finding in run_checks(every_type, numbers(q03_staff=1200, q03_rd=1300)) if not finding.missing]
    assert [(finding.check_id, finding.severity, finding.fields, finding.page) for finding in found] == [
        ("rd_within_staff", "hard", ("q03_rd",), "unit"),
        ("many_rd", "soft", ("q03_staff", "q03_rd"), "unit"),
    ]
    assert found[0].message["zh"] == "研发人员（1,300 人）多于从业人员（1,200 人）。"
    assert found[0].message["en"] == "R&D staff (1,300) exceed persons employed (1,200)."


def test_a_rule_is_silent_while_an_answer_is_missing(every_type: Questionnaire) -> None:
    for answers in (numbers(q03_rd=5), numbers(q03_staff=1) | {"q03_rd": Answer(None, "dont_know")}, {}):
        assert [finding for finding in run_checks(every_type, answers) if not finding.missing] == []


def test_a_confirmed_soft_finding_is_left_out_and_a_hard_one_is_not(every_type: Questionnaire) -> None:
    answers = numbers(q03_staff=10, q03_rd=11)
    confirmed = {"many_rd", "rd_within_staff"}
    assert [finding.check_id for finding in run_checks(every_type, answers, confirmed=confirmed, page="unit")] == [
        "required_q02_region", "rd_within_staff",
    ]  # fmt: skip


def test_a_confirmation_by_fingerprint_lapses_when_the_numbers_change(every_type: Questionnaire) -> None:
    def soft(answers: dict[str, Answer], *confirmed: str) -> list[str]:
        found = run_checks(every_type, answers, confirmed=confirmed)
        return [finding.fingerprint for finding in found if finding.severity == "soft"]

    (first,) = soft(numbers(q03_staff=10, q03_rd=6))
    assert soft(numbers(q03_staff=10, q03_rd=6), first) == []
    assert len(soft(numbers(q03_staff=10, q03_rd=7), first)) == 1


def test_what_is_missing_is_said_for_each_kind(every_type: Questionnaire) -> None:
    found = run_checks(every_type, {"q04": Answer("yes", "answered")})
    said = {finding.fields[0]: finding.message for finding in found}
    assert said["q03_staff"]["zh"] == "“从业人员”还没有填写。请填写；没有请填 0。"
    assert said["q03_rd"]["en"] == (
        "“R&D staff” has not been answered. Write an answer; write 0 if there is none, or tick “Don’t know”."
    )
    assert said["q02_region"]["zh"] == "“地区”还没有选择。请选一项。"
    assert said["q10"]["en"] == (
        "“Weekly users” has not been answered. Write a number (0 if there is none), or choose a range."
    )
    assert said["q11"]["zh"] == "“来源”还没有选择。请至少选一项。"
    assert said["q13"]["en"] == "“The above is true” has not been confirmed. Tick the box."
    assert not {"q02_address", "q06", "q12", "q10_band", "q11_other_text"} & set(said)


def test_a_range_or_a_number_is_enough(every_type: Questionnaire) -> None:
    for given in ({"q10": Answer(0, "answered")}, {"q10_band": Answer("b1", "answered")}):
        found = run_checks(every_type, {"q04": Answer("yes", "answered")} | given)
        assert "required_q10" not in {finding.check_id for finding in found}


def test_the_words_of_other_are_required_when_it_is_chosen(every_type: Questionnaire) -> None:
    found = run_checks(every_type, {"q04": Answer("yes", "answered"), "q11": Answer("other", "answered")})
    assert "required_q11_other_text" in {finding.check_id for finding in found}


def test_an_answer_that_was_routed_away_counts_as_missing(load: Callable[[str], Questionnaire]) -> None:
    questionnaire = load(
        """\
        pages:
          - id: a
            title: {zh: 页, en: Page}
            questions: [{id: Q-1, text: {zh: 甲, en: A}, type: int}]
          - id: b
            title: {zh: 页, en: Page}
            relevant: "${q1} > 0"
            questions: [{id: Q-2, text: {zh: 乙, en: B}, type: int}]
          - id: c
            title: {zh: 页, en: Page}
            relevant: "${q2} > 0"
            questions: [{id: Q-3, text: {zh: 丙, en: C}, type: int}]
        checks:
          - {id: order, severity: hard, rule: "${q2} <= ${q1}", message: {zh: 乙大于甲, en: B exceeds A}}
        """
    )
    broken = {"order", "required_q3"}
    assert {finding.check_id for finding in run_checks(questionnaire, numbers(q1=1, q2=2))} == broken
    assert run_checks(questionnaire, numbers(q1=0, q2=2)) == ()  # page b is not asked now, and so neither is c


def test_only_what_concerns_a_page(every_type: Questionnaire) -> None:
    found = run_checks(every_type, numbers(q03_staff=1, q03_rd=2), page="use")
    assert {finding.page for finding in found} == {"use"}


def test_a_rule_over_two_pages_is_judged_on_both(load: Callable[[str], Questionnaire]) -> None:
    questionnaire = load(
        """\
        pages:
          - id: a
            title: {zh: 页, en: Page}
            questions: [{id: Q-1, text: {zh: 甲, en: A}, type: int}]
          - id: b
            title: {zh: 页, en: Page}
            questions: [{id: Q-2, text: {zh: 乙, en: B}, type: int}]
        checks:
          - {id: order, severity: hard, rule: "${q2} <= ${q1}", message: {zh: 乙大于甲, en: B exceeds A}}
        """
    )
    answers = numbers(q1=1, q2=2)
    assert [(finding.check_id, finding.page) for finding in run_checks(questionnaire, answers, page="b")] == [
        ("order", "b")
    ]
    assert [(finding.check_id, finding.page) for finding in run_checks(questionnaire, answers, page="a")] == [
        ("order", "a")
    ]
    assert [(finding.check_id, finding.page) for finding in run_checks(questionnaire, answers)] == [("order", "a")]


def test_rules_see_states_the_sample_and_the_day(load: Callable[[str], Questionnaire]) -> None:
    questionnaire = load(
        """\
        pages:
          - id: a
            title: {zh: 页, en: Page}
            questions:
              - {id: Q-1, text: {zh: 甲, en: A}, type: int, dont_know: true, prefill: {column: staff, mode: editable}}
              - id: Q-2
                text: {zh: 日期, en: Date}
                type: date
                checks: [{id: later, severity: hard, rule: ". <= today()", message: {zh: 晚, en: late}}]
        checks:
          - {id: known, severity: soft, rule: "state(${q1}) != 'dont_know'", message: {zh: 不清楚, en: unsure}}
          - {id: same, severity: soft, rule: "${q1} <= 2 * ${q1_prefilled}", message: {zh: 变化大, en: changed}}
        """
    )

    def found(typed: dict[str, list[str]]) -> set[str]:
        answers = parse_page(questionnaire, "a", "zh", typed).answers
        prefilled, day = numbers(q1=10), datetime.date(2026, 6, 1)
        return {finding.check_id for finding in run_checks(questionnaire, answers, given=Given(prefilled), today=day)}

    assert found({"q1__dk": ["1"], "q2": ["2026-06-01"]}) == {"known"}
    assert found({"q1": ["21"], "q2": ["2026-06-02"]}) == {"same", "later"}
    assert found({"q1": ["20"], "q2": ["2026-05-31"]}) == set()
