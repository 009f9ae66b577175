"""Save a page: what is valid is stored, what is not is kept as it was typed, and nothing is lost or stored twice."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from collector.services.answers import RESPONDENT, head, read_confirmed, read_current
from collector.services.confirmations import confirm_findings
from collector.services.merge import Clash, Merge, Shown, merge
from collector.services.new_rows import clear_nothing, move_new_rows
from collector.services.rows import posted_rows, range_at, removed_rows, split_place, without_rows
from collector.services.values import Stored, decode_all, from_stored, to_stored
from collector.store.models import AnswerEvent, Draft, Submission
from forms import boxed, parse_page, route, run_checks
from uptake.contract.errors import UptakeError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from collector.services.assignments import Assignment
    from collector.store.open import Store
    from forms import Answer, Finding, ParsedPage, Roster


class AlreadySubmittedError(UptakeError):
    """The response was submitted: its answers stand, and what was typed afterwards is shown but not stored."""

    def __init__(self, submitted_at: str) -> None:
        super().__init__(f"This response was submitted at {submitted_at}: its answers can no longer be changed here.")
        self.submitted_at = submitted_at


@dataclass(frozen=True, slots=True)
class Conflict:
    """An answer that was changed elsewhere while this page was open; both are shown, and the respondent decides."""

    field: str
    mine: Answer
    theirs: Answer
    theirs_at: str


@dataclass(frozen=True, slots=True)
class SavedPage:
    """What became of a page.

    answers: all that is stored for the unit now. errors: sentences by field; that text is kept as a draft.
    findings: broken rules of this page that still want something. readings: how 万 and 亿 were read.
    stored: the fields whose answers are new. theirs: fields this page left alone and another one changed meanwhile;
    where the page is shown again it must show the new answers. seq: the state the next page starts from. moved: rows of
    a roster that somebody else had begun meanwhile, and the rows in which what was typed here is stored instead.
    """

    answers: Mapping[str, Answer]
    errors: Mapping[str, str]
    findings: tuple[Finding, ...]
    conflicts: tuple[Conflict, ...]
    readings: Mapping[str, str]
    stored: tuple[str, ...]
    theirs: tuple[str, ...]
    seq: int
    moved: Mapping[int, int] = dataclasses.field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Return whether nothing on the page wants the respondent's attention."""
        return not (self.errors or self.findings or self.conflicts)


@dataclass(frozen=True, slots=True)
class _Posted:
    """One posted page, or sub-page of a roster, on its way to the writer."""

    place: str
    lang: str
    sent: Mapping[str, Stored]
    draft: Mapping[str, Sequence[str]] | None
    shown: Shown
    at: str
    roster: Roster | None


@dataclass(frozen=True, slots=True)
class _Written:
    """What the writer found and stored."""

    current: Mapping[str, Stored]
    merged: Merge
    seq: int
    moved: Mapping[int, int]


def save_page(
    store: Store,
    assignment: Assignment,
    place: str,
    lang: str,
    typed: Mapping[str, Sequence[str]],
    *,
    base_seq: int,
    client_key: str,
) -> SavedPage:
    """Store one page as it was typed and say what became of it.

    place: the page, or a sub-page of its roster such as `cases.2`. typed: every posted name with its texts,
    `reason__<check>` for the reason of a soft finding, `rows` for the rows that a sub-page showed. base_seq: `seq` of
    the state the page was shown from (0 at first). client_key: a random word made when the page was shown; a page that
    is sent twice, or corrected after "back", is recognised by it.
    Raises AlreadySubmittedError when the response was submitted before.
    """
    roster = assignment.questionnaire.roster_of(split_place(place)[0])
    parsed = read_page(store, assignment, place, lang, typed)
    posted = _Posted(
        place,
        lang,
        _all_stored(parsed.answers),
        parsed.typed if parsed.errors else None,
        Shown(assignment.id, base_seq, client_key, _all_stored(boxed(assignment.questionnaire, assignment.given))),
        store.now(),
        roster,
    )
    written = store.write(lambda connection: _write(connection, posted))
    answers = decode_all(written.current, assignment.questionnaire)
    return SavedPage(
        answers=answers,
        errors=parsed.errors,
        findings=_findings(store, assignment, answers, place, parsed.reasons),
        conflicts=_conflicts(assignment, written.merged.clashes),
        readings=parsed.readings,
        stored=tuple(written.merged.changes),
        theirs=written.merged.theirs,
        seq=written.seq,
        moved=written.moved,
    )


def _all_stored(answers: Mapping[str, Answer]) -> dict[str, Stored]:
    return {name: to_stored(answer) for name, answer in answers.items()}


def read_page(
    store: Store, assignment: Assignment, place: str, lang: str, typed: Mapping[str, Sequence[str]]
) -> ParsedPage:
    """Read what was typed on a page, without storing anything; a row ticked to be removed is read as empty."""
    page, number = split_place(place)
    asked, roster = _asked(store, assignment, page), assignment.questionnaire.roster_of(page)
    rows = None
    if roster is not None:
        rows = posted_rows(roster, number, typed)
        typed = without_rows(roster, typed, removed_rows(roster, typed))
    return parse_page(assignment.questionnaire, page, lang, typed, given=assignment.given, asked=asked, rows=rows)


