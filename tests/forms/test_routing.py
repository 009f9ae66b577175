"""What is asked of a unit, and what its answers become when they are exported."""

from __future__ import annotations

from forms.exporting import exported_answers
from forms.model import BLANK, Answer, Questionnaire
from forms.routing import route

YES, NO = Answer("yes", "answered"), Answer("no", "answered")
UNSURE, AWAY = Answer(None, "dont_know"), Answer(None, "not_applicable")
FIRST = ("q01", "q02_address", "q02_region", "q03_staff", "q03_rd", "q04", "q05", "q06", "q07")
DETAIL = (
    "q08_rd",
    "q08_core",
    "q09_t1_all",
    "q09_t1_ai",
    "q09_t2_all",
    "q09_t2_ai",
    "q10",
    "q10_band",
    "q11",
    "q12",
    "q13",
)


def test_a_page_is_asked_when_its_condition_is_true(every_type: Questionnaire) -> None:
    way = route(every_type, {"q04": YES})
    assert way.pages == ("unit", "use", "detail")
    assert way.fields == (*FIRST, *DETAIL)
    assert way.away == ()


def test_no_and_dont_know_route_it_away(every_type: Questionnaire) -> None:
    for answer in (NO, UNSURE):
        way = route(every_type, {"q04": answer})
        assert way.pages == ("unit", "use")
        assert way.away == (*DETAIL[:9], "q11_other_text", *DETAIL[9:])


def test_before_the_gate_is_answered_nothing_is_decided(every_type: Questionnaire) -> None:
    for answers in ({}, {"q04": BLANK}):
        way = route(every_type, answers)
        assert way.fields == FIRST
        assert way.away == ()


def test_the_words_of_other_are_asked_when_other_is_chosen(every_type: Questionnaire) -> None:
    answers = {"q04": YES, "q11": Answer("records other", "answered")}
    assert "q11_other_text" in route(every_type, answers).fields
    answers["q11"] = Answer("records", "answered")
    assert "q11_other_text" in route(every_type, answers).away


def test_the_next_page(every_type: Questionnaire) -> None:
    way = route(every_type, {"q04": NO})
    assert (way.after("unit"), way.after("use"), way.after("detail")) == ("use", None, None)


def test_answers_left_behind_are_exported_as_not_applicable(every_type: Questionnaire) -> None:
    answers = {"q03_staff": Answer(12, "answered"), "q04": NO, "q10": Answer(5, "answered")}
    made = exported_answers(every_type, answers)
    assert made["q03_staff"] == Answer(12, "answered")
    assert made["q10"] == AWAY
    assert "q05" not in made  # its page was never sent
    assert answers["q10"].value == 5


def test_what_was_never_reached_is_not_exported(every_type: Questionnaire) -> None:
    assert exported_answers(every_type, {"q03_staff": Answer(12, "answered")}) == {"q03_staff": Answer(12, "answered")}


def test_of_number_and_range_one_is_enough(every_type: Questionnaire) -> None:
    made = exported_answers(every_type, {"q04": YES, "q10": BLANK, "q10_band": Answer("b1", "answered")})
    assert made["q10"] == AWAY
    made = exported_answers(every_type, {"q04": YES, "q10": BLANK, "q10_band": BLANK})
    assert made["q10"] == BLANK
