"""Wang and Chen in a real browser, with and without JavaScript: everything that may go wrong while people answer."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from tests.end_to_end.wang import code_of, fill, fill_in, fill_to_the_check, press, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.xdist_group("demo")

RECEIPT = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")
# Everything a page must have for those who cannot see it, asked of the document itself.
FAULTS_OF_A_PAGE = """() => {
  const faults = [], all = query => [...document.querySelectorAll(query)];
  const words = id => document.getElementById(id)?.textContent.trim();
  if (!document.documentElement.lang) faults.push('no lang');
  if (!document.title.trim()) faults.push('no title');
  if (all('h1').length !== 1) faults.push(all('h1').length + ' h1');
  const ids = all('[id]').map(node => node.id);
  faults.push(...ids.filter((id, at) => ids.indexOf(id) !== at).map(id => 'id twice: ' + id));
  for (const node of all('input:not([type=hidden]), select, textarea')) {
    const by = (node.getAttribute('aria-labelledby') || '').split(' ').filter(Boolean);
    const named = by.length ? by.every(words) : [...node.labels].some(label => label.textContent.trim());
    if (!named) faults.push('no label: ' + node.name);
  }
  for (const node of all('[aria-describedby]'))
    for (const id of node.getAttribute('aria-describedby').trim().split(/ +/))
      if (!document.getElementById(id)) faults.push('describes nothing: ' + id);
  for (const node of all('label[for]')) if (!document.getElementById(node.htmlFor)) faults.push('label of nothing');
  for (const node of all('a[href^="#"]'))
    if (!document.getElementById(node.getAttribute('href').slice(1))) faults.push('leads nowhere: ' + node.href);
  for (const node of all('button, a')) if (!node.textContent.trim()) faults.push('button without words');
  for (const node of all('img')) if (!node.hasAttribute('alt')) faults.push('image without alt');
  return faults;
}"""
WIDTH = "() => [document.documentElement.scrollWidth, window.innerWidth]"


@dataclass(slots=True)
class Survey:
    """A small wave that is being collected: its folder, its address, and the units nobody has answered for yet."""

    folder: Path
    address: str
    units: Iterator[str]

    def code(self) -> str:
        """The access code of the next unit."""
        return code_of(self.folder, next(self.units))

    def rows(self, query: str, *arguments: object) -> list[tuple[Any, ...]]:
        """What stands in the answer store."""
        from pysqlite3 import dbapi2

        with closing(dbapi2.connect(self.folder / ".uptake/answers.sqlite")) as connection, connection:
            return list(connection.execute(query, arguments))

    def events(self, unit: str, field: str) -> list[str]:
        """Every value that was ever stored for a field of a unit."""
        query = (
            "SELECT value FROM answer_event JOIN assignment ON assignment.id = assignment_id "
            "WHERE unit_id = ? AND field = ? ORDER BY seq"
        )
        return [value for (value,) in self.rows(query, unit, field)]

    def exported(self, unit: str) -> pd.Series:
        """The unit's row of `responses` as an export would write it now."""
        from collector import export_responses, open_for_reading
        from forms import load_questionnaires

        questionnaire = load_questionnaires(self.folder, faults=[])["enterprise"]
        with open_for_reading(self.folder / ".uptake/answers.sqlite") as store:
            return export_responses(store, questionnaire, wave="2026Q4")[0].set_index("unit_id").loc[unit]


