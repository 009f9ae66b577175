"""A page of the questionnaire as it is shown: what stands in it, where it lies on the way, what is wrong with it."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector import looks
from collector.deployment import deployment
from collector.services.answers import standing
from collector.services.pages import Conflict, findings_at, read_page
from collector.services.rows import Sheet, last_row, place_of, posted_rows, range_at, sheet_at, split_place
from collector.visitor import language
from forms import computed_answers, route, shown_value, split_cell, typed_from_answers
from forms.messages import label_of
from forms.reading import UNSURE_BOX

if TYPE_CHECKING:
    from collector.services.answers import Typed
    from collector.services.assignments import Assignment
    from collector.services.pages import SavedPage
    from forms import Answer, Finding, Route

REASON = "reason__"


@dataclass(frozen=True, slots=True)
class ShownPage:
    """One page on its way to the browser.

    at: the page, or a sub-page of its roster such as `cases.2`; sheet: that sub-page. wanted: the button that was
    pressed, which `continue and correct later` then does.
    """

    assignment: Assignment
    at: str
    route: Route
    answers: Mapping[str, Answer]
    typed: Mapping[str, Sequence[str]]
    base_seq: int
    client_key: str
    sheet: Sheet | None = None
    errors: Mapping[str, str] = dataclasses.field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    readings: Mapping[str, str] = dataclasses.field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()
    drafted: bool = False
    wanted: str = "save"

    def with_typed(
        self, typed: Mapping[str, Sequence[str]], *, base_seq: int | None = None, client_key: str | None = None
    ) -> ShownPage:
        """Return the page with what was typed instead of what is stored, filled in from the state it was shown from."""
        return dataclasses.replace(
            self,
            typed=typed,
            sheet=_wide_enough(self.sheet, typed),
            drafted=False,
            base_seq=self.base_seq if base_seq is None else base_seq,
            client_key=client_key or self.client_key,
        )

    @property
    def page(self) -> str:
        """Return the page, whichever sub-page of it is shown."""
        return split_place(self.at)[0]

    @property
    def place(self) -> int:
        """Return the page's place on the way, from 1."""
        return self.route.pages.index(self.page) + 1 if self.page in self.route.pages else 1

    @property
    def before(self) -> str | None:
        """Return the page, or sub-page, before this one, or None."""
        if self.sheet is not None and self.sheet.number > 1:
            return place_of(self.page, self.sheet.number - 1)
        return self.route.pages[self.place - 2] if self.place > 1 else None


def new_key() -> str:
    """Make the key by which a page that is sent twice is recognised."""
    return secrets.token_urlsafe(12)


def state_of(assignment: Assignment, at: str, *, look: bool = False, more: bool = False) -> ShownPage:
    """Return a page with what is stored for it; `look` asks what is wrong with it as well, `more` shows empty rows.

    A page that was last sent with text that could not be read is shown as it was typed, with the errors.
    """
    store, lang = deployment().store, language()
    state, questionnaire = standing(store, assignment), assignment.questionnaire
    sheet = _sheet(assignment, at, state.answers, state.drafts, more=more)
    at = at if sheet is None else place_of(sheet.roster.page, sheet.number)
    draft = state.drafts.get(at)
    findings = findings_at(assignment, state.answers, at, state.confirmed) if look or draft else ()
    parsed = read_page(store, assignment, at, lang, draft) if draft else None
    stored = _stored_typed(assignment, at, state.answers, sheet)
    return ShownPage(
        assignment=assignment,
        at=at,
        route=route(questionnaire, state.answers, given=assignment.given),
        answers=state.answers,
        typed=_drafted_rows(stored, draft) if draft and sheet else draft or stored,
        base_seq=state.seq,
        client_key=new_key(),
        sheet=sheet,
        errors=parsed.errors if parsed else {},
        findings=_not_filled_in(assignment, state.answers, findings),
        readings=parsed.readings if parsed else {},
        drafted=draft is not None,
    )


def _sheet(
    assignment: Assignment, at: str, answers: Mapping[str, Answer], drafts: Mapping[str, Typed], *, more: bool
) -> Sheet | None:
    page, number = split_place(at)
    roster = assignment.questionnaire.roster_of(page)
    if roster is None:
        return None
    used = last_row(roster, answers, assignment.given, drafts)
    return sheet_at(roster, number, used, most=range_at(roster, number).stop - 1 if more else 0)


def _wide_enough(sheet: Sheet | None, typed: Mapping[str, Sequence[str]]) -> Sheet | None:
    """Return the sub-page with at least the rows that it had when this was typed."""
    if sheet is None or "rows" not in typed:
        return sheet
    return sheet_at(
        sheet.roster, sheet.number, sheet.used, most=posted_rows(sheet.roster, sheet.number, typed).stop - 1
    )


