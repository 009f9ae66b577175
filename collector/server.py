"""Run the collector: one gunicorn process with several threads, which is the one process that writes the store."""

from __future__ import annotations

import errno
import logging
import socket
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from collector.app import create_app, load_all
from collector.config import Config, check_exposure
from collector.deployment import EXTENSION
from collector.outside import Services
from uptake.contract.errors import ConfigError

if TYPE_CHECKING:
    from flask import Flask

#: How long a thread waits for the next piece of a request, or for a reader, before it lets the connection go.
SILENCE_SECONDS = 10.0


def serve(config: Config, *, services: Services | None = None, ready: Callable[[], None] | None = None) -> None:
    """Serve until stopped; settings, questionnaires and store are checked before the server starts.

    ready: called once the server listens. Raises ConfigError where codes and answers would cross a network in clear,
    and where the address or the port cannot be had.
    """
    from collector.store.open import open_store

    check_exposure(config)
    load_all(config)
    door = listen(config)
    open_store(config.database).close()
    logging.getLogger("gunicorn.error").addFilter(_is_worth_a_line)
    _server(options(config, door.detach()), config, services, ready).run()


def listen(config: Config) -> socket.socket:
    """Take the address and the port; gunicorn is given them open, because it would try again and again by itself."""
    host = config.host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        door = socket.create_server((host, config.port), family=family, backlog=2048)
    except OSError as error:
        raise ConfigError(_why_not(config, error)) from error
    # Every connection inherits these. Without them as many half requests as there are threads stop the server.
    patience = struct.pack("ll", int(SILENCE_SECONDS), int(SILENCE_SECONDS % 1 * 1_000_000))
    door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, patience)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
    return door


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Return whether the server should log it: a client that fell silent is no fault, and its traceback is long."""
    return not (record.exc_info and isinstance(record.exc_info[1], BlockingIOError))


def _why_not(config: Config, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {config.port} of {config.host} is in use by another program, so the form cannot be opened there. "
            "Stop that program, or choose another port with --port or UPTAKE_PORT."
        )
    if error.errno == errno.EACCES:
        return (
            f"Port {config.port} of {config.host} may not be opened by this account (ports below 1024 belong to the "
            "system). Choose another port with --port or UPTAKE_PORT."
        )
    return (
        f"UPTAKE_HOST is {config.host}, which is no address of this machine ({error.strerror}), so the form cannot be "
        "opened there. Correct it."
    )


def options(config: Config, door: int) -> dict[str, Any]:
    """Return the settings of gunicorn; there is one process, because one process writes the store.

    door: the number of the open socket to listen on.
    """
    settings: dict[str, Any] = {
        "bind": f"fd://{door}",
        "workers": 1,
        "worker_class": worker_class(),
        "threads": config.threads,
        "preload_app": False,  # the store's writer thread must start in the process that serves
        "timeout": 60,
        "graceful_timeout": 30,
        "keepalive": 5,
        "accesslog": None,
        # Its warnings quote requests that it could not read, with the address they came from: neither may be logged.
        "loglevel": "error",
        "limit_request_line": 2048,
        "proc_name": "uptake",
        "forwarded_allow_ips": "127.0.0.1",
        "control_socket_disable": True,
    }
    if config.tls_certificate and config.tls_key:
        settings |= {"certfile": str(config.tls_certificate), "keyfile": str(config.tls_key)}
    return settings


def worker_class() -> type[Any]:
    """Return the gthread worker, with a handler for SIGINT and SIGQUIT that cannot hang."""
    from gunicorn.workers.gthread import ThreadWorker

    class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn wants a subclass
        def handle_quit(self, sig: int, frame: object) -> None:
            """End after the requests in hand, as on SIGTERM.

            gunicorn's own handler shuts the thread pool down from inside the signal, and waits for ever where the
            signal came while the main thread was starting a thread of that pool: it holds the pool's lock.
            """
            self.alive = False

        handle_exit = handle_quit

    return Worker


def _server(
    settings: dict[str, Any], config: Config, services: Services | None, ready: Callable[[], None] | None
) -> Any:
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn wants a subclass
        def load_config(self) -> None:
            for name, value in settings.items():
                self.cfg.set(name, value)
            if ready is not None:
                self.cfg.set("when_ready", lambda _arbiter: ready())
            self.cfg.set("worker_exit", _close_store)

        def load(self) -> Flask:
            return create_app(config, services=services)

    return Server()


def _close_store(_arbiter: object, worker: Any) -> None:
    app = getattr(worker, "wsgi", None)
    if app is not None:
        app.extensions[EXTENSION].store.close()
