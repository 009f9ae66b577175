"""The server itself: its port, its end, and clients that say half a sentence."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from collector import Config, serve
from collector.server import listen, worker_class
from tests.collector.people import CODE_KEY, STUDY, WAVE
from tests.collector.test_kill_the_server import ROOT, free_port, wait_until_ready
from uptake.contract.errors import ConfigError


def config_of(database: Path, *, host: str = "127.0.0.1", port: int = 0) -> Config:
    return Config(STUDY, WAVE, database, "a secret that only the tests know, long", CODE_KEY, host=host, port=port)


def test_a_port_in_use_is_told_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError) as caught:
            serve(config_of(tmp_path / "answers.sqlite", port=port))
    assert str(caught.value) == (
        f"Port {port} of 127.0.0.1 is in use by another program, so the form cannot be opened there. Stop that "
        "program, or choose another port with --port or UPTAKE_PORT."
    )
    assert caught.value.exit_code == 9 and not (tmp_path / "answers.sqlite").exists()


def test_an_address_that_is_not_ours_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"UPTAKE_HOST is 192\.0\.2\.1, which is no address of this machine"):
        listen(config_of(tmp_path / "answers.sqlite", host="192.0.2.1"))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "[::1]", "localhost"])
def test_every_way_to_write_this_machine_is_understood(tmp_path: Path, host: str) -> None:
    with listen(config_of(tmp_path / "answers.sqlite", host=host)) as door:
        socket.create_connection(door.getsockname()[:2], timeout=5).close()


def test_a_client_that_falls_silent_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collector.server.SILENCE_SECONDS", 0.3)
    with listen(config_of(tmp_path / "answers.sqlite")) as door, socket.create_connection(door.getsockname()) as client:
        client.sendall(b"POST /enter HTTP/1.1")
        connection, _ = door.accept()
        connection.setblocking(True)  # as gunicorn's threads read
        assert connection.recv(100) == b"POST /enter HTTP/1.1"
        with pytest.raises(BlockingIOError), connection:
            connection.recv(100)


def test_control_c_ends_quietly(tmp_path: Path) -> None:
    port = free_port()
    script = ROOT / "tests" / "collector" / "serve_for_tests.py"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("UPTAKE_")}
    process = subprocess.Popen(
        [sys.executable, str(script), str(STUDY), str(tmp_path / "answers.sqlite"), str(port)],
        env={**environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    wait_until_ready(process, port)  # type: ignore[arg-type]
    with socket.create_connection(("127.0.0.1", port)) as client:  # what cannot be read is not quoted either
        client.sendall(b"GET /?code=CANARY HTTP/9.9\r\n\r\n")
        client.recv(1000)
    os.killpg(process.pid, signal.SIGINT)  # the terminal sends it to the server and to its worker
    printed, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert [line for line in printed.splitlines() if '"event": "request"' not in line] == []
    assert "CANARY" not in printed and "127.0.0.1" not in printed


def test_an_interrupt_never_waits_for_what_it_interrupted() -> None:
    """gunicorn's own handler waits for the lock of the thread pool, which the interrupted main thread may hold."""
    kind = worker_class()
    worker = kind.__new__(kind)
    worker.alive = True
    worker.tpool = ThreadPoolExecutor(1)
    with worker.tpool._shutdown_lock:  # as while a thread is being started
        worker.handle_quit(signal.SIGINT, None)
    assert worker.alive is False