def _asked(store: Store, assignment: Assignment, page: str) -> frozenset[str] | None:
    """Return the fields that are asked where the page has questions that may be left out, else None for all of them."""
    questionnaire = assignment.questionnaire
    if all(question.relevant is None for question in questionnaire.page(page).questions):
        return None
    with store.read() as connection:
        current = read_current(connection, assignment.id)
    answers = decode_all({name: last.stored for name, last in current.items()}, questionnaire)
    return frozenset(route(questionnaire, answers, given=assignment.given).fields)


def findings_at(
    assignment: Assignment, answers: Mapping[str, Answer], place: str, confirmed: Container[str] = ()
) -> tuple[Finding, ...]:
    """Return what a page breaks; of a roster what its rows on this sub-page break, and the list as a whole."""
    page, number = split_place(place)
    roster = assignment.questionnaire.roster_of(page)
    rows = None if roster is None else range_at(roster, number)
    found = run_checks(assignment.questionnaire, answers, page=page, rows=rows, given=assignment.given)
    return tuple(finding for finding in found if finding.fingerprint not in confirmed)


def _findings(
    store: Store, assignment: Assignment, answers: Mapping[str, Answer], place: str, reasons: Mapping[str, str]
) -> tuple[Finding, ...]:
    """Return what the page still breaks, after the reasons that came with it were stored."""
    found = findings_at(assignment, answers, place)
    if all(finding.severity == "hard" for finding in found):
        return found
    explained = confirm_findings(store, assignment, found, reasons)
    with store.read() as connection:
        explained |= read_confirmed(connection, assignment.id)
    return tuple(finding for finding in found if finding.fingerprint not in explained)


def _write(connection: Connection, posted: _Posted) -> _Written:
    assignment_id = posted.shown.assignment_id
    submitted_at, drafted = connection.execute(_FACTS, {"id": assignment_id, "page": posted.place}).one()
    if submitted_at is not None:
        raise AlreadySubmittedError(submitted_at)
    current = read_current(connection, assignment_id)
    sent, moved = posted.sent, NOT_MOVED
    if posted.roster is not None:
        sent, moved = move_new_rows(connection, current, sent, posted.shown, roster=posted.roster)
        sent = clear_nothing(current, sent, posted.roster)
    merged = merge(connection, current, sent, posted.shown)
    seq = head(current)
    if merged.changes:
        connection.execute(_INSERT_EVENTS, [_event(posted, *change) for change in merged.changes.items()])
        seq = int(connection.exec_driver_sql("SELECT last_insert_rowid()").scalar_one())
    if posted.draft is not None or (drafted and not merged.clashes):
        _keep_draft(connection, posted, frozenset(moved))
    after = {name: last.stored for name, last in current.items()} | dict(merged.changes)
    return _Written(after, merged, seq, moved)


NOT_MOVED: Mapping[int, int] = {}

# Statements are built once: building one takes as long as running it.
_INSERT_EVENTS = insert(AnswerEvent)
_FACTS = select(
    select(Submission.at).where(Submission.assignment_id == bindparam("id")).limit(1).scalar_subquery(),
    select(Draft.page).where(Draft.assignment_id == bindparam("id"), Draft.page == bindparam("page")).scalar_subquery(),
)


def _event(posted: _Posted, name: str, stored: Stored) -> dict[str, Any]:
    return {
        "assignment_id": posted.shown.assignment_id,
        "field": name,
        "value": stored.value,
        "state": stored.state,
        "actor": RESPONDENT,
        "page": split_place(posted.place)[0],
        "language": posted.lang,
        "client_key": posted.shown.client_key,
        "at": posted.at,
    }


def _keep_draft(connection: Connection, posted: _Posted, moved: frozenset[int]) -> None:
    """Keep the page as it was typed while it cannot all be read; forget an older draft once it can.

    A row that was stored as another one is not kept: what stands in its place now is somebody else's.
    """
    here = (Draft.assignment_id == posted.shown.assignment_id, Draft.page == posted.place)
    if posted.draft is None:
        connection.execute(delete(Draft).where(*here))
        return
    typed = posted.draft if posted.roster is None else without_rows(posted.roster, posted.draft, moved)
    values = {"typed": json.dumps(typed), "at": posted.at}
    row = {"assignment_id": posted.shown.assignment_id, "page": posted.place, **values}
    kept = upsert(Draft).values(row)
    connection.execute(kept.on_conflict_do_update(index_elements=["assignment_id", "page"], set_=values))


def _conflicts(assignment: Assignment, clashes: tuple[Clash, ...]) -> tuple[Conflict, ...]:
    leaf = assignment.questionnaire.leaf
    return tuple(
        Conflict(
            clash.field,
            from_stored(clash.mine, leaf(clash.field)),
            from_stored(clash.theirs, leaf(clash.field)),
            clash.theirs_at,
        )
        for clash in clashes
    )
