"""Wang reads and sends her form in a third language, whose words the study brought: every page speaks it whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from collector import Config, Store, access_code, create_app, find_assignments, start_wave
from collector.words import program_words, words_faults
from forms import load_questionnaires
from tests.collector.people import CODE_KEY, WAVE, Browser, sample_of
from tests.forms.test_third_language import foreign
from tests.forms.third_language import LANG, forgotten, write_questionnaire, write_words
from uptake.contract.errors import StudyError

FORMS = Path(__file__).resolve().parents[1] / "forms"
DATA = {"UTC", "Wang", "Qxish", "English", "中文", "国统制", "号"}  # a name, a number, the names of languages, a clock


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Path]:
    write_questionnaire(FORMS / "nothing.yaml", tmp_path)
    write_words(tmp_path)
    with forgotten():
        yield tmp_path


def config_of(study: Path) -> Config:
    return Config(study, WAVE, study / "answers.sqlite", "a secret that only the tests know, long", CODE_KEY)


@pytest.fixture
def app(store: Store, study: Path) -> Flask:
    asked = load_questionnaires(study, faults=[])["nothing"]
    start_wave(store, sample_of(("W1", "Wang", 100)), asked, wave=WAVE, code_key=CODE_KEY)
    assert find_assignments(store, asked, wave=WAVE)
    app = create_app(config_of(study), store=store)
    app.config["TESTING"] = True
    return app


def whole(browser: Browser) -> bool:
    """Whether the page that is shown says nothing outside the third language."""
    assert f'<html lang="{LANG}">' in browser.text
    plain = re.sub(r"[0-9A-Z]{4}(-[0-9A-Z]{4})+|\b[0-9a-f ]{12,}\b", "", browser.text)  # codes and digests
    left = set(foreign(plain)) - DATA
    assert left == set(), (browser.path, left)
    return True


def test_every_page_from_the_door_to_the_receipt(app: Flask) -> None:
    browser = Browser(app.test_client()).get(f"/?lang={LANG}")
    assert whole(browser) and ">Qxish<" in browser.text
    browser.enter("AAAA-BBBB-CCCC-DDDD")
    assert whole(browser) and browser.status != 200
    browser.enter(access_code(CODE_KEY, wave=WAVE, questionnaire="nothing", unit_id="W1"))
    assert browser.path == "/respond/page/unit" and whole(browser)
    assert browser.send(n01="many").status == 422 and whole(browser)
    browser.send(n01="9")
    assert browser.path == "/respond/page/cases" and whole(browser)
    assert browser.send().status == 422 and whole(browser)
    assert "‹No “‹Use case›” has been listed." in browser.text
    browser.send(n02_rows="0", reason__some="‹none›")
    assert browser.path == "/respond/page/sites" and whole(browser)
    browser.send().get("/respond/check")
    assert whole(browser)
    browser.get("/respond/page/more").send(n04="‹no time›").get("/respond/check").submit()
    assert browser.path == "/respond/receipt" and whole(browser)


def test_a_browser_that_prefers_the_language_is_given_it(app: Flask) -> None:
    shown = app.test_client().get("/", headers={"Accept-Language": f"de, {LANG}-CH;q=0.8, en;q=0.5"})
    assert f'<html lang="{LANG}">' in shown.text
    assert '<html lang="zh-Hans">' in app.test_client().get("/?lang=fr").text


def test_words_that_the_pages_lack_are_all_listed_and_the_app_does_not_start(store: Store, study: Path) -> None:
    write_words(study, without=("collector.submit", "collector.enter"), collector__skip="{x}", collector__skipp="y")
    with pytest.raises(StudyError) as stopped:
        create_app(config_of(study), store=store)
    said = str(stopped.value)
    assert "missing: collector.enter, collector.submit" in said and "unknown collector.skipp" in said
    assert '"collector.skip" does not have the slots' in said
    (fault,) = words_faults(study)
    assert fault.where == f"words/{LANG}.yaml:1"


def test_every_word_of_the_pages_has_a_key() -> None:
    assert all(key.startswith("collector.") and set(text) == {"zh", "en"} for key, text in program_words().items())
