"""What cannot be read as a number is refused in a sentence, at the box and in the summary, in the page's language."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from collector import Assignment, Store
from collector.services.answers import standing
from tests.collector.listing import app_of, enter, started, to_the_list
from tests.collector.people import Browser

REFUSED = {
    "1e5": "1e5",
    "NaN": "NaN",
    "0x1f": "0x1f",
    "12\u202e3": "12[U+202E]3",
    "1\x002": "1[U+0000]2",
    "1.2.3": "1.2.3",
    "1,23": "1,23",
    "∞": "∞",
    "10²": "10²",
    "①": "①",
    "-": "-",
    "９９９９９９９９９９９９９９９９９９９": "９９９９９９９９９９９９９９９９９９９",
}
READ = {"３２０００": "32000", "3.2万": "32000", "32,000": "32000", "３２，０００": "32000", " 32000 ": "32000"}


@pytest.fixture
def wang(store: Store) -> Assignment:
    return started(store)["W1"]


def sentence_of(browser: Browser, field: str) -> str:
    found = re.search(rf'<p class="error" id="{re.escape(field)}-error">.*?</span>(.*?)</p>', browser.text, re.S)
    assert found, browser.text
    return html.unescape(found[1])


def lines_of(browser: Browser) -> list[str]:
    return [html.unescape(line) for line in re.findall(r'<li><a href="#[^"]+">(.*?)</a></li>', browser.text)]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("typed", REFUSED)
def test_refused_beside_the_box_and_in_the_summary(
    store: Store, wang: Assignment, tmp_path: Path, typed: str, lang: str
) -> None:
    browser = enter(app_of(store, tmp_path), "W1").get(f"/respond/page/unit?lang={lang}")
    browser.send(u02_staff="100", u02_rd=typed, u03_all="1", u03_software="1", u03_cloud="0", u04="1")
    said = sentence_of(browser, "u02_rd")
    assert browser.status == 422 and said in lines_of(browser) and f"“{REFUSED[typed]}”" in said
    assert ("请" in said) if lang == "zh" else ("rite" in said or "Use" in said)  # what to type instead
    assert "u02_rd" not in standing(store, wang).answers
    assert "\u202e" not in said and "\x00" not in browser.text


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("typed", REFUSED)
def test_refused_in_a_row_with_the_row_named(
    store: Store, wang: Assignment, tmp_path: Path, typed: str, lang: str
) -> None:
    browser = to_the_list(enter(app_of(store, tmp_path), "W1")).get(f"/respond/page/cases?lang={lang}")
    browser.send(**{"u06_name.2": "x", "u06_kind.2": "make", "u06_users.2": typed})
    said, row = sentence_of(browser, "u06_users.2"), {"zh": "应用场景 2：", "en": "Use case 2: "}[lang]
    assert f"“{REFUSED[typed]}”" in said and row + said in lines_of(browser)


@pytest.mark.parametrize("typed", READ)
def test_read_and_shown_back_with_the_unit(store: Store, wang: Assignment, tmp_path: Path, typed: str) -> None:
    browser = enter(app_of(store, tmp_path), "W1")
    browser.send(u02_staff=typed, u02_rd=typed, u03_all="1", u03_software="1", u03_cloud="x", u04="1")
    assert standing(store, wang).answers["u02_rd"].value == 32000
    assert ("“3.2万”已读作 32,000 人" in browser.text) is (typed == "3.2万")
    assert f'value="{typed}"' in browser.text  # as it was typed, until the page is saved
    browser.send(u02_staff=typed, u02_rd=typed, u03_all="1", u03_software="1", u03_cloud="0", u04="1")
    assert 'name="u02_rd" value="32000"' in browser.get("/respond/page/unit").text
    assert "32,000 人" in browser.get("/respond/check").text


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("1.2亿", "12000.00"), ("120000元", "12.00"), ("12", "12.00"), ("1.5万", "1.50"), ("1.5万元", "1.50")],
)
def test_money_is_read_in_its_unit(store: Store, wang: Assignment, tmp_path: Path, typed: str, stored: str) -> None:
    browser = enter(app_of(store, tmp_path), "W1")
    browser.send(u02_staff="9", u02_rd="0", u03_all=typed, u03_software="x", u03_cloud="0", u04="1")
    assert str(standing(store, wang).answers["u03_all"].value) == stored
    assert ("已读作" in browser.text) is any(sign in typed for sign in "万亿元")
