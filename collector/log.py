"""One line a request: what was asked and how it ended, never an answer, an access code, a unit or an address."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from pathlib import PurePath
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


def places_of(error: BaseException, *, most: int = 6) -> list[str]:
    """Return where a fault arose, innermost last, without its message: the message may quote what was typed."""
    frames = traceback.extract_tb(error.__traceback__)[-most:]
    return [f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]


def init_app(app: Flask) -> None:
    """Log the requests of the app, and keep Flask from logging faults with all they quote."""
    app.logger.handlers = [logging.NullHandler()]
    app.logger.propagate = False

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
