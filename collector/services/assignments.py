"""One unit that is asked in one wave, and how it is found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, select

from collector.store.models import Assignment as AssignmentRow
from collector.store.models import Wave
from forms import given_from_json

if TYPE_CHECKING:
    from collector.store.open import Store
    from forms import Given, Questionnaire


@dataclass(frozen=True, slots=True)
class Assignment:
    """One unit's questionnaire in one wave; every service takes it, so no service can mix up two units."""

    id: int
    wave: str
    unit_id: str
    name: str
    questionnaire: Questionnaire = field(repr=False)
    given: Given = field(repr=False)


def find_assignments(store: Store, questionnaire: Questionnaire, *, wave: str) -> dict[str, Assignment]:
    """Return every assignment of the wave by the unit's identifier."""
    query = _assignments().where(Wave.name == wave, Wave.questionnaire == questionnaire.id)
    with store.read() as connection:
        rows = connection.execute(query).all()
    return {row.unit_id: _assignment(row, questionnaire) for row in rows}


def get_assignment(store: Store, questionnaires: Mapping[str, Questionnaire], assignment_id: int) -> Assignment | None:
    """Return one assignment by its number, or None where its questionnaire is not offered here."""
    with store.read() as connection:
        row = connection.execute(_assignments().where(AssignmentRow.id == assignment_id)).one_or_none()
    if row is None or row.questionnaire not in questionnaires:
        return None
    return _assignment(row, questionnaires[row.questionnaire])


def _assignments() -> Select[int, str, str, str, str, str]:
    return select(
        AssignmentRow.id,
        Wave.name.label("wave"),
        AssignmentRow.unit_id,
        AssignmentRow.name,
        AssignmentRow.prefilled,
        Wave.questionnaire,
    ).join(Wave, Wave.id == AssignmentRow.wave_id)


def _assignment(row: Any, questionnaire: Questionnaire) -> Assignment:
    return Assignment(row.id, row.wave, row.unit_id, row.name, questionnaire, _given(questionnaire, row.prefilled))


# A respondent asks for one page after the other, and a long list of the last wave takes long to read.
@lru_cache(maxsize=16)
def _given(questionnaire: Questionnaire, stored: str) -> Given:
    return given_from_json(questionnaire, json.loads(stored))