@pytest.fixture(scope="module")
def small_study(command: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example study with a sample of 600."""
    folder = tmp_path_factory.mktemp("people") / "study"
    command("init", folder)
    design = folder / "design.yaml"
    text = design.read_text(encoding="utf-8").replace("n: 4000", "n: 600").replace("min_n_h: 8", "min_n_h: 2")
    design.write_text(text.replace('  take_all: {column: size, values: ["1"]}\n', ""), encoding="utf-8")
    command("draw", folder)
    return folder


@pytest.fixture(scope="module")
def survey(small_study: Path, serve: Callable[..., Any]) -> Survey:
    """The small study, served to the units of middling size, to whom the numbers of TYPED fit."""
    sample = pd.read_parquet(small_study / "waves/2026Q4/sample.parquet")
    core = sample["staff"].between(40, 250) & (sample["annual_module"] == "no")
    units = sample.loc[core, "unit_id"].sort_values()
    return Survey(small_study, serve(small_study).address, iter(units.tolist()))


@pytest.fixture(params=[True, False], ids=["javascript", "no javascript"])
def wangs_browser(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    """A browser of Wang's own, in Chinese."""
    context = browser.new_context(java_script_enabled=request.param, locale="zh-CN")
    yield context
    context.close()


@pytest.fixture
def plain_browser(browser: Browser) -> Iterator[BrowserContext]:
    """A browser for what has nothing to do with JavaScript."""
    context = browser.new_context(locale="zh-CN")
    yield context
    context.close()


def save(page: Page) -> None:
    press(page, "#page-form button.go")


def press_enter(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


def typed(page: Page, name: str) -> str:
    return page.locator(f"#page-form [name='{name}']").input_value()


def test_a_wrong_code_is_told_in_a_sentence_and_stays_typed(survey: Survey, wangs_browser: BrowserContext) -> None:
    page = wangs_browser.new_page()
    sign_in(page, survey.address, "7k3m q9td 2hxa w5pe")
    assert "访问码“7k3m q9td 2hxa w5pe”不正确。请对照通知书检查每一位" in page.locator("#code-error").inner_text()
    assert page.input_value("#code") == "7k3m q9td 2hxa w5pe"
    page.fill("#code", survey.code().lower().replace("-", " "))
    press_enter(page)
    assert page.locator("h1").inner_text() == "单位基本情况"


def test_a_double_click_submits_once_and_back_leads_to_the_same_receipt(
    survey: Survey, wangs_browser: BrowserContext
) -> None:
    unit, page = next(survey.units), wangs_browser.new_page()
    sign_in(page, survey.address, code_of(survey.folder, unit))
    fill_to_the_check(page)
    page.locator("form.door button.go").dblclick()
    page.wait_for_selector(".receipt")
    receipt = RECEIPT.findall(page.locator(".receipt-code").inner_text())
    query = "SELECT receipt_code FROM submission JOIN assignment ON assignment.id = assignment_id WHERE unit_id = ?"
    assert survey.rows(query, unit) == [tuple(receipt)]
    for _ in range(3):
        page.go_back()
        assert RECEIPT.findall(page.locator(".receipt-code").inner_text()) == receipt
    assert survey.rows(query, unit) == [tuple(receipt)]
    assert survey.exported(unit)["disposition"] == "complete"


def test_a_second_tab_with_another_answer_shows_both(survey: Survey, wangs_browser: BrowserContext) -> None:
    unit, one = next(survey.units), wangs_browser.new_page()
    sign_in(one, survey.address, code_of(survey.folder, unit))
    staff = typed(one, "e04_staff")
    fill(one, e04_rd="1")
    save(one)
    two, three = wangs_browser.new_page(), wangs_browser.new_page()
    for tab in (one, two, three):
        tab.goto(f"{survey.address}/respond/page/unit")
    one.fill("[name=e04_rd]", "5")
    save(one)
    three.fill("[name=e02_address]", "示例路 9 号")  # another answer of the same page: merged without a word
    save(three)
    assert three.url.endswith("/respond/page/accounts") and survey.events(unit, "e04_rd") == ["1", "5"]
    two.fill("[name=e04_rd]", "7")
    save(two)
    shown = two.locator(".error-summary").first.inner_text()
    assert "同一答案在别处被修改" in shown and "7 人" in shown and "5 人" in shown
    assert typed(two, "e04_rd") == "7" and survey.events(unit, "e04_rd") == ["1", "5"]
    assert typed(two, "e02_address") == "示例路 9 号"  # or saving again would put the old one back
    save(two)
    assert two.url.endswith("/respond/page/accounts") and survey.events(unit, "e04_rd") == ["1", "5", "7"]
    assert survey.events(unit, "e02_address")[-1] == "示例路 9 号" and survey.events(unit, "e04_staff") == [staff]


def test_two_tabs_with_the_same_answers_are_one(survey: Survey, wangs_browser: BrowserContext) -> None:
    unit, one = next(survey.units), wangs_browser.new_page()
    sign_in(one, survey.address, code_of(survey.folder, unit))
    two = wangs_browser.new_page()
    two.goto(f"{survey.address}/respond/page/unit")
    for tab in (one, two):
        fill(tab)
        save(tab)
        assert tab.url.endswith("/respond/page/accounts") and tab.locator(".error-summary").count() == 0
    assert survey.events(unit, "e04_rd") == ["3"]


def test_the_language_switch_keeps_half_typed_and_unreadable_text(
    survey: Survey, wangs_browser: BrowserContext
) -> None:
    page = wangs_browser.new_page()
    sign_in(page, survey.address, survey.code())
    half = {"e04_rd": "三四个 <b>", "e02_address": "“半句话 & 没写完", "e03_class": "36"}
    for name, text in half.items():
        page.fill(f"[name={name}]", text)
    for button, lang in (("English", "en"), ("中文", "zh-Hans"), ("English", "en")):
        with page.expect_navigation():
            page.get_by_role("button", name=button).click()
        assert page.locator("html").get_attribute("lang") == lang
        assert {name: typed(page, name) for name in half} == half
        half = {**half, "e04_rd": half["e04_rd"] + "?"}  # and more is typed in the other language
        page.fill("[name=e04_rd]", half["e04_rd"])
    assert page.url.endswith("/respond/page/unit")


@pytest.mark.parametrize("how", ["the cookie is gone", "the time is over"])
def test_a_session_that_ended_gives_the_text_back(survey: Survey, wangs_browser: BrowserContext, how: str) -> None:
    unit, page = next(survey.units), wangs_browser.new_page()
    sign_in(page, survey.address, code_of(survey.folder, unit))
    page.fill("[name=e04_rd]", "十一二")
    page.fill("[name=e02_address]", "“未保存”的地址 <i>")
    if how == "the cookie is gone":
        wangs_browser.clear_cookies()
    else:
        survey.rows("UPDATE web_session SET seen_at = '2020-01-01T00:00:00.000000Z'")
    save(page)
    assert "登录已过期" in page.locator(".notice").first.inner_text() and survey.events(unit, "e02_address") == []
    page.fill("#code", "7K3M-Q9TD-2HXA-W5PE")  # a wrong code in between loses nothing either
    press(page, "#door button.go")
    assert "不正确" in page.locator("#code-error").inner_text()
    page.fill("#code", code_of(survey.folder, unit))
    press(page, "#door button.go")
    assert (typed(page, "e04_rd"), typed(page, "e02_address")) == ("十一二", "“未保存”的地址 <i>")
    assert "尚未保存" in page.locator(".notice").first.inner_text()
    fill(page)
    save(page)
    assert page.url.endswith("/respond/page/accounts") and survey.events(unit, "e04_rd") == ["3"]


def test_the_first_pages_by_keyboard_alone(survey: Survey, wangs_browser: BrowserContext) -> None:
    unit, page = next(survey.units), wangs_browser.new_page()
    page.goto(f"{survey.address}/?lang=zh")
    walk_to(page, "code")
    page.keyboard.type(code_of(survey.folder, unit))
    press_enter(page)
    assert page.locator("h1").inner_text() == "单位基本情况"
    walk_to(page, "e02_address")
    page.keyboard.type("示例路 1 号")
    walk_to(page, "e04_rd")
    page.keyboard.type("3")
    press_enter(page)  # saves; it must not press the language button, which stands before it
    assert page.url.endswith("/respond/page/accounts"), page.locator(".error-summary").all_inner_texts()
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    for name, text in (("e05_revenue", "8000"), ("e05_assets", "9000"), ("e05_cost", "6000")):
        walk_to(page, name)
        page.keyboard.type(text)
    walk_to(page, "e05_estimated")
    page.keyboard.press("Space")
    press_enter(page)
    assert page.url.endswith("/respond/page/use"), page.locator(".error-summary").all_inner_texts()
    for name in ("e06", "e08", "e09", "e17"):
        walk_to(page, name)
        page.keyboard.press("Space")
    walk_to(page, "action")
    press_enter(page)
    assert page.url.endswith("/respond/page/functions")
    assert [survey.events(unit, name) for name in ("e04_rd", "e06", "e17")] == [["3"], ["yes"], ["yes"]]


def walk_to(page: Page, name: str) -> None:
    """Press Tab until the focus stands on the input of that name, and see that it is visible there."""
    for _ in range(80):
        page.keyboard.press("Tab")
        found = page.evaluate("() => { const at = document.activeElement; return [at.name || '', at.value || ''] }")
        if found[0] == name and found[1] != "leave":
            outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
            shadow = page.evaluate("() => getComputedStyle(document.activeElement).boxShadow")
            assert outline != "none" or shadow != "none", f"the focus cannot be seen on {name}"
            return
    raise AssertionError(f"Tab never came to {name}")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_is_whole_and_fits_a_narrow_screen(survey: Survey, browser: Browser, lang: str) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640})
    page, seen = context.new_page(), []

    def look() -> None:
        page.wait_for_load_state()  # with the style sheet
        seen.append(page.locator("h1").first.inner_text())
        assert page.evaluate(FAULTS_OF_A_PAGE) == [], seen
        wide, window = page.evaluate(WIDTH)
        assert wide <= window, (seen, wide)

    page.goto(f"{survey.address}/?lang={lang}")
    look()
    page.fill("#code", "W" * 60)
    press(page, "#door button.go")
    look()
    page.fill("#code", survey.code())
    press(page, "#door button.go")
    for _ in range(15):
        if page.locator("#page-form").count() == 0:
            break
        look()
        save(page)  # with nothing typed: everything that is missing is told
        look()
        fill(page)
        save(page)
    for path in ("/respond/check", "/nothing"):
        page.goto(survey.address + path)
        look()
    page.goto(f"{survey.address}/respond/check")
    press(page, "form.door button.go")
    look()
    assert page.locator(".receipt").count() == 1 and len(seen) >= 18
    context.close()


