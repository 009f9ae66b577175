"""For those who run the server: is it alive, and can it store answers."""

from __future__ import annotations

from flask import Blueprint

from collector.deployment import deployment

blueprint = Blueprint("ops", __name__)


@blueprint.get("/healthz")
def healthz() -> tuple[dict[str, str], int]:
    """Say that the process answers."""
    return {"status": "ok"}, 200


@blueprint.get("/readyz")
def readyz() -> tuple[dict[str, str], int]:
    """Say whether answers can be read and written."""
    store = deployment().store
    if store.writer is None or not store.writer.alive:
        return {"status": "the answer store takes no answers"}, 503
    with store.read() as connection:
        connection.exec_driver_sql("SELECT 1")
    return {"status": "ready"}, 200
