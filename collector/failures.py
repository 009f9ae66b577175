"""What is shown when something cannot be done; what was typed is shown again wherever there is a page to show it on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, request, url_for

from collector import entry, held, looks, respond
from collector.deployment import deployment
from collector.log import logger, places_of
from collector.page_view import show_page, state_of
from collector.services.rows import split_place
from collector.store.writer import StoreBusyError
from collector.visitor import signed_in

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug import Response
    from werkzeug.exceptions import HTTPException

RETRY_SECONDS = "10"


def init_app(app: Flask) -> None:
    """Guard every form with a token, and say in words what goes wrong."""
    from flask_wtf.csrf import CSRFError, CSRFProtect

    CSRFProtect(app)
    app.register_error_handler(CSRFError, refuse_token)
    app.register_error_handler(400, lambda _: looks.message("bad_request_title", "bad_request", status=400))
    app.register_error_handler(404, lambda _: looks.message("not_found_title", "not_found", status=404))
    app.register_error_handler(405, lambda _: looks.message("bad_request_title", "bad_request", status=405))
    app.register_error_handler(413, refuse_too_much)
    app.register_error_handler(StoreBusyError, say_busy)
    app.register_error_handler(500, say_failed)


def refuse_too_much(_error: HTTPException) -> tuple[str, int]:
    """Say how much a page may send; the browser still has what was typed."""
    most = (request.max_content_length or 0) // 1024
    return looks.message("too_large_title", "too_large", status=413, most=most)


def refuse_token(_error: HTTPException) -> Response | tuple[str, int]:
    """Store nothing that came without the session's token, and show it again so that it can be sent with one."""
    assignment = signed_in()
    if request.endpoint == "entry.enter":
        kept = held.from_text(request.form.get("held"))
        return entry.show_entry(typed=request.form.get("code", ""), kept=kept, notice="expired_plain", status=400)
    if request.blueprint != "respond":
        return looks.message("bad_request_title", "bad_request", status=400)
    if assignment is None:
        return respond.ask_to_sign_in()
    if request.endpoint == "respond.send_page":
        return _show_again(str((request.view_args or {})["place"]))
    flash("out_of_date")
    return redirect(url_for("respond.resume"), code=303)


def _show_again(place: str) -> Response | tuple[str, int]:
    assignment = signed_in()
    kept = held.hold(place, request.form.to_dict(flat=False))
    if assignment is None or kept.reference != deployment().reference(assignment.id):
        return entry.show_entry(notice="other_unit", kept=kept, status=409)
    if split_place(place)[0] not in {page.id for page in assignment.questionnaire.pages}:
        return looks.message("not_found_title", "not_found", status=404)
    shown = state_of(assignment, place).with_typed(kept.typed, base_seq=kept.base_seq, client_key=kept.client_key)
    return show_page(shown, notice="stale_form", status=400)


def say_busy(_error: StoreBusyError) -> tuple[str, int, dict[str, str]]:
    """Ask to try again in a moment."""
    text, status = looks.message("busy_title", "busy_plain", status=503)
    return text, status, {"Retry-After": RETRY_SECONDS}


def say_failed(error: HTTPException) -> tuple[str, int]:
    """Say that it is our fault; the log names the kind of fault and its place, never what was typed."""
    cause = getattr(error, "original_exception", None) or error
    logger().error("failed", kind=type(cause).__name__, endpoint=request.endpoint, places=places_of(cause))
    return looks.message("failed_title", "failed", status=500)
