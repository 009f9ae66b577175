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
from collector.services.pages import Conflict, read_page
from collector.visitor import language
from forms import route, run_checks, shown_value, typed_from_answers

if TYPE_CHECKING:
    from collector.services.assignments import Assignment
    from collector.services.pages import SavedPage
    from forms import Answer, Finding, Route

REASON = "reason__"


@dataclass(frozen=True, slots=True)
class ShownPage:
    """One page on its way to the browser."""

    assignment: Assignment
    page: str
    route: Route
    typed: Mapping[str, Sequence[str]]
    base_seq: int
    client_key: str
    errors: Mapping[str, str] = dataclasses.field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    readings: Mapping[str, str] = dataclasses.field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()
    drafted: bool = False

    def with_typed(
        self, typed: Mapping[str, Sequence[str]], *, base_seq: int | None = None, client_key: str | None = None
    ) -> ShownPage:
        """Return the page with what was typed instead of what is stored, filled in from the state it was shown from."""
        return dataclasses.replace(
            self,
            typed=typed,
            drafted=False,
            base_seq=self.base_seq if base_seq is None else base_seq,
            client_key=client_key or self.client_key,
        )

    @property
    def place(self) -> int:
        """Return the page's place on the way, from 1."""
        return self.route.pages.index(self.page) + 1 if self.page in self.route.pages else 1

    @property
    def before(self) -> str | None:
        """Return the page before this one, or None."""
        return self.route.pages[self.place - 2] if self.place > 1 else None


def new_key() -> str:
    """Make the key by which a page that is sent twice is recognised."""
    return secrets.token_urlsafe(12)


def state_of(assignment: Assignment, page: str, *, look: bool = False) -> ShownPage:
    """Return a page with what is stored for it; `look` asks what is wrong with it as well.

    A page that was last sent with text that could not be read is shown as it was typed, with the errors.
    """
    store, lang = deployment().store, language()
    state, questionnaire = standing(store, assignment), assignment.questionnaire
    draft = state.drafts.get(page)
    findings: tuple[Finding, ...] = ()
    if look or draft:
        found = run_checks(questionnaire, state.answers, page=page, given=assignment.given)
        findings = tuple(finding for finding in found if finding.fingerprint not in state.confirmed)
    parsed = read_page(store, assignment, page, lang, draft) if draft else None
    return ShownPage(
        assignment=assignment,
        page=page,
        route=route(questionnaire, state.answers, given=assignment.given),
        typed=draft or _stored_typed(assignment, page, state.answers),
        base_seq=state.seq,
        client_key=new_key(),
        errors=parsed.errors if parsed else {},
        findings=findings,
        readings=parsed.readings if parsed else {},
        drafted=draft is not None,
    )


def _stored_typed(assignment: Assignment, page: str, answers: Mapping[str, Answer]) -> Mapping[str, Sequence[str]]:
    """Return the texts of the stored answers; where nothing was stored yet, what the sample says shows through."""
    typed = typed_from_answers(assignment.questionnaire, page, answers)
    return {name: texts for name, texts in typed.items() if name in answers or texts}


def after_saving(assignment: Assignment, page: str, typed: Mapping[str, Sequence[str]], saved: SavedPage) -> ShownPage:
    """Return a page that was just sent and still wants something."""
    return ShownPage(
        assignment=assignment,
        page=page,
        route=route(assignment.questionnaire, saved.answers, given=assignment.given),
        typed=_with_theirs(assignment, page, typed, saved),
        base_seq=saved.seq,
        client_key=new_key(),
        errors=saved.errors,
        findings=saved.findings,
        readings=saved.readings,
        conflicts=saved.conflicts,
    )


def _with_theirs(
    assignment: Assignment, page: str, typed: Mapping[str, Sequence[str]], saved: SavedPage
) -> Mapping[str, Sequence[str]]:
    """Return what was typed, with the answers others gave where nothing was changed here.

    What this page still holds there is old, and sending it once more would put it back.
    """
    inputs = {name for field in saved.theirs for name in (field, f"{field}__dk")}
    kept = {name: texts for name, texts in typed.items() if name not in inputs}
    stored = typed_from_answers(assignment.questionnaire, page, saved.answers)
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
    leaf = shown.assignment.questionnaire.fields[conflict.field]
    return {
        "field": conflict.field,
        "label": leaf.label[lang],
        "mine": shown_value(leaf, conflict.mine, lang),
        "theirs": shown_value(leaf, conflict.theirs, lang),
        "at": conflict.theirs_at,
    }
