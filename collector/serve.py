"""Run the collector: one gunicorn process with several threads, which is the one process that writes the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from collector.app import create_app, load_all
from collector.config import Config, check_exposure
from collector.deployment import EXTENSION
from collector.outside import Services

if TYPE_CHECKING:
    from flask import Flask


def serve(config: Config, *, services: Services | None = None, ready: Callable[[], None] | None = None) -> None:
    """Serve until stopped; settings, questionnaires and store are checked before the server starts.

    ready: called once the server listens. Raises ConfigError where codes and answers would cross a network in clear.
    """
    from collector.store.open import open_store

    check_exposure(config)
    load_all(config)
    open_store(config.database).close()
    _server(config, services, ready).run()


def options(config: Config) -> dict[str, Any]:
    """Return the settings of gunicorn; there is one process, because one process writes the store."""
    settings: dict[str, Any] = {
        "bind": f"{config.host}:{config.port}",
        "workers": 1,
        "worker_class": "gthread",
        "threads": config.threads,
        "preload_app": False,  # the store's writer thread must start in the process that serves
        "timeout": 60,
        "graceful_timeout": 30,
        "keepalive": 5,
        "accesslog": None,
        "loglevel": "warning",
        "limit_request_line": 2048,
        "proc_name": "uptake",
        "forwarded_allow_ips": "127.0.0.1",
        "control_socket_disable": True,
    }
    if config.tls_certificate and config.tls_key:
        settings |= {"certfile": str(config.tls_certificate), "keyfile": str(config.tls_key)}
    return settings


def _server(config: Config, services: Services | None, ready: Callable[[], None] | None) -> Any:
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn wants a subclass
        def load_config(self) -> None:
            for name, value in options(config).items():
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
