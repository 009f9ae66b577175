"""Wang at the quarterly core of the enterprise form: her access code, what she types, and how a browser types it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

# What is typed, by name of the input; full-width digits, separators and 万 are as respondents write them.
TERMINALS = ("t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8", "t9", "t10", "byod")
TYPED: dict[str, str] = {
    "e04_rd": "３",
    "e05_revenue": "8,000",
    "e05_assets": "１亿",
    "e05_cost": "6000.5",
    "e05_estimated": "cost",
    "e06": "yes",
    "e08": "dont_know",
    "e09": "yes",
    "e17": "yes",
    **{f"e07_use_{row}": "none" for row in ("rd", "supply", "sales", "finance", "hr", "it", "decision")},
    "e07_use_core": "routine",
    "e07_use_service": "pilot",
    "e07_use_office": "routine",
    "e07_results": "yes",
    "e07_since": "earlier",
    "e10_agents": "4",
    "e10_points": "1,200",
    "e10_kinds": "service",
    "e10_since": "earlier",
    "e11_built": "1",
    "e11_bought": "2",
    "e11_platform": "1",
    "e12_autonomous": "2",
    "e12_stoppable": "4",
    "e13_tasks": "1.5万",
    "e13_basis": "estimate",
    **{f"e18_n_{row}_{column}": "0" for row in TERMINALS for column in ("all", "ai")},
    "e18_n_t3_all": "30",
    "e18_n_t3_ai": "7",
    "e18_since": "earlier",
    "e29": "12",
    "e36": "records",
    "e37_minutes": "25",
    "e37_remarks": "<b>无</b> & “其他” 🙂",
    "e38_principal": "王一",
    "e38_statistician": "王二",
    "e38_filler": "王三",
    "e38_phone": "010-12345678",
    "e38_date": "2026-12-31",
    "e38_confirm": "1",
}


def code_of(folder: Path, unit_id: str) -> str:
    from collector import Config, access_code

    key = Config.for_study(folder, wave="2026Q4").code_key
    return access_code(key, wave="2026Q4", questionnaire="enterprise", unit_id=unit_id)


def sign_in(page: Page, address: str, code: str) -> None:
    """Open the survey in Chinese and enter with the code."""
    page.goto(f"{address}/?lang=zh")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    page.fill("#code", code)
    press(page, "#door button.go")


def press(page: Page, button: str) -> None:
    """Press a button that leads to another page, and wait until that page is there."""
    with page.expect_navigation():
        page.locator(button).click()


def fill(page: Page, **instead: str) -> None:
    """Fill in whatever inputs of TYPED the page shows; `instead` types something else."""
    for name, value in (TYPED | instead).items():
        found = page.locator(f"#page-form [name='{name}']")
        if found.count() == 0:
            continue
        kind = found.first.get_attribute("type")
        if kind in ("radio", "checkbox"):
            page.locator(f"#page-form [name='{name}'][value='{value}']").check(force=True)
        elif found.first.evaluate("node => node.tagName") == "SELECT":
            found.first.select_option(value)
        else:
            found.first.fill(value)


def fill_to_the_check(page: Page, **instead: str) -> None:
    """Fill in every page that comes until all answers are shown for a last look."""
    for _ in range(15):
        if page.locator("#page-form").count() == 0:
            break
        fill(page, **instead)
        press(page, "#page-form button.go")
        assert page.locator(".error-summary").count() == 0, page.locator(".error-summary").inner_text()
    assert page.locator("h1").inner_text() == "核对答案", page.locator("main").inner_text()


def fill_in(page: Page, address: str, code: str, **instead: str) -> str:
    """Go from the access code to the receipt and return the receipt's words."""
    sign_in(page, address, code)
    fill_to_the_check(page, **instead)
    press(page, "form.door button.go")
    return page.locator(".receipt").inner_text()
