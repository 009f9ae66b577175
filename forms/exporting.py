"""The answers of a unit as they are exported: what was routed away, what was computed, the rows of rosters."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import cast

from forms.leaves import BLANK, NOTHING_GIVEN, Answer, Field, Given, State, Value, cell_name
from forms.model import Questionnaire, Roster
from forms.rosters import says_nothing
from forms.routing import NOT_APPLICABLE, SETTLED, Walk, walk


def exported_answers(
    questionnaire: Questionnaire,
    answers: Mapping[str, Answer],
    *,
    given: Given = NOTHING_GIVEN,
    today: datetime.date | None = None,
) -> dict[str, Answer]:
    """Return the answers as they are exported.

    Fields routed away are not_applicable whatever was once typed there; so is the blank one of two fields of which one
    is enough. A field that was never reached is left out: its state is null in `responses`. Computed fields are there
    with their values. Of a roster there are the cells of the rows that exist (`e24_users.3`), and `e24_rows`, the
    number of rows: blank, not 0, where the page was seen and nothing was typed, 0 where "nothing to report" was ticked.
    answers: by field or cell; given: what is known of the unit before it answers; today: the day of `today()`.
    """
    way = walk(questionnaire, answers, given=given, today=today)
    made: dict[str, Answer] = {}
    asked, away = frozenset(way.route.fields), frozenset(way.route.away)
    for leaf in questionnaire.fields.values():
        if leaf.roster:
            made |= _rows(questionnaire.rosters[leaf.roster], leaf, answers, way)
        elif leaf.name in away:
            made[leaf.name] = NOT_APPLICABLE
        elif leaf.name in asked and (leaf.value is not None or leaf.name in answers):
            made[leaf.name] = answer_of(leaf, way.values) if leaf.value is not None else answers[leaf.name]
    return {name: _of_group(questionnaire, name, answer, made) for name, answer in made.items()}


def computed_answers(
    questionnaire: Questionnaire,
    answers: Mapping[str, Answer],
    *,
    given: Given = NOTHING_GIVEN,
    today: datetime.date | None = None,
) -> dict[str, Answer]:
    """Return what is computed from the answers, by field or cell, for the page to show; only what is asked."""
    way = walk(questionnaire, answers, given=given, today=today)
    asked = frozenset(way.route.fields)
    made: dict[str, Answer] = {}
    for leaf in questionnaire.fields.values():
        if leaf.value is None or leaf.name not in asked:
            continue
        if leaf.roster:
            made |= {cell_name(leaf.name, row): answer_of(leaf, v) for row, v in way.rows[leaf.roster].items()}
        else:
            made[leaf.name] = answer_of(leaf, way.values)
    return made


def answer_of(leaf: Field, values: Mapping[str, object]) -> Answer:
    """Return the answer to a field from what expressions see of it."""
    return Answer(cast(Value, values.get(leaf.name)), cast(State, values.get(f"{leaf.name}_state", "blank")))


def _rows(roster: Roster, leaf: Field, answers: Mapping[str, Answer], way: Walk) -> Iterator[tuple[str, Answer]]:
    """Give the cells of a column, before those of the first column the number of rows."""
    if leaf.name == roster.columns[0].name:
        yield from _count(roster, answers, way)
    for row, values in way.rows.get(roster.id, {}).items():
        yield cell_name(leaf.name, row), answer_of(leaf, values)


def _count(roster: Roster, answers: Mapping[str, Answer], way: Walk) -> Iterator[tuple[str, Answer]]:
    rows = way.rows.get(roster.id)
    if roster.columns[0].name in way.route.away:
        yield roster.rows_name, NOT_APPLICABLE
    elif rows:
        yield roster.rows_name, Answer(len(rows), "answered")
    elif rows is not None and says_nothing(roster, answers):
        yield roster.rows_name, Answer(0, "answered")
    elif rows is not None and any(name.partition(".")[0] in (*roster.names, roster.rows_name) for name in answers):
        yield roster.rows_name, BLANK


def _of_group(questionnaire: Questionnaire, name: str, answer: Answer, made: Mapping[str, Answer]) -> Answer:
    """One of two fields was enough: the other is blank because it need not be answered."""
    leaf = questionnaire.fields.get(name)
    if leaf is None or answer.state != "blank":
        return answer
    others = (made.get(other, BLANK) for other in leaf.group if other != name)
    return NOT_APPLICABLE if any(other.state in SETTLED for other in others) else answer
