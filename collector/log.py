"""One line a request: what was asked and how it ended, never an answer, an access code, a unit or an address."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from flask import g, request

if TYPE_CHECKING:
    from flask import Flask, Response


def logger() -> Any:
    """Return the collector's logger: JSON lines on the error stream."""
    import structlog

    return structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.JSONRenderer()],
    )


def init_app(app: Flask) -> None:
    """Log the requests of the app."""

    @app.before_request
    def start_watch() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def log_request(response: Response) -> Response:
        if request.endpoint not in ("static", "ops.healthz"):
            seconds = time.perf_counter() - g.get("started", time.perf_counter())
            logger().info(
                "request",
                method=request.method if request.method in ("GET", "POST", "HEAD", "OPTIONS") else "other",
                endpoint=request.endpoint or "none",
                status=response.status_code,
                milliseconds=round(1000 * seconds, 1),
            )
        return response
