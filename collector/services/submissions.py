"""Submit a response once: the answers become one canonical document, stored together with the receipt given for it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select

from collector.services.answers import Standing, read_head, read_submitted_at, standing
from collector.services.codes import ALPHABET
from collector.services.rows import split_place
from collector.services.values import to_stored
from collector.store.models import Submission
from forms import exported_answers, route, run_checks

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from collector.services.assignments import Assignment
    from collector.store.open import Store
    from forms import Finding

MOST_LOOKS = 5


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the respondent keeps: the office finds the response by `code`, and `sha256` fixes every answer in it."""

    code: str
    unit_id: str
    name: str
    wave: str
    questionnaire: str
    definition_sha256: str
    sha256: str
    language: str
    submitted_at: str


@dataclass(frozen=True, slots=True)
class Submitted:
    """The outcome of submitting: a receipt, or what still stands in the way.

    findings: broken rules without a reason. drafts: pages, or sub-pages of a roster, with text that could not be read.
    changed: answers were added after the submitter looked. confirmed: the soft checks that were explained.
    """

    receipt: Receipt | None
    findings: tuple[Finding, ...] = ()
    drafts: tuple[str, ...] = ()
    changed: bool = False
    confirmed: tuple[str, ...] = ()


def submit(
    store: Store, assignment: Assignment, lang: str, *, client_key: str, seen_seq: int | None = None
) -> Submitted:
    """Submit the response, or say what is open; submitting again returns the receipt that was given first.

    seen_seq: the state the submitter looked at; where answers were added since, nothing is submitted (`changed`).
    """
    for _ in range(MOST_LOOKS):
        state = standing(store, assignment)
        if state.submitted_at is not None:
            return Submitted(find_receipt(store, assignment))
        if seen_seq is not None and seen_seq != state.seq:
            return Submitted(None, changed=True)
        obstacles = look_over(assignment, state)
        if obstacles.findings or obstacles.drafts:
            return obstacles
        row = _submission_row(assignment, state, obstacles.confirmed, (lang, client_key, store.now()))
        if store.write(_insertion(row)):
            return Submitted(_receipt(assignment, row))
    return Submitted(None, changed=True)


def look_over(assignment: Assignment, state: Standing) -> Submitted:
    """Return what stands between the answers and their submission, without a receipt."""
    questionnaire, given = assignment.questionnaire, assignment.given
    asked = route(questionnaire, state.answers, given=given).pages if state.drafts else ()
    settled, unsettled = judge(assignment, state)
    # What was typed and could not be read is not missing: the draft says so already.
    unsettled = tuple(finding for finding in unsettled if not (finding.missing and _is_drafted(finding, state)))
    drafts = tuple(sorted((place for place in state.drafts if split_place(place)[0] in asked), key=split_place))
    return Submitted(None, unsettled, drafts, confirmed=settled)


def _is_drafted(finding: Finding, state: Standing) -> bool:
    page = [typed for place, typed in state.drafts.items() if split_place(place)[0] == finding.page]
    return any(typed.get(field) for typed in page for field in finding.fields)


def judge(assignment: Assignment, state: Standing) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """Return the soft checks that were explained for these very answers, and the findings that are still open."""
    findings = run_checks(assignment.questionnaire, state.answers, given=assignment.given)
    settled = {finding.check_id for finding in findings if finding.fingerprint in state.confirmed}
    unsettled = tuple(finding for finding in findings if finding.fingerprint not in state.confirmed)
    return tuple(sorted(settled)), unsettled


def find_receipt(store: Store, assignment: Assignment) -> Receipt | None:
    """Return the receipt of a submitted response, or None."""
    with store.read() as connection:
        row = connection.execute(_RECEIPT, {"id": assignment.id}).mappings().first()
    return None if row is None else _receipt(assignment, dict(row))


_RECEIPT = (
    select(
        Submission.receipt_code,
        Submission.definition_sha256,
        Submission.document_sha256,
        Submission.language,
        Submission.at,
    )
    .where(Submission.assignment_id == bindparam("id"))
    .order_by(Submission.number.desc())
)
_INSERT = insert(Submission)


def _receipt(assignment: Assignment, row: Mapping[str, Any]) -> Receipt:
    return Receipt(
        code=row["receipt_code"],
        unit_id=assignment.unit_id,
        name=assignment.name,
        wave=assignment.wave,
        questionnaire=assignment.questionnaire.id,
        definition_sha256=row["definition_sha256"],
        sha256=row["document_sha256"],
        language=row["language"],
        submitted_at=row["at"],
    )


def receipt_code(assignment: Assignment, digest: str) -> str:
    """Return a short code for a submitted document, in the letters of the access codes."""
    number = int(hashlib.sha256(f"{assignment.id}|{digest}".encode()).hexdigest()[:15], 16)
    signs = "".join(ALPHABET[(number >> shift) & 31] for shift in range(55, -1, -5))
    return "-".join(signs[start : start + 4] for start in (0, 4, 8))


def _submission_row(
    assignment: Assignment, state: Standing, confirmed: tuple[str, ...], how: tuple[str, str, str]
) -> dict[str, Any]:
    lang, client_key, at = how
    document = _document(assignment, state, confirmed, lang=lang, at=at)
    digest = hashlib.sha256(document).hexdigest()
    return {
        "assignment_id": assignment.id,
        "number": 1,
        "receipt_code": receipt_code(assignment, digest),
        "definition_sha256": assignment.questionnaire.sha256,
        "language": lang,
        "document": document.decode(),
        "document_sha256": digest,
        "head_seq": state.seq,
        "client_key": client_key,
        "at": at,
    }


def _document(assignment: Assignment, state: Standing, confirmed: tuple[str, ...], *, lang: str, at: str) -> bytes:
    """Write the response as canonical JSON (RFC 8785), so that everybody who has it computes the same digest."""
    import rfc8785

    answers = exported_answers(assignment.questionnaire, state.answers, given=assignment.given)
    stored = {name: to_stored(answer) for name, answer in answers.items()}
    return rfc8785.dumps(
        {
            "wave": assignment.wave,
            "unit_id": assignment.unit_id,
            "questionnaire": assignment.questionnaire.id,
            "definition_sha256": assignment.questionnaire.sha256,
            "language": lang,
            "submitted_at": at,
            "answers": {name: {"value": one.value, "state": one.state} for name, one in stored.items()},
            "confirmed": list(confirmed),
        }
    )


def _insertion(row: dict[str, Any]) -> Callable[[Connection], bool]:
    """Make the job that inserts a submission unless an answer, or another submission, came in between."""

    def insert_once(connection: Connection) -> bool:
        assignment_id = row["assignment_id"]
        if read_submitted_at(connection, assignment_id) is not None:
            return False
        if read_head(connection, assignment_id) != row["head_seq"]:
            return False
        connection.execute(_INSERT, row)
        return True

    return insert_once
