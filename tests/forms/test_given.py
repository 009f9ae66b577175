"""What is known of a unit before it answers: the sample, the previous wave, the arm of an experiment."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from forms.checks import run_checks
from forms.given import beside, boxed, given_answers, given_from_json, given_to_json, wording_of
from forms.leaves import NOTHING_GIVEN, Answer, Given
from forms.model import Questionnaire
from forms.routing import route
from uptake.contract.errors import StoreError, TableError

Load = Callable[[str], Questionnaire]
ROW: dict[str, Any] = {
    "unit_id": "91350100M000100Y43", "province": "110000", "annual_module": "yes", "staff": 120.0,
    "founded": datetime.datetime(2001, 5, 4), "listed": "No", "wording_2026": "b",
}  # fmt: skip


def said(value: Any, state: Any = "answered") -> Answer:
    return Answer(value, state)


LAST = {
    "x03_staff": said(100), "x03_rd": said(None, "dont_know"), "x03_share": said(Decimal("12.5")),
    "x10_rd": said("routine"), "x10_core": said("abolished"), "x14_name.1": said("甲"), "x14_users.1": said(4),
    "x14_users.2": said(None, "dont_know"), "x14_rows": said(2), "x99": said(1), "x14_users.9999": said(1),
}  # fmt: skip


def test_the_sample_gives(everything: Questionnaire) -> None:
    given = given_answers(everything, ROW)
    assert given.prefilled == {"x01": said("91350100M000100Y43"), "x02_region": said("110000")}
    assert given.sample == {
        "annual": "yes", "register_staff": 120, "since": datetime.date(2001, 5, 4), "listed": False,
    }  # fmt: skip
    assert given.arms == {"w2026": "b"} and given.last == {}


def test_the_last_wave_gives(everything: Questionnaire) -> None:
    given = given_answers(everything, ROW, last=LAST)
    assert given.last == {name: LAST[name] for name in (
        "x03_staff", "x03_rd", "x03_share", "x10_rd", "x14_name.1", "x14_users.1", "x14_users.2")}  # fmt: skip
    assert {name for name in given.prefilled if name not in ("x01", "x02_region")} == {
        "x03_staff", "x10_rd", "x14_name.1", "x14_users.1",
    }  # fmt: skip
    assert beside(everything, given) == {"x03_staff": said(100)}
    assert "x03_staff" not in boxed(everything, given) and boxed(everything, given)["x14_users.1"] == said(4)


def test_a_fraction_of_the_frame_is_kept_to_six_places(load: Load) -> None:
    questionnaire = load("""\
        sample:
          - {id: share, column: share, type: dec}
        pages:
          - id: p
            title: {zh: 页, en: Page}
            questions: [{id: Q, text: {zh: 数, en: Number}, type: int}]
        """)
    for cell, value in ((1 / 3, "0.333333"), (-2 / 3, "-0.666667"), ("1,200.5", "1200.500000"), (7.0, "7.000000")):
        assert given_answers(questionnaire, {"share": cell}).sample == {"share": Decimal(value)}
    with pytest.raises(TableError, match='the value "about 3" cannot fill in "share"'):
        given_answers(questionnaire, {"share": "about 3"})


def test_empty_cells_give_nothing(everything: Questionnaire) -> None:
    given = given_answers(everything, ROW | {"annual_module": None, "staff": float("nan"), "wording_2026": ""})
    assert given.sample == {"since": datetime.date(2001, 5, 4), "listed": False} and given.arms == {}


REFUSALS = {
    "annual_module": "which the questionnaire \"everything\" reads as \"annual\"",
    "wording_2026": "with the arm of the experiment \"w2026\"",
    "province": "with which the questionnaire \"everything\" fills in \"x02_region\"",
}  # fmt: skip


@pytest.mark.parametrize("column", REFUSALS)
def test_a_column_that_is_lacking(everything: Questionnaire, column: str) -> None:
    with pytest.raises(TableError) as caught:
        given_answers(everything, {name: value for name, value in ROW.items() if name != column})
    assert str(caught.value) == (
        f'sample: no column "{column}", {REFUSALS[column]}. Add it to the frame, or remove it from'
        " questionnaires/everything.yaml."
    )


def test_cells_that_say_nothing_of_the_kind(everything: Questionnaire) -> None:
    with pytest.raises(TableError) as arm:
        given_answers(everything, ROW | {"wording_2026": "c"})
    assert str(arm.value) == (
        'sample, column "wording_2026": "c" is no arm of the experiment "w2026" of the questionnaire "everything",'
        " which has a, b. Correct the frame."
    )
    with pytest.raises(TableError, match='column "listed": "maybe" is neither true nor false'):
        given_answers(everything, ROW | {"listed": "maybe"})
    with pytest.raises(TableError, match='column "staff": the value "many" cannot fill in "register_staff"'):
        given_answers(everything, ROW | {"staff": "many"})


def test_what_is_given_goes_through_json(everything: Questionnaire) -> None:
    given = given_answers(everything, ROW, last=LAST)
    stored = json.loads(json.dumps(given_to_json(given)))
    assert given_from_json(everything, stored) == given
    assert given_from_json(everything, given_to_json(NOTHING_GIVEN)) == NOTHING_GIVEN


def test_what_another_program_stored_is_refused(everything: Questionnaire) -> None:
    with pytest.raises(StoreError, match="was not written by this program"):
        given_from_json(everything, {"x03_staff": {"state": "answered", "value": 1}})
    stored = given_to_json(NOTHING_GIVEN) | {"last": {"x99": {"state": "answered", "value": 1}}}
    with pytest.raises(StoreError, match='knows "x99" of a unit, which the questionnaire "everything" does not have'):
        given_from_json(everything, stored)


def test_rules_read_it(everything: Questionnaire) -> None:
    given = given_answers(everything, ROW, last=LAST)
    found = run_checks(everything, {"x03_staff": said(500)}, given=given, page="unit")
    soft = [finding for finding in found if not finding.missing]
    assert [finding.check_id for finding in soft] == ["staff_jump", "register_jump"]
    assert soft[0].message["zh"] == "从业人员 500 人，上期 100 人。请核对。"
    assert soft[1].message["en"] == "Persons employed 500, in the register 120. Please check."
    without = run_checks(everything, {"x03_staff": said(500)}, page="unit")
    assert [finding for finding in without if not finding.missing] == []  # unknown says nothing


def test_the_sample_routes(everything: Questionnaire) -> None:
    answers = {"x04": said("yes")}
    assert "cases" in route(everything, answers, given=Given(sample={"annual": "yes"})).pages
    assert "x14_name" in route(everything, answers, given=Given(sample={"annual": "no"})).away
    assert "x14_name" in route(everything, answers).away  # nothing more will be learned: not asked


def test_the_arm_has_its_words(everything: Questionnaire) -> None:
    question = everything.question("X-04")
    own, other = (wording_of(question, Given(arms={"w2026": arm})) for arm in "ab")
    assert (own.text["en"], own.arm) == ("In use?", "") and own == wording_of(question, NOTHING_GIVEN)
    assert (other.text["en"], other.experiment, other.arm) == ("Was it used this quarter?", "w2026", "b")
    assert other.hint == question.hint

    def asked_for(given: Given) -> str:
        found = run_checks(everything, {}, given=given, page="use")
        return next(finding.message["en"] for finding in found if finding.check_id == "required_x04")

    assert asked_for(Given(arms={"w2026": "b"})) == ("“Was it used this quarter?” has not been answered. Choose one.")
    assert asked_for(NOTHING_GIVEN) == "“In use?” has not been answered. Choose one."


def test_the_words_of_other_come_from_the_last_wave_too(load: Load) -> None:
    questionnaire = load("""\
        pages:
          - id: p
            title: {zh: 页, en: Page}
            questions:
              - id: Q
                text: {zh: 选, en: Choose}
                type: selN
                prefill: {last_wave: true, mode: editable}
                choices: [{code: a, label: {zh: 甲, en: A}}, {code: o, label: {zh: 其他, en: Other}, text: true}]
        """)
    last = {"q": said("a o"), "q_o_text": said("x")}
    assert given_answers(questionnaire, {}, last=last).prefilled == last
