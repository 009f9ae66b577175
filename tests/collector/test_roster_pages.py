"""Wang fills in a list of many rows over several sub-pages; Zhao helps her at the same time; Chen sees none of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from collector import Assignment, Store, export_wave
from collector.services.answers import standing
from collector.services.pages import save_page
from forms import rows_of
from tests.collector.listing import app_of, code_of, enter, questionnaire, row, rows, started, to_the_list
from tests.collector.people import WAVE, Browser


@pytest.fixture
def people(store: Store) -> dict[str, Assignment]:
    return started(store)


@pytest.fixture
def app(store: Store, people: dict[str, Assignment], tmp_path: Path) -> Flask:
    return app_of(store, tmp_path)


@pytest.fixture
def wang(people: dict[str, Assignment]) -> Assignment:
    return people["W1"]


def at_the_list(app: Flask) -> Browser:
    browser = to_the_list(enter(app, "W1"))
    assert browser.path == "/respond/page/cases" and browser.status == 200, browser.text
    return browser


def shown_rows(browser: Browser) -> list[int]:
    return [int(found) for found in re.findall(r'<fieldset class="card" id="u06\.([0-9]+)"', browser.text)]


def summary(browser: Browser) -> list[str]:
    return re.findall(r'<li><a href="#([^"]+)">', browser.text)


def stored_rows(store: Store, assignment: Assignment) -> tuple[int, ...]:
    return rows_of(assignment.questionnaire.rosters["u06"], standing(store, assignment).answers)


def value(store: Store, assignment: Assignment, name: str) -> object:
    answer = standing(store, assignment).answers.get(name)
    return answer.value if answer else None


def events_of(store: Store, name: str) -> list[str | None]:
    query = text("SELECT value FROM answer_event WHERE field = :name ORDER BY seq")
    with store.read() as connection:
        return list(connection.execute(query, {"name": name}).scalars())


def test_25_rows_over_three_sub_pages(app: Flask, store: Store, wang: Assignment) -> None:
    browser = at_the_list(app)
    assert shown_rows(browser) == [1, 2, 3]
    browser.send("add", **rows(1, 3))
    assert browser.path == "/respond/page/cases" and shown_rows(browser) == list(range(1, 11))
    browser.send("add", **rows(1, 10))
    assert browser.path == "/respond/page/cases.2" and shown_rows(browser) == list(range(11, 21))
    browser.send("add", **rows(11, 20))
    assert browser.path == "/respond/page/cases.3" and shown_rows(browser) == list(range(21, 31))
    browser.send(**rows(21, 25))
    assert browser.path == "/respond/page/end"
    assert stored_rows(store, wang) == tuple(range(1, 26))
    browser.get("/respond/page/cases")
    assert shown_rows(browser) == list(range(1, 11)) and 'value="场景10"' in browser.text
    browser.send(**rows(1, 10))  # going on from a full sub-page leads to the next one
    assert browser.path == "/respond/page/cases.2"
    browser.send("end", **rows(11, 20))
    assert browser.path == "/respond/page/end"
    assert len(events_of(store, "u06_users.7")) == 1  # nothing is stored twice


def test_the_buttons_lead_where_they_say(app: Flask, store: Store) -> None:
    browser = at_the_list(app)
    browser.send("add", **rows(1, 3))
    browser.send("add", **rows(1, 10))
    browser.send("add", **rows(11, 20))
    browser.send("back", **rows(21, 22))
    assert browser.path == "/respond/page/cases.2"
    browser.send("row", go_row="3", **rows(11, 20))
    assert browser.path == "/respond/page/cases"
    browser.send("save", go_row="21", **rows(1, 10))  # Return in the box of the row
    assert browser.path == "/respond/page/cases.3"
    browser.send("row", go_row="1999", **rows(21, 22))
    assert browser.path == "/respond/page/cases.3" and shown_rows(browser) == list(range(21, 31))
    for place in ("cases.200", "cases.4"):
        assert browser.get(f"/respond/page/{place}").path == "/respond/page/cases.3"
    for place in ("cases.201", "cases.0", "cases.x", "unit.2", "cases.02"):
        assert browser.get(f"/respond/page/{place}").status == 404, place


def test_an_empty_list_that_was_seen_is_not_asked_again(app: Flask, store: Store, wang: Assignment) -> None:
    browser = at_the_list(app)
    browser.send()
    assert summary(browser) == ["reason__cases_have_users"]  # a rule about the list as a whole
    browser.send(reason__cases_have_users="本季度没有在用的场景")
    assert browser.path == "/respond/page/end" and stored_rows(store, wang) == ()
    assert browser.get("/respond/").path == "/respond/page/end"
    with store.read() as connection:
        count = connection.execute(text("SELECT count(*) FROM answer_event WHERE field LIKE 'u06%.2'")).scalar_one()
    assert count == 0  # rows that nobody touched are no answers
    export = export_wave(store, questionnaire(), wave=WAVE).responses.set_index("unit_id").loc["W1"]
    assert export["u06_rows_state"] == "blank"


def test_what_is_wrong_stands_beside_the_cell_and_nothing_typed_is_lost(
    app: Flask, store: Store, wang: Assignment
) -> None:
    browser = at_the_list(app)
    browser.send(**row(1, users="1e5"), **row(2, users="3.2万"), **row(3, users="７"))
    assert browser.status == 422 and browser.path == "/respond/page/cases"
    assert "“1e5”读不成一个数" in browser.text and "u06_users.1" in summary(browser)
    assert "“3.2万”已读作 32,000 人" in browser.text  # read, shown back, and then judged
    assert "u06_users.2" in summary(browser) and "多于从业人员（100 人）" in browser.text
    assert stored_rows(store, wang) == (1, 2, 3) and value(store, wang, "u06_users.3") == 7
    again = enter(app, "W1").get("/respond/page/cases")
    assert 'value="1e5"' in again.text and "“1e5”读不成一个数" in again.text  # kept as it was typed
    assert shown_rows(again) == [1, 2, 3, 4]
    again.send(**row(1), **row(2), **row(3))
    assert again.path == "/respond/page/end" and value(store, wang, "u06_users.1") == 1
    assert standing(store, wang).drafts == {}


def test_each_sub_page_keeps_its_own_unreadable_text(app: Flask, store: Store, wang: Assignment) -> None:
    browser = at_the_list(app)
    browser.send("add", **rows(1, 3))
    browser.send("on.add", **{**rows(1, 10), "u06_users.4": "四"})
    assert browser.path == "/respond/page/cases.2"
    browser.send("on", **{**rows(11, 12), "u06_cost.11": "NaN"})
    assert set(standing(store, wang).drafts) == {"cases", "cases.2"}
    browser.get("/respond/check")
    assert "“应用场景”页第 1–10 行中有未能识别的答案" in browser.text
    assert 'href="/respond/page/cases.2?look=1"' in browser.text
    assert 'value="四"' in browser.get("/respond/page/cases").text
    assert 'value="NaN"' in browser.get("/respond/page/cases.2").text


def test_a_row_is_removed_when_the_page_is_saved_and_stays_in_the_log(
    app: Flask, store: Store, wang: Assignment
) -> None:
    browser = at_the_list(app)
    browser.send(**rows(1, 3))
    browser.get("/respond/page/cases").send(**{**rows(1, 3), "u06_users.1": "x", "u06.2__remove": "1"})
    assert browser.status == 422 and 'name="u06.2__remove" value="1" checked' in browser.text
    assert 'value="场景2"' in browser.text  # still there to be kept, by unticking
    assert stored_rows(store, wang) == (1, 3)
    browser.send(**rows(1, 3))  # unticked
    assert stored_rows(store, wang) == (1, 2, 3)
    browser.get("/respond/page/cases").send(**{**rows(1, 3), "u06.2__remove": "1"})
    assert stored_rows(store, wang) == (1, 3) and value(store, wang, "u06_name.3") == "场景3"
    assert events_of(store, "u06_name.2") == ["场景2", None, "场景2", None]
    assert 'value="场景2"' not in browser.get("/respond/page/cases").text


def test_soft_findings_of_rows_ask_each_for_its_own_reason(app: Flask, store: Store, wang: Assignment) -> None:
    browser = at_the_list(app)
    browser.send(**row(1, cost="2000"), **row(2, cost="3000"), **row(3))
    assert browser.status == 422 and summary(browser) == ["reason__dear_case.1", "reason__dear_case.2"]
    browser.send(**row(1, cost="2000"), **row(2, cost="3000"), **row(3), **{"reason__dear_case.1": "自建模型"})
    assert summary(browser) == ["reason__dear_case.2"]
    browser.send(**row(1, cost="2000"), **row(2, cost="3000"), **row(3), **{"reason__dear_case.2": "采购"})
    assert browser.path == "/respond/page/end"
    with store.read() as connection:
        kept = connection.execute(text("SELECT check_id, reason FROM confirmation ORDER BY id")).all()
    assert [tuple(one) for one in kept] == [("dear_case", "自建模型"), ("dear_case", "采购")]


def test_two_people_change_different_rows_and_both_stand(app: Flask, store: Store, wang: Assignment) -> None:
    at_the_list(app).send(**rows(1, 3))
    one, two = enter(app, "W1").get("/respond/page/cases"), enter(app, "W1").get("/respond/page/cases")
    one.send(**rows(1, 2), **row(3, users="30"))
    two.send(**row(1, users="10"), **rows(2, 3))  # Zhao's page still holds the old row 3
    assert two.path == "/respond/page/end"
    assert [value(store, wang, f"u06_users.{number}") for number in (1, 2, 3)] == [10, 2, 30]


def test_two_people_change_one_cell_and_both_answers_are_shown(app: Flask, store: Store, wang: Assignment) -> None:
    at_the_list(app).send(**rows(1, 3))
    one, two = enter(app, "W1").get("/respond/page/cases"), enter(app, "W1").get("/respond/page/cases")
    one.send(**rows(1, 2), **row(3, users="30"))
    two.send(**rows(1, 2), **row(3, users="33", kind="serve"))
    assert two.status == 409 and "应用场景 3 – 使用人数" in two.text
    assert "33 人" in two.text and "30 人" in two.text and 'href="#u06_users.3"' in two.text
    assert value(store, wang, "u06_kind.3") == "serve" and value(store, wang, "u06_users.3") == 30
    two.send(**rows(1, 2), **row(3, users="33", kind="serve"))
    assert value(store, wang, "u06_users.3") == 33


def test_two_people_begin_the_same_new_row_and_both_rows_are_kept(app: Flask, store: Store, wang: Assignment) -> None:
    at_the_list(app).send(**rows(1, 2))
    one, two = enter(app, "W1").get("/respond/page/cases"), enter(app, "W1").get("/respond/page/cases")
    key = two.hidden
    one.send(**rows(1, 2), **row(3, name="王的场景"))
    two.send(**rows(1, 2), **row(3, name="赵的场景", users="9"))
    assert two.status == 200 and "第 3 行已同时由他人填写，您填写的内容已存为第 4 行" in two.text
    assert [value(store, wang, f"u06_name.{number}") for number in (3, 4)] == ["王的场景", "赵的场景"]
    assert value(store, wang, "u06_users.4") == 9
    two.post("/respond/page/cases", {**key, "action": "save", **rows(1, 2), **row(3, name="赵的场景", users="9")})
    assert stored_rows(store, wang) == (1, 2, 3, 4) and events_of(store, "u06_name.4") == ["赵的场景"]


def test_rows_that_were_not_shown_are_not_made_empty(app: Flask, store: Store, wang: Assignment) -> None:
    at_the_list(app).send(**rows(1, 2))
    two = enter(app, "W1").get("/respond/page/cases")
    assert shown_rows(two) == [1, 2, 3]
    enter(app, "W1").get("/respond/page/cases?more=1").send(**rows(1, 6))
    two.send(**rows(1, 3))
    assert stored_rows(store, wang) == (1, 2, 3, 4, 5, 6)


def test_the_last_look_lists_the_rows_and_leads_to_each(app: Flask, store: Store) -> None:
    browser = at_the_list(app)
    browser.send("add", **rows(1, 3))
    browser.send("add", **rows(1, 10))
    browser.send(**rows(11, 12), **row(13, users=""))
    assert browser.status == 422 and summary(browser) == ["u06_users.13"]
    browser.send("on", **rows(11, 12), **row(13, users=""))
    assert browser.path == "/respond/page/end"
    browser.get("/respond/check")
    assert '<table class="roster-table">' in browser.text and browser.text.count('<th scope="row">') == 13
    assert 'href="/respond/page/cases.2?look=1#u06.12"' in browser.text
    assert '<td class="missing"><span class="cell-label">使用人数</span> <span>未填</span></td>' in browser.text
    assert "人均费用" in browser.text and "2.00 万元" in browser.text  # 20 / 10 users, computed
    assert 'href="/respond/page/cases.2?look=1#u06_users.13"' in browser.text
    assert "其他：请写明" not in browser.text  # nobody chose "other"
    browser.get("/respond/page/cases.2?look=1").send(**rows(11, 12), **row(13))
    browser.get("/respond/page/end?look=1").send(u07="王一")
    assert "提交成功" in browser.get("/respond/check").submit().text


def test_a_list_longer_than_the_last_look_shows(app: Flask, store: Store, wang: Assignment) -> None:
    at_the_list(app)
    typed = {name: [str(text)] for name, text in rows(1, 130).items()}
    for number in range(1, 14):
        place = "cases" if number == 1 else f"cases.{number}"
        save_page(store, wang, place, "zh", typed, base_seq=10**9, client_key=f"k{number}")
    looked = enter(app, "W1").get("/respond/check")
    assert looked.text.count('<th scope="row">') == 100
    assert "另有 30 行未在此列出" in looked.text and 'href="/respond/page/cases.11?look=1"' in looked.text


def test_the_language_switch_keeps_the_rows(app: Flask, store: Store) -> None:
    browser = at_the_list(app)
    browser.send("add", **rows(1, 3))
    browser.post(browser.path, {**browser.hidden, "language": "en", **rows(1, 4), "u06_users.5": "five"})
    assert "Use case 5" in browser.text and 'value="five"' in browser.text and shown_rows(browser) == list(range(1, 11))


def test_a_session_that_ended_gives_the_rows_back(app: Flask, store: Store, wang: Assignment) -> None:
    browser = at_the_list(app)
    browser.send("add", **rows(1, 3))
    browser.send("add", **rows(1, 10))
    browser.client.delete_cookie("uptake")
    browser.send(**rows(11, 14))
    assert browser.status == 401
    browser.enter(code_of("W1"))
    assert 'value="场景14"' in browser.text and shown_rows(browser) == list(range(11, 21))
    browser.post("/respond/page/cases.2", {**browser.hidden, "action": "save", **rows(11, 14)})
    assert browser.path == "/respond/page/end" and stored_rows(store, wang) == tuple(range(1, 15))


def test_chen_sees_none_of_it(app: Flask, store: Store) -> None:
    at_the_list(app).send(**rows(1, 3))
    chen = to_the_list(enter(app, "C1"))
    assert "场景1" not in chen.get("/respond/page/cases").text and "场景1" not in chen.get("/respond/check").text
    assert shown_rows(chen.get("/respond/page/cases")) == [1, 2, 3]


@pytest.mark.parametrize("garbage", ["0-0", "1-9999", "5-2", "x", "11-20", "1-10;", "１-３"])
def test_whatever_a_page_says_of_its_rows_nothing_breaks(
    app: Flask, store: Store, wang: Assignment, garbage: str
) -> None:
    browser = at_the_list(app)
    browser.post(browser.path, {**browser.hidden, "rows": garbage, "action": "add", **rows(1, 3), **rows(15, 16)})
    assert browser.status in (200, 422)
    assert set(stored_rows(store, wang)) <= {1, 2, 3}


def test_names_of_cells_fit_the_store() -> None:
    from collector.store.models import AnswerEvent, Confirmation, Draft

    longest = "a" * 51 + ".2000"
    for column in (AnswerEvent.field, Confirmation.check_id, Draft.page):
        assert len(longest) <= column.type.length  # type: ignore[attr-defined]


def test_a_moved_row_lies_beyond_what_the_page_shows(app: Flask, store: Store, wang: Assignment) -> None:
    at_the_list(app).send(**rows(1, 2))
    one, two = enter(app, "W1").get("/respond/page/cases"), enter(app, "W1").get("/respond/page/cases?more=1")
    key = two.hidden
    one.send(**rows(1, 2), **row(3, name="王的场景"))
    typed = {**rows(1, 2), **row(3, name="赵的场景")}
    two.send(**typed)
    two.post("/respond/page/cases", {**key, "action": "save", **typed})  # sent twice: nothing is emptied, nothing added
    assert stored_rows(store, wang) == (1, 2, 3, 11) and events_of(store, "u06_name.11") == ["赵的场景"]


def test_a_page_corrected_after_going_back_changes_its_own_row(app: Flask, store: Store, wang: Assignment) -> None:
    browser = at_the_list(app)
    key = browser.hidden
    browser.send(**row(1, name="甲"))
    browser.post("/respond/page/cases", {**key, "action": "save", **row(1, name="乙")})
    assert stored_rows(store, wang) == (1,) and value(store, wang, "u06_name.1") == "乙"


def test_a_clash_of_new_rows_on_a_page_with_errors_keeps_both(app: Flask, store: Store, wang: Assignment) -> None:
    at_the_list(app).send(**rows(1, 2))
    one, two = enter(app, "W1").get("/respond/page/cases"), enter(app, "W1").get("/respond/page/cases")
    one.send(**rows(1, 2), **row(3, name="王的场景"))
    two.send(**row(1, users="x"), **row(2), **row(3, name="赵的场景"))
    assert two.status == 422 and 'value="王的场景"' in two.text and 'name="u06_name.4" value="赵的场景"' in two.text
    assert [value(store, wang, f"u06_name.{number}") for number in (3, 4)] == ["王的场景", "赵的场景"]
    again = enter(app, "W1").get("/respond/page/cases")  # the draft holds the x, and not the row that was moved
    assert 'value="x"' in again.text and 'name="u06_name.3" value="王的场景"' in again.text


def test_each_sub_page_is_held_up_by_its_own_rows_only(app: Flask, store: Store) -> None:
    browser = at_the_list(app)
    browser.send("add", **rows(1, 3))
    browser.send("add", **{**rows(1, 10), "u06_users.1": "300"})
    assert browser.status == 422 and summary(browser) == ["u06_users.1"]  # what is wrong with a row is said at once
    browser.send("on.add", **{**rows(1, 10), "u06_users.1": "300"})
    assert browser.path == "/respond/page/cases.2"
    browser.send(**rows(11, 12))
    assert browser.path == "/respond/page/end"


def test_a_rule_about_the_whole_list_does_not_stop_who_adds_rows(app: Flask, store: Store) -> None:
    browser = at_the_list(app)
    browser.send("add", **row(1, users="0"))
    assert browser.status == 200 and shown_rows(browser) == list(range(1, 11))
    browser.send("save", **row(1, users="0"))
    assert browser.status == 422 and summary(browser) == ["reason__cases_have_users"]


def test_rows_of_others_stand_beside_a_draft(app: Flask, store: Store) -> None:
    at_the_list(app).send(**row(1, users="x"), **rows(2, 3))
    enter(app, "W1").get("/respond/page/cases?more=1").send("on", **row(1, users="x"), **rows(2, 3))
    with_more = enter(app, "W1").get("/respond/page/cases?more=1")
    with_more.post(with_more.path, {**with_more.hidden, "rows": "5-5", "action": "save", **row(5)})
    assert 'value="场景5"' in enter(app, "W1").get("/respond/page/cases").text


def test_what_stands_in_the_box_already_is_not_called_missing(app: Flask, store: Store) -> None:
    browser = enter(app, "W1").get("/respond/page/unit?look=1")
    assert "“从业人员”还没有填写" not in browser.text and "“其中：研发人员”还没有填写" in browser.text
