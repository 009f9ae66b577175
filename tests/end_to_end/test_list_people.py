"""Wang fills in 25 rows without JavaScript, Zhao changes one meanwhile, the server is killed; Chen sees nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from collector import Store, export_wave, find_assignments, open_for_reading, open_store
from collector.services.answers import standing
from forms import rows_of
from tests.collector.listing import CASES, code_of, questionnaire, row, rows, started
from tests.collector.people import WAVE
from tests.end_to_end.conftest import free_port
from tests.end_to_end.test_pages_for_everyone import UNIT, fill, press

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]


def serve(database: Path, port: int) -> subprocess.Popen[bytes]:
    """Start the real server on the survey of use cases, and wait until it is ready."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("UPTAKE_")}
    script = ROOT / "tests" / "collector" / "serve_for_tests.py"
    process = subprocess.Popen(
        [sys.executable, str(script), str(CASES), str(database), str(port)],
        env={**environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    for _ in range(300):
        assert process.poll() is None
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return process
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server was not ready within 30 seconds")


def kill(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def enter(browser: Browser, address: str, unit: str) -> Page:
    page = browser.new_context(java_script_enabled=False, locale="zh-CN").new_page()
    page.set_default_timeout(15_000)
    page.goto(f"{address}/?lang=zh")
    page.fill("#code", code_of(unit))
    press(page, "#door button.go")
    return page


def to_the_list(page: Page) -> None:
    fill(page, UNIT)
    press(page, "#page-form button.go")
    fill(page, {"u05": "yes"})
    press(page, "#page-form button.go")
    assert page.url.endswith("/respond/page/cases"), page.locator("main").inner_text()


def add_rows(page: Page) -> None:
    press(page, "#page-form button[value=add]")
    assert page.locator(".error-summary").count() == 0, page.locator(".error-summary").inner_text()


def wang_in(store: Store) -> dict[str, object]:
    answers = standing(store, find_assignments(store, questionnaire(), wave=WAVE)["W1"]).answers
    return {name: answer.value for name, answer in answers.items()}


def test_25_rows_three_people_and_a_killed_server(browser: Browser, tmp_path: Path) -> None:
    database, port = tmp_path / "answers.sqlite", free_port()
    with open_store(database) as store:
        started(store)
    process = serve(database, port)
    address = f"http://127.0.0.1:{port}"
    try:
        wang = enter(browser, address, "W1")
        to_the_list(wang)
        add_rows(wang)
        fill(wang, rows(1, 10))
        add_rows(wang)
        zhao = enter(browser, address, "W1")
        zhao.goto(f"{address}/respond/page/cases")
        wang.goto(f"{address}/respond/page/cases")
        zhao.fill("[name='u06_users.7']", "77")
        press(zhao, "#page-form button.go")
        fill(wang, row(3, users="33"))
        press(wang, "#page-form button.go")  # her page still holds the old row 7
        wang.goto(f"{address}/respond/page/cases.2?more=1")
        fill(wang, rows(11, 20))
        add_rows(wang)
        assert wang.url.split("?")[0].endswith("/respond/page/cases.3")
        kill(process)  # everything that was confirmed is on the disk
        with open_for_reading(database) as store:
            stored = wang_in(store)
            assert (stored["u06_users.3"], stored["u06_users.7"], stored["u06_users.20"]) == (33, 77, 20)
        process = serve(database, port)
        fill(wang, rows(21, 25))
        press(wang, "#page-form button.go")
        assert wang.url.endswith("/respond/page/end"), wang.locator("main").inner_text()
        chen = enter(browser, address, "C1")
        to_the_list(chen)
        assert "场景" not in "".join(
            chen.locator("#page-form input[type=text]").evaluate_all("all => all.map(one => one.value)")
        )
        fill(wang, {"u07": "王一"})
        press(wang, "#page-form button.go")
        assert wang.locator(".roster-table tbody tr").count() == 25
        press(wang, "form.door button.go")
        assert wang.locator(".receipt-code").count() == 1
    finally:
        kill(process)
    with open_for_reading(database) as store:
        roster = questionnaire().rosters["u06"]
        answers = standing(store, find_assignments(store, questionnaire(), wave=WAVE)["W1"]).answers
        assert rows_of(roster, answers) == tuple(range(1, 26))
        long = export_wave(store, questionnaire(), wave=WAVE).rosters["u06"]
    expected = {number: number for number in range(1, 26)} | {3: 33, 7: 77}
    assert dict(zip(long["row"], long["u06_users"], strict=True)) == expected and set(long["unit_id"]) == {"W1"}
