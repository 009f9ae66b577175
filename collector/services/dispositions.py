"""Record what the office learned about a unit that did not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert

from collector.store.models import DispositionEvent
from uptake.contract.errors import UptakeError, did_you_mean

if TYPE_CHECKING:
    from collector.services.assignments import Assignment
    from collector.store.open import Store

#: `complete` and `partial` follow from the answers themselves and are recorded by nobody.
RECORDABLE = ("refused", "not_contacted", "ineligible", "unknown")


class DispositionError(UptakeError):
    """A disposition that cannot be recorded."""


def record_disposition(store: Store, assignment: Assignment, disposition: str, *, note: str = "") -> None:
    """Record a disposition; the last one holds, and a submitted response is `complete` whatever was recorded."""
    if disposition not in RECORDABLE:
        raise DispositionError(
            f'"{disposition}" is no disposition the office records for the unit {assignment.unit_id} (complete and '
            f"partial follow from the answers).{did_you_mean(disposition, RECORDABLE)} "
            f"Use one of {', '.join(RECORDABLE)}."
        )
    row = {"assignment_id": assignment.id, "disposition": disposition, "note": note[:500], "at": store.now()}
    store.write(lambda connection: connection.execute(insert(DispositionEvent), row) and None)