def test_a_soft_check_is_explained_and_exported_as_confirmed(survey: Survey, wangs_browser: BrowserContext) -> None:
    unit, page = next(survey.units), wangs_browser.new_page()
    sign_in(page, survey.address, code_of(survey.folder, unit))
    fill(page, e04_staff="9000")
    save(page)
    assert page.locator("#soft-staff_far_from_register").is_visible()
    page.locator(".error-summary a").first.click()
    assert page.evaluate("() => document.activeElement.name") == "reason__staff_far_from_register"
    page.fill("[name=reason__staff_far_from_register]", "本季度合并了两家单位")
    save(page)
    assert page.url.endswith("/respond/page/accounts"), page.locator(".error-summary").all_inner_texts()
    fill_to_the_check(page, e05_revenue="90000")
    press(page, "form.door button.go")
    row = survey.exported(unit)
    assert (row["disposition"], row["e04_staff"]) == ("complete", 9000)
    assert bool(row["confirmed_staff_far_from_register"])
    assert pd.isna(row["confirmed_region_changed"])


def test_a_hard_check_is_refused_and_leads_to_its_field(survey: Survey, wangs_browser: BrowserContext) -> None:
    unit, page = next(survey.units), wangs_browser.new_page()
    sign_in(page, survey.address, code_of(survey.folder, unit))
    fill(page, e04_rd="9999")
    save(page)
    assert "/respond/page/unit" in page.url and page.title().startswith("错误：")
    link = page.locator(".error-summary a").first
    assert "研究开发人员（9,999 人）多于从业人员" in link.inner_text()
    link.click()
    assert page.evaluate("() => document.activeElement.id") == "e04_rd"
    assert page.locator("#e04_rd").get_attribute("aria-invalid") == "true"
    press(page, "#page-form button.second")  # later
    fill_and_go_on(page)
    assert "研究开发人员（9,999 人）多于从业人员" in page.locator(".error-summary").inner_text()
    press(page, "form.door button.go")
    assert page.locator(".receipt").count() == 0 and survey.exported(unit)["disposition"] == "partial"
    page.locator(".error-summary a").first.click()
    page.fill("[name=e04_rd]", "3")
    save(page)
    page.goto(f"{survey.address}/respond/check")
    press(page, "form.door button.go")
    assert page.locator(".receipt").count() == 1