def _stored_typed(
    assignment: Assignment, at: str, answers: Mapping[str, Answer], sheet: Sheet | None
) -> Mapping[str, Sequence[str]]:
    """Return the texts of the stored answers; where nothing was stored yet, what the sample says shows through."""
    rows = None if sheet is None else sheet.rows
    typed = typed_from_answers(assignment.questionnaire, split_place(at)[0], answers, rows=rows)
    return {name: texts for name, texts in typed.items() if name in answers or texts}


def _drafted_rows(stored: Mapping[str, Sequence[str]], draft: Typed) -> Mapping[str, Sequence[str]]:
    """Return the rows of a draft as they were typed, and the other rows as they are stored."""
    drafted = {_row(name) for name in draft}
    return {**{name: texts for name, texts in stored.items() if _row(name) not in drafted}, **draft}


def _row(name: str) -> int:
    return split_cell(name.removesuffix(UNSURE_BOX))[1]


def _not_filled_in(
    assignment: Assignment, answers: Mapping[str, Answer], findings: tuple[Finding, ...]
) -> tuple[Finding, ...]:
    """Leave out what is missing only because the page, in whose boxes it stands already, was never saved."""
    waiting = assignment.given.prefilled.keys() - answers.keys()
    return tuple(one for one in findings if not (one.missing and waiting.intersection(one.fields)))


def after_saving(assignment: Assignment, at: str, typed: Mapping[str, Sequence[str]], saved: SavedPage) -> ShownPage:
    """Return a page that was just sent and still wants something."""
    sheet = _wide_enough(_sheet(assignment, at, saved.answers, {at: dict(typed)}, more=False), typed)  # type: ignore[arg-type]
    return ShownPage(
        assignment=assignment,
        at=at,
        route=route(assignment.questionnaire, saved.answers, given=assignment.given),
        answers=saved.answers,
        typed=_with_theirs(assignment, at, typed, saved),
        base_seq=saved.seq,
        client_key=new_key(),
        sheet=sheet,
        errors=saved.errors,
        findings=saved.findings,
        readings=saved.readings,
        conflicts=saved.conflicts,
    )


def _with_theirs(
    assignment: Assignment, at: str, typed: Mapping[str, Sequence[str]], saved: SavedPage
) -> Mapping[str, Sequence[str]]:
    """Return what was typed, with the answers others gave where nothing was changed here.

    What this page still holds there is old, and sending it once more would put it back.
    """
    stored = typed_from_answers(assignment.questionnaire, split_place(at)[0], saved.answers)
    inputs = {name for field in saved.theirs for name in (field, f"{field}{UNSURE_BOX}")}
    elsewhere = {*saved.moved, *saved.moved.values()}
    inputs |= {name for name in (*typed, *stored) if elsewhere and _row(name) in elsewhere}
    kept = {name: texts for name, texts in typed.items() if name not in inputs}
    return {**kept, **{name: texts for name, texts in stored.items() if name in inputs}}


def show_page(
    shown: ShownPage, *, notice: str | None = None, status: int = 200, closed: bool = False, **words: object
) -> tuple[str, int]:
    """Render a page; `notice` is a key of the words; `closed` leaves the buttons away."""
    from forms import render_page

    assignment, lang = shown.assignment, language()
    questions = render_page(
        assignment.questionnaire,
        shown.page,
        lang,
        typed=shown.typed,
        errors=shown.errors,
        findings=shown.findings,
        given=assignment.given,
        readings=shown.readings,
        reasons={name.removeprefix(REASON): texts[0] for name, texts in shown.typed.items() if _is_reason(name, texts)},
        answers={**shown.answers, **computed_answers(assignment.questionnaire, shown.answers, given=assignment.given)},
        rows=shown.sheet.rows if shown.sheet else (),
        route=shown.route,
    )
    return looks.page(
        "page.html",
        status=status,
        shown=shown,
        page=assignment.questionnaire.page(shown.page),
        questions=questions,
        conflicts=[_conflict_words(shown, conflict, lang) for conflict in shown.conflicts],
        reference=deployment().reference(assignment.id),
        notice="draft_note" if shown.drafted and notice is None else notice,
        notice_words=words,
        troubled=bool(shown.errors or shown.findings or shown.conflicts),
        closed=closed,
    )


def _is_reason(name: str, texts: Sequence[str]) -> bool:
    return name.startswith(REASON) and bool(texts)


def _conflict_words(shown: ShownPage, conflict: Conflict, lang: str) -> dict[str, str]:
    questionnaire, row = shown.assignment.questionnaire, split_cell(conflict.field)[1]
    leaf = questionnaire.leaf(conflict.field)
    which = f"{questionnaire.rosters[leaf.roster].row_label[lang]} {row} – " if row else ""
    return {
        "field": conflict.field,
        "label": f"{which}{label_of(questionnaire, leaf, shown.assignment.given)[lang]}",
        "mine": shown_value(leaf, conflict.mine, lang),
        "theirs": shown_value(leaf, conflict.theirs, lang),
        "at": conflict.theirs_at,
    }
