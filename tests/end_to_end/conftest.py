"""One run of the demo through the command line, shared by the tests that look at it; they copy what they change."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@dataclass(frozen=True, slots=True)
class Demo:
    """A folder with a finished run, what the command printed, and how long it took in seconds."""

    folder: Path
    printed: str
    seconds: float


def run_uptake(*arguments: str | Path, expect: int = 0) -> str:
    """Run the command as a user would and return what it printed on both streams."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("UPTAKE_")}
    done = subprocess.run(
        [sys.executable, "-m", "uptake", *map(str, arguments)], capture_output=True, text=True, env=environ, timeout=900
    )
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout + done.stderr


Command = Callable[..., str]


@pytest.fixture(scope="session")
def command() -> Command:
    """The command `uptake` as a function: arguments in, printed text out, the exit code checked."""
    return run_uptake


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The example study after `uptake demo`."""
    folder = tmp_path_factory.mktemp("demo") / "study"
    start = time.monotonic()
    printed = run_uptake("demo", folder)
    return Demo(folder, printed, time.monotonic() - start)


@pytest.fixture
def study(demo: Demo, tmp_path: Path) -> Path:
    """A copy of the finished demo that a test may change."""
    shutil.copytree(demo.folder, tmp_path / "study")
    return tmp_path / "study"


@dataclass(frozen=True, slots=True)
class Server:
    """A collector that really runs: its address and its process."""

    address: str
    process: subprocess.Popen[str]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Start `uptake serve` on a study folder, on a port of its own or a given one, and wait until it answers."""
    running: list[subprocess.Popen[str]] = []
    printed = tmp_path_factory.mktemp("served")

    def start(folder: Path, *, port: int = 0) -> Server:
        port = port or free_port()
        command = [sys.executable, "-m", "uptake", "serve", str(folder), "--port", str(port)]
        # Into a file: a pipe that nobody reads is full after some hundred requests, and the server would wait for ever.
        log = printed / f"{len(running)}.log"
        with log.open("w", encoding="utf-8") as stream:
            process = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT, text=True)
        running.append(process)
        address = f"http://127.0.0.1:{port}"
        _wait_until_it_answers(address, process, log)
        return Server(address, process)

    yield start
    for process in running:
        process.terminate()
        process.wait(30)


def _wait_until_it_answers(address: str, process: subprocess.Popen[str], log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise AssertionError(log.read_text(encoding="utf-8"))
        try:
            with urllib.request.urlopen(f"{address}/", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server did not answer within a minute")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("Chromium is not installed; `tools/system-packages test` installs it")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=quiet)
        yield started
        started.close()
