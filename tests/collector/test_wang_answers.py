"""Wang answers in her browser: the whole way, and everything that may go wrong on it without a word being lost."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from collector import Assignment, Config, Services, Store, create_app, export_responses
from collector.services.answers import standing
from forms import Questionnaire
from reports import print_pdf
from tests.collector.people import WAVE, Browser, Clock, code_of

UNIT = {"r02_staff": "100", "r02_night": "12"}


def to_the_check(browser: Browser) -> Browser:
    browser.send(**UNIT)
    browser.send(r03="yes", r04="没有说明")
    browser.send(r05="3", r06=["weld", "move"])
    return browser.send(r07="王女士")


def typed_value(browser: Browser, name: str) -> str | None:
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', browser.text)
    return found.group(1) if found else None


def test_from_code_to_receipt(wang_at_home: Browser, store: Store, robots: Questionnaire) -> None:
    assert wang_at_home.path == "/respond/page/unit"
    to_the_check(wang_at_home)
    assert wang_at_home.path == "/respond/check"
    assert all(words in wang_at_home.text for words in ("王女士", "焊接、搬运", "3 台", "没有说明"))
    wang_at_home.submit()
    assert wang_at_home.path == "/respond/receipt" and "提交成功" in wang_at_home.text
    row = export_responses(store, robots, wave=WAVE)[0].set_index("unit_id").loc["W1"]
    assert (row["disposition"], row["r02_staff"], row["r05"], row["r06"]) == ("complete", 100, 3, "weld move")


def test_the_whole_way_in_english(app: Flask) -> None:
    browser = Browser(app.test_client())
    browser.get("/?lang=en").enter(code_of("C1"))
    assert "Page 1 of 3" in browser.text and '<html lang="en">' in browser.text
    browser.send(r02_staff="40", r02_night="1")
    assert to_the_check_after_unit(browser).path == "/respond/check"
    assert "Submitted" in browser.submit().text


def to_the_check_after_unit(browser: Browser) -> Browser:
    browser.send(r03="no")
    return browser.send(r07="Chen")


def test_one_comes_back_to_where_one_stopped(wang_at_home: Browser, app: Flask) -> None:
    wang_at_home.send(**UNIT)
    wang_at_home.send("leave", r03="yes")
    assert wang_at_home.path == "/" and "您已退出" in wang_at_home.text
    elsewhere = Browser(app.test_client()).enter(code_of("W1"))
    assert elsewhere.path == "/respond/page/count"
    assert 'value="100"' in elsewhere.get("/respond/page/unit").text


def test_the_code_may_be_typed_as_people_type(app: Flask) -> None:
    typed = " " + code_of("W1").lower().replace("-", "　").replace("0", "o").replace("1", "l") + "\n"
    assert Browser(app.test_client()).enter(typed).path == "/respond/page/unit"


def test_what_is_missing_is_counted_by_page(wang_at_home: Browser) -> None:
    wang_at_home.send(**UNIT)
    wang_at_home.send(r03="yes")
    wang_at_home.send("on")
    wang_at_home.send("on")
    assert wang_at_home.path == "/respond/check" and "还有 3 处需要处理" in wang_at_home.text
    assert "“数量”页还有 2 处未填。" in wang_at_home.text and "“填表人”还没有填写" in wang_at_home.text
    assert 'href="/respond/page/count?look=1"' in wang_at_home.text
    assert wang_at_home.get("/respond/page/count?look=1").text.count("还没有填写") == 2


def test_the_receipt_is_printed_where_there_is_a_printer(
    config: Config, store: Store, people: object, wang_at_home: Browser
) -> None:
    to_the_check(wang_at_home).submit()
    assert "请使用浏览器的打印功能" in wang_at_home.text and "receipt.pdf" not in wang_at_home.text
    assert wang_at_home.get("/respond/receipt.pdf").path == "/respond/receipt"
    printing = Browser(create_app(config, services=Services(print_pdf), store=store).test_client())
    printing.enter(code_of("W1"))
    assert "/respond/receipt.pdf" in printing.text
    reply = printing.client.get("/respond/receipt.pdf")
    assert reply.mimetype == "application/pdf" and reply.data.startswith(b"%PDF-")
    assert reply.headers["Cache-Control"] == "no-store"


# The language -----------------------------------------------------------------------------------------------------


def test_the_language_switch_keeps_what_is_typed(wang_at_home: Browser, store: Store, wang: Assignment) -> None:
    wang_at_home.send(r02_staff="1,234", r02_night="十二", language="en")
    assert wang_at_home.path == "/respond/page/unit" and '<html lang="en">' in wang_at_home.text
    assert typed_value(wang_at_home, "r02_staff") == "1,234"
    assert typed_value(wang_at_home, "r02_night") == "十二"
    assert "cannot be read as a number" in wang_at_home.text
    wang_at_home.send(r02_staff="1,234", r02_night="12", language="zh")
    assert typed_value(wang_at_home, "r02_night") == "12" and "第 1 页" in wang_at_home.text
    assert standing(store, wang).answers["r02_staff"].value == 1234


def test_return_presses_save_and_not_the_language(wang_at_home: Browser) -> None:
    buttons = re.findall(r'<button[^>]*form="page-form"[^>]*>', wang_at_home.text)
    assert 'name="action" value="save"' in buttons[0]


# What is wrong with the answers -----------------------------------------------------------------------------------


def test_errors_stand_beside_the_field_and_in_the_list(wang_at_home: Browser) -> None:
    wang_at_home.send(r02_staff="1e5", r02_night="12")
    assert wang_at_home.status == 422 and wang_at_home.path == "/respond/page/unit"
    assert wang_at_home.text.count("“1e5”") == 2
    assert typed_value(wang_at_home, "r02_staff") == "1e5"
    assert "先继续，稍后更正" in wang_at_home.text


def test_one_may_go_on_and_correct_later_but_not_submit(wang_at_home: Browser) -> None:
    wang_at_home.send("on", r02_staff="1e5", r02_night="12")
    assert wang_at_home.path == "/respond/page/use"
    wang_at_home.send(r03="no")
    wang_at_home.send(r07="王女士")
    assert "“单位情况”页有未能识别的答案" in wang_at_home.text
    wang_at_home.submit()
    assert wang_at_home.path == "/respond/check" and "还有 1 处需要处理" in wang_at_home.text
    assert "1e5" in wang_at_home.get("/respond/page/unit").text


def test_a_soft_finding_wants_a_reason_and_then_lets_on(wang_at_home: Browser) -> None:
    wang_at_home.send(r02_staff="900", r02_night="12")
    assert wang_at_home.status == 422 and "名录数的两倍以上" in wang_at_home.text
    long = "长" * 501
    wang_at_home.send(r02_staff="900", r02_night="12", reason__staff_as_before=long)
    assert wang_at_home.status == 422 and "说明有 501 个字" in wang_at_home.text and long in wang_at_home.text
    wang_at_home.send(r02_staff="900", r02_night="12", reason__staff_as_before="并购")
    assert wang_at_home.path == "/respond/page/use"


@pytest.mark.parametrize(
    "naughty",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ 7*7 }}{% raw %}",
        "'; DROP TABLE answer_event; --",
        "=cmd|' /C calc'!A0",
        "田中さんにあげて下さい 😀 𠮷 ẞ",
        "\u202eright to left",
        "zero\u200bwidth",
        "line\r\nbreak",
        "\x00\x07\x1b[31m",
        "\ufeff\ufffe\uffff",
        "a" * 20_000,
        "１２３",
        " ",
    ],
)
def test_naughty_text_comes_back_as_it_was_or_is_refused(
    wang_at_home: Browser, store: Store, wang: Assignment, naughty: str
) -> None:
    wang_at_home.send(**UNIT)
    wang_at_home.send(r03="no", r04=naughty)
    assert wang_at_home.status in (200, 422)
    assert "<script>" not in wang_at_home.text and "<img src=x" not in wang_at_home.text
    state = standing(store, wang)
    kept = state.drafts.get("use", {}).get("r04")
    stored = state.answers.get("r04")
    shown = {naughty, naughty.strip(), naughty.replace("\r\n", "\n")}
    assert kept == [naughty] or (stored is not None and (stored.value or "") in shown)


# Sessions, tokens, tabs -------------------------------------------------------------------------------------------


def test_an_expired_session_loses_nothing(wang_at_home: Browser, clock: Clock, store: Store, wang: Assignment) -> None:
    clock.forward(minutes=46)
    wang_at_home.send(r02_staff="123", r02_night="一二三 <b>")
    assert wang_at_home.status == 401 and "登录已过期" in wang_at_home.text
    assert standing(store, wang).answers == {}
    wang_at_home.enter("WRONG")  # even a wrong code in between loses nothing
    wang_at_home.enter(code_of("W1"))
    assert wang_at_home.status == 200 and "尚未保存" in wang_at_home.text
    assert typed_value(wang_at_home, "r02_staff") == "123"
    assert typed_value(wang_at_home, "r02_night") == "一二三 &lt;b&gt;"
    wang_at_home.post("/respond/page/unit", {**wang_at_home.hidden, "action": "save", **UNIT})
    assert wang_at_home.path == "/respond/page/use"
    assert standing(store, wang).answers["r02_staff"].value == 100


def test_held_text_survives_a_change_of_language(wang_at_home: Browser, clock: Clock) -> None:
    clock.forward(minutes=46)
    wang_at_home.send(r02_staff="123", r02_night="7")
    wang_at_home.post("/enter", {**wang_at_home.hidden, "code": "7K3M", "language": "en"})
    assert "You were signed out" in wang_at_home.text and typed_value(wang_at_home, "code") == "7K3M"
    wang_at_home.enter(code_of("W1"))
    assert typed_value(wang_at_home, "r02_staff") == "123" and "It is not saved yet" in wang_at_home.text


def test_a_session_lasts_while_it_is_used_but_not_for_ever(wang_at_home: Browser, clock: Clock) -> None:
    for _ in range(17):
        clock.forward(minutes=42)
        assert wang_at_home.get("/respond/page/unit").status == 200
    clock.forward(minutes=10)  # 12 hours and 4 minutes after signing in
    assert wang_at_home.get("/respond/page/unit").status == 401


def test_text_of_wang_is_not_given_to_chen(wang_at_home: Browser, clock: Clock, store: Store, chen: Assignment) -> None:
    clock.forward(minutes=46)
    wang_at_home.send(r02_staff="4711", r02_night="12")
    wang_at_home.enter(code_of("C1"))
    assert wang_at_home.path == "/respond/page/unit" and "属于另一份问卷" in wang_at_home.text
    assert "4711" not in wang_at_home.text and "王记" not in wang_at_home.text
    assert standing(store, chen).answers == {}


def test_a_page_of_another_unit_in_an_old_tab_is_stored_nowhere(
    wang_at_home: Browser, store: Store, wang: Assignment, chen: Assignment
) -> None:
    old_tab = wang_at_home.hidden
    wang_at_home.get("/").enter(code_of("C1"))
    newer = wang_at_home.hidden
    wang_at_home.post("/respond/page/unit", {**old_tab, "csrf_token": newer["csrf_token"], **UNIT})
    assert wang_at_home.status == 409 and "陈氏纺织" in wang_at_home.text
    assert standing(store, wang).answers == standing(store, chen).answers == {}
    wang_at_home.enter(code_of("W1"))
    assert typed_value(wang_at_home, "r02_night") == "12"


@pytest.mark.parametrize("token", ["", "wrong", "IjEyMyI.Zz.abc"])
def test_a_bad_token_stores_nothing_and_keeps_the_text(
    wang_at_home: Browser, store: Store, wang: Assignment, token: str
) -> None:
    fields = {**wang_at_home.hidden, "csrf_token": token, "action": "save", "r02_staff": "77", "r02_night": "abc"}
    wang_at_home.post("/respond/page/unit", fields)
    assert wang_at_home.status == 400 and "安全校验信息已失效" in wang_at_home.text
    assert typed_value(wang_at_home, "r02_staff") == "77" and typed_value(wang_at_home, "r02_night") == "abc"
    assert standing(store, wang).answers == {} and standing(store, wang).drafts == {}
    wang_at_home.send(r02_staff="77", r02_night="7")
    assert wang_at_home.path == "/respond/page/use"


def test_a_bad_token_submits_nothing(wang_at_home: Browser, store: Store, wang: Assignment) -> None:
    to_the_check(wang_at_home)
    wang_at_home.post("/respond/submit", {**wang_at_home.hidden, "csrf_token": "wrong"})
    assert wang_at_home.path == "/respond/check" and "刚才的操作没有执行" in wang_at_home.text
    assert standing(store, wang).submitted_at is None


def test_a_token_is_bound_to_its_session(wang_at_home: Browser, app: Flask, store: Store, wang: Assignment) -> None:
    strange = Browser(app.test_client()).enter(code_of("C1")).hidden["csrf_token"]
    wang_at_home.post("/respond/page/unit", {**wang_at_home.hidden, "csrf_token": strange, **UNIT})
    assert wang_at_home.status == 400 and standing(store, wang).answers == {}


def test_a_double_click_submits_once(wang_at_home: Browser, store: Store) -> None:
    to_the_check(wang_at_home)
    fields = dict(wang_at_home.hidden)
    first = wang_at_home.post("/respond/submit", fields).text
    second = wang_at_home.post("/respond/submit", fields).text
    number = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")
    assert number.findall(first) == number.findall(second) != []
    with store.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM submission").scalar() == 1


def test_a_second_tab_shows_both_answers(wang_at_home: Browser, store: Store, wang: Assignment) -> None:
    wang_at_home.send(**UNIT)
    one = dict(wang_at_home.get("/respond/page/unit").hidden)
    two = dict(wang_at_home.get("/respond/page/unit").hidden)
    wang_at_home.post("/respond/page/unit", {**one, "action": "save", "r02_staff": "111", "r02_night": "12"})
    wang_at_home.post("/respond/page/unit", {**two, "action": "save", "r02_staff": "99", "r02_night": "12"})
    assert wang_at_home.status == 409
    assert "111 人" in wang_at_home.text and "99 人" in wang_at_home.text
    assert typed_value(wang_at_home, "r02_staff") == "99"
    assert standing(store, wang).answers["r02_staff"].value == 111
    wang_at_home.send(r02_staff="99", r02_night="12")
    assert standing(store, wang).answers["r02_staff"].value == 99


def test_deciding_a_conflict_puts_back_nothing_another_tab_changed(
    wang_at_home: Browser, store: Store, wang: Assignment
) -> None:
    wang_at_home.send(**UNIT)
    one = dict(wang_at_home.get("/respond/page/unit").hidden)
    two = dict(wang_at_home.get("/respond/page/unit").hidden)
    wang_at_home.post("/respond/page/unit", {**one, "action": "save", "r02_staff": "111", "r02_night": "13"})
    for night in ("x", "12"):  # unreadable text, or nothing touched but the other field
        wang_at_home.post("/respond/page/unit", {**two, "action": "save", "r02_staff": "99", "r02_night": night})
    assert wang_at_home.status == 409 and typed_value(wang_at_home, "r02_night") == "13"
    wang_at_home.send(r02_staff="99", r02_night=typed_value(wang_at_home, "r02_night") or "")
    answers = standing(store, wang).answers
    assert (answers["r02_staff"].value, answers["r02_night"].value) == (99, 13)


def test_a_tab_left_open_after_the_submission_shows_its_text(
    wang_at_home: Browser, store: Store, wang: Assignment
) -> None:
    to_the_check(wang_at_home)
    open_tab = dict(wang_at_home.get("/respond/page/count").hidden)
    wang_at_home.get("/respond/check").submit()
    wang_at_home.post("/respond/page/count", {**open_tab, "action": "save", "r05": "9", "r06": "weld"})
    assert wang_at_home.status == 409 and typed_value(wang_at_home, "r05") == "9"
    assert "2026-12-01 16:00:00" in wang_at_home.text
    assert standing(store, wang).answers["r05"].value == 3
    assert wang_at_home.get("/respond/page/count").path == "/respond/receipt"


def test_a_full_disk_loses_nothing(wang_at_home: Browser, store: Store, wang: Assignment) -> None:
    def room(pages: int) -> None:
        # The engine's own limit: it answers "database or disk is full", as a full disk does.
        store.write(lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count={pages}") and None)

    wang_at_home.send(**UNIT)
    words = "字" * 490
    room(1)  # no page may be added to those that are there
    wang_at_home.send(r03="no", r04=words)
    assert wang_at_home.status == 503 and "不会重复保存" in wang_at_home.text
    assert words in wang_at_home.text  # what she typed is still on the page
    assert set(standing(store, wang).answers) == {"r01", "r02_staff", "r02_night"}  # nothing is half stored
    room(100_000)
    wang_at_home.send(r03="no", r04=words)
    assert standing(store, wang).answers["r04"].value == words


def test_more_than_64_kilobytes_are_refused_in_words(wang_at_home: Browser, store: Store, wang: Assignment) -> None:
    wang_at_home.send(**UNIT)
    wang_at_home.send(r03="no", r04="字" * 8_000)
    assert wang_at_home.status == 413 and "64 KB" in wang_at_home.text
    assert "r03" not in standing(store, wang).answers


def test_a_lapsed_form_is_not_asked(app: Flask, clock: Clock, wang_at_home: Browser) -> None:
    clock.forward(days=365 * 80)
    visitor = Browser(app.test_client())
    assert "现已失效" in visitor.text and 'name="code"' not in visitor.text
    token = wang_at_home.hidden["csrf_token"]
    assert wang_at_home.post("/enter", {"csrf_token": token, "code": code_of("W1")}).status == 403
