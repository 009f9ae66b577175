"""Kill a real server while people answer: no answer that was confirmed may be missing, none may be there twice."""

from __future__ import annotations

import html
import http.client
import http.cookiejar
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from collector import Store, find_assignments, open_for_reading, open_store, start_wave
from forms import Questionnaire
from tests.collector.people import CODE_KEY, STUDY, WAVE, code_of, sample_of

ROOT = Path(__file__).parents[2]
UNITS = 6


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(database: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A server in its own process group, ready to take answers; killed without warning at the end."""
    script = ROOT / "tests" / "collector" / "serve_for_tests.py"
    environ = {**{name: value for name, value in os.environ.items() if not name.startswith("UPTAKE_")},
               "PYTHONPATH": str(ROOT)}  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, str(script), str(STUDY), str(database), str(port)],
        env=environ, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        wait_until_ready(process, port)
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until_ready(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(300):
        assert process.poll() is None, "the server ended before it was ready"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the server was not ready within 30 seconds")


class Person:
    """Answers page "use" again and again over HTTP, and notes what the server confirmed."""

    def __init__(self, unit_id: str, port: int) -> None:
        self.unit_id, self.base = unit_id, f"http://127.0.0.1:{port}"
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.confirmed: list[str] = []
        self.sent: list[str] = []

    def ask(self, path: str, data: dict[str, str] | None = None) -> str:
        body = urllib.parse.urlencode(data).encode() if data else None
        with self.opener.open(f"{self.base}{path}", body, timeout=20) as reply:
            return str(reply.read().decode())

    def hidden(self, text: str) -> dict[str, str]:
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text)
        return {name: html.unescape(value) for name, value in found}

    def work(self, stop: threading.Event) -> None:
        try:
            self.ask("/enter", {**self.hidden(self.ask("/")), "code": code_of(self.unit_id)})
            page = self.ask("/respond/page/use")
            while not stop.is_set():
                words = f"{self.unit_id} {len(self.sent)} {random.random()}"
                self.sent.append(words)
                fields = {**self.hidden(page), "action": "on", "r03": "no", "r04": words}
                if "/respond/page/end" in self.ask("/respond/page/use", fields):
                    self.confirmed.append(words)
                page = self.ask("/respond/page/use")
        except (OSError, http.client.HTTPException):
            return  # the server is gone


def stored_words(store: Store, unit_id: str, questionnaire: Questionnaire) -> list[str]:
    assignment = find_assignments(store, questionnaire, wave=WAVE)[unit_id]
    with store.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT value FROM answer_event WHERE assignment_id = ? AND field = 'r04' ORDER BY seq", (assignment.id,)
        )
        return [str(row.value) for row in rows]


def kill_once(database: Path, questionnaire: Questionnaire, answers: int) -> int:
    """Let people answer until so many answers are confirmed, kill, and compare; return how many were."""
    port, stop = free_port(), threading.Event()
    people = [Person(f"U{number}", port) for number in range(UNITS)]
    with open_for_reading(database) as before:
        earlier = {person.unit_id: len(stored_words(before, person.unit_id, questionnaire)) for person in people}
    with server(database, port) as process:
        threads = [threading.Thread(target=person.work, args=(stop,)) for person in people]
        for thread in threads:
            thread.start()
        for _ in range(3000):
            if sum(len(person.confirmed) for person in people) >= answers:
                break
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        stop.set()
        for thread in threads:
            thread.join(30)
    with open_store(database) as store:
        for person in people:
            stored = stored_words(store, person.unit_id, questionnaire)[earlier[person.unit_id] :]
            assert len(stored) == len(set(stored)), "an answer is there twice"
            assert [words for words in person.confirmed if words not in stored] == []
            assert stored == person.sent[: len(stored)]  # at most the last one sent was stored without being confirmed
            assert len(stored) <= len(person.confirmed) + 1
        with store.read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    return sum(len(person.confirmed) for person in people)


@pytest.fixture
def database(tmp_path: Path, robots: Questionnaire) -> Path:
    path = tmp_path / "answers.sqlite"
    with open_store(path) as store:
        units = [(f"U{number}", f"单位 {number}", 100) for number in range(UNITS)]
        start_wave(store, sample_of(*units), robots, wave=WAVE, code_key=CODE_KEY)
    return path


def test_three_kills_lose_no_confirmed_answer(database: Path, robots: Questionnaire) -> None:
    for answers in (20, 27, 34):
        assert kill_once(database, robots, answers) >= answers, "the server answered too few to prove anything"


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_two_hundred_kills_lose_no_confirmed_answer(database: Path, robots: Questionnaire) -> None:
    chance = random.Random(20261123)
    confirmed = [kill_once(database, robots, chance.randrange(10, 60)) for _ in range(200)]
    with open_for_reading(database) as store, store.read() as connection:
        stored = connection.exec_driver_sql("SELECT count(*) FROM answer_event WHERE field = 'r04'").scalar_one()
    # Each kill was checked by itself: none lost, none twice, at most the one on its way stored without a reply.
    assert sum(confirmed) <= stored <= sum(confirmed) + len(confirmed) * UNITS
    assert sum(confirmed) > 5_000
    print(f"{len(confirmed)} kills, {sum(confirmed)} confirmed answers, 0 lost, 0 twice, {stored} stored")  # noqa: T201


def test_a_server_that_is_asked_to_stop_leaves_the_store_to_the_next(database: Path) -> None:
    port = free_port()
    with server(database, port) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    open_store(database).close()
