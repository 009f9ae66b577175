"""The way in: the page that takes an access code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, request, url_for

from collector import held, looks
from collector.deployment import deployment
from collector.page_view import show_page, state_of
from collector.services.codes import find_by_code
from collector.services.rows import split_place
from collector.services.throttle import count_wrong_code, is_throttled, network_of
from collector.services.waves import asked_in
from collector.visitor import language, sign_in, signed_in
from collector.words import say

if TYPE_CHECKING:
    from werkzeug import Response

    from collector.services.assignments import Assignment
    from forms import Questionnaire

blueprint = Blueprint("entry", __name__)


@blueprint.get("/")
def start() -> tuple[str, int]:
    """Show the survey and ask for the access code."""
    return show_entry()


@blueprint.get("/enter")
def enter_again() -> Response:
    """Lead a reload of the code page back to it, in the language that was asked for."""
    language()
    return redirect(url_for("respond.resume" if signed_in() else "entry.start"))


@blueprint.post("/enter")
def enter() -> Response | tuple[str, int]:
    """Take an access code; a right one opens its questionnaire, with any text held from before."""
    here, typed = deployment(), request.form.get("code", "")
    kept = held.from_text(request.form.get("held"))
    if "language" in request.form:  # the switch is a button of this form, so that held text survives it
        return show_entry(typed=typed, kept=kept, notice="expired" if kept else None)
    if not typed.strip():
        return show_entry(error="code_empty", kept=kept, status=422)
    assignment = find_by_code(here.store, here.questionnaires, typed, code_key=here.config.code_key)
    if assignment is None or assignment.wave != here.config.wave:
        return _refuse(typed, kept)
    if is_lapsed(assignment.questionnaire):
        return show_entry(status=403)
    sign_in(assignment)
    return _welcome(assignment, kept)


def show_entry(
    *,
    error: str | None = None,
    typed: str = "",
    notice: str | None = None,
    kept: held.Held | None = None,
    status: int = 200,
) -> tuple[str, int]:
    """Show the code page; `kept` is text that must come back after the visitor is signed in."""
    here = deployment()
    asked = asked_in(here.store, here.config.wave) or here.questionnaires.keys()
    offered = [(one, is_lapsed(one)) for name, one in here.questionnaires.items() if name in asked]
    values: dict[str, Any] = {
        "questionnaires": offered,
        "lapsed": all(lapsed for _, lapsed in offered),
        "error": say(language(), error, typed=typed[:60]) if error else None,
        "typed": typed[:60],
        "notice": notice,
        "held": kept.to_text() if kept else None,
    }
    return looks.page("entry.html", status=status, **values)


def is_lapsed(questionnaire: Questionnaire) -> bool:
    """Return whether the form's legal validity has ended: nobody may be asked to fill it in."""
    return deployment().store.clock().date() > questionnaire.header.valid_until


def _refuse(typed: str, kept: held.Held | None) -> tuple[str, int]:
    store, network = deployment().store, network_of(request.remote_addr)
    if is_throttled(store, network):
        return show_entry(error="code_throttled", kept=kept, status=429)
    count_wrong_code(store, network)
    return show_entry(error="code_wrong", typed=typed, kept=kept, status=422)


def _welcome(assignment: Assignment, kept: held.Held | None) -> Response | tuple[str, int]:
    if kept is None:
        return redirect(url_for("respond.resume"), code=303)
    if kept.reference != deployment().reference(assignment.id):
        flash("not_restored")
        return redirect(url_for("respond.resume"), code=303)
    known = {page.id for page in assignment.questionnaire.pages}
    if split_place(kept.page)[0] not in known:
        return redirect(url_for("respond.resume"), code=303)
    shown = state_of(assignment, kept.page)
    return show_page(
        shown.with_typed(kept.typed, base_seq=kept.base_seq, client_key=kept.client_key), notice="restored"
    )
