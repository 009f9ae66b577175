"""Wang has nothing to put into a list, and says so by a box; Zhao finds a case after all."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from flask import Flask

from collector import Assignment, Config, Store, access_code, create_app, export_wave, find_assignments, start_wave
from collector.services.answers import standing
from forms import Questionnaire, load_questionnaires
from tests.collector.people import CODE_KEY, WAVE, Browser, sample_of

LISTS = Path(__file__).resolve().parents[1] / "forms" / "nothing.yaml"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    (tmp_path / "questionnaires").mkdir()
    shutil.copy(LISTS, tmp_path / "questionnaires" / "nothing.yaml")
    return tmp_path


@pytest.fixture
def lists(study: Path) -> Questionnaire:
    return load_questionnaires(study, faults=[])["nothing"]


@pytest.fixture
def wang(store: Store, lists: Questionnaire) -> Assignment:
    start_wave(store, sample_of(("W1", "王记机械厂", 100)), lists, wave=WAVE, code_key=CODE_KEY)
    return find_assignments(store, lists, wave=WAVE)["W1"]


@pytest.fixture
def app(store: Store, wang: Assignment, study: Path) -> Flask:
    config = Config(study, WAVE, study / "answers.sqlite", "a secret that only the tests know, long", CODE_KEY)
    app = create_app(config, store=store)
    app.config["TESTING"], app.config["PROPAGATE_EXCEPTIONS"] = True, False
    return app


def enter(app: Flask) -> Browser:
    code = access_code(CODE_KEY, wave=WAVE, questionnaire="nothing", unit_id="W1")
    return Browser(app.test_client()).enter(code)


def at_the_list(app: Flask) -> Browser:
    browser = enter(app)
    if browser.path.endswith("/unit"):
        browser.send(n01="9")
    return browser.get("/respond/page/cases")


def ticked(browser: Browser) -> bool:
    found = re.search(r'<input type="checkbox" id="n02_rows"[^>]*>', browser.text)
    assert found is not None, browser.text
    return " checked" in found[0]


def count_of(store: Store, lists: Questionnaire) -> tuple[object, object]:
    row = export_wave(store, lists, wave=WAVE).responses.set_index("unit_id").loc["W1"]
    return (None if pd.isna(row["n02_rows"]) else int(row["n02_rows"])), row["n02_rows_state"]


def test_nothing_is_said_shown_exported_and_submitted(app: Flask, store: Store, lists: Questionnaire) -> None:
    browser = at_the_list(app)
    assert not ticked(browser)
    browser.send()
    assert browser.status == 422 and "请勾选“没有应用场景”" in browser.text
    assert count_of(store, lists) == (None, "blank")
    browser.send(n02_rows="0")
    assert browser.status == 422 and ticked(browser) and "都没有？请核对。" in browser.text  # it counts as none now
    browser.send(n02_rows="0", reason__some="确实没有")
    assert browser.path == "/respond/page/sites" and count_of(store, lists) == (0, "answered")
    assert ticked(browser.get("/respond/page/cases"))
    browser.get("/respond/page/sites").send().send(n04="还没有")
    browser.get("/respond/check")
    assert "没有应用场景" in browser.text and "未填任何行" in browser.text  # the other list has no such box
    browser.submit()
    assert browser.path == "/respond/receipt" and count_of(store, lists) == (0, "answered")
    book = export_wave(store, lists, wave=WAVE).codebook.set_index("field").loc["n02_rows"]
    assert "没有应用场景" in book["label_zh"] and "No use cases to report" in book["label_en"]


def test_a_row_clears_the_box_even_where_it_stays_ticked(
    app: Flask, store: Store, wang: Assignment, lists: Questionnaire
) -> None:
    browser = at_the_list(app).send(n02_rows="0").get("/respond/page/cases")
    browser.send(**{"n02_rows": "0", "n02_name.1": "场景", "n02_users.1": "2"})
    assert browser.path == "/respond/page/sites" and "“没有应用场景”的勾选已取消" in browser.text
    assert count_of(store, lists) == (1, "answered")
    assert not ticked(browser.get("/respond/page/cases"))
    browser.send(**{"n02_name.1": "场景", "n02_users.1": "2", "n02.1__remove": "1"})
    assert browser.status == 422 and not ticked(browser)  # removed again, nobody has said that there are none
    assert standing(store, wang).answers["n02_rows"].state == "blank"


def test_a_row_on_another_sub_page_clears_the_box(app: Flask, store: Store, lists: Questionnaire) -> None:
    browser = at_the_list(app)
    browser.send("add", **{"n02_name.1": "甲", "n02_users.1": "1", "n02_name.2": "乙", "n02_users.2": "1"})
    browser.get("/respond/page/cases.2").send(**{"n02_name.3": "丙", "n02_users.3": "1"})
    browser.get("/respond/page/cases")
    removed = {f"n02.{row}__remove": "1" for row in (1, 2)}
    browser.send(n02_rows="0", **removed)  # row 3 is still there
    assert count_of(store, lists) == (1, "answered") and not ticked(browser.get("/respond/page/cases"))


def test_a_row_that_a_colleague_adds_meanwhile_goes_before_the_box(
    app: Flask, store: Store, wang: Assignment, lists: Questionnaire
) -> None:
    mine, zhao = at_the_list(app), at_the_list(app)
    zhao.send(**{"n02_name.1": "赵的场景", "n02_users.1": "3"})
    mine.send(n02_rows="0")
    assert count_of(store, lists) == (1, "answered")
    assert standing(store, wang).answers["n02_rows"].state == "blank"


def test_both_languages_offer_it(app: Flask) -> None:
    browser = at_the_list(app)
    assert "没有应用场景" in browser.text
    assert "No use cases to report" in browser.get("/respond/page/cases?lang=en").text
