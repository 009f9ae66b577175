"""Export a wave: one row for every unit that was asked, in the columns of the table contract, and the codebook."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from collector.services.answers import Standing
from collector.services.assignments import Assignment, find_assignments
from collector.services.submissions import judge
from collector.services.values import Stored, decode_all
from collector.store.models import AnswerCurrent, AnswerEvent, Confirmation, DispositionEvent, Submission, Wave
from collector.store.models import Assignment as AssignmentRow
from forms import exported_answers
from uptake.contract.errors import StoreError

if TYPE_CHECKING:
    from pandas import DataFrame, Series
    from sqlalchemy import Connection

    from collector.store.open import Store
    from forms import Answer, Field, Questionnaire

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


def export_responses(store: Store, questionnaire: Questionnaire, *, wave: str) -> tuple[DataFrame, DataFrame]:
    """Return the tables `responses` and `codebook` of a wave as they stand at this moment.

    Submitted responses are read from the document that was submitted, the others from their current answers.
    Fields marked `identity` are left out. Raises StoreError where the wave was never started.
    """
    from uptake.contract.tables import CODEBOOK, RESPONSES, check_table

    with store.read() as connection:
        stored = _read_wave(connection, _wave_id(connection, questionnaire, wave))
    assignments = find_assignments(store, questionnaire, wave=wave)
    fields = [leaf for leaf in questionnaire.fields.values() if not leaf.identity]
    rows = [_row(assignment, stored, fields) for _, assignment in sorted(assignments.items())]
    responses = check_table(_frame(rows, questionnaire, fields), RESPONSES, where="responses")
    return responses, check_table(_codebook(fields), CODEBOOK, where="codebook")


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


def _row(assignment: Assignment, stored: _Wave, fields: list[Field]) -> dict[str, Any]:
    questionnaire = assignment.questionnaire
    document = stored.submitted.get(assignment.id)
    answers, confirmed = _answers_of(assignment, stored)
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
    for leaf in fields:
        answer = answers.get(leaf.name)
        row[leaf.name] = answer.value if answer else None
        row[f"{leaf.name}_state"] = answer.state if answer else None
    return row | {f"confirmed_{check}": True if check in confirmed else None for check in questionnaire.soft_checks}


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


def _frame(rows: list[dict[str, Any]], questionnaire: Questionnaire, fields: list[Field]) -> DataFrame:
    import pandas as pd

    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in rows[0]}
    for leaf in fields:
        columns[leaf.name] = _typed(columns[leaf.name], leaf)
        columns[f"{leaf.name}_state"] = pd.Series(columns[f"{leaf.name}_state"], dtype="str")
    for check_id in questionnaire.soft_checks:
        columns[f"confirmed_{check_id}"] = pd.Series(columns[f"confirmed_{check_id}"], dtype="boolean")
    return pd.DataFrame(columns)


def _typed(values: list[Any], leaf: Field) -> Series[Any]:
    import pandas as pd

    if leaf.type == "dec":
        values = [None if value is None else float(value) for value in values]
    column: Series[Any] = pd.Series(values, dtype=_DTYPES[leaf.type])
    return column


def _codebook(fields: list[Field]) -> DataFrame:
    import pandas as pd

    return pd.DataFrame([_codebook_row(leaf) for leaf in fields])


def _codebook_row(leaf: Field) -> dict[str, Any]:
    choices = [{"code": choice.code, "zh": choice.label["zh"], "en": choice.label["en"]} for choice in leaf.choices]
    return {
        "field": leaf.name,
        "question": leaf.question,
        "type": leaf.type,
        "label_zh": leaf.label["zh"],
        "label_en": leaf.label["en"],
        "unit": leaf.unit["en"] if leaf.unit else None,
        "codes": json.dumps(choices, ensure_ascii=False) if choices else None,
    }
