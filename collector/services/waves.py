"""Start a wave: every unit of the sample gets its assignment, its access code and the answers already known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from collector.services.codes import access_code, look_up_of
from collector.services.previous import last_answers
from collector.store.models import AccessCode, Definition, Wave
from collector.store.models import Assignment as AssignmentRow
from forms import given_answers, given_to_json
from uptake.contract.errors import ConflictError, TableError

if TYPE_CHECKING:
    from pandas import DataFrame
    from sqlalchemy import Connection

    from collector.store.open import Store
    from forms import Answer, Questionnaire

_UNIT_KEYS = ("unit_id", "name", "stratum", "base_weight")


@dataclass(frozen=True, slots=True)
class Start:
    """One start of one wave."""

    questionnaire: Questionnaire
    wave: str
    code_key: bytes
    at: str


def start_wave(store: Store, sample: DataFrame, questionnaire: Questionnaire, *, wave: str, code_key: bytes) -> int:
    """Assign every unit of the sample and return how many were new; starting again with the same sample adds nothing.

    What each unit answered in the latest earlier wave that it submitted is taken from the store as it stands now.
    Raises ConflictError where the wave runs with another questionnaire or another sample.
    """
    units = _units_of(sample, wave)
    start = Start(questionnaire, wave, code_key, store.now())
    return store.write(lambda connection: _start(connection, units, start))


def asked_in(store: Store, wave: str) -> frozenset[str]:
    """Return the ids of the questionnaires that a wave asks; empty before it is started."""
    with store.read() as connection:
        return frozenset(connection.execute(select(Wave.questionnaire).where(Wave.name == wave)).scalars())


def _units_of(sample: DataFrame, wave: str) -> dict[str, dict[str, Any]]:
    from uptake.contract.tables import SAMPLE, check_table

    checked = check_table(sample, SAMPLE, where="sample")
    chosen = checked[checked["wave"] == wave]
    if not len(chosen):
        raise TableError(
            f'sample: no unit is drawn for the wave "{wave}": nobody could be asked. Draw the sample first.'
        )
    rows = chosen.astype(object).where(chosen.notna(), None).to_dict("records")
    units = {str(row["unit_id"]): {str(key): value for key, value in row.items()} for row in rows}
    if len(units) != len(rows):
        twice = chosen["unit_id"][chosen["unit_id"].duplicated()].iloc[0]
        raise TableError(
            f'sample: the unit "{twice}" stands twice in the wave "{wave}". Each unit is asked once: draw again.'
        )
    return units


def _start(connection: Connection, units: dict[str, dict[str, Any]], start: Start) -> int:
    wave_id = _wave_id(connection, start)
    there = {
        row.unit_id: row
        for row in connection.execute(
            select(AssignmentRow.unit_id, AssignmentRow.stratum, AssignmentRow.base_weight).where(
                AssignmentRow.wave_id == wave_id
            )
        )
    }
    _refuse_another_sample(there, units, start)
    new = [unit for unit_id, unit in units.items() if unit_id not in there]
    if new:
        _assign(connection, wave_id, new, start)
    return len(new)


def _wave_id(connection: Connection, start: Start) -> int:
    asked = start.questionnaire
    found = connection.execute(
        select(Wave.id, Wave.definition_sha256).where(Wave.name == start.wave, Wave.questionnaire == asked.id)
    ).one_or_none()
    if found is None:
        return _new_wave(connection, start)
    if found.definition_sha256 != asked.sha256:
        raise ConflictError(
            f'The wave "{start.wave}" was started with another version of the questionnaire "{asked.id}" (digest '
            f"{found.definition_sha256[:12]}, now {asked.sha256[:12]}): answers to the two could not be told apart. "
            "Take back the change to the questionnaire, or collect it as a new wave."
        )
    return int(found.id)


def _new_wave(connection: Connection, start: Start) -> int:
    asked = start.questionnaire
    known = connection.execute(select(Definition.sha256).where(Definition.sha256 == asked.sha256)).scalar()
    if known is None:
        definition = {
            "sha256": asked.sha256,
            "questionnaire": asked.id,
            "version": asked.definition_version,
            "published_at": start.at,
        }
        connection.execute(insert(Definition), definition)
    row = {
        "name": start.wave,
        "questionnaire": asked.id,
        "definition_sha256": asked.sha256,
        "started_at": start.at,
    }
    return int(connection.execute(insert(Wave).returning(Wave.id), row).scalar_one())


def _refuse_another_sample(there: dict[str, Any], units: dict[str, dict[str, Any]], start: Start) -> None:
    for unit_id, row in there.items():
        if unit_id not in units:
            raise ConflictError(
                f'The wave "{start.wave}" already asks the unit "{unit_id}", which the sample no longer has: its '
                "answers would belong to nobody. Use the sample the wave was started with."
            )
        unit = units[unit_id]
        if (row.stratum, row.base_weight) != (unit["stratum"], unit["base_weight"]):
            raise ConflictError(
                f'The unit "{unit_id}" of the wave "{start.wave}" was drawn in stratum {row.stratum} with base weight '
                f"{row.base_weight:g}; the sample now says {unit['stratum']} and {unit['base_weight']:g}. Use the "
                "sample the wave was started with."
            )


def _assign(connection: Connection, wave_id: int, units: list[dict[str, Any]], start: Start) -> None:
    last = last_answers(connection, start.questionnaire, wave=start.wave)
    rows = [
        {
            "wave_id": wave_id,
            "prefilled": _given(unit, start, last.get(unit["unit_id"])),
            **{key: unit[key] for key in _UNIT_KEYS},
        }
        for unit in units
    ]
    connection.execute(insert(AssignmentRow), rows)
    query = select(AssignmentRow.unit_id, AssignmentRow.id).where(AssignmentRow.wave_id == wave_id)
    ids: dict[str, int] = {row.unit_id: row.id for row in connection.execute(query)}
    connection.execute(insert(AccessCode), [_code_row(ids[unit["unit_id"]], unit["unit_id"], start) for unit in units])


def _code_row(assignment_id: int, unit_id: str, start: Start) -> dict[str, Any]:
    code = access_code(start.code_key, wave=start.wave, questionnaire=start.questionnaire.id, unit_id=unit_id)
    return {"lookup": look_up_of(start.code_key, code), "assignment_id": assignment_id, "issue": 1}


def _given(unit: dict[str, Any], start: Start, last: Mapping[str, Answer] | None) -> str:
    """Return what is known of a unit, as JSON; the respondent checks it, so it is not yet an answer."""
    return json.dumps(given_to_json(given_answers(start.questionnaire, unit, last=last)), ensure_ascii=False)