def fill_and_go_on(page: Page) -> None:
    while page.locator("#page-form").count():
        fill(page)
        save(page)


def test_chen_sees_nothing_of_wang(
    survey: Survey, wangs_browser: BrowserContext, plain_browser: BrowserContext
) -> None:
    wangs_unit, chens_unit = next(survey.units), next(survey.units)
    wang = wangs_browser.new_page()
    fill_in(wang, survey.address, code_of(survey.folder, wangs_unit), e02_address="金丝雀路 77 号", e38_filler="金丝雀")
    wangs_name = wang.locator(".who strong").inner_text()
    urls = ["/", "/enter", "/respond/", "/respond/check", "/respond/receipt", "/respond/receipt.pdf", "/nothing"]
    urls += [f"/respond/page/{page}{ask}" for page in ("unit", "use", "signoff") for ask in ("", "?look=1", "?lang=en")]
    chen = plain_browser.new_page()
    for signed_in in (False, True):
        if signed_in:
            sign_in(chen, survey.address, code_of(survey.folder, chens_unit))
        for url in urls:
            reply = chen.goto(survey.address + url)
            assert reply is not None and reply.status < 500
            assert not [word for word in ("金丝雀", wangs_name, wangs_unit) if word in chen.content()], url
            assert signed_in or "/respond" not in url or reply.status == 401
    assert survey.exported(chens_unit)["disposition"] == "unknown"


