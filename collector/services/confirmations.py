"""Store why a respondent leaves answers that a soft check asks about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sqlalchemy.dialects.sqlite import insert as upsert

from collector.services.answers import standing
from collector.store.models import Confirmation
from forms import run_checks
from uptake.contract.errors import UptakeError

if TYPE_CHECKING:
    from collector.services.assignments import Assignment
    from collector.store.open import Store
    from forms import Finding

LONGEST_REASON = 500


class ReasonError(UptakeError):
    """A reason is empty or too long, or belongs to no soft check."""


def confirm(store: Store, assignment: Assignment, check: str, reason: str) -> bool:
    """Store the reason for the answers as they stand now; return whether the check asked for one.

    check: its id, and for a rule about a row of a roster the row: `dear_case.3`.
    The same reason is stored once. A confirmation lapses when an answer the check looks at changes.
    Raises ReasonError for an empty reason, one longer than 500 signs, or a check that is not a soft check.
    """
    words = _cleaned(reason)
    if not words or len(words) > LONGEST_REASON:
        raise ReasonError(f"The reason has {len(words)} signs: it must have between 1 and {LONGEST_REASON}. Change it.")
    if check.partition(".")[0] not in assignment.questionnaire.soft_checks:
        raise ReasonError(f'"{check}" is no soft check of the questionnaire, so it cannot be confirmed.')
    answers = standing(store, assignment).answers
    found = run_checks(assignment.questionnaire, answers, given=assignment.given)
    return bool(confirm_findings(store, assignment, found, {check: words}))


def confirm_findings(
    store: Store, assignment: Assignment, findings: Iterable[Finding], reasons: Mapping[str, str]
) -> frozenset[str]:
    """Store the reasons that belong to soft findings and can be kept; return the fingerprints they explain."""
    at = store.now()
    rows = [
        {
            "assignment_id": assignment.id,
            "check_id": finding.check_id,
            "fingerprint": finding.fingerprint,
            "reason": words,
            "at": at,
        }
        for finding in findings
        if finding.severity == "soft" and 0 < len(words := _cleaned(reasons.get(finding.key, ""))) <= LONGEST_REASON
    ]
    if rows:
        store.write(lambda connection: connection.execute(_INSERT, rows) and None)
    return frozenset(str(row["fingerprint"]) for row in rows)


_INSERT = upsert(Confirmation).on_conflict_do_nothing()


def _cleaned(reason: str) -> str:
    return reason.replace("\0", "").encode("utf-8", "replace").decode().strip()
