"""Export a wave: one row for every unit that was asked, one for every row of a roster, and the codebook."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from collector.services.answers import Standing
from collector.services.assignments import Assignment, find_assignments
from collector.services.codebook import ARM, make_codebook
from collector.services.submissions import judge
from collector.services.values import Stored, decode_all
from collector.store.models import AnswerCurrent, AnswerEvent, Confirmation, DispositionEvent, Submission, Wave
from collector.store.models import Assignment as AssignmentRow
from forms import cell_name, exported_answers, rows_of
from uptake.contract.errors import StoreError

if TYPE_CHECKING:
    from pandas import DataFrame, Series
    from sqlalchemy import Connection

    from collector.store.open import Store
    from forms import Answer, Questionnaire, Roster

_DTYPES: Mapping[str, Any] = {
    "int": "Int64",
    "dec": "Float64",
    "text": "str",
    "code": "str",
    "date": "datetime64[us]",
    "bool": "boolean",
}


@dataclass(frozen=True, slots=True)
class _Wave:
    """What the store has of a wave, each by the number of the assignment."""

    started: Mapping[int, str]
    recorded: Mapping[int, str]
    submitted: Mapping[int, Any]
    current: Mapping[int, Mapping[str, Stored]]
    confirmed: Mapping[int, frozenset[str]]

    def disposition(self, assignment_id: int) -> str:
        """Return the outcome of asking: what was submitted counts first, then what the office recorded.

        A unit of which nothing came back and nothing was recorded is `unknown`: not even that it exists is known.
        """
        if assignment_id in self.submitted:
            return "complete"
        return self.recorded.get(assignment_id) or ("partial" if assignment_id in self.started else "unknown")


@dataclass(frozen=True, slots=True)
class Exported:
    """The tables of a wave: `responses`, `codebook`, and by the id of each roster its long table."""

    responses: DataFrame
    codebook: DataFrame
    rosters: Mapping[str, DataFrame]


def export_wave(store: Store, questionnaire: Questionnaire, *, wave: str) -> Exported:
    """Return the tables of a wave as they stand at this moment.

    Submitted responses are read from the document that was submitted, the others from their current answers.
    Fields marked `identity` are left out. Raises StoreError where the wave was never started.
    """
    from uptake.contract.tables import CODEBOOK, RESPONSES, check_table, roster_contract

    with store.read() as connection:
        stored = _read_wave(connection, _wave_id(connection, questionnaire, wave))
    assignments = sorted(find_assignments(store, questionnaire, wave=wave).items())
    known = [(assignment, *_answers_of(assignment, stored)) for _, assignment in assignments]
    columns = _columns(questionnaire)
    rows = [_row(assignment, stored, answers, confirmed, columns) for assignment, answers, confirmed in known]
    return Exported(
        check_table(_frame(rows, questionnaire, columns), RESPONSES, where="responses"),
        check_table(make_codebook(questionnaire, columns), CODEBOOK, where="codebook"),
        {
            roster.id: check_table(_long(roster, known), roster_contract(roster.id), where=f"responses_{roster.id}")
            for roster in questionnaire.rosters.values()
        },
    )


def export_responses(store: Store, questionnaire: Questionnaire, *, wave: str) -> tuple[DataFrame, DataFrame]:
    """Return the tables `responses` and `codebook` of a wave; `export_wave` returns those of rosters as well."""
    made = export_wave(store, questionnaire, wave=wave)
    return made.responses, made.codebook


def _columns(questionnaire: Questionnaire) -> dict[str, str]:
    """Return the columns of `responses` that hold answers, with their types: fields, and the counts of rosters' rows.

    A count stands where the first column of its roster stood in the questionnaire.
    """
    made: dict[str, str] = {}
    for leaf in questionnaire.fields.values():
        if leaf.roster:
            made[questionnaire.rosters[leaf.roster].rows_name] = "int"
        elif not leaf.identity:
            made[leaf.name] = leaf.type
    return made


def _wave_id(connection: Connection, questionnaire: Questionnaire, wave: str) -> int:
    query = select(Wave.id, Wave.definition_sha256).where(Wave.name == wave, Wave.questionnaire == questionnaire.id)
    found = connection.execute(query).one_or_none()
    if found is None:
        raise StoreError(
            f'The answer store has no wave "{wave}" of the questionnaire "{questionnaire.id}": nothing was collected. '
            "Start the wave first, or correct its name."
        )
    if found.definition_sha256 != questionnaire.sha256:
        raise StoreError(
            f'The wave "{wave}" was collected with another version of the questionnaire "{questionnaire.id}" (digest '
            f"{found.definition_sha256[:12]}, now {questionnaire.sha256[:12]}): its answers would be read wrongly. "
            "Export with the questionnaire of that time."
        )
    return int(found.id)


def _read_wave(connection: Connection, wave_id: int) -> _Wave:
    asked = select(AssignmentRow.id).where(AssignmentRow.wave_id == wave_id).scalar_subquery()
    started = select(AnswerEvent.assignment_id, func.min(AnswerEvent.at)).group_by(AnswerEvent.assignment_id)
    recorded = select(DispositionEvent.assignment_id, DispositionEvent.disposition).order_by(DispositionEvent.id)
    submissions = select(Submission.assignment_id, Submission.document).order_by(Submission.number)
    confirmed: dict[int, set[str]] = defaultdict(set)
    for assignment_id, fingerprint in connection.execute(
        select(Confirmation.assignment_id, Confirmation.fingerprint).where(Confirmation.assignment_id.in_(asked))
    ):
        confirmed[assignment_id].add(fingerprint)
    return _Wave(
        started=dict(_pairs(connection, started.where(AnswerEvent.assignment_id.in_(asked)))),
        recorded=dict(_pairs(connection, recorded.where(DispositionEvent.assignment_id.in_(asked)))),
        submitted={
            assignment_id: json.loads(document)
            for assignment_id, document in _pairs(connection, submissions.where(Submission.assignment_id.in_(asked)))
        },
        current=_current_of_unsubmitted(connection, asked),
        confirmed={assignment_id: frozenset(fingerprints) for assignment_id, fingerprints in confirmed.items()},
    )


def _pairs(connection: Connection, query: Any) -> list[tuple[int, Any]]:
    return [(row[0], row[1]) for row in connection.execute(query)]


def _current_of_unsubmitted(connection: Connection, asked: Any) -> dict[int, dict[str, Stored]]:
    current: dict[int, dict[str, Stored]] = defaultdict(dict)
    query = select(AnswerCurrent.assignment_id, AnswerCurrent.field, AnswerCurrent.value, AnswerCurrent.state).where(
        AnswerCurrent.assignment_id.in_(asked), AnswerCurrent.assignment_id.not_in(select(Submission.assignment_id))
    )
    for assignment_id, field, value, state in connection.execute(query):
        current[assignment_id][field] = Stored(value, state)
    return current


def _row(
    assignment: Assignment,
    stored: _Wave,
    answers: Mapping[str, Answer],
    confirmed: tuple[str, ...],
    columns: Mapping[str, str],
) -> dict[str, Any]:
    questionnaire = assignment.questionnaire
    document = stored.submitted.get(assignment.id)
    reached = assignment.id in stored.started
    row: dict[str, Any] = {
        "wave": assignment.wave,
        "unit_id": assignment.unit_id,
        "disposition": stored.disposition(assignment.id),
        "questionnaire": questionnaire.id if reached else None,
        "definition_version": questionnaire.definition_version if reached else None,
        "definition_sha256": questionnaire.sha256 if reached else None,
        "language": document["language"] if document else None,
        "started_at": stored.started.get(assignment.id),
        "submitted_at": document["submitted_at"] if document else None,
    }
    for name in columns:
        answer = answers.get(name)
        row[name] = answer.value if answer else None
        row[f"{name}_state"] = answer.state if answer else None
    arms = {f"{ARM}{name}": assignment.given.arms.get(name) for name in questionnaire.experiments}
    row |= {f"confirmed_{check}": True if check in confirmed else None for check in questionnaire.soft_checks}
    return row | arms


def _answers_of(assignment: Assignment, stored: _Wave) -> tuple[Mapping[str, Answer], tuple[str, ...]]:
    questionnaire, document = assignment.questionnaire, stored.submitted.get(assignment.id)
    if document is not None:
        submitted = {name: Stored(each["value"], each["state"]) for name, each in document["answers"].items()}
        return decode_all(submitted, questionnaire), tuple(document["confirmed"])
    answers = decode_all(stored.current.get(assignment.id, {}), questionnaire)
    if not answers:
        return {}, ()
    state = Standing(answers, {}, stored.confirmed.get(assignment.id, frozenset()), 0, None)
    exported = exported_answers(questionnaire, answers, given=assignment.given)
    return exported, judge(assignment, state)[0]


def _frame(rows: list[dict[str, Any]], questionnaire: Questionnaire, types: Mapping[str, str]) -> DataFrame:
    import pandas as pd

    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in rows[0]}
    _set_types(columns, types)
    for check_id in questionnaire.soft_checks:
        columns[f"confirmed_{check_id}"] = pd.Series(columns[f"confirmed_{check_id}"], dtype="boolean")
    for name in questionnaire.experiments:
        columns[f"{ARM}{name}"] = pd.Series(columns[f"{ARM}{name}"], dtype="str")
    return pd.DataFrame(columns)


def _set_types(columns: dict[str, Any], types: Mapping[str, str]) -> None:
    import pandas as pd

    for name, kind in types.items():
        columns[name] = _typed(columns[name], kind)
        columns[f"{name}_state"] = pd.Series(columns[f"{name}_state"], dtype="str")


def _typed(values: list[Any], kind: str) -> Series[Any]:
    import pandas as pd

    if kind == "dec":
        values = [None if value is None else float(value) for value in values]
    column: Series[Any] = pd.Series(values, dtype=_DTYPES[kind])
    return column


def _long(roster: Roster, known: list[tuple[Assignment, Mapping[str, Answer], tuple[str, ...]]]) -> DataFrame:
    """Make the long table of a roster: one row for each of its rows in each unit, numbered as the unit filled them."""
    import pandas as pd

    types = {leaf.name: leaf.type for leaf in roster.columns if not leaf.identity}
    columns: dict[str, Any] = {"wave": [], "unit_id": [], "row": []}
    for name in types:
        columns |= {name: [], f"{name}_state": []}
    for assignment, answers, _ in known:
        for row in rows_of(roster, answers):
            columns["wave"].append(assignment.wave)
            columns["unit_id"].append(assignment.unit_id)
            columns["row"].append(row)
            for name in types:
                answer = answers.get(cell_name(name, row))
                columns[name].append(answer.value if answer else None)
                columns[f"{name}_state"].append(answer.state if answer else None)
    for key in ("wave", "unit_id"):
        columns[key] = pd.Series(columns[key], dtype="str")
    _set_types(columns, types)
    return pd.DataFrame(columns)
