"""Read what is stored for one assignment: answers, drafts, confirmations, and whether it was submitted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import BindParameter, bindparam, func, select

from collector.services.values import Stored, decode_all
from collector.store.models import AnswerCurrent, AnswerEvent, Confirmation, Draft, Submission

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from collector.services.assignments import Assignment
    from collector.store.open import Store
    from forms import Answer

Typed = Mapping[str, list[str]]
#: Who gave an answer; the office will be another one.
RESPONDENT = "respondent"

# Statements are built once: building one takes as long as running it.
_ID: BindParameter[int] = bindparam("id")
_CURRENT = select(
    AnswerCurrent.field, AnswerCurrent.value, AnswerCurrent.state, AnswerCurrent.seq, AnswerCurrent.client_key
).where(AnswerCurrent.assignment_id == _ID)
_HEAD = select(func.coalesce(func.max(AnswerCurrent.seq), 0)).where(AnswerCurrent.assignment_id == _ID)
_DRAFTS = select(Draft.page, Draft.typed).where(Draft.assignment_id == _ID)
_VISITED = select(AnswerEvent.page).where(AnswerEvent.assignment_id == _ID).distinct()
_CONFIRMED = select(Confirmation.fingerprint).where(Confirmation.assignment_id == _ID)
_SUBMITTED = select(Submission.at).where(Submission.assignment_id == _ID)


class Current(NamedTuple):
    """The last answer to a field, and which event it came from."""

    value: str | None
    state: str
    seq: int
    client_key: str

    @property
    def stored(self) -> Stored:
        """Return the answer without its origin."""
        return Stored(self.value, self.state)


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything one assignment has in the store at one moment; `seq` numbers the moment.

    confirmed: fingerprints of the soft findings that were explained; a changed answer has another fingerprint.
    """

    answers: Mapping[str, Answer]
    drafts: Mapping[str, Typed]
    confirmed: frozenset[str]
    seq: int
    submitted_at: str | None


def read_current(connection: Connection, assignment_id: int) -> dict[str, Current]:
    """Return the last answer to each field."""
    return {row[0]: Current(*row[1:]) for row in connection.execute(_CURRENT, {"id": assignment_id})}


def standing(store: Store, assignment: Assignment) -> Standing:
    """Return all that is stored for the assignment, as of one moment."""
    one = {"id": assignment.id}
    with store.read() as connection:
        current = read_current(connection, assignment.id)
        return Standing(
            answers=decode_all({name: last.stored for name, last in current.items()}, assignment.questionnaire),
            drafts={page: json.loads(typed) for page, typed in connection.execute(_DRAFTS, one)},
            confirmed=read_confirmed(connection, assignment.id),
            seq=head(current),
            submitted_at=read_submitted_at(connection, assignment.id),
        )


def visited_pages(store: Store, assignment: Assignment) -> frozenset[str]:
    """Return the pages from which at least one answer came."""
    with store.read() as connection:
        return frozenset(connection.execute(_VISITED, {"id": assignment.id}).scalars())


def head(current: Mapping[str, Current]) -> int:
    """Return the number of the newest answer, 0 where there is none."""
    return max((last.seq for last in current.values()), default=0)


def read_head(connection: Connection, assignment_id: int) -> int:
    """Return the number of the newest answer in the store, 0 where there is none."""
    return int(connection.execute(_HEAD, {"id": assignment_id}).scalar_one())


def read_confirmed(connection: Connection, assignment_id: int) -> frozenset[str]:
    """Return the fingerprints of the soft findings that were explained."""
    return frozenset(connection.execute(_CONFIRMED, {"id": assignment_id}).scalars())


def read_submitted_at(connection: Connection, assignment_id: int) -> str | None:
    """Return when the response was submitted, or None."""
    return connection.execute(_SUBMITTED, {"id": assignment_id}).scalars().first()
