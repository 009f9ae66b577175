"""Who is at the browser: the language they read, and the assignment they are signed in for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import g, request, session
from werkzeug.exceptions import RequestEntityTooLarge

from collector.deployment import deployment
from collector.services.assignments import get_assignment
from collector.services.sessions import end_session, find_session, start_session
from collector.words import best_language

if TYPE_CHECKING:
    from collector.services.assignments import Assignment


def language() -> str:
    """Return the language of this request; a choice in the address or the form is remembered."""
    chosen = _posted_choice() or request.args.get("lang")
    known = languages()
    if chosen in known:
        session["lang"] = chosen
    return best_language(session.get("lang"), request.headers.get("Accept-Language"), known)


def languages() -> tuple[str, ...]:
    """Return the languages that this deployment can be read in."""
    return deployment().languages


def _posted_choice() -> str | None:
    try:
        return request.form.get("language")
    except RequestEntityTooLarge:  # the page that says so is shown in a language too
        return None


def sign_in(assignment: Assignment) -> None:
    """Start a new session for the assignment; nothing of the visitor's earlier cookie survives but the language."""
    lang = language()
    sign_out()
    session["token"] = start_session(deployment().store, assignment)
    session["lang"] = lang
    g.assignment = assignment


def sign_out() -> None:
    """End the session here and in the store."""
    token = session.get("token")
    if token:
        end_session(deployment().store, token)
    lang = session.get("lang")
    session.clear()
    g.pop("csrf_token", None)  # Flask-WTF keeps the token of the old session for this request
    if lang:
        session["lang"] = lang
    g.assignment = None


def signed_in() -> Assignment | None:
    """Return the assignment this browser is signed in for, or None; asked once a request."""
    if "assignment" not in g:
        g.assignment = _look_up()
    found: Assignment | None = g.assignment
    return found


def _look_up() -> Assignment | None:
    token = session.get("token")
    if not isinstance(token, str):
        return None
    here = deployment()
    found = find_session(here.store, token, here.lifetime)
    return None if found is None else get_assignment(here.store, here.questionnaires, found)
