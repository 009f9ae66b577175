"""Where a button of a page leads: to the next page, to other rows of a list, back, or nowhere yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import flash, redirect, url_for

from collector.held import whole_number
from collector.services.rows import ROWS, last_row, place_of, place_of_row, sheet_at, split_place
from collector.visitor import language
from forms import route

if TYPE_CHECKING:
    from werkzeug import Response

    from collector.services.assignments import Assignment
    from collector.services.pages import SavedPage
    from forms import Roster

#: What buttons say: go on; add rows; the rows before; the row typed beside the button; past the list; sign out.
ACTIONS = ("save", "add", "back", "row", "end", "leave")


@dataclass(frozen=True, slots=True)
class Pressed:
    """The button that was pressed; `later` says that it was `continue and correct later`."""

    action: str
    later: bool
    row: int

    def may_go(self, saved: SavedPage) -> bool:
        """Return whether the page may be left: what is wrong on it is shown once, but stops nobody for good.

        Going back is always possible, because what cannot be read is kept as it was typed; and somebody who goes on in
        a list is told what is wrong with the rows that were shown, not that the list is not complete yet.
        """
        if self.later or self.action == "back" or saved.clean:
            return True
        rows = any(finding.row for finding in saved.findings)
        return self.action in ("add", "row") and not saved.errors and not rows


def pressed(form: Mapping[str, str]) -> Pressed:
    """Read which button was pressed; an unknown one saves."""
    said = form.get("action", "save")
    action, row = said.removeprefix("on."), whole_number(form.get("go_row", "").strip())
    if row and action == "save":  # Return in the box of the row presses the first button of the form
        action = "row"
    return Pressed(action if action in ACTIONS else "save", said == "on" or said.startswith("on."), row)


def go(assignment: Assignment, place: str, button: Pressed, saved: SavedPage) -> Response:
    """Lead to where the button says."""
    page, number = split_place(place)
    roster = assignment.questionnaire.roster_of(page)
    if roster is not None:
        used = last_row(roster, saved.answers, assignment.given)
        if button.action == "back":
            return to_page(place_of(page, max(number - 1, 1)))
        if button.action in ("add", "row"):
            return _to_row(roster, used + 1 if button.action == "add" else button.row, used)
        if button.action == "save" and number < sheet_at(roster, number, used).sheets:
            return to_page(place_of(page, number + 1))
    return to_page(route(assignment.questionnaire, saved.answers, given=assignment.given).after(page))


def _to_row(roster: Roster, row: int, used: int) -> Response:
    """Lead to a row, with empty rows after it; one that is beyond the list leads to the end of the list."""
    if row > roster.max_rows:
        flash(("rows_full", {"most": f"{roster.max_rows:,}"}))  # type: ignore[arg-type]
    row = max(1, min(row, used + 1, roster.max_rows))
    place, anchor, more = place_of_row(roster, row), f"{roster.id}.{row}", "1" if row > used else None
    return redirect(url_for("respond.page", place=place, more=more, _anchor=anchor), code=303)


def to_page(place: str | None) -> Response:
    """Lead to a page, or to the last look where there is none."""
    target = url_for("respond.page", place=place) if place else url_for("respond.check")
    return redirect(target, code=303)


def as_wide(typed: Mapping[str, Sequence[str]]) -> str | None:
    """Return what keeps a list as long as it was when the page comes back in the other language."""
    return "1" if typed.get(ROWS) else None


def tell_rows(assignment: Assignment, place: str, saved: SavedPage) -> None:
    """Say at the next page which rows have got another number, and that "nothing to report" was taken back."""
    roster = assignment.questionnaire.roster_of(split_place(place)[0])
    if roster is not None and roster.nothing is not None and roster.rows_name in saved.readings:
        flash(("nothing_dropped", {"label": roster.nothing.label[language()]}))  # type: ignore[arg-type]
    for row, now in saved.moved.items():
        flash(("row_moved", {"row": row, "now": now}))  # type: ignore[arg-type]