def test_wangs_open_tab_does_not_write_into_chens_form(survey: Survey, wangs_browser: BrowserContext) -> None:
    wangs_unit, chens_unit = next(survey.units), next(survey.units)
    wang, chen = wangs_browser.new_page(), wangs_browser.new_page()  # one browser, two people
    sign_in(wang, survey.address, code_of(survey.folder, wangs_unit))
    fill(wang, e02_address="王的地址")
    sign_in(chen, survey.address, code_of(survey.folder, chens_unit))
    save(wang)
    assert "属于另一份问卷" in wang.locator(".notice").first.inner_text()
    assert survey.events(wangs_unit, "e02_address") == survey.events(chens_unit, "e02_address") == []
    wang.fill("#code", code_of(survey.folder, wangs_unit))
    press(wang, "#door button.go")
    assert typed(wang, "e02_address") == "王的地址"
    save(wang)
    assert survey.events(wangs_unit, "e02_address") == ["王的地址"] and survey.events(chens_unit, "e02_address") == []


def test_a_killed_server_loses_no_page(
    wangs_browser: BrowserContext, serve: Callable[..., Any], small_study: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "study"
    shutil.copytree(small_study, folder, ignore=shutil.ignore_patterns(".uptake"))
    server, page = serve(folder), wangs_browser.new_page()
    sample = pd.read_parquet(folder / "waves/2026Q4/sample.parquet")
    unit = str(sample.loc[sample["staff"].between(40, 250), "unit_id"].iloc[0])
    survey, port = Survey(folder, server.address, iter(())), int(server.address.rsplit(":", 1)[1])
    sign_in(page, server.address, code_of(folder, unit))
    fill(page)
    save(page)  # confirmed
    fill(page)  # half of the second page is typed …
    kill(server.process)
    page.locator("#page-form button.go").click()  # … and sent into nothing
    page.wait_for_url("chrome-error://**")
    serve(folder, port=port)
    assert survey.events(unit, "e04_rd") == ["3"] and survey.events(unit, "e05_cost") == []
    page.reload()  # the browser sends the page again, as it offers to
    assert page.url.endswith("/respond/page/use")
    assert survey.events(unit, "e05_cost") == ["6000.50"]
    fill_to_the_check(page)
    press(page, "form.door button.go")
    assert page.locator(".receipt").count() == 1


def kill(process: Any) -> None:
    """End the server and its worker at once, as a power cut would."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    for number in (process.pid, *map(int, children)):
        os.kill(number, signal.SIGKILL)
    process.wait(30)
