"""What a unit answered last time: its response in the latest earlier wave of the same questionnaire."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from collector.services.values import Stored, from_stored
from collector.store.models import Assignment, Submission, Wave

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from forms import Answer, Questionnaire

_DIGITS, _DIGIT = re.compile(r"([0-9]+)"), frozenset("0123456789")


def last_answers(connection: Connection, questionnaire: Questionnaire, *, wave: str) -> dict[str, dict[str, Answer]]:
    """Return, by unit, the answers of the latest wave before this one that the unit submitted.

    Waves are ordered by their names, numbers in them by size (W9 before W10). Answers to fields that the questionnaire
    no longer has, or that are of another type now, are left out.
    """
    query = (
        select(Wave.name, Assignment.unit_id, Submission.document)
        .join(Assignment, Assignment.id == Submission.assignment_id)
        .join(Wave, Wave.id == Assignment.wave_id)
        .where(Wave.questionnaire == questionnaire.id, Wave.name != wave)
    )
    found = [row for row in connection.execute(query) if order_of(row.name) < order_of(wave)]
    found.sort(key=lambda row: order_of(row.name))
    return {row.unit_id: _answers(questionnaire, json.loads(row.document)["answers"]) for row in found}


def order_of(wave: str) -> tuple[tuple[int, str], ...]:
    """Return the name of a wave as it is put in order: texts as texts, numbers by size.

    >>> order_of("W9") < order_of("W10") and order_of("2026Q4") < order_of("2027Q1")
    True
    """
    return tuple((int(part), "") if part[:1] in _DIGIT else (-1, part) for part in _DIGITS.split(wave) if part)


def _answers(questionnaire: Questionnaire, stored: Mapping[str, Any]) -> dict[str, Answer]:
    made = {}
    for name, each in stored.items():
        try:
            made[name] = from_stored(Stored(each["value"], each["state"]), questionnaire.leaf(name))
        except (KeyError, ValueError, ArithmeticError):
            continue  # a field that is gone, or means something else now: nothing is known of it
    return made
