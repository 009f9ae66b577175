"""Signed-in browsers: a random name in the cookie, its digest in the store, an idle and an absolute end."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from collector.store.models import WebSession
from collector.store.times import from_text

if TYPE_CHECKING:
    from collector.services.assignments import Assignment
    from collector.store.open import Store

#: The time of the last visit is written at most this often: a write a page would double the store's work.
SEEN_STEP = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session lasts without a visit, and altogether."""

    idle: timedelta
    absolute: timedelta


def start_session(store: Store, assignment: Assignment) -> str:
    """Start a session for the assignment and return its secret name."""
    token = secrets.token_urlsafe(32)
    at = store.now()
    row = {"token_sha256": _digest(token), "assignment_id": assignment.id, "created_at": at, "seen_at": at}
    store.write(lambda connection: connection.execute(insert(WebSession), row) and None)
    return token


def find_session(store: Store, token: str, lifetime: Lifetime) -> int | None:
    """Return the number of the assignment the session was started for, or None when it is over or was never there."""
    digest = _digest(token)
    with store.read() as connection:
        row = connection.execute(select(WebSession).where(WebSession.token_sha256 == digest)).mappings().one_or_none()
    if row is None or row["ended_at"] is not None:
        return None
    now = store.clock()
    if now - from_text(row["seen_at"]) > lifetime.idle or now - from_text(row["created_at"]) > lifetime.absolute:
        return None
    if now - from_text(row["seen_at"]) > SEEN_STEP:
        seen = update(WebSession).where(WebSession.token_sha256 == digest).values(seen_at=store.now())
        store.write(lambda connection: connection.execute(seen) and None)
    return int(row["assignment_id"])


def end_session(store: Store, token: str) -> None:
    """End a session at once, whatever copies of the cookie there are."""
    ended = update(WebSession).where(WebSession.token_sha256 == _digest(token)).values(ended_at=store.now())
    store.write(lambda connection: connection.execute(ended) and None)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
