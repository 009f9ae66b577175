"""Every type of page in a real browser: axe finds nothing, nothing is wider than a phone, the keyboard is enough."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from collector import Store, open_store, save_page
from tests.collector.listing import app_of, code_of, row, rows, started

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LANGUAGES = ("zh", "en")
UNITS = tuple((unit, "陈氏纺织", 100) for unit in ("zh-1280", "en-320", "en-1280", "zh-320", "receipt", "keyboard"))
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
UNIT = {"u02_staff": "100", "u02_rd": "5", "u03_all": "12.50", "u03_software": "10", "u03_cloud": "2.5", "u04": "30"}
WRONG = {**UNIT, "u02_rd": "3.2万", "u03_all": "1e5", "u03_software": "NaN"}


@dataclass(frozen=True, slots=True)
class Survey:
    """The survey of use cases as it is served: its address, and its store."""

    address: str
    store: Store


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Survey]:
    """Two waves of the survey of use cases, the first one answered, and a server for the second."""
    from werkzeug.serving import make_server

    folder = tmp_path_factory.mktemp("everyone")
    with open_store(folder / "answers.sqlite") as store:
        _answer_the_first_wave(store)
        started(store, arm="b", units=UNITS)
        server = make_server("127.0.0.1", 0, app_of(store, folder), threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Survey(f"http://127.0.0.1:{server.port}", store)
        server.shutdown()
        thread.join(10)


def _answer_the_first_wave(store: Store) -> None:
    from collector import submit

    for unit in started(store, "2026Q3", units=UNITS).values():
        pages: dict[str, dict[str, object]] = {
            "unit": {**UNIT, "u02_staff": "100"}, "use": {"u05": "yes"}, "cases": rows(1, 4), "end": {"u07": "王一"},
        }  # fmt: skip
        for page, typed in pages.items():
            sent = {name: [str(text)] for name, text in typed.items()}
            save_page(store, unit, page, "zh", sent, base_seq=10**9, client_key=page)
        assert submit(store, unit, "zh", client_key="s").receipt is not None


def answer_up_to_the_list(page: Page) -> None:
    fill(page, UNIT)
    press(page, "#page-form button.go")
    fill(page, {"u05": "yes"})
    press(page, "#page-form button.go")


def faults_of(page: Page) -> list[str]:
    """What axe finds on the page as it is shown now, and whether it is wider than its window."""
    from axe_playwright_python.sync_playwright import Axe

    found: Any = Axe().run(page, options={"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": WCAG}})
    faults = [f"{one['id']}: {node['html'][:200]}" for one in found.response["violations"] for node in one["nodes"]]
    wide, window = page.evaluate("() => [document.documentElement.scrollWidth, window.innerWidth]")
    return faults + ([f"{wide} px wide in a window of {window}"] if wide > window else [])


def fill(page: Page, typed: dict[str, object]) -> None:
    for name, text in typed.items():
        found = page.locator(f"#page-form [name='{name}']")
        if found.first.get_attribute("type") in ("radio", "checkbox"):
            page.locator(f"#page-form [name='{name}'][value='{text}']").check(force=True)
        else:
            found.first.fill(str(text))


def press(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.locator(button).first.click()


def pages_of(page: Page, survey: Survey, lang: str, unit: str) -> Iterator[str]:
    """Lead the browser through every type of page and give the name of each while it is shown."""
    at = f"{survey.address}/respond/page"
    page.goto(f"{survey.address}/?lang={lang}")
    yield "code page"
    page.fill("#code", "7K3M-Q9TD-2HXA-W5PE")
    press(page, "#door button.go")
    yield "wrong code"
    page.fill("#code", code_of(unit))
    press(page, "#door button.go")
    page.goto(f"{at}/unit")
    yield "prefilled, last time, computed, total, percentage"
    fill(page, WRONG)
    press(page, "#page-form button.go")
    yield "refusals, broken rules and a reason"
    fill(page, UNIT)
    press(page, "#page-form button.go")
    yield "definition, choices, other words by arm"
    fill(page, {"u05": "yes"})
    press(page, "#page-form button.go")
    yield "a list with the rows of last time"
    fill(page, {**row(1, users="300", cost="2000"), **row(2, users="x", kind="other"), "u06.3__remove": "1"})
    press(page, "#page-form button.go")
    yield "a list with errors, a reason and a row to remove"
    page.goto(f"{at}/cases?more=1")
    fill(page, rows(1, 10))
    press(page, "#page-form button[value=add]")
    yield "the second part of a list"
    press(page, "#page-form button.go")
    yield "several lines of text"
    page.goto(f"{survey.address}/respond/check")
    yield "last look with something missing"
    page.goto(f"{at}/end?look=1")
    fill(page, {"u07": "王一"})
    other = page.context.new_page()
    other.goto(f"{at}/end")
    fill(other, {"u07": "赵二"})
    press(other, "#page-form button.go")
    other.close()
    press(page, "#page-form button.go")
    yield "conflict"
    press(page, "#page-form button.go")
    yield "last look"
    page.goto(f"{survey.address}/respond/page/nothing")
    yield "no such page"


def finish(page: Page, survey: Survey) -> None:
    page.goto(f"{survey.address}/respond/check")
    press(page, "form.door button.go")


@pytest.mark.parametrize(
    ("lang", "width"),
    [
        ("zh", 1280),
        ("en", 320),
        pytest.param("en", 1280, marks=pytest.mark.proof),
        pytest.param("zh", 320, marks=pytest.mark.proof),
    ],
)
def test_no_page_has_a_fault_for_those_who_cannot_see_it(
    browser: Browser, survey: Survey, lang: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
    page, seen = context.new_page(), []
    for name in pages_of(page, survey, lang, f"{lang}-{width}"):
        seen.append(name)
        assert faults_of(page) == [], (lang, width, name)
        assert page.locator("html").get_attribute("lang") == {"zh": "zh-Hans", "en": "en"}[lang], name
    assert len(seen) == 13
    context.close()


def test_the_receipt_has_no_fault_either(browser: Browser, survey: Survey) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 900}, java_script_enabled=True)
    page = context.new_page()
    for _ in pages_of(page, survey, "zh", "receipt"):
        pass
    finish(page, survey)
    assert page.locator(".receipt-code").count() == 1
    for lang in LANGUAGES:
        page.goto(f"{survey.address}/respond/receipt?lang={lang}")
        assert faults_of(page) == []
    context.close()


def test_an_error_takes_the_focus_and_its_link_leads_to_the_box(browser: Browser, survey: Survey) -> None:
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(f"{survey.address}/?lang=zh")
    page.fill("#code", code_of("keyboard"))
    press(page, "#door button.go")
    answer_up_to_the_list(page)
    page.locator("[name='u06_users.2']").fill("1e5")
    press(page, "#page-form button.go")
    assert page.evaluate("document.activeElement.id") == "error-summary"
    page.keyboard.press("Tab")
    assert "应用场景 2：“1e5”读不成一个数" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "u06_users.2"
    described = page.evaluate("document.activeElement.getAttribute('aria-describedby')").split()
    assert described[-1] == "u06_users.2-error" and page.evaluate("document.activeElement.ariaInvalid") == "true"
    context.close()


def test_a_row_is_added_filled_and_removed_by_keyboard_alone(browser: Browser, survey: Survey) -> None:
    context = browser.new_context(locale="zh-CN", java_script_enabled=True)
    page = context.new_page()
    page.goto(f"{survey.address}/?lang=zh")
    walk_to(page, "code")
    page.keyboard.type(code_of("keyboard"))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto(f"{survey.address}/respond/page/unit")
    answer_up_to_the_list(page)
    page.goto(f"{survey.address}/respond/page/cases?more=1")
    walk_to(page, "u06_name.6")
    page.keyboard.type("键盘填写")
    walk_to(page, "u06_kind.6")
    page.keyboard.press("ArrowDown")
    walk_to(page, "u06_users.6")
    page.keyboard.type("3")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto(f"{survey.address}/respond/page/cases")
    assert page.input_value("[name='u06_name.6']") == "键盘填写"
    assert page.locator("[name='u06_kind.6'][value='serve']").is_checked()
    walk_to(page, "u06.6__remove")
    page.keyboard.press("Space")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto(f"{survey.address}/respond/page/cases")
    left = page.locator("[name^='u06_name.']").evaluate_all("boxes => boxes.map(box => box.value)")
    assert len(left) >= 4 and "键盘填写" not in left
    context.close()


def walk_to(page: Page, name: str) -> None:
    """Press Tab until the input is reached; what has the focus must always be seen."""
    for _ in range(400):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name || document.activeElement.id") == name:
            seen = page.evaluate(
                "() => { const box = document.activeElement.getBoundingClientRect();"
                " return box.bottom > 0 && box.top < window.innerHeight && box.width > 0 }"
            )
            assert seen
            return
    raise AssertionError(f"Tab never reaches {name}")
