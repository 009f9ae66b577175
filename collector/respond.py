"""The questionnaire in the browser: its pages, checking the answers, submitting, the receipt, signing out."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, cast

from flask import Blueprint, abort, flash, redirect, request, url_for
from werkzeug import Response

from collector import check_view, entry, held, looks, onward
from collector.deployment import deployment
from collector.page_view import REASON, after_saving, show_page, state_of
from collector.services.answers import standing, visited_pages
from collector.services.confirmations import LONGEST_REASON
from collector.services.pages import AlreadySubmittedError, save_page
from collector.services.rows import range_at, split_place
from collector.services.submissions import find_receipt, submit
from collector.store.writer import StoreBusyError
from collector.visitor import language, sign_out, signed_in
from collector.words import say
from forms import route
from uptake.contract.errors import SystemPartError

if TYPE_CHECKING:
    from collector.services.assignments import Assignment
    from collector.services.pages import SavedPage

blueprint = Blueprint("respond", __name__, url_prefix="/respond")


@blueprint.before_request
def only_signed_in() -> Response | tuple[str, int] | None:
    """Let nobody pass who is not signed in; text they typed is held while they sign in again."""
    assignment = signed_in()
    if assignment is None:
        return ask_to_sign_in()
    if entry.is_lapsed(assignment.questionnaire):
        return entry.show_entry(status=403)
    return None


def ask_to_sign_in() -> tuple[str, int]:
    """Show the code page to somebody whose session is over, holding what they typed."""
    if request.method == "POST" and request.endpoint == "respond.send_page":
        kept = held.hold(str((request.view_args or {})["place"]), request.form.to_dict(flat=False))
        return entry.show_entry(notice="expired", kept=kept, status=401)
    return entry.show_entry(notice="expired_plain", status=401)


@blueprint.get("/")
def resume() -> Response:
    """Go on where the respondent stopped: the first page without an answer, else the last look."""
    assignment = _here()
    store = deployment().store
    state = standing(store, assignment)
    if state.submitted_at:
        return redirect(url_for("respond.receipt"))
    visited = visited_pages(store, assignment) | {split_place(place)[0] for place in state.drafts}
    pages = route(assignment.questionnaire, state.answers, given=assignment.given).pages
    next_page = next((page for page in pages if page not in visited), None)
    return onward.to_page(next_page)


@blueprint.get("/page/<place>")
def page(place: str) -> Response | tuple[str, int]:
    """Show a page, or a sub-page of its roster, with what is stored."""
    assignment = _known_page(place)
    if find_receipt(deployment().store, assignment) is not None:
        return redirect(url_for("respond.receipt"))
    shown = state_of(assignment, place, look="look" in request.args, more="more" in request.args)
    if shown.page not in shown.route.pages:
        return redirect(url_for("respond.resume"))
    if shown.at != place:
        return redirect(url_for("respond.page", place=shown.at))
    return show_page(shown)


@blueprint.post("/page/<place>")
def send_page(place: str) -> Response | tuple[str, int]:
    """Store a page and go on, or show it again with all that was typed."""
    assignment = _known_page(place)
    typed = request.form.to_dict(flat=False)
    if request.form.get("for") != deployment().reference(assignment.id):
        kept = held.hold(place, typed)
        return entry.show_entry(notice="other_unit", kept=kept, status=409)
    sent = held.hold(place, typed)
    try:
        saved = save_page(
            deployment().store,
            assignment,
            place,
            language(),
            typed,
            base_seq=sent.base_seq,
            client_key=sent.client_key,
        )
    except AlreadySubmittedError as error:
        shown = state_of(assignment, place).with_typed(typed)
        return show_page(shown, notice="after_submit", status=409, closed=True, at=looks.moment(error.submitted_at))
    except StoreBusyError:
        shown = state_of(assignment, place).with_typed(typed, base_seq=sent.base_seq, client_key=sent.client_key)
        return show_page(shown, notice="busy", status=503)
    return _after(assignment, place, saved)


def _after(assignment: Assignment, place: str, saved: SavedPage) -> Response | tuple[str, int]:
    typed, pressed = request.form.to_dict(flat=False), onward.pressed(request.form)
    onward.tell_rows(assignment, place, saved)
    if not saved.conflicts:
        if "language" in request.form:
            return redirect(url_for("respond.page", place=place, more=onward.as_wide(typed)), code=303)
        if pressed.action == "leave":
            return leave()
        if pressed.may_go(saved):
            return onward.go(assignment, place, pressed, saved)
    long = max((len(texts[0]) for name, texts in typed.items() if name.startswith(REASON)), default=0)
    notice = "reason_long" if long > LONGEST_REASON else None
    status = 409 if saved.conflicts else 422
    shown = dataclasses.replace(after_saving(assignment, place, typed, saved), wanted=pressed.action)
    return show_page(shown, notice=notice, status=status, n=long)


@blueprint.get("/check")
def check() -> Response | tuple[str, int]:
    """Show all answers for a last look."""
    assignment = _here()
    if find_receipt(deployment().store, assignment) is not None:
        return redirect(url_for("respond.receipt"))
    return check_view.show_check(assignment)


@blueprint.post("/submit")
def send() -> Response | tuple[str, int]:
    """Submit the response, once."""
    assignment = _here()
    if request.form.get("for") != deployment().reference(assignment.id):
        return entry.show_entry(notice="other_unit", status=409)
    outcome = submit(
        deployment().store,
        assignment,
        language(),
        client_key=request.form.get("client_key", "")[:64],
        seen_seq=held.whole_number(request.form.get("seen_seq", "")),
    )
    if outcome.receipt is not None:
        return redirect(url_for("respond.receipt"), code=303)
    if outcome.changed:
        flash("changed_meanwhile")
        return redirect(url_for("respond.check"), code=303)
    return redirect(url_for("respond.check"), code=303)


@blueprint.get("/receipt")
def receipt() -> Response | tuple[str, int]:
    """Show the receipt of a submitted response."""
    assignment = _here()
    given = find_receipt(deployment().store, assignment)
    if given is None:
        return redirect(url_for("respond.resume"))
    pdf = deployment().services.print_pdf is not None
    return looks.page("receipt.html", receipt=given, questionnaire=assignment.questionnaire, pdf=pdf)


@blueprint.get("/receipt.pdf")
def receipt_pdf() -> Response:
    """Print the receipt, where the deployment has a printer for PDF."""
    assignment, print_pdf = _here(), deployment().services.print_pdf
    given = find_receipt(deployment().store, assignment)
    if given is None or print_pdf is None:
        return redirect(url_for("respond.receipt"))
    html, _ = looks.page("print/receipt.html", receipt=given, questionnaire=assignment.questionnaire)
    title = f"{say(language(), 'receipt_title')} {given.code}"
    try:
        printed = print_pdf(html, lang=language(), title=title, created=given.submitted_at[:10], identifier=given.code)
    except SystemPartError:  # a font or a library is missing here: the page itself can still be printed
        flash("receipt_no_pdf")
        return redirect(url_for("respond.receipt"))
    reply = Response(printed, mimetype="application/pdf")
    reply.headers["Content-Disposition"] = f'attachment; filename="receipt-{given.code}.pdf"'
    return reply


@blueprint.post("/sign-out")
def leave() -> Response:
    """Sign out here and in the store."""
    sign_out()
    flash("signed_out")
    return redirect(url_for("entry.start"), code=303)


def _here() -> Assignment:
    return cast("Assignment", signed_in())


def _known_page(place: str) -> Assignment:
    assignment = _here()
    page, number = split_place(place)
    roster = assignment.questionnaire.roster_of(page)
    if page not in {page.id for page in assignment.questionnaire.pages}:
        abort(404)
    if place != page and (roster is None or not range_at(roster, number)):
        abort(404)
    return assignment
